"""What quality is measured on: graded degradations of good photos, photos that are good, and drawn pictures.

Shared by ``bench_quality``, ``calibrate_quality`` and the tests.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from organizer.media.measure import measure
from organizer.records import Measurements
from organizer.results import PhotoTable, Reason
from tests.bench.edits import expose, recompress
from tests.bench.photoset import labels, read
from tests.photo_tables import plain_table

BICUBIC, NEAREST = Image.Resampling.BICUBIC, Image.Resampling.NEAREST
NOT_PHOTOS = ("sketch", "receipt")
SMALLEST = 300  # longest side in pixels below which a photo is too small to be graded


def table_of(pictures: Sequence[Image.Image], quantisation: Sequence[float] = ()) -> PhotoTable:
    """A table of measured pictures, ids from 1; each has a content hash of its own."""
    known = list(quantisation) or [0.0] * len(pictures)
    measured = [
        measure(picture.convert("RGB"), coarse) for picture, coarse in zip(pictures, known, strict=True)
    ]
    return plain_table(
        len(measured),
        width=np.array([picture.width for picture in pictures], np.int32),
        height=np.array([picture.height for picture in pictures], np.int32),
        measures={
            one.name: np.array([getattr(made, one.name) for made in measured], np.float32)
            for one in fields(Measurements)
        },
    )


def joined(tables: Sequence[PhotoTable]) -> dict[str, NDArray[np.float32]]:
    """The measures of several tables, one after the other."""
    return {name: np.concatenate([table.measures[name] for table in tables]) for name in tables[0].measures}


# -- grades -----------------------------------------------------------------------------------------


def unit(picture: Image.Image) -> float:
    """How many pixels one pixel of a picture of 1,024 is; blur is graded in those."""
    return max(1.0, max(picture.size) / 1024)


def moved(picture: Image.Image, length: float, angle: float = 0.5) -> Image.Image:
    """Smeared over ``length`` pixels in one direction."""
    values = np.asarray(picture, np.float32)
    total = np.zeros_like(values)
    steps = np.linspace(-length / 2, length / 2, max(3, round(length)))
    for step in steps:
        total += np.roll(values, (round(step * np.sin(angle)), round(step * np.cos(angle))), axis=(0, 1))
    return Image.fromarray((total / len(steps)).astype(np.uint8))


def noisy(picture: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, deviation, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def defocused(picture: Image.Image, deviation: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(deviation * unit(picture)))


def recompressed(picture: Image.Image, quality: float) -> Image.Image:
    return recompress(picture, int(quality))


def enlarged(picture: Image.Image, factor: float, how: Image.Resampling) -> Image.Image:
    size = (max(1, int(picture.width / factor)), max(1, int(picture.height / factor)))
    return picture.resize(size, Image.Resampling.BOX).resize(picture.size, how)


Grade = Callable[[Image.Image, float], Image.Image]


@dataclass(frozen=True, slots=True)
class Ladder:
    """One way to spoil a photo, by growing amounts.

    Attributes:
        plain: the amount from which the fault is plain to see, so that it should be flagged.
    """

    name: str
    reason: Reason
    grade: Grade
    amounts: tuple[float, ...]
    plain: float

    def of(self, pictures: Sequence[Image.Image]) -> list[PhotoTable]:
        """The pictures as they are, and then at each amount."""
        graded = ([self.grade(picture, amount) for picture in pictures] for amount in self.amounts)
        return [table_of(pictures), *(table_of(step) for step in graded)]


def _smeared(picture: Image.Image, length: float) -> Image.Image:
    return moved(picture, length * unit(picture))


LADDERS = (
    Ladder("defocus, deviation px", Reason.BLURRED, defocused, (1, 1.5, 2, 3, 5), 2),
    Ladder("motion, length px", Reason.BLURRED, _smeared, (5, 9, 15, 25), 15),
    Ladder("noise, deviation", Reason.NOISY, noisy, (5, 10, 15, 20, 30), 20),
    Ladder("JPEG quality", Reason.COMPRESSED, recompressed, (60, 40, 30, 20, 10, 5), 20),
    Ladder("stops darker", Reason.UNDEREXPOSED, lambda p, x: expose(p, -x), (1, 2, 3, 4, 5, 6), 5),
    Ladder("stops brighter", Reason.OVEREXPOSED, expose, (1, 2, 3, 4, 5), 4),
    Ladder("pixels repeated", Reason.PIXELATED, lambda p, x: enlarged(p, x, NEAREST), (2, 3, 4, 6), 2),
    Ladder("enlarged smoothly", Reason.PIXELATED, lambda p, x: enlarged(p, x, BICUBIC), (2, 3, 4, 6), 4),
)  # fmt: skip


# -- pictures ---------------------------------------------------------------------------------------


def good_names(root: Path) -> list[str]:
    """Photos with nothing wrong: lossless, from cameras, captioned and everyday ones; no drawings."""
    rows = labels(root)
    everyday = [
        row["file"]
        for row in rows
        if row["set"] in ("captioned", "everyday") and not row["label"].startswith(NOT_PHOTOS)
    ]
    kodak = [row["file"] for row in rows if row["label"] == "good_lossless"]
    camera = [file.relative_to(root).as_posix() for file in sorted((root / "camera").iterdir())]
    return [*kodak, *camera, *sorted(everyday)]


def hard_names(root: Path) -> list[str]:
    """Photos that look spoilt to a careless program: low light, a soft background, much white sky."""
    wanted = ("low_light", "background_blur", "good_lossless")
    return [row["file"] for row in labels(root) if row["label"].startswith(wanted)]


def made_good_pictures(photos: Sequence[Image.Image]) -> list[Image.Image]:
    """A starry sky, a street at night, a silhouette; photos in fog, grey, as HDR, with bokeh, as strips."""
    ways = (foggy, in_grey, hdr, bokeh, panorama)
    return [starry_sky(), night_street(), silhouette(), *(way(photo) for way in ways for photo in photos)]


def gradable(root: Path, names: Sequence[str], most: int) -> list[Image.Image]:
    """Good photos spread over the sets, large enough to be graded."""
    spread = [names[index] for index in np.linspace(0, len(names) - 1, min(len(names), 3 * most)).astype(int)]
    found = []
    for name in dict.fromkeys(spread):
        picture = read(root / name)
        if max(picture.size) >= SMALLEST and len(found) < most:
            found.append(picture)
    return found


def quantisation_of(file: Path) -> float:
    """As the program reads it from a file."""
    from organizer.media.decode import decode_bytes

    return decode_bytes(file.read_bytes(), file.suffix, side=64).quantisation


def packed(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def drawn_pictures() -> list[Image.Image]:
    """Screens of text, a chart, a logo and a line drawing, each large and small."""
    made = []
    for ground, ink in (("white", "black"), ((24, 26, 30), (220, 220, 225)), ("#fafaf5", "#333333")):
        page = Image.new("RGB", (1024, 700), ground)
        for top in range(20, 680, 22):
            line = "Words on a screen have few tones and sharp edges. " * 3
            ImageDraw.Draw(page).text((30, top), line, fill=ink, font=ImageFont.load_default(14))
        made.append(page)
    chart = Image.new("RGB", (800, 600), "white")
    for bar, colour in enumerate(("red", "blue", "green", "orange", "purple")):
        ImageDraw.Draw(chart).rectangle((60 + bar * 130, 480 - 70 * bar, 160 + bar * 130, 540), fill=colour)
    logo = Image.new("RGB", (600, 600), (20, 60, 160))
    ImageDraw.Draw(logo).ellipse((100, 100, 500, 500), fill=(250, 200, 0))
    lines = Image.new("RGB", (700, 900), "white")
    draw = np.random.default_rng(0)
    for _ in range(40):
        way = [(int(x), int(y)) for x, y in draw.integers(50, 650, (5, 2))]
        ImageDraw.Draw(lines).line(way, fill="black", width=2)
    made += [chart, logo, lines]
    return made + [one.resize((one.width // 3, one.height // 3), Image.Resampling.LANCZOS) for one in made]


def icons() -> list[Image.Image]:
    """The drawn pictures as small as icons are."""
    return [
        one.resize((side, side), Image.Resampling.LANCZOS) for one in drawn_pictures() for side in (16, 64)
    ]


def starry_sky(size: tuple[int, int] = (1024, 683), *, seed: int = 4) -> Image.Image:
    """A night sky with stars and grain, which nothing is wrong with."""
    draw = np.random.default_rng(seed)
    width, height = size
    values = np.full((height, width, 3), (9.0, 12.0, 22.0)) + draw.normal(0, 1.5, (height, width, 1))
    for _ in range(500):
        x, y, light = draw.integers(2, width - 2), draw.integers(2, height - 2), draw.uniform(80, 245)
        values[y - 1 : y + 2, x - 1 : x + 2] += (
            light * np.array([[0.3, 0.6, 0.3], [0.6, 1, 0.6], [0.3, 0.6, 0.3]])[..., None]
        )
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def foggy(picture: Image.Image) -> Image.Image:
    """A photo behind fog: low contrast, bright and grey."""
    values = np.asarray(picture, np.float32)
    return Image.fromarray((values * 0.25 + 150).astype(np.uint8))


def in_grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("RGB")


def hdr(picture: Image.Image) -> Image.Image:
    """Tones pressed together and local contrast lifted, as programs for high dynamic range make them."""
    values = np.asarray(picture, np.float32)
    wide = picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 40))
    local = values - np.asarray(wide, np.float32)
    return Image.fromarray(
        np.clip(128 + (np.asarray(wide) - 128.0) * 0.5 + 2.0 * local, 0, 255).astype(np.uint8)
    )


def bokeh(picture: Image.Image, share: float = 0.3) -> Image.Image:
    """A photo out of focus but for its middle, which is so much of its width and height."""
    soft = picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 60))
    width, height = (round(side * share) for side in picture.size)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    soft.paste(picture.crop((left, top, left + width, top + height)), (left, top))
    return soft


def panorama(picture: Image.Image, times: int = 10) -> Image.Image:
    """A strip so many times as wide as high, out of a photo's middle third laid side by side in turns."""
    side = picture.height // 3
    part = picture.crop((0, side, picture.width, 2 * side))
    strip = Image.new("RGB", (times * side, side))
    for turn, left in enumerate(range(0, strip.width, part.width)):
        strip.paste(part if turn % 2 == 0 else part.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (left, 0))
    return strip


def night_street(size: tuple[int, int] = (1024, 683), *, seed: int = 6) -> Image.Image:
    """Dark houses with lit windows, and the grain of a high sensitivity."""
    draw = np.random.default_rng(seed)
    width, height = size
    street = Image.new("RGB", size, (10, 11, 18))
    pen = ImageDraw.Draw(street)
    for left in range(0, width, 90):
        roof = int(draw.integers(height // 5, height // 2))
        pen.rectangle((left, roof, left + 80, height), fill=(22, 20, 20))
        for x in range(left + 10, left + 70, 20):
            for y in range(roof + 12, height - 60, 30):
                if draw.random() < 0.35:
                    pen.rectangle((x, y, x + 10, y + 16), fill=(250, 210, 130))
    values = np.asarray(street.filter(ImageFilter.GaussianBlur(0.6)), np.float32)
    return Image.fromarray(np.clip(values + draw.normal(0, 3, values.shape), 0, 255).astype(np.uint8))


def scanned(page: Image.Image) -> Image.Image:
    """A printed page as a scanner gives it: a little turned, soft and grainy, on paper not quite white."""
    turned = (
        page.convert("L").rotate(1.5, fillcolor=255, resample=BICUBIC).filter(ImageFilter.GaussianBlur(0.7))
    )
    values = 20 + np.asarray(turned, np.float32)[..., None] * np.array([0.905, 0.9, 0.88])
    grain = np.random.default_rng(5).normal(0, 2, (page.height, page.width, 1))
    return Image.fromarray(np.clip(values + grain, 0, 255).astype(np.uint8))


def silhouette(size: tuple[int, int] = (1024, 683)) -> Image.Image:
    """Dark shapes before an evening sky."""
    width, height = size
    fall = np.linspace(240, 120, height)[:, None, None] * np.array([1.0, 0.75, 0.45])
    draw = np.random.default_rng(2)
    values = np.clip(
        np.broadcast_to(fall, (height, width, 3)) + draw.normal(0, 1.5, (height, width, 1)), 0, 255
    )
    sky = Image.fromarray(values.astype(np.uint8))
    pen = ImageDraw.Draw(sky)
    pen.rectangle((0, int(height * 0.6), width, height), fill=(6, 5, 8))
    for left in range(60, width - 80, 170):
        pen.polygon(
            [(left, int(height * 0.6)), (left + 45, int(height * 0.2)), (left + 90, int(height * 0.6))],
            fill=(8, 6, 8),
        )
    return sky
