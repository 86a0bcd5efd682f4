"""The program's start: ``python -m organizer``, ``photo-organizer`` and the built package's entry.

Every decode process imports this file again, so nothing heavy stands at its top.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from organizer.paths import AppPaths


def open_window(paths: AppPaths, folders: list[Path]) -> int:
    """Show the window; without a display, do the same job in the terminal."""
    lack = _no_window_because()
    if lack:
        from organizer.cli.terminal import organise_in_terminal

        return organise_in_terminal(paths, folders, lack)
    if sys.platform == "win32":
        import torch  # noqa: F401  torch's DLLs may not load once Qt's are there
    from ui.app import run

    return run(paths, folders)


def _no_window_because() -> str:
    """Why no window can be shown, in a few words; empty if one can."""
    if find_spec("PySide6") is None:
        return "PySide6 is not installed"
    if sys.platform.startswith("linux"):
        if os.environ.get("QT_QPA_PLATFORM"):
            return ""
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return "there is no display"
    return ""


def main() -> int:
    multiprocessing.freeze_support()
    from organizer import cli

    return cli.main(sys.argv[1:], open_window)


if __name__ == "__main__":
    sys.exit(main())
