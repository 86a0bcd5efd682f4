"""Which events of the file system concern photos, and when a flurry of them has calmed down."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent

from organizer.indexing.skip import Excluded, is_skipped_below
from organizer.records import TRASH_FOLDER_NAME

MANY = 1000  # beyond this single paths say nothing more: the folders they lie in stand for them

_FILE_EVENTS = frozenset({"created", "modified", "closed", "deleted", "moved"})
_FOLDER_EVENTS = frozenset({"created", "deleted", "moved"})


def is_relevant(
    event: FileSystemEvent, root: Path, suffixes: frozenset[str], excluded: Excluded
) -> Path | None:
    """The changed path, or None for an event that concerns no photo of the person.

    Reading a file is no change. A move into or out of our own trash is our own action, which the
    catalogue knows already.
    """
    kinds = _FOLDER_EVENTS if event.is_directory else _FILE_EVENTS
    if event.event_type not in kinds:
        return None
    ends = [Path(os.fsdecode(end)) for end in (event.src_path, event.dest_path) if end]
    if any(TRASH_FOLDER_NAME in end.parts for end in ends):
        return None
    for end in reversed(ends):
        if event.is_directory:
            inside = not is_skipped_below(end / "any", root)
        else:
            inside = end.suffix.lower() in suffixes and not is_skipped_below(end, root)
        if inside and not excluded.covers(end):
            return end
    return None


class Quiet:
    """Collects paths until nothing was added for ``quiet`` seconds, at most for ``longest``.

    Not safe for several threads by itself.
    """

    def __init__(self, quiet: float, longest: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._longest = longest
        self._clock = clock
        self._paths: set[Path] = set()
        self._first = self._last = 0.0

    def note(self, path: Path) -> None:
        """One more change."""
        self._last = self._clock()
        if not self._paths:
            self._first = self._last
        self._paths.add(path)
        if len(self._paths) > MANY:
            self._paths = {changed.parent for changed in self._paths}

    def seconds_left(self) -> float | None:
        """How long to wait still; 0 or less when it is time, None when there is nothing to tell."""
        if not self._paths:
            return None
        return min(self._last + self._quiet, self._first + self._longest) - self._clock()

    def take(self) -> frozenset[Path]:
        """Everything collected; starts anew."""
        taken, self._paths = frozenset(self._paths), set()
        return taken
