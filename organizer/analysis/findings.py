"""Looking at pairs of photos: proposing them, reading their small pictures, and what was found.

A finding holds as long as the two photos are what they are, so it can be kept: a library that grows looks
at the pairs of its new photos alone. Pure functions; the small pictures come through a callback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import combinations, groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Maps
from organizer.analysis.apart import at_rest, focus_moved, toned
from organizer.analysis.candidates import FIRST_SEEN, Lying, backwards, chained, lying, near_pairs
from organizer.analysis.evidence import HOPELESS
from organizer.analysis.grouping import components
from organizer.analysis.outlines import glimpse, outlines
from organizer.analysis.shots import (
    could_be_shots,
    likeness,
    named_alike,
    near_shots,
    one_moment,
    one_series,
    two_shots,
)
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.verify import verify
from organizer.results import PhotoTable

Pictures = Callable[[Iterable[int]], tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]]
_BLOCK = 4096  # pairs whose small pictures are in memory at a time
_LARGEST = 64  # photos of a component in which all pairs are looked at
_NOT_ASKED = -1.0
TWO_SHOTS = -2.0
_PATIENT = (-1.0, 0.3, -1.0)  # for pairs that are known to hang together, but not how they lie


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found of P pairs of photos.

    Attributes:
        pairs: photo ids, int64 (P, 2), the smaller first, sorted, each pair once.
        ways: int16 (P,), how the second lies to the first, as ``candidates`` says.
        same: float32 (P,), score of "the same picture", 0..1; -1 where that was not asked; TWO_SHOTS where
            the pixels say that one is no copy of the other: the focus lies elsewhere.
        shapes, curve: float32 (P,), what ``shots.Likeness`` says; -1 where that was not asked, or where
            one is the other with another tone curve.
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
    more, begin = _unasked(table, found, asked, calibration, new)
    looked = _look(table, more, pictures, calibration, check, _PATIENT, begin)
    return found.with_more(looked.worth_keeping(calibration))


def _look(
    table: PhotoTable,
    wanted: Findings,
    pictures: Pictures,
    calibration: SamePicture,
    check: Callable[[], None],
    hopeless: tuple[float, float, float] = HOPELESS,
    begin: Maps | None = None,
) -> Findings:
    """Compare the pixels of the pairs, as far as each question makes sense for them.

    ``hopeless`` and ``begin`` are as ``verify`` has them."""
    same, shapes, curve = (column.copy() for column in (wanted.same, wanted.shapes, wanted.curve))
    for start in range(0, len(wanted), _BLOCK):
        part = slice(start, start + _BLOCK)
        pairs = wanted.pairs[part]
        rows = np.searchsorted(table.ids, pairs)
        moment, series = one_moment(table, rows, calibration), one_series(table, rows, calibration)
        copies = np.flatnonzero(~two_shots(table, rows, calibration)) + start
        check()
        ids, grey, chroma = pictures(np.unique(pairs).tolist())
        same[copies] = verify(
            wanted.pairs[copies], wanted.ways[copies], ids, grey, chroma, calibration, check, hopeless,
            None if begin is None else begin[copies],
        )  # fmt: skip
        upright = (wanted.ways[part] == 0) | (wanted.ways[part] >= FIRST_SEEN)
        alike_rows = np.flatnonzero(upright & (same[part] >= calibration.within))
        shots_told, copies_told = _told_apart(
            table, rows[alike_rows], pairs[alike_rows], ids, grey, calibration
        )
        same[alike_rows[shots_told] + start] = TWO_SHOTS
        asked = moment | series
        asked[alike_rows[shots_told]] = True
        asked[alike_rows[copies_told]] = False
        shots = np.flatnonzero(asked)
        shots = shots[_worth_a_look(pairs[shots], ids, grey, calibration)] + start
        alike = likeness(wanted.pairs[shots], ids, grey, chroma, check)
        saved_again = ~moment[shots - start] & (alike.unmoved >= calibration.unmoved)
        saved_again &= same[shots] != TWO_SHOTS
        shapes[shots] = np.where(saved_again, _NOT_ASKED, alike.shapes)
        curve[shots] = np.where(saved_again, _NOT_ASKED, alike.curve)
    return replace(wanted, same=same, shapes=shapes, curve=curve)


def _told_apart(
    table: PhotoTable,
    rows: NDArray[np.int64],
    pairs: NDArray[np.int64],
    ids: NDArray[np.int64],
    grey: NDArray[np.uint8],
    calibration: SamePicture,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of pairs with the same pixels: which are two shots, and which a copy whatever their names say; (P,)."""
    shots, copies = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    places = np.flatnonzero(could_be_shots(table, rows, calibration))
    first, second = grey[np.searchsorted(ids, pairs[places])].swapaxes(0, 1)
    moved = focus_moved(first, second)
    named = named_alike(table, rows[places], calibration)
    told = moved >= np.where(named, calibration.focus, calibration.focus_alone)
    told[told] = at_rest(first[told], second[told])
    shots[places] = told
    doubtful = np.flatnonzero(~told & one_series(table, rows[places], calibration))
    left = toned(first[doubtful], second[doubtful])
    copies[places[doubtful]] = (left <= calibration.toned) & (moved[doubtful] < calibration.focus / 2)
    return shots, copies


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
) -> tuple[Findings, Maps]:
    """The pairs that a stack would need and that nobody asked about: both hang together through others.

    A crop and a greyscale copy of one photo are near to it and far from each other. What was asked in vain
    is asked again: how two copies lie to each other, which is given as well, is known from those between.
    """
    alike = (found.shapes >= calibration.likeness) & (found.curve >= calibration.curve)
    proved = found.same >= calibration.threshold
    links = found.take(proved | alike)
    beside = _neighbours(found.take(proved))
    answered = set(map(tuple, found.pairs.tolist()))
    in_vain = set(map(tuple, asked.pairs.tolist()))
    fresh = None if new is None else set(table.ids[new].tolist())
    missing: list[tuple[int, int]] = []
    how: list[Lying] = []
    for members in components((a, b) for a, b in links.pairs.tolist()):
        if len(members) > _LARGEST or (fresh is not None and fresh.isdisjoint(members)):
            continue
        for a, others in groupby(combinations(members, 2), key=itemgetter(0)):
            wanted = [pair for pair in others if pair not in answered]
            reached = _reached(a, beside) if wanted else {}
            for pair in wanted:
                if pair[1] in reached or pair not in in_vain:
                    missing.append(pair)
                    how.append(reached.get(pair[1], lying(0)))
    ways = np.array([way for way, _ in how], np.int16)
    begin = np.array([whole[:2] for _, whole in how]).reshape(-1, 2, 3)
    return Findings.of(np.array(missing, np.int64).reshape(-1, 2), ways), begin


def _neighbours(proved: Findings) -> dict[int, list[tuple[int, int]]]:
    """id -> (id of a copy, its way), in the order of the ids."""
    beside: dict[int, list[tuple[int, int]]] = {}
    back = backwards(proved.ways).tolist()
    for (a, b), way, reverse in zip(proved.pairs.tolist(), proved.ways.tolist(), back, strict=True):
        beside.setdefault(a, []).append((b, way))
        beside.setdefault(b, []).append((a, reverse))
    return {one: sorted(others) for one, others in beside.items()}


def _reached(begin: int, beside: dict[int, list[tuple[int, int]]]) -> dict[int, Lying]:
    """How all lie to one that hang together with it through copies, by the shortest way there."""
    reached = {begin: lying(0)}
    waiting = [begin]
    for one in waiting:
        for other, way in beside.get(one, ()):
            if other not in reached:
                reached[other] = chained(reached[one], lying(way))
                waiting.append(other)
    return reached
