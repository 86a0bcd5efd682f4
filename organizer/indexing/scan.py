"""Walks a folder and yields what the file system says of each photo file. Opens none of them.

Symbolic links: a link to a file elsewhere is a photo like any other; one to a file below the same root
is only another name of a photo that is seen anyway. A link to a
folder is not followed: the photos behind it belong to the folder they lie in, following would show
them twice, and a link upwards would never end. The root itself may be a link, since the person chose it.
A folder reached twice under two names (a bind mount, a junction) is walked once.

Knows names and stamps; it knows neither the catalogue nor what is in a file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from organizer.errors import FolderProblem
from organizer.indexing.skip import Excluded, is_hidden_file, is_skipped_name
from organizer.records import FileStamp

OnProblem = Callable[[Path, FolderProblem], None]
ScanDir = Callable[[str], "os._ScandirIterator[str]"]


def scan(
    root: Path,
    suffixes: frozenset[str],
    *,
    excluded: Excluded | None = None,
    on_problem: OnProblem,
    scandir: ScanDir = os.scandir,
) -> Iterator[FileStamp]:
    """Every photo file below ``root``, the newest folder first and in it the newest photo first.

    Args:
        suffixes: endings of photo files with the dot, lower case.
        on_problem: told of each folder that cannot be listed; the walk goes on with the others.
        scandir: how a folder is listed.

    Raises:
        FolderProblem: the root itself is missing, is not a folder or may not be read. Then nothing
            was yielded, and nothing may be concluded about what was once in it.
    """
    excluded = excluded or Excluded()
    real_root = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - compared as strings
    waiting = [os.path.abspath(root)]  # noqa: PTH100 - resolving would replace the path the person knows
    seen: set[tuple[int, int]] = set()
    is_root = True
    while waiting:
        folder = waiting.pop()
        try:
            folders, photos = _list(folder, suffixes, seen, scandir, real_root)
        except OSError as error:
            problem = folder_problem(folder, error)
            if is_root:
                raise problem from error
            on_problem(Path(folder), problem)
            continue
        is_root = False
        yield from photos
        waiting.extend(path for _, path in sorted(folders) if path not in excluded)


def shown(path: str | Path) -> str:
    """A path for a sentence, also where its name is no text."""
    return os.fspath(path).encode("utf-8", "replace").decode("utf-8")


def folder_problem(folder: str | Path, error: OSError) -> FolderProblem:
    """One kind sentence for a folder that cannot be listed."""
    name = shown(folder)
    if isinstance(error, FileNotFoundError):
        sentence = f"The folder {name} is not there any more."
    elif isinstance(error, NotADirectoryError):
        sentence = f"{name} is not a folder."
    elif isinstance(error, PermissionError):
        sentence = f"The folder {name} may not be read by this account, so its photos are left out."
    else:
        sentence = f"The folder {name} could not be read, so its photos are left out for now."
    return FolderProblem(sentence, detail=repr(error))


def _list(
    folder: str,
    suffixes: frozenset[str],
    seen: set[tuple[int, int]],
    scandir: ScanDir,
    real_root: str,
) -> tuple[list[tuple[int, str]], list[FileStamp]]:
    """Folders to enter as (mtime_ns, path), and the photos here, newest first."""
    here = os.stat(folder)  # noqa: PTH116 - strings all the way: this runs for each folder of a drive
    identity = (here.st_dev, here.st_ino)
    if here.st_ino and identity in seen:
        return [], []
    seen.add(identity)
    folders: list[tuple[int, str]] = []
    photos: list[FileStamp] = []
    with scandir(folder) as entries:
        for entry in entries:
            try:
                _sort(entry, suffixes, folders, photos, real_root)
            except OSError:
                continue  # gone since it was listed, or a link to nowhere: not a photo now
    photos.sort(key=lambda stamp: stamp.mtime_ns, reverse=True)
    return folders, photos


def _sort(
    entry: os.DirEntry[str],
    suffixes: frozenset[str],
    folders: list[tuple[int, str]],
    photos: list[FileStamp],
    real_root: str,
) -> None:
    if entry.is_dir(follow_symlinks=False):
        if not is_skipped_name(entry.name) and not _is_junction(entry):
            folders.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
        return
    if os.path.splitext(entry.name)[1].lower() not in suffixes or is_hidden_file(entry.name):  # noqa: PTH122
        return
    if entry.is_symlink() and os.path.realpath(entry.path).startswith(real_root):
        return
    facts = entry.stat()
    if stat.S_ISREG(facts.st_mode):
        photos.append(FileStamp(Path(entry.path), facts.st_size, facts.st_mtime_ns))


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder link of Windows, which is_symlink does not tell."""
    attributes = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    return bool(attributes) and attributes == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)
