"""The questions that stop the program for an answer: each button does what it says, Escape does nothing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from organizer.errors import CatalogDamaged, CatalogTooNew, CatalogUnsuitablePlace
from ui.dialogs.confirm import confirm
from ui.dialogs.start_problem import WayOut, ask_way_out
from ui.theme import Theme

pytestmark = pytest.mark.usefixtures("theme")


def answer(qtbot: QtBot, words: str | None) -> list[str]:
    """Press the button with these words (Escape for None) once the box is there; returns what it said."""
    said: list[str] = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        said.extend([box.text(), box.informativeText()])
        if words is None:
            qtbot.keyClick(box, Qt.Key.Key_Escape)
        else:
            next(button for button in box.buttons() if button.text() == words).click()

    QTimer.singleShot(50, press)
    return said


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("Use the last good backup", WayOut.RESTORE),
        ("Start a new catalogue", WayOut.AFRESH),
        ("Quit", WayOut.QUIT),
        (None, WayOut.QUIT),
    ],
)
def test_ways_out_of_a_damaged_catalogue(qtbot: QtBot, words: str | None, way: WayOut) -> None:
    said = answer(qtbot, words)
    assert ask_way_out(CatalogDamaged("The catalogue is damaged.")) is way
    assert said[0] == "The catalogue is damaged."
    assert "photos are not affected" in said[1]


@pytest.mark.parametrize("error", [CatalogTooNew("Too new."), CatalogUnsuitablePlace("A network drive.")])
def test_quitting_is_always_offered(qtbot: QtBot, error: CatalogTooNew) -> None:
    answer(qtbot, "Quit")
    assert ask_way_out(error) is WayOut.QUIT


def test_only_the_words_of_the_action_mean_yes(qtbot: QtBot, theme: Theme) -> None:
    for words, expected in (("Delete 3 files", True), ("Cancel", False), (None, False)):
        said = answer(qtbot, words)
        assert (
            confirm(None, "Delete 3 files for good?", "This cannot be undone.", "Delete 3 files") is expected
        )
        assert said == ["Delete 3 files for good?", "This cannot be undone."]
