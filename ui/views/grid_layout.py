"""Where each photo stands: geometry of sections and rows over numbers alone.

A layout knows the sections and the width and answers in content coordinates (y grows downwards from 0).
Only rows are stored, so a resize costs O(rows) in numpy and every question O(log rows). Paints nothing
and knows no ids.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect

from ..models.content import Section

GAP = 8
MARGIN = 16
HEADER = 44
SMALLEST_CELL = 96
LARGEST_CELL = 320

_Ints = NDArray[np.int64]
_NONE: _Ints = np.zeros(0, dtype=np.int64)


class RowLayout:
    """Items in rows, rows in sections. A subclass says how a section is cut into rows.

    Attributes:
        width: of the content, pixels. height: of everything, pixels.
        count: number of items. header: height of a section's heading, pixels.
        row_first: (R + 1,), first item of each row, then ``count``.
        row_top, row_height: (R,), pixels. section_top: (S,), top of each heading.
    """

    def __init__(self, *, gap: int = GAP, margin: int = MARGIN, header: int = HEADER) -> None:
        self.gap, self.margin, self.header = gap, margin, header
        self.width = 0
        self.height = 0
        self.count = 0
        self.sections: tuple[Section, ...] = ()
        self.row_first: _Ints = np.zeros(1, dtype=np.int64)
        self.row_top: _Ints = _NONE
        self.row_height: _Ints = _NONE
        self.section_top: _Ints = _NONE
        self._starts: _Ints = _NONE
        self._counts: _Ints = _NONE

    def set_sections(self, sections: Sequence[Section], aspects: NDArray[np.float64] | None = None) -> None:
        """Say what is to be laid out; sections cover 0..N in order."""
        self.sections = tuple(sections)
        self._starts = np.array([section.start for section in sections], dtype=np.int64)
        self._counts = np.array([section.count for section in sections], dtype=np.int64)
        self.count = int(self._counts.sum())
        self._set_aspects(aspects)
        self.relayout()

    def set_width(self, width: int) -> None:
        """Lay out anew for another width in pixels."""
        if width != self.width:
            self.width = width
            self.relayout()

    def relayout(self) -> None:
        """Compute the rows and the height."""
        rows_of, first, height = self._rows()
        headers = np.array([self.header_height(section) for section in self.sections], dtype=np.int64)
        steps = height + self.gap
        section_of_row = np.repeat(np.arange(len(self.sections)), rows_of)
        self.row_first = np.append(first, self.count)
        self.row_height = height
        above = np.cumsum(headers)[section_of_row] if len(first) else _NONE
        self.row_top = np.cumsum(steps) - steps + above + (section_of_row * self.gap)
        self.row_top += self._top_margin()
        starts = np.concatenate(([0], np.cumsum(rows_of)[:-1])) if len(self.sections) else _NONE
        self.section_top = self.row_top[starts] - headers if len(first) else _NONE
        self.height = int(self.row_top[-1] + height[-1] + self.margin) if len(first) else 0

    def header_height(self, section: Section) -> int:
        """Height of the heading, 0 where there is none."""
        return self.header if section.title else 0

    def _top_margin(self) -> int:
        return 0 if self.sections and self.sections[0].title else self.margin

    def _set_aspects(self, aspects: NDArray[np.float64] | None) -> None:
        """Take the shapes of the photos, where the layout follows them."""

    def _rows(self) -> tuple[_Ints, _Ints, _Ints]:
        """Rows a section (S,), first item a row (R,), height a row (R,)."""
        raise NotImplementedError

    def _spans(self, row: int) -> tuple[_Ints, _Ints]:
        """Left edges and widths of a row's items, pixels."""
        raise NotImplementedError

    # questions

    def row_of(self, item: int) -> int:
        return int(np.searchsorted(self.row_first, item, "right")) - 1

    def rect(self, item: int) -> QRect:
        """The item's cell."""
        row = self.row_of(item)
        left, width = self._spans(row)
        at = item - int(self.row_first[row])
        return QRect(int(left[at]), int(self.row_top[row]), int(width[at]), int(self.row_height[row]))

    def rects(self, first: int, last: int) -> list[QRect]:
        """Cells of the items first..last - 1, row by row (quicker than one by one)."""
        found: list[QRect] = []
        if last <= first:
            return found
        for row in range(self.row_of(first), self.row_of(last - 1) + 1):
            left, width = self._spans(row)
            top, height, start = int(self.row_top[row]), int(self.row_height[row]), int(self.row_first[row])
            low = max(first - start, 0)
            high = min(last - start, len(left))
            pairs = zip(left[low:high].tolist(), width[low:high].tolist(), strict=True)
            found.extend(QRect(x, top, w, height) for x, w in pairs)
        return found

    def index_at(self, x: int, y: int) -> int:
        """The item at a point, -1 between cells."""
        row = int(np.searchsorted(self.row_top, y, "right")) - 1
        if row < 0 or y >= self.row_top[row] + self.row_height[row]:
            return -1
        left, width = self._spans(row)
        at = int(np.searchsorted(left, x, "right")) - 1
        if at < 0 or x >= left[at] + width[at]:
            return -1
        return int(self.row_first[row]) + at

    def visible(self, top: int, bottom: int) -> range:
        """Items whose cells touch top <= y < bottom."""
        first, last = self._rows_between(top, bottom)
        return range(int(self.row_first[first]), int(self.row_first[last])) if last > first else range(0)

    def indices_in(self, area: QRect) -> _Ints:
        """Items whose cells touch the area (rubber band)."""
        first, last = self._rows_between(area.top(), area.bottom() + 1)
        found = []
        for row in range(first, last):
            left, width = self._spans(row)
            low = int(np.searchsorted(left + width, area.left(), "right"))
            high = int(np.searchsorted(left, area.right(), "right"))
            start = int(self.row_first[row])
            found.append(np.arange(start + low, start + max(low, high), dtype=np.int64))
        return np.concatenate(found) if found else _NONE

    def step(self, item: int, rows: int, goal_x: int | None = None) -> int:
        """The item ``rows`` rows further that lies nearest to ``goal_x`` (or under the item)."""
        row = self.row_of(item)
        target = min(max(row + rows, 0), len(self.row_top) - 1)
        if target == row:
            return item
        x = self.rect(item).center().x() if goal_x is None else goal_x
        left, width = self._spans(target)
        return int(self.row_first[target]) + int(np.argmin(np.abs(left + width // 2 - x)))

    def section_at(self, y: int) -> int:
        """The section whose heading or photos are at this height; -1 when there are none."""
        if not len(self.section_top):
            return -1
        return max(0, int(np.searchsorted(self.section_top, y, "right")) - 1)

    def section_of(self, item: int) -> int:
        return int(np.searchsorted(self._starts, item, "right")) - 1

    def header_rect(self, section: int) -> QRect:
        """The heading of a section; empty height where it has none."""
        height = self.header_height(self.sections[section])
        return QRect(0, int(self.section_top[section]), self.width, height)

    def sections_between(self, top: int, bottom: int) -> range:
        """Sections whose headings may touch top <= y < bottom."""
        if not len(self.section_top):
            return range(0)
        first = self.section_at(top)
        return range(first, int(np.searchsorted(self.section_top, bottom, "left")))

    def _rows_between(self, top: int, bottom: int) -> tuple[int, int]:
        first = int(np.searchsorted(self.row_top + self.row_height, top, "right"))
        return first, int(np.searchsorted(self.row_top, bottom, "left"))


class GridLayout(RowLayout):
    """Equal cells; they stretch or shrink a little so that a row fills the width.

    Attributes:
        cell: wished side of a cell, pixels. columns: cells a row. cell_width, cell_height: as laid out.
        below: extra height under each square for words, pixels.
    """

    def __init__(self, cell: int = 176, *, below: int = 0, gap: int = GAP, header: int = HEADER) -> None:
        super().__init__(gap=gap, header=header)
        self.cell = cell
        self.below = below
        self.columns = 1
        self.cell_width = self.cell_height = cell
        self._left: _Ints = _NONE

    def set_cell(self, cell: int) -> None:
        """Another wished side, within the limits."""
        cell = min(max(cell, SMALLEST_CELL), LARGEST_CELL)
        if cell != self.cell:
            self.cell = cell
            self.relayout()

    def _rows(self) -> tuple[_Ints, _Ints, _Ints]:
        room = max(self.cell, self.width - 2 * self.margin)
        self.columns = max(1, round((room + self.gap) / (self.cell + self.gap)))
        self.cell_width = (room - (self.columns - 1) * self.gap) // self.columns
        self.cell_height = self.cell_width + self.below
        self._left = self.margin + np.arange(self.columns, dtype=np.int64) * (self.cell_width + self.gap)
        rows_of = -(-self._counts // self.columns)
        total = int(rows_of.sum())
        before = np.repeat(np.cumsum(rows_of) - rows_of, rows_of)
        inside = np.arange(total, dtype=np.int64) - before
        first = np.repeat(self._starts, rows_of) + inside * self.columns
        return rows_of, first, np.full(total, self.cell_height, dtype=np.int64)

    def _spans(self, row: int) -> tuple[_Ints, _Ints]:
        count = int(self.row_first[row + 1] - self.row_first[row])
        return self._left[:count], np.full(count, self.cell_width, dtype=np.int64)


class ListLayout(RowLayout):
    """One item a row, over the whole width, all of one height."""

    def __init__(self, row_height: int, *, gap: int = 0, header: int = HEADER) -> None:
        super().__init__(gap=gap, header=header)
        self.item_height = row_height

    def _rows(self) -> tuple[_Ints, _Ints, _Ints]:
        heights = np.full(self.count, self.item_height, dtype=np.int64)
        return self._counts, np.arange(self.count, dtype=np.int64), heights

    def _spans(self, row: int) -> tuple[_Ints, _Ints]:
        room = max(1, self.width - 2 * self.margin)
        return np.array([self.margin], dtype=np.int64), np.array([room], dtype=np.int64)
