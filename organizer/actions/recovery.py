"""After a crash: look at the drives and make the journal say what is so.

An item that was planned, being restored or being emptied when the program stopped has its file at one of
two places, or at both for a moment of a move by hard link. A photo is not moved here: in the trash it stays
in the trash, in its place it stays there. Also finds trash folders that came to another place with their
drive or a folder that was renamed, and takes in files that the journal does not know.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

from organizer.actions import giving_back
from organizer.actions.fileops import FileOps
from organizer.actions.moving import clear_folder, drive_is_there
from organizer.actions.places import read_note
from organizer.catalog import Catalog, ItemState, PlannedItem, Reader, TrashItem
from organizer.catalog.rows import path_of
from organizer.records import TRASH_FOLDER_NAME, FileStamp

log = logging.getLogger(__name__)

FOUND_WHY = "Found in a trash folder"
LOOKED = "trash-looked-in"  # the catalogue's fact: root -> the last of its folders that was looked in
NOBODY = -1  # no photo's id


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
        return ItemState.RESTORED if in_place and _is_the_photo(ops, item) else ItemState.GONE
    return ItemState.GONE if item.state is ItemState.EMPTYING else ItemState.CANCELLED


def _are_one_file(ops: FileOps, item: TrashItem) -> bool:
    """Numbers of files do not tell on every drive, so what stands in the place has to have the bytes, too."""
    here, there = ops.identity(item.trashed), ops.identity(item.original)
    if here is None or there is None or not here.looks_like(there):
        return False
    return ops.content_hash(item.original) == item.content_hash


def _is_the_photo(ops: FileOps, item: TrashItem) -> bool:
    """What stands in its place is what was put back, and no other file."""
    found = ops.identity(item.original)
    if found is None or found.size != item.size:
        return False
    return found.mtime_ns == item.mtime_ns or ops.content_hash(item.original) == item.content_hash


def _stamp(ops: FileOps, item: TrashItem) -> FileStamp:
    identity = ops.identity(item.original)
    if identity is None:
        return FileStamp(item.original, item.size, item.mtime_ns)
    return FileStamp(item.original, identity.size, identity.mtime_ns)


def adopt(catalog: Catalog, ops: FileOps, *, everywhere: bool) -> int:
    """Take in what lies in trash folders without being in the journal at that place; returns how many files.

    Looked for where the journal had some, in the roots and above them, and once in every folder that holds
    photos and above it: so a lost catalogue finds them, whichever folder is added then. What was removed
    from outside of all roots is left to those who know it.

    Args:
        everywhere: also in the folders of photos that were not looked in yet, which takes a while where there
            are thousands on a slow drive.
    """
    reader = catalog.reader()
    known: dict[str, list[TrashItem]] = {}  # by the name of their folder, which is random
    for item in reader.in_trash():
        known.setdefault(item.trashed.parent.name, []).append(item)
    folders = {item.trashed.parent for items in known.values() for item in items}
    roots = [root.path for root in reader.roots()]
    familiar = {path_of(raw).parent.parent for raw in reader.trashed_paths()}
    others, looked = _elsewhere(reader, everywhere=everywhere)
    adopted = 0
    for trash in sorted(familiar | others):
        for folder in _folders_in(ops, trash):
            if folder in folders:
                continue
            note = read_note(folder)
            found = [item for item in note.items if _is_file(ops, item.trashed)]
            if not found or found[0].companion_of is not None:
                continue
            if trash not in familiar and not any(found[0].original.is_relative_to(root) for root in roots):
                continue
            if not _relocated(catalog, ops, known.get(folder.name, []), found):
                _take_in(catalog, ops, found, note.kept)
            adopted += len(found)
    if looked is not None:
        catalog.writer.set_fact(LOOKED, looked)
    return adopted


def _elsewhere(reader: Reader, *, everywhere: bool) -> tuple[set[Path], str | None]:
    """Where trash folders may be that the journal does not know, and what to keep as LOOKED; None for what is
    kept already."""
    roots = reader.roots()
    places = {place for root in roots for place in (root.path, *root.path.parents)}
    kept = reader.fact(LOOKED) or "{}"
    looked = {int(root_id): last for root_id, last in json.loads(kept).items()}
    for folder_id, root_id, path in reader.every_folder() if everywhere else ():
        if folder_id <= looked.get(root_id, 0):
            continue
        looked[root_id] = folder_id
        for place in (path, *path.parents):
            if place in places:
                break
            places.add(place)
    now = json.dumps(looked)
    return {place / TRASH_FOLDER_NAME for place in places}, None if now == kept else now


def _folders_in(ops: FileOps, trash: Path) -> list[Path]:
    try:
        return [trash / name for name in sorted(ops.names_in(trash))] if ops.exists(trash) else []
    except OSError as error:
        log.warning("%s could not be looked at: %s", trash, error)
        return []


def _take_in(catalog: Catalog, ops: FileOps, found: list[PlannedItem], kept: list[bytes]) -> None:
    """``kept``: content of the photos that stayed in its place; where none is known any more that is said,
    too, so that it counts as the last of its picture."""
    reader = catalog.reader()
    copies = [
        photo.id
        for content_hash in kept
        for photo in reader.with_content(content_hash)
        if photo.path != found[0].original
    ]
    survivors = tuple(copies or [NOBODY]) if kept else ()
    items = [replace(found[0], survivors=survivors), *found[1:]]
    catalog.writer.adopt_items(FOUND_WHY, items, [not _may_stand(ops, item.original) for item in items])


def _relocated(catalog: Catalog, ops: FileOps, known: list[TrashItem], found: list[PlannedItem]) -> bool:
    """The journal knows this very folder at a place where it is no more: it follows.

    ``known``: items of a folder of the same name, which is random, so it and the content tell."""
    fresh = {(item.trashed.name, item.content_hash): item for item in found}
    moved = []
    for item in known:
        match = fresh.get((item.trashed.name, item.content_hash))
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
