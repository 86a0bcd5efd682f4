"""The thread that owns the only read-write connection, and how requests reach it.

A request is a function over the connection. Lazy requests (a photo indexed) are gathered to batches of up
to BATCH_ROWS or BATCH_SECONDS in one transaction and answered by a Future; the queue is bounded, so a
fast producer waits. Blocking requests (a decision, a journal row) close the batch at once and return
their value or raise. A request that fails is rolled back alone (savepoint); the others of its batch are
committed. Knows nothing of what is written.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from organizer.catalog.connection import connect, problem_of, roll_back
from organizer.errors import CatalogDamaged, CatalogError, OrganizerError, StorageFull
from organizer.events import Committed, Kind

log = logging.getLogger(__name__)

BATCH_ROWS = 200
BATCH_SECONDS = 0.5
QUEUE_SIZE = 400

T = TypeVar("T")


@dataclass(slots=True)
class Touched:
    """What a request changed, for the event after the commit; a request fills it in."""

    ids: set[int] = field(default_factory=set)
    kinds: set[Kind] = field(default_factory=set)

    def add(self, ids: Any, *kinds: Kind) -> None:
        self.ids.update(int(identifier) for identifier in ids)
        self.kinds.update(kinds)


@dataclass(slots=True)
class _Request:
    work: Callable[[sqlite3.Connection, Touched], Any]
    future: Future[Any]
    blocking: bool
    durable: bool
    error: BaseException | None = None
    answer: Any = None


class WriterCore:
    """Queue, batches and the thread. ``Writer`` adds the requests that exist.

    Args:
        file: the catalogue, already at the newest version.
        on_commit: called in the writer's thread after each commit that touched something.
        on_error: called in the writer's thread for each lazy request that failed.
    """

    def __init__(
        self,
        file: Path,
        on_commit: Callable[[Committed], None],
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._connection = connect(file, read_only=False)
        self._on_commit = on_commit
        self._on_error = on_error
        self._queue: queue.Queue[_Request | None] = queue.Queue(QUEUE_SIZE)
        self._state = threading.Lock()
        self._closed = False
        self._full: StorageFull | None = None
        self._first_error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="catalogue-writer", daemon=True)
        self._thread.start()

    # -- for callers, any thread --------------------------------------------------------------------

    def flush(self) -> None:
        """Wait until everything submitted before is committed.

        Raises:
            The first error of a lazy request since the last flush, if there was one.
        """
        self._blocking(lambda _connection, _touched: None)
        with self._state:
            error, self._first_error, self._full = self._first_error, None, None
        if error is not None:
            raise error

    def close(self) -> None:
        """Commit what was submitted, close the connection and join the thread; harmless when done twice."""
        with self._state:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _lazy(self, work: Callable[[sqlite3.Connection, Touched], T]) -> Future[T]:
        with self._state:
            if self._full is not None:
                raise StorageFull(str(self._full), detail=self._full.detail)
        return self._submit(work, blocking=False, durable=False)

    def _blocking(self, work: Callable[[sqlite3.Connection, Touched], T], *, durable: bool = False) -> T:
        if threading.current_thread() is self._thread:
            raise RuntimeError("A blocking write from the writer's own thread would wait for itself.")
        return self._submit(work, blocking=True, durable=durable).result()

    def _submit(
        self, work: Callable[[sqlite3.Connection, Touched], T], *, blocking: bool, durable: bool
    ) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # a request in the queue is carried out, never withdrawn
        request = _Request(work, future, blocking, durable)
        while True:
            with self._state:
                if self._closed:
                    raise CatalogError("The catalogue is closed.")
                try:
                    self._queue.put_nowait(request)
                    return future
                except queue.Full:
                    pass
            time.sleep(0.005)

    # -- the writer's thread --------------------------------------------------------------------------

    def _run(self) -> None:
        stopping = False
        while not stopping:
            request = self._queue.get()
            if request is None:
                break
            batch = [request]
            deadline = time.monotonic() + BATCH_SECONDS
            while len(batch) < BATCH_ROWS and not batch[-1].blocking:
                try:
                    following = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
                except queue.Empty:
                    break
                if following is None:
                    stopping = True
                    break
                batch.append(following)
            self._write(batch)
        self._finish()

    def _write(self, batch: list[_Request]) -> None:
        touched = Touched()
        try:
            self._transact(batch, touched)
        except Exception as error:
            roll_back(self._connection)
            for request in batch:
                request.error = request.error or problem_of(error) or error
            touched = Touched()
        self._note_errors(batch)
        if touched.kinds:
            try:
                self._on_commit(Committed(tuple(sorted(touched.ids)), frozenset(touched.kinds)))
            except Exception:
                log.exception("A listener of the catalogue's commits failed.")
        for request in batch:
            if request.error is not None:
                request.future.set_exception(request.error)
            else:
                request.future.set_result(request.answer)

    def _transact(self, batch: list[_Request], touched: Touched) -> None:
        durable = any(request.durable for request in batch)
        if durable:
            self._connection.execute("PRAGMA synchronous = FULL")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for request in batch:
                self._carry_out(request, touched)
            self._connection.execute("COMMIT")
        finally:
            if durable:
                roll_back(self._connection)  # a no-op after the commit; the pragma needs no transaction open
                self._connection.execute("PRAGMA synchronous = NORMAL")

    def _carry_out(self, request: _Request, touched: Touched) -> None:
        """Run one request; its own failure costs itself, a failing drive costs the batch (it goes up)."""
        mine = Touched()
        self._connection.execute("SAVEPOINT request")
        try:
            request.answer = request.work(self._connection, mine)
        except Exception as error:
            problem = problem_of(error)
            if isinstance(problem, StorageFull | CatalogDamaged) or not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO request")
            self._connection.execute("RELEASE request")
            request.error = problem or error
            return
        self._connection.execute("RELEASE request")
        touched.ids |= mine.ids
        touched.kinds |= mine.kinds

    def _note_errors(self, batch: list[_Request]) -> None:
        for request in batch:
            if request.error is None or request.blocking:
                continue
            if not isinstance(request.error, OrganizerError):
                log.error("A write to the catalogue failed.", exc_info=request.error)
            with self._state:
                self._first_error = self._first_error or request.error
                if isinstance(request.error, StorageFull):
                    self._full = request.error
            if self._on_error is not None:
                try:
                    self._on_error(request.error)
                except Exception:
                    log.exception("A listener of the catalogue's errors failed.")

    def _finish(self) -> None:
        try:
            self._connection.execute("PRAGMA optimize")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            log.warning("The catalogue could not be tidied while closing: %s", error)
        self._connection.close()
