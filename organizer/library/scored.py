"""Photos with their scores as columns: a search over a hundred thousand makes objects only of those it shows.
Knows neither words nor pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.library.views import SearchHit

_STEPS = (
    1 << 20
)  # scores nearer to each other than this part count as equal; then the newer photo stands first

_SPARSE, _MANY = 16, 1000  # ids a photo, and photos, up to which and from which on a table of ids pays


@dataclass(frozen=True, slots=True)
class Scored:
    """Attributes:
    ids: int64 (N,), each once. score: float32 (N,), 0..1. named, looks: bool (N,), as ``SearchHit`` says.
    """

    ids: NDArray[np.int64]
    score: NDArray[np.float32]
    named: NDArray[np.bool_]
    looks: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Scored:
        """Some of them, by a mask or by rows in order."""
        return Scored(self.ids[which], self.score[which], self.named[which], self.looks[which])

    def among(self, ids: NDArray[np.int64]) -> Scored:
        """Those with one of these ids, in the order they have."""
        return self.rows(np.isin(self.ids, ids))

    def and_also(self, others: Scored) -> Scored:
        """These, and others that are not among them."""
        if not len(others):
            return self
        return Scored(
            np.concatenate([self.ids, others.ids]),
            np.concatenate([self.score, others.score]),
            np.concatenate([self.named, others.named]),
            np.concatenate([self.looks, others.looks]),
        )

    def best(self, count: int) -> Scored:
        """The best, highest score first."""
        key = (self.score * _STEPS).astype(np.int64) << 40 | self.ids
        if count < len(key):
            rows = np.argpartition(-key, count)[:count]
            return self.rows(rows[np.argsort(-key[rows])])
        return self.rows(np.argsort(-key))

    def hits(self, limit: int) -> list[SearchHit]:
        """The first of them as values, in the order they have."""
        columns = (column[:limit].tolist() for column in (self.ids, self.score, self.named, self.looks))
        return list(map(SearchHit, *columns))


def merged(some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """All of two ascending lists of ids, ascending and each once."""
    if not len(some) or not len(others):
        return others if not len(some) else some
    both = np.concatenate([some, others])
    both.sort(kind="stable")  # two runs in order are merged, which is quicker than sorting
    first = np.ones(len(both), bool)
    first[1:] = both[1:] != both[:-1]
    return both[first]


def positions(
    among: NDArray[np.int64], ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where ids stand among ascending ones, and which of them do; both of the length of ``ids``."""
    if not len(among) or not len(ids):
        return np.zeros(len(ids), np.int64), np.zeros(len(ids), bool)
    if among[-1] < _SPARSE * len(among) and len(ids) > _MANY:  # a table is quicker than a search for each
        table = np.full(int(max(among[-1], ids.max())) + 1, -1, np.int64)
        table[among] = np.arange(len(among))
        found: NDArray[np.int64] = table[ids]
        return np.maximum(found, 0), found >= 0
    rows = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return rows, among[rows] == ids
