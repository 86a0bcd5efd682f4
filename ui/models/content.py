"""What a view of photos shows: ids in order, cut into sections. Immutable; knows nothing of pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Section:
    """A run of photos under one heading.

    Attributes:
        key: stable name of the section. title: the heading; empty for a section without one.
        note: a few words beside or under the heading. start, count: which positions it covers.
    """

    key: str
    title: str
    note: str
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Content:
    """Attributes:
    ids: int64 (N,), photo ids in the order shown; an id may stand in more than one section.
    sections: cover 0..N without gaps, in order.
    aspects: float64 (N,), width / height, where the layout needs them; else None.
    """

    ids: NDArray[np.int64]
    sections: tuple[Section, ...] = ()
    aspects: NDArray[np.float64] | None = None
    _order: list[NDArray[np.int64]] = field(default_factory=list, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.ids)

    def position(self, photo_id: int, near: int = 0) -> int:
        """Where the photo stands, the place nearest to ``near`` if there are several; -1 if nowhere."""
        places = self.positions([photo_id])
        if not len(places):
            return -1
        return int(places[np.argmin(np.abs(places - near))])

    def positions(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """All positions of the given photos, ascending. The first call sorts the ids once."""
        wanted = np.fromiter(ids, dtype=np.int64)
        if not len(self.ids) or not len(wanted):
            return np.empty(0, dtype=np.int64)
        if not self._order:
            self._order.append(np.argsort(self.ids, kind="stable"))
        order = self._order[0]
        ranked = self.ids[order]
        first = np.searchsorted(ranked, wanted, "left")
        last = np.searchsorted(ranked, wanted, "right")
        runs = [order[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if b > a]
        return np.unique(np.concatenate(runs)) if runs else np.empty(0, dtype=np.int64)


EMPTY = Content(np.empty(0, dtype=np.int64))


def one_section(ids: Iterable[int] | NDArray[np.int64], title: str = "", note: str = "") -> Content:
    """All photos in a single section."""
    array = as_ids(ids)
    return Content(array, (Section("all", title, note, 0, len(array)),) if len(array) else ())


Group = tuple[str, str, str, Sequence[int] | NDArray[np.int64]]  # key, title, note, ids


def from_groups(groups: Sequence[Group]) -> Content:
    """Sections from (key, title, note, ids); empty groups are left out."""
    arrays, sections, start = [], [], 0
    for key, title, note, ids in groups:
        array = as_ids(ids)
        if len(array):
            arrays.append(array)
            sections.append(Section(key, title, note, start, len(array)))
            start += len(array)
    if not arrays:
        return EMPTY
    return Content(np.concatenate(arrays), tuple(sections))


def as_ids(ids: Iterable[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Any iterable of ids as an int64 array (N,)."""
    if isinstance(ids, np.ndarray):
        return ids.astype(np.int64, copy=False)
    return np.fromiter(ids, dtype=np.int64)
