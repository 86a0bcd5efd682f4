"""Processes that do dangerous work: one may crash, hang or eat memory, and only its job is lost.

A thin layer over pebble's process pool that adds a second try (a job may have been killed for what
another program did, or timed out because the computer slept), replaces a pool that broke, and ends
promptly. Knows nothing of pictures.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pebble import ProcessExpired, ProcessPool

from organizer.errors import EnvironmentProblem
from organizer.media import worker

log = logging.getLogger(__name__)

TRIES = 2  # of a job that killed its process or took too long
MOST_BREAKAGES = 5  # replacements of the pool without a finished job between them
JOBS_A_PROCESS = 1000  # then a fresh process takes over: decoders leak


class ProcessDied(Exception):
    """The process ended in the middle of a job; the message tells its exit code."""


class TookTooLong(Exception):
    """The job did not end in time, and its process was ended."""


@dataclass(eq=False, slots=True)
class _Job:
    work: Callable[..., Any]
    args: tuple[Any, ...]
    fault: Callable[[BaseException], Any]
    future: Future[Any] = field(default_factory=Future)
    tries: int = 0
    pool: ProcessPool | None = None
    inner: Future[Any] | None = None


class Crew:
    """Some processes that take jobs in the order they are given.

    The processes start with the first job, by "spawn": forking is unsafe beside Qt and torch. Methods may
    be called from any thread; futures resolve in a thread of the pool.
    """

    def __init__(
        self, processes: int, *, timeout_s: float, memory_limit: int, log_file: str | None, niceness: int
    ) -> None:
        self.processes = processes
        self._timeout_s = timeout_s
        self._prepared_with = (memory_limit, log_file, niceness)
        self._lock = threading.RLock()
        self._jobs: set[_Job] = set()
        self._pool: ProcessPool | None = None
        self._breakages = 0
        self._ended = False

    def submit(
        self, work: Callable[..., Any], args: tuple[Any, ...], fault: Callable[[BaseException], Any]
    ) -> Future[Any]:
        """Run ``work(*args)`` in a process; both must be picklable, as must be the result.

        Args:
            fault: makes the future's result of what went wrong (ProcessDied, TookTooLong, or what the
                work raised); what it raises becomes the future's exception.

        Returns:
            A future that is cancelled by `stop`, and that may be cancelled while the job waits.

        Raises:
            RuntimeError: the crew was closed or stopped.
        """
        job = _Job(work, args, fault)
        with self._lock:
            if self._ended:
                raise RuntimeError("these processes were ended")
            self._jobs.add(job)
        job.future.add_done_callback(partial(self._settled, job))
        self._start(job)
        return job.future

    def close(self) -> None:
        """Take no more jobs, finish those that were given, and end the processes."""
        with self._lock:
            self._ended = True
            futures = [job.future for job in self._jobs]
        wait(futures)
        self._dismiss()

    def stop(self) -> None:
        """End the processes now; unfinished jobs are cancelled."""
        with self._lock:
            self._ended = True
            jobs = list(self._jobs)
        for job in jobs:
            job.future.cancel()
        self._dismiss()

    def _dismiss(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            _end(pool)

    def _settled(self, job: _Job, future: Future[Any]) -> None:
        with self._lock:
            self._jobs.discard(job)
            inner = job.inner
        if future.cancelled() and inner is not None and not inner.running():
            inner.cancel()

    def _start(self, job: _Job) -> None:
        while True:
            pool = None
            try:
                with self._lock:
                    if job.future.done():
                        return
                    pool = self._current()
                    job.pool = pool
                    args = (job.work, 2 * self._timeout_s + 10, job.args)
                    inner = pool.schedule(worker.guarded, args, timeout=self._timeout_s)
                    job.inner = inner
            except (RuntimeError, OSError) as error:  # the pool broke, or no process could be started
                if not self._replace(pool, error):
                    return
                continue
            inner.add_done_callback(partial(self._arrived, job))
            return

    def _current(self) -> ProcessPool:
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self.processes,
                max_tasks=JOBS_A_PROCESS,
                initializer=worker.prepare,
                initargs=self._prepared_with,
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool

    def _arrived(self, job: _Job, inner: Future[Any]) -> None:
        if job.inner is not inner or job.future.done():
            return  # it was started anew elsewhere, or nobody waits for it
        try:
            result = inner.result()
        except CancelledError:
            job.future.cancel()
        except BrokenProcessPool as error:
            self._replace(job.pool, error)
        except ProcessExpired as error:
            self._again(job, ProcessDied(f"exit code {error.exitcode}"))
        except TimeoutError:
            self._again(job, TookTooLong(f"{self._timeout_s:g} s"))
        except BaseException as error:
            self._breakages = 0
            self._fail(job, error)
        else:
            self._breakages = 0
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(result)

    def _again(self, job: _Job, error: Exception) -> None:
        self._breakages = 0
        job.tries += 1
        if job.tries < TRIES:
            log.info("A job is tried again, since its process ended (%r).", error)
            self._start(job)
        else:
            self._fail(job, error)

    def _fail(self, job: _Job, error: BaseException) -> None:
        try:
            result = job.fault(error)
        except BaseException as raised:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(raised)
            return
        if job.future.set_running_or_notify_cancel():
            job.future.set_result(result)

    def _replace(self, pool: ProcessPool | None, error: BaseException) -> bool:
        """Give the jobs of a broken pool to a new one; False where that happened too often.

        A pool breaks when a process dies between two jobs: killed from outside, or unable to start.
        """
        with self._lock:
            if self._ended and pool is not self._pool:
                return False
            orphans: list[_Job] = []
            if pool is self._pool:
                self._pool = None
                self._breakages += 1
                orphans = [job for job in self._jobs if job.pool is pool]
            hopeless = self._breakages > MOST_BREAKAGES
        if pool is not None:
            threading.Thread(target=_end, args=(pool,), name="end-broken-pool", daemon=True).start()
        if hopeless:
            log.error("The decode processes cannot be kept running.", exc_info=error)
        for job in orphans:
            if hopeless:
                self._give_up(job, error)
            else:
                self._start(job)
        return not hopeless

    def _give_up(self, job: _Job, error: BaseException) -> None:
        problem = EnvironmentProblem(
            "The helper processes that read photos cannot be kept running on this computer.",
            detail=repr(error),
        )
        if job.future.set_running_or_notify_cancel():
            job.future.set_exception(problem)


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
