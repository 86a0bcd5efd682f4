"""Raw files through the preview that the camera embedded; developed at half size where there is none.

The preview is what the photographer saw on the camera, and reading it costs a JPEG, not a development.
LibRaw (rawpy) is loaded when the first raw file comes. Knows bytes and Pillow images; knows no path.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from organizer.errors import MediaError, MediaReason
from organizer.media import exif
from organizer.media.reading import Data
from organizer.records import ExifFacts

log = logging.getLogger(__name__)

LEAST_PREVIEW = 1000  # longest side from which an embedded preview is taken; smaller ones are icons
_ORIENTATION_OF_FLIP = {3: 3, 5: 8, 6: 6}  # LibRaw's flip -> EXIF's orientation
_TIFF_LIKE = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*", b"IIU\0": b"II*\0"}


@dataclass(frozen=True, slots=True)
class RawPicture:
    """What there is to show of a raw file.

    Attributes:
        preview: bytes of the embedded JPEG, or None where `developed` holds the picture.
        developed: RGB image, upright, sRGB.
        width, height: of the upright photo at the sensor's full size, pixels.
        orientation: 1..8, as the preview has to be turned.
        facts: from the raw file itself.
    """

    preview: bytes | None
    developed: Image.Image | None
    width: int
    height: int
    orientation: int
    facts: ExifFacts


def open_raw(data: Data) -> RawPicture:
    """Take the preview out of a raw file, or develop it at half size.

    Raises:
        MediaError: UNSUPPORTED, a camera that LibRaw does not know.
        MemoryError: LibRaw found too little memory.
        rawpy.LibRawError: LibRaw cannot read it (and what else a decoder raises).
    """
    import rawpy

    try:
        return _opened(rawpy, data)
    except rawpy.LibRawFileUnsupportedError as error:
        raise MediaError(
            "This camera's raw format is not supported.", MediaReason.UNSUPPORTED, detail=str(error)
        ) from error
    except (rawpy.LibRawUnsufficientMemoryError, rawpy.LibRawTooBigError) as error:
        raise MemoryError(str(error)) from error


def _opened(rawpy: Any, data: Data) -> RawPicture:
    with rawpy.imread(io.BytesIO(data)) as raw:
        flip = raw.sizes.flip
        width, height = raw.sizes.width, raw.sizes.height
        if flip in (5, 6):
            width, height = height, width
        facts = _facts(data, raw, _ORIENTATION_OF_FLIP.get(flip, 1))
        preview, bitmap = _preview(rawpy, raw)
        developed = None
        if preview is None:
            developed = bitmap if bitmap is not None else _developed(raw)
            orientation = 1 if bitmap is None else _still_to_turn(flip, bitmap.size, (width, height))
        else:
            orientation = _still_to_turn(flip, _size_of(preview), (width, height))
    return RawPicture(preview, developed, width, height, orientation, facts)


def _preview(rawpy: Any, raw: Any) -> tuple[bytes | None, Image.Image | None]:
    """The embedded preview as JPEG bytes or as a bitmap; neither where it is missing or an icon."""
    try:
        found = raw.extract_thumb()
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        log.debug("A raw file without a usable preview is developed instead (%s).", error)
        return None, None
    if found.format == rawpy.ThumbFormat.JPEG:
        try:
            large_enough = max(_size_of(found.data)) >= LEAST_PREVIEW
        except OSError:
            return None, None
        return (found.data, None) if large_enough else (None, None)
    if found.format == rawpy.ThumbFormat.BITMAP and max(found.data.shape[:2]) >= LEAST_PREVIEW:
        return None, Image.fromarray(found.data).convert("RGB")
    return None, None


def _developed(raw: Any) -> Image.Image:
    """Half size (one pixel for each 2x2 of the sensor), the camera's white balance, upright."""
    return Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8))


def _size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        return image.size


def _still_to_turn(flip: int, preview: tuple[int, int], upright: tuple[int, int]) -> int:
    """Some cameras turn the preview themselves: then it is as tall as the upright photo already."""
    orientation = _ORIENTATION_OF_FLIP.get(flip, 1)
    is_tall, should_be_tall = preview[1] > preview[0], upright[1] > upright[0]
    turned_already = orientation in (6, 8) and is_tall == should_be_tall
    return 1 if turned_already else orientation


def _facts(data: Data, raw: Any, orientation: int) -> ExifFacts:
    """From the file's own directories where it is built like a TIFF, completed by what LibRaw found."""
    facts = ExifFacts(orientation=orientation)
    head = bytes(data[:4])
    if head[:2] in (b"II", b"MM"):
        facts = replace(exif.facts_of_exif(exif_of_raw(data)), orientation=orientation)
    other, lens = raw.other, raw.lens
    written = other.timestamp  # the camera's own clock, without a zone
    if facts.taken_at is None and written is not None and written.year > 1990:
        facts = replace(facts, taken_at=written.replace(tzinfo=None).isoformat())
    return replace(
        facts,
        lens=facts.lens or (lens.model or None),
        iso=facts.iso or _whole(other.iso_speed),
        exposure_s=facts.exposure_s or _above_zero(other.shutter_speed),
        aperture=facts.aperture or _above_zero(other.aperture),
        focal_mm=facts.focal_mm or _above_zero(other.focal_length),
    )


def exif_of_raw(data: Data) -> Image.Exif:
    """Pillow's view of the directories of a raw file that is built like a TIFF; empty where they are broken.

    Makers' own magic numbers are replaced by TIFF's.
    """
    head = bytes(data[:4])
    magic = _TIFF_LIKE.get(head, head)
    found = Image.Exif()
    try:
        found.load(magic + data[4:])
    except Exception as error:
        log.debug("The directories of a raw file could not be read (%s).", error)
    return found


def _above_zero(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None


def _whole(value: Any) -> int | None:
    number = _above_zero(value)
    return None if number is None else round(number)
