"""Where the trash of a file is, and the note that lies beside it there.

The trash is a folder on the file's own drive, so that moving is one atomic step and frees no space by
surprise: the topmost folder on that drive, from the root that the person added down to the file's own,
that may be written. Each photo gets a fresh folder inside, with its companions and a ``restore.json``
that says where they came from: enough to put them back without any catalogue.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from organizer.actions.fileops import FileOps
from organizer.catalog import PlannedItem
from organizer.errors import ActionRefused, Protected
from organizer.records import HASH_BYTES, TRASH_FOLDER_NAME

log = logging.getLogger(__name__)

NOTE_NAME = "restore.json"
NOTE_SCHEMA = 1
LONGEST_NOTE = 1 << 20  # bytes


def trash_folder_for(path: Path, root: Path, ops: FileOps) -> Path:
    """The trash folder for a file below ``root``; not yet made.

    Raises:
        Protected: the file's folder, or every folder above it on its drive, may only be read.
        ActionRefused: something else has the name of the trash folder in each of them.
        OSError: the file's folder is gone.
    """
    if not ops.is_writable(path.parent):
        raise Protected(f"{path.name} is in a folder that may only be read.", detail=str(path.parent))
    device = ops.device_of(path.parent)
    between = [path.parent]
    while between[-1] != root and root in between[-1].parents:
        between.append(between[-1].parent)
    for folder in reversed(between):
        if ops.device_of(folder) == device and _may_hold(ops, path.parent, folder):
            return folder / TRASH_FOLDER_NAME
    raise ActionRefused(
        f"{path.name} was left alone: what is called {TRASH_FOLDER_NAME} in {path.parent.name} is not a "
        "folder that you may write to, so nothing can be kept there.",
        detail=str(path.parent / TRASH_FOLDER_NAME),
    )


def _may_hold(ops: FileOps, source: Path, folder: Path) -> bool:
    """Whether a trash folder can be in ``folder`` and files of ``source`` be renamed into it: not where
    another mount lies between, or the trash folder is a file, a link or another person's.
    """
    trash = folder / TRASH_FOLDER_NAME
    if not ops.exists(trash):
        return ops.is_writable(folder) and (folder == source or ops.can_rename(source, folder))
    return ops.is_folder(trash) and ops.is_writable(trash) and ops.can_rename(source, trash)


def fresh_folder(trash: Path) -> Path:
    """A name inside a trash folder that nothing has."""
    return trash / secrets.token_hex(8)


def hide(trash: Path) -> None:
    """On Windows a leading dot hides nothing, so the attribute is set; elsewhere the name does it."""
    if sys.platform == "win32":
        import ctypes

        file_attribute_hidden = 2
        ctypes.windll.kernel32.SetFileAttributesW(str(trash), file_attribute_hidden)


def note_of(
    items: list[PlannedItem], action_id: int, removed_at: str, kept: Sequence[bytes] = ()
) -> dict[str, Any]:
    """The note for a photo (first) and its companions. Paths are hex of their raw bytes, because a name need
    not be text; ``original`` says the same for a person's eyes.

    Args:
        kept: content hashes of the photos that stay in its place; none when it was removed by hand.
    """
    base = items[0].trashed.parent.parent.parent
    files = [
        {
            "name": os.fsencode(item.trashed.name).hex(),
            "place": os.fsencode(os.path.relpath(item.original, base)).hex(),
            "original": os.fsencode(item.original).decode("utf-8", "replace"),
            "size": item.size,
            "mtime_ns": item.mtime_ns,
            "content_hash": item.content_hash.hex(),
        }
        for item in items
    ]
    return {
        "schema": NOTE_SCHEMA,
        "action": action_id,
        "removed_at": removed_at,
        "kept": [value.hex() for value in kept],
        "files": files,
    }


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says. items: the files, the photo first, at the places where they are and were. kept: as
    ``note_of`` has it."""

    items: list[PlannedItem]
    kept: list[bytes]


def read_note(folder: Path) -> Note:
    """The note in a folder of the trash. Places are taken relative to the trash folder, so a drive that is
    mounted elsewhere now is understood.

    Empty when there is no note, it cannot be understood, or it names places outside the folder whose trash
    this is: a note comes with its drive, from anywhere.
    """
    base, file = folder.parent.parent, folder / NOTE_NAME
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            raise ValueError("it is no file")
        with file.open("rb") as stream:
            note = json.loads(stream.read(LONGEST_NOTE))
        if note["schema"] != NOTE_SCHEMA:
            return Note([], [])
        items = [
            PlannedItem(
                original=_inside(base, os.fsdecode(bytes.fromhex(entry["place"]))),
                trashed=_inside(folder, Path(os.fsdecode(bytes.fromhex(entry["name"]))).name),
                size=_number(entry["size"]),
                mtime_ns=_number(entry["mtime_ns"]),
                content_hash=_hash(entry["content_hash"]),
                companion_of=None if place == 0 else 0,
            )
            for place, entry in enumerate(note["files"])
        ]
        return Note(items, [_hash(value) for value in note.get("kept", ())])
    except FileNotFoundError:
        return Note([], [])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        log.warning("The note in %s cannot be read, so its files are left alone (%s).", folder, error)
        return Note([], [])


def _number(value: Any) -> int:
    """Raises ValueError, OverflowError, TypeError: it is none that a database takes."""
    number = int(value)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"{number} is too large")
    return number


def _hash(value: str) -> bytes:
    """Raises ValueError, TypeError: it is no content hash."""
    found = bytes.fromhex(value)
    if len(found) != HASH_BYTES:
        raise ValueError(f"{value} is no content hash")
    return found


def _inside(base: Path, place: str) -> Path:
    """A place below a folder.

    Raises:
        ValueError: it is not below it, or no place at all.
    """
    path = Path(os.path.normpath(base / place))
    if path == base or not path.is_relative_to(base) or "\0" in place:
        raise ValueError(f"{place!r} lies outside")
    return path
