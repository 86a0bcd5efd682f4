"""How much a photo is worth showing, 0..1: how well it is made, how pleasing it looks, how it suits
the person.

Each judge has a say of its own, and one that knows nothing has none. Reads columns and vectors; knows
neither files nor models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.preference import Taste
from organizer.results import OTHERS, Categorised, PhotoTable, Reason

HEAD_SAY = 0.4  # the share of a score that an aesthetic head has, which was trained on people's scores
PROMPT_SAY = 0.25  # the same of a pair of prompts
SOFT, SHARP = 0.5, 0.8  # sharpness of the sharpest part of a photo that counts as 0 and as 1
BLACK, DARK, LIGHT, WHITE = 0.03, 0.2, 0.75, 0.97  # median luma: nothing shows, from here on good, to here
GRAIN, BLOCKS, EMPTY = 6.0, 0.6, 0.6  # noise, blocks and lost detail that count as 1
SMALL = 50_000  # pixels: a thumbnail has no fewer
BURNT = 0.3  # share of clipped highlights that takes half of the tone
BARE = 0.6  # share of tiles without texture beyond which a picture is bare

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judges:
    """Who judges photos beside the measurements.

    Attributes:
        looks: float32 (N,) 0..1, how pleasing a photo looks; NaN where unknown. None where nobody can tell.
        looks_say: the share of a score that it has.
        taste: what the person likes; None while there is too little to learn from.
    """

    looks: Floats | None = None
    looks_say: float = HEAD_SAY
    taste: Taste | None = None


def worth(
    table: PhotoTable,
    quality: Mapping[Reason, Floats],
    certainty: Floats,
    judges: Judges,
) -> Floats:
    """float32 (N,) 0..1: how much each photo is worth showing.

    Args:
        quality: score 0..1 a reason, float32 (N,), higher is worse. certainty: as ``certainties`` gives it.
    """
    score = technical_scores(table, quality, certainty)
    if judges.looks is not None:
        known = np.isfinite(judges.looks)
        with_looks = (1 - judges.looks_say) * score + judges.looks_say * np.nan_to_num(judges.looks)
        score = np.where(known, with_looks, score)
    if judges.taste is not None:
        say = judges.taste.say
        score = (1 - say) * score + say * judges.taste.liking
    stars = np.where(table.rating > 0, (table.rating - 3.0) * 0.075, 0.0)
    return np.asarray(np.clip(score + stars, 0.0, 1.0), np.float32)


def technical_scores(table: PhotoTable, quality: Mapping[Reason, Floats], certainty: Floats) -> Floats:
    """float32 (N,) 0..1: how well each photo is made, with a little for a clear subject.

    Weights: free of blur .1, how sharp its sharpest part is, which is where the subject should be, .15,
    exposure .15, noise and compression .15, contrast .15, colour .1, resolution .1, certainty of the
    category .1. The worst fault takes .15, being drawn .2, being bare up to
    .2, and being smaller than a thumbnail up to .15.

    A flag's score is made to be nothing until something is wrong; the measures themselves, in the same
    places, tell the better of two photos that nothing is wrong with.
    """

    def fine(*reasons: Reason) -> Floats:
        given = [quality[reason] for reason in reasons if reason in quality]
        worst = np.max(given, axis=0) if given else np.zeros(len(table), np.float32)
        return np.asarray(1.0 - worst, np.float32)

    pixels = table.width.astype(np.float64) * table.height
    resolution = np.clip(np.log2(np.maximum(pixels, 1.0) / SMALL) / 7.0, 0.0, 1.0)  # .05 to 6.4 MP
    score = (
        0.1 * fine(Reason.BLURRED)
        + 0.15 * np.clip((measured(table, "sharpness", 0.7) - SOFT) / (SHARP - SOFT), 0.0, 1.0)
        + 0.05 * fine(Reason.UNDEREXPOSED, Reason.OVEREXPOSED)
        + 0.1 * tone(table)
        + 0.08 * fine(Reason.NOISY, Reason.COMPRESSED, Reason.PIXELATED)
        + 0.07 * _clean(table)
        + 0.15 * np.clip(measured(table, "contrast", 0.5) / 0.7, 0.0, 1.0)
        + 0.1 * np.clip(measured(table, "colourfulness", 25.0) / 50.0, 0.0, 1.0)
        + 0.1 * resolution
        + 0.1 * certainty
        - 0.15 * (1.0 - fine(*Reason))
        - 0.15 * np.clip(1.0 - pixels / SMALL, 0.0, 1.0)
        - 0.2 * np.clip(measured(table, "graphic", 0.0), 0.0, 1.0)
        - 0.2 * np.clip((measured(table, "flatness", 0.0) - BARE) / (1.0 - BARE), 0.0, 1.0)
    )
    return np.asarray(np.clip(score, 0.0, 1.0), np.float32)


def tone(table: PhotoTable) -> Floats:
    """float32 (N,) 0..1: how well the tones lie; 1 where a photo is neither dark nor bright nor burnt out."""
    median = measured(table, "brightness", 0.5)
    middle = np.interp(median, (BLACK, DARK, LIGHT, WHITE), (0.0, 1.0, 1.0, 0.0))
    burnt = np.clip(measured(table, "clipped_bright", 0.0) / BURNT, 0.0, 1.0)
    return np.asarray(middle * (1.0 - burnt / 2), np.float32)


def _clean(table: PhotoTable) -> Floats:
    """float32 (N,) 0..1: free of grain, blocks and lost detail, by the worst of the three."""
    faults = (
        measured(table, "noise", 0.0) / GRAIN,
        measured(table, "blockiness", 0.0) / BLOCKS,
        (1.0 - measured(table, "detail", 1.0)) / EMPTY,
    )
    return np.asarray(1.0 - np.clip(np.max(faults, axis=0), 0.0, 1.0), np.float32)


def certainties(ids: NDArray[np.int64], categorised: Iterable[Categorised]) -> Floats:
    """float32 (N,) 0..1: how surely a photo belongs where it would be shown; half for a doubtful one."""
    known = {
        one.photo_id: one.score * (0.5 if one.doubtful else 1.0)
        for one in categorised
        if one.category != OTHERS
    }
    return np.array([known.get(photo, 0.0) for photo in ids.tolist()], np.float32)


def measured(table: PhotoTable, name: str, standard: float) -> Floats:
    """A column of the measurements, with ``standard`` where nothing was measured."""
    values = table.measures.get(name)
    if values is None:
        return np.full(len(table), standard, np.float32)
    return np.nan_to_num(values, nan=standard)


@dataclass(frozen=True, slots=True)
class Appeal:
    """Two opposed prompts that were measured to tell good photos from spoilt ones, for one model.

    Attributes:
        good, bad: the prompts. low, high: differences of their cosines that count as 0 and as 1.
    """

    good: str
    bad: str
    low: float
    high: float

    def scores(self, vectors: Floats, texts: Floats) -> Floats:
        """float32 (N,) 0..1 of vectors (N, D) and of the two prompts (2, D); NaN where a row is all zeros."""
        apart = vectors @ (texts[0] - texts[1])
        found = np.clip((apart - self.low) / max(self.high - self.low, 1e-9), 0.0, 1.0)
        return np.where(vectors.any(axis=1), found, np.nan).astype(np.float32)


def appeal_of(calibration: Mapping[str, Any]) -> Appeal | None:
    """The pair in a model's ``calibration.json``; None where none was found to carry signal."""
    found = calibration.get("appeal")
    if not found:
        return None
    return Appeal(found["positive"], found["negative"], float(found["low"]), float(found["high"]))
