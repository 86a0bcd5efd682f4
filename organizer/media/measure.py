"""Numbers about how a picture was taken and stored: sharpness, noise, exposure, compression.

Exposure and colour are measured on a shrunk picture (``tones``), sharpness at a fixed scale over tiles
(``edges``), and what lives at single pixels on a crop of the picture as it was handed over (``texture``).
No verdict is made here: ``analysis.quality`` knows the thresholds. Knows numpy and Pillow; no file and no
catalogue. Raise ``records.MEASURES_VERSION`` when a number changes its meaning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.media import tones
from organizer.media.edges import sharpness
from organizer.media.texture import (
    GRID,
    SPECTRUM,
    blockiness,
    detail,
    noise_and_flatness,
    profiles_of,
    steps,
)
from organizer.records import Measurements

SCALE = 1024  # longest side at which sharpness is measured, pixels
CROP = 640  # side of the crop for what lives at single pixels
_COLOURS = 128  # longest side, at least, at which colours are counted


def measure(upright: NDArray[np.uint8] | Image.Image, quantisation: float = 0.0) -> Measurements:
    """Measure an upright sRGB picture.

    Args:
        upright: uint8 (H, W, 3), or the same as an RGB image, any size from one pixel up; a photo should
            come with a longest side of SCALE pixels or more where the original has them.
        quantisation: how coarse the tables in the file are, see ``records.Measurements``; 0 where
            nothing is known of them.

    Returns:
        Finite numbers in the ranges that ``records.Measurements`` gives; a picture too small or too
        empty for a measure gets that measure's harmless value.

    Raises:
        ValueError: the array has another shape or dtype, or no pixels.
    """
    picture = _picture(upright)
    reduced, half = _shrunk(picture, SCALE // 2)
    small = np.asarray(reduced.reduce(max(1, max(reduced.size) // _COLOURS)))
    native = np.asarray(_square(picture, CROP).convert("L"))
    noise, flatness = noise_and_flatness(native)
    edges = sharpness(half, noise * half.shape[1] / picture.width)
    sharpest = np.asarray(_square(picture, SPECTRUM, edges.at).convert("L"))
    stepped = steps(native)
    profiles = profiles_of(stepped)
    shares = tones.shares_of(native)
    exposed = tones.exposure(half, small)
    return Measurements(
        sharpness=edges.value,
        noise=noise,
        brightness=exposed.brightness,
        contrast=exposed.contrast,
        clipped_dark=exposed.clipped_dark,
        clipped_bright=exposed.clipped_bright,
        blockiness=blockiness(native, profiles),
        detail=detail(sharpest, profiles),
        colourfulness=tones.colourfulness(small),
        flatness=flatness,
        one_way=edges.one_way,
        dynamic_range=exposed.dynamic_range,
        colour_cast=tones.colour_cast(small),
        graphic=tones.graphic(stepped[0], shares),
        peak=tones.peak(shares),
        quantisation=quantisation,
    )


def _picture(upright: NDArray[np.uint8] | Image.Image) -> Image.Image:
    if isinstance(upright, Image.Image):
        if upright.mode != "RGB" or 0 in upright.size:
            raise ValueError(f"RGB with pixels is needed, not {upright.mode} {upright.size}")
        return upright
    if upright.dtype != np.uint8 or upright.ndim != 3 or upright.shape[2] != 3 or 0 in upright.shape:
        raise ValueError(f"uint8 (H, W, 3) with pixels is needed, not {upright.dtype} {upright.shape}")
    return Image.fromarray(upright)


def _square(picture: Image.Image, side: int, at: tuple[float, float] = (0.5, 0.5)) -> Image.Image:
    """Crop around a place, given as shares of height and width; aligned to the compression's grid."""
    lefts, tops = (max(0, length - side) for length in picture.size)
    left = int(min(max(0, at[1] * picture.width - side / 2), lefts)) // GRID * GRID
    top = int(min(max(0, at[0] * picture.height - side / 2), tops)) // GRID * GRID
    return picture.crop((left, top, min(picture.width, left + side), min(picture.height, top + side)))


def _shrunk(picture: Image.Image, side: int) -> tuple[Image.Image, NDArray[np.uint8]]:
    """The picture reduced by a whole factor, and its luma with ``side`` pixels at the longest side.

    At least by two, so that pixels made up by a camera's mosaic do not count; never enlarged.
    """
    factor = max(2.0, max(picture.size) / side)
    if min(picture.size) < factor:
        return picture, np.asarray(picture.convert("L"))
    reduced = picture.reduce(int(factor))
    luma = reduced.convert("L")
    if factor - int(factor) > 0.02:
        size = (max(1, round(picture.width / factor)), max(1, round(picture.height / factor)))
        luma = luma.resize(size, Image.Resampling.HAMMING)
    return reduced, np.asarray(luma)
