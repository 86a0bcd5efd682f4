"""Tells a finished file from one that is still being written, by its age and by whether it still grows.

A camera import or a download writes for seconds; reading early would give half a picture.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from organizer.indexing.worklist import Task

QUIET_S = 2.0  # a file that was written to this recently may not be complete
MOST_TRIES = 5  # then it is left for the next run


class Settling:
    """Decides for a task: decode now, ask again later, or leave it.

    Attributes:
        quiet: seconds that must have passed since the last write.
    """

    def __init__(self, quiet: float = QUIET_S, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self.quiet = quiet
        self._now_ns = now_ns

    def is_young(self, mtime_ns: int) -> bool:
        """Whether the last write is too recent; times in the future (another clock) count as old."""
        return 0 <= self._now_ns() - mtime_ns < self.quiet * 1e9

    def look_again(self, task: Task) -> tuple[Task, bool] | None:
        """The task with the file's present stamp, and whether it is complete now.

        None when the file is gone.
        """
        try:
            facts = os.stat(task.path)  # noqa: PTH116 - the task holds a string
        except OSError:
            return None
        same = (facts.st_size, facts.st_mtime_ns) == (task.size, task.mtime_ns)
        fresh = task._replace(size=facts.st_size, mtime_ns=facts.st_mtime_ns)
        return fresh, same and not self.is_young(facts.st_mtime_ns)
