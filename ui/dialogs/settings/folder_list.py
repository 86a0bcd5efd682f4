"""A list of folders with a button to add one and one to take one off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...theme import SPACING
from ...translation import tr

ROWS = 3  # shown without scrolling


class FolderList(QWidget):
    """Signals:
    changed: the folders as they are now, a tuple of paths as str.
    """

    changed = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setAccessibleName(name)
        self.list.setProperty("kind", "field")
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setFixedHeight(ROWS * 28 + 4)
        self.add_button = QPushButton(tr("Add…"))
        self.add_button.setAccessibleName(f"{tr('Add…')} {name}")
        self.remove_button = QPushButton(tr("Take off the list"))
        self.remove_button.setAccessibleName(f"{tr('Take off the list')} {name}")
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACING["small"])
        for button in (self.add_button, self.remove_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING["small"])
        column.addWidget(self.list)
        column.addLayout(buttons)
        self.add_button.clicked.connect(self._ask)
        self.remove_button.clicked.connect(self._remove)
        self.list.itemSelectionChanged.connect(self._update)
        self._update()

    def folders(self) -> tuple[str, ...]:
        """The folders that are listed."""
        return tuple(self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count()))

    def show_folders(self, folders: Sequence[str]) -> None:
        """List these, without telling of it."""
        if tuple(folders) == self.folders():
            return
        self.list.clear()
        for folder in folders:
            item = QListWidgetItem(folder)
            item.setData(Qt.ItemDataRole.UserRole, folder)
            item.setToolTip(folder)
            self.list.addItem(item)
        self._update()

    def add(self, folder: Path) -> None:
        """Put a folder on the list, once."""
        known = self.folders()
        if str(folder) not in known:
            self.show_folders((*known, str(folder)))
            self.changed.emit(self.folders())

    @Slot()
    def _ask(self) -> None:
        start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        chosen = QFileDialog.getExistingDirectory(self, tr("Choose a folder"), start)
        if chosen:
            self.add(Path(chosen))

    @Slot()
    def _remove(self) -> None:
        gone = {item.data(Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()}
        self.show_folders([folder for folder in self.folders() if folder not in gone])
        self.changed.emit(self.folders())

    @Slot()
    def _update(self) -> None:
        self.remove_button.setEnabled(bool(self.list.selectedItems()))
