"""What of a small picture is no picture: borders of one colour, and the empty corners that a turn leaves.

They are found, and painted over with what lies beside them: the edge of a white border is the strongest
detail of a small picture, and it reaches as far as detail is looked for. Pure functions over arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Mask, smooth

DARKEST, BRIGHTEST = 4, 251  # grey levels at and beyond which a cell is clipped, or is a border
_WIDEST_BORDER = 12  # cells
_BORDER_SPREAD, _BORDER_STEP = 2.5, 4.0  # grey levels within a line of a border, and between its lines
_CORNER_STEP = 3  # grey levels within an empty corner
_NEAR = 0.02  # share of picture within reach of a hidden cell from which on its colour is taken
_REACHES = (1, 1, 2, 2, 4, 4, 8, 8, 16, 16)  # arms of the masks that carry the colours outwards, cells


def shown(grey: NDArray[np.uint8]) -> Mask:
    """Which cells lie inside a border of one colour, and in no empty corner; bool (P, S, S).

    A plain sky counts as a border: it shows nothing that could be compared.
    """
    inside = np.ones(grey.shape, bool)
    for planes, mask in ((grey, inside), (grey.transpose(0, 2, 1), inside.transpose(0, 2, 1))):
        for order in (slice(None), slice(None, None, -1)):
            lines = planes[:, order][:, :_WIDEST_BORDER].astype(np.float32)
            means = lines.mean(axis=2)
            plain = (lines.std(axis=2) < _BORDER_SPREAD) & (np.abs(means - means[:, :1]) < _BORDER_STEP)
            width = np.cumprod(plain, axis=1).sum(axis=1)
            width = np.where(width > 0, width + 1, 0)  # the line that border and picture share goes, too
            hidden = np.arange(grey.shape[1])[None, :] < width[:, None]
            mask[:, order] &= ~hidden[:, :, None]
    for down in (slice(None), slice(None, None, -1)):
        for across in (slice(None), slice(None, None, -1)):
            corner = grey[:, down, across]
            tip = corner[:, :2, :2].astype(np.int16)
            bare = (tip <= DARKEST).all(axis=(1, 2)) | (tip >= BRIGHTEST).all(axis=(1, 2))
            for place in np.flatnonzero(bare):
                inside[place, down, across] &= ~grown(_wedge(corner[place])[None])[0]
    return inside


def painted_over(grey: NDArray[np.uint8], shows: Mask) -> NDArray[np.uint8]:
    """The pictures with the cells that show nothing in the colours of what lies nearest; uint8 (P, S, S)."""
    framed = np.flatnonzero(~shows.all(axis=(1, 2)))
    if not len(framed):
        return grey
    known = shows[framed].copy()
    share = known.astype(np.float32)
    colour, values = grey[framed] * share, grey[framed].astype(np.float32)
    for reach in _REACHES:
        colour, share = smooth(colour, reach), smooth(share, reach)
        near = ~known & (share > _NEAR)
        values[near] = colour[near] / share[near]
        known |= near
    result = grey.copy()
    result[framed] = np.rint(values).astype(np.uint8)
    return result


def clipped(grey: NDArray[np.uint8]) -> Mask:
    """The cells that are black or white, which an exposure may have made of anything."""
    return (grey <= DARKEST) | (grey >= BRIGHTEST)


def grown(mask: Mask) -> Mask:
    """The mask and the cells beside it."""
    wide = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    result: Mask = mask | wide[:, :-2, 1:-1] | wide[:, 2:, 1:-1] | wide[:, 1:-1, :-2] | wide[:, 1:-1, 2:]
    return result


def _wedge(corner: NDArray[np.uint8]) -> Mask:
    """The cells of one colour that reach from the top left corner along both sides; bool (S, S)."""
    same = np.abs(corner.astype(np.int16) - int(corner[0, 0])) <= _CORNER_STEP
    wedge = np.ones(same.shape, bool)
    for cells, part in ((same, wedge), (same.T, wedge.T)):
        runs = np.logical_and.accumulate(cells, axis=1)
        part &= runs & np.logical_and.accumulate(runs[:, 0])[:, None]
    return wedge
