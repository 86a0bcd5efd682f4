"""Laying one small grey picture over another: which shift, scale and slight turn makes them agree.

Works on many pairs at once. Knows arrays alone: no photo, no threshold, no catalogue.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
_ROUNDS = ((32, 12), (64, 5))  # (side, iterations): large shifts are found small, exactness large
_MARGIN = 2  # cells at the edge that are left out of the fit: borders and interpolation live there


def align(still: Planes, moved: Planes) -> NDArray[np.float64]:
    """Find the affine maps that lay ``moved`` over ``still``.

    Inverse compositional image alignment (Baker and Matthews, "Lucas-Kanade 20 years on", 2004) on
    pictures normalised to mean 0 and deviation 1, so that exposure does not matter, coarse to fine.

    Args:
        still, moved: float32 (P, S, S), grey levels, S divisible by 2.

    Returns:
        float64 (P, 2, 3): a point (x, y) of ``still``, in -1..1 from edge to edge, is found in
        ``moved`` at ``M @ (x, y, 1)``. Where nothing fits, a map that is not worth much: the caller
        judges by what ``warp`` shows.
    """
    count = len(still)
    maps = np.tile(np.eye(3), (count, 1, 1))
    for side, rounds in _ROUNDS:
        target, source = smooth(_reduce(still, side)), smooth(_reduce(moved, side))
        descent, inverse = _descent(_normalised(target))
        inner = (slice(None), slice(_MARGIN, side - _MARGIN), slice(_MARGIN, side - _MARGIN))
        for _ in range(rounds):
            laid, inside = warp(source, maps[:, :2], side)
            wrong = (_normalised(laid, inside) - _normalised(target, inside)) * inside
            slopes = np.einsum("pkn,pn->pk", descent, wrong[inner].reshape(count, -1))
            step = np.einsum("pkl,pl->pk", inverse, slopes)
            step = np.clip(step, -0.1, 0.1).reshape(count, 2, 3)
            change = np.tile(np.eye(3), (count, 1, 1))
            change[:, :2] += step
            maps = np.clip(maps @ np.linalg.inv(change), -2, 2)
    return maps[:, :2]


def warp(planes: Planes, maps: NDArray[np.float64], side: int) -> tuple[Planes, NDArray[np.bool_]]:
    """Sample pictures through affine maps, bilinearly.

    Args:
        planes: float32 (P, T, T). maps: float64 (P, 2, 3) as ``align`` gives them.
        side: side of the result.

    Returns:
        (float32 (P, side, side), bool (P, side, side): true where the sample lies inside).
    """
    count, size = len(planes), planes.shape[-1]
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    points = maps.astype(np.float32)
    x, y = axis[None, None, :], axis[None, :, None]
    m = [[points[:, r, c][:, None, None] for c in range(3)] for r in range(2)]
    column = (m[0][0] * x + m[0][1] * y + m[0][2] + 1) * np.float32(size / 2) - np.float32(0.5)
    row = (m[1][0] * x + m[1][1] * y + m[1][2] + 1) * np.float32(size / 2) - np.float32(0.5)
    inside = (column > -0.51) & (column < size - 0.49) & (row > -0.51) & (row < size - 0.49)
    column, row = np.clip(column, 0, size - 1.001), np.clip(row, 0, size - 1.001)
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, low_share = column - left, row - top
    flat = np.ascontiguousarray(planes, dtype=np.float32).ravel()
    corner = top * size + left + (np.arange(count, dtype=np.int32) * size * size)[:, None, None]
    upper = flat[corner] * (1 - right_share) + flat[corner + 1] * right_share
    lower = flat[corner + size] * (1 - right_share) + flat[corner + size + 1] * right_share
    return upper * (1 - low_share) + lower * low_share, inside


def smooth(planes: Planes, *steps: int) -> Planes:
    """Blur with the mask 1-2-1, its arms ``steps`` cells long, along both axes, once a step.

    A step adds step**2 / 2 to the variance of the blur, in cells squared. float32 (P, S, S).
    """
    for step in steps or (1,):
        padded = np.pad(planes, ((0, 0), (step, step), (step, step)), mode="edge")
        tall = padded[:, : -2 * step] + 2 * padded[:, step:-step] + padded[:, 2 * step :]
        planes = (tall[:, :, : -2 * step] + 2 * tall[:, :, step:-step] + tall[:, :, 2 * step :]) / 16
    return planes


def _reduce(planes: Planes, side: int) -> Planes:
    factor = planes.shape[-1] // side
    if factor <= 1:
        return planes
    reduced: Planes = planes.reshape(len(planes), side, factor, side, factor).mean(
        axis=(2, 4), dtype=np.float32
    )
    return reduced


def _normalised(planes: Planes, inside: NDArray[np.bool_] | None = None) -> Planes:
    """Mean 0 and deviation 1 over the cells inside."""
    weight = np.ones(planes.shape, np.float32) if inside is None else inside.astype(np.float32)
    total = np.maximum(weight.sum(axis=(1, 2), keepdims=True), 1)
    centred = planes - (planes * weight).sum(axis=(1, 2), keepdims=True) / total
    spread = np.sqrt((centred**2 * weight).sum(axis=(1, 2), keepdims=True) / total)
    normalised: Planes = centred / np.maximum(spread, 1e-3)
    return normalised


def _descent(target: Planes) -> tuple[Planes, NDArray[np.float64]]:
    """(steepest descent pictures (P, 6, cells inside the margin), inverse Hessians (P, 6, 6))."""
    side = target.shape[-1]
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    down, across = np.gradient(target, 2 / side, axis=(1, 2))
    x, y = axis[None, None, :], axis[None, :, None]
    pictures = [across * x, across * y, across, down * x, down * y, down]
    inner = slice(_MARGIN, side - _MARGIN)
    descent = np.stack([picture[:, inner, inner].reshape(len(target), -1) for picture in pictures], axis=1)
    hessian = np.einsum("pkn,pln->pkl", descent, descent, optimize=True).astype(np.float64)
    damping = np.trace(hessian, axis1=1, axis2=2)[:, None, None] * 1e-4 * np.eye(6) + 1e-6 * np.eye(6)
    return descent.astype(np.float32), np.linalg.inv(hessian + damping)
