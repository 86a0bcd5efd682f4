"""Why a photo looks like something: which parts raise the score, found by covering them one after another.

Occlusion as in Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014), 4.2: it
needs nothing of the model but its answers. Knows arrays and a function; neither models nor files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS = 7  # across and down
COVER = 2  # cells that a patch covers, across and down
BATCH = 16

Encode = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Which parts of a picture speak for something.

    Attributes:
        heat: float32 (cells, cells), rows from the top; 1 where covering costs most, 0 where it costs
            nothing or helps.
        region: left, top, width and height of what the map lies over, as shares of the upright photo; a model
            that cuts or pads does not see just the photo.
        strength: the largest fall of the score, in the unit of a cosine.
    """

    heat: NDArray[np.float32]
    region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    strength: float = 0.0


def heat_map(
    picture: NDArray[np.uint8],
    encode: Encode,
    direction: NDArray[np.float32],
    *,
    cells: int = CELLS,
    check: Callable[[], None] | None = None,
) -> HeatMap:
    """Cover the picture patch by patch with its own mean colour and see how far the score falls.

    Patches of 2 x 2 cells slide by one cell over the edges; a cell's heat is the mean fall of the patches
    that cover it. (cells + 1)^2 + 1 pictures go through the model.

    Args:
        picture: uint8 (S, S, 3), as the model sees it.
        encode: (N, S, S, 3) uint8 -> (N, D) float32 of unit length.
        direction: float32 (D,); the score is the vectors' product with it.
        check: called between batches; may raise ``Cancelled``.
    """
    if picture.ndim != 3 or picture.shape[0] != picture.shape[1] or cells < 1:
        raise ValueError(f"a square picture and at least one cell are needed, not {picture.shape}, {cells}")
    edges = np.linspace(0, len(picture), cells + 1).round().astype(int)
    places = [(row, column) for row in range(1 - COVER, cells) for column in range(1 - COVER, cells)]
    grey = picture.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
    whole = float((encode(picture[None]) @ direction)[0])
    falls = np.empty(len(places), np.float64)
    for first in range(0, len(places), BATCH):
        if check is not None:
            check()
        part = places[first : first + BATCH]
        batch = np.repeat(picture[None], len(part), axis=0)
        for covered, (row, column) in zip(batch, part, strict=True):
            top, left = edges[max(0, row)], edges[max(0, column)]
            bottom, right = edges[min(cells, row + COVER)], edges[min(cells, column + COVER)]
            covered[top:bottom, left:right] = grey
        falls[first : first + len(part)] = whole - encode(batch) @ direction
    heat = np.zeros((cells, cells))
    for (row, column), fall in zip(places, falls, strict=True):
        heat[max(0, row) : row + COVER, max(0, column) : column + COVER] += fall
    heat = np.maximum(heat / COVER**2, 0.0)
    top_fall = float(heat.max())
    return HeatMap((heat / max(top_fall, 1e-9)).astype(np.float32), strength=top_fall)


def seen_region(width: int, height: int, resize_mode: str) -> tuple[float, float, float, float]:
    """What a square model input covers of an upright photo: left, top, width, height, as shares of the photo.

    Args:
        resize_mode: as in ``records.InputSpec``; "longest" pads, so that its region is larger than the photo.
    """
    if resize_mode == "squash" or width == height:
        return 0.0, 0.0, 1.0, 1.0
    side = min(width, height) if resize_mode == "shortest" else max(width, height)
    return (1 - side / width) / 2, (1 - side / height) / 2, side / width, side / height


def contrast(
    vectors: NDArray[np.float32], owners: NDArray[np.int64], own: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(D,) the direction of some categories as against all others: what makes them different is explained.

    Args:
        vectors: float32 (P, D), one a prompt. owners: (P,) whose prompt each is. own: the categories meant.
    """
    mine = np.isin(owners, own)
    if not mine.any():
        raise ValueError("the category has no prompt")
    rest = vectors[~mine].mean(axis=0) if (~mine).any() else 0.0
    return np.asarray(vectors[mine].mean(axis=0) - rest, np.float32)
