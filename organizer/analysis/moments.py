"""Photos taken together: a moment ends where the camera rests for a while. Knows times alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def moments(taken: NDArray[np.float64], gap_s: float) -> NDArray[np.int64]:
    """Number of the moment that each photo belongs to, counted in order of time.

    Args:
        taken: float64 (N,), seconds; NaN where unknown: such a photo is a moment of its own.
        gap_s: two photos further apart than this, with none between, are of different moments.

    Returns int64 (N,).
    """
    order = np.argsort(taken, kind="stable")  # NaN last
    sorted_times = taken[order]
    begins = np.ones(len(taken), bool)
    if len(taken) > 1:
        begins[1:] = ~(np.diff(sorted_times) <= gap_s)  # also where either is NaN
    numbers = np.empty(len(taken), np.int64)
    numbers[order] = np.cumsum(begins) - 1
    return numbers
