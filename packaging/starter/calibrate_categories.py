"""Temperature, "others" thresholds and the neighbour step, over the program's own vocabulary.

Uses organizer.analysis.categories itself, so that a number means here what it means there.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import numpy as np
from heldout import Labelled, about_people

from organizer.analysis import categories
from organizer.analysis.categories import Calibration, LabelVectors
from organizer.analysis.neighbours import Smoothing
from organizer.analysis.vocabulary import load_vocabulary
from organizer.models.base import Embedder

logger = logging.getLogger(__name__)

# the parents of the vocabulary that are right for a coarse class; the first is the one that is left out
# to see what a photo looks like that no category fits
RIGHT: dict[str, tuple[str, ...]] = {
    "buildings": ("city",),
    "forest": ("nature",),
    "mountain": ("nature",),
    "sea": ("nature",),
    "street": ("city",),
    "people": ("people", "sports", "events"),
    "receipt": ("documents",),
    "clothes": ("clothes",),
    "sketch": ("drawings",),
    "dog": ("animals",),
    "cat": ("animals",),
}
KEPT = 0.95  # share of photos with a fitting category that must not go to "others"
KEPT_OF_EACH = 0.85  # the same for each class by itself: people's photos are harder than receipts
SCALES = np.geomspace(8, 120, 60)


def measure(
    embedder: Embedder, photos: list[Labelled], vectors: np.ndarray, vocabulary_file: Path, seed: int
) -> dict[str, Any]:
    """The keys logit_scale, others and neighbours of a calibration."""
    labels = categories.label_vectors(load_vocabulary(vocabulary_file), embedder.encode_texts)
    coarse = [photo.coarse or ("people" if about_people(photo) else "") for photo in photos]
    rows = [row for row, name in enumerate(coarse) if name]
    names = [coarse[row] for row in rows]
    right = _right(names, labels)
    known = vectors[rows]
    weights = _balanced(names)
    scale = _temperature(known, labels, right, weights)
    mean, std = categories.background(vectors, labels)
    calibration = Calibration(logit_scale=scale, background_mean=mean, background_std=std)
    probability, margin = _thresholds(embedder, known, names, labels, calibration, weights, seed)
    accuracy = _accuracy(known, labels, calibration, right, weights)
    logger.info("temperature %.1f, kinds right %.3f (mean over %d classes)", scale, accuracy, len(set(names)))
    return {
        "logit_scale": scale,
        "others": {
            "min_probability": probability,
            "min_margin_over_background": margin,
            "background_mean": mean,
            "background_std": std,
        },
        "neighbours": _neighbours(vectors, rows, labels, calibration, right, weights),
    }


def _right(names: list[str], labels: LabelVectors) -> np.ndarray:
    """(N, L) bool: the parents that are right for each photo."""
    keys = labels.keys
    made = np.zeros((len(names), len(keys)), bool)
    for row, name in enumerate(names):
        for parent in RIGHT[name]:
            if parent in keys:
                made[row, keys.index(parent)] = True
        if not made[row].any():
            raise ValueError(f"the vocabulary has none of {RIGHT[name]}")
    return made


def _balanced(names: list[str]) -> np.ndarray:
    """(N,) weights that give each class the same say, summing to 1."""
    _, inverse, counts = np.unique(names, return_inverse=True, return_counts=True)
    return 1.0 / counts[inverse] / len(counts)


def _parents(vectors: np.ndarray, labels: LabelVectors, scale: float) -> np.ndarray:
    """(N, L) probability of each parent with its children; 0 for children."""
    chances = categories.probabilities(categories.similarities(vectors, labels), labels, scale)
    totals = categories.with_children(chances, labels)
    return np.where(labels.is_parent, totals, 0.0)


def _temperature(vectors: np.ndarray, labels: LabelVectors, right: np.ndarray, weights: np.ndarray) -> float:
    """The scale with the least cross-entropy: probabilities that mean what they say."""

    def loss(scale: float) -> float:
        chance = (_parents(vectors, labels, scale) * right).sum(1)
        return float(-(weights * np.log(np.maximum(chance, 1e-6))).sum())

    return float(min(SCALES, key=loss))


def _accuracy(
    vectors: np.ndarray,
    labels: LabelVectors,
    calibration: Calibration,
    right: np.ndarray,
    weights: np.ndarray,
) -> float:
    best = _parents(vectors, labels, calibration.logit_scale).argmax(1)
    return float((weights * right[np.arange(len(best)), best]).sum())


def _thresholds(
    embedder: Embedder,
    vectors: np.ndarray,
    names: list[str],
    labels: LabelVectors,
    calibration: Calibration,
    weights: np.ndarray,
    seed: int,
) -> tuple[float, float]:
    """The pair of thresholds that keeps KEPT of the fitting photos and turns away most of the others.

    Photos that fit nothing are made twice: by leaving a photo's own kinds out of the vocabulary, and as
    pictures of nothing (noise, gradients, plain colours).
    """
    good = _evidence(vectors, labels, calibration)
    strangers = []
    for name in sorted(set(names)):
        reduced = _without(labels, RIGHT[name])
        chosen = [row for row, other in enumerate(names) if other == name]
        strangers.append(_evidence(vectors[chosen], reduced, calibration))
    nothing = _evidence(
        embedder.encode_images(_pictures_of_nothing(embedder.input.size, seed)), labels, calibration
    )
    bad = np.concatenate(strangers)
    best, chosen_pair = -1.0, (0.0, -np.inf)
    for probability in np.linspace(0.02, 0.6, 59):
        for margin in np.linspace(-1, 5, 61):
            passed = (good[:, 0] >= probability) & (good[:, 1] >= margin)
            kept = weights @ passed
            away = np.mean([_turned_away(part, probability, margin) for part in (bad, nothing)])
            if kept >= KEPT and _least(passed, names) >= KEPT_OF_EACH and away > best:
                best, chosen_pair = float(away), (float(probability), float(margin))
    logger.info(
        "others: keeps %.2f, turns away %.2f of strangers, %.2f of blanks",
        KEPT,
        _turned_away(bad, *chosen_pair),
        _turned_away(nothing, *chosen_pair),
    )
    return chosen_pair


def _least(passed: np.ndarray, names: list[str]) -> float:
    """The share of passed photos in the class where it is smallest."""
    classes = np.array(names)
    return min(float(passed[classes == name].mean()) for name in set(names))


def _turned_away(evidence: np.ndarray, probability: float, margin: float) -> float:
    return float(np.mean((evidence[:, 0] < probability) | (evidence[:, 1] < margin)))


def _evidence(vectors: np.ndarray, labels: LabelVectors, calibration: Calibration) -> np.ndarray:
    """(N, 2): probability of the best parent, margin over the background."""
    cosines = categories.similarities(vectors, labels)
    best = _parents(vectors, labels, calibration.logit_scale).max(1)
    return np.stack([best, categories.margins(cosines, calibration)], 1)


def _without(labels: LabelVectors, parents: tuple[str, ...]) -> LabelVectors:
    """The vocabulary as if these parents and their children had never been in it."""
    gone = {labels.keys.index(key) for key in parents if key in labels.keys}
    stay = [row for row in range(len(labels.keys)) if int(labels.parents[row]) not in gone]
    place = {row: new for new, row in enumerate(stay)}
    prompts = [row for row, owner in enumerate(labels.owners) if int(owner) in place]
    return dataclasses.replace(
        labels,
        keys=tuple(labels.keys[row] for row in stay),
        parents=np.array([place[int(labels.parents[row])] for row in stay], np.int64),
        vectors=labels.vectors[prompts],
        owners=np.array([place[int(labels.owners[row])] for row in prompts], np.int64),
    )


def _pictures_of_nothing(side: int, seed: int) -> np.ndarray:
    """(60, side, side, 3) uint8: noise, soft noise, gradients and plain colours."""
    draw = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, side)[None, :, None] * np.ones((side, 1, 1))
    made = []
    for _ in range(15):
        made.append(draw.integers(0, 256, (side, side, 3)).astype(np.float64))
        coarse = draw.integers(0, 256, (side // 16 + 1, side // 16 + 1, 3))
        made.append(np.kron(coarse, np.ones((16, 16, 1)))[:side, :side].astype(np.float64))
        one, other = draw.integers(0, 256, (2, 3))
        made.append(one + (other - one) * ramp)
        made.append(np.broadcast_to(draw.integers(0, 256, 3), (side, side, 3)).astype(np.float64))
    return np.stack(made).clip(0, 255).astype(np.uint8)


def _neighbours(
    vectors: np.ndarray,
    rows: list[int],
    labels: LabelVectors,
    calibration: Calibration,
    right: np.ndarray,
    weights: np.ndarray,
) -> dict[str, float]:
    """The neighbour step's parameters; k = 0 where it does not raise accuracy by a clear step.

    Judged on the labelled photos, with all photos as possible neighbours.
    """
    without = _smoothed_accuracy(vectors, rows, labels, calibration, right, weights)
    best, found = without + 0.01, Smoothing()
    for k in (3, 5, 8):
        for weight in (0.2, 0.35, 0.5):
            for least in (0.5, 0.65, 0.8):
                step = Smoothing(k=k, weight=weight, min_cosine=least)
                tried = dataclasses.replace(calibration, smoothing=step)
                reached = _smoothed_accuracy(vectors, rows, labels, tried, right, weights)
                if reached > best:
                    best, found = reached, step
    logger.info("neighbour step: %.3f without, %.3f with k=%d", without, max(best, without), found.k)
    return {"k": found.k, "weight": found.weight, "min_cosine": found.min_cosine}


def _smoothed_accuracy(
    vectors: np.ndarray,
    rows: list[int],
    labels: LabelVectors,
    calibration: Calibration,
    right: np.ndarray,
    weights: np.ndarray,
) -> float:
    """Share of labelled photos whose category lies under a right parent, each class with the same say."""
    given = categories.classify(list(range(len(vectors))), vectors, labels, calibration)
    parent_of = {key: int(labels.parents[row]) for row, key in enumerate(labels.keys)}
    hits = [right[place, parent_of[given[row].category]] for place, row in enumerate(rows)]
    return float((weights * np.array(hits, float)).sum())
