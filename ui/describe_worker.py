"""Sentences for photos, written in a QThread of their own: what the person asked for, then idle time's.

``Describer`` lives in the GUI thread and is what the window talks to; ``_DescribeWorker`` lives in the thread
and runs ``library.describe_waiting``. Looking for new photos goes first: idle work and wishes for many photos
wait until it is done. What waits is kept by the library, so stopping a run in the middle loses a few words.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

from organizer.errors import Cancelled

from .background import Background, Piece, Wanted, Worker
from .workers import log_failure

if TYPE_CHECKING:
    from organizer.library import Library

FEW = 24  # photos that are described also while new ones are being looked at
IDLE_SECONDS = 60.0  # without a key or the mouse, after which the program counts as idle
LOOK_MS = 10_000  # how often idle time is looked for
INPUT = frozenset({
    QEvent.Type.KeyPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel,
    QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TabletMove,
})  # fmt: skip


class _Wanted(Wanted):
    """What decides whether to describe, and what."""

    def __init__(self) -> None:
        super().__init__()
        self.indexing = False
        self.idle = False  # there is time for what nobody asked for
        self.gave_up = False  # idle work failed; it is not tried again before the next start
        self.asked = False  # the person asked for what is done, or was done last
        self.few = False  # and that is little: it does not wait for new photos
        self.drop = False  # nothing is wanted of what was asked for


class _DescribeWorker(Worker):
    """Lives in the thread.

    Signals:
        described: a summary of what was asked for.
        held: how many photos wait until new ones have been looked at.
    """

    held = Signal(int)
    described = Signal(object)
    _wanted: _Wanted

    def choose(self) -> Piece | None:
        """What the person asked for, or else idle work."""
        try:
            with self._wanted.lock:
                self._wanted.overtaken = False
                drop, self._wanted.drop = self._wanted.drop, False
            if drop:
                self._library.stop_describing()
            waiting = len(self._library.waiting_captions(idle=False))
            with self._wanted.lock:
                if self._wanted.closing:
                    return None
                self._wanted.few = 0 < waiting <= FEW
                self._wanted.asked = self._wanted.few or (waiting > 0 and not self._wanted.indexing)
                if self._wanted.asked:
                    return partial(self._describe, False)
                rests = not self._wanted.idle or self._wanted.indexing or self._wanted.gave_up
            if waiting:
                self.held.emit(waiting)
            if rests or not len(self._library.waiting_captions(idle=True)):
                return None
            return partial(self._describe, True)
        except Exception as error:
            log_failure(error)
            return None

    def _describe(self, idle: bool, control: Any) -> None:
        if not idle:
            self.held.emit(0)
        try:
            summary = self._library.describe_waiting(control, idle=idle)
        except Cancelled:
            raise
        except Exception:
            with self._wanted.lock:
                self._wanted.gave_up = True
            raise
        if not idle:
            self.described.emit(summary)


class Describer(Background):
    """Make it in the GUI thread; the thread starts with the first work.

    Args:
        on_battery: whether the computer runs from its battery.

    Signals:
        described: ``DescribeSummary`` of what was asked for. ended: sentences may have come, asked for
        or not.
        held: how many photos that were asked about wait until new ones have been looked at; 0 for none.
    """

    described = Signal(object)
    held = Signal(int)
    _wanted: _Wanted

    def __init__(
        self, library: Library, on_battery: Callable[[], bool] | None = None, parent: QObject | None = None
    ) -> None:
        if on_battery is None:
            from organizer.library import on_battery as asked_battery

            on_battery = asked_battery
        wanted = _Wanted()
        worker = _DescribeWorker(library, wanted)
        super().__init__("describe", worker, wanted, parent)
        self._library = library
        self._on_battery = on_battery
        self._touched = time.monotonic()
        worker.described.connect(self.described)
        worker.held.connect(self.held)
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
    def asked(self) -> bool:
        """Whether the person asked for what is being done."""
        return self._wanted.asked

    def request(self) -> None:
        """Some photos were asked about: they come before idle work, also before work that is paused."""
        self._interrupt(also_paused=True)
        self._wake()

    def set_indexing(self, reading: bool) -> None:
        """New photos are being looked at, or no longer."""
        with self._wanted.lock:
            self._wanted.indexing = reading
        if reading:
            self._interrupt()
        elif self._clock.isActive():
            self._wake()

    def stop(self) -> None:
        """Drop what waits; what was said stays. Idle work rests until the program is idle again."""
        self._touched = time.monotonic()
        with self._wanted.lock:
            self._wanted.idle = False
            self._wanted.paused = False
            self._wanted.drop = True
            self._wanted.stop_run()
        self.held.emit(0)
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
        return super().shutdown()

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

    def _interrupt(self, also_paused: bool = False) -> None:
        """Stop a run that has to wait now; what is left of it goes on later."""
        with self._wanted.lock:
            waits = not self._wanted.asked or (self._wanted.indexing and not self._wanted.few)
            if waits and (also_paused or not self._wanted.paused):
                self._wanted.stop_run()
