"""The full view's "why": which parts of the photo speak for its category, asked for by a button or a key.

The question takes a moment of the model's time, so it runs off the GUI thread and is dropped as soon as
another photo is shown.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from organizer.errors import Cancelled
from organizer.library import HeatMap
from organizer.library.views import PhotoDetail
from organizer.results import OTHERS

from ..services import Services
from ..translation import tr
from ..workers import sentence_for
from .image_view import ImageView
from .toast import Toast

if TYPE_CHECKING:
    from organizer.library import Library


class WhyButton(QPushButton):
    """Shows and hides the map over ``image``; hidden itself where the photo stands in no category."""

    def __init__(self, services: Services, image: ImageView, toast: Toast, parent: QWidget) -> None:
        super().__init__(parent)
        self._services = services
        self._image = image
        self._toast = toast
        self._photo_id = 0
        self._category = ""
        self._stop = threading.Event()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys stay with the view
        self.setToolTip(tr("Light up what speaks for the first category"))
        self.toggled.connect(self._toggled)
        self.forget()

    def about(self, detail: PhotoDetail) -> None:
        """The photo that is shown now, and what is known of it."""
        self._photo_id = detail.photo.id
        before, self._category = self._category, category_of(detail)
        if before and before != self._category:
            self.setChecked(False)
        self.setVisible(bool(self._category))

    def forget(self) -> None:
        """Another photo comes: no map, and no answer to what was asked about this one."""
        self._stop.set()
        self._photo_id, self._category = 0, ""
        self.setChecked(False)
        self._image.show_heat(None)
        self._say(tr("Show why"))
        self.hide()

    @Slot(bool)
    def _toggled(self, wanted: bool) -> None:
        self._stop.set()
        self._image.show_heat(None)
        self._say(tr("Show why"))
        if wanted and not self._category:
            self.setChecked(False)  # asked by the key, about a photo without a category
            return
        if not wanted:
            return
        self._say(tr("Looking…"))
        self._stop = threading.Event()
        self._services.tasks.run(
            _ask, self._services.library, self._photo_id, self._category, self._stop,
            on_done=partial(self._answered, self._stop), on_error=self._failed, group="full-view-why",
        )  # fmt: skip

    def _answered(self, asked: threading.Event, answer: tuple[str, HeatMap]) -> None:
        if asked.is_set():
            return
        name, found = answer
        self._image.show_heat(found)
        self._say(tr("Why: {name}", name=name))

    def _failed(self, error: BaseException) -> None:
        self.setChecked(False)
        self._toast.say(sentence_for(error))

    def _say(self, words: str) -> None:
        self.setText(f"H   {words}")
        self.setAccessibleName(words)


def category_of(detail: PhotoDetail) -> str:
    """The category to be explained: the photo's own, or the likeliest where it is in none; "" for none."""
    found = detail.categories
    if found is None:
        return ""
    if found.category != OTHERS:
        return found.category
    return next((key for key, _ in found.ranked if key != OTHERS), "")


def _ask(library: Library, photo_id: int, key: str, stop: threading.Event) -> tuple[str, HeatMap]:
    """In a reader thread: the category's name and the map.

    Raises:
        Cancelled: another photo is shown.
    """

    def check() -> None:
        if stop.is_set():
            raise Cancelled

    check()
    return dict(library.category_names()).get(key, key), library.why(photo_id, key, check)
