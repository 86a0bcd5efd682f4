"""The handle by which a shell pauses, resumes or stops long work, from any thread.

The worker asks it between batches. It is made of events because a busy worker receives no message.
It knows nothing of what is being done.
"""

from __future__ import annotations

import threading

from organizer.errors import Cancelled


class IndexControl:
    """Pause, resume and cancel for one piece of work. Once cancelled it stays cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # a late pause() must not undo the wake-up that cancel() sends
        self._going = threading.Event()
        self._going.set()
        self._cancelled = threading.Event()

    def pause(self) -> None:
        """Ask the work to rest before its next batch."""
        with self._lock:
            if not self._cancelled.is_set():
                self._going.clear()

    def resume(self) -> None:
        """Let paused work go on."""
        self._going.set()

    def cancel(self) -> None:
        """Ask the work to stop soon, also where it is paused. What was committed stays."""
        with self._lock:
            self._cancelled.set()
            self._going.set()

    @property
    def paused(self) -> bool:
        """Whether the work was asked to rest."""
        return not self._going.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether the work was asked to stop."""
        return self._cancelled.is_set()

    def wait_if_paused(self) -> bool:
        """Return at once, or when a pause ends.

        Returns:
            Whether to go on; False once cancelled.
        """
        if self._cancelled.is_set():
            return False
        self._going.wait()
        return not self._cancelled.is_set()

    def check(self) -> None:
        """The same for work that is easier to leave by an exception.

        Raises:
            Cancelled: the work was asked to stop.
        """
        if not self.wait_if_paused():
            raise Cancelled

    def rest(self, seconds: float) -> bool:
        """Sleep for ``seconds`` or until cancelled. Returns whether to go on."""
        return not self._cancelled.wait(seconds)
