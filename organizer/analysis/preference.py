"""What a person likes to look at, learnt from their picks and rejects.

Logistic regression on vectors of unit length, as the linear probes of Radford et al. (2021), 3.2: picks
against rejects and, with less weight, against a sample of the photos that were passed over. What it is
worth is measured on decisions held back from it, never on those it learnt. Knows vectors and decisions;
neither photos nor the model that made the vectors. scikit-learn is imported at the first lesson.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TasteRules:
    """How taste is learnt; design choices, not measurements.

    Attributes:
        fewest: picks, and other decisions or passed-over photos, from which on it is learnt at all.
        most: decisions learnt from at most, of either kind.
        passed_over: undecided photos that stand for "nothing special", at most.
        passed_weight: what all of those together weigh beside all rejects together, if there are any.
        strength: inverse of the regularisation.
        folds: parts of the decisions, each held back once.
        most_say: the share of a photo's score that a perfect judge would have.
        seed: of the samples and the folds.
    """

    fewest: int = 8
    most: int = 3000
    passed_over: int = 600
    passed_weight: float = 0.5
    strength: float = 10.0
    folds: int = 5
    most_say: float = 0.5
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Taste:
    """A judge of photos.

    Attributes:
        liking: float32 (N,) 0..1: the share of the library that it puts below each photo; 0.5 for a photo
            without a vector.
        agreement: 0..1: how often it put a pick above a photo that was not picked, both held back from
            it (the area under the ROC curve); 0.5 is guessing.
        picks, rejects: the decisions it learnt from.
        say: 0..1: the share of a photo's score that it has earned by its agreement, less one standard error:
            a few decisions may agree by chance.
    """

    liking: NDArray[np.float32]
    agreement: float
    picks: int
    rejects: int
    say: float


def taste(
    vectors: NDArray[np.float32],
    pick: NDArray[np.int8],
    rules: TasteRules | None = None,
    *,
    group: NDArray[np.int64] | None = None,
) -> Taste | None:
    """Learn from N photos what the person likes; None while there is too little to learn from.

    Args:
        vectors: float32 (N, D) of unit length; a row of zeros where a photo has none.
        pick: int8 (N,): 1 picked, -1 rejected, 0 undecided.
        group: int64 (N,), the same number for photos of one moment or stack, which are never divided between
            what is learnt from and what is held back; without it each photo stands alone. A copy of a photo
            with the same vector counts for nothing more.
    """
    rules = rules or TasteRules()
    if len(vectors) != len(pick):
        raise ValueError("as many decisions as vectors are needed")
    group = np.arange(len(pick)) if group is None else group
    seen = vectors.any(axis=1)
    chance = np.random.default_rng(rules.seed)

    def some(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
        rows = np.sort(chance.permutation(rows)[:most])
        return rows[np.sort(np.unique(vectors[rows], axis=0, return_index=True)[1])] if len(rows) else rows

    liked = some(np.flatnonzero(seen & (pick > 0)), rules.most)
    disliked = some(np.flatnonzero(seen & (pick < 0)), rules.most)
    passed = some(np.flatnonzero(seen & (pick == 0)), rules.passed_over)
    if len(liked) < rules.fewest or len(disliked) + len(passed) < rules.fewest:
        return None
    rows = np.concatenate([liked, disliked, passed])
    is_liked = np.arange(len(rows)) < len(liked)
    weights = _weights(len(liked), len(disliked), len(passed), rules)
    mean = vectors[rows].mean(axis=0)
    given = vectors[rows] - mean
    agreement = _agreement(given, is_liked, weights, len(disliked), group[rows], rules)
    if agreement is None:
        return None
    direction = _learnt(given, is_liked, weights, rules)
    liking = np.full(len(vectors), 0.5, np.float32)
    opinion = vectors[seen] @ direction
    below = np.searchsorted(np.sort(opinion), opinion, side="left")
    liking[seen] = (below / max(1, len(opinion) - 1)).astype(np.float32)
    others = len(disliked) if len(disliked) >= rules.folds else len(disliked) + len(passed)
    few = min(len(liked), others)
    likely = (agreement * few + 0.5) / (few + 1)  # as if one more were told by chance
    sure = likely - _error(likely, len(liked), others)
    say = rules.most_say * max(0.0, 2.0 * sure - 1.0)
    return Taste(liking, agreement, len(liked), len(disliked), say)


def _weights(liked: int, disliked: int, passed: int, rules: TasteRules) -> NDArray[np.float64]:
    """float64 (liked + disliked + passed,): both sides weigh the same, whatever their numbers."""
    half = (liked + disliked + passed) / 2
    others = rules.passed_weight if disliked else 1.0
    shares = 1.0 + (others if passed else 0.0) if disliked else others
    return np.concatenate(
        [
            np.full(liked, half / liked),
            np.full(disliked, half / shares / max(1, disliked)),
            np.full(passed, half * others / shares / max(1, passed)),
        ]
    )


def _learnt(
    given: NDArray[np.float32], is_liked: NDArray[np.bool_], weights: NDArray[np.float64], rules: TasteRules
) -> NDArray[np.float32]:
    """float32 (D,): the direction in which photos are liked more."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=rules.strength, max_iter=200)
    model.fit(given, is_liked, sample_weight=weights)
    return np.asarray(model.coef_[0], np.float32)


def _agreement(
    given: NDArray[np.float32],
    is_liked: NDArray[np.bool_],
    weights: NDArray[np.float64],
    disliked: int,
    group: NDArray[np.int64],
    rules: TasteRules,
) -> float | None:
    """Each part held back once, judged by what was learnt from the others; the mean area under the curve.

    Picks are compared with rejects where there are enough of them, else with photos passed over. None where
    the decisions are of too few moments to hold any back.
    """
    from sklearn.metrics import roc_auc_score

    liked = int(is_liked.sum())
    kind = np.repeat([0, 1, 2], [liked, disliked, len(given) - liked - disliked])
    judged = kind <= 1 if disliked >= rules.folds else np.ones(len(given), bool)
    fold = _folds(group, kind, rules)
    found = []
    for number in range(rules.folds):
        learn, hold = np.flatnonzero(fold != number), np.flatnonzero((fold == number) & judged)
        if len(np.unique(is_liked[hold])) < 2 or len(np.unique(is_liked[learn])) < 2:
            continue
        direction = _learnt(given[learn], is_liked[learn], weights[learn], rules)
        found.append(float(roc_auc_score(is_liked[hold], given[hold] @ direction)))
    return float(np.mean(found)) if len(found) > 1 else None


def _error(area: float, positives: int, negatives: int) -> float:
    """Standard error of an area under the ROC curve (Hanley and McNeil, 1982)."""
    both_above = area / (2 - area) - area**2
    both_below = 2 * area**2 / (1 + area) - area**2
    spread = area * (1 - area) + (positives - 1) * both_above + (negatives - 1) * both_below
    return float(np.sqrt(max(0.0, spread) / (positives * negatives)))


def _folds(group: NDArray[np.int64], kind: NDArray[np.int64], rules: TasteRules) -> NDArray[np.int64]:
    """The part that each photo belongs to: whole groups, each kind spread as evenly as they allow."""
    names, member = np.unique(group, return_inverse=True)
    holds = np.zeros((len(names), 3))
    np.add.at(holds, (member, kind), 1)
    order = np.random.default_rng(rules.seed).permutation(len(names))
    order = order[np.argsort(-holds[order].max(axis=1), kind="stable")]
    filled = np.zeros((rules.folds, 3))
    part = np.zeros(len(names), np.int64)
    for name in order.tolist():
        most = int(holds[name].argmax())
        part[name] = int(filled[:, most].argmin())
        filled[part[name]] += holds[name]
    return part[member]
