"""Requests of the writer for what only the search needs: how much of each colour a photo shows."""

from __future__ import annotations

import sqlite3

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.rows import marks
from organizer.catalog.schema import COLOUR_COLUMNS
from organizer.catalog.writer_core import Touched, WriterCore


class SearchWrites(WriterCore):
    """Blocks until committed."""

    def store_colours(self, ids: NDArray[np.int64], shares: NDArray[np.uint8]) -> None:
        """Keep the shares of photos; those that are gone by now are passed over.

        Args:
            shares: uint8 (N, 10) in the order of ``schema.COLOUR_COLUMNS``; 255 is the whole picture.
        """
        rows = [
            (photo_id, *row, photo_id) for photo_id, row in zip(ids.tolist(), shares.tolist(), strict=True)
        ]

        def work(c: sqlite3.Connection, _touched: Touched) -> None:
            c.executemany(
                f"INSERT OR REPLACE INTO colours SELECT {marks(1 + len(COLOUR_COLUMNS))} "
                "WHERE EXISTS (SELECT 1 FROM small_pictures WHERE photo_id = ?)",
                rows,
            )

        self._blocking(work)
