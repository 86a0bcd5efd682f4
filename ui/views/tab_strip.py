"""The row of tabs: a title, its count in grey, a dot when something new arrived.

Where there is little room the counts go first, then it scrolls. Knows titles and numbers, no tabs.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QTabBar, QWidget

from ..theme import SPACING, Theme
from ..translation import number, tr

HEIGHT = 44
WIDE, NARROW = SPACING["large"], SPACING["small"]  # room left and right of a title
DOT = 6


class TabStrip(QTabBar):
    """Titles with counts."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: dict[int, int] = {}
        self._new: set[int] = set()
        self._with_counts = True
        self._padding = WIDE
        self._hovered = -1
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Views"))
        self.currentChanged.connect(self._seen)
        theme.changed.connect(self.update)

    def set_count(self, index: int, count: int) -> None:
        """The number beside a title."""
        if self._counts.get(index) != count:
            self._counts[index] = count
            self.setTabToolTip(index, f"{self.tabText(index)}: {number(count)}")
            self.setAccessibleTabName(index, f"{self.tabText(index)}, {number(count)}")
            self._fit()

    def set_new(self, index: int, new: bool) -> None:
        """Show or take away the dot; the current tab never has one."""
        wanted = new and index != self.currentIndex()
        if wanted != (index in self._new):
            (self._new.add if wanted else self._new.discard)(index)
            self.update()

    def is_new(self, index: int) -> bool:
        """Whether it has a dot."""
        return index in self._new

    def count_of(self, index: int) -> int:
        """The number beside a title; 0 before one was given."""
        return self._counts.get(index, 0)

    def fit_to(self, width: int) -> None:
        """Choose how much to show so that all titles fit into ``width`` pixels."""
        for self._with_counts, self._padding in ((True, WIDE), (True, NARROW), (False, NARROW)):
            if sum(self._width_of(index) for index in range(self.count())) <= width:
                break
        self.setMinimumWidth(0)
        self.updateGeometry()
        self.setIconSize(self.iconSize())  # makes QTabBar lay its tabs out again

    def tabSizeHint(self, index: int) -> QSize:
        return QSize(self._width_of(index), HEIGHT)

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.MouseMove, QEvent.Type.Leave):
            here = -1 if event.type() == QEvent.Type.Leave else self.tabAt(event.position().toPoint())  # type: ignore[attr-defined]
            if here != self._hovered:
                self._hovered = here
                self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(self.count()):
            self._paint_tab(painter, index, self.tabRect(index))

    def _paint_tab(self, painter: QPainter, index: int, rect: QRect) -> None:
        current = index == self.currentIndex()
        inner = rect.adjusted(self._padding, 0, -self._padding, 0)
        painter.setFont(self._theme.font("normal", bold=current))
        painter.setPen(self._theme.color("text" if current or index == self._hovered else "muted"))
        painter.drawText(
            inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.tabText(index)
        )
        title = painter.fontMetrics().horizontalAdvance(self.tabText(index))
        if self._with_counts and self._counts.get(index):
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.color("muted"))
            beside = inner.adjusted(title + 6, 1, 0, 0)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, number(self._counts[index]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent"))
        if index in self._new:
            painter.drawEllipse(rect.right() - self._padding + 2, 11, DOT, DOT)
        if current:
            painter.drawRoundedRect(inner.left(), rect.bottom() - 2, inner.width(), 3, 1.5, 1.5)
            if self.hasFocus():
                painter.setPen(self._theme.color("accent"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect.adjusted(2, 5, -3, -6), 4, 4)

    def _width_of(self, index: int) -> int:
        bold = QFontMetrics(self._theme.font("normal", bold=True))
        width = bold.horizontalAdvance(self.tabText(index)) + 2 * self._padding
        if self._with_counts and self._counts.get(index):
            small = QFontMetrics(self._theme.font("small"))
            width += 6 + small.horizontalAdvance(number(self._counts[index])) + 2
        return width

    def _fit(self) -> None:
        self.fit_to(self.width())

    @Slot(int)
    def _seen(self, index: int) -> None:
        self.set_new(index, False)
