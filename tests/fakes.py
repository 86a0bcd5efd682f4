"""Stand-ins for slow parts, deterministic and honest about the contract they fill."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from organizer.records import InputSpec


class FakeEmbedder:
    """An Embedder without a model: pictures by their coarse colours, texts by their letters.

    Pictures with like colours get like vectors. ``says`` ties a text to a colour, so that zero-shot
    classification can be tried: ``FakeEmbedder(says={"sea": (0, 0, 255)})``.
    """

    key = "fake"
    dimension = 27

    def __init__(self, size: int = 16, says: dict[str, tuple[int, int, int]] | None = None) -> None:
        self.input = InputSpec(size, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "squash", "bilinear")
        self.batches: list[int] = []
        self.closed = False
        self._says = says or {}

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, S, S, 3) uint8 -> (N, 27) float32: the colours of a 3 x 3 grid, centred, of unit length."""
        side = self.input.size
        if batch.dtype != np.uint8 or batch.shape[1:] != (side, side, 3):
            raise ValueError(f"unexpected batch {batch.dtype} {batch.shape}")
        self.batches.append(len(batch))
        edges = np.linspace(0, side, 4).astype(int)
        cells = [
            batch[:, a:b, c:d].mean(axis=(1, 2))
            for a, b in itertools.pairwise(edges)
            for c, d in itertools.pairwise(edges)
        ]
        return _unit(np.concatenate(cells, axis=1).astype(np.float32) / 255 - 0.45)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (N, 27) float32 of unit length; a text that names a known word gets its colour."""
        return _unit(np.stack([self._of_text(text) for text in texts]))

    def close(self) -> None:
        self.closed = True

    def _of_text(self, text: str) -> NDArray[np.float32]:
        for word, colour in self._says.items():
            if word in text:
                return np.tile(np.asarray(colour, np.float32) / 255 - 0.45, 9)
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        return np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return made
