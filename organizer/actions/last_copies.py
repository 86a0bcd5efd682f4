"""Whether what a photo of the trash was removed for still stands: the copy that was kept.

A photo that left its stack did so because another one stays. When that one is lost behind the program's
back, the one in the trash is the last of its picture, and no number of days makes it expire.
"""

from __future__ import annotations

from organizer.actions.fileops import FileOps
from organizer.catalog import Reader, TrashItem
from organizer.records import Look, Photo


def kept_copy_stands(reader: Reader, ops: FileOps, item: TrashItem) -> bool:
    """True for a photo that was removed by hand, and for one of which a survivor stands; also where the
    survivor was removed by hand since, or for a survivor of its own that stands.

    A survivor stands when its file has the size and time that the catalogue knows, or else its bytes.
    """
    if not item.survivors:
        return True
    asked: set[int] = set()
    waiting = list(item.survivors)
    while waiting:
        photo_id = waiting.pop()
        if photo_id in asked:
            continue
        asked.add(photo_id)
        removed = reader.item_of(photo_id)
        if removed is not None:
            if not removed.survivors:
                return True
            waiting += removed.survivors
            continue
        photo = reader.photos([photo_id]).get(photo_id)
        if photo is not None and _stands(ops, photo):
            return True
    return any(_stands(ops, photo) for photo in reader.with_content(item.content_hash))


def _stands(ops: FileOps, photo: Photo) -> bool:
    try:
        found = ops.identity(photo.path)
        if found is None or found.size != photo.size or photo.look is Look.HEAD:
            return False
        return found.mtime_ns == photo.mtime_ns or ops.content_hash(photo.path) == photo.content_hash
    except OSError:
        return False
