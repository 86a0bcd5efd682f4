"""Geometry: where cells stand, and that every question about them agrees with every other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect

from ui.models.content import Section
from ui.views.grid_layout import GridLayout, ListLayout, RowLayout
from ui.views.justified import JustifiedLayout

KINDS = ("grid", "list", "justified")
COUNTS = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def laid_out(kind: str, counts: list[int], width: int, cell: int, titles: bool = True) -> RowLayout:
    sections, start = [], 0
    for at, count in enumerate(counts):
        sections.append(Section(str(at), f"Day {at}" if titles else "", "", start, count))
        start += count
    rows: RowLayout
    if kind == "grid":
        rows = GridLayout(cell)
    elif kind == "list":
        rows = ListLayout(cell)
    else:
        rows = JustifiedLayout(cell)
    rows.set_width(width)
    aspects = np.random.default_rng(start).uniform(0.3, 4.0, start)
    rows.set_sections(sections, aspects)
    return rows


layouts = st.builds(
    laid_out, st.sampled_from(KINDS), COUNTS, st.integers(200, 1600), st.integers(96, 320), st.booleans()
)


@settings(max_examples=60, deadline=None)
@given(layouts)
def test_hit_test_is_the_inverse_of_rect(rows: RowLayout) -> None:
    for item in range(rows.count):
        rect = rows.rect(item)
        assert rows.index_at(rect.center().x(), rect.center().y()) == item
        assert rows.index_at(rect.left(), rect.top()) == item
        assert rows.index_at(rect.right(), rect.bottom()) == item
        assert rows.index_at(rect.right() + 1, rect.center().y()) != item
        assert rows.index_at(rect.center().x(), rect.bottom() + 1) != item


@settings(max_examples=40, deadline=None)
@given(layouts, st.integers(-100, 4000), st.integers(1, 1500))
def test_visible_items_are_those_that_touch_the_window(rows: RowLayout, top: int, height: int) -> None:
    seen = rows.visible(top, top + height)
    for item in range(rows.count):
        rect = rows.rect(item)
        assert (item in seen) == (rect.bottom() >= top and rect.top() < top + height)
    assert rows.rects(seen.start, seen.stop) == [rows.rect(item) for item in seen]


@settings(max_examples=40, deadline=None)
@given(layouts, st.integers(0, 1500), st.integers(0, 3000), st.integers(1, 900), st.integers(1, 900))
def test_a_rubber_band_finds_what_it_touches(rows: RowLayout, x: int, y: int, w: int, h: int) -> None:
    band = QRect(x, y, w, h)
    touched = [item for item in range(rows.count) if rows.rect(item).intersects(band)]
    assert rows.indices_in(band).tolist() == touched


@settings(max_examples=40, deadline=None)
@given(layouts)
def test_cells_stay_inside_and_never_overlap(rows: RowLayout) -> None:
    last = None
    for item in range(rows.count):
        rect = rows.rect(item)
        assert rect.left() >= rows.margin
        assert rect.right() < max(rows.width, rect.left() + rect.width())
        assert rect.bottom() < rows.height
        if last is not None:
            assert not rect.intersects(last)
        last = rect
    for section in range(len(rows.sections)):
        header = rows.header_rect(section)
        first = rows.rect(rows.sections[section].start)
        assert header.bottom() < first.top()


def test_a_row_of_the_grid_fills_the_width() -> None:
    rows = laid_out("grid", [50], 1000, 176)
    assert isinstance(rows, GridLayout)
    right = rows.rect(rows.columns - 1).right()
    assert 1000 - rows.margin - rows.columns <= right + 1 <= 1000 - rows.margin
    assert 0.7 * 176 < rows.cell_width < 1.5 * 176


def test_justified_rows_end_at_one_line_and_keep_shapes() -> None:
    rows = laid_out("justified", [60], 1000, 200)
    for row in range(len(rows.row_top) - 1):
        last = rows.rect(int(rows.row_first[row + 1]) - 1)
        assert abs(last.right() + 1 - (1000 - rows.margin)) <= 1
    heights = rows.row_height[:-1]
    assert heights.min() > 60
    assert heights.max() <= 270


@pytest.mark.parametrize("kind", KINDS)
def test_down_and_up_again_come_back(kind: str) -> None:
    rows = laid_out(kind, [13, 7, 30], 900, 150)
    goal = rows.rect(2).center().x() if kind != "list" else None
    start = rows.index_at(rows.rect(2).center().x(), rows.rect(2).center().y())
    below = rows.step(start, 1, goal)
    assert rows.row_of(below) == rows.row_of(start) + 1
    assert rows.step(below, -1, goal) == start
    assert rows.step(0, -1) == 0
    assert rows.step(rows.count - 1, 1) == rows.count - 1


def test_nothing_to_lay_out_is_fine() -> None:
    rows = GridLayout()
    rows.set_width(800)
    rows.set_sections(())
    assert rows.height == 0
    assert len(rows.visible(0, 1000)) == 0
    assert rows.index_at(10, 10) == -1
    assert rows.section_at(0) == -1
