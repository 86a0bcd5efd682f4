"""Two shots, or one and its copy? What differs between two small pictures that show the same.

An edit changes the whole picture by one rule, or one place of it. When the focus moved between two shots,
one is sharper here and the other there: no edit does that. And where one tone curve explains all that
differs, down to the rounding, nothing was taken anew. Pure functions over arrays; no threshold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Mask, Planes, align, equalised, reduced, smooth
from organizer.analysis.frames import clipped, grown, shown

_CHUNK = 64  # pairs at a time
_EDGE = 0.12  # share of what can be judged that may be sharper in the first, or in the second, by chance
_FLOOR = 1.0  # grey levels squared, of detail that counts for nothing
_STRUCTURE = 4.0  # grey levels squared: less shows no focus
_STRONGEST = 6.0  # grey levels of structure that count as one
_LEAST_JUDGED = 0.1  # share of the picture that must have structure
_SAME_LIGHT = 10.0  # grey levels between the large parts of two shots of one exposure, at most
_AT_REST = 0.02  # of half a side, by which the second may lie aside
_DEGREE = 4  # of the tone curve
_LEAST_CELLS = 300  # for a tone curve to say something
UNKNOWN = 255.0


def focus_moved(grey: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Is the first sharper here and the second sharper there?

    Args:
        grey, other: uint8 (P, 64, 64), compared as they lie.

    Returns:
        float32 (P,), half a logarithm of detail against structure, by how much the first is sharper where it
        is sharper, or the second where that is, whichever is less. 0 and below where one of the two is
        sharper everywhere, where the light was another, or too little is to be seen.
    """
    result = np.zeros(len(grey), np.float32)
    for start in range(0, len(grey), _CHUNK):
        part = slice(start, start + _CHUNK)
        unlike = np.abs(reduced(grey[part], 8) - reduced(other[part], 8)).reshape(len(grey[part]), -1)
        chosen = np.flatnonzero(np.percentile(unlike, 90, axis=1) < _SAME_LIGHT) + start
        if len(chosen):
            first, second = grey[chosen], other[chosen]
            result[chosen] = _focus(first, second, _clear(first), _clear(second))
    return result


def toned(grey: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a tone curve leaves unexplained of the difference, as the pictures lie.

    Args:
        grey, other: uint8 (P, 64, 64).

    Returns:
        float32 (P,), grey levels in nine of ten cells, with the better of the curves from the first to the
        second and back; UNKNOWN where too little is to be seen.
    """
    result = np.full(len(grey), UNKNOWN, np.float32)
    for start in range(0, len(grey), _CHUNK):
        first, second = grey[start : start + _CHUNK], other[start : start + _CHUNK]
        result[start : start + _CHUNK] = _toned(first, second, _clear(first) & _clear(second))
    return result


def at_rest(grey: NDArray[np.uint8], other: NDArray[np.uint8]) -> Mask:
    """Does the second lie over the first as it is? Where it moved, the cells cut other detail; bool (P,)."""
    if not len(grey):
        return np.zeros(0, bool)
    everything = np.ones(grey.shape, bool)
    maps, hopeful = align(equalised(grey, everything), equalised(other, everything), everything, everything)
    still: Mask = hopeful & (np.abs(maps - np.eye(3)[:2]).max(axis=(1, 2)) < _AT_REST)
    return still


def _clear(grey: NDArray[np.uint8]) -> Mask:
    """The cells that lie within the border and away from what is clipped."""
    clear: Mask = shown(grey) & ~grown(grown(clipped(grey)))
    clear[:, [0, -1]] = False
    clear[:, :, [0, -1]] = False
    return clear


def _focus(
    grey: NDArray[np.uint8], other: NDArray[np.uint8], clear: Mask, other_clear: Mask
) -> NDArray[np.float64]:
    first, second = _sharpness(grey, clear), _sharpness(other, other_clear)
    structure = np.minimum(first[1], second[1])
    seen = (np.minimum(first[2], second[2]) > 0.5) & (structure > _STRUCTURE)
    weight = np.where(seen, np.minimum(np.sqrt(structure), _STRONGEST), 0).reshape(len(grey), -1)
    sharper = (first[0] - second[0]).reshape(len(grey), -1)
    order = np.argsort(sharper, axis=1)
    reached = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    total = np.maximum(reached[:, -1:], 1e-6)
    low, high = (
        np.take_along_axis(sharper, np.take_along_axis(
            order, np.argmax(reached >= share * total, axis=1)[:, None], axis=1), axis=1)[:, 0]
        for share in (_EDGE, 1 - _EDGE)
    )  # fmt: skip
    return np.where(seen.mean(axis=(1, 2)) >= _LEAST_JUDGED, np.minimum(-low, high), 0)


def _sharpness(grey: NDArray[np.uint8], clear: Mask) -> tuple[Planes, Planes, Planes]:
    """(half the logarithm of the fine detail around each cell, the structure there, share that is clear).

    Both as squared grey levels; float32 (P, S, S)."""
    weight, plane = clear.astype(np.float32), grey.astype(np.float32)
    soft = smooth(plane)
    share = smooth(weight, 2, 4)
    fine, coarse = (
        smooth(band * band * weight, 2, 4) / np.maximum(share, 0.05)
        for band in (plane - soft, soft - smooth(soft, 2, 2))
    )
    detail = 0.5 * np.log((fine + _FLOOR) / (coarse + _FLOOR))
    return detail.astype(np.float32), coarse.astype(np.float32), share


def _toned(grey: NDArray[np.uint8], other: NDArray[np.uint8], clear: Mask) -> NDArray[np.float64]:
    """The better of two tone curves, of the first to the second and back; (P,)."""
    count = len(grey)
    weight = clear.reshape(count, -1).astype(np.float64)
    planes = [plane.reshape(count, -1).astype(np.float64) for plane in (grey, other)]
    cells = weight.sum(axis=1)
    left = []
    for by, values in (planes, planes[::-1]):
        mean = (by * weight).sum(axis=1, keepdims=True) / np.maximum(cells, 1)[:, None]
        powers = ((by - mean) / 64)[..., None] ** np.arange(_DEGREE + 1)
        weighted = (powers * weight[..., None]).transpose(0, 2, 1)
        normal = weighted @ powers + 1e-6 * np.eye(_DEGREE + 1)
        curve = np.linalg.solve(normal, weighted @ values[..., None])
        wrong = np.abs((powers @ curve)[..., 0] - values)
        ranked = np.sort(np.where(weight > 0, wrong, np.inf), axis=1)
        ninth = np.clip((cells * 0.9).astype(np.int64), 0, ranked.shape[1] - 1)
        left.append(ranked[np.arange(count), ninth])
    return np.where(cells >= _LEAST_CELLS, np.minimum(*left), UNKNOWN)
