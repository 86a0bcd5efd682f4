"""Describing from the window: asked for, shown, paused, stopped; idle time and the battery; the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.errors import ModelError
from organizer.events import Progress
from organizer.library import DescribeSummary
from tests.fakes_library import FakeControl, FakeLibrary
from ui import describe_worker
from ui.app import Shell
from ui.background import Work
from ui.describe_worker import Describer
from ui.dialogs.settings import SettingsDialog
from ui.dialogs.settings.idle import IdlePage
from ui.services import Services
from ui.tabs.captions import CaptionsTab
from ui.theme import Theme
from ui.views.statusbar import StatusBar


@pytest.fixture
def tab(captions_tab: CaptionsTab) -> CaptionsTab:
    return captions_tab


@pytest.fixture
def make_describer(library: FakeLibrary) -> Iterator[Callable[..., Describer]]:
    made: list[Describer] = []

    def make(battery: bool = False) -> Describer:
        made.append(Describer(library, lambda: battery))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for describer in made:
        assert describer.shutdown()


@pytest.fixture
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program counts as idle at once."""
    monkeypatch.setattr(describe_worker, "IDLE_SECONDS", 0.0)


def test_the_key_describes_the_photo_in_focus(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.activateWindow()
    tab.list.setFocus()
    tab.list.set_current(3)
    photo = tab.list.current_id()
    QTest.keyClick(tab.list, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: library.described == [photo])
    qtbot.waitUntil(lambda: tab.list.captions[photo].source == "model starter-captioner")
    assert "Describe" in [action.text() for action in tab.actions_.menu().actions()]


def test_all_that_is_listed_paused_and_stopped(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    library.step = 0.02
    assert tab.strip.isHidden()
    qtbot.mouseClick(tab.header.describe, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(library.described) > 2)
    assert tab.strip.isVisible()
    qtbot.waitUntil(lambda: tab.strip.words.text().startswith("Describing photos"))
    tab.strip.pause.click()
    assert tab.services.describer.state is Work.PAUSED
    assert tab.strip.pause.text() == "Resume"
    QTest.qWait(60)
    count = len(library.described)
    QTest.qWait(80)
    assert len(library.described) == count
    tab.strip.pause.click()
    qtbot.waitUntil(lambda: len(library.described) > count)
    tab.strip.stop.click()
    qtbot.waitUntil(lambda: tab.strip.isHidden())
    assert ("stop_describing",) in library.calls
    assert len(library.described) < 60
    assert not library.waiting


def test_many_that_wait_for_new_photos_are_told(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    describer = tab.services.describer
    describer.set_indexing(True)
    qtbot.mouseClick(tab.header.describe, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tab.strip.isVisible())
    assert tab.strip.words.text() == "60 photos are described when the new ones have been looked at."
    assert tab.strip.pause.isHidden()
    tab.strip.stop.click()
    qtbot.waitUntil(lambda: not library.waiting)
    assert tab.strip.isHidden()
    describer.set_indexing(False)
    assert library.described == []


def test_own_words_are_kept_and_told(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    photo = int(tab.list.content.ids[0])
    library.set_caption(photo, "Mine")
    told: list[tuple[str, bool]] = []
    tab.services.undo.told.connect(lambda *words: told.append(words))
    qtbot.mouseClick(tab.header.describe, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(library.described) == 59)
    qtbot.waitUntil(lambda: told == [("1 photo keeps the words that you wrote.", True)])


def test_the_caption_is_copied(tab: CaptionsTab) -> None:
    tab.list.set_current(0)
    tab.copy_words.trigger()
    assert QGuiApplication.clipboard().text() == tab.list.captions[tab.list.current_id()].text


def test_one_quiet_line_says_the_language(tab: CaptionsTab) -> None:
    assert tab.header.note.text() == "Written in English. Your own words can be in any language."


def test_the_choice_of_idle_work_is_kept(tab: CaptionsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    assert tab.header.idle.isChecked()
    tab.header.idle.click()
    qtbot.waitUntil(lambda: not library.settings.describe_idle)


def test_idle_time_begins_after_a_rest_and_ends_with_a_key(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library.step = 0.02
    describer = make_describer()
    describer.look()
    QTest.qWait(50)
    assert library.described == []
    monkeypatch.setattr(describe_worker, "IDLE_SECONDS", 0.0)
    describer.look()
    qtbot.waitUntil(lambda: len(library.described) > 2)
    assert describer.state is Work.WORKING and not describer.asked
    describer.touched()
    qtbot.waitUntil(lambda: describer.state is Work.IDLE)
    assert len(library.described) < 60


@pytest.mark.parametrize(
    ("settings", "battery", "works"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"pause_on_battery": False}, True, True),
        ({"describe_idle": False}, False, False),
    ],
)
def test_idle_work_follows_the_settings(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    rested: None,
    settings: dict[str, bool],
    battery: bool,
    works: bool,
) -> None:
    library.change_settings(**settings)
    describer = make_describer(battery)
    describer.look()
    if works:
        qtbot.waitUntil(lambda: len(library.described) == 60)
    else:
        QTest.qWait(60)
        assert library.described == []


def test_looking_for_new_photos_goes_first(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    rested: None,
) -> None:
    library.step = 0.01
    describer = make_describer()
    describer.look()
    qtbot.waitUntil(lambda: len(library.described) > 2)
    describer.set_indexing(True)
    qtbot.waitUntil(lambda: describer.state is Work.IDLE)
    count = len(library.described)
    library.describe(list(range(1, 61)))  # many: they wait, too
    with qtbot.waitSignal(describer.held, check_params_cb=lambda held: held == 60):
        describer.request()
    QTest.qWait(60)
    assert len(library.described) == count
    library.waiting = library.waiting[-2:]  # few do not
    describer.request()
    qtbot.waitUntil(lambda: len(library.described) == count + 2)
    qtbot.waitUntil(lambda: describer.state is Work.IDLE)
    describer.set_indexing(False)
    describer.look()
    qtbot.waitUntil(lambda: set(library.described) == set(range(1, 61)))


def test_what_is_asked_for_comes_before_idle_work(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    rested: None,
) -> None:
    library.step = 0.02
    describer = make_describer()
    describer.look()
    qtbot.waitUntil(lambda: len(library.described) > 1)
    library.describe([60])
    describer.request()
    qtbot.waitUntil(lambda: 60 in library.described)
    assert library.described.index(60) < 20


def test_idle_work_that_is_about_to_begin_makes_room(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    rested: None,
) -> None:
    arrived, going = library.hold_starts()
    describer = make_describer()
    describer.look()
    qtbot.waitUntil(arrived.is_set)
    library.describe([60])
    describer.request()
    going.set()
    qtbot.waitUntil(lambda: bool(library.described))
    assert library.described[0] == 60


def test_what_is_asked_for_comes_before_idle_work_that_is_paused(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    rested: None,
) -> None:
    library.step = 0.02
    describer = make_describer()
    describer.look()
    qtbot.waitUntil(lambda: len(library.described) > 1)
    describer.pause()
    library.describe([60])
    describer.request()
    describer.resume()
    qtbot.waitUntil(lambda: 60 in library.described)
    assert library.described.index(60) < 20


def test_a_few_are_described_in_one_go_also_when_new_photos_arrive(
    make_describer: Callable[..., Describer], library: FakeLibrary, qtbot: QtBot
) -> None:
    library.step = 0.02
    library.waiting = [1, 2, 3]
    describer = make_describer()
    told: list[DescribeSummary] = []
    describer.described.connect(told.append)
    describer.request()
    qtbot.waitUntil(lambda: bool(library.described))
    describer.set_indexing(True)
    qtbot.waitUntil(lambda: told == [DescribeSummary(3)])


def test_what_waited_goes_on_after_a_start(
    make_shell: Callable[[Any], Shell], library: FakeLibrary, qtbot: QtBot
) -> None:
    library.waiting = [1, 2, 3]
    shell = make_shell(library)
    shell.start()
    qtbot.waitUntil(lambda: library.described == [1, 2, 3])
    qtbot.waitUntil(lambda: shell.window.toast.text == "3 photos described.")
    assert shell.window.toast.button.isVisibleTo(shell.window.toast)


@pytest.mark.expects_log
def test_a_captioner_that_fails_is_told_and_idle_work_rests(
    make_describer: Callable[..., Describer],
    library: FakeLibrary,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    rested: None,
) -> None:
    def fail(control: FakeControl, *, idle: bool) -> DescribeSummary:
        tried.append(idle)
        raise ModelError("The captioner cannot be loaded.")

    tried: list[bool] = []
    monkeypatch.setattr(library, "describe_waiting", fail)
    describer = make_describer()
    told: list[str] = []
    describer.problem.connect(told.append)
    describer.look()
    qtbot.waitUntil(lambda: told == ["The captioner cannot be loaded."])
    describer.look()
    QTest.qWait(60)
    assert tried == [True]


def test_the_settings_have_idle_work_and_battery(
    services: Services, library: FakeLibrary, qtbot: QtBot
) -> None:
    dialog = SettingsDialog(services)
    qtbot.addWidget(dialog)
    page = dialog.show_page("idle")
    assert isinstance(page, IdlePage)
    assert page.describe.isChecked() and page.battery.isChecked()
    page.battery.click()
    qtbot.waitUntil(lambda: not library.settings.pause_on_battery)
    page.describe.click()
    qtbot.waitUntil(lambda: not library.settings.describe_idle)
    assert not page.battery.isEnabled()


def test_the_status_bar_says_how_far_it_is(theme: Theme, qtbot: QtBot) -> None:
    bar = StatusBar(theme)
    qtbot.addWidget(bar)
    bar.show_total(60)
    bar.show_progress(Progress("captions", 3, 60))
    bar.show_total(60)
    assert bar._words.text() == "Describing photos: 3 of 60"
    bar.show_described()
    assert bar._words.text() == "60 photos"
    bar.show_work(Work.WORKING)
    bar.show_progress(Progress("captions", 4, 60))
    assert "Describing" not in bar._words.text()


def test_who_writes_captions_is_chosen_in_the_settings(
    services: Services, library: FakeLibrary, qtbot: QtBot
) -> None:
    dialog = SettingsDialog(services)
    qtbot.addWidget(dialog)
    page: Any = dialog.show_page("model")
    qtbot.waitUntil(lambda: page.captioner.count() == 3)
    names = [page.captioner.itemText(at) for at in range(3)]
    assert names == ["Automatic", "Starter captions", "The strongest labels"]
    assert page.captioner.currentData() == ""
    page.captioner.setCurrentIndex(2)
    page.captioner.activated.emit(2)
    qtbot.waitUntil(lambda: library.settings.captioner == "labels")
