"""Compares what a scan saw with what the catalogue knows. Pure: values in, verdicts out."""

from __future__ import annotations

from collections.abc import Container
from enum import Enum, auto

from organizer.catalog.values import Known
from organizer.errors import MediaReason
from organizer.records import FileStamp

# These can end without the file changing, so such a file is tried at every run.
PASSING_REASONS = frozenset(
    {MediaReason.NO_PERMISSION, MediaReason.IO, MediaReason.CHANGING, MediaReason.VANISHED}
)


class Verdict(Enum):
    """What a file is to the catalogue."""

    UNCHANGED = auto()  # known with this size and time
    RETURNED = auto()  # was missing, and is back as it was
    TOUCHED = auto()  # same size, other time: its content decides whether it changed
    CHANGED = auto()  # another size
    FAMILIAR = auto()  # unknown path, but a known photo has this size: moved, a copy, or chance
    NEW = auto()


def compare(
    stamp: FileStamp, known: Known | None, sizes: Container[int], *, try_again: bool = False
) -> Verdict:
    """The verdict on one file.

    Args:
        known: what the catalogue has at this path.
        sizes: sizes in bytes of all photos known, missing ones included.
        try_again: the entry is of an unreadable file whose reason may have passed.
    """
    if known is None:
        return Verdict.FAMILIAR if stamp.size and stamp.size in sizes else Verdict.NEW
    same_size = stamp.size == known.size
    if same_size and stamp.mtime_ns == known.mtime_ns:
        if known.unreadable:
            return Verdict.NEW if try_again else Verdict.UNCHANGED
        return Verdict.RETURNED if known.missing else Verdict.UNCHANGED
    if known.unreadable:
        return Verdict.NEW
    return Verdict.TOUCHED if same_size else Verdict.CHANGED
