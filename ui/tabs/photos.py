"""All photos, newest first, a section for each day; the answers of a search while there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from organizer.events import Kind
from organizer.library.views import PhotoQuery

from ..models.content import EMPTY, Content, Group, from_groups
from ..models.days import by_day
from ..services import Services, number, tr, tr_n
from .base import Empty, Tab, nothing_yet
from .grid_pane import GridPane

if TYPE_CHECKING:
    from organizer.library import Library

MATCHES = 60  # photos that a search by meaning brings at most


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Photos in the order of the library; their sections by time and the years, where nothing is searched."""

    ids: NDArray[np.int64]
    content: Content
    years: str


class PhotosTab(Tab):
    """The first tab."""

    kinds = frozenset({Kind.PHOTOS, Kind.FOLDERS, Kind.TRASH})

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.pane = GridPane(services)
        self.text = ""
        self._shown: _Loaded | None = None
        self.body.addWidget(self.pane)
        self.setFocusProxy(self.pane.grid)
        self.pane.selection_changed.connect(self.selection_changed)
        self.pane.activated.connect(self.activated)
        self.pane.grid.inspect_requested.connect(self.inspect_requested)
        self.pane.grid.text_typed.connect(self.text_typed)

    def selected_ids(self) -> list[int]:
        return self.pane.grid.selected_ids()

    def reveal(self, photo_id: int) -> None:
        self.pane.grid.select([photo_id])

    @Slot(str)
    def set_text(self, text: str) -> None:
        """Show what the words find; empty for everything again."""
        if text.strip() != self.text:
            self.text = text.strip()
            self.pane.grid.verticalScrollBar().setValue(0)
            self.mark_stale()
            self.refresh()

    def loader(self) -> Callable[[], Any]:
        return partial(_load, self.services.library, self.folder, self.text)

    def show_data(self, data: _Loaded) -> bool:
        self._shown = data
        if self.text:
            self._show_found(data.ids, ())
            self._search_meaning()
            return True
        words = tr_n("{n} photo", "{n} photos", len(data.ids))
        self.pane.set_content(data.content, f"{words}, {data.years}" if data.years else words)
        return len(data.ids) > 0

    def empty(self) -> Empty:
        if self.folder is not None:
            return Empty(tr("There are no photos in this folder."), tr("Show all photos"), "show-all")
        return nothing_yet(tr("There are no photos here yet."))

    def _search_meaning(self) -> None:
        text = self.text
        self.services.tasks.run(
            _find,
            self.services.library,
            self.folder,
            text,
            on_done=self._found_meaning,
            on_error=self._found_nothing,
            group="search-meaning",
        )

    def _found_meaning(self, found: tuple[str, Sequence[int]]) -> None:
        text, ids = found
        if text == self.text and self._shown is not None:
            self._show_found(self._shown.ids, ids)

    def _found_nothing(self, _error: BaseException) -> None:
        """The words alone have to do; the runner has logged why."""

    def _show_found(self, words: NDArray[np.int64], meaning: Sequence[int]) -> None:
        named = set(words.tolist())
        others = [photo_id for photo_id in meaning if photo_id not in named]
        groups: list[Group] = [
            ("words", tr("In names and captions"), number(len(words)), words),
            ("meaning", tr("Looks like “{text}”", text=self.text), tr("best first"), others),
        ]
        content = from_groups(groups)
        found = tr_n("{n} photo found by name or caption", "{n} photos found by name or caption", len(words))
        if others:
            found += ", " + tr_n("{n} that looks like it", "{n} that look most like it", len(others))
        self.pane.set_content(content, found)


def _load(library: Library, folder: Path | None, text: str) -> _Loaded:
    """In a reader thread."""
    ids = library.photo_ids(PhotoQuery(folder=folder, text=text))
    if text:
        return _Loaded(ids, EMPTY, "")
    days = np.asarray(library.days(ids), dtype=np.str_)
    return _Loaded(ids, by_day(ids, days), years_of(np.unique(days).tolist()))


def _find(library: Library, folder: Path | None, text: str) -> tuple[str, list[int]]:
    """In a reader thread: photos that look like the words, best first."""
    found = [photo_id for photo_id, _score in library.search(text, MATCHES)]
    if folder is not None:
        inside = set(library.photo_ids(PhotoQuery(folder=folder)).tolist())
        found = [photo_id for photo_id in found if photo_id in inside]
    return text, found


def years_of(days: Sequence[str]) -> str:
    """The period that ISO days span, as "2019" or "2012 – 2024"; empty where none is known."""
    years = sorted({day[:4] for day in days if day})
    if not years:
        return ""
    return years[0] if len(years) == 1 else f"{years[0]} – {years[-1]}"
