"""Shots of one moment: by time and by what they show; scenes that follow each other stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from organizer.analysis.outlines import glimpse, outlines
from organizer.results import PhotoTable, Stack, Tier
from tests.bench.edits import expose
from tests.core.test_duplicates import CALIBRATION, found_of, prints_of, stacks_of, table_of
from tests.core.test_fingerprint import scene


def shaken(seed: int, across: int, down: int) -> Image.Image:
    """The scene seen from a hand that moved."""
    return scene(seed, (680, 520)).crop((20 + across, 20 + down, 660 + across, 500 + down))


def half_sharp(picture: Image.Image, *, left: bool) -> Image.Image:
    """One of two shots with the focus at different places."""
    soft = picture.filter(ImageFilter.GaussianBlur(4))
    part = (0, 0, picture.width // 2, picture.height)
    sharp, other = (picture, soft) if left else (soft, picture)
    mixed = other.copy()
    mixed.paste(sharp.crop(part), part)
    return mixed


def photos(
    pictures: Sequence[Image.Image], taken: Sequence[float], **columns: object
) -> tuple[PhotoTable, list[Stack]]:
    prints = prints_of(pictures)
    values: dict[str, object] = {"taken": np.array(taken, float), "camera": ["a camera"] * len(pictures)}
    table = table_of(prints, [picture.size for picture in pictures], **(values | columns))
    return table, stacks_of(table, prints)


def bursts(made: Sequence[Stack]) -> list[set[int]]:
    assert all(stack.tier == Tier.BURST for stack in made)
    return [set(stack.members) for stack in made]


def test_an_exposure_bracket_is_one_burst_and_no_copies() -> None:
    pictures = [expose(scene(1), stops) for stops in (-1.5, 0, 1.0)]
    assert bursts(photos(pictures, [100, 100.4, 100.8])[1]) == [{10, 20, 30}]


def test_shots_of_a_hand_that_moved_are_one_burst() -> None:
    pictures = [shaken(2, 0, 0), shaken(2, 12, -8), shaken(2, -14, 6)]
    assert bursts(photos(pictures, [100, 101, 103])[1]) == [{10, 20, 30}]


def test_scenes_that_follow_each_other_are_no_burst() -> None:
    pictures = [scene(seed) for seed in range(12)]
    assert photos(pictures, [100 + 0.3 * place for place in range(12)])[1] == []


def test_two_people_in_one_pose_are_no_burst() -> None:
    """The same large shapes, other small ones."""
    large = np.asarray(scene(3).resize((8, 6)).resize((640, 480), Image.Resampling.BICUBIC), np.float32)
    pictures = []
    for seed in (1, 2):
        small = np.random.default_rng(seed).random((48, 64, 3)) * 70
        fine = np.asarray(
            Image.fromarray(small.astype(np.uint8)).resize((640, 480), Image.Resampling.BICUBIC), np.float32
        )
        pictures.append(Image.fromarray(np.clip(large + fine - 35, 0, 255).astype(np.uint8)))
    assert photos(pictures, [100, 100.5])[1] == []


@pytest.mark.parametrize(
    ("taken", "cameras"),
    [([100.0, 100.0 + 3600], ["a", "a"]), ([100.0, 101.0], ["a", "b"])],
    ids=["an hour apart", "two cameras"],
)
def test_another_time_or_another_camera_is_another_moment(taken: list[float], cameras: list[str]) -> None:
    pictures = [shaken(4, 0, 0), expose(shaken(4, 30, 0), 1.0)]
    _, made = photos(pictures, taken, camera=cameras)
    assert all(stack.tier != Tier.BURST for stack in made)


def test_an_edited_copy_keeps_the_time_of_its_original_and_is_no_burst() -> None:
    pictures = [scene(5), scene(5).resize((320, 240)), expose(scene(5), 1.0)]
    _, (made,) = photos(pictures, [100.0] * 3)
    assert made.tier == Tier.SAME_PICTURE and set(made.members) == {10, 20, 30}


def test_without_times_shots_are_numbered_in_a_row() -> None:
    pictures = [half_sharp(scene(6), left=True), half_sharp(scene(6), left=False), scene(7)]
    unknown = [np.nan] * 3
    numbered = [f"/photos/DSC_{number:04}.JPG" for number in (17, 18, 19)]
    assert bursts(photos(pictures, unknown, path=numbered)[1]) == [{10, 20}]
    elsewhere = ["/photos/DSC_0017.JPG", "/other/DSC_0018.JPG", "/photos/DSC_0019.JPG"]
    assert not any(stack.tier == Tier.BURST for stack in photos(pictures, unknown, path=elsewhere)[1])


@pytest.mark.parametrize("letters", ["AB", "SF", "MZ"])
def test_without_times_a_letter_counts_as_any_other(letters: str) -> None:
    pictures = [half_sharp(scene(6), left=True), half_sharp(scene(6), left=False)]
    lettered = [f"/photos/106_NIKON_{letter}.JPG" for letter in letters]
    assert bursts(photos(pictures, [np.nan] * 2, path=lettered)[1]) == [{10, 20}]


def test_without_times_files_with_the_same_cells_are_copies_however_they_are_numbered() -> None:
    """One photo stored in several ways, as for every EXIF orientation."""
    again = [scene(6), scene(6)]
    again[1].putpixel((5, 5), (0, 0, 0))  # other bytes, and pixels
    numbered = ["/photos/landscape_1.jpg", "/photos/landscape_2.jpg"]
    _, (made,) = photos(again, [np.nan] * 2, path=numbered)
    assert made.tier == Tier.SAME_PICTURE
    _, (made,) = photos(again, [100.0, 100.3], path=numbered)  # a tripod and a still scene
    assert made.tier == Tier.BURST


@pytest.mark.parametrize(
    ("apart", "cameras", "copies"),
    [
        (1234.0, ["a", "a"], False),  # a timelapse from a tripod
        (7200.0, ["a", "a"], True),  # a clock put right for another time zone
        (1234.0, ["", ""], True),  # programs write the time of the edit
        (1234.0, ["a", ""], True),
    ],
)
def test_one_camera_at_two_times_took_two_photos(apart: float, cameras: list[str], copies: bool) -> None:
    made = photos([scene(9), expose(scene(9), 0.1)], [100.0, 100.0 + apart], camera=cameras)[1]
    assert [stack.tier for stack in made] == [Tier.SAME_PICTURE] * copies


def test_of_a_copy_and_its_shot_only_what_is_kept_stands_in_the_burst() -> None:
    pictures = [scene(8), scene(8).resize((320, 240)), expose(scene(8), 1.2)]
    _, (same, burst) = photos(pictures, [100.0, np.nan, 101.0])
    assert same.tier == Tier.SAME_PICTURE and burst.tier == Tier.BURST
    spare = [member for stack in (same, burst) for member in stack.members if member != stack.keep]
    assert len(spare) == len(set(spare))
    assert set(same.members) & set(burst.members) == {same.keep}


def test_bursts_stay_as_they_are_when_others_come() -> None:
    pictures = [expose(scene(1), stops) for stops in (-1, 0, 1)] + [scene(2), expose(scene(2), 1)]
    prints = prints_of(pictures)
    taken = np.array([100, 100.4, 100.8, 200, 200.4])
    whole = replace(table_of(prints), taken=taken)
    first = replace(table_of(prints[:3]), taken=taken[:3])
    known = found_of(first, prints[:3])
    grown = found_of(whole, prints, new=np.arange(5) >= 3, known=known)
    pairs = [tuple(pair) for pair in grown.pairs.tolist()]
    assert pairs[: len(known)] == [tuple(pair) for pair in known.pairs.tolist()]
    assert {frozenset(stack.members) for stack in stacks_of(whole, prints)} == {
        frozenset({10, 20, 30}), frozenset({40, 50}),
    }  # fmt: skip


def greys(pictures: Sequence[Image.Image]) -> NDArray[np.uint8]:
    return np.stack([one.grey for one in prints_of(pictures)])


def test_a_glimpse_tells_other_scenes_from_other_exposures_and_shifts() -> None:
    spectra = outlines(greys([scene(1), expose(scene(1), -2), shaken(2, 0, 0), shaken(2, 30, -20), scene(3)]))
    one, other = np.array([[0, 1], [2, 3]]), np.array([[0, 2], [0, 4], [1, 3], [3, 4]])
    assert glimpse(spectra, one).min() > CALIBRATION.glimpse > glimpse(spectra, other).max()
    assert glimpse(outlines(np.zeros((2, 64, 64), np.uint8)), np.array([[0, 1]])).tolist() == [0]
