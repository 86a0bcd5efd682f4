"""Requests of the writer about sidecars: what was read from them, and the journal of what is written.

A file of a sidecar action is journaled, on the drive, before it is touched, with the bytes it had; what
undo does is decided by the bytes that are found then.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.journal_rows import open_action
from organizer.catalog.rows import path_bytes
from organizer.catalog.values import ActionKind, ActionState, SidecarRow, now
from organizer.catalog.writer_core import Touched, WriterCore
from organizer.events import Kind
from organizer.records import SidecarFields


class SidecarWrites(WriterCore):
    """All block until committed."""

    def plan_sidecar(
        self,
        action_id: int | None,
        why: str,
        path: Path,
        before: bytes | None,
        after: bytes,
        wanted: SidecarFields,
        replace: Sequence[str] = (),
    ) -> tuple[int, int]:
        """Write down a file that is about to be written.

        Args:
            action_id: the action that it belongs to; None opens one.
            before: its bytes, None where there is no file. after: BLAKE2b-256 of those it is to have.

        Returns:
            The ids of the action and of the entry.
        """
        stored = None if before is None else zlib.compress(before)
        asked = json.dumps({"fields": asdict(wanted), "replace": sorted(replace)})

        def work(c: sqlite3.Connection, _touched: Touched) -> tuple[int, int]:
            action = action_id if action_id is not None else open_action(c, ActionKind.SIDECAR, why)
            cursor = c.execute(
                "INSERT INTO sidecar_writes (action_id, path, before, after, wanted, at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (action, path_bytes(path), stored, after, asked, now()),
            )
            return action, int(cursor.lastrowid or 0)

        return self._blocking(work, durable=True)

    def change_sidecar_plan(self, write_id: int, before: bytes | None, after: bytes) -> None:
        """The file was found with other bytes: what is to be written changes before anything is."""
        stored = None if before is None else zlib.compress(before)
        self._blocking(
            lambda c, _touched: c.execute(
                "UPDATE sidecar_writes SET before = ?, after = ? WHERE id = ?", (stored, after, write_id)
            ),
            durable=True,
        )

    def drop_sidecar_plan(self, write_id: int) -> None:
        """The file was not written; an action without files goes, too."""

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            c.execute("DELETE FROM sidecar_writes WHERE id = ?", (write_id,))
            c.execute(
                "DELETE FROM actions WHERE kind = ? AND id NOT IN (SELECT action_id FROM sidecar_writes)",
                (str(ActionKind.SIDECAR),),
            )

        self._blocking(work)

    def settle_sidecars(self, action_id: int, state: ActionState) -> None:
        """Whether the action stands, is undone, or can be neither any more."""
        self._blocking(
            lambda c, _touched: c.execute(
                "UPDATE actions SET state = ? WHERE id = ?", (str(state), action_id)
            )
        )

    def store_sidecars(self, rows: Iterable[SidecarRow], gone: Iterable[int] = ()) -> None:
        """What sidecars say now. Ratings in them count for which copy to keep, so stacks are due again.

        Args:
            gone: photos that have no sidecar any more.
        """
        found, without = list(rows), list(gone)

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            known = {row[0] for row in c.execute("SELECT id FROM photos")}
            c.executemany("DELETE FROM sidecars WHERE photo_id = ?", [(photo,) for photo in without])
            c.executemany(
                "INSERT OR REPLACE INTO sidecars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(row) for row in found if row.photo_id in known],
            )
            rows_sql.make_stale(c, (Kind.DUPLICATES,))
            touched.add([*(row.photo_id for row in found), *without], Kind.PHOTOS)

        if found or without:
            self._blocking(work)


def _values(row: SidecarRow) -> tuple[object, ...]:
    said = row.fields
    return (
        row.photo_id, path_bytes(row.path), row.size, row.mtime_ns, said.title, said.description,
        json.dumps(said.keywords), said.rating, said.latitude, said.longitude, row.problem,
    )  # fmt: skip
