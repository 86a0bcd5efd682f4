"""The three kinds of data that the captioner learns from, as plain arrays in .npz files.

Pairs: photos with sentences that people wrote, each seen in several crops, split into training, validation
and test. Labelled: photos with a sentence made of their labels. Words: sentences without a photo, with
their vectors. Knows files and arrays; must not know the decoder.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from organizer.errors import UsageProblem

logger = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
LONGEST_SENTENCE = 400  # characters; people write stories, the decoder learns sentences


@dataclass(frozen=True)
class Pairs:
    """Photos with sentences.

    vectors: (P, V, D) float32 of unit length, V crops a photo, the first the plain middle square.
    sentences: P lists, each of at least one sentence as it was written.
    split: (P,) int8, an index of SPLITS.
    """

    vectors: np.ndarray
    sentences: list[list[str]]
    split: np.ndarray

    def part(self, name: str) -> Pairs:
        """The photos of one split."""
        rows = np.flatnonzero(self.split == SPLITS.index(name))
        return Pairs(self.vectors[rows], [self.sentences[row] for row in rows], self.split[rows])


@dataclass(frozen=True)
class Sentences:
    """Sentences with a vector each: (N, D) float32, of the sentence or of the photo that it was made for."""

    texts: list[str]
    vectors: np.ndarray


def save_pairs(path: Path, pairs: Pairs) -> None:
    """Write pairs beside the file and put them in its place."""
    _save(path, vectors=pairs.vectors.astype(np.float16), split=pairs.split, texts=_json(pairs.sentences))


def load_pairs(path: Path) -> Pairs:
    """Read what ``save_pairs`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return Pairs(stored["vectors"].astype(np.float32), json.loads(str(stored["texts"])), stored["split"])


def save_sentences(path: Path, sentences: Sentences) -> None:
    """Write sentences beside the file and put them in its place."""
    _save(path, vectors=sentences.vectors.astype(np.float16), texts=_json(sentences.texts))


def load_sentences(path: Path) -> Sentences:
    """Read what ``save_sentences`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return Sentences(json.loads(str(stored["texts"])), stored["vectors"].astype(np.float32))


def _json(values: Sequence[object]) -> np.ndarray:
    return np.array(json.dumps(values))


def _save(path: Path, **arrays: np.ndarray) -> None:
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def split_of(count: int, seed: int, shares: tuple[float, float] = (0.1, 0.1)) -> np.ndarray:
    """(count,) int8: which photo trains, validates or tests. Photos are split, never their sentences.

    Args:
        shares: of validation and of test; each gets at least one photo where there are three or more.
    """
    order = np.random.default_rng(seed).permutation(count)
    least = 1 if count >= 3 else 0
    validation = max(least, round(count * shares[0]))
    test = max(least, round(count * shares[1]))
    split = np.zeros(count, np.int8)
    split[order[:validation]] = 1
    split[order[validation : validation + test]] = 2
    return split


def views(picture: Image.Image, size: int, count: int, draw: random.Random) -> Iterator[np.ndarray]:
    """The middle square of a picture, then random crops, mirrored, in other light: (size, size, 3) uint8."""
    picture = picture.convert("RGB")
    yield np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC))
    for _ in range(count - 1):
        side = min(picture.size) * draw.uniform(0.75, 1.0)
        left = draw.uniform(0, picture.width - side)
        top = draw.uniform(0, picture.height - side)
        box = (left, top, left + side, top + side)
        crop = picture.resize((size, size), Image.Resampling.BICUBIC, box=box)
        if draw.random() < 0.5:
            crop = ImageOps.mirror(crop)
        crop = ImageEnhance.Brightness(crop).enhance(draw.uniform(0.85, 1.15))
        yield np.asarray(ImageEnhance.Color(crop).enhance(draw.uniform(0.8, 1.2)))


def encoded_views(
    pictures: Sequence[Callable[[], Image.Image]],
    encode: Callable[[np.ndarray], np.ndarray],
    size: int,
    count: int,
    seed: int,
) -> np.ndarray:
    """(P, count, D) float32: every picture opened, seen ``count`` times and encoded, a few at a time."""
    draw = random.Random(seed)
    parts = []
    at_once = max(1, 64 // count)
    for first in range(0, len(pictures), at_once):
        seen = [
            view
            for open_one in pictures[first : first + at_once]
            for view in views(open_one(), size, count, draw)
        ]
        parts.append(encode(np.stack(seen)).reshape(-1, count, _dimension(encode, size)))
        if first % (at_once * 50) == 0:
            logger.info("seen %d of %d pictures", first, len(pictures))
    return np.concatenate(parts)


def _dimension(encode: Callable[[np.ndarray], np.ndarray], size: int) -> int:
    known = getattr(encode, "dimension", None)
    return known or int(encode(np.zeros((1, size, size, 3), np.uint8)).shape[1])


def from_shards(data: Path) -> Callable[[str], Callable[[], Image.Image]]:
    """Opens pictures of the training data's zip shards by their names."""
    shards = [zipfile.ZipFile(path) for path in sorted(data.glob("images-*.zip"))]
    place = {name: shard for shard in shards for name in shard.namelist()}

    def opener(name: str) -> Callable[[], Image.Image]:
        return lambda: Image.open(io.BytesIO(place[name].read(name)))

    return opener


def read_own(table: Path) -> tuple[list[Path], list[list[str]]]:
    """A person's own captions: a CSV of image and sentence, one sentence a row, with or without a header.

    Paths are relative to the table. Rows of one image are joined; rows without a sentence, images that are
    not there and control characters are left out. A sentence is cut at LONGEST_SENTENCE characters.

    Raises UsageProblem where nothing usable is left.
    """
    found: dict[Path, list[str]] = {}
    with table.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
        for row in csv.reader(line.replace("\0", "") for line in stream):
            if len(row) < 2:
                continue
            image = table.parent / row[0].strip()
            sentence = clean(row[1])
            if sentence and image.is_file():
                found.setdefault(image, []).append(sentence)
    if not found:
        raise UsageProblem(f"“{table.name}” names no image that is there together with a sentence.")
    return list(found), list(found.values())


def clean(sentence: str) -> str:
    """The sentence on one line, without control characters, at most LONGEST_SENTENCE characters long."""
    kept = "".join(letter if letter.isprintable() else " " for letter in sentence)
    return " ".join(kept.split())[:LONGEST_SENTENCE].strip()
