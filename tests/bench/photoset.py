"""The test photos as arrays, for benches and calibration: decoded small, fingerprinted, with their groups."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from organizer.media.fingerprint import fingerprint
from organizer.records import Fingerprint
from organizer.results import PhotoTable
from tests.photo_tables import plain_table

DEFAULT_ROOT = Path(__file__).resolve().parents[2].parent / "shared" / "photos"


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """names: relative to the root. pixels are read again on demand: they do not fit into memory."""

    root: Path
    names: list[str]
    prints: list[Fingerprint]
    sizes: list[tuple[int, int]]

    def picture(self, index: int) -> Image.Image:
        return read(self.root / self.names[index])

    @property
    def grey(self) -> NDArray[np.uint8]:
        return np.stack([entry.grey for entry in self.prints])

    @property
    def chroma(self) -> NDArray[np.uint8]:
        return np.stack([entry.chroma for entry in self.prints])

    @property
    def phash(self) -> NDArray[np.uint64]:
        return np.array([entry.phash for entry in self.prints], np.uint64)


def read(file: Path, side: int = 1024) -> Image.Image:
    """Upright RGB, JPEGs drafted to ``side``."""
    picture = Image.open(file)
    picture.draft("RGB", (side, side))
    return ImageOps.exif_transpose(picture).convert("RGB")


def labels(root: Path) -> list[dict[str, str]]:
    with (root / "labels.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def groups(root: Path) -> list[dict[str, object]]:
    loaded: list[dict[str, object]] = json.loads((root / "groups.json").read_text(encoding="utf-8"))
    return loaded


def load(root: Path, sets: Iterable[str]) -> PhotoSet:
    wanted = set(sets)
    files = sorted(file for part in wanted for file in (root / part).rglob("*") if file.is_file())
    names, prints, sizes = [], [], []
    for file in files:
        picture = read(file)
        names.append(file.relative_to(root).as_posix())
        prints.append(fingerprint(np.asarray(picture)))
        sizes.append(picture.size)
    return PhotoSet(root, names, prints, sizes)


def is_held_out(name: str) -> bool:
    """Half of the photos, by name, are never used to calibrate."""
    return zlib.crc32(name.encode()) % 2 == 1


def table_of(prints: list[Fingerprint], sizes: list[tuple[int, int]], names: list[str]) -> PhotoTable:
    """A table of photos with different bytes; the measures that the duplicates need."""
    count = len(prints)
    grey = np.stack([entry.grey for entry in prints]).reshape(count, -1) if count else np.empty((0, 1))
    spread = (
        (np.percentile(grey, 95, axis=1) - np.percentile(grey, 5, axis=1)) / 255 if count else np.empty(0)
    )
    return plain_table(
        count,
        content_hash=[f"{name:>32}"[-32:].encode() for name in names],
        path=[f"/{name}" for name in names],
        size=np.ones(count, np.int64),
        width=np.array([size[0] for size in sizes], np.int32),
        height=np.array([size[1] for size in sizes], np.int32),
        phash=np.array([entry.phash for entry in prints], np.uint64),
        dhash=np.array([entry.dhash for entry in prints], np.uint64),
        measures={"contrast": spread.astype(np.float32)},
    )
