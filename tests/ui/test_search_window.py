"""Searching in the window: filters write into the field, examples from the menu, a part drawn on a photo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QFocusEvent, QPixmap
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.errors import QueryProblem
from tests.fakes_library import FakeLibrary
from ui.main_window import MainWindow
from ui.theme import Theme
from ui.views.grid import photo_mime
from ui.views.image_view import ImageView
from ui.views.region import RegionPicker
from ui.views.search_bar import _dropped


@pytest.fixture
def window(make_shell: Callable[[Any], Any], library: FakeLibrary, qtbot: QtBot) -> MainWindow:
    shell = make_shell(library)
    shell.window.resize(1200, 760)
    shell.window.show()
    shell.start([])
    tab = shell.window.tabs[0]
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 60)
    return shell.window


def shown(window: MainWindow) -> list[int]:
    return window.tabs[0].pane.grid.content.ids.tolist()


def test_filters_are_written_into_the_search(window: MainWindow, library: FakeLibrary, qtbot: QtBot) -> None:
    window.top.search.setText("IMG")
    window.finding.open_filters()
    panel = window.top.panel
    assert panel.isVisible()
    panel.colours["red"].click()
    assert window.top.search.text() == "IMG colour:red"
    panel.colours["blue"].click()
    assert window.top.search.text() == "IMG colour:blue"
    panel.camera.setCurrentIndex(1)
    panel.camera.activated.emit(1)
    assert window.top.search.text() == 'IMG colour:blue camera:"Fujifilm X-T3"'
    panel.colours["blue"].click()
    assert window.top.search.text() == 'IMG camera:"Fujifilm X-T3"'
    panel.hide()
    asked = lambda: [call[1] for call in library.calls if call[0] == "search"]  # noqa: E731
    qtbot.waitUntil(lambda: asked()[-1:] == ['IMG camera:"Fujifilm X-T3"'])


def test_the_panel_shows_what_the_search_says(window: MainWindow) -> None:
    window.top.search.setText("colour:green date:2024-05 orientation:portrait format:png -colour:red")
    window.finding.open_filters()
    panel = window.top.panel
    assert [name for name, button in panel.colours.items() if button.isChecked()] == ["green"]
    assert panel.date.text() == "2024-05"
    assert panel.shape.currentData() == "portrait"
    assert panel.format.currentData() == "png"
    panel.hide()


def test_find_similar_shows_a_chip_that_ends_it(window: MainWindow, qtbot: QtBot) -> None:
    window.finding.find_similar(30)
    qtbot.waitUntil(lambda: sorted(shown(window)) == [26, 27, 28, 29, 31, 32, 33, 34])
    assert window.top.example.isVisible()
    assert "IMG_00030" in window.top.example.accessibleName()
    window.top.example.click()
    qtbot.waitUntil(lambda: len(shown(window)) == 60)
    assert not window.top.example.isVisible()


def test_a_photo_dropped_on_the_search_field_is_an_example(tmp_path: Path) -> None:
    assert _dropped(photo_mime([12, 13], [tmp_path / "a.jpg"])) == 12
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl.fromLocalFile(str(tmp_path / "a.jpg"))])
    assert _dropped(files) == tmp_path / "a.jpg"
    words = QMimeData()
    words.setText("beach")
    assert _dropped(words) is None


@pytest.fixture
def picker(theme: Theme, qtbot: QtBot) -> RegionPicker:
    image = ImageView()
    qtbot.addWidget(image)
    image.resize(400, 300)
    image.show()
    image.show_photo(QSize(4000, 3000), QPixmap(40, 30))
    picker = RegionPicker(image)
    picker.start()
    return picker


def drag(picker: RegionPicker, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(picker, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(picker, (start + end) / 2)
    QTest.mouseMove(picker, end)
    QTest.mouseRelease(picker, Qt.MouseButton.LeftButton, pos=end)


def test_a_part_is_told_as_shares_of_the_photo(picker: RegionPicker, qtbot: QtBot) -> None:
    drag(picker, QPoint(300, 225), QPoint(100, 75))
    with qtbot.waitSignal(picker.chosen) as said:
        picker.find_button.click()
    box, coloured = said.args
    assert box == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=0.01)
    assert coloured is False
    assert not picker.isVisible()


def test_a_click_is_no_part_and_escape_leaves(picker: RegionPicker, qtbot: QtBot) -> None:
    drag(picker, QPoint(100, 100), QPoint(103, 104))
    assert picker.box() is None
    with qtbot.waitSignal(picker.left):
        QTest.keyClick(picker, Qt.Key.Key_Escape)
    assert not picker.isVisible()


def test_a_part_stays_inside_the_photo(picker: RegionPicker) -> None:
    picker._box = None
    picker._image.resize(600, 300)
    picker.start()
    corner = picker._image.to_view(QPointF(3500, 2500)).toPoint()
    drag(picker, corner, QPoint(598, 299))
    assert picker.box() == pytest.approx((0.875, 0.833, 1.0, 1.0), abs=0.02)


def test_from_the_full_view_to_what_is_similar(
    window: MainWindow, library: FakeLibrary, qtbot: QtBot
) -> None:
    window._activated((30, [29, 30, 31]))
    full = window._full
    assert full is not None
    full.draw_region()
    full._region_chosen((0.1, 0.1, 0.5, 0.5), True)
    assert window.top.search.text() == "colour:red"
    qtbot.waitUntil(
        lambda: any(
            call[0] == "search" and call[2] is not None and call[2].box == (0.1, 0.1, 0.5, 0.5)
            for call in library.calls
        )
    )


def test_a_slow_search_says_so_and_the_next_one_waits_for_nothing_else(
    window: MainWindow, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    real = library.search

    def slow(text: str, *arguments: Any, **named: Any) -> Any:
        assert go.wait(20)
        return real(text, *arguments, **named)

    monkeypatch.setattr(library, "search", slow)
    tab = window.tabs[0]
    window.top.search.say("IMG")
    qtbot.waitUntil(lambda: tab.pane.label.text() == "Searching…")
    window.top.search.say("xyzzy")  # while the first one is under way
    tab._patience.setInterval(60_000)  # a tab that loads slowly rests long between two loads
    go.set()
    qtbot.waitUntil(lambda: "xyzzy" in tab._empty.accessibleName())
    go.clear()
    window.top.search.say("IMG_0001")
    qtbot.waitUntil(lambda: tab._empty.accessibleName() == "Searching…")
    go.set()
    qtbot.waitUntil(lambda: shown(window) != [] and tab.pane.label.text() == "10 photos found")
    go.clear()
    window.top.search.say("IMG_0002")
    qtbot.waitUntil(lambda: tab.pane.label.text() == "Searching…")
    window.top.search.say("")
    qtbot.waitUntil(lambda: tab.pane.label.text() == "")  # nothing is looked for any more
    go.set()
    qtbot.waitUntil(lambda: len(shown(window)) == 60)
    assert tab.pane.label.text().startswith("60 photos")


def test_a_search_that_names_nothing_is_answered(
    window: MainWindow, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asks(*_arguments: Any, **_named: Any) -> Any:
        raise QueryProblem("nothing", "Name something to look for.")

    monkeypatch.setattr(library, "search", asks)
    window.top.search.say("-")
    empty = window.tabs[0]._empty
    qtbot.waitUntil(lambda: "Name something to look for." in empty.accessibleName())


def test_going_to_the_search_field_gets_the_model_ready_once(
    window: MainWindow, library: FakeLibrary, qtbot: QtBot
) -> None:
    assert library.made_ready == 0
    for reason in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.ShortcutFocusReason,
                   Qt.FocusReason.MouseFocusReason):  # fmt: skip
        event = QFocusEvent(QEvent.Type.FocusIn, reason)
        window.top.search.focusInEvent(event)
        wanted = 0 if reason == Qt.FocusReason.ActiveWindowFocusReason else 1
        qtbot.waitUntil(lambda: window.services.tasks.pending == 0)
        assert library.made_ready == wanted
