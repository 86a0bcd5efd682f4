"""Requests of the writer that journal the trash: what is going to be moved, and what has been.

An item is written as planned, and synced to the drive, before its file is touched; ``organizer.actions``
moves the files and reports back. The photo's state follows its item in the same transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.journal_rows import FOUND, open_action
from organizer.catalog.reader_core import IN_IDS, id_list
from organizer.catalog.rows import path_bytes, path_of
from organizer.catalog.schema import PRESENT, TRASHED
from organizer.catalog.values import ActionKind, ItemState, now
from organizer.catalog.write_photos import VIEWS
from organizer.catalog.writer_core import Touched, WriterCore
from organizer.events import RESULT_KINDS, Kind
from organizer.records import FileStamp


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """A file that is going to the trash.

    Attributes:
        photo_id: None for a companion.
        companion_of: place of its photo in the list handed over together; None for the photo itself.
        survivors: photos that stay in its place.
    """

    original: Path
    trashed: Path
    size: int
    mtime_ns: int
    content_hash: bytes
    photo_id: int | None = None
    companion_of: int | None = None
    survivors: tuple[int, ...] = ()


class JournalWrites(WriterCore):
    """All block until committed; those that come before a move are on the drive when they return."""

    def plan_removal(
        self, why: str, planned: Sequence[PlannedItem], *, action_id: int | None = None
    ) -> tuple[int, list[int]]:
        """Write what is going to be moved, before anything is.

        Args:
            action_id: an undone action that is done again; None for a new one.

        Returns:
            The action's id, and the items' ids in the order of ``planned``.
        """

        def work(c: sqlite3.Connection, _touched: Touched) -> tuple[int, list[int]]:
            identifier = open_action(c, ActionKind.TRASH, why) if action_id is None else action_id
            again = "UPDATE actions SET state = 'done' WHERE id = ? AND state <> 'done'"
            if action_id is not None and c.execute(again, (action_id,)).rowcount:
                c.execute("DELETE FROM trash_items WHERE action_id = ? AND state = 'restored'", (action_id,))
            items: list[int] = []
            for item in planned:
                companion_of = None if item.companion_of is None else items[item.companion_of]
                items.append(_insert_item(c, identifier, item, companion_of, ItemState.PLANNED))
            return identifier, items

        return self._blocking(work, durable=True)

    def announce_items(
        self, item_ids: Iterable[int], state: ItemState, targets: Mapping[int, Path] | None = None
    ) -> None:
        """Write RESTORING or EMPTYING before the files are touched.

        Args:
            targets: item -> where it is going to be put back, where that is not its old place.
        """
        rows = [(str(state), item_id) for item_id in item_ids]
        moved = [(path_bytes(target), item_id) for item_id, target in (targets or {}).items()]

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            c.executemany("UPDATE trash_items SET state = ? WHERE id = ?", rows)
            c.executemany("UPDATE trash_items SET original = ? WHERE id = ?", moved)

        self._blocking(work, durable=True)

    def settle_items(self, outcomes: Iterable[tuple[int, ItemState]]) -> None:
        """What became of items: TRASHED, CANCELLED or GONE. The photos follow: trashed ones leave the
        views, gone ones are forgotten (the person's decisions stay)."""
        wanted = list(outcomes)

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            for item_id, state in wanted:
                c.execute("UPDATE trash_items SET state = ? WHERE id = ?", (str(state), item_id))
                _follow(c, touched, item_id, state)
            _settle_actions(c, [item_id for item_id, _ in wanted])
            _announce(c, touched)

        self._blocking(work)

    def settle_restored(self, restored: Iterable[tuple[int, FileStamp]]) -> None:
        """Items whose files are back, and where: their photos are present again with everything known."""
        wanted = list(restored)

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            for item_id, stamp in wanted:
                c.execute("UPDATE trash_items SET state = 'restored' WHERE id = ?", (item_id,))
                row = c.execute(
                    "SELECT p.id FROM trash_items i JOIN photos p ON p.id = i.photo_id AND p.state = 2 "
                    "WHERE i.id = ?",
                    (item_id,),
                ).fetchone()
                if row is not None:
                    rows_sql.place(c, row[0], _root_of(c, stamp.path), stamp)
                    touched.add((row[0],))
            _settle_actions(c, [item_id for item_id, _ in wanted])
            _announce(c, touched, RESULT_KINDS)

        self._blocking(work)

    def relocate_items(self, moved: Iterable[tuple[int, Path, Path]]) -> None:
        """Items whose trash folder is at another place now: (item, where the file was, where it lies)."""
        rows = [(path_bytes(original), path_bytes(trashed), item_id) for item_id, original, trashed in moved]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.executemany("UPDATE trash_items SET original = ?, trashed = ? WHERE id = ?", rows)
            touched.add((), Kind.TRASH)

        self._blocking(work)

    def adopt_items(self, why: str, found: Sequence[PlannedItem], vacant: Sequence[bool]) -> list[int]:
        """Take files into the journal that lie in a trash folder without being known (an older catalogue was
        restored, or the catalogue was lost). Undo passes it by: nobody did it.

        Args:
            vacant: for each whether nothing stands in its place: then it is the photo that is known there.

        Returns the items' ids.
        """

        def work(c: sqlite3.Connection, touched: Touched) -> list[int]:
            action_id = open_action(c, ActionKind.TRASH, why, FOUND)
            items: list[int] = []
            for item, is_vacant in zip(found, vacant, strict=True):
                row = c.execute(
                    "SELECT id FROM photos WHERE path = ? AND content_hash = ? AND state <> 2 ORDER BY state",
                    (path_bytes(item.original), item.content_hash),
                ).fetchone()
                companion_of = None if item.companion_of is None else items[item.companion_of]
                item_id = _insert_item(c, action_id, item, companion_of, ItemState.TRASHED)
                if row is not None and is_vacant:
                    c.execute("UPDATE trash_items SET photo_id = ? WHERE id = ?", (row[0], item_id))
                    _follow(c, touched, item_id, ItemState.TRASHED)
                items.append(item_id)
            _announce(c, touched)
            return items

        return self._blocking(work)


def _root_of(c: sqlite3.Connection, path: Path) -> int | None:
    """The root that a path lies in; the photo's own where it lies in none."""
    roots = [(path_of(raw), root_id) for root_id, raw in c.execute("SELECT id, path FROM roots").fetchall()]
    return next((root_id for root, root_id in roots if path.is_relative_to(root)), None)


def _insert_item(
    c: sqlite3.Connection, action_id: int, item: PlannedItem, companion_of: int | None, state: ItemState
) -> int:
    cursor = c.execute(
        "INSERT INTO trash_items (action_id, companion_of, photo_id, original, trashed, size, mtime_ns, "
        "content_hash, state, survivors, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            action_id, companion_of, item.photo_id, path_bytes(item.original), path_bytes(item.trashed),
            item.size, item.mtime_ns, item.content_hash, str(state), json.dumps(sorted(item.survivors)),
            now(),
        ),
    )  # fmt: skip
    return int(cursor.lastrowid or 0)


def _follow(c: sqlite3.Connection, touched: Touched, item_id: int, state: ItemState) -> None:
    row = c.execute("SELECT photo_id FROM trash_items WHERE id = ?", (item_id,)).fetchone()
    if row is None or row[0] is None:
        return
    if state is ItemState.TRASHED:
        c.execute("UPDATE photos SET state = ? WHERE id = ?", (TRASHED, row[0]))
    elif state is ItemState.GONE:
        gone = c.execute("SELECT id FROM photos WHERE id = ? AND state = ?", (row[0], TRASHED)).fetchall()
        rows_sql.forget(c, (photo[0] for photo in gone))
    elif state is ItemState.CANCELLED:
        free = "NOT EXISTS (SELECT 1 FROM photos o WHERE o.path = photos.path AND o.state = 0)"
        c.execute(
            f"UPDATE photos SET state = ? WHERE id = ? AND state = ? AND {free}", (PRESENT, row[0], TRASHED)
        )
    touched.add((row[0],))


def _settle_actions(c: sqlite3.Connection, item_ids: list[int]) -> None:
    """Done while a photo of it is in the trash; undone when all are back, or abandoned where a later action
    stands (they were put back by hand, out of turn); final when nothing can be undone.
    """
    rows = c.execute(f"SELECT DISTINCT action_id FROM trash_items WHERE id {IN_IDS}", (id_list(item_ids),))
    for (action_id,) in rows.fetchall():
        c.execute(
            f"""UPDATE actions SET state = (SELECT CASE
                WHEN sum(i.state IN ('planned', 'trashed', 'restoring', 'emptying')) > 0 THEN 'done'
                WHEN sum(i.state = 'restored') = 0 THEN 'final'
                WHEN EXISTS (SELECT 1 FROM actions a WHERE a.id > actions.id AND a.state = 'done'
                    AND a.changes <> '{FOUND}')
                THEN 'abandoned' ELSE 'undone' END
                FROM trash_items i WHERE i.action_id = actions.id AND i.companion_of IS NULL)
            WHERE id = ?""",
            (action_id,),
        )


def _announce(c: sqlite3.Connection, touched: Touched, stale: Iterable[Kind] = rows_sql.LESS_PHOTOS) -> None:
    rows_sql.make_stale(c, stale)
    touched.add((), *VIEWS, Kind.TRASH)
