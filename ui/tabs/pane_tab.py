"""What the tabs share that show photos in a grid: how its signals become the tab's own."""

from __future__ import annotations

from .base import Tab
from .grid_pane import GridPane


def connect_pane(tab: Tab, pane: GridPane) -> None:
    """Let the window hear from the tab what happens in one of its grids."""
    pane.similar_requested.connect(tab.similar_requested)
    pane.selection_changed.connect(tab.selection_changed)
    pane.activated.connect(tab.activated)
    pane.grid.inspect_requested.connect(tab.inspect_requested)
    pane.grid.text_typed.connect(tab.text_typed)


class PaneTab(Tab):
    """A tab whose page is one grid.

    Attributes:
        pane: the grid with its head line; set by ``set_pane`` while the tab is made.
    """

    pane: GridPane

    def set_pane(self, pane: GridPane) -> None:
        """Show the grid and give it the focus."""
        self.pane = pane
        self.body.addWidget(pane)
        self.setFocusProxy(pane.grid)
        connect_pane(self, pane)

    def selected_ids(self) -> list[int]:
        return self.pane.grid.selected_ids()

    def reveal(self, photo_id: int) -> None:
        self.pane.grid.select([photo_id])
