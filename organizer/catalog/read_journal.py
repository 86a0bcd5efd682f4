"""Questions about the journal: what can be undone, what lies in the trash, what was left half done."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from organizer.catalog.journal_rows import FOUND
from organizer.catalog.reader_core import IN_IDS, ReaderCore, Row, id_list
from organizer.catalog.rows import path_of
from organizer.catalog.values import Action, ActionKind, ActionState, ItemState, TrashItem

_ACTION = "SELECT id, at, kind, why, state FROM actions"
_DONE_BY_SOMEONE = f"changes <> '{FOUND}'"
_ITEM = (
    "SELECT id, action_id, companion_of, photo_id, original, trashed, size, mtime_ns, content_hash, state, "
    "survivors, at FROM trash_items"
)


IN_TRASH = """i.state = 'trashed' AND (i.companion_of IS NULL OR NOT EXISTS (SELECT 1 FROM trash_items m
    WHERE m.id = i.companion_of AND m.state IN ('planned', 'trashed', 'restoring', 'emptying')))"""


class JournalReads(ReaderCore):
    def action(self, action_id: int) -> Action | None:
        row = self._row(f"{_ACTION} WHERE id = ?", (action_id,))
        return None if row is None else _action(row)

    def last_undoable(self) -> Action | None:
        """The newest action that stands: what Undo takes back."""
        row = self._row(f"{_ACTION} WHERE state = 'done' AND {_DONE_BY_SOMEONE} ORDER BY id DESC LIMIT 1")
        return None if row is None else _action(row)

    def last_redoable(self) -> Action | None:
        """The action that Redo does again: the oldest undone one after the newest that stands."""
        row = self._row(
            f"{_ACTION} WHERE state = 'undone' AND {_DONE_BY_SOMEONE} AND id > (SELECT coalesce(max(id), 0) "
            f"FROM actions WHERE state = 'done' AND {_DONE_BY_SOMEONE}) ORDER BY id LIMIT 1"
        )
        return None if row is None else _action(row)

    def items(self, action_id: int) -> list[TrashItem]:
        """The files of a trash action, photos and companions, in the order they were moved."""
        return [_item(row) for row in self._rows(f"{_ITEM} WHERE action_id = ? ORDER BY id", (action_id,))]

    def items_by_id(self, item_ids: Iterable[int]) -> list[TrashItem]:
        return [
            _item(row) for row in self._rows(f"{_ITEM} WHERE id {IN_IDS} ORDER BY id", (id_list(item_ids),))
        ]

    def companions(self, item_ids: Iterable[int]) -> list[TrashItem]:
        """The sidecars and videos that went with these photos."""
        return [
            _item(row)
            for row in self._rows(f"{_ITEM} WHERE companion_of {IN_IDS} ORDER BY id", (id_list(item_ids),))
        ]

    def trash(self) -> list[TrashItem]:
        """What stands for itself in the trash, newest first: photos, and companions whose photo is there
        no more.
        """
        rows = self._rows(f"{_ITEM} i WHERE {IN_TRASH} ORDER BY id DESC")
        return [_item(row) for row in rows]

    def unsettled(self) -> list[TrashItem]:
        """Items of which the journal does not know how they ended: the program stopped in between."""
        rows = self._rows(f"{_ITEM} WHERE state IN ('planned', 'restoring', 'emptying') ORDER BY id")
        return [_item(row) for row in rows]

    def in_trash(self) -> list[TrashItem]:
        """Every file of which the journal says that it lies in a trash folder or may lie there."""
        live = "('planned', 'trashed', 'restoring', 'emptying')"
        return [_item(row) for row in self._rows(f"{_ITEM} WHERE state IN {live} ORDER BY id")]

    def item_of(self, photo_id: int) -> TrashItem | None:
        """The item of a photo that is in the trash."""
        row = self._row(f"{_ITEM} WHERE photo_id = ? AND state = 'trashed' ORDER BY id DESC", (photo_id,))
        return None if row is None else _item(row)

    def every_folder(self) -> list[tuple[int, int, Path]]:
        """(id, root, path) of the folders that hold or held photos, in the order they became known."""
        rows = self._rows("SELECT id, root_id, path FROM folders ORDER BY id")
        return [(row[0], row[1], path_of(row[2])) for row in rows]

    def trashed_paths(self) -> set[bytes]:
        """Raw paths inside trash folders that the journal knows of, whatever became of them."""
        return {row[0] for row in self._rows("SELECT trashed FROM trash_items")}


def _action(row: Row) -> Action:
    return Action(row[0], row[1], ActionKind(row[2]), row[3], ActionState(row[4]))


def _item(row: Row) -> TrashItem:
    return TrashItem(
        id=row[0],
        action_id=row[1],
        companion_of=row[2],
        photo_id=row[3],
        original=path_of(row[4]),
        trashed=path_of(row[5]),
        size=row[6],
        mtime_ns=row[7],
        content_hash=row[8],
        state=ItemState(row[9]),
        survivors=tuple(json.loads(row[10])),
        at=row[11],
    )
