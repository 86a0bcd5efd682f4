"""Indexing real photos with the real decoder, the bundled model and a real catalogue."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from organizer.catalog.catalog import Catalog
from organizer.events import Event, Progress
from organizer.indexing.control import IndexControl
from organizer.media.formats import PHOTO_SUFFIXES
from organizer.paths import AppPaths
from organizer.records import Photo
from tests.conftest import REPOSITORY
from tests.integration.indexing_run import index

MODEL = "starter"


def copy_set(photos_root: Path, name: str, target: Path, *, most: int = 10_000) -> list[Path]:
    """Copy a set of the test photos with an old time, as from a camera card; returns the copies."""
    target.mkdir(parents=True, exist_ok=True)
    sources = sorted(path for path in (photos_root / name).iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    copies = []
    for number, source in enumerate(random.Random(7).sample(sources, min(most, len(sources)))):
        copy = target / source.name
        shutil.copyfile(source, copy)
        os.utime(copy, (1_600_000_000 + number * 60,) * 2)
        copies.append(copy)
    return copies


def present(catalog: Catalog) -> dict[Path, Photo]:
    reader = catalog.reader()
    return {photo.path: photo for photo in reader.photos(reader.photo_ids().tolist()).values()}


@pytest.fixture
def catalog(app_paths: AppPaths) -> Iterator[Catalog]:
    before = set(threading.enumerate())
    with Catalog.open(app_paths) as opened:
        yield opened
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert not [name for name in left if name in ("survey", "decode-stage", "catalogue-writer")]


def test_rename_move_copy_delete_and_change_are_all_followed(
    catalog: Catalog, photos_root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    copies = copy_set(photos_root, "everyday", folder, most=40)
    root = catalog.writer.add_root(folder)
    first = index(catalog, root)
    assert (first.found, first.added, first.embedded) == (40, 40, 40)
    assert first.unreadable == []
    before = present(catalog)
    ids, vectors = catalog.reader().vectors(MODEL)
    assert len(ids) == 40
    assert np.allclose(np.linalg.norm(vectors.astype(np.float32), axis=1), 1, atol=1e-2)
    assert all(catalog.thumbnails.get(photo.content_hash) for photo in before.values())

    renamed, moved, copied, deleted, changed, touched = copies[:6]
    renamed.rename(folder / "새 이름 🎂.jpg")
    (folder / "trip" / "day 1").mkdir(parents=True)
    moved.rename(folder / "trip" / "day 1" / moved.name)
    shutil.copyfile(copied, folder / "trip" / "a copy.jpg")
    deleted.unlink()
    changed.write_bytes(copies[10].read_bytes() + b"\0")
    os.utime(touched)
    second = index(catalog, root)
    assert (second.moved, second.copied, second.missing, second.updated) == (2, 1, 1, 1)
    assert (second.added, second.embedded) == (0, 1)
    after = present(catalog)
    assert set(after) == {path for path in folder.rglob("*") if path.is_file()}
    assert after[folder / "새 이름 🎂.jpg"].id == before[renamed].id
    assert after[folder / "trip" / "day 1" / moved.name].id == before[moved].id
    assert after[changed].content_hash != before[changed].content_hash
    assert after[touched].id == before[touched].id
    assert set(catalog.reader().vectors(MODEL)[0].tolist()) == {photo.id for photo in after.values()}

    third = index(catalog, root)
    assert (third.unchanged, third.changed) == (40, False)


def test_every_hostile_file_is_reported_or_read_and_none_is_fatal(
    catalog: Catalog, photos_root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "hostile"
    hostile = copy_set(photos_root, "hostile", folder)
    good = copy_set(photos_root, "orientation", folder / "good")
    root = catalog.writer.add_root(folder)
    summary = index(catalog, root)
    unreadable = {entry.stamp.path for entry in summary.unreadable}
    read = set(present(catalog))
    assert read | unreadable == {*hostile, *good}
    assert not read & unreadable
    assert set(good) <= read
    assert all(entry.sentence.endswith(".") for entry in summary.unreadable)
    assert len(unreadable) >= len(hostile) / 2, "most of them are damaged beyond reading"
    again = index(catalog, root)
    assert again.unreadable == [], "they are not tried again until they change"
    assert again.unchanged == len(hostile) + len(good)


def _rows(catalogue: Path) -> dict[str, int]:
    """Path -> id of the photos committed so far, read beside the program that writes."""
    file = AppPaths.at(catalogue).catalog_file
    if not file.exists():
        return {}
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        return {
            os.fsdecode(raw): photo_id for raw, photo_id in connection.execute("SELECT path, id FROM photos")
        }
    except sqlite3.OperationalError:  # the tables are not there yet
        return {}
    finally:
        connection.close()


def test_kill_nine_in_the_middle_loses_nothing_that_was_committed(photos_root: Path, tmp_path: Path) -> None:
    folder, catalogue = tmp_path / "pictures", tmp_path / "catalogue"
    copies = copy_set(photos_root, "lookalikes", folder, most=60)
    copies += copy_set(photos_root, "everyday", folder, most=100)
    command = [sys.executable, "-m", "tests.integration.indexing_run", str(catalogue), str(folder)]
    committed: dict[str, int] = {}
    for wanted in (15, 60):
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        while len(_rows(catalogue)) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was killed in the middle of its work"
        kept = _rows(catalogue)
        assert wanted <= len(kept) < len(copies)
        assert committed.items() <= kept.items(), "what the run before committed is still there"
        committed = kept

    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["added"] == len(copies) - len(committed)
    assert (told["found"], told["unreadable"], told["missing"]) == (len(copies), [], 0)
    final = _rows(catalogue)
    assert committed.items() <= final.items()
    assert set(final) == {str(path) for path in copies}
    connection = sqlite3.connect(AppPaths.at(catalogue).catalog_file)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        count = "SELECT count(*), count(DISTINCT path) FROM photos"
        assert connection.execute(count).fetchone() == (len(copies), len(copies))
        embedded = connection.execute("SELECT count(*) FROM embeddings WHERE model = ?", (MODEL,)).fetchone()
        assert embedded == (len(copies),)
    finally:
        connection.close()


def test_pause_resume_and_cancel_with_real_processes(
    catalog: Catalog, photos_root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    copies = copy_set(photos_root, "everyday", folder, most=120)
    root = catalog.writer.add_root(folder)
    control = IndexControl()
    paused_at: list[int] = []

    def resume_later() -> None:
        time.sleep(1.0)
        paused_at.append(len(present(catalog)))
        time.sleep(0.7)
        paused_at.append(len(present(catalog)))
        control.resume()

    resumer = threading.Thread(target=resume_later)

    def listen(event: Event) -> None:
        if not isinstance(event, Progress) or event.stage != "photos":
            return
        if event.done >= 10 and not resumer.ident:
            control.pause()
            resumer.start()
        if event.done >= 50:
            control.cancel()

    summary = index(catalog, root, control=control, listener=listen)
    resumer.join()
    assert paused_at[0] == paused_at[1] < 120, "nothing is written while it is paused"
    assert summary.cancelled
    stored = present(catalog)
    assert 50 <= summary.added == len(stored) < 120
    rest = index(catalog, root)
    assert rest.added == 120 - len(stored)
    assert set(present(catalog)) == set(copies)
    assert len(catalog.reader().vectors(MODEL)[0]) == 120
