"""The panel of filters under the search field: colour, time, camera, shape, format.

What is chosen here is written into the search as ``key:value``, so that the field always says everything.
Knows nothing of how photos are found.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QHBoxLayout, QLineEdit, QToolButton, QWidget

from organizer.library import Key, Query

from ..search_words import colour_name
from ..theme import SPACING, Theme
from ..translation import tr

SWATCH = 18
SWATCHES = {
    "red": "#d6303a", "orange": "#ef8a1d", "yellow": "#f4cf2f", "green": "#3f9d4f", "blue": "#3a78c9",
    "purple": "#8a4fb5", "pink": "#f09ab8", "brown": "#8a5a33", "black": "#1c1c1e", "white": "#fafafa",
}  # fmt: skip
FORMATS = ("jpeg", "png", "heic", "raw", "tiff", "webp", "gif", "avif")


class FilterPanel(QFrame):
    """Signals:
    changed: a filter's key and its value now; "" where it was taken away.
    """

    changed = Signal(str, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("panel", "toast")
        self.setAccessibleName(tr("Filters"))
        self.colours = {name: _swatch(name) for name in SWATCHES}
        self.date = QLineEdit()
        self.date.setPlaceholderText(tr("2024, 2024-05 or 2022..2024"))
        self.camera, self.shape, self.format = QComboBox(), QComboBox(), QComboBox()
        shapes = ((tr("Any"), ""), (tr("Landscape"), "landscape"), (tr("Portrait"), "portrait"),
                  (tr("Square"), "square"))  # fmt: skip
        for words, value in shapes:
            self.shape.addItem(words, value)
        self.format.addItem(tr("Any"), "")
        for name in FORMATS:
            self.format.addItem(name.upper(), name)
        self._build()
        self._connect()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACING["tiny"])
        for button in self.colours.values():
            row.addWidget(button)
        row.addStretch(1)
        form = QFormLayout(self)
        form.setContentsMargins(*[SPACING["large"]] * 4)
        form.setSpacing(SPACING["medium"])
        form.addRow(tr("Colour"), row)
        named = ((tr("Date"), self.date), (tr("Camera"), self.camera), (tr("Shape"), self.shape),
                 (tr("Format"), self.format))  # fmt: skip
        for words, control in named:
            control.setAccessibleName(words)
            form.addRow(words, control)

    def _connect(self) -> None:
        for button in self.colours.values():
            button.clicked.connect(self._colour_clicked)
        self.date.editingFinished.connect(self._date_typed)
        self.camera.activated.connect(self._camera_chosen)
        self.shape.activated.connect(self._shape_chosen)
        self.format.activated.connect(self._format_chosen)

    def show_query(self, query: Query, cameras: Sequence[str]) -> None:
        """Show what the search says now."""
        said = {one.key: one.value for one in query.filters if not one.negated}
        for name, button in self.colours.items():
            button.setChecked(said.get(Key.COLOUR) == name)
        self.date.setText(said.get(Key.DATE, ""))
        self.camera.clear()
        self.camera.addItem(tr("Any"), "")
        for camera in cameras:
            self.camera.addItem(camera, camera)
        for box, key in ((self.camera, Key.CAMERA), (self.shape, Key.ORIENTATION), (self.format, Key.FORMAT)):
            value = said.get(key, "")
            if value and box.findData(value) < 0:
                box.addItem(value, value)
            box.setCurrentIndex(box.findData(value))

    def popup(self, place: QPoint) -> None:
        """Show it with its right upper corner at a global position."""
        self.adjustSize()
        self.move(place - QPoint(self.width(), 0))
        self.show()
        self.date.setFocus(Qt.FocusReason.PopupFocusReason)

    @Slot()
    def _colour_clicked(self) -> None:
        clicked = self.sender()
        chosen = ""
        for name, button in self.colours.items():
            if button is clicked and button.isChecked():
                chosen = name
            button.setChecked(button is clicked and button.isChecked())
        self.changed.emit(str(Key.COLOUR), chosen)

    @Slot()
    def _date_typed(self) -> None:
        if self.date.isModified():
            self.date.setModified(False)
            self.changed.emit(str(Key.DATE), "".join(self.date.text().split()))

    @Slot()
    def _camera_chosen(self) -> None:
        self.changed.emit(str(Key.CAMERA), self.camera.currentData())

    @Slot()
    def _shape_chosen(self) -> None:
        self.changed.emit(str(Key.ORIENTATION), self.shape.currentData())

    @Slot()
    def _format_chosen(self) -> None:
        self.changed.emit(str(Key.FORMAT), self.format.currentData())


def _swatch(name: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setIcon(QIcon(_disc(SWATCHES[name])))
    button.setToolTip(colour_name(name))
    button.setAccessibleName(colour_name(name))
    return button


def _disc(colour: str) -> QPixmap:
    pixmap = QPixmap(2 * SWATCH, 2 * SWATCH)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(128, 128, 128, 150))
    painter.setBrush(QColor(colour))
    painter.drawEllipse(1, 1, SWATCH - 2, SWATCH - 2)
    painter.end()
    return pixmap
