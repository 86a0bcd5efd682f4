"""Draws photo-like pictures, so that screenshots and documentation show no one's photos.

Landscapes with layered hills, water, night skies, skylines, trees and flowers out of noise and simple
shapes, with capture dates over a few days; and, for the tabs to show something, resized and recompressed
copies, a blurred, a dark and an overexposed one. Reproducible from a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

SIZE = (1200, 800)
Colour = tuple[int, int, int]
Draw = Callable[[np.random.Generator], Image.Image]

SKIES: list[tuple[Colour, Colour]] = [
    ((66, 120, 190), (206, 226, 240)),
    ((48, 62, 120), (245, 150, 90)),
    ((110, 90, 140), (250, 205, 170)),
    ((90, 150, 200), (240, 240, 225)),
]


def gradient(top: Colour, bottom: Colour) -> Image.Image:
    width, height = SIZE
    steps = np.linspace(0, 1, height)[:, None, None]
    rows = (1 - steps) * np.array(top) + steps * np.array(bottom)
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8).copy())


def noise_line(rng: np.random.Generator, roughness: float, scale: float) -> NDArray[np.float64]:
    """A mountain line: octaves of smooth noise, (width,) in pixels."""
    width = SIZE[0]
    line = np.zeros(width)
    for octave in range(1, 8):
        points = rng.normal(size=2**octave + 1)
        line += (
            np.interp(np.linspace(0, 2**octave, width), np.arange(2**octave + 1), points) * roughness**octave
        )
    return line * scale


def texture(image: Image.Image, rng: np.random.Generator, strength: float = 7) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    coarse = np.asarray(
        Image.fromarray(
            rng.normal(128, 40, (SIZE[1] // 6, SIZE[0] // 6)).clip(0, 255).astype(np.uint8)
        ).resize(SIZE),
        np.float32,
    )
    grain = rng.normal(0, strength * 0.5, (SIZE[1], SIZE[0], 1)) + (coarse[..., None] - 128) * strength / 60
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def hills(
    image: Image.Image, rng: np.random.Generator, base: Colour, layers: int = 4, top: float = 0.42
) -> None:
    draw = ImageDraw.Draw(image)
    sky = np.array(image.getpixel((10, int(SIZE[1] * top))), float)
    for layer in range(layers):
        near = (layer + 1) / layers
        line = SIZE[1] * (top + 0.5 * near * 0.8) + noise_line(rng, 0.55, 70 * (1.1 - near * 0.5))
        colour = tuple(int(v) for v in sky * (1 - near) + np.array(base) * near)
        outline = [(x, float(y)) for x, y in enumerate(line)]
        draw.polygon([(0, SIZE[1]), *outline, (SIZE[0], SIZE[1])], fill=colour)


def mountains(rng: np.random.Generator) -> Image.Image:
    image = gradient(*SKIES[rng.integers(len(SKIES))])
    hills(image, rng, (34, 52, 44), layers=int(rng.integers(4, 7)))
    return texture(image, rng)


def sea(rng: np.random.Generator) -> Image.Image:
    top, bottom = SKIES[rng.integers(len(SKIES))]
    image = gradient(top, bottom)
    draw = ImageDraw.Draw(image)
    x, y = int(rng.integers(200, 1000)), int(rng.integers(200, 380))
    horizon = 440
    glow = Image.new("L", SIZE)
    ImageDraw.Draw(glow).ellipse((x - 150, y - 150, x + 150, y + 150), fill=170)
    image.paste((255, 236, 200), mask=glow.filter(ImageFilter.GaussianBlur(60)))
    draw.ellipse((x - 36, y - 36, x + 36, y + 36), fill=(255, 246, 224))
    draw.rectangle((0, horizon, *SIZE), fill=tuple(int(v * 0.55) for v in top))
    for _ in range(1400):
        row = horizon + int((rng.random() ** 1.6) * (SIZE[1] - horizon))
        length = 6 + (row - horizon) * 0.2 * rng.random()
        near_sun = rng.random() < 0.45
        start = x + rng.normal(0, 30 + (row - horizon) * 0.3) if near_sun else rng.random() * SIZE[0]
        tone = bottom if near_sun else tuple(int(v * rng.uniform(0.5, 0.85)) for v in top)
        draw.line((start, row, start + length, row), fill=tone, width=1 + (row - horizon) // 130)
    return texture(image, rng, 4)


def night(rng: np.random.Generator) -> Image.Image:
    image = gradient((8, 12, 34), (44, 50, 92))
    draw = ImageDraw.Draw(image)
    for _ in range(700):
        x, y = rng.random() * SIZE[0], rng.random() * SIZE[1] * 0.75
        size = rng.exponential(0.7)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(235, 238, 255))
    hills(image, rng, (6, 8, 14), layers=2, top=0.55)
    return texture(image, rng, 4)


def skyline(rng: np.random.Generator) -> Image.Image:
    image = gradient(*SKIES[rng.integers(len(SKIES))])
    draw = ImageDraw.Draw(image)
    for depth in (0, 1):
        x = -20
        while x < SIZE[0]:
            width, height = int(rng.integers(50, 130)), int(rng.integers(160, 440) * (0.8 + 0.3 * depth))
            shade = int(rng.integers(90, 120)) - 50 * depth
            top = SIZE[1] - height
            draw.rectangle((x, top, x + width, SIZE[1]), fill=(shade, shade + 4, shade + 12))
            for row in range(top + 12, SIZE[1] - 10, 22):
                for column in range(x + 8, x + width - 12, 18):
                    lit = rng.random() < 0.35
                    draw.rectangle(
                        (column, row, column + 9, row + 12),
                        fill=(250, 222, 150) if lit else (shade - 22,) * 3,
                    )
            x += width + int(rng.integers(2, 16))
    return texture(image, rng, 4)


def forest(rng: np.random.Generator) -> Image.Image:
    image = gradient((150, 180, 160), (214, 222, 196))
    draw = ImageDraw.Draw(image)
    for depth in range(6):
        near = (depth + 1) / 6
        for _ in range(26):
            x = rng.random() * SIZE[0]
            foot = SIZE[1] * (0.55 + 0.45 * near) + rng.normal(0, 12)
            height = SIZE[1] * (0.3 + 0.35 * near) * rng.uniform(0.7, 1.1)
            green = np.array((150, 178, 150)) * (1 - near) + np.array((20, 52, 30)) * near
            for part in range(7):
                y = foot - height * part / 7
                half = height * 0.2 * (1 - part / 8)
                shade = tuple(int(v) for v in green * rng.uniform(0.85, 1.1))
                draw.polygon([(x - half, y), (x + half, y), (x, y - height / 4)], fill=shade)
    return texture(image, rng)


def flower(rng: np.random.Generator) -> Image.Image:
    image = gradient((70, 110, 60), (36, 70, 40))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, size = rng.random() * SIZE[0], rng.random() * SIZE[1], rng.uniform(20, 90)
        draw.ellipse(
            (x, y, x + size, y + size),
            fill=tuple(int(v) for v in rng.integers((60, 100, 50), (140, 190, 110))),
        )
    image = image.filter(ImageFilter.GaussianBlur(24))
    draw = ImageDraw.Draw(image)
    petal = tuple(int(v) for v in rng.integers((190, 60, 90), (255, 210, 210)))
    cx, cy, count = SIZE[0] / 2 + rng.normal(0, 90), SIZE[1] / 2, int(rng.integers(9, 17))
    for turn in range(2):
        for leaf in range(count):
            angle = 2 * np.pi * (leaf + turn / 2) / count
            shade = tuple(int(min(255, v * rng.uniform(0.84, 1.06))) for v in petal)
            far = (cx + np.cos(angle) * 260, cy + np.sin(angle) * 260)
            side = (np.cos(angle + 1.57) * 46, np.sin(angle + 1.57) * 46)
            mid = (cx + np.cos(angle) * 170, cy + np.sin(angle) * 170)
            draw.polygon(
                [(cx, cy), (mid[0] + side[0], mid[1] + side[1]), far, (mid[0] - side[0], mid[1] - side[1])],
                fill=shade,
            )
    draw.ellipse((cx - 62, cy - 62, cx + 62, cy + 62), fill=(226, 178, 60))
    for _ in range(260):
        angle, away = rng.random() * 6.28, 58 * rng.random() ** 0.5
        x, y = cx + np.cos(angle) * away, cy + np.sin(angle) * away
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=(150, 100, 30))
    return texture(image, rng, 4)


SCENES: dict[str, Draw] = {
    "mountains": mountains,
    "sea": sea,
    "night": night,
    "city": skyline,
    "forest": forest,
    "flower": flower,
}


def draw_demo_photos(folder: Path, count: int = 48, seed: int = 7) -> list[Path]:
    """Write ``count`` pictures and a few copies and failures of them; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    when = datetime(2025, 5, 3, 9, 20)
    names = list(SCENES)
    originals: list[Image.Image] = []
    for number in range(count):
        rng = np.random.default_rng(seed * 1000 + number)
        image = SCENES[names[number % len(names)]](rng)
        if number % 5 == 4:
            image = image.crop((330, 0, 930, 800))
        when += timedelta(minutes=float(rng.exponential(300)))
        originals.append(image)
        written.append(_save(image, folder / f"IMG_{2100 + number}.jpg", when, 90))
    extras: list[tuple[str, Image.Image, int]] = [
        ("IMG_2101 (1).jpg", originals[1], 60),
        ("IMG_2103_small.jpg", originals[3].resize((600, 400)), 80),
        ("IMG_2106_edited.jpg", ImageEnhance.Brightness(originals[6]).enhance(1.12), 88),
        ("IMG_2160.jpg", originals[11].filter(ImageFilter.GaussianBlur(14)), 90),
        ("IMG_2161.jpg", ImageEnhance.Brightness(originals[5]).enhance(0.06), 90),
        ("IMG_2162.jpg", ImageEnhance.Brightness(originals[0]).enhance(3.2), 90),
        ("IMG_2163.jpg", originals[4].resize((100, 67)).resize(SIZE, Image.Resampling.NEAREST), 90),
    ]
    for name, image, quality in extras:
        when += timedelta(minutes=7)
        written.append(_save(image, folder / name, when, quality))
    copy = folder / "Backup" / "IMG_2102.jpg"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(written[2].read_bytes())
    return [*written, copy]


def _save(image: Image.Image, file: Path, when: datetime, quality: int) -> Path:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Demo", "Demo Camera 1"
    exif.get_ifd(0x8769)[0x9003] = when.strftime("%Y:%m:%d %H:%M:%S")
    image.save(file, quality=quality, exif=exif)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    print(f"{len(draw_demo_photos(arguments.folder, arguments.count, arguments.seed))} pictures drawn")


if __name__ == "__main__":
    main()
