"""Thumbnails fade in once: which are on their way, and how far each is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

FADE_MS = 140
FRAME_MS = 16
SEEN_LIMIT = 200_000  # photos remembered as shown before


class Fading(QObject):
    """Signals:
    moved: ids of the photos to be painted anew.
    """

    moved = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen: set[int] = set()
        self._since: dict[int, int] = {}
        self._clock = QElapsedTimer()
        self._clock.start()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._on)

    def begin(self, ids: Iterable[int]) -> None:
        """These have come into view for the first time, as far as they were not seen before."""
        fresh = set(ids) - self._seen
        self._since.update(dict.fromkeys(fresh, self._clock.elapsed()))
        if fresh and not self._timer.isActive():
            self._timer.start()

    def opacity_of(self, photo_id: int) -> float:
        """How far a thumbnail has faded in, 0..1; call it when the thumbnail is painted."""
        started = self._since.get(photo_id)
        if started is None:
            if len(self._seen) > SEEN_LIMIT:
                self._seen.clear()
            self._seen.add(photo_id)
            return 1.0
        return min(1.0, (self._clock.elapsed() - started) / FADE_MS)

    def is_moving(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._since)

    @Slot()
    def _on(self) -> None:
        now = self._clock.elapsed()
        moving = list(self._since)
        for photo_id in [key for key, start in self._since.items() if now - start >= FADE_MS]:
            del self._since[photo_id]
            self._seen.add(photo_id)
        if not self._since:
            self._timer.stop()
        self.moved.emit(moving)
