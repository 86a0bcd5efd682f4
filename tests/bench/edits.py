"""Edits that people and programs make to photos, for measuring how well duplicates are found.

Each takes and gives an RGB picture; ``OVER_ALL`` names those of the goal "over all", ``UP_TO_CROP_5``
the milder ones.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

Edit = Callable[[Image.Image], Image.Image]


def recompress(picture: Image.Image, quality: int, kind: str = "JPEG") -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, kind, quality=quality)
    return Image.open(stream).convert("RGB")


def crop(picture: Image.Image, share: float, *, one_side: bool = False) -> Image.Image:
    """Cut off a share of width and height: around, or at the left and top alone."""
    across, down = round(picture.width * share), round(picture.height * share)
    if one_side:
        return picture.crop((across, down, picture.width, picture.height))
    right, bottom = picture.width - (across - across // 2), picture.height - (down - down // 2)
    return picture.crop((across // 2, down // 2, right, bottom))


def expose(picture: Image.Image, stops: float) -> Image.Image:
    linear = (np.asarray(picture, np.float32) / 255) ** 2.2 * 2**stops
    return Image.fromarray((np.clip(linear, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8))


def straighten(picture: Image.Image, degrees: float) -> Image.Image:
    """Turn a little and cut the empty corners off."""
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
    slope = math.tan(math.radians(abs(degrees))) / 2
    across, down = round(picture.height * slope), round(picture.width * slope)
    return turned.crop((across, down, picture.width - across, picture.height - down))


def caption(picture: Image.Image) -> Image.Image:
    written = picture.copy()
    place = (picture.width * 0.05, picture.height * 0.88)
    ImageDraw.Draw(written).text(place, "Holiday 2024", fill="white", font_size=max(8, picture.height // 14))
    return written


def resize(picture: Image.Image, share: float) -> Image.Image:
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Image.Resampling.LANCZOS)


EDITS: dict[str, Edit] = {
    "resize to 25%": lambda p: resize(p, 0.25),
    "JPEG quality 30": lambda p: recompress(p, 30),
    "WebP": lambda p: recompress(p, 75, "WEBP"),
    "greyscale": lambda p: p.convert("L").convert("RGB"),
    "one stop brighter": lambda p: expose(p, 1),
    "one stop darker": lambda p: expose(p, -1),
    "contrast +30%": lambda p: ImageEnhance.Contrast(p).enhance(1.3),
    "saturation +40%": lambda p: ImageEnhance.Color(p).enhance(1.4),
    "small text": caption,
    "crop 5%": lambda p: crop(p, 0.05),
    "crop 5%, one side": lambda p: crop(p, 0.05, one_side=True),
    "turned 90": lambda p: p.transpose(Image.Transpose.ROTATE_90),
    "mirrored": ImageOps.mirror,
    "crop 10%": lambda p: crop(p, 0.10),
    "straightened by 5": lambda p: straighten(p, 5),
    "turned by 5, black": lambda p: p.rotate(5, Image.Resampling.BICUBIC),
    "turned by 5, larger": lambda p: p.rotate(-5, Image.Resampling.BICUBIC, expand=True, fillcolor="white"),
    "border 4%": lambda p: ImageOps.expand(p, round(max(p.size) * 0.04), "white"),
    "border 20 px, black": lambda p: ImageOps.expand(p, 20, "black"),
    "border 8%": lambda p: ImageOps.expand(p, round(max(p.size) * 0.08), "white"),
}
UP_TO_CROP_5 = tuple(EDITS)[: tuple(EDITS).index("crop 5%, one side") + 1]
OVER_ALL = tuple(EDITS)
