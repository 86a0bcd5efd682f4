"""The trash: the one way in which a photo leaves its place, and the way back.

The contract (docs/decisions has its reasons):
  1. what goes is computed from the catalogue and checked against the files just before (``checks``);
  2. a stack's photo goes only when a verified copy stays that is not going itself;
  3. the journal says what is planned, on the drive, before a file is touched, and what came of it after;
  4. moving is a rename on the file's own drive into a fresh folder with a note; nothing is ever overwritten;
  5. whatever stops the program in between, ``recover`` finds each file in its place or in the trash, and
     makes the journal say so.

Removing is here; ``giving_back`` has undo, restore and emptying, ``recovery`` the state after a crash.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from organizer.actions import giving_back, recovery
from organizer.actions.checks import Checks, Cleared
from organizer.actions.companions import companions_of, names_by_stem
from organizer.actions.expiry import Expired, expiry, is_due
from organizer.actions.fileops import FileOps, refusal_of
from organizer.actions.last_copies import kept_copy_stands
from organizer.actions.moving import Plan, move_plan
from organizer.actions.pairs import Pairs
from organizer.actions.places import fresh_folder, trash_folder_for
from organizer.actions.report import ActionReport, TrashEntry
from organizer.catalog import ActionState, Catalog, ItemState, PlannedItem
from organizer.errors import ActionRefused, LastCopy, OrganizerError, UsageProblem
from organizer.records import Photo

log = logging.getLogger(__name__)

ANNOUNCED = "trash-announced"  # the catalogue's fact that says what is about to leave the trash
CHUNK = 32  # photos checked, journaled and moved together: few enough that the check is fresh


@dataclass(frozen=True, slots=True)
class _Request:
    """A removal under way: what is asked, and what is known of it."""

    photos: Mapping[int, Photo]
    survivors: Mapping[int, set[int]] | None
    leaving: frozenset[int]
    why: str


class Trash:
    """Removes photos and brings them back. One at a time: an action waits for the one under way.

    Args:
        catalog: open for writing.
        protected: called before each action; folders in which nothing may be removed.
        pairs: called before each removal; whether the RAW and the JPEG of one shot go together.
        ops: the file system; tests put one that fails in its place.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        protected: Callable[[], Sequence[Path]] = tuple,
        pairs: Callable[[], bool] = lambda: True,
        ops: FileOps | None = None,
    ) -> None:
        self._catalog = catalog
        self._protected = protected
        self._pairs = pairs
        self._ops = ops or FileOps()
        self._one_at_a_time = threading.RLock()

    def whole_shots(self, photo_ids: Iterable[int]) -> list[int]:
        """The photos and what would go with them by hand: the other halves of their RAW and JPEG pairs."""
        wanted = list(dict.fromkeys(int(photo_id) for photo_id in photo_ids))
        if self._pairs():
            wanted, _ = Pairs(self._catalog.reader(), self._ops).complete(wanted, None)
        return wanted

    def remove(
        self,
        photo_ids: Iterable[int],
        survivors: Mapping[int, set[int]] | None = None,
        why: str = "",
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> ActionReport:
        """Move photos to the trash, with their sidecars, Live Photo videos and the other half of a RAW and
        JPEG pair (``pairs`` says when).

        Args:
            survivors: for stacks: photo -> the photos that stay in its place. Every photo then needs one that
                is found on the drive with the right bytes, is not a link, and is not going itself. None when
                the person chose these very photos by hand.
            why: a few words for the journal and the Undo menu.
            progress: called with (done, total) after each chunk.

        Returns:
            What was moved and what was refused; a refused photo is untouched.
        """
        with self._acting():
            wanted = list(dict.fromkeys(int(photo_id) for photo_id in photo_ids))
            if self._pairs():
                wanted, survivors = Pairs(self._catalog.reader(), self._ops).complete(wanted, survivors)
            return self._remove(wanted, survivors, why, None, progress)

    def undo(self, action_id: int) -> ActionReport:
        """Put back every photo of an action that is still in the trash."""
        with self._acting():
            items = [item for item in self._catalog.reader().items(action_id) if item.companion_of is None]
            wanted = [item.id for item in items if item.state is ItemState.TRASHED]
            report = giving_back.restore(self._catalog, self._ops, wanted, rename=False)
            report.action_id = action_id
            return report

    def redo(self, action_id: int) -> ActionReport:
        """Remove again what was undone, under the same checks as the first time.

        Raises:
            UsageProblem: the action is not one that was undone.
        """
        with self._acting():
            reader = self._catalog.reader()
            action = reader.action(action_id)
            if action is None or action.state is not ActionState.UNDONE:
                raise UsageProblem("This action cannot be done again.")
            items = [item for item in reader.items(action_id) if item.companion_of is None]
            again = [item for item in items if item.state is ItemState.RESTORED and item.photo_id is not None]
            by_hand = not any(item.survivors for item in again)
            survivors = None if by_hand else {item.photo_id or 0: set(item.survivors) for item in again}
            return self._remove(
                [item.photo_id or 0 for item in again], survivors, action.why, action_id, None
            )

    def restore(self, item_ids: Iterable[int], *, rename: bool = False) -> ActionReport:
        """Put back single photos of the trash by their entry's id.

        Args:
            rename: where something else stands at the old place, use "name (restored).jpg" beside it;
                otherwise that photo is refused with RestoreConflict.
        """
        with self._acting():
            return giving_back.restore(self._catalog, self._ops, list(item_ids), rename=rename)

    def empty(self, item_ids: Iterable[int] | None = None, *, how: str = "system-trash") -> ActionReport:
        """Give up photos of the trash for good; all of them when no ids are given.

        Args:
            how: "system-trash" hands the files to the system's own trash, "delete" deletes them.
        """
        if how not in ("system-trash", "delete"):
            raise UsageProblem(f'The trash is emptied by "system-trash" or "delete", not by "{how}".')
        with self._acting():
            ids = [entry.id for entry in self.listing()] if item_ids is None else list(item_ids)
            discard = self._ops.system_trash if how == "system-trash" else self._ops.unlink
            return giving_back.empty(self._catalog, self._ops, ids, discard)

    def expire(self, days: int, *, how: str, at: datetime | None = None) -> Expired:
        """Give up what has been in the trash for so many days and was announced on an earlier day; not what
        is the last of its picture, because the copy that was kept is not there any more.

        Args:
            days: 0 for never. how: as ``empty``. at: the time, for tests; now.
        """
        now = at or datetime.now(UTC)
        with self._acting():
            entries = self.listing()
            due = {entry.id for entry in entries if is_due(entry, now, days)}
            reader = self._catalog.reader()
            held = {one.id for one in reader.items_by_id(due) if not kept_copy_stands(reader, self._ops, one)}
            known = json.loads(reader.fact(ANNOUNCED) or "{}")
            announced = {int(item_id): when for item_id, when in known.items() if when}
            told = {int(item_id) for item_id, when in known.items() if not when}
            found = expiry([entry for entry in entries if entry.id not in held], announced, now, days)
            fact = {**found.announced, **dict.fromkeys(sorted(held), "")}
            if fact != {int(item_id): when for item_id, when in known.items()}:
                self._catalog.writer.set_fact(ANNOUNCED, json.dumps(fact))
            report = self.empty(found.expired, how=how) if found.expired else ActionReport()
            return Expired(report, len(found.fresh), len(held - told))

    def listing(self, older_than_days: float | None = None) -> list[TrashEntry]:
        """What lies in the trash, newest first; only what was removed so long ago when days are given."""
        return giving_back.listing(self._catalog.reader(), older_than_days)

    def recover(self, *, everywhere: bool = True) -> int:
        """Settle what an earlier run left half done, by looking at the drives, and take in files of trash
        folders that the journal does not know. To be called once after the catalogue was opened.

        Args:
            everywhere: look for trash folders in all folders of photos that are new since the last time.

        Returns:
            How many journal entries were settled or added. Those on a drive that is absent wait for it.
        """
        with self._one_at_a_time:
            settled = recovery.settle(self._catalog, self._ops)
            return settled + recovery.adopt(self._catalog, self._ops, everywhere=everywhere)

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Alone, and with nothing left over from an action that a full drive cut off."""
        with self._one_at_a_time:
            recovery.settle(self._catalog, self._ops)
            yield

    # -- removing ------------------------------------------------------------------------------------

    def _remove(
        self,
        ids: list[int],
        survivors: Mapping[int, set[int]] | None,
        why: str,
        action_id: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> ActionReport:
        reader = self._catalog.reader()
        kept = set().union(*survivors.values()) if survivors else set()
        photos = reader.photos([*ids, *(kept - set(ids))])
        present = reader.present(photos)
        request = _Request(
            {photo_id: photo for photo_id, photo in photos.items() if photo_id in present},
            survivors,
            frozenset(ids),
            why,
        )
        report = ActionReport(action_id)
        checks = Checks(self._ops, {root.id: root for root in reader.roots()}, self._protected())
        for start in range(0, len(ids), CHUNK):
            self._remove_chunk(request, ids[start : start + CHUNK], checks, report)
            if progress is not None:
                progress(min(start + CHUNK, len(ids)), len(ids))
        if not report.done:
            report.action_id = None
        return report

    def _remove_chunk(self, request: _Request, ids: list[int], checks: Checks, report: ActionReport) -> None:
        cleared = []
        for photo_id in ids:
            try:
                cleared.append(self._clear(request, photo_id, checks))
            except OrganizerError as error:
                report.refused.append((photo_id, error))
        plans = self._plans(cleared, request.photos, report)
        if not plans:
            return
        flat: list[PlannedItem] = []
        for plan in plans:
            offset = len(flat)
            flat += [_shifted(item, offset) for item in plan.items]
        report.action_id, item_ids = self._catalog.writer.plan_removal(
            request.why, flat, action_id=report.action_id
        )
        outcomes: list[tuple[int, ItemState]] = []
        stayed: list[Path] = []
        for plan in plans:
            mine, item_ids = item_ids[: len(plan.items)], item_ids[len(plan.items) :]
            before = len(report.done)
            outcomes += move_plan(self._ops, checks, request.photos, plan, mine, report, stayed)
            if len(report.done) == before:
                stayed.append(plan.cleared.photo.path)
        self._catalog.writer.settle_items(outcomes)

    def _clear(self, request: _Request, photo_id: int, checks: Checks) -> Cleared:
        photo = request.photos.get(photo_id)
        if photo is None:
            raise ActionRefused("This photo is not in the library any more.", detail=f"photo {photo_id}")
        if request.survivors is None:
            return checks.clear(photo, None, request.leaving)
        named = request.survivors.get(photo_id, set())
        if not named:
            raise LastCopy(f"{photo.path.name} was kept: no copy of it was named that stays.")
        others = [request.photos[other] for other in sorted(named) if other in request.photos]
        return checks.clear(photo, others, request.leaving)

    def _plans(self, cleared: list[Cleared], photos: Mapping[int, Photo], report: ActionReport) -> list[Plan]:
        """Where each photo and its companions are going; nothing is touched yet."""
        roots = {root.id: root for root in self._catalog.reader().roots()}
        names: dict[Path, dict[str, list[str]]] = {}
        leaving: set[Path] = set()
        plans = []
        for one in cleared:
            path = one.photo.path
            try:
                trash = trash_folder_for(path, roots[one.photo.root_id].path, self._ops)
                if path.parent not in names:
                    names[path.parent] = names_by_stem(path.parent, self._ops)
                leaving.add(path)
                others = companions_of(path, leaving, self._ops, names[path.parent])
                kept = tuple(photos[survivor].content_hash for survivor in one.survivors)
                plans.append(replace(self._plan(one, fresh_folder(trash), others), kept=kept))
            except OSError as error:
                report.refused.append((one.photo.id, refusal_of(error, path)))
            except OrganizerError as error:
                report.refused.append((one.photo.id, error))
        return plans

    def _plan(self, one: Cleared, folder: Path, companions: list[Path]) -> Plan:
        photo = one.photo
        items = [
            PlannedItem(
                photo.path,
                folder / photo.path.name,
                photo.size,
                one.identity.mtime_ns,
                photo.content_hash,
                photo_id=photo.id,
                survivors=one.survivors,
            )
        ]
        for path in companions:
            identity = self._ops.identity(path)
            if identity is not None:
                digest = self._ops.content_hash(path)
                items.append(
                    PlannedItem(
                        path, folder / path.name, identity.size, identity.mtime_ns, digest, companion_of=0
                    )
                )
        return Plan(one, folder, items)


def _shifted(item: PlannedItem, offset: int) -> PlannedItem:
    """The item with the place of its photo counted in the whole list."""
    if item.companion_of is None:
        return item
    return PlannedItem(
        item.original,
        item.trashed,
        item.size,
        item.mtime_ns,
        item.content_hash,
        companion_of=item.companion_of + offset,
    )
