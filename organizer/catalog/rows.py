"""Between rows and values: the columns of each table in one place, packing and unpacking.

Pure functions; no connection, no SQL beyond column lists.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.catalog.schema import MISSING
from organizer.records import (
    CHROMA_SIDE,
    GREY_SIDE,
    ExifFacts,
    FileStamp,
    Fingerprint,
    Look,
    Measurements,
    Photo,
)

EXIF_COLUMNS = tuple(entry.name for entry in fields(ExifFacts))
MEASURES = tuple(entry.name for entry in fields(Measurements))
PHOTO_COLUMNS = (
    "id", "root_id", "path", "size", "mtime_ns", "content_hash", "pixel_hash", "format", "width", "height",
    "state", "look", *EXIF_COLUMNS,
)  # fmt: skip
_EXIF_AT = PHOTO_COLUMNS.index(EXIF_COLUMNS[0])

_EPOCH = datetime(1970, 1, 1)
_SIGN = 1 << 63


def photo_of(row: Sequence[Any]) -> Photo:
    """A Photo from a row of PHOTO_COLUMNS."""
    identifier, root_id, path, size, mtime_ns, content_hash, pixel_hash, form, width, height, state, look = (
        row[:_EXIF_AT]
    )
    return Photo(
        id=identifier,
        root_id=root_id,
        path=path_of(path),
        size=size,
        mtime_ns=mtime_ns,
        content_hash=content_hash,
        pixel_hash=pixel_hash,
        format=form,
        width=width,
        height=height,
        exif=ExifFacts(*row[_EXIF_AT:]),
        missing=state == MISSING,
        look=Look(look),
    )


def stand_in_hash(stamp: FileStamp) -> bytes:
    """What stands where a content hash belongs while the file was not read whole: 32 bytes, different for
    every path, size and time, and by its own BLAKE2b personalisation never the hash of any content."""
    raw, size, mtime_ns = stamp_columns(stamp)
    digest = hashlib.blake2b(raw, digest_size=32, person=b"first look")
    digest.update(b"\0%d %d" % (size, mtime_ns))
    return digest.digest()


def path_bytes(path: Path | str) -> bytes:
    return os.fsencode(path)


def path_of(raw: bytes) -> Path:
    return Path(os.fsdecode(raw))


def below(folder: Path) -> tuple[bytes, bytes]:
    """Bounds (inclusive, exclusive) of the raw paths that lie below ``folder`` at any depth."""
    start = path_bytes(folder)
    separator = os.sep.encode()
    if not start.endswith(separator):
        start += separator
    return start, start[:-1] + bytes([start[-1] + 1])


def taken_seconds(taken_at: str | None) -> float | None:
    """Seconds since 1970 of the camera's local time, the UTC offset left aside; None where unreadable."""
    if not taken_at:
        return None
    try:
        moment = datetime.fromisoformat(taken_at).replace(tzinfo=None)
    except ValueError:
        return None
    return (moment - _EPOCH).total_seconds()


def local_seconds(mtime_ns: int) -> float:
    """A file's time on the same scale as ``taken_seconds``: local, as if it were UTC."""
    seconds = mtime_ns / 1e9
    try:
        return (datetime.fromtimestamp(seconds) - _EPOCH).total_seconds()
    except (OverflowError, OSError, ValueError):  # a file from the year 60,000
        return seconds


def day_of(sort_time: float) -> str:
    """ISO day of a sort time; "" where it is beyond what a calendar can say."""
    if not math.isfinite(sort_time):
        return ""
    try:
        return datetime.fromordinal(_EPOCH.toordinal() + math.floor(sort_time / 86400)).date().isoformat()
    except (ValueError, OverflowError):
        return ""


def signed(number: int) -> int:
    """A 64-bit unsigned int as SQLite can hold it."""
    return number - (1 << 64) if number >= _SIGN else number


def unsigned(number: int) -> int:
    return number + (1 << 64) if number < 0 else number


def vector_bytes(vector: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f2").reshape(-1).tobytes()


def fingerprint_of(phash: int, dhash: int, grey: bytes, chroma: bytes) -> Fingerprint:
    return Fingerprint(
        unsigned(phash),
        unsigned(dhash),
        np.frombuffer(grey, np.uint8).reshape(GREY_SIDE, GREY_SIDE),
        np.frombuffer(chroma, np.uint8).reshape(2, CHROMA_SIDE, CHROMA_SIDE),
    )


def picture_bytes(picture: NDArray[np.uint8]) -> bytes:
    return np.ascontiguousarray(picture, dtype=np.uint8).tobytes()


def stamp_columns(stamp: FileStamp) -> tuple[bytes, int, int]:
    return path_bytes(stamp.path), stamp.size, stamp.mtime_ns


def marks(count: int) -> str:
    """``?, ?, ?`` for a statement of ``count`` values."""
    return ", ".join("?" * count)
