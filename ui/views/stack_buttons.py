"""What can be done with the current stack of duplicates, as buttons; what they mean, the list says."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ..translation import tr


class StackButtons(QWidget):
    """The buttons of the current stack, each with its key in the tooltip."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        words = tr("Keep the framed photo; the others go to the trash ({key})", key=tr("Enter"))
        self.keep = self._button("", words)
        self.keep.setProperty("kind", "primary")
        self.both = self._button(tr("Keep all"), tr("Remove nothing; the stack is settled ({key})", key="B"))
        self.apart = self._button(
            tr("Not duplicates"), tr("They are different photos and never stacked again ({key})", key="N")
        )
        self.compare = self._button(tr("Compare"), tr("Look at them side by side ({key})", key="C"))
        for button in (self.keep, self.both, self.apart, self.compare):
            column.addWidget(button)
        column.addStretch(1)
        self.say_choice(True)

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedHeight(28)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        button.setToolTip(tip)
        return button

    def say_choice(self, suggested: bool, members: int = 2) -> None:
        """The main button keeps the suggestion, or the person's choice."""
        self.both.setText(tr("Keep both") if members == 2 else tr("Keep all"))
        self.keep.setText(tr("Keep suggestion") if suggested else tr("Keep my choice"))
