"""All photos, newest first, a section for each day; the answers of a search while there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QLabel, QWidget

from organizer.errors import EnvironmentProblem, QueryProblem
from organizer.events import Kind
from organizer.library.views import Example, PhotoQuery, SearchNote

from ..core_words import core_words
from ..models.content import Content, Group, from_groups
from ..models.days import by_day
from ..search_words import note_words, problem_words
from ..services import Services, number, tr, tr_n
from .base import Empty
from .grid_pane import GridPane
from .pane_tab import PaneTab

if TYPE_CHECKING:
    from organizer.library import Library

MATCHES = 1000  # photos that a search brings at most
SILENT_MS = 400  # a search that takes longer says that it is under way


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found, for which words and example; problem: why it could not be done."""

    text: str
    example: Example | None
    ids: tuple[int, ...]
    notes: tuple[SearchNote, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Photos in the order of the library, their sections by time, and the years."""

    ids: NDArray[np.int64]
    content: Content
    years: str


class PhotosTab(PaneTab):
    """The first tab."""

    kinds = frozenset({Kind.PHOTOS, Kind.FOLDERS, Kind.TRASH})

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.set_pane(GridPane(services))
        self.text = ""
        self.example: Example | None = None
        self._nearest = False
        self._answer: Answer | None = None
        self._searching = QTimer(self, singleShot=True, interval=SILENT_MS)
        self._searching.timeout.connect(self._say_searching)
        self.notes = QLabel()
        self.notes.setProperty("role", "muted")
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setContentsMargins(16, 0, 16, 8)
        self.notes.hide()
        self.pane.add_panel(self.notes)

    @Slot(str)
    def set_text(self, text: str) -> None:
        """Show what the words find; empty for everything again."""
        if text.strip() != self.text:
            self.text = text.strip()
            self._ask_again()

    def set_example(self, example: Example | None) -> None:
        """Show photos like this one, beside what the words say; None for the words alone."""
        if example != self.example:
            self.example = example
            self._ask_again()

    def _ask_again(self) -> None:
        self._nearest = False
        self.pane.grid.verticalScrollBar().setValue(0)
        if self.text or self.example is not None:
            self._searching.start()
        else:
            self._searching.stop()
            self.pane.say("")
        self.mark_stale()
        self.refresh()

    @Slot()
    def _say_searching(self) -> None:
        """The first search of a day opens the model, which takes seconds."""
        self.notes.hide()
        self.pane.say(tr("Searching…"))
        self.say_empty(Empty(tr("Searching…"), "", ""))

    @Slot()
    def show_nearest(self) -> None:
        """The nearest photos, though none really fits."""
        self._nearest = True
        self.mark_stale()
        self.refresh()

    def loader(self) -> Callable[[], Any]:
        library, folder = self.services.library, self.folder
        if self.text or self.example is not None:
            return partial(_find, library, folder, self.text, self.example, self._nearest)
        return partial(_load, library, folder)

    def show_data(self, data: _Loaded | Answer) -> bool:
        if isinstance(data, Answer):
            return self._show_answer(data)
        if self.text or self.example is not None:
            return self._ask_at_once()
        self._searching.stop()
        self._answer = None
        self.notes.hide()
        words = tr_n("{n} photo", "{n} photos", len(data.ids))
        self.pane.set_content(data.content, f"{words}, {data.years}" if data.years else words)
        return len(data.ids) > 0

    def _show_answer(self, answer: Answer) -> bool:
        if (answer.text, answer.example) != (self.text, self.example):
            return self._ask_at_once()
        self._searching.stop()
        self._answer = answer
        sentences = [answer.problem] if answer.problem else [note_words(note) for note in answer.notes]
        self.notes.setText(" ".join(sentences))
        self.notes.setVisible(bool(sentences))
        found: Group = ("found", tr("Best first"), number(len(answer.ids)), answer.ids)
        self.pane.set_content(from_groups([found]),
                              tr_n("{n} photo found", "{n} photos found", len(answer.ids)))  # fmt: skip
        return len(answer.ids) > 0

    def _ask_at_once(self) -> bool:
        """What came is of another question: this one waits for nothing else."""
        QTimer.singleShot(0, self, self.refresh)
        return True

    def empty(self) -> Empty:
        answer = self._answer
        if answer is not None:
            return self._nothing_found(answer)
        if self.folder is not None:
            return Empty(tr("There are no photos in this folder."), tr("Show all photos"), "show-all")
        return self.nothing_yet(tr("There are no photos here yet."), tr("Looking for photos…"))

    def _nothing_found(self, answer: Answer) -> Empty:
        if answer.problem:
            return Empty(answer.problem, tr("Clear the search"), "clear-search")
        sentences = [note_words(note) for note in answer.notes if note.kind != "none"]
        text = self.text or tr("this photo")
        sentences.insert(0, tr("None of your photos fits “{text}”.", text=text))
        if self._nearest or not self.services.library.read_query(self.text).terms:
            return Empty(" ".join(sentences), tr("Clear the search"), "clear-search")
        return Empty(" ".join(sentences), tr("Show the nearest anyway"), "show-nearest")


def _load(library: Library, folder: Path | None) -> _Loaded:
    """In a reader thread."""
    ids = library.photo_ids(PhotoQuery(folder=folder))
    days = np.asarray(library.days(ids), dtype=np.str_)
    return _Loaded(ids, by_day(ids, days), years_of(np.unique(days).tolist()))


def _find(library: Library, folder: Path | None, text: str, example: Example | None, nearest: bool) -> Answer:
    """In a reader thread: photos that fit, best first; what could not be done as a sentence."""
    try:
        found = library.search(text, MATCHES, example=example, folder=folder, nearest=nearest)
    except QueryProblem as problem:
        return Answer(text, example, (), problem=problem_words(problem))
    except EnvironmentProblem as problem:
        return Answer(text, example, (), problem=core_words(str(problem)))
    return Answer(text, example, tuple(hit.photo_id for hit in found.hits), found.notes)


def years_of(days: Sequence[str]) -> str:
    """The period that ISO days span, as "2019" or "2012 – 2024"; empty where none is known."""
    years = sorted({day[:4] for day in days if day})
    if not years:
        return ""
    return years[0] if len(years) == 1 else f"{years[0]} – {years[-1]}"
