"""Which photos might be the same picture: near hashes, found without comparing all with all.

Only proposes; ``verify`` decides on the pixels. Reads the columns of the table alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Maps
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.variants import MAPS, VARIANTS, inverse
from organizer.media.fingerprint import DIHEDRAL, turned_phashes
from organizer.results import PhotoTable

_BANDS = 4  # of 16 bits
_BAND_BITS = 16
_EXPANDED = 1 << 19  # pairs looked at in one go
_PENDING = 1 << 20  # near pairs that are held before all but the nearest partners are let go
_FAR, _KEY = 5, 12  # bits of a pair's number from which on its distance stands, and its two places
_FLATTEST = 0.04  # contrast below which a hash says nothing

# A way is an index of ``fingerprint.DIHEDRAL``: how to turn the second so that it lies like the first. From
# FIRST_SEEN on it is the variant of the first that looks like the second, from SECOND_SEEN on the reverse.
FIRST_SEEN = len(DIHEDRAL)
SECOND_SEEN = FIRST_SEEN + VARIANTS

Lying = tuple[int, Maps]  # a turn, and the map (3, 3) of points of the first to points of the turned second


def near_pairs(
    table: PhotoTable,
    rows: NDArray[np.int64],
    calibration: SamePicture,
    new: NDArray[np.bool_] | None = None,
    variants: NDArray[np.uint64] | None = None,
    check: Callable[[], None] = lambda: None,
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Propose pairs by the distance of their perceptual hashes: upright, turned, mirrored, cropped.

    Multi-index hashing (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index
    hashing", 2012): every pair that agrees in one band of 16 bits to within two bits is looked at,
    which is all pairs up to a distance of 11; to within one bit where the picture was turned or cropped,
    which is all up to 7 and most up to 10.

    Args:
        rows: rows of the table that take part, ascending. new: bool (len(table),); when given, only
            pairs with a new photo are proposed.
        variants: uint64 (len(table), VARIANTS), as ``variants.variant_hashes`` makes them.
        check: called every tenth of a second or so; what it raises ends the work.

    Returns:
        Rows of the table, int64 (P, 2), first < second, each pair once, sorted; and int16 (P,): its way.
    """
    rows = rows[_telling(table, rows)]
    hashes = table.phash[rows]
    asked = np.arange(len(rows)) if new is None else np.flatnonzero(new[rows])
    index = _Index.of(hashes)
    shape = np.log(np.maximum(table.width[rows], 1) / np.maximum(table.height[rows], 1))
    nearest = _Nearest(len(rows), calibration.partners)

    def keep(
        pairs: NDArray[np.int64], way: int, distance: NDArray[np.uint8], useful: NDArray[np.bool_]
    ) -> None:
        check()
        useful &= nearest.wants(pairs, distance)
        pairs, distance = pairs[useful], distance[useful]
        alike = _alike_in_shape(shape, pairs, way, calibration.aspect)
        nearest.add(pairs[alike], way, distance[alike])

    for way in range(len(DIHEDRAL)):
        bits, flips = (calibration.phash_bits, 2) if way == 0 else (calibration.turned_bits, 1)
        for asker, answer, distance in index.near(turned_phashes(hashes[asked], way), flips, bits):
            pairs = np.stack([answer, asked[asker]], axis=1)
            once = pairs[:, 1] < pairs[:, 0] if new is None else pairs[:, 1] != pairs[:, 0]
            keep(pairs, way, distance, once)
    for variant in range(VARIANTS if variants is not None else 0):
        seen = variants[rows, variant]  # type: ignore[index]
        bits, way = calibration.variant_bits, FIRST_SEEN + variant
        for asker, answer, distance in index.near(seen[asked], 1, bits):
            pairs = np.stack([asked[asker], answer], axis=1)
            keep(pairs, way, distance, pairs[:, 0] != pairs[:, 1])
        if new is not None:
            for asker, answer, distance in _Index.of(seen).near(hashes[asked], 1, bits):
                pairs = np.stack([answer, asked[asker]], axis=1)
                keep(pairs, way, distance, pairs[:, 0] != pairs[:, 1])
    pairs, ways = nearest.taken()
    return rows[pairs], ways


def starts(ways: NDArray[np.int16]) -> Maps:
    """Where the alignment of pairs begins, by their ways; float64 (P, 2, 3)."""
    known = np.concatenate([np.tile(np.eye(3)[:2], (len(DIHEDRAL), 1, 1)), inverse(MAPS), MAPS])
    result: Maps = known[ways]
    return result


def chained(first: Lying, second: Lying) -> Lying:
    """How C lies to A, where ``first`` says how B lies to A and ``second`` how C lies to B."""
    way = int(_CHAINS[first[0], second[0]])
    return way, _TURNS[way].T @ _TURNS[second[0]] @ second[1] @ _TURNS[first[0]] @ first[1]


def lying(way: int) -> Lying:
    """How the second of a pair lies to the first, by its way."""
    whole = np.eye(3)
    whole[:2] = starts(np.array([way]))[0]
    return way if way < FIRST_SEEN else 0, whole


def backwards(ways: NDArray[np.int16]) -> NDArray[np.int16]:
    """The ways with first and second exchanged."""
    result: NDArray[np.int16] = _BACKWARDS[ways]
    return result


@dataclass(frozen=True, slots=True)
class _Index:
    """Hashes sorted by each of their bands."""

    hashes: NDArray[np.uint64]
    orders: list[NDArray[np.int64]]
    starts: list[NDArray[np.int64]]

    @classmethod
    def of(cls, hashes: NDArray[np.uint64]) -> _Index:
        orders, begins = [], []
        for band in range(_BANDS):
            keys = _band(hashes, band)
            orders.append(np.argsort(keys, kind="stable"))
            begins.append(np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=1 << _BAND_BITS))]))
        return cls(hashes, orders, begins)

    def near(
        self, wanted: NDArray[np.uint64], flips: int, radius: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
        """Yield (places in wanted, places in the index, distance) of the pairs within the radius."""
        for band, (order, begins) in enumerate(zip(self.orders, self.starts, strict=True)):
            keys = _band(wanted, band).astype(np.int64)
            for masks in _masks_together(flips, len(wanted)):
                bucket = (keys[None, :] ^ masks[:, None]).ravel()
                counts = begins[bucket + 1] - begins[bucket]
                filled = np.flatnonzero(counts)
                for part in _parts(filled, counts):
                    asked, place = _expand(part, counts[part], begins[bucket[part]])
                    asker, answer = asked % len(wanted), order[place]
                    distance = np.bitwise_count(wanted[asker] ^ self.hashes[answer])
                    near = distance <= radius
                    if near.any():
                        yield asker[near], answer[near], distance[near]


def _band(hashes: NDArray[np.uint64], band: int) -> NDArray[np.uint16]:
    return ((hashes >> np.uint64(band * _BAND_BITS)) & np.uint64(0xFFFF)).astype(np.uint16)


def _telling(table: PhotoTable, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """False where the hash says nothing: not measured yet, or without contrast."""
    telling: NDArray[np.bool_] = (table.phash[rows] != 0) | (table.dhash[rows] != 0)
    if "contrast" in table.measures:
        contrast = table.measures["contrast"][rows]
        telling &= ~(contrast < _FLATTEST)  # unknown contrast (NaN) bars nothing
    return telling


def _masks_together(flips: int, askers: int) -> list[NDArray[np.int64]]:
    """All numbers of 16 bits with at most ``flips`` bits set; for few askers, many in one go."""
    masks = [sum(1 << bit for bit in bits) for count in range(flips + 1)
             for bits in combinations(range(_BAND_BITS), count)]  # fmt: skip
    size = max(1, _EXPANDED // max(askers, 1) // 16)
    return [np.array(masks[start : start + size], np.int64) for start in range(0, len(masks), size)]


def _parts(filled: NDArray[np.int64], counts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Cut the askers so that no part has many more than _EXPANDED answers."""
    if len(filled):
        cuts = np.cumsum(counts[filled]) // _EXPANDED
        yield from np.split(filled, np.flatnonzero(np.diff(cuts)) + 1)


def _expand(
    askers: NDArray[np.int64], counts: NDArray[np.int64], begins: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(asker repeated, place in the bucket's order) for every answer."""
    ends = np.cumsum(counts)
    within = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
    return np.repeat(askers, counts), np.repeat(begins, counts) + within


def _alike_in_shape(
    shape: NDArray[np.float64], pairs: NDArray[np.int64], way: int, most: float
) -> NDArray[np.bool_]:
    """True where the aspect ratios (given as logs) agree: the small pictures are squared and do not know
    them.
    """
    second = shape[pairs[:, 1]] * (-1 if way < FIRST_SEEN and way % 2 else 1)
    close: NDArray[np.bool_] = np.abs(shape[pairs[:, 0]] - second) <= np.log(most)
    return close


@dataclass(slots=True)
class _Nearest:
    """Of each photo its nearest partners, while pairs come in.

    Thousands of frames of one view are all near each other: what is held stays within bounds, and most of
    their pairs are turned away as they come. A pair is one number, so that they sort as they should: first
    place, second place, distance, way.

    Attributes:
        count: photos. partners: pairs that a photo has a right to; kept is what either of two wants.
    """

    count: int
    partners: int
    _codes: list[NDArray[np.int64]] = field(default_factory=list)
    _fresh: int = 0  # pairs that came since the last look, and how many that look left
    _kept: int = 0
    _farthest: NDArray[np.int64] = field(init=False)  # distance from which on a photo has partners enough

    def __post_init__(self) -> None:
        self._farthest = np.full(self.count, 65)

    def wants(self, pairs: NDArray[np.int64], distance: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which pairs are nearer than what one of their two has enough of; int64 (P, 2) -> bool (P,)."""
        first, second = self._farthest[pairs[:, 0]], self._farthest[pairs[:, 1]]
        wanted: NDArray[np.bool_] = distance < np.maximum(first, second)
        return wanted

    def add(self, pairs: NDArray[np.int64], way: int, distance: NDArray[np.uint8]) -> None:
        """Take in pairs of places, int64 (P, 2), in either order."""
        first, second = pairs[:, 0], pairs[:, 1]
        key = np.minimum(first, second) * self.count + np.maximum(first, second)
        ways = np.where(first > second, _BACKWARDS[way], way).astype(np.int64)
        self._codes.append((key << _KEY) | (distance.astype(np.int64) << _FAR) | ways)
        self._fresh += len(pairs)
        if self._fresh > max(_PENDING, self._kept // 2):  # each look goes through all that is held
            self._shrink()

    def taken(self) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        """Each pair once, int64 (P, 2), sorted, the smaller place first; its nearest way, int16 (P,)."""
        self._shrink()
        key = self._codes[0] >> _KEY
        pairs = np.stack(np.divmod(key, max(self.count, 1)), axis=1)
        return pairs, (self._codes[0] & ((1 << _FAR) - 1)).astype(np.int16)

    def _shrink(self) -> None:
        codes = np.sort(np.concatenate([np.empty(0, np.int64), *self._codes]))
        key = codes >> _KEY
        codes = codes[np.diff(key, prepend=-1) > 0]
        first, second = np.divmod(codes >> _KEY, max(self.count, 1))
        distance = np.tile((codes >> _FAR) & ((1 << (_KEY - _FAR)) - 1), 2)
        member, other = np.concatenate([first, second]), np.concatenate([second, first])
        order = np.lexsort((other, distance, member))
        begins = np.concatenate([[0], np.cumsum(np.bincount(member, minlength=self.count))])
        place = np.arange(len(order)) - begins[member[order]]
        wanted = np.zeros(len(codes), bool)
        wanted[order[place < self.partners] % max(len(codes), 1)] = True
        last = order[place == self.partners - 1]
        self._farthest[member[last]] = distance[last]
        self._codes, self._fresh, self._kept = [codes[wanted]], 0, int(wanted.sum())


def _chains() -> NDArray[np.int16]:
    """[first, second] -> the turn that does what both do, the second one first."""
    corner = np.arange(9).reshape(3, 3)
    looks = [np.rot90(corner[:, ::-1] if way >= 4 else corner, way % 4) for way in range(len(DIHEDRAL))]
    table = np.zeros((len(DIHEDRAL), len(DIHEDRAL)), np.int16)
    for first in range(len(DIHEDRAL)):
        for second, look in enumerate(looks):
            both = np.rot90(look[:, ::-1] if first >= 4 else look, first % 4)
            table[first, second] = next(way for way, known in enumerate(looks) if (known == both).all())
    return table


def _turns() -> Maps:
    """float64 (8, 3, 3), by way: a point of the turned picture lies in the picture at ``M @ (x, y, 1)``."""
    quarter, mirror = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), np.diag([-1.0, 1, 1])
    turns = [np.linalg.matrix_power(quarter, count) for count in range(4)]
    return np.stack([*turns, *(mirror @ turn for turn in turns)])


_CHAINS = _chains()
_TURNS = _turns()
_BACKWARDS = np.concatenate(  # a quarter turn is undone by the other one, every mirrored way by itself
    [[0, 3, 2, 1, 4, 5, 6, 7], np.arange(VARIANTS) + SECOND_SEEN, np.arange(VARIANTS) + FIRST_SEEN]
).astype(np.int16)
