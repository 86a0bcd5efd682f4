"""Takes the pictures of the window in docs/images: indexes a folder and photographs every tab.

Runs the real program offscreen on drawn demo pictures, or on a folder of one's own with --photos
(then keep the pictures to yourself).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from demo_photos import draw_demo_photos

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))  # a script: its own folder is on the path, the repository is not
TIMEOUT_S = 600.0


def main() -> None:
    arguments = _arguments()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_SCALE_FACTOR", str(arguments.scale))
    with tempfile.TemporaryDirectory(prefix="organizer-shots-") as folder:
        photos = arguments.photos
        if photos is None:
            photos = Path(folder) / "Pictures"
            draw_demo_photos(photos)
        catalog = arguments.catalog or Path(folder) / "catalogue"
        _photograph(photos, catalog, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make screenshot ARGS=...", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of one's own instead of the drawn pictures")
    parser.add_argument("--catalog", type=Path, help="a catalogue to use or keep")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "images")
    parser.add_argument("--size", default="1440x900", help="of the window, WIDTHxHEIGHT")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--language", default="en")
    parser.add_argument("--tabs", default="", help="only these, by key: photos,duplicates")
    parser.add_argument("--select", type=int, default=1, help="how many times Right is pressed in each tab")
    return parser.parse_args()


def _photograph(photos: Path, catalog: Path, arguments: argparse.Namespace) -> None:
    from organizer.library import Library
    from organizer.paths import AppPaths
    from ui.app import Shell, make_application
    from ui.placement import ROOMY
    from ui.theme import Theme
    from ui.translation import install_translators, remove_translators

    paths = AppPaths.at(catalog)
    app = make_application(paths.resources)
    translators = install_translators(app, paths.resources, arguments.language)
    theme = Theme(paths.resources, arguments.theme)
    theme.apply()
    shell = Shell(Library.open(paths), theme)
    width, height = (int(part) for part in arguments.size.split("x"))
    shell.window.resize(width, height)
    shell.start([photos])
    shell.window.show_inspector(width >= ROOMY)
    _until(app.processEvents, lambda: shell.services.library.counts().captions > 0 and _idle(shell))
    arguments.out.mkdir(parents=True, exist_ok=True)
    wanted = set(filter(None, arguments.tabs.split(",")))
    for number, spec in enumerate(shell.window.specs):
        if wanted and spec.key not in wanted:
            continue
        shell.window.show_tab(number)
        _wait(app.processEvents, 1.5)
        _press_right(shell, arguments.select)
        _wait(app.processEvents, 2.5)
        file = arguments.out / f"{spec.key}.png"
        shell.window.grab().save(str(file))
        print(file)
    shell.close()
    remove_translators(app, translators)


def _press_right(shell: object, times: int) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    for _ in range(times):
        target = QApplication.focusWidget() or shell.window  # type: ignore[attr-defined]
        QTest.keyClick(target, Qt.Key.Key_Right)


def _idle(shell: object) -> bool:
    return str(shell.indexer.state) == "idle"  # type: ignore[attr-defined]


def _until(process: Callable[[], None], true: Callable[[], bool]) -> None:
    end = time.monotonic() + TIMEOUT_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the photos were not in order in time")
        _wait(process, 0.2)


def _wait(process: Callable[[], None], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        process()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
