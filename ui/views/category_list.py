"""A narrow list of categories: choose one to see it, drop photos on one to move them there.

A category can be dragged onto another one too, to be put below it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..services import number, tr
from ..theme import RADIUS, Theme
from .category_drag import Rule, answer, category_in, drag, far_enough, nowhere
from .grid import photos_in

KEY = Qt.ItemDataRole.UserRole
COUNT = Qt.ItemDataRole.UserRole + 1
ROW = 32


class CategoryList(QListWidget):
    """Signals:
    chosen: key of the category to be shown.
    dropped: photo ids and the key of the category that they were dropped on.
    nested: key of a category that was dropped, and of the one to put it below.

    Attributes:
        may_nest: whether a category may go below another.
    """

    chosen = Signal(str)
    dropped = Signal(object, str)
    nested = Signal(str, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setDragDropMode(QListWidget.DragDropMode.DropOnly)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setItemDelegate(_Names(theme, self))
        self._theme = theme
        self._pressed: QPointF | None = None
        self.may_nest: Rule = nowhere
        self.target: QListWidgetItem | None = None  # what a drag is over
        self.setAccessibleName(tr("Categories; drop photos on one to move them"))
        self.currentItemChanged.connect(self._current_changed)

    def show_names(self, entries: Sequence[tuple[str, str, int]], current: str) -> None:
        """Entries of (key, name, count of photos); a count of 0 shows no number."""
        self.blockSignals(True)
        self.target = None
        self.clear()
        for key, name, count in entries:
            item = QListWidgetItem(name, self)
            item.setData(KEY, key)
            item.setData(COUNT, number(count) if count else "")
            item.setToolTip(name)
            if key == current:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def key_at(self, at: QPoint) -> str:
        """The category at a point of the view, "" where there is none."""
        item = self.itemAt(at)
        return "" if item is None else str(item.data(KEY))

    @Slot(QListWidgetItem, QListWidgetItem)
    def _current_changed(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(KEY))

    # A press neither chooses nor drags yet: the list is made anew when a category is chosen.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not far_enough(self._pressed, event.position()):
            return
        item, self._pressed = self.itemAt(self._pressed.toPoint()), None
        if item is not None:
            drag(self, self._theme, str(item.data(KEY)), item.text())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        item = self.itemAt(event.position().toPoint())
        if pressed is not None and item is not None and item is self.itemAt(pressed.toPoint()):
            self.setCurrentItem(item)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        answer(event, bool(photos_in(event.mimeData()) or category_in(event.mimeData())))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        point = event.position().toPoint()
        self._scroll_at(point.y())
        item = self.itemAt(point)
        takes = item is not None and self._takes(item, event)
        self._light(item if takes else None)
        answer(event, takes)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(None)
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        takes = item is not None and self._takes(item, event)
        self._light(None)
        if item is None or not takes:
            return
        event.acceptProposedAction()
        key = category_in(event.mimeData())
        if key:
            self.nested.emit(key, item.data(KEY))
        else:
            self.dropped.emit(photos_in(event.mimeData()), item.data(KEY))

    def _takes(self, item: QListWidgetItem, event: QDropEvent) -> bool:
        """Whether what is dragged may be dropped on a row."""
        key = category_in(event.mimeData())
        return self.may_nest(key, str(item.data(KEY))) if key else bool(photos_in(event.mimeData()))

    def _scroll_at(self, y: int) -> None:
        """Bring further categories into view while a drag is held near an edge."""
        bar = self.verticalScrollBar()
        if y < ROW // 2:
            bar.setValue(bar.value() - 1)
        elif y > self.viewport().height() - ROW // 2:
            bar.setValue(bar.value() + 1)

    def _light(self, item: QListWidgetItem | None) -> None:
        """Show where the photos would go, without opening that category."""
        self.target = item
        self.viewport().update()


class _Names(QStyledItemDelegate):
    """A name at the left, its count in grey at the right, a frame where photos may be dropped."""

    def __init__(self, theme: Theme, parent: CategoryList) -> None:
        super().__init__(parent)
        self._theme = theme
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(96, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = option.rect
        item = self._list.item(index.row())
        if item is self._list.currentItem():
            painter.fillRect(row, self._theme.color("selection"))
        if item is self._list.target:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._theme.color("accent"))
            painter.drawRoundedRect(row.adjusted(4, 2, -5, -3), RADIUS, RADIUS)
        words = row.adjusted(16, 0, -12, 0)
        count = item.data(COUNT)
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.color("muted"))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), count)
        room = words.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(count) - 8, 0)
        painter.setFont(self._theme.font("normal"))
        painter.setPen(self._theme.color("text"))
        name = painter.fontMetrics().elidedText(item.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), name)
