"""The RAW and the JPEG of one shot: two photos, and one thing to the person who took it.

They have one stem in one folder and one capture time. Removed by hand they go together. From a stack the
other one goes along only where a copy of it stays as well, beside the one that is kept: a JPEG that stays is
no copy of a RAW that goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from organizer.actions.companions import folded, names_by_stem
from organizer.actions.fileops import FileOps
from organizer.catalog import Reader
from organizer.media.formats import RAW_SUFFIXES
from organizer.records import Photo

DEVELOPED = frozenset({".jpg", ".jpeg", ".jpe", ".heic", ".heif", ".hif"})  # as cameras write beside a RAW
SECONDS = 19  # characters of "2024-05-01T12:30:00": the fraction is in one of the files alone, at times

Survivors = Mapping[int, set[int]]


class Pairs:
    """Finds the other half of shots; a folder is listed once."""

    def __init__(self, reader: Reader, ops: FileOps) -> None:
        self._reader = reader
        self._ops = ops
        self._names: dict[Path, dict[str, list[str]]] = {}

    def complete(
        self, photo_ids: Sequence[int], survivors: Survivors | None
    ) -> tuple[list[int], Survivors | None]:
        """The photos of an action with the other halves of their shots, and the survivors of all.

        Args:
            survivors: photo -> those that stay in its place; None when the person chose by hand.
        """
        leaving = dict.fromkeys(photo_ids)
        staying = set().union(*survivors.values()) if survivors else set()
        photos = self._reader.photos([*leaving, *staying])
        kept: dict[int, set[int]] = {key: set(value) for key, value in (survivors or {}).items()}
        for photo_id in photo_ids:
            photo = photos.get(photo_id)
            other = self.other_half(photo) if photo is not None else None
            if other is None or other.id in leaving or other.id in staying:
                continue
            if survivors is not None:
                halves = [self.other_half(photos[one]) for one in kept.get(photo_id, ()) if one in photos]
                copies = {half.id for half in halves
                          if half is not None and half.content_hash == other.content_hash}  # fmt: skip
                copies -= {other.id, *leaving}
                if not copies:
                    continue
                kept[other.id] = copies
                staying |= copies
            leaving[other.id] = None
        return list(leaving), None if survivors is None else kept

    def other_half(self, photo: Photo) -> Photo | None:
        """The JPEG of a RAW file or the RAW file of a JPEG, where the library has exactly one."""
        suffix = photo.path.suffix.lower()
        wanted = DEVELOPED if suffix in RAW_SUFFIXES else RAW_SUFFIXES if suffix in DEVELOPED else frozenset()
        if not wanted:
            return None
        names = self._names_in(photo.path.parent).get(folded(photo.path.stem), [])
        paths = [photo.path.with_name(name) for name in names if Path(name).suffix.lower() in wanted]
        found = [other for path in paths if (other := self._reader.photo_at(path)) is not None]
        if len(found) != 1 or found[0].missing or not _one_shot(photo, found[0]):
            return None
        return found[0]

    def _names_in(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._names:
            try:
                self._names[folder] = names_by_stem(folder, self._ops)
            except OSError:
                self._names[folder] = {}  # the checks say what is wrong with the folder
        return self._names[folder]


def _one_shot(first: Photo, second: Photo) -> bool:
    times = [photo.exif.taken_at for photo in (first, second)]
    return (times[0] or "")[:SECONDS] == (times[1] or "")[:SECONDS]
