"""Settings: which folders are watched, protected, left out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from organizer.records import Root
from organizer.settings import Settings

from ...services import Services
from ...translation import tr
from .folder_list import ROWS, FolderList
from .page import Page


class FoldersPage(Page):
    """Three lists of folders."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, tr("Folders"))
        self.section(tr("Watched for new photos"))
        self.explain(tr("A folder without a tick is looked at when you ask for it (F5) and at the start."))
        self.watched = QListWidget()
        self.watched.setAccessibleName(tr("Watched for new photos"))
        self.watched.setProperty("kind", "field")
        self.watched.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.watched.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.watched.setFixedHeight(ROWS * 28 + 4)
        self.watched.itemChanged.connect(self._watch)
        self.column.addWidget(self.watched)
        self.section(tr("Protected"))
        self.explain(tr("Nothing is ever removed from these folders, and their copies are kept first."))
        self.protected = FolderList(tr("Protected"))
        self.protected.changed.connect(self._protect)
        self.column.addWidget(self.protected)
        self.section(tr("Left out"))
        self.explain(tr("Photos in these folders are not shown. The files stay as they are."))
        self.excluded = FolderList(tr("Left out"))
        self.excluded.changed.connect(self._exclude)
        self.column.addWidget(self.excluded)
        self.column.addStretch(1)

    def show_settings(self, settings: Settings) -> None:
        self.protected.show_folders(settings.protected)
        self.excluded.show_folders(settings.excluded)
        self.services.tasks.run(self.services.library.roots, on_done=self._show_roots, group="watched")

    def _show_roots(self, roots: Sequence[Root]) -> None:
        self.watched.blockSignals(True)
        self.watched.clear()
        for root in roots:
            item = QListWidgetItem(str(root.path))
            item.setToolTip(str(root.path))
            item.setData(Qt.ItemDataRole.UserRole, root.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if root.watched else Qt.CheckState.Unchecked)
            self.watched.addItem(item)
        self.watched.blockSignals(False)

    @Slot(QListWidgetItem)
    def _watch(self, item: QListWidgetItem) -> None:
        watched = item.checkState() == Qt.CheckState.Checked
        root_id = item.data(Qt.ItemDataRole.UserRole)
        self.services.tasks.run_in_order(self.services.library.watch_folder, root_id, watched)

    @Slot(object)
    def _protect(self, folders: tuple[str, ...]) -> None:
        self.keep(partial(self.wish, "sort-again"), protected=folders)

    @Slot(object)
    def _exclude(self, folders: tuple[str, ...]) -> None:
        self.keep(partial(self.wish, "look-again"), excluded=folders)
