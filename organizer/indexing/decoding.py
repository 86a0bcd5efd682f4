"""Feeds the decode processes and hands their results on, with a bounded look-ahead.

Two limits hold: few photos are inside the pool at once, so that a pause is felt at once; and few
decoded photos wait for the model, so that memory does not grow with the library. Knows neither the
catalogue nor the model.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, NamedTuple, Protocol

from organizer.indexing.control import POLL_S, Brake
from organizer.indexing.settle import MOST_TRIES, Settling
from organizer.indexing.worklist import First, Task, WorkList
from organizer.records import Decoded, FileStamp, Glance, Unreadable

log = logging.getLogger(__name__)


class Pool(Protocol):
    """The part of ``organizer.media.pool.DecodePool`` that indexing needs."""

    @property
    def processes(self) -> int:
        """How many photos are decoded at once."""

    def submit(self, stamp: FileStamp) -> Future[Decoded | Unreadable]:
        """Decode one file in another process; a bad photo resolves to ``Unreadable``."""

    def submit_head(self, stamp: FileStamp) -> Future[Glance | None]:
        """Read only the head of one file; None where it has to wait for the full look."""

    def close(self) -> None:
        """Finish what was submitted, then end the processes."""

    def stop(self) -> None:
        """End the processes now."""


class Result(NamedTuple):
    """What became of a task.

    Attributes:
        outcome: None for a file that is gone or was given up, and for a first look that told nothing.
    """

    task: Task
    outcome: Decoded | Glance | Unreadable | None


class Failure(NamedTuple):
    """A stage ended by an exception, to be raised where the run was asked for."""

    error: BaseException


class DecodeStage(threading.Thread):
    """Takes tasks, newest first, and puts a ``Result`` for each into ``results``.

    Attributes:
        results: what is decoded; whoever takes a result from it calls ``consumed`` afterwards.
        waiting: files that were given up for this run because they are still being written.
    """

    def __init__(
        self, pool: Pool, work: WorkList, brake: Brake, settling: Settling, *, look_ahead: int
    ) -> None:
        super().__init__(name="decode-stage", daemon=True)
        self.results: queue.SimpleQueue[Result | Failure] = queue.SimpleQueue()
        self.waiting: list[str] = []
        self._pool = pool
        self._work = work
        self._brake = brake
        self._settling = settling
        self._room = threading.Semaphore(max(look_ahead, pool.processes + 1))
        self._inside = threading.Semaphore(pool.processes + max(2, pool.processes // 2))

    def run(self) -> None:
        """Until the work is exhausted or stopped."""
        try:
            while self._brake.go_on() and not self._work.exhausted:
                if self._room.acquire(timeout=POLL_S):
                    task = self._work.take(POLL_S)
                    if task is None:
                        self._room.release()
                    else:
                        self._start(task)
        except BaseException as error:  # raised again in the thread that runs the pipeline
            self.results.put(Failure(error))

    def consumed(self) -> None:
        """A result was taken and worked off: there is room for one more."""
        self._room.release()
        self._work.settled()

    def again_later(self, task: Task) -> bool:
        """Put a file that is still being written back; False when it was tried often enough."""
        if task.tries >= MOST_TRIES:
            self.waiting.append(task.path)
            return False
        self._work.put_later(task._replace(tries=task.tries + 1), self._settling.quiet)
        return True

    def _start(self, task: Task) -> None:
        if task.tries:
            looked = self._settling.look_again(task)
            if looked is None:
                self.results.put(Result(task, None))
                return
            task, complete = looked
            if not complete:
                if self.again_later(task):
                    self.consumed()
                else:
                    self.results.put(Result(task, None))
                return
        while not self._inside.acquire(timeout=POLL_S):
            if self._brake.stopped:
                self.results.put(Result(task, None))
                return
        self._submit(task)

    def _submit(self, task: Task) -> None:
        arrived = self._arrival(task)
        if task.first is First.WANTED:
            self._pool.submit_head(task.stamp).add_done_callback(arrived)
        else:
            self._pool.submit(task.stamp).add_done_callback(arrived)

    def _arrival(self, task: Task) -> Callable[[Future[Any]], None]:
        def arrived(future: Future[Any]) -> None:
            self._inside.release()
            try:
                self.results.put(Result(task, future.result()))
            except CancelledError:
                self.results.put(Result(task, None))
            except BaseException as error:  # the pool promises an outcome for every photo
                self.results.put(Failure(error))

        return arrived
