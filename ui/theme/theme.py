"""The theme in use: follows the system or the person's choice, and hands out colours, fonts and icons.

Knows the application object, no window.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QIcon
from PySide6.QtWidgets import QApplication, QWidget

from .icons import IconCupboard
from .palette import palette_for
from .stylesheet import stylesheet_for
from .tokens import DARK, FONT_SIZES, LIGHT, Tokens


class Theme(QObject):
    """Signals:
    changed: another scheme is in use; colours and icons asked for before are old.
    """

    changed = Signal()

    def __init__(self, resources: Path, choice: str = "system", parent: QObject | None = None) -> None:
        """Args:
        resources: folder of the files that ship with the program.
        choice: "system", "light" or "dark".
        """
        super().__init__(parent)
        self._choice = choice
        self._icons = IconCupboard(resources / "icons")
        self._dark = self._wants_dark()
        QApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def tokens(self) -> Tokens:
        return DARK if self._dark else LIGHT

    @property
    def dark(self) -> bool:
        return self._dark

    @property
    def choice(self) -> str:
        return self._choice

    def color(self, name: str) -> QColor:
        """A token's colour: ``theme.color("accent")``."""
        return QColor(getattr(self.tokens, name))

    def font(self, size: str = "normal", *, bold: bool = False) -> QFont:
        """The system font at one of the four sizes: "small", "normal", "large", "title"."""
        font = QFont(QApplication.font())
        font.setPixelSize(FONT_SIZES[size])
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def icon(self, name: str, color: str = "text") -> QIcon:
        """The line icon of that name in a token's colour, with a disabled look.

        Raises:
            KeyError: there is no such icon.
        """
        return self._icons.icon(name, self.color(color), self.color("disabled"))

    def choose(self, choice: str) -> None:
        """Use "system", "light" or "dark" from now on."""
        self._choice = choice
        self._update()

    def apply(self) -> None:
        """Give the application this look; once at start, and again after each change."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        font = QFont(app.font())
        font.setPixelSize(FONT_SIZES["normal"])
        app.setFont(font)
        app.setPalette(palette_for(self.tokens))
        app.setStyleSheet(stylesheet_for(self.tokens))

    def dress(self, widget: QWidget, tokens: Tokens) -> None:
        """Give one window a scheme of its own, whatever the rest looks like (the full view is dark)."""
        widget.setPalette(palette_for(tokens))
        widget.setStyleSheet(f"QWidget {{ color: {tokens.text}; }}" + stylesheet_for(tokens))

    @Slot()
    def _system_changed(self) -> None:
        self._update()

    def _update(self) -> None:
        dark = self._wants_dark()
        if dark != self._dark:
            self._dark = dark
            self.apply()
            self.changed.emit()

    def _wants_dark(self) -> bool:
        if self._choice == "system":
            return QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._choice == "dark"
