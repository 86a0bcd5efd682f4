"""Photos with their sentences, a row each; a sentence is edited where it stands.

Rows are painted, so that 50,000 cost as much as ten; there is one editor, over the row being edited.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from organizer.results import Caption

from ..models.content import Content
from ..models.thumbnails import ThumbnailLoader
from ..services import tr
from ..theme import RADIUS, Theme
from ..words import caption_source
from .grid_delegate import CellPainter, Look
from .grid_layout import ListLayout
from .sectioned import SectionedView

ROW_HEIGHT = 88
TILE = 72
MARGIN = 8  # outside a row; its photo stands another 8 further in
ROOMY = 480  # a sentence with more room than this, in pixels, is written larger


class CaptionListView(SectionedView):
    """Signals:
    edited: photo id and its new sentence.
    photo_changed: id of the photo with the focus. activated: id of the photo to be shown large.
    menu_requested: global position, for the menu of the current photo.
    """

    edited = Signal(object, str)
    photo_changed = Signal(object)
    activated = Signal(object)
    menu_requested = Signal(QPoint)

    def __init__(self, thumbnails: ThumbnailLoader, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(ListLayout(ROW_HEIGHT), thumbnails, theme, parent)
        self.captions: Mapping[int, Caption] = {}
        self.rows.margin = MARGIN
        self._cells = CellPainter(theme)
        self._current = -1
        self._editing = -1  # photo id
        self.editor = _Editor(self.viewport())
        self.editor.hide()
        self.editor.done.connect(self._commit)
        self.editor.left.connect(self._cancel)
        self.setAccessibleName(tr("Captions"))

    def set_captions(self, captions: Mapping[int, Caption], content: Content) -> None:
        """Show captions by photo id, in the order of the content."""
        current = self.current_id()
        self.captions = captions
        place = content.position(current, self._current) if current >= 0 else -1
        self._current = place if place >= 0 else min(self._current, len(content) - 1)
        self.set_content(content)
        self._place_editor()

    def current(self) -> int:
        return self._current

    def current_id(self) -> int:
        """The photo with the focus, -1 for none."""
        return int(self.content.ids[self._current]) if 0 <= self._current < len(self.content) else -1

    def set_current(self, place: int) -> None:
        """Give a row the focus."""
        if place != self._current:
            self._current = place
            self.current_changed.emit(place)
            self.photo_changed.emit(self.current_id())
        self.setAccessibleDescription(self._text_of(self.current_id()))
        self.viewport().update()

    def thumbnail_side(self) -> int:
        return TILE

    # editing

    def edit(self, place: int) -> None:
        """Open the editor over a row."""
        if not 0 <= place < len(self.content):
            return
        self.set_current(place)
        self.ensure_visible(place)
        self._editing = self.current_id()
        self.editor.setFont(self._font(self._words_rect(self.item_rect(place))))
        self.editor.begin(self._text_of(self._editing))
        self._place_editor()
        self.editor.setFocus()

    def _text_of(self, photo_id: int) -> str:
        caption = self.captions.get(photo_id)
        return caption.text if caption is not None else ""

    def _commit(self, step: int) -> None:
        """The editor is done; ``step`` says in which row to go on editing, 0 for none."""
        photo_id, text = self._editing, self.editor.toPlainText().strip()
        self._cancel()
        if photo_id >= 0 and text != self._text_of(photo_id):
            self.edited.emit(photo_id, text)
        if step:
            self.edit(self._current + step)

    def _cancel(self) -> None:
        self._editing = -1
        self.editor.hide()
        self.setFocus()
        self.viewport().update()

    def _place_editor(self) -> None:
        place = self.content.position(self._editing, self._current) if self._editing >= 0 else -1
        if place < 0:
            if self._editing >= 0:
                self._cancel()
            return
        self.editor.setGeometry(self._words_rect(self.item_rect(place)).adjusted(-5, -1, 0, 0))
        self.editor.show()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._place_editor()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_editor()

    # painting

    @staticmethod
    def _words_rect(rect: QRect) -> QRect:
        return rect.adjusted(8 + TILE + 16, 8, -12, -8)

    def paint_item(self, painter: QPainter, place: int, rect: QRect) -> None:
        photo_id = int(self.content.ids[place])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if place == self._current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color("selection" if self.hasFocus() else "hover"))
            painter.drawRoundedRect(rect, 2 * RADIUS, 2 * RADIUS)
        pixmap = self.thumbnails.pixmap(photo_id, TILE)
        tile = QRect(rect.left() + 8, rect.top() + 8, TILE, TILE)
        opacity = 1.0 if pixmap is None else self.opacity_of(photo_id)
        absent = pixmap is None and self.thumbnails.is_absent(photo_id)
        self._cells.paint(painter, tile, Look(pixmap, opacity=opacity, absent=absent))
        if photo_id != self._editing:
            self._words(painter, self._words_rect(rect), photo_id)

    def _words(self, painter: QPainter, room: QRect, photo_id: int) -> None:
        caption = self.captions.get(photo_id)
        font = self._font(room)
        painter.setFont(font)
        painter.setPen(self.theme.color("text" if caption is not None and caption.text else "muted"))
        text = caption.text if caption is not None and caption.text else tr("No caption")
        line = QFontMetrics(font).lineSpacing()
        wrapped = QFontMetrics(font).boundingRect(room, int(_TOP_LEFT | Qt.TextFlag.TextWordWrap), text)
        upper = QRect(room.left(), room.top() + 4, room.width(), min(wrapped.height(), 2 * line))
        painter.save()
        painter.setClipRect(upper)
        painter.drawText(upper, int(_TOP_LEFT | Qt.TextFlag.TextWordWrap), text)
        painter.restore()
        if caption is not None and caption.text:
            painter.setFont(self.theme.font("small"))
            painter.setPen(self.theme.color("muted"))
            below = QRect(room.left(), upper.bottom() + 5, room.width(), 16)
            painter.drawText(below, int(_TOP_LEFT), caption_source(caption))

    def _font(self, room: QRect) -> QFont:
        return self.theme.font("large" if room.width() > ROOMY else "normal")

    def tip_at(self, point: QPoint) -> str:
        place = self.place_at(point)
        return self._text_of(int(self.content.ids[place])) if place >= 0 else ""

    # events

    def move_current(self, place: int, event: QKeyEvent) -> None:
        self.set_current(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2) and self._current >= 0:
            self.edit(self._current)
        elif key == Qt.Key.Key_Space and self._current >= 0:
            self.activated.emit(self.current_id())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.editor.isVisible():
            self._commit(0)
        place = self.place_at(event.position().toPoint())
        if place >= 0:
            self.set_current(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.place_at(point)
        if place < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        if point.x() < self._words_rect(self.item_rect(place)).left():
            self.activated.emit(self.current_id())
        else:
            self.edit(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._current >= 0:
            self.menu_requested.emit(event.globalPos())
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current < 0 and len(self.content):
            self.set_current(0)


_TOP_LEFT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft


class _Editor(QPlainTextEdit):
    """Signals:
    done: Enter (0), Tab (1) or Shift+Tab (-1): how many rows further editing goes on.
    left: Escape.
    """

    done = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Caption"))
        self.setTabChangesFocus(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def begin(self, text: str) -> None:
        """Edit this sentence, all of it selected."""
        self.setPlainText(text)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not shift:
            self.done.emit(0)
        elif key == Qt.Key.Key_Tab:
            self.done.emit(1)
        elif key == Qt.Key.Key_Backtab:
            self.done.emit(-1)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
