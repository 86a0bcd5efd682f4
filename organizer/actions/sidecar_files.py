"""One sidecar file: where it is, what it says, and how other bytes come to stand in it.

Writing is a file made beside it, synced, and renamed over it. The bytes that were merged into are compared
with those on the drive immediately before; where another program wrote in between, it is merged again. The
first version of a file that others made is kept beside it. Knows nothing of the catalogue.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from organizer.actions.fileops import FileOps
from organizer.errors import ActionRefused, FileChanged, StorageFull
from organizer.media.formats import RAW_SUFFIXES
from organizer.media.sidecar import Merged, NotXmp, merge
from organizer.media.xmp_tree import LARGEST
from organizer.records import SidecarFields

SUFFIX = ".xmp"
BACKUP_SUFFIX = ".first"  # of the copy of a sidecar as it was before this program wrote into it
TEMPORARY_SUFFIX = ".photo-organizer-new"
ATTEMPTS = 5  # at merging into a file that another program keeps writing


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a file: its bytes now (None: no file), and those it is to have."""

    path: Path
    before: bytes | None
    merged: Merged


def sidecar_of(photo: Path, names: Iterable[str]) -> Path | None:
    """The file that speaks for a photo.

    ``IMG_1.jpg.xmp`` speaks for that photo alone. ``IMG_1.xmp`` speaks for the RAW file of that stem, and
    where there is none for the only photo of the stem.

    Args:
        names: in the photo's folder that begin with its stem, in any case.
    """
    known = {name.lower(): name for name in names}
    own = known.get(f"{photo.name}{SUFFIX}".lower())
    if own is not None:
        return photo.with_name(own)
    shared = known.get(f"{photo.stem}{SUFFIX}".lower())
    if shared is None:
        return None
    others = [
        name for name in known
        if Path(name).stem == photo.stem.lower() and name not in (photo.name.lower(), shared.lower())
    ]  # fmt: skip
    pictures = [name for name in others if not name.endswith((".aae", ".mov", BACKUP_SUFFIX))]
    speaks = _is_raw(photo) or not pictures
    return photo.with_name(shared) if speaks else None


def new_sidecar(photo: Path) -> Path:
    """Where a sidecar is made: as RAW converters look for it, and beside the whole name for other photos."""
    return photo.with_suffix(SUFFIX) if _is_raw(photo) else photo.with_name(photo.name + SUFFIX)


def _is_raw(photo: Path) -> bool:
    return photo.suffix.lower() in RAW_SUFFIXES


def backup_of(sidecar: Path) -> Path:
    """Where the first version is kept."""
    return sidecar.with_name(sidecar.name + BACKUP_SUFFIX)


def digest(data: bytes) -> bytes:
    """BLAKE2b-256, as the journal keeps it."""
    return hashlib.blake2b(data, digest_size=32).digest()


class SidecarFiles:
    """Reads and writes sidecars through ``ops``; tests put one that fails in its place."""

    def __init__(self, ops: FileOps) -> None:
        self._ops = ops

    def find(self, photo: Path) -> Path | None:
        """The sidecar of a photo, None where it has none."""
        stem = photo.stem.lower()
        names = [name for name in self._ops.names_in(photo.parent) if name.lower().startswith(stem)]
        return sidecar_of(photo, names)

    def read(self, path: Path) -> bytes | None:
        """The bytes, None where there is no file.

        Raises:
            ActionRefused: it cannot be read, or is far too large.
        """
        try:
            return self._ops.read_bytes(path, LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refusal(error, path) from error

    def planned(self, path: Path, wanted: SidecarFields, replace: Collection[str]) -> Change:
        """What writing would do now.

        Raises:
            ActionRefused: the file cannot be read, or is no XMP file.
        """
        before = self.read(path)
        try:
            return Change(path, before, merge(before, wanted, replace))
        except NotXmp as error:
            raise ActionRefused(
                f"{path.name} is not a sidecar that can be read, so it was left alone.", detail=str(error)
            ) from error

    def write(
        self,
        change: Change,
        again: Callable[[], Change],
        announce: Callable[[Change], None],
        *,
        keep_first: bool = True,
    ) -> Change:
        """Carry out a change; returns the one that was carried out.

        Args:
            again: plans anew, because the file has other bytes by now.
            announce: called before the file is touched, with what is really going to be written.

        Raises:
            FileChanged: another program keeps writing it.
            ActionRefused, StorageFull: it could not be written; it is as it was.
        """
        for _ in range(ATTEMPTS):
            if change.merged.data == change.before:
                return change
            announce(change)
            if self._put(change.path, change.before, change.merged.data, keep_first=keep_first):
                return change
            change = again()
        raise FileChanged(f"{change.path.name} is being written by another program; it was left to that.")

    def put(self, path: Path, expected: bytes | None, data: bytes | None) -> bool:
        """Bytes in the place of others, or no file; False, and nothing done, where it has others by now.

        Raises:
            ActionRefused, StorageFull: as ``write``.
        """
        if data is not None:
            return self._put(path, expected, data, keep_first=False)
        try:
            if self._ops.read_bytes(path, LARGEST + 1) != expected:
                return False
            self._ops.unlink(path)
        except FileNotFoundError:
            return expected is None
        except OSError as error:
            raise _refusal(error, path) from error
        return True

    def _put(self, path: Path, expected: bytes | None, data: bytes, *, keep_first: bool) -> bool:
        target = Path(os.path.realpath(path))  # a link keeps leading to its file
        temporary = target.with_name(target.name + TEMPORARY_SUFFIX)
        try:
            self._ops.write_beside(temporary, data, like=target if expected is not None else None)
            try:
                if keep_first and expected is not None:
                    self._keep_first(target, expected)
                return self._replace(temporary, target, expected)
            finally:
                self._ops.unlink_if_there(temporary)
        except OSError as error:
            raise _refusal(error, path) from error

    def _replace(self, temporary: Path, target: Path, expected: bytes | None) -> bool:
        if expected is None:
            try:
                self._ops.move_back(temporary, target)  # never over something
            except FileExistsError:
                return False
        else:
            try:
                if self._ops.read_bytes(target, LARGEST + 1) != expected:
                    return False
            except FileNotFoundError:
                return False
            self._ops.replace(temporary, target)
        self._ops.sync_folder(target.parent)
        return True

    def _keep_first(self, target: Path, data: bytes) -> None:
        backup = backup_of(target)
        if self._ops.exists(backup):
            return
        temporary = backup.with_name(backup.name + TEMPORARY_SUFFIX)
        self._ops.write_beside(temporary, data, like=target)
        try:
            self._ops.move_back(temporary, backup)
        except FileExistsError:
            pass  # another program of ours was first
        finally:
            self._ops.unlink_if_there(temporary)


def _refusal(error: OSError, path: Path) -> ActionRefused | StorageFull:
    detail = str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"The drive is full, so {path.name} could not be written.", detail=detail)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ActionRefused(f"The folder of {path.name} is not there.", detail=detail)
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return ActionRefused(
            f"{path.name} could not be written: its folder or the file may only be read.", detail=detail
        )
    return ActionRefused(f"{path.name} could not be written; it is as it was.", detail=detail)
