"""Tables of photos for the tests and benches of the analyses, which take nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from organizer.results import PhotoTable


def plain_table(count: int, **columns: Any) -> PhotoTable:
    """``count`` photos that differ in their names and bytes, and in nothing else but the columns given."""
    numbers = range(1, count + 1)
    values: dict[str, Any] = {
        "ids": np.array(numbers, np.int64),
        "content_hash": [number.to_bytes(32, "big") for number in numbers],
        "pixel_hash": [None] * count,
        "path": [f"/photos/{number}.jpg" for number in numbers],
        "taken": np.full(count, np.nan),
        "mtime": np.zeros(count),
        "size": np.full(count, 1000, np.int64),
        "width": np.full(count, 4000, np.int32),
        "height": np.full(count, 3000, np.int32),
        "format": ["JPEG"] * count,
        "rating": np.full(count, -1, np.int8),
        "pick": np.zeros(count, np.int8),
        "protected": np.zeros(count, bool),
        "phash": np.zeros(count, np.uint64),
        "dhash": np.zeros(count, np.uint64),
        "measures": {},
    }
    return PhotoTable(**(values | columns))
