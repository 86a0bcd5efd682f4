"""What a damaged catalogue still says of the person's decisions, taken into the one that comes in its place.

Photos can be looked at again; what the person said cannot. The tables of decisions are small and hang on
nothing, so most damage leaves them whole. Never fails: what cannot be read is left, and logged.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.connection import connect, transaction
from organizer.catalog.migrations import migrate
from organizer.catalog.rows import marks
from organizer.errors import OrganizerError
from organizer.records import HASH_BYTES

log = logging.getLogger(__name__)

_HASHES = frozenset({"content_hash", "first", "second", "pixel_hash"})
_TABLES = {  # table -> its key; what is newer wins where both have a row
    "category_moves": ("content_hash",),
    "user_captions": ("content_hash",),
    "dismissed_flags": ("content_hash", "reason"),
    "choices": ("content_hash",),
    "not_duplicates": ("first", "second"),
    "keep_both": ("members",),
    "decided_pixels": ("content_hash",),
    "category_edits": ("category",),
    "category_examples": ("content_hash", "category"),
}


def take_over(damaged: Path, file: Path) -> int:
    """Copy the decisions of one catalogue into another, which is made where there is none yet.

    Returns how many rows were taken over.
    """
    try:
        source = connect(damaged, read_only=True)
    except OrganizerError as error:
        log.warning("Nothing can be read of %s: %s", damaged, error.detail)
        return 0
    try:
        target = connect(file, read_only=False)
        try:
            migrate(target, lambda _version: None)  # a copy of a backup, or a new file
            with transaction(target):
                taken = sum(_take_table(source, target, table) for table in _TABLES)
                if taken:
                    _make_known(target)
                return taken
        finally:
            target.close()
    except (OrganizerError, sqlite3.Error) as error:
        log.warning("The decisions of %s were not taken over: %s", damaged, error)
        return 0
    finally:
        source.close()


def _take_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    names, key = ", ".join(columns), ", ".join(_TABLES[table])
    others = [column for column in columns if column not in _TABLES[table]]
    newer = f" WHERE excluded.at > {table}.at" if "at" in columns else ""
    values = ", ".join(f"{column} = excluded.{column}" for column in others)
    taken = 0
    for row in _rows(source, table, names):
        if not _is_whole(dict(zip(columns, row, strict=True))):
            continue
        try:
            cursor = target.execute(
                f"INSERT INTO {table} ({names}) VALUES ({marks(len(columns))}) "
                f"ON CONFLICT ({key}) DO UPDATE SET {values}{newer}",
                row,
            )
        except sqlite3.IntegrityError:  # a value is missing: what is left of a row that was damaged
            continue
        taken += cursor.rowcount
    return taken


def _make_known(target: sqlite3.Connection) -> None:
    """Words that the person wrote are found by the search; results take in what they decided."""
    for photo_id, text in target.execute(
        "SELECT p.id, u.text FROM photos p JOIN user_captions u ON u.content_hash = p.content_hash"
    ).fetchall():
        rows_sql.index_caption(target, photo_id, text)
    rows_sql.make_stale(target)


def _rows(source: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[Any, ...]]:
    """The rows up to where the damage is."""
    try:
        yield from source.execute(f"SELECT {names} FROM {table}")
    except sqlite3.Error as error:
        log.warning("Not all of %s can be read: %s", table, error)


def _is_whole(row: dict[str, Any]) -> bool:
    for name, value in row.items():
        if name in _HASHES and not (isinstance(value, bytes) and len(value) == HASH_BYTES):
            return False
        if name == "members" and not (isinstance(value, bytes) and value and len(value) % HASH_BYTES == 0):
            return False
        if name == "at" and not isinstance(value, str):
            return False
    return True
