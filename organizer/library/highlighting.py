"""Highlights of a folder, a time or a category, as many as are asked for, and what was learnt for them.

What they are chosen from is put together once and kept until the catalogue changes, so that another number
or another month is answered at once, and a pick counts as soon as it is given.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.highlights import Showroom, choose
from organizer.analysis.preference import TasteRules
from organizer.errors import UsageProblem
from organizer.events import Committed, Event, Kind
from organizer.library.highlight_room import highlight_room
from organizer.library.views import HighlightQuery, HighlightsView
from organizer.library.work import Work
from organizer.paths import AppPaths
from organizer.results import OTHERS

_CHANGES = frozenset({Kind.PHOTOS, Kind.CATEGORIES, Kind.DUPLICATES, Kind.QUALITY, Kind.TRASH, Kind.FOLDERS})


class Highlighting(Work):
    """The part of the library that chooses what to show."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._choosing = threading.Lock()
        self._changes = 0  # of the catalogue since it was opened
        self._room: tuple[tuple[int, str], Showroom] | None = None
        self.subscribe(self._count_changes)

    def _count_changes(self, event: Event) -> None:
        if isinstance(event, Committed) and event.kinds & _CHANGES:
            self._changes += 1

    def highlights_of(self, query: HighlightQuery | None = None) -> HighlightsView:
        """The photos worth showing of those that are asked about, as they are known now; blocking.

        At 50,000 photos it takes two to three seconds after a change of the catalogue, 0.3 s without one.

        Raises:
            UsageProblem: there is no such category, or the number is less than 1.
        """
        query = query or HighlightQuery()
        if query.category and query.category not in dict(self.category_names()):
            raise UsageProblem(f"There is no category {query.category}.")
        if query.count is not None and query.count < 1:
            raise UsageProblem("At least one photo has to be asked for.")
        with self._choosing:
            room = self._fresh_room()
        ids = room.table.ids
        in_folder = self._reader.photo_ids(folder=query.folder)  # newest first
        in_folder = in_folder[np.isin(in_folder, ids)]
        days = np.array(self.days(in_folder), "U10")
        wanted = self._wanted(room, query, in_folder, days)
        found = choose(room, wanted, query.count, weighted=not query.category)
        place = {int(photo): at for at, photo in enumerate(in_folder)}
        found.sort(key=lambda pick: place[pick.photo_id])
        here = np.isin(ids, in_folder)
        taste, pick = room.judges.taste, room.table.pick
        return HighlightsView(
            picks=tuple(found),
            days=tuple(str(days[place[one.photo_id]]) for one in found),
            periods=tuple(sorted({str(day)[:7] for day in np.unique(days) if day}, reverse=True)),
            categories=frozenset(room.names[at] for at in np.unique(room.category[here])),
            picked=int((pick > 0).sum()),
            rejected=int((pick < 0).sum()),
            needed=TasteRules().fewest,
            agreement=None if taste is None else taste.agreement,
            say=0.0 if taste is None else taste.say,
            looks="" if room.judges.looks is None else "head" if self._shelf.head_name() else "prompts",
            stale=bool(len(ids)) and self._can_refresh(),
        )

    def refresh_highlights(self) -> bool:
        """Keep the highlights of the whole library as they are now, if they have changed; blocking.

        True where they were made again.
        """
        if not self._can_refresh():
            return False
        self.analyse({Kind.HIGHLIGHTS})
        return True

    def _can_refresh(self) -> bool:
        """Whether highlights are to be made again and what they are made from is not: that is a matter of the
        run that looks through the photos. Stacks may wait for it: a pick makes them stale too.
        """
        stale = self.stale_kinds() if not self.read_only else set()
        return Kind.HIGHLIGHTS in stale and stale.isdisjoint({Kind.CATEGORIES, Kind.QUALITY})

    def _fresh_room(self) -> Showroom:
        at = (self._changes, self._results_name() + self._shelf.head_name())
        if self._room is None or self._room[0] != at:
            self._room = (at, highlight_room(self._inputs()))
        return self._room[1]

    def _wanted(
        self, room: Showroom, query: HighlightQuery, in_folder: NDArray[np.int64], days: NDArray[np.str_]
    ) -> NDArray[np.bool_]:
        """bool (N,): the photos that are asked about."""
        if query.period:
            in_folder = in_folder[np.char.startswith(days, query.period)]
        wanted = np.isin(room.table.ids, in_folder)
        if query.category:
            parents = {one.key: one.parent for one in self.vocabulary().categories}
            keys = [
                query.category in (name, parents.get(name) if name != OTHERS else None) for name in room.names
            ]
            wanted &= np.array(keys, bool)[room.category] if keys else False
        return wanted
