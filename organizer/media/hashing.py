"""Hashes of a picture without its metadata: equal where two files show exactly the same pixels.

Two schemes, told apart by a tag, because a JPEG is not decoded at full scale: a JPEG is hashed by
its compressed picture data, everything else by its pixels. Equal hashes mean equal pixels; different
hashes mean nothing more than that this shortcut did not prove them equal. Knows bytes and Pillow
images; the file's own hash is made in `reading`.
"""

from __future__ import annotations

import hashlib

from PIL import Image

from organizer.media.reading import Data

_PIXELS_TAG = b"pixels-1"
_JPEG_TAG = b"jpeg-1"
_BAND = 512  # rows hashed at a time, so that no second copy of a large picture is made

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_ADOBE = 0xEE  # APP14: says whether the channels are YCbCr, so it is part of the picture
_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length


def hash_of_pixels(image: Image.Image, profile: bytes | None) -> bytes:
    """BLAKE2b-256 of a picture's size and upright pixels; grey counts as RGB with equal channels.

    Args:
        image: full size, upright, in mode L, RGB, CMYK or LAB.
        profile: the ICC profile where it changes the colours, else None.
    """
    state = _started(_PIXELS_TAG, profile)
    mode = "RGB" if image.mode == "L" else image.mode
    state.update(f"{mode} {image.width} {image.height} ".encode())
    for top in range(0, image.height, _BAND):
        band = image.crop((0, top, image.width, min(top + _BAND, image.height)))
        state.update((band if band.mode == mode else band.convert(mode)).tobytes())
    return state.digest()


def hash_of_jpeg(data: Data, orientation: int, profile: bytes | None) -> bytes | None:
    """BLAKE2b-256 of a JPEG's picture data, without metadata and without what follows the picture.

    Quantisation and Huffman tables, frame and scan headers and the entropy-coded data go in; APPn and
    COM segments stay out, except Adobe's APP14.

    Args:
        orientation: 1..8, as the pixels are turned.
        profile: the ICC profile where it changes the colours, else None.

    Returns:
        32 bytes, or None where the segments cannot be followed to a scan and its end.
    """
    state = _started(_JPEG_TAG, profile)
    state.update(bytes([orientation]))
    at, end = 2, len(data)
    while at + 4 <= end and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _BARE_MARKERS:
            at += 2
            continue
        if marker == _EOI:
            return None
        if marker == _SOS:
            # Within a scan 0xFF is followed by 0 or a restart marker, and no table holds 0xFFD9.
            stop = data.find(b"\xff\xd9", at)
            if stop < 0:
                return None
            with memoryview(data) as view:
                state.update(view[at:stop])
            return state.digest()
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return None
        is_metadata = (0xE0 <= marker <= 0xEF and marker != _ADOBE) or marker == 0xFE
        if not is_metadata:
            state.update(data[at : at + 2 + length])
        at += 2 + length
    return None


def _started(tag: bytes, profile: bytes | None) -> hashlib.blake2b:
    state = hashlib.blake2b(tag, digest_size=32)
    if profile:
        state.update(hashlib.blake2b(profile, digest_size=32).digest())
    return state
