"""Rows of stacks: every photo that would go is shown or can be, and what becomes of each is said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from organizer.library.room import HARD_LINK
from organizer.library.views import CleanupPlan, StackView
from organizer.results import Tier
from tests.fakes_library import FakeLibrary
from ui.services import Services
from ui.tabs.duplicates import DuplicatesTab
from ui.views.cleanup_summary import CleanupSummary
from ui.views.compare_pane import difference, shows_nothing
from ui.views.elided import LineLabel
from ui.views.stack_row import RowState, StackRow


@pytest.fixture
def tab(services: Services, qtbot: QtBot) -> DuplicatesTab:
    tab = DuplicatesTab(services)
    qtbot.addWidget(tab)
    tab.resize(1000, 600)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.list.stacks) == 5)
    return tab


def large(view: StackView, members: int) -> StackView:
    """The stack with its photos repeated under other ids."""
    photos = [replace(view.photos[at % len(view.photos)], id=900 + at) for at in range(members)]
    ids = tuple(photo.id for photo in photos)
    return replace(view, stack=replace(view.stack, members=ids, keep=ids[0], lacks={}), photos=tuple(photos))


def test_all_photos_of_a_stack_are_shown_before_one_is_left_out(tab: DuplicatesTab) -> None:
    row = tab.list._row
    rect = QRect(0, 0, 1160, 220)
    sides = [row.tiles(rect, members)[-1].width() for members in (2, 6, 8, 9)]
    assert sides == sorted(sides, reverse=True)
    assert sides[-1] < sides[0]
    for members in (2, 6, 8, 9):
        tiles = row.tiles(rect, members)
        assert row.shown(rect, members) == members == len(tiles)
        assert tiles[-1].right() < row.column(rect).left()
        assert all(one.right() < other.left() for one, other in pairwise(tiles))


def test_photos_without_room_come_with_the_focus(tab: DuplicatesTab) -> None:
    tab.show_data([large(tab.list.stacks[0], 30)])
    rect = tab.list.item_rect(0)
    shown = tab.list._row.shown(rect, 30)
    assert 2 < shown < 30
    seen = set()
    for at in range(30):
        places = tab.list._row.places(rect, 30, at)
        assert at in places
        assert len(places) == len(set(places)) == shown
        assert max(places) < 30
        seen.update(places)
    assert seen == set(range(30))
    for _ in range(29):
        QTest.keyClick(tab.list, Qt.Key.Key_Right)
    assert tab.list.focused_photo() == 929
    assert 929 in tab.list.photo_ids([0])
    last = tab.list._row.tiles(rect, 30)[shown - 1].center()
    QTest.mouseClick(tab.list.viewport(), Qt.MouseButton.LeftButton, pos=last)
    assert tab.list.focused_photo() == 929


def test_a_press_on_the_rest_shows_it(tab: DuplicatesTab) -> None:
    tab.show_data([large(tab.list.stacks[0], 30)])
    more = tab.list._row.tiles(tab.list.item_rect(0), 30)[-1].center()
    seen = set(tab.list.photo_ids([0]))
    for _ in range(10):
        QTest.mouseClick(tab.list.viewport(), Qt.MouseButton.LeftButton, pos=more)
        seen.update(tab.list.photo_ids([0]))
    assert seen == set(range(900, 930))


def test_what_becomes_of_each_photo_is_said(tab: DuplicatesTab) -> None:
    row: StackRow = tab.list._row
    view = large(tab.list.stacks[0], 3)
    view = replace(view, notes={902: HARD_LINK})
    tile = QRect(0, 0, 160, 160)
    current = RowState(900, current=True, focused_photo=900, lively=True)
    marks = [row._fate(view, photo, tile, current) for photo in (900, 901, 902)]
    assert [mark and mark.text for mark in marks] == ["Keep", "Trash", None]
    chosen = replace(current, keep=901)
    assert [row._fate(view, photo, tile, chosen).icon for photo in (900, 901)] == ["trash", "keep"]  # type: ignore[union-attr]
    narrow = row._fate(view, 901, QRect(0, 0, 40, 40), current)
    assert narrow is not None and (narrow.icon, narrow.text) == ("trash", "")


def test_shots_of_one_moment_are_not_called_copies(
    tab: DuplicatesTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("ui.views.stack_row.tr_n", lambda one, many, n: said.append(many) or many)
    for tier in (Tier.EXACT, Tier.BURST):
        view = tab.list.stacks[0]
        tab.show_data([replace(view, stack=replace(view.stack, tier=tier))])
        tab.list.grab()
    assert [one for one in dict.fromkeys(said) if one.startswith("in ")] == [
        "in {n} copies",
        "in {n} other shots",
    ]


def test_a_comparison_says_where_each_photo_lies_and_that_nothing_differs(
    tab: DuplicatesTab, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.views.compare.difference", lambda first, _second: difference(first, first))
    view = next(view for view in tab.list.stacks if len(view.stack.members) == 2)
    tab.list.reveal(view.stack.members[0])
    QTest.keyClick(tab.list, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: len(tab.compare._details) == 2)
    paths = [photo.path for photo in view.photos]
    for at, path in enumerate(paths):
        assert (path.parent.name in tab.compare._notes[at].text()) == (paths[0].parent != paths[1].parent)
    assert [tab.compare._panes[at]._frame is not None for at in range(2)] == [True, False]
    assert [tab.compare._keeps[at].text() for at in range(2)] == ["Kept", "Keep this"]
    assert [tab.compare._keeps[at].icon().isNull() for at in range(2)] == [False, True]
    QTest.keyClick(tab.compare, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: bool(tab.compare._equal))
    assert [tab.compare._panes[at]._words for at in range(2)] == ["", "No difference to be seen"]
    assert tab.compare.count.text() == ""
    tab.compare.show_photos(view.stack.members, of=7)
    assert tab.compare.count.text() == "2 of 7"


def test_a_difference_that_can_be_seen_is_no_equality() -> None:
    grey = np.full((20, 30, 3), 90, np.uint8)
    other = grey.copy()
    assert shows_nothing(difference(grey, other))
    other[3:5, 4:8] += 20
    assert not shows_nothing(difference(grey, other))


def test_after_several_stacks_went_the_next_one_has_the_focus(tab: DuplicatesTab) -> None:
    views = list(tab.list.stacks)
    QTest.keyClick(tab.list, Qt.Key.Key_Down)
    tab.show_data([views[0], *views[3:]])
    assert tab.list.stack() is views[3]
    QTest.keyClick(tab.list, Qt.Key.Key_End)
    tab.show_data(views[3:4])
    assert tab.list.stack() is views[3]
    tab.show_data([])
    assert tab.list.stack() is None
    tab.show_data(views)
    assert tab.list.stack() is views[0]


def test_the_summary_names_a_folder_that_would_be_left_without_photos(
    tab: DuplicatesTab, qtbot: QtBot
) -> None:
    trip, rest = Path("/pictures/Trip"), Path("/pictures/2024")
    summary = CleanupSummary(CleanupPlan(12, 9_000, {trip: 10, rest: 2}, (), emptied=frozenset({trip})), tab)
    qtbot.addWidget(summary)
    words = " ".join(label.text() for label in summary.findChildren(QLabel))
    assert "No photo would be left in “Trip”" in words
    rows = [summary.folders.topLevelItem(at) for at in range(2)]
    assert [row.text(1) for row in rows if row is not None] == ["all 10", "2"]


def test_the_current_stack_stays_in_sight_when_others_change_places(tab: DuplicatesTab) -> None:
    view = next(view for view in tab.list.stacks if view.stack.tier is Tier.EXACT)
    many = [replace(view, stack=replace(view.stack, key=f"k{at:02}"), savings=1000 - at) for at in range(30)]
    QTest.keyClick(tab.list, Qt.Key.Key_End)
    tab.show_data(many)
    assert tab.list.current() == 0  # of other stacks, the first
    for _ in range(2):
        QTest.keyClick(tab.list, Qt.Key.Key_Down)
    current = tab.list.stack()
    assert current is many[2]
    tab.show_data([*many[1:], many[0]])  # the first, at which the view stands, frees nothing any more
    assert tab.list.stack() is current
    assert tab.list.current() in tab.list.visible_places()
    for _ in range(9):
        QTest.keyClick(tab.list, Qt.Key.Key_Down)
    height = tab.list.item_rect(tab.list.current()).top()
    tab.show_data([view for view in many if view is not tab.list.stack()])
    assert tab.list.item_rect(tab.list.current()).top() == height


def test_however_narrow_the_kept_and_the_focused_photo_are_shown(tab: DuplicatesTab) -> None:
    row = tab.list._row
    for width, members in product((390, 440, 520, 640, 900, 1300), (2, 3, 4, 8, 40)):
        rect = QRect(16, 0, width, 220)
        tiles = row.tiles(rect, members)
        assert tiles[0].width() >= tiles[-1].width()
        assert tiles[-1].right() < row.column(rect).left()
        for focused in range(members):
            assert {0, focused} <= set(row.places(rect, members, focused)), (width, members)
        assert row.shown(rect, members) == members or row.more_at(rect, members, tiles[-1].center())


def test_a_line_that_has_no_room_ends_with_dots(dressed: QApplication, qtbot: QtBot) -> None:
    label = LineLabel("155 stacks, 22.0 MB could be freed")
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.show()
    assert (label.shown(), label.toolTip()) == (label.text(), "")
    label.resize(90, 20)
    assert label.shown().endswith("…")
    assert label.toolTip() == label.text()
    label.setText("5")
    assert (label.shown(), label.toolTip()) == ("5", "")


def test_a_key_held_down_decides_about_one_stack(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    for kind, key in product(("list", "compare"), (Qt.Key.Key_Return, Qt.Key.Key_B, Qt.Key.Key_N)):
        before = list(tab.list.stacks)
        held = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", True)
        getattr(tab, kind).keyPressEvent(held)
        assert list(tab.list.stacks) == before
    assert not [call for call in library.calls if call[0] in ("resolve_stack", "keep_both", "not_duplicates")]


def test_the_focused_photo_is_said_with_what_becomes_of_it(tab: DuplicatesTab) -> None:
    view = tab.list.stack()
    assert view is not None
    said = tab.list.accessibleDescription()
    assert view.photos[0].path.name in said and "Keep" in said and f"1 of {len(view.photos)}" in said
    QTest.keyClick(tab.list, Qt.Key.Key_Right)
    said = tab.list.accessibleDescription()
    assert view.photos[1].path.name in said and "Trash" in said and "2 of" in said
    QTest.keyClick(tab.list, Qt.Key.Key_2)
    assert "Keep" in tab.list.accessibleDescription()
