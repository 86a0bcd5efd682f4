"""Sentences for photos, written in a QThread of their own: what the person asked for, then idle time's.

``Describer`` lives in the GUI thread and is what the window talks to; ``_Worker`` lives in the thread and
runs ``library.describe_waiting``. Looking for new photos goes first: idle work and wishes for many photos
wait until it is done. What waits is kept by the library, so stopping a run in the middle loses a few words.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

from organizer.errors import Cancelled

from .index_worker import PATIENT_MS, POLITE_MS, Work
from .workers import log_failure, sentence_for

if TYPE_CHECKING:
    from organizer.library import Library

FEW = 24  # photos that are described also while new ones are being looked at
IDLE_SECONDS = 60.0  # without a key or the mouse, after which the program counts as idle
LOOK_MS = 10_000  # how often idle time is looked for
INPUT = frozenset({
    QEvent.Type.KeyPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel,
    QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TabletMove,
})  # fmt: skip


class _Wanted:
    """What holds now, shared by the two threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.paused = False
        self.indexing = False
        self.idle = False  # there is time for what nobody asked for
        self.gave_up = False  # idle work failed; it is not tried again before the next start
        self.closing = False
        self.drop = False  # nothing is wanted of what was asked for
        self.control: Any = None


class _Worker(QObject):
    """Lives in the thread.

    Signals:
        started, ended: around each stretch of work; ``started`` says whether the person asked for it.
        described: a summary of what was asked for. problem: a sentence about why it could not be done.
        held: how many photos wait until new ones have been looked at.
    """

    started = Signal(bool)
    held = Signal(int)
    ended = Signal()
    described = Signal(object)
    problem = Signal(str)

    def __init__(self, library: Library, wanted: _Wanted) -> None:
        super().__init__()
        self._library = library
        self._wanted = wanted

    @Slot()
    def work(self) -> None:
        """Write what waits, until nothing does."""
        worked = False
        while (idle := self._next()) is not None:
            worked = True
            self.started.emit(not idle)
            if not self._one(idle):
                break
        if worked:
            self.ended.emit()

    def _next(self) -> bool | None:
        """Whether to go on with idle work; None where there is nothing to do now."""
        try:
            with self._wanted.lock:
                drop, self._wanted.drop = self._wanted.drop, False
            if drop:
                self._library.stop_describing()
            asked = len(self._library.waiting_captions(idle=False))
            with self._wanted.lock:
                if self._wanted.closing:
                    return None
                if asked and (asked <= FEW or not self._wanted.indexing):
                    return False
                if asked:
                    self.held.emit(asked)
                if not self._wanted.idle or self._wanted.indexing or self._wanted.gave_up:
                    return None
            return True if len(self._library.waiting_captions(idle=True)) else None
        except Exception as error:
            log_failure(error)
            return None

    def _one(self, idle: bool) -> bool:
        """One run; whether it came to its end or was only stopped."""
        control = self._library.new_control()
        with self._wanted.lock:
            if self._wanted.closing:
                return False
            self._wanted.control = control
            if self._wanted.paused:
                control.pause()
        try:
            summary = self._library.describe_waiting(control, idle=idle)
            if not idle:
                self.described.emit(summary)
            return True
        except Cancelled:
            return True
        except Exception as error:
            log_failure(error)
            with self._wanted.lock:
                self._wanted.gave_up = True
            self.problem.emit(sentence_for(error))
            return False
        finally:
            with self._wanted.lock:
                self._wanted.control = None


class Describer(QObject):
    """Make it in the GUI thread; the thread starts with the first work.

    Args:
        on_battery: whether the computer runs from its battery.

    Signals:
        changed: the new ``Work`` state. described: ``DescribeSummary`` of what was asked for.
        ended: sentences may have come, asked for or not. problem: one sentence.
        held: how many photos that were asked about wait until new ones have been looked at; 0 for none.

    Attributes:
        asked: whether the person asked for what is being done.
    """

    changed = Signal(str)
    described = Signal(object)
    ended = Signal()
    problem = Signal(str)
    held = Signal(int)
    _go = Signal()

    def __init__(
        self, library: Library, on_battery: Callable[[], bool] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        if on_battery is None:
            from organizer.library import on_battery as asked_battery

            on_battery = asked_battery
        self._library = library
        self._on_battery = on_battery
        self._wanted = _Wanted()
        self._busy = False
        self.asked = False
        self._touched = time.monotonic()
        self._thread = QThread(self)
        self._thread.setObjectName("describe")
        self._worker = _Worker(library, self._wanted)
        self._worker.moveToThread(self._thread)
        self._go.connect(self._worker.work, Qt.ConnectionType.QueuedConnection)
        self._worker.started.connect(self._started)
        self._worker.ended.connect(self._ended)
        self._worker.described.connect(self.described)
        self._worker.problem.connect(self.problem)
        self._worker.held.connect(self.held)
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self.look)

    def start(self) -> None:
        """Go on with what was asked for before the last end, and look for idle time from now on."""
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._watch)
            self._watch(application.focusWindow())
        self._clock.start()
        self._wake()

    @property
    def state(self) -> Work:
        """What is being done."""
        if not self._busy:
            return Work.IDLE
        return Work.PAUSED if self._wanted.paused else Work.WORKING

    def request(self) -> None:
        """Some photos were asked about: they come before idle work."""
        self._interrupt()
        self._wake()

    def set_indexing(self, reading: bool) -> None:
        """New photos are being looked at, or no longer."""
        with self._wanted.lock:
            self._wanted.indexing = reading
        if reading:
            self._interrupt()
        elif self._clock.isActive():
            self._wake()

    def pause(self) -> None:
        """Rest before the next word."""
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

    def stop(self) -> None:
        """Drop what waits; what was said stays. Idle work rests until the program is idle again."""
        self._touched = time.monotonic()
        with self._wanted.lock:
            self._wanted.idle = False
            self._wanted.paused = False
            self._wanted.drop = True
        self.held.emit(0)
        with self._wanted.lock:
            if self._wanted.control is not None:
                self._wanted.control.cancel()
        self._wake()

    @Slot()
    def look(self) -> None:
        """Find out whether there is idle time, and use it or let it go."""
        settings = self._library.settings
        rested = time.monotonic() - self._touched >= IDLE_SECONDS
        powered = not (settings.pause_on_battery and self._on_battery())
        with self._wanted.lock:
            self._wanted.idle = settings.describe_idle and rested and powered
            idle = self._wanted.idle
        if idle and not self._busy:
            self._wake()
        elif not idle:
            self._interrupt()

    def touched(self) -> None:
        """The person is there."""
        self._touched = time.monotonic()
        if self._wanted.idle:
            self._wanted.idle = False
            self._interrupt()

    def shutdown(self) -> bool:
        """Stop and end the thread; False if it still runs after a patient wait."""
        self._clock.stop()
        with self._wanted.lock:
            self._wanted.closing = True
            if self._wanted.control is not None:
                self._wanted.control.cancel()
        self._thread.quit()
        return self._thread.wait(POLITE_MS) or self._thread.wait(PATIENT_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in INPUT:
            self.touched()
        return False

    def _watch(self, window: QWindow | None) -> None:
        """Notice what the person does in the window in front."""
        self._touched = time.monotonic()
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)

    def _wake(self) -> None:
        if not self._thread.isRunning() and not self._wanted.closing:
            self._thread.start(QThread.Priority.LowestPriority)
        self._go.emit()

    def _interrupt(self) -> None:
        """Stop a run that has to wait now; what is left of it goes on later."""
        with self._wanted.lock:
            waits = not self.asked or self._wanted.indexing
            if self._wanted.control is not None and waits and not self._wanted.paused:
                self._wanted.control.cancel()

    @Slot(bool)
    def _started(self, asked: bool) -> None:
        self._busy, self.asked = True, asked
        if asked:
            self.held.emit(0)
        self.changed.emit(self.state)

    @Slot()
    def _ended(self) -> None:
        self._busy = False
        self.changed.emit(self.state)
        self.ended.emit()
