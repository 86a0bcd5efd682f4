"""Plain values that only the catalogue and its callers speak of: stamps known, counts, journal rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from organizer.records import SidecarFields


def now() -> str:
    """The moment as the catalogue writes it: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Known(NamedTuple):
    """What the catalogue knows of a path, for comparing with a scan.

    Attributes:
        id: the photo's id; None for a file that could not be read.
        missing: it was not there at the last scan.
    """

    id: int | None
    size: int
    mtime_ns: int
    missing: bool

    @property
    def unreadable(self) -> bool:
        return self.id is None


class FolderCount(NamedTuple):
    """A folder below a root. photos: directly inside it, present ones only."""

    path: Path
    root_id: int
    photos: int


@dataclass(frozen=True, slots=True)
class CatalogCounts:
    """How much there is to see; only present photos count, and what the person dismissed does not.

    Attributes:
        categories: categories that hold a photo. low_quality: photos with at least one flag.
        captions: photos with a caption. trash: photos in the trash.
    """

    photos: int
    missing: int
    unreadable: int
    categories: int
    stacks: int
    highlights: int
    low_quality: int
    captions: int
    trash: int


class ActionKind(StrEnum):
    """What an action of the journal did; stored, so the values never change."""

    TRASH = "trash"
    CATEGORY = "category"
    CAPTION = "caption"
    DISMISS = "dismiss"
    CHOICE = "choice"
    KEEP_BOTH = "keep-both"
    NOT_DUPLICATES = "not-duplicates"
    VOCABULARY = "vocabulary"
    EXAMPLES = "examples"
    SIDECAR = "sidecar"
    DESCRIBE = "describe"
    TOPIC = "topic"


class ActionState(StrEnum):
    DONE = "done"
    UNDONE = "undone"
    ABANDONED = "abandoned"  # undone, and something else was done since: Redo passes it by
    FINAL = "final"  # nothing of it can be undone any more (or nothing was done)


@dataclass(frozen=True, slots=True)
class Action:
    """One entry of the journal. at: ISO 8601 UTC. why: a few words for the menu ("3 photos removed")."""

    id: int
    at: str
    kind: ActionKind
    why: str
    state: ActionState


class ItemState(StrEnum):
    """Where a file of a trash action stands; stored, so the values never change."""

    PLANNED = "planned"  # written before the move; the disk says whether it happened
    TRASHED = "trashed"
    RESTORING = "restoring"  # written before the move back
    RESTORED = "restored"
    EMPTYING = "emptying"  # written before the file is deleted for good
    GONE = "gone"
    CANCELLED = "cancelled"  # never moved


@dataclass(frozen=True, slots=True)
class TrashItem:
    """One file of a trash action.

    Attributes:
        companion_of: item of the photo that this sidecar or video went with; None for the photo itself.
        photo_id: id in the catalogue; None for companions.
        original: where it lay. trashed: where it lies while in the trash.
        survivors: ids of the photos that stay in its place (empty when removed by hand).
    """

    id: int
    action_id: int
    companion_of: int | None
    photo_id: int | None
    original: Path
    trashed: Path
    size: int
    mtime_ns: int
    content_hash: bytes
    state: ItemState
    survivors: tuple[int, ...] = ()
    at: str = ""


@dataclass(frozen=True, slots=True)
class SidecarRow:
    """A sidecar as it was last read.

    Attributes:
        problem: why it could not be read, in one sentence; "" where it could.
    """

    photo_id: int
    path: Path
    size: int
    mtime_ns: int
    fields: SidecarFields
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SidecarWrite:
    """A file of an action that wrote sidecars.

    Attributes:
        before: the file's bytes until then; None where there was none. after: hash of what was written.
        wanted: the fields that were to be written. replace: those of them that took the place of others.
    """

    id: int
    action_id: int
    path: Path
    before: bytes | None
    after: bytes
    wanted: SidecarFields
    replace: tuple[str, ...] = ()
