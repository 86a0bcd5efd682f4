"""Thumbnails for whatever is visible: bounded in memory, newest wish first, never late to the wrong cell.

Every view says what it wants to see now; a new wish of the same view replaces its older one, so cells that
were scrolled away are never decoded. JPEG bytes become images in a small pool of threads and pixmaps in the
GUI thread. Knows nothing of cells, tabs or sections.

Python's own pool is used: a QThreadPool thread gets a new Python thread state for every task, which would
throw away the catalogue's connection of that thread each time.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QImage, QImageReader, QPainter, QPixmap

from organizer.errors import EnvironmentProblem
from organizer.events import Kind

log = logging.getLogger(__name__)

BUDGET_BYTES = 128 * 1024 * 1024
CORNER = 4.0  # rounding of a thumbnail's corners, in logical pixels
LARGEST_SIDE = 384  # what the library keeps; asking for more gains nothing
ABSENT_LIMIT = 100_000  # ids remembered as having no thumbnail


class ThumbnailSource(Protocol):
    """The part of the library that is used here."""

    def thumbnail(self, photo_id: int) -> bytes | None: ...


class ThumbnailLoader(QObject):
    """Loads thumbnails for the views.

    Signals:
        ready: list of photo ids that have something new to show; sent in the GUI thread, at most once
            for a batch.

    Attributes:
        ratio: device pixels for a logical pixel; a view sets it when it meets another screen.
    """

    ready = Signal(object)
    _landed = Signal()

    def __init__(
        self,
        library: ThumbnailSource,
        parent: QObject | None = None,
        *,
        budget_bytes: int = BUDGET_BYTES,
        workers: int = 2,
    ) -> None:
        super().__init__(parent)
        self.ratio = 1.0
        self._library = library
        self._budget = budget_bytes
        self._used = 0
        self._cache: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()
        self._sides: dict[int, set[int]] = {}
        self._old: set[tuple[int, int]] = set()
        self._absent: OrderedDict[int, None] = OrderedDict()
        self._lock = threading.Lock()
        self._wishes: OrderedDict[str | int, _Wish] = OrderedDict()  # by who wishes
        self._in_flight: set[tuple[int, int]] = set()
        self._epoch = 0
        self._forgotten: dict[int, int] = {}
        self._results: deque[_Result] = deque()
        self._workers = workers
        self._active = 0
        self._closed = False
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="thumbnails")
        self._landed.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    # what the views ask

    def pixmap(self, photo_id: int, side: int) -> QPixmap | None:
        """The picture at hand that fits a box of ``side`` logical pixels best, or None; never loads."""
        sides = self._sides.get(photo_id)
        if not sides:
            return None
        wanted = self._device_side(side)
        larger = [held for held in sides if held >= wanted]
        key = (photo_id, min(larger) if larger else max(sides))
        self._cache.move_to_end(key)
        return self._cache[key]

    def is_absent(self, photo_id: int) -> bool:
        """Whether the library has no thumbnail of this photo."""
        return photo_id in self._absent

    def want(self, owner: str | QObject, ids: Iterable[int], side: int) -> None:
        """Say what ``owner`` shows now, most important first; replaces what it wanted before.

        A view is not kept, only its identity: the last reference to one that is gone would be let go by a
        thread of the pool, which must take no Qt object apart.
        """
        who = owner if isinstance(owner, str) else id(owner)
        device_side = self._device_side(side)
        missing = deque(int(photo_id) for photo_id in ids if self._is_missing(int(photo_id), device_side))
        with self._lock:
            self._wishes.pop(who, None)
            if not missing or self._closed:
                return
            self._wishes[who] = _Wish(device_side, self.ratio, missing)
            starting = min(self._workers - self._active, len(missing))
            self._active += max(0, starting)
        for _ in range(starting):
            self._pool.submit(self._drain)

    def _is_missing(self, photo_id: int, side: int) -> bool:
        key = (photo_id, side)
        return (key not in self._cache or key in self._old) and photo_id not in self._absent

    @Slot(object, object)
    def on_committed(self, ids: frozenset[int], kinds: frozenset[Kind]) -> None:
        """Slot for ``bridge.committed``: photos that changed are loaded anew when next shown."""
        if Kind.PHOTOS in kinds:
            self.forget(ids)

    def forget(self, ids: Iterable[int]) -> None:
        """The files of these photos changed: what is at hand is shown until the new picture arrives."""
        changed = [int(photo_id) for photo_id in ids]
        with self._lock:
            self._epoch += 1
            if self._in_flight:
                self._forgotten.update(dict.fromkeys(changed, self._epoch))
        for photo_id in changed:
            self._absent.pop(photo_id, None)
            self._old.update((photo_id, side) for side in self._sides.get(photo_id, ()))

    @property
    def bytes_used(self) -> int:
        """Memory that the kept pixmaps take, in bytes."""
        return self._used

    def close(self) -> None:
        """Stop loading and wait for the threads; nothing is delivered afterwards."""
        with self._lock:
            self._closed = True
            self._wishes.clear()
        self._pool.shutdown(wait=True)
        self._results.clear()

    # in the pool's threads

    def _take(self) -> tuple[int, int, float, int] | None:
        with self._lock:
            while self._wishes and not self._closed:
                owner = next(reversed(self._wishes))
                wish = self._wishes[owner]
                if not wish.ids:
                    del self._wishes[owner]
                    continue
                photo_id = wish.ids.popleft()
                if (photo_id, wish.side) not in self._in_flight:
                    self._in_flight.add((photo_id, wish.side))
                    return photo_id, wish.side, wish.ratio, self._epoch
            self._active -= 1
            return None

    def _drain(self) -> None:
        """Load until nothing is wanted; at most ``workers`` of these exist, however long the lists."""
        while (job := self._take()) is not None:
            photo_id, side, ratio, epoch = job
            image = None
            try:
                image = self._load(photo_id, side, ratio)
            except EnvironmentProblem as problem:
                log.info("No thumbnail of photo %d: %s", photo_id, problem)
            except Exception:
                log.exception("The thumbnail of photo %d could not be loaded.", photo_id)
            with self._lock:
                self._results.append(_Result(photo_id, side, ratio, epoch, image))
                first = len(self._results) == 1
            if first and not self._closed:
                self._landed.emit()

    def _load(self, photo_id: int, side: int, ratio: float) -> QImage | None:
        data = self._library.thumbnail(photo_id)
        return None if data is None else decode_thumbnail(data, side, CORNER * ratio)

    # in the GUI thread

    @Slot()
    def _deliver(self) -> None:
        arrived = []
        with self._lock:
            results = list(self._results)
            self._results.clear()
            for result in results:
                self._in_flight.discard((result.photo_id, result.side))
            stale = [self._is_stale(result) for result in results]
            if not self._in_flight:
                self._forgotten.clear()
        for result, late in zip(results, stale, strict=True):
            if not late:
                self._keep(result)
            arrived.append(result.photo_id)
        if arrived and not self._closed:
            self.ready.emit(arrived)

    def _is_stale(self, result: _Result) -> bool:
        return self._forgotten.get(result.photo_id, 0) > result.epoch

    def _keep(self, result: _Result) -> None:
        if result.image is None:
            self._absent[result.photo_id] = None
            if len(self._absent) > ABSENT_LIMIT:
                self._absent.popitem(last=False)
            return
        pixmap = QPixmap.fromImage(result.image)
        pixmap.setDevicePixelRatio(result.ratio)
        key = (result.photo_id, result.side)
        if key in self._cache:
            self._drop(key)
        self._cache[key] = pixmap
        self._sides.setdefault(result.photo_id, set()).add(result.side)
        self._used += _bytes_of(pixmap)
        while self._used > self._budget and len(self._cache) > 1:
            self._drop(next(iter(self._cache)))

    def _drop(self, key: tuple[int, int]) -> None:
        self._used -= _bytes_of(self._cache.pop(key))
        self._old.discard(key)
        sides = self._sides[key[0]]
        sides.discard(key[1])
        if not sides:
            del self._sides[key[0]]

    def _device_side(self, side: int) -> int:
        return min(LARGEST_SIDE, max(16, round(side * self.ratio)))


class _Wish:
    """What one view wants: a box in device pixels and the ids still to load."""

    __slots__ = ("ids", "ratio", "side")

    def __init__(self, side: int, ratio: float, ids: deque[int]) -> None:
        self.side = side
        self.ratio = ratio
        self.ids = ids


class _Result:
    """One loaded thumbnail on its way to the GUI thread; no image means that there is none."""

    __slots__ = ("epoch", "image", "photo_id", "ratio", "side")

    def __init__(self, photo_id: int, side: int, ratio: float, epoch: int, image: QImage | None) -> None:
        self.photo_id = photo_id
        self.side = side
        self.ratio = ratio
        self.epoch = epoch
        self.image = image


JPEG = b"\xff\xd8"  # what a file of that kind begins with


def decode_thumbnail(data: bytes, side: int, corner: float = 0.0) -> QImage | None:
    """Decode JPEG bytes to fit a square of ``side`` device pixels, never enlarged, corners rounded.

    Returns:
        An image of its own memory in premultiplied ARGB, or None where the bytes are no picture.
    """
    if not data.startswith(JPEG):
        return None
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    # Told what it is: while Qt tries other formats it asks the translators, which are Python's, under a lock
    # of its own; a thread that waits for that lock with the interpreter's would stop the window for good.
    reader = QImageReader(buffer, QByteArray(b"jpeg"))
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > side:
        fitted = size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
        reader.setScaledSize(QSize(max(1, fitted.width()), max(1, fitted.height())))
    image = reader.read()
    if image.isNull():
        return None
    return _rounded(image, corner)


def _rounded(image: QImage, corner: float) -> QImage:
    result = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(image))
    painter.drawRoundedRect(result.rect(), corner, corner)
    painter.end()
    return result


def _bytes_of(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
