"""The first look's side of the library: with which model it is taken, and what to do where it is not enough.

A photo known by its head alone has no content hash. Before a decision or the trash gets such a photo, its
file is read and hashed here; a file that cannot be read is refused kindly. Knows nothing of how a head is
read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from organizer.errors import ActionRefused
from organizer.events import Notice
from organizer.indexing.content import content_hash
from organizer.indexing.first_look import FirstLook
from organizer.library.shelf import ModelShelf, SharedEmbedder
from organizer.library.shows import Shows
from organizer.models.registry import input_spec
from organizer.records import FileStamp, InputSpec

log = logging.getLogger(__name__)

HASH_AT_ONCE = 64  # files read between two commits


class FirstLooks(Shows):
    """The part of the library that deals with photos of which only the head was read."""

    def _first_look(self, sort: Callable[[], None]) -> FirstLook:
        """What an indexing run needs for it. ``sort`` is called when there is something to put in order."""
        key = self._shelf.registry.bundled.key
        return FirstLook(
            embedder_factory=lambda: _FromShelf(self._shelf, key),
            model_key=self._shelf.vectors_name(key),
            sort=sort,
        )

    def _first_look_input(self) -> InputSpec:
        return input_spec(self._shelf.registry.bundled)

    def _learn(self, ids: Iterable[int]) -> None:
        """Read and hash the files of those photos that have no content hash yet, as far as they can be."""
        unknown = self._reader.first_looks(unhashed=True) & {int(photo_id) for photo_id in ids}
        photos = list(self._reader.photos(sorted(unknown)).values())
        for first in range(0, len(photos), HASH_AT_ONCE):
            found = []
            for photo in photos[first : first + HASH_AT_ONCE]:
                stamp = FileStamp(photo.path, photo.size, photo.mtime_ns)
                digest = content_hash(stamp)
                if digest is not None:
                    found.append((photo.id, stamp, digest))
            self._catalog.writer.save_content_hashes(found)

    def _known(self, ids: Iterable[int]) -> list[int]:
        """Those of the photos that a decision can hang on, in their order.

        Raises:
            ActionRefused: there are photos, and none of them could be read.
        """
        wanted = list(ids)
        self._learn(wanted)
        unknown = self._reader.first_looks(unhashed=True)
        known = [photo_id for photo_id in wanted if photo_id not in unknown]
        left_out = len(wanted) - len(known)
        if left_out and not known:
            raise ActionRefused(
                "This photo's file cannot be read just now, so nothing was changed. Is its drive connected?"
                if left_out == 1
                else "These photos' files cannot be read just now, so nothing was changed."
            )
        if left_out:
            self.notify(Notice(f"{left_out} of the photos cannot be read just now and were left out."))
        return known


class _FromShelf:
    """A model of the shelf, asked for anew at each call: the shelf may have closed it meanwhile."""

    def __init__(self, shelf: ModelShelf, key: str) -> None:
        self._shelf = shelf
        self.key = key
        self.input = self._embedder.input
        self.dimension = self._embedder.dimension

    @property
    def _embedder(self) -> SharedEmbedder:
        return self._shelf.embedder(self.key)

    def encode_images(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._embedder.encode_images(batch)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embedder.encode_texts(texts)

    def close(self) -> None:
        """The shelf closes its models itself."""
