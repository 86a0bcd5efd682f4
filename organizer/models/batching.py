"""Runs a function over a batch in pieces that fit into memory.

When memory runs out, the piece is halved and the size that worked is remembered. Must not know models.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_SIGNS = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "bad_alloc",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of torch or Python means that memory ran out, on the GPU or the CPU."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


class Batcher:
    """Splits work into pieces of at most ``limit`` rows.

    Attributes:
        limit: rows a piece; only ever shrinks.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def run(
        self, work: Callable[[NDArray[np.uint8]], NDArray[np.float32]], batch: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Apply the work to all rows of a batch and join the results.

        Raises what the work raises; out of memory only when a single row does not fit.
        """
        parts: list[NDArray[np.float32]] = []
        first = 0
        while first < len(batch):
            piece = batch[first : first + self.limit]
            try:
                parts.append(work(piece))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or len(piece) == 1:
                    raise
                self.limit = max(1, len(piece) // 2)
                logger.warning("out of memory: going on with %d pictures at a time", self.limit)
                continue
            first += len(piece)
        return np.concatenate(parts)
