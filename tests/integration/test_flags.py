"""Flags with real pictures, decoder and model: explained by the library's own photos, dismissed for good."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from organizer.events import Kind
from organizer.library import IndexControl, Library
from organizer.paths import AppPaths
from organizer.results import Reason
from tests.bench.edits import expose
from tests.bench.quality_sets import drawn_pictures, in_grey, noisy

SIDE = 480


@pytest.fixture(scope="module")
def pictures(photos_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kodak photos and crops of them, of which some are spoilt, and a page of text."""
    folder = tmp_path_factory.mktemp("pictures")
    made: dict[str, Image.Image] = {"page": drawn_pictures()[0]}
    for file in sorted((photos_root / "quality").glob("kodak*")):
        with Image.open(file) as opened:
            photo = opened.convert("RGB")
        name = file.stem[-2:]
        for part in range(5):
            left, top = (part * (length - SIDE) // 4 for length in photo.size)
            made[f"fine{name}{part}"] = photo.crop((left, max(0, top), left + SIDE, top + SIDE))
        made[f"grey{name}"] = in_grey(photo)
    sharp = made["fine060"]
    for amount in (3, 4, 6):
        made[f"soft{amount}"] = sharp.filter(ImageFilter.GaussianBlur(amount))
    made |= {"dark": expose(sharp, -6), "grainy": noisy(sharp, 28)}
    for name, picture in made.items():
        picture.save(folder / f"{name}.jpg", quality=95)
    return folder


@pytest.fixture
def library(app_paths: AppPaths, pictures: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(pictures, tmp_path / "photos")
    opened = Library.open(app_paths)
    opened.add_folder(tmp_path / "photos")
    look_again(opened)
    yield opened
    opened.close()


def look_again(library: Library) -> None:
    library.index(IndexControl())
    library.analyse()


def flagged(library: Library) -> dict[str, set[Reason]]:
    """By name; that a blurred photo also has too many pixels for its detail is left out."""
    found: dict[str, set[Reason]] = {}
    names = {photo.id: photo.path.stem for photo in library.photos(library.photo_ids()).values()}
    for flag in library.low_quality():
        if flag.reason is Reason.PIXELATED:
            continue
        found.setdefault(names[flag.photo_id], set()).add(flag.reason)
    return found


def ids_by_name(library: Library) -> dict[str, int]:
    return {photo.path.stem: photo.id for photo in library.photos(library.photo_ids()).values()}


def age_measurements(paths: AppPaths) -> None:
    """What an older version of the program left: every photo measured by other rules."""
    connection = sqlite3.connect(paths.catalog_file)
    with connection:
        connection.execute("UPDATE measurements SET version = 1, sharpness = 1, noise = 0, brightness = 0.5")
    connection.close()


SPOILT = {
    **{f"soft{amount}": {Reason.BLURRED} for amount in (3, 4, 6)},
    "dark": {Reason.UNDEREXPOSED},
    "grainy": {Reason.NOISY},
}


def test_flags_of_a_library_from_measuring_to_dismissing(
    library: Library, app_paths: AppPaths, tmp_path: Path
) -> None:
    assert flagged(library) == SPOILT
    ids = ids_by_name(library)
    (softest,) = (flag for flag in library.detail(ids["soft6"]).flags if flag.reason is Reason.BLURRED)
    assert softest.why == "the sharpest part is softer than in 99% of your photos"

    for threshold in (0.05, 0.5, 0.95, 1.0):
        said = library.flag_counts(Reason.BLURRED, threshold)
        library.set_threshold(Reason.BLURRED, threshold)
        assert said == sum(flag.reason is Reason.BLURRED for flag in library.low_quality())
    library.restore_thresholds()

    library.dismiss_flags([ids["soft3"]], Reason.BLURRED)
    library.choose([ids["soft4"]], 1)
    left = {name: found for name, found in SPOILT.items() if name not in ("soft3", "soft4")}
    assert flagged(library) == left
    library.undo()
    assert set(flagged(library)) == {*left, "soft4"}
    library.redo()

    photos = tmp_path / "photos"
    (photos / "elsewhere").mkdir()
    (photos / "soft3.jpg").rename(photos / "elsewhere" / "renamed.jpg")
    (photos / "soft4.jpg").rename(photos / "elsewhere" / "picked.jpg")
    look_again(library)
    assert flagged(library) == left
    library.analyse({Kind.QUALITY})  # as after a change of model or calibration
    assert flagged(library) == left

    report = library.remove_photos([ids["dark"]])
    assert report.done == (ids["dark"],)
    assert "dark" not in flagged(library)
    library.undo()
    look_again(library)
    assert flagged(library) == left


def test_what_an_older_version_measured_is_measured_again(library: Library, app_paths: AppPaths) -> None:
    before = flagged(library)
    library.dismiss_flags([ids_by_name(library)["dark"]])
    library.close()
    age_measurements(app_paths)
    reopened = Library.open(app_paths)
    try:
        look_again(reopened)
        assert flagged(reopened) == {name: found for name, found in before.items() if name != "dark"}
    finally:
        reopened.close()
