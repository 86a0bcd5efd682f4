"""Whole pictures for the inspector and the full view: decoded in the background, a few kept.

What is no longer wanted before it started is never decoded. Knows photo ids and sides, no widgets.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from .workers import Task, TaskRunner, sentence_for

if TYPE_CHECKING:
    from organizer.library import Library

BUDGET_BYTES = 256 * 1024 * 1024
Key = tuple[int, int]  # photo id, longest side in device pixels


class PictureLoader(QObject):
    """Signals:
    ready: id of a photo that now has a picture of the side asked for, or larger.
    failed: id, one sentence.
    """

    ready = Signal(int)
    failed = Signal(int, str)

    def __init__(self, library: Library, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._tasks = tasks
        self._kept: OrderedDict[Key, QImage] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Key, Task] = {}
        self._wishes: dict[Hashable, list[Key]] = {}

    def picture(self, photo_id: int) -> QImage | None:
        """The largest picture of the photo at hand, or None; never decodes."""
        keys = [key for key in self._kept if key[0] == photo_id]
        if not keys:
            return None
        best = max(keys, key=lambda key: key[1])
        self._kept.move_to_end(best)
        return self._kept[best]

    def has(self, photo_id: int, side: int) -> bool:
        """Whether a picture decoded for this side or a larger one is at hand."""
        return any(key[0] == photo_id and key[1] >= side for key in self._kept)

    def want(self, owner: Hashable, wishes: Iterable[Key]) -> None:
        """Decode these, in this order; what ``owner`` asked for before and nobody wants now is dropped."""
        self._wishes[owner] = list(dict.fromkeys(wishes))
        wanted = {key for keys in self._wishes.values() for key in keys}
        for key in list(self._under_way):
            if key not in wanted:
                self._under_way.pop(key).cancel()
        for key in self._wishes[owner]:
            if key not in self._under_way and not self.has(*key):
                self._under_way[key] = self._tasks.run(
                    self._load, *key, on_done=self._arrived, on_error=partial(self._refused, key)
                )

    def forget(self, ids: Iterable[int]) -> None:
        """Drop the pictures of these photos: their files may have changed."""
        gone = set(ids)
        for key in [key for key in self._kept if key[0] in gone]:
            self._bytes -= self._kept.pop(key).sizeInBytes()

    def _load(self, photo_id: int, side: int) -> tuple[Key, QImage]:
        """In a reader thread: decode, and copy into an image that owns its memory."""
        array = self._library.picture(photo_id, side)
        height, width = array.shape[:2]
        image = QImage(array.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        return (photo_id, side), image.convertToFormat(QImage.Format.Format_RGB32)

    def _arrived(self, loaded: tuple[Key, QImage]) -> None:
        key, image = loaded
        self._under_way.pop(key, None)
        if key in self._kept:
            self._bytes -= self._kept.pop(key).sizeInBytes()
        self._kept[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > BUDGET_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.sizeInBytes()
        self.ready.emit(key[0])

    def _refused(self, key: Key, error: BaseException) -> None:
        self._under_way.pop(key, None)
        self.failed.emit(key[0], sentence_for(error))
