"""Thumbnails by content hash, in a second SQLite file that may be deleted at any time.

Nothing here is precious: a damaged file is replaced by an empty one, a full drive costs thumbnails only,
and a thumbnail that is absent is made again by whoever decodes the photo next. So no method raises for
the environment.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from organizer.catalog.connection import problem_of, roll_back
from organizer.errors import CatalogDamaged

log = logging.getLogger(__name__)

_TABLE = "CREATE TABLE IF NOT EXISTS thumbnails (content_hash BLOB PRIMARY KEY, jpeg BLOB NOT NULL)"
_CHUNK = 500


class ThumbnailStore:
    """JPEG bytes by content hash. Usable from any thread; a call takes well under a millisecond."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._told = False
        self._connection = self._open_or_replace()

    def get(self, content_hash: bytes) -> bytes | None:
        """The thumbnail's JPEG bytes, or None."""
        return self.get_many((content_hash,)).get(content_hash)

    def get_many(self, content_hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Content hash -> JPEG bytes, for those that are there."""
        wanted = list(content_hashes)
        found: dict[bytes, bytes] = {}
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            marks = ", ".join("?" * len(part))
            rows = self._ask(
                f"SELECT content_hash, jpeg FROM thumbnails WHERE content_hash IN ({marks})", part
            )
            found.update((row[0], row[1]) for row in rows)
        return found

    def put_many(self, thumbnails: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep (content hash, JPEG bytes) pairs, in place of older ones."""
        rows = [(content_hash, jpeg) for content_hash, jpeg in thumbnails if jpeg]
        with self._guard:
            if self._connection is None or not rows:
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO thumbnails VALUES (?, ?)", rows)
                self._connection.execute("COMMIT")
                self._told = False
            except sqlite3.Error as error:
                roll_back(self._connection)
                self._after(error)

    def drop_many(self, content_hashes: Iterable[bytes]) -> None:
        """Forget thumbnails that nobody will ask for again."""
        rows = [(content_hash,) for content_hash in content_hashes]
        with self._guard:
            if self._connection is None or not rows:
                return
            try:
                self._connection.executemany("DELETE FROM thumbnails WHERE content_hash = ?", rows)
            except sqlite3.Error as error:
                self._after(error)

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _ask(self, statement: str, values: list[bytes]) -> list[tuple[bytes, bytes]]:
        with self._guard:
            if self._connection is None:
                return []
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                self._after(error)
                return []

    def _after(self, error: sqlite3.Error) -> None:
        problem = problem_of(error)
        if problem is None:
            raise error
        level = logging.DEBUG if self._told else logging.WARNING  # once, not once a photo
        log.log(level, "Thumbnails cannot be kept or read: %s", problem.detail)
        self._told = True
        if isinstance(problem, CatalogDamaged) and self._connection is not None:
            self._connection.close()
            self._remove()
            self._connection = self._open_or_replace()

    def _open_or_replace(self) -> sqlite3.Connection | None:
        for attempt in (1, 2):
            try:
                return self._open()
            except (sqlite3.Error, OSError) as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                log.warning("The thumbnail cache cannot be used (%s).", problem.detail)
                if attempt == 1 and isinstance(problem, CatalogDamaged):
                    self._remove()
                    continue
                return None
        return None

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA busy_timeout = 2000")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_TABLE)
            connection.execute("SELECT content_hash, jpeg FROM thumbnails LIMIT 1").fetchall()
        except BaseException:
            connection.close()
            raise
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
