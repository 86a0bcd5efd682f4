"""Measurements: each answers to its own fault, grows with it, and survives odd pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from organizer.media.measure import measure
from organizer.records import Measurements
from tests.bench.quality_sets import drawn_pictures

Grade = Callable[[Image.Image, float], Image.Image]


NAMES_OF_SHARES = (
    "sharpness", "brightness", "contrast", "clipped_dark", "clipped_bright", "detail", "flatness", "one_way",
    "graphic", "peak",
)  # fmt: skip


@cache
def photo(name: str, root: Path) -> Image.Image:
    with Image.open(root / name) as opened:
        return opened.convert("RGB")


@pytest.fixture
def good(photos_root: Path) -> list[Image.Image]:
    """Lossless photos, and smaller ones of another origin."""
    names = sorted(
        file.relative_to(photos_root).as_posix() for file in (photos_root / "quality").glob("kodak*")
    )
    others = sorted(
        file.relative_to(photos_root).as_posix() for file in (photos_root / "captioned").iterdir()
    )
    return [photo(name, photos_root) for name in names[:3] + others[5:8]]


def of(picture: Image.Image) -> Measurements:
    return measure(np.asarray(picture))


def blurred(picture: Image.Image, deviation: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(deviation))


def moved(picture: Image.Image, length: float) -> Image.Image:
    values = np.asarray(picture, np.float32)
    shifted = [np.roll(values, step, axis=1) for step in range(round(length))]
    return Image.fromarray(np.mean(shifted, axis=0).astype(np.uint8))


def noisy(picture: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(7).normal(0, deviation, (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def packed(picture: Image.Image, quality: float) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=int(quality))
    return Image.open(stream).convert("RGB")


def repeated(picture: Image.Image, factor: float) -> Image.Image:
    small = picture.resize((int(picture.width / factor), int(picture.height / factor)), Image.Resampling.BOX)
    return small.resize(picture.size, Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("name", "direction", "grade", "amounts"),
    [
        ("sharpness", -1, blurred, (1.5, 3, 5)),
        ("sharpness", -1, moved, (4, 12)),
        ("noise", 1, noisy, (5, 12, 25)),
        ("blockiness", 1, packed, (40, 20, 10)),
        ("detail", -1, repeated, (2, 3, 5)),
    ],
)
def test_each_measure_follows_its_fault(
    good: list[Image.Image], name: str, direction: int, grade: Grade, amounts: Sequence[float]
) -> None:
    for picture in good:
        values = [
            getattr(of(picture), name),
            *(getattr(of(grade(picture, amount)), name) for amount in amounts),
        ]
        steps = np.diff(values) * direction
        assert (steps > 0).all(), f"{name}: {values}"


def test_the_noise_is_measured_in_grey_levels(good: list[Image.Image]) -> None:
    smooth = blurred(good[0], 6)
    for deviation in (4.0, 8.0, 14.0):
        assert of(noisy(smooth, deviation)).noise == pytest.approx(deviation, rel=0.2)


def test_noise_is_not_taken_for_sharpness(good: list[Image.Image]) -> None:
    for picture in good:
        soft = blurred(picture, 3)
        assert of(noisy(soft, 12)).sharpness < 0.7 * of(picture).sharpness


def test_a_sharp_subject_before_a_soft_background_is_sharp(good: list[Image.Image]) -> None:
    for picture in good[:3]:
        soft = blurred(picture, 6)
        box = (picture.width // 4, picture.height // 4, picture.width * 3 // 4, picture.height * 3 // 4)
        soft.paste(picture.crop(box), box)
        assert of(soft).sharpness > 0.75 * of(picture).sharpness
        assert of(soft).sharpness > 1.5 * of(blurred(picture, 6)).sharpness


def test_true_resolution_is_read_where_the_picture_is_sharpest(good: list[Image.Image]) -> None:
    ground = good[0].resize((1536, 1024)).filter(ImageFilter.GaussianBlur(4))
    assert of(ground).detail < 0.5
    ground.paste(good[0].crop((0, 0, 300, 300)), (1236, 0))
    assert of(ground).detail > 0.9


def test_pixels_repeated_by_three_leave_a_third(good: list[Image.Image]) -> None:
    for factor in (2, 3, 4):
        assert of(repeated(good[0], factor)).detail == pytest.approx(1 / factor, rel=0.12)
    assert of(good[0]).detail > 0.9


def test_smooth_enlarging_leaves_the_spectrum_empty(good: list[Image.Image]) -> None:
    small = good[0].resize((good[0].width // 4, good[0].height // 4), Image.Resampling.BOX)
    assert of(small.resize(good[0].size, Image.Resampling.BICUBIC)).detail < 0.7


def test_exposure_is_counted() -> None:
    values = np.full((100, 100, 3), 128, np.uint8)
    values[:, :30] = 255
    values[:, 30:50] = 0
    made = measure(values)
    assert made.clipped_bright == pytest.approx(0.3, abs=0.02)
    assert made.clipped_dark == pytest.approx(0.2, abs=0.02)
    assert made.brightness == pytest.approx(128 / 255, abs=0.01)
    assert made.contrast == pytest.approx(1.0, abs=0.01)


def test_white_paper_is_not_burnt_out() -> None:
    values = np.full((200, 200, 3), 255, np.uint8)
    values[60:140, 60:140] = 90
    assert measure(values).clipped_bright == 0
    values[60:] = 255
    values[110:, 40:160] = 90  # cut off by a side, and it fills much of the picture
    assert measure(values).clipped_bright == 0


def test_what_little_is_left_of_a_scene_is_burnt_out() -> None:
    values = np.full((200, 200, 3), 255, np.uint8)
    values[60:100, 170:] = 130
    values[150:170, 20:80] = 150
    assert measure(values).clipped_bright > 0.8


def test_colour_is_told_from_grey(good: list[Image.Image]) -> None:
    for picture in good:
        assert of(picture).colourfulness > of(picture.convert("L").convert("RGB")).colourfulness
        assert of(picture.convert("L").convert("RGB")).colourfulness < 0.5


def test_a_drawing_is_flat_and_a_photo_is_not(good: list[Image.Image]) -> None:
    drawing = np.full((400, 600, 3), 255, np.uint8)
    drawing[100:104, 50:500] = 0
    assert measure(drawing).flatness > 0.9
    assert all(of(picture).flatness < 0.6 for picture in good)


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 2), (3, 500), (16, 16), (33, 33), (60, 600), (100, 100), (50, 2000), (1, 3000)]
)
@pytest.mark.parametrize("kind", ["black", "white", "grey", "random"])
def test_odd_pictures_give_finite_numbers_in_range(shape: tuple[int, int], kind: str) -> None:
    fill = {"black": 0, "white": 255, "grey": 127}
    if kind == "random":
        values = np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)
    else:
        values = np.full((*shape, 3), fill[kind], np.uint8)
    made = measure(values)
    assert all(math.isfinite(value) for value in astuple(made))
    for name in NAMES_OF_SHARES:
        assert 0 <= getattr(made, name) <= 1, name
    assert made.noise >= 0 and made.blockiness >= 0 and made.quantisation >= 0
    assert 0 <= made.dynamic_range < 17 and 0 <= made.colour_cast < 181


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3))]
)
def test_other_arrays_are_refused(wrong: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        measure(wrong)  # type: ignore[arg-type]


def test_the_colour_cast_and_the_dynamic_range_are_measured(good: list[Image.Image]) -> None:
    for picture in good:
        grey = picture.convert("L").convert("RGB")
        values = np.asarray(grey).astype(np.int16)
        warm = Image.fromarray(np.clip(values + np.array([40, 0, -40]), 0, 255).astype(np.uint8))
        assert of(grey).colour_cast == pytest.approx(0, abs=0.5)
        assert of(warm).colour_cast > 20
        flat = Image.fromarray((np.asarray(picture) // 2 + 64).astype(np.uint8))
        assert of(flat).dynamic_range < of(picture).dynamic_range


def test_drawings_are_told_from_photos(good: list[Image.Image]) -> None:
    assert all(of(picture).graphic < 0.3 for picture in good)
    assert all(of(picture).graphic >= 0.5 for picture in drawn_pictures()[:6])


def test_an_image_measures_like_its_array(good: list[Image.Image]) -> None:
    assert measure(good[0], 0.5) == replace(of(good[0]), quantisation=0.5)
    with pytest.raises(ValueError, match="RGB"):
        measure(good[0].convert("L"))


def test_the_grid_is_found_where_a_crop_moved_it(good: list[Image.Image]) -> None:
    strong = packed(good[0], 12)
    moved_grid = strong.crop((3, 5, strong.width, strong.height))
    assert of(moved_grid).blockiness == pytest.approx(of(strong).blockiness, rel=0.15)
    assert of(strong).blockiness > 0.6
