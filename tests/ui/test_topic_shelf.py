"""Topics in the Captions tab: shown as albums, chosen, renamed, merged, kept as a category."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from organizer.library import TopicView
from tests.fakes_library import FakeLibrary
from ui.services import Services
from ui.tabs.captions import CaptionsTab
from ui.views.topic_shelf import EVERYTHING, TopicShelf, whole_words


@pytest.fixture
def tab(captions_tab: CaptionsTab) -> CaptionsTab:
    return captions_tab


def choose(tab: CaptionsTab, place: int) -> TopicView:
    QTest.mouseClick(tab.shelf.viewport(), Qt.MouseButton.LeftButton, pos=tab.shelf._card(place).center())
    return tab.shelf.topics[place - 1]


def words(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_a_topic_shows_its_photos_the_most_typical_first(tab: CaptionsTab) -> None:
    assert tab.shelf.isVisible()
    topic = choose(tab, 2)
    assert tab.list.content.ids.tolist() == list(topic.photo_ids)
    assert tab.label.text() == f"{len(topic.photo_ids)} captions"
    choose(tab, 0)
    assert len(tab.list.content) == 60


def test_what_is_described_is_the_topic(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    topic = choose(tab, 1)
    qtbot.mouseClick(tab.header.describe, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: sorted(library.described) == sorted(topic.photo_ids))


def test_the_keyboard_chooses(tab: CaptionsTab) -> None:
    tab.shelf.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(tab.shelf, key)
    assert tab.shelf.key == tab.shelf.topics[1].key
    assert tab.shelf.accessibleDescription().startswith(tab.shelf.topics[1].name)
    QTest.keyClick(tab.shelf, Qt.Key.Key_Escape)
    assert tab.shelf.key == EVERYTHING


def test_the_choice_stays_when_captions_come(tab: CaptionsTab, qtbot: QtBot) -> None:
    topic = choose(tab, 3)
    loads: list[object] = []
    shown = tab.show_data
    tab.show_data = lambda data: bool(loads.append(data)) or shown(data)  # type: ignore[method-assign]
    tab.mark_stale()
    qtbot.waitUntil(lambda: len(loads) == 1)
    assert tab.shelf.key == topic.key
    assert len(tab.list.content) == len(topic.photo_ids)


def test_a_topic_is_renamed(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    topic = tab.shelf.topics[0]
    tab.editor.ask = lambda *_words: None
    tab.editor.rename(topic.key)
    tab.editor.ask = lambda *_words: "여름 바다"
    with qtbot.waitSignal(tab.wished) as wish:
        tab.editor.rename(topic.key)
    assert wish.args == ["sort-again"]
    assert library.calls == [("rename_topic", topic.key, "여름 바다")]
    qtbot.waitUntil(lambda: tab.shelf.topics[0].name == "여름 바다")


def test_the_menu_merges_and_keeps(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    first, second, *_ = tab.shelf.topics
    menu = tab.editor.menu(first.key)
    assert words(menu) == ["Rename…", "Merge with", "Keep as a category…"]
    targets = menu.actions()[1].menu()
    assert isinstance(targets, QMenu)
    assert first.name not in words(targets)
    next(action for action in targets.actions() if action.text() == second.name).trigger()
    qtbot.waitUntil(lambda: ("merge_topics", first.key, second.key) in library.calls)
    asked: list[str] = []
    tab.editor.ask = lambda _title, _label, before: asked.append(before) or "Outdoors"  # type: ignore[func-returns-value]
    tab.editor.keep(first.key)
    qtbot.waitUntil(lambda: ("keep_topic", first.key, "Outdoors") in library.calls)
    assert asked == [first.name]


def test_a_context_menu_belongs_to_its_card(tab: CaptionsTab, qtbot: QtBot) -> None:
    asked: list[int] = []
    tab.shelf.menu_requested.disconnect()
    tab.shelf.menu_requested.connect(lambda _place, key: asked.append(key))
    from PySide6.QtGui import QContextMenuEvent
    from PySide6.QtWidgets import QApplication

    for place in (0, 2):
        at = tab.shelf._card(place).center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, tab.shelf.viewport().mapToGlobal(at))
        QApplication.sendEvent(tab.shelf.viewport(), event)
    assert asked == [tab.shelf.topics[1].key]


def test_many_topics_scroll_and_only_those_in_view_load(services: Services, qtbot: QtBot) -> None:
    shelf = TopicShelf(services.thumbnails, services.theme)
    qtbot.addWidget(shelf)
    shelf.resize(700, 70)
    views = [TopicView(n, f"topic of number {n}", ("topic",), (n,), False) for n in range(1, 41)]
    shelf.set_topics(views)
    with qtbot.waitExposed(shelf):
        shelf.show()
    bar = shelf.horizontalScrollBar()
    assert bar.maximum() > 0
    qtbot.waitUntil(lambda: services.thumbnails.pixmap(1, 40) is not None)
    assert services.thumbnails.pixmap(40, 40) is None
    shelf.choose(40)
    assert shelf.key == 40
    assert shelf.viewport().rect().contains(shelf._card(40).center())
    shelf.viewport().repaint()
    assert shelf.place_at(QPoint(300, 1)) == -1  # above the cards


def test_without_topics_there_is_no_shelf(services: Services, qtbot: QtBot) -> None:
    shelf = TopicShelf(services.thumbnails, services.theme)
    qtbot.addWidget(shelf)
    assert shelf.isHidden()


def test_photos_without_a_caption_can_be_described(
    services: Services, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "captions", lambda: [library._caption(i) for i in library.described])
    tab = CaptionsTab(services)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: tab._wish == "describe-all")
    tab._empty.pressed.emit()
    qtbot.waitUntil(lambda: len(library.described) == 60)
    qtbot.waitUntil(lambda: len(tab.list.content) == 60)
    assert np.array_equal(np.sort(tab.list.content.ids), np.arange(1, 61))


def test_names_are_shown_in_whole_words(dressed: QApplication) -> None:
    metrics = QFontMetrics(dressed.font())
    name = "computer, program, screenshot"
    wide = metrics.horizontalAdvance(name)
    assert whole_words(name, metrics, wide) == name
    assert whole_words(name, metrics, wide - 1) == "computer, program"
    assert whole_words(name, metrics, metrics.horizontalAdvance("computer")) == "computer"
    assert whole_words(name, metrics, metrics.horizontalAdvance("computer") - 1).endswith("…")
