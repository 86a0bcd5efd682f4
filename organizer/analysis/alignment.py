"""Laying one small grey picture over another: which shift, scale and slight turn makes them agree.

Works on many pairs at once. Knows arrays alone: no photo, no threshold, no catalogue.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
Maps = NDArray[np.float64]
Mask = NDArray[np.bool_]
_ROUNDS = ((16, 6, 1), (32, 8, 2), (64, 3, 2))  # (side, iterations, cells at the edge that are left out)
_ARRIVED = 0.06  # of half a cell: a pair whose step is shorter is laid as well as this side can tell
_LONGEST_STEP = 0.15  # of half the side: a step that goes further has lost its way
HOPELESS = (-1.0, 0.3, -1.0)  # correlations below which a pair is given up: as it begins, after each round


def align(
    still: Planes,
    moved: Planes,
    still_shows: Mask,
    moved_shows: Mask,
    start: Maps | None = None,
    hopeless: tuple[float, float, float] = HOPELESS,
) -> tuple[Maps, Mask]:
    """Find the affine maps that lay ``moved`` over ``still``.

    Forwards compositional image alignment (Baker and Matthews, "Lucas-Kanade 20 years on", 2004) on
    pictures normalised to mean 0 and deviation 1, coarse to fine. Large errors weigh less (Geman and
    McClure's weight), so that a caption or a thing that moved does not pull the rest along.

    Args:
        still, moved: float32 (P, S, S), grey levels, best after ``equalised``; S divisible by 4.
        still_shows, moved_shows: bool (P, S, S), the cells that show the picture, not a border.
        start: float64 (P, 2, 3), where to begin; as they lie when left out.
        hopeless: correlations, -1..1, below which a pair is given up: before the first round, after the
            coarsest and after the middle one. Each round costs several times the one before.

    Returns:
        (float64 (P, 2, 3), bool (P,)). A point (x, y) of ``still``, in -1..1 from edge to edge, is found
        in ``moved`` at ``M @ (x, y, 1)``. The flag is false for pairs that were given up on the way; their
        map, like any, is worth what ``Warp`` shows.
    """
    maps = np.tile(np.eye(3), (len(still), 1, 1))
    if start is not None:
        maps[:, :2] = start
    left = np.arange(len(still))
    for turn, (side, rounds, margin) in enumerate(_ROUNDS):
        if not len(left):
            break
        target, source = smooth(reduced(still[left], side)), smooth(reduced(moved[left], side))
        shows = [reduced(mask[left].astype(np.float32), side) for mask in (still_shows, moved_shows)]
        shows[0][:, :margin] = shows[0][:, -margin:] = 0
        shows[0][:, :, :margin] = shows[0][:, :, -margin:] = 0
        if turn == 0 and hopeless[0] > -1:
            near = _agreement(target, source, shows[0], shows[1], maps[left]) >= hopeless[0]
            left, target, source, shows = left[near], target[near], source[near], [one[near] for one in shows]
            if not len(left):
                break
        maps[left] = _descend(target, source, shows[0], shows[1], maps[left], rounds)
        if turn < 2 and hopeless[turn + 1] > -1:
            left = left[_agreement(target, source, shows[0], shows[1], maps[left]) >= hopeless[turn + 1]]
    hopeful = np.zeros(len(still), bool)
    hopeful[left] = True
    return maps[:, :2], hopeful


class Warp:
    """Affine maps, ready to sample any number of pictures of one size through them, bilinearly.

    Args:
        maps: float64 (P, 2, 3) as ``align`` gives them. size: side of the pictures. side: of the results.

    Attributes:
        inside: bool (P, side, side), true where the sample lies within the picture.
    """

    def __init__(self, maps: Maps, size: int, side: int) -> None:
        axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
        scaled = (maps * (size / 2)).astype(np.float32)
        middle = np.float32((size - 1) / 2)
        column, row = (
            scaled[:, at, 0, None, None] * axis[None, None, :]
            + (scaled[:, at, 1, None, None] * axis[None, :, None] + (scaled[:, at, 2, None, None] + middle))
            for at in range(2)
        )
        near_column, near_row = np.clip(column, 0, size - 1.001), np.clip(row, 0, size - 1.001)
        self.inside: Mask = (np.abs(column - near_column) < 0.51) & (np.abs(row - near_row) < 0.51)
        left, top = near_column.astype(np.int32), near_row.astype(np.int32)
        self._right_share, self._low_share = near_column - left, near_row - top
        begins = np.arange(len(maps), dtype=np.intp)[:, None, None] * (size * size)
        self._corner = begins + (top * np.int32(size) + left)
        self._size = size

    def __call__(self, planes: Planes) -> Planes:
        """float32 (P, size, size) -> float32 (P, side, side); beyond the edge, the edge goes on."""
        flat = np.ascontiguousarray(planes, dtype=np.float32).ravel()
        beside = (0, 1, self._size, self._size + 1)
        upper, right, lower, last = (flat[by:].take(self._corner) for by in beside)
        right -= upper
        right *= self._right_share
        upper += right
        last -= lower
        last *= self._right_share
        lower += last
        lower -= upper
        lower *= self._low_share
        upper += lower
        return upper


def reduced(planes: NDArray[np.uint8] | Planes, side: int) -> Planes:
    """Average square cells: (P, S, S), S a multiple of side -> float32 (P, side, side), always a copy."""
    factor = planes.shape[-1] // side
    tall = planes[:, ::factor].astype(np.float32)
    for at in range(1, factor):
        tall += planes[:, at::factor]
    cells = tall[:, :, ::factor].copy()
    for at in range(1, factor):
        cells += tall[:, :, at::factor]
    cells *= np.float32(1 / factor**2)
    return cells


def smooth(planes: Planes, *steps: int) -> Planes:
    """Blur with the mask 1-2-1, its arms ``steps`` cells long, along both axes, once a step.

    A step adds step**2 / 2 to the variance of the blur, in cells squared. float32 (P, S, S).
    """
    for step in steps or (1,):
        padded = np.pad(planes, ((0, 0), (step, step), (step, step)), mode="edge")
        tall = padded[:, : -2 * step] + 2 * padded[:, step:-step] + padded[:, 2 * step :]
        planes = (tall[:, :, : -2 * step] + 2 * tall[:, :, step:-step] + tall[:, :, 2 * step :]) / 16
    return planes


def equalised(grey: NDArray[np.uint8], shows: Mask) -> Planes:
    """Each level replaced by the share of the shown cells that are darker, times 255.

    What is left does not depend on exposure, gamma or any other curve. uint8 and bool (P, S, S) ->
    float32 (P, S, S).
    """
    count = len(grey)
    keys = grey.reshape(count, -1).astype(np.int64) + 256 * np.arange(count)[:, None]
    histogram = np.bincount(keys[shows.reshape(count, -1)], minlength=256 * count).reshape(count, 256)
    histogram = np.where(histogram.any(axis=1, keepdims=True), histogram, 1)
    rank = (np.cumsum(histogram, axis=1) - histogram / 2) / histogram.sum(axis=1, keepdims=True) * 255
    levels: Planes = rank.astype(np.float32).ravel()[keys].reshape(grey.shape)
    return levels


def normalised(planes: Planes, weight: Planes) -> Planes:
    """Mean 0 and deviation 1 over the cells of weight 1; float32 (P, S, S)."""
    total = np.maximum(weight.sum(axis=(1, 2), keepdims=True), 1)
    centred = planes - (planes * weight).sum(axis=(1, 2), keepdims=True) / total
    spread = np.sqrt((centred**2 * weight).sum(axis=(1, 2), keepdims=True) / total)
    result: Planes = centred / np.maximum(spread, 1e-3)
    return result


def _descend(
    target: Planes, source: Planes, target_shows: Planes, source_shows: Planes, maps: Maps, rounds: int
) -> Maps:
    """The rounds at one side; maps float64 (P, 3, 3)."""
    count, side = len(target), target.shape[-1]
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    down, across = np.gradient(normalised(target, target_shows), 2 / side, axis=(1, 2))
    x, y = axis[None, None, :], axis[None, :, None]
    slopes = np.stack([across * x, across * y, across, down * x, down * y, down], axis=1)
    slopes = slopes.reshape(count, 6, -1)
    left = np.arange(count)
    for _ in range(rounds):
        shown, slope = target_shows[left], slopes[left]
        lay = Warp(maps[left, :2], side, side)
        laid, weight = lay(source[left]), shown * lay(source_shows[left]) * lay.inside
        wrong = normalised(laid, weight) - normalised(target[left], weight)
        trusted = slope * (weight / (1 + (wrong * weight) ** 2)).reshape(len(left), 1, -1)
        hessian = np.matmul(trusted, slope.transpose(0, 2, 1)).astype(np.float64)
        damping = np.trace(hessian, axis1=1, axis2=2)[:, None, None] * 1e-4 + 1e-6
        pull = np.matmul(trusted, wrong.reshape(len(left), -1, 1)).astype(np.float64)
        step = np.linalg.solve(hessian + damping * np.eye(6), pull)[..., 0]
        change = np.tile(np.eye(3), (len(left), 1, 1))
        change[:, :2] += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP).reshape(-1, 2, 3)
        maps[left] = np.clip(maps[left] @ np.linalg.inv(change), -2, 2)
        left = left[np.abs(step).max(axis=1) > _ARRIVED / side]
        if not len(left):
            break
    return maps


def _agreement(
    target: Planes, source: Planes, target_shows: Planes, source_shows: Planes, maps: Maps
) -> NDArray[np.float32]:
    """Correlation of what is laid over each other, float32 (P,)."""
    side = target.shape[-1]
    lay = Warp(maps[:, :2], side, side)
    laid, weight = lay(source), target_shows * lay(source_shows) * lay.inside
    product = (normalised(target, weight) * normalised(laid, weight) * weight).sum(axis=(1, 2))
    result: NDArray[np.float32] = product / np.maximum(weight.sum(axis=(1, 2)), 1)
    return result
