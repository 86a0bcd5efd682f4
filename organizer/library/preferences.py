"""What the person prefers, where a change of it reaches further than the settings file."""

from __future__ import annotations

from typing import Any

from organizer.analysis import keep
from organizer.events import Committed, Kind
from organizer.library.work import Work
from organizer.settings import Settings


class Preferences(Work):
    """Settings with consequences."""

    def change_settings(self, **changes: Any) -> Settings:
        """As in ``LibraryCore``; folders that are left out are watched no more, and stacks are due again when
        the rules of what to keep changed.
        """
        kept = super().change_settings(**changes)
        if "keep_rules" in changes:
            self._catalog.writer.mark_stale((Kind.DUPLICATES,))
        if "excluded" in changes:
            self._watch_again()
        return kept

    def watch_folder(self, root_id: int, watched: bool) -> None:
        """Look at a folder whenever something changes in it, or only when asked."""
        self._catalog.writer.set_root(root_id, watched=watched)
        self.notify(Committed((), frozenset({Kind.FOLDERS})))
        self._watch_again()

    def keep_rules(self) -> tuple[str, ...]:
        """All rules of what to keep, the most important first; "-name" is one that does not count."""
        return keep.all_rules(self.settings.keep_rules)
