"""A scrolling view of sections whose headings stick: only what is visible is painted or asked for.

The base of the grid, the stacks and the captions. Keeps the photo at the top in its place when contents or
width change. Knows no library; thumbnails come from the loader, everything else from its subclass.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from ..models.content import EMPTY, Content
from ..models.thumbnails import ThumbnailLoader
from ..theme import Theme
from .fading import Fading
from .grid_layout import RowLayout

WISH_DELAY_MS = 20  # a moment's patience, so that a flick of the wheel asks once
ZOOM_STEP = 16
HEADER_AIR = 4  # free below a heading, for the focus ring of the first row

_MOVES = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip


class SectionedView(QAbstractScrollArea):
    """Signals:
    current_changed: position of the item with the focus, -1 for none.
    zoomed: Ctrl+wheel asked for larger (positive) or smaller cells, pixels.
    """

    current_changed = Signal(int)
    zoomed = Signal(int)

    def __init__(
        self, rows: RowLayout, thumbnails: ThumbnailLoader, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows = rows
        self.content: Content = EMPTY
        self.thumbnails = thumbnails
        self.theme = theme
        self._goal_x: int | None = None
        self.fading = Fading(self)
        self.fading.moved.connect(self._faded)
        self._wish_timer = QTimer(self, singleShot=True, interval=WISH_DELAY_MS)
        self._wish_timer.timeout.connect(self._send_wish)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        thumbnails.ready.connect(self._thumbnails_ready)
        theme.changed.connect(self.viewport().update)

    # for subclasses

    def paint_item(self, painter: QPainter, place: int, rect: QRect) -> None:
        """Paint one item into its cell (viewport coordinates)."""
        raise NotImplementedError

    def current(self) -> int:
        """Position of the item with the focus, -1 for none."""
        raise NotImplementedError

    def move_current(self, place: int, event: QKeyEvent) -> None:
        """A key moved the focus to ``place``."""
        raise NotImplementedError

    def thumbnail_side(self) -> int:
        """Box that the thumbnails have to fill, logical pixels."""
        raise NotImplementedError

    def photo_ids(self, places: Iterable[int]) -> list[int]:
        """Photos that the items at these positions show."""
        return [int(self.content.ids[place]) for place in places]

    def places_of(self, ids: Iterable[int]) -> Iterable[int]:
        """Items that show one of these photos."""
        return map(int, self.content.positions(ids))

    def tip_at(self, point: QPoint) -> str:
        """Words for the tooltip at a point of the viewport; empty for none."""
        return ""

    def visible_changed(self, places: range) -> None:
        """Called when the items in view have settled, to ask for whatever is shown beside thumbnails."""

    # contents

    def set_content(self, content: Content) -> None:
        """Show other contents; what was at the top of the window stays where it is."""
        anchor = None if self.scrolled() == 0 and self.current() < 0 else self._anchor()
        self.content = content
        self.rows.set_sections(content.sections, content.aspects)
        self._update_scrollbar()
        self._restore(anchor)
        self.refresh_visible()

    def scrolled(self) -> int:
        """How far down the view stands, pixels."""
        return self.verticalScrollBar().value()

    def visible_places(self, beyond: int = 0) -> range:
        """Items in view, and those up to ``beyond`` pixels below."""
        top = self.scrolled()
        return self.rows.visible(top, top + self.viewport().height() + beyond)

    def place_at(self, point: QPoint) -> int:
        """Item under a point of the viewport, -1 for none; a sticking heading hides what is below it."""
        if self.header_at(point) >= 0:
            return -1
        return self.rows.index_at(point.x(), point.y() + self.scrolled())

    def header_at(self, point: QPoint) -> int:
        """Section whose heading is under a point of the viewport, -1 for none."""
        for section, rect in self._headers():
            if rect.contains(point):
                return section
        return -1

    def item_rect(self, place: int) -> QRect:
        """The item's cell in viewport coordinates."""
        return self.rows.rect(place).translated(0, -self.scrolled())

    def update_places(self, places: Iterable[int]) -> None:
        """Paint these items anew, as far as they are in view."""
        visible = self.visible_places()
        for place in places:
            if place in visible:
                self.viewport().update(self.item_rect(place).adjusted(-6, -6, 6, 6))

    def ensure_visible(self, place: int) -> None:
        """Scroll as little as needed to show an item wholly, below the sticking heading."""
        if not 0 <= place < len(self.content):
            return
        rect = self.rows.rect(place)
        section = self.content.sections[self.rows.section_of(place)]
        top = rect.top() - self.rows.header_height(section) - self.rows.gap
        bottom = rect.bottom() + self.rows.margin - self.viewport().height()
        if self.scrolled() > top or rect.height() > self.viewport().height():
            self.verticalScrollBar().setValue(top)
        elif self.scrolled() < bottom:
            self.verticalScrollBar().setValue(bottom)

    def scroll_to_section(self, section: int) -> None:
        """Bring a heading to the top."""
        if 0 <= section < len(self.content.sections):
            self.verticalScrollBar().setValue(self.rows.header_rect(section).top())

    def relayout(self) -> None:
        """The layout's measures changed: compute anew, keeping the photo at the top."""
        anchor = self._anchor()
        self.rows.relayout()
        self._update_scrollbar()
        self._restore(anchor)
        self.refresh_visible()

    def refresh_visible(self) -> None:
        """Paint and ask for thumbnails of what is in view now."""
        self._wish_timer.start()
        self.viewport().update()

    def _anchor(self) -> list[tuple[int, int, int]]:
        """(photo id, position, offset from the window's top) of what is in view, top first."""
        top = self.scrolled()
        found = []
        for place in list(self.visible_places())[:200]:
            rect = self.rows.rect(place)
            if rect.bottom() - top > 0:
                found.append((int(self.content.ids[place]), place, rect.top() - top))
        return found

    def _restore(self, anchor: list[tuple[int, int, int]] | None) -> None:
        for photo_id, old_place, offset in anchor or ():
            place = self.content.position(photo_id, old_place)
            if place >= 0:
                self.verticalScrollBar().setValue(self.rows.rect(place).top() - offset)
                return

    def _update_scrollbar(self) -> None:
        bar = self.verticalScrollBar()
        height = self.viewport().height()
        bar.setRange(0, max(0, self.rows.height - height))
        bar.setEnabled(bar.maximum() > 0)  # where all is in view its handle is not shown
        bar.setPageStep(height)
        bar.setSingleStep(max(24, height // 12))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = event.rect()
        painter.fillRect(area, self.theme.color("surface"))
        top = self.scrolled()
        places = self.rows.visible(top + area.top() - 8, top + area.bottom() + 9)
        rects = self.rows.rects(places.start, places.stop)
        for place, rect in zip(places, rects, strict=True):
            self.paint_item(painter, place, rect.translated(0, -top))
        self.paint_over(painter)
        for section, header in self._headers():
            if header.intersects(area):
                self.paint_header(painter, section, header)
        painter.end()

    def paint_over(self, painter: QPainter) -> None:
        """Paint above the items, below the headings."""

    def paint_header(self, painter: QPainter, section: int, rect: QRect) -> None:
        """Paint a heading; over photos when it sticks."""
        shown = self.content.sections[section]
        rect = self.paint_header_ground(painter, section, rect)
        words = rect.adjusted(self.rows.margin, 4, -self.rows.margin, 0)
        font = self.theme.font("large", bold=True)
        painter.setFont(font)
        painter.setPen(self.theme.color("text"))
        metrics = QFontMetrics(font)
        title = metrics.elidedText(shown.title, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        after = words.adjusted(metrics.horizontalAdvance(title) + 12, 2, 0, 0)
        if shown.note and after.width() > 40:
            small = self.theme.font("normal")
            painter.setFont(small)
            painter.setPen(self.theme.color("muted"))
            note = QFontMetrics(small).elidedText(shown.note, Qt.TextElideMode.ElideRight, after.width())
            painter.drawText(after, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, note)

    def paint_header_ground(self, painter: QPainter, section: int, rect: QRect) -> QRect:
        """The ground of a heading, with a line below while it sticks; returns the rest for words."""
        rect = rect.adjusted(0, 0, 0, -HEADER_AIR)
        painter.fillRect(rect, self.theme.color("surface"))
        if rect.top() <= 0 and self.scrolled() > self.rows.header_rect(section).top():
            painter.setPen(self.theme.color("line"))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        return rect

    def _headers(self) -> list[tuple[int, QRect]]:
        """Headings in view with their places in the viewport; the topmost one sticks."""
        top = self.scrolled()
        found = []
        for section in self.rows.sections_between(top, top + self.viewport().height()):
            rect = self.rows.header_rect(section).translated(0, -top)
            if rect.height() == 0:
                continue
            if rect.top() < 0:
                limit = self.rows.height
                if section + 1 < len(self.content.sections):
                    limit = int(self.rows.section_top[section + 1]) - top - rect.height()
                rect.moveTop(min(0, limit))
            found.append((section, rect))
        return found

    def opacity_of(self, photo_id: int) -> float:
        """How far a thumbnail has faded in, 0..1; call it when the thumbnail is painted."""
        return self.fading.opacity_of(photo_id)

    @Slot(object)
    def _thumbnails_ready(self, ids: list[int]) -> None:
        if not self.isVisible() or not len(self.content):
            return
        arrived = set(self.photo_ids(self.visible_places())).intersection(ids)
        self.fading.begin(arrived)
        if arrived:
            self.update_places(self.places_of(arrived))

    @Slot(object)
    def _faded(self, ids: list[int]) -> None:
        self.update_places(self.places_of(ids))

    @Slot()
    def _send_wish(self) -> None:
        if not self.isVisible():
            return
        self.thumbnails.ratio = self.devicePixelRatioF()
        places = self.visible_places(self.viewport().height() // 2)
        self.thumbnails.want(self, self.photo_ids(places), self.thumbnail_side())
        self.visible_changed(self.visible_places())

    # events

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.refresh_visible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        anchor = self._anchor() if self.scrolled() else None
        self.rows.set_width(self.viewport().width())
        self._update_scrollbar()
        self._restore(anchor)
        self.refresh_visible()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh_visible()

    def hideEvent(self, event: QHideEvent) -> None:
        self.thumbnails.want(self, (), 16)
        super().hideEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turned = event.angleDelta().y()
            if turned:
                self.zoomed.emit(ZOOM_STEP if turned > 0 else -ZOOM_STEP)
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _MOVES and len(self.content):
            self.move_current(self._target(event.key()), event)
            self.ensure_visible(self.current())
            return
        event.ignore()

    def _target(self, key: int) -> int:
        """Where a key moves the focus."""
        last = len(self.content) - 1
        at = self.current()
        if key == Qt.Key.Key_Home:
            return 0
        if key == Qt.Key.Key_End:
            return last
        if at < 0:
            visible = self.visible_places()
            return visible.start if len(visible) else 0
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._goal_x = None
            return min(max(at + (1 if key == Qt.Key.Key_Right else -1), 0), last)
        if self._goal_x is None:
            self._goal_x = self.rows.rect(at).center().x()
        rows = 1
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            rows = max(1, self.viewport().height() // (self.rows.rect(at).height() + self.rows.gap))
        return self.rows.step(
            at, rows if key in (Qt.Key.Key_Down, Qt.Key.Key_PageDown) else -rows, self._goal_x
        )

    def forget_goal(self) -> None:
        """The focus was set by other means than Up and Down."""
        self._goal_x = None

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.tip_at(event.pos())
            if words:
                QToolTip.showText(event.globalPos(), words, self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(720, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)
