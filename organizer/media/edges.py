"""How sharp the sharpest parts of a picture are, and whether the blur goes one way.

Judged on luma at a fixed scale over tiles, with the noise discounted, so that a soft background beside a
sharp subject, grain and a small file change little. Knows numpy; no file and no catalogue.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_REACH = 4  # pixels over which an edge is compared with one pixel of it
_SEEN = 6.0  # change over that reach from which a tile has edges, grey levels
_JUDGED = 4  # of the tiles, one in so many is judged: those with the strongest edges
_BEST = 0.9  # the quantile of these that counts
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows and columns of a step


class Sharpness(NamedTuple):
    """value: 0..1, as ``sharpness`` says. one_way: 0..1, by how much the best direction is sharper.

    at: row and column of the sharpest place, as shares of the height and the width.
    """

    value: float
    one_way: float
    at: tuple[float, float] = (0.5, 0.5)


def tile_means(values: NDArray[np.generic], tile: int) -> NDArray[np.float32]:
    """Means of whole tiles; (H, W) -> float32 (H // tile, W // tile)."""
    rows, columns = values.shape[0] // tile, values.shape[1] // tile
    whole = values[: rows * tile, : columns * tile].reshape(rows, tile, columns * tile)
    lines = whole.sum(axis=1, dtype=np.float32 if values.dtype == np.float32 else np.int32)
    means: NDArray[np.float32] = lines.reshape(rows, columns, tile).sum(axis=2).astype(np.float32)
    return means / np.float32(tile * tile)


def sharpness(half: NDArray[np.uint8], noise: float) -> Sharpness:
    """Change over one pixel relative to the change over four, in the strongest tiles, in the worst direction.

    A step edge changes as much over one pixel as over four (1), a ramp a quarter as much, so the ratio
    measures how wide edges are, whatever their contrast: a local, normalised form of the gradient measures
    that Pertuz, Puig and Garcia compare in "Analysis of focus measure operators" (2013). Strengths are
    fourth-power means, which hear single edges and fine texture alike; of the noise their second and fourth
    moments are taken off. Only the quarter of the tiles with the strongest edges is judged, and of these
    the sharpest tenth: what is out of focus on purpose does not count. Motion blurs one direction
    alone, so the worst one counts. Without anything to judge by, the answer is 1.

    Args:
        half: uint8 (H, W), luma at half the fixed scale. noise: its standard deviation there, grey levels.
    """
    tile = 16 if max(half.shape) > 256 else 8
    values = half.astype(np.float32)
    if min(half.shape) < 2 * tile + _REACH:
        return Sharpness(1.0, 0.0)
    found: list[tuple[float, tuple[float, float]]] = []
    for down, across in _DIRECTIONS:
        fine = _strengths(_change(values, down, across), tile, noise)
        coarse = _strengths(_change(values, down * _REACH, across * _REACH), tile, noise)
        rows, columns = coarse.shape
        fine, coarse = fine[:rows, :columns].ravel(), coarse.ravel()
        judged = max(3, len(coarse) // _JUDGED)
        strongest = (
            np.argpartition(coarse, -judged)[-judged:] if judged < len(coarse) else np.arange(len(coarse))
        )
        strongest = strongest[coarse[strongest] > _SEEN]
        if len(strongest) >= 3:  # a direction without edges says nothing
            ratios = fine[strongest] / (coarse[strongest] + 1)
            row, column = divmod(int(strongest[ratios.argmax()]), columns)
            found.append((float(np.quantile(ratios, _BEST)), ((row + 0.5) / rows, (column + 0.5) / columns)))
    if not found:
        return Sharpness(1.0, 0.0)
    worst, at = min(found)
    return Sharpness(min(1.0, worst), max(0.0, 1 - worst / max(found)[0]), at)


def _change(values: NDArray[np.float32], down: int, across: int) -> NDArray[np.float32]:
    """Difference of pixels that lie so many rows and columns apart."""
    height, width = values.shape
    first, second = values[: height - down], values[down:]
    if across > 0:
        return second[:, across:] - first[:, : width - across]
    return second[:, : width + across] - first[:, -across:]


def _strengths(change: NDArray[np.float32], tile: int, noise: float) -> NDArray[np.float32]:
    """Fourth root of the mean fourth power over tiles, without the part of white noise; grey levels.

    Uses up ``change``.
    """
    square = np.multiply(change, change, out=change)
    added = np.float32(2 * noise * noise)  # the noise's variance in a difference of two pixels
    second = np.maximum(tile_means(square, tile) - added, 0)
    fourth = tile_means(np.multiply(square, square, out=square), tile)
    fourth -= 6 * added * second + 3 * added * added
    strengths: NDArray[np.float32] = np.sqrt(np.sqrt(np.maximum(fourth, 0)))
    return strengths
