"""Photos taken together, and photos of one time: a moment ends where the camera rests for a while. Knows
times alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400.0


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


def spans(taken: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the day, month or year that each photo is of, by how long a time all of them are spread over:
    days up to two months, months up to three years, else years.

    Args:
        taken: float64 (N,), seconds since 1970; NaN where unknown.

    Returns int64 (N,), from 0 on; -1 where unknown.
    """
    known = np.isfinite(taken)
    found = np.full(len(taken), -1, np.int64)
    if not known.any():
        return found
    days = taken[known] // DAY_S
    width = np.ptp(days)
    numbers = days if width <= 62 else days // 30.44 if width <= 3 * 366 else days // 365.25
    found[known] = np.unique(numbers, return_inverse=True)[1]
    return found
