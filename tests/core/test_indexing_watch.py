"""Watching folders: events become one call when things are quiet, whatever happens to the roots."""

from __future__ import annotations

import errno
import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.events import (
    DirModifiedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileClosedNoWriteEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from organizer.indexing.changes import MANY, Quiet, is_relevant
from organizer.indexing.poll import FolderTimes
from organizer.indexing.skip import Excluded
from organizer.indexing.watch import Watcher
from organizer.records import TRASH_FOLDER_NAME

SUFFIXES = frozenset({".jpg", ".png"})
ROOT = Path("/photos")


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (FileCreatedEvent("/photos/a.jpg"), "/photos/a.jpg"),
        (FileClosedEvent("/photos/trip/A.JPG"), "/photos/trip/A.JPG"),
        (FileDeletedEvent(b"/photos/\xff.jpg"), os.fsdecode(b"/photos/\xff.jpg")),
        (FileMovedEvent("/photos/a.part", "/photos/a.jpg"), "/photos/a.jpg"),
        (FileMovedEvent("/photos/a.jpg", "/photos/.hidden/a.jpg"), "/photos/a.jpg"),
        (DirMovedEvent("/photos/trip", "/photos/journey"), "/photos/journey"),
        (FileOpenedEvent("/photos/a.jpg"), None),
        (FileClosedNoWriteEvent("/photos/a.jpg"), None),
        (DirModifiedEvent("/photos/trip"), None),
        (FileCreatedEvent("/photos/notes.txt"), None),
        (FileCreatedEvent("/photos/.thumbnails/a.jpg"), None),
        (FileCreatedEvent("/photos/X.photoslibrary/a.jpg"), None),
        (FileCreatedEvent("/photos/private/deep/a.jpg"), None),
        (FileMovedEvent("/photos/a.jpg", f"/photos/{TRASH_FOLDER_NAME}/1/a.jpg"), None),
        (FileMovedEvent(f"/photos/{TRASH_FOLDER_NAME}/1/a.jpg", "/photos/a.jpg"), None),
    ],
)
def test_only_changes_of_the_persons_photos_count(event: FileSystemEvent, told: str | None) -> None:
    found = is_relevant(event, ROOT, SUFFIXES, Excluded(["/photos/private"]))
    assert found == (Path(told) if told else None)


def test_quiet_waits_for_the_end_of_a_flurry_but_not_forever() -> None:
    now = [0.0]
    quiet = Quiet(1.5, 15.0, clock=lambda: now[0])
    assert quiet.seconds_left() is None
    quiet.note(Path("/a"))
    now[0] = 1.0
    quiet.note(Path("/b"))
    assert quiet.seconds_left() == pytest.approx(1.5)
    now[0] = 2.5
    assert quiet.seconds_left() == pytest.approx(0)
    assert quiet.take() == {Path("/a"), Path("/b")}
    assert quiet.seconds_left() is None
    for step in range(31):
        now[0] = 10 + step * 0.5
        quiet.note(Path("/c"))
    assert quiet.seconds_left() == pytest.approx(0), "after 15 seconds it is told though it goes on"


def test_a_huge_flurry_is_kept_as_its_folders() -> None:
    quiet = Quiet(1, 10)
    for number in range(MANY * 3):
        quiet.note(Path(f"/photos/trip{number % 7}/{number}.jpg"))
    assert len(quiet.take()) <= MANY + 7


class Told(queue.Queue[frozenset[Path]]):
    """What a watcher told, in order."""

    def __call__(self, paths: frozenset[Path]) -> None:
        self.put(paths)


@pytest.fixture
def watching() -> Iterator[Callable[..., Told]]:
    """Start watchers with short times; they are stopped and must leave no thread behind."""
    started: list[Watcher] = []
    before = set(threading.enumerate())

    def start(root: Path, **options: object) -> Told:
        told = Told()
        times = {"quiet": 0.15, "longest": 2.0, "poll_every": 0.1, "mind_every": 0.1}
        watcher = Watcher([root], told, suffixes=SUFFIXES, **(times | options))  # type: ignore[arg-type]
        watcher.start()
        started.append(watcher)
        return told

    yield start
    for watcher in started:
        watcher.stop()
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert left == []


def _until_told(told: Told, act: Callable[[int], None]) -> frozenset[Path]:
    """Act again and again until the watcher, which begins in its own time, has noticed."""
    for attempt in range(60):
        act(attempt)
        try:
            return told.get(timeout=0.5)
        except queue.Empty:
            continue
    pytest.fail("The watcher noticed nothing.")


def test_new_photos_are_told_once_things_are_quiet(tmp_path: Path, watching: Callable[..., Told]) -> None:
    told = watching(tmp_path)
    _until_told(told, lambda n: (tmp_path / f"warm{n}.jpg").write_bytes(b"x") and None)
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")
    (tmp_path / "text.txt").write_text("x")
    seen: set[Path] = set()
    calls = 0
    wanted = {tmp_path / f"{number}.jpg" for number in range(20)}
    while not wanted <= seen:
        seen |= told.get(timeout=10)
        calls += 1
    assert tmp_path / "text.txt" not in seen
    assert calls <= 3, "a flurry is told in one call, or a few on a slow machine"


def test_a_root_that_vanishes_and_comes_back_is_watched_again(
    tmp_path: Path, watching: Callable[..., Told]
) -> None:
    root = tmp_path / "drive"
    root.mkdir()
    told = watching(root)
    _until_told(told, lambda n: (root / f"warm{n}.jpg").write_bytes(b"x") and None)
    shutil.rmtree(root)

    def come_back(attempt: int) -> None:
        root.mkdir(exist_ok=True)
        (root / f"again{attempt}.jpg").write_bytes(b"x")

    changed = _until_told(told, come_back)
    while not any("again" in path.name or path == root for path in changed):
        changed = told.get(timeout=10)
    _until_told(told, lambda n: (root / f"later{n}.jpg").write_bytes(b"x") and None)


def test_a_root_that_is_absent_at_first_is_found_when_it_comes(
    tmp_path: Path, watching: Callable[..., Told]
) -> None:
    root = tmp_path / "drive"
    told = watching(root)

    def plug_in(attempt: int) -> None:
        root.mkdir(exist_ok=True)
        (root / f"{attempt}.jpg").write_bytes(b"x")

    assert all(path.is_relative_to(root) for path in _until_told(told, plug_in))


class Exhausted:
    """An observer on a system that allows no more watches."""

    def __init__(self) -> None:
        self._observer = Observer()

    def schedule(
        self, event_handler: FileSystemEventHandler, path: str, *, recursive: bool = False
    ) -> ObservedWatch:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    def unschedule(self, watch: ObservedWatch) -> None:
        self._observer.unschedule(watch)

    def start(self) -> None:
        self._observer.start()

    def stop(self) -> None:
        self._observer.stop()

    def join(self, timeout: float | None = None) -> None:
        self._observer.join(timeout)


class NoInstance(Exhausted):
    """An observer that cannot even start."""

    def start(self) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")


@pytest.mark.parametrize("observer", [Exhausted, NoInstance])
def test_without_notifications_it_looks_by_itself_and_says_so_once(
    tmp_path: Path, watching: Callable[..., Told], observer: type
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    sentences: list[str] = []
    told = watching(tmp_path, observer=observer, on_problem=sentences.append)
    folder = tmp_path / "deep" / "er"
    assert folder in _until_told(told, lambda n: (folder / f"{n}.jpg").write_bytes(b"x") and None)
    assert len(sentences) == 1
    assert "more watched folders" in sentences[0]


def test_a_network_drive_is_looked_through_without_a_word(
    tmp_path: Path, watching: Callable[..., Told]
) -> None:
    sentences: list[str] = []

    told = watching(tmp_path, filesystem=lambda _: "nfs4", observer=Exhausted, on_problem=sentences.append)
    assert _until_told(told, lambda n: (tmp_path / f"{n}.jpg").write_bytes(b"x") and None) == {tmp_path}
    assert sentences == []


def test_a_listener_that_fails_does_not_end_the_watching(
    tmp_path: Path, watching: Callable[..., Told], caplog: pytest.LogCaptureFixture
) -> None:
    told = Told()
    failures = [ValueError("once")]

    def listen(paths: frozenset[Path]) -> None:
        told(paths)
        if failures:
            raise failures.pop()

    watcher = Watcher([tmp_path], listen, suffixes=SUFFIXES, quiet=0.1, mind_every=0.1)
    watcher.start()
    _until_told(told, lambda n: (tmp_path / f"a{n}.jpg").write_bytes(b"x") and None)
    _until_told(told, lambda n: (tmp_path / f"b{n}.jpg").write_bytes(b"x") and None)
    watcher.stop()
    assert any(record.exc_info for record in caplog.records)


def test_folder_times_see_what_came_and_went(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".hidden").mkdir()
    for folder in (tmp_path / "a", tmp_path):
        os.utime(folder, (1, 1))
    times = FolderTimes(tmp_path, Excluded())
    assert times.changed() == []
    (tmp_path / ".hidden" / "x.jpg").write_bytes(b"")
    assert times.changed() == []
    (tmp_path / "a" / "new").mkdir()
    assert times.changed() == [tmp_path / "a"]
    os.utime(tmp_path / "a" / "new", (2, 2))
    assert times.changed() == [tmp_path / "a" / "new"], "a folder that appeared is looked after too"
    shutil.rmtree(tmp_path / "a")
    assert set(times.changed()) >= {tmp_path / "a", tmp_path / "a" / "new"}
    assert times.changed() == []


def test_an_event_in_the_moment_of_the_stop_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """watchdog says so of its own thread; a real error of it is still logged."""
    watchdog = logging.getLogger("watchdog.observers.inotify")
    watchdog.error("InotifyEmitter.queue_events() called when the thread is inactive")
    assert caplog.messages == []
    watchdog.error("a real error")
    assert caplog.messages == ["a real error"]
