"""Requests of the writer about sentences that captioners write: those asked for, those made in idle time.

What the person asked for is one journal entry, however many batches it takes: each batch keeps what stood
there before in ``description_changes``, so that undo gives it back, also after a restart and half-way.
What still waits stays in ``describing`` until it is done, stopped or undone. Sentences made in idle time
are in no journal, like every other result.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.journal_rows import open_action
from organizer.catalog.values import ActionKind
from organizer.catalog.writer_core import Touched, WriterCore
from organizer.events import Kind
from organizer.results import Caption


class CaptionWrites(WriterCore):
    """All block until committed."""

    def ask_captions(self, photo_ids: Iterable[int], why: str) -> tuple[int | None, int]:
        """Let photos wait for a sentence; those with one of the person's own are passed over.

        Returns:
            Id of the journal's action, None where nothing is to be done, and how many photos wait.
        """
        ids = list(dict.fromkeys(photo_ids))

        def work(c: sqlite3.Connection, touched: Touched) -> tuple[int | None, int]:
            free = [photo_id for photo_id in ids if _is_free(c, photo_id)]
            if not free:
                return None, 0
            action_id = open_action(c, ActionKind.DESCRIBE, why, "[]")
            c.executemany(
                "INSERT OR REPLACE INTO describing (photo_id, action_id) VALUES (?, ?)",
                [(photo_id, action_id) for photo_id in free],
            )
            touched.add((), Kind.CAPTIONS)
            return action_id, len(free)

        return self._blocking(work, durable=True)

    def store_described(self, found: Iterable[Caption], captioner: str, *, asked: bool) -> int:
        """Keep what a captioner said of some photos; an empty text says that it looked and found no words.

        Args:
            captioner: its name and revision, so that photos are not looked at twice by the same one.
            asked: the person asked for these: what no longer waits, because it was stopped or undone
                meanwhile, is left as it is, and the rest can be undone.

        Returns:
            How many sentences were kept.
        """
        said = [one for one in found if one.source != "user"]

        def work(c: sqlite3.Connection, touched: Touched) -> int:
            count = 0
            for one in said:
                row = c.execute(
                    "SELECT action_id FROM describing WHERE photo_id = ?", (one.photo_id,)
                ).fetchone()
                if (asked and row is None) or not _is_there(c, one.photo_id):
                    continue
                _mark(c, one.photo_id, captioner)
                if not one.text:
                    continue
                _say(c, one, row[0] if row is not None else None)
                touched.add((one.photo_id,))
                count += 1
            if count:
                rows_sql.make_stale(c, (Kind.TOPICS,))
            touched.add((), Kind.CAPTIONS)
            return count

        return self._blocking(work)

    def stop_describing(self) -> None:
        """Nothing waits any more; what was said so far stays."""

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            waiting = [row[0] for row in c.execute("SELECT DISTINCT action_id FROM describing")]
            c.execute("DELETE FROM describing")
            c.executemany(
                "DELETE FROM actions WHERE id = ? AND NOT EXISTS "
                "(SELECT 1 FROM description_changes d WHERE d.action_id = actions.id)",
                [(one,) for one in waiting],
            )
            touched.add((), Kind.CAPTIONS)

        self._blocking(work)


def _is_there(c: sqlite3.Connection, photo_id: int) -> bool:
    return c.execute("SELECT 1 FROM photos WHERE id = ?", (photo_id,)).fetchone() is not None


def _is_free(c: sqlite3.Connection, photo_id: int) -> bool:
    """Whether the photo is known and has no words of the person's own."""
    return (
        c.execute(
            "SELECT 1 FROM photos p WHERE p.id = ? AND NOT EXISTS "
            "(SELECT 1 FROM user_captions u WHERE u.content_hash = p.content_hash)",
            (photo_id,),
        ).fetchone()
        is not None
    )


def _mark(c: sqlite3.Connection, photo_id: int, captioner: str) -> None:
    c.execute("DELETE FROM describing WHERE photo_id = ?", (photo_id,))
    c.execute("INSERT OR REPLACE INTO described (photo_id, captioner) VALUES (?, ?)", (photo_id, captioner))


def _say(c: sqlite3.Connection, one: Caption, action_id: int | None) -> None:
    """Put a sentence in its place, under the person's own; an action keeps what stood there before."""
    before = c.execute("SELECT text, source FROM captions WHERE photo_id = ?", (one.photo_id,)).fetchone()
    if action_id is not None:
        c.execute(
            "INSERT OR REPLACE INTO description_changes VALUES (?, ?, ?, ?, ?, ?)",
            (action_id, one.photo_id, *(before or (None, None)), one.text, one.source),
        )
    c.execute(
        "INSERT OR REPLACE INTO captions (photo_id, text, source) VALUES (?, ?, ?)",
        (one.photo_id, one.text, one.source),
    )
    if _is_free(c, one.photo_id):
        rows_sql.index_caption(c, one.photo_id, one.text)
