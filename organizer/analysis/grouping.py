"""From pairs to groups in which every pair is a fact: complete linkage inside connected components.

Single linkage would chain A~B~C into one stack although A and C differ, and a person would lose one
of them. Knows ids and scores alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def group(
    pairs: NDArray[np.int64],
    scores: NDArray[np.float32],
    sure: float = float("-inf"),
    most: float = 0.0,
) -> list[tuple[int, ...]]:
    """Join verified pairs to groups, the surest pairs first.

    Args:
        pairs: int64 (P, 2), pairs that are facts, in any order. scores: float32 (P,), higher is surer;
            of a pair given twice the better score counts.
        sure: least score of a pair that may bring two groups together; the others only say that their
            two may stand in one group.
        most: least share of the pairs between two groups that must be as sure for them to be joined: one
            surprising pair among many doubtful ones brings nothing together.

    Returns:
        Groups of two or more ids, ascending within a group and by their first id. Every two members
        of a group are a given pair, no id is in two groups, and the order of the input does not matter.
    """
    best: dict[tuple[int, int], float] = {}
    for (a, b), score in zip(pairs.tolist(), scores.tolist(), strict=True):
        if a != b:
            pair = (a, b) if a < b else (b, a)
            best[pair] = max(score, best.get(pair, score))
    friends: dict[int, set[int]] = {}
    for a, b in best:
        friends.setdefault(a, set()).add(b)
        friends.setdefault(b, set()).add(a)
    together = {member: {member} for member in friends}
    joining = [pair for pair, score in best.items() if score >= sure]
    for a, b in sorted(joining, key=lambda pair: (-best[pair], pair)):
        first, second = together[a], together[b]
        if first is second or not all(second <= friends[member] for member in first):
            continue
        if most > 0 and _sure_share(first, second, best, sure) < most:
            continue
        small, large = sorted((first, second), key=len)
        large |= small
        together.update(dict.fromkeys(small, large))
    return _in_order(together.values())


def components(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Join pairs of a relation that carries over (A=B and B=C make A=C): equal bytes, equal pixels.

    Returns:
        Groups of two or more ids, ascending within a group and by their first id.
    """
    together: dict[int, set[int]] = {}
    for a, b in pairs:
        first, second = together.setdefault(a, {a}), together.setdefault(b, {b})
        if first is not second:
            small, large = sorted((first, second), key=len)
            large |= small
            together.update(dict.fromkeys(small, large))
    return _in_order(together.values())


def _sure_share(first: set[int], second: set[int], best: dict[tuple[int, int], float], sure: float) -> float:
    scores = [best[(a, b) if a < b else (b, a)] for a in first for b in second]
    return sum(score >= sure for score in scores) / len(scores)


def _in_order(groups: Iterable[set[int]]) -> list[tuple[int, ...]]:
    distinct = {id(members): members for members in groups}.values()
    return sorted(tuple(sorted(members)) for members in distinct if len(members) > 1)
