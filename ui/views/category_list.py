"""A narrow list of categories: choose one to see it, drop photos on one to move them there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ..services import number, tr
from .grid import photos_in

KEY = Qt.ItemDataRole.UserRole


class CategoryList(QListWidget):
    """Signals:
    chosen: key of the category to be shown.
    dropped: photo ids and the key of the category that they were dropped on.
    """

    chosen = Signal(str)
    dropped = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setDragDropMode(QListWidget.DragDropMode.DropOnly)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(tr("Categories; drop photos on one to move them"))
        self.currentItemChanged.connect(self._current_changed)

    def show_names(self, entries: Sequence[tuple[str, str, int]], current: str) -> None:
        """Entries of (key, name, count of photos); a count of 0 shows no number."""
        self.blockSignals(True)
        self.clear()
        for key, name, count in entries:
            item = QListWidgetItem(f"{name}  {number(count)}" if count else name, self)
            item.setData(KEY, key)
            item.setToolTip(name)
            if key == current:
                self.setCurrentItem(item)
        self.blockSignals(False)

    @Slot(QListWidgetItem, QListWidgetItem)
    def _current_changed(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(KEY))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if photos_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and photos_in(event.mimeData()):
            self._light(item)
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        ids = photos_in(event.mimeData())
        if item is not None and ids:
            event.acceptProposedAction()
            self.dropped.emit(ids, item.data(KEY))

    def _light(self, item: QListWidgetItem) -> None:
        """Show where the photos would go without opening that category."""
        for row in range(self.count()):
            other = self.item(row)
            font = other.font()
            font.setBold(other is item)
            other.setFont(font)
