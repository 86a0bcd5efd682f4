"""Which photos might be the same picture: near hashes, found without comparing all with all.

Only proposes; ``verify`` decides on the pixels. Reads the columns of the table alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.verify import SamePicture
from organizer.media.fingerprint import DIHEDRAL, turned_phashes
from organizer.results import PhotoTable

_BANDS = 4  # of 16 bits
_BAND_BITS = 16
_EXPANDED = 1 << 21  # pairs looked at in one go
_FLATTEST = 0.04  # contrast below which a hash says nothing


def near_pairs(
    table: PhotoTable, rows: NDArray[np.int64], calibration: SamePicture, new: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Propose pairs by the distance of their perceptual hashes, upright, turned and mirrored.

    Multi-index hashing (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index
    hashing", 2012): every pair that agrees in one band of 16 bits to within two bits is looked at,
    which is all pairs up to a distance of 11 and nearly all up to 13.

    Args:
        rows: rows of the table that take part, ascending. new: bool (len(table),); when given, only
            pairs with a new photo are proposed.

    Returns:
        Rows of the table, int64 (P, 2), first < second, each pair once, sorted; and int8 (P,): how to turn
        the second so that it lies like the first, an index of ``fingerprint.DIHEDRAL``.
    """
    rows = rows[_telling(table, rows)]
    hashes = table.phash[rows]
    asked = np.arange(len(rows)) if new is None else np.flatnonzero(new[rows])
    found: list[tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.uint8]]] = []
    for way in range(len(DIHEDRAL)):
        bits, flips = (calibration.phash_bits, 2) if way == 0 else (calibration.turned_bits, 1)
        turned = turned_phashes(hashes, way)
        for asker, answer, distance in _near(hashes, turned, asked, flips, bits):
            pairs = np.stack([asker, answer], axis=1)
            useful = asker < answer if new is None else asker != answer
            useful &= _alike_in_shape(table, rows, pairs, way, calibration.aspect)
            ways = np.full(int(useful.sum()), way, np.int8)
            found.append(_upward(pairs[useful], ways, distance[useful]))
    if not found:
        return np.empty((0, 2), np.int64), np.empty(0, np.int8)
    pairs, ways, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    pairs, ways = _nearest(pairs, ways, distance, len(rows), calibration.partners)
    return rows[pairs], ways


def _telling(table: PhotoTable, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """False where the hash says nothing: not measured yet, or without contrast."""
    telling: NDArray[np.bool_] = (table.phash[rows] != 0) | (table.dhash[rows] != 0)
    if "contrast" in table.measures:
        contrast = table.measures["contrast"][rows]
        telling &= ~(contrast < _FLATTEST)  # unknown contrast (NaN) bars nothing
    return telling


def _masks(flips: int) -> list[int]:
    """All numbers of 16 bits with at most ``flips`` bits set."""
    return [sum(1 << bit for bit in bits) for count in range(flips + 1)
            for bits in combinations(range(_BAND_BITS), count)]  # fmt: skip


def _near(
    hashes: NDArray[np.uint64], turned: NDArray[np.uint64], asked: NDArray[np.int64], flips: int, radius: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
    """Yield (places in hashes, places in turned, distance) of the pairs within the radius."""
    for band in range(_BANDS):
        shift = np.uint64(band * _BAND_BITS)
        keys = ((turned >> shift) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(keys, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=1 << _BAND_BITS))])
        wanted = ((hashes[asked] >> shift) & np.uint64(0xFFFF)).astype(np.int64)
        for mask in _masks(flips):
            bucket = wanted ^ mask
            counts = starts[bucket + 1] - starts[bucket]
            filled = np.flatnonzero(counts)
            for part in _parts(filled, counts):
                asker, place = _expand(part, counts[part], starts[bucket[part]])
                first, second = asked[asker], order[place]
                distance = np.bitwise_count(hashes[first] ^ turned[second])
                near = distance <= radius
                if near.any():
                    yield first[near], second[near], distance[near]


def _parts(filled: NDArray[np.int64], counts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Cut the askers so that no part has many more than _EXPANDED answers."""
    if len(filled):
        cuts = np.cumsum(counts[filled]) // _EXPANDED
        yield from np.split(filled, np.flatnonzero(np.diff(cuts)) + 1)


def _expand(
    askers: NDArray[np.int64], counts: NDArray[np.int64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(asker repeated, place in the bucket's order) for every answer."""
    ends = np.cumsum(counts)
    within = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
    return np.repeat(askers, counts), np.repeat(starts, counts) + within


def _alike_in_shape(
    table: PhotoTable, rows: NDArray[np.int64], pairs: NDArray[np.int64], way: int, most: float
) -> NDArray[np.bool_]:
    """True where the aspect ratios agree: the small pictures are squared and do not know them."""
    shape = np.log(np.maximum(table.width[rows], 1) / np.maximum(table.height[rows], 1))
    second = shape[pairs[:, 1]] * (-1 if way % 2 else 1)
    close: NDArray[np.bool_] = np.abs(shape[pairs[:, 0]] - second) <= np.log(most)
    return close


def _upward(
    pairs: NDArray[np.int64], ways: NDArray[np.int8], distance: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.uint8]]:
    """Put the smaller place first; a quarter turn is then undone by the other one."""
    swapped = pairs[:, 0] > pairs[:, 1]
    inverse = np.array([0, 3, 2, 1, 4, 5, 6, 7], np.int8)  # every mirrored way undoes itself
    return np.sort(pairs, axis=1), np.where(swapped, inverse[ways], ways), distance


def _nearest(
    pairs: NDArray[np.int64], ways: NDArray[np.int8], distance: NDArray[np.uint8], count: int, partners: int
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
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
        starts = np.concatenate([[0], np.cumsum(np.bincount(member, minlength=count))])[member[by_member]]
        kept[by_member[np.arange(len(pairs)) - starts < partners]] = True
    return pairs[kept], ways[kept]
