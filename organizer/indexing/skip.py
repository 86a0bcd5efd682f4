"""Which folders hold no photos of the person's own: the one list that scan and watch both obey.

Works on names alone and touches no disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

_SYSTEM_FOLDERS = frozenset(
    {
        "$recycle.bin",
        "system volume information",
        "recycler",
        "windows",
        "#recycle",
        "#snapshot",
        "@eadir",
        "@recycle",
        "@tmp",
        "lost+found",
        "node_modules",
        "__macosx",
        "__pycache__",
        "ipod photo cache",
        "thumbs",
        "thumbnails",
    }
)
# Folders that are one document to their own program: what lies inside is its cache and its copies.
_PACKAGES = (
    "*.photoslibrary",
    "*.photolibrary",
    "*.migratedphotolibrary",
    "*.aplibrary",
    "*.lrdata",
    "*.lrcat-data",
    "*.lrlibrary",
    "*.cocatalog",
    "*.cosessiondb",
    "*.theater",
    "*.app",
    "*.bundle",
    "*.framework",
)


def is_skipped_name(name: str) -> bool:
    """Whether a folder of this name is hidden, the system's, or the inside of another program.

    Hidden covers our own trash folder and ``.thumbnails`` too: their names begin with a dot.
    """
    folded = name.casefold()
    if folded.startswith(".") or folded in _SYSTEM_FOLDERS:
        return True
    return any(fnmatchcase(folded, pattern) for pattern in _PACKAGES)


def is_hidden_file(name: str) -> bool:
    """Whether a file of this name is hidden, as the ``._IMG.JPG`` shadows of macOS are."""
    return name.startswith(".")


class Excluded:
    """The folders that the person does not want scanned."""

    def __init__(self, folders: Iterable[str | Path] = ()) -> None:
        self._folders = frozenset(_normal(folder) for folder in folders)

    def __contains__(self, folder: str | Path) -> bool:
        """Whether this very folder is excluded (a scan that comes from above asks for each)."""
        return bool(self._folders) and _normal(folder) in self._folders

    def covers(self, path: str | Path) -> bool:
        """Whether the path lies in an excluded folder, or is one."""
        if not self._folders:
            return False
        here = _normal(path)
        while here not in self._folders:
            above = os.path.dirname(here)  # noqa: PTH120 - strings: this runs for each event of a busy folder
            if above == here:
                return False
            here = above
        return True


def is_skipped_below(path: Path, root: Path) -> bool:
    """Whether a folder between ``root`` and ``path`` (a file) is one that a scan would not enter.

    The root itself may have any name: the person chose it.
    """
    try:
        inner = path.relative_to(root)
    except ValueError:
        return True
    return any(is_skipped_name(part) for part in inner.parts[:-1]) or is_hidden_file(path.name)


def _normal(folder: str | Path) -> str:
    return os.path.normcase(os.path.normpath(os.fspath(folder)))
