"""Work off the GUI thread, with the answers delivered in it.

``TaskRunner`` runs short calls (reads, actions); what is long has a thread of its own (``ui/background.py``).
Callbacks always run in the GUI thread, whatever they are: the pool's threads only post their result to a
QObject that lives there. What belongs to Qt stays with the GUI thread: a call waits there under its number,
and its last reference is let go there, so that no pool thread ever takes a Qt object apart.
Python's own thread pool is used, not QThreadPool: a QThreadPool thread gets a new Python thread state for
every task, which throws away the catalogue's connection of that thread each time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from organizer.errors import Cancelled, EnvironmentProblem, UsageProblem

from .core_words import core_words
from .translation import tr

log = logging.getLogger(__name__)

READERS = 3  # threads for calls that only read
SHUTDOWN_SECONDS = 1.5  # how long a closing window waits for calls that are under way

Callback = Callable[[Any], object]


class Task(QObject):
    """One background call.

    Signals (all in the GUI thread):
        succeeded: the returned value. failed: the exception.
    """

    succeeded = Signal(object)
    failed = Signal(object)

    def __init__(self, group: str, cancelled: threading.Event, parent: QObject) -> None:
        super().__init__(parent)
        self.group = group
        self._cancelled = cancelled
        self._on_done: Callback | None = None
        self._on_error: Callback | None = None

    def cancel(self) -> None:
        """Drop the answer; the call itself is skipped if it has not started."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()


@dataclass(slots=True)
class _Call:
    """What a pool thread is to do; held by the GUI thread until the answer is there."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    cancelled: threading.Event


class TaskRunner(QObject):
    """Runs functions in a few threads. Make it in the GUI thread.

    Signals:
        problem: one sentence about a failure that nobody handled, for the toast.
        idle: no call is waiting or running.
    """

    problem = Signal(str)
    idle = Signal()
    _posted = Signal(int, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="act")
        self._tasks: dict[int, Task] = {}
        self._calls: dict[int, _Call] = {}
        self._numbers = count(1)
        self._latest: dict[str, Task] = {}
        self._futures: set[Future[None]] = set()
        self._closed = False
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        fn: Callable[..., Any],
        *args: Any,
        on_done: Callback | None = None,
        on_error: Callback | None = None,
        group: str = "",
    ) -> Task:
        """Call ``fn(*args)`` in a reader thread.

        Args:
            on_done, on_error: called in the GUI thread with the result or the exception. Without
                on_error the failure is logged and told by ``problem``.
            group: where given, only the newest call of the group delivers its answer.
        """
        return self._start(self._readers, fn, args, on_done, on_error, group)

    def run_in_order(
        self,
        fn: Callable[..., Any],
        *args: Any,
        on_done: Callback | None = None,
        on_error: Callback | None = None,
    ) -> Task:
        """As ``run``, one after another in the order asked: for everything that changes something."""
        return self._start(self._writer, fn, args, on_done, on_error, "")

    def _start(
        self,
        pool: ThreadPoolExecutor,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        on_done: Callback | None,
        on_error: Callback | None,
        group: str,
    ) -> Task:
        call = _Call(fn, args, threading.Event())
        task = Task(group, call.cancelled, self)
        task._on_done, task._on_error = on_done, on_error
        if self._closed:
            task.cancel()
            return task
        if group:
            older = self._latest.get(group)
            if older is not None:
                older.cancel()
            self._latest[group] = task
        number = next(self._numbers)
        self._tasks[number], self._calls[number] = task, call
        future = pool.submit(self._work, number)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return task

    def _work(self, number: int) -> None:
        """In a pool thread: call, then post the outcome."""
        outcome, value = "cancelled", None
        call = self._calls.get(number)
        if call is not None and not call.cancelled.is_set():
            try:
                outcome, value = "done", call.fn(*call.args)
            except BaseException as error:  # delivered, then told or handled in the GUI thread
                outcome, value = "error", error
        del call
        if not self._closed:
            self._posted.emit(number, outcome, value)

    @Slot(int, str, object)
    def _deliver(self, number: int, outcome: str, value: Any) -> None:
        task = self._tasks.pop(number, None)
        self._calls.pop(number, None)
        if task is None:  # posted before the shutdown, delivered after it
            return
        if self._latest.get(task.group) is task:
            del self._latest[task.group]
        try:
            if self._closed or task.cancelled or outcome == "cancelled":
                return
            if outcome == "done":
                task.succeeded.emit(value)
                call_if_alive(task._on_done, value)
            else:
                self._failed(task, value)
        finally:
            task.deleteLater()
            if not self._tasks:
                self.idle.emit()

    def _failed(self, task: Task, error: BaseException) -> None:
        task.failed.emit(error)
        if isinstance(error, Cancelled):
            return
        log_failure(error)
        if task._on_error is not None:
            call_if_alive(task._on_error, error)
        else:
            self.problem.emit(sentence_for(error))

    @property
    def pending(self) -> int:
        """Calls that are waiting, running or not delivered yet."""
        return len(self._tasks)

    def shutdown(self) -> bool:
        """Drop reads that wait, finish changes, deliver nothing more; False if something still runs."""
        self._closed = True
        futures = list(self._futures)
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._writer.shutdown(wait=False, cancel_futures=False)
        running = [future for future in futures if not future.cancelled()]
        left = wait(running, timeout=SHUTDOWN_SECONDS).not_done
        self._tasks.clear()
        self._latest.clear()
        if not left:
            self._readers.shutdown(wait=True)
            self._writer.shutdown(wait=True)
        return not left


def call_if_alive(callback: Callback | None, value: Any) -> None:
    """Call it, unless it is a method of a Qt object that is gone (a closed tab, a closed dialog)."""
    if callback is None:
        return
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, QObject) and not shiboken6.isValid(owner):
        return
    callback(value)


def log_failure(error: BaseException) -> None:
    """Log what the environment did as a line, and a defect of ours with its trace."""
    if isinstance(error, EnvironmentProblem | UsageProblem):
        log.info("%s (%s)", error, error.detail or "no further detail")
    else:
        log.error("A defect in the program", exc_info=error)


def sentence_for(error: BaseException) -> str:
    """One sentence for a person."""
    if isinstance(error, EnvironmentProblem | UsageProblem):
        return core_words(str(error))
    return tr("Something went wrong in the program. Your photos were not touched; the log has the details.")
