"""Plain values that more than one room of the core speaks of.

``media`` makes them from a file, ``catalog`` keeps them, ``indexing`` carries them between the two and
``analysis`` reads them as arrays. No behaviour beyond small derived values; no imports but numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GREY_SIDE = 64  # side of the squared greyscale picture kept for comparing pixels
CHROMA_SIDE = 16  # side of the squared Cb and Cr pictures kept beside it
THUMBNAIL_SIDE = 384  # longest side of a stored thumbnail, in pixels
HASH_BYTES = 32  # of a content hash, and of a hash of what a file shows
TRASH_FOLDER_NAME = ".photo-organizer-trash"  # on the volume of the photos it holds; never scanned


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a model wants to see: how to make its input from an upright sRGB picture.

    Attributes:
        size: side of the square input in pixels.
        mean, std: per channel, for values in 0..1; applied by the model, not by the decoder.
        resize_mode: "shortest" (then centre crop), "squash" or "longest" (then pad).
        interpolation: "bicubic" or "bilinear".
    """

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize_mode: str = "shortest"
    interpolation: str = "bicubic"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What the file system says of a file without opening it."""

    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """Facts that the camera or a person wrote into the file; None where nothing was written.

    Attributes:
        taken_at: ISO 8601 local time, with fraction and UTC offset where the file has them.
        exposure_s: exposure time in seconds. aperture: f-number. focal_mm: focal length.
        latitude, longitude: degrees, north and east positive. altitude_m: metres.
        orientation: EXIF value 1..8 as found in the file (pixels are already upright).
        rating: 0..5 stars.
    """

    taken_at: str | None = None
    camera: str | None = None
    lens: str | None = None
    iso: int | None = None
    exposure_s: float | None = None
    aperture: float | None = None
    focal_mm: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    orientation: int = 1
    rating: int | None = None
    title: str | None = None


MEASURES_VERSION = 4
"""Raised when `media.measure` changes what its numbers mean; older ones count as missing until made again."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """Numbers measured on the decoded picture at a fixed scale; ``organizer.media.measure`` says how.

    Attributes:
        sharpness: change over one pixel relative to that over four at the sharpest edges, noise discounted,
            in the worst direction, 0..1; about 0.7 is sharp, below 0.45 blurred, 0.25 smeared.
        noise: robust standard deviation of flat areas, grey levels 0..255.
        brightness: median luma 0..1. contrast: spread between the 1st and 99th percentile, 0..1.
        clipped_dark, clipped_bright: share of pixels at the ends, 0..1; white paper is not counted.
        blockiness: what blocks on the compression's 8x8 grid lack, 0 without compression to about 1.3.
        detail: share of the true resolution that the spectrum fills, 0..1 (upscaled is low).
        colourfulness: Hasler and Suesstrunk's measure.
        flatness: share of tiles without any texture, 0..1 (drawings, screenshots, skies).
        one_way: how much sharper the best direction is than the worst, 0..1 (motion is high, defocus low).
        dynamic_range: stops of light between the 1st and 99th percentile, 0..16.
        colour_cast: by how much the mean colour is off grey beyond the spread of the colours, 0..180.
        graphic: how much the picture looks drawn rather than photographed, 0..1.
        peak: luma that one pixel in a thousand exceeds, 0..1: lamps and stars in the dark.
        quantisation: coarseness of a JPEG file's luma table; 1 is the standard's own (quality 50), 5 is
            quality 10, 0.5 is quality 75. 0 where the file is no JPEG.
    """

    sharpness: float
    noise: float
    brightness: float
    contrast: float
    clipped_dark: float
    clipped_bright: float
    blockiness: float
    detail: float
    colourfulness: float
    flatness: float
    one_way: float = 0.0
    dynamic_range: float = 8.0
    colour_cast: float = 0.0
    graphic: float = 0.0
    peak: float = 1.0
    quantisation: float = 0.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Small pictures of a photo for finding and proving duplicates.

    Attributes:
        phash: 64-bit DCT perceptual hash of the upright picture, as an unsigned int.
        dhash: 64-bit difference hash, as an unsigned int.
        grey: uint8 (GREY_SIDE, GREY_SIDE), luma of the squared upright picture.
        chroma: uint8 (2, CHROMA_SIDE, CHROMA_SIDE), Cb and Cr of the same.
    """

    phash: int
    dhash: int
    grey: NDArray[np.uint8]
    chroma: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Everything one reading of a photo gives; crosses the process boundary.

    Attributes:
        content_hash: BLAKE2b-256 of the file's bytes, 32 bytes.
        pixel_hash: equal for two files only if they show the same pixels whatever their metadata says:
            BLAKE2b-256 of a JPEG's compressed picture data, of the upright full-size pixels elsewhere
            (`organizer.media.hashing`). None where neither is to be had (raw files).
        format: Pillow's name of the format, upper case ("JPEG", "HEIF", "RAW" for raw files).
        width, height: of the upright picture at full size, pixels.
        thumbnail: JPEG bytes, longest side THUMBNAIL_SIDE at most.
        model_input: uint8 (S, S, 3) as the InputSpec asked, or None when none was asked for.
        seconds: CPU seconds spent a stage ("read", "decode", "thumbnail", "measure", ...).
    """

    stamp: FileStamp
    content_hash: bytes
    pixel_hash: bytes | None
    format: str
    width: int
    height: int
    exif: ExifFacts
    thumbnail: bytes
    model_input: NDArray[np.uint8] | None
    fingerprint: Fingerprint
    measurements: Measurements
    seconds: dict[str, float] = field(default_factory=dict)


class Look(IntEnum):
    """How much of a photo's file is known; stored in the catalogue, so the values never change."""

    HEAD = 0  # its head alone; the content hash of the row is a stand-in that no file has
    HASHED = 1  # its head, and its content hash
    FULL = 2


@dataclass(frozen=True, slots=True)
class Glance:
    """What the head of a file gives, with its embedded small picture standing in for the photo.

    Attributes:
        format, width, height, thumbnail, model_input, seconds: as in ``Decoded``.
    """

    stamp: FileStamp
    format: str
    width: int
    height: int
    exif: ExifFacts
    thumbnail: bytes
    model_input: NDArray[np.uint8] | None
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be decoded, and why: kept so that it is not tried again unchanged."""

    stamp: FileStamp
    reason: str
    sentence: str
    content_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """One file in the catalogue.

    Attributes:
        id: catalogue id, stable across renames and moves.
        path: where it is now, or was last seen.
        content_hash: 32 bytes; of no file where ``look`` is HEAD. missing: not found at the last scan.
    """

    id: int
    root_id: int
    path: Path
    size: int
    mtime_ns: int
    content_hash: bytes
    pixel_hash: bytes | None
    format: str
    width: int
    height: int
    exif: ExifFacts
    missing: bool = False
    look: Look = Look.FULL


@dataclass(frozen=True, slots=True)
class SidecarFields:
    """What a sidecar (.xmp) says of a photo, as far as this program reads and writes it; None for nothing.

    Attributes:
        title: ``dc:title``. description: ``dc:description``. keywords: ``dc:subject``, in their order.
        rating: ``xmp:Rating``, 1..5, or -1 for rejected; 0 there means unrated and is None here.
        latitude, longitude: degrees, north and east positive; both or none.
    """

    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    rating: int | None = None
    latitude: float | None = None
    longitude: float | None = None

    def __bool__(self) -> bool:
        return self != SidecarFields()


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that the person added."""

    id: int
    path: Path
    watched: bool = True
    protected: bool = False
    photos: int = 0


TRASH_FOLDER_NAME = ".photo-organizer-trash"  # a folder of removed photos on their own volume; never scanned
