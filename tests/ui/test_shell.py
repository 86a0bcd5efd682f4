"""The whole window over a library in memory: what a person does in the first minutes, and the ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from organizer.errors import CatalogDamaged, CatalogLocked, CatalogTooNew
from organizer.events import Kind, Notice
from organizer.paths import AppPaths
from tests.fakes_library import FakeLibrary
from ui.app import Shell, open_library
from ui.background import Work
from ui.dialogs.start_problem import WayOut, ways_out_of
from ui.dialogs.trash import TrashDialog
from ui.main_window import MainWindow
from ui.translation import tr

MakeShell = Callable[[Any], Shell]


@pytest.fixture
def empty(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(0, paths=AppPaths.at(tmp_path / "own"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of twelve real files."""
    folder = tmp_path / "Ferien 2024 🏖"
    folder.mkdir()
    for number in range(12):
        Image.new("RGB", (64, 48), (20 * number, 90, 120)).save(folder / f"p{number:02}.jpg")
    return folder


def started(shell: Shell, qtbot: QtBot) -> MainWindow:
    shell.window.resize(1280, 800)
    with qtbot.waitExposed(shell.window):
        shell.start()
    qtbot.waitUntil(lambda: shell.services.tasks.pending == 0 and shell.indexer.state is Work.IDLE)
    return shell.window


def drop(window: MainWindow, *paths: Path) -> bool:
    """Drop these as the file manager would; whether the window took them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(400, 300), copy, mime, left, none)
    enter.ignore()
    window.dragEnterEvent(enter)
    if enter.isAccepted():
        window.dropEvent(QDropEvent(QPointF(400, 300), copy, mime, left, none))
    return enter.isAccepted()


def test_the_first_start_asks_for_a_folder_and_nothing_else(
    make_shell: MakeShell, empty: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(empty), qtbot)
    assert window.welcome.isVisible()
    assert window.welcome.button.text() == "Choose a folder…"
    assert not window.top.isVisible()
    assert not window.status.isVisible()


def test_a_dropped_folder_fills_the_window(
    make_shell: MakeShell, empty: FakeLibrary, pictures: Path, qtbot: QtBot
) -> None:
    window = started(make_shell(empty), qtbot)
    assert drop(window, pictures)
    qtbot.waitUntil(lambda: window.columns.strip.count_of(0) == 12)
    assert not window.welcome.isVisible()
    assert [root.path for root in empty.roots()] == [pictures]
    qtbot.waitUntil(lambda: len(window.tabs[0].pane.grid.content) == 12)
    runs = [call for call in empty.calls if call[0] == "index"]
    assert runs and all(name != threading.main_thread().name for _, name in runs)


def test_dropped_files_add_their_folder_once(
    make_shell: MakeShell, empty: FakeLibrary, pictures: Path, qtbot: QtBot
) -> None:
    window = started(make_shell(empty), qtbot)
    assert drop(window, pictures / "p00.jpg", pictures / "p01.jpg")
    qtbot.waitUntil(lambda: window.columns.strip.count_of(0) == 12)
    assert [call for call in empty.calls if call[0] == "add_folder"] == [("add_folder", pictures)]


def test_a_missing_folder_is_one_sentence(
    make_shell: MakeShell, library: FakeLibrary, tmp_path: Path, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.commands.add_folders([tmp_path / "gone"])
    qtbot.waitUntil(lambda: window.toast.isVisible())
    assert "“gone” is not there any more" in window.toast.text


def test_tabs_carry_counts_and_switch(make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot) -> None:
    window = started(make_shell(library), qtbot)
    counts = library.counts()
    shown = [window.columns.strip.count_of(at) for at in range(len(window.specs))]
    assert shown == [spec.count(counts) for spec in window.specs]
    for at in range(len(window.specs)):
        window.show_tab(at)
        assert window.columns.pages.currentWidget() is window.tabs[at]
    qtbot.waitUntil(lambda: shell_quiet(window))


def test_a_tab_chosen_with_the_mouse_gives_the_keys_to_what_it_shows(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    """Not to its first button: in Duplicates that would be the one that cleans up everything."""
    window = started(make_shell(library), qtbot)
    window.activateWindow()
    window.current_tab.setFocus()
    strip = window.columns.strip
    for at in (2, 1, 3, 2, 4, 5, 0, 2):
        QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.tabRect(at).center())
        qtbot.waitUntil(lambda: shell_quiet(window))
        focused = QApplication.focusWidget()
        assert focused is not None and window.tabs[at].isAncestorOf(focused)
        assert not isinstance(focused, QAbstractButton)


def shell_quiet(window: MainWindow) -> bool:
    return window.services.tasks.pending == 0


def test_selecting_a_photo_fills_the_inspector(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.show_inspector(True)
    newest = int(library.photo_ids()[0])
    window.tabs[0].selection_changed.emit([newest])
    qtbot.waitUntil(lambda: window.inspector._name.text == library.photos([newest])[newest].path.name)


def test_a_removal_can_be_undone_from_the_toast(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.services.undo.run(library.remove_photos, [1, 2])
    qtbot.waitUntil(lambda: window.toast.isVisible())
    assert window.toast.text == "2 photos moved to the trash"
    qtbot.waitUntil(lambda: window.menus.undo.text() == "Undo: 2 photos moved to the trash")
    qtbot.waitUntil(lambda: "2" in window.sidebar._trash.text())
    window.toast.button.click()
    qtbot.waitUntil(lambda: library.trash() == [])
    qtbot.waitUntil(lambda: not window.menus.undo.isEnabled() and window.menus.redo.isEnabled())


def test_redo_has_both_of_its_usual_keys(make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot) -> None:
    window = started(make_shell(library), qtbot)
    usual = QKeySequence.keyBindings(QKeySequence.StandardKey.Redo)
    assert len(usual) > 1
    assert window.menus.redo.shortcuts() == usual


def test_photos_are_sorted_again_when_an_edit_of_the_categories_is_taken_back(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.services.undo.run(library.choose, [1], 1, quiet=True)
    qtbot.waitUntil(lambda: window.services.tasks.pending == 0)
    runs = library.calls.count(("analyse",))
    library.stale = {Kind.HIGHLIGHTS}
    window.services.undo.undo()
    qtbot.waitUntil(lambda: ("undo",) in library.calls and window.services.tasks.pending == 0)
    assert library.calls.count(("analyse",)) == runs  # a pick moves no photo to another category
    library.stale = {Kind.CATEGORIES}
    window.services.undo.redo()
    qtbot.waitUntil(lambda: library.calls.count(("analyse",)) == runs + 1)


def test_the_trash_opens_from_the_sidebar(make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot) -> None:
    library.remove_photos([1])
    window = started(make_shell(library), qtbot)
    window.sidebar._trash.click()
    dialog = window.commands.dialog(TrashDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 1)
    window.sidebar._trash.click()
    assert window.commands.dialog(TrashDialog) is dialog


def test_a_folder_taken_off_the_list_comes_back_with_undo(
    make_shell: MakeShell, empty: FakeLibrary, pictures: Path, qtbot: QtBot
) -> None:
    window = started(make_shell(empty), qtbot)
    drop(window, pictures)
    qtbot.waitUntil(lambda: window.columns.strip.count_of(0) == 12)
    qtbot.waitUntil(lambda: len(window.sidebar._nodes) == 1)
    window.commands.remove_folder(1)
    qtbot.waitUntil(lambda: window.toast.isVisible() and "off the list" in window.toast.text)
    qtbot.waitUntil(lambda: window.welcome.isVisible())
    window.toast.button.click()
    qtbot.waitUntil(lambda: window.columns.strip.count_of(0) == 12)


def test_search_switches_to_the_photos_it_finds(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.show_tab(3)
    qtbot.keyClicks(window.top.search, "IMG_00012")
    qtbot.keyClick(window.top.search, Qt.Key.Key_Return)
    assert window.columns.strip.currentIndex() == 0
    qtbot.waitUntil(lambda: list(window.tabs[0].pane.grid.content.ids) == [12])


def test_the_full_view_opens_from_a_tab_and_gives_the_focus_back(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.tabs[0].activated.emit((5, [4, 5, 6]))
    full = window._full
    assert full is not None
    qtbot.waitUntil(lambda: full._name.text == "IMG_00005.jpg")
    qtbot.keyClick(full, Qt.Key.Key_Escape)
    assert not full.isVisible()
    qtbot.waitUntil(lambda: shell_quiet(window))


def test_pause_and_resume_from_the_status_line(
    make_shell: MakeShell, empty: FakeLibrary, pictures: Path, qtbot: QtBot
) -> None:
    empty.step = 0.05
    window = started(make_shell(empty), qtbot)
    drop(window, pictures)
    qtbot.waitUntil(lambda: window.status._button.isVisible() and len(empty.photo_ids()) >= 1)
    window.status._button.click()
    assert window.status._button.text() == "Resume"
    qtbot.wait(120)
    there = len(empty.photo_ids())
    qtbot.wait(100)
    assert len(empty.photo_ids()) == there < 12
    window.status._button.click()
    qtbot.waitUntil(lambda: window.columns.strip.count_of(0) == 12)
    qtbot.waitUntil(lambda: window.status._button.isHidden())


def test_notices_of_the_core_are_shown(make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot) -> None:
    window = started(make_shell(library), qtbot)
    sender = threading.Thread(target=library.send, args=(Notice("The GPU was lost; the work goes on."),))
    sender.start()
    qtbot.waitUntil(lambda: window.toast.text == "The GPU was lost; the work goes on.")
    sender.join()


def test_the_scheme_changes_at_once_and_is_kept(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    window.menus.themes["dark"].trigger()
    assert window.services.theme.dark
    qtbot.waitUntil(lambda: library.settings.theme == "dark")
    window.menus.themes["light"].trigger()
    qtbot.waitUntil(lambda: library.settings.theme == "light")


def test_the_window_comes_back_as_it_was(make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot) -> None:
    shell = make_shell(library)
    window = started(shell, qtbot)
    window.show_inspector(False)
    window.columns.setSizes([300, 900, 0])
    widths = window.columns.sizes()
    window.close()
    assert shell.close()
    assert library.settings.window
    again = started(make_shell(library), qtbot)
    assert again.inspector.isHidden()
    assert abs(again.columns.sizes()[0] - widths[0]) <= 2


def test_closing_in_the_middle_of_the_work_ends_it_and_keeps_what_was_done(
    make_shell: MakeShell, empty: FakeLibrary, pictures: Path, qtbot: QtBot
) -> None:
    empty.step = 0.05
    shell = make_shell(empty)
    window = started(shell, qtbot)
    drop(window, pictures)
    qtbot.waitUntil(lambda: len(empty.photo_ids()) >= 2)
    window.close()
    assert shell.close()
    assert 2 <= len(empty.photo_ids()) < 12
    assert empty.closed


def test_every_control_says_what_it_is(make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot) -> None:
    window = started(make_shell(library), qtbot)
    mute = [
        f"{type(control).__name__} in {type(control.parentWidget()).__name__}"
        for kind in (QAbstractButton, QLineEdit, QSlider)
        for control in window.findChildren(kind)
        if not _hidden(control)
        and not (control.accessibleName() or (isinstance(control, QAbstractButton) and control.text()))
        and not control.objectName().startswith("qt_")
        and not type(control).__name__.startswith("QLineEdit")
        and type(control.parentWidget()).__name__ not in ("TabStrip", "SearchBar")
    ]
    assert not mute


def _hidden(control: QWidget) -> bool:
    """Whether it or the part it is in is put away (a toast, another tab's empty state)."""
    return not control.isVisible()


def test_everything_of_the_frame_is_reached_by_the_keyboard(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot
) -> None:
    window = started(make_shell(library), qtbot)
    reached: set[QWidget] = set()
    widget = window.top._add
    for _ in range(200):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(widget)
        widget = widget.nextInFocusChain()
    for part in (
        window.top._add,
        window.top.search,
        window.top._inspector,
        window.sidebar._tree,
        window.sidebar._trash,
        window.columns.strip,
        window.tabs[0].pane.grid,
    ):
        assert part in reached, part  # fmt: skip


@pytest.mark.parametrize("size", [(1024, 640), (1440, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_window_is_not_blank(
    make_shell: MakeShell, library: FakeLibrary, qtbot: QtBot, size: tuple[int, int], scheme: str
) -> None:
    window = started(make_shell(library), qtbot)
    window.services.theme.choose(scheme)
    window.resize(*size)
    qtbot.waitUntil(lambda: _colours(window) > 60)
    window.services.theme.choose("light")


def _colours(window: MainWindow) -> int:
    shot = window.grab().toImage()
    return len({shot.pixel(x, y) for x in range(0, shot.width(), 9) for y in range(0, shot.height(), 9)})


@pytest.mark.expects_log
def test_a_damaged_catalogue_offers_the_ways_out_until_one_works(tmp_path: Path) -> None:
    asked: list[Exception] = []
    library = object()
    outcomes: list[Any] = [CatalogLocked("Another program holds it."), library]

    def opener(_paths: AppPaths) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def ask(error: Any) -> WayOut:
        asked.append(error)
        return WayOut.RETRY

    assert open_library(AppPaths.at(tmp_path), ask, opener) is library
    assert [str(error) for error in asked] == ["Another program holds it."]


@pytest.mark.expects_log
def test_quitting_is_always_a_way_out(tmp_path: Path) -> None:
    def opener(_paths: AppPaths) -> Any:
        raise CatalogDamaged("The catalogue is damaged.")

    assert open_library(AppPaths.at(tmp_path), lambda _error: WayOut.QUIT, opener) is None


@pytest.mark.expects_log
def test_a_backup_that_is_not_there_is_said_and_asked_again(tmp_path: Path) -> None:
    answers = [WayOut.RESTORE, WayOut.QUIT]
    asked: list[str] = []

    def opener(_paths: AppPaths) -> Any:
        raise CatalogDamaged("The catalogue is damaged.")

    def ask(error: Any) -> WayOut:
        asked.append(str(error))
        return answers.pop(0)

    assert open_library(AppPaths.at(tmp_path), ask, opener) is None
    assert len(asked) == 2
    assert asked[0] != asked[1]


def test_what_can_be_done_depends_on_what_is_wrong() -> None:
    assert WayOut.RESTORE in ways_out_of(CatalogDamaged("x"))
    assert WayOut.RETRY in ways_out_of(CatalogLocked("x"))
    assert WayOut.AFRESH not in ways_out_of(CatalogTooNew("x"))


def test_words_without_translation_stay_english() -> None:
    assert tr("A sentence that nobody translated") == "A sentence that nobody translated"
