"""Categories edited and taught in the window, and why a photo is where it is."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.fakes_library import FakeLibrary
from ui.dialogs.teach import TeachDialog
from ui.services import Services
from ui.tabs.categories import CategoriesTab


@pytest.fixture
def tab(services: Services, qtbot: QtBot) -> CategoriesTab:
    tab = CategoriesTab(services)
    qtbot.addWidget(tab)
    tab.resize(900, 600)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.board.categories) > 0 and bool(tab.editor._parents))
    return tab


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
