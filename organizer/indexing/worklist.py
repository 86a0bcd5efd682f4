"""What is still to be decoded, newest photo first, shared by the threads of one run.

The scan puts tasks in while the decode stage takes them out, so that work starts with the first
folder and is still newest first over everything found so far. A file that is still being written
waits aside until it is due. A task stays on the account until it is ``settled``, since its decoding may
send it back.

The list itself holds paths and numbers, about 300 bytes a photo; pixels are never in it.
"""

from __future__ import annotations

import heapq
import os
import threading
import time
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from organizer.records import FileStamp


class Purpose(IntEnum):
    """Why a photo is decoded."""

    NEW = 0  # nothing is known of this path
    CHANGED = 1  # the path is known with other content
    EMBED = 2  # all is known but the vector of the chosen model


class Task(NamedTuple):
    """One photo to decode.

    Attributes:
        photo_id: None for a new photo. tries: how often it was found still being written.
    """

    path: str
    size: int
    mtime_ns: int
    root_id: int
    purpose: Purpose
    photo_id: int | None = None
    tries: int = 0

    @classmethod
    def of(cls, stamp: FileStamp, root_id: int, purpose: Purpose, photo_id: int | None = None) -> Task:
        """A task for a file as the scan saw it."""
        return cls(os.fspath(stamp.path), stamp.size, stamp.mtime_ns, root_id, purpose, photo_id)

    @property
    def stamp(self) -> FileStamp:
        """The file as it was when the task was made."""
        return FileStamp(Path(self.path), self.size, self.mtime_ns)


class WorkList:
    """Tasks in order; every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._ready: list[tuple[int, str, Task]] = []
        self._later: list[tuple[float, str, Task]] = []
        self._out = 0
        self._closed = False
        self._unwanted: set[Purpose] = set()

    def put(self, task: Task) -> bool:
        """Add a task that can start now. Returns False where its purpose was dropped."""
        with self._changed:
            if task.purpose in self._unwanted:
                return False
            heapq.heappush(self._ready, (-task.mtime_ns, task.path, task))
            self._changed.notify_all()
            return True

    def put_later(self, task: Task, seconds: float) -> None:
        """Add a task that is due in ``seconds``."""
        with self._changed:
            heapq.heappush(self._later, (self._clock() + seconds, task.path, task))
            self._changed.notify_all()

    def close(self) -> None:
        """The scan has found everything; tasks that come back are still taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, timeout: float) -> Task | None:
        """The newest task that is due, or None when there was none within ``timeout`` seconds."""
        deadline = self._clock() + timeout
        with self._changed:
            while True:
                now = self._clock()
                if self._later and self._later[0][0] <= now:
                    return self._taken(heapq.heappop(self._later)[2])
                if self._ready:
                    return self._taken(heapq.heappop(self._ready)[2])
                if self._is_exhausted() or now >= deadline:
                    return None
                due = self._later[0][0] if self._later else deadline
                self._changed.wait(max(min(due, deadline) - now, 0.001))

    def settled(self) -> None:
        """A task that was taken is done with (or was put back before this call)."""
        with self._changed:
            self._out -= 1
            self._changed.notify_all()

    def drop(self, purpose: Purpose) -> int:
        """Forget the tasks of one purpose, now and from now on. Returns how many there were."""
        with self._changed:
            self._unwanted.add(purpose)
            kept = [entry for entry in self._ready if entry[2].purpose is not purpose]
            dropped = len(self._ready) - len(kept)
            heapq.heapify(kept)
            self._ready = kept
            self._changed.notify_all()
            return dropped

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left, nothing is under way and nothing more will come."""
        with self._changed:
            return self._is_exhausted()

    @property
    def idle(self) -> bool:
        """Whether nothing could be taken right now and nothing is under way: time to flush a batch."""
        with self._changed:
            return not self._ready and not self._out

    def _taken(self, task: Task) -> Task:
        self._out += 1
        return task

    def _is_exhausted(self) -> bool:
        return self._closed and not self._ready and not self._later and not self._out
