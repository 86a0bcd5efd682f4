"""What removing copies would really free: other names of a file, links and protected copies free nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from organizer.records import Photo, Root
from organizer.results import Tier

PROTECTED = "protected: it stays"
HARD_LINK = "another name of the same file: deleting it frees nothing"
SYMLINK = "a link to a file: deleting it frees nothing"


@dataclass(frozen=True, slots=True)
class Room:
    """Attributes:
    bytes: that removing the others frees. notes: photo id -> why that one frees nothing.
    """

    bytes: int
    notes: dict[int, str]


class Guard:
    """Knows where nothing is removed."""

    def __init__(self, roots: Mapping[int, Root], protected: Collection[Path]) -> None:
        self._roots = {root.id for root in roots.values() if root.protected}
        self._folders = (*protected, *(Path(os.path.realpath(folder)) for folder in protected))
        self._real: dict[Path, Path] = {}

    def covers(self, photo: Photo) -> bool:
        """Whether the photo is protected."""
        if photo.root_id in self._roots or not self._folders:
            return photo.root_id in self._roots
        folder = photo.path.parent
        if folder not in self._real:
            self._real[folder] = Path(os.path.realpath(folder))
        places = (photo.path, self._real[folder])
        return any(place.is_relative_to(one) for place in places for one in self._folders)


def room_of(photos: Sequence[Photo], keep: int, tier: Tier, guard: Guard) -> Room:
    """What a stack's other photos take.

    Args:
        tier: only exact copies can be one file; of the others no file is looked at.
    """
    notes: dict[int, str] = {}
    seen: set[tuple[int, int]] = set()
    total = 0
    for photo in sorted(photos, key=lambda one: one.id != keep):
        known = _file_of(photo.path) if tier is Tier.EXACT else None
        if known is not None and stat.S_ISLNK(known[0]):
            notes[photo.id] = SYMLINK
            continue
        if known is not None and known[1:] in seen:
            notes[photo.id] = HARD_LINK
            continue
        if known is not None:
            seen.add(known[1:])
        if guard.covers(photo) and photo.id != keep:
            notes[photo.id] = PROTECTED
        elif photo.id != keep:
            total += photo.size
    return Room(total, notes)


def _file_of(path: Path) -> tuple[int, int, int] | None:
    """Kind, drive and number of the file; None where it cannot be asked (removing it says why)."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_mode, found.st_dev, found.st_ino) if found.st_ino else None
