"""The SQL behind ``write_photos``: one photo's rows over all tables, inside a transaction of the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from organizer.catalog.rows import (
    EXIF_COLUMNS,
    MEASURES,
    local_seconds,
    marks,
    path_bytes,
    path_of,
    picture_bytes,
    signed,
    stamp_columns,
    stand_in_hash,
    taken_seconds,
)
from organizer.catalog.values import now
from organizer.catalog.words import prepared
from organizer.events import RESULT_KINDS, Kind
from organizer.records import MEASURES_VERSION, Decoded, ExifFacts, FileStamp, Glance, Look, Measurements

_CONTENT = ("content_hash", "pixel_hash", "format", "width", "height", "taken", "sort_time", *EXIF_COLUMNS)
_OF_CONTENT = (
    "embeddings", "measurements", "fingerprints", "small_pictures",
    "categories", "quality", "flags", "picks", "captions", "stack_members", "described",
)  # fmt: skip
_COPIED = {
    "embeddings": ("photo_id", "model", "vector"),
    "measurements": ("photo_id", "version", *MEASURES),
    "fingerprints": ("photo_id", "phash", "dhash"),
    "small_pictures": ("photo_id", "grey", "chroma"),
    "categories": ("photo_id", "model", "category", "score", "ranked", "doubtful", "by_user"),
    "quality": ("photo_id", "blurred", "noisy", "underexposed", "overexposed", "pixelated", "compressed"),
    "flags": ("photo_id", "reason", "score", "why"),
    "captions": ("photo_id", "text", "source"),
    "described": ("photo_id", "captioner"),
}


LESS_PHOTOS = (Kind.DUPLICATES, Kind.HIGHLIGHTS)  # what has to be made again when photos go away


def make_stale(c: sqlite3.Connection, kinds: Iterable[Kind] = RESULT_KINDS) -> None:
    """The results of these kinds no longer fit the photos."""
    c.executemany(
        "INSERT INTO generations (kind, wanted) VALUES (?, 1) "
        "ON CONFLICT (kind) DO UPDATE SET wanted = wanted + 1",
        [(str(kind),) for kind in kinds],
    )


def upsert(c: sqlite3.Connection, root_id: int, decoded: Decoded) -> int:
    """Insert or update the photo at the decoded file's path; returns its id."""
    raw, size, mtime_ns = stamp_columns(decoded.stamp)
    c.execute("DELETE FROM unreadable WHERE path = ?", (raw,))
    known = c.execute(  # a missing photo counts when its own file is back
        "SELECT id, content_hash, look, size, mtime_ns FROM photos WHERE path = ? "
        "AND (state = 0 OR (state = 1 AND content_hash = ?)) ORDER BY state",
        (raw, decoded.content_hash),
    ).fetchone()
    content = _content_values(decoded, decoded.content_hash, decoded.pixel_hash)
    if known is None:
        photo_id = _insert(c, root_id, decoded.stamp, content)
    else:
        photo_id = known[0]
        if known[2] < Look.FULL:  # what was made from the camera's small picture gives way
            c.execute("DELETE FROM embeddings WHERE photo_id = ?", (photo_id,))
        same_file = known[2] == Look.HEAD and known[3:] == (size, mtime_ns)
        if known[1] != decoded.content_hash:
            if not same_file:
                _drop_content(c, photo_id)
            _index_user_caption(c, photo_id, decoded.content_hash)
        assignments = ", ".join(f"{column} = ?" for column in _CONTENT)
        c.execute(
            "UPDATE photos SET root_id = ?, size = ?, mtime_ns = ?, state = 0, missing_since = NULL, "
            f"look = 2, {assignments} WHERE id = ?",
            (root_id, size, mtime_ns, *content, photo_id),
        )
    _put_pixels(c, photo_id, decoded)
    _index_words(c, photo_id, root_id, decoded.stamp, decoded.exif)
    return photo_id


def upsert_glance(c: sqlite3.Connection, root_id: int, glance: Glance) -> int | None:
    """Insert the photo at the path of a file of which only the head was read; returns its id.

    None where more is known of it already.
    """
    raw = path_bytes(glance.stamp.path)
    known = c.execute("SELECT id, look FROM photos WHERE path = ? AND state = 0", (raw,)).fetchone()
    if known is not None and known[1] > Look.HEAD:
        return None
    if known is not None:
        forget(c, (known[0],))
    c.execute("DELETE FROM unreadable WHERE path = ?", (raw,))
    content = _content_values(glance, stand_in_hash(glance.stamp), None)
    photo_id = _insert(c, root_id, glance.stamp, content, Look.HEAD)
    _index_words(c, photo_id, root_id, glance.stamp, glance.exif)
    return photo_id


def stand_ins_at(c: sqlite3.Connection, path: Path) -> list[bytes]:
    """The stand-in hashes of photos at a path whose content is not known."""
    found = c.execute("SELECT content_hash FROM photos WHERE path = ? AND look = 0", (path_bytes(path),))
    return [row[0] for row in found.fetchall()]


def put_content_hash(c: sqlite3.Connection, photo_id: int, stamp: FileStamp, content_hash: bytes) -> bool:
    """The hash of a file of which only the head was read. Returns whether the row was that of the stamp."""
    raw, size, mtime_ns = stamp_columns(stamp)
    cursor = c.execute(
        "UPDATE photos SET content_hash = ?, look = ? "
        "WHERE id = ? AND look = 0 AND path = ? AND size = ? AND mtime_ns = ?",
        (content_hash, int(Look.HASHED), photo_id, raw, size, mtime_ns),
    )
    if cursor.rowcount:
        _index_user_caption(c, photo_id, content_hash)
    return bool(cursor.rowcount)


def put_vector(c: sqlite3.Connection, photo_id: int, model: str, vector: bytes) -> None:
    c.execute(
        "INSERT OR REPLACE INTO embeddings (photo_id, model, vector) "
        "SELECT id, ?, ? FROM photos WHERE id = ?",
        (model, vector, photo_id),
    )


def place(c: sqlite3.Connection, photo_id: int, root_id: int | None, stamp: FileStamp) -> None:
    """Put a photo at a path, present; another one that was known to be there is missing from now on."""
    row = c.execute(
        f"SELECT root_id, {', '.join(EXIF_COLUMNS)} FROM photos WHERE id = ?", (photo_id,)
    ).fetchone()
    if row is None:
        raise LookupError(f"photo {photo_id} is not in the catalogue")
    root_id = row[0] if root_id is None else root_id
    exif = ExifFacts(*row[1:])
    raw, size, mtime_ns = stamp_columns(stamp)
    _give_way(c, raw, photo_id)
    c.execute("DELETE FROM unreadable WHERE path = ?", (raw,))
    c.execute(
        "UPDATE photos SET root_id = ?, folder_id = ?, path = ?, size = ?, mtime_ns = ?, sort_time = ?, "
        "state = 0, missing_since = NULL WHERE id = ?",
        (root_id, _folder_id(c, root_id, raw), raw, size, mtime_ns, _sort_time(exif, mtime_ns), photo_id),
    )
    _index_words(c, photo_id, root_id, stamp, exif)


def copy(c: sqlite3.Connection, from_id: int, root_id: int, stamp: FileStamp) -> int:
    """A new photo at ``stamp`` with the content, the facts and the results of another."""
    row = c.execute(f"SELECT {', '.join(_CONTENT)} FROM photos WHERE id = ?", (from_id,)).fetchone()
    if row is None:
        raise LookupError(f"photo {from_id} is not in the catalogue")
    raw = path_bytes(stamp.path)
    c.execute("DELETE FROM unreadable WHERE path = ?", (raw,))
    _give_way(c, raw, None)
    exif = ExifFacts(*row[-len(EXIF_COLUMNS) :])
    values = list(row)
    values[_CONTENT.index("sort_time")] = _sort_time(exif, stamp.mtime_ns)
    photo_id = _insert(c, root_id, stamp, tuple(values))
    for table, columns in _COPIED.items():
        kept = ", ".join(columns[1:])
        c.execute(
            f"INSERT INTO {table} (photo_id, {kept}) SELECT ?, {kept} FROM {table} WHERE photo_id = ?",
            (photo_id, from_id),
        )
    caption = c.execute("SELECT text FROM captions WHERE photo_id = ?", (from_id,)).fetchone()
    if caption is not None:
        index_caption(c, photo_id, caption[0])
    _index_user_caption(c, photo_id, row[0])
    _index_words(c, photo_id, root_id, stamp, exif)
    return photo_id


def forget(c: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Delete photos and everything that hangs on them."""
    rows = [(photo_id,) for photo_id in ids]
    c.executemany("DELETE FROM photo_words WHERE rowid = ?", rows)
    c.executemany("DELETE FROM caption_words WHERE rowid = ?", rows)
    c.executemany("DELETE FROM photos WHERE id = ?", rows)


def index_caption(c: sqlite3.Connection, photo_id: int, text: str | None) -> None:
    """Make the caption of a photo searchable, in place of the one before."""
    c.execute("DELETE FROM caption_words WHERE rowid = ?", (photo_id,))
    if text:
        c.execute("INSERT INTO caption_words (rowid, text) VALUES (?, ?)", (photo_id, prepared(text)))


def _give_way(c: sqlite3.Connection, raw: bytes, photo_id: int | None) -> None:
    """The photo that was present at a path is no longer there: another file (``photo_id``) is."""
    unknown = c.execute("SELECT id FROM photos WHERE path = ? AND look = 0 AND id IS NOT ?", (raw, photo_id))
    forget(c, [row[0] for row in unknown.fetchall()])  # its content could never be recognised elsewhere
    c.execute(
        "UPDATE photos SET state = 1, missing_since = ? WHERE path = ? AND state = 0 AND id IS NOT ?",
        (now(), raw, photo_id),
    )


def _insert(
    c: sqlite3.Connection,
    root_id: int,
    stamp: FileStamp,
    content: tuple[object, ...],
    look: Look = Look.FULL,
) -> int:
    raw, size, mtime_ns = stamp_columns(stamp)
    columns = ("root_id", "folder_id", "path", "size", "mtime_ns", "first_seen", "look", *_CONTENT)
    cursor = c.execute(
        f"INSERT INTO photos ({', '.join(columns)}) VALUES ({marks(len(columns))})",
        (root_id, _folder_id(c, root_id, raw), raw, size, mtime_ns, now(), int(look), *content),
    )
    photo_id = int(cursor.lastrowid or 0)
    _index_user_caption(c, photo_id, content[0])
    return photo_id


def _index_user_caption(c: sqlite3.Connection, photo_id: int, content_hash: object) -> None:
    row = c.execute("SELECT text FROM user_captions WHERE content_hash = ?", (content_hash,)).fetchone()
    if row is not None:
        index_caption(c, photo_id, row[0])


def _folder_id(c: sqlite3.Connection, root_id: int, raw_path: bytes) -> int:
    folder = path_bytes(path_of(raw_path).parent)
    row = c.execute("SELECT id FROM folders WHERE path = ?", (folder,)).fetchone()
    if row is not None:
        return int(row[0])
    return int(
        c.execute("INSERT INTO folders (root_id, path) VALUES (?, ?)", (root_id, folder)).lastrowid or 0
    )


def _sort_time(exif: ExifFacts, mtime_ns: int) -> float:
    taken = taken_seconds(exif.taken_at)
    return local_seconds(mtime_ns) if taken is None else taken


def _content_values(
    seen: Decoded | Glance, content_hash: bytes, pixel_hash: bytes | None
) -> tuple[object, ...]:
    exif = seen.exif
    return (
        content_hash, pixel_hash, seen.format, seen.width, seen.height,
        taken_seconds(exif.taken_at), _sort_time(exif, seen.stamp.mtime_ns),
        *(_clean(getattr(exif, name)) for name in EXIF_COLUMNS),
    )  # fmt: skip


def _clean(value: object) -> object:
    """Text from a file can hold lone surrogates, which SQLite's UTF-8 cannot."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _drop_content(c: sqlite3.Connection, photo_id: int) -> None:
    for table in _OF_CONTENT:
        c.execute(f"DELETE FROM {table} WHERE photo_id = ?", (photo_id,))
    index_caption(c, photo_id, None)


def _put_pixels(c: sqlite3.Connection, photo_id: int, decoded: Decoded) -> None:
    prints = decoded.fingerprint
    _put_measurements(c, photo_id, decoded.measurements)
    c.execute(
        "INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?)",
        (photo_id, signed(int(prints.phash)), signed(int(prints.dhash))),
    )
    c.execute(
        "INSERT OR REPLACE INTO small_pictures VALUES (?, ?, ?)",
        (photo_id, picture_bytes(prints.grey), picture_bytes(prints.chroma)),
    )


def _put_measurements(c: sqlite3.Connection, photo_id: int, measures: Measurements) -> None:
    c.execute(
        f"INSERT OR REPLACE INTO measurements (photo_id, version, {', '.join(MEASURES)}) "
        f"VALUES (?, ?, {marks(len(MEASURES))})",
        (photo_id, MEASURES_VERSION, *(float(getattr(measures, name)) for name in MEASURES)),
    )


def renew_measurements(
    c: sqlite3.Connection, photo_id: int, content_hash: bytes, measures: Measurements
) -> bool:
    """New measurements of a photo whose content is still this one. Returns whether it is."""
    row = c.execute(
        "SELECT 1 FROM photos WHERE id = ? AND content_hash = ? AND look = 2", (photo_id, content_hash)
    ).fetchone()
    if row is not None:
        _put_measurements(c, photo_id, measures)
    return row is not None


def _index_words(
    c: sqlite3.Connection, photo_id: int, root_id: int, stamp: FileStamp, exif: ExifFacts
) -> None:
    c.execute("DELETE FROM photo_words WHERE rowid = ?", (photo_id,))
    named = f"{stamp.path.stem} {exif.title}" if exif.title else stamp.path.stem
    folder = " ".join(_folders_from_root(c, root_id, stamp.path.parent))
    camera = " ".join(text for text in (exif.camera, exif.lens) if text)
    c.execute(
        "INSERT INTO photo_words (rowid, name, folder, camera) VALUES (?, ?, ?, ?)",
        (photo_id, prepared(named), prepared(folder), prepared(camera)),
    )


def _folders_from_root(c: sqlite3.Connection, root_id: int, folder: Path) -> tuple[str, ...]:
    """Names of the folders from the root down; those above it would find every photo of a person."""
    row = c.execute("SELECT path FROM roots WHERE id = ?", (root_id,)).fetchone()
    root = folder if row is None else path_of(row[0])
    if not folder.is_relative_to(root):
        return (folder.name,)
    return (root.name, *folder.relative_to(root).parts)
