"""What is known of the photos in view: fetched in the background, a bounded number kept.

Serves badges, tooltips and captions under the photos. While newer facts are on their way the older ones are
shown, so that nothing flickers. Knows no widgets.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from organizer.errors import OrganizerError
from organizer.events import Kind
from organizer.library.views import PhotoDetail

if TYPE_CHECKING:
    from ..services import Services

log = logging.getLogger(__name__)

KEPT = 4000  # photos whose facts are kept
SETTLE_MS = 250  # changes that follow each other are looked up together
BATCH = 48  # photos fetched in one call, so that newer wishes wait little


class PhotoFacts(QObject):
    """Signals:
    ready: list of photo ids whose facts are new; an empty one where any may have become old.
    """

    ready = Signal(object)

    def __init__(self, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = services.library
        self._tasks = services.tasks
        self._known: OrderedDict[int, PhotoDetail | None] = OrderedDict()
        self._old: set[int] = set()
        self._wanted: list[int] = []
        self._asked: frozenset[int] = frozenset()
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._say_old)
        services.bridge.committed.connect(self._committed)

    def get(self, photo_id: int) -> PhotoDetail | None:
        """What is at hand; None while nothing is."""
        return self._known.get(photo_id)

    def want(self, ids: Iterable[int]) -> None:
        """These photos are in view; what was wanted before and has not started is dropped."""
        self._wanted = [i for i in dict.fromkeys(ids) if i not in self._known or i in self._old]
        self._ask()

    def paths(self, ids: Sequence[int]) -> list[Path]:
        """Where these photos lie, for a drag; a quick read of a few hundred rows at most."""
        return [photo.path for photo in self._library.photos(ids).values() if not photo.missing]

    @Slot(object, object)
    def _committed(self, ids: frozenset[int], kinds: frozenset[Kind]) -> None:
        """Facts may be old now; kinds without ids concern every photo."""
        if ids and kinds <= {Kind.PHOTOS, Kind.FOLDERS}:
            self._old.update(ids.intersection(self._known))
        else:
            self._old.update(self._known)
        if self._old and not self._settling.isActive():
            self._settling.start()

    @Slot()
    def _say_old(self) -> None:
        """Views ask again for what is in view."""
        self.ready.emit([])

    def _ask(self) -> None:
        if self._asked or not self._wanted:
            return
        batch, self._wanted = self._wanted[:BATCH], self._wanted[BATCH:]
        self._asked = frozenset(batch)
        self._old -= self._asked
        self._tasks.run(self._fetch, batch, on_done=self._arrived, on_error=self._failed)

    def _fetch(self, ids: Sequence[int]) -> dict[int, PhotoDetail | None]:
        """In a reader thread."""
        found: dict[int, PhotoDetail | None] = {}
        for photo_id in ids:
            try:
                found[photo_id] = self._library.detail(photo_id)
            except (OrganizerError, LookupError):
                found[photo_id] = None  # it left the catalogue since it was shown
        return found

    def _arrived(self, found: dict[int, PhotoDetail | None]) -> None:
        self._asked = frozenset()
        for photo_id, detail in found.items():
            self._known[photo_id] = detail
            self._known.move_to_end(photo_id)
        while len(self._known) > KEPT:
            dropped, _ = self._known.popitem(last=False)
            self._old.discard(dropped)
        self.ready.emit(list(found))
        self._ask()

    def _failed(self, error: BaseException) -> None:
        self._asked = frozenset()
        log.warning("Facts of photos could not be read: %s", error)
