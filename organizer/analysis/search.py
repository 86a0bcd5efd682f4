"""Which photos fit a search: how much a photo looks like words, from where on that counts, and how this
joins with words found in names and captions.

Likeness alone says nothing: every photo is a little like every word, and some photos are like all words.
So a photo is compared with itself: a query's cosine is counted in standard deviations above the photo's
mean cosine over some hundred nouns of every kind. That number has the same meaning for every photo and every
library, also for one that shows nothing but beaches. The idea is the z-normalisation of scores from speaker
verification (Auckenthaler, Carey, Lloyd-Thomas, "Score normalization for text-independent speaker
verification systems", 2000).

Two measured numbers decide. Whether a library holds anything of the kind is asked of its best photo, which
chance carries higher the more photos there are; which photos those are is asked of each. Knows arrays alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEMPLATES = ("{}", "a photo of {}.")  # a query is read in each
BACKGROUND_TEMPLATE = "a photo of {}."
OWN_OF_DESCRIPTION = 0.5  # of a photo's background, what is held against it where a sentence describes it
_MEASURED_AT = 100  # photos of the library for which ``sure`` holds
_LEAST_SPREAD = 1e-3
_BLOCK = 8192
_NEAR = 256  # rows that stay in the processor's cache while several questions are put to them

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measured numbers of one model (``packaging/starter/calibrate_search.py``).

    Attributes:
        cut: standard deviations above a photo's background from which on it looks like some words.
        sure: what the best photo of a hundred must reach for any to count.
        grows: by how much that rises with each tenfold of photos.
        alike_cut: standard deviations above all photos' mean from which on one looks like a photo.
        spread: standard deviations in which the score goes from one half to three quarters.
        word: score 0..1 of a photo whose names or captions hold the words.
    """

    cut: float = 2.9
    sure: float = 2.9
    grows: float = 0.0
    alike_cut: float = 2.0
    spread: float = 0.6
    word: float = 0.7


def load_calibration(file: Path, model: str) -> Calibration:
    """The numbers of a model; those of ``[default]`` where it was not measured."""
    raw: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    values = {**raw["default"], **raw.get("models", {}).get(model, {})}
    return Calibration(**{name: float(value) for name, value in values.items()})


def load_nouns(file: Path) -> tuple[str, ...]:
    """The words of ``background.toml``, in its order."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(" ".join(noun.split()) for nouns in raw["nouns"].values() for noun in nouns.split(","))


def background(vectors: Floats, nouns: Floats) -> tuple[Floats, Floats]:
    """How like each photo is to words in general.

    Args:
        vectors: (N, D) photos, unit length. nouns: (P, D), unit length.

    Returns:
        Mean and standard deviation of each photo's cosines, float32 (N,) each.
    """
    mean = np.empty(len(vectors), np.float32)
    spread = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ nouns.T
        mean[start : start + _BLOCK] = cosines.mean(axis=1)
        spread[start : start + _BLOCK] = cosines.std(axis=1)
    return mean, np.maximum(spread, _LEAST_SPREAD)


def cosines(vectors: Floats, wanted: Sequence[Floats]) -> list[Floats]:
    """Of all photos to each of some vectors, in one pass over the photos, which memory bounds: a block
    at a time and in one thread costs less than a product of everything on all cores.

    Args:
        vectors: (N, D), unit length. wanted: (D,) each, unit length.

    Returns:
        (N,) each.
    """
    found = [np.empty(len(vectors), np.float32) for _ in wanted]
    columns = [np.ascontiguousarray(vector, np.float32) for vector in wanted]
    for start in range(0, len(vectors), _NEAR):
        part = vectors[start : start + _NEAR]
        for column, one in zip(columns, found, strict=True):
            np.dot(part, column, out=one[start : start + _NEAR])
    return found


def looks(cosines: Floats, mean: Floats, spread: Floats, own: float = 1.0) -> Floats:
    """Standard deviations by which each photo is more like some words than like words in general; (N,).

    Args:
        cosines: (N,) of the photos to the words. mean, spread: (N,) as ``background`` gives them.
        own: share of what sets a photo's background apart from that of all that is held against it.
    """
    usual = np.float32(mean.mean() if len(mean) else 0)
    result: Floats = ((cosines - usual - np.float32(own) * (mean - usual)) / spread).astype(np.float32)
    return result


def fitting(deviations: Floats, numbers: Calibration) -> NDArray[np.bool_]:
    """Which photos look like words: those from the cut on, if the best of them can be no accident; (N,)."""
    if not len(deviations):
        return np.zeros(0, bool)
    decades = max(0.0, float(np.log10(len(deviations) / _MEASURED_AT)))
    if deviations.max() < max(numbers.cut, numbers.sure + numbers.grows * decades):
        return np.zeros(len(deviations), bool)
    fits: NDArray[np.bool_] = deviations >= np.float32(numbers.cut)
    return fits


def alike(cosines: Floats, best: Floats | None = None) -> Floats:
    """Standard deviations by which each photo is more like an example than photos are in general; (N,).

    Mean and deviation are taken over all photos but the nearest twentieth, which are what is looked for.

    Args:
        cosines: (N,) of the photos to the example. best: (N,) the same where a part may be more like it than
            the whole.
    """
    if len(cosines) < 2:
        return np.full(len(cosines), np.float32(np.inf))
    count = max(2, round(0.95 * len(cosines)))
    rest = np.partition(cosines, count - 1)[:count]
    asked = cosines if best is None else best
    result: Floats = (asked - rest.mean()) / np.float32(max(float(rest.std()), _LEAST_SPREAD))
    return result


def certainty(deviations: Floats, cut: float, spread: float) -> Floats:
    """A score 0..1 that rises with the deviations and is one half at the cut; (N,)."""
    steepness = np.log(3.0) / spread
    score: Floats = (1.0 / (1.0 + np.exp(-steepness * (np.clip(deviations, -30, 30) - cut)))).astype(
        np.float32
    )
    return score


def joined(looking: Floats, naming: Floats) -> Floats:
    """One score from two kinds of evidence, each 0..1: one minus both doubts; (N,).

    It rises with either, and what both find stands above what one finds.
    """
    score: Floats = 1 - (1 - looking) * (1 - naming)
    return score


def centred(vector: Floats, middle: Floats) -> Floats:
    """The vector without what it shares with ``middle``, of unit length; as it is where nothing is left."""
    rest = vector - middle
    length = float(np.linalg.norm(rest))
    return vector if length < 1e-6 else (rest / length).astype(np.float32)
