"""When a photo that was not seen is really gone, and when only its drive or its folder is out of reach.

Marking thousands of photos missing because a cable came loose would empty every view, so absence has to be
shown by a root that can be read and that is still the same one.
"""

from __future__ import annotations

import os
from pathlib import Path

from organizer.catalog.values import Known
from organizer.indexing.skip import Excluded, is_skipped_below, is_skipped_name
from organizer.records import FileStamp, Root

MANY = 10  # a bare root that held this many is taken for an unplugged drive, not for an emptied folder


def stands(path: str, *, other_than: str | None = None) -> bool:
    """Whether there is a file at the path, as far as can be told: what cannot be looked at counts as there.

    Args:
        other_than: a path that may be the same file under a name of other case; that is no second file.
    """
    try:
        facts = os.stat(path)  # noqa: PTH116 - thousands of strings
        if other_than is None or os.path.basename(path).casefold() != os.path.basename(other_than).casefold():  # noqa: PTH119
            return True
        return not os.path.samestat(facts, os.stat(other_than))  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def left_out(path: str, root: Path, excluded: Excluded) -> bool:
    """Whether the file lies where a scan does not look any more, by choice or by name."""
    return excluded.covers(path) or is_skipped_below(Path(path), root)


class RootState:
    """One root during a survey.

    Attributes:
        known: raw path -> what the catalogue knows there; the walk takes out what it sees.
        reachable: whether its absences mean anything.
        unlisted: folders that could not be listed.
        returned: photos that were missing and are back, by id.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self.known: dict[bytes, Known] = {}
        self.reachable = True
        self.unlisted: list[str] = []
        self.returned: dict[int, FileStamp] = {}
        self.present = 0
        self._identity: tuple[int, int] | None = None

    def begin(self) -> None:
        """Remember which folder it is and how much is known of it, before the walk."""
        self._identity = self._look()
        self.present = sum(known.id is not None and not known.missing for known in self.known.values())

    def is_still_there(self) -> bool:
        """Whether the root is the same folder of the same drive as when the walk began."""
        return self._identity is not None and self._look() == self._identity

    def is_bare(self) -> bool:
        """Whether nothing is in it but what the system puts there; also where it cannot be listed."""
        try:
            with os.scandir(self.root.path) as entries:
                return all(is_skipped_name(entry.name) for entry in entries)
        except OSError:
            return True

    def is_suddenly_bare(self) -> bool:
        """An empty mount point, most likely: nothing in it, though many photos are known from it."""
        return self.present >= MANY and self.is_bare()

    def lies_unlisted(self, path: str) -> bool:
        """Whether the path is below a folder that is there but could not be listed."""
        return any(path.startswith(folder + os.sep) and os.path.lexists(folder) for folder in self.unlisted)

    def _look(self) -> tuple[int, int] | None:
        try:
            facts = os.stat(self.root.path)  # noqa: PTH116
        except OSError:
            return None
        return facts.st_dev, facts.st_ino
