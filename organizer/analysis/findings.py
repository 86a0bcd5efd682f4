"""Looking at pairs of photos: proposing them, reading their small pictures, and what was found.

A finding holds as long as the two photos are what they are, so it can be kept: a library that grows looks
at the pairs of its new photos alone. Pure functions; the small pictures come through a callback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.candidates import backwards, chained, near_pairs
from organizer.analysis.evidence import HOPELESS
from organizer.analysis.grouping import components
from organizer.analysis.outlines import glimpse, outlines
from organizer.analysis.shots import likeness, near_shots, one_moment, one_series, two_shots
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.verify import verify
from organizer.results import PhotoTable

Pictures = Callable[[Iterable[int]], tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]]
_BLOCK = 4096  # pairs whose small pictures are in memory at a time
_LARGEST = 64  # photos of a component in which all pairs are looked at
_NOT_ASKED = -1.0
_PATIENT = (-1.0, 0.3, -1.0)  # for pairs that are known to hang together, but not how they lie


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found of P pairs of photos.

    Attributes:
        pairs: photo ids, int64 (P, 2), the smaller first, sorted, each pair once.
        ways: int16 (P,), how the second lies to the first, as ``candidates`` says.
        same: float32 (P,), score of "the same picture", 0..1; -1 where that was not asked.
        shapes, curve: float32 (P,), what ``shots.Likeness`` says; -1 where that was not asked.
    """

    pairs: NDArray[np.int64]
    ways: NDArray[np.int16]
    same: NDArray[np.float32]
    shapes: NDArray[np.float32]
    curve: NDArray[np.float32]

    @classmethod
    def of(cls, pairs: NDArray[np.int64], ways: NDArray[np.int16] | None = None) -> Findings:
        """Pairs of which nothing is known."""
        blank = np.full(len(pairs), _NOT_ASKED, np.float32)
        lying = np.zeros(len(pairs), np.int16) if ways is None else ways
        return cls(pairs.reshape(-1, 2), lying, blank, blank, blank)

    def __len__(self) -> int:
        return len(self.pairs)

    def take(self, chosen: NDArray[np.bool_]) -> Findings:
        """Those pairs alone."""
        return Findings(*(getattr(self, entry.name)[chosen] for entry in fields(self)))

    def worth_keeping(self, calibration: SamePicture) -> Findings:
        """Those that a stack could be made of."""
        return self.take((self.same >= calibration.within) | (self.shapes >= calibration.likeness))

    def with_more(self, other: Findings) -> Findings:
        """Both; of a pair that both have, the other's."""
        columns = [np.concatenate([getattr(other, f.name), getattr(self, f.name)]) for f in fields(self)]
        _, first = np.unique(columns[0], axis=0, return_index=True)
        return Findings(*(column[first] for column in columns))


def find(
    table: PhotoTable,
    pictures: Pictures,
    calibration: SamePicture,
    *,
    out: NDArray[np.bool_] | None = None,
    variants: NDArray[np.uint64] | None = None,
    new: NDArray[np.bool_] | None = None,
    known: Findings | None = None,
    check: Callable[[], None] = lambda: None,
) -> Findings:
    """Look at all pairs that might be one picture or one moment.

    Args:
        table: ids ascending. pictures: ids -> (ids, grey, chroma), as ``Reader.greys`` gives them.
        out: bool (N,), photos that take no part: spare exact copies.
        variants: uint64 (N, VARIANTS), hashes of the photos cropped and turned.
        new: bool (N,), the photos that ``known`` says nothing of; all when left out.
        known: what was found before.
        check: called every tenth of a second or so; what it raises ends the work.

    Returns:
        What a stack could be made of, with what was known before.
    """
    rows = np.arange(len(table)) if out is None else np.flatnonzero(~out)
    before = Findings.of(np.empty((0, 2), np.int64)) if known is None else known
    pairs, ways = near_pairs(table, rows, calibration, new, variants, check)
    proposed = Findings.of(table.ids[pairs], ways)
    shots = Findings.of(table.ids[near_shots(table, rows, calibration, new)])
    asked = _look(table, shots.with_more(proposed), pictures, calibration, check)
    found = before.with_more(asked.worth_keeping(calibration))
    more = _unasked(table, found, asked, calibration, new)
    looked = _look(table, more, pictures, calibration, check, _PATIENT)
    return found.with_more(looked.worth_keeping(calibration))


def _look(
    table: PhotoTable,
    wanted: Findings,
    pictures: Pictures,
    calibration: SamePicture,
    check: Callable[[], None],
    hopeless: tuple[float, float, float] = HOPELESS,
) -> Findings:
    """Compare the pixels of the pairs, as far as each question makes sense for them."""
    same, shapes, curve = (column.copy() for column in (wanted.same, wanted.shapes, wanted.curve))
    for start in range(0, len(wanted), _BLOCK):
        part = slice(start, start + _BLOCK)
        pairs = wanted.pairs[part]
        rows = np.searchsorted(table.ids, pairs)
        moment, series = one_moment(table, rows, calibration), one_series(table, rows, calibration)
        copies = np.flatnonzero(~two_shots(table, rows, calibration)) + start
        check()
        ids, grey, chroma = pictures(np.unique(pairs).tolist())
        shots = np.flatnonzero(moment | series)
        shots = shots[_worth_a_look(pairs[shots], ids, grey, calibration)] + start
        same[copies] = verify(
            wanted.pairs[copies], wanted.ways[copies], ids, grey, chroma, calibration, check, hopeless
        )
        alike = likeness(wanted.pairs[shots], ids, grey, chroma, check)
        saved_again = ~moment[shots - start] & (alike.unmoved >= calibration.unmoved)
        shapes[shots] = np.where(saved_again, _NOT_ASKED, alike.shapes)
        curve[shots] = np.where(saved_again, _NOT_ASKED, alike.curve)
    return replace(wanted, same=same, shapes=shapes, curve=curve)


def _worth_a_look(
    pairs: NDArray[np.int64], ids: NDArray[np.int64], grey: NDArray[np.uint8], calibration: SamePicture
) -> NDArray[np.bool_]:
    """False where a glimpse says that two shots show different scenes, or there is nothing to look at."""
    if not len(pairs) or not len(ids):
        return np.zeros(len(pairs), bool)
    rows = np.minimum(np.searchsorted(ids, pairs), len(ids) - 1)
    known: NDArray[np.bool_] = (ids[rows] == pairs).all(axis=1)
    used, places = np.unique(rows, return_inverse=True)
    known &= glimpse(outlines(grey[used]), places.reshape(rows.shape)) >= calibration.glimpse
    return known


def _unasked(
    table: PhotoTable,
    found: Findings,
    asked: Findings,
    calibration: SamePicture,
    new: NDArray[np.bool_] | None,
) -> Findings:
    """The pairs that a stack would need and that nobody asked about: both hang together through others.

    A crop and a greyscale copy of one photo are near to it and far from each other."""
    alike = (found.shapes >= calibration.likeness) & (found.curve >= calibration.curve)
    links = found.take((found.same >= calibration.threshold) | alike)
    ways = {(a, b): int(way) for (a, b), way in zip(links.pairs.tolist(), links.ways.tolist(), strict=True)}
    ways |= {(b, a): int(way) for (a, b), way in
             zip(links.pairs.tolist(), backwards(links.ways).tolist(), strict=True)}  # fmt: skip
    beside: dict[int, set[int]] = {}
    for a, b in ways:
        beside.setdefault(a, set()).add(b)
    answered = {(a, b) for one in (found, asked) for a, b in one.pairs.tolist()}
    fresh = None if new is None else set(table.ids[new].tolist())
    missing: list[tuple[int, int, int, int]] = []
    for members in components((a, b) for a, b in links.pairs.tolist()):
        if len(members) > _LARGEST or (fresh is not None and fresh.isdisjoint(members)):
            continue
        for a, b in combinations(members, 2):
            if (a, b) not in answered:
                between = beside[a] & beside[b]
                first, second = (ways[a, min(between)], ways[min(between), b]) if between else (0, 0)
                missing.append((a, b, first, second))
    if not missing:
        return Findings.of(np.empty((0, 2), np.int64))
    columns = np.array(sorted(missing), np.int64)
    steps = columns[:, 2:].astype(np.int16)
    return Findings.of(columns[:, :2], chained(steps[:, 0], steps[:, 1]))
