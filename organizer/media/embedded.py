"""Finds the facts and the small picture in the head of a JPEG, HEIF or raw file.

Reads nothing but the bytes it is given; positions that lead beyond them mean that there is nothing to be
had. Whether the small picture can be trusted is `trust`'s question. Exceptions of the decoders over
damaged bytes pass through. Tags follow CIPA DC-008 (Exif 2.32) and TIFF 6.0, HEIF's thumbnails ISO/IEC
23008-12.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from PIL import Image, JpegImagePlugin, MpoImagePlugin
from PIL.ExifTags import IFD, Base

from organizer.media import exif
from organizer.media.formats import SNIFF_BYTES, Kind, sniff
from organizer.media.opening import prepare_iso_media
from organizer.media.raw import exif_of_raw
from organizer.media.trust import LEAST_SIDE
from organizer.records import ExifFacts

PLUGINS = (JpegImagePlugin, MpoImagePlugin)  # imported by name, which spares Pillow's search for all others

_NEW_SUBFILE_TYPE, _COMPRESSION, _STRIPS, _STRIP_BYTES = 0x00FE, 0x0103, 0x0111, 0x0117
_SUB_DIRECTORIES, _JPEG_AT, _JPEG_BYTES = 0x014A, 0x0201, 0x0202
_JPEG_COMPRESSIONS = (6, 7)
_SENSOR_PHOTOMETRIC = (32803, 34892)  # a mosaic, or linear raw: no picture for a JPEG decoder
_LARGEST_SMALL = 4 << 20  # bytes; what is larger is the photo itself


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a head holds.

    Attributes:
        small: the small picture, a JPEG or decoded. size: of the photo as it lies in the file, pixels.
        written_size: the same as the metadata have it. turn: EXIF orientation 1..8 still to be applied.
        is_jpeg_file: the photo itself is a JPEG, whose first rows may be in the head.
    """

    small: bytes | Image.Image
    size: tuple[int, int]
    written_size: tuple[int, int] | None
    turn: int
    format: str
    facts: ExifFacts
    is_jpeg_file: bool = False


def embedded_in(head: bytes, suffix: str) -> Embedded | None:
    """What the head of a file holds; None where there is no small picture in it.

    Args:
        suffix: of the file's name, with the dot.
    """
    kind = sniff(head[:SNIFF_BYTES], suffix)
    if kind is Kind.JPEG:
        return _in_jpeg(head)
    if kind is Kind.ISO_MEDIA:
        return _in_heif(head)
    if kind is Kind.RAW:
        return _in_raw(head)
    return None


def _in_jpeg(head: bytes) -> Embedded | None:
    image = Image.open(io.BytesIO(head), formats=Kind.JPEG.value)
    raw = image.info.get("exif")
    if not isinstance(raw, bytes):
        return None
    tags = image.getexif()
    jpeg = _slice(raw[6:], tags.get_ifd(IFD.IFD1))  # positions count from behind "Exif\0\0"
    if jpeg is None:
        return None
    return Embedded(
        small=jpeg,
        size=image.size,
        written_size=_written_size(tags),
        turn=exif.orientation_of(image),
        format=image.format or "JPEG",
        facts=exif.facts_of_image(image),
        is_jpeg_file=True,
    )


def _written_size(tags: Image.Exif) -> tuple[int, int] | None:
    photo = tags.get_ifd(IFD.Exif)
    width, height = photo.get(Base.ExifImageWidth), photo.get(Base.ExifImageHeight)
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None


def _slice(block: bytes, directory: Mapping[int, Any]) -> bytes | None:
    """The JPEG that a directory points to, where all of it lies in the block."""
    at, length = directory.get(_JPEG_AT), directory.get(_JPEG_BYTES)
    if at is None and directory.get(_COMPRESSION) in _JPEG_COMPRESSIONS:
        if directory.get(Base.PhotometricInterpretation) in _SENSOR_PHOTOMETRIC:
            return None
        at, length = _only(directory.get(_STRIPS)), _only(directory.get(_STRIP_BYTES))
    if not isinstance(at, int) or not isinstance(length, int) or not 0 < length <= _LARGEST_SMALL:
        return None
    found = block[at : at + length]
    return found if len(found) == length and found.startswith(b"\xff\xd8") else None


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


# -- HEIF -------------------------------------------------------------------------------------------------


def _in_heif(head: bytes) -> Embedded | None:
    """The thumbnail of the primary picture, a picture of its own in the file; the photo is not decoded.

    libheif reads the head as if it were the file and refuses a picture whose bytes lie beyond it.
    """
    import pillow_heif

    prepare_iso_media()
    image = Image.open(io.BytesIO(head), formats=("HEIF",))
    turned = image.info.get("original_orientation") or 1
    if not _comes_upright(turned, image.size):
        return None
    heif = pillow_heif.open_heif(head)
    primary = heif[heif.primary_index]
    sides = cast("list[int]", primary.info["thumbnails"])  # the longest side of each
    fitting = [number for number, side in enumerate(sides) if LEAST_SIDE <= side <= max(image.size)]
    if not fitting:
        return None
    small = primary.get_thumbnail(min(fitting, key=sides.__getitem__)).to_pillow()
    facts = exif.facts_of_image(image, turned)
    return Embedded(small, image.size, None, 1, image.format or "HEIF", facts)


def _comes_upright(turned: int, size: tuple[int, int]) -> bool:
    """Whether a thumbnail of the photo's shape is surely turned like it: the file turns each by itself."""
    return turned == 1 or (turned in (6, 8) and size[0] != size[1])


# -- raw files -------------------------------------------------------------------------------------------


def _in_raw(head: bytes) -> Embedded | None:
    """Raw files that are built like a TIFF: the largest picture for the eye that lies in the head."""
    if head[:2] not in (b"II", b"MM"):
        return None
    tags = exif_of_raw(head)
    directories = list(_directories(tags, head))
    pictures = [jpeg for directory in directories if (jpeg := _slice(head, directory)) is not None]
    size = max((_size_of(directory) for directory in directories), key=lambda one: one[0] * one[1])
    if not pictures or size[0] * size[1] == 0:
        return None
    facts = exif.facts_of_exif(tags)
    turn = facts.orientation
    jpeg = max(pictures, key=len)
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
        small = picture.size
    if turn in (6, 8) and (small[1] > small[0]) != (size[1] > size[0]):
        turn, size = 1, size[::-1]  # some cameras turn the small picture themselves
    return Embedded(jpeg, size, None, turn, "RAW", facts)


def _directories(tags: Image.Exif, head: bytes) -> Iterator[Mapping[int, Any]]:
    yield dict(tags)
    yield tags.get_ifd(IFD.IFD1)
    below = tags.get(_SUB_DIRECTORIES)
    for at in below if isinstance(below, tuple) else (below,):
        if isinstance(at, int) and 8 <= at < len(head) - 2:
            sub = Image.Exif()
            sub.load(_with_directory_at(head, at))
            yield dict(sub)


def _with_directory_at(head: bytes, at: int) -> bytes:
    """The head as a TIFF whose first directory is the one at this position."""
    if head[:2] == b"II":
        return b"II*\0" + at.to_bytes(4, "little") + head[8:]
    return b"MM\0*" + at.to_bytes(4, "big") + head[8:]


def _size_of(directory: Mapping[int, Any]) -> tuple[int, int]:
    width, height = directory.get(Base.ImageWidth), directory.get(Base.ImageLength)
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)
