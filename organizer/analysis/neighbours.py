"""Which photos look alike, and what follows for their categories: photos of a kind should agree.

Exact search by cosine in blocks; knows rows of matrices, not photos.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_CELLS = 8_000_000  # cosines held at once: 32 MB
SURE = 0.5  # probability from which a photo may stand for a category
FEWEST_SURE = 3  # such photos, without the one in question, that make a category's representative


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How far a photo listens to the photos that look like it.

    Attributes:
        k: how many neighbours; 0 turns the step off.
        weight: 0..1, their share of the new probability when all k are near enough.
        min_cosine: a photo further away than this is no neighbour.
        representative: 0..1, the share of the categories' representatives (see ``by_representatives``);
            0 turns that off.
        sharpness: inverse temperature of the softmax over the cosines with the representatives.
    """

    k: int = 0
    weight: float = 0.0
    min_cosine: float = 0.0
    representative: float = 0.0
    sharpness: float = 20.0

    @property
    def on(self) -> bool:
        return (self.k > 0 and self.weight > 0) or self.representative > 0


def nearest(
    vectors: NDArray[np.float32],
    k: int,
    rows: NDArray[np.int64] | None = None,
    check: Callable[[], None] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k most similar other rows of each row asked for.

    Args:
        vectors: float32 (N, D) of unit length.
        rows: int64 (R,), whose neighbours are wanted; None means all N.
        check: called between blocks; may raise ``Cancelled``.

    Returns their row numbers int64 (R, k') and cosines float32 (R, k'), nearest first, k' = min(k,
    N - 1).
    """
    wanted = np.arange(len(vectors), dtype=np.int64) if rows is None else rows
    k = max(0, min(k, len(vectors) - 1))
    found = np.zeros((len(wanted), k), np.int64)
    cosines = np.zeros((len(wanted), k), np.float32)
    if k == 0:
        return found, cosines
    block = max(1, BLOCK_CELLS // len(vectors))
    for first in range(0, len(wanted), block):
        if check is not None:
            check()
        part = wanted[first : first + block]
        similar = vectors[part] @ vectors.T
        similar[np.arange(len(part)), part] = -np.inf
        best = np.argpartition(similar, -k, axis=1)[:, -k:]
        values = np.take_along_axis(similar, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        found[first : first + block] = np.take_along_axis(best, order, axis=1)
        cosines[first : first + block] = np.take_along_axis(values, order, axis=1)
    return found, cosines


def smooth(
    probabilities: NDArray[np.float32],
    vectors: NDArray[np.float32],
    smoothing: Smoothing,
    rows: NDArray[np.int64] | None = None,
    check: Callable[[], None] | None = None,
) -> NDArray[np.float32]:
    """Mix each row's probabilities with those of its neighbours: p' = (1 - a) p + a q.

    q is the mean over the neighbours, weighted by cosine; a is ``weight`` times the share of the k
    neighbours that are at least ``min_cosine`` near, so that a photo without its like keeps its own
    opinion. Neighbours speak with their unmixed probabilities. Cost: 2 R N D operations.

    Args:
        probabilities: float32 (N, C). vectors: float32 (N, D) of unit length.
        rows: int64 (R,), the rows to change; None means all.

    Returns a new (N, C) array.
    """
    mixed = probabilities.copy()
    wanted = np.arange(len(vectors), dtype=np.int64) if rows is None else rows
    if smoothing.k <= 0 or smoothing.weight <= 0 or len(vectors) < 2 or not len(wanted):
        return mixed
    found, cosines = nearest(vectors, smoothing.k, wanted, check)
    near = cosines >= smoothing.min_cosine
    weights = np.where(near, np.maximum(cosines, 0.0), 0.0).astype(np.float32)
    total = weights.sum(axis=1)
    heard = np.flatnonzero(total > 0)
    shares = weights[heard] / total[heard, None]
    opinion = np.zeros((len(heard), probabilities.shape[1]), np.float32)
    for rank in range(found.shape[1]):
        opinion += shares[:, rank, None] * probabilities[found[heard, rank]]
    amount = (smoothing.weight * near[heard].sum(axis=1) / smoothing.k).astype(np.float32)[:, None]
    mixed[wanted[heard]] = (1 - amount) * probabilities[wanted[heard]] + amount * opinion
    return mixed


def by_representatives(
    probabilities: NDArray[np.float32],
    vectors: NDArray[np.float32],
    smoothing: Smoothing,
    rows: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Mix each row's probabilities with its nearness to the categories' representatives.

    A representative is the mean vector of the photos that are sure of a category, without the photo in
    question: a prototype as in Snell, Swersky and Zemel (2017), made from the words' own opinion. What
    the words give to the categories that have one is shared out anew by a softmax over the cosines; the
    mixture has ``smoothing.representative`` of that. Cost: 2 R C D operations.

    Args:
        probabilities: float32 (N, C). vectors: float32 (N, D) of unit length.
        rows: int64 (R,), the rows to change; None means all.

    Returns a new (N, C) array.
    """
    mixed = probabilities.copy()
    wanted = np.arange(len(vectors), dtype=np.int64) if rows is None else rows
    owners = probabilities.argmax(axis=1)
    sure = probabilities.max(axis=1, initial=0.0) >= SURE
    counts = np.bincount(owners[sure], minlength=probabilities.shape[1])
    known = np.flatnonzero(counts > FEWEST_SURE)
    if smoothing.representative <= 0 or len(known) < 2 or not len(wanted):
        return mixed
    sums = np.zeros((probabilities.shape[1], vectors.shape[1]), np.float32)
    np.add.at(sums, owners[sure], vectors[sure])
    own = vectors[wanted]
    inner = own @ sums[known].T
    lengths = np.tile((sums[known] ** 2).sum(axis=1), (len(wanted), 1))
    in_it = sure[wanted, None] & (owners[wanted, None] == known[None, :])
    lengths = np.where(in_it, lengths - 2 * inner + 1, lengths)  # |s - v|^2 and (s - v) v, for unit v
    inner = np.where(in_it, inner - 1, inner)
    logits = np.float32(smoothing.sharpness) * inner / np.sqrt(np.maximum(lengths, 1e-9))
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    mass = probabilities[np.ix_(wanted, known)].sum(axis=1, keepdims=True)
    opinion = mass * raised / raised.sum(axis=1, keepdims=True)
    share = np.float32(smoothing.representative)
    mixed[np.ix_(wanted, known)] = (1 - share) * probabilities[np.ix_(wanted, known)] + share * opinion
    return mixed
