"""Topics as small albums in one row: a photo that stands for each, its name, its count. One is chosen.

The first card is everything. Painted, and scrolled sideways; arrows move, Enter chooses. Knows topic views
and thumbnails; what choosing or changing a topic means, the tab knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from organizer.library import TopicView

from ..models.thumbnails import ThumbnailLoader
from ..theme import RADIUS, SPACING, Theme
from ..translation import tr, tr_n
from .grid_delegate import CellPainter, Look

TILE = 40
HEIGHT = TILE + 2 * 6
NARROWEST, WIDEST = 108, 300  # of a card, pixels
GAP = SPACING["small"]
EVERYTHING = 0  # key of the first card; topics count from 1


class TopicShelf(QAbstractScrollArea):
    """Signals:
    chosen: key of the topic that is to be shown, EVERYTHING for all.
    menu_requested: global position and key of a topic, for its menu.
    """

    chosen = Signal(int)
    menu_requested = Signal(QPoint, int)

    def __init__(self, thumbnails: ThumbnailLoader, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.topics: Sequence[TopicView] = ()
        self.key = EVERYTHING
        self._thumbnails = thumbnails
        self._theme = theme
        self._cells = CellPainter(theme)
        self._focus = 0  # place of the card with the focus
        self._cards: list[QRect] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(HEIGHT + 2 * 2 + SPACING["small"])
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(tr("Topics"))
        thumbnails.ready.connect(self._thumbnails_ready)
        theme.changed.connect(self.viewport().update)
        self.set_topics(())

    def set_topics(self, topics: Sequence[TopicView], key: int = EVERYTHING) -> None:
        """Show these, with one of them chosen; gone while there are none."""
        self.topics = topics
        keys = [EVERYTHING, *(topic.key for topic in topics)]
        self.key = key if key in keys else EVERYTHING
        self._focus = keys.index(self.key)
        self.setVisible(bool(topics))
        self._lay_out()
        self._describe()

    def choose(self, place: int) -> None:
        """Choose the card at a place, the first being everything."""
        if not 0 <= place <= len(self.topics):
            return
        self._focus = place
        self._show_card(place)
        self._describe()
        key = self.topics[place - 1].key if place else EVERYTHING
        if key != self.key:
            self.key = key
            self.chosen.emit(key)
        self.viewport().update()

    # layout

    def _lay_out(self) -> None:
        metrics = QFontMetrics(self._theme.font("normal", bold=True))
        left = SPACING["large"]
        self._cards = []
        for place in range(len(self.topics) + 1):
            picture = TILE + GAP if place else 0
            words = metrics.horizontalAdvance(self._name(place)) + 2 * GAP + picture + 6
            width = min(WIDEST, max(NARROWEST if place else 0, words))
            self._cards.append(QRect(left, 2, width, HEIGHT))
            left += width + GAP
        bar = self.horizontalScrollBar()
        bar.setPageStep(self.viewport().width())
        bar.setRange(0, max(0, left - GAP + SPACING["large"] - self.viewport().width()))
        bar.setSingleStep(NARROWEST)
        self._want()
        self.viewport().update()

    def _card(self, place: int) -> QRect:
        return self._cards[place].translated(-self.horizontalScrollBar().value(), 0)

    def place_at(self, point: QPoint) -> int:
        """The card under a point of the viewport, -1 for none."""
        return next((n for n in range(len(self._cards)) if self._card(n).contains(point)), -1)

    def _show_card(self, place: int) -> None:
        bar, card = self.horizontalScrollBar(), self._cards[place]
        if card.left() - SPACING["large"] < bar.value():
            bar.setValue(card.left() - SPACING["large"])
        elif card.right() + SPACING["large"] > bar.value() + self.viewport().width():
            bar.setValue(card.right() + SPACING["large"] - self.viewport().width())

    def _want(self) -> None:
        seen = self.viewport().rect()
        ids = [
            topic.photo_ids[0]
            for place, topic in enumerate(self.topics, start=1)
            if self._card(place).intersects(seen)
        ]
        self._thumbnails.want(self, ids if self.isVisible() else (), TILE)

    # words

    def _name(self, place: int) -> str:
        return self.topics[place - 1].name if place else tr("All captions")

    def _words(self, place: int) -> str:
        if not place:
            return self._name(0)
        topic = self.topics[place - 1]
        return f"{topic.name}: {tr_n('{n} photo', '{n} photos', len(topic.photo_ids))}"

    def _describe(self) -> None:
        self.setAccessibleDescription(self._words(self._focus))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in range(len(self._cards)):
            rect = self._card(place)
            if rect.intersects(event.rect()):
                self._paint_card(painter, place, rect)
        painter.end()

    def _paint_card(self, painter: QPainter, place: int, rect: QRect) -> None:
        theme = self._theme
        chosen = (self.topics[place - 1].key if place else EVERYTHING) == self.key
        painter.setPen(theme.color("accent" if chosen else "line"))
        painter.setBrush(theme.color("selection" if chosen else "raised"))
        painter.drawRoundedRect(rect.adjusted(0, 0, -1, -1), 2 * RADIUS, 2 * RADIUS)
        left = rect.left() + GAP
        if place:
            photo = self.topics[place - 1].photo_ids[0]
            tile = QRect(rect.left() + 6, rect.top() + 6, TILE, TILE)
            pixmap = self._thumbnails.pixmap(photo, TILE)
            absent = pixmap is None and self._thumbnails.is_absent(photo)
            self._cells.paint(painter, tile, Look(pixmap, absent=absent, cover=True))
            left = tile.right() + GAP
        room = QRect(left, rect.top(), rect.right() - GAP - left, rect.height())
        font = theme.font("normal", bold=chosen)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        name = whole_words(self._name(place), QFontMetrics(font), room.width())
        if place:
            painter.drawText(room.adjusted(0, 9, 0, 0), int(_TOP), name)
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("muted"))
            count = tr_n("{n} photo", "{n} photos", len(self.topics[place - 1].photo_ids))
            painter.drawText(room.adjusted(0, 28, 0, 0), int(_TOP), count)
        else:
            painter.drawText(room, int(_MIDDLE), name)
        if place == self._focus and self.hasFocus():
            self._cells.paint_focus(painter, rect)

    # events

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            QToolTip.showText(event.globalPos(), self._words(place) if place >= 0 else "", self)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -999, Qt.Key.Key_End: 999}
        key = Qt.Key(event.key())
        if key in steps:
            self._focus = min(len(self.topics), max(0, self._focus + steps[key]))
            self._show_card(self._focus)
            self._describe()
            self.viewport().update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.choose(self._focus)
        elif key == Qt.Key.Key_Escape and self.key != EVERYTHING:
            self.choose(0)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.choose(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self._focus if by_key else self.place_at(event.pos())
        if place > 0:
            corner = self.viewport().mapToGlobal(self._card(place).bottomLeft())
            at = corner if by_key else event.globalPos()
            self.menu_requested.emit(at, self.topics[place - 1].key)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (delta.x() or delta.y()))
        event.accept()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._want()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    @Slot(object)
    def _thumbnails_ready(self, _ids: object) -> None:
        self.viewport().update()


def whole_words(name: str, metrics: QFontMetrics, width: int) -> str:
    """A topic's name in a line of this width: of a name made of several words, as many as are shown whole."""
    parts = name.split(", ")
    for count in range(len(parts), 0, -1):
        shorter = ", ".join(parts[:count])
        if metrics.horizontalAdvance(shorter) <= width:
            return shorter
    return metrics.elidedText(parts[0], Qt.TextElideMode.ElideRight, width)


_TOP = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
