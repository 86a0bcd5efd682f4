"""The one reading of a photo file: its bytes, their hash, and proof that they did not change meanwhile.

Turns what the file system does into reasons that a person understands. Knows nothing of pictures.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from organizer.errors import MediaError, MediaReason
from organizer.records import FileStamp

MAP_FROM = 256 * (1 << 20)  # files of this size and more are mapped instead of copied to memory

Data = bytes | mmap.mmap

_SENTENCES = {
    MediaReason.VANISHED: "The file is no longer there.",
    MediaReason.NO_PERMISSION: "You do not have permission to read this file.",
    MediaReason.EMPTY: "The file is empty (0 bytes).",
    MediaReason.CHANGING: "The file is still being written; it is looked at again when it is complete.",
    MediaReason.UNSUPPORTED: "This is not a file with a picture in it.",
    MediaReason.IO: "The drive failed to deliver the file.",
}


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes and their BLAKE2b-256 (32 bytes)."""

    data: Data
    content_hash: bytes


def stamp_of(path: Path) -> FileStamp:
    """What the file system says of a file now.

    Raises:
        MediaError: VANISHED, NO_PERMISSION, IO.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise media_error_of(error) from error
    return FileStamp(path, status.st_size, status.st_mtime_ns)


def read_content(stamp: FileStamp) -> Content:
    """Read a file once, and hash it.

    Raises:
        MediaError: EMPTY, VANISHED, NO_PERMISSION, IO; UNSUPPORTED for a pipe, device or folder;
            CHANGING where the file is not the one of the stamp, or changed during the reading.
    """
    try:
        # O_NONBLOCK: opening a pipe that is called x.jpg must not wait for a writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(stamp.path, flags)
        try:
            return _read(descriptor, stamp)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise media_error_of(error) from error


def read_head(stamp: FileStamp, length: int) -> bytes:
    """The first `length` bytes of a file, fewer where it is shorter; nothing is hashed.

    Raises:
        MediaError: as `read_content`.
    """
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(stamp.path, flags)
        try:
            _check_listed(os.fstat(descriptor), stamp)
            with os.fdopen(os.dup(descriptor), "rb", buffering=0) as stream:
                return stream.read(length)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise media_error_of(error) from error


def media_error_of(error: OSError) -> MediaError:
    """The reason behind an OSError from opening or reading a file."""
    if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno == errno.ESTALE:
        reason = MediaReason.VANISHED
    elif isinstance(error, PermissionError):
        reason = MediaReason.NO_PERMISSION
    elif isinstance(error, IsADirectoryError):
        reason = MediaReason.UNSUPPORTED
    else:
        reason = MediaReason.IO
    return MediaError(_SENTENCES[reason], reason, detail=str(error))


def _refusal(reason: MediaReason, detail: str = "") -> MediaError:
    return MediaError(_SENTENCES[reason], reason, detail=detail)


def _check_listed(found: os.stat_result, stamp: FileStamp) -> None:
    """Raises MediaError unless this is the regular file that was listed, with something in it."""
    if not stat.S_ISREG(found.st_mode):
        raise _refusal(MediaReason.UNSUPPORTED, "not a regular file")
    if (found.st_size, found.st_mtime_ns) != (stamp.size, stamp.mtime_ns):
        raise _refusal(MediaReason.CHANGING, "not the file that was listed")
    if found.st_size == 0:
        raise _refusal(MediaReason.EMPTY)


def _read(descriptor: int, stamp: FileStamp) -> Content:
    before = os.fstat(descriptor)
    _check_listed(before, stamp)
    data: Data
    if before.st_size >= MAP_FROM:
        data = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    else:
        with os.fdopen(os.dup(descriptor), "rb", buffering=0) as stream:
            data = stream.readall()
    digest = hashlib.blake2b(data, digest_size=32).digest()
    after = os.fstat(descriptor)
    if len(data) != stamp.size or after.st_mtime_ns != stamp.mtime_ns or after.st_size != stamp.size:
        raise _refusal(MediaReason.CHANGING, "changed while it was read")
    return Content(data, digest)
