"""A photo file becomes everything the catalogue, the models and the analyses want to know of it.

The file is read once; a JPEG is decoded at a reduced scale (libjpeg's, nearly free), everything else in
full. Knows neither processes nor the catalogue: `pool` runs these functions where a crash does no harm.

A JPEG without its end marker is accepted where all its rows are there, as photo programs do; one
that breaks off earlier is refused as damaged, since half a photo should be noticed, not filed.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.errors import MediaError, MediaReason
from organizer.media import colour, hashing, limits, pixels, scaled
from organizer.media.fingerprint import fingerprint
from organizer.media.measure import measure
from organizer.media.opening import Opened, open_picture
from organizer.media.reading import Data, read_content, stamp_of
from organizer.records import Decoded, ExifFacts, FileStamp, InputSpec

WORKING_SIDE = 1024
"""Longest side, at least, of the picture that fingerprints, measurements and thumbnails are made from."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes:
        image: RGB, upright, sRGB, reduced by a whole factor where the file's picture is much larger.
        width, height: upright, full size. pixel_hash: as `records.Decoded` says.
        quantisation: as in `records.Measurements`.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    facts: ExifFacts
    pixel_hash: bytes | None
    quantisation: float = 0.0


class Clock:
    """CPU seconds of this process between marks.

    Attributes:
        seconds: stage -> CPU seconds.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.process_time()

    def mark(self, stage: str) -> None:
        """Book the time since the last mark to a stage."""
        now = time.process_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


def decode_file(stamp: FileStamp, spec: InputSpec | None, *, memory_limit: int | None = None) -> Decoded:
    """Decode and describe one photo.

    Args:
        stamp: the file as the scan saw it. spec: what the model wants to see, if one is there.
        memory_limit: bytes a picture may need; None takes `limits.default_memory_limit(1)`.

    Raises:
        MediaError: the file cannot be read as a photo; `reason` says why.
        ValueError: the spec is impossible.
    """
    clock = Clock()
    content = read_content(stamp)
    clock.mark("read")
    try:
        side = WORKING_SIDE
        picture = decode_bytes(
            content.data,
            stamp.path.suffix,
            side=side,
            spec=spec,
            memory_limit=memory_limit,
            with_hash=True,
            clock=clock,
        )
    except MediaError as error:
        error.content_hash = content.content_hash
        raise
    return _described(stamp, content.content_hash, picture, spec, clock)


def load_upright(path: Path, max_side: int | None, *, memory_limit: int | None = None) -> NDArray[np.uint8]:
    """Pixels for a large view.

    Args:
        max_side: longest side at most; None for the full size.

    Returns:
        uint8 (H, W, 3), upright, sRGB.

    Raises:
        MediaError: the file cannot be read as a photo.
    """
    content = read_content(stamp_of(path))
    picture = decode_bytes(content.data, path.suffix, side=max_side, memory_limit=memory_limit)
    image = picture.image if max_side is None else scaled.fitted(picture.image, max_side)
    return np.array(image, dtype=np.uint8)


def decode_bytes(
    data: Data,
    suffix: str,
    *,
    side: int | None,
    spec: InputSpec | None = None,
    memory_limit: int | None = None,
    with_hash: bool = False,
    clock: Clock | None = None,
) -> Picture:
    """Decode a photo from memory.

    Args:
        suffix: of the file's name; tells raw files from TIFF.
        side: longest side the result needs (it gets more, where the file has more); None for full size.
        spec: enlarges `side` so that the model's input is made from twice its size.

    Raises:
        MediaError: UNSUPPORTED, DAMAGED or TOO_LARGE.
    """
    clock = clock or Clock()
    limit = limits.default_memory_limit(1) if memory_limit is None else memory_limit
    wanted = _Wanted(side, spec)
    with decoder_faults():
        opened = open_picture(data, suffix, wanted, limit)
        image = pixels.upright(pixels.flatten(opened.image), opened.turn)
    clock.mark("decode")
    profile = opened.profile if colour.matters(opened.profile, image.mode) else None
    pixel_hash = _pixel_hash(opened, data, image, profile) if with_hash else None
    clock.mark("hash")
    factor = max(image.size) // (wanted(image.size) or max(image.size))
    if factor > 1:
        image = image.reduce(factor)
    image = colour.to_srgb(image, profile)
    clock.mark("colour")
    return Picture(
        image, opened.width, opened.height, opened.format, opened.facts, pixel_hash, opened.quantisation
    )


@contextmanager
def decoder_faults() -> Iterator[None]:
    """Turn whatever a decoder raises over a bad file into a MediaError.

    Pillow, libheif and LibRaw raise nearly every built-in exception over malformed files, so all are
    caught here; nothing of our own that works on good pixels may run inside. Their warnings, which
    come with many a good photo, are dropped.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MediaError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise MediaError(
            "The picture is too large for this computer's memory.",
            MediaReason.TOO_LARGE,
            detail=f"{type(error).__name__}: {error}",
        ) from error
    except Exception as error:
        raise MediaError(
            "The picture's data is damaged or incomplete.",
            MediaReason.DAMAGED,
            detail=f"{type(error).__name__}: {error}",
        ) from error


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The longest side a picture of a given size has to be decoded at; None for all of it."""

    side: int | None
    spec: InputSpec | None

    def __call__(self, size: tuple[int, int]) -> int | None:
        if self.side is None:
            return None
        return self.side if self.spec is None else max(self.side, scaled.least_longest_side(size, self.spec))


def _pixel_hash(opened: Opened, data: Data, image: Image.Image, profile: bytes | None) -> bytes | None:
    if opened.is_jpeg:
        return hashing.hash_of_jpeg(data, opened.turn, profile)
    if opened.is_reduced:
        return None
    return hashing.hash_of_pixels(image, profile)


def _described(
    stamp: FileStamp, content_hash: bytes, picture: Picture, spec: InputSpec | None, clock: Clock
) -> Decoded:
    """Everything that is made from good pixels; an exception here is a defect of ours."""
    upright = np.asarray(picture.image)
    thumbnail = scaled.thumbnail_of(picture.image)
    clock.mark("thumbnail")
    seen = None if spec is None else scaled.model_input(picture.image, spec)
    clock.mark("input")
    prints = fingerprint(upright)
    clock.mark("fingerprint")
    measurements = measure(picture.image, picture.quantisation)
    clock.mark("measure")
    return Decoded(
        stamp=stamp,
        content_hash=content_hash,
        pixel_hash=picture.pixel_hash,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        exif=picture.facts,
        thumbnail=thumbnail,
        model_input=seen,
        fingerprint=prints,
        measurements=measurements,
        seconds=clock.seconds,
    )
