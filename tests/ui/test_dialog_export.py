"""The export dialog: what is asked for, progress, stopping, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.fakes_library import FakeLibrary
from ui.dialogs.export import AS_THEY_ARE, SHEET, ExportDialog
from ui.services import Services
from ui.tabs.highlights import HighlightsTab

Make = Callable[[list[int]], ExportDialog]


@pytest.fixture
def make(services: Services, qtbot: QtBot, tmp_path: Path) -> Make:
    def made(ids: list[int]) -> ExportDialog:
        dialog = ExportDialog(services, ids, "Best of May")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        dialog.set_folder(tmp_path)
        dialog.show()
        return dialog

    return made


def choose(dialog: ExportDialog, value: int) -> None:
    dialog.form.setCurrentIndex(dialog.form.findData(value))


def export(dialog: ExportDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.ended):
        dialog.start_button.click()


def test_files_as_they_are_and_smaller_ones(
    make: Make, library: FakeLibrary, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = make([3, 4])
    assert not dialog.facts.isEnabled() and dialog.form.currentData() == AS_THEY_ARE
    export(dialog, qtbot)
    assert library.calls[-1] == ("export", [3, 4], tmp_path, None, True)
    assert dialog.state.text() == "2 photos are in the folder." and dialog.open_button.isVisible()
    choose(dialog, 2560)
    assert dialog.facts.isEnabled()
    dialog.facts.setChecked(False)
    export(dialog, qtbot)
    assert library.calls[-1] == ("export", [3, 4], tmp_path, 2560, False)


def test_a_contact_sheet(make: Make, library: FakeLibrary, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = make([3, 4])
    choose(dialog, SHEET)
    export(dialog, qtbot)
    assert library.calls[-1] == ("contact_sheet", [3, 4], tmp_path, "Best of May")
    assert "contact-sheet.html" in dialog.state.text() and dialog.open_button.text() == "Open the page"


def test_what_could_not_be_copied_is_named(make: Make, qtbot: QtBot) -> None:
    dialog = make([12, 13])
    export(dialog, qtbot)
    assert dialog.state.text() == "1 photo is in the folder.\nIMG_00013.jpg: The file is damaged."
    assert dialog.state.property("role") == "danger"


def test_progress_is_shown_and_it_can_be_stopped(make: Make, library: FakeLibrary, qtbot: QtBot) -> None:
    library.step = 0.02
    dialog = make(list(range(1, 60)))
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.bar.value() > 2)
    assert dialog.busy and dialog.bar.isVisible() and not dialog.start_button.isVisible()
    assert dialog.state.text().endswith("of 59")
    with qtbot.waitSignal(dialog.ended):
        dialog.stop_button.click()
    assert dialog.state.text().startswith("Stopped.") and dialog.start_button.isVisible()


def test_closing_it_ends_the_work(make: Make, library: FakeLibrary, qtbot: QtBot) -> None:
    library.step = 0.02
    dialog = make(list(range(1, 60)))
    dialog.start_button.click()
    qtbot.waitUntil(lambda: dialog.bar.value() > 1)
    with qtbot.waitSignal(dialog.ended):
        dialog.close()


def test_closing_the_window_ends_the_work(services: Services, library: FakeLibrary, qtbot: QtBot) -> None:
    class Window(QWidget):
        closing = Signal()

    window = Window()
    qtbot.addWidget(window)
    library.step = 0.02
    dialog = ExportDialog(services, list(range(1, 60)), parent=window)
    dialog.start()
    qtbot.waitUntil(lambda: dialog.bar.value() > 1)
    with qtbot.waitSignal(dialog.ended):
        window.closing.emit()
    assert dialog.bar.value() < 50


def test_a_failure_is_one_sentence(
    make: Make, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from organizer.errors import FolderProblem

    def refuse(*_words: object, **_more: object) -> None:
        raise FolderProblem("Nothing can be written to the folder /x; please choose another one.")

    monkeypatch.setattr(library, "export", refuse)
    dialog = make([3])
    export(dialog, qtbot)
    assert dialog.state.text() == "Nothing can be written to the folder /x; please choose another one."
    assert dialog.start_button.isVisible() and not dialog.open_button.isVisible()


def test_the_tab_exports_what_is_selected_or_everything(
    services: Services, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab = HighlightsTab(services)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 10)
    asked: list[tuple[list[int], str]] = []
    tab.pane.actions_.export_photos = lambda ids, title="": asked.append((list(ids), title))  # type: ignore
    QTest.mouseClick(tab.export, Qt.MouseButton.LeftButton)
    everything = tab.pane.grid.content.ids.tolist()
    assert asked[-1] == (everything, tab.pane.label.text())
    tab.pane.grid.select(everything[1:4])
    QTest.mouseClick(tab.export, Qt.MouseButton.LeftButton)
    assert sorted(asked[-1][0]) == sorted(everything[1:4]) and asked[-1][1] == ""


def test_the_menu_of_any_tab_opens_it(services: Services, library: FakeLibrary, qtbot: QtBot) -> None:
    tab = HighlightsTab(services)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 10)
    tab.pane.grid.select(tab.pane.grid.content.ids.tolist()[:3])
    tab.pane.actions_.export.trigger()
    dialog = next(one for one in QApplication.topLevelWidgets() if isinstance(one, ExportDialog))
    assert dialog.isVisible() and dialog._ids == tab.selected_ids()
    dialog.close()
