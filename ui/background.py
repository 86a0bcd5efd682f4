"""Long work in a QThread of its own that a person can pause: what ``Indexer`` and ``Describer`` share.

``Background`` lives in the GUI thread and is what the window talks to; its ``Worker`` lives in the thread. A
busy worker receives no queued call, so everything said to it goes through a lock (``Wanted``) and the
library's control handle. Whatever is asked for wakes the worker once more, so nothing is overlooked.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from organizer.errors import Cancelled

from .workers import log_failure, sentence_for

if TYPE_CHECKING:
    from organizer.library import Library

log = logging.getLogger(__name__)

POLITE_MS = 2_000  # how long a closing window waits before it says that it waits
PATIENT_MS = 15_000  # and how long after that, for a model that is being loaded

Piece = Callable[[Any], None]  # one run, given the control that pauses and stops it


class Work(StrEnum):
    """What a worker is doing."""

    IDLE = "idle"
    WORKING = "working"
    PAUSED = "paused"


class Wanted:
    """What holds now, shared by the two threads; each worker adds what it is asked to do.

    Attributes:
        lock: held by whoever changes anything here. paused: the person wants it to rest. closing: nothing
        is begun any more. control: of the run under way, None between runs. overtaken: what was chosen to
        be done next was stopped before it began; whoever chooses sets it back.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.paused = False
        self.closing = False
        self.overtaken = False
        self.control: Any = None

    def begin(self, control: Any) -> bool:
        """A run begins under this control; False where it must not."""
        with self.lock:
            if self.closing or self.overtaken:
                return False
            self.control = control
            if self.paused:
                control.pause()
            return True

    def end(self) -> None:
        """The run is over."""
        with self.lock:
            self.control = None

    def cancel(self, close: bool = False) -> None:
        """Stop the run under way, or the one that is about to begin; with ``close`` also all later ones."""
        with self.lock:
            self.closing |= close
            self.stop_run()

    def stop_run(self) -> None:
        """The same for a caller that holds the lock."""
        if self.control is None:
            self.overtaken = True
        else:
            self.control.cancel()


class Worker(QObject):
    """Lives in the thread.

    Signals:
        started: before each piece of work. ended: after the last of a stretch.
        problem: a sentence about why it could not be done.
    """

    started = Signal()
    ended = Signal()
    problem = Signal(str)

    def __init__(self, library: Library, wanted: Wanted) -> None:
        super().__init__()
        self._library = library
        self._wanted = wanted

    def choose(self) -> Piece | None:
        """What to do next; None where there is nothing to do now. Sets ``overtaken`` back."""
        raise NotImplementedError

    @Slot()
    def work(self) -> None:
        """Do all that is wanted, or all before a failure, then return to the event loop."""
        worked = False
        try:
            while (piece := self.choose()) is not None:
                worked = True
                self.started.emit()
                if not self._one(piece):
                    break
        finally:
            if worked:
                self.ended.emit()

    def _one(self, piece: Piece) -> bool:
        """One run; whether it came to its end or was only stopped."""
        control = self._library.new_control()
        if not self._wanted.begin(control):
            return True
        try:
            piece(control)
        except Cancelled:
            log.info("The work was stopped.")
        except Exception as error:
            log_failure(error)
            self.problem.emit(sentence_for(error))
            return False
        finally:
            self._wanted.end()
        return True


class Background(QObject):
    """Make it in the GUI thread.

    Signals:
        changed: the new ``Work`` state. ended: a stretch of work is over. problem: one sentence.
    """

    changed = Signal(str)
    ended = Signal()
    problem = Signal(str)
    _go = Signal()

    def __init__(self, name: str, worker: Worker, wanted: Wanted, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = wanted
        self._busy = False
        self._thread = QThread(self)
        self._thread.setObjectName(name)
        self._worker = worker
        worker.moveToThread(self._thread)
        self._go.connect(worker.work, Qt.ConnectionType.QueuedConnection)
        worker.started.connect(self._started)
        worker.ended.connect(self._ended)
        worker.problem.connect(self.problem)

    @property
    def state(self) -> Work:
        """What is being done."""
        if not self._busy:
            return Work.IDLE
        return Work.PAUSED if self._wanted.paused else Work.WORKING

    def pause(self) -> None:
        """Rest before the next batch or word; what is asked for meanwhile waits, too."""
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

    def shutdown(self) -> bool:
        """Stop and end the thread; False if it still runs after a patient wait."""
        self._wanted.cancel(close=True)
        self._thread.quit()
        if self._thread.wait(POLITE_MS):
            return True
        log.info("Waiting for the work “%s” to come to a place where it can end.", self._thread.objectName())
        return self._thread.wait(PATIENT_MS)

    @Slot()
    def _started(self) -> None:
        self._busy = True
        self.changed.emit(self.state)

    @Slot()
    def _ended(self) -> None:
        self._busy = False
        self.changed.emit(self.state)
        self.ended.emit()
