"""Categories as cards under the heading of their parent: a photo that stands for each, its count and share.

A card can be dragged into the section of another parent, to be put below it. Knows category views and
thumbnails; what opening or moving a category means, the tab knows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
)
from PySide6.QtWidgets import QWidget

from organizer.library.views import CategoryView

from ..models.content import Content
from ..models.thumbnails import ThumbnailLoader
from ..theme import RADIUS, Theme
from ..translation import tr, tr_n
from ..words import percent
from .category_drag import Rule, answer, category_in, drag, far_enough, nowhere, paint_target
from .grid_delegate import CellPainter, Look
from .grid_layout import GridLayout
from .sectioned import SectionedView

BELOW = 52  # room for the words under a card's photo
SHARE_BAR = 3
CARD = 144  # wished width of a card, pixels
EDGE = 32  # a drag that is held so near to an edge scrolls, pixels


class CategoryBoard(SectionedView):
    """Signals:
    opened: CategoryView that is to be shown with its photos.
    nested: key of a category that was dropped, and of the one to put it below.

    Attributes:
        may_nest: whether a category may go below another.
        target: section that a drag is over and may be dropped in, -1 for none.
    """

    opened = Signal(object)
    nested = Signal(str, str)

    def __init__(self, thumbnails: ThumbnailLoader, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(GridLayout(CARD, below=BELOW), thumbnails, theme, parent)
        self.categories: Sequence[CategoryView] = ()
        self._cells = CellPainter(theme)
        self._current = -1
        self._pressed: QPointF | None = None
        self.may_nest: Rule = nowhere
        self.target = -1
        self.setAcceptDrops(True)
        self.setAccessibleName(tr("Categories"))

    def set_categories(self, categories: Sequence[CategoryView], content: Content) -> None:
        """Show cards; ``content`` has each one's representative as its id, and the parents as sections."""
        key = self.categories[self._current].key if 0 <= self._current < len(self.categories) else ""
        self.categories = categories
        keys = [view.key for view in categories]
        self._current = keys.index(key) if key in keys else -1
        self.set_content(content)

    def current(self) -> int:
        return self._current

    def current_category(self) -> CategoryView | None:
        """The category with the focus."""
        return self.categories[self._current] if 0 <= self._current < len(self.categories) else None

    def set_current(self, place: int) -> None:
        """Give a card the focus."""
        self._current = place
        view = self.current_category()
        self.setAccessibleDescription(_words(view) if view is not None else "")
        self.viewport().update()
        self.current_changed.emit(place)

    def thumbnail_side(self) -> int:
        rows = self.rows
        assert isinstance(rows, GridLayout)
        return round(rows.cell_width * 1.34)  # the short side of a 4:3 photo then fills the card

    # painting

    def paint_item(self, painter: QPainter, place: int, rect: QRect) -> None:
        view = self.categories[place]
        tile = rect.adjusted(0, 0, 0, -BELOW)
        pixmap = self.thumbnails.pixmap(view.representative, self.thumbnail_side())
        focused = place == self._current and self.hasFocus()
        absent = pixmap is None and self.thumbnails.is_absent(view.representative)
        opacity = 1.0 if pixmap is None else self.opacity_of(view.representative)
        painter.save()
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(tile), RADIUS, RADIUS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(outline)
        self._cells.paint(painter, tile, Look(pixmap, opacity=opacity, absent=absent, cover=True))
        painter.restore()
        self._words(painter, QRect(rect.left(), tile.bottom() + 1, rect.width(), BELOW), view)
        if focused:
            self._cells.paint_focus(painter, rect.adjusted(0, 0, 0, -4))

    def paint_header(self, painter: QPainter, section: int, rect: QRect) -> None:
        super().paint_header(painter, section, rect)
        if section == self.target:
            paint_target(painter, self.theme, rect.adjusted(4, 2, -4, -4))

    def _words(self, painter: QPainter, room: QRect, view: CategoryView) -> None:
        font = self.theme.font("normal", bold=True)
        painter.setFont(font)
        painter.setPen(self.theme.color("text"))
        title = QFontMetrics(font).elidedText(view.name, Qt.TextElideMode.ElideRight, room.width() - 4)
        painter.drawText(room.adjusted(2, 6, 0, 0), int(_TOP_LEFT), title)
        painter.setFont(self.theme.font("small"))
        painter.setPen(self.theme.color("muted"))
        painter.drawText(room.adjusted(2, 24, 0, 0), int(_TOP_LEFT), _count(view))
        bar = QRectF(room.left() + 2, room.top() + 42, room.width() - 4, SHARE_BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("tile"))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        bar.setWidth(max(SHARE_BAR, bar.width() * min(1.0, view.share)))
        painter.setBrush(self.theme.color("accent"))
        painter.drawRoundedRect(bar, 1.5, 1.5)

    def tip_at(self, point: QPoint) -> str:
        place = self.place_at(point)
        return _words(self.categories[place]) if place >= 0 else ""

    # events

    def move_current(self, place: int, event: QKeyEvent) -> None:
        self.set_current(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view = self.current_category()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and view is not None:
            self.opened.emit(view)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.forget_goal()
            self.set_current(place)
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        view = self.current_category()
        if self._pressed is not None and view is not None and far_enough(self._pressed, event.position()):
            self._pressed = None
            drag(self, self.theme, view.key, view.name)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self.categories[place])

    # a category dragged over the sections

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        answer(event, bool(category_in(event.mimeData())))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        point = event.position().toPoint()
        self._scroll_at(point.y())
        section = self._section_at(point)
        key = category_in(event.mimeData())
        allowed = section >= 0 and bool(key) and self.may_nest(key, self.content.sections[section].key)
        self._light(section if allowed else -1)
        answer(event, allowed)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(-1)
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        section, key = self._section_at(event.position().toPoint()), category_in(event.mimeData())
        self._light(-1)
        parent = self.content.sections[section].key if section >= 0 else ""
        if key and parent and self.may_nest(key, parent):
            event.acceptProposedAction()
            self.nested.emit(key, parent)

    def _section_at(self, point: QPoint) -> int:
        """Section at a point of the viewport, its heading and its cards alike; -1 below the last."""
        header = self.header_at(point)
        if header >= 0:
            return header
        down = point.y() + self.scrolled()
        if not len(self.content.sections) or down >= self.rows.height:
            return -1
        return bisect_right([int(top) for top in self.rows.section_top], down) - 1

    def _scroll_at(self, y: int) -> None:
        bar = self.verticalScrollBar()
        if y < EDGE:
            bar.setValue(bar.value() - bar.singleStep())
        elif y > self.viewport().height() - EDGE:
            bar.setValue(bar.value() + bar.singleStep())

    def _light(self, section: int) -> None:
        if section != self.target:
            self.target = section
            self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current < 0 and self.categories:
            self.set_current(0)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()


_TOP_LEFT = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft


def _count(view: CategoryView) -> str:
    count = tr_n("{n} photo", "{n} photos", len(view.photo_ids))
    return f"{count}, {percent(view.share)}"


def _words(view: CategoryView) -> str:
    doubtful = len(view.doubtful)
    words = f"{view.name}: {_count(view)}"
    if not doubtful:
        return words
    return words + "\n" + tr_n("{n} photo to check", "{n} photos to check", doubtful)
