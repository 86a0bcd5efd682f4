"""Which photos are worth showing: the best of those that are asked about, spread over categories, time,
moments and looks.

Knows scores, times and vectors; neither pixels nor files. What the person picked or rejected stands
above every measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.highlight_scores import Judges, certainties, worth
from organizer.analysis.highlight_words import standouts, why
from organizer.analysis.moments import moments, spans
from organizer.results import OTHERS, Categorised, Flag, PhotoTable, Pick, Reason, Stack

Rows = NDArray[np.int64]
Judging = Callable[[NDArray[np.float32] | None, Rows], Judges]

GAP_S = 3600.0


@dataclass(frozen=True, slots=True)
class HighlightRules:
    """How many photos are shown and how they are chosen; design choices, not measurements.

    Attributes:
        most: at most so many a category where no number is asked for; fewer where it is small: the square
            root of its size.
        least_score: a photo that scores less is never shown where no number is asked for.
        least_asked: the same where a number is asked for.
        few: in a category of fewer photos than this a doubtful one is not shown unasked: it may
            well be the only one there, and wrong.
        alike_cost: what looking exactly like a chosen photo takes from the score.
        moment_cost: what each photo already chosen from the same moment takes from it.
        category_cost: what a category takes that has been given its share; more, where it has more.
        time_cost: the same of a day, month or year.
        too_alike: two photos with a larger cosine are never both chosen.
        gap_s: seconds between two photos that begin a new moment.
    """

    most: int = 12
    least_score: float = 0.6
    least_asked: float = 0.4
    few: int = 3
    alike_cost: float = 0.35
    moment_cost: float = 0.25
    category_cost: float = 0.12
    time_cost: float = 0.08
    too_alike: float = 0.97
    gap_s: float = GAP_S


@dataclass(frozen=True, slots=True)
class Showroom:
    """What a choice needs, by row of the table; made once, asked many times.

    Attributes:
        scores: float32 (N,) 0..1. category: int64 (N,), a place in ``names``, which stand largest first and
            OTHERS last. doubtful, flagged: bool (N,). moment: int64 (N,).
        weights: float64 (C,) 0..1, how much a category's photos are worth showing.
        vectors: float32 (N, D) of unit length, or None. stacks: as rows, the one to keep first.
    """

    table: PhotoTable
    scores: NDArray[np.float32]
    category: Rows
    names: tuple[str, ...]
    doubtful: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    moment: Rows
    weights: NDArray[np.float64]
    vectors: NDArray[np.float32] | None
    stacks: tuple[Rows, ...]
    quality: Mapping[Reason, NDArray[np.float32]]
    judges: Judges


def showroom(
    table: PhotoTable,
    categorised: Iterable[Categorised],
    quality: Mapping[Reason, NDArray[np.float32]],
    flags: Iterable[Flag],
    stacks: Iterable[Stack],
    vectors: NDArray[np.float32] | None = None,
    weights: Mapping[str, float] | None = None,
    judging: Judging | None = None,
    gap_s: float = GAP_S,
) -> Showroom:
    """Judge N photos.

    Args:
        categorised: categories by photo id; a photo without one is taken as OTHERS.
        quality: score 0..1 a reason, float32 (N,), higher is worse; a missing reason counts as
            fine.
        vectors: float32 (N, D) of unit length in the table's order, a row of zeros where a photo
            has none; without them only moments spread the choice.
        weights: category key -> 0..1, how much its photos are worth showing; 0 leaves it to the
            person.
        judging: makes those who judge beside the measurements, from the vectors and from int64 (N,), the same
            number for photos of one moment or stack.
    """
    found = {one.photo_id: one for one in categorised}
    keys = [found[photo].category if photo in found else OTHERS for photo in table.ids.tolist()]
    sizes: dict[str, int] = {}
    for key in keys:
        sizes[key] = sizes.get(key, 0) + 1
    names = tuple(sorted(sizes, key=lambda key: (key == OTHERS, -sizes[key], key)))
    place = {key: number for number, key in enumerate(names)}
    moment = moments(table.taken, gap_s)
    in_stacks = tuple(_rows_of(stack, table.ids) for stack in stacks)
    judges = Judges() if judging is None else judging(vectors, _together(moment, in_stacks))
    return Showroom(
        table=table,
        scores=worth(table, quality, certainties(table.ids, found.values()), judges),
        category=np.array([place[key] for key in keys], np.int64),
        names=names,
        doubtful=np.isin(table.ids, [one.photo_id for one in found.values() if one.doubtful]),
        flagged=np.isin(table.ids, sorted({flag.photo_id for flag in flags})),
        moment=moment,
        weights=np.array([1.0 if weights is None else weights.get(key, 1.0) for key in names]),
        vectors=vectors,
        stacks=in_stacks,
        quality=quality,
        judges=judges,
    )


def _rows_of(stack: Stack, ids: Rows) -> Rows:
    """The photos of a stack as rows, the one to keep first; those that the table lacks are left out."""
    order = [stack.keep, *(member for member in stack.members if member != stack.keep)]
    rows = np.searchsorted(ids, order)
    return rows[[row < len(ids) and ids[row] == photo for row, photo in zip(rows, order, strict=True)]]


def _together(moment: Rows, stacks: Iterable[Rows]) -> Rows:
    """int64 (N,): the same number for photos that are of one moment, or in one stack with such a one."""
    joined = list(range(int(moment.max(initial=-1)) + 1))

    def first_of(number: int) -> int:
        while joined[number] != number:
            number = joined[number]
        return number

    for stack in stacks:
        numbers = sorted({first_of(number) for number in moment[stack].tolist()})
        for number in numbers[1:]:
            joined[number] = numbers[0]
    return np.array([first_of(number) for number in joined], np.int64)[moment]


def highlights(
    table: PhotoTable,
    categorised: Iterable[Categorised],
    quality: Mapping[Reason, NDArray[np.float32]],
    flags: Iterable[Flag],
    stacks: Iterable[Stack],
    vectors: NDArray[np.float32] | None = None,
    weights: Mapping[str, float] | None = None,
    rules: HighlightRules | None = None,
    judging: Judging | None = None,
) -> list[Pick]:
    """The photos worth showing of all: ``choose`` from a ``showroom``."""
    rules = rules or HighlightRules()
    room = showroom(table, categorised, quality, flags, stacks, vectors, weights, judging, rules.gap_s)
    return choose(room, rules=rules)


def choose(
    room: Showroom,
    inside: NDArray[np.bool_] | None = None,
    count: int | None = None,
    *,
    weighted: bool = True,
    rules: HighlightRules | None = None,
) -> list[Pick]:
    """The photos worth showing, by category (largest first, OTHERS last), best first within each.

    Never a rejected photo, a flagged one or more than one of a stack, unless the person picked it: picks
    always come, and come first. The rest is chosen one at a time, the best by maximal marginal relevance
    (Carbonell and Goldstein, 1998), with a further cost for staying in a moment, a category or a time that
    has been shown.

    Args:
        inside: bool (N,), the photos that are asked about; None for all.
        count: how many; None leaves it to the program: a number for each category, by its size. Picks come
            even beyond it, and there are fewer where there are not so many good ones.
        weighted: whether the categories' weights count; not where one category is asked for by name.
    """
    rules = rules or HighlightRules()
    inside = np.ones(len(room.table), bool) if inside is None else inside
    weights = room.weights if weighted else np.ones_like(room.weights)
    sizes = np.bincount(room.category[inside], minlength=len(room.names))
    picked = np.flatnonzero(inside & (room.table.pick > 0))
    picked = picked[np.argsort(-room.scores[picked], kind="stable")]
    quota = _quotas(sizes, weights, count, rules)
    allowed = _allowed(room, inside)
    fit = allowed & (weights > 0)[room.category] & (room.table.pick == 0)
    if count is None:
        fit &= room.scores >= rules.least_score
        fit &= ~(room.doubtful & (sizes < rules.few)[room.category])
    else:
        fit &= room.scores >= rules.least_asked
    candidates = _worth_a_look(room, np.flatnonzero(fit), quota, count)
    chosen = _Spread(room, candidates, quota, inside, rules).fill(picked.tolist(), count)
    best_of = _best_of_moments(room, inside, allowed | (room.table.pick > 0))
    limits: dict[int, dict[str, float]] = {}
    for place in {int(room.category[row]) for row in chosen}:
        limits[place] = standouts(room.table, np.flatnonzero(inside & (room.category == place)))
    in_order = sorted(range(len(chosen)), key=lambda at: (room.category[chosen[at]], at))
    return [_pick(room, chosen[at], limits, best_of) for at in in_order]


def _pick(
    room: Showroom, row: int, limits: Mapping[int, Mapping[str, float]], best_of: dict[int, int]
) -> Pick:
    place = int(room.category[row])
    return Pick(
        photo_id=int(room.table.ids[row]),
        category=room.names[place],
        score=1.0 if room.table.pick[row] > 0 else round(float(room.scores[row]), 4),
        why=why(room.table, row, room.judges, room.quality, limits[place], best_of.get(row, 1)),
    )


def _quotas(
    sizes: Rows, weights: NDArray[np.float64], count: int | None, rules: HighlightRules
) -> NDArray[np.float64]:
    """float64 (C,): how many photos of a category; at most, where no number is asked for, else its share."""
    roots = weights * np.sqrt(sizes)
    if count is None:
        most = np.minimum(rules.most, np.maximum(1.0, np.round(roots)))
        return np.where((weights > 0) & (sizes > 0), most, 0.0)
    return np.asarray(count * roots / max(float(roots.sum()), 1e-9), np.float64)


def _allowed(room: Showroom, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool (N,): photos that may be shown without having been picked.

    Of a stack at most one: the one to keep, or the next one where that is rejected or not asked about; none
    where another was picked.
    """
    asked = inside & (room.table.pick >= 0)
    allowed = asked & ~room.flagged
    for stack in room.stacks:
        here = stack[asked[stack]]
        picked = (room.table.pick[here] > 0).any()
        allowed[here if picked else here[1:]] = False
    return allowed


def _worth_a_look(room: Showroom, fit: Rows, quota: NDArray[np.float64], count: int | None) -> Rows:
    """Of many candidates those that can win: the best of each moment, then of those of each category."""
    category = room.category[fit]
    order = np.lexsort((fit, -room.scores[fit], room.moment[fit], category))
    group = category[order] * (int(room.moment.max(initial=0)) + 1) + room.moment[fit][order]
    fit = fit[order[_rank_in(group) < (4 if count is None else max(4, count))]]
    category = room.category[fit]
    order = np.lexsort((fit, -room.scores[fit], category))
    sizes = np.bincount(category, minlength=len(quota))
    keep = np.maximum(60, 12 * np.ceil(quota)).astype(np.int64)
    if count is not None and np.minimum(sizes, keep).sum() < 4 * count:  # few categories have any
        keep = np.maximum(keep, 4 * count)
    return np.sort(fit[order[_rank_in(category[order]) < keep[category[order]]]])


def _rank_in(groups: Rows) -> Rows:
    """int64 (N,): the how-many-eth of its group each element of a sorted array is, from 0."""
    begins = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    sizes = np.diff(np.append(begins, len(groups)))
    return np.arange(len(groups)) - np.repeat(begins, sizes)


class _Spread:
    """Chooses the candidate of the largest marginal worth, one at a time."""

    def __init__(
        self,
        room: Showroom,
        candidates: Rows,
        quota: NDArray[np.float64],
        inside: NDArray[np.bool_],
        rules: HighlightRules,
    ) -> None:
        self.room, self.candidates, self.quota, self.rules = room, candidates, quota, rules
        self.worth = room.scores[candidates].astype(np.float64)
        self.vectors = None if room.vectors is None else room.vectors[candidates]
        self.closest = np.full(len(candidates), -1.0)  # largest cosine with a chosen row
        self.shown = np.zeros(len(candidates))  # chosen rows of the same moment
        self.level = self._usual_likeness()
        self.given = np.zeros(len(quota))  # chosen rows of each category
        self.span = spans(np.where(inside, room.table.taken, np.nan))
        self.lived = np.sqrt(np.bincount(self.span[inside & (self.span >= 0)], minlength=1))
        self.told = np.zeros(len(self.lived))  # chosen rows of each day, month or year

    def fill(self, chosen: list[int], count: int | None) -> list[int]:
        """Add to the rows that are chosen in any case until there are so many, or the quotas are met."""
        for row in chosen:
            self._take(row)
        category = self.room.category[self.candidates]
        left = np.ones(len(self.candidates), bool)
        wanted = int(self.quota.sum()) + len(chosen) if count is None else count
        while len(chosen) < wanted:
            left &= self.closest <= self.rules.too_alike
            if count is None:
                left &= (self.given < self.quota)[category]
            if not left.any():
                break
            best = int(np.where(left, self._marginal(wanted, count is not None), -np.inf).argmax())
            left[best] = False
            chosen = [*chosen, int(self.candidates[best])]
            self._take(chosen[-1])
        return chosen

    def _marginal(self, wanted: int, by_share: bool) -> NDArray[np.float64]:
        rules = self.rules
        likeness = np.clip((self.closest - self.level) / np.maximum(1.0 - self.level, 1e-6), 0.0, 1.0)
        marginal = self.worth - rules.alike_cost * likeness - rules.moment_cost * self.shown
        if by_share:
            share = self.given / np.maximum(self.quota, 1.0)
            marginal -= rules.category_cost * share[self.room.category[self.candidates]]
        fair = np.maximum(wanted * self.lived / max(float(self.lived.sum()), 1e-9), 1.0)
        span = self.span[self.candidates]
        marginal -= rules.time_cost * np.where(span >= 0, (self.told / fair)[np.maximum(span, 0)], 0.0)
        return np.asarray(marginal, np.float64)

    def _take(self, row: int) -> None:
        if self.vectors is not None and self.room.vectors is not None:
            self.closest = np.maximum(self.closest, self.vectors @ self.room.vectors[row])
        self.shown = self.shown + (self.room.moment[self.candidates] == self.room.moment[row])
        self.given[self.room.category[row]] += 1
        if self.span[row] >= 0:
            self.told[self.span[row]] += 1

    def _usual_likeness(self) -> NDArray[np.float64]:
        """For each candidate the mean cosine between those of its category: no particular likeness there."""
        level = np.zeros(len(self.candidates))
        if self.vectors is None:
            return level
        category = self.room.category[self.candidates]
        for place in np.unique(category):
            rows = np.flatnonzero(category == place)
            if len(rows) > 1:
                mean = self.vectors[rows].mean(axis=0)
                level[rows] = min(max(float((self.vectors[rows] @ mean).mean()), 0.0), 0.99)
        return level


def _best_of_moments(
    room: Showroom, inside: NDArray[np.bool_], showable: NDArray[np.bool_]
) -> dict[int, int]:
    """Row of the best photo that a category can show of a moment -> how many photos of it there are."""
    rows = np.flatnonzero(inside)
    scores = np.where(showable, room.scores, np.float32(-1.0))[rows]
    keys: Sequence[Rows] = (rows, -scores, room.moment[rows], room.category[rows])
    order = rows[np.lexsort(keys)]
    pairs = np.stack([room.category[order], room.moment[order]])
    _, first, counts = np.unique(pairs, axis=1, return_index=True, return_counts=True)
    return dict(zip(order[first].tolist(), counts.tolist(), strict=True))
