"""Highlights: the photos worth showing, large and close together, with the reason of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from organizer.events import Kind
from organizer.library.views import PhotoQuery
from organizer.results import Pick

from ..models.content import Content, Section
from ..services import Services, tr, tr_n
from ..views.justified import JustifiedLayout
from .base import Empty, nothing_yet
from .grid_pane import GridPane
from .pane_tab import PaneTab
from .photos import years_of

if TYPE_CHECKING:
    from organizer.library import Library

LARGER = 1.25  # rows of highlights beside the cells of the other grids


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Picks newest first, the shape (width / height) of each photo, and the days they are from."""

    picks: Sequence[Pick]
    aspects: NDArray[np.float64]
    days: Sequence[str]


class HighlightsTab(PaneTab):
    """The fourth tab."""

    kinds = frozenset({Kind.HIGHLIGHTS, Kind.TRASH})
    icon = "highlights"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        rows = JustifiedLayout()
        self.set_pane(GridPane(services, rows=rows, cover=True, letters=True, scale=LARGER))
        self.pane.grid.setAccessibleName(tr("Highlights"))
        self.pane.grid.tip_of = self._tip
        self._picks: dict[int, Pick] = {}

    def loader(self) -> Callable[[], Any]:
        return partial(_load, self.services.library, self.folder)

    def show_data(self, data: _Loaded) -> bool:
        self._picks = {pick.photo_id: pick for pick in data.picks}
        ids = np.array([pick.photo_id for pick in data.picks], dtype=np.int64)
        sections = (Section("all", "", "", 0, len(ids)),) if len(ids) else ()
        words = tr_n("{n} highlight", "{n} highlights", len(ids))
        years = years_of(data.days)
        self.pane.set_content(Content(ids, sections, data.aspects), f"{words}, {years}" if years else words)
        return len(ids) > 0

    def empty(self) -> Empty:
        if self.folder is not None:
            return Empty(tr("There are no highlights in this folder."), tr("Show all photos"), "show-all")
        return nothing_yet(tr("Highlights appear here when enough photos have been looked at."))

    def _tip(self, place: int) -> str:
        pick = self._picks.get(int(self.pane.grid.content.ids[place]))
        return "" if pick is None else tr("Picked because: {why}", why=pick.why)


def _load(library: Library, folder: Path | None) -> _Loaded:
    """In a reader thread."""
    picks = {pick.photo_id: pick for pick in library.highlights()}
    order = library.photo_ids(PhotoQuery(folder=folder)).tolist()
    chosen = [picks[photo_id] for photo_id in order if photo_id in picks]
    ids = [pick.photo_id for pick in chosen]
    photos = library.photos(ids)
    shapes = [photos[i].width / photos[i].height if i in photos and photos[i].height else 1.0 for i in ids]
    return _Loaded(chosen, np.array(shapes, dtype=np.float64), library.days(ids))
