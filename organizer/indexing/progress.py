"""How far the work is, how fast it goes and how long it will take; told a few times a second.

Counts only; it does not know what is counted. Safe to call from several threads.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from organizer.events import Listener, Progress

WINDOW_S = 10.0  # the rate is that of the last seconds, so that it follows a slow folder or a fast one
SETTLED_S = 1.5  # no forecast before this much was seen
EVENTS_PER_SECOND = 10.0


class ProgressMeter:
    """Counts photos and sends ``Progress`` events, at most ten a second and always the last one.

    The time left stays unknown while the total still grows. Time spent paused does not count.
    """

    def __init__(
        self,
        listener: Listener,
        stage: str = "photos",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._clock = clock
        self._lock = threading.RLock()
        self._stage = stage
        self._done = self._total = self._failed = 0
        self._total_is_final = False
        self._samples: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._sent_at: float | None = None
        self._dirty = True
        self._silent = False

    def expect(self, more: int) -> None:
        """``more`` photos were found that need work."""
        with self._lock:
            self._total += more
            self._changed()

    def total_known(self) -> None:
        """No more photos will be found; from here on the time left can be told."""
        with self._lock:
            self._total_is_final = True
            self._changed()

    def advance(self, done: int = 1, *, failed: int = 0) -> None:
        """``done`` photos are finished, of which ``failed`` could not be read."""
        with self._lock:
            self._done += done
            self._failed += failed
            self._changed()

    def enter(self, stage: str) -> None:
        """The work goes on under another name; the counts stay."""
        with self._lock:
            if stage != self._stage:
                self._stage = stage
                self._dirty = True
                self._send()

    def keep_silent(self, silent: bool) -> None:
        """Count without telling, while another meter tells; afterwards the rate begins anew."""
        with self._lock:
            self._silent = silent
            if not silent:
                self.rested()

    def rested(self) -> None:
        """The work was paused until now: forget the old rate."""
        with self._lock:
            self._samples.clear()
            self._samples.append((self._clock(), self._done))

    def finish(self) -> None:
        """Send the last state, unless it was the one sent last."""
        with self._lock:
            self._dirty |= not self._total_is_final
            self._total_is_final = True
            if self._dirty:
                self._send()

    def _changed(self) -> None:
        self._dirty = True
        now = self._clock()
        if self._sent_at is None or now - self._sent_at >= 1.0 / EVENTS_PER_SECOND:
            self._send()

    def _send(self) -> None:
        if self._silent:
            return
        now = self._clock()
        rate = self._rate(now)
        self._sent_at = now
        self._dirty = False
        self._listener(
            Progress(self._stage, self._done, self._total, self._failed, rate, self._seconds_left(rate))
        )

    def _rate(self, now: float) -> float:
        self._samples.append((now, self._done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= WINDOW_S:
            self._samples.popleft()
        started, before = self._samples[0]
        return (self._done - before) / (now - started) if now > started else 0.0

    def _seconds_left(self, rate: float) -> float | None:
        left = self._total - self._done
        if left <= 0:
            return 0.0 if self._total_is_final else None
        seen = self._samples[-1][0] - self._samples[0][0]
        if not self._total_is_final or rate <= 0 or seen < SETTLED_S:
            return None
        return left / rate
