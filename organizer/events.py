"""What the core tells its shells while work goes on: small immutable values, sent from any thread.

The window's bridge turns them into Qt signals; the command line turns them into a progress bar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of thing that can change, and that a view can be stale in."""

    PHOTOS = "photos"
    CATEGORIES = "categories"
    DUPLICATES = "duplicates"
    HIGHLIGHTS = "highlights"
    QUALITY = "quality"
    CAPTIONS = "captions"
    TOPICS = "topics"
    TRASH = "trash"
    FOLDERS = "folders"


RESULT_KINDS = (
    Kind.CATEGORIES, Kind.DUPLICATES, Kind.QUALITY, Kind.HIGHLIGHTS, Kind.CAPTIONS, Kind.TOPICS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Committed:
    """Rows are in the catalogue: ``ids`` are the photos touched, ``kinds`` what is stale now."""

    ids: tuple[int, ...]
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the work stands.

    Attributes:
        stage: "scan", "first-look" (the heads of the files alone), "photos", "results", "words" (a model
            reads the names of the categories; done and total count texts) or "captions" (sentences are
            written).
        done, total: photos; total grows while the scan goes on. failed: unreadable among done.
        rate: photos a second over the last seconds. seconds_left: None while unknown.
    """

    stage: str
    done: int
    total: int
    failed: int = 0
    rate: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence that the person should see: a folder that cannot be read, a GPU that was lost."""

    sentence: str


Event = Committed | Progress | Notice
Listener = Callable[[Event], None]
