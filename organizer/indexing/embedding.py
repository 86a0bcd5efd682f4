"""Gathers decoded photos into batches and turns their model inputs into vectors.

The model is made when the first batch needs it, so that a run with nothing to embed loads none. A model
that cannot be loaded or run costs the vectors, not the photos: those are catalogued without one and the
next run comes back to them. Knows neither torch nor the catalogue.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from organizer.errors import ModelError
from organizer.indexing.worklist import Task
from organizer.models.base import Embedder

T = TypeVar("T")  # Decoded or Glance

log = logging.getLogger(__name__)

FIRST_BATCH = 4  # the first photos should be seen at once; later a batch pays off
LARGEST_BATCH = 32
LATENCY_S = 0.5

EmbedderFactory = Callable[[], Embedder]


class Batch(Generic[T]):
    """Photos that wait for the model.

    The first batch is small and each next one twice as large, up to ``largest``; one that has waited
    for half a second goes as it is.
    """

    def __init__(
        self,
        largest: int = LARGEST_BATCH,
        *,
        latency: float = LATENCY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._largest = largest
        self._latency = latency
        self._clock = clock
        self._size = min(FIRST_BATCH, largest)
        self._since = 0.0
        self._items: list[tuple[Task, T]] = []

    def __len__(self) -> int:
        return len(self._items)

    def add(self, task: Task, seen: T) -> None:
        """Put one photo in."""
        if not self._items:
            self._since = self._clock()
        self._items.append((task, seen))

    @property
    def due(self) -> bool:
        """Whether it is full, or has waited long enough."""
        if not self._items:
            return False
        return len(self._items) >= self._size or self._clock() - self._since >= self._latency

    def take(self) -> list[tuple[Task, T]]:
        """Everything in it; the next batch may be larger."""
        items, self._items = self._items, []
        self._size = min(self._size * 2, self._largest)
        return items


class LazyEmbedder:
    """A model that is loaded when it is first needed, and given up for this run when it fails.

    Attributes:
        failed: whether the model could not be loaded or run.
        loading_s: CPU seconds that loading it took.
    """

    def __init__(self, factory: EmbedderFactory, on_problem: Callable[[str], None]) -> None:
        self._factory = factory
        self._on_problem = on_problem
        self._embedder: Embedder | None = None
        self.failed = False
        self.loading_s = 0.0

    @property
    def ready(self) -> bool:
        """Whether the next call answers without loading the model first."""
        return self._embedder is not None or self.failed

    def encode(self, inputs: Sequence[NDArray[np.uint8] | None]) -> list[NDArray[np.float32] | None]:
        """One vector for each model input; None where there is no input or the model failed.

        Args:
            inputs: uint8 (S, S, 3) each, as the model's InputSpec asks.
        """
        vectors: list[NDArray[np.float32] | None] = [None] * len(inputs)
        pictures = [(at, picture) for at, picture in enumerate(inputs) if picture is not None]
        if self.failed or not pictures:
            return vectors
        try:
            if self._embedder is None:
                started = time.process_time()
                self._embedder = self._factory()
                self.loading_s = time.process_time() - started
            found = self._embedder.encode_images(np.stack([picture for _, picture in pictures]))
        except ModelError as error:
            log.warning("No vectors in this run: %s (%s)", error, error.detail)
            self.failed = True
            self._on_problem(f"{error} The photos are kept and will be sorted once the model works.")
            return vectors
        for (at, _), vector in zip(pictures, found, strict=True):
            vectors[at] = vector
        return vectors
