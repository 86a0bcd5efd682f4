"""The first look with real pictures, decoder and model: stopped, decided on, killed and taken up again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from organizer.errors import ActionRefused
from organizer.events import Event, Progress
from organizer.indexing.first_look import WORTH
from organizer.library import IndexControl, Library
from organizer.paths import AppPaths
from organizer.records import Look, Photo
from tests.bench.camera_like import Film
from tests.conftest import REPOSITORY

COUNT = WORTH + 5


@pytest.fixture(scope="module")
def film(photos_root: Path) -> Film:
    scenes = sorted((photos_root / "everyday").glob("*.jpg"))
    return Film([*sorted((photos_root / "camera").glob("*.jpg")), *scenes[:: len(scenes) // 10]], side=560)


@pytest.fixture
def pictures(film: Film, tmp_path: Path) -> Path:
    for number in range(COUNT):
        film.shoot(tmp_path / "pictures", number)
    return tmp_path / "pictures"


@pytest.fixture
def library(app_paths: AppPaths, pictures: Path) -> Iterator[Library]:
    made = Library.open(app_paths)
    made.add_folder(pictures)
    yield made
    made.close()


def stop_after_first_look(library: Library) -> list[Progress]:
    """Index, and cancel as soon as the full look is told of."""
    control, told = IndexControl(), []

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            told.append(event)
            if event.stage == "photos" and any(other.stage == "first-look" for other in told):
                control.cancel()

    unsubscribe = library.subscribe(listen)
    library.index(control)
    unsubscribe()
    return told


def photos(library: Library) -> dict[int, Photo]:
    return library.photos(library.photo_ids().tolist())


def test_a_library_can_be_browsed_after_the_first_look_and_keeps_what_was_decided(library: Library) -> None:
    told = stop_after_first_look(library)
    first = [event for event in told if event.stage == "first-look"]
    assert first[-1].done == first[-1].total
    assert first[-1].total > COUNT - 10, "only the first few went straight to the full look"
    seen = photos(library)
    heads = [photo_id for photo_id, photo in seen.items() if photo.look is Look.HEAD]
    assert len(seen) > COUNT - 10
    assert len(heads) > COUNT - 40, "the run was stopped when the full look began"
    assert {photo_id for view in library.categories() for photo_id in view.photo_ids} >= set(heads)
    assert library.counts().captions >= len(heads)
    assert all(library.thumbnail(photo_id) for photo_id in heads)

    library.analyse()
    assert not {member for view in library.stacks() for member in view.stack.members} & set(heads)
    assert not {flag.photo_id for flag in library.low_quality()} & set(heads)
    assert not {pick.photo_id for pick in library.highlights()} & set(heads)

    picked, captioned, moved, removed, gone = heads[:5]
    library.choose([picked], 1)
    library.set_caption(captioned, "the harbour at night")
    library.move_to_category([moved], "food")
    assert photos(library)[moved].look is Look.HASHED
    library.undo()
    library.redo()
    report = library.remove_photos([removed])
    assert report.done == (removed,)
    assert not seen[removed].path.exists()
    seen[gone].path.unlink()
    with pytest.raises(ActionRefused, match="cannot be read"):
        library.choose([gone], 1)
    refused = library.remove_photos([gone])
    assert [photo_id for photo_id, _ in refused.refused] == [gone]

    summary = library.index(IndexControl())
    library.analyse()
    after = photos(library)
    assert {photo.look for photo in after.values()} == {Look.FULL}
    assert set(after) >= set(seen) - {removed, gone}, "ids stay"
    assert len(after) == COUNT - 2
    assert summary.completed >= len(heads) - 2
    assert library.detail(picked).choice == 1
    caption = library.detail(captioned).caption
    assert caption is not None and caption.text == "the harbour at night"
    kept = library.detail(moved).categories
    assert kept is not None and (kept.category, kept.by_user) == ("food", True)
    assert library.photo_ids().tolist()[0] in after
    assert library.stacks(), "each scene was shot many times"

    library.restore([entry.id for entry in library.trash()])
    library.index(IndexControl())
    assert photos(library)[removed].look is Look.FULL


def _counts(catalogue: Path) -> dict[Look, int]:
    """Photos by how much is known of them, read beside the program that writes."""
    file = AppPaths.at(catalogue).catalog_file
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT look, count(*) FROM photos GROUP BY look").fetchall()
    except sqlite3.OperationalError:  # not made yet
        return {}
    return {Look(look): count for look, count in rows}


def test_killed_in_either_look_the_next_run_goes_on(pictures: Path, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue"
    command = [sys.executable, "-m", "organizer", "index", str(pictures), "--catalog", str(catalogue)]
    for wait_for in (Look.HEAD, Look.FULL):
        enough = _counts(catalogue).get(wait_for, 0) + 1
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 120
        while _counts(catalogue).get(wait_for, 0) < enough and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        left = _counts(catalogue)
        assert left.get(wait_for, 0) >= enough, "something was committed before it was killed"
        assert left.get(Look.HEAD), "and it was not done yet"
    with opened(catalogue) as library:
        before = {photo.path: photo.id for photo in photos(library).values()}
    finished = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert _counts(catalogue) == {Look.FULL: COUNT}
    with opened(catalogue) as library:
        after = {photo.path: photo.id for photo in photos(library).values()}
        assert sum(len(view.photo_ids) for view in library.categories()) == COUNT
    assert {path: after[path] for path in before} == before


def opened(catalogue: Path) -> closing[Library]:
    return closing(Library.open(AppPaths.at(catalogue)))
