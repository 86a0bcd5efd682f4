"""Categories edited and taught in the window, and why a photo is where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from tests.fakes_library import FakeLibrary
from ui.dialogs.teach import TeachDialog
from ui.services import Services
from ui.tabs.categories import CategoriesTab
from ui.views import category_board, category_list
from ui.views.category_board import CategoryBoard
from ui.views.category_drag import category_in, mime_of
from ui.views.category_list import CategoryList
from ui.views.grid import photo_mime


@pytest.fixture
def tab(open_tab: Callable[..., CategoriesTab]) -> CategoriesTab:
    return open_tab(CategoriesTab, lambda tab: len(tab.board.categories) > 0 and bool(tab.editor._parents))


def action(menu: QMenu, words: str) -> QAction:
    return next(one for one in menu.actions() if one.text() == words)


def test_a_category_is_added_below_another_by_name(
    tab: CategoriesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.editor.ask = lambda title, label, before: "Kites"
    with qtbot.waitSignal(tab.wished) as wished:
        action(tab.editor.menu("nature"), "New category below this one…").trigger()
    assert wished.args == ["sort-again"]
    assert ("add_category", "Kites", "nature") in library.calls


def test_a_category_is_renamed_hidden_nested_and_shown_again(
    tab: CategoriesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.editor.ask = lambda title, label, before: before + "s"
    menu = tab.editor.menu("beach")
    action(menu, "Rename…").trigger()
    action(menu, "Hide").trigger()
    below = action(menu, "Put below").menu()
    action(below, "People").trigger()
    action(action(menu, "Show again").menu(), "Cars").trigger()
    wanted = [
        ("rename_category", "beach", "Beachs"), ("hide_category", "beach", True),
        ("nest_category", "beach", "people"), ("hide_category", "cars", False),
    ]  # fmt: skip
    qtbot.waitUntil(lambda: all(call in library.calls for call in wanted))


def test_an_empty_name_changes_nothing(tab: CategoriesTab, library: FakeLibrary) -> None:
    tab.editor.ask = lambda title, label, before: ""
    tab.editor.add(None)
    tab.editor.rename("beach")
    assert not [call for call in library.calls if call[0] in ("add_category", "rename_category")]


def test_a_category_with_others_below_it_is_not_nested(tab: CategoriesTab) -> None:
    words = [one.text() for one in tab.editor.menu("nature").actions()]
    assert "Put below" not in words
    assert "Rename…" in words
    assert [one.text() for one in tab.editor.menu("others").actions() if one.text()] == [
        "New category…", "Show again",
    ]  # fmt: skip


def test_doubtful_photos_are_confirmed_and_refused(
    services: Services, library: FakeLibrary, qtbot: QtBot
) -> None:
    dialog = TeachDialog(services, "beach", "Beach")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.photos.count() == 2)
    assert not dialog.yes.isEnabled()
    dialog.photos.item(0).setSelected(True)
    first = dialog.chosen()
    with qtbot.waitSignal(dialog.taught):
        dialog.yes.click()
    assert ("teach_category", "beach", first, []) in library.calls
    qtbot.waitUntil(lambda: "found" in dialog.table.text())
    dialog.photos.item(1).setSelected(True)
    second = dialog.chosen()
    with qtbot.waitSignal(dialog.taught):
        dialog.no.click()
    assert ("teach_category", "beach", [], second) in library.calls
    qtbot.waitUntil(lambda: services.tasks.pending == 0)


def drag_over(view: CategoryBoard | CategoryList, at: QPoint, key: str) -> bool:
    """Hold a category there; whether it may be dropped."""
    data = mime_of(key)  # an event does not keep it
    event = QDragMoveEvent(at, Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton,
                           Qt.KeyboardModifier.NoModifier)  # fmt: skip
    view.dragMoveEvent(event)
    return event.isAccepted()


def drop(view: CategoryBoard | CategoryList, at: QPoint, key: str) -> None:
    data = mime_of(key)
    event = QDropEvent(QPointF(at), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton,
                       Qt.KeyboardModifier.NoModifier)  # fmt: skip
    view.dropEvent(event)


def section(tab: CategoriesTab, title: str) -> QPoint:
    """The middle of the first card below a heading."""
    found = next(one for one in tab.board.content.sections if one.title == title)
    tab.board.ensure_visible(found.start)
    return tab.board.item_rect(found.start).center()


def row(tab: CategoriesTab, name: str) -> QPoint:
    texts = [tab.list.item(place).text() for place in range(tab.list.count())]
    item = tab.list.item(texts.index(name))
    tab.list.scrollToItem(item)
    return tab.list.visualItemRect(item).center()


def test_a_card_dropped_in_another_section_goes_below_its_heading(
    tab: CategoriesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    at = section(tab, "People")
    assert drag_over(tab.board, at, "beach")
    assert tab.board.content.sections[tab.board.target].title == "People"
    lit = tab.board.grab().toImage()
    with qtbot.waitSignal(tab.wished) as wished:
        drop(tab.board, at, "beach")
    assert wished.args == ["sort-again"]
    assert ("nest_category", "beach", "people") in library.calls
    assert tab.board.target == -1
    assert tab.board.grab().toImage() != lit


def test_a_category_goes_nowhere_that_would_make_no_sense(tab: CategoriesTab, library: FakeLibrary) -> None:
    for title, key in (
        ("Nature", "beach"),  # it stands there
        ("Others", "beach"),
        ("People", "nature"),  # it has categories below it
        ("People", "nothing"),
        ("People", ""),
    ):
        at = section(tab, title)
        assert not drag_over(tab.board, at, key), (title, key)
        assert tab.board.target == -1
        drop(tab.board, at, key)
    below_all = QPoint(10, tab.board.rows.height + 50)
    assert not drag_over(tab.board, below_all, "beach")
    assert not [call for call in library.calls if call[0] == "nest_category"]


def test_a_category_dropped_on_a_row_of_the_list_goes_below_it(
    tab: CategoriesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.open_category("beach")
    top = next(key for key, above in tab.editor._parents.items() if above is None and key != "nature")
    at = row(tab, dict(tab._names)[top])
    assert drag_over(tab.list, at, "beach")
    assert not drag_over(tab.list, row(tab, "Mountain"), "beach")
    drop(tab.list, at, "beach")
    qtbot.waitUntil(lambda: ("nest_category", "beach", top) in library.calls)
    assert not [call for call in library.calls if call[0] == "move_to_category"]


@pytest.mark.parametrize("name", ["board", "list"])
def test_a_press_that_wanders_drags_and_one_that_stays_does_not(
    tab: CategoriesTab, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[tuple[str, str]] = []

    def drag(_source: QWidget, _theme: object, key: str, words: str) -> None:
        carried.append((key, words))

    monkeypatch.setattr(category_board, "drag", drag)
    monkeypatch.setattr(category_list, "drag", drag)
    if name == "list":
        tab.open_category("beach")
    view = tab.board.viewport() if name == "board" else tab.list.viewport()
    start = section(tab, "Nature") if name == "board" else row(tab, "Mountain")
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + QPoint(2, 1))
    assert carried == []
    QTest.mouseMove(view, start + QPoint(40, 30))
    assert carried == [("beach", "Beach") if name == "board" else ("mountain", "Mountain")]
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 30))
    if name == "list":
        assert tab._open == "beach"
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=start)
        assert tab._open == "mountain"


def test_what_is_carried_is_a_category_or_photos() -> None:
    assert category_in(mime_of("own-여행")) == "own-여행"
    assert category_in(photo_mime([3], [])) == ""
