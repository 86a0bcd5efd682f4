"""Are two photos the same picture? Hashes only propose; the pixels decide, here.

Each pair of small pictures is aligned, then compared in fine detail and in colour. The
evidence goes through one calibrated logistic, so that a single threshold stands for the verdict.
Pure functions over arrays; the calibration is data (``resources/calibration/duplicates.toml``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Planes, align, smooth, warp
from organizer.media.fingerprint import turned

EVIDENCE = ("detail", "colour", "colourless", "moved")
_CHUNK = 64  # pairs at a time: their planes stay in the processor's cache


@dataclass(frozen=True, slots=True)
class SamePicture:
    """Calibration of the verdict "same picture"; made by tests/bench/calibrate_duplicates.py.

    Attributes:
        threshold: least score, 0..1, at which a pair is a fact.
        intercept, weights: of the logistic, weights a name of EVIDENCE.
        least_contrast: deviation of the small picture below which nothing can be proved, grey levels.
        least_detail: the same for its fine detail.
        least_overlap: share of the picture that must be on both.
        phash_bits, turned_bits: distance of the hashes up to which a pair is proposed, upright and
            turned or mirrored.
        aspect: quotient of the aspect ratios up to which a pair is proposed.
        partners: how many nearest proposals a photo may have.
    """

    threshold: float
    intercept: float
    weights: Mapping[str, float]
    least_contrast: float
    least_detail: float
    least_overlap: float
    phash_bits: int
    turned_bits: int
    aspect: float
    partners: int


def load_calibration(file: Path) -> SamePicture:
    """Read ``duplicates.toml``.

    Raises:
        OSError, ValueError, KeyError: the file is missing or incomplete, which is a defect of the package.
    """
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    weights = {name: float(raw["weights"][name]) for name in EVIDENCE}
    return SamePicture(intercept=float(raw["weights"]["intercept"]), weights=weights,
                       **raw["verdict"], **raw["candidates"])  # fmt: skip


def verify(
    pairs: NDArray[np.int64],
    ways: NDArray[np.int8],
    ids: NDArray[np.int64],
    grey: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    calibration: SamePicture,
    check: Callable[[], None] | None = None,
) -> NDArray[np.float32]:
    """Score every proposed pair on its pixels.

    Args:
        pairs: photo ids, int64 (P, 2). ways: int8 (P,), how to turn the second so that it lies like
            the first, an index of ``fingerprint.DIHEDRAL``.
        ids: photo ids, ascending, int64 (M,), of the rows of grey and chroma.
        grey: uint8 (M, 64, 64). chroma: uint8 (M, 2, 16, 16), as ``records.Fingerprint`` has them.
        check: called every tenth of a second or so; what it raises ends the work.

    Returns:
        float32 (P,), 0..1; at ``calibration.threshold`` and above the two are the same picture. A pair
        whose small pictures are not given, or are too flat to prove anything, has 0.
    """
    scores = np.zeros(len(pairs), np.float32)
    if not len(ids):
        return scores
    rows = np.minimum(np.searchsorted(ids, pairs), len(ids) - 1)
    known = np.flatnonzero((ids[rows] == pairs).all(axis=1))
    for start in range(0, len(known), _CHUNK):
        if check is not None:
            check()
        part = known[start : start + _CHUNK]
        first, second = rows[part, 0], rows[part, 1]
        evidence, provable = gather(
            grey[first], chroma[first], _turned(grey[second], ways[part]),
            _turned(chroma[second], ways[part]), calibration,
        )  # fmt: skip
        weights = np.array([calibration.weights[name] for name in EVIDENCE])
        sums = np.clip(evidence @ weights + calibration.intercept, -30, 30)
        scores[part] = np.where(provable, 1 / (1 + np.exp(-sums)), 0)
    return scores


def gather(
    grey: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    other_grey: NDArray[np.uint8],
    other_chroma: NDArray[np.uint8],
    calibration: SamePicture,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The evidence about P pairs.

    Returns:
        (float64 (P, len(EVIDENCE)), bool (P,): enough contrast, detail and overlap to prove anything).
        detail: Fisher-transformed correlation of the fine detail, blind to exposure. colour: 90th
        percentile of the colour difference relative to how colourful the pair is. colourless: 1 where
        either is without colour, so that colour says nothing. moved: log of how far the alignment went.
    """
    still, moved = grey.astype(np.float32), other_grey.astype(np.float32)
    maps = align(still, moved)
    laid, inside = warp(moved, maps, still.shape[-1])
    weight = inside.astype(np.float32)
    weight[:, [0, -1], :] = 0
    weight[:, :, [0, -1]] = 0
    first, second = smooth(still), smooth(laid)
    detail, fine = _correlation(first - smooth(first, 1, 2, 2), second - smooth(second, 1, 2, 2), weight)
    contrast = _contrast(first, second, weight)
    colour, colourless = _colour(chroma, other_chroma, maps)
    far = np.abs(maps - np.eye(3)[:2]).max(axis=(1, 2))
    evidence = np.stack(
        [np.arctanh(np.clip(detail, -0.99, 0.995)), np.where(colourless, 1.0, colour),
         colourless.astype(np.float64), np.log(far + 0.03)], axis=1,
    )  # fmt: skip
    provable = (
        (contrast >= calibration.least_contrast)
        & (fine >= calibration.least_detail)
        & (inside.mean(axis=(1, 2)) >= calibration.least_overlap)
    )
    return evidence, provable


def _turned(planes: NDArray[np.uint8], ways: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Lay every second picture like the first."""
    result = planes.copy()
    for way in np.unique(ways):
        if way:
            chosen = ways == way
            result[chosen] = turned(planes[chosen], int(way))
    return result


def _correlation(
    first: Planes, second: Planes, weight: Planes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(correlation, smaller deviation) of pictures with mean about 0, where weight is 1."""
    total = np.maximum(weight.sum(axis=(1, 2)), 1)
    products = [(x * y * weight).sum(axis=(1, 2), dtype=np.float64) for x, y in
                ((first, first), (second, second), (first, second))]  # fmt: skip
    correlation = products[2] / np.sqrt(products[0] * products[1] + 1e-6)
    return correlation, np.sqrt(np.minimum(products[0], products[1]) / total)


def _contrast(first: Planes, second: Planes, weight: Planes) -> NDArray[np.float64]:
    """The smaller deviation of the two pictures where weight is 1, grey levels."""
    total = np.maximum(weight.sum(axis=(1, 2), keepdims=True), 1)
    centred = [(x - (x * weight).sum(axis=(1, 2), keepdims=True) / total) * weight for x in (first, second)]
    power = [(x * x).sum(axis=(1, 2), dtype=np.float64) for x in centred]
    smaller: NDArray[np.float64] = np.sqrt(np.minimum(*power) / total.ravel())
    return smaller


def _colour(
    chroma: NDArray[np.uint8], other: NDArray[np.uint8], maps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(colour difference relative to colourfulness, true where either has no colour)."""
    count, _, side, _ = chroma.shape
    first = chroma.astype(np.float32) - 128
    laid = [warp(other[:, plane].astype(np.float32) - 128, maps, side) for plane in range(2)]
    weight = laid[0][1].astype(np.float32)
    second = np.stack([laid[0][0], laid[1][0]], axis=1)
    products = (first * second * weight[:, None]).sum(axis=(1, 2, 3))
    power = np.maximum((second * second * weight[:, None]).sum(axis=(1, 2, 3)), 1)
    gain = np.clip(products / power, 0.5, 2)[:, None, None, None]
    distance = np.sqrt(((first - gain * second) ** 2).sum(axis=1)) * weight
    strength = [np.percentile((np.sqrt((x**2).sum(axis=1)) * weight).reshape(count, -1), 90, axis=1)
                for x in (first, second)]  # fmt: skip
    weaker = np.minimum(*strength)
    relative = np.percentile(distance.reshape(count, -1), 90, axis=1) / (0.15 * weaker + 4)
    return np.minimum(relative, 5).astype(np.float64), weaker < 1.6
