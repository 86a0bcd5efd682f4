"""Justified rows: photos keep their shape, rows fill the width, heights stay near a wished height.

Greedy line filling, as in the galleries of photo sites: a row closes when its photos, scaled to the
wished height, fill the width; then the row is scaled to fill it exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .grid_layout import HEADER, RowLayout

_Ints = NDArray[np.int64]
NARROWEST, WIDEST = 0.4, 3.2  # a panorama or a strip is shown cropped to these shapes
TALLEST = 1.35  # a short last row grows to at most this times the wished height


class JustifiedLayout(RowLayout):
    """Attributes:
    cell: wished height of a row, pixels.
    """

    def __init__(self, cell: int = 224, *, header: int = HEADER) -> None:
        super().__init__(header=header)
        self.cell = cell
        self._aspects: NDArray[np.float64] = np.zeros(0)
        self._lefts: list[_Ints] = []
        self._widths: list[_Ints] = []

    def set_cell(self, cell: int) -> None:
        """Another wished height in pixels."""
        if cell != self.cell:
            self.cell = cell
            self.relayout()

    def _set_aspects(self, aspects: NDArray[np.float64] | None) -> None:
        shapes = np.ones(self.count) if aspects is None else aspects
        self._aspects = np.clip(np.nan_to_num(shapes, nan=1.0), NARROWEST, WIDEST)

    def _rows(self) -> tuple[_Ints, _Ints, _Ints]:
        room = max(self.cell, self.width - 2 * self.margin)
        rows_of: list[int] = []
        first: list[int] = []
        heights: list[int] = []
        self._lefts, self._widths = [], []
        for section in self.sections:
            before = len(first)
            start = section.start
            while start < section.start + section.count:
                end, height = self._fill(start, section.start + section.count, room)
                first.append(start)
                heights.append(height)
                self._place(start, end, height, room)
                start = end
            rows_of.append(len(first) - before)
        return (
            np.array(rows_of, dtype=np.int64),
            np.array(first, dtype=np.int64),
            np.array(heights, dtype=np.int64),
        )

    def _fill(self, start: int, stop: int, room: int) -> tuple[int, int]:
        """The end of the row that begins at ``start``, and its height."""
        shapes = 0.0
        for item in range(start, stop):
            shapes += float(self._aspects[item])
            free = room - (item - start) * self.gap
            if shapes * self.cell >= free:
                return item + 1, max(1, round(free / shapes))
        filling = (room - (stop - start - 1) * self.gap) / shapes
        return stop, max(1, round(filling if filling <= self.cell * TALLEST else self.cell))

    def _place(self, start: int, end: int, height: int, room: int) -> None:
        widths = np.maximum(1, np.round(self._aspects[start:end] * height)).astype(np.int64)
        gaps = self.gap * (end - start - 1)
        over = int(widths.sum()) + gaps - room
        if over > 0 or -over <= end - start:  # rounding alone: the right edge is kept straight
            widths[-1] = max(1, int(widths[-1]) - over)
        self._widths.append(widths)
        self._lefts.append(self.margin + np.cumsum(widths + self.gap) - widths - self.gap)

    def _spans(self, row: int) -> tuple[_Ints, _Ints]:
        return self._lefts[row], self._widths[row]
