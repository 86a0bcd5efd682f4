"""One of the pictures of a comparison; all panes look at the same part, whatever their sizes in pixels.

Positions are shares of the picture (0..1), so that a small copy and its large original stay aligned.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

T = TypeVar("T", bound=np.generic)

LARGEST_ZOOM = 32.0
STEP = 1.25
PAN = 0.2  # of the part in view, a press of an arrow
SMALL = 24  # side of the pictures that tell how another one is turned
CLEARLY = 0.6  # of the difference as it stands, below which another way round is the right one
FRAME = 3
UNSEEN = 16  # a difference of which nothing is brighter, 0..255 after the gain, looks black
DIFFERENCE_GAIN = 4  # how much a difference is brightened


class SharedLook(QObject):
    """The part of the picture that every pane shows.

    Attributes:
        zoom: 1 is fitted. middle: of the view, shares of the picture.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.zoom = 1.0
        self.middle = QPointF(0.5, 0.5)

    def set(self, zoom: float, middle: QPointF) -> None:
        """Look elsewhere; kept inside the picture."""
        self.zoom = min(max(zoom, 1.0), LARGEST_ZOOM)
        margin = 0.5 / self.zoom
        self.middle = QPointF(
            min(max(middle.x(), margin), 1 - margin), min(max(middle.y(), margin), 1 - margin)
        )
        self.changed.emit()

    def key(self, key: Qt.Key) -> bool:
        """Zoom by + and -, fit by 0, pan by the arrows; whether it was one of these."""
        factor = {Qt.Key.Key_Plus: STEP, Qt.Key.Key_Equal: STEP, Qt.Key.Key_Minus: 1 / STEP}.get(key)
        aside = {
            Qt.Key.Key_Left: QPointF(-1, 0), Qt.Key.Key_Right: QPointF(1, 0),
            Qt.Key.Key_Up: QPointF(0, -1), Qt.Key.Key_Down: QPointF(0, 1),
        }.get(key)  # fmt: skip
        if factor is not None:
            self.set(self.zoom * factor, self.middle)
        elif aside is not None:
            self.set(self.zoom, self.middle + aside * (PAN / self.zoom))
        elif key == Qt.Key.Key_0:
            self.set(1.0, QPointF(0.5, 0.5))
        else:
            return False
        return True


class ComparePane(QWidget):
    """Shows one picture through the shared look; wheel zooms, dragging pans, a double click fits."""

    def __init__(self, look: SharedLook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._image: QImage | None = None
        self._words = ""
        self._frame: QColor | None = None
        self._pressed: QPointF | None = None
        self.setMinimumSize(120, 120)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        look.changed.connect(self.update)

    def show_image(self, image: QImage | None, words: str = "") -> None:
        """The picture, or None while it is on its way; words are written over its middle."""
        self._image, self._words = image, words
        self.update()

    def set_frame(self, colour: QColor | None) -> None:
        """A frame around the picture that is kept, None for none."""
        self._frame = colour
        self.update()

    def target(self) -> QRectF:
        """Where the whole picture would stand, in this widget's coordinates."""
        if self._image is None:
            return QRectF(self.rect())
        fit = min(self.width() / self._image.width(), self.height() / self._image.height())
        width = self._image.width() * fit * self._look.zoom
        height = self._image.height() * fit * self._look.zoom
        left = self.width() / 2 - self._look.middle.x() * width
        top = self.height() / 2 - self._look.middle.y() * height
        return QRectF(left, top, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self._image is None:
            return
        target = self.target()
        enlarged = target.width() > 3 * self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
        painter.drawImage(target, self._image)
        if self._words:
            painter.setPen(Qt.GlobalColor.white)
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), int(centred), self._words)
        if self._frame is not None:
            painter.setPen(QPen(self._frame, 2 * FRAME))  # half of it lies outside
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect())

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if not notches:
            return
        whole, at = self.target(), event.position()
        place = QPointF((at.x() - whole.x()) / whole.width(), (at.y() - whole.y()) / whole.height())
        zoom = min(max(self._look.zoom * STEP**notches, 1.0), LARGEST_ZOOM)
        grown = zoom / self._look.zoom
        aside = (QPointF(self.width() / 2, self.height() / 2) - at) / grown
        middle = place + QPointF(aside.x() / whole.width(), aside.y() / whole.height())
        self._look.set(zoom, middle)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None:
            by, whole = event.position() - self._pressed, self.target()
            moved = QPointF(by.x() / whole.width(), by.y() / whole.height())
            self._look.set(self._look.zoom, self._look.middle - moved)
            self._pressed = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._pressed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self._look.set(1.0, QPointF(0.5, 0.5))


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """uint8 (H, W, 3) as an image of its own memory; safe in any thread."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def turned_like(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The second picture, mirrored or turned by quarters where that makes it the first one.

    Args:
        first, second: uint8 (H, W, 3), sizes may differ.
    """
    wanted, small = _small_grey(first), _small_grey(second)
    ways = [(mirrored, turns) for mirrored in (False, True) for turns in range(4)]
    apart = [float(np.abs(_turned(small, *way) - wanted).mean()) for way in ways]
    best = int(np.argmin(apart))
    return np.ascontiguousarray(_turned(second, *ways[best])) if apart[best] < CLEARLY * apart[0] else second


def _turned(picture: NDArray[T], mirrored: bool, turns: int) -> NDArray[T]:
    return np.rot90(picture[:, ::-1] if mirrored else picture, turns)


def _small_grey(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (SMALL, SMALL): means of as many fields, around their own mean."""
    step = max(1, min(picture.shape[:2]) // (8 * SMALL))
    grey = picture[::step, ::step].mean(axis=2, dtype=np.float32)
    grow = -(-SMALL // min(grey.shape))
    grey = grey.repeat(grow, axis=0).repeat(grow, axis=1) if grow > 1 else grey
    height, width = grey.shape
    rows = np.linspace(0, height, SMALL, endpoint=False).astype(int)
    columns = np.linspace(0, width, SMALL, endpoint=False).astype(int)
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0), columns, axis=1)
    fields = np.outer(np.diff(np.append(rows, height)), np.diff(np.append(columns, width)))
    means = sums / fields
    centred: NDArray[np.float32] = (means - means.mean()).astype(np.float32)
    return centred


def difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> QImage:
    """How two pictures differ, brightened; the second is brought to the size of the first.

    Args:
        first, second: uint8 (H, W, 3), sizes may differ.
    """
    height, width = first.shape[:2]
    other = second
    if second.shape != first.shape:
        scaled = image_of(second).scaled(
            width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled = scaled.convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(scaled.constBits(), dtype=np.uint8).reshape(height, scaled.bytesPerLine())
        other = rows[:, : 3 * width].reshape(height, width, 3)
    apart = np.abs(first.astype(np.int16) - other.astype(np.int16)) * DIFFERENCE_GAIN
    return image_of(np.minimum(apart, 255).astype(np.uint8))


def shows_nothing(picture: QImage) -> bool:
    """Whether a picture made by ``difference`` looks black everywhere."""
    rows = np.frombuffer(picture.constBits(), dtype=np.uint8).reshape(-1, picture.bytesPerLine())
    return bool(rows[:, : 3 * picture.width()].max(initial=0) < UNSEEN)  # after it, rows hold anything
