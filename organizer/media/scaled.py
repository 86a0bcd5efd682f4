"""Smaller pictures made from an upright sRGB one: the thumbnail and what a model sees.

Knows Pillow and numpy; knows no file.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.records import THUMBNAIL_SIDE, InputSpec

THUMBNAIL_QUALITY = 82
_GAP = 2.0
"""How much larger than wanted the first, quick reduction stays. A model input made so differs from
open_clip's by 0.1 grey levels on average (1.5 gives 0.2, 3 gives 0.04 and takes half as long again)."""
_STRIP = 8  # beyond this proportion of the sides the ends cannot reach the middle's square
_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def thumbnail_of(picture: Image.Image) -> bytes:
    """Baseline JPEG in sRGB without metadata, longest side THUMBNAIL_SIDE at most."""
    stream = io.BytesIO()
    small = fitted(picture, THUMBNAIL_SIDE)
    small.save(stream, "JPEG", quality=THUMBNAIL_QUALITY, progressive=False, exif=b"", icc_profile=None)
    return stream.getvalue()


def fitted(picture: Image.Image, side: int) -> Image.Image:
    """Shrunk so that the longest side is at most `side`; smaller pictures stay as they are."""
    longest = max(picture.size)
    if longest <= side:
        return picture
    size = (
        max(1, round(picture.width * side / longest)),
        max(1, round(picture.height * side / longest)),
    )
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)


def least_longest_side(size: tuple[int, int], spec: InputSpec) -> int:
    """The longest side a picture of this shape needs so that a model's input is made from twice its size."""
    wanted = 2 * spec.size
    if spec.resize_mode == "longest":
        return wanted
    return -(-wanted * max(size) // max(1, min(size)))


def model_input(picture: Image.Image, spec: InputSpec) -> NDArray[np.uint8]:
    """What a model sees, as open_clip's own preprocessing makes it, before normalisation.

    Returns:
        uint8 (S, S, 3), RGB. "shortest" cuts the middle, "squash" stretches, "longest" pads with black.

    Raises:
        ValueError: an unknown resize mode or interpolation.
    """
    resampling = _FILTERS.get(spec.interpolation)
    if resampling is None:
        raise ValueError(f"unknown interpolation {spec.interpolation!r}")
    if spec.resize_mode == "squash":
        return _array(_resized(picture, (spec.size, spec.size), resampling))
    if spec.resize_mode == "shortest":
        picture = _without_far_ends(picture)
        return _array(_middle(_resized(picture, _shortest(picture.size, spec.size), resampling), spec.size))
    if spec.resize_mode == "longest":
        return _array(_padded(_resized(picture, _longest(picture.size, spec.size), resampling), spec.size))
    raise ValueError(f"unknown resize mode {spec.resize_mode!r}")


def _array(picture: Image.Image) -> NDArray[np.uint8]:
    return np.array(picture, dtype=np.uint8)


def _resized(picture: Image.Image, size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    if picture.size == size:
        return picture
    return picture.resize(size, resampling, reducing_gap=_GAP)


def _shortest(size: tuple[int, int], side: int) -> tuple[int, int]:
    width, height = size
    if width <= height:
        return side, int(side * height / width)
    return int(side * width / height), side


def _longest(size: tuple[int, int], side: int) -> tuple[int, int]:
    ratio = side / max(size)
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def _without_far_ends(picture: Image.Image) -> Image.Image:
    """Cut a long strip before it is enlarged: 1 x 10,000 pixels would otherwise become 500 million."""
    width, height = picture.size
    most = _STRIP * min(width, height)
    if max(width, height) <= most:
        return picture
    left, top = max(0, (width - most) // 2), max(0, (height - most) // 2)
    return picture.crop((left, top, left + min(width, most), top + min(height, most)))


def _middle(picture: Image.Image, side: int) -> Image.Image:
    left, top = round((picture.width - side) / 2.0), round((picture.height - side) / 2.0)
    return picture.crop((left, top, left + side, top + side))


def _padded(picture: Image.Image, side: int) -> Image.Image:
    ground = Image.new("RGB", (side, side))
    ground.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return ground
