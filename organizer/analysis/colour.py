"""Which of ten named colours a picture shows, and how much of each, from the small pictures that are kept.

A picture is 16 x 16 cells with luma and two colour differences. Each cell has one name or none, by its
lightness, chroma and hue in CIE LCh(ab) (D65), with borders after the basic colour terms of Berlin and Kay
as people name them on screens. Middling greys have no name. Knows neither files nor photos.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from organizer.records import CHROMA_SIDE, GREY_SIDE

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
NONE = len(COLOURS)  # index of a cell without a name
ENOUGH = 0.15  # share of the picture from which on it shows a colour
_BITS = 5  # of luma and of each colour difference in the table
Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the picture, 0..1


def shares(grey: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much of each picture has each colour.

    Args:
        grey: uint8 (N, GREY_SIDE, GREY_SIDE). chroma: uint8 (N, 2, CHROMA_SIDE, CHROMA_SIDE), Cb and Cr.

    Returns:
        uint8 (N, 10) in the order of COLOURS; 255 is the whole picture.
    """
    return _counted(cells(grey, chroma).reshape(len(grey), -1))


def region_shares(grey: NDArray[np.uint8], chroma: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The same for a rectangle of one picture; at least the cell in its middle counts.

    Args:
        grey: uint8 (GREY_SIDE, GREY_SIDE). chroma: uint8 (2, CHROMA_SIDE, CHROMA_SIDE).

    Returns:
        uint8 (10,).
    """
    named = cells(grey[None], chroma[None])[0]
    rows, columns = (_covered(box[axis], box[axis + 2]) for axis in (1, 0))
    counted: NDArray[np.uint8] = _counted(named[rows, columns].reshape(1, -1))[0]
    return counted


def dominant(row: NDArray[np.uint8]) -> str | None:
    """The colour that a picture or region shows most, or None where none covers enough of it.

    Colours with a hue count twice: a red ball before a wide white wall is a red picture.
    """
    weights = np.array([1.0 if name in ("black", "white") else 2.0 for name in COLOURS])
    best = int(np.argmax(row * weights))
    return COLOURS[best] if row[best] >= ENOUGH * 255 else None


def cells(grey: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The name of each cell as an index into COLOURS, or NONE; uint8 (N, CHROMA_SIDE, CHROMA_SIDE)."""
    step = GREY_SIDE // CHROMA_SIDE
    tiled = grey.reshape(len(grey), CHROMA_SIDE, step, CHROMA_SIDE, step)
    luma = tiled.mean(axis=(2, 4), dtype=np.float32).astype(np.uint8) >> (8 - _BITS)
    blue, red = chroma[:, 0] >> (8 - _BITS), chroma[:, 1] >> (8 - _BITS)
    names: NDArray[np.uint8] = _table()[luma, blue, red]
    return names


def _counted(names: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, C) names -> uint8 (N, 10) shares."""
    found = np.stack([(names == index).mean(axis=1) for index in range(len(COLOURS))], axis=1)
    made: NDArray[np.uint8] = np.rint(255 * found).astype(np.uint8)
    return made


def _covered(start: float, end: float) -> slice:
    first, last = sorted((start, end))
    middle = min(CHROMA_SIDE - 1, max(0, int((first + last) / 2 * CHROMA_SIDE)))
    low = min(middle, max(0, round(first * CHROMA_SIDE)))
    return slice(low, max(middle + 1, min(CHROMA_SIDE, round(last * CHROMA_SIDE))))


@cache
def _table() -> NDArray[np.uint8]:
    """The name of every colour, by the upper bits of luma, Cb and Cr."""
    count = 1 << _BITS
    levels = (np.arange(count) + 0.5) * (256 / count)
    luma, blue, red = np.meshgrid(levels, levels - 128, levels - 128, indexing="ij")
    strong, deep = luma + red / 0.713, luma + blue / 0.564  # as ``media.fingerprint`` made them
    middle = (luma - 0.299 * strong - 0.114 * deep) / 0.587
    rgb = np.stack([strong, middle, deep], axis=-1)
    lightness, strength, hue = _lch(np.clip(rgb, 0, 255) / 255)
    return _named(lightness, strength, hue)


def _lch(
    rgb: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """sRGB 0..1 (..., 3) -> CIE lightness 0..100, chroma, hue in degrees 0..360 (D65)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ matrix.T / matrix.sum(axis=1)
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    a, b = 500 * (root[..., 0] - root[..., 1]), 200 * (root[..., 1] - root[..., 2])
    return 116 * root[..., 1] - 16, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _named(
    light: NDArray[np.float64], strength: NDArray[np.float64], hue: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Names from lightness, chroma and hue; the first rule that holds decides."""
    coloured = strength >= 14 + 4 * (light < 35)  # dark pixels of a camera are tinted by chance
    warm = (hue >= 45) & (hue < 80)
    rules = [
        ("black", (light < 16) | (~coloured & (light < 26))),
        ("white", (light > 97) & (strength < 20) | (~coloured & (light > 82))),
        ("", ~coloured),
        ("brown", (warm | (hue >= 80) & (hue < 95) & (strength < 45)) & (light < 62) & (strength < 62)),
        ("brown", (hue >= 20) & (hue < 45) & (light < 42) & (strength < 48)),
        ("pink", ((hue >= 330) | (hue < 40)) & (light >= 58)),
        ("pink", (hue >= 335) & (strength >= 45) & (light >= 42)),
        ("red", (hue < 45) | (hue >= 350)),
        ("orange", warm),
        ("yellow", (hue >= 80) & (hue < 112)),
        ("green", (hue >= 112) & (hue < 200)),
        ("blue", (hue >= 200) & (hue < 304 + 6 * (strength > 80))),
        ("purple", (hue >= 304) & (hue < 350)),
    ]
    names = np.full(light.shape, NONE, np.uint8)
    free = np.ones(light.shape, bool)
    for name, holds in rules:
        taken = free & holds
        names[taken] = COLOURS.index(name) if name else NONE
        free &= ~taken
    return names
