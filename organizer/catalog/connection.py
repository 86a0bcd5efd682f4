"""How SQLite connections are made, and what SQLite's errors mean to a person.

The one place where ``sqlite3`` errors are told apart: what the environment did becomes a sentence of
``organizer.errors``; anything else is a defect of ours and passes through unchanged, to be logged.
Knows nothing of the tables.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from organizer.errors import (
    CatalogDamaged,
    CatalogError,
    CatalogLocked,
    EnvironmentProblem,
    StorageFull,
)

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 10_000
CACHE_KIB = 32 * 1024

FULL_SENTENCE = (
    "The drive with the catalogue is full. Everything saved so far is kept; free some space and go on."
)
DAMAGED_SENTENCE = (
    "The catalogue is damaged. The last good backup can be restored; your photos are not affected."
)
LOCKED_SENTENCE = "Another program is using the catalogue. Close it and try again."
UNREACHABLE_SENTENCE = "The catalogue cannot be read or written. Check that its folder exists and is yours."


def connect(file: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any one thread at a time.

    Raises:
        CatalogError: the file cannot be opened.
    """
    mode = "ro" if read_only else "rwc"
    uri = f"file:{quote(str(file.absolute()).encode('utf-8', 'surrogateescape'))}?mode={mode}"
    with translated():
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute("PRAGMA temp_store = MEMORY")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection


def problem_of(error: BaseException) -> EnvironmentProblem | None:
    """The environment's part in an error as one kind sentence; None where the defect is ours."""
    if isinstance(error, EnvironmentProblem):
        return error
    if isinstance(error, sqlite3.Error):
        return _sqlite_problem(error)
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StorageFull(FULL_SENTENCE, detail=str(error))
        return CatalogError(UNREACHABLE_SENTENCE, detail=str(error))
    return None


def _sqlite_problem(error: sqlite3.Error) -> EnvironmentProblem | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    detail = f"{getattr(error, 'sqlite_errorname', '')}: {error}"
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # no room for the file that the readers share
        return StorageFull(FULL_SENTENCE, detail=detail)
    match code & 0xFF:  # the low byte is the primary code, the rest says more
        case sqlite3.SQLITE_FULL:
            return StorageFull(FULL_SENTENCE, detail=detail)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return CatalogDamaged(DAMAGED_SENTENCE, detail=detail)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CatalogLocked(LOCKED_SENTENCE, detail=detail)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_IOERR:
            return CatalogError(UNREACHABLE_SENTENCE, detail=detail)
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Turn the environment's errors inside the block into those of ``organizer.errors``."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE ... COMMIT; any exception rolls everything back and goes on up."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo the open transaction, if SQLite has not done so itself (it does when the disk is full)."""
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            log.exception("A transaction could not be rolled back.")


def is_sound(connection: sqlite3.Connection) -> bool:
    """SQLite's own quick check of the whole file: True when nothing is wrong with it."""
    try:
        rows = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        if isinstance(_sqlite_problem(error), CatalogDamaged):
            return False
        raise
    return bool(rows) and rows[0][0] == "ok"
