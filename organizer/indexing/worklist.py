"""What is still to be decoded, newest photo first, shared by the threads of one run.

The scan puts tasks in while the decode stage takes them out, so that work starts with the first
folder and is still newest first over everything found so far. When the run begins with a first look
(``look_first``), new files come once for their heads, before all others, and once in full. A file that is
still being written waits aside until it is due. A task stays on the account until it is ``settled``, since
its decoding may send it back.

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
    COMPLETE = 3  # known from its head alone
    MEASURE = 4  # all is known, but measured by an older version; comes last


class First(IntEnum):
    """Where a new file stands with the first look."""

    NOT_ASKED = 0
    WANTED = 1  # its head is to be read now; it comes back for the full look
    DONE = 2


class Task(NamedTuple):
    """One photo to decode.

    Attributes:
        photo_id: None for a new photo. tries: how often it was found still being written.
        first: whether only its head is to be read now.
    """

    path: str
    size: int
    mtime_ns: int
    root_id: int
    purpose: Purpose
    photo_id: int | None = None
    tries: int = 0
    first: First = First.NOT_ASKED

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
        self._ready: list[tuple[int, int, str, Task]] = []
        self._later: list[tuple[float, str, Task]] = []
        self._out = 0
        self._closed = False
        self._unwanted: set[Purpose] = set()
        self._first_suffixes: frozenset[str] = frozenset()
        self._heads = 0

    def put(self, task: Task) -> bool:
        """Add a task that can start now. Returns False where its purpose was dropped."""
        with self._changed:
            if task.purpose in self._unwanted:
                return False
            self._push(task)
            self._changed.notify_all()
            return True

    def look_first(self, suffixes: frozenset[str]) -> None:
        """From now on new files with these endings are looked at by their heads first; those waiting too."""
        with self._changed:
            self._first_suffixes = suffixes
            waiting, self._ready = self._ready, []
            for entry in waiting:
                self._push(entry[-1])
            self._changed.notify_all()

    @property
    def heads(self) -> int:
        """How many files were given a first look, or are going to be."""
        with self._changed:
            return self._heads

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
                    return self._taken(heapq.heappop(self._ready)[-1])
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
            kept = [entry for entry in self._ready if entry[-1].purpose is not purpose]
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

    def _push(self, task: Task) -> None:
        unasked = task.purpose is Purpose.NEW and task.first is First.NOT_ASKED
        if unasked and os.path.splitext(task.path)[1].lower() in self._first_suffixes:  # noqa: PTH122
            task = task._replace(first=First.WANTED)
            self._heads += 1
        turn = 0 if task.first is First.WANTED else 2 if task.purpose is Purpose.MEASURE else 1
        heapq.heappush(self._ready, (turn, -task.mtime_ns, task.path, task))

    def _taken(self, task: Task) -> Task:
        self._out += 1
        return task

    def _is_exhausted(self) -> bool:
        return self._closed and not self._ready and not self._later and not self._out
