"""A map of what speaks for a category, as paint over a picture. Knows arrays and painters alone."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from organizer.library import HeatMap

from ..theme import DARK

DIMMED = 70  # of 255, how much the picture darkens below a map
HOTTEST = 0.75  # opacity of the map where it is hottest


class HeatPaint:
    """A map made ready to be painted, in the same warm colour on light and on dark windows."""

    def __init__(self, found: HeatMap) -> None:
        self._image = _image(found, QColor(DARK.warning))
        self._region = found.region

    def paint(self, painter: QPainter, photo: QRectF) -> None:
        """Lay it over the photo, which fills this rectangle; what the model did not see stays dim."""
        left, top, width, height = self._region
        seen = QRectF(
            photo.left() + left * photo.width(),
            photo.top() + top * photo.height(),
            width * photo.width(),
            height * photo.height(),
        )
        painter.save()
        painter.setClipRect(photo, Qt.ClipOperation.IntersectClip)
        painter.fillRect(photo, QColor(0, 0, 0, DIMMED))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(seen, self._image, QRectF(self._image.rect()))
        painter.restore()


class HeatedWidget(QWidget):
    """A widget with a picture that a map can lie over; its ``paintEvent`` calls ``paint_heat``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heat: HeatPaint | None = None

    def show_heat(self, found: HeatMap | None) -> None:
        """Lay a map of what speaks for a category over the picture; None takes it away."""
        self._heat = None if found is None else HeatPaint(found)
        self.update()

    @property
    def has_heat(self) -> bool:
        """Whether a map lies over the picture."""
        return self._heat is not None

    def paint_heat(self, painter: QPainter, photo: QRectF) -> None:
        """The map, if there is one, over the photo, which fills this rectangle."""
        if self._heat is not None:
            self._heat.paint(painter, photo)


def _image(found: HeatMap, colour: QColor) -> QImage:
    """The map as a see-through picture, one pixel a cell; painting it larger makes it smooth."""
    rows, columns = found.heat.shape
    image = QImage(columns, rows, QImage.Format.Format_ARGB32)
    for y in range(rows):
        for x in range(columns):
            shade = QColor(colour)
            shade.setAlphaF(HOTTEST * float(found.heat[y, x]))
            image.setPixelColor(x, y, shade)
    return image
