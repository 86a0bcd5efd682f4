"""The Categories tab: cards under their parents, a category opened, photos moved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.library.views import CategoryView
from tests.fakes_library import FakeLibrary
from ui.tabs.categories import CategoriesTab, board_content
from ui.views.grid import photo_mime


@pytest.fixture
def tab(open_tab: Callable[..., CategoriesTab]) -> CategoriesTab:
    return open_tab(CategoriesTab, lambda tab: len(tab.board.categories) > 0)


def view(key: str, parent: str | None, *ids: int) -> CategoryView:
    return CategoryView(key, key.capitalize(), parent, ids, frozenset(), ids[0], len(ids) / 10)


def test_children_stand_under_their_parents_and_others_last(tab: CategoriesTab) -> None:
    assert [card.key for card in tab.board.categories] == ["beach", "mountain", "portrait", "food", "others"]
    sections = tab.board.content.sections
    assert [section.title for section in sections] == ["Nature", "People", "Things", "Others"]
    assert [section.count for section in sections] == [2, 1, 1, 1]


def test_photos_of_a_parent_itself_get_a_card() -> None:
    views = [view("others", None, 9), view("nature", None, 1, 2, 3), view("beach", "nature", 1, 2)]
    cards, content = board_content(views)
    assert [(card.key, card.photo_ids) for card in cards] == [
        ("nature", (3,)),
        ("beach", (1, 2)),
        ("others", (9,)),
    ]
    assert content.ids.tolist() == [3, 1, 9]


def test_a_parent_that_is_not_listed_still_heads_its_children() -> None:
    _cards, content = board_content([view("beach", "outdoor-places", 1)])
    assert [section.title for section in content.sections] == ["Outdoor places"]


def test_enter_opens_most_certain_first_and_escape_comes_back(tab: CategoriesTab, qtbot: QtBot) -> None:
    tab.board.set_current(0)
    QTest.keyClick(tab.board, Qt.Key.Key_Return)
    content = tab.pane.grid.content
    assert tab.pane.isVisible()
    assert [section.key for section in content.sections] == ["sure", "check"]
    assert content.sections[1].title == "Check these"
    doubtful = content.ids[content.sections[1].start :].tolist()
    assert doubtful
    assert all(photo_id % 9 == 0 for photo_id in doubtful)
    QTest.keyClick(tab.pane.grid, Qt.Key.Key_Escape)
    assert tab.board.isVisible()
    assert tab.selected_ids() == []


def test_arrows_walk_over_the_cards(tab: CategoriesTab) -> None:
    tab.board.set_current(0)
    for key, place in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 2),
        (Qt.Key.Key_End, 4),
        (Qt.Key.Key_Home, 0),
    ):
        QTest.keyClick(tab.board, key)
        assert tab.board.current() == place


def test_a_photo_dropped_on_a_category_moves_there(
    tab: CategoriesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.open_category("beach")
    photo_id = int(tab.pane.grid.content.ids[0])
    item = next(
        tab.list.item(row) for row in range(tab.list.count()) if tab.list.item(row).text().startswith("Food")
    )
    data = photo_mime([photo_id], [])
    event = QDropEvent(
        QPointF(tab.list.visualItemRect(item).center()), Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    tab.list.dropEvent(event)
    qtbot.waitUntil(lambda: ("move_to_category", [photo_id], "food") in library.calls)
    qtbot.waitUntil(lambda: photo_id not in tab.pane.grid.content.ids)
    assert tab._open == "beach"


def test_a_confirmed_photo_stays_where_it_is(tab: CategoriesTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.open_category("beach")
    doubtful = int(tab.pane.grid.content.ids[-1])
    tab.pane.grid.select([doubtful])
    tab.pane.own[0].trigger()
    qtbot.waitUntil(lambda: ("move_to_category", [doubtful], "beach") in library.calls)


def test_another_category_is_chosen_in_the_list(tab: CategoriesTab, library: FakeLibrary) -> None:
    tab.open_category("beach")
    names = [tab.list.item(row).text() for row in range(tab.list.count())]
    assert names[-1] == "Others"
    tab.list.setCurrentRow(names.index("Mountain"))
    wanted = next(v for v in library.categories() if v.key == "mountain").photo_ids
    assert sorted(tab.pane.grid.content.ids.tolist()) == sorted(wanted)
