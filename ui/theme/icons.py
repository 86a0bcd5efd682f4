"""The program's line icons: SVG files drawn in ``currentColor``, tinted when asked for.

One file serves 16 and 20 px and their multiples for dense screens: it is drawn on a raster of 20 units.
Knows files and colours, no widgets.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 20, 24, 32, 40, 48)  # 16 and 20 logical pixels at 100, 150 (24), 200 and 240 per cent


class IconCupboard:
    """Reads each SVG once and keeps the tinted icons.

    Args:
        folder: where ``<name>.svg`` lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: dict[str, str] = {}
        self._icons: dict[tuple[str, str, str], QIcon] = {}

    def names(self) -> list[str]:
        """All icons there are."""
        return sorted(file.stem for file in self._folder.glob("*.svg"))

    def icon(self, name: str, color: QColor, disabled: QColor) -> QIcon:
        """The icon in one colour, and in another while its control is disabled.

        Raises:
            KeyError: there is no such icon.
        """
        key = (name, color.name(), disabled.name())
        if key not in self._icons:
            icon = QIcon()
            for size in SIZES:
                icon.addPixmap(self.pixmap(name, color, size), QIcon.Mode.Normal)
                icon.addPixmap(self.pixmap(name, disabled, size), QIcon.Mode.Disabled)
            self._icons[key] = icon
        return self._icons[key]

    def pixmap(self, name: str, color: QColor, size: int) -> QPixmap:
        """The icon as a square pixmap of ``size`` device pixels."""
        source = self._source(name).replace("currentColor", color.name())
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
        painter.end()
        return pixmap

    def _source(self, name: str) -> str:
        if name not in self._sources:
            try:
                self._sources[name] = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
            except FileNotFoundError as error:
                raise KeyError(name) from error
        return self._sources[name]
