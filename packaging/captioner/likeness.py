"""What the starter would have seen where somebody wrote a sentence: sentence vectors to picture vectors.

Sentences and photos share a space, and yet photos lie in a place of their own in it. A linear map by ridge
regression from sentences to their photos brings a sentence there, and the difference of a random photo
from its own mapped sentence, blown up or down, is added each time: so the decoder trains on what it will
see in use (cf. Nukrai et al., "CapDec", 2022, who add plain noise). Plain numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Likeness:
    """matrix: (D, D). offset: (D,). leftovers: (R, D), photo minus mapped sentence, of held-out folds."""

    matrix: np.ndarray
    offset: np.ndarray
    leftovers: np.ndarray

    def pictured(self, sentences: np.ndarray, draw: np.random.Generator, strength: float = 1.0) -> np.ndarray:
        """(N, D) sentence vectors -> (N, D) of unit length, as pictures of them might be."""
        mapped = sentences @ self.matrix + self.offset
        noise = self.leftovers[draw.integers(0, len(self.leftovers), len(mapped))]
        other = self.leftovers[draw.integers(0, len(self.leftovers), len(mapped))]
        share = draw.uniform(0, 1, (len(mapped), 1)).astype(np.float32)
        # two leftovers mixed so that their variance stays: more kinds of them than there are photos
        mixed = mapped + strength * (np.sqrt(share) * noise + np.sqrt(1 - share) * other)
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def fit(sentences: np.ndarray, photos: np.ndarray, owner: np.ndarray, folds: int = 5) -> Likeness:
    """Fit on S sentences (S, D), their photos' vectors (P, D) and which photo each belongs to (S,).

    The ridge is the one of five that explains held-out photos best; the leftovers come from held-out folds,
    for those of the fitted photos would be too small.
    """
    wanted = photos[owner]
    fold = owner % folds
    best: tuple[float, float, np.ndarray] | None = None
    for ridge in (1.0, 3.0, 10.0, 30.0, 100.0):
        left = np.empty_like(wanted)
        for one in range(folds):
            out = fold == one
            matrix, offset = _ridge(sentences[~out], wanted[~out], ridge)
            left[out] = wanted[out] - (sentences[out] @ matrix + offset)
        error = float((left**2).mean())
        if best is None or error < best[0]:
            best = (error, ridge, left)
    assert best is not None
    matrix, offset = _ridge(sentences, wanted, best[1])
    return Likeness(matrix.astype(np.float32), offset.astype(np.float32), best[2].astype(np.float32))


def _ridge(x: np.ndarray, y: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    middle, goal = x.mean(0), y.mean(0)
    centred = x - middle
    matrix = np.linalg.solve(centred.T @ centred + ridge * np.eye(x.shape[1]), centred.T @ (y - goal))
    return matrix, goal - middle @ matrix
