"""The Captions tab: sentences beside their photos, edited in place, 50,000 as quick as ten."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.results import Caption
from tests.fakes_library import FakeLibrary
from ui.models.content import one_section
from ui.services import Services
from ui.tabs.captions import CaptionsTab
from ui.views.caption_list import CaptionListView


@pytest.fixture
def tab(captions_tab: CaptionsTab) -> CaptionsTab:
    captions_tab.list.setFocus()
    return captions_tab


def write(tab: CaptionsTab, text: str) -> None:
    tab.list.editor.selectAll()
    QTest.keyClicks(tab.list.editor, text)


def test_enter_edits_and_enter_keeps(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.list.set_current(2)
    photo_id = tab.list.current_id()
    QTest.keyClick(tab.list, Qt.Key.Key_Return)
    assert tab.list.editor.isVisible()
    assert tab.list.item_rect(2).contains(tab.list.editor.geometry().center())
    write(tab, "Grandmother in her garden")
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Return)
    assert not tab.list.editor.isVisible()
    qtbot.waitUntil(lambda: ("set_caption", photo_id, "Grandmother in her garden") in library.calls)
    qtbot.waitUntil(lambda: tab.label.text() == "60 captions, 1 written by you")
    assert tab.list.captions[photo_id].source == "user"


def test_topics_are_made_again_when_nothing_is_written_any_more(
    tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab._rest.setInterval(20)
    wishes: list[str] = []
    tab.wished.connect(wishes.append)
    tab.list.edit(0)
    write(tab, "one")
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: library.calls != [])
    QTest.qWait(80)
    assert wishes == []  # the next one is being written
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: wishes == ["sort-again"])


def test_escape_changes_nothing(tab: CaptionsTab, library: FakeLibrary) -> None:
    tab.list.edit(0)
    write(tab, "not this")
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Escape)
    assert not tab.list.editor.isVisible()
    assert library.calls == []


def test_a_sentence_that_stayed_is_not_written(tab: CaptionsTab, library: FakeLibrary) -> None:
    tab.list.edit(0)
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Return)
    assert library.calls == []


def test_tab_goes_on_with_the_next_photo(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.list.edit(0)
    first, second = (int(photo_id) for photo_id in tab.list.content.ids[:2])
    write(tab, "one")
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Tab)
    assert tab.list.editor.isVisible()
    write(tab, "two")
    QTest.keyClick(tab.list.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("set_caption", second, "two") in library.calls)
    assert ("set_caption", first, "one") in library.calls


def test_what_is_being_edited_survives_a_refresh(tab: CaptionsTab, qtbot: QtBot) -> None:
    tab.list.edit(3)
    write(tab, "half a sent")
    loads: list[object] = []
    shown = tab.show_data
    tab.show_data = lambda data: bool(loads.append(data)) or shown(data)  # type: ignore[method-assign]
    tab.mark_stale()
    qtbot.waitUntil(lambda: len(loads) == 1)
    assert tab.list.editor.isVisible()
    assert tab.list.editor.toPlainText() == "half a sent"


def test_fifty_thousand_rows_paint_only_what_is_seen(
    services: Services, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []
    whole = CaptionListView.paint_item

    def counting(self: CaptionListView, painter: QPainter, place: int, rect: object) -> None:
        painted.append(place)
        whole(self, painter, place, rect)

    monkeypatch.setattr(CaptionListView, "paint_item", counting)
    view = CaptionListView(services.thumbnails, services.theme)
    qtbot.addWidget(view)
    view.resize(800, 600)
    with qtbot.waitExposed(view):
        view.show()
    ids = range(50_000)
    view.set_captions({i: Caption(i, f"Photo {i}", "labels") for i in ids}, one_section(ids))
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    painted.clear()
    view.viewport().repaint()
    assert 5 <= len(painted) <= 12


def test_the_menu_edits_and_moves_to_the_trash(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.list.set_current(4)
    photo_id = tab.list.current_id()
    words = [action.text() for action in tab.actions_.menu((tab.edit,)).actions()]
    assert "Edit the caption\tEnter" in words
    assert "Move to the trash" in words
    tab.edit.trigger()
    assert tab.list.editor.isVisible()
    tab.actions_.remove.trigger()
    qtbot.waitUntil(lambda: ("remove_photos", (photo_id,)) in [tuple(map(_frozen, c)) for c in library.calls])


def _frozen(part: object) -> object:
    return tuple(part) if isinstance(part, list) else part
