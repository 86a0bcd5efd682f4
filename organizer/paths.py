"""Where the program's own files live. Built once by the shell and passed in, never global.

Knows folders, not their contents.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import appdirs

APP_NAME = "photo-organizer"


def resources_dir() -> Path:
    """Folder of the files that ship with the program, in a checkout and in a built package."""
    bundle = getattr(sys, "_MEIPASS", None)
    base = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    return base / "resources"


@dataclass(frozen=True, slots=True)
class AppPaths:
    """The folders that one run of the program uses.

    Attributes:
        data: catalogue, backups, downloaded models, settings; precious.
        cache: thumbnails; may be deleted at any time.
        logs: log files.
        resources: what ships with the program; read-only.
    """

    data: Path
    cache: Path
    logs: Path
    resources: Path

    @classmethod
    def default(cls) -> AppPaths:
        """The system's places for this person (appdirs)."""
        return cls(
            data=Path(appdirs.user_data_dir(APP_NAME, False)),
            cache=Path(appdirs.user_cache_dir(APP_NAME, False)),
            logs=Path(appdirs.user_log_dir(APP_NAME, False)),
            resources=resources_dir(),
        )

    @classmethod
    def at(cls, folder: Path) -> AppPaths:
        """Everything below one folder (``--catalog DIR``): scripts, tests, portable use."""
        return cls(folder, folder / "cache", folder / "logs", resources_dir())

    @property
    def catalog_file(self) -> Path:
        return self.data / "catalogue.sqlite"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def thumbnails_file(self) -> Path:
        return self.cache / "thumbnails.sqlite"

    @property
    def models(self) -> Path:
        """Models that the person added; the bundled one lies under ``resources``."""
        return self.data / "models"

    @property
    def settings_file(self) -> Path:
        return self.data / "settings.json"
