"""The vectors of all photos in memory, kept up with the catalogue photo by photo, for searches in a blink.

100,000 photos of 384 numbers take 150 MB. They are read at the first search, and from then on only what
commits touched is read again. Knows nothing of queries.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.search import background
from organizer.catalog import Reader
from organizer.events import Committed, Event, Kind

Floats = NDArray[np.float32]
_SPARE = 1024  # rows kept free for photos to come


class KnownVectors:
    """Attributes:
    name: under which the vectors are kept. row: photo id -> row.
    """

    def __init__(self, name: str, ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> None:
        self.name = name
        self._count = len(ids)
        self._ids = np.zeros(len(ids) + _SPARE, np.int64)
        self._vectors = np.zeros((len(ids) + _SPARE, vectors.shape[1]), np.float32)
        self._background = np.full((2, len(self._ids)), np.nan, np.float32)
        self._ids[: self._count] = ids
        self._vectors[: self._count] = _unit(vectors)
        self.row = dict(zip(ids.tolist(), range(len(ids)), strict=True))

    def __len__(self) -> int:
        return self._count

    @property
    def ids(self) -> NDArray[np.int64]:
        """int64 (N,), in no order."""
        return self._ids[: self._count]

    @property
    def vectors(self) -> Floats:
        """float32 (N, D), unit length, in the order of ``ids``."""
        return self._vectors[: self._count]

    def background(self, phrases: Callable[[], Floats]) -> tuple[Floats, Floats]:
        """Mean and deviation of each photo's likeness to unrelated phrases, float32 (N,) each."""
        new = np.flatnonzero(np.isnan(self._background[0, : self._count]))
        if len(new):
            self._background[:, new] = background(self.vectors[new], phrases())
        mean, spread = self._background[:, : self._count]
        return mean, spread

    def put(self, ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> None:
        """New or changed photos."""
        new = [photo_id for photo_id in ids.tolist() if photo_id not in self.row]
        if self._count + len(new) > len(self._ids):
            more = len(new) + max(_SPARE, self._count // 4)
            self._ids = np.concatenate([self._ids, np.zeros(more, np.int64)])
            self._vectors = np.concatenate(
                [self._vectors, np.zeros((more, self._vectors.shape[1]), np.float32)]
            )
            self._background = np.concatenate(
                [self._background, np.full((2, more), np.nan, np.float32)], axis=1
            )
        for photo_id in new:
            self.row[photo_id] = self._count
            self._ids[self._count] = photo_id
            self._count += 1
        rows = [self.row[photo_id] for photo_id in ids.tolist()]
        self._vectors[rows] = _unit(vectors)
        self._background[:, rows] = np.nan

    def drop(self, photo_id: int) -> None:
        """A photo that is gone; the last row takes its place."""
        row = self.row.pop(photo_id, None)
        if row is None:
            return
        last = self._count - 1
        if row != last:
            moved = int(self._ids[last])
            self._ids[row], self._vectors[row] = moved, self._vectors[last]
            self._background[:, row] = self._background[:, last]
            self.row[moved] = row
        self._count = last


class VectorShelf:
    """Keeps ``KnownVectors`` of one model up to date. Call ``on_event`` with every event of the library."""

    def __init__(self, reader: Callable[[], Reader]) -> None:
        self._reader = reader
        self._turn = threading.RLock()
        self._state = threading.Lock()
        self._touched: set[int] = set()
        self._all = False
        self._known: KnownVectors | None = None

    def on_event(self, event: Event) -> None:
        """Remember which photos changed; quick, from any thread."""
        if isinstance(event, Committed) and event.kinds & {Kind.PHOTOS, Kind.TRASH}:
            with self._state:
                self._touched.update(event.ids)
                self._all |= not event.ids and Kind.FOLDERS in event.kinds

    def seen(self, name: str) -> int | None:
        """How many photos have a vector of this name, as far as that is at hand; None where it is not."""
        known = self._known
        return len(known) if known is not None and known.name == name else None

    @contextmanager
    def held(self, name: str) -> Iterator[KnownVectors]:
        """The vectors as the catalogue has them now; nobody changes them inside the ``with``.

        Args:
            name: of the model and its weights (``ModelShelf.vectors_name``).
        """
        with self._turn:
            yield self._fresh(name)

    def _fresh(self, name: str) -> KnownVectors:
        with self._state:
            touched, everything = self._touched, self._all
            self._touched, self._all = set(), False
        known = self._known
        if known is None or known.name != name or everything or len(touched) > max(1000, len(known) // 4):
            self._known = known = KnownVectors(name, *self._reader().vectors(name))
        elif touched:
            self._known = known = self._updated(known, touched)
        return known

    def _updated(self, known: KnownVectors, touched: set[int]) -> KnownVectors:
        reader = self._reader()
        ids, vectors = reader.vectors_of(reader.present(touched), known.name)
        for photo_id in touched.difference(ids.tolist()):
            known.drop(photo_id)
        if len(ids) and not len(known):  # the first ones tell the length of a vector
            return KnownVectors(known.name, ids, vectors)
        if len(ids):
            known.put(ids, vectors)
        return known


def _unit(vectors: NDArray[np.float16]) -> Floats:
    """Half precision is not quite of unit length."""
    made = vectors.astype(np.float32)
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    np.divide(made, lengths, out=made, where=lengths > 0)
    return made
