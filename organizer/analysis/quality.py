"""Why a photo may not be worth keeping: a score from 0 to 1 for each reason, and flags with their words.

Reads measurements as columns; the calibration is data (``resources/calibration/quality.toml``). A
flag is a question to the person, never a verdict, so a doubtful case stays unflagged: night, fog
and silhouettes are no faults, and white paper is not overexposed.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.results import Flag, PhotoTable, Reason

Scores = NDArray[np.float32]
MOST_SAY = 3.0  # log odds that a model may add or take away: it may tip a verdict and not make one
_COMPARED = 20  # photos from which on a photo can be compared with the others
_MOVED = 0.28  # by how much the best direction is sharper where something moved; defocus stays below 0.26


@dataclass(frozen=True, slots=True)
class Curve:
    """Centre and width of a logistic over the evidence, and the score from which a photo is flagged."""

    centre: float
    width: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Guards:
    """Outside these a reason is not judged, or judged by other rules; ``quality.toml`` explains each."""

    flatness: float
    graphic: float
    graphic_if_drawn: float
    colourless: float
    icon_side: float
    noise_side: float
    table_offset: float
    table_slope: float
    table_side: float


@dataclass(frozen=True, slots=True)
class QualityCalibration:
    """What ``quality.toml`` holds: a curve for each reason, and the guards."""

    curves: Mapping[Reason, Curve]
    guards: Guards

    @property
    def thresholds(self) -> dict[Reason, float]:
        return {reason: curve.threshold for reason, curve in self.curves.items()}


def load_calibration(file: Path) -> QualityCalibration:
    """Read ``quality.toml``.

    Raises:
        OSError, ValueError, KeyError, TypeError: the file is missing or incomplete, which is a defect of the
            package.
    """
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    curves = {reason: Curve(**raw[reason]) for reason in Reason}
    return QualityCalibration(curves, Guards(**raw["guards"]))


def evidence(
    table: PhotoTable, guards: Guards, drawn: NDArray[np.bool_] | None = None
) -> dict[Reason, NDArray[np.float64]]:
    """What speaks for each reason, higher is worse; -inf where the reason is not judged.

    blurred: minus the logarithm of the sharpness. noisy: logarithm of the noise in grey levels, less for
    small pictures. underexposed: minus the median and the mean of contrast and peak, so that a dark picture
    with lights in it is none. overexposed: share of clipped highlights, and a little of the median.
    pixelated: share of the resolution that is empty. compressed: the blocking that is seen, or that the
    file's tables stand for, whichever is more.

    Icons are not judged. Drawings, screenshots and text are judged for compression alone, and for light
    where they have colour: their lines are no edges of a lens, their white is paper, and flat colour has no
    detail to lose. The white of a picture without colour counts as paper at a weaker sign: scanned text
    and a burnt-out photo in black and white look the same there.

    Args:
        drawn: bool (N,), photos whose category is a document, a screenshot or a drawing; for them a weaker
            sign in the picture itself is enough.
    """
    m = {name: np.asarray(values, np.float64) for name, values in table.measures.items()}
    longest = np.maximum(table.width, table.height).astype(np.float64)
    small = np.minimum(1.0, longest / guards.noise_side)
    with np.errstate(divide="ignore"):
        coarse = np.log(m["quantisation"] / np.maximum(1.0, longest / guards.table_side))
    found = {
        Reason.BLURRED: -np.log(np.maximum(m["sharpness"], 0.02)),
        Reason.NOISY: np.log(np.maximum(m["noise"] * small, 0.02)),
        Reason.UNDEREXPOSED: -(m["brightness"] + (m["contrast"] + m["peak"]) / 2),
        Reason.OVEREXPOSED: m["clipped_bright"] + 0.1 * m["brightness"],
        Reason.PIXELATED: 1 - m["detail"],
        Reason.COMPRESSED: np.maximum(m["blockiness"], guards.table_offset + guards.table_slope * coarse),
    }
    colourless = m["colourfulness"] < guards.colourless
    graphic = m["graphic"] >= guards.graphic
    paper = colourless & (m["graphic"] >= guards.graphic_if_drawn)
    if drawn is not None:
        graphic |= drawn & ((m["graphic"] >= guards.graphic_if_drawn) | colourless)
        paper |= graphic & drawn
    for reason in (Reason.BLURRED, Reason.NOISY, Reason.UNDEREXPOSED, Reason.PIXELATED):
        found[reason][graphic] = -np.inf
    found[Reason.BLURRED][m["flatness"] > guards.flatness] = -np.inf
    found[Reason.OVEREXPOSED][paper] = -np.inf
    unjudged = longest < guards.icon_side
    return {
        reason: np.where(np.isnan(values) | unjudged, -np.inf, values) for reason, values in found.items()
    }


@dataclass(frozen=True, slots=True)
class PromptPair:
    """Two opposed prompts that were measured to carry signal for one model, as a logistic model's terms.

    Attributes:
        fault, sound: the prompts. weight: of the difference of their cosines with the photo.
        bias: added to it. Together they are log odds, which add to those of the measurement.
    """

    reason: Reason
    fault: str
    sound: str
    weight: float
    bias: float


def prompt_pairs(calibration: Mapping[str, Any]) -> list[PromptPair]:
    """The pairs that a model's ``calibration.json`` lists; none where none was found to carry signal."""
    return [
        PromptPair(
            Reason(one["reason"]), one["positive"], one["negative"], float(one["weight"]), float(one["bias"])
        )
        for one in calibration.get("prompt_pairs", ())
    ]


def prompt_odds(
    pairs: Sequence[PromptPair], vectors: NDArray[np.float32], texts: NDArray[np.float32]
) -> dict[Reason, NDArray[np.float64]]:
    """What the model sees of each fault, as log odds.

    The difference over an opposed pair is that of Wang et al., "Exploring CLIP for Assessing the Look and
    Feel of Images" (2023).

    Args:
        vectors: float32 (N, D), unit rows; a row of zeros where the model has not seen the photo.
        texts: float32 (2 * len(pairs), D), unit rows: fault and sound of each pair in turn.

    Returns:
        float64 (N,) for each reason that has a pair; 0 where the photo was not seen.
    """
    odds: dict[Reason, NDArray[np.float64]] = {}
    seen = vectors.any(axis=1)
    for pair, fault, sound in zip(pairs, texts[::2], texts[1::2], strict=True):
        apart = (vectors @ fault - vectors @ sound).astype(np.float64)
        own = np.where(seen, pair.weight * apart + pair.bias, 0.0)
        odds[pair.reason] = odds.get(pair.reason, np.zeros(len(vectors))) + own
    return odds


def scores(
    table: PhotoTable,
    calibration: QualityCalibration,
    drawn: NDArray[np.bool_] | None = None,
    prompts: Mapping[Reason, NDArray[np.float64]] | None = None,
) -> dict[Reason, Scores]:
    """Score every photo for every reason.

    Args:
        table: with the columns of ``records.Measurements`` in ``measures``; NaN where not measured yet.
        drawn: as ``evidence`` says. prompts: what ``prompt_odds`` gave.

    Returns:
        float32 (N,) for each reason, 0..1, higher is worse; 0 where nothing was measured.
    """
    result = {}
    for reason, values in evidence(table, calibration.guards, drawn).items():
        curve = calibration.curves[reason]
        odds = (values - curve.centre) / curve.width
        if prompts is not None and reason in prompts:
            odds = odds + np.clip(prompts[reason], -MOST_SAY, MOST_SAY)
        result[reason] = (1 / (1 + np.exp(-np.clip(odds, -80, 80)))).astype(np.float32)
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
        By reason, worst first. The person's picks are never flagged. A score outlives its measurement, which
        is NaN between a new version of the program and the next look at the photo.
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


_UNMEASURED = {
    Reason.BLURRED: "even the sharpest part is soft",
    Reason.NOISY: "grain shows in the smooth areas",
    Reason.UNDEREXPOSED: "very dark",
    Reason.OVEREXPOSED: "much of the picture is burnt out to white",
    Reason.PIXELATED: "shows less detail than its pixels could hold",
    Reason.COMPRESSED: "the blocks of strong compression show",
}


def _why(table: PhotoTable, row: int, reason: Reason) -> str:
    """The measure behind a flag, in words; without a number where the photo waits to be measured again."""
    value = {name: float(values[row]) for name, values in table.measures.items()}
    if math.isnan(value["sharpness"]):
        return _UNMEASURED[reason]
    match reason:
        case Reason.BLURRED:
            return _softer(table.measures["sharpness"], row, moved=value["one_way"] >= _MOVED)
        case Reason.NOISY:
            return f"grain of about {value['noise']:.0f} grey levels in the smooth areas"
        case Reason.UNDEREXPOSED:
            return f"very dark: half of it is darker than {max(1, round(value['brightness'] * 100))}%"
        case Reason.OVEREXPOSED:
            return f"{value['clipped_bright'] * 100:.0f}% of the picture is burnt out to white"
        case Reason.PIXELATED:
            return f"shows the detail of a picture {1 / max(value['detail'], 0.05):.0f} times smaller"
        case Reason.COMPRESSED:
            return _packed(value["quantisation"])


def _softer(sharpness: NDArray[np.float32], row: int, *, moved: bool) -> str:
    known = sharpness[~np.isnan(sharpness)]
    share = float((known > sharpness[row]).sum()) / max(1, len(known) - 1)
    way = ", and blurred in one direction as by a movement" if moved else ""
    if len(known) < _COMPARED or share < 0.5:
        return "even the sharpest part is soft" + way
    return f"the sharpest part is softer than in {min(99, int(share * 100))}% of your photos" + way


def _packed(quantisation: float) -> str:
    """A JPEG's coarseness as the quality from 1 to 100 that programs ask for when they save."""
    if quantisation <= 1:
        return "the blocks of strong compression show"
    return (
        f"the blocks of strong compression show: saved as JPEG of quality {max(1, round(50 / quantisation))}"
    )
