"""The shell's small parts: sidebar, tab strip, search field, toast, status line, trash, drops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from organizer.events import Progress
from organizer.library.views import FolderNode
from tests.fakes_library import FakeLibrary
from ui.background import Work
from ui.dialogs.trash import TrashDialog
from ui.drops import OWN_MIME, folders_in, may_hold_folders
from ui.services import Services
from ui.theme import Theme
from ui.views.elided import ElidedLabel
from ui.views.search_bar import SearchBar
from ui.views.sidebar import Sidebar
from ui.views.statusbar import StatusBar
from ui.views.tab_strip import TabStrip
from ui.views.toast import Toast

HOME = Path("/home/kim")


def nodes(count: int = 3) -> list[FolderNode]:
    inside = FolderNode(HOME / "Pictures" / "2024", "2024", count, 1)
    return [
        FolderNode(HOME / "Pictures", "Pictures", count, 1, (inside,)),
        FolderNode(HOME / "Phone", "Phone", 4, 2),
    ]


@pytest.fixture
def sidebar(theme: Theme, qtbot: QtBot) -> Sidebar:
    sidebar = Sidebar(theme)
    qtbot.addWidget(sidebar)
    sidebar.resize(208, 400)
    sidebar.show_folders(nodes())
    sidebar.show()
    return sidebar


def test_choosing_a_folder_and_all_photos_again(sidebar: Sidebar, qtbot: QtBot) -> None:
    chosen: list[Path | None] = []
    sidebar.folder_chosen.connect(chosen.append)
    sidebar.choose(HOME / "Pictures" / "2024")
    sidebar.choose(None)
    assert chosen == [HOME / "Pictures" / "2024", None]


def test_new_counts_change_neither_the_choice_nor_what_is_open(sidebar: Sidebar) -> None:
    sidebar.choose(HOME / "Pictures" / "2024")
    chosen: list[Path | None] = []
    sidebar.folder_chosen.connect(chosen.append)
    sidebar.show_folders(nodes(99))
    assert sidebar.folder() == HOME / "Pictures" / "2024"
    assert sidebar._find(HOME / "Pictures").isExpanded()
    assert sidebar._find(HOME / "Pictures" / "2024").text(1).strip() == "99"
    assert chosen == []


def test_a_chosen_folder_that_vanishes_leads_back_to_all_photos(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.choose(HOME / "Phone")
    with qtbot.waitSignal(sidebar.folder_chosen) as chosen:
        sidebar.show_folders(nodes()[:1])
    assert chosen.args == [None]


def test_the_menu_of_a_folder(sidebar: Sidebar, qtbot: QtBot) -> None:
    menu = sidebar.menu_for(HOME / "Phone", 2)
    with qtbot.waitSignal(sidebar.remove_folder) as removed:
        menu.actions()[-1].trigger()
    assert removed.args == [2]
    with qtbot.waitSignal(sidebar.protect_folder) as kept:
        menu.actions()[1].trigger()
    assert kept.args == [HOME / "Phone", True]
    inner = sidebar.menu_for(HOME / "Pictures" / "2024", 0)
    assert len(inner.actions()) == 2  # a folder inside an added one cannot be taken off the list


def test_the_strip_drops_counts_before_titles(theme: Theme, qtbot: QtBot) -> None:
    strip = TabStrip(theme)
    qtbot.addWidget(strip)
    for at, title in enumerate(("Photos", "Categories", "Duplicates")):
        strip.addTab(title)
        strip.set_count(at, 12_408)
    strip.fit_to(2000)
    wide = sum(strip.tabSizeHint(at).width() for at in range(3))
    strip.fit_to(wide - 1)
    tight = sum(strip.tabSizeHint(at).width() for at in range(3))
    strip.fit_to(10)
    bare = sum(strip.tabSizeHint(at).width() for at in range(3))
    assert wide > tight > bare > 3 * strip.fontMetrics().horizontalAdvance("Photos")


def test_a_dot_goes_when_the_tab_is_seen(theme: Theme, qtbot: QtBot) -> None:
    strip = TabStrip(theme)
    qtbot.addWidget(strip)
    strip.addTab("Photos")
    strip.addTab("Categories")
    strip.set_new(0, True)
    strip.set_new(1, True)
    assert not strip.is_new(0)  # it is in front
    assert strip.is_new(1)
    strip.setCurrentIndex(1)
    assert not strip.is_new(1)


@pytest.fixture
def search(theme: Theme, qtbot: QtBot) -> SearchBar:
    search = SearchBar(theme)
    qtbot.addWidget(search)
    search.show()
    return search


def test_typing_is_said_once_it_rests(search: SearchBar, qtbot: QtBot) -> None:
    said: list[str] = []
    search.searched.connect(said.append)
    qtbot.keyClicks(search, "  red  cat ")
    assert said == []
    qtbot.waitUntil(lambda: said == ["red cat"])


def test_enter_says_it_at_once_and_escape_takes_it_back(search: SearchBar, qtbot: QtBot) -> None:
    said: list[str] = []
    search.searched.connect(said.append)
    qtbot.keyClicks(search, "cat")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert said == ["cat"]
    with qtbot.waitSignal(search.left):
        qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert said == ["cat", ""]
    assert search.text() == ""


@pytest.fixture
def toast(theme: Theme, qtbot: QtBot) -> Iterator[Toast]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(900, 600)
    parent.show()
    toast = Toast(theme, parent)
    yield toast
    del parent


def test_the_button_acts_once_and_takes_the_toast_away(toast: Toast, qtbot: QtBot) -> None:
    done: list[int] = []
    toast.say("3 photos moved to the trash", "Undo", lambda: done.append(1))
    assert toast.isVisible()
    toast.button.click()
    toast.button.click()
    assert done == [1]
    assert not toast.isVisible()


def test_a_plain_sentence_has_no_button_and_fits(toast: Toast) -> None:
    toast.say("word " * 60)
    assert toast.button.isHidden()
    assert toast.parentWidget().rect().contains(toast.geometry())
    assert toast.height() > 60  # wrapped, not cut


def test_the_status_line_tells_work_and_offers_pause(theme: Theme, qtbot: QtBot) -> None:
    bar = StatusBar(theme)
    qtbot.addWidget(bar)
    bar.show()
    bar.show_total(12_408)
    assert bar._words.text() == "12,408 photos"
    bar.show_work(Work.WORKING)
    bar.show_progress(Progress("photos", 8120, 12_408, rate=31, seconds_left=130))
    assert bar._words.text() == "Looking at new photos: 8,120 of 12,408"
    assert (bar._rate.text(), bar._left.text()) == ("31/s", "about 2 min left")
    with qtbot.waitSignal(bar.pause):
        bar._button.click()
    bar.show_work(Work.PAUSED)
    assert bar._left.text() == "paused"
    with qtbot.waitSignal(bar.resume):
        bar._button.click()
    bar.show_work(Work.IDLE)
    assert bar._words.text() == "12,408 photos"
    assert bar._button.isHidden()


def test_progress_that_comes_late_is_not_shown(theme: Theme, qtbot: QtBot) -> None:
    bar = StatusBar(theme)
    qtbot.addWidget(bar)
    bar.show_total(5)
    bar.show_progress(Progress("photos", 1, 5))
    assert bar._words.text() == "5 photos"


def test_a_cut_line_has_all_of_it_in_its_tooltip(theme: Theme, qtbot: QtBot) -> None:
    label = ElidedLabel("/home/kim/" + "long/" * 40)
    qtbot.addWidget(label)
    label.resize(100, 20)
    label.show()
    assert label.toolTip() == label.text
    label.set_text("short")
    assert label.toolTip() == ""


@pytest.fixture
def trash(services: Services, library: FakeLibrary, qtbot: QtBot) -> TrashDialog:
    library.remove_photos([1, 2, 3])
    dialog = TrashDialog(services, ask=lambda *args: asked.append(args) is None and answer[0])
    asked: list[Any] = []
    answer = [False]
    dialog.asked, dialog.answer = asked, answer  # type: ignore[attr-defined]
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 3)
    return dialog


def test_a_file_is_put_back_from_the_trash(trash: TrashDialog, library: FakeLibrary, qtbot: QtBot) -> None:
    assert not trash.restore_button.isEnabled()
    trash.table.selectRow(0)
    chosen = trash.selected()
    trash.restore_button.click()
    qtbot.waitUntil(lambda: trash.model.rowCount() == 2)
    assert chosen[0] not in {entry.id for entry in library.trash()}


@pytest.mark.parametrize(
    ("how", "question", "told"),
    [
        ("delete", "Delete 3 files for good?", "cannot be undone"),
        ("system-trash", "Hand 3 files to the system's trash?", "put back from there"),
    ],
)
def test_the_trash_is_emptied_only_after_a_yes(
    trash: Any, library: FakeLibrary, qtbot: QtBot, how: str, question: str, told: str
) -> None:
    library.settings = replace(library.settings, empty_how=how)
    trash.empty_button.click()
    assert len(trash.asked) == 1
    assert trash.asked[0][1] == question
    assert told in trash.asked[0][2]
    assert len(library.trash()) == 3
    trash.answer[0] = True
    trash.empty_button.click()
    qtbot.waitUntil(lambda: trash.model.rowCount() == 0)
    assert not trash.empty_button.isEnabled()


def test_only_the_selected_files_are_deleted_for_good(trash: Any, library: FakeLibrary, qtbot: QtBot) -> None:
    trash.answer[0] = True
    trash.table.selectRow(1)
    chosen = trash.selected()
    trash.delete_button.click()
    qtbot.waitUntil(lambda: ("empty_trash", chosen) in library.calls)
    qtbot.waitUntil(lambda: trash.model.rowCount() == 2)


def mime_of(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def test_dropped_files_stand_for_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "사진 🏖"
    folder.mkdir()
    (folder / "a.jpg").touch()
    (folder / "b.jpg").touch()
    assert folders_in(mime_of(folder / "a.jpg", folder / "b.jpg", tmp_path)) == [folder, tmp_path]


def test_own_drags_and_web_addresses_bring_no_folder(tmp_path: Path) -> None:
    own = mime_of(tmp_path)
    own.setData(OWN_MIME, b"1")
    assert folders_in(own) == []
    assert not may_hold_folders(own)
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/a.jpg")])
    assert folders_in(web) == []
    assert not may_hold_folders(web)
