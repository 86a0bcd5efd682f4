"""The three columns: sidebar, the tabs with their strip, inspector. Lays out; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ..theme import Theme
from .tab_strip import TabStrip

SIDE_WIDTH, INSPECTOR_WIDTH = 208, 288
NARROWEST_SIDE, NARROWEST_INSPECTOR, NARROWEST_MIDDLE = 144, 232, 420


class Columns(QSplitter):
    """Signals:
    tab_changed: the index of the tab now shown.

    Attributes:
        strip: the titles. pages: the tabs' pages, in the strip's order.
    """

    tab_changed = Signal(int)

    def __init__(
        self, theme: Theme, sidebar: QWidget, inspector: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.strip = TabStrip(theme)
        self.pages = QStackedWidget()
        self._inspector = inspector
        middle = QWidget()
        middle.setProperty("panel", "main")
        middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = QWidget()
        head.setProperty("panel", "bar")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 1)
        row.addWidget(self.strip)
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self.pages, 1)
        sidebar.setMinimumWidth(NARROWEST_SIDE)
        inspector.setMinimumWidth(NARROWEST_INSPECTOR)
        middle.setMinimumWidth(NARROWEST_MIDDLE)
        for at, column in enumerate((sidebar, middle, inspector)):
            self.addWidget(column)
            self.setCollapsible(at, False)
            self.setStretchFactor(at, int(at == 1))
        self.setHandleWidth(1)
        self.setSizes([SIDE_WIDTH, 10_000, INSPECTOR_WIDTH])
        self.strip.currentChanged.connect(self._switched)

    def add_tab(self, title: str, page: QWidget) -> None:
        """One more tab at the end."""
        self.pages.addWidget(page)
        self.strip.addTab(title)

    def state(self) -> QByteArray:
        """The widths, for the settings."""
        return self.saveState()

    def show_state(self, state: QByteArray) -> None:
        """The widths of another time; nonsense is ignored."""
        self.restoreState(state)
        self.setHandleWidth(1)

    @Slot(int)
    def _switched(self, index: int) -> None:
        if index >= 0:
            self.pages.setCurrentIndex(index)
            focused, page = QApplication.focusWidget(), self.pages.currentWidget()
            if focused is not None and page is not None and page.isAncestorOf(focused):
                # Qt gave it to the first button of the page, which Enter would press
                page.setFocus(Qt.FocusReason.OtherFocusReason)
            self.tab_changed.emit(index)
