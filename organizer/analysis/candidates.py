"""Which photos might be the same picture: near hashes, found without comparing all with all.

Only proposes; ``verify`` decides on the pixels. Reads the columns of the table alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
_EXPANDED = 1 << 21  # pairs looked at in one go
_FLATTEST = 0.04  # contrast below which a hash says nothing

# A way is an index of ``fingerprint.DIHEDRAL``: how to turn the second so that it lies like the first. From
# FIRST_SEEN on it is the variant of the first that looks like the second, from SECOND_SEEN on the reverse.
FIRST_SEEN = len(DIHEDRAL)
SECOND_SEEN = FIRST_SEEN + VARIANTS

Found = tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.uint8]]  # pairs, ways, distances


def near_pairs(
    table: PhotoTable,
    rows: NDArray[np.int64],
    calibration: SamePicture,
    new: NDArray[np.bool_] | None = None,
    variants: NDArray[np.uint64] | None = None,
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

    Returns:
        Rows of the table, int64 (P, 2), first < second, each pair once, sorted; and int16 (P,): its way.
    """
    rows = rows[_telling(table, rows)]
    hashes = table.phash[rows]
    asked = np.arange(len(rows)) if new is None else np.flatnonzero(new[rows])
    index = _Index.of(hashes)
    shape = np.log(np.maximum(table.width[rows], 1) / np.maximum(table.height[rows], 1))
    found: list[Found] = []

    def keep(
        pairs: NDArray[np.int64], way: int, distance: NDArray[np.uint8], useful: NDArray[np.bool_]
    ) -> None:
        useful &= _alike_in_shape(shape, pairs, way, calibration.aspect)
        ways = np.full(int(useful.sum()), way, np.int16)
        found.append(_upward(pairs[useful], ways, distance[useful]))

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
    if not found:
        return np.empty((0, 2), np.int64), np.empty(0, np.int16)
    pairs, ways, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    pairs, ways = _nearest(pairs, ways, distance, len(rows), calibration.partners)
    return rows[pairs], ways


def starts(ways: NDArray[np.int16]) -> Maps:
    """Where the alignment of pairs begins, by their ways; float64 (P, 2, 3)."""
    known = np.concatenate([np.tile(np.eye(3)[:2], (len(DIHEDRAL), 1, 1)), inverse(MAPS), MAPS])
    result: Maps = known[ways]
    return result


def chained(first: NDArray[np.int16], second: NDArray[np.int16]) -> NDArray[np.int16]:
    """The way from A to C where ``first`` leads from A to B and ``second`` from B to C; crops are left to
    the alignment.
    """
    plain = [np.where(ways < FIRST_SEEN, ways, 0) for ways in (first, second)]
    result: NDArray[np.int16] = _CHAINS[plain[0], plain[1]]
    return result


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


def _upward(pairs: NDArray[np.int64], ways: NDArray[np.int16], distance: NDArray[np.uint8]) -> Found:
    """Put the smaller place first."""
    swapped = pairs[:, 0] > pairs[:, 1]
    return np.sort(pairs, axis=1), np.where(swapped, backwards(ways), ways), distance


def _nearest(
    pairs: NDArray[np.int64], ways: NDArray[np.int16], distance: NDArray[np.uint8], count: int, partners: int
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Each pair once, the way with the least distance; of each photo its nearest partners alone."""
    if not len(pairs):
        return pairs, ways
    order = np.lexsort((ways, distance, pairs[:, 1], pairs[:, 0]))
    pairs, ways, distance = pairs[order], ways[order], distance[order]
    fresh = np.concatenate([[True], (pairs[1:] != pairs[:-1]).any(axis=1)])
    pairs, ways, distance = pairs[fresh], ways[fresh], distance[fresh]
    kept = np.zeros(len(pairs), bool)
    for side in (0, 1):
        member, other = pairs[:, side], pairs[:, 1 - side]
        by_member = np.lexsort((other, distance, member))
        begins = np.concatenate([[0], np.cumsum(np.bincount(member, minlength=count))])[member[by_member]]
        kept[by_member[np.arange(len(pairs)) - begins < partners]] = True
    return pairs[kept], ways[kept]


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


_CHAINS = _chains()
_BACKWARDS = np.concatenate(  # a quarter turn is undone by the other one, every mirrored way by itself
    [[0, 3, 2, 1, 4, 5, 6, 7], np.arange(VARIANTS) + SECOND_SEEN, np.arange(VARIANTS) + FIRST_SEEN]
).astype(np.int16)
