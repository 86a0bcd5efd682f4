"""What the head of a file tells, and which small pictures are trusted among all that cameras leave."""

from __future__ import annotations

import io
import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from organizer.media.decode import decode_file
from organizer.media.embedded import _comes_upright
from organizer.media.head import HEAD_BYTES, glance_at
from organizer.media.pool import DecodePool
from organizer.media.trust import is_plausible, shows_the_top_of, without_bars
from organizer.records import FileStamp, Glance, InputSpec
from tests.bench.camera_like import boxed, jpeg, with_exif
from tests.core.dng_file import dng_bytes

SPEC = InputSpec(112, (0.5,) * 3, (0.5,) * 3, "squash", "bicubic")
HEIC = "metadata-extractor__heic__cheers_1440x960.heic"
TAKEN = datetime(2023, 8, 9, 10, 11, 12)


def scene(width: int = 1200, height: int = 800, seed: int = 1) -> Image.Image:
    """A picture with structure everywhere, brighter to the right and redder to the bottom."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 13, 3), dtype=np.uint8))
    blobs = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    blobs = blobs * 0.6 + np.linspace(0, 60, width, dtype=np.float32)[None, :, None]
    blobs[:, :, 0] += np.linspace(0, 40, height, dtype=np.float32)[:, None]
    return Image.fromarray(blobs.clip(0, 255).astype(np.uint8))


def stamp_of(path: Path) -> FileStamp:
    facts = path.stat()
    return FileStamp(path, facts.st_size, facts.st_mtime_ns)


def glance(path: Path, data: bytes) -> Glance | None:
    path.write_bytes(data)
    return glance_at(stamp_of(path), SPEC)


def shown(seen: Glance) -> Image.Image:
    return Image.open(io.BytesIO(seen.thumbnail))


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean grey levels between two pictures at the size of a stamp."""
    stamps = [
        np.asarray(one.convert("RGB").resize((32, 32), Image.Resampling.BOX), float)
        for one in (first, second)
    ]
    return float(np.abs(stamps[0] - stamps[1]).mean())


@pytest.mark.parametrize(
    "size", [(1200, 800), (1200, 900), (1600, 900), (900, 1200), (1000, 1000), (1200, 500)]
)
def test_bars_around_the_small_picture_are_cut_off(tmp_path: Path, size: tuple[int, int]) -> None:
    photo = scene(*size)
    small = boxed(photo)
    seen = glance(tmp_path / "a.jpg", with_exif(jpeg(photo), jpeg(small), size=size, taken=TAKEN))
    assert seen is not None
    assert (seen.width, seen.height, seen.format) == (*size, "JPEG")
    assert seen.exif.taken_at == "2023-08-09T10:11:12"
    assert seen.exif.camera == "Example One"
    inside = shown(seen)
    assert inside.width / inside.height == pytest.approx(size[0] / size[1], rel=0.06)
    assert difference(inside, photo) < 8
    assert seen.model_input is not None and seen.model_input.shape == (112, 112, 3)
    assert difference(Image.fromarray(seen.model_input), photo) < 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_the_photo_is(tmp_path: Path, orientation: int) -> None:
    photo = scene()
    path = tmp_path / "a.jpg"
    data = with_exif(jpeg(photo), jpeg(boxed(photo)), size=photo.size, orientation=orientation)
    seen = glance(path, data)
    assert seen is not None
    full = decode_file(stamp_of(path), SPEC)
    assert (seen.width, seen.height) == (full.width, full.height)
    assert seen.exif == full.exif
    assert difference(shown(seen), Image.open(io.BytesIO(full.thumbnail))) < 5


def _edited(photo: Image.Image) -> dict[str, tuple[Image.Image, tuple[int, int]]]:
    """Photos that a careless program made of another, with the size that it left in the metadata."""
    width, height = photo.size
    squared = photo.crop((0, 0, height, height))
    same_shape = photo.crop((width // 3, height // 3, width // 3 + width // 2, height // 3 + height // 2))
    painted = photo.copy()
    painted.paste((250, 250, 250), (0, 0, width, height // 2))
    return {
        "cropped to another shape, size corrected": (squared, squared.size),
        "cropped in its shape": (same_shape, photo.size),
        "turned by its pixels": (photo.transpose(Image.Transpose.ROTATE_90), photo.size),
        "turned upside down by its pixels": (photo.transpose(Image.Transpose.ROTATE_180), photo.size),
        "inverted": (ImageOps.invert(photo), photo.size),
        "painted over": (painted, photo.size),
        "another photo": (scene(seed=2), photo.size),
    }


@pytest.mark.parametrize("how", sorted(_edited(scene(60, 40))))
def test_a_small_picture_of_before_an_edit_is_not_trusted(tmp_path: Path, how: str) -> None:
    photo = scene()
    edited, written = _edited(photo)[how]
    assert glance(tmp_path / "a.jpg", with_exif(jpeg(edited), jpeg(boxed(photo)), size=written)) is None


def test_bright_bars_are_no_bars(tmp_path: Path) -> None:
    photo = scene()
    small = Image.new("RGB", (160, 120), (120, 130, 140))
    small.paste(ImageOps.contain(photo, (160, 120)), (0, 6))
    assert glance(tmp_path / "a.jpg", with_exif(jpeg(photo), jpeg(small), size=photo.size)) is None


@pytest.mark.parametrize(("small", "trusted"), [((119, 79), False), ((120, 80), True), ((88, 120), False)])
def test_a_tiny_one_is_not_trusted(tmp_path: Path, small: tuple[int, int], trusted: bool) -> None:
    photo = scene()
    data = with_exif(jpeg(photo), jpeg(photo.resize(small)), size=photo.size)
    assert (glance(tmp_path / "a.jpg", data) is not None) is trusted


def test_files_without_a_small_picture_wait(tmp_path: Path) -> None:
    photo = scene()
    assert glance(tmp_path / "a.jpg", with_exif(jpeg(photo), None, size=photo.size)) is None
    assert glance(tmp_path / "b.jpg", jpeg(photo)) is None
    png = io.BytesIO()
    photo.save(png, "PNG")
    assert glance(tmp_path / "c.png", png.getvalue()) is None


def test_damage_of_any_kind_waits_for_the_full_look(tmp_path: Path) -> None:
    photo = scene(300, 200)
    whole = with_exif(jpeg(photo), jpeg(boxed(photo)), size=photo.size)
    rng = np.random.default_rng(3)
    for number in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(2, 1500, 6):
            damaged[at] = int(rng.integers(0, 256))
        seen = glance(tmp_path / f"{number}.jpg", bytes(damaged))
        assert seen is None or shown(seen).size[0] > 0
    for length in range(3, 3000, 97):
        seen = glance(tmp_path / "cut.jpg", whole[:length])
        assert seen is None or shown(seen).size[0] > 0
    small = bytearray(whole)
    at = whole.index(b"\xff\xd8", 10)
    small[at + 2 : at + 400] = bytes(398)
    assert glance(tmp_path / "small.jpg", bytes(small)) is None
    assert glance(tmp_path / "text.jpg", b"no picture at all") is None


def test_a_file_that_is_gone_or_changed_or_no_file_waits(tmp_path: Path) -> None:
    photo = scene(300, 200)
    path = tmp_path / "a.jpg"
    path.write_bytes(with_exif(jpeg(photo), jpeg(boxed(photo)), size=photo.size))
    stamp = stamp_of(path)
    assert glance_at(stamp, SPEC) is not None
    assert glance_at(FileStamp(path, stamp.size + 1, stamp.mtime_ns), SPEC) is None
    assert glance_at(FileStamp(tmp_path / "gone.jpg", 5, 5), SPEC) is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        assert glance_at(FileStamp(tmp_path / "pipe.jpg", 5, 5), SPEC) is None


def test_only_the_head_is_read(tmp_path: Path) -> None:
    """Behind the head there may be anything: the answer is the same."""
    photo = scene(2400, 1600)
    data = with_exif(jpeg(photo, quality=97), jpeg(boxed(photo)), size=photo.size)
    assert len(data) > HEAD_BYTES + 1000
    spoilt = data[:HEAD_BYTES] + bytes(len(data) - HEAD_BYTES)
    seen, same = glance(tmp_path / "a.jpg", data), glance(tmp_path / "b.jpg", spoilt)
    assert seen is not None and same is not None
    assert seen.thumbnail == same.thumbnail


def test_a_raw_file_shows_the_preview_that_lies_in_its_head(tmp_path: Path) -> None:
    photo = scene(240, 160)
    data = dng_bytes(np.asarray(photo), preview_side=200)
    seen = glance(tmp_path / "a.dng", data)
    assert seen is not None
    assert (seen.width, seen.height, seen.format) == (240, 160, "RAW")
    assert seen.exif.taken_at == "2021:05:06T07:08:09".replace(":", "-", 2) + "+09:00"
    assert difference(shown(seen), photo) < 6
    assert glance(tmp_path / "b.dng", dng_bytes(np.asarray(photo), preview_side=None)) is None
    turned = dng_bytes(np.asarray(photo), preview_side=200, orientation=6, turned_preview=True)
    upright = glance(tmp_path / "c.dng", turned)
    assert upright is not None
    assert (upright.width, upright.height) == (160, 240)
    assert difference(shown(upright), photo.transpose(Image.Transpose.ROTATE_270)) < 6


def test_a_heif_file_shows_its_thumbnail_and_leaves_the_photo_alone(
    photos_root: Path, tmp_path: Path
) -> None:
    data = _thumbnail_first(photos_root / "formats" / HEIC, gap=HEAD_BYTES)
    assert data.index(b"mdat") < HEAD_BYTES < len(data)
    path = tmp_path / "a.heic"
    seen = glance(path, data)
    assert seen is not None
    full = decode_file(stamp_of(path), SPEC)
    assert (seen.width, seen.height, seen.format) == (full.width, full.height, full.format)
    assert seen.exif == full.exif
    assert difference(shown(seen), Image.open(io.BytesIO(full.thumbnail))) < 5
    spoilt = glance(tmp_path / "b.heic", data[:HEAD_BYTES] + bytes(len(data) - HEAD_BYTES))
    assert spoilt is not None and spoilt.thumbnail == seen.thumbnail, "only the head was read"


def test_a_heif_file_with_its_thumbnail_behind_the_head_waits(photos_root: Path, tmp_path: Path) -> None:
    data = (photos_root / "formats" / HEIC).read_bytes()
    assert glance(tmp_path / "whole.heic", data) is not None
    assert glance(tmp_path / "cut.heic", data[: len(data) - 2000]) is None


@pytest.mark.parametrize(
    ("turned", "size", "sure"),
    [(1, (4, 3), True), (6, (3, 4), True), (8, (3, 4), True), (6, (3, 3), False), (3, (4, 3), False)],
)
def test_a_heif_thumbnail_of_unsure_turn_is_not_used(turned: int, size: tuple[int, int], sure: bool) -> None:
    assert _comes_upright(turned, size) is sure


def _thumbnail_first(path: Path, gap: int) -> bytes:
    """A HEIF file of one photo and one thumbnail with the thumbnail in front, as phones write them.

    Between both lie ``gap`` bytes, so that the photo is not in the head. Layout after ISO/IEC 14496-12: the
    boxes "iloc" (version 0, numbers of 4 bytes) and "mdat".
    """
    data = bytearray(path.read_bytes())
    entries, body = data.index(b"iloc") + 12, data.index(b"mdat") - 4
    photo, small = entries, entries + 18
    parts = []
    for entry in (small, photo):
        base, at, length = (int.from_bytes(data[entry + skip : entry + skip + 4]) for skip in (4, 10, 14))
        parts.append(bytes(data[base + at : base + at + length]))
    for entry, at in ((small, 8), (photo, 8 + len(parts[0]) + gap)):
        data[entry + 4 : entry + 8] = body.to_bytes(4)
        data[entry + 10 : entry + 14] = at.to_bytes(4)
    content = parts[0] + bytes(gap) + parts[1]
    return bytes(data[:body]) + (8 + len(content)).to_bytes(4) + b"mdat" + content


@pytest.mark.parametrize(("width", "height"), [(308, 231), (308, 205), (309, 231), (312, 234), (2009, 1339)])
def test_sizes_that_do_not_divide_are_compared_all_the_same(width: int, height: int) -> None:
    """The cut that bars leave is a fraction of a pixel, which rounding may put outside of the picture."""
    photo = scene(width, height)
    small = without_bars(boxed(photo), photo.size)
    assert small is not None and shows_the_top_of(jpeg(photo), small, photo.size)
    other = without_bars(boxed(scene(width, height, seed=2)), photo.size)
    assert other is not None and not shows_the_top_of(jpeg(photo), other, photo.size)


def test_real_camera_files_are_trusted_and_show_their_photo(photos_root: Path) -> None:
    files = sorted((photos_root / "camera").glob("*.jpg"))
    assert files
    for path in files:
        seen = glance_at(stamp_of(path), SPEC)
        assert seen is not None, path.name
        full = decode_file(stamp_of(path), SPEC)
        assert (seen.width, seen.height, seen.exif) == (full.width, full.height, full.exif)
        assert difference(shown(seen), Image.open(io.BytesIO(full.thumbnail))) < 8


def test_a_real_camera_file_that_was_edited_is_not_trusted(photos_root: Path, tmp_path: Path) -> None:
    """Programs that keep the metadata of what they cropped, turned or replaced leave the small picture."""
    for path in sorted((photos_root / "camera").glob("*.jpg")):
        with Image.open(path) as opened:
            photo, metadata = opened.convert("RGB"), opened.info["exif"]
        width, height = photo.size
        edits = {
            "same": photo,
            "cropped": photo.crop((width // 4, height // 4, width * 3 // 4, height * 3 // 4)),
            "cropped and enlarged": photo.crop(
                (width // 4, height // 4, width * 3 // 4, height * 3 // 4)
            ).resize(photo.size),
            "another shape": photo.crop((0, 0, height, height)),
            "upside down": photo.transpose(Image.Transpose.ROTATE_180),
        }
        for how, edited in edits.items():
            stream = io.BytesIO()
            edited.save(stream, "JPEG", quality=90, exif=metadata)
            seen = glance(tmp_path / "a.jpg", stream.getvalue())
            assert (seen is not None) is (how == "same"), f"{path.name}: {how}"


def _real_scenes(photos_root: Path, wanted: int = 5) -> list[Image.Image]:
    """Photos of many kinds, a little enlarged."""
    files = sorted((photos_root / "captioned").glob("*.jpg"))
    scenes = []
    for file in files[:: len(files) // wanted][:wanted]:
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        scenes.append(picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC))
    return scenes


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_real_scenes_in_bars_come_upright_and_without_bars(
    photos_root: Path, tmp_path: Path, orientation: int
) -> None:
    path, trusted = tmp_path / "a.jpg", 0
    scenes = _real_scenes(photos_root)
    for photo in scenes:
        data = with_exif(jpeg(photo), jpeg(boxed(photo)), size=photo.size, orientation=orientation)
        seen = glance(path, data)
        if seen is None:
            continue
        trusted += 1
        full = decode_file(stamp_of(path), SPEC)
        assert (seen.width, seen.height) == (full.width, full.height)
        inside = shown(seen)
        assert inside.width / inside.height == pytest.approx(full.width / full.height, rel=0.06)
        whole = Image.open(io.BytesIO(full.thumbnail))
        assert difference(inside, whole) < 12
        assert 2 * difference(inside, whole) < difference(inside, whole.transpose(Image.Transpose.ROTATE_180))
    assert trusted >= len(scenes) - 1


def test_small_pictures_of_other_real_scenes_and_tiny_ones_are_not_trusted(
    photos_root: Path, tmp_path: Path
) -> None:
    scenes = [photo.resize((900, 600)) for photo in _real_scenes(photos_root)]
    path = tmp_path / "a.jpg"
    for photo, other in zip(scenes, scenes[1:] + scenes[:1], strict=True):
        assert glance(path, with_exif(jpeg(photo), jpeg(boxed(other)), size=photo.size)) is None
        tiny = jpeg(boxed(photo, (96, 72)))
        assert glance(path, with_exif(jpeg(photo), tiny, size=photo.size)) is None


def test_hostile_files_give_nothing_or_a_picture(photos_root: Path) -> None:
    for path in sorted((photos_root / "hostile").iterdir()):
        if path.is_file():
            seen = glance_at(stamp_of(path), SPEC)
            assert seen is None or shown(seen).size[0] > 0


def test_the_pool_delivers_heads(tmp_path: Path) -> None:
    photo = scene(300, 200)
    good, bad = tmp_path / "a.jpg", tmp_path / "b.jpg"
    good.write_bytes(with_exif(jpeg(photo), jpeg(boxed(photo)), size=photo.size))
    bad.write_bytes(b"no picture")
    with DecodePool(1, None, head_spec=SPEC) as pool:
        seen, none = pool.submit_head(stamp_of(good)), pool.submit_head(stamp_of(bad))
        found = seen.result()
        assert none.result() is None
    assert found is not None and found.model_input is not None
    assert found.seconds.keys() >= {"head: read", "head: facts", "head: decode", "head: check"}


def test_shapes() -> None:
    assert is_plausible((160, 120), (4000, 3000), (4000, 3000))
    assert is_plausible((160, 120), (4000, 3000), None)
    assert not is_plausible((160, 120), (4000, 3000), (5000, 3000))
    assert not is_plausible((160, 120), (100, 75), None), "larger than the photo"
    assert not is_plausible((160, 120), (0, 3000), None)
    grey = Image.new("RGB", (160, 120), (90, 90, 90))
    assert without_bars(grey, (4000, 3000)) is grey
    assert without_bars(grey, (4000, 2000)) is None
