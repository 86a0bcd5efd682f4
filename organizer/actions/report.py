"""What an action on files came to, file by file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from organizer.errors import OrganizerError


@dataclass(slots=True)
class ActionReport:
    """Attributes:
    action_id: the journal's entry; None when nothing was changed.
    done: ids of the photos it was carried out for. A file of the trash that the catalogue knows no photo
        for is named by its entry's id, negative.
    refused: photo id (the same way) and why not.
    companions: sidecars and videos that went along. bytes: size of everything that was moved.
    """

    action_id: int | None = None
    done: list[int] = field(default_factory=list)
    refused: list[tuple[int, OrganizerError]] = field(default_factory=list)
    companions: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """A photo in the trash, or a companion that was left there when its photo went.

    Attributes:
        id: to be handed to ``restore`` and ``empty``. photo_id: None when the catalogue forgot it.
        removed_at: ISO 8601 UTC. bytes: the photo and its companions.
    """

    id: int
    action_id: int
    photo_id: int | None
    original: Path
    trashed: Path
    removed_at: str
    bytes: int
