"""A category from examples: logistic regression on vectors, with the words' opinion while examples are few.

A linear probe as in Radford et al. (2021), 3.2, mixed with the zero-shot probabilities as in the few-shot
adapters that grew from it (Zhang et al., "Tip-Adapter", 2022): the words count as a fixed number of
examples, so that their share falls as real ones come. Words lean to some classes; how far is learnt from the
examples first, as in bias-corrected temperature scaling (Alexandari et al., 2020). Knows arrays and keys;
neither the model nor the catalogue. scikit-learn and SciPy's optimiser are imported at the first lesson.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.errors import UsageProblem
from organizer.results import OTHERS, Categorised

MOST_FOLDS = 5
TINY = 1e-4  # a probability is never nearer to 0 or 1 than this when opinions are mixed


@dataclass(frozen=True, slots=True)
class Teaching:
    """How lessons are learnt; ``resources/calibration/teach.toml`` explains the numbers."""

    prior_examples: float = 12.0
    prior_softness: float = 0.5
    lean: float = 1.4
    strength: float = 150.0
    background: int = 300
    fewest: int = 3
    take_from: float = 0.6
    let_go: float = 0.02


@dataclass(frozen=True, slots=True)
class Taught:
    """A classifier over K classes.

    Attributes:
        mean: float32 (D,), taken from every vector first. weights: float32 (K, D). bias: float32 (K,).
        trust: 0..1, how much its own opinion counts beside the words'.
        lean: float32 (K,), added to the logarithm of the words' probabilities; None for nothing.
    """

    mean: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    trust: float
    lean: NDArray[np.float32] | None = None

    def probabilities(
        self, vectors: NDArray[np.float32], words: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """(N, K) of N vectors (N, D).

        Args:
            words: (N, K), the probabilities that the words give; None where there are no words.
        """
        logits = vectors @ self.weights.T + (self.bias - self.weights @ self.mean)
        own = _log_softmax(np.asarray(logits, np.float32))
        if words is not None:
            opinion = _opinion(words)
            if self.lean is not None:
                opinion = _log_softmax(opinion + self.lean)
            own = np.float32(self.trust) * own + np.float32(1.0 - self.trust) * opinion
        return np.asarray(np.exp(_log_softmax(own)), np.float32)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How the lesson did on examples that were held back from it.

    Attributes:
        predicted: int64 (N,), the class given to each example while it was held back.
        confusion: int64 (K, K), rows are the true classes, columns what was predicted.
        folds: how many times a part was held back.
        chances: float32 (N, K), the probabilities given to each example while it was held back.
    """

    predicted: NDArray[np.int64]
    confusion: NDArray[np.int64]
    folds: int
    chances: NDArray[np.float32]

    @property
    def accuracy(self) -> float:
        """Share of the examples that were recognised."""
        return float(np.trace(self.confusion) / max(1, int(self.confusion.sum())))

    @property
    def chance(self) -> float:
        """The share that is right when the commonest class is always guessed."""
        return float(self.confusion.sum(axis=1).max() / max(1, int(self.confusion.sum())))

    @property
    def recalls(self) -> NDArray[np.float64]:
        """(K,) share recognised of each class; NaN for a class without examples."""
        counts = self.confusion.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.diag(self.confusion) / counts, np.float64)


def load_teaching(file: Path) -> Teaching:
    """Read ``teach.toml``.

    Raises:
        UsageProblem: it cannot be read, or a number is missing or out of its range.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        return Teaching(
            prior_examples=max(0.0, float(raw["prior_examples"])),
            prior_softness=float(raw["prior_softness"]),
            lean=float(raw["lean"]),
            strength=float(raw["strength"]),
            background=int(raw["background"]),
            fewest=int(raw["fewest"]),
            take_from=float(raw["take_from"]),
            let_go=float(raw["let_go"]),
        )
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageProblem(f"The calibration {file.name} cannot be used.", detail=repr(error)) from error


def learn(
    vectors: NDArray[np.float32],
    classes: NDArray[np.int64],
    teaching: Teaching,
    *,
    examples: float | None = None,
    words: NDArray[np.float32] | None = None,
) -> Taught:
    """Learn to tell classes apart.

    Args:
        vectors: float32 (N, D) of unit length. classes: int64 (N,), 0..K-1, each at least once.
        examples: how many a class count against the words; the mean over the classes if None.
        words: (M, K), what the words say of the first M vectors, each class among them: it shows how far
            they lean to a class, and how much they are worth. None trusts them as they are.

    Raises:
        UsageProblem: there are not two classes.
    """
    count = int(classes.max()) + 1 if len(classes) else 0
    sizes = np.bincount(classes, minlength=count)
    if count < 2 or (sizes == 0).any():
        raise UsageProblem("Give examples of at least two classes.")
    from sklearn.linear_model import LogisticRegression

    mean = np.mean([vectors[classes == k].mean(axis=0) for k in range(count)], axis=0)
    model = LogisticRegression(
        C=teaching.strength / len(vectors), class_weight="balanced", max_iter=1000, tol=1e-4
    )
    model.fit(vectors - mean, classes)
    weights, bias = model.coef_, model.intercept_
    if count == 2:
        weights = np.concatenate([np.zeros_like(weights), weights])
        bias = np.concatenate([np.zeros_like(bias), bias])
    seen = float(sizes.mean()) if examples is None else examples
    lean, prior = None, teaching.prior_examples
    if words is not None:
        lean = lean_of(words, classes[: len(words)], seen, teaching)
        prior *= agreement(np.exp(_log_softmax(_opinion(words) + lean)), classes[: len(words)])
    return Taught(
        mean.astype(np.float32),
        weights.astype(np.float32),
        bias.astype(np.float32),
        trust=seen / (seen + prior) if seen > 0 else 0.0,
        lean=lean,
    )


def agreement(words: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """0..1: how far the words agree with the examples; 0 where they know no better than chance.

    The mean over the classes of the probability that the words give to the truth, above chance.

    Args:
        words: (M, K), what the words say of examples. classes: int64 (M,), each of the K at least once.
    """
    count = words.shape[1]
    truth = words[np.arange(len(classes)), classes]
    mean = float(np.mean([truth[classes == k].mean() for k in range(count)]))
    return float(np.clip((mean - 1 / count) / (1 - 1 / count), 0.0, 1.0))


def lean_of(
    words: NDArray[np.float32], classes: NDArray[np.int64], examples: float, teaching: Teaching
) -> NDArray[np.float32]:
    """float32 (K,): what to add to the words' log-probabilities so that they lean to no class.

    The most probable offsets given the examples, each class weighing ``examples`` in all; before any
    example they are normal around 0 with a deviation of ``teaching.lean``, so that words which are right
    as they are stay as they are. Convex; solved by L-BFGS.

    Args:
        words: (M, K), what the words say of examples. classes: int64 (M,), each of the K at least once.
    """
    from scipy.optimize import minimize

    count = words.shape[1]
    if teaching.lean <= 0:
        return np.zeros(count, np.float32)
    opinion = _opinion(words).astype(np.float64)
    weights = (examples / np.bincount(classes, minlength=count))[classes]
    truth = np.eye(count)[classes]
    stiff = teaching.lean**-2

    def loss(offsets: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        shifted = opinion + offsets
        shifted -= shifted.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        value = -float(weights @ (logs * truth).sum(axis=1)) + stiff * float(offsets @ offsets) / 2
        return value, weights @ (np.exp(logs) - truth) + stiff * offsets

    found = minimize(loss, np.zeros(count), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, np.float32)


def held_out(
    vectors: NDArray[np.float32],
    classes: NDArray[np.int64],
    teaching: Teaching,
    *,
    words: NDArray[np.float32] | None = None,
    variants: NDArray[np.float32] | None = None,
    counted: int | None = None,
) -> HeldOut | None:
    """Hold back a part of each class in turn, learn from the rest, and see what becomes of it.

    Args:
        vectors, classes: as ``learn`` takes them. words: (N, K), as ``Taught.probabilities`` takes them.
        variants: float32 (N, A, D), altered copies of each example: learnt from, never tested on.
        counted: the class whose examples count against the words; all of them if None.

    Returns None where a class has fewer than two examples, so that nothing can be held back.
    """
    sizes = np.bincount(classes)
    folds = int(min(MOST_FOLDS, sizes.min()))
    if folds < 2:
        return None
    part = _parts(classes, folds)
    chances = np.zeros((len(classes), len(sizes)), np.float32)
    for fold in range(folds):
        rest, back = part != fold, part == fold
        kept, kept_classes = with_variants(vectors[rest], classes[rest], variants, rest)
        own = classes[rest]
        examples = float(np.bincount(own).mean() if counted is None else (own == counted).sum())
        known = None if words is None else words[rest]
        taught = learn(kept, kept_classes, teaching, examples=examples, words=known)
        chances[back] = taught.probabilities(vectors[back], None if words is None else words[back])
    predicted = chances.argmax(axis=1).astype(np.int64)
    return HeldOut(predicted, confusion_of(classes, predicted), folds, chances)


def misplaced(tested: HeldOut, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the examples that were taken for another class while held back, the closest calls first.

    Either the lesson is wrong about them, or they lie in the wrong class.
    """
    rows = np.flatnonzero(tested.predicted != classes)
    lead = tested.chances[rows, tested.predicted[rows]] - tested.chances[rows, classes[rows]]
    return rows[np.argsort(lead, kind="stable")]


def confusion_of(classes: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64 (K, K): rows are the true classes, columns the predicted ones."""
    count = int(classes.max()) + 1
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (classes, predicted), 1)
    return table


def with_variants(
    vectors: NDArray[np.float32],
    classes: NDArray[np.int64],
    variants: NDArray[np.float32] | None,
    rows: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Examples with their altered copies (N, A, D) behind them; ``rows``: which copies are theirs."""
    if variants is None or not variants.shape[1]:
        return vectors, classes
    chosen = variants if rows is None else variants[rows]
    flat = chosen.reshape(-1, vectors.shape[1])
    return np.concatenate([vectors, flat]), np.concatenate([classes, np.repeat(classes, chosen.shape[1])])


def words_only(words: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Share that the words alone get right: what the examples have to beat."""
    return float((words.argmax(axis=1) == classes).mean())


def background_rows(
    count: int, taken: NDArray[np.int64], teaching: Teaching, seed: int = 0
) -> NDArray[np.int64]:
    """Rows of a library of ``count`` photos that stand for "something else": a sample, the same each time.

    Args:
        taken: rows that are examples themselves.
    """
    free = np.setdiff1d(np.arange(count), taken)
    if len(free) <= teaching.background:
        return free
    return np.sort(np.random.default_rng(seed).choice(free, teaching.background, replace=False))


def likely_mistakes(
    chances: NDArray[np.float32], inside: NDArray[np.bool_], settled: NDArray[np.bool_], limit: int = 24
) -> NDArray[np.int64]:
    """Rows where the lesson and the present category disagree, most doubtful first.

    Args:
        chances: (N,) probability of the category. inside: (N,) whether the photo stands in it now.
        settled: (N,) photos that the person has spoken about.
    """
    disagree = ((chances >= 0.5) != inside) & ~settled
    rows = np.flatnonzero(disagree)
    return rows[np.argsort(np.abs(chances[rows] - 0.5), kind="stable")][:limit]


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


def _parts(classes: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """(N,) the fold in which each example is held back: every class spread evenly, the same each time."""
    part = np.zeros(len(classes), np.int64)
    for k in range(int(classes.max()) + 1):
        rows = np.random.default_rng(k).permutation(np.flatnonzero(classes == k))
        part[rows] = np.arange(len(rows)) % folds
    return part


def _opinion(words: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log(np.clip(words, TINY, 1.0 - TINY)).astype(np.float32)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    lowered = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True)), np.float32)
