"""Copies of the catalogue file: made whole, checked after writing, a few kept, and put back when the
original is damaged.

A copy is written under a temporary name with SQLite's own backup, checked, synced and only then given its
name: a file that has a backup's name is a good one. Old copies go when there are more than KEEP, or more
than KEEP_BYTES of them (two always stay). Photos are in no backup; only what the catalogue knows of them.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from organizer.catalog.connection import connect, is_sound, translated
from organizer.catalog.migrations import check_origin
from organizer.catalog.salvage import take_over
from organizer.errors import CatalogDamaged, CatalogError, OrganizerError
from organizer.paths import AppPaths

log = logging.getLogger(__name__)

KEEP = 5
KEEP_BYTES = 1 << 30
KEEP_ALWAYS = 2
EVERY_SECONDS = 24 * 3600.0
PAGES_A_STEP = 2000

NO_BACKUP_SENTENCE = (
    "There is no good backup of the catalogue. It can be started afresh: your photos are not affected and "
    "will be looked at again, and the damaged file is kept beside the new one."
)


def backups(paths: AppPaths) -> list[Path]:
    """The finished copies, newest first."""
    return sorted(paths.backups.glob("catalogue-*.sqlite"), key=lambda file: file.name, reverse=True)


def is_due(paths: AppPaths) -> bool:
    """No copy was made during the last day."""
    newest = next(iter(backups(paths)), None)
    if newest is None:
        return True
    age = time.time() - newest.stat().st_mtime
    return not 0 <= age < EVERY_SECONDS  # a clock that was turned back makes one due, too


def make_backup(paths: AppPaths, label: str = "", stop: threading.Event | None = None) -> Path | None:
    """Copy the catalogue as of its last commit, while others go on reading and writing it.

    Args:
        label: a few characters for the name ("before-2").
        stop: set from another thread to give up.

    Returns:
        The copy, or None when it was given up.

    Raises:
        CatalogDamaged: the copy does not pass SQLite's check.
        StorageFull, CatalogError: it cannot be written.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = paths.backups / f"catalogue-{stamp}{'-' + label if label else ''}.sqlite"
    partial = target.with_suffix(".partial")
    try:
        with translated():
            paths.backups.mkdir(parents=True, exist_ok=True)
            if not _copy(paths.catalog_file, partial, stop):
                return None
            _sync(partial)
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    _rotate(paths)
    return target


def restore_backup(paths: AppPaths) -> Path:
    """Put the newest good copy in the place of the catalogue, which is kept under another name; what it
    still says of later decisions is taken over.

    The catalogue must not be open. Returns the copy that was used.

    Raises:
        CatalogDamaged: there is no good copy; nothing was changed.
        CatalogError: the files cannot be moved.
    """
    for candidate in backups(paths):
        if not _is_good(candidate):
            log.warning("The backup %s is damaged, so an older one is tried.", candidate.name)
            continue
        with translated():
            fresh = paths.catalog_file.with_name("catalogue.restoring")
            fresh.write_bytes(candidate.read_bytes())
            _sync(fresh)
            kept = set_aside(paths)
            fresh.replace(paths.catalog_file)
        if kept is not None:
            take_over(kept, paths.catalog_file)
        return candidate
    raise CatalogDamaged(NO_BACKUP_SENTENCE)


def start_afresh(paths: AppPaths) -> Path | None:
    """Set the catalogue aside, so that a new one can start with the decisions that can still be read.

    Returns where the old one lies now; None when there was none.
    """
    kept = set_aside(paths)
    if kept is not None:
        take_over(kept, paths.catalog_file)
    return kept


def set_aside(paths: AppPaths) -> Path | None:
    """Rename the catalogue, with its journal files, so that a new one can start; the new name, or None if
    absent.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    base = paths.catalog_file
    kept = base.with_name(f"catalogue-damaged-{stamp}.sqlite")
    with translated():
        for suffix in ("-shm", "-wal", ""):
            file = base.with_name(base.name + suffix)
            if file.exists():
                file.replace(kept.with_name(kept.name + suffix))
    return kept if kept.exists() else None


def _copy(source: Path, target: Path, stop: threading.Event | None) -> bool:
    class _GivenUp(Exception):
        pass

    def step(_status: int, _remaining: int, _total: int) -> None:
        if stop is not None and stop.is_set():
            raise _GivenUp

    reader = connect(source, read_only=True)
    try:
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            reader.execute("BEGIN")  # one snapshot: writes meanwhile do not start the copy over
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reader.backup(copy, pages=PAGES_A_STEP, progress=step, sleep=0.0)
            copy.execute("PRAGMA journal_mode = DELETE")
            if not is_sound(copy):
                raise CatalogDamaged(
                    "The backup of the catalogue did not pass its check.", detail=str(target)
                )
        finally:
            copy.close()
    except _GivenUp:
        return False
    finally:
        reader.close()
    return True


def _is_good(file: Path) -> bool:
    try:
        copy = connect(file, read_only=True)
    except CatalogError:
        return False
    try:
        return check_origin(copy) > 0 and is_sound(copy)
    except (OrganizerError, sqlite3.Error):
        return False
    finally:
        copy.close()


def _rotate(paths: AppPaths) -> None:
    total = 0
    for number, file in enumerate(backups(paths), start=1):
        total += file.stat().st_size
        if number > KEEP or (number > KEEP_ALWAYS and total > KEEP_BYTES):
            file.unlink(missing_ok=True)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
