"""The search field: says what was typed after a short rest. Knows nothing of how photos are found."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ..theme import Theme
from ..translation import tr
from .grid import photos_in

REST_MS = 250
CAME = (
    Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ShortcutFocusReason, Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
)  # fmt: skip


class SearchBar(QLineEdit):
    """Signals:
    searched: the trimmed words, once for every change; "" when it was emptied.
    entered: the person came to the field and is about to search.
    left: Escape or Down: the person wants to be back among the photos.
    photo_dropped: id of a photo of the program, or the path of a file, that was dropped here.
    """

    searched = Signal(str)
    entered = Signal()
    left = Signal()
    photo_dropped = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._said = ""
        self.setPlaceholderText(tr("Search: words, or drop a photo here"))
        self.setAccessibleName(tr("Search"))
        self.setMaxLength(200)
        self._glass = self.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._wipe = self.addAction(theme.icon("clear", "muted"), QLineEdit.ActionPosition.TrailingPosition)
        self._wipe.setToolTip(tr("Clear the search"))
        self._wipe.setText(tr("Clear the search"))
        self._glass.setText(tr("Search"))
        self._wipe.setVisible(False)
        self._wipe.triggered.connect(self.clear)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._say)
        self.textChanged.connect(self._changed)
        self.returnPressed.connect(self._say)
        theme.changed.connect(self._paint_icons)

    def type_in(self, text: str) -> None:
        """Go on typing here: what was typed while the photos had the focus."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.insert(text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in CAME:
            self.entered.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self._say()
            self.left.emit()
        elif event.key() == Qt.Key.Key_Down:
            self._say()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def say(self, text: str) -> None:
        """Show another search and carry it out at once."""
        self.setText(text)
        self._say()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event.mimeData()) is None:
            super().dragEnterEvent(event)
        else:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if _dropped(event.mimeData()) is None:
            super().dragMoveEvent(event)
        else:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        photo = _dropped(event.mimeData())
        if photo is None:
            super().dropEvent(event)
        else:
            event.acceptProposedAction()
            self.photo_dropped.emit(photo)

    @Slot(str)
    def _changed(self, text: str) -> None:
        self._wipe.setVisible(bool(text))
        self._rest.start()

    @Slot()
    def _say(self) -> None:
        self._rest.stop()
        words = " ".join(self.text().split())
        if words != self._said:
            self._said = words
            self.searched.emit(words)

    @Slot()
    def _paint_icons(self) -> None:
        self._glass.setIcon(self._theme.icon("search", "muted"))
        self._wipe.setIcon(self._theme.icon("clear", "muted"))


def _dropped(mime: QMimeData) -> int | Path | None:
    """The photo that a drag brings: of this program, else the first local file."""
    ids = photos_in(mime)
    if ids:
        return ids[0]
    files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return next((file for file in files if not file.is_dir()), None)
