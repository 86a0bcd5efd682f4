"""Fixtures that every kind of test shares: where the real photos are, and folders of one's own."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from organizer.paths import AppPaths
from tests.folders import quick_folder

REPOSITORY = Path(__file__).resolve().parent.parent
VARIABLE = "PHOTO_ORGANIZER_TEST_PHOTOS"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "in_memory: what the test writes lies in memory, not on the drive")


def _find_photos() -> Path | None:
    named = os.environ.get(VARIABLE)
    candidates = [Path(named)] if named else [REPOSITORY.parent / "shared" / "photos"]
    return next((folder for folder in candidates if (folder / "labels.tsv").is_file()), None)


@pytest.fixture(scope="session")
def photos_root() -> Path:
    """The folder of real test photos; without it the tests that need it fail and say what to do."""
    folder = _find_photos()
    if folder is None:
        pytest.fail(
            f"The test photos are absent: put them at ../shared/photos beside the checkout, or name their "
            f"folder (the one with labels.tsv) in {VARIABLE}.",
            pytrace=False,
        )
    return folder


@pytest.fixture(scope="session")
def labels(photos_root: Path) -> list[dict[str, str]]:
    """Rows of labels.tsv: file, set, label, source."""
    with (photos_root / "labels.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder for one test; ``in_memory`` says that the test syncs to the drive a lot."""
    if request.node.get_closest_marker("in_memory") is None:
        yield tmp_path
    else:
        with quick_folder() as folder:
            yield folder


@pytest.fixture
def app_paths(tmp_path: Path) -> AppPaths:
    """The program's own folders, fresh for one test."""
    return AppPaths.at(tmp_path / "catalogue")


@pytest.fixture
def copy_photos(photos_root: Path, tmp_path: Path) -> Callable[[Iterable[str]], Path]:
    """Copy named test photos ("everyday/x.jpg") into a folder that the test may change."""

    def copy(names: Iterable[str], folder: str = "pictures") -> Path:
        target = tmp_path / folder
        target.mkdir(exist_ok=True)
        for name in names:
            copied = target / Path(name).name
            shutil.copyfile(photos_root / name, copied)
        return target

    return copy
