"""The window: puts the parts together and leads what one of them says to the one it concerns.

Holds no photos and no results; every part loads its own. What the commands do is in ``ui/commands.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QIcon,
)
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from organizer.events import Kind
from organizer.library.views import Counts, FolderNode

from . import placement
from .background import Work
from .commands import Commands
from .drops import folders_in, may_hold_folders
from .finding import Finding
from .index_worker import Indexer
from .menus import Menus
from .pictures import PictureLoader
from .services import Services
from .translation import tr
from .views.columns import Columns
from .views.drop_hint import DropHint
from .views.empty_state import EmptyState
from .views.full_view import FullView
from .views.inspector import Inspector
from .views.sidebar import Sidebar
from .views.statusbar import StatusBar
from .views.toast import Toast
from .views.top_bar import TopBar

if TYPE_CHECKING:
    from .tabs.base import Tab
    from .tabs.photos import PhotosTab
    from .tabs.registry import TabSpec

NUMBERS_REST_MS = 400  # commits that follow each other change the numbers together
SMALLEST = (880, 560)


class MainWindow(QMainWindow):
    """Signals:
    closing: the person closes the window; the composition root ends the work.

    Attributes:
        specs: what the tabs are. tabs: their pages in the same order. finding: the search.
    """

    closing = Signal()

    def __init__(self, services: Services, indexer: Indexer, specs: Sequence[TabSpec]) -> None:
        super().__init__()
        self.services = services
        self.specs = tuple(specs)
        self._pictures = PictureLoader(services.library, services.tasks, self)
        self._full: FullView | None = None
        self._counted = False
        self.top = TopBar(services.theme)
        self.sidebar = Sidebar(services.theme)
        self.inspector = Inspector(services, self._pictures)
        self.columns = Columns(services.theme, self.sidebar, self.inspector)
        self.status = StatusBar(services.theme)
        self.welcome = EmptyState(
            services.theme, "add-folder", tr("Drop a folder of photos here"), tr("Choose a folder…"),
            tr("Everything stays on this computer."), framed=True,
        )  # fmt: skip
        self.toast = Toast(services.theme, self, lift=52)
        self.commands = Commands(services, indexer, self.toast, self)
        self.tabs = [spec.factory(services) for spec in self.specs]
        self._photos = cast("PhotosTab", self.tabs[0])
        self.finding = Finding(services, self.top, self._photos, self._photos_to_front, self)
        self._pages = QStackedWidget()
        self._build()
        self._hint = DropHint(services.theme, self._pages)
        self.menus = Menus(self)
        self._numbers = QTimer(self, singleShot=True, interval=NUMBERS_REST_MS)
        self._numbers.timeout.connect(self.refresh_numbers)
        self._connect(indexer)
        self._place()

    # building

    def _build(self) -> None:
        self.setWindowTitle(tr("Photo Organizer"))
        self.setWindowIcon(QIcon(str(self.services.library.paths.resources / "icons" / "app-tile.svg")))
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        for spec, tab in zip(self.specs, self.tabs, strict=True):
            self.columns.add_tab(tr(spec.title), tab)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top)
        layout.addWidget(self.columns, 1)
        layout.addWidget(self.status)
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(whole)
        self.setCentralWidget(self._pages)

    def _connect(self, indexer: Indexer) -> None:
        services, commands = self.services, self.commands
        services.bridge.committed.connect(self._committed)
        services.bridge.progress.connect(self.status.show_progress)
        services.bridge.notice.connect(commands.say)
        services.describer.ended.connect(self.status.show_described)
        services.describer.ended.connect(commands.sort_if_stale)
        services.describer.described.connect(commands.tell_described)
        services.describer.problem.connect(commands.say)
        services.tasks.problem.connect(commands.say)
        services.undo.told.connect(commands.tell)
        services.undo.changed.connect(self._undo_changed)
        indexer.changed.connect(self.status.show_work)
        indexer.changed.connect(self._work_changed)
        indexer.problem.connect(commands.say)
        self.status.pause.connect(indexer.pause)
        self.status.resume.connect(indexer.resume)
        self.status.unreadable.connect(commands.show_unreadable)
        self.welcome.pressed.connect(commands.choose_folder)
        self.top.add_folder.connect(commands.choose_folder)
        self.top.inspector.connect(self.show_inspector)
        self.top.models.connect(commands.show_models)
        self.closing.connect(commands.stop_work)
        self.top.search.left.connect(self._focus_tab)
        self.top.settings.connect(commands.show_settings)
        commands.wished.connect(self._wished)
        self.sidebar.folder_chosen.connect(self._folder_chosen)
        self.sidebar.remove_folder.connect(commands.remove_folder)
        self.sidebar.protect_folder.connect(commands.protect_folder)
        self.sidebar.show_folder.connect(commands.show_in_file_manager)
        self.sidebar.trash.connect(commands.show_trash)
        self.columns.tab_changed.connect(self._tab_changed)
        self.inspector.enlarge.connect(self._enlarge)
        commands.folder_added.connect(self.refresh_numbers)
        for tab in self.tabs:
            tab.selection_changed.connect(self._selected)
            tab.activated.connect(self._activated)
            tab.status.connect(commands.say)
            tab.inspect_requested.connect(self.toggle_inspector)
            tab.text_typed.connect(self.top.search.type_in)
            tab.wished.connect(self._wished)
            tab.similar_requested.connect(self.finding.find_similar)

    def _place(self) -> None:
        shown = placement.restore(self, self.columns, self.services.library.settings.window)
        self.show_inspector(shown)
        self.menus.sidebar.setChecked(True)

    # commands of the menus

    def choose_theme(self, choice: str) -> None:
        """Use "system", "light" or "dark", now and at the next start."""
        self.services.theme.choose(choice)
        self.commands.keep(theme=choice)

    def choose_language(self, code: str) -> None:
        """Use a language from the next start."""
        self.commands.keep(language=code)
        self._tell_language()

    def _tell_language(self) -> None:
        self.commands.say(tr("The language changes when you start the program again."))

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.top.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.top.search.selectAll()

    def show_tab(self, index: int) -> None:
        """Switch to a tab and give it the focus."""
        self.columns.strip.setCurrentIndex(index)
        self._focus_tab()

    @Slot(bool)
    def show_inspector(self, shown: bool) -> None:
        """Show or hide the right column."""
        self.inspector.setVisible(shown)
        self.top.show_inspector(shown)
        self.menus.inspector.setChecked(shown)

    @Slot()
    def toggle_inspector(self) -> None:
        """The other way round."""
        self.show_inspector(self.inspector.isHidden())

    @Slot(bool)
    def show_sidebar(self, shown: bool) -> None:
        """Show or hide the left column."""
        self.sidebar.setVisible(shown)

    def toggle_full_screen(self) -> None:
        """Use the whole screen, or a window again."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # what is shown

    @property
    def current_tab(self) -> Tab:
        """The page in front."""
        return self.tabs[max(0, self.columns.strip.currentIndex())]

    def start(self) -> None:
        """Fill everything for the first time."""
        self._focus_tab()
        self.refresh_numbers()
        self.services.undo.refresh()

    @Slot()
    def refresh_numbers(self) -> None:
        """Read the counts, the folders and what the device is called."""
        self.services.tasks.run(self._read_numbers, on_done=self._show_numbers, group="numbers")

    def _read_numbers(self) -> tuple[Counts, list[FolderNode], str]:
        library = self.services.library
        return library.counts(), library.folders(), library.model_label()

    def _show_numbers(self, numbers: tuple[Counts, list[FolderNode], str]) -> None:
        counts, folders, label = numbers
        for at, spec in enumerate(self.specs):
            count = spec.count(counts)
            more = self._counted and count > self.columns.strip.count_of(at)
            self.columns.strip.set_count(at, count)
            if more:
                self.columns.strip.set_new(at, True)
        self._counted = True
        self.sidebar.show_folders(folders, self.services.library.settings.protected)
        self.sidebar.show_trash(counts.trash)
        self.status.show_total(counts.photos)
        self.status.show_unreadable(counts.unreadable)
        self.status.show_device(label)
        self.top.show_model(label)
        self._pages.setCurrentIndex(1 if folders or counts.photos else 0)

    @Slot(object, object)
    def _committed(self, ids: frozenset[int], kinds: frozenset[Kind]) -> None:
        if not self._numbers.isActive():
            self._numbers.start()
        if Kind.TRASH in kinds:
            self.services.undo.refresh()
        if Kind.PHOTOS in kinds:
            self._pictures.forget(ids)

    @Slot(str)
    def _work_changed(self, work: str) -> None:
        self.refresh_numbers()
        for tab in self.tabs:
            tab.set_working(work != Work.IDLE)

    @Slot(str, str)
    def _undo_changed(self, undo: str, redo: str) -> None:
        self.menus.show_undo(undo, redo)

    @Slot(object)
    def _selected(self, ids: Sequence[int]) -> None:
        if self.sender() is self.current_tab:
            self.inspector.show_photos(ids)

    @Slot(int)
    def _tab_changed(self, _index: int) -> None:
        self.inspector.show_photos(self.current_tab.selected_ids())

    def _photos_to_front(self) -> None:
        self.columns.strip.setCurrentIndex(0)

    @Slot(object)
    def _folder_chosen(self, folder: Path | None) -> None:
        for tab in self.tabs:
            tab.set_folder(folder)

    @Slot()
    def _focus_tab(self) -> None:
        self.current_tab.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _wished(self, wish: str) -> None:
        match wish:
            case "add-folder":
                self.commands.choose_folder()
            case "show-all":
                self.sidebar.choose(None)
                self.finding.clear()
            case "clear-search":
                self.finding.clear()
            case "show-nearest":
                self._photos.show_nearest()
            case "sort-again":
                self.commands.sort_again()
            case "analyse" | "look-again":
                self.commands.look_again()
            case "models":
                self.commands.show_models()
            case "theme":
                self.menus.show_theme(self.services.theme.choice)
            case "language":
                self._tell_language()

    # the full view

    @Slot(object)
    def _activated(self, chosen: tuple[int, Sequence[int]]) -> None:
        photo_id, ids = chosen
        if self._full is None:
            self._full = FullView(self.services, self._pictures, self)
            self._full.closed.connect(self._full_closed)
            self._full.similar_requested.connect(self.finding.similar_region)
        self._full.open(photo_id, ids)

    @Slot(int)
    def _enlarge(self, photo_id: int) -> None:
        self._activated((photo_id, [photo_id]))

    @Slot(int)
    def _full_closed(self, photo_id: int) -> None:
        self.activateWindow()
        self._focus_tab()
        if photo_id:
            self.current_tab.reveal(photo_id)

    # drops and closing

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_folders(event.mimeData()):
            event.acceptProposedAction()
            self._light(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(False)
        folders = folders_in(event.mimeData())
        if folders:
            event.acceptProposedAction()
            self.commands.add_folders(folders)

    def _light(self, on: bool) -> None:
        if self._pages.currentWidget() is self.welcome:
            self.welcome.light(on)
        else:
            self._hint.setVisible(on)

    def closeEvent(self, event: QCloseEvent) -> None:
        kept = placement.save(self, self.columns, not self.inspector.isHidden())
        self.commands.keep(window=kept)
        if self._full is not None:
            self._full.close()
        super().closeEvent(event)
        self.closing.emit()
