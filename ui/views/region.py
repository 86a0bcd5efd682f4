"""Drawing a rectangle on the photo of the full view, to find photos like that part of it.

Lies over an ``ImageView`` while a part is being chosen. Knows neither library nor search.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ..theme import DARK, SPACING
from ..translation import tr
from .image_view import ImageView

SMALLEST = 12.0  # logical pixels; less is a click
Box = tuple[float, float, float, float]


class RegionPicker(QWidget):
    """Signals:
    chosen: left, top, right, bottom as shares 0..1 of the photo, and whether only photos of that part's
        colour are wanted.
    left: the person wants no part after all.
    """

    chosen = Signal(object, bool)
    left = Signal()

    def __init__(self, image: ImageView) -> None:
        super().__init__(image)
        self._image = image
        self._from: QPointF | None = None
        self._box: QRectF | None = None  # in pixels of the photo
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Draw a rectangle around what to look for"))
        self._buttons = QWidget(self)
        self.find_button = QPushButton(tr("Find similar"), self._buttons)
        self.find_button.setProperty("kind", "primary")
        self.coloured = QPushButton(tr("Similar, in this colour"), self._buttons)
        self.find_button.clicked.connect(self._find)
        self.coloured.clicked.connect(self._find_coloured)
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING["small"])
        row.addWidget(self.find_button)
        row.addWidget(self.coloured)
        self._buttons.hide()
        self.hide()

    def start(self) -> None:
        """Wait for a rectangle."""
        self._from = self._box = None
        self._buttons.hide()
        self.setGeometry(self._image.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def box(self) -> Box | None:
        """The rectangle as shares of the photo, or None while there is none on it."""
        size = self._image.photo_size
        if self._box is None or size.isEmpty():
            return None
        inside = self._box.intersected(QRectF(0, 0, size.width(), size.height()))
        if inside.isEmpty():
            return None
        return (inside.left() / size.width(), inside.top() / size.height(),
                inside.right() / size.width(), inside.bottom() / size.height())  # fmt: skip

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = self._image.to_photo(event.position())
            self._box = None
            self._buttons.hide()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            self._box = QRectF(self._from, self._image.to_photo(event.position())).normalized()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None
        seen = self._seen()
        if seen is None or min(seen.width(), seen.height()) < SMALLEST or self.box() is None:
            self._box = None
        else:
            self._place_buttons(seen)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.box() is not None:
            self._find()
        else:
            event.accept()  # no photo changes under a rectangle

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        seen = self._seen()
        shade = QColor(0, 0, 0, 110)
        if seen is None:
            painter.fillRect(self.rect(), QColor(0, 0, 0, 60))
            return
        whole = QRectF(self.rect())
        painter.fillRect(QRectF(0, 0, whole.width(), seen.top()), shade)
        painter.fillRect(QRectF(0, seen.bottom(), whole.width(), whole.height() - seen.bottom()), shade)
        painter.fillRect(QRectF(0, seen.top(), seen.left(), seen.height()), shade)
        painter.fillRect(QRectF(seen.right(), seen.top(), whole.width() - seen.right(), seen.height()), shade)
        painter.setPen(QPen(QColor(DARK.accent), 2))
        painter.drawRect(seen)

    def _seen(self) -> QRectF | None:
        """The rectangle where it lies on the screen."""
        if self._box is None:
            return None
        corners = self._image.to_view(self._box.topLeft()), self._image.to_view(self._box.bottomRight())
        return QRectF(*corners)

    def _place_buttons(self, seen: QRectF) -> None:
        self._buttons.adjustSize()
        x = min(max(0.0, seen.left()), self.width() - self._buttons.width())
        below = seen.bottom() + SPACING["small"]
        fits = below + self._buttons.height() <= self.height()
        y = below if fits else max(0.0, seen.bottom() - self._buttons.height() - SPACING["small"])
        self._buttons.move(int(x), int(y))
        self._buttons.show()
        self.find_button.setFocus()

    @Slot()
    def _find(self) -> None:
        self._choose(False)

    @Slot()
    def _find_coloured(self) -> None:
        self._choose(True)

    def _choose(self, coloured: bool) -> None:
        box = self.box()
        if box is not None:
            self.hide()
            self.chosen.emit(box, coloured)
