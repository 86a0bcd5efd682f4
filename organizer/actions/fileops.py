"""The operations on files that the trash is made of, each one step that either happened or did not.

They are methods of one object so that tests can stop the program between any two of them. Raises OSError
as the system does; ``refusal_of`` turns that into a sentence. Knows nothing of photos or the catalogue.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import secrets
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from organizer.errors import ActionRefused, FileChanged, OrganizerError, Protected, StorageFull

CHUNK = 1 << 20
_NO_LINKS = {  # EXDEV and EINVAL: drives that are several in one, which can rename all the same
    errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES, errno.EXDEV,
    errno.EINVAL,
}  # fmt: skip
_SHARING_VIOLATION = 32  # Windows: another program has the file open
_AT_FDCWD, _NOREPLACE = -100, 1  # of Linux's renameat2: names as they are, and nothing is replaced


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """Linux's rename that refuses to replace; None where the system's library has none."""
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return function


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What tells that a file is still the one that was checked, without reading it again.

    Attributes:
        touched_ns: when the system last wrote its bytes or facts, which no program can set back; a rename
            sets it, too. 0 where the system keeps no such time.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    touched_ns: int = 0

    def looks_like(self, other: FileIdentity) -> bool:
        """The same but for the time at which it was touched."""
        return self.is_same_file(other) and (self.size, self.mtime_ns) == (other.size, other.mtime_ns)

    def is_same_file(self, other: FileIdentity) -> bool:
        """Two names of one file (a hard link, or the same path through another folder)."""
        return (self.device, self.inode) == (other.device, other.inode)


class FileOps:
    """The real file system. Every method follows no symbolic link at the end of a path."""

    def exists(self, path: Path) -> bool:
        """True for anything that stands there, a broken link too.

        Raises:
            OSError: the drive or a folder above will not say; "not there" would be a guess.
        """
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def identity(self, path: Path) -> FileIdentity | None:
        """Of a regular file; None for a symbolic link, a folder or anything else."""
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return None
        touched = 0 if sys.platform == "win32" else found.st_ctime_ns  # there it is the time it was made
        return FileIdentity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, touched)

    def content_hash(self, path: Path) -> bytes:
        """BLAKE2b-256 of the file's bytes, as ``media`` computes it."""
        digest = hashlib.blake2b(digest_size=32)
        with path.open("rb") as stream:
            while block := stream.read(CHUNK):
                digest.update(block)
        return digest.digest()

    def names_in(self, folder: Path) -> list[str]:
        return os.listdir(folder)  # noqa: PTH208 - names alone

    def device_of(self, folder: Path) -> int:
        return folder.stat().st_dev

    def place_of(self, folder: Path) -> tuple[int, int] | None:
        """Device and number of a folder, the same under every name that it has; None where nobody says."""
        try:
            found = folder.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found.st_ino else None

    def can_rename(self, folder: Path, other: Path) -> bool:
        """Whether a file can be renamed from one folder into the other: not across a mount, also where both
        are on one device (a bind mount). Asked with a name that nothing has, so nothing is renamed.
        """
        name = f".{secrets.token_hex(16)}"
        try:
            os.rename(folder / name, other / name)  # noqa: PTH104
        except OSError as error:
            return error.errno != errno.EXDEV
        return True

    def is_folder(self, path: Path) -> bool:
        """A folder itself and no link to one.

        Raises:
            OSError: as ``exists``.
        """
        return self.exists(path) and stat.S_ISDIR(path.lstat().st_mode)

    def is_writable(self, folder: Path) -> bool:
        return os.access(folder, os.W_OK | os.X_OK)

    def make_folder(self, folder: Path) -> None:
        """Make one that did not exist (FileExistsError otherwise), with the one it is in. Not those above: a
        drive that went must not come to life as a folder of another one."""
        folder.parent.mkdir(exist_ok=True)
        folder.mkdir()

    def make_parents(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)

    def write_note(self, note: Path, content: dict[str, Any]) -> None:
        """Write JSON and sync it to the drive."""
        with note.open("x", encoding="utf-8") as stream:
            json.dump(content, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())

    def read_bytes(self, path: Path, most: int) -> bytes:
        """The file's bytes, ``most`` of them at most. A pipe or a device is no file: nothing need ever come
        out of it."""
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(errno.EINVAL, "Not a file", str(path))
        with path.open("rb") as stream:
            return stream.read(most)

    def write_beside(self, temporary: Path, data: bytes, like: Path | None) -> None:
        """A file of these bytes, synced; with the permissions of ``like`` where that is given. What an
        interrupted run left under this name is written over.
        """
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if like is not None:
            temporary.chmod(stat.S_IMODE(like.stat().st_mode))

    def replace(self, source: Path, target: Path) -> None:
        """Rename over a file, as one step."""
        source.replace(target)

    def unlink_if_there(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def move_into_fresh(self, source: Path, target: Path) -> None:
        """Rename into a folder that ``make_folder`` has just made, so that nothing can stand there."""
        if self.exists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        os.rename(source, target)  # noqa: PTH104 - Path.rename, but it refuses on Windows as well

    def move_back(self, source: Path, target: Path) -> None:
        """Move within a drive and never over something: FileExistsError where something stands.

        A hard link and an unlink, because a link refuses atomically; where the file system has no hard
        links, ``rename_exclusively``. On Windows a rename refuses by itself.
        """
        if sys.platform == "win32":
            os.rename(source, target)  # noqa: PTH104
            return
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self.rename_exclusively(source, target)
            return
        self.unlink(source)

    def rename_exclusively(self, source: Path, target: Path) -> None:
        """Rename where nothing stands, for drives without hard links (as most cards and sticks are). Linux
        refuses in the same step; elsewhere a look comes first, and a moment lies between.
        """
        rename = _renameat2()
        if rename is not None:
            here, names = _AT_FDCWD, (os.fsencode(source), os.fsencode(target))
            if rename(here, names[0], here, names[1], _NOREPLACE) == 0:
                return
            code = ctypes.get_errno()
            if code not in (errno.EINVAL, errno.ENOSYS):  # which mean that this drive has no such step
                raise OSError(code, os.strerror(code), str(source), None, str(target))
        self.move_into_fresh(source, target)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def remove_folder(self, folder: Path) -> None:
        """Only when it is empty."""
        folder.rmdir()

    def system_trash(self, path: Path) -> None:
        """Hand a file to the system's own trash."""
        from send2trash import send2trash

        send2trash(str(path))

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable; where a system cannot, they are so when it gets to it."""
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES):
                raise
        finally:
            os.close(descriptor)


def refusal_of(error: OSError, path: Path) -> OrganizerError:
    """What the system's refusal means for the file that was to be moved."""
    name, detail = path.name, str(error)
    if isinstance(error, FileNotFoundError):
        return FileChanged(f"{name} is no longer there.", detail=detail)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"The drive is full, so {name} could not be moved.", detail=detail)
    if error.errno == errno.EROFS:
        return Protected(f"{name} is on a drive that can only be read.", detail=detail)
    if error.errno in (errno.EBUSY, errno.ETXTBSY) or getattr(error, "winerror", None) == _SHARING_VIOLATION:
        return ActionRefused(f"{name} is in use by another program.", detail=detail)
    if isinstance(error, PermissionError):
        return ActionRefused(f"{name} or its folder may not be changed by you.", detail=detail)
    return ActionRefused(f"{name} could not be moved; it is where it was.", detail=detail)
