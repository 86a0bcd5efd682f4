"""Highlights: the photos worth showing, large and close together, with the reason of each; as many as wanted,
of any folder, time and category.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from organizer.events import Kind
from organizer.library.views import HighlightQuery, HighlightsView
from organizer.results import Pick

from ..highlight_words import highlight_words, taste_words
from ..models.content import Content, Section
from ..services import Services, tr, tr_n
from ..views.highlight_choice import HighlightChoice
from ..views.justified import JustifiedLayout
from .base import Empty
from .grid_pane import GridPane
from .pane_tab import PaneTab
from .photos import years_of

if TYPE_CHECKING:
    from organizer.library import Library

LARGER = 1.25  # rows of highlights beside the cells of the other grids


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Highlights newest first, the shape (width / height) of each photo, the names of the categories."""

    found: HighlightsView
    aspects: NDArray[np.float64]
    names: Sequence[tuple[str, str]]
    parents: Mapping[str, str | None]


class HighlightsTab(PaneTab):
    """The fourth tab."""

    kinds = frozenset({Kind.HIGHLIGHTS, Kind.QUALITY, Kind.TRASH})
    icon = "highlights"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        rows = JustifiedLayout()
        self.set_pane(GridPane(services, rows=rows, cover=True, letters=True, scale=LARGER))
        self.pane.grid.setAccessibleName(tr("Highlights"))
        self.pane.grid.tip_of = self._tip
        self.choice = HighlightChoice()
        self.choice.changed.connect(self._ask_again)
        self.pane.add_control(self.choice)
        self.export = QPushButton(tr("Export…"))
        self.export.setToolTip(
            tr("Copies or a contact sheet: of the photos selected, or of all where fewer than two are")
        )
        self.export.clicked.connect(self._export)
        self.pane.add_control(self.export)
        self.taste = QLabel()
        self.taste.setProperty("role", "muted")
        self.taste.setTextFormat(Qt.TextFormat.PlainText)
        self.taste.setWordWrap(True)
        self.taste.setContentsMargins(16, 0, 16, 8)
        self.taste.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pane.add_panel(self.taste)
        self.wished.connect(self._wish_heard)
        self._picks: dict[int, Pick] = {}

    def loader(self) -> Callable[[], Any]:
        count, period, category = self.choice.wanted
        return partial(_load, self.services.library, HighlightQuery(self.folder, period, category, count))

    def show_data(self, data: _Loaded) -> bool:
        found = data.found
        self._picks = {pick.photo_id: pick for pick in found.picks}
        ids = np.array([pick.photo_id for pick in found.picks], dtype=np.int64)
        sections = (Section("all", "", "", 0, len(ids)),) if len(ids) else ()
        words = tr_n("{n} highlight", "{n} highlights", len(ids))
        years = years_of(found.days)
        self.choice.offer(found.periods, data.names, data.parents, found.categories)
        self.taste.setText(taste_words(found))
        self.pane.set_content(Content(ids, sections, data.aspects), f"{words}, {years}" if years else words)
        if found.stale:  # what is kept for the report, the tab's number and the inspector follows
            self.services.tasks.run(self.services.library.refresh_highlights, group="refresh-highlights")
        return len(ids) > 0

    def empty(self) -> Empty:
        if self.choice.narrowed:
            return Empty(
                tr("There are no highlights of this time and category."), tr("All highlights"), "widen"
            )
        if self.folder is not None:
            return Empty(tr("There are no highlights in this folder."), tr("Show all photos"), "show-all")
        return self.nothing_yet(tr("Highlights appear here when enough photos have been looked at."))

    @Slot(str)
    def _wish_heard(self, wish: str) -> None:
        if wish == "widen":
            self.choice.widen()

    @Slot()
    def _ask_again(self) -> None:
        """The person waits for it: load now."""
        self._stale = True
        self.refresh()

    @Slot()
    def _export(self) -> None:
        ids = self.selected_ids()
        title = self.pane.label.text() if len(ids) < 2 else ""
        self.pane.actions_.export_photos(ids if len(ids) > 1 else self.pane.grid.content.ids.tolist(), title)

    def _tip(self, place: int) -> str:
        pick = self._picks.get(int(self.pane.grid.content.ids[place]))
        return "" if pick is None else tr("Picked because: {why}", why=highlight_words(pick.why))


def _load(library: Library, query: HighlightQuery) -> _Loaded:
    """In a reader thread."""
    found = library.highlights_of(query)
    ids = [pick.photo_id for pick in found.picks]
    photos = library.photos(ids)
    shapes = [photos[i].width / photos[i].height if i in photos and photos[i].height else 1.0 for i in ids]
    names, parents = library.category_names(), library.category_parents()
    return _Loaded(found, np.array(shapes, dtype=np.float64), names, parents)
