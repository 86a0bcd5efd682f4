"""Which photos fit a search: how much a photo looks like words, from where on that counts, and how this
joins with words found in names and captions.

Likeness alone says nothing: every photo is a little like every word, and some photos are like all words.
So a photo is compared with itself: a query's cosine is counted in standard deviations above the photo's
mean cosine over many unrelated phrases. That number has the same meaning for every photo and every library,
also for one that shows nothing but beaches, and a photo counts as found from a measured number on. The idea
is the z-normalisation of scores from speaker verification (Auckenthaler, Carey, Lloyd-Thomas, "Score
normalization for text-independent speaker verification systems", 2000). Knows arrays alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEMPLATES = ("{}", "a photo of {}.")  # a query is read in each; the background was read alike
_LEAST_SPREAD = 1e-3
_BLOCK = 8192

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measured numbers of one model (``packaging/starter/calibrate_search.py``).

    Attributes:
        cut: standard deviations above a photo's background from which on it looks like some words.
        alike_cut: standard deviations above all photos' mean from which on one looks like a photo.
        spread: standard deviations in which the score goes from one half to three quarters.
        word: score 0..1 of a photo whose names or captions hold the words.
    """

    cut: float = 2.9
    alike_cut: float = 2.0
    spread: float = 0.6
    word: float = 0.7


def load_calibration(file: Path, model: str) -> Calibration:
    """The numbers of a model; those of ``[default]`` where it was not measured."""
    raw: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    values = {**raw["default"], **raw.get("models", {}).get(model, {})}
    return Calibration(**{name: float(value) for name, value in values.items()})


def background(vectors: Floats, phrases: Floats) -> tuple[Floats, Floats]:
    """How like each photo is to words that have nothing to do with it.

    Args:
        vectors: (N, D) photos, unit length. phrases: (P, D) unrelated phrases, unit length.

    Returns:
        Mean and standard deviation of each photo's cosines, float32 (N,) each.
    """
    mean = np.empty(len(vectors), np.float32)
    spread = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ phrases.T
        mean[start : start + _BLOCK] = cosines.mean(axis=1)
        spread[start : start + _BLOCK] = cosines.std(axis=1)
    return mean, np.maximum(spread, _LEAST_SPREAD)


def looks(vectors: Floats, mean: Floats, spread: Floats, words: Floats) -> Floats:
    """Standard deviations by which each photo is more like the words than like unrelated ones; (N,)."""
    return (vectors @ words - mean) / spread


def alike(vectors: Floats, example: Floats) -> Floats:
    """Standard deviations by which each photo is more like an example than photos are in general; (N,).

    Mean and deviation are taken over all photos but the nearest twentieth, which are what is looked for.
    """
    cosines: Floats = vectors @ example
    if len(cosines) < 2:
        return np.full(len(cosines), np.float32(np.inf))
    rest = np.sort(cosines)[: max(2, round(0.95 * len(cosines)))]
    result: Floats = (cosines - rest.mean()) / np.float32(max(float(rest.std()), _LEAST_SPREAD))
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
