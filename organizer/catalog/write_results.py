"""Requests of the writer about what the analyses found: each kind is replaced as a whole, in one transaction.

``generation`` is what ``reader.generation(kind)`` said before the analysis began: the kind is fresh again
only if nothing changed in between. ``model`` is the key of the model that the results came from.
Photos that are gone by now are passed over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.catalog import photo_rows as rows_sql
from organizer.catalog.reader_core import IN_IDS
from organizer.catalog.rows import marks
from organizer.catalog.writer_core import Touched, WriterCore
from organizer.events import RESULT_KINDS, Kind
from organizer.results import Caption, Categorised, Flag, Pick, Reason, Stack

BY_MODEL = "model "  # how the source of a model's sentence begins
REASONS = tuple(reason.value for reason in Reason)


class ResultWrites(WriterCore):
    """All block until committed. Raise StorageFull or CatalogError."""

    def store_categories(self, found: Iterable[Categorised], *, model: str, generation: int) -> None:
        """Replace the category of every photo. What the person moved wins when it is read."""
        rows = [
            (
                one.photo_id,
                model,
                one.category,
                float(one.score),
                _ranked_text(one),
                one.doubtful,
                one.by_user,
            )
            for one in found
        ]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.execute("DELETE FROM categories")
            _insert(c, "categories", 7, rows)
            settle(c, Kind.CATEGORIES, model, generation)
            touched.add((row[0] for row in rows), Kind.CATEGORIES)

        self._blocking(work)

    def store_stacks(self, found: Iterable[Stack], *, generation: int, model: str = "") -> None:
        """Replace all stacks of all tiers; keys are unique. Those that are as they were are not touched, so
        that a large library hears of what changed alone.
        """
        stacks = list(found)

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            members = json.dumps(sorted({member for stack in stacks for member in stack.members}))
            known = {row[0] for row in c.execute(f"SELECT id FROM photos WHERE id {IN_IDS}", (members,))}
            wanted = {stack.key: _stored_form(stack, known) for stack in stacks}
            stored = _stored_stacks(c)
            for key, (stack_id, form) in stored.items():
                if wanted.get(key) != form:
                    c.execute("DELETE FROM stacks WHERE id = ?", (stack_id,))
                    touched.add(photo_id for photo_id, _ in form[2])
            for key, form in wanted.items():
                if key not in stored or stored[key][1] != form:
                    _insert_stack(c, key, form)
                    touched.add(photo_id for photo_id, _ in form[2])
            settle(c, Kind.DUPLICATES, model, generation)
            touched.add((), Kind.DUPLICATES)

        self._blocking(work)

    def store_quality(
        self,
        ids: NDArray[np.int64],
        scores: Mapping[Reason, NDArray[Any]],
        flags: Iterable[Flag],
        *,
        generation: int,
        model: str = "",
    ) -> None:
        """Replace the scores of all photos and the flags.

        Args:
            ids: int64 (N,). scores: float (N,) in 0..1 for each reason; a reason left out is unknown.
            flags: those that passed the thresholds, also dismissed ones (they are left out when read).
        """
        columns = [np.asarray(scores[reason], np.float64).tolist() if reason in scores else [None] * len(ids)
                   for reason in Reason]  # fmt: skip
        rows = list(zip((int(identifier) for identifier in ids), *columns, strict=True))
        flag_rows = [(flag.photo_id, str(flag.reason), float(flag.score), flag.why) for flag in flags]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.execute("DELETE FROM quality")
            c.execute("DELETE FROM flags")
            _insert(c, "quality", 1 + len(REASONS), rows)
            _insert(c, "flags", 4, flag_rows)
            settle(c, Kind.QUALITY, model, generation)
            touched.add((row[0] for row in rows), Kind.QUALITY)

        self._blocking(work)

    def store_flags(self, flags: Iterable[Flag]) -> None:
        """Replace the flags alone, after a threshold was changed; the scores stay."""
        rows = [(flag.photo_id, str(flag.reason), float(flag.score), flag.why) for flag in flags]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.execute("DELETE FROM flags")
            _insert(c, "flags", 4, rows)
            rows_sql.make_stale(c, (Kind.HIGHLIGHTS,))
            touched.add((row[0] for row in rows), Kind.QUALITY)

        self._blocking(work)

    def store_picks(self, found: Iterable[Pick], *, generation: int, model: str = "") -> None:
        """Replace the highlights; their order is kept."""
        rows = [
            (one.photo_id, place, one.category, float(one.score), one.why) for place, one in enumerate(found)
        ]

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            c.execute("DELETE FROM picks")
            _insert(c, "picks", 5, rows)
            settle(c, Kind.HIGHLIGHTS, model, generation)
            touched.add((row[0] for row in rows), Kind.HIGHLIGHTS)

        self._blocking(work)

    def store_captions(self, found: Iterable[Caption], *, generation: int, model: str = "") -> None:
        """Replace all captions that neither a person nor a model wrote. Captions with the source "user" are
        not taken: those are decisions (``set_caption``) and lie over these when read. A model's sentence
        (``store_described``) gives way to another model's alone.
        """
        wanted = {one.photo_id: (one.text, one.source) for one in found if one.source != "user"}

        def work(c: sqlite3.Connection, touched: Touched) -> None:
            known = {
                row[0]: (row[1], row[2]) for row in c.execute("SELECT photo_id, text, source FROM captions")
            }
            written = _written_by_user(c)
            stay = {photo_id for photo_id, (_, source) in known.items() if source.startswith(BY_MODEL)}
            for photo_id in known.keys() - wanted.keys() - stay:
                c.execute("DELETE FROM captions WHERE photo_id = ?", (photo_id,))
                if photo_id not in written:
                    rows_sql.index_caption(c, photo_id, None)
            for photo_id, (text, source) in wanted.items():
                if photo_id in stay and not source.startswith(BY_MODEL):
                    continue
                if known.get(photo_id) != (text, source):
                    _put_caption(c, photo_id, text, source, searchable=photo_id not in written)
                    touched.add((photo_id,))
            settle(c, Kind.CAPTIONS, model, generation)
            touched.add((), Kind.CAPTIONS)

        self._blocking(work)

    def mark_stale(self, kinds: Iterable[Kind] = RESULT_KINDS) -> None:
        """Results of these kinds are to be made again: the model, a threshold or a rule changed."""
        wanted = list(kinds)
        self._blocking(lambda c, _touched: rows_sql.make_stale(c, wanted))

    def set_fact(self, name: str, value: str) -> None:
        """Keep a small fact of the catalogue itself; ``reader.fact(name)`` gives it back."""

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            c.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

        self._blocking(work)


_StackForm = tuple[str, str, tuple[tuple[int, str | None], ...]]  # tier, why, (photo, what it lacks)


def _stored_form(stack: Stack, known: set[int]) -> _StackForm:
    """A stack as its rows say it, the one to keep first; photos that are not known are passed over."""
    others = [member for member in stack.members if member != stack.keep]
    members = [member for member in (stack.keep, *others) if member in known]
    return str(stack.tier), stack.why, tuple((member, stack.lacks.get(member)) for member in members)


def _stored_stacks(c: sqlite3.Connection) -> dict[str, tuple[int, _StackForm]]:
    """Key -> (row, its form) of the stacks that are there."""
    members: dict[int, list[tuple[int, str | None]]] = {}
    for stack_id, photo_id, lacks in c.execute(
        "SELECT stack_id, photo_id, lacks FROM stack_members ORDER BY stack_id, position"
    ):
        members.setdefault(stack_id, []).append((photo_id, lacks))
    return {
        key: (stack_id, (tier, why, tuple(members.get(stack_id, ()))))
        for stack_id, key, tier, why in c.execute("SELECT id, key, tier, why FROM stacks")
    }


def _insert_stack(c: sqlite3.Connection, key: str, form: _StackForm) -> None:
    tier, why, members = form
    cursor = c.execute("INSERT INTO stacks (key, tier, why) VALUES (?, ?, ?)", (key, tier, why))
    c.executemany(
        "INSERT INTO stack_members (stack_id, photo_id, position, lacks) VALUES (?, ?, ?, ?)",
        [(cursor.lastrowid, photo_id, place, lacks) for place, (photo_id, lacks) in enumerate(members)],
    )


def _insert(c: sqlite3.Connection, table: str, width: int, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows whose first value is a photo's id, those of forgotten photos left out."""
    known = {row[0] for row in c.execute("SELECT id FROM photos")}
    c.executemany(f"INSERT INTO {table} VALUES ({marks(width)})", (row for row in rows if row[0] in known))


def settle(c: sqlite3.Connection, kind: Kind, model: str, generation: int) -> None:
    """A kind was made anew from what there was at a generation."""
    c.execute(
        "INSERT INTO generations (kind, wanted, done, model) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind) DO UPDATE SET done = excluded.done, model = excluded.model",
        (str(kind), generation, generation, model),
    )


def _ranked_text(one: Categorised) -> str:
    return json.dumps([[key, round(float(score), 5)] for key, score in one.ranked], ensure_ascii=False)


def _written_by_user(c: sqlite3.Connection) -> set[int]:
    rows = c.execute("SELECT p.id FROM photos p JOIN user_captions u ON u.content_hash = p.content_hash")
    return {row[0] for row in rows}


def _put_caption(c: sqlite3.Connection, photo_id: int, text: str, source: str, *, searchable: bool) -> None:
    stored = c.execute(
        "INSERT OR REPLACE INTO captions (photo_id, text, source) SELECT id, ?, ? FROM photos WHERE id = ?",
        (text, source, photo_id),
    )
    if searchable and stored.rowcount:
        rows_sql.index_caption(c, photo_id, text)
