"""Requests of the writer about the categories themselves: what the person made of them, and their examples.

Decisions like the others: each call is one journal entry that can be undone and redone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.values import ActionKind, now
from organizer.catalog.write_decisions import Change, DecisionWrites
from organizer.catalog.writer_core import Touched
from organizer.results import CategoryEdit

Example = tuple[bytes, str, int]  # content hash, category, sign: 1 shows it, -1 does not, 0 says nothing


class VocabularyWrites(DecisionWrites):
    """All block until committed. Raise StorageFull or CatalogError."""

    def edit_categories(
        self, edits: Iterable[CategoryEdit], why: str = "", examples: Iterable[Example] = ()
    ) -> int:
        """Keep what the person made of these categories, with examples of them where given.

        Returns the id of the journal's action.
        """
        changes: list[Change] = [_edit_change(edit) for edit in edits]
        changes += [_example_change(example) for example in examples]
        return self._decide(ActionKind.VOCABULARY, why, lambda _c: ([], changes))

    def set_examples(self, examples: Iterable[Example], why: str = "") -> int:
        """Keep these examples beside those of before; the newest word on a photo and category counts.

        Returns the id of the journal's action.
        """
        changes = [_example_change(example) for example in examples]

        def changed(c: sqlite3.Connection) -> tuple[list[int], list[Change]]:
            ids: list[int] = []
            for _, key, _ in changes:
                ids += [row[0] for row in c.execute("SELECT id FROM photos WHERE content_hash = ?", key[:1])]
            return ids, changes

        return self._decide(ActionKind.EXAMPLES, why, changed)

    def save_example_vectors(self, hashes: Sequence[bytes], vectors: NDArray[Any], model: str) -> None:
        """Keep the vectors of examples that may be in no folder of the library.

        Args:
            hashes: N content hashes. vectors: float (N, D), kept in half precision.
        """
        packed = np.asarray(vectors).astype("<f2")
        rows = [(key, model, row.tobytes()) for key, row in zip(hashes, packed, strict=True)]

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            c.executemany("INSERT OR REPLACE INTO example_vectors VALUES (?, ?, ?)", rows)

        self._blocking(work)


def _edit_change(edit: CategoryEdit) -> Change:
    values = (
        int(edit.own),
        int(edit.hidden),
        "-" if edit.parent is None else edit.parent,
        json.dumps(edit.names, ensure_ascii=False),
        json.dumps(edit.prompts, ensure_ascii=False),
        now(),
    )
    untouched = edit == CategoryEdit(edit.category)
    return "category_edits", (edit.category,), None if untouched else values


def _example_change(example: Example) -> Change:
    content_hash, category, sign = example
    return "category_examples", (content_hash, category), (sign, now()) if sign else None
