"""What was found of pairs of photos, so that a library that grows looks at its new photos alone.

A photo's part goes by itself (triggers, foreign keys) when its small picture changes or it is forgotten.
"""

from __future__ import annotations

import sqlite3

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.reader_core import ReaderCore
from organizer.catalog.writer_core import Touched, WriterCore

_MADE_WITH = "pairs compared with"  # name of the fact that says with which rules


class FindingReads(ReaderCore):
    def compared(self, made_with: str) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """The photos whose pairs were looked at with these rules.

        Returns:
            ids: int64 (M,), ascending. hashes: uint64 (M, K), of each photo cropped and turned; (0, 0) where
            there are none.
        """
        if not self._made_with(made_with):
            return np.zeros(0, np.int64), np.zeros((0, 0), np.uint64)
        rows = self._rows("SELECT photo_id, hashes FROM compared ORDER BY photo_id")
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        hashes = np.frombuffer(b"".join(row[1] for row in rows), "<u8")
        return ids, hashes.reshape(len(rows), -1) if rows else np.zeros((0, 0), np.uint64)

    def findings(self, made_with: str) -> tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.float32]]:
        """(pairs of photo ids int64 (P, 2), ways int16 (P,), what was found float32 (P, 3)), by pair."""
        rows = []
        if self._made_with(made_with):
            rows = self._rows(
                "SELECT first, second, way, same, shapes, curve FROM alike ORDER BY first, second"
            )
        values = np.array(rows, np.float64).reshape(len(rows), 6)
        return values[:, :2].astype(np.int64), values[:, 2].astype(np.int16), values[:, 3:].astype(np.float32)

    def _made_with(self, rules: str) -> bool:
        row = self._row("SELECT value FROM facts WHERE name = ?", (_MADE_WITH,))
        return row is not None and row[0] == rules


class FindingWrites(WriterCore):
    def store_findings(
        self,
        ids: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        pairs: NDArray[np.int64],
        ways: NDArray[np.int16],
        values: NDArray[np.float32],
        *,
        made_with: str,
    ) -> None:
        """Add what was found of photos that are new. What was found with other rules is forgotten.

        Args:
            ids: photos whose pairs were looked at. hashes: uint64 (len(ids), K). pairs, ways, values: as
            ``findings`` gives them; of a pair known before, these count.
        """
        photos = [(one, row.astype("<u8").tobytes()) for one, row in zip(ids.tolist(), hashes, strict=True)]
        found = [
            (*pair, way, *row)
            for pair, way, row in zip(pairs.tolist(), ways.tolist(), values.tolist(), strict=True)
        ]

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            row = c.execute("SELECT value FROM facts WHERE name = ?", (_MADE_WITH,)).fetchone()
            if row is None or row[0] != made_with:
                c.execute("DELETE FROM compared")
                c.execute("DELETE FROM alike")
                c.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_MADE_WITH, made_with))
            known = {row[0] for row in c.execute("SELECT id FROM photos")}
            c.executemany(
                "INSERT OR REPLACE INTO compared VALUES (?, ?)", (row for row in photos if row[0] in known)
            )
            c.executemany(
                "INSERT OR REPLACE INTO alike VALUES (?, ?, ?, ?, ?, ?)",
                (row for row in found if row[0] in known and row[1] in known),
            )

        self._blocking(work)
