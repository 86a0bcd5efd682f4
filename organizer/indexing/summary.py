"""What one indexing run did: a plain value that the shells show and the tests compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from organizer.records import Unreadable


@dataclass(slots=True)
class IndexSummary:
    """Filled while the run goes on and returned at its end.

    Attributes:
        found: photo files that the scan saw. unchanged: of these, known with the same size and time.
        added: new photos. glanced: of these, first known by their heads. completed: photos known by their
            heads before, now looked at in full. resumed: of these, known so since an earlier run.
        heads_only: present photos of the whole library that are known by their heads alone when the run ends.
        updated: known paths with new content (or only a new time).
        moved: photos found again under another path. copied: exact copies of known photos.
        missing: photos of the catalogue that are no longer at their place.
        embedded: vectors computed. measured: photos measured anew, by a newer version.
        waiting: files still being written, left for the next run.
        unreadable: what could not be decoded in this run.
        problems: sentences about folders, the model or the drive, in the order they came up.
        seconds: duration of the run. cpu: CPU seconds a stage, over all processes ("read", "decode",
            ..., "scan", "compare" for telling moves and copies, "load" for the model, "embed", "write"
            where the system tells).
        cancelled: whether the person stopped it.
    """

    found: int = 0
    unchanged: int = 0
    added: int = 0
    glanced: int = 0
    completed: int = 0
    resumed: int = 0
    heads_only: int = 0
    updated: int = 0
    moved: int = 0
    copied: int = 0
    missing: int = 0
    embedded: int = 0
    measured: int = 0
    waiting: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything in the catalogue is different now, so that results are stale."""
        changes = (self.added, self.completed, self.updated, self.moved, self.copied, self.missing)
        return any((*changes, self.embedded, self.measured))

    def spend(self, seconds: Mapping[str, float]) -> None:
        """Add CPU seconds to the stages they were spent in."""
        for stage, spent in seconds.items():
            self.cpu[stage] = self.cpu.get(stage, 0.0) + spent
