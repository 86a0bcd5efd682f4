"""Values as the decoder would make them, for tests of catalogue and trash; small, different by number."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from organizer.catalog import Catalog
from organizer.paths import AppPaths
from organizer.records import (
    CHROMA_SIDE,
    GREY_SIDE,
    Decoded,
    ExifFacts,
    FileStamp,
    Fingerprint,
    Measurements,
)

ROOT = Path("/photos")  # need not exist
MTIME_NS = 1_700_000_000_000_000_000


def open_catalog(paths: AppPaths) -> Catalog:
    """The catalogue at ``paths``, whatever file system the tests run on."""
    return Catalog.open(paths, filesystem=lambda _folder: "ext4")


def content(number: int) -> bytes:
    return b"photo %d" % number


def hash_of(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def decoded(path: Path, number: int, exif: ExifFacts | None = None) -> Decoded:
    """What reading a file with ``content(number)`` at ``path`` gives; the file need not exist."""
    rng = np.random.default_rng(number)
    data = content(number)
    return Decoded(
        stamp=FileStamp(path, len(data), MTIME_NS + number),
        content_hash=hash_of(data),
        pixel_hash=hash_of(b"pixels" + data),
        format="JPEG",
        width=400 + number,
        height=300,
        exif=exif or ExifFacts(),
        thumbnail=b"jpeg of %d" % number,
        model_input=None,
        fingerprint=Fingerprint(
            phash=(1 << 64) - 1 - number,
            dhash=number,
            grey=rng.integers(0, 256, (GREY_SIDE, GREY_SIDE), dtype=np.uint8),
            chroma=rng.integers(0, 256, (2, CHROMA_SIDE, CHROMA_SIDE), dtype=np.uint8),
        ),
        measurements=Measurements(*(number + place / 10 for place in range(10))),
    )


def on_disk(path: Path, number: int) -> Decoded:
    """Write the file, and give what reading it gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(number))
    os.utime(path, ns=(MTIME_NS + number, MTIME_NS + number))
    found = path.stat()
    made = decoded(path, number)
    return replace(made, stamp=FileStamp(path, found.st_size, found.st_mtime_ns))


def add(catalog: Catalog, root_id: int, *files: Decoded, model: str | None = None) -> list[int]:
    """Save files and wait; their ids in order."""
    futures = [
        catalog.writer.save_decoded(
            root_id, one, None if model is None else np.full(8, one.fingerprint.dhash / 16), model
        )
        for one in files
    ]
    catalog.writer.flush()
    return [future.result() for future in futures]
