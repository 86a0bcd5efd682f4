"""The window's main job on a machine without a display: the same work, with an HTML report at the end."""

from __future__ import annotations

import sys
from pathlib import Path

from organizer.cli.commands import DONE, FAILED, work
from organizer.errors import FolderProblem
from organizer.library import Library, existing_folder
from organizer.paths import AppPaths


def organise_in_terminal(paths: AppPaths, folders: list[Path], why: str) -> int:
    """Index the folders and end with the path of an HTML report on stdout.

    Args:
        why: why there is no window, in a few words.

    Raises:
        FolderProblem: a folder does not exist, or none was ever added.
    """
    print(f"No window ({why}): doing the same job in the terminal.", file=sys.stderr)
    folders = [existing_folder(folder) for folder in folders]
    library = Library.open(paths)
    try:
        for folder in folders:
            library.add_folder(folder)
        if not library.roots():
            raise FolderProblem("Name a folder of photos: make run PHOTOS=/path/to/photos")
        summary = work(library, None)
        target = paths.data / "report.html"
        library.write_html_report(target)
    finally:
        library.close()
    print(target.absolute())
    return FAILED if summary.cancelled else DONE
