"""After a crash: look at the drives and make the journal say what is so.

An item that was planned, being restored or being emptied when the program stopped has its file at one of
two places, or at both for a moment of a move by hard link. A photo is not moved here: in the trash it stays
in the trash, in its place it stays there. Also finds trash folders that came to another place with their
drive or a folder that was renamed, and takes in files that the journal does not know.
"""

from __future__ import annotations

import logging
from pathlib import Path

from organizer.actions import giving_back
from organizer.actions.fileops import FileOps
from organizer.actions.moving import clear_folder, drive_is_there
from organizer.actions.places import read_note
from organizer.catalog import Catalog, ItemState, PlannedItem, TrashItem
from organizer.catalog.rows import path_of
from organizer.records import TRASH_FOLDER_NAME, FileStamp

log = logging.getLogger(__name__)

FOUND_WHY = "Found in a trash folder"


def settle(catalog: Catalog, ops: FileOps) -> int:
    """Settle every item that was left half done; those on an absent drive wait. Returns how many."""
    outcomes: list[tuple[int, ItemState]] = []
    restored: list[tuple[int, FileStamp]] = []
    folders: set[Path] = set()
    for item in catalog.reader().unsettled():
        try:
            if not drive_is_there(ops, item):
                continue
            state = _state_on_disk(ops, item)
            if state is ItemState.RESTORED:
                restored.append((item.id, _stamp(ops, item)))
            else:
                outcomes.append((item.id, state))
        except OSError as error:
            log.warning("%s could not be looked at, so it waits: %s", item.original, error)
            continue
        folders.add(item.trashed.parent)
    if outcomes:
        catalog.writer.settle_items(outcomes)
    if restored:
        catalog.writer.settle_restored(restored)
    for folder in folders:
        clear_folder(ops, folder)
    _let_companions_follow(catalog, ops, [item_id for item_id, _ in restored])
    return len(outcomes) + len(restored)


def _let_companions_follow(catalog: Catalog, ops: FileOps, restored: list[int]) -> None:
    """A sidecar whose photo is back goes back, too; where it cannot, it stands in the trash for itself."""
    left = [one.id for one in catalog.reader().companions(restored) if one.state is ItemState.TRASHED]
    if left:
        giving_back.restore(catalog, ops, left, rename=False)


def _state_on_disk(ops: FileOps, item: TrashItem) -> ItemState:
    in_trash, in_place = ops.exists(item.trashed), ops.exists(item.original)
    if in_trash and in_place and _are_one_file(ops, item):
        ops.unlink(item.trashed)  # the second name of a move that was interrupted between link and unlink
        in_trash = False
    if in_trash:
        return ItemState.TRASHED
    if item.state is ItemState.RESTORING:
        return ItemState.RESTORED if in_place else ItemState.GONE
    return ItemState.GONE if item.state is ItemState.EMPTYING else ItemState.CANCELLED


def _are_one_file(ops: FileOps, item: TrashItem) -> bool:
    here, there = ops.identity(item.trashed), ops.identity(item.original)
    return here is not None and there is not None and here.is_same_file(there)


def _stamp(ops: FileOps, item: TrashItem) -> FileStamp:
    identity = ops.identity(item.original)
    if identity is None:
        return FileStamp(item.original, item.size, item.mtime_ns)
    return FileStamp(item.original, identity.size, identity.mtime_ns)


def adopt(catalog: Catalog, ops: FileOps) -> int:
    """Take in what lies in trash folders of the roots, or where the journal had some, without being in the
    journal at that place; returns how many files.
    """
    reader = catalog.reader()
    known = reader.in_trash()
    folders = {item.trashed.parent for item in known}
    trashes = {path_of(raw).parent.parent for raw in reader.trashed_paths()}
    trashes |= {root.path / TRASH_FOLDER_NAME for root in reader.roots()}
    adopted = 0
    for trash in sorted(trashes):
        try:
            names = ops.names_in(trash) if ops.exists(trash) else []
        except OSError as error:
            log.warning("%s could not be looked at: %s", trash, error)
            continue
        for folder in (trash / name for name in sorted(names)):
            if folder in folders:
                continue
            found = [item for item in read_note(folder) if _is_file(ops, item.trashed)]
            if not found or found[0].companion_of is not None:
                continue
            if not _relocated(catalog, ops, known, found):
                catalog.writer.adopt_items(FOUND_WHY, found)
            adopted += len(found)
    return adopted


def _relocated(catalog: Catalog, ops: FileOps, known: list[TrashItem], found: list[PlannedItem]) -> bool:
    """The journal knows this very folder at a place where it is no more: it follows. The folder's name is
    random, so it and the content tell."""
    fresh = {(item.trashed.parent.name, item.trashed.name, item.content_hash): item for item in found}
    moved = []
    for item in known:
        match = fresh.get((item.trashed.parent.name, item.trashed.name, item.content_hash))
        if match is not None and not _may_stand(ops, item.trashed):
            moved.append((item.id, match.original, match.trashed))
    if moved:
        catalog.writer.relocate_items(moved)
    return bool(moved)


def _is_file(ops: FileOps, path: Path) -> bool:
    try:
        return ops.identity(path) is not None
    except OSError:
        return False


def _may_stand(ops: FileOps, path: Path) -> bool:
    try:
        return ops.exists(path)
    except OSError:
        return True
