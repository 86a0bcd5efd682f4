"""Settings: every page shows what is chosen, keeps a change at once, and asks the window for what follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from organizer.analysis.keep import DEFAULT_ORDER
from organizer.results import Reason
from tests.fakes_library import FakeLibrary
from ui.app import Shell
from ui.dialogs.settings import SettingsDialog
from ui.dialogs.settings.keeping import rule_names
from ui.dialogs.settings.registry import pages
from ui.services import Services


@pytest.fixture
def dialog(services: Services, qtbot: QtBot) -> SettingsDialog:
    made = SettingsDialog(services)
    qtbot.addWidget(made)
    made.show()
    return made


def settled(qtbot: QtBot, services: Services) -> None:
    qtbot.waitUntil(lambda: services.tasks.pending == 0)


def test_every_page_is_there_and_changes_nothing_by_being_looked_at(
    dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot
) -> None:
    before = library.settings
    for spec in pages():
        page: Any = dialog.show_page(spec.key)
        assert dialog.sheets.currentWidget() is page
        settled(qtbot, services)
    assert library.settings == before
    assert library.calls == []


def test_folders(dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot) -> None:
    page: Any = dialog.show_page("folders")
    settled(qtbot, services)
    page.watched.item(0).setCheckState(Qt.CheckState.Unchecked)
    with qtbot.waitSignal(dialog.wished, check_params_cb=lambda what: what == "sort-again"):
        page.protected.add(Path("/pictures/family"))
    with qtbot.waitSignal(dialog.wished, check_params_cb=lambda what: what == "look-again"):
        page.excluded.add(Path("/pictures/scans"))
    page.excluded.add(Path("/pictures/scans"))
    settled(qtbot, services)
    assert ("watch_folder", 1, False) in library.calls
    assert library.settings.protected == ("/pictures/family",)
    assert library.settings.excluded == ("/pictures/scans",)
    page.protected.list.item(0).setSelected(True)
    qtbot.mouseClick(page.protected.remove_button, Qt.MouseButton.LeftButton)
    settled(qtbot, services)
    assert library.settings.protected == ()


def test_the_model_page(
    dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot
) -> None:
    page: Any = dialog.show_page("model")
    settled(qtbot, services)
    assert page.model.text() == "Starter"
    page.device.setCurrentIndex(page.device.findData("cpu"))
    page.device.activated.emit(page.device.currentIndex())
    page.processes.setValue(2)
    settled(qtbot, services)
    assert (library.settings.device, library.settings.decode_processes) == ("cpu", 2)
    with qtbot.waitSignal(dialog.wished, check_params_cb=lambda what: what == "models"):
        qtbot.mouseClick(page.models, Qt.MouseButton.LeftButton)


def test_the_rules_can_be_put_in_order_switched_off_and_restored(
    dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot
) -> None:
    page: Any = dialog.show_page("keeping")
    assert page.order() == DEFAULT_ORDER
    assert set(rule_names()) == set(DEFAULT_ORDER)
    page.rules.setCurrentRow(2)
    with qtbot.waitSignal(dialog.wished, check_params_cb=lambda what: what == "sort-again"):
        qtbot.keyClick(dialog, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert library.settings.keep_rules[:3] == ("protected", "rating", "raw")
    assert page.rules.currentRow() == 1
    page.rules.item(9).setCheckState(Qt.CheckState.Unchecked)
    settled(qtbot, services)
    assert library.settings.keep_rules[9] == "-name"
    qtbot.mouseClick(page.restore, Qt.MouseButton.LeftButton)
    settled(qtbot, services)
    assert library.settings.keep_rules == ()
    assert page.order() == DEFAULT_ORDER
    assert not page.restore.isEnabled()


def test_a_rule_is_dragged(
    dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot
) -> None:
    page: Any = dialog.show_page("keeping")
    model = page.rules.model()
    assert model.moveRow(page.rules.rootIndex(), 8, page.rules.rootIndex(), 0)  # as a drop does
    settled(qtbot, services)
    assert library.settings.keep_rules[:2] == ("oldest", "protected")


def test_trash_sidecars_and_language(
    dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot
) -> None:
    trash: Any = dialog.show_page("trash")
    assert trash.days.value() == 30
    trash.days.setValue(0)
    trash.how.setCurrentIndex(1)
    trash.how.activated.emit(1)
    assert trash.pairs.isChecked()
    trash.pairs.click()
    sidecars: Any = dialog.show_page("sidecars")
    assert not sidecars.write.isChecked()
    sidecars.write.click()
    looks: Any = dialog.show_page("appearance")
    looks.language.setCurrentIndex(looks.language.findData("ko"))
    with qtbot.waitSignal(dialog.wished, check_params_cb=lambda what: what == "language"):
        looks.language.activated.emit(looks.language.currentIndex())
    settled(qtbot, services)
    chosen = library.settings
    assert (chosen.trash_days, chosen.empty_how, chosen.language) == (0, "delete", "ko")
    assert chosen.sidecars
    assert not chosen.pairs_together
    assert trash.days.text() == "Never"


def test_thresholds_and_their_defaults(
    dialog: SettingsDialog, library: FakeLibrary, services: Services, qtbot: QtBot
) -> None:
    page: Any = dialog.show_page("advanced")
    assert not page.restore.isEnabled()
    page.boxes[Reason.BLURRED].setValue(0.8)
    settled(qtbot, services)
    assert library.settings.thresholds == {"blurred": 0.8}
    qtbot.mouseClick(page.restore, Qt.MouseButton.LeftButton)
    settled(qtbot, services)
    assert library.settings.thresholds == {}
    assert page.boxes[Reason.BLURRED].value() == 0.5


def test_the_gear_and_the_key_open_one_dialog(
    make_shell: Callable[[Any], Shell], library: FakeLibrary, qtbot: QtBot
) -> None:
    shell = make_shell(library)
    shell.start()
    window = shell.window
    gear = next(b for b in window.top.findChildren(QToolButton) if b.accessibleName() == "Settings")
    qtbot.mouseClick(gear, Qt.MouseButton.LeftButton)
    first = window.commands.dialog(SettingsDialog)
    assert first is not None
    window.commands.show_settings()
    assert window.commands.dialog(SettingsDialog) is first
    shortcuts = [
        a.shortcut().toString() for menu in window.menuBar().actions() for a in menu.menu().actions()
    ]
    assert "Ctrl+," in shortcuts


def test_the_theme_chosen_here_is_ticked_in_the_menu(
    make_shell: Callable[[Any], Shell], library: FakeLibrary, qtbot: QtBot
) -> None:
    shell = make_shell(library)
    shell.start()
    shell.window.commands.show_settings()
    dialog: Any = shell.window.commands.dialog(SettingsDialog)
    page = dialog.show_page("appearance")
    page.theme.setCurrentIndex(page.theme.findData("dark"))
    page.theme.activated.emit(page.theme.currentIndex())
    qtbot.waitUntil(lambda: library.settings.theme == "dark")
    qtbot.waitUntil(shell.window.menus.themes["dark"].isChecked)
    assert shell.services.theme.dark
