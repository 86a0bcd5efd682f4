"""Finding: leads the search field, its filters and "photos like this" to the tab that shows what is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from organizer.errors import QueryProblem
from organizer.library import Example, Key, Query

from .services import Services
from .tabs.photos import PhotosTab
from .translation import tr
from .views.top_bar import TopBar

Box = tuple[float, float, float, float]


class Finding(QObject):
    """Connects the top bar with the tab of photos.

    Args:
        photos: the tab that shows what was found. to_front: brings it to the front.
    """

    def __init__(
        self,
        services: Services,
        top: TopBar,
        photos: PhotosTab,
        to_front: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._library = services.library
        self._top = top
        self._photos = photos
        self._to_front = to_front
        self._tasks = services.tasks
        self._ready = False
        top.search.entered.connect(self._get_ready)
        top.search.searched.connect(self._searched)
        top.filters.connect(self.open_filters)
        top.panel.changed.connect(self._filter_changed)
        top.example_dropped.connect(self.find_similar)
        top.example_closed.connect(self._end_example)

    @Slot(object)
    def find_similar(self, photo: int | Path, box: Box | None = None) -> None:
        """Show photos like this one, or like a part of it, among what the search field says."""
        self._photos.set_example(Example(photo, box))
        known = {} if isinstance(photo, Path) else self._library.photos([photo])
        name = photo.name if isinstance(photo, Path) else known[photo].path.name if photo in known else ""
        self._top.show_example(name or tr("this photo"))
        self._to_front()

    @Slot(int, object, str)
    def similar_region(self, photo_id: int, box: Box | None, colour: str) -> None:
        """Photos like a part of this one, perhaps of its colour only."""
        if colour:
            self._filter_changed(str(Key.COLOUR), colour)
        self.find_similar(photo_id, box)

    @Slot()
    def open_filters(self) -> None:
        """Show the filters of what stands in the search field."""
        try:
            query = self._library.read_query(self._top.search.text())
        except QueryProblem:
            query = Query()
        self._top.open_filters(query, self._library.cameras())

    def clear(self) -> None:
        """Show all photos again."""
        self._end_example()
        self._top.search.say("")

    @Slot()
    def _get_ready(self) -> None:
        """Open model and vectors while the person types; that takes seconds, once."""
        if not self._ready:
            self._ready = True
            self._tasks.run(self._library.get_ready_to_search, group="ready-to-search")

    @Slot(str)
    def _searched(self, words: str) -> None:
        self._photos.set_text(words)
        if words:
            self._to_front()

    @Slot()
    def _end_example(self) -> None:
        self._top.show_example("")
        self._photos.set_example(None)

    @Slot(str, str)
    def _filter_changed(self, key: str, value: str) -> None:
        text = self._library.with_filter(self._top.search.text(), Key(key), value)
        self._top.search.say(text)
