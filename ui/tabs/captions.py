"""Captions: each photo beside its sentence, newest first, edited in place; topics as albums above them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QTimer, Slot
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
from ..views.topic_shelf import EVERYTHING, TopicShelf
from .base import Empty, Tab
from .photo_actions import PhotoActions, describe
from .topic_editor import TopicEditor

if TYPE_CHECKING:
    from organizer.library import Library, TopicView

REST_MS = 3_000  # after the last words that the person wrote, before topics are made again
DESCRIBE_ALL = "describe-all"  # what the button of the empty tab does


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Attributes:
    captions: by photo id. photos: ids of the folder's photos, newest first.
    topics: those with photos of the folder.
    """

    captions: dict[int, Caption]
    photos: NDArray[np.int64]
    topics: list[TopicView]


class CaptionsTab(Tab):
    """The sixth tab."""

    kinds = frozenset({Kind.CAPTIONS, Kind.TOPICS, Kind.TRASH})
    icon = "captions"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.header = CaptionsHeader(services)
        self.label = self.header.label
        self.header.describe.clicked.connect(self._describe_shown)
        self.strip = DescribeStrip(services)
        self.shelf = TopicShelf(services.thumbnails, services.theme)
        self.editor = TopicEditor(services, self)
        self._data = _Loaded({}, np.zeros(0, np.int64), [])
        self.list = CaptionListView(services.thumbnails, services.theme, self)
        self.actions_ = PhotoActions(services, self, self.selected_ids)
        self.edit = QAction(tr("Edit the caption") + "\t" + tr("Enter"), self)
        self.edit.setProperty("icon_name", "edit")
        self.copy_words = self.actions_.add(tr("Copy the caption"), self._copy_words, "Ctrl+Shift+C")
        self.edit.triggered.connect(self._edit)
        self.body.addWidget(self.header)
        self.body.addWidget(self.strip)
        self.body.addWidget(self.shelf)
        self.body.addWidget(self.list, 1)
        self.setFocusProxy(self.list)
        self.shelf.chosen.connect(self._topic_chosen)
        self.shelf.menu_requested.connect(self.editor.popup)
        self.editor.changed.connect(self._sort_again)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._rested)
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
        self._data = data
        self.actions_.load_names()
        self.editor.topics = data.topics
        self.shelf.set_topics(data.topics, self.shelf.key)
        self._show_list()
        return bool(data.captions) and bool(np.isin(data.photos, list(data.captions)).any())

    def _show_list(self) -> None:
        """The captions of the chosen topic, or all."""
        data = self._data
        topic = next((topic for topic in data.topics if topic.key == self.shelf.key), None)
        ids = data.photos if topic is None else np.array(topic.photo_ids, np.int64)
        ids = ids[np.isin(ids, list(data.captions))]
        own = sum(data.captions[photo_id].source == "user" for photo_id in ids.tolist())
        words = tr_n("{n} caption", "{n} captions", len(ids))
        if own:
            words = tr("{captions}, {n} written by you", captions=words, n=own)
        self.header.show_words(words, len(data.photos))
        self.list.set_captions(data.captions, one_section(ids))

    @Slot(int)
    def _topic_chosen(self, _key: int) -> None:
        self._show_list()
        self.list.verticalScrollBar().setValue(0)

    @Slot()
    def _rested(self) -> None:
        if self.list.editor.isVisible():
            self._rest.start()
        else:
            self._sort_again()

    @Slot()
    def _sort_again(self) -> None:
        self.wished.emit("sort-again")

    def empty(self) -> Empty:
        if len(self._data.photos):
            return Empty(tr("No photo has a caption yet."), tr("Describe all photos"), DESCRIBE_ALL)
        if self.folder is not None:
            return Empty(tr("No photo in this folder has a caption."), tr("Show all photos"), "show-all")
        return self.nothing_yet(tr("Captions appear here as soon as photos have been looked at."))

    @Slot()
    def _empty_pressed(self) -> None:
        if self._wish == DESCRIBE_ALL:
            self._describe_shown()
        else:
            super()._empty_pressed()

    @Slot()
    def _describe_shown(self) -> None:
        """Ask for sentences for all photos of the folder, or of the chosen topic."""
        everything = self.shelf.key == EVERYTHING
        describe(self.services, (self._data.photos if everything else self.list.content.ids).tolist())

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
            on_done=self._kept,
            on_error=self._refused,
        )

    def _kept(self, _report: object) -> None:
        """What it is about may be another topic now; found out when the person writes no more."""
        if self._data.topics:
            self._rest.start()

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
    here = set(ids.tolist())
    topics = [
        replace(topic, photo_ids=tuple(i for i in topic.photo_ids if i in here)) for topic in library.topics()
    ]
    return _Loaded(captions, ids, [topic for topic in topics if topic.photo_ids])
