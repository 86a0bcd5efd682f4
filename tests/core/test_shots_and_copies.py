"""Tiers do not mix: what tells two shots from one and its edited copy, in names and in pixels."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from organizer.analysis.apart import UNKNOWN, at_rest, focus_moved, toned
from organizer.analysis.shot_names import follow, neighbours
from organizer.results import Tier
from tests.bench.edits import expose, recompress
from tests.core.test_bursts import photos, shaken
from tests.core.test_duplicates import CALIBRATION, prints_of
from tests.core.test_fingerprint import scene

NAMES = [
    ("DSC_0017.JPG", "DSC_0018.jpg", True),
    ("DSC_0017.JPG", "DSC_0026.JPG", False),
    ("lytro-17-A.jpg", "lytro-17-B.jpg", True),
    ("lytro-17-A.jpg", "lytro-18-B.jpg", False),
    ("106_35MM_F.JPG", "106_35MM_S.JPG", True),
    ("1_A.png", "2_A.png", True),
    ("house_under.jpg", "house_Over.jpg", True),
    ("house_under.jpg", "house_cat.jpg", False),
    ("house_EV-1.jpg", "house_EV+1.jpg", True),
    ("room_-2.tif", "room_0.tif", True),
    ("trip (1).jpg", "trip (2).jpg", True),
    ("trip.jpg", "trip (2).jpg", False),
    ("photo.jpg", "photo.png", False),
    ("20240101_123456.jpg", "20240101_123458.jpg", True),
    ("20240101_123456.jpg", "20240101_123556.jpg", False),
    (".hidden", ".hidden", False),
    ("scan.jp2", "scan.jp3", False),
    ("ÀB.jpg", "ÀC.jpg", False),
]


@pytest.mark.parametrize(("first", "second", "series"), NAMES)
def test_names_follow_each_other_as_cameras_and_datasets_write_them(
    first: str, second: str, series: bool
) -> None:
    paths = [f"/photos/{first}", f"/photos/{second}"]
    assert follow(*paths, CALIBRATION.numbers, CALIBRATION.words) == series
    found = neighbours(paths, [0, 1], CALIBRATION.numbers, CALIBRATION.words, CALIBRATION.neighbours)
    assert {frozenset(pair) for pair in found} == ({frozenset({0, 1})} if series else set())
    assert not follow(paths[0], f"/other/{second}", CALIBRATION.numbers, CALIBRATION.words)


def test_of_a_long_series_each_name_meets_its_neighbours_alone() -> None:
    paths = [f"/photos/IMG_{number:04}.jpg" for number in range(100)]
    found = neighbours(paths, range(100), CALIBRATION.numbers, CALIBRATION.words, 4)
    assert len(found) == 99 + 98 + 97 + 96


def greys(pictures: Sequence[Image.Image]) -> NDArray[np.uint8]:
    return np.stack([one.grey for one in prints_of(pictures)])


def again(picture: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=60)
    return Image.open(stream).convert("RGB")


def focused(seed: int, *, left: bool) -> Image.Image:
    """One of two shots with the focus at different places, what is out of it being plainly soft."""
    sharp, soft = scene(seed), scene(seed).filter(ImageFilter.GaussianBlur(8))
    side = Image.linear_gradient("L").rotate(90).resize(sharp.size).point(lambda level: 255 * (level > 127))
    return Image.composite(*((sharp, soft) if left else (soft, sharp)), side)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved again": again,
    "smaller": lambda p: p.resize((160, 120), Image.Resampling.LANCZOS),
    "blurred": lambda p: p.filter(ImageFilter.GaussianBlur(4)),
    "sharpened": lambda p: p.filter(ImageFilter.UnsharpMask(5, 150, 0)),
    "blurred on one side": lambda p: Image.composite(
        p, p.filter(ImageFilter.GaussianBlur(4)), Image.linear_gradient("L").resize(p.size)
    ),
    "without colour": lambda p: ImageOps.grayscale(p).convert("RGB"),
    "brighter": lambda p: expose(p, 0.5),
}


@pytest.mark.parametrize("edit", COPIES.values(), ids=COPIES)
def test_no_edit_makes_one_sharper_here_and_the_other_there(
    edit: Callable[[Image.Image], Image.Image],
) -> None:
    pictures = [scene(seed) for seed in range(3)]
    found = focus_moved(greys(pictures), greys([edit(one) for one in pictures]))
    assert found.max() < CALIBRATION.focus


def test_a_focus_that_moved_is_seen_in_either_order() -> None:
    left = greys([focused(seed, left=True) for seed in range(3)])
    right = greys([focused(seed, left=False) for seed in range(3)])
    assert focus_moved(left, right).min() > CALIBRATION.focus_alone
    np.testing.assert_allclose(focus_moved(left, right), focus_moved(right, left), atol=0.02)
    assert at_rest(left, right).all()
    assert not at_rest(greys([shaken(2, 0, 0)]), greys([shaken(2, 14, 8)])).any()


def test_a_tone_curve_explains_a_copy_and_no_second_shot() -> None:
    pictures = [scene(seed) for seed in range(3)]
    darker = [expose(one, -1) for one in pictures]
    assert toned(greys(pictures), greys(darker)).max() <= CALIBRATION.toned
    shots = [greys([focused(seed, left=left) for seed in range(3)]) for left in (True, False)]
    assert toned(*shots).min() > CALIBRATION.toned
    black = np.zeros((1, 64, 64), np.uint8)
    assert toned(black, black).tolist() == [UNKNOWN]
    assert focus_moved(black, black).tolist() == [0]


def test_nothing_is_compared_with_nothing() -> None:
    nothing = np.empty((0, 64, 64), np.uint8)
    assert [len(one(nothing, nothing)) for one in (focus_moved, toned, at_rest)] == [0, 0, 0]


def tiers(pictures: Sequence[Image.Image], names: Sequence[str], **columns: object) -> list[Tier]:
    taken = columns.pop("taken", [np.nan] * len(pictures))
    path = [f"/photos/{name}" for name in names]
    return [stack.tier for stack in photos(pictures, taken, path=path, **columns)[1]]  # type: ignore[arg-type]


def test_a_focus_that_moved_makes_a_burst_also_where_the_names_say_nothing() -> None:
    pictures = [focused(6, left=True), focused(6, left=False)]
    assert tiers(pictures, ["sea.jpg", "beach.jpg"]) == [Tier.BURST]
    # a program wrote a time and much else into one of the two
    odd = {"taken": [1382619527.0, np.nan], "size": np.array([167_000, 45_000])}
    assert tiers(pictures, ["lytro-17-A.jpg", "lytro-17-B.jpg"], **odd) == [Tier.BURST]
    days = [1382619527.0, 1382998636.0]  # on which they were saved, since no camera is named
    assert tiers(pictures, ["sea.jpg", "beach.jpg"], taken=days, camera=["", ""]) == [Tier.BURST]
    assert tiers(pictures, ["sea.jpg", "beach.jpg"], taken=days, camera=["one", "one"]) == []


@pytest.mark.parametrize(
    "names", [("copy-1.jpg", "copy-2.jpg"), ("a.jpg", "b.jpg"), ("sea.jpg", "beach.jpg")]
)
def test_an_edited_copy_is_one_however_it_is_named(names: tuple[str, str]) -> None:
    assert tiers([scene(5), expose(scene(5), -1)], names) == [Tier.SAME_PICTURE]


def test_shots_saved_by_one_table_may_differ_in_size_as_sharp_and_blurred_do() -> None:
    sharp = shaken(7, 0, 0)
    blurred = recompress(shaken(7, 10, 6).filter(ImageFilter.GaussianBlur(3)), 90)
    names, size = ["hall_S.jpg", "hall_F.jpg"], np.array([900_000, 200_000])
    measures = {name: np.ones(2, np.float32) for name in ("contrast", "sharpness")}
    one_table = measures | {"quantisation": np.array([0.1, 0.1], np.float32)}
    assert tiers([sharp, blurred], names, size=size, measures=one_table) == [Tier.BURST]
    resaved = measures | {"quantisation": np.array([0.1, 0.7], np.float32)}
    assert Tier.SAME_PICTURE in tiers([sharp, blurred], names, size=size, measures=resaved)
