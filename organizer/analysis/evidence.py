"""What two small pictures say about being one picture, after one was laid over the other.

Blind to exposure (every cell is judged against its surroundings), to borders and empty corners (they are
found and left out) and to what was clipped in one of the two. Pure functions over arrays; no threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Maps, Mask, Planes, Warp, align, equalised, smooth
from organizer.analysis.frames import clipped, grown, painted_over, shown
from organizer.analysis.stack_rules import EVIDENCE

_ENOUGH = 0.4  # share of cells that must be left for the clipped ones to be left out of the alignment
_TILE = 8  # cells
HOPELESS = (0.6, 0.65, 0.8)  # lowest of 6,771 proved pairs: .50 (one, then .66), .67, .92


@dataclass(frozen=True, slots=True)
class Evidence:
    """About P pairs.

    Attributes:
        values: float64 (P, len(EVIDENCE)). detail: Fisher-transformed correlation of the fine detail,
            each cell against its surroundings. weak_parts, middle_parts: the same by parts of the
            picture, the lower quartile and the median. colour: 90th percentile of the colour difference
            relative to how colourful the pair is. colourless: 1 where either is without colour, so that
            colour says nothing. moved: log of how far the alignment went. skewed: log of how unevenly it
            stretched.
        contrast, fine: smaller deviation of the two where they overlap, and of their detail, grey levels.
        overlap: share of the first picture, without its border, that is on both. usable: share of the cells
            that are on both and clipped in neither alone.
        hopeful: false where the alignment gave up; then all else is 0.
    """

    values: NDArray[np.float64]
    contrast: NDArray[np.float64]
    fine: NDArray[np.float64]
    overlap: NDArray[np.float64]
    usable: NDArray[np.float64]
    hopeful: Mask


def gather(
    grey: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    other_grey: NDArray[np.uint8],
    other_chroma: NDArray[np.uint8],
    start: Maps | None = None,
    hopeless: tuple[float, float, float] = HOPELESS,
) -> Evidence:
    """Lay the second pictures over the first and compare.

    Args:
        grey, other_grey: uint8 (P, 64, 64). chroma, other_chroma: uint8 (P, 2, 16, 16).
        start: float64 (P, 2, 3), where the alignment begins. hopeless: as ``align`` has it.
    """
    framed, other_framed = shown(grey), shown(other_grey)
    grey, other_grey = painted_over(grey, framed), painted_over(other_grey, other_framed)
    clear, other_clear = unclipped(grey, framed), unclipped(other_grey, other_framed)
    maps, hopeful = align(
        equalised(grey, clear), equalised(other_grey, other_clear), clear, other_clear, start, hopeless
    )
    nothing = np.zeros(len(grey))
    result = Evidence(
        np.zeros((len(grey), len(EVIDENCE))), nothing, nothing.copy(), nothing.copy(), nothing.copy(), hopeful
    )
    if hopeful.any():
        _compare(
            result, hopeful, grey[hopeful], chroma[hopeful], other_grey[hopeful], other_chroma[hopeful],
            framed[hopeful], other_framed[hopeful], maps[hopeful],
        )  # fmt: skip
    return result


def _compare(
    result: Evidence,
    chosen: Mask,
    grey: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    other_grey: NDArray[np.uint8],
    other_chroma: NDArray[np.uint8],
    framed: Mask,
    other_framed: Mask,
    maps: Maps,
) -> None:
    """Write the evidence about pairs of which the second lies over the first by ``maps``."""
    lay = Warp(maps, grey.shape[-1], grey.shape[-1])
    first, second, comparable = _laid(grey, other_grey, lay)
    both = lay.inside & framed & (lay(other_framed.astype(np.float32)) > 0.99)
    weight = (both & comparable).astype(np.float32)
    detail, parts, fine = _detail(first, second, weight)
    colour, colourless = colour_difference(chroma, other_chroma, maps)
    far = np.abs(maps - np.eye(3)[:2]).max(axis=(1, 2))
    stretch = np.linalg.svd(maps[:, :, :2], compute_uv=False)
    values = np.stack(
        [_fisher(detail), _fisher(parts[0]), _fisher(parts[1]), np.where(colourless, 1.0, colour),
         colourless.astype(np.float64), np.log(far + 0.03),
         np.log(np.maximum(stretch[:, 0], 1e-3) / np.maximum(stretch[:, 1], 1e-3))], axis=1,
    )  # fmt: skip
    contrast = np.minimum(_deviation(first, weight), _deviation(second, weight))
    result.values[chosen], result.contrast[chosen], result.fine[chosen] = values, contrast, fine
    pictured = np.maximum(framed.mean(axis=(1, 2)), 1e-3)
    result.overlap[chosen], result.usable[chosen] = (
        both.mean(axis=(1, 2)) / pictured,
        weight.mean(axis=(1, 2)),
    )


def typical_detail(grey: NDArray[np.uint8], other: NDArray[np.uint8], maps: Maps) -> NDArray[np.float64]:
    """How far the fine detail agrees in the typical part of the picture, whatever moved in the others.

    Args:
        grey, other: uint8 (P, 64, 64). maps: float64 (P, 2, 3), how the second lies over the first.

    Returns:
        float64 (P,), Fisher-transformed correlation.
    """
    lay = Warp(maps, grey.shape[-1], grey.shape[-1])
    first, second, comparable = _laid(grey, other, lay)
    return _fisher(_detail(first, second, (lay.inside & comparable).astype(np.float32))[1][1])


def unclipped(grey: NDArray[np.uint8], framed: Mask) -> Mask:
    """The cells within the border that are not clipped, unless too few would be left; bool (P, S, S)."""
    clear: Mask = framed & ~grown(clipped(grey))
    few = clear.mean(axis=(1, 2)) < _ENOUGH
    clear[few] = framed[few]
    return clear


def _laid(grey: NDArray[np.uint8], other: NDArray[np.uint8], lay: Warp) -> tuple[Planes, Planes, Mask]:
    """(first and second picture, smoothed, where neither is clipped alone)."""
    other_clipped = lay(clipped(other).astype(np.float32)) > 0.5
    comparable = ~grown(other_clipped ^ clipped(grey))
    comparable[:, [0, -1], :] = False
    comparable[:, :, [0, -1]] = False
    return smooth(grey.astype(np.float32)), smooth(lay(other.astype(np.float32))), comparable


def _fisher(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.arctanh(np.clip(correlation, -0.99, 0.99))
    return result


def _detail(
    first: Planes, second: Planes, weight: Planes
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]], NDArray[np.float64]]:
    """(correlation of the fine detail, its lower quartile and median by tiles, smaller deviation)."""
    fine = [plane - smooth(plane, 1, 2, 2) for plane in (first, second)]
    strength = [smooth(plane * plane, 2, 4) for plane in fine]
    local = [plane / np.sqrt(power + 2) for plane, power in zip(fine, strength, strict=True)]
    trust = weight * np.clip(np.sqrt(np.minimum(*strength)), 0, 3)
    products = [_tiles(a * b * trust) for a, b in ((local[0], local[0]), (local[1], local[1]), tuple(local))]
    sums = [product.sum(axis=1) for product in products]
    whole = sums[2] / np.sqrt(sums[0] * sums[1] + 1e-6)
    parts = products[2] / np.sqrt(products[0] * products[1] + 1e-6)
    total = np.maximum(weight.sum(axis=(1, 2), dtype=np.float64), 1)
    power = [(plane * plane * weight).sum(axis=(1, 2), dtype=np.float64) for plane in fine]
    shares = _tiles(trust)
    return whole, [_quantile(parts, shares, at) for at in (0.25, 0.5)], np.sqrt(np.minimum(*power) / total)


def _tiles(planes: Planes) -> NDArray[np.float64]:
    """Sums over tiles; float64 (P, tiles)."""
    cells = planes.shape[-1] // _TILE
    tiles = planes.reshape(len(planes), cells, _TILE, cells, _TILE).sum(axis=(2, 4), dtype=np.float64)
    result: NDArray[np.float64] = tiles.reshape(len(planes), -1)
    return result


def _quantile(values: NDArray[np.float64], shares: NDArray[np.float64], at: float) -> NDArray[np.float64]:
    """Quantile of each row, values weighted by their shares; (P,)."""
    order = np.argsort(values, axis=1)
    reached = np.cumsum(np.take_along_axis(shares, order, axis=1), axis=1)
    place = np.argmax(reached >= at * np.maximum(reached[:, -1:], 1e-9), axis=1)
    result: NDArray[np.float64] = np.take_along_axis(values, order, axis=1)[np.arange(len(values)), place]
    return result


def _deviation(plane: Planes, weight: Planes) -> NDArray[np.float64]:
    """Deviation where weight is 1, grey levels; (P,)."""
    total = np.maximum(weight.sum(axis=(1, 2), keepdims=True), 1)
    centred = (plane - (plane * weight).sum(axis=(1, 2), keepdims=True) / total) * weight
    deviation: NDArray[np.float64] = np.sqrt(
        (centred * centred).sum(axis=(1, 2), dtype=np.float64) / total.ravel()
    )
    return deviation


def colour_difference(
    chroma: NDArray[np.uint8], other: NDArray[np.uint8], maps: Maps
) -> tuple[NDArray[np.float64], Mask]:
    """How differently coloured two pictures are that lie over each other.

    Args:
        chroma, other: uint8 (P, 2, 16, 16). maps: float64 (P, 2, 3).

    Returns:
        (float64 (P,), 0..5, 90th percentile of the difference relative to how colourful the pair is, about 1
        and less where the colours are the same; bool (P,), true where either has no colour).
    """
    count, _, side, _ = chroma.shape
    first = chroma.astype(np.float32) - 128
    lay = Warp(maps, side, side)
    weight = lay.inside.astype(np.float32)
    second = np.stack([lay(other[:, plane].astype(np.float32) - 128) for plane in range(2)], axis=1)
    products = (first * second * weight[:, None]).sum(axis=(1, 2, 3))
    power = np.maximum((second * second * weight[:, None]).sum(axis=(1, 2, 3)), 1)
    gain = np.clip(products / power, 0.5, 2)[:, None, None, None]
    distance = np.sqrt(((first - gain * second) ** 2).sum(axis=1)) * weight
    strength = [np.percentile((np.sqrt((x**2).sum(axis=1)) * weight).reshape(count, -1), 90, axis=1)
                for x in (first, second)]  # fmt: skip
    weaker = np.minimum(*strength)
    relative = np.percentile(distance.reshape(count, -1), 90, axis=1) / (0.15 * weaker + 4)
    return np.minimum(relative, 5).astype(np.float64), weaker < 1.6
