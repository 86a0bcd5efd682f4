"""Which photos are selected and which one is current, with the habits of a file manager.

Kept by photo id, so that it survives insertions and another order. Knows no events, keys or pixels.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .content import EMPTY, Content


class Selection:
    """Selected ids, the current position and the anchor of a range.

    Attributes:
        ids: the selected photo ids. current: position of the focus, -1 for none.
        anchor: position where a Shift range starts, -1 for none.
    """

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.current = -1
        self.anchor = -1
        self._content = EMPTY

    def set_content(self, content: Content) -> None:
        """Show other content: what is still there stays selected, the focus stays with its photo.

        Where that has gone, the focus goes to the next one that is left.
        """
        old = self._content
        current_id, anchor_id = _id_at(old, self.current), _id_at(old, self.anchor)
        self._content = content
        if self.ids:
            self.ids.intersection_update(content.ids.tolist())
        place, self.anchor = self.current, self._relocated(anchor_id, self.anchor)
        self.current = self._relocated(current_id, place)
        if self.current < 0 and place >= 0 and len(content):
            left = old.ids[place:][np.isin(old.ids[place:], content.ids)]
            self.current = content.position(int(left[0]), place) if len(left) else len(content) - 1

    def _relocated(self, photo_id: int | None, near: int) -> int:
        return -1 if photo_id is None else self._content.position(photo_id, near)

    def current_id(self) -> int | None:
        """The photo with the focus."""
        return _id_at(self._content, self.current)

    def ordered(self) -> list[int]:
        """Selected ids in the order shown, each once."""
        if not self.ids:
            return []
        if len(self.ids) == 1:
            return list(self.ids)
        places = self._content.positions(self.ids)
        return list(dict.fromkeys(self._content.ids[places].tolist()))

    def click(self, place: int, *, shift: bool = False, ctrl: bool = False) -> None:
        """A press of the left button on a photo."""
        if shift and self.anchor >= 0:
            self._select_range(place, adding=ctrl)
        elif ctrl:
            self.ids.symmetric_difference_update({self._id(place)})
            self.anchor = place
        else:
            self.ids = {self._id(place)}
            self.anchor = place
        self.current = place

    def move(self, place: int, *, shift: bool = False, ctrl: bool = False) -> None:
        """The focus goes to a photo by a key: Shift extends, Ctrl leaves the selection as it is."""
        if shift:
            if self.anchor < 0:
                self.anchor = max(0, self.current)
            self._select_range(place, adding=ctrl)
        elif not ctrl:
            self.ids = {self._id(place)}
            self.anchor = place
        self.current = place

    def toggle(self, place: int) -> None:
        """Ctrl+Space: select or deselect the current photo."""
        self.click(place, ctrl=True)

    def select_places(self, first: int, last: int, *, adding: bool = False) -> None:
        """Select a run of positions, both ends included (a whole section)."""
        found = set(self._content.ids[first : last + 1].tolist())
        self.ids = self.ids | found if adding else found
        self.anchor = self.current = first

    def select_all(self) -> None:
        self.ids = set(self._content.ids.tolist())

    def clear(self) -> None:
        self.ids = set()

    def set_ids(self, ids: Iterable[int]) -> None:
        """Replace the selection (rubber band)."""
        self.ids = set(ids)

    def _select_range(self, place: int, *, adding: bool) -> None:
        first, last = sorted((self.anchor, place))
        found = set(self._content.ids[first : last + 1].tolist())
        self.ids = self.ids | found if adding else found

    def _id(self, place: int) -> int:
        return int(self._content.ids[place])


def _id_at(content: Content, place: int) -> int | None:
    return int(content.ids[place]) if 0 <= place < len(content) else None
