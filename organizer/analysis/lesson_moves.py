"""Where photos go by what lessons find: only where a lesson is sure, and never against the person's word.

Knows results and keys; neither vectors nor the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.teach import Teaching
from organizer.results import OTHERS, Categorised


def adjusted(
    found: Sequence[Categorised],
    lessons: Mapping[str, NDArray[np.float32]],
    teaching: Teaching,
    parents: Mapping[str, str | None] | None = None,
    denied: Sequence[Collection[str]] | None = None,
    given: Sequence[Collection[str]] | None = None,
) -> list[Categorised]:
    """Categories after the lessons: a photo moves only where a lesson is sure.

    It goes to the taught category that is most probable, from ``take_from`` on; it leaves a taught category
    that finds it less probable than ``let_go``, for the next best of its ranked ones. What the person
    decided stays, and no photo moves from a category to the one above it. Where the person said that a photo
    is not of a category, it is in none of that category's own ones either.

    Args:
        found: N results. lessons: category key -> (N,) probability in the same order.
        parents: key -> key of the category above it.
        denied, given: for each photo the keys that the person said no to, and that it is an example of: where
            that is one alone, it is of that category.
    """
    above = parents or {}
    made = []
    for row, one in enumerate(found):
        chances = {key: float(lesson[row]) for key, lesson in lessons.items()}
        if denied is not None and denied[row]:
            said = set(denied[row])
            said |= {key for key, parent in above.items() if parent in said}
            chances |= dict.fromkeys(said, 0.0)
        if given is not None and len(given[row]) == 1:
            chances |= dict.fromkeys(given[row], 1.0)
        made.append(one if one.by_user else _adjusted(one, chances, teaching, above))
    return made


def _adjusted(
    one: Categorised, chances: Mapping[str, float], teaching: Teaching, above: Mapping[str, str | None]
) -> Categorised:
    best = max(chances, key=chances.__getitem__, default=OTHERS)
    chance = chances.get(best, 0.0)
    if chance >= teaching.take_from and best not in (one.category, above.get(one.category)):
        return _moved(one, best, chance)
    if chances.get(one.category, 1.0) < teaching.let_go:
        return _left(one, chances)
    return one


def _moved(one: Categorised, key: str, chance: float) -> Categorised:
    rest = tuple((other, share) for other, share in one.ranked if other != key)
    ranked = ((key, round(chance, 4)), *((other, round(share * (1 - chance), 4)) for other, share in rest))
    return replace(one, category=key, score=round(chance, 4), ranked=ranked[: max(1, len(one.ranked))],
                   doubtful=False)  # fmt: skip


def _left(one: Categorised, chances: Mapping[str, float]) -> Categorised:
    """Out of a category that a lesson rules out, into the next best that none rules out; doubtful."""
    rest = tuple((key, share) for key, share in one.ranked if key != one.category)
    for key, share in rest:
        if chances.get(key, 1.0) >= 0.5:
            return replace(one, category=key, score=share, ranked=rest, doubtful=True)
    return replace(one, category=OTHERS, score=one.score, ranked=rest, doubtful=False)
