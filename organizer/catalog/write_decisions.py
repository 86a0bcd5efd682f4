"""Requests of the writer about what the person decided. Each is one journal entry that can be undone and
redone.

Decisions hang on content hashes: they hold for every file with these bytes, now and later. The journal
keeps the rows before and after; undo writes those before, redo those after.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.journal_rows import open_action
from organizer.catalog.rows import marks
from organizer.catalog.values import ActionKind, ActionState, now
from organizer.catalog.writer_core import Touched, WriterCore
from organizer.events import Kind
from organizer.results import Reason

_TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # table -> key columns, value columns
    "category_moves": (("content_hash",), ("category", "at")),
    "user_captions": (("content_hash",), ("text", "at")),
    "dismissed_flags": (("content_hash", "reason"), ("at",)),
    "choices": (("content_hash",), ("choice", "at")),
    "not_duplicates": (("first", "second"), ("at",)),
    "keep_both": (("members",), ("at",)),
    "category_edits": (("category",), ("own", "hidden", "parent", "names", "prompts", "at")),
    "category_examples": (("content_hash", "category"), ("sign", "at")),
    "captions": (("photo_id",), ("text", "source")),
    "topics": (("key",), ("words", "name", "by_user", "model", "width", "centres", "reach", "photos")),
}
_SHOWN: dict[ActionKind, tuple[Kind, ...]] = {  # what a view has to read again
    ActionKind.CATEGORY: (Kind.CATEGORIES,),
    ActionKind.CAPTION: (Kind.CAPTIONS,),
    ActionKind.DISMISS: (Kind.QUALITY,),
    ActionKind.CHOICE: (Kind.PHOTOS, Kind.HIGHLIGHTS, Kind.QUALITY),
    ActionKind.KEEP_BOTH: (Kind.DUPLICATES,),
    ActionKind.NOT_DUPLICATES: (Kind.DUPLICATES,),
    ActionKind.VOCABULARY: (Kind.CATEGORIES,),
    ActionKind.EXAMPLES: (Kind.CATEGORIES,),
    ActionKind.DESCRIBE: (Kind.CAPTIONS,),
    ActionKind.TOPIC: (Kind.TOPICS,),
}
_STALE: dict[ActionKind, tuple[Kind, ...]] = {  # what an analysis has to make again
    ActionKind.CATEGORY: (Kind.CATEGORIES, Kind.HIGHLIGHTS),
    ActionKind.CAPTION: (Kind.TOPICS,),
    ActionKind.DISMISS: (Kind.QUALITY, Kind.HIGHLIGHTS),
    ActionKind.CHOICE: (Kind.DUPLICATES, Kind.HIGHLIGHTS),
    ActionKind.KEEP_BOTH: (Kind.DUPLICATES,),
    ActionKind.NOT_DUPLICATES: (Kind.DUPLICATES,),
    ActionKind.VOCABULARY: (Kind.CATEGORIES, Kind.HIGHLIGHTS),
    ActionKind.EXAMPLES: (Kind.CATEGORIES, Kind.HIGHLIGHTS),
    ActionKind.DESCRIBE: (Kind.TOPICS,),
    ActionKind.TOPIC: (Kind.TOPICS,),
}

Change = tuple[str, tuple[Any, ...], tuple[Any, ...] | None]  # table, key, values wanted (None: no row)


class DecisionWrites(WriterCore):
    """All block until committed, and return the id of the journal's action.

    Photo ids that the catalogue does not know are passed over, and so are photos whose content hash is not
    known yet (``records.Look.HEAD``): there is nothing yet that a decision could hang on.
    """

    def move_to_category(self, photo_ids: Iterable[int], category: str | None, why: str = "") -> int:
        """The photos belong there; None takes the decision back."""
        ids = list(photo_ids)
        values = None if category is None else (category, now())
        return self._by_photo(ActionKind.CATEGORY, why, ids, "category_moves", [((), values)])

    def set_caption(self, photo_id: int, text: str | None, why: str = "") -> int:
        """The person's own words; None or blank text gives the machine's caption back."""
        clean = (text or "").strip().replace("\0", "")
        values = (clean, now()) if clean else None
        return self._by_photo(ActionKind.CAPTION, why, [photo_id], "user_captions", [((), values)])

    def dismiss_flags(
        self, photo_ids: Iterable[int], reasons: Iterable[Reason], *, dismissed: bool = True, why: str = ""
    ) -> int:
        """These photos are not to be flagged for these reasons again (or are, with ``dismissed=False``)."""
        values = (now(),) if dismissed else None
        wanted = [((str(reason),), values) for reason in reasons]
        return self._by_photo(ActionKind.DISMISS, why, list(photo_ids), "dismissed_flags", wanted)

    def set_choice(self, photo_ids: Iterable[int], choice: int, why: str = "") -> int:
        """1 picks, -1 rejects, 0 clears."""
        if choice not in (-1, 0, 1):
            raise ValueError(f"a choice is -1, 0 or 1, not {choice}")
        values = (choice, now()) if choice else None
        return self._by_photo(ActionKind.CHOICE, why, list(photo_ids), "choices", [((), values)])

    def keep_both(self, content_hashes: Sequence[bytes], why: str = "") -> int:
        """Keep this stack whole until another photo joins it; hashes repeated for files with the same
        bytes.
        """
        changes = [_whole(content_hashes)]
        return self._decide(ActionKind.KEEP_BOTH, why, _with_pixels(content_hashes, changes))

    def not_duplicates(
        self, pairs: Iterable[tuple[bytes, bytes]], why: str = "", *, alike: Iterable[Sequence[bytes]] = ()
    ) -> int:
        """These pairs are never to be in one stack again.

        Args:
            alike: content hashes, with repeats, of files among them that show the very same: to say that
                they are no duplicates means to keep them all, until another one joins.
        """
        keys = sorted({(min(pair), max(pair)) for pair in pairs})
        wholes = [_whole(hashes) for hashes in alike]
        changes: list[Change] = [*(("not_duplicates", key, (now(),)) for key in keys), *wholes]
        hashes = {value for key in keys for value in key}
        return self._decide(ActionKind.NOT_DUPLICATES, why, _with_pixels(hashes, changes))

    def undo_decision(self, action_id: int) -> None:
        """Write the rows that were there before. A trash action is undone by ``organizer.actions`` alone.

        Raises:
            LookupError: no such decision, or it is undone already.
        """
        self._blocking(
            lambda c, touched: _replay(c, touched, action_id, ActionState.DONE, ActionState.UNDONE)
        )

    def redo_decision(self, action_id: int) -> None:
        """Write the rows that the decision made.

        Raises:
            LookupError: no such decision, or it is not undone.
        """
        self._blocking(
            lambda c, touched: _replay(c, touched, action_id, ActionState.UNDONE, ActionState.DONE)
        )

    def _by_photo(
        self,
        kind: ActionKind,
        why: str,
        ids: list[int],
        table: str,
        wanted: list[tuple[tuple[Any, ...], tuple[Any, ...] | None]],
    ) -> int:
        def changes(c: sqlite3.Connection) -> tuple[list[int], list[Change]]:
            hashes: dict[bytes, None] = {}
            for photo_id in ids:
                row = c.execute(
                    "SELECT content_hash FROM photos WHERE id = ? AND look > 0", (photo_id,)
                ).fetchone()
                if row is not None:
                    hashes[row[0]] = None
            return ids, [
                (table, (content_hash, *rest), values) for content_hash in hashes for rest, values in wanted
            ]

        return self._decide(kind, why, changes)

    def _decide(self, kind: ActionKind, why: str, changes_of: Any) -> int:
        def work(c: sqlite3.Connection, touched: Touched) -> int:
            ids, changes = changes_of(c)
            log = []
            for table, key, values in changes:
                log.append([table, _packed(key), _packed(_current(c, table, key)), _packed(values)])
                _put(c, table, key, values)
            action_id = open_action(c, kind, why, json.dumps(log))
            rows_sql.make_stale(c, _STALE[kind])
            touched.add(ids, *_SHOWN[kind])
            return action_id

        return self._blocking(work, durable=True)


def _whole(content_hashes: Sequence[bytes]) -> Change:
    return "keep_both", (b"".join(sorted(content_hashes)),), (now(),)


def _with_pixels(
    content_hashes: Iterable[bytes], changes: list[Change]
) -> Callable[[sqlite3.Connection], tuple[list[int], list[Change]]]:
    """The changes; what the files show is remembered beside them. It is a fact, and stays when they go."""
    rows = [(value,) for value in set(content_hashes)]

    def work(c: sqlite3.Connection) -> tuple[list[int], list[Change]]:
        c.executemany(
            "INSERT OR IGNORE INTO decided_pixels SELECT content_hash, pixel_hash FROM photos "
            "WHERE content_hash = ? AND pixel_hash IS NOT NULL LIMIT 1",
            rows,
        )
        return [], changes

    return work


def _replay(
    c: sqlite3.Connection, touched: Touched, action_id: int, expected: ActionState, then: ActionState
) -> None:
    row = c.execute(
        "SELECT kind, changes FROM actions WHERE id = ? AND state = ?", (action_id, str(expected))
    ).fetchone()
    if row is None or row[0] == ActionKind.TRASH:
        raise LookupError(f"action {action_id} is not a decision that is {expected}")
    kind = ActionKind(row[0])
    ids: set[int] = set()
    log = _described(c, action_id) if kind is ActionKind.DESCRIBE else json.loads(row[1])
    c.execute("DELETE FROM describing WHERE action_id = ?", (action_id,))  # what still waits for its sentence
    for table, key, before, after in log if then is ActionState.DONE else reversed(log):
        values = after if then is ActionState.DONE else before
        unpacked = _unpacked(key)
        assert unpacked is not None
        _put(c, table, unpacked, _unpacked(values))
        if _TABLES[table][0][0] == "content_hash":
            found = c.execute("SELECT id FROM photos WHERE content_hash = ?", (unpacked[0],))
            ids.update(photo[0] for photo in found)
        elif table == "captions":
            ids.add(unpacked[0])
    c.execute("UPDATE actions SET state = ? WHERE id = ?", (str(then), action_id))
    rows_sql.make_stale(c, _STALE[kind])
    touched.add(ids, *_SHOWN[kind])


def _described(c: sqlite3.Connection, action_id: int) -> list[list[Any]]:
    """The changes of an action of which each photo's is a row (``write_captions``)."""
    rows = c.execute(
        "SELECT photo_id, text_before, source_before, text, source FROM description_changes "
        "WHERE action_id = ?",
        (action_id,),
    )
    return [
        ["captions", [photo_id], None if source is None else [text, source], list(after)]
        for photo_id, text, source, *after in rows.fetchall()
    ]


def _current(c: sqlite3.Connection, table: str, key: tuple[Any, ...]) -> tuple[Any, ...] | None:
    keys, values = _TABLES[table]
    where = " AND ".join(f"{column} = ?" for column in keys)
    row: tuple[Any, ...] | None = c.execute(
        f"SELECT {', '.join(values)} FROM {table} WHERE {where}", key
    ).fetchone()
    return row


def _put(c: sqlite3.Connection, table: str, key: tuple[Any, ...], values: tuple[Any, ...] | None) -> None:
    keys, columns = _TABLES[table]
    if table == "captions":
        _put_caption(c, key[0], values)
    elif values is None:
        c.execute(f"DELETE FROM {table} WHERE {' AND '.join(f'{column} = ?' for column in keys)}", key)
    else:
        names = ", ".join((*keys, *columns))
        c.execute(
            f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks(len(keys) + len(columns))})",
            (*key, *values),
        )
    if table == "user_captions":
        _index_captions(c, key[0])


def _put_caption(c: sqlite3.Connection, photo_id: int, values: tuple[Any, ...] | None) -> None:
    """What a captioner said of a photo, which may be gone by now."""
    row = c.execute("SELECT content_hash FROM photos WHERE id = ?", (photo_id,)).fetchone()
    if row is None:
        return
    c.execute("DELETE FROM captions WHERE photo_id = ?", (photo_id,))
    if values is not None:
        c.execute("INSERT INTO captions (photo_id, text, source) VALUES (?, ?, ?)", (photo_id, *values))
    _index_captions(c, row[0])


def _index_captions(c: sqlite3.Connection, content_hash: bytes) -> None:
    rows = c.execute(
        "SELECT p.id, coalesce(u.text, k.text) FROM photos p LEFT JOIN captions k ON k.photo_id = p.id "
        "LEFT JOIN user_captions u ON u.content_hash = p.content_hash WHERE p.content_hash = ?",
        (content_hash,),
    ).fetchall()
    for photo_id, text in rows:
        rows_sql.index_caption(c, photo_id, text)


def _packed(values: tuple[Any, ...] | None) -> list[Any] | None:
    if values is None:
        return None
    return [{"hex": value.hex()} if isinstance(value, bytes) else value for value in values]


def _unpacked(values: list[Any] | None) -> tuple[Any, ...] | None:
    if values is None:
        return None
    return tuple(bytes.fromhex(value["hex"]) if isinstance(value, dict) else value for value in values)
