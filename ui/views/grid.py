"""The grid of photos: selection as in a file manager, keys, rubber band, dragging photos out.

Works over any layout of rows (equal cells, justified rows). Knows photo ids and thumbnails; what a photo
is called, and what may be done with it, the tab tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPixmap,
)
from PySide6.QtWidgets import QApplication, QWidget

from ..models.content import Content
from ..models.selection import Selection
from ..models.thumbnails import LARGEST_SIDE, ThumbnailLoader
from ..theme import RADIUS, Theme
from ..translation import tr
from .grid_delegate import Badge, CellPainter, Look
from .grid_layout import GridLayout, RowLayout
from .sectioned import SectionedView

MIME_PHOTOS = "application/x-photo-organizer-ids"
DRAG_LIMIT = 500  # paths given to another program at once
AUTOSCROLL_MS = 30

_NO_MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)


class GridView(SectionedView):
    """Signals:
    selection_changed: list of selected photo ids in the order shown.
    activated: photo id, to be shown large (double click, Space).
    inspect_requested: Enter on a photo.
    text_typed: letters typed with the grid in focus, for the search field.
    menu_requested: global position, for the menu of the selected photos.
    """

    selection_changed = Signal(object)
    activated = Signal(int)
    inspect_requested = Signal()
    text_typed = Signal(str)
    menu_requested = Signal(QPoint)

    def __init__(
        self,
        thumbnails: ThumbnailLoader,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        rows: RowLayout | None = None,
        cover: bool = False,
    ) -> None:
        super().__init__(rows or GridLayout(), thumbnails, theme, parent)
        self.painter_of_cells = CellPainter(theme)
        self.selection = Selection()
        self.badges_of: Callable[[int], Sequence[Badge]] = _no_badges
        self.tip_of: Callable[[int], str] = _no_tip
        self.paths_of: Callable[[Sequence[int]], Sequence[Path]] = _no_paths
        self.in_view: Callable[[Sequence[int]], object] = _ignore
        self._cover = cover
        self._pressed: QPoint | None = None
        self._pressed_place = -1
        self._band: QRect | None = None
        self._band_base: set[int] = set()
        self._autoscroll = QTimer(self, interval=AUTOSCROLL_MS)
        self._autoscroll.timeout.connect(self._scroll_band)
        self.setAccessibleName(tr("Photos"))

    # contents

    def set_content(self, content: Content) -> None:
        before = self.selection.ids.copy()
        place = self.selection.current
        self.selection.set_content(content)
        self.forget_goal()
        super().set_content(content)
        if self.selection.ids != before:
            self._selected()
        if self.selection.current != place:
            self.current_changed.emit(self.selection.current)

    def set_cell(self, cell: int) -> None:
        """Side (or row height) of the cells in pixels; the photo at the top stays there."""
        if self.rows.cell != cell:  # type: ignore[attr-defined]
            anchor = self._anchor()
            self.rows.set_cell(cell)  # type: ignore[attr-defined]
            self._update_scrollbar()
            self._restore(anchor)
            self.refresh_visible()

    def selected_ids(self) -> list[int]:
        """Selected photos in the order shown."""
        return self.selection.ordered()

    def select(self, ids: Sequence[int]) -> None:
        """Select these photos and bring the first of them into view."""
        self.selection.set_ids(int(photo_id) for photo_id in ids)
        places = self.content.positions(ids)
        if len(places):
            self.selection.current = self.selection.anchor = int(places[0])
            self.ensure_visible(int(places[0]))
            self.current_changed.emit(int(places[0]))
        self._selected()

    def select_place(self, place: int) -> None:
        """Select what is shown there, and nothing else."""
        self.selection.click(place)
        self._moved()

    def current(self) -> int:
        return self.selection.current

    def current_id(self) -> int | None:
        """The photo with the focus."""
        return self.selection.current_id()

    def thumbnail_side(self) -> int:
        if isinstance(self.rows, GridLayout):
            return self.rows.cell_width
        return LARGEST_SIDE

    def visible_changed(self, places: range) -> None:
        self.in_view(self.photo_ids(places))

    def tip_at(self, point: QPoint) -> str:
        place = self.place_at(point)
        return self.tip_of(place) if place >= 0 else ""

    # painting

    def paint_item(self, painter: QPainter, place: int, rect: QRect) -> None:
        photo_id = int(self.content.ids[place])
        pixmap = self.thumbnails.pixmap(photo_id, self.thumbnail_side())
        look = Look(
            pixmap,
            selected=photo_id in self.selection.ids,
            focused=place == self.selection.current and self.hasFocus(),
            opacity=1.0 if pixmap is None else self.opacity_of(photo_id),
            absent=pixmap is None and self.thumbnails.is_absent(photo_id),
            cover=self._cover,
            badges=self.badges_of(photo_id),
        )
        self.painter_of_cells.paint(painter, rect, look)

    def paint_over(self, painter: QPainter) -> None:
        if self._band is None:
            return
        colour = self.theme.color("accent")
        painter.setPen(colour)
        colour.setAlpha(40)
        painter.setBrush(colour)
        painter.drawRoundedRect(self._band.translated(0, -self.scrolled()), RADIUS, RADIUS)

    # keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, ctrl = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        place = self.selection.current
        if key == Qt.Key.Key_Space and place >= 0:
            if ctrl:
                self.selection.toggle(place)
                self._selected()
            else:
                self.activated.emit(int(self.content.ids[place]))
        elif key == Qt.Key.Key_A and ctrl:
            self.selection.select_all()
            self._selected()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and place >= 0:
            self.inspect_requested.emit()
        elif key == Qt.Key.Key_Escape and self.selection.ids:
            self.selection.clear()
            self._selected()
        elif (
            event.text().strip().isprintable() and event.text().strip() and event.modifiers() in _NO_MODIFIERS
        ):
            self.text_typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def move_current(self, place: int, event: QKeyEvent) -> None:
        modifiers = event.modifiers()
        self.selection.move(
            place,
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        )
        self._moved()

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self.forget_goal()
        if event.button() == Qt.MouseButton.RightButton:
            self._press_for_menu(self.place_at(point))
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        header = self.header_at(point)
        if header >= 0:
            section = self.content.sections[header]
            self.selection.select_places(section.start, section.start + section.count - 1, adding=ctrl)
            self._moved()
            return
        self._pressed, self._pressed_place = point, self.place_at(point)
        if self._pressed_place < 0:
            self._band_base = set(self.selection.ids) if shift or ctrl else set()
            if not (shift or ctrl) and self.selection.ids:
                self.selection.clear()
                self._selected()
        elif self._id_at(self._pressed_place) in self.selection.ids and not shift and not ctrl:
            self.selection.current = self._pressed_place  # the others stay selected, it may become a drag
            self._moved()
        else:
            self.selection.click(self._pressed_place, shift=shift, ctrl=ctrl)
            self._moved()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._band is None:
            if (point - self._pressed).manhattanLength() < QApplication.startDragDistance():
                return
            if self._pressed_place >= 0:
                self._pressed = None
                self._start_drag()
                return
            self._pressed += QPoint(0, self.scrolled())
            self._autoscroll.start()
        self._stretch_band(point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        held = event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        if self._band is not None:
            self._autoscroll.stop()
            self._band = None
            self.viewport().update()
        elif (
            self._pressed is not None
            and self._pressed_place >= 0
            and not held
            and len(self.selection.ids) > 1
        ):
            self.selection.click(self._pressed_place)
            self._moved()
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.activated.emit(self._id_at(place))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.selection.current >= 0:
            rect = self.item_rect(self.selection.current)
            self.menu_requested.emit(self.viewport().mapToGlobal(rect.center()))
        elif self.selection.ids:
            self.menu_requested.emit(event.globalPos())
        event.accept()

    def _press_for_menu(self, place: int) -> None:
        if place < 0:
            self.selection.clear()
            self._selected()
        elif self._id_at(place) not in self.selection.ids:
            self.selection.click(place)
            self._moved()

    def _stretch_band(self, point: QPoint) -> None:
        assert self._pressed is not None
        self._band = QRect(self._pressed, point + QPoint(0, self.scrolled())).normalized()
        inside = self.content.ids[self.rows.indices_in(self._band)].tolist()
        self.selection.set_ids(self._band_base.union(inside))
        self._selected()

    @Slot()
    def _scroll_band(self) -> None:
        """Scroll on while the rubber band is held beyond an edge."""
        point = self.viewport().mapFromGlobal(self.cursor().pos())
        beyond = min(point.y(), 0) + max(point.y() - self.viewport().height(), 0)
        if beyond:
            self.verticalScrollBar().setValue(self.scrolled() + max(-60, min(60, beyond)))
            self._stretch_band(point)

    def _start_drag(self) -> None:
        ids = self.selected_ids()
        if not ids:
            return
        drag = QDrag(self)
        drag.setMimeData(photo_mime(ids, self.paths_of(ids[:DRAG_LIMIT])))
        pixmap = self.thumbnails.pixmap(self._id_at(self._pressed_place), self.thumbnail_side())
        if pixmap is not None:
            drag.setPixmap(_drag_picture(pixmap))
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, Qt.DropAction.CopyAction)

    def _id_at(self, place: int) -> int:
        return int(self.content.ids[place])

    def _moved(self) -> None:
        self.current_changed.emit(self.selection.current)
        self._selected()

    def _selected(self) -> None:
        self.viewport().update()
        self.selection_changed.emit(self.selection.ordered())


def photo_mime(ids: Sequence[int], paths: Sequence[Path]) -> QMimeData:
    """Photos for a drag: ids for this program, files for others."""
    data = QMimeData()
    data.setData(MIME_PHOTOS, ",".join(map(str, ids)).encode())
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def photos_in(data: QMimeData) -> list[int]:
    """Photo ids that a drag from this program carries; empty for anything else."""
    if not data.hasFormat(MIME_PHOTOS):
        return []
    raw = bytes(data.data(MIME_PHOTOS).data()).decode("ascii", "replace")
    return [int(part) for part in raw.split(",") if part.isdigit()]


def _drag_picture(pixmap: QPixmap) -> QPixmap:
    return pixmap.scaled(
        96, 96, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def _no_badges(_photo_id: int) -> Sequence[Badge]:
    return ()


def _no_tip(_place: int) -> str:
    return ""


def _no_paths(_ids: Sequence[int]) -> Sequence[Path]:
    return ()


def _ignore(_ids: Sequence[int]) -> None:
    return None
