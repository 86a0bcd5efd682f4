"""The first half of decoding: bytes to an undamaged Pillow image, with the facts from its metadata.

Chooses the decoder by content, checks the size against the memory before anything is allocated, and
decodes a JPEG at a reduced scale. Exceptions of the decoders pass through; `decode` names them.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, cast

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from organizer.errors import MediaError, MediaReason
from organizer.media import exif, limits, pixels, raw
from organizer.media.formats import SNIFF_BYTES, Kind, sniff
from organizer.media.reading import Data
from organizer.records import ExifFacts

# Pillow's own limit is a fixed number; ours is sized from the memory and is checked on every picture
# as soon as its header is read (`limits.check_need`).
Image.MAX_IMAGE_PIXELS = None

PLUGINS = (
    AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin,
    TiffImagePlugin, WebPImagePlugin,
)  # fmt: skip
"""Pillow's decoders on the allow-list; importing them by name spares its search for all the others."""

MISSING_ROWS = 0.01  # share of rows that may be without data in a JPEG that lacks its end marker

_STANDARD_MEAN = 57.625  # of the luma table in Annex K of the JPEG standard: what quality 50 stands for
_END = b"\xff\xd9"  # a JPEG's end marker

Wanted = Callable[[tuple[int, int]], int | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A decoded picture, not yet turned, with its colours as the profile means them.

    Attributes:
        image: pixels in any mode. turn: EXIF orientation 1..8 still to be applied.
        profile: embedded ICC profile. width, height: upright, full size.
        is_jpeg: the whole file is one JPEG. is_reduced: the pixels are not those of the full size.
        quantisation: as in `records.Measurements`.
    """

    image: Image.Image
    turn: int
    profile: bytes | None
    width: int
    height: int
    format: str
    facts: ExifFacts
    is_jpeg: bool
    is_reduced: bool
    quantisation: float = 0.0


def open_picture(data: Data, suffix: str, wanted: Wanted, memory_limit: int) -> Opened:
    """Decode at full size, or a JPEG at the smallest scale that still has the wanted longest side.

    Args:
        suffix: of the file's name, with the dot.
        wanted: size -> longest side needed, or None for the full size.
        memory_limit: bytes.

    Raises:
        MediaError: UNSUPPORTED or TOO_LARGE.
        Exception: whatever the decoder raises over a damaged file.
    """
    kind = sniff(bytes(data[:SNIFF_BYTES]), suffix)
    if kind is None:
        raise MediaError("This is not a picture in a format that can be read.", MediaReason.UNSUPPORTED)
    if kind is Kind.RAW:
        return _open_raw(data, wanted, memory_limit)
    return _open_pillow(data, kind, wanted, memory_limit)


@lru_cache(maxsize=1)
def prepare_iso_media() -> None:
    """HEIF and AVIF with one thread a picture: the pool decodes several pictures at once."""
    import pillow_heif

    pillow_heif.register_heif_opener(depth_images=False, aux_images=False, decode_threads=1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def _stream(data: Data) -> IO[bytes]:
    if isinstance(data, mmap.mmap):
        data.seek(0)
        return cast("IO[bytes]", data)
    return io.BytesIO(data)


def _open_pillow(data: Data, kind: Kind, wanted: Wanted, memory_limit: int) -> Opened:
    if kind is Kind.ISO_MEDIA:
        prepare_iso_media()
    image = _identified(data, kind)
    full = image.size
    is_jpeg = kind is Kind.JPEG
    if is_jpeg:
        _draft(image, wanted)
    _check_need(image, full, memory_limit)
    facts: ExifFacts | None = None
    turned = image.info.get("original_orientation")  # HEIF: the pixels come upright, the tag is gone
    if kind is Kind.TIFF:  # Pillow turns a TIFF when it loads it, and drops the tag
        facts = exif.facts_of_image(image)
    image = _loaded(image, data, kind, wanted)
    if facts is None:
        facts = exif.facts_of_image(image, turned if isinstance(turned, int) and 1 <= turned <= 8 else None)
    turn = 1 if kind is Kind.TIFF else exif.orientation_of(image)
    width, height = full[::-1] if pixels.turns_sideways(turn) else full
    return Opened(
        image=image,
        turn=turn,
        profile=image.info.get("icc_profile") or None,
        width=width,
        height=height,
        format=image.format or kind.name,
        facts=facts,
        is_jpeg=is_jpeg,
        is_reduced=image.size != full,
        quantisation=_quantisation(getattr(image, "quantization", None)),
    )


def _quantisation(tables: dict[int, list[int]] | None) -> float:
    """How coarse a JPEG's luma table is beside the standard's; 0 for other files."""
    table = (tables or {}).get(0)
    return float(np.mean(table) / _STANDARD_MEAN) if table else 0.0


def _identified(data: Data, kind: Kind) -> ImageFile.ImageFile:
    try:
        return Image.open(_stream(data), formats=kind.value)
    except UnidentifiedImageError as error:
        raise MediaError(
            "The picture's header is damaged.", MediaReason.DAMAGED, detail=f"no {kind.name} decoder took it"
        ) from error


def _draft(image: ImageFile.ImageFile, wanted: Wanted) -> None:
    side = wanted(image.size)
    if side is None:
        return
    longest = max(image.size)
    size = tuple(max(1, length * side // longest) for length in image.size)
    image.draft(image.mode, (size[0], size[1]))


def _check_need(image: ImageFile.ImageFile, full: tuple[int, int], memory_limit: int) -> None:
    limits.check_need(
        image.width * image.height,
        full[0] * full[1],
        progressive=bool(image.info.get("progressive")),
        limit=memory_limit,
    )


def _loaded(image: ImageFile.ImageFile, data: Data, kind: Kind, wanted: Wanted) -> ImageFile.ImageFile:
    try:
        image.load()
        return image
    except OSError:
        if kind is not Kind.JPEG or image.info.get("progressive") or not _lacks_only_its_end(data):
            raise
        mended = _identified(bytes(data) + _END, kind)
        _draft(mended, wanted)
        mended.load()
        return mended


def _lacks_only_its_end(data: Data) -> bool:
    """Whether a JPEG that breaks off has all its rows: libjpeg fills missing ones with one flat colour."""
    if data.find(_END, max(0, len(data) - 4096)) >= 0:
        return False  # it ends as it should, so something else is wrong with it
    grey = np.asarray(_identified(bytes(data) + _END, Kind.JPEG).convert("L"))
    rows_with_data = np.flatnonzero((grey != grey[:, :1]).any(axis=1))
    last = int(rows_with_data[-1]) + 1 if len(rows_with_data) else 0
    return bool(grey.shape[0] - last <= grey.shape[0] * MISSING_ROWS)


def _open_raw(data: Data, wanted: Wanted, memory_limit: int) -> Opened:
    picture = raw.open_raw(data)
    profile = None
    if picture.preview is not None:
        opened = _open_pillow(picture.preview, Kind.JPEG, wanted, memory_limit)
        image, profile = opened.image, opened.profile
    elif picture.developed is not None:
        image = picture.developed
    return Opened(
        image=image,
        turn=picture.orientation,
        profile=profile,
        width=picture.width,
        height=picture.height,
        format="RAW",
        facts=picture.facts,
        is_jpeg=False,
        is_reduced=True,
    )
