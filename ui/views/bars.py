"""A few named shares as thin bars: the categories of a photo, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..theme import Theme
from ..words import percent

ROW = 32  # height of one: words above, bar below
BAR = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """name; share 0..1; tone: name of a colour token; why: for the tooltip."""

    name: str
    share: float
    tone: str = "accent"
    why: str = ""


class Bars(QWidget):
    """Bars under each other."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bars: tuple[Bar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is shown."""
        return self._bars

    def show_bars(self, bars: tuple[Bar, ...]) -> None:
        """Show these, in this order."""
        self._bars = bars
        self.setAccessibleName(", ".join(f"{bar.name} {percent(bar.share)}" for bar in bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, ROW * len(self._bars))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, ROW * len(self._bars))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = event.pos().y() // ROW
            why = self._bars[at].why if 0 <= at < len(self._bars) else ""
            if why:
                QToolTip.showText(event.globalPos(), why, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        normal, small = self._theme.font("normal"), self._theme.font("small")
        for at, bar in enumerate(self._bars):
            top = at * ROW
            share = percent(bar.share)
            room = QFontMetrics(small).horizontalAdvance(share) + 8
            painter.setFont(normal)
            painter.setPen(self._theme.color("text"))
            words = QFontMetrics(normal).elidedText(
                bar.name, Qt.TextElideMode.ElideRight, self.width() - room
            )
            painter.drawText(QRectF(0, top, self.width() - room, 20), Qt.AlignmentFlag.AlignVCenter, words)
            painter.setFont(small)
            painter.setPen(self._theme.color("muted"))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(0, top, self.width(), 20), right, share)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("pressed"))
            painter.drawRoundedRect(QRectF(0, top + 22, self.width(), BAR), 2, 2)
            filled = self.width() * min(1.0, max(0.0, bar.share))
            if filled >= 1:
                painter.setBrush(self._theme.color(bar.tone))
                painter.drawRoundedRect(QRectF(0, top + 22, max(filled, BAR), BAR), 2, 2)
