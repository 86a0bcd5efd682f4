"""Hashes of what a photo would look like cropped or turned a little, to meet copies that were.

A perceptual hash stands a crop of a few per cent; a crop of ten, a border or a horizon put straight takes the
copy out of its reach. So every photo is also hashed through the maps of MAPS, without being read again:
each variant hash is a linear map of the small grey picture. Pure functions over arrays.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Maps, Warp, reduced
from organizer.media.fingerprint import hash_bits, hash_cosines

_SIDE = 32  # cells that the variants are computed on; the hash looks at far coarser shapes
_BLOCK = 4096  # photos at a time
_SHAPE = 1.35  # typical aspect ratio: the small pictures are squared, so a turn shears them


def _cropped(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """The map that shows this part of the picture, edges in 0..1."""
    return [[right - left, 0, left + right - 1], [0, bottom - top, top + bottom - 1]]


def _turned(degrees: float, scale: float) -> list[list[float]]:
    angle = math.radians(degrees)
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    return [[cos, -sin / _SHAPE, 0], [sin * _SHAPE, cos, 0]]


MAPS: Maps = np.array(
    [
        _cropped(0.03, 0.03, 0.97, 0.97),
        _cropped(0.06, 0.06, 0.94, 0.94),
        *(_cropped(0.06 * x, 0.06 * y, 0.94 + 0.06 * x, 0.94 + 0.06 * y) for x in (0, 1) for y in (0, 1)),
        *(_turned(degrees, scale) for degrees in (-5, 5) for scale in (1.0, 0.9)),
    ]
)
"""float64 (VARIANTS, 2, 3): a point of the variant is found in the photo at ``M @ (x, y, 1)``."""

VARIANTS = len(MAPS)


def variant_hashes(greys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Perceptual hashes of the variants.

    Args:
        greys: uint8 (N, S, S), S a multiple of 32.

    Returns:
        uint64 (N, VARIANTS).
    """
    result = np.zeros((len(greys), VARIANTS), np.uint64)
    for start in range(0, len(greys), _BLOCK):
        block = greys[start : start + _BLOCK]
        low = reduced(block, _SIDE).reshape(len(block), -1) @ _projection()
        result[start : start + len(block)] = hash_bits(low.reshape(-1, 9, 9)).reshape(-1, VARIANTS)
    return result


def inverse(maps: Maps) -> Maps:
    """The maps that undo affine maps; float64 (N, 2, 3)."""
    whole = np.tile(np.eye(3), (len(maps), 1, 1))
    whole[:, :2] = maps
    result: Maps = np.linalg.inv(whole)[:, :2].astype(np.float64)
    return result


@cache
def _projection() -> NDArray[np.float32]:
    """From the cells of a picture to the cosine coefficients of its variants, (cells, VARIANTS * 81)."""
    cells = np.eye(_SIDE * _SIDE, dtype=np.float32).reshape(-1, _SIDE, _SIDE)
    basis = hash_cosines(_SIDE)
    columns = []
    for one in MAPS:
        seen = Warp(np.tile(one, (len(cells), 1, 1)), _SIDE, _SIDE)(cells)
        columns.append((basis @ seen @ basis.T).reshape(len(cells), -1))
    projection: NDArray[np.float32] = np.concatenate(columns, axis=1).astype(np.float32)
    return projection
