"""Why a photo may not be worth keeping: a score from 0 to 1 for each reason, and flags with their words.

Reads measurements as columns; the calibration is data (``resources/calibration/quality.toml``). A
flag is a question to the person, never a verdict, so a doubtful case stays unflagged: night, fog
and silhouettes are no faults, and white paper is not overexposed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.results import Flag, PhotoTable, Reason

Scores = NDArray[np.float32]
_COMPARED = 20  # photos from which on a photo can be compared with the others


@dataclass(frozen=True, slots=True)
class Curve:
    """Centre and width of a logistic over the evidence, and the score from which a photo is flagged."""

    centre: float
    width: float
    threshold: float


@dataclass(frozen=True, slots=True)
class QualityCalibration:
    """What ``quality.toml`` holds.

    Attributes:
        curves: one for each reason.
        flatness: share of empty tiles above which sharpness is not judged.
        colourfulness: below, highlights are not judged.
        noise_side: longest side in pixels below which noise is discounted.
    """

    curves: Mapping[Reason, Curve]
    flatness: float
    colourfulness: float
    noise_side: float

    @property
    def thresholds(self) -> dict[Reason, float]:
        return {reason: curve.threshold for reason, curve in self.curves.items()}


def load_calibration(file: Path) -> QualityCalibration:
    """Read ``quality.toml``.

    Raises:
        OSError, ValueError, KeyError: the file is missing or incomplete, which is a defect of the package.
    """
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return QualityCalibration({reason: Curve(**raw[reason]) for reason in Reason}, **raw["guards"])


def evidence(table: PhotoTable, calibration: QualityCalibration) -> dict[Reason, NDArray[np.float64]]:
    """What speaks for each reason, higher is worse; -inf where the reason is not judged.

    blurred: minus the logarithm of the sharpness. noisy: logarithm of the noise in grey levels, less for
    small pictures. underexposed: minus the sum of median and contrast, so a dark picture with lights in
    it is none. overexposed: share of clipped highlights. pixelated: share of the resolution that is
    empty. compressed: height of the steps on the compression's grid, grey levels.
    """
    m = {name: np.asarray(values, np.float64) for name, values in table.measures.items()}
    longest = np.maximum(table.width, table.height).astype(np.float64)
    small = np.minimum(1.0, longest / calibration.noise_side)
    found = {
        Reason.BLURRED: -np.log(np.maximum(m["sharpness"], 0.02)),
        Reason.NOISY: np.log(np.maximum(m["noise"] * small, 0.02)),
        Reason.UNDEREXPOSED: -(m["brightness"] + m["contrast"]),
        Reason.OVEREXPOSED: m["clipped_bright"].copy(),
        Reason.PIXELATED: 1 - m["detail"],
        Reason.COMPRESSED: m["blockiness"] - 1,
    }
    found[Reason.BLURRED][m["flatness"] > calibration.flatness] = -np.inf
    found[Reason.OVEREXPOSED][m["colourfulness"] < calibration.colourfulness] = -np.inf
    # Repeated pixels are no compression, although they step as regularly.
    found[Reason.COMPRESSED][m["detail"] <= 0.5] = -np.inf
    return {reason: np.where(np.isnan(values), -np.inf, values) for reason, values in found.items()}


def scores(
    table: PhotoTable,
    calibration: QualityCalibration,
    prompts: Mapping[Reason, NDArray[np.float32]] | None = None,
    prompt_weights: Mapping[Reason, float] | None = None,
) -> dict[Reason, Scores]:
    """Score every photo for every reason.

    Args:
        table: with the columns of ``records.Measurements`` in ``measures``; NaN where not measured yet.
        prompts: float32 (N,) each, probability that the model sees this fault. prompt_weights: how much
            the model's log odds count beside the measurement's; reasons without a weight count 0.

    Returns:
        float32 (N,) for each reason, 0..1, higher is worse; 0 where nothing was measured.
    """
    weights = prompt_weights or {}
    result = {}
    for reason, values in evidence(table, calibration).items():
        curve = calibration.curves[reason]
        odds = (values - curve.centre) / curve.width
        seen = (prompts or {}).get(reason)
        if seen is not None and weights.get(reason):
            odds = odds + weights[reason] * _log_odds(seen)
        result[reason] = (1 / (1 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)
        result[reason][~np.isfinite(values)] = 0
    return result


def flags(
    table: PhotoTable,
    scored: Mapping[Reason, Scores],
    thresholds: Mapping[Reason, float],
    dismissed: Collection[tuple[bytes, Reason]] = frozenset(),
) -> list[Flag]:
    """Flags of the photos whose score reaches the threshold.

    Args:
        scored: what ``scores`` gave. thresholds: 0..1 for each reason; a reason without one is not flagged.
        dismissed: (content hash, reason) that the person dismissed for good.

    Returns:
        By reason, worst first. The person's picks are never flagged.
    """
    made: list[Flag] = []
    for reason, values in scored.items():
        if reason not in thresholds:
            continue
        rows = np.flatnonzero((values >= thresholds[reason]) & (values > 0) & (table.pick <= 0))
        worst_first = rows[np.lexsort((table.ids[rows], -values[rows]))].tolist()
        made += [
            Flag(int(table.ids[row]), reason, float(values[row]), _why(table, row, reason))
            for row in worst_first
            if (table.content_hash[row], reason) not in dismissed
        ]
    return made


def _log_odds(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    clipped = np.clip(np.nan_to_num(probability.astype(np.float64), nan=0.5), 0.02, 0.98)
    odds: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return odds


def _why(table: PhotoTable, row: int, reason: Reason) -> str:
    """The measure behind a flag, in words."""
    value = {name: float(values[row]) for name, values in table.measures.items()}
    match reason:
        case Reason.BLURRED:
            return _softer(table.measures["sharpness"], row)
        case Reason.NOISY:
            return f"grain of about {value['noise']:.0f} grey levels in the smooth areas"
        case Reason.UNDEREXPOSED:
            return f"very dark: half of it is darker than {max(1, round(value['brightness'] * 100))}%"
        case Reason.OVEREXPOSED:
            return f"{value['clipped_bright'] * 100:.0f}% of the picture is burnt out to white"
        case Reason.PIXELATED:
            return f"shows the detail of a picture {1 / max(value['detail'], 0.05):.0f} times smaller"
        case Reason.COMPRESSED:
            return "the blocks of strong compression show"


def _softer(sharpness: NDArray[np.float32], row: int) -> str:
    known = sharpness[~np.isnan(sharpness)]
    share = float((known > sharpness[row]).sum()) / max(1, len(known) - 1)
    if len(known) < _COMPARED or share < 0.5:
        return "even the sharpest part is soft"
    return f"the sharpest part is softer than in {min(99, int(share * 100))}% of your photos"
