"""Sidecars in the window: what they say is shown, differences are settled by the person, export."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.library.sidecar_notes import SidecarView
from organizer.records import SidecarFields
from tests.fakes_library import FakeLibrary
from ui.pictures import PictureLoader
from ui.services import Services
from ui.tabs.captions import CaptionsTab
from ui.views.inspector import Inspector
from ui.views.sidecar_note import SidecarNote

FILE = Path("/pictures/a.jpg.xmp")


@pytest.fixture
def note(services: Services, qtbot: QtBot) -> SidecarNote:
    note = SidecarNote(services)
    qtbot.addWidget(note)
    return note


def test_without_a_sidecar_there_is_nothing(note: SidecarNote) -> None:
    assert not note.show_view(1, None, "A boat.")
    assert not note.show_view(1, SidecarView(FILE, SidecarFields()), "A boat.")


def test_what_it_says_is_shown_and_taken_over(note: SidecarNote, library: FakeLibrary, qtbot: QtBot) -> None:
    view = SidecarView(FILE, SidecarFields(description="해변의 강아지", keywords=("dog", "바다"), rating=4))
    assert note.show_view(3, view, "A boat.")
    assert note._name.text == "a.jpg.xmp"
    for words in ("해변의 강아지", "dog, 바다", "★★★★"):
        assert words in note._words.text()
    assert note._differs.isHidden() and note.write.isHidden()
    note.take.click()
    qtbot.waitUntil(lambda: ("set_caption", 3, "해변의 강아지") in library.calls)
    note.show_view(3, view, "해변의 강아지")
    assert note.take.isHidden()


def test_a_difference_is_the_persons_to_settle(note: SidecarNote, library: FakeLibrary, qtbot: QtBot) -> None:
    view = SidecarView(FILE, SidecarFields(description="Theirs"), {"description": "Mine"})
    note.show_view(3, view, "Mine")
    assert note._differs.text() == "You wrote something else."
    note.write.click()
    wanted = ("write_sidecars", {3: SidecarFields(description="Mine")}, ("description",))
    qtbot.waitUntil(lambda: wanted in library.calls)


def test_a_file_that_is_no_sidecar_is_told(note: SidecarNote) -> None:
    assert note.show_view(1, SidecarView(FILE, SidecarFields(), problem="a.jpg.xmp cannot be read."), "")
    assert note._differs.text() == "a.jpg.xmp cannot be read."
    assert note.take.isHidden() and note.write.isHidden()


def test_long_names_and_words_do_not_widen_the_column(note: SidecarNote) -> None:
    name = "camera_" * 20 + ".jpg.xmp"
    fields = SidecarFields(description="w" * 300)
    note.show_view(1, SidecarView(FILE.with_name(name), fields, problem=f"{name} cannot be read."), "")
    assert note.minimumSizeHint().width() < 300


def test_the_inspector_shows_it(services: Services, library: FakeLibrary, qtbot: QtBot) -> None:
    library.sidecars[2] = SidecarView(FILE, SidecarFields(description="Theirs"))
    pictures = PictureLoader(services.library, services.tasks)
    inspector = Inspector(services, pictures)
    qtbot.addWidget(inspector)
    inspector.show()
    inspector.show_photos([2])
    qtbot.waitUntil(lambda: inspector._sections["sidecar"].isVisible())
    inspector.show_photos([3])
    qtbot.waitUntil(lambda: inspector._sections["sidecar"].isHidden())


def test_the_key_writes_sidecars(services: Services, library: FakeLibrary, qtbot: QtBot) -> None:
    tab = CaptionsTab(services)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.list.content) == 60)
    tab.activateWindow()
    tab.list.setFocus()
    tab.list.set_current(0)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(tab.list, Qt.Key.Key_W, both)
    qtbot.waitUntil(lambda: ("export_sidecars", [tab.list.current_id()]) in library.calls)
    assert "Write sidecar files" in [action.text() for action in tab.actions_.menu().actions()]
