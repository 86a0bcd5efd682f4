"""Reading: what the views show, put together from the catalogue. Quick, and callable from any thread."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.decided import Decided
from organizer.events import RESULT_KINDS, Kind
from organizer.library.core import LibraryCore
from organizer.library.folders import folder_tree
from organizer.library.highlight_room import JUDGED_BY_HEAD
from organizer.library.room import Guard, room_of
from organizer.library.views import CategoryView, Counts, FolderNode, PhotoDetail, PhotoQuery, StackView
from organizer.records import Photo, Root, Unreadable
from organizer.results import OTHERS, Caption, Categorised, Flag, Pick, Stack


class Shows(LibraryCore):
    """The reading part of the library."""

    # -- folders and photos ----------------------------------------------------------------------------

    def roots(self) -> list[Root]:
        """The folders that the person added."""
        return self._reader.roots()

    def folders(self) -> list[FolderNode]:
        """The roots as trees of folders that hold photos, with counts."""
        return folder_tree(self.roots(), self._reader.folders())

    def photo_ids(self, query: PhotoQuery | None = None) -> NDArray[np.int64]:
        """Ids of the photos that a query asks for, newest first."""
        query = query or PhotoQuery()
        return self._reader.photo_ids(folder=query.folder, text=query.text)

    def photos(self, ids: Iterable[int]) -> dict[int, Photo]:
        """Facts of some photos, those in the trash included; unknown ids are left out."""
        return self._reader.photos(ids)

    def days(self, ids: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """For each id the day it is sorted under ("2024-05-01"), or "" where there is none."""
        known = self._reader.days(int(i) for i in ids)
        return [known.get(int(i), "") for i in ids]

    def thumbnail(self, photo_id: int) -> bytes | None:
        """JPEG bytes, or None where there is none (yet)."""
        key = self._reader.thumbnail_key(photo_id)
        return None if key is None else self._catalog.thumbnails.get(key)

    def unreadable(self) -> list[Unreadable]:
        """The files that could not be read, with the reason in one sentence."""
        return self._reader.unreadable()

    def stale_kinds(self) -> set[Kind]:
        """The kinds of results that ``analyse`` would make again."""
        stale = self._reader.stale()
        made_with = {kind: self._reader.results_model(kind) for kind in RESULT_KINDS}
        head = self._shelf.head_name()
        wanted = {kind: self._results_name() + (head if kind in JUDGED_BY_HEAD else "") for kind in made_with}
        stale |= {kind for kind, name in made_with.items() if name not in ("", wanted[kind])}
        return stale

    def counts(self) -> Counts:
        """The numbers on the tabs."""
        known = self._reader.counts()
        hidden = self._reader.keep_both() or self._reader.not_duplicates()
        return Counts(
            photos=known.photos,
            categories=known.categories,
            stacks=len(self._open_stacks()) if hidden else known.stacks,
            highlights=known.highlights,
            low_quality=known.low_quality,
            captions=known.captions,
            trash=known.trash,
            unreadable=known.unreadable,
        )

    def detail(self, photo_id: int) -> PhotoDetail:
        """Everything known of one photo.

        Raises:
            LookupError: there is no such photo.
        """
        reader = self._reader
        photo = reader.photos([photo_id]).get(photo_id)
        if photo is None:
            raise LookupError(f"no photo {photo_id}")
        stacks = self._without_decided(reader.stacks_of(photo_id))
        return PhotoDetail(
            photo=photo,
            categories=reader.categories_of([photo_id]).get(photo_id),
            quality=reader.quality_of(photo_id),
            flags=reader.flags_of([photo_id]).get(photo_id, ()),
            stack=stacks[0] if stacks else None,
            pick=reader.pick_of(photo_id),
            choice=reader.choice_of(photo_id),
            caption=reader.captions_of([photo_id]).get(photo_id),
            measures=reader.measurements(photo_id),
        )

    # -- results ---------------------------------------------------------------------------------------

    def categories(self) -> list[CategoryView]:
        """Every category that holds a photo: each parent, then its children; OTHERS last.

        A photo that no model has looked at yet stands in no category.
        """
        found = self._reader.categories()
        groups: dict[str, list[Categorised]] = defaultdict(list)
        for one in found:
            groups[one.category].append(one)
        vocabulary = self.vocabulary()
        order = [category.key for category in vocabulary.categories]
        unknown = sorted(set(groups) - set(order) - {OTHERS})  # moved to by hand, later renamed or hidden
        with_children = Counter(
            parent for key, members in groups.items() if (parent := vocabulary.parent(key)) for _ in members
        )
        filled = [key for key in (*order, *unknown, OTHERS) if key in groups or with_children[key]]
        return [self._category_view(key, groups, len(found)) for key in filled]

    def _category_view(self, key: str, groups: dict[str, list[Categorised]], total: int) -> CategoryView:
        vocabulary = self.vocabulary()
        ordered = sorted(groups.get(key, ()), key=lambda one: (one.doubtful, -one.score, one.photo_id))
        children = [
            one for name, members in groups.items() if vocabulary.parent(name) == key for one in members
        ]
        candidates = [one for one in ordered if not one.doubtful] or ordered or children
        best = max(candidates, key=lambda one: one.score)
        return CategoryView(
            key=key,
            name=vocabulary.name(key, self._language()),
            parent=vocabulary.parent(key),
            photo_ids=tuple(one.photo_id for one in ordered),
            doubtful=frozenset(one.photo_id for one in ordered if one.doubtful),
            representative=best.photo_id,
            share=len(ordered) / total,
        )

    def category_names(self) -> list[tuple[str, str]]:
        """Key and name of every category that a photo can be moved to; OTHERS last."""
        vocabulary = self.vocabulary()
        keys = [category.key for category in vocabulary.categories]
        return [(key, vocabulary.name(key, self._language())) for key in (*keys, OTHERS)]

    def stacks(self) -> list[StackView]:
        """The duplicate stacks that wait for a decision, exact ones first, most bytes to save first."""
        stacks = self._open_stacks()
        photos = self._reader.photos({member for stack in stacks for member in stack.members})
        guard = Guard(
            {root.id: root for root in self.roots()}, [Path(one) for one in self.settings.protected]
        )
        views = []
        for stack in stacks:
            members = tuple(photos[member] for member in stack.members)
            room = room_of(members, stack.keep, stack.tier, guard)
            views.append(StackView(stack, members, room.bytes, room.notes))
        tiers = ("exact", "same-picture", "burst")
        return sorted(views, key=lambda view: (tiers.index(view.stack.tier), -view.savings, view.stack.key))

    def _open_stacks(self) -> list[Stack]:
        return self._without_decided(self._reader.stacks())

    def _without_decided(self, stacks: list[Stack]) -> list[Stack]:
        """Leave out what the person decided since the stacks were made: kept whole, or no duplicates."""
        reader = self._reader
        decided = Decided(reader.not_duplicates(), reader.keep_both(), reader.decided_pixels())
        if not stacks or not decided:
            return stacks
        known = reader.files_named({member for stack in stacks for member in stack.members})
        open_ones = []
        for stack in stacks:
            files = [known[member] for member in stack.members]
            if not decided.is_settled(files) and not decided.holds_apart(files):
                open_ones.append(stack)
        return open_ones

    def highlights(self) -> list[Pick]:
        """The photos worth showing, best first within each category."""
        return self._reader.picks()

    def low_quality(self) -> list[Flag]:
        """The flags that were not dismissed, worst first within a reason."""
        return self._reader.flags()

    def captions(self) -> list[Caption]:
        """The caption of every photo that has one, newest photo first."""
        return self._reader.captions()
