"""Questions about roots, folders and photos. Trashed photos are never answered unless the method says so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.read_journal import IN_TRASH
from organizer.catalog.reader_core import IN_IDS, ReaderCore, id_list
from organizer.catalog.rows import MEASURES, PHOTO_COLUMNS, below, day_of, path_bytes, path_of, photo_of
from organizer.catalog.values import CatalogCounts, FolderCount, Known
from organizer.catalog.words import match_expressions
from organizer.events import Kind
from organizer.records import MEASURES_VERSION, FileStamp, Look, Measurements, Photo, Root, Unreadable

_PHOTO = ", ".join(f"p.{column}" for column in PHOTO_COLUMNS)


class PhotoReads(ReaderCore):
    def roots(self) -> list[Root]:
        """All roots by path, each with its number of present photos."""
        rows = self._rows(
            "SELECT r.id, r.path, r.watched, r.protected, "
            "(SELECT count(*) FROM photos p WHERE p.root_id = r.id AND p.state = 0) "
            "FROM roots r ORDER BY r.path"
        )
        return [Root(row[0], path_of(row[1]), bool(row[2]), bool(row[3]), row[4]) for row in rows]

    def folders(self) -> list[FolderCount]:
        """Every folder that directly holds present photos, by path."""
        rows = self._rows(
            "SELECT f.path, p.root_id, count(*) FROM photos p JOIN folders f ON f.id = p.folder_id "
            "WHERE p.state = 0 GROUP BY p.folder_id, p.root_id ORDER BY f.path"
        )
        return [FolderCount(path_of(row[0]), row[1], row[2]) for row in rows]

    def photo_ids(
        self,
        *,
        folder: Path | None = None,
        root_id: int | None = None,
        text: str = "",
        since: float | None = None,
        until: float | None = None,
        formats: Iterable[str] = (),
        missing: bool = False,
    ) -> NDArray[np.int64]:
        """Ids of present photos, newest first (by the time taken, else the file's time).

        Args:
            folder: this folder and everything below it.
            text: words of the name, folder, camera or caption; every word must match.
            since, until: seconds of local time as ``rows.taken_seconds`` gives them; until is exclusive.
            formats: upper-case format names; none means all.
            missing: the missing photos instead of the present ones.
        """
        conditions, values = ["p.state = ?"], [1 if missing else 0]
        filters: list[tuple[str, list[object]]] = []
        if folder is not None:
            start, end = below(folder)
            inside = "p.folder_id IN (SELECT id FROM folders WHERE path = ? OR (path >= ? AND path < ?))"
            filters.append((inside, [path_bytes(folder), start, end]))
        if root_id is not None:
            filters.append(("p.root_id = ?", [root_id]))
        if since is not None:
            filters.append(("p.sort_time >= ?", [since]))
        if until is not None:
            filters.append(("p.sort_time < ?", [until]))
        wanted = list(formats)
        if wanted:
            filters.append((f"p.format IN ({', '.join('?' * len(wanted))})", list(wanted)))
        if text.strip():
            filters.append((f"p.id {IN_IDS}", [id_list(self.matching(text))]))
        all_values: list[object] = list(values)
        for condition, more in filters:
            conditions.append(condition)
            all_values += more
        return self._ids(
            f"SELECT p.id FROM photos p WHERE {' AND '.join(conditions)} "
            "ORDER BY p.sort_time DESC, p.id DESC",
            all_values,
        )

    def matching(self, text: str) -> set[int]:
        """Ids of photos (in any state) whose name, folder, camera or caption holds every word of ``text``.

        Korean, Chinese and Japanese text is found anywhere inside a word, other text by the beginning
        of words. Empty when the text has no word.
        """
        found: set[int] | None = None
        for expression in match_expressions(text):
            rows = self._rows(
                "SELECT rowid FROM photo_words WHERE photo_words MATCH ?1 "
                "UNION SELECT rowid FROM caption_words WHERE caption_words MATCH ?1",
                (expression,),
            )
            ids = {row[0] for row in rows}
            found = ids if found is None else found & ids
        return found or set()

    def photos(self, ids: Iterable[int]) -> dict[int, Photo]:
        """The photos with these ids in the order given, trashed ones included; unknown ids are left out."""
        wanted = [int(identifier) for identifier in ids]
        rows = self._rows(f"SELECT {_PHOTO} FROM photos p WHERE p.id {IN_IDS}", (id_list(wanted),))
        found = {row[0]: photo_of(row) for row in rows}
        return {identifier: found[identifier] for identifier in wanted if identifier in found}

    def photo_at(self, path: Path) -> Photo | None:
        """The photo at a path: the present one, else the missing one that was known first."""
        row = self._row(
            f"SELECT {_PHOTO} FROM photos p WHERE p.path = ? AND p.state <> 2 ORDER BY p.state, p.id",
            (path_bytes(path),),
        )
        return None if row is None else photo_of(row)

    def with_content(self, content_hash: bytes) -> list[Photo]:
        """Photos with exactly these bytes, present ones first, then missing ones; oldest row first."""
        rows = self._rows(
            f"SELECT {_PHOTO} FROM photos p WHERE p.content_hash = ? AND p.state <> 2 ORDER BY p.state, p.id",
            (content_hash,),
        )
        return [photo_of(row) for row in rows]

    def content_hashes(self, ids: Iterable[int]) -> dict[int, bytes]:
        """id -> content hash, trashed photos included; photos whose content is not known yet are left out."""
        rows = self._rows(
            f"SELECT id, content_hash FROM photos WHERE look > 0 AND id {IN_IDS}", (id_list(ids),)
        )
        return {row[0]: row[1] for row in rows}

    def files_named(self, ids: Iterable[int]) -> dict[int, tuple[bytes, bytes | None]]:
        """id -> (content hash, pixel hash) of the same photos; None where what a file shows has no hash."""
        rows = self._rows(
            f"SELECT id, content_hash, pixel_hash FROM photos WHERE look > 0 AND id {IN_IDS}", (id_list(ids),)
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def thumbnail_key(self, photo_id: int) -> bytes | None:
        """Under which key the thumbnail store has this photo; None for an id that is not known."""
        row = self._row("SELECT content_hash FROM photos WHERE id = ?", (photo_id,))
        return None if row is None else row[0]

    def first_looks(self, *, unhashed: bool = False, present: bool = False) -> set[int]:
        """Ids of photos of which only the head was read.

        Args:
            unhashed: only those whose content hash is not known. present: only those at their place.
        """
        below = Look.HASHED if unhashed else Look.FULL
        there = " AND state = 0" if present else ""
        return {
            row[0] for row in self._rows(f"SELECT id FROM photos WHERE look < 2 AND look < {below:d}{there}")
        }

    def present(self, ids: Iterable[int]) -> set[int]:
        """Those of the ids whose photos are neither missing nor in the trash."""
        return {
            row[0]
            for row in self._rows(f"SELECT id FROM photos WHERE state = 0 AND id {IN_IDS}", (id_list(ids),))
        }

    def days(self, ids: Iterable[int]) -> dict[int, str]:
        """ISO day ("2024-05-01") that each photo is sorted under; "" where no calendar has it."""
        rows = self._rows(f"SELECT id, sort_time FROM photos WHERE id {IN_IDS}", (id_list(ids),))
        return {row[0]: day_of(row[1]) for row in rows}

    def stamps(self, root_id: int | None = None) -> dict[bytes, Known]:
        """Raw path (``os.fsencode``) -> what is known there: photos and unreadable files of a root, or of
        all.
        """
        here, values = ("", ()) if root_id is None else (" AND root_id = ?", (root_id,))
        photos = self._rows(
            f"SELECT path, id, size, mtime_ns, state FROM photos WHERE state <> 2{here} ORDER BY state DESC",
            values,
        )
        known = {row[0]: Known(row[1], row[2], row[3], row[4] == 1) for row in photos}
        unreadable = self._rows(f"SELECT path, size, mtime_ns FROM unreadable WHERE 1{here}", values)
        known.update((row[0], Known(None, row[1], row[2], False)) for row in unreadable)
        return known

    def unreadable(self) -> list[Unreadable]:
        """The files that could not be read, by path."""
        rows = self._rows(
            "SELECT path, size, mtime_ns, reason, sentence, content_hash FROM unreadable ORDER BY path"
        )
        return [
            Unreadable(FileStamp(path_of(row[0]), row[1], row[2]), row[3], row[4], row[5]) for row in rows
        ]

    def measurements(self, photo_id: int) -> Measurements | None:
        row = self._row(
            f"SELECT {', '.join(MEASURES)} FROM measurements WHERE photo_id = ? AND version = ?",
            (photo_id, MEASURES_VERSION),
        )
        return (
            None
            if row is None
            else Measurements(*(float("nan") if value is None else value for value in row))
        )

    def stale(self) -> set[Kind]:
        """The kinds of results that no longer fit the photos or the decisions."""
        return {Kind(row[0]) for row in self._rows("SELECT kind FROM generations WHERE done < wanted")}

    def generation(self, kind: Kind) -> int:
        """To be read before an analysis begins and handed to ``store_...`` after it: what came in
        between keeps the kind stale."""
        return self._number("SELECT wanted FROM generations WHERE kind = ?", (str(kind),))

    def results_model(self, kind: Kind) -> str:
        """Key of the model that the stored results of a kind came from; "" if none."""
        row = self._row("SELECT model FROM generations WHERE kind = ?", (str(kind),))
        return "" if row is None else str(row[0])

    def fact(self, name: str) -> str | None:
        """A small fact that ``set_fact`` kept."""
        row = self._row("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def counts(self) -> CatalogCounts:
        """How much there is to see of each kind."""
        row = self._row(_COUNTS)
        assert row is not None
        return CatalogCounts(*(int(value) for value in row))


def may_be_flagged(reason: str) -> str:
    """SQL, true of a photo ``p`` that the person did not pick, nor dismiss its flag for a reason."""
    return f"""NOT EXISTS (SELECT 1 FROM dismissed_flags d
            WHERE d.content_hash = p.content_hash AND d.reason = {reason})
        AND NOT EXISTS (SELECT 1 FROM choices k WHERE k.content_hash = p.content_hash AND k.choice > 0)"""


_COUNTS = f"""SELECT
    (SELECT count(*) FROM photos WHERE state = 0),
    (SELECT count(*) FROM photos WHERE state = 1),
    (SELECT count(*) FROM unreadable),
    (SELECT count(DISTINCT coalesce(m.category, c.category)) FROM categories c
        JOIN photos p ON p.id = c.photo_id AND p.state = 0
        LEFT JOIN category_moves m ON m.content_hash = p.content_hash),
    (SELECT count(*) FROM (SELECT 1 FROM stack_members s JOIN photos p ON p.id = s.photo_id AND p.state = 0
        GROUP BY s.stack_id HAVING count(*) > 1)),
    (SELECT count(*) FROM picks k JOIN photos p ON p.id = k.photo_id AND p.state = 0),
    (SELECT count(DISTINCT f.photo_id) FROM flags f JOIN photos p ON p.id = f.photo_id AND p.state = 0
        WHERE {may_be_flagged("f.reason")}),
    (SELECT count(*) FROM photos p WHERE p.state = 0 AND (
        EXISTS (SELECT 1 FROM captions c WHERE c.photo_id = p.id)
        OR EXISTS (SELECT 1 FROM user_captions u WHERE u.content_hash = p.content_hash))),
    (SELECT count(*) FROM trash_items i WHERE {IN_TRASH})
"""
