"""What a place shows that has nothing to show: why, and what to do next: one sentence, one button.

With ``framed`` it is the drop area of the first start. Knows nothing of what happens on the button.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from ..theme import SPACING, Theme

ICON_SIDE = 40


class EmptyState(QWidget):
    """Signals:
    pressed: the button.
    """

    pressed = Signal()

    def __init__(
        self,
        theme: Theme,
        icon: str = "photos",
        sentence: str = "",
        button: str = "",
        note: str = "",
        *,
        framed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Args:
        icon: name of the line icon. note: a small line under the button.
        framed: draw a dashed frame: something can be dropped here.
        """
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon
        self._framed = framed
        self._lit = False
        self._icon = QLabel(self)
        self._sentence = _centred(sentence, "title" if framed else "heading")
        self._note = _centred(note, "muted")
        self.button = QPushButton(button, self)
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(self.pressed)
        self._build()
        self.set_words(icon, sentence, button, note)
        theme.changed.connect(self._paint_icon)

    def set_words(self, icon: str, sentence: str, button: str = "", note: str = "") -> None:
        """Other words, for another reason."""
        self._icon_name = icon
        self._paint_icon()
        self._sentence.setText(sentence)
        self.setAccessibleName(sentence)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def light(self, on: bool) -> None:
        """Show that what is being dragged can be dropped here."""
        self._lit = on
        self.update()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[SPACING["huge"]] * 4)
        layout.setSpacing(SPACING["medium"])
        layout.addStretch(2)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._sentence)
        layout.addSpacing(SPACING["tiny"])
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(SPACING["tiny"])
        layout.addWidget(self._note)
        layout.addStretch(3)

    @Slot()
    def _paint_icon(self) -> None:
        self._icon.setPixmap(self._theme.icon(self._icon_name, "muted").pixmap(ICON_SIDE, ICON_SIDE))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._framed:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = min(self.width() - 2 * SPACING["huge"], 560)
        height = min(self.height() - 2 * SPACING["huge"], 360)
        middle = (
            self._sentence.geometry().united(self.button.geometry()).united(self._icon.geometry()).center()
        )
        top = max(SPACING["huge"], middle.y() - height / 2)
        frame = QRectF((self.width() - width) / 2, top, width, height)
        pen = QPen(self._theme.color("accent" if self._lit else "border"), 3 if self._lit else 1.5)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(self._theme.color("selection") if self._lit else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 12, 12)


def _centred(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
