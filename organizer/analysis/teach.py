"""A category from examples: logistic regression on vectors, with the words' opinion while examples are few.

A linear probe as in Radford et al. (2021), 3.2, mixed with the zero-shot probabilities as in the few-shot
adapters that grew from it (Zhang et al., "Tip-Adapter", 2022): the words count as a fixed number of
examples, so that their share falls as real ones come. Words lean to some classes; how far is learnt from the
examples first, as in bias-corrected temperature scaling (Alexandari et al., 2020). Knows arrays and keys;
neither the model nor the catalogue. scikit-learn and SciPy's optimiser are imported at the first lesson.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.errors import UsageProblem

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


def _opinion(words: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log(np.clip(words, TINY, 1.0 - TINY)).astype(np.float32)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    lowered = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True)), np.float32)
