"""The parts around the full view's photo: facts at the right, the mark and labels in the strip below."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from organizer.library.views import PhotoDetail

from ..flag_words import flag_words
from ..theme import DARK, SPACING
from ..words import choice_name, reason_name
from .facts import FactsGrid, facts_of


class FactsPanel(QWidget):
    """The facts at the right of the photo; hidden until asked for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(320)
        self._grid = FactsGrid()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING["large"], SPACING["huge"], SPACING["large"], SPACING["large"])
        layout.setSpacing(SPACING["large"])
        layout.addWidget(self._words)
        layout.addWidget(self._grid)
        layout.addStretch(1)
        self.hide()

    def show_detail(self, detail: PhotoDetail) -> None:
        """The facts of this photo, its caption and what is wrong with it."""
        lines = [detail.caption.text] if detail.caption else []
        lines += [f"{reason_name(flag.reason)}: {flag_words(flag.why)}" for flag in detail.flags]
        self._words.setText("\n".join(lines))
        self._words.setVisible(bool(lines))
        self._grid.show_facts(facts_of(detail.photo))


class Mark(QWidget):
    """Picked or rejected, as a word on a coloured pill; nothing while undecided."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self._colour = ""
        self.setFixedHeight(24)
        self.show_mark(0)

    def show_mark(self, choice: int) -> None:
        """1, -1 or 0."""
        self._words = choice_name(choice)
        self._colour = DARK.good if choice > 0 else DARK.danger
        self.setAccessibleName(self._words)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(self._words) + 20 if self._words else 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._words:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colour))
            painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
            painter.setPen(QColor(DARK.on_accent))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)


def strip_label(parent: QWidget) -> QLabel:
    """A quiet label for the strip below the photo."""
    label = QLabel(parent)
    label.setProperty("role", "muted")
    return label
