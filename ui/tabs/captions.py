"""Captions: each photo beside its sentence, newest first, edited in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QWidget

from organizer.events import Kind
from organizer.library.views import PhotoQuery
from organizer.results import Caption

from ..models.content import one_section
from ..services import Services, tr, tr_n
from ..views.caption_list import CaptionListView
from ..views.captions_header import CaptionsHeader
from ..views.describe_strip import DescribeStrip
from .base import Empty, Tab, nothing_yet
from .photo_actions import PhotoActions, describe

if TYPE_CHECKING:
    from organizer.library import Library


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Captions by photo id, and the ids in the order of the Photos tab."""

    captions: dict[int, Caption]
    ids: NDArray[np.int64]


class CaptionsTab(Tab):
    """The sixth tab."""

    kinds = frozenset({Kind.CAPTIONS, Kind.TRASH})
    icon = "captions"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.header = CaptionsHeader(services)
        self.label = self.header.label
        self.header.describe.clicked.connect(self._describe_shown)
        self.strip = DescribeStrip(services)
        self.list = CaptionListView(services.thumbnails, services.theme, self)
        self.actions_ = PhotoActions(services, self, self.selected_ids)
        self.edit = QAction(tr("Edit the caption") + "\t" + tr("Enter"), self)
        self.edit.setProperty("icon_name", "edit")
        self.copy_words = self.actions_.add(tr("Copy the caption"), self._copy_words, "Ctrl+Shift+C")
        self.edit.triggered.connect(self._edit)
        self.body.addWidget(self.header)
        self.body.addWidget(self.strip)
        self.body.addWidget(self.list, 1)
        self.setFocusProxy(self.list)
        self.list.edited.connect(self._edited)
        self.list.photo_changed.connect(self._photo_changed)
        self.list.activated.connect(self._activate)
        self.list.menu_requested.connect(self._menu)

    def selected_ids(self) -> list[int]:
        photo_id = self.list.current_id()
        return [photo_id] if photo_id >= 0 else []

    def reveal(self, photo_id: int) -> None:
        place = self.list.content.position(photo_id)
        if place >= 0:
            self.list.set_current(place)
            self.list.ensure_visible(place)

    def loader(self) -> Callable[[], Any]:
        return partial(_load, self.services.library, self.folder)

    def show_data(self, data: _Loaded) -> bool:
        own = sum(caption.source == "user" for caption in data.captions.values())
        words = tr_n("{n} caption", "{n} captions", len(data.ids))
        if own:
            words = tr("{captions}, {n} written by you", captions=words, n=own)
        self.header.show_words(words, len(data.ids))
        self.actions_.load_names()
        self.list.set_captions(data.captions, one_section(data.ids))
        return len(data.ids) > 0

    def empty(self) -> Empty:
        if self.folder is not None:
            return Empty(tr("No photo in this folder has a caption."), tr("Show all photos"), "show-all")
        return nothing_yet(tr("Captions appear here as soon as photos have been looked at."))

    @Slot()
    def _describe_shown(self) -> None:
        """Ask for sentences for all photos that are listed."""
        describe(self.services, self.list.content.ids.tolist())

    @Slot()
    def _edit(self) -> None:
        self.list.edit(self.list.current())

    def _copy_words(self) -> None:
        caption = self.list.captions.get(self.list.current_id())
        if caption is not None and caption.text:
            QGuiApplication.clipboard().setText(caption.text)

    @Slot(QPoint)
    def _menu(self, place: QPoint) -> None:
        self.actions_.popup(place, (self.edit, self.copy_words))

    @Slot(object, str)
    def _edited(self, photo_id: int, text: str) -> None:
        """Show the new sentence at once; the library keeps it, or the old one comes back."""
        self.list.captions = {**self.list.captions, photo_id: Caption(photo_id, text, "user")}
        self.list.viewport().update()
        self.services.undo.run(
            self.services.library.set_caption,
            photo_id,
            text,
            text=tr("Caption changed."),
            on_error=self._refused,
        )

    def _refused(self, _error: BaseException) -> None:
        self.mark_stale()

    @Slot(object)
    def _photo_changed(self, photo_id: int) -> None:
        self.selection_changed.emit([photo_id] if photo_id >= 0 else [])

    @Slot(object)
    def _activate(self, photo_id: int) -> None:
        self.activated.emit((photo_id, self.list.content.ids))


def _load(library: Library, folder: Path | None) -> _Loaded:
    """In a reader thread."""
    captions = {caption.photo_id: caption for caption in library.captions()}
    ids = library.photo_ids(PhotoQuery(folder=folder))
    known = np.fromiter(captions, dtype=np.int64, count=len(captions))
    return _Loaded(captions, ids[np.isin(ids, known)])
