"""The training pictures and their words, read from the data folder into plain arrays.

Knows the data folder's layout (its README.md); must not know torch or the model.
"""

from __future__ import annotations

import csv
import io
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import workspace
from PIL import Image

logger = logging.getLogger(__name__)

SIDE = 104  # the pictures' short side in the data folder


@dataclass(frozen=True)
class Picture:
    """One row of labels.tsv: its words run from the most specific to the most general."""

    file: str
    source: str
    texts: tuple[str, ...]
    target_row: int | None


def read_pictures(data: Path) -> list[Picture]:
    """All rows of labels.tsv in their order."""
    with workspace.read_from(data, "labels.tsv", "--data").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Picture(
            file=row["file"],
            source=row["source"],
            texts=tuple(dict.fromkeys(t.strip() for t in row["texts"].split(" | ") if t.strip())),
            target_row=int(row["target_row"]) if row["target_row"] else None,
        )
        for row in rows
    ]


def read_targets(data: Path, pictures: list[Picture]) -> tuple[np.ndarray, np.ndarray]:
    """The teacher's vectors for the pictures.

    Returns (N, 384) float16 of unit length, zero where there is none, and an (N,) bool mask.
    """
    stored = np.load(workspace.read_from(data, "targets-int8.npy", "--data")).astype(np.float32)
    stored /= np.maximum(np.linalg.norm(stored, axis=1, keepdims=True), 1e-6)
    vectors = np.zeros((len(pictures), stored.shape[1]), np.float16)
    known = np.zeros(len(pictures), bool)
    for row, picture in enumerate(pictures):
        if picture.target_row is not None:
            vectors[row] = stored[picture.target_row]
            known[row] = True
    return vectors, known


def decode_pictures(data: Path, pictures: list[Picture], destination: Path) -> None:
    """Decode every picture once, squashed to SIDE x SIDE, into one .npy file.

    Squashed, not cropped, so that nothing is lost; the random crops of training have many shapes anyway.
    """
    shards = [zipfile.ZipFile(path) for path in sorted(data.glob("images-*.zip"))]
    place = {name: shard for shard in shards for name in shard.namelist()}
    partial = destination.with_suffix(".partial.npy")
    shape = (len(pictures), SIDE, SIDE, 3)
    pixels = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=shape)
    for row, picture in enumerate(pictures):
        if picture.file not in place:
            raise workspace.Refused(f"{data}: no images-*.zip holds {picture.file}; is a part missing?")
        content = place[picture.file].read(picture.file)
        with Image.open(io.BytesIO(content)) as image:
            square = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        pixels[row] = np.asarray(square)
        if row % 10000 == 0:
            logger.info("decoded %d of %d pictures", row, len(pictures))
    pixels.flush()
    del pixels
    partial.replace(destination)


def balanced_weights(pictures: list[Picture], power: float = 0.5) -> np.ndarray:
    """How often to draw each picture: (N,) float64, summing to 1.

    A source counts as its size to the given power, and a first label within a source likewise, so that
    22,000 small pictures of one source do not drown 250 of another.
    """

    def tempered(keys: list[str]) -> np.ndarray:
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        return (counts.astype(np.float64) ** (power - 1.0))[inverse]

    by_source = tempered([p.source for p in pictures])
    # sentences are unique to a picture: they are one label
    by_label = tempered(
        [f"{p.source}/{'' if p.source in ('flickr', 'coco128x2') else p.texts[0]}" for p in pictures]
    )
    weights: np.ndarray = by_source * by_label
    weights /= weights.sum()
    return weights
