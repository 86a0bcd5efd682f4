"""What has to hold before a photo may leave its place; asked of the files themselves, not of what a view
showed.

A check reads the whole file once and remembers the file's identity; ``still_holds`` compares that again
immediately before the move. Changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from organizer.actions.fileops import FileIdentity, FileOps, refusal_of
from organizer.errors import ActionRefused, FileChanged, LastCopy, OrganizerError, Protected
from organizer.records import TRASH_FOLDER_NAME, Look, Photo, Root


@dataclass(frozen=True, slots=True)
class Cleared:
    """A photo that may go, as it was found.

    Attributes:
        survivors: photos that stay in its place, checked on the drive; empty when removed by hand.
    """

    photo: Photo
    identity: FileIdentity
    survivors: tuple[int, ...]


class Checks:
    """The checks of one action; files that were read are not read again while their identity holds.

    Args:
        roots: by id. protected: further folders in which nothing may be removed.
    """

    def __init__(self, ops: FileOps, roots: Mapping[int, Root], protected: Iterable[Path]) -> None:
        self._ops = ops
        self._roots = roots
        self._protected = tuple(protected)
        self._guarded: dict[tuple[int, int], Path] = {}
        for folder in (*self._protected, *(root.path for root in roots.values() if root.protected)):
            place = ops.place_of(folder)
            if place is not None:
                self._guarded[place] = folder
        self._folders: dict[Path, Path | None] = {}  # folder -> the protected one that it is or lies in
        self._trashes: dict[Path, bool] = {}  # folder -> whether it lies in a trash folder
        self._read: dict[Path, tuple[FileIdentity, bytes]] = {}

    def clear(self, photo: Photo, survivors: Sequence[Photo] | None, leaving: Collection[int]) -> Cleared:
        """The photo may be moved to the trash.

        Args:
            survivors: photos said to stay in its place; None when the person chose this photo by hand.
            leaving: ids of all photos of the action: none of them counts as a survivor.

        Raises:
            Protected, FileChanged, LastCopy, ActionRefused: it may not.
        """
        self._refuse_protected(photo)
        identity = self._verified(photo)
        if survivors is None:
            return Cleared(photo, identity, ())
        staying = [other for other in survivors if other.id not in leaving and not other.missing]
        kept = tuple(other.id for other in staying if self._is_copy_beside(other, identity))
        if not kept and any(self._is_same_file(other, identity) for other in staying):
            raise LastCopy(
                f"{photo.path.name} is another name of the photo that stays; removing it would free nothing."
            )
        if not kept:
            raise LastCopy(
                f"{photo.path.name} was kept: no other copy of it was found on the drive.",
                detail=f"photo {photo.id}, survivors asked {[other.id for other in survivors]}",
            )
        return Cleared(photo, identity, kept)

    def still_holds(self, cleared: Cleared, photos: Mapping[int, Photo]) -> None:
        """Compare everything that was checked with the drive once more, without reading the files.

        Raises:
            FileChanged, LastCopy: something changed since.
        """
        if not self._is_as_read(cleared.photo.path, cleared.identity):
            raise FileChanged(f"{cleared.photo.path.name} changed just now, so it was left alone.")
        self.still_kept(cleared, photos)

    def still_kept(self, cleared: Cleared, photos: Mapping[int, Photo]) -> None:
        """One of the survivors stands as it was found. Asked after the move, too: another program may have
        taken it in the same moment, or it was the same file by a name that does not tell (a drive that is
        connected twice).

        Raises:
            LastCopy: none does.
        """
        if not cleared.survivors:
            return
        for survivor in cleared.survivors:
            known = self._read.get(photos[survivor].path)
            try:
                if known is not None and self._is_as_read(photos[survivor].path, known[0]):
                    return
            except OrganizerError:
                continue  # out of reach: it does not count
        raise LastCopy(f"{cleared.photo.path.name} was kept: its copy changed just now.")

    def _is_as_read(self, path: Path, identity: FileIdentity) -> bool:
        """The file is the one that was read; where it was touched since, its bytes have to say so."""
        found = self._identity(path)
        if found == identity:
            return True
        if found is None or not found.looks_like(identity):
            return False
        before = self._read[path][1]
        return self._hash(path, found) == before and self._identity(path) == found

    def _refuse_protected(self, photo: Photo) -> None:
        root = self._roots.get(photo.root_id)
        if root is not None and root.protected:
            raise Protected(f"{photo.path.name} is in {root.path.name}, which you protected.")
        folder = self._protected_above(photo.path.parent)
        if folder is not None:
            raise Protected(f"{photo.path.name} is in {folder.name}, which you protected.")

    def _protected_above(self, folder: Path) -> Path | None:
        """The protected folder that this one lies in, by its name or through links and other spellings."""
        named = next((one for one in self._protected if folder.is_relative_to(one)), None)
        if named is not None or not self._guarded:
            return named
        if folder not in self._folders:
            real = Path(os.path.realpath(folder))
            places = [self._ops.place_of(one) for one in (real, *real.parents)]
            above = (self._guarded[one] for one in places if one is not None and one in self._guarded)
            self._folders[folder] = next(above, None)
        return self._folders[folder]

    def _lies_in_trash(self, folder: Path) -> bool:
        """Also through a link: what lies there goes when the trash is emptied."""
        if folder not in self._trashes:
            parts = (*folder.parts, *Path(os.path.realpath(folder)).parts)
            self._trashes[folder] = TRASH_FOLDER_NAME in parts
        return self._trashes[folder]

    def _verified(self, photo: Photo) -> FileIdentity:
        """Identity of the file, when it is a regular file with the bytes that the catalogue knows."""
        if self._lies_in_trash(photo.path.parent):
            raise ActionRefused(f"{photo.path.name} lies in a trash folder of this program already.")
        if photo.look is Look.HEAD:
            raise ActionRefused(f"{photo.path.name} could not be read as a whole, so it was left alone.")
        identity = self._identity(photo.path)
        if identity is None:
            raise ActionRefused(
                f"{photo.path.name} is a link to another file; removing it would free nothing."
            )
        if identity.size != photo.size:
            raise FileChanged(f"{photo.path.name} changed since it was looked at, so it was left alone.")
        if self._hash(photo.path, identity) != photo.content_hash:
            raise FileChanged(f"{photo.path.name} changed since it was looked at, so it was left alone.")
        if self._identity(photo.path) != identity:
            raise FileChanged(f"{photo.path.name} is being changed by another program.")
        return identity

    def _is_copy_beside(self, other: Photo, leaving: FileIdentity) -> bool:
        """A file of its own with the bytes known: no link to the one that goes, and no second name of it."""
        try:
            return not self._verified(other).is_same_file(leaving)
        except OrganizerError:
            return False

    def _is_same_file(self, other: Photo, leaving: FileIdentity) -> bool:
        try:
            identity = self._identity(other.path)
        except OrganizerError:
            return False
        return identity is not None and identity.is_same_file(leaving)

    def _identity(self, path: Path) -> FileIdentity | None:
        try:
            return self._ops.identity(path)
        except OSError as error:
            raise refusal_of(error, path) from error

    def _hash(self, path: Path, identity: FileIdentity) -> bytes:
        known = self._read.get(path)
        if known is None or known[0] != identity:
            try:
                known = identity, self._ops.content_hash(path)
            except OSError as error:
                raise refusal_of(error, path) from error
            self._read[path] = known
        return known[1]
