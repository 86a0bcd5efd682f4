"""Requests of the writer about roots and photos: what a scan and a decode change.

A path holds one present photo, and may have held others that are missing now. A file whose content
changed keeps its id and loses every result of the old content; a file that moved keeps everything.
Nothing here touches a file on disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.rows import below, path_bytes, stamp_columns, stand_in_hash, vector_bytes
from organizer.catalog.schema import MISSING, PRESENT
from organizer.catalog.values import now
from organizer.catalog.writer_core import Touched, WriterCore
from organizer.errors import UsageProblem
from organizer.events import RESULT_KINDS, Kind
from organizer.records import Decoded, FileStamp, Glance, Look, Measurements, Root, Unreadable

VIEWS = (Kind.PHOTOS, Kind.FOLDERS, *RESULT_KINDS)


class PhotoWrites(WriterCore):
    """Lazy requests return a Future; the others block until committed."""

    def add_root(self, folder: Path, *, watched: bool = True, protected: bool = False) -> Root:
        """Add a folder; roots inside it are taken up into it with all their photos.

        It becomes protected when one of those was. A folder that is a root already is returned as it is.

        Raises:
            UsageProblem: the folder lies inside another root.
        """
        return self._blocking(lambda c, touched: _add_root(c, touched, folder, watched, protected))

    def set_root(self, root_id: int, *, watched: bool | None = None, protected: bool | None = None) -> None:
        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.execute(
                "UPDATE roots SET watched = coalesce(?, watched), protected = coalesce(?, protected) "
                "WHERE id = ?",
                (watched, protected, root_id),
            )
            rows_sql.make_stale(c, (Kind.DUPLICATES,))
            touched.add((), Kind.FOLDERS)

        self._blocking(work)

    def remove_root(self, root_id: int) -> None:
        """Forget a root and its photos. Files and the person's decisions stay, and so does the trash's
        journal.
        """

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            ids = [row[0] for row in c.execute("SELECT id FROM photos WHERE root_id = ?", (root_id,))]
            rows_sql.forget(c, ids)
            c.execute("DELETE FROM roots WHERE id = ?", (root_id,))
            rows_sql.make_stale(c, rows_sql.LESS_PHOTOS)
            touched.add(ids, *VIEWS)

        self._blocking(work)

    def save_decoded(
        self, root_id: int, decoded: Decoded, vector: NDArray[Any] | None = None, model: str | None = None
    ) -> Future[int]:
        """Store all that one reading of a file gave, the thumbnail included; answers the photo's id.

        A new path becomes a new photo. A known path is updated: the same content keeps its results, another
        content loses them. A missing photo at this path is present again. A photo of which only the head
        was known keeps its id and its results, but not the vectors of its small picture.

        Args:
            vector: float (D,), the embedding by ``model``; both or neither.
        """
        packed = None if vector is None or model is None else (model, vector_bytes(vector))

        outdated: list[bytes] = []

        def work(c: sqlite3.Connection, touched: Touched) -> int:
            outdated.extend(rows_sql.stand_ins_at(c, decoded.stamp.path))
            photo_id = rows_sql.upsert(c, root_id, decoded)
            if packed is not None:
                rows_sql.put_vector(c, photo_id, *packed)
            rows_sql.make_stale(c)
            touched.add((photo_id,), Kind.PHOTOS, Kind.FOLDERS)
            return photo_id

        self._keep_thumbnail(decoded.content_hash, decoded.thumbnail)
        future = self._lazy(work)
        future.add_done_callback(lambda _done: self._drop_thumbnails(outdated))
        return future

    def save_glance(
        self, root_id: int, glance: Glance, vector: NDArray[Any] | None = None, model: str | None = None
    ) -> Future[int | None]:
        """Store what the head of a new file gave; answers the photo's id.

        Where more is known of the file already nothing changes, and the answer is None.

        Args:
            vector: float (D,), of the small picture, by ``model``; both or neither.
        """
        packed = None if vector is None or model is None else (model, vector_bytes(vector))

        def work(c: sqlite3.Connection, touched: Touched) -> int | None:
            photo_id = rows_sql.upsert_glance(c, root_id, glance)
            if photo_id is None:
                return None
            if packed is not None:
                rows_sql.put_vector(c, photo_id, *packed)
            rows_sql.make_stale(c)
            touched.add((photo_id,), Kind.PHOTOS, Kind.FOLDERS)
            return photo_id

        self._keep_thumbnail(stand_in_hash(glance.stamp), glance.thumbnail)
        return self._lazy(work)

    def save_content_hashes(self, hashes: Iterable[tuple[int, FileStamp, bytes]]) -> set[int]:
        """The content hashes of photos of which only the head was known; blocks until committed.

        Args:
            hashes: (photo id, the file as it was hashed, 32 bytes).

        Returns:
            The ids whose rows were still those of these files.
        """
        wanted = list(hashes)
        for _, stamp, content_hash in wanted:
            self._copy_thumbnail(stand_in_hash(stamp), content_hash)

        def work(c: sqlite3.Connection, touched: Touched) -> set[int]:
            done = {
                photo_id
                for photo_id, stamp, content_hash in wanted
                if rows_sql.put_content_hash(c, photo_id, stamp, content_hash)
            }
            if done:
                touched.add(done, Kind.PHOTOS)
            return done

        done = self._blocking(work)
        self._drop_thumbnails([stand_in_hash(stamp) for photo_id, stamp, _ in wanted if photo_id in done])
        return done

    def _copy_thumbnail(self, content_hash: bytes, to: bytes) -> None:
        """Let the store have a thumbnail under another key too."""
        raise NotImplementedError

    def _drop_thumbnails(self, content_hashes: Sequence[bytes]) -> None:
        """Let the store forget thumbnails."""
        raise NotImplementedError

    def _keep_thumbnail(self, content_hash: bytes, jpeg: bytes) -> None:
        """Hand a thumbnail to the store that the catalogue was opened with."""
        raise NotImplementedError

    def save_vectors(self, vectors: Sequence[tuple[int, NDArray[Any]]], model: str) -> Future[None]:
        """Store the embeddings of photos that are known already; an id that is gone by now is passed over."""
        packed = [(photo_id, vector_bytes(vector)) for photo_id, vector in vectors]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            for photo_id, vector in packed:
                rows_sql.put_vector(c, photo_id, model, vector)
            rows_sql.make_stale(c)
            touched.add((photo_id for photo_id, _ in packed), Kind.PHOTOS)

        return self._lazy(work)

    def save_measurements(self, measured: Sequence[tuple[int, bytes, Measurements]]) -> Future[None]:
        """Measurements made anew: (photo id, hash of the content that was measured, measurements).

        An id that is gone by now, or shows something else, is passed over.
        """

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            done = [one[0] for one in measured if rows_sql.renew_measurements(c, *one)]
            rows_sql.make_stale(c, (Kind.QUALITY, Kind.DUPLICATES, Kind.HIGHLIGHTS, Kind.CAPTIONS))
            touched.add(done, Kind.PHOTOS)

        return self._lazy(work)

    def drop_vectors(self, model: str) -> None:
        """Forget the embeddings of a model that is no longer used."""

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            c.execute("DELETE FROM embeddings WHERE model = ?", (model,))

        self._blocking(work)

    def save_unreadable(self, root_id: int, unreadable: Unreadable) -> Future[None]:
        """Remember that a file cannot be read, so that it is not tried again until it changes.

        A photo that was at this path counts as missing: what is known of its content is kept.
        """

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            raw, size, mtime_ns = stamp_columns(unreadable.stamp)
            c.execute(
                "INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    raw,
                    root_id,
                    size,
                    mtime_ns,
                    str(unreadable.reason),
                    unreadable.sentence,
                    unreadable.content_hash,
                    now(),
                ),
            )
            ids = [row[0] for row in c.execute("SELECT id FROM photos WHERE path = ? AND state = 0", (raw,))]
            _set_missing(c, ids, True)
            if ids:
                rows_sql.make_stale(c, rows_sql.LESS_PHOTOS)
            touched.add(ids, *(VIEWS if ids else (Kind.PHOTOS,)))

        return self._lazy(work)

    def forget_unreadable(self, paths: Iterable[Path]) -> Future[None]:
        """Drop the entries of unreadable files that are no longer there."""
        raw = [(path_bytes(path),) for path in paths]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.executemany("DELETE FROM unreadable WHERE path = ?", raw)
            touched.add((), Kind.PHOTOS)

        return self._lazy(work)

    def mark_missing(self, photo_ids: Iterable[int]) -> Future[None]:
        """Their files are gone; everything known is kept for when they turn up again.

        Photos whose content hash was not known are forgotten: they could not be recognised.
        """
        return self._mark(list(photo_ids), missing=True)

    def mark_found(self, photo_ids: Iterable[int]) -> Future[None]:
        """Missing photos whose files are back unchanged."""
        return self._mark(list(photo_ids), missing=False)

    def _mark(self, ids: list[int], *, missing: bool) -> Future[None]:
        def work(c: sqlite3.Connection, touched: Touched) -> None:
            if ids:
                _set_missing(c, ids, missing)
                rows_sql.make_stale(c, rows_sql.LESS_PHOTOS if missing else RESULT_KINDS)
                touched.add(ids, *VIEWS)

        return self._lazy(work)

    def restamp(self, photo_id: int, stamp: FileStamp) -> Future[None]:
        """The file was touched, its content is the same: take the new size and time, keep the rest.

        Which copy is kept may depend on the time.
        """

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            rows_sql.place(c, photo_id, None, stamp)
            rows_sql.make_stale(c, (Kind.DUPLICATES,))
            touched.add((photo_id,), Kind.PHOTOS)

        return self._lazy(work)

    def move_photo(self, photo_id: int, root_id: int, stamp: FileStamp) -> Future[None]:
        """The same content stands at another path now: the photo keeps its id and everything known."""

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            rows_sql.place(c, photo_id, root_id, stamp)
            rows_sql.make_stale(c)
            touched.add((photo_id,), *VIEWS)

        return self._lazy(work)

    def copy_known(self, from_id: int, root_id: int, stamp: FileStamp) -> Future[int]:
        """An exact copy of a known photo at another path: a new photo with everything known copied.

        Answers the new photo's id. Fails with LookupError when ``from_id`` is gone by now.
        """

        def work(c: sqlite3.Connection, touched: Touched) -> int:
            photo_id = rows_sql.copy(c, from_id, root_id, stamp)
            rows_sql.make_stale(c)
            touched.add((photo_id,), *VIEWS)
            return photo_id

        return self._lazy(work)

    def forget(self, photo_ids: Iterable[int]) -> None:
        """Delete the rows of photos. Files, decisions and thumbnails stay."""
        ids = list(photo_ids)

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            rows_sql.forget(c, ids)
            rows_sql.make_stale(c, rows_sql.LESS_PHOTOS)
            touched.add(ids, *VIEWS)

        self._blocking(work)


def _set_missing(c: sqlite3.Connection, ids: Iterable[int], missing: bool) -> None:
    """Only between present and missing; a trashed photo stays trashed."""
    if missing:
        rows_sql.forget(c, [photo_id for photo_id in ids if _look(c, photo_id) is Look.HEAD])
    since = now() if missing else None
    new, old = (MISSING, PRESENT) if missing else (PRESENT, MISSING)
    free = "NOT EXISTS (SELECT 1 FROM photos o WHERE o.path = photos.path AND o.state = 0)"
    allowed = "" if missing else f" AND {free}"
    c.executemany(
        f"UPDATE photos SET state = ?, missing_since = ? WHERE id = ? AND state = ?{allowed}",
        [(new, since, photo_id, old) for photo_id in ids],
    )


def _look(c: sqlite3.Connection, photo_id: int) -> Look:
    row = c.execute("SELECT look FROM photos WHERE id = ? AND state = 0", (photo_id,)).fetchone()
    return Look.FULL if row is None else Look(row[0])


def _add_root(c: sqlite3.Connection, touched: Touched, folder: Path, watched: bool, protected: bool) -> Root:
    raw = path_bytes(folder)
    known = c.execute("SELECT id, watched, protected FROM roots WHERE path = ?", (raw,)).fetchone()
    if known is not None:
        photos = c.execute(
            "SELECT count(*) FROM photos WHERE root_id = ? AND state = 0", (known[0],)
        ).fetchone()[0]
        return Root(known[0], folder, bool(known[1]), bool(known[2]), photos)
    for (other,) in c.execute("SELECT path FROM roots").fetchall():
        if folder.is_relative_to(os.fsdecode(other)):
            raise UsageProblem(f"{folder} is inside {os.fsdecode(other)}, which is in the library already.")
    start, end = below(folder)
    inner = c.execute("SELECT id, protected FROM roots WHERE path >= ? AND path < ?", (start, end)).fetchall()
    protected = protected or any(row[1] for row in inner)
    cursor = c.execute(
        "INSERT INTO roots (path, watched, protected, added_at) VALUES (?, ?, ?, ?)",
        (raw, watched, protected, now()),
    )
    root_id = int(cursor.lastrowid or 0)
    moved = []
    for inner_id, _ in inner:
        moved += [row[0] for row in c.execute("SELECT id FROM photos WHERE root_id = ?", (inner_id,))]
        for table in ("photos", "folders", "unreadable"):
            c.execute(f"UPDATE {table} SET root_id = ? WHERE root_id = ?", (root_id, inner_id))
        c.execute("DELETE FROM roots WHERE id = ?", (inner_id,))
    touched.add(moved, Kind.FOLDERS)
    photos = c.execute("SELECT count(*) FROM photos WHERE root_id = ? AND state = 0", (root_id,)).fetchone()[
        0
    ]
    return Root(root_id, folder, watched, protected, photos)
