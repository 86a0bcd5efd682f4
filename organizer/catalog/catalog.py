"""The catalogue as its users see it: open it, ask through ``reader()``, change it through ``writer``.

Opening makes sure of the place, the lock, the file's health and its version, in this order, and says in one
sentence what stands in the way. One ``Catalog`` a program; any number of threads.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

from organizer.catalog import backups
from organizer.catalog.connection import DAMAGED_SENTENCE, connect, is_sound, transaction, translated
from organizer.catalog.findings import FindingReads, FindingWrites
from organizer.catalog.lock import WriteLock
from organizer.catalog.migrations import check_origin, migrate
from organizer.catalog.place import filesystem_of, refuse_network
from organizer.catalog.read_captions import CaptionReads
from organizer.catalog.read_journal import JournalReads
from organizer.catalog.read_photos import PhotoReads
from organizer.catalog.read_results import ResultReads
from organizer.catalog.read_search import SearchReads
from organizer.catalog.read_sidecars import SidecarReads
from organizer.catalog.read_topics import TopicReads
from organizer.catalog.read_vectors import VectorReads
from organizer.catalog.read_vocabulary import VocabularyReads
from organizer.catalog.schema import VERSION
from organizer.catalog.thumbnails import ThumbnailStore
from organizer.catalog.write_captions import CaptionWrites
from organizer.catalog.write_journal import JournalWrites
from organizer.catalog.write_photos import PhotoWrites
from organizer.catalog.write_results import ResultWrites
from organizer.catalog.write_search import SearchWrites
from organizer.catalog.write_sidecars import SidecarWrites
from organizer.catalog.write_topics import TopicWrites
from organizer.catalog.write_vocabulary import VocabularyWrites
from organizer.errors import CatalogDamaged, CatalogError, OrganizerError, StorageFull
from organizer.events import Committed
from organizer.paths import AppPaths

log = logging.getLogger(__name__)

SMALL_BYTES = 64 << 20  # up to here a whole check at every start costs no time worth saving
CHECK_EVERY_SECONDS = 7 * 24 * 3600.0

OLDER_SENTENCE = (
    "This catalogue was written by an older version. Open it once in the program to bring it up to date."
)
READ_ONLY_SENTENCE = "The catalogue was opened for reading only."


class Reader(
    PhotoReads,
    VectorReads,
    ResultReads,
    CaptionReads,
    TopicReads,
    VocabularyReads,
    JournalReads,
    SearchReads,
    SidecarReads,
    FindingReads,
):
    """All questions; one for each thread, from ``Catalog.reader()``."""


class Writer(
    PhotoWrites,
    ResultWrites,
    CaptionWrites,
    TopicWrites,
    VocabularyWrites,
    JournalWrites,
    SearchWrites,
    SidecarWrites,
    FindingWrites,
):
    """All requests to change something; one a catalogue, for all threads."""

    def __init__(
        self,
        file: Path,
        thumbnails: ThumbnailStore,
        on_commit: Callable[[Committed], None],
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._thumbnails = thumbnails
        super().__init__(file, on_commit, on_error)

    def _keep_thumbnail(self, content_hash: bytes, jpeg: bytes) -> None:
        self._thumbnails.put_many(((content_hash, jpeg),))

    def _copy_thumbnail(self, content_hash: bytes, to: bytes) -> None:
        jpeg = self._thumbnails.get(content_hash)
        if jpeg is not None:
            self._thumbnails.put_many(((to, jpeg),))

    def _drop_thumbnails(self, content_hashes: Sequence[bytes]) -> None:
        self._thumbnails.drop_many(content_hashes)


class Catalog:
    """Attributes:
    paths: where the files lie. thumbnails: the store of thumbnails, by content hash.
    """

    def __init__(self, paths: AppPaths, lock: WriteLock | None) -> None:
        """For ``Catalog.open``; the file exists and is at the newest version."""
        self.paths = paths
        self.thumbnails = ThumbnailStore(paths.thumbnails_file)
        self._lock = lock
        self._listeners: list[Callable[[Committed], None]] = []
        self._error_listeners: list[Callable[[BaseException], None]] = []
        self._local = threading.local()
        self._readers: list[tuple[weakref.ref[threading.Thread], Reader]] = []
        self._guard = threading.Lock()
        self._closed = False
        self._stop_backup = threading.Event()
        self._backup: threading.Thread | None = None
        self._writer = None
        if lock is not None:
            self._writer = Writer(paths.catalog_file, self.thumbnails, self._tell, self._tell_error)

    @classmethod
    def open(
        cls,
        paths: AppPaths,
        *,
        read_only: bool = False,
        filesystem: Callable[[Path], str] = filesystem_of,
    ) -> Catalog:
        """Open the catalogue of ``paths``, creating it where there is none.

        Args:
            read_only: no lock and no writer, beside a program that writes; the catalogue must exist.
            filesystem: names the file system of a folder; for tests.

        Raises:
            CatalogUnsuitablePlace: it would lie on a network drive.
            CatalogLocked: another program writes it (not when ``read_only``).
            CatalogDamaged: it fails SQLite's check; see ``restore_backup``.
            CatalogTooNew: a newer version of the program wrote it.
            StorageFull, CatalogError: the folder or the drive stands in the way.
        """
        refuse_network(paths.data, filesystem(paths.data))
        if read_only:
            _check_version(connect(paths.catalog_file, read_only=True))
            return cls(paths, None)
        with translated():
            paths.data.mkdir(parents=True, exist_ok=True)
        lock = WriteLock(paths.data / "catalogue.lock")
        try:
            was_there = paths.catalog_file.exists()
            _prepare(paths)
            catalog = cls(paths, lock)
        except BaseException:
            lock.release()
            raise
        if was_there:
            catalog.backup_if_due()
        return catalog

    restore_backup = staticmethod(backups.restore_backup)
    start_afresh = staticmethod(backups.start_afresh)

    @property
    def writer(self) -> Writer:
        """Raises:
        CatalogError: the catalogue was opened for reading only.
        """
        if self._writer is None:
            raise CatalogError(READ_ONLY_SENTENCE)
        return self._writer

    def reader(self) -> Reader:
        """This thread's reader, opened at its first use.

        Raises:
            CatalogError: the catalogue is closed.
        """
        reader: Reader | None = None if self._closed else getattr(self._local, "reader", None)
        if reader is None:
            with self._guard:
                if self._closed:
                    raise CatalogError("The catalogue is closed.")
                self._close_readers(of_ended_threads=True)
                reader = Reader(self.paths.catalog_file)
                self._readers.append((weakref.ref(threading.current_thread()), reader))
            self._local.reader = reader
        return reader

    def subscribe(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """Call ``listener`` in the writer's thread after each commit; returns the way to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def subscribe_errors(self, listener: Callable[[BaseException], None]) -> Callable[[], None]:
        """Call ``listener`` in the writer's thread for each write that failed while nobody waited for it."""
        self._error_listeners.append(listener)
        return lambda: self._error_listeners.remove(listener)

    def backup_if_due(self) -> None:
        """Start the daily copy in a thread of its own, if there was none during the last day."""
        if self._writer is None or (self._backup is not None and self._backup.is_alive()):
            return
        if backups.is_due(self.paths):
            self._backup = threading.Thread(target=self._back_up, name="catalogue-backup", daemon=True)
            self._backup.start()

    def close(self) -> None:
        """Commit what was submitted, close every connection, give the lock back; harmless when done twice.

        A small catalogue without any backup is copied first, so that the first evening's decisions have one.
        """
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._stop_backup.set()
        if self._backup is not None:
            self._backup.join()
        if self._writer is not None:
            self._writer.close()
            self._first_backup()
        with self._guard:
            self._close_readers(of_ended_threads=False)
        self.thumbnails.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _tell(self, committed: Committed) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(committed)
            except Exception:
                log.exception("A listener of the catalogue's commits failed.")

    def _tell_error(self, error: BaseException) -> None:
        for listener in tuple(self._error_listeners):
            listener(error)

    def _close_readers(self, *, of_ended_threads: bool) -> None:
        kept = []
        for thread, reader in self._readers:
            owner = thread()
            if of_ended_threads and owner is not None and owner.is_alive():
                kept.append((thread, reader))
            else:
                reader.close()
        self._readers = kept

    def _back_up(self) -> None:
        try:
            backups.make_backup(self.paths, stop=self._stop_backup)
        except OrganizerError as error:
            log.warning("The daily backup of the catalogue failed: %s (%s)", error, error.detail)

    def _first_backup(self) -> None:
        if self.paths.catalog_file.stat().st_size > SMALL_BYTES or backups.backups(self.paths):
            return
        try:
            backups.make_backup(self.paths)
        except OrganizerError as error:
            log.warning("The first backup of the catalogue failed: %s (%s)", error, error.detail)


def _prepare(paths: AppPaths) -> None:
    """Check the file and bring it to the newest version, or create it; all under the lock."""
    file = paths.catalog_file
    log_file = file.with_name(file.name + "-wal")
    with translated():
        left_open = log_file.exists() and log_file.stat().st_size > 0
        is_new = not file.exists() or file.stat().st_size == 0
    version = 0 if is_new else _version_of_ours(file)
    connection = connect(file, read_only=False)
    try:
        if version and (left_open or _check_is_due(file, connection, version)):
            with translated():
                if not is_sound(connection):
                    raise CatalogDamaged(DAMAGED_SENTENCE, detail="quick_check")
        migrate(connection, lambda number: _copy_before_step(paths, number))
        if version == 0 or left_open or _check_is_due(file, connection, VERSION):
            _note_check(connection)
    finally:
        connection.close()


def _note_check(connection: sqlite3.Connection) -> None:
    try:
        with translated(), transaction(connection):
            connection.execute("INSERT OR REPLACE INTO facts VALUES ('checked', ?)", (str(time.time()),))
    except StorageFull:  # no reason to refuse a look at the photos
        log.warning("The drive with the catalogue is full; nothing new can be saved.")


def _version_of_ours(file: Path) -> int:
    """Looked up without writing: a file that is not ours, or newer, is not touched."""
    connection = connect(file, read_only=True)
    try:
        return check_origin(connection)
    finally:
        connection.close()


def _copy_before_step(paths: AppPaths, number: int) -> None:
    backups.make_backup(paths, label=f"version-{number}")


def _check_is_due(file: Path, connection: sqlite3.Connection, version: int) -> bool:
    if version == 0 or file.stat().st_size <= SMALL_BYTES:
        return True
    row = connection.execute("SELECT value FROM facts WHERE name = 'checked'").fetchone()
    return row is None or not 0 <= time.time() - float(row[0]) < CHECK_EVERY_SECONDS


def _check_version(connection: sqlite3.Connection) -> None:
    try:
        version = check_origin(connection)
        if version < VERSION:
            raise CatalogError(OLDER_SENTENCE, detail=f"version {version}")
    finally:
        connection.close()
