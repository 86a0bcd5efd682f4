"""Bring a catalogue file to the newest version, one transaction a step, with a copy of the file before.

The version is SQLite's ``user_version``, written in the step's own transaction: a step that fails, or a
plug that is pulled, leaves the file exactly as the step before made it. Knows no table by name.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence

from organizer.catalog.connection import transaction, translated
from organizer.catalog.schema import APPLICATION_ID, STEPS
from organizer.errors import CatalogDamaged, CatalogTooNew

log = logging.getLogger(__name__)

TOO_NEW_SENTENCE = (
    "This catalogue was written by a newer version of Photo Organizer. Install that version again, "
    "or name another folder for the catalogue."
)
FOREIGN_SENTENCE = "The file in the catalogue's place is not a catalogue of Photo Organizer."


def version_of(connection: sqlite3.Connection) -> int:
    """The file's version; 0 for a new, empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_origin(connection: sqlite3.Connection, newest: int = len(STEPS)) -> int:
    """The version of a file that is ours and not too new.

    Raises:
        CatalogTooNew: a newer program wrote it.
        CatalogDamaged: it is some other SQLite file, or not one at all.
    """
    with translated():
        version = version_of(connection)
        owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
        tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    is_new = version == 0 and owner == 0 and tables == 0
    if owner != APPLICATION_ID and not is_new:
        raise CatalogDamaged(FOREIGN_SENTENCE, detail=f"application_id {owner:#x}, {tables} tables")
    if version > newest:
        raise CatalogTooNew(TOO_NEW_SENTENCE, detail=f"file version {version}, ours {newest}")
    return version


def migrate(
    connection: sqlite3.Connection,
    keep_copy: Callable[[int], None],
    steps: Sequence[Sequence[str]] = STEPS,
) -> int:
    """Run the steps that the file lacks; returns how many ran.

    Args:
        connection: read-write, outside a transaction.
        keep_copy: called with the version of the file before each step that changes existing data; must
            leave a whole copy behind or raise, which stops the migration.

    Raises:
        CatalogTooNew, CatalogDamaged: as ``check_origin``.
        StorageFull, CatalogError: the environment stopped a step; the file is as before that step.
    """
    version = check_origin(connection, len(steps))
    for number in range(version + 1, len(steps) + 1):
        if version > 0:  # a new file holds nothing worth a copy
            keep_copy(number - 1)
        with translated(), transaction(connection):
            for statement in steps[number - 1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        log.info("The catalogue is now at version %d.", number)
    return len(steps) - version
