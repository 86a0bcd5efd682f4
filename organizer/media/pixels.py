"""From whatever a decoder delivers to eight bits a channel, upright, on an opaque ground.

Each step leaves the picture alone where there is nothing to do. Knows Pillow; knows no file, and colour
profiles are `colour`'s.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

GROUND = (255, 255, 255)
"""Transparent parts show white: what a photo program's paper, a browser and a print show."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_KEPT_MODES = ("L", "RGB", "CMYK", "LAB")
_ALPHA_MODES = ("RGBA", "LA", "PA", "RGBa", "La")


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture as an EXIF orientation of 1..8 says; any other value means 1."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def turns_sideways(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation in (5, 6, 7, 8)


def flatten(image: Image.Image) -> Image.Image:
    """Eight bits a channel without alpha or palette.

    Returns:
        An image in mode L, RGB, CMYK or LAB; colours still as the picture's profile means them.
    """
    if image.mode in ("P", "L", "RGB", "1", "I;16") and "transparency" in image.info:
        return _on_ground(_without_deep_grey(image).convert("RGBA"))
    if image.mode in _ALPHA_MODES:
        return _on_ground(image.convert("RGBA"))
    if image.mode in _KEPT_MODES:
        return image
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _deep_grey(image)
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGB")


def _without_deep_grey(image: Image.Image) -> Image.Image:
    return _deep_grey(image) if image.mode == "I;16" else image


def _on_ground(image: Image.Image) -> Image.Image:
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, GROUND)
    ground.paste(image.convert("RGB"), mask=alpha)
    return ground


def _deep_grey(image: Image.Image) -> Image.Image:
    """Grey of more than eight bits, scaled (not clipped) to 0..255.

    Whole numbers: 16 bits unless larger values occur; then, and for floating point beyond 0..1, the
    picture's own range is spread, since nothing in the file says what white is.
    """
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if image.mode == "F" and low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    elif image.mode == "I" and low >= 0.0 and high <= 65535.0:
        low, high = 0.0, 65535.0
    scaled = (values - low) * (255.0 / max(high - low, 1e-9))
    return Image.fromarray(np.rint(scaled).astype(np.uint8))
