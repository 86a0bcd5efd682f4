"""The settings' frame: pages listed at the left, the chosen one at the right; a change holds at once."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QWidget

from ...services import Services
from ...translation import tr
from ..frame import Frame
from .page import Page
from .registry import pages

LIST_WIDTH = 208  # pixels; the longest title in any language is measured as well


class SettingsDialog(Frame):
    """All that the person can choose.

    Signals:
        wished: what the window should do: see ``Page``.

    Attributes:
        list: the pages' titles. sheets: the pages, made when first shown.
    """

    wished = Signal(str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(tr("Settings"), tr("Every change holds at once."), parent)
        self._services = services
        self._specs = pages()
        self._made: dict[str, Page] = {}
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Pages"))
        self.list.setIconSize(QSize(20, 20))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sheets = QStackedWidget()
        for spec in self._specs:
            item = QListWidgetItem(spec.title)
            item.setSizeHint(QSize(0, 36))
            self.list.addItem(item)
        self.list.setFixedWidth(max(LIST_WIDTH, self.list.sizeHintForColumn(0) + 24, self._longest() + 56))
        row = QHBoxLayout()
        row.addWidget(self.list)
        row.addWidget(self.sheets, 1)
        self.body.addLayout(row, 1)
        self.finish_buttons()
        self.list.currentRowChanged.connect(self._turn)
        services.theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self.resize(820, 580)
        self.list.setCurrentRow(0)

    def show_page(self, key: str) -> Page:
        """Turn to a page by its key and return it.

        Raises:
            KeyError: there is no such page.
        """
        rows = {spec.key: row for row, spec in enumerate(self._specs)}
        self.list.setCurrentRow(rows[key])
        return self._made[key]

    def load(self) -> None:
        """Show what is chosen now on the pages that were made."""
        for page in self._made.values():
            page.load()

    def _longest(self) -> int:
        return max(self.fontMetrics().horizontalAdvance(spec.title) for spec in self._specs)

    @Slot(int)
    def _turn(self, row: int) -> None:
        spec = self._specs[row]
        if spec.key not in self._made:
            page = self._made[spec.key] = spec.factory(self._services)
            page.wished.connect(self.wished)
            self.sheets.addWidget(page)
        page = self._made[spec.key]
        page.load()
        self.sheets.setCurrentWidget(page)

    @Slot()
    def _paint_icons(self) -> None:
        for row, spec in enumerate(self._specs):
            self.list.item(row).setIcon(self._services.theme.icon(spec.icon))
