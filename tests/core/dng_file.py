"""Builds small DNG files for tests: a sensor's mosaic, with or without an embedded preview.

No raw photo is free enough and small enough to keep; a DNG is a documented TIFF (Adobe DNG 1.4) that can be
written by hand.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10
_CODES = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "II", SRATIONAL: "ii"}
Entry = tuple[int, int, Sequence[int]]


def dng_bytes(
    scene: NDArray[np.uint8], *, preview_side: int | None, orientation: int = 1, turned_preview: bool = False
) -> bytes:
    """A DNG of a scene.

    Args:
        scene: uint8 (H, W, 3), even sides, as the sensor lies.
        preview_side: longest side of the embedded JPEG preview, None for no preview.
        orientation: EXIF orientation of the photo.
        turned_preview: the preview is stored upright, as some cameras do.
    """
    height, width = scene.shape[:2]
    mosaic = _mosaic(scene)
    jpeg, preview_size = _preview(scene, preview_side, orientation if turned_preview else 1)
    blocks = [mosaic.tobytes(), jpeg]
    places = [8, 8 + len(blocks[0])]
    at = places[1] + len(jpeg)
    at += at % 2
    exif: list[Entry] = [
        (33434, RATIONAL, (1, 250)),
        (33437, RATIONAL, (28, 10)),
        (34855, SHORT, (400,)),
        (36867, ASCII, b"2021:05:06 07:08:09\0"),
        (36881, ASCII, b"+09:00\0"),
        (37386, RATIONAL, (50, 1)),
    ]
    raw: list[Entry] = [
        (254, LONG, (0,)), (256, LONG, (width,)), (257, LONG, (height,)), (258, SHORT, (16,)),
        (259, SHORT, (1,)), (262, SHORT, (32803,)), (273, LONG, (places[0],)), (277, SHORT, (1,)),
        (278, LONG, (height,)), (279, LONG, (len(blocks[0]),)), (33421, SHORT, (2, 2)),
        (33422, BYTE, (0, 1, 1, 2)), (50714, SHORT, (0,)), (50717, LONG, (65535,)),
    ]  # fmt: skip
    exif_at = at
    exif_bytes = _directory(exif, exif_at)
    raw_at = exif_at + len(exif_bytes)
    raw_bytes = _directory(raw, raw_at)
    main: list[Entry] = [
        (271, ASCII, b"Example\0"), (272, ASCII, b"Sensor One\0"), (274, SHORT, (orientation,)),
        (330, LONG, (raw_at,)), (34665, LONG, (exif_at,)), (50706, BYTE, (1, 4, 0, 0)),
        (50708, ASCII, b"Example Sensor One\0"),
        (50721, SRATIONAL, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),
        (50728, RATIONAL, (1, 1, 1, 1, 1, 1)), (50778, SHORT, (21,)),
    ]  # fmt: skip
    if jpeg:
        main += [
            (254, LONG, (1,)), (256, LONG, (preview_size[0],)), (257, LONG, (preview_size[1],)),
            (258, SHORT, (8, 8, 8)), (259, SHORT, (7,)), (262, SHORT, (6,)), (273, LONG, (places[1],)),
            (277, SHORT, (3,)), (278, LONG, (preview_size[1],)), (279, LONG, (len(jpeg),)),
        ]  # fmt: skip
    main_at = raw_at + len(raw_bytes)
    head = struct.pack("<2sHI", b"II", 42, main_at)
    body = head + b"".join(blocks)
    return body.ljust(at, b"\0") + exif_bytes + raw_bytes + _directory(sorted(main), main_at)


def _mosaic(scene: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """RGGB, linear light, 16 bits."""
    linear = (65535 * (scene / 255.0) ** 2.2).astype("<u2")
    mosaic = linear[:, :, 1].copy()
    mosaic[0::2, 0::2] = linear[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = linear[1::2, 1::2, 2]
    return mosaic


def _preview(scene: NDArray[np.uint8], side: int | None, orientation: int) -> tuple[bytes, tuple[int, int]]:
    if side is None:
        return b"", (0, 0)
    picture = Image.fromarray(scene)
    picture.thumbnail((side, side))
    if orientation == 6:
        picture = picture.transpose(Image.Transpose.ROTATE_270)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=92)
    return stream.getvalue(), picture.size


def _directory(entries: list[Entry], at: int) -> bytes:
    """A TIFF directory that lies at offset `at`, followed by the values that do not fit into it."""
    fixed, extra = struct.pack("<H", len(entries)), b""
    extra_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        packed = struct.pack("<" + _CODES[kind][0] * len(values), *values)
        count = len(values) // len(_CODES[kind])
        if len(packed) > 4:
            place = struct.pack("<I", extra_at + len(extra))
            extra += packed + b"\0" * (len(packed) % 2)
        else:
            place = packed.ljust(4, b"\0")
        fixed += struct.pack("<HHI", tag, kind, count) + place
    return fixed + struct.pack("<I", 0) + extra
