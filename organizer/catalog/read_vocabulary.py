"""What the person made of the categories, and the examples that teach them."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.reader_core import ReaderCore
from organizer.catalog.rows import marks
from organizer.results import CategoryEdit

CHUNK = 400  # hashes in one query


class VocabularyReads(ReaderCore):
    def category_edits(self) -> list[CategoryEdit]:
        """In the order of their first edit, so that added categories keep their place."""
        rows = self._rows(
            "SELECT category, own, hidden, parent, names, prompts FROM category_edits ORDER BY at, rowid"
        )
        return [
            CategoryEdit(
                category,
                bool(own),
                bool(hidden),
                None if parent == "-" else parent,
                json.loads(names),
                tuple(json.loads(prompts)),
            )
            for category, own, hidden, parent, names, prompts in rows
        ]

    def category_examples(self) -> list[tuple[bytes, str, int]]:
        """(content hash, category, sign) of every example that the person gave; photos moved by hand are
        kept as ``category_moves``.
        """
        return [
            (row[0], row[1], row[2])
            for row in self._rows(
                "SELECT content_hash, category, sign FROM category_examples ORDER BY category, content_hash"
            )
        ]

    def example_vectors(self, hashes: Iterable[bytes], model: str) -> tuple[list[bytes], NDArray[np.float16]]:
        """Vectors of examples wherever they are kept, with the photos or by themselves.

        Returns:
            M content hashes and float16 (M, D); what the model has not seen is left out; (0, 0) for none.
        """
        wanted = list(dict.fromkeys(hashes))
        known: dict[bytes, bytes] = {}
        for first in range(0, len(wanted), CHUNK):
            part = wanted[first : first + CHUNK]
            places = marks(len(part))
            known.update(
                self._rows(
                    f"SELECT content_hash, vector FROM example_vectors WHERE content_hash IN ({places}) "
                    "AND model = ? UNION ALL SELECT p.content_hash, e.vector FROM photos p "
                    "JOIN embeddings e ON e.photo_id = p.id "
                    f"WHERE p.content_hash IN ({places}) AND e.model = ?",
                    (*part, model, *part, model),
                )
            )
        found = [(key, known[key]) for key in wanted if key in known]
        if not found:
            return [], np.zeros((0, 0), np.float16)
        length = len(found[0][1])
        found = [row for row in found if len(row[1]) == length]
        matrix = np.frombuffer(b"".join(vector for _, vector in found), "<f2")
        return [key for key, _ in found], matrix.reshape(len(found), length // 2)
