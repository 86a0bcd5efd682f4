"""What the program's own dialogs share: a heading, a sentence, a body, a row of buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..theme import SPACING
from ..translation import tr


class Frame(QDialog):
    """A dialog that does not block the window.

    Attributes:
        body: where a subclass puts its widgets. buttons: the row at the bottom, left to right.
    """

    def __init__(self, heading: str, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(heading)
        self._heading = QLabel(heading)
        self._heading.setProperty("role", "heading")
        self._sentence = QLabel(sentence)
        self._sentence.setProperty("role", "muted")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.body = QVBoxLayout()
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(SPACING["small"])
        self.close_button = QPushButton(tr("Close"))
        self.close_button.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[SPACING["huge"]] * 4)
        layout.setSpacing(SPACING["small"])
        layout.addWidget(self._heading)
        layout.addWidget(self._sentence)
        layout.addSpacing(SPACING["tiny"])
        layout.addLayout(self.body, 1)
        layout.addSpacing(SPACING["tiny"])
        layout.addLayout(self.buttons)

    def say(self, sentence: str) -> None:
        """Another sentence under the heading."""
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))

    def finish_buttons(self, *left: QPushButton) -> None:
        """Lay the buttons out: the dialog's own at the left, Close at the right."""
        for button in left:
            button.setAutoDefault(False)
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.close_button)
