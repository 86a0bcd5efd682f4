"""Finds folders whose listing changed by their modification time: watching without notifications.

Costs one stat a folder. It sees files that come, go or are renamed, but no file that is rewritten in
place; the scan at the next start sees those too.
"""

from __future__ import annotations

import os
from pathlib import Path

from organizer.indexing.skip import Excluded, is_skipped_name


class FolderTimes:
    """The folders below a root with their times, as of the last look."""

    def __init__(self, root: Path, excluded: Excluded) -> None:
        self._excluded = excluded
        self._times: dict[str, int] = {}
        self._learn(str(root))

    def changed(self) -> list[Path]:
        """Folders that changed, appeared or vanished since the last look."""
        changed: list[Path] = []
        for folder, before in list(self._times.items()):
            now = _mtime(folder)
            if now == before:
                continue
            changed.append(Path(folder))
            if now is None:
                del self._times[folder]
            else:
                self._learn(folder)
        return changed

    def _learn(self, folder: str) -> None:
        """Remember a folder and those below it that are not known yet."""
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            mtime = _mtime(here)
            if mtime is None:
                continue
            self._times[here] = mtime
            waiting.extend(path for path in _subfolders(here, self._excluded) if path not in self._times)


def _mtime(folder: str) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - one call for each folder of a drive
    except OSError:
        return None


def _subfolders(folder: str, excluded: Excluded) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [
                entry.path
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
                and not is_skipped_name(entry.name)
                and entry.path not in excluded
            ]
    except OSError:
        return []
