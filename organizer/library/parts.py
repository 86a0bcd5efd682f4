"""How parts of photos look, for "find similar" of a rectangle: what fills one is mostly a part of others too.

Vectors of parts are neither stored with the catalogue, which they would make six times as large, nor made for
all photos: those of the nearest photos are made from their thumbnails when they are asked for, and kept in
memory. Knows neither words nor scores.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.events import Committed, Event, Kind
from organizer.media.scaled import model_input
from organizer.records import InputSpec

log = logging.getLogger(__name__)

PARTS = (
    (0.0, 0.0, 0.5, 0.5), (0.5, 0.0, 1.0, 0.5), (0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 1.0, 1.0),
    (0.25, 0.25, 0.75, 0.75),
)  # fmt: skip
"""Left, top, right, bottom as shares of a photo: its quarters and its middle."""
KEPT = 5000  # photos whose parts stay in memory: 40 MB
PATIENCE = 1.5  # seconds after which a slow model looks at no more photos
_AT_ONCE = 8  # photos
SMALLEST = 8  # pixels of a part

Floats = NDArray[np.float32]


class PartShelf:
    """Keeps the vectors of parts. Call ``on_event`` with every event of the library; for any thread.

    Args:
        thumbnail: photo id -> JPEG bytes, or None.
    """

    def __init__(self, thumbnail: Callable[[int], bytes | None]) -> None:
        self._thumbnail = thumbnail
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], Floats] = OrderedDict()

    def on_event(self, event: Event) -> None:
        """Forget photos that changed."""
        if isinstance(event, Committed) and event.kinds & {Kind.PHOTOS, Kind.TRASH}:
            touched = set(event.ids)
            with self._lock:
                for key in [key for key in self._known if key[1] in touched]:
                    del self._known[key]

    def best(
        self,
        ids: Sequence[int],
        example: Floats,
        name: str,
        spec: InputSpec,
        encode: Callable[[NDArray[np.uint8]], Floats],
    ) -> Floats:
        """Cosine of each photo's most alike part to an example, float32 (N,); -1 where none is known.

        Args:
            ids: the photos, in the order in which they are looked at while patience lasts.
            example: (D,) of unit length. name: of the model and its weights. encode: its inputs -> vectors.

        Raises:
            ModelError: the model fails.
        """
        best = np.full(len(ids), -1.0, np.float32)
        until = time.monotonic() + PATIENCE
        for start in range(0, len(ids), _AT_ONCE):
            block = list(ids[start : start + _AT_ONCE])
            if time.monotonic() < until:
                self._look_at([one for one in block if (name, one) not in self._known], name, spec, encode)
            with self._lock:
                for place, photo_id in enumerate(block, start):
                    parts = self._known.get((name, photo_id))
                    if parts is not None and len(parts):
                        best[place] = (parts @ example).max()
        return best

    def _look_at(
        self, ids: Sequence[int], name: str, spec: InputSpec, encode: Callable[[NDArray[np.uint8]], Floats]
    ) -> None:
        pictures = [(one, self._parts(one, spec)) for one in ids]
        inputs = [part for _, parts in pictures for part in parts]
        if not inputs:
            return
        vectors = iter(encode(np.stack(inputs)))
        with self._lock:
            for photo_id, parts in pictures:
                rows = [next(vectors) for _ in parts]
                if rows:
                    self._known[name, photo_id] = np.stack(rows)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    def _parts(self, photo_id: int, spec: InputSpec) -> list[NDArray[np.uint8]]:
        """The model's inputs; none where there is no thumbnail to be read."""
        data = self._thumbnail(photo_id)
        if data is None:
            return []
        try:
            picture = Image.open(io.BytesIO(data)).convert("RGB")
        except OSError as error:
            log.info("the thumbnail of photo %d cannot be read: %s", photo_id, error)
            return []
        width, height = picture.size
        if min(width, height) < 2 * SMALLEST:
            return []
        return [
            model_input(picture.crop((left * width, top * height, right * width, low * height)), spec)
            for left, top, right, low in PARTS
        ]
