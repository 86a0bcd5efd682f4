"""The files that belong to a photo without being photos: sidecars and the video of a Live Photo.

``IMG_1.jpg.xmp`` belongs to that file alone. ``IMG_1.xmp``, ``IMG_1.aae`` and ``IMG_1.mov`` belong to the
stem, and follow the last photo of that stem. The kept first version of a sidecar follows the sidecar. The
RAW and the JPEG of one shot are photos themselves: ``pairs`` has them. A video of more than LIVE_VIDEO_BYTES
is a film of its own, whatever its name.

Names are compared without case and in one Unicode form (a drive that was at a Mac has others than this
one); where two photos differ in nothing else, each has what is spelled as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path

from organizer.actions.fileops import FileOps
from organizer.actions.sidecar_files import BACKUP_SUFFIX

SIDECARS = frozenset({".xmp", ".aae"})
LIVE_VIDEOS = frozenset({".mov"})
LIVE_VIDEO_BYTES = 32 << 20


def folded(name: str) -> str:
    """A name as it is compared."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def companions_of(
    path: Path, leaving: Collection[Path], ops: FileOps, names: Mapping[str, list[str]]
) -> list[Path]:
    """Files that go along with ``path``.

    Args:
        leaving: photos that go in the same action, ``path`` among them.
        names: folded stem -> names in the photo's folder, from ``names_by_stem``.
    """
    of_stem = [path.parent / name for name in names.get(folded(path.stem), ())]
    standing = {other.name for other in of_stem}
    found = [
        path.parent / name
        for name in names.get(folded(path.name), ())  # "IMG_1.jpg" is the stem of "IMG_1.jpg.xmp"
        if Path(name).suffix.lower() in SIDECARS
        and (Path(name).stem == path.name or Path(name).stem not in standing)
    ]
    followers = [other for other in of_stem if _follows(other, ops)]
    if all(other in leaving or other in followers for other in of_stem):
        found += followers
    found += [
        sidecar.with_name(name)
        for sidecar in found
        for name in names.get(folded(sidecar.name), ())  # "IMG_1.xmp" is the stem of "IMG_1.xmp.first"
        if Path(name).suffix.lower() == BACKUP_SUFFIX
    ]
    return [other for other in dict.fromkeys(found) if other not in leaving]


def belongs_to_stem(companion: Path, photo: Path) -> bool:
    """Whether a companion is one of those that the photos of a stem share, and ``photo`` is one of them."""
    name = companion.name.removesuffix(BACKUP_SUFFIX)
    return companion.parent == photo.parent and folded(Path(name).stem) == folded(photo.stem)


def renamed_with(companion: Path, photo: Path, target: Path) -> Path:
    """Where a companion of ``photo`` belongs when the photo is put at ``target`` instead."""
    name = companion.name.removesuffix(BACKUP_SUFFIX)
    ending = Path(name).suffix + companion.name[len(name) :]
    for old, new in ((photo.name, target.name), (photo.stem, target.stem)):
        if folded(Path(name).stem) == folded(old):
            return target.with_name(new + ending)
    return companion


def names_by_stem(folder: Path, ops: FileOps) -> dict[str, list[str]]:
    """The names in a folder by their folded stem."""
    found: dict[str, list[str]] = {}
    for name in sorted(ops.names_in(folder)):
        found.setdefault(folded(_stem(name)), []).append(name)
    return found


def _stem(name: str) -> str:
    """As ``Path.stem``; a folder of 50,000 photos is listed for every few of them that go."""
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def _follows(path: Path, ops: FileOps) -> bool:
    suffix = path.suffix.lower()
    if suffix in SIDECARS:
        return True
    if suffix not in LIVE_VIDEOS:
        return False
    identity = ops.identity(path)
    return identity is not None and identity.size <= LIVE_VIDEO_BYTES
