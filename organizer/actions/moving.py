"""One photo and its companions on their way into the trash, step by step.

Every step leaves the photo in its place or in its trash folder. An OSError is answered by undoing the
steps taken; anything else that stops the program is answered by ``recovery`` at the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from organizer.actions.checks import Checks, Cleared
from organizer.actions.companions import belongs_to_stem
from organizer.actions.fileops import FileOps, refusal_of
from organizer.actions.places import NOTE_NAME, hide, note_of
from organizer.actions.report import ActionReport
from organizer.catalog import ItemState, PlannedItem, TrashItem
from organizer.catalog.values import now
from organizer.errors import ActionRefused, FileChanged, OrganizerError
from organizer.records import Photo

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """A photo that was cleared, the fresh folder it goes to, and the items: the photo first, then
    companions. kept: content hashes of the photos that stay in its place.
    """

    cleared: Cleared
    folder: Path
    items: list[PlannedItem]
    kept: tuple[bytes, ...] = ()


def move_plan(
    ops: FileOps,
    checks: Checks,
    photos: Mapping[int, Photo],
    plan: Plan,
    item_ids: list[int],
    report: ActionReport,
    stayed: Collection[Path] = (),
) -> list[tuple[int, ItemState]]:
    """Move what is planned and journaled; returns what became of each item. One of which the drive does not
    say what became of it is not among them: ``recovery`` asks again.

    Args:
        stayed: photos that were planned to go as well and did not; what belongs to their stem stays, too.
    """
    photo = plan.items[0]
    try:
        checks.still_holds(plan.cleared, photos)
        _move_photo(ops, plan, report.action_id or 0, lambda: checks.still_kept(plan.cleared, photos))
    except (OSError, OrganizerError) as error:
        others = [(item_id, ItemState.CANCELLED) for item_id in item_ids[1:]]
        first = _state_after_refusal(ops, photo)
        if first is ItemState.TRASHED:  # and could not be put back: it can be undone, and is told as it is
            log.warning("%s is in the trash, although: %s", photo.original, error)
            report.done.append(plan.cleared.photo.id)
            report.bytes += photo.size
        else:
            report.refused.append((plan.cleared.photo.id, _refusal(error, photo, first)))
        return others if first is None else [(item_ids[0], first), *others]
    report.done.append(plan.cleared.photo.id)
    report.bytes += photo.size
    outcomes = [(item_ids[0], ItemState.TRASHED)]
    for item_id, companion in zip(item_ids[1:], plan.items[1:], strict=True):
        if any(belongs_to_stem(companion.original, other) for other in stayed):
            outcomes.append((item_id, ItemState.CANCELLED))
        else:
            outcomes.append((item_id, _move_companion(ops, companion, report)))
    sync_folders(ops, plan.folder, photo.original.parent)
    return outcomes


def _refusal(error: OSError | OrganizerError, photo: PlannedItem, state: ItemState | None) -> OrganizerError:
    if not isinstance(error, OSError):
        return error
    if state is not None:
        return refusal_of(error, photo.original)
    return ActionRefused(
        f"The drive of {photo.original.name} does not answer. It is in its place or in the trash, and is "
        "looked for when the drive is back.",
        detail=str(error),
    )


def _state_after_refusal(ops: FileOps, photo: PlannedItem) -> ItemState | None:
    """A drive can say no after it did what was asked, and it can vanish: then nobody knows yet."""
    try:
        if ops.exists(photo.trashed):
            return ItemState.TRASHED
        known = ops.exists(photo.original) or drive_is_there(ops, photo)
    except OSError:
        return None
    return ItemState.CANCELLED if known else None


def _move_photo(ops: FileOps, plan: Plan, action_id: int, still_kept: Callable[[], None]) -> None:
    photo = plan.items[0]
    is_new = not ops.exists(plan.folder.parent)
    try:
        ops.make_folder(plan.folder)
        if is_new:
            hide(plan.folder.parent)
        ops.write_note(plan.folder / NOTE_NAME, note_of(plan.items, action_id, now(), plan.kept))
        sync_folders(ops, plan.folder.parent, *([plan.folder.parent.parent] if is_new else []))
        ops.move_into_fresh(photo.original, photo.trashed)
    except OSError:
        clear_folder(ops, plan.folder)
        raise
    try:
        if not _is_what_was_checked(ops, plan):  # replaced between the last look and the move
            raise FileChanged(f"{photo.original.name} changed just now, so it was left alone.")
        still_kept()  # its copy may have gone in the same moment: then this one is the last and goes back
    except (OSError, OrganizerError):
        ops.move_back(photo.trashed, photo.original)
        clear_folder(ops, plan.folder)
        raise


def _is_what_was_checked(ops: FileOps, plan: Plan) -> bool:
    """Some file systems give a renamed file another inode; then its bytes have to say."""
    photo, expected = plan.items[0], plan.cleared.identity
    found = ops.identity(photo.trashed)
    if found is not None and found.looks_like(expected):
        return True
    if found is None or (found.size, found.mtime_ns) != (expected.size, expected.mtime_ns):
        return False
    return ops.content_hash(photo.trashed) == photo.content_hash


def _move_companion(ops: FileOps, companion: PlannedItem, report: ActionReport) -> ItemState:
    try:
        ops.move_into_fresh(companion.original, companion.trashed)
    except OSError as error:
        log.warning("%s stayed in its place: %s", companion.original, error)
        return ItemState.CANCELLED
    report.companions += 1
    report.bytes += companion.size
    return ItemState.TRASHED


def sync_folders(ops: FileOps, *folders: Path) -> None:
    """Make names durable in this order: where a photo lies now before where it lay."""
    for folder in folders:
        try:
            ops.sync_folder(folder)
        except OSError as error:  # what was done was done; the drive will get to it
            log.warning("%s could not be synced: %s", folder, error)


def drive_is_there(ops: FileOps, item: TrashItem | PlannedItem) -> bool:
    """Whether what is missing is really gone, and not only out of reach with its drive (an empty mount
    point, a drive that does not answer).
    """
    trash = item.trashed.parent.parent
    try:
        if ops.exists(trash) or ops.exists(item.original):
            return True
        return ops.exists(trash.parent) and bool(ops.names_in(trash.parent))
    except OSError:
        return False


def clear_folder(ops: FileOps, folder: Path) -> None:
    """Take away a trash entry's note and folder, once no file is left in it; never fails."""
    try:
        if not ops.exists(folder) or set(ops.names_in(folder)) - {NOTE_NAME}:
            return
        if ops.exists(folder / NOTE_NAME):
            ops.unlink(folder / NOTE_NAME)
        ops.remove_folder(folder)
    except OSError as error:
        log.info("%s stays, although nothing is left in it: %s", folder, error)
        return
    with suppress(OSError):  # others lie in it
        ops.remove_folder(folder.parent)
