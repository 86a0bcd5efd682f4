"""The row at the top: Add folder, search, and the switch for the inspector."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from organizer.library import Query

from ..theme import SPACING, Theme
from ..translation import tr
from .filters import FilterPanel
from .search_bar import SearchBar

WIDEST_SEARCH = 560
LONGEST_NAME = 160  # pixels of an example's name


class TopBar(QWidget):
    """Signals:
    add_folder: the button. inspector: whether it should be shown. models: the name of the model was
    pressed. settings: the gear.

    Attributes:
        search: the search field. panel: the filters. example: the photo that others are to be like.
    """

    add_folder = Signal()
    inspector = Signal(bool)
    filters = Signal()
    example_dropped = Signal(object)
    example_closed = Signal()
    models = Signal()
    settings = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._add = QPushButton(f" {tr('Add folder')}")
        self._add.setAccessibleName(tr("Add folder"))
        self._add.clicked.connect(self.add_folder)
        self.search = SearchBar(theme)
        self.search.setMaximumWidth(WIDEST_SEARCH)
        self._model = QPushButton()
        self._model.setProperty("kind", "quiet")
        self._model.setToolTip(tr("Which model sorts and finds your photos (Ctrl+M)"))
        self._model.clicked.connect(self.models)
        self.example = QPushButton()
        self.example.setToolTip(tr("Photos like this one are shown. Click to end that."))
        self.example.clicked.connect(self.example_closed)
        self.example.hide()
        self._filters = QToolButton()
        self._filters.setIconSize(QSize(20, 20))
        self._filters.setToolTip(tr("Filters: colour, date, camera, shape, format"))
        self._filters.setAccessibleName(tr("Filters"))
        self._filters.clicked.connect(self.filters)
        self.panel = FilterPanel(theme, self)
        self.search.photo_dropped.connect(self.example_dropped)
        self._inspector = QToolButton()
        self._inspector.setCheckable(True)
        self._inspector.setIconSize(QSize(20, 20))
        self._inspector.setToolTip(tr("Show or hide the inspector (Ctrl+I)"))
        self._inspector.setAccessibleName(tr("Inspector"))
        self._inspector.toggled.connect(self.inspector)
        self._settings = QToolButton()
        self._settings.setIconSize(QSize(20, 20))
        self._settings.setToolTip(tr("Settings (Ctrl+,)"))
        self._settings.setAccessibleName(tr("Settings"))
        self._settings.clicked.connect(self.settings)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING["medium"], SPACING["small"], SPACING["medium"], SPACING["small"])
        layout.setSpacing(SPACING["large"])
        layout.addWidget(self._add)
        layout.addStretch(1)
        layout.addWidget(self.example)
        layout.addWidget(self.search, 8)
        layout.addWidget(self._filters)
        layout.addStretch(1)
        layout.addWidget(self._model)
        layout.addWidget(self._settings)
        layout.addWidget(self._inspector)
        self._paint_icons()
        theme.changed.connect(self._paint_icons)

    def show_model(self, label: str) -> None:
        """The model's name, of a label like "CPU - Starter"."""
        name = label.split(" - ", 1)[-1]
        self._model.setText(name)
        self._model.setAccessibleName(tr("Model: {name}", name=name))

    def show_inspector(self, shown: bool) -> None:
        """Set the switch, because the inspector was shown or hidden elsewhere."""
        self._inspector.setChecked(shown)

    def show_example(self, name: str) -> None:
        """The name of the photo that others are to be like; "" for none."""
        words = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, LONGEST_NAME)
        self.example.setText(f"{words}  ×")
        self.example.setAccessibleName(tr("Like {name}", name=name))
        self.example.setVisible(bool(name))

    def open_filters(self, query: Query, cameras: Sequence[str]) -> None:
        """Show the filters of a search under their button."""
        self.panel.show_query(query, cameras)
        self.panel.popup(self._filters.mapToGlobal(self._filters.rect().bottomRight()))

    @Slot()
    def _paint_icons(self) -> None:
        self.example.setIcon(self._theme.icon("similar"))
        self._filters.setIcon(self._theme.icon("filters"))
        self._add.setIcon(self._theme.icon("add-folder"))
        self._settings.setIcon(self._theme.icon("settings"))
        self._inspector.setIcon(self._theme.icon("inspector"))
