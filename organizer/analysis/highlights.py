"""Which photos are worth showing: the best of each category, spread over moments and over looks.

Knows scores, times and vectors; neither pixels nor files. What the person picked or rejected stands
above every measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.moments import moments
from organizer.results import OTHERS, Categorised, Flag, PhotoTable, Pick, Reason, Stack

ENOUGH_TO_COMPARE = 5  # photos of a category from which one can stand out among them
STANDOUTS = {  # measure: what to say of the best fifth of a category, from which value on
    "sharpness": ("sharper than most", -np.inf),
    "contrast": ("strong contrast", 0.5),
    "colourfulness": ("rich in colour", 30.0),
}


@dataclass(frozen=True, slots=True)
class HighlightRules:
    """How many photos are shown and how they are chosen; design choices, not measurements.

    Attributes:
        most: at most so many a category; fewer where it is small: the square root of its size.
        least_score: a photo that scores less is never shown unasked.
        few: in a category of fewer photos than this a doubtful one is not shown unasked: it may
            well be the only one there, and wrong.
        alike_cost: what looking exactly like a chosen photo takes from the score.
        moment_cost: what each photo already chosen from the same moment takes from it.
        too_alike: two photos with a larger cosine are never both chosen.
        gap_s: seconds between two photos that begin a new moment.
    """

    most: int = 12
    least_score: float = 0.45
    few: int = 3
    alike_cost: float = 0.35
    moment_cost: float = 0.25
    too_alike: float = 0.97
    gap_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class _Pool:
    """What the choice within one category needs, all by row of the table."""

    table: PhotoTable
    scores: NDArray[np.float32]
    moment: NDArray[np.int64]
    best_of: dict[int, int]
    vectors: NDArray[np.float32] | None
    reasons: Mapping[Reason, NDArray[np.float32]]
    standouts: dict[str, float]  # measure -> above which value a photo stands out here
    rules: HighlightRules


def highlights(
    table: PhotoTable,
    categorised: Iterable[Categorised],
    quality: Mapping[Reason, NDArray[np.float32]],
    flags: Iterable[Flag],
    stacks: Iterable[Stack],
    vectors: NDArray[np.float32] | None = None,
    weights: Mapping[str, float] | None = None,
    rules: HighlightRules | None = None,
) -> list[Pick]:
    """The photos worth showing, by category (largest first, OTHERS last), best first within each.

    Never a rejected photo, a flagged one or a member of a stack that is not the kept one, unless
    the person picked it: picks always come, and come first. The rest is chosen one at a time, the
    best by maximal marginal relevance (Carbonell and Goldstein, 1998) with a further cost for
    staying in a moment that has been shown.

    Args:
        table: N photos.
        categorised: categories by photo id; a photo without one is taken as OTHERS.
        quality: score 0..1 a reason, float32 (N,), higher is worse; a missing reason counts as
            fine.
        vectors: float32 (N, D) of unit length in the table's order, a row of zeros where a photo
            has none; without them only moments spread the choice.
        weights: category key -> 0..1, how much its photos are worth showing; 0 leaves it to the
            person.
    """
    rules = rules or HighlightRules()
    found = {one.photo_id: one for one in categorised}
    rows_of: dict[str, list[int]] = {}
    for row, photo in enumerate(table.ids.tolist()):
        rows_of.setdefault(found[photo].category if photo in found else OTHERS, []).append(row)
    certainty = np.array([_certainty(found.get(photo)) for photo in table.ids.tolist()], np.float32)
    doubtful = np.isin(table.ids, [one.photo_id for one in found.values() if one.doubtful])
    scores = technical_scores(table, quality, certainty)
    allowed = _allowed(table, flags, stacks)
    moment = moments(table.taken, rules.gap_s)
    showable = np.where(allowed, scores, np.float32(-1.0))
    chosen: list[Pick] = []
    largest_first = sorted(rows_of.items(), key=lambda item: (item[0] == OTHERS, -len(item[1]), item[0]))
    for category, members in largest_first:
        rows = np.array(members, np.int64)
        if len(rows) < rules.few:
            allowed[rows] &= ~doubtful[rows]
        best_of = _best_of_moments(rows, moment, showable)
        standouts = _standouts(table, rows)
        pool = _Pool(table, scores, moment, best_of, vectors, quality, standouts, rules)
        weight = 1.0 if weights is None else weights.get(category, 1.0)
        chosen += _of_category(category, rows, allowed, weight, pool)
    return chosen


def _certainty(one: Categorised | None) -> float:
    """0..1: how surely a photo belongs where it would be shown; half for one worth a second look."""
    if one is None or one.category == OTHERS:
        return 0.0
    return one.score * (0.5 if one.doubtful else 1.0)


def technical_scores(
    table: PhotoTable,
    quality: Mapping[Reason, NDArray[np.float32]],
    certainty: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(N,) 0..1: how well each photo is made, with a little for a clear subject.

    Weights: sharpness .25, exposure .15, noise and compression .15, contrast .15, colour .1,
    resolution .1, certainty of the category .1. Stars that the file carries move it by up to .15.
    """

    def fine(*reasons: Reason) -> NDArray[np.float32]:
        given = [quality[reason] for reason in reasons if reason in quality]
        worst = np.max(given, axis=0) if given else np.zeros(len(table), np.float32)
        return np.asarray(1.0 - worst, np.float32)

    pixels = table.width.astype(np.float64) * table.height
    resolution = np.clip(np.log2(np.maximum(pixels, 1.0) / 5e4) / 7.0, 0.0, 1.0)  # .05 to 6.4 MP
    score = (
        0.25 * fine(Reason.BLURRED)
        + 0.15 * fine(Reason.UNDEREXPOSED, Reason.OVEREXPOSED)
        + 0.15 * fine(Reason.NOISY, Reason.COMPRESSED, Reason.PIXELATED)
        + 0.15 * np.clip(_measure(table, "contrast", 0.5) / 0.7, 0.0, 1.0)
        + 0.1 * np.clip(_measure(table, "colourfulness", 25.0) / 50.0, 0.0, 1.0)
        + 0.1 * resolution
        + 0.1 * certainty
    )
    stars = np.where(table.rating > 0, (table.rating - 3.0) * 0.075, 0.0)
    return np.asarray(np.clip(score + stars, 0.0, 1.0), np.float32)


def _measure(table: PhotoTable, name: str, standard: float) -> NDArray[np.float32]:
    values = table.measures.get(name)
    if values is None:
        return np.full(len(table), standard, np.float32)
    return np.nan_to_num(values, nan=standard)


def _allowed(table: PhotoTable, flags: Iterable[Flag], stacks: Iterable[Stack]) -> NDArray[np.bool_]:
    """(N,) photos that may be shown without having been picked."""
    barred = {flag.photo_id for flag in flags}
    for stack in stacks:
        barred.update(member for member in stack.members if member != stack.keep)
    flagged = np.isin(table.ids, np.array(sorted(barred), np.int64))
    return np.asarray(~flagged & (table.pick >= 0))


def _best_of_moments(
    rows: NDArray[np.int64], moment: NDArray[np.int64], scores: NDArray[np.float32]
) -> dict[int, int]:
    """Row of the best photo of each moment -> how many photos of the category that moment has."""
    order = rows[np.lexsort((rows, -scores[rows], moment[rows]))]
    _, first, counts = np.unique(moment[order], return_index=True, return_counts=True)
    return dict(zip(order[first].tolist(), counts.tolist(), strict=True))


def _of_category(
    category: str, rows: NDArray[np.int64], allowed: NDArray[np.bool_], weight: float, pool: _Pool
) -> list[Pick]:
    rules = pool.rules
    picked = rows[pool.table.pick[rows] > 0]
    picked = picked[np.argsort(-pool.scores[picked], kind="stable")]
    wanted = min(rules.most, max(1, round(weight * float(np.sqrt(len(rows)))))) if weight > 0 else 0
    fit = allowed[rows] & (pool.table.pick[rows] == 0) & (pool.scores[rows] >= rules.least_score)
    chosen = _spread(rows[fit], picked.tolist(), wanted, pool)
    return [
        Pick(
            photo_id=int(pool.table.ids[row]),
            category=category,
            score=1.0 if pool.table.pick[row] > 0 else round(float(pool.scores[row]), 4),
            why=_why(row, pool),
        )
        for row in chosen
    ]


def _spread(candidates: NDArray[np.int64], chosen: list[int], wanted: int, pool: _Pool) -> list[int]:
    """Add the candidate of the largest marginal worth until ``wanted`` rows are chosen."""
    rules = pool.rules
    worth = pool.scores[candidates].astype(np.float64)
    closest = np.full(len(candidates), -1.0)  # largest cosine with a chosen row
    shown = np.zeros(len(candidates))  # chosen rows of the same moment
    level = _usual_likeness(candidates, pool)

    def take(row: int) -> None:
        nonlocal closest, shown
        if pool.vectors is not None:
            closest = np.maximum(closest, pool.vectors[candidates] @ pool.vectors[row])
        shown = shown + (pool.moment[candidates] == pool.moment[row])

    for row in chosen:
        take(row)
    left = np.ones(len(candidates), bool)
    while len(chosen) < wanted:
        left &= closest <= rules.too_alike
        if not left.any():
            break
        likeness = np.clip((closest - level) / max(1.0 - level, 1e-6), 0.0, 1.0)
        marginal = worth - rules.alike_cost * likeness - rules.moment_cost * shown
        best = int(np.where(left, marginal, -np.inf).argmax())
        left[best] = False
        chosen = [*chosen, int(candidates[best])]
        take(chosen[-1])
    return chosen


def _usual_likeness(candidates: NDArray[np.int64], pool: _Pool) -> float:
    """Mean cosine between photos of a category: what counts as no particular likeness there."""
    if pool.vectors is None or len(candidates) < 2:
        return 0.0
    vectors = pool.vectors[candidates]
    mean = vectors.mean(axis=0)
    return float(min(max(float((vectors @ mean).mean()), 0.0), 0.99))


def _why(row: int, pool: _Pool) -> str:
    """The reasons in plain words, the weightiest first."""
    table = pool.table
    words: list[str] = []
    if table.pick[row] > 0:
        words.append("your pick")
    if table.rating[row] >= 4:
        words.append(f"{int(table.rating[row])} stars")
    words += _merits(row, pool)[:3]
    together = pool.best_of.get(row, 1)
    if together > 1:
        words.append(f"best of {together} of this moment")
    return ", ".join(words) or "among the best of its category"


def _merits(row: int, pool: _Pool) -> Sequence[str]:
    """What is good about a photo: first what sets it apart from its category."""

    def below(limit: float, *reasons: Reason) -> bool:
        given = [float(pool.reasons[reason][row]) for reason in reasons if reason in pool.reasons]
        return bool(given) and max(given) < limit

    merits = [
        STANDOUTS[measure][0]
        for measure, limit in pool.standouts.items()
        if pool.table.measures[measure][row] > limit
    ]
    if below(0.2, Reason.BLURRED) and STANDOUTS["sharpness"][0] not in merits:
        merits.append("sharp")
    if below(0.2, Reason.UNDEREXPOSED, Reason.OVEREXPOSED):
        merits.append("well exposed")
    return merits


def _standouts(table: PhotoTable, rows: NDArray[np.int64]) -> dict[str, float]:
    """Measure -> above which value a photo stands out; none where a category has few photos."""
    limits = {}
    for measure, (_, least) in STANDOUTS.items():
        if measure in table.measures:
            values = table.measures[measure][rows]
            values = values[np.isfinite(values)]
            if len(values) >= ENOUGH_TO_COMPARE:
                limits[measure] = max(float(np.quantile(values, 0.8)), least)
    return limits
