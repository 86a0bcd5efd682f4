"""The handle by which a shell pauses, resumes or stops long work, from any thread.

The worker asks it between batches. It is made of events because a busy worker receives no message.
It knows nothing of what is being done. ``Brake`` is the worker's side of it.
"""

from __future__ import annotations

import threading

from organizer.errors import Cancelled

POLL_S = 0.1  # how long a waiting thread may not notice that it should stop


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


class Brake:
    """What the threads of one run ask: the person's control, or the run's own end.

    When a stage fails the others must stop too, also while the person has paused; the person's own
    control must not be touched by that.
    """

    def __init__(self, control: IndexControl) -> None:
        self._control = control
        self._ended = threading.Event()

    def end(self) -> None:
        """The run is over, or has failed: every stage stops."""
        self._ended.set()

    def go_on(self) -> bool:
        """Whether to go on; waits while paused. False once cancelled or ended."""
        while self._control.paused and not self._ended.wait(POLL_S):
            pass
        return not self.stopped

    @property
    def stopped(self) -> bool:
        """Whether the work was cancelled or has ended; does not wait."""
        return self._ended.is_set() or self._control.cancelled
