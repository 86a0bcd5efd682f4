"""Notices that photos came, went or changed in the watched folders, and says so once things are quiet.

Uses the system's notifications (watchdog). Where those run out (Linux allows only so many watched
folders) or do not tell of what others do (network drives), a root is looked through for changed folders
now and then instead. It reads no photo and no
catalogue: whoever listens starts a scan.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from organizer.catalog.place import NETWORK_FILESYSTEMS, filesystem_of
from organizer.indexing.changes import Quiet, is_relevant
from organizer.indexing.poll import FolderTimes
from organizer.indexing.skip import Excluded

log = logging.getLogger(__name__)

POLL_S = 30.0  # between two looks where the system does not notify
MIND_S = 5.0  # between two looks whether the roots still stand
LIMIT_ERRORS = (errno.ENOSPC, errno.EMFILE, errno.ENOMEM)


def _is_an_error(record: logging.LogRecord) -> bool:
    """False for what watchdog logs when an event comes in the moment in which it is stopped: nothing is lost
    then, since what was not told is found by the next scan."""
    return "called when the thread is inactive" not in record.getMessage()


logging.getLogger("watchdog.observers.inotify").addFilter(_is_an_error)

OnChange = Callable[[frozenset[Path]], None]


class Notifier(Protocol):
    """The part of watchdog's observer that is used here."""

    def schedule(
        self, event_handler: FileSystemEventHandler, path: str, *, recursive: bool = False
    ) -> ObservedWatch: ...

    def unschedule(self, watch: ObservedWatch) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...


class Watcher:
    """Watches roots from ``start`` until ``stop``; survives roots that vanish and come back.

    ``on_change`` gets the changed paths, from the watcher's own thread, when nothing more happened for
    ``quiet`` seconds, or ``longest`` seconds after the first change where it never gets quiet. A root that
    comes back counts as changed. ``on_problem`` gets one sentence when notifications ran out.
    """

    def __init__(
        self,
        roots: Iterable[Path],
        on_change: OnChange,
        *,
        suffixes: frozenset[str],
        excluded: Iterable[str | Path] = (),
        on_problem: Callable[[str], None] = log.warning,
        quiet: float = 1.5,
        longest: float = 15.0,
        poll_every: float = POLL_S,
        mind_every: float = MIND_S,
        observer: Callable[[], Notifier] = Observer,
        filesystem: Callable[[Path], str] = filesystem_of,
    ) -> None:
        self._roots = [_Root(Path(root)) for root in roots]
        self._on_change = on_change
        self._on_problem = on_problem
        self._suffixes = suffixes
        self._excluded = Excluded(excluded)
        self._poll_every = poll_every
        self._mind_every = mind_every
        self._make_observer = observer
        self._filesystem = filesystem
        self._observer: Notifier | None = None
        self._told = False
        self._lock = threading.Condition()
        self._pending = Quiet(quiet, longest)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="folder-watch", daemon=True)

    def start(self) -> None:
        """Begin; returns at once, the roots are entered in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End and wait for the threads. Changes not yet told are left to the next scan."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        observer: Notifier | None = None
        try:
            observer = self._observer = self._make_observer()
            observer.start()
        except OSError as error:
            self._observer = None
            if observer is not None:
                observer.stop()
            self._fell_back(error)
        first = True
        try:
            while not self._stopping:
                for root in self._roots:
                    self._mind(root, first=first)
                first = False
                self._tell_until(time.monotonic() + self._mind_every)
        finally:
            if observer is not None and self._observer is not None:
                observer.stop()
                observer.join()

    def _tell_until(self, moment: float) -> None:
        """Wait for changes and tell them when they are due, until ``moment``."""
        while True:
            with self._lock:
                left = moment - time.monotonic()
                if self._stopping or left <= 0:
                    return
                due = self._pending.seconds_left()
                if due is None or due > 0:
                    self._lock.wait(left if due is None else min(left, due))
                    continue
                changed = self._pending.take()
            try:
                self._on_change(changed)
            except Exception:
                log.exception("What should follow a change of folders failed.")

    def _mind(self, root: _Root, *, first: bool) -> None:
        """Enter a root that is there, leave one that is gone, look through one that is polled."""
        identity = root.look()
        if identity != root.identity or root.lost:
            root.lost = False
            self._leave(root)
            root.identity = identity
            if identity is not None:
                self._enter(root)
            if not first:
                self._note(root.path)  # a root that went is news, too: the run that follows says so
        elif root.times is not None and time.monotonic() >= root.poll_at:
            for folder in root.times.changed():
                self._note(folder)
            root.poll_at = time.monotonic() + self._poll_every

    def _enter(self, root: _Root) -> None:
        try:
            if self._observer is not None and self._filesystem(root.path) not in NETWORK_FILESYSTEMS:
                handler = _Handler(self, root)
                root.watch = self._observer.schedule(handler, str(root.path), recursive=True)
                return
        except OSError as error:
            if error.errno not in LIMIT_ERRORS:
                log.warning("The folder %s cannot be watched now: %r", root.path, error)
                root.identity = None  # tried again at the next look
                return
            self._fell_back(error)
        root.times = FolderTimes(root.path, self._excluded)
        root.poll_at = time.monotonic() + self._poll_every

    def _leave(self, root: _Root) -> None:
        if root.watch is not None and self._observer is not None:
            try:
                self._observer.unschedule(root.watch)
            except (KeyError, OSError) as error:
                log.info("The watch on %s was gone already: %r", root.path, error)
        root.watch = root.times = None

    def _fell_back(self, error: OSError) -> None:
        log.warning("The system's notifications are not available: %r", error)
        if not self._told:
            self._told = True
            self._on_problem(
                "The system allows no more watched folders, so new photos are looked for "
                f"every {self._poll_every:.0f} seconds instead."
            )

    def _note(self, path: Path) -> None:
        with self._lock:
            self._pending.note(path)
            self._lock.notify_all()

    def handle(self, root: _Root, event: FileSystemEvent) -> None:
        """Take one event of the system, from watchdog's thread."""
        if event.event_type in ("deleted", "moved") and Path(os.fsdecode(event.src_path)) == root.path:
            root.lost = True  # the notifications end with it, also where one of the same inode comes back
        path = is_relevant(event, root.path, self._suffixes, self._excluded)
        if path is not None:
            self._note(path)


class _Root:
    """One watched folder: what it is on disk now, and how it is watched."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost = False
        self.identity: tuple[int, int] | None = None
        self.watch: ObservedWatch | None = None
        self.times: FolderTimes | None = None
        self.poll_at = 0.0

    def look(self) -> tuple[int, int] | None:
        """Device and inode of the folder, None while it is not there."""
        try:
            facts = os.stat(self.path)  # noqa: PTH116 - one call, no Path made
        except OSError:
            return None
        return facts.st_dev, facts.st_ino


class _Handler(FileSystemEventHandler):
    def __init__(self, watcher: Watcher, root: _Root) -> None:
        self._watcher = watcher
        self._root = root

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._watcher.handle(self._root, event)
