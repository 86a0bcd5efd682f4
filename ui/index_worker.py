"""The long work in a QThread of its own: look for photos, read them, embed them, sort them.

``Indexer`` lives in the GUI thread and is what the window talks to; ``_IndexWorker`` lives in the thread
and runs ``library.index`` and ``library.analyse`` there, so the embedding model runs in that thread.
A busy worker receives no queued call, so everything said to it goes through a lock and the library's
control handle. Requests that arrive while it works are served by one more run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from organizer.errors import Cancelled

from .workers import log_failure, sentence_for

if TYPE_CHECKING:
    from organizer.library import Library

log = logging.getLogger(__name__)

POLITE_MS = 2_000  # how long a closing window waits before it says that it waits
PATIENT_MS = 15_000  # and how long after that, for a model that is being loaded


class Work(StrEnum):
    """What the indexer is doing."""

    IDLE = "idle"
    WORKING = "working"
    PAUSED = "paused"


class _Wanted:
    """What to do next, shared by the two threads. ``everything`` outweighs single folders."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.everything = False
        self.folders: list[Path] = []
        self.results_only = False
        self.reading = False  # photos are looked at, or were until a moment ago
        self.paused = False
        self.closing = False
        self.control: Any = None

    def take(self) -> tuple[bool, list[Path] | None] | None:
        """(whether to index, folders or None for all), or None when nothing is wanted."""
        with self.lock:
            if self.closing or not (self.everything or self.folders or self.results_only):
                return None
            job = (self.everything or bool(self.folders), None if self.everything else list(self.folders))
            self.everything, self.folders, self.results_only = False, [], False
            self.reading = job[0]
            return job


class _IndexWorker(QObject):
    """Lives in the thread.

    Signals:
        started: before each piece of work. ended: after the last of a stretch.
        problem: a sentence about why it could not be done.
    """

    started = Signal()
    ended = Signal()
    problem = Signal(str)

    def __init__(self, library: Library, wanted: _Wanted) -> None:
        super().__init__()
        self._library = library
        self._wanted = wanted

    @Slot()
    def work(self) -> None:
        """Do all that is wanted, then return to the event loop."""
        job = self._wanted.take()
        if job is None:
            return
        try:
            while job is not None:
                self.started.emit()
                self._one(*job)
                job = self._wanted.take()
        finally:
            self.ended.emit()

    def _one(self, reading: bool, folders: list[Path] | None) -> None:
        control = self._library.new_control()
        with self._wanted.lock:
            if self._wanted.closing:
                return
            self._wanted.control = control
            if self._wanted.paused:
                control.pause()
        try:
            if reading:
                self._library.index(control, folders)
            if not control.cancelled:
                self._library.analyse(control=control)
        except Cancelled:
            log.info("The work was stopped.")
        except Exception as error:
            log_failure(error)
            self.problem.emit(sentence_for(error))
        finally:
            with self._wanted.lock:
                self._wanted.control = None


class Indexer(QObject):
    """Make it in the GUI thread; its methods may be called from any thread.

    Signals:
        changed: the new ``Work`` state. problem: one sentence.
    """

    changed = Signal(str)
    problem = Signal(str)
    _go = Signal()

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = _Wanted()
        self._busy = False
        self._thread = QThread(self)
        self._thread.setObjectName("index")
        self._worker = _IndexWorker(library, self._wanted)
        self._worker.moveToThread(self._thread)
        self._go.connect(self._worker.work, Qt.ConnectionType.QueuedConnection)
        self._worker.started.connect(self._started)
        self._worker.ended.connect(self._ended)
        self._worker.problem.connect(self.problem)
        self._thread.start(QThread.Priority.LowPriority)

    @property
    def state(self) -> Work:
        if not self._busy:
            return Work.IDLE
        return Work.PAUSED if self._wanted.paused else Work.WORKING

    @property
    def reading(self) -> bool:
        """Whether photos are being looked at, not only results made again."""
        return self._busy and self._wanted.reading

    def request(self, folders: Iterable[Path] | None = None) -> None:
        """Read these folders (all of them without any) soon, then bring the results up to date."""
        with self._wanted.lock:
            if folders is None:
                self._wanted.everything = True
            else:
                self._wanted.folders += [f for f in folders if f not in self._wanted.folders]
        self._go.emit()

    def request_results(self) -> None:
        """Bring the results up to date without looking at the folders."""
        with self._wanted.lock:
            self._wanted.results_only = True
        self._go.emit()

    def pause(self) -> None:
        """Rest before the next batch; what is asked for meanwhile waits, too."""
        with self._wanted.lock:
            self._wanted.paused = True
            if self._wanted.control is not None:
                self._wanted.control.pause()
        self.changed.emit(self.state)

    def resume(self) -> None:
        """Go on."""
        with self._wanted.lock:
            self._wanted.paused = False
            if self._wanted.control is not None:
                self._wanted.control.resume()
        self.changed.emit(self.state)

    def cancel(self) -> None:
        """Stop the current run soon; what was committed stays."""
        with self._wanted.lock:
            if self._wanted.control is not None:
                self._wanted.control.cancel()

    def shutdown(self) -> bool:
        """Stop and end the thread; False if it still runs after a patient wait."""
        with self._wanted.lock:
            self._wanted.closing = True
        self.cancel()
        self._thread.quit()
        if self._thread.wait(POLITE_MS):
            return True
        log.info("Waiting for the current batch to end.")
        return self._thread.wait(PATIENT_MS)

    @Slot()
    def _started(self) -> None:
        self._busy = True
        self.changed.emit(self.state)

    @Slot()
    def _ended(self) -> None:
        self._busy = False
        self.changed.emit(self.state)
