"""The core's events as Qt signals: from any thread, in the GUI thread, at most 20 times a second.

Commits that arrive close together are merged into one; of the progress only the last is kept; notices
are delivered one by one, each once in a burst. Knows no widgets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from organizer.events import Committed, Event, Kind, Notice, Progress

from .core_words import core_words

INTERVAL_MS = 50  # twenty deliveries a second


class Bridge(QObject):
    """Make it in the GUI thread, then pass ``bridge.post`` to ``library.subscribe``.

    Signals:
        committed: frozenset of photo ids, frozenset of Kind.
        progress: the newest events.Progress.
        notice: one sentence.
    """

    committed = Signal(object, object)
    progress = Signal(object)
    notice = Signal(str)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._ids: set[int] = set()
        self._kinds: set[Kind] = set()
        self._progress: Progress | None = None
        self._notices: list[str] = []
        self._waiting = False  # a wake-up is on its way or the timer runs
        self._closed = False
        self._unsubscribe: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.flush)
        self._woken.connect(self._start_timer, Qt.ConnectionType.QueuedConnection)

    def attach(self, subscribe: Callable[[Callable[[Event], None]], Callable[[], None]]) -> None:
        """Listen to the core: ``bridge.attach(library.subscribe)``."""
        self._unsubscribe = subscribe(self.post)

    def post(self, event: Event) -> None:
        """Take an event; from any thread, quick."""
        with self._lock:
            if self._closed:
                return
            match event:
                case Committed():
                    self._ids.update(event.ids)
                    self._kinds.update(event.kinds)
                case Progress():
                    self._progress = event
                case Notice():
                    if event.sentence not in self._notices:
                        self._notices.append(event.sentence)
            if self._waiting:
                return
            self._waiting = True
        self._woken.emit()

    @Slot()
    def _start_timer(self) -> None:
        self._timer.start()

    @Slot()
    def flush(self) -> None:
        """Deliver what has gathered, now."""
        if self._closed:
            return
        with self._lock:
            ids, kinds = frozenset(self._ids), frozenset(self._kinds)
            progress, notices = self._progress, self._notices
            self._ids, self._kinds, self._progress, self._notices = set(), set(), None, []
            self._waiting = False
        if ids or kinds:
            self.committed.emit(ids, kinds)
        if progress is not None:
            self.progress.emit(progress)
        for sentence in notices:
            self.notice.emit(core_words(sentence))

    def close(self) -> None:
        """Listen no more and drop what has not been delivered."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        with self._lock:
            self._closed = True
        self._timer.stop()
