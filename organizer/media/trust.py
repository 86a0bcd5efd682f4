"""Whether the small picture that a file carries still shows the photo in it, and what of it does.

Programs that crop, turn or paint a photo often leave the camera's small picture as it was. Shape, size
and the first rows of the photo tell; where they do not agree, the small picture is not used. Knows Pillow
and numpy; knows no file and no metadata.
"""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageFile

LEAST_SIDE = 120  # longest side, pixels, from which a small picture shows enough to sort by
SHAPE_TOLERANCE = 0.03  # relative; 160 x 107 for 3:2 is off by 0.3 %, 4:3 for 3:2 by 12 %
DARKEST_BAR = 40.0  # grey levels; a bar is black up to the ringing of the compression beside it
TOP_ROWS = 3  # rows of the small picture that the head must show before they are compared
MOST_DIFFERENCE = 12.0  # mean grey levels between those rows; the same picture differs by 2 to 7

Size = tuple[int, int]
Box = tuple[float, float, float, float]


def is_plausible(small: Size, full: Size, written: Size | None) -> bool:
    """Whether a small picture of this size may belong to the photo.

    Args:
        small: its width and height. full: the photo's, as it lies in the file.
        written: the photo's size as its metadata has it, None where it does not say: another size means
            that the photo was edited after the camera wrote the small picture.
    """
    if min(small) < 1 or min(full) < 1:
        return False
    if max(small) > max(full) or max(_fitted(small, full)) < LEAST_SIDE:
        return False
    return written is None or written in (full, full[::-1])


def without_bars(picture: Image.Image, full: Size) -> Image.Image | None:
    """The part of a small picture that the photo of this size fills; None where its shape is another.

    Cameras put a 3:2 or 16:9 photo into 160 x 120 pixels between black bars.
    """
    inner = _fitted(picture.size, full)
    across, down = picture.width - inner[0], picture.height - inner[1]
    if across <= SHAPE_TOLERANCE * picture.width and down <= SHAPE_TOLERANCE * picture.height:
        return picture
    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    if across > down:
        grey = grey.T
    bar = max(across, down) / 2.0
    sure = max(1, math.floor(bar) - 1)  # the rows nearest to the photo may be mixed
    bars = np.concatenate([grey[:sure], grey[-sure:]])
    if float(np.percentile(bars, 98)) > DARKEST_BAR:
        return None
    cut = math.ceil(bar) + 1
    left, top = (cut, 0) if across > down else (0, cut)
    inside = picture.crop((left, top, picture.width - left, picture.height - top))
    return inside if max(inside.size) >= LEAST_SIDE and min(inside.size) >= 16 else None


def _fitted(small: Size, full: Size) -> Size:
    """The size at which the photo fits into the small picture."""
    scale = min(small[0] / full[0], small[1] / full[1])
    return round(full[0] * scale), round(full[1] * scale)


def shows_the_top_of(head: bytes, small: Image.Image, full: Size) -> bool:
    """Whether the first rows of a JPEG, as far as its head has them, look like those of its small picture.

    True also where too little can be seen to tell: a progressive file, or a head full of metadata.

    Args:
        head: the beginning of the file. small: without bars, as the photo lies in the file.
        full: width and height of the photo, as it lies in the file.
    """
    top = _top_rows(head)
    if top is None:
        return True
    scale = max(small.width / full[0], small.height / full[1])  # the cut took from one direction alone
    left, above = (full[0] - small.width / scale) / 2, (full[1] - small.height / scale) / 2
    reduced = top.width / full[0]
    rows = min(small.height, int((top.height / reduced - above) * scale))
    if rows < TOP_ROWS:
        return True
    box = _within(
        (left * reduced, above * reduced, (full[0] - left) * reduced, (above + rows / scale) * reduced),
        top.size,
    )
    coarse = min(1.0, top.width / small.width) / 2  # finer detail depends on how each was made
    grid = (max(4, round(small.width * coarse)), max(1, round(rows * coarse)))
    expected = small.convert("L").resize(grid, Image.Resampling.BOX, box=(0, 0, small.width, rows))
    shown = top.resize(grid, Image.Resampling.BOX, box=box)
    difference = np.abs(np.asarray(shown, dtype=np.float32) - np.asarray(expected, dtype=np.float32))
    return float(difference.mean()) <= MOST_DIFFERENCE


def _within(box: Box, size: Size) -> Box:
    """The box without what rounding put outside of the picture."""
    left, above, right, below = box
    return max(0.0, left), max(0.0, above), min(size[0], right), min(size[1], below)


def _top_rows(head: bytes) -> Image.Image | None:
    """Luma of the rows that the head holds, at an eighth of the scale; None where it cannot be told."""
    image = Image.open(io.BytesIO(head), formats=("JPEG",))
    if image.info.get("progressive"):
        return None
    image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # rows after the end of the head stay evenly grey
    try:
        luma = np.asarray(image.convert("L"))
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    filled = np.flatnonzero((luma != luma[:, :1]).any(axis=1))
    last = int(filled[-1]) - 1 if len(filled) else 0  # the last rows of blocks may be half there
    return Image.fromarray(luma[:last]) if last > 0 else None
