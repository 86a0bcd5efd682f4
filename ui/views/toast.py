"""A message that comes and goes by itself, with one button: nearly always Undo. Never takes the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from ..theme import SPACING, Theme
from ..translation import tr

SECONDS = 10
WIDEST = 560  # pixels


class Toast(QFrame):
    """Floats over the bottom of its parent for ten seconds; stays while the pointer is on it."""

    def __init__(self, theme: Theme, parent: QWidget, *, lift: int = SPACING["huge"]) -> None:
        """Args: lift: distance from the parent's lower edge, pixels."""
        super().__init__(parent)
        self.setProperty("panel", "toast")
        self._theme = theme
        self._lift = lift
        self._window = parent
        self._action: Callable[[], object] | None = None
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton(self)
        self._button.setProperty("kind", "quiet")
        self._button.clicked.connect(self._act)
        self._close = QToolButton(self)
        self._close.setAccessibleName(tr("Close this message"))
        self._close.setToolTip(tr("Close this message"))
        self._close.clicked.connect(self.hide)
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING["large"], SPACING["small"], SPACING["small"], SPACING["small"])
        layout.setSpacing(SPACING["small"])
        layout.addWidget(self._label, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SECONDS * 1000)
        self._timer.timeout.connect(self.hide)
        self._paint_icons()
        theme.changed.connect(self._paint_icons)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """The words on it now."""
        return self._label.text()

    @property
    def button(self) -> QPushButton:
        """The button; hidden where there is nothing to do."""
        return self._button

    def say(self, text: str, button: str = "", action: Callable[[], object] | None = None) -> None:
        """Show a sentence, with a button where there is something to do about it."""
        self._label.setText(text)
        self._action = action
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def enterEvent(self, event: QEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if self.isVisible():
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    @Slot()
    def _act(self) -> None:
        action, self._action = self._action, None
        self.hide()
        if action is not None:
            action()

    @Slot()
    def _paint_icons(self) -> None:
        self._close.setIcon(self._theme.icon("clear", "muted"))

    def _place(self) -> None:
        room = self._window.size()
        self._label.setMinimumWidth(0)
        words = self._label.fontMetrics().horizontalAdvance(self._label.text()) + SPACING["small"]
        beside = self._row.sizeHint().width() - self._label.sizeHint().width()
        widest = min(WIDEST, room.width() - 2 * SPACING["huge"])
        width = min(widest, words + beside)
        self._label.setMinimumWidth(max(0, width - beside))
        height = max(
            self._row.totalHeightForWidth(width), self._button.sizeHint().height() + SPACING["large"]
        )
        self.setGeometry((room.width() - width) // 2, room.height() - height - self._lift, width, height)
