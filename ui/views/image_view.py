"""One picture on black: fitted, or at any scale, with the point under the pointer staying where it is.

Coordinates are those of the upright photo at full size, so that a sharper decoding can replace a coarse
one without anything moving. Knows no library.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from .heat import HeatedWidget

LARGEST_SCALE = 8.0  # device pixels for a pixel of the photo
LARGEST_FIT = 3.0  # a small picture is enlarged this much to fill the view, and no more
STEP = 1.25  # of one notch of the wheel
CLICK = 4  # pixels that a press may wander and still be a click


class ImageView(HeatedWidget):
    """Signals:
    zoomed: the scale now, device pixels for a pixel of the photo; sent also when fitted anew.
    """

    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: QImage | QPixmap | None = None
        self._size = QSizeF()
        self._middle = QPointF()  # point of the photo in the middle of the view
        self._scale: float | None = None  # None: fitted
        self._pressed: QPointF | None = None
        self._dragged = False
        self.setMinimumSize(64, 64)

    # what is shown

    def show_photo(self, size: QSize, picture: QImage | QPixmap | None) -> None:
        """Another photo, fitted. size: of the upright photo at full size, pixels."""
        self._size = QSizeF(size)
        self._scale = None
        self._middle = QPointF(size.width() / 2, size.height() / 2)
        self.show_picture(picture)
        self.zoomed.emit(self.scale)

    def show_picture(self, picture: QImage | QPixmap | None) -> None:
        """Another decoding of the same photo."""
        self._picture = picture
        self.update()

    @property
    def fitted(self) -> bool:
        """Whether the whole photo is in view."""
        return self._scale is None

    @property
    def photo_size(self) -> QSizeF:
        """Of the upright photo at full size, pixels."""
        return self._size

    @property
    def scale(self) -> float:
        """Device pixels for a pixel of the photo."""
        return self._fit() if self._scale is None else self._scale

    def to_photo(self, point: QPointF) -> QPointF:
        """The place in the photo under a point of this widget."""
        per = self.scale / self.devicePixelRatioF()
        return self._shown_middle() + (point - self._centre()) / per

    def to_view(self, place: QPointF) -> QPointF:
        """The point of this widget over a place in the photo."""
        per = self.scale / self.devicePixelRatioF()
        return self._centre() + (place - self._shown_middle()) * per

    # moving about

    def toggle(self, at: QPointF | None = None) -> None:
        """Between fitted and 100%, around a point of this widget (or its middle)."""
        if self._scale is None:
            self.zoom_to(1.0, at)
        else:
            self.fit()

    def fit(self) -> None:
        """Show the whole photo."""
        self._scale = None
        self.update()
        self.zoomed.emit(self.scale)

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Use this scale; what is under ``at`` stays there. Not smaller than fitted and 100%."""
        at = self._centre() if at is None else at
        place = self.to_photo(at)
        least = min(self._fit(), 1.0)
        if scale <= least * 1.001 and least == self._fit():
            self.fit()
            return
        self._scale = min(max(scale, least), LARGEST_SCALE)
        per = self._scale / self.devicePixelRatioF()
        self._middle = place - (at - self._centre()) / per
        self._stay_inside()
        self.update()
        self.zoomed.emit(self.scale)

    def pan(self, by: QPointF) -> None:
        """Move the photo by logical pixels."""
        if self._scale is not None:
            self._middle -= by / (self._scale / self.devicePixelRatioF())
            self._stay_inside()
            self.update()

    # events

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom_to(self.scale * STEP**notches, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        by = event.position() - self._pressed
        if self._dragged or by.manhattanLength() > CLICK:
            self._dragged = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan(by)
            self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and not self._dragged:
            self.toggle(event.position())
        self._pressed = None
        self.unsetCursor()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._scale is not None:
            self._stay_inside()
        self.zoomed.emit(self.scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self._picture is None or self._picture.isNull() or self._size.isEmpty():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < 4)
        target = QRectF(
            self.to_view(QPointF(0, 0)), self.to_view(QPointF(self._size.width(), self._size.height()))
        )
        seen = target.intersected(QRectF(self.rect()))
        across = self._picture.width() / target.width()
        down = self._picture.height() / target.height()
        source = QRectF(
            (seen.x() - target.x()) * across,
            (seen.y() - target.y()) * down,
            seen.width() * across,
            seen.height() * down,
        )
        if isinstance(self._picture, QImage):
            painter.drawImage(seen, self._picture, source)
        else:
            painter.drawPixmap(seen, self._picture, source)
        self.paint_heat(painter, target)

    # geometry

    def _centre(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _shown_middle(self) -> QPointF:
        if self._scale is None:
            return QPointF(self._size.width() / 2, self._size.height() / 2)
        return self._middle

    def _fit(self) -> float:
        if self._size.isEmpty():
            return 1.0
        ratio = self.devicePixelRatioF()
        across = self.width() * ratio / self._size.width()
        return min(LARGEST_FIT, across, self.height() * ratio / self._size.height())

    def _stay_inside(self) -> None:
        """No edge of the photo comes further in than the view's own, unless all of it fits."""
        per = self.scale / self.devicePixelRatioF()
        half = QSizeF(self.width() / 2 / per, self.height() / 2 / per)
        self._middle = QPointF(
            _kept(self._middle.x(), half.width(), self._size.width()),
            _kept(self._middle.y(), half.height(), self._size.height()),
        )


def _kept(middle: float, half: float, whole: float) -> float:
    if 2 * half >= whole:
        return whole / 2
    return min(max(middle, half), whole - half)
