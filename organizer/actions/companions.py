"""The files that belong to a photo without being photos: sidecars and the video of a Live Photo.

``IMG_1.jpg.xmp`` belongs to that file alone. ``IMG_1.xmp``, ``IMG_1.aae`` and ``IMG_1.mov`` belong to the
stem, and follow the last photo of that stem. The kept first version of a sidecar follows the sidecar. A RAW
and a JPEG of one stem are two photos: each goes only when the person removes it. A video of more than
LIVE_VIDEO_BYTES is a film of its own, whatever its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from organizer.actions.fileops import FileOps
from organizer.actions.sidecar_files import BACKUP_SUFFIX

SIDECARS = frozenset({".xmp", ".aae"})
LIVE_VIDEOS = frozenset({".mov"})
LIVE_VIDEO_BYTES = 32 << 20


def companions_of(
    path: Path, leaving: Collection[Path], ops: FileOps, names: Mapping[str, list[str]]
) -> list[Path]:
    """Files that go along with ``path``.

    Args:
        leaving: photos that go in the same action, ``path`` among them.
        names: lower-case stem -> names in the photo's folder, from ``names_by_stem``.
    """
    found = [
        path.parent / name
        for name in names.get(path.name.lower(), ())  # "img_1.jpg" is the stem of "IMG_1.jpg.xmp"
        if Path(name).suffix.lower() in SIDECARS
    ]
    of_stem = [path.parent / name for name in names.get(path.stem.lower(), ())]
    followers = [other for other in of_stem if _follows(other, ops)]
    if all(other in leaving or other in followers for other in of_stem):
        found += followers
    found += [
        sidecar.with_name(name)
        for sidecar in found
        for name in names.get(sidecar.name.lower(), ())  # "img_1.xmp" is the stem of "IMG_1.xmp.first"
        if Path(name).suffix.lower() == BACKUP_SUFFIX
    ]
    return [other for other in found if other not in leaving]


def names_by_stem(folder: Path, ops: FileOps) -> dict[str, list[str]]:
    """The names in a folder by their lower-case stem."""
    found: dict[str, list[str]] = {}
    for name in sorted(ops.names_in(folder)):
        found.setdefault(Path(name).stem.lower(), []).append(name)
    return found


def _follows(path: Path, ops: FileOps) -> bool:
    suffix = path.suffix.lower()
    if suffix in SIDECARS:
        return True
    if suffix not in LIVE_VIDEOS:
        return False
    identity = ops.identity(path)
    return identity is not None and identity.size <= LIVE_VIDEO_BYTES
