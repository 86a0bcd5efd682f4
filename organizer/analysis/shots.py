"""Bursts: shots of one moment, by their time and by what they show.

Two photos are asked about when one camera took them within seconds, or, where no time was written, when
their names follow each other. They are one moment when their shapes agree as well: blind to
exposure (a bracket goes from nearly black to nearly white) and to focus. Pure functions over arrays.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Maps, Mask, Planes, Warp, align, equalised, smooth
from organizer.analysis.evidence import colour_difference, typical_detail
from organizer.analysis.shot_names import follow, neighbours
from organizer.analysis.stack_rules import SamePicture
from organizer.results import PhotoTable

_CHUNK = 64  # pairs at a time
_CLOCK = 900.0  # seconds; a clock put right for another time zone is off by a multiple
_BLACK, _WHITE = 8.0, 247.0
_LEVEL = 8  # grey levels that count as one
_SAME_LIGHT = 16.0  # grey levels between two shots of one exposure, at most
_SAME_COLOUR = 1.2  # colour difference of these, at most; another exposure changes the colours, too
_LEAST_DETAIL = 1.35  # Fisher-transformed correlation of the fine detail; two people in one pose have less
_LEAST_LEFT = 0.05  # share of the cells that must be neither black nor white in both


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the pixels say about P pairs of shots.

    Attributes:
        shapes: float32 (P,), -1..1, how far the edges agree in direction.
        curve: float32 (P,), 0..1, how much of one picture a curve of exposure makes of the other.
        unmoved: float32 (P,), 0..1, share of the cells that are equal to within a level as they lie, of those
            that are neither black nor white in both.
    """

    shapes: NDArray[np.float32]
    curve: NDArray[np.float32]
    unmoved: NDArray[np.float32]


def near_shots(
    table: PhotoTable, rows: NDArray[np.int64], calibration: SamePicture, new: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Propose pairs of shots: taken within seconds, or numbered one after another.

    Args:
        rows: rows of the table that take part, ascending. new: bool (len(table),); when given, only
            pairs with a new photo are proposed.

    Returns rows of the table, int64 (P, 2), first < second, each pair once, sorted.
    """
    timed = rows[np.isfinite(table.taken[rows])]
    order = timed[np.argsort(table.taken[timed], kind="stable")]
    found = []
    for step in range(1, calibration.neighbours + 1):
        first, second = order[:-step], order[step:]
        near = table.taken[second] - table.taken[first] <= calibration.seconds
        found.append(np.stack([first[near], second[near]], axis=1))
    named = (rows if new is None else _beside(table, rows, new)).tolist()
    beside = neighbours(table.path, named, calibration.numbers, calibration.words, calibration.neighbours)
    found.append(np.array(beside, np.int64).reshape(-1, 2))
    both = np.sort(np.concatenate(found), axis=1)
    keys = np.unique(both[:, 0] * len(table) + both[:, 1])  # as one number: other threads run meanwhile
    pairs: NDArray[np.int64] = np.stack(np.divmod(keys, max(1, len(table))), axis=1)
    fresh = np.ones(len(pairs), bool) if new is None else new[pairs].any(axis=1)
    pairs = pairs[fresh]
    return pairs[one_moment(table, pairs, calibration) | one_series(table, pairs, calibration)]


def one_moment(table: PhotoTable, pairs: NDArray[np.int64], calibration: SamePicture) -> NDArray[np.bool_]:
    """Did one camera take both within seconds? Rows int64 (P, 2) -> bool (P,)."""
    apart = np.abs(table.taken[pairs[:, 0]] - table.taken[pairs[:, 1]])
    near = apart <= calibration.seconds  # unknown times (NaN) are not near
    result: NDArray[np.bool_] = near & _one_camera(table, pairs)
    return result


def two_shots(table: PhotoTable, pairs: NDArray[np.int64], calibration: SamePicture) -> NDArray[np.bool_]:
    """Did one camera take both, but not at once? Then they are not copies, however alike. bool (P,).

    Where no camera is named, only times within seconds count: programs without care write the time of an
    edit into the copy. Times that are whole quarters of an hour apart may be one time in two zones.
    """
    apart = np.abs(table.taken[pairs[:, 0]] - table.taken[pairs[:, 1]])
    zones = np.abs((apart + _CLOCK / 2) % _CLOCK - _CLOCK / 2) <= 1
    later = (apart > calibration.seconds) & ~zones
    later[later] &= _named_camera(table, pairs[later])
    result: NDArray[np.bool_] = (one_moment(table, pairs, calibration) & (apart > 0)) | later
    return result


def one_series(table: PhotoTable, pairs: NDArray[np.int64], calibration: SamePicture) -> NDArray[np.bool_]:
    """Could the names say that two files of one kind and one picture size are shots one after another?

    Asked where no different times were written. bool (P,)."""
    a, b = pairs[:, 0], pairs[:, 1]
    timed = np.isfinite(table.taken[pairs])
    silent = (~timed.any(axis=1)) | (table.taken[a] == table.taken[b])
    result: NDArray[np.bool_] = silent
    result[result] &= _one_make(table, pairs[result])
    result[result] &= named_alike(table, pairs[result], calibration)
    return result


def could_be_shots(
    table: PhotoTable, pairs: NDArray[np.int64], calibration: SamePicture
) -> NDArray[np.bool_]:
    """Does nothing written speak against two shots of one moment: kind, size, camera or its time? (P,)."""
    far = np.abs(table.taken[pairs[:, 0]] - table.taken[pairs[:, 1]]) > calibration.seconds
    far[far] &= _named_camera(table, pairs[far])
    result: NDArray[np.bool_] = _one_make(table, pairs) & ~far
    return result


def named_alike(table: PhotoTable, pairs: NDArray[np.int64], calibration: SamePicture) -> NDArray[np.bool_]:
    """Do the names follow each other? bool (P,)."""
    return np.array(
        [follow(table.path[a], table.path[b], calibration.numbers, calibration.words)
         for a, b in pairs.tolist()], bool,
    )  # fmt: skip


def likeness(
    pairs: NDArray[np.int64],
    ids: NDArray[np.int64],
    grey: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    check: Callable[[], None] | None = None,
) -> Likeness:
    """Compare shots on their pixels, as they lie and laid over each other.

    Args:
        pairs: photo ids, int64 (P, 2). ids, grey, chroma, check: as for ``verify.verify``.

    Returns: where small pictures are not given, -1, 0 and 0.
    """
    shapes, (curve, unmoved) = np.full(len(pairs), -1, np.float32), np.zeros((2, len(pairs)), np.float32)
    if len(ids):
        rows = np.minimum(np.searchsorted(ids, pairs), len(ids) - 1)
        known = np.flatnonzero((ids[rows] == pairs).all(axis=1))
        for start in range(0, len(known), _CHUNK):
            if check is not None:
                check()
            part = known[start : start + _CHUNK]
            shapes[part], curve[part] = _compare(grey, chroma, rows[part, 0], rows[part, 1])
            unmoved[part] = _unmoved(grey[rows[part, 0]], grey[rows[part, 1]])
    return Likeness(shapes, curve, unmoved)


def _compare(
    greys: NDArray[np.uint8],
    chromas: NDArray[np.uint8],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    grey, other = greys[first], greys[second]
    everything = np.ones(grey.shape, bool)
    still, moved = equalised(grey, everything), equalised(other, everything)
    at_rest = np.tile(np.eye(3)[:2], (len(grey), 1, 1))
    maps, hopeful = align(still, moved, everything, everything)
    shapes = _agreement(still, moved, at_rest)
    laid = np.where(hopeful, _agreement(still, moved, maps), -1)
    better = laid > shapes + 0.05
    closest = np.where((laid > shapes)[:, None, None], maps, at_rest)
    maps = np.where(better[:, None, None], maps, at_rest)
    curve, lighter = _curve(grey, other, maps)
    colour, colourless = colour_difference(chromas[first], chromas[second], maps)
    curve[(np.abs(lighter) < _SAME_LIGHT) & ~colourless & (colour > _SAME_COLOUR)] = 0
    curve[typical_detail(grey, other, closest) < _LEAST_DETAIL] = 0
    return np.where(better, laid, shapes), curve


def _agreement(still: Planes, moved: Planes, maps: Maps) -> NDArray[np.float32]:
    """Mean cosine between the directions of the edges, weighted by the weaker edge; float32 (P,)."""
    lay = Warp(maps, still.shape[-1], still.shape[-1])
    first, second = (np.gradient(smooth(plane, 1, 1, 2), axis=(1, 2)) for plane in (still, lay(moved)))
    lengths = [np.hypot(*slopes) for slopes in (first, second)]
    weight = np.minimum(*lengths) * lay.inside
    cosine = (first[0] * second[0] + first[1] * second[1]) / (lengths[0] * lengths[1] + 1e-3)
    agreement = (cosine * weight).sum(axis=(1, 2)) / (weight.sum(axis=(1, 2)) + 1e-3)
    enough = lay.inside.mean(axis=(1, 2)) > 0.6
    return np.where(enough, agreement, -1).astype(np.float32)


def _curve(
    grey: NDArray[np.uint8], other: NDArray[np.uint8], maps: Maps
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(correlation ratio in the better direction, grey levels by which the second is lighter), each (P,).

    What is black or white in both is left out."""
    lay = Warp(maps, grey.shape[-1], grey.shape[-1])
    still, laid = grey.astype(np.float32), lay(other.astype(np.float32))
    inside = lay.inside & ~(((still <= _BLACK) & (laid <= _BLACK)) | ((still >= _WHITE) & (laid >= _WHITE)))
    first, second = smooth(still), smooth(laid)
    better = np.maximum(_explained(first, second, inside), _explained(second, first, inside))
    enough = inside.mean(axis=(1, 2)) >= _LEAST_LEFT
    total = np.maximum(inside.sum(axis=(1, 2)), 1)
    lighter = ((laid - still) * inside).sum(axis=(1, 2)) / total
    return np.where(enough, better, 0).astype(np.float32), lighter


def _unmoved(grey: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The share of equal cells, as ``Likeness`` has it; (P,)."""
    first, second = grey.astype(np.int16), other.astype(np.int16)
    telling = ((first > _BLACK) | (second > _BLACK)) & ((first < _WHITE) | (second < _WHITE))
    equal = (np.abs(first - second) <= 1) & telling
    number = telling.sum(axis=(1, 2))
    share = equal.sum(axis=(1, 2)) / np.maximum(number, 1)
    return np.where(number >= _LEAST_LEFT * grey[0].size, share, 0).astype(np.float32)


def _explained(by: Planes, values: Planes, inside: Mask) -> NDArray[np.float64]:
    """Share of the variance of the values that is between the levels of the other picture; (P,)."""
    count, levels = len(by), 256 // _LEVEL
    key = (by.reshape(count, -1) // _LEVEL).astype(np.int64).clip(0, levels - 1)
    key += levels * np.arange(count)[:, None]
    chosen = inside.reshape(count, -1)
    here, value = key[chosen], values.reshape(count, -1)[chosen].astype(np.float64)
    number, total = (
        np.bincount(here, weights, levels * count).reshape(count, levels) for weights in (None, value)
    )
    whole = np.bincount(here // levels, value * value, count)
    between = (total**2 / np.maximum(number, 1)).sum(axis=1)
    mean = total.sum(axis=1) ** 2 / np.maximum(number.sum(axis=1), 1)
    explained: NDArray[np.float64] = (between - mean) / np.maximum(whole - mean, 1e-6)
    return explained


def _one_make(table: PhotoTable, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """One kind of file, one picture size and no two cameras; bool (P,)."""
    a, b = pairs[:, 0], pairs[:, 1]
    alike = (table.width[a] == table.width[b]) & (table.height[a] == table.height[b])
    alike[alike] &= np.array([table.format[x] == table.format[y] for x, y in pairs[alike].tolist()], bool)
    result: NDArray[np.bool_] = alike & _one_camera(table, pairs)
    return result


def _one_camera(table: PhotoTable, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """False where two different cameras are named."""
    if not table.camera:
        return np.ones(len(pairs), bool)
    is_large = pairs.size > len(table.camera)  # then each photo is asked once
    rows = range(len(table.camera)) if is_large else pairs.ravel().tolist()
    known = {"": 0}
    names = (known.setdefault(table.camera[row], len(known)) for row in rows)
    codes = np.fromiter(names, np.int64, len(rows))
    a, b = (codes[pairs] if is_large else codes.reshape(-1, 2)).T
    result: NDArray[np.bool_] = (a == 0) | (b == 0) | (a == b)
    return result


def _named_camera(table: PhotoTable, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True where both name the same camera."""
    if not table.camera:
        return np.zeros(len(pairs), bool)
    names = table.camera
    return np.array([bool(names[a]) and names[a] == names[b] for a, b in pairs.tolist()], bool)


def _beside(table: PhotoTable, rows: NDArray[np.int64], new: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rows that lie in a folder of a new photo."""
    folders = {table.path[row].rpartition(os.sep)[0] for row in np.flatnonzero(new).tolist()}
    beside = [table.path[row].rpartition(os.sep)[0] in folders for row in rows.tolist()]
    result: NDArray[np.int64] = rows[np.array(beside, bool)]
    return result
