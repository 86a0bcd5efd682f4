"""The ways out of the trash: back to the old place, or away for good.

Nothing is written over: where something stands at the old place the photo stays in the trash, or takes a
free name beside it when that was asked for. Folders that are gone are made again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from organizer.actions.companions import renamed_with
from organizer.actions.fileops import FileOps, refusal_of
from organizer.actions.moving import clear_folder, drive_is_there, sync_folders
from organizer.actions.report import ActionReport, TrashEntry
from organizer.catalog import Catalog, ItemState, Reader, TrashItem
from organizer.errors import ActionRefused, OrganizerError, RestoreConflict
from organizer.records import FileStamp

log = logging.getLogger(__name__)

LONGEST_NAME = 255  # bytes; what every file system in use takes


def listing(reader: Reader, older_than_days: float | None) -> list[TrashEntry]:
    """The photos in the trash, newest first."""
    items = reader.trash()
    if older_than_days is not None:
        limit = datetime.now(UTC) - timedelta(days=older_than_days)
        items = [item for item in items if datetime.fromisoformat(item.at) < limit]
    extra: dict[int, int] = {}
    for companion in reader.companions(item.id for item in items):
        if companion.state is ItemState.TRASHED and companion.companion_of is not None:
            extra[companion.companion_of] = extra.get(companion.companion_of, 0) + companion.size
    return [
        TrashEntry(
            item.id,
            item.action_id,
            item.photo_id,
            item.original,
            item.trashed,
            item.at,
            item.size + extra.get(item.id, 0),
        )
        for item in items
    ]


def restore(catalog: Catalog, ops: FileOps, item_ids: list[int], *, rename: bool) -> ActionReport:
    """Put photos and their companions back; see ``Trash.restore``."""
    report = ActionReport()
    mains, companions = _in_trash(catalog.reader(), item_ids, report)
    if not mains:
        return report
    report.action_id = mains[0].action_id
    everything = [*mains, *(one for others in companions.values() for one in others)]
    targets = _targets(ops, mains, companions) if rename else {item.id: item.original for item in everything}
    changed = {item.id: targets[item.id] for item in everything if targets[item.id] != item.original}
    catalog.writer.announce_items([item.id for item in everything], ItemState.RESTORING, changed)
    back: list[tuple[int, FileStamp]] = []
    still: list[tuple[int, ItemState]] = []
    for item in mains:
        try:
            back.append((item.id, _move_back(ops, item, targets[item.id])))
        except OrganizerError as error:
            report.refused.append((_name_of(item), error))
            still += [(one.id, _state_left(ops, one)) for one in (item, *companions.get(item.id, []))]
            continue
        report.done.append(_name_of(item))
        report.bytes += item.size
        for companion in companions.get(item.id, []):
            try:
                back.append((companion.id, _move_back(ops, companion, targets[companion.id])))
                report.companions += 1
            except OrganizerError as error:
                log.warning("%s stays in the trash: %s", companion.original, error)
                still.append((companion.id, _state_left(ops, companion)))
        clear_folder(ops, item.trashed.parent)
    catalog.writer.settle_restored(back)
    if still:
        catalog.writer.settle_items(still)
    return report


def empty(
    catalog: Catalog, ops: FileOps, item_ids: list[int], discard: Callable[[Path], None]
) -> ActionReport:
    """Give photos and their companions up for good; see ``Trash.empty``."""
    report = ActionReport()
    mains, companions = _in_trash(catalog.reader(), item_ids, report)
    everything = [*mains, *(one for others in companions.values() for one in others)]
    if not everything:
        return report
    catalog.writer.announce_items([item.id for item in everything], ItemState.EMPTYING)
    outcomes: list[tuple[int, ItemState]] = []
    for item in mains:
        try:
            _discard(ops, item, discard)
        except OrganizerError as error:
            report.refused.append((_name_of(item), error))
            outcomes += [(one.id, ItemState.TRASHED) for one in (item, *companions.get(item.id, []))]
            continue
        report.done.append(_name_of(item))
        report.bytes += item.size
        outcomes.append((item.id, ItemState.GONE))
        for companion in companions.get(item.id, []):
            try:
                _discard(ops, companion, discard)
                report.companions += 1
            except OrganizerError as error:
                log.warning("%s stays in its trash folder: %s", companion.trashed, error)
            outcomes.append((companion.id, ItemState.GONE))
        clear_folder(ops, item.trashed.parent)
    catalog.writer.settle_items(outcomes)
    return report


def free_name(path: Path, is_taken: Callable[[Path], bool]) -> Path:
    """``name (restored).jpg`` beside ``path``, or with a number where that stands there, too; of a name that
    is as long as names can be, the end of its stem gives way.
    """
    number = 1
    while True:
        suffix = " (restored)" if number == 1 else f" (restored {number})"
        stem = path.stem
        while len(os.fsencode(f"{stem}{suffix}{path.suffix}")) > LONGEST_NAME and len(stem) > 1:
            stem = stem[:-1]
        candidate = path.with_name(f"{stem}{suffix}{path.suffix}")
        if not is_taken(candidate):
            return candidate
        number += 1


def _in_trash(
    reader: Reader, item_ids: list[int], report: ActionReport
) -> tuple[list[TrashItem], dict[int, list[TrashItem]]]:
    """The photos' items among the ids, and the companions of each, that are in the trash."""
    found = {item.id: item for item in reader.trash()}
    mains = []
    for item_id in dict.fromkeys(item_ids):
        item = found.get(item_id)
        if item is None:
            report.refused.append((-item_id, ActionRefused("This photo is not in the trash any more.")))
        else:
            mains.append(item)
    companions: dict[int, list[TrashItem]] = {}
    for companion in reader.companions(item.id for item in mains):
        if companion.state is ItemState.TRASHED and companion.companion_of is not None:
            companions.setdefault(companion.companion_of, []).append(companion)
    return mains, companions


def _targets(
    ops: FileOps, mains: list[TrashItem], companions: Mapping[int, list[TrashItem]]
) -> dict[int, Path]:
    """Where each item goes: its old place, or a free name beside it when that is taken. Companions take the
    name that their photo takes: beside the old one they would speak for whatever stands there now.
    """
    taken: set[Path] = set()
    targets: dict[int, Path] = {}

    def is_taken(path: Path) -> bool:
        try:
            return path in taken or ops.exists(path)
        except OSError:
            return False  # moving says what is wrong with the place

    def choose(item: TrashItem, wanted: Path) -> Path:
        target = free_name(wanted, is_taken) if is_taken(wanted) else wanted
        taken.add(target)
        targets[item.id] = target
        return target

    for item in mains:
        target = choose(item, item.original)
        for one in companions.get(item.id, []):
            choose(one, renamed_with(one.original, item.original, target))
    return targets


def _move_back(ops: FileOps, item: TrashItem, target: Path) -> FileStamp:
    if not _lies_in_trash(ops, item):
        raise ActionRefused(_absent_sentence(ops, item), detail=str(item.trashed))
    try:
        ops.make_parents(target)
    except (FileExistsError, NotADirectoryError) as error:
        raise ActionRefused(
            f"{target.name} stays in the trash: its folder {target.parent.name} is a file now.",
            detail=str(error),
        ) from error
    except OSError as error:
        raise refusal_of(error, target) from error
    try:
        ops.move_back(item.trashed, target)
        identity = ops.identity(target)
    except FileExistsError as error:
        raise RestoreConflict(
            f"Another file stands where {target.name} was. It can be restored under another name.",
            detail=str(error),
        ) from error
    except OSError as error:
        raise refusal_of(error, target) from error
    sync_folders(ops, target.parent)
    if identity is None:
        return FileStamp(target, item.size, item.mtime_ns)
    return FileStamp(target, identity.size, identity.mtime_ns)


def _discard(ops: FileOps, item: TrashItem, discard: Callable[[Path], None]) -> None:
    if not _lies_in_trash(ops, item):
        if not drive_is_there(ops, item):
            raise ActionRefused(_absent_sentence(ops, item), detail=str(item.trashed))
        return  # someone took it out of the trash folder by hand
    try:
        discard(item.trashed)
    except OSError as error:  # Send2Trash's own errors are OSErrors, too
        raise refusal_of(error, item.original) from error


def _lies_in_trash(ops: FileOps, item: TrashItem) -> bool:
    """Raises ActionRefused where the drive does not say."""
    try:
        return ops.exists(item.trashed)
    except OSError as error:
        raise refusal_of(error, item.original) from error


def _state_left(ops: FileOps, item: TrashItem) -> ItemState:
    try:
        gone = not ops.exists(item.trashed) and drive_is_there(ops, item)
    except OSError:
        gone = False
    return ItemState.GONE if gone else ItemState.TRASHED


def _absent_sentence(ops: FileOps, item: TrashItem) -> str:
    if drive_is_there(ops, item):
        return f"{item.original.name} was taken out of its trash folder by someone else."
    return f"The drive that holds {item.original.name} is not connected."


def _name_of(item: TrashItem) -> int:
    return -item.id if item.photo_id is None else item.photo_id
