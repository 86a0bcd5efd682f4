"""Checks that everything the program needs is there, each with what to do if it is not.

Works without an open library, since that may be what is wrong.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from organizer import __version__
from organizer.catalog import Catalog
from organizer.errors import CatalogDamaged, CatalogError, CatalogLocked, ModelDamaged, OrganizerError
from organizer.library.views import Check
from organizer.models.registry import (
    PARTIAL,
    installed,
    load_registry,
    missing_packages,
    require_installed,
)
from organizer.models.weights import check_folder
from organizer.paths import AppPaths
from organizer.settings import load_settings

PACKAGES = ("PySide6-Essentials", "torch", "open_clip_torch", "pillow", "pillow-heif", "rawpy", "watchdog")
LOW_SPACE = 500_000_000  # bytes
INOTIFY = Path("/proc/sys/fs/inotify/max_user_watches")
FEW_WATCHES = 8192


def doctor_checks(paths: AppPaths) -> list[Check]:
    """All checks, in the order in which one would look for a fault."""
    return [
        Check("program", True, f"version {__version__}, Python {sys.version.split()[0]}"),
        *_packages(),
        *_catalogue(paths),
        _space(paths),
        *_models(paths),
        *_watches(),
        *_fonts(),
    ]


def restore_backup(paths: AppPaths) -> Path:
    """Put the last good backup in the catalogue's place; the present file is kept beside it.

    Raises:
        CatalogDamaged: there is no good backup. CatalogError: the files cannot be moved.
    """
    return Catalog.restore_backup(paths)


def start_afresh(paths: AppPaths) -> Path | None:
    """Set the catalogue aside, so that a new one can start, with the decisions that can still be read.

    Returns where the old one lies now.
    """
    return Catalog.start_afresh(paths)


def _packages() -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, False, "not installed", "Run the set-up again: make run")


def _catalogue(paths: AppPaths) -> Iterator[Check]:
    where = str(paths.catalog_file)
    if not paths.catalog_file.exists():
        yield Check("catalogue", True, f"none yet; it will be made at {where}")
        return
    try:
        with Catalog.open(paths, read_only=True) as catalog:
            reader = catalog.reader()
            counts = reader.counts()
            roots = reader.roots()
    except CatalogLocked as problem:
        yield Check("catalogue", False, str(problem))
        return
    except CatalogDamaged as problem:
        yield Check("catalogue", False, str(problem), "photo-organizer doctor --restore-backup")
        return
    except CatalogError as problem:
        yield Check("catalogue", False, str(problem), "See the sentence above.")
        return
    yield Check("catalogue", True, f"{counts.photos:,} photos, {counts.unreadable:,} unreadable, in {where}")
    for root in roots:
        there = root.path.is_dir()
        advice = "Connect its drive. Its photos stay in the catalogue until then."
        found = str(root.path) if there else f"{root.path} is not there"
        yield Check("folder", there, found, "" if there else advice)


def _space(paths: AppPaths) -> Check:
    folder = paths.data
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    enough = free >= LOW_SPACE
    return Check(
        "free space", enough, f"{free / 1e9:.1f} GB on the catalogue's drive",
        "" if enough else "Make some room there: the catalogue and thumbnails need about 40 KB a photo.",
    )  # fmt: skip


def _models(paths: AppPaths) -> Iterator[Check]:
    registry = load_registry(paths.resources, paths.models)
    starter = registry.bundled
    yield Check(
        "starter model", installed(starter), "there" if installed(starter) else "missing",
        "" if installed(starter) else "Install the program again.",
    )  # fmt: skip
    for left in registry:
        if (paths.models / PARTIAL / left.key).is_dir():
            words = "it goes on when it is started again, and is deleted by: photo-organizer models forget"
            yield Check("unfinished download", True, f"{left.key}; {words} {left.key}")
    chosen = load_settings(paths.settings_file).model
    try:
        spec = registry.get(chosen)
        require_installed(spec)
        if not spec.bundled:
            check_folder(spec.folder)
        lacking = missing_packages(spec)
        sentence = f"needs the packages {', '.join(lacking)}" if lacking else ""
    except ModelDamaged as problem:
        sentence = str(problem)
    except OrganizerError as problem:
        sentence = f"{problem} The starter is used."
    if chosen == starter.key and sentence:
        return  # told above
    yield Check(
        "chosen model",
        not sentence,
        f"{chosen}: {sentence}" if sentence else f"{spec.name} ({chosen})",
        "Choose another model, or add this one again: photo-organizer models list" if sentence else "",
    )


def _watches() -> Iterator[Check]:
    try:
        limit = int(INOTIFY.read_text())
    except (OSError, ValueError):
        return
    enough = limit >= FEW_WATCHES
    advice = "Raise fs.inotify.max_user_watches; until then changed folders are looked for now and then."
    yield Check("watched folders", enough, f"the system allows {limit:,}", "" if enough else advice)


def _fonts() -> Iterator[Check]:
    """On Linux, whether Korean file names and the Korean window can be shown."""
    if not sys.platform.startswith("linux") or shutil.which("fc-list") is None:
        return
    listed = subprocess.run(["fc-list", ":lang=ko", "family"], capture_output=True, text=True, check=False)
    there = bool(listed.stdout.strip())
    advice = "Install a font with Korean letters, for example the package fonts-noto-cjk."
    yield Check("Korean font", there, "there" if there else "none", "" if there else advice)
