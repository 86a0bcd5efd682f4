"""Pairs of photos as work of the library: which are known, which are to be looked at, what is kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.findings import Findings, find
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.variants import VARIANTS, variant_hashes
from organizer.catalog import Reader, Writer
from organizer.results import PhotoTable

_BLOCK = 4096  # photos whose small pictures are in memory at a time


class Pairs:
    """What is known of the pairs of a library's photos.

    Args:
        table: ids ascending. made_with: names the rules; what was found with others is found anew.
    """

    def __init__(self, reader: Reader, writer: Writer, table: PhotoTable, made_with: str) -> None:
        self._reader = reader
        self._writer = writer
        self._table = table
        self._made_with = made_with
        self._hashes = np.zeros((len(table), VARIANTS), np.uint64)
        self._compared = np.zeros(len(table), bool)
        ids, hashes = reader.compared(made_with)
        rows = np.searchsorted(table.ids, ids)
        here = rows < len(table)
        here[here] = table.ids[rows[here]] == ids[here]
        self._compared[rows[here]] = True
        if here.any():
            self._hashes[rows[here]] = hashes[here]

    def find(self, calibration: SamePicture, out: NDArray[np.bool_], check: Callable[[], None]) -> Findings:
        """Look at the pairs of photos that were not compared yet, and keep what was found.

        Args:
            out: bool (N,), photos that take no part; one that does later is new then.

        Returns what is known of all pairs.
        """
        pairs, ways, values = self._reader.findings(self._made_with)
        known = Findings(pairs, ways, *values.T)
        fresh = np.flatnonzero(~self._compared & ~out)
        if not len(fresh):
            return known
        self._hash(fresh, check)
        new = np.zeros(len(self._table), bool)
        new[fresh] = True
        found = find(
            self._table,
            self._reader.greys,
            calibration,
            out=out,
            variants=self._hashes,
            new=new if self._compared.any() else None,
            known=known,
            check=check,
        )
        self._keep(fresh, known, found)
        return found

    def _hash(self, rows: NDArray[np.int64], check: Callable[[], None]) -> None:
        """Hash the variants of these photos; what has no small picture yet stays zero."""
        for start in range(0, len(rows), _BLOCK):
            check()
            ids, grey, _ = self._reader.greys(self._table.ids[rows[start : start + _BLOCK]].tolist())
            self._hashes[np.searchsorted(self._table.ids, ids)] = variant_hashes(grey)

    def _keep(self, rows: NDArray[np.int64], known: Findings, found: Findings) -> None:
        added = found.take(~np.isin(_as_one(found.pairs), _as_one(known.pairs)))
        self._writer.store_findings(
            self._table.ids[rows],
            self._hashes[rows],
            added.pairs,
            added.ways,
            np.stack([added.same, added.shapes, added.curve], axis=1),
            made_with=self._made_with,
        )


def _as_one(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each pair of ids, int64 (P,): no library has four thousand million photos."""
    result: NDArray[np.int64] = (pairs[:, 0] << 32) | pairs[:, 1]
    return result
