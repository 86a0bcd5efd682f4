"""One picture fitted into a calm tile: the thumbnail at once, something sharper when it comes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from organizer.library import HeatMap

from ..theme import RADIUS, Theme
from ..translation import tr

DIMMED = 70  # of 255, how much the picture darkens below a map
HOTTEST = 0.75  # opacity of the map where it is hottest


class Preview(QWidget):
    """Signals:
    pressed: a click, Enter or Space: show it large.
    """

    pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pixmap: QPixmap | None = None
        self._heat: QImage | None = None
        self._region = (0.0, 0.0, 1.0, 1.0)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Preview"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_pixmap(self, picture: QPixmap | QImage | None) -> None:
        """Show this picture, or the bare tile."""
        if isinstance(picture, QImage):
            side = round(max(self.width(), self.height()) * self.devicePixelRatioF())
            shape = Qt.AspectRatioMode.KeepAspectRatio
            smooth = Qt.TransformationMode.SmoothTransformation
            if max(picture.width(), picture.height()) > side > 0:
                picture = picture.scaled(side, side, shape, smooth)
            picture = QPixmap.fromImage(picture)
        self._pixmap = picture
        self.update()

    def show_heat(self, found: HeatMap | None) -> None:
        """Lay a map of what speaks for a category over the picture; None takes it away."""
        self._heat = None if found is None else _heat_image(found, self._theme.color("accent"))
        self._region = (0.0, 0.0, 1.0, 1.0) if found is None else found.region
        self.update()

    @property
    def has_heat(self) -> bool:
        """Whether a map lies over the picture."""
        return self._heat is not None

    @property
    def has_picture(self) -> bool:
        """Whether there is anything on the tile."""
        return self._pixmap is not None

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width * 3 // 4

    def sizeHint(self) -> QSize:
        return QSize(264, 198)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), self._theme.color("tile"))
        if self._pixmap is not None and not self._pixmap.isNull():
            size = self._pixmap.size().toSizeF()
            size.scale(self.size().toSizeF(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(
                (self.width() - size.width()) / 2,
                (self.height() - size.height()) / 2,
                size.width(),
                size.height(),
            )
            painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))
            if self._heat is not None:
                self._paint_heat(painter, target)
        if self.hasFocus():
            painter.setClipping(False)
            painter.setPen(self._theme.color("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_heat(self, painter: QPainter, target: QRectF) -> None:
        """The map over the part of the picture that the model saw; what it did not see stays dim."""
        assert self._heat is not None
        left, top, width, height = self._region
        seen = QRectF(
            target.left() + left * target.width(),
            target.top() + top * target.height(),
            width * target.width(),
            height * target.height(),
        )
        painter.save()
        painter.setClipRect(target, Qt.ClipOperation.IntersectClip)
        painter.fillRect(target, QColor(0, 0, 0, DIMMED))
        painter.drawImage(seen, self._heat, QRectF(self._heat.rect()))
        painter.restore()


def _heat_image(found: HeatMap, colour: QColor) -> QImage:
    """The map as a see-through picture, one pixel a cell; painting it larger makes it smooth."""
    rows, columns = found.heat.shape
    image = QImage(columns, rows, QImage.Format.Format_ARGB32)
    for y in range(rows):
        for x in range(columns):
            shade = QColor(colour)
            shade.setAlphaF(HOTTEST * float(found.heat[y, x]))
            image.setPixelColor(x, y, shade)
    return image
