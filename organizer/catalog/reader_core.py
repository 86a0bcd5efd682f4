"""A read-only connection of one thread, and how queries go through it. Knows no table."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.connection import connect, translated
from organizer.errors import CatalogError

Row = tuple[Any, ...]
_T = TypeVar("_T")


class ReaderCore:
    """Every query sees the last commit. Safe to close from another thread: a query under way ends first.

    Raises (every method):
        CatalogError: the catalogue is closed, locked, damaged or out of reach.
    """

    def __init__(self, file: Path) -> None:
        self._connection: sqlite3.Connection | None = connect(file, read_only=True)
        self._guard = threading.RLock()
        self._answers: dict[str, tuple[int, Any]] = {}  # question -> commit it was answered at, answer

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _rows(self, statement: str, values: Iterable[Any] = ()) -> list[Row]:
        with self._guard:
            if self._connection is None:
                raise CatalogError("The catalogue is closed.")
            with translated():
                return self._connection.execute(statement, tuple(values)).fetchall()

    def _ids(self, statement: str, values: Iterable[Any] = ()) -> NDArray[np.int64]:
        """The one column ``id`` of a query, in its order, int64 (M,); as one text, since a row at a time
        takes four times as long for a hundred thousand.
        """
        text = self._rows(f"SELECT group_concat(id) FROM ({statement})", values)[0][0]
        return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)

    def unchanged(self, question: str, ask: Callable[[], _T]) -> _T:
        """The answer to a question about the catalogue, asked again only after somebody committed."""
        version = self._number("PRAGMA data_version")
        known = self._answers.get(question)
        if known is None or known[0] != version:
            self._answers[question] = known = (version, ask())
        answer: _T = known[1]
        return answer

    def _row(self, statement: str, values: Iterable[Any] = ()) -> Row | None:
        rows = self._rows(statement, values)
        return rows[0] if rows else None

    def _number(self, statement: str, values: Iterable[Any] = ()) -> int:
        row = self._row(statement, values)
        return int(row[0]) if row and row[0] is not None else 0


def id_list(ids: Iterable[int]) -> str:
    """Ids as one value for ``IN (SELECT value FROM json_each(?))``, of any number."""
    return json.dumps([int(identifier) for identifier in ids])


IN_IDS = "IN (SELECT value FROM json_each(?))"
