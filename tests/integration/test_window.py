"""The window as a person uses it: a folder is dropped, the tabs fill, a duplicate goes and comes back.

Real photos, the real model, real decode processes; only the screen is imaginary.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from organizer.library import Library
from organizer.paths import AppPaths
from tests.ui.conftest import (  # noqa: F401  fixtures of the window's tests
    dressed,
    make_shell,
    qapp_cls,
    strict,
    theme,
)
from ui.app import Shell

LONG_MS = 180_000


@pytest.fixture
def pictures(photos_root: Path, tmp_path: Path, labels: list[dict[str, str]]) -> Path:
    """A folder as a person has it: a few dozen photos, one of them twice."""
    folder = tmp_path / "사진 Pictures"
    folder.mkdir()
    everyday = [row["file"] for row in labels if row["set"] == "everyday"][::8]
    for name in [*everyday, *(row["file"] for row in labels if row["label"] == "defocus_blur")]:
        shutil.copyfile(photos_root / name, folder / Path(name).name)
    (folder / "Backup").mkdir()
    shutil.copyfile(folder / Path(everyday[0]).name, folder / "Backup" / "copy.jpg")
    return folder


def drop(window: QWidget, folder: Path) -> None:
    """Let go of a folder over the window, as a file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    where = QPointF(window.rect().center())
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(where, Qt.DropAction.CopyAction, mime, buttons, keys))


def pixels(widget: QWidget) -> np.ndarray[Any, Any]:
    """uint8 (H, W, 3) of what a widget shows."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


@pytest.fixture
def shell(make_shell: Callable[[Any], Shell], app_paths: AppPaths) -> Shell:  # noqa: F811
    shell = make_shell(Library.open(app_paths))
    shell.window.resize(1280, 800)
    shell.start()
    return shell


def wait_for_results(shell: Shell, qtbot: QtBot) -> None:
    def filled() -> None:
        counts = shell.services.library.counts()
        assert counts.photos and counts.categories and counts.stacks and counts.highlights
        assert counts.low_quality and counts.captions
        assert str(shell.indexer.state) == "idle"

    qtbot.waitUntil(filled, timeout=LONG_MS)


def test_the_whole_job(shell: Shell, pictures: Path, qtbot: QtBot) -> None:
    window, library = shell.window, shell.services.library
    drop(window, pictures)
    wait_for_results(shell, qtbot)
    assert library.counts().photos == sum(file.is_file() for file in pictures.rglob("*"))

    for number, spec in enumerate(window.specs):
        window.show_tab(number)
        expected = spec.count(library.counts())
        qtbot.waitUntil(lambda n=number, e=expected: window.columns.strip.count_of(n) == e)
        assert expected > 0, spec.key

    spare = pictures / "Backup" / "copy.jpg"
    twins = [view for view in library.stacks() if spare in [photo.path for photo in view.photos]]
    assert len(twins) == 1
    copy = next(photo for photo in twins[0].photos if photo.id != twins[0].stack.keep)
    leaving = copy.path
    staying = next(photo.path for photo in twins[0].photos if photo.id == twins[0].stack.keep)
    before = leaving.read_bytes()

    tab = next(n for n, spec in enumerate(window.specs) if spec.key == "duplicates")
    window.show_tab(tab)
    stacks = window.tabs[tab].list
    qtbot.waitUntil(lambda: stacks.stack() is not None, timeout=10_000)
    stacks.reveal(copy.id)
    stacks.setFocus()
    qtbot.keyClick(stacks, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not leaving.exists(), timeout=10_000)
    assert staying.read_bytes() == before
    qtbot.waitUntil(lambda: library.counts().trash == 1, timeout=10_000)
    assert str(leaving) not in {str(photo.path) for photo in library.photos(library.photo_ids()).values()}

    shell.services.undo.undo()
    qtbot.waitUntil(lambda: leaving.exists() and library.counts().trash == 0, timeout=10_000)
    assert leaving.read_bytes() == before


def test_the_grid_shows_the_photos(shell: Shell, pictures: Path, qtbot: QtBot) -> None:
    drop(shell.window, pictures)
    grid = shell.window.tabs[0]
    qtbot.waitUntil(lambda: shell.services.library.counts().photos > 10, timeout=LONG_MS)

    def colourful() -> None:
        seen = pixels(grid).astype(np.int16)
        spread = np.abs(seen - np.median(seen, axis=(0, 1))).max(axis=2)
        assert (spread > 40).mean() > 0.15, "the grid is blank"
        assert len(np.unique((seen // 32).reshape(-1, 3), axis=0)) > 40

    qtbot.waitUntil(colourful, timeout=30_000)


def test_files_that_come_and_go_are_noticed(shell: Shell, pictures: Path, qtbot: QtBot) -> None:
    library = shell.services.library
    drop(shell.window, pictures)
    wait_for_results(shell, qtbot)
    known = library.counts().photos
    names = sorted(file for file in pictures.iterdir() if file.is_file())
    ids = {photo.path: photo.id for photo in library.photos(library.photo_ids()).values()}
    names[0].rename(pictures / "renamed 🏞.jpg")
    names[1].unlink()

    def noticed() -> None:
        photos = {photo.path: photo.id for photo in library.photos(library.photo_ids()).values()}
        assert photos.get(pictures / "renamed 🏞.jpg") == ids[names[0]]
        assert library.counts().photos == known - 1

    qtbot.waitUntil(noticed, timeout=LONG_MS)


def test_pause_rests_and_resume_goes_on(shell: Shell, pictures: Path, qtbot: QtBot) -> None:
    library = shell.services.library
    shell.indexer.pause()
    drop(shell.window, pictures)
    qtbot.waitUntil(lambda: str(shell.indexer.state) == "paused", timeout=30_000)
    qtbot.wait(300)
    resting = library.counts().photos
    qtbot.wait(700)
    assert library.counts().photos == resting
    shell.indexer.resume()
    wait_for_results(shell, qtbot)


def test_closing_in_the_middle_keeps_what_was_committed(
    make_shell: Callable[[Any], Shell],  # noqa: F811
    app_paths: AppPaths,
    pictures: Path,
    qtbot: QtBot,
) -> None:
    first = make_shell(Library.open(app_paths))
    first.start()
    drop(first.window, pictures)
    qtbot.waitUntil(lambda: first.services.library.counts().photos > 0, timeout=LONG_MS)
    first.window.close()
    assert first.close()
    second = make_shell(Library.open(app_paths))
    assert second.services.library.counts().photos > 0
    second.start()
    wait_for_results(second, qtbot)
    photos = second.services.library.photos(second.services.library.photo_ids())
    assert {photo.path for photo in photos.values()} == {f for f in pictures.rglob("*") if f.is_file()}
