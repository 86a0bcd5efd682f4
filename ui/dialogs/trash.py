"""The trash: what was removed, with its picture and the folder it came from; put back or give up.

Putting back goes through the undo service; giving up, to the system's trash or for good as the person chose,
asks once, since it cannot be undone from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QPushButton, QTableView, QWidget

from organizer.events import Kind
from organizer.library.views import ActionReport, TrashEntry

from ..services import Services
from ..translation import tr, tr_n
from ..words import byte_size, taken
from .confirm import confirm
from .frame import Frame

PICTURE = 40  # side of the small pictures, pixels
SIZE = 3  # the last column
LOOK_AHEAD = 30  # rows whose pictures are fetched around those in view
Index = QModelIndex | QPersistentModelIndex


class TrashModel(QAbstractTableModel):
    """Rows of the trash, newest first."""

    def __init__(self, services: Services, parent: QWidget) -> None:
        super().__init__(parent)
        self._services = services
        self._entries: list[TrashEntry] = []
        self._titles = (tr("Photo"), tr("From"), tr("Removed"), tr("Size"))
        services.thumbnails.ready.connect(self._pictures_came)

    def show_entries(self, entries: Sequence[TrashEntry]) -> None:
        """Show these."""
        self.beginResetModel()
        self._entries = sorted(entries, key=lambda entry: entry.removed_at, reverse=True)
        self.endResetModel()

    def entry(self, row: int) -> TrashEntry:
        """The entry in a row."""
        return self._entries[row]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if section == SIZE and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (
                    entry.original.name,
                    str(entry.original.parent),
                    taken(entry.removed_at),
                    byte_size(entry.bytes),
                )[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return str(entry.original)
            case Qt.ItemDataRole.DecorationRole if index.column() == 0 and entry.photo_id is not None:
                return _squared(self._services.thumbnails.pixmap(entry.photo_id, PICTURE))
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == SIZE:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def want(self, first: int, last: int) -> None:
        """Fetch the pictures of these rows."""
        entries = self._entries[max(0, first) : last + 1]
        ids = [entry.photo_id for entry in entries if entry.photo_id is not None]
        self._services.thumbnails.want("trash", ids, PICTURE)

    @Slot(object)
    def _pictures_came(self, _ids: object) -> None:
        if self._entries:
            last = self.index(len(self._entries) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.DecorationRole])


class TrashDialog(Frame):
    """Lists the trash.

    Args:
        ask: the question before files are given up; given by tests.
    """

    def __init__(
        self, services: Services, parent: QWidget | None = None, ask: Callable[..., bool] = confirm
    ) -> None:
        super().__init__(tr("Trash"), "", parent)
        self._services = services
        self._ask = ask
        self.model = TrashModel(services, self)
        self.table = self._make_table()
        self.body.addWidget(self.table)
        self.restore_button = QPushButton(services.theme.icon("restore"), tr("Put back"))
        self.restore_button.clicked.connect(self._restore)
        self.delete_button = QPushButton(
            tr("To the system's trash…") if self._handed_on else tr("Delete for good…")
        )
        self.delete_button.clicked.connect(self._delete)
        self.empty_button = QPushButton(tr("Empty the trash…"))
        self.empty_button.setProperty("kind", "danger")
        self.empty_button.clicked.connect(self._empty)
        self.finish_buttons(self.restore_button, self.delete_button, self.empty_button)
        self.table.selectionModel().selectionChanged.connect(self._update_buttons)
        services.bridge.committed.connect(self._committed)
        self.resize(720, 480)
        self.load()

    @property
    def _handed_on(self) -> bool:
        """Whether what leaves this trash goes to the system's own, as the person chose."""
        return self._services.library.settings.empty_how == "system-trash"

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setIconSize(QSize(PICTURE, PICTURE))
        table.setAccessibleName(tr("Files in the trash"))
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(PICTURE + 8)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(2, 140)
        table.setColumnWidth(3, 90)
        table.verticalScrollBar().valueChanged.connect(self._want_pictures)
        return table

    def load(self) -> None:
        """Read the list anew."""
        self._services.tasks.run(self._services.library.trash, on_done=self._show, group="trash")

    def selected(self) -> list[str]:
        """Ids of the selected entries."""
        return [self.model.entry(index.row()).id for index in self.table.selectionModel().selectedRows()]

    def _show(self, entries: list[TrashEntry]) -> None:
        self.model.show_entries(entries)
        size = sum(entry.bytes for entry in entries)
        if entries:
            words = tr_n("{n} file, {size}. It can be put back to where it was.",
                         "{n} files, {size}. They can be put back to where they were.",
                         len(entries), size=byte_size(size))  # fmt: skip
        else:
            words = tr("The trash is empty. What you remove comes here first.")
        self.say(words)
        self._update_buttons()
        self._want_pictures()

    @Slot()
    def _want_pictures(self) -> None:
        first = self.table.rowAt(0)
        last = self.table.rowAt(self.table.viewport().height() - 1)
        self.model.want(first, (last if last >= 0 else first) + LOOK_AHEAD)

    @Slot()
    def _update_buttons(self) -> None:
        some = bool(self.table.selectionModel().selectedRows())
        self.restore_button.setEnabled(some)
        self.delete_button.setEnabled(some)
        self.empty_button.setEnabled(self.model.rowCount() > 0)

    @Slot()
    def _restore(self) -> None:
        self._services.undo.run(self._services.library.restore, self.selected(), on_done=self._changed)

    @Slot()
    def _delete(self) -> None:
        self._give_up(self.selected())

    @Slot()
    def _empty(self) -> None:
        self._give_up(None)

    def _give_up(self, chosen: list[str] | None) -> None:
        count = self.model.rowCount() if chosen is None else len(chosen)
        if self._handed_on:
            question = tr_n(
                "Hand {n} file to the system's trash?", "Hand {n} files to the system's trash?", count
            )
            explanation = tr("What is handed over leaves this list, and Undo does not bring it back: until "
                             "the system's trash is emptied, it can be put back from there.")  # fmt: skip
            action = tr_n("Hand over {n} file", "Hand over {n} files", count)
        else:
            question = tr_n("Delete {n} file for good?", "Delete {n} files for good?", count)
            explanation = tr("This cannot be undone. Photos that are not in the trash are not touched.")
            action = tr_n("Delete {n} file", "Delete {n} files", count)
        if self._ask(self, question, explanation, action):
            self._services.undo.run(self._services.library.empty_trash, chosen, on_done=self._changed)

    def _changed(self, _report: ActionReport) -> None:
        self.load()

    @Slot(object, object)
    def _committed(self, _ids: object, kinds: frozenset[Kind]) -> None:
        if Kind.TRASH in kinds and self.isVisible():
            self.load()


def _squared(picture: QPixmap | None) -> QIcon:
    """The picture in the middle of a square, so that the names beside it line up."""
    square = QPixmap(PICTURE, PICTURE)
    square.fill(Qt.GlobalColor.transparent)
    if picture is not None and not picture.isNull():
        size = picture.size().scaled(PICTURE, PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(
            (PICTURE - size.width()) // 2, (PICTURE - size.height()) // 2, size.width(), size.height()
        )
        painter = QPainter(square)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, picture)
        painter.end()
    return QIcon(square)
