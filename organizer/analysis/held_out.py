"""How well a lesson does on examples that were held back from it, and which of them look misplaced.

Stratified cross-validation, the same parts each time. Knows arrays; neither the model nor the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.teach import Teaching, learn

MOST_FOLDS = 5


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


def _parts(classes: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """(N,) the fold in which each example is held back: every class spread evenly, the same each time."""
    part = np.zeros(len(classes), np.int64)
    for k in range(int(classes.max()) + 1):
        rows = np.random.default_rng(k).permutation(np.flatnonzero(classes == k))
        part[rows] = np.arange(len(rows)) % folds
    return part
