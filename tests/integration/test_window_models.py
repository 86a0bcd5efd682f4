"""Another model is taken from a folder and chosen in the window: the photos go over to it one by one.

Real photos, the real starter, a tiny model of random weights, real decode processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from organizer.events import Committed, Event, Progress
from organizer.library import Library
from organizer.paths import AppPaths
from tests.model_hub import make_model
from tests.ui.conftest import (  # noqa: F401  fixtures of the window's tests
    dressed,
    make_shell,
    qapp_cls,
    strict,
    theme,
)
from ui.app import Shell

COUNT = 12
LONG_MS = 120_000


@pytest.fixture
def pictures(labels: list[dict[str, str]], copy_photos: Callable[[Iterable[str]], Path]) -> Path:
    """A dozen photos, the one of the last name the newest."""
    folder = copy_photos([row["file"] for row in labels if row["set"] == "everyday"][:COUNT])
    for number, file in enumerate(sorted(file for file in folder.rglob("*") if file.is_file())):
        os.utime(file, (1_600_000_000 + 60 * number,) * 2)
    return folder


@pytest.fixture
def shell(
    make_shell: Callable[[Any], Shell],  # noqa: F811
    app_paths: AppPaths,
    pictures: Path,
) -> Shell:
    library = Library.open(app_paths)
    library.add_folder(pictures)
    library.index(library.new_control())
    library.analyse()
    shell = make_shell(library)
    shell.window.resize(1280, 800)
    shell.start()
    return shell


def test_photos_go_over_to_another_model_while_their_results_stay(
    shell: Shell, tmp_path: Path, qtbot: QtBot
) -> None:
    library = shell.services.library
    qtbot.waitUntil(lambda: str(shell.indexer.state) == "idle", timeout=LONG_MS)
    before = {view.key: view.photo_ids for view in library.categories()}
    assert sum(map(len, before.values())) == COUNT
    heard = Heard(library)
    library.subscribe(heard)
    texts: set[str] = set()
    shell.services.bridge.progress.connect(lambda _: texts.add(shell.window.status._words.text()))

    shell.window.top.models.emit()
    dialog = shell.window.commands._models
    assert dialog is not None
    dialog.add(make_model(tmp_path / "little"))
    qtbot.waitUntil(lambda: not dialog.busy and "little" in dialog._models, timeout=LONG_MS)
    dialog.select("little")
    qtbot.waitUntil(dialog.use_button.isEnabled)
    dialog.use_button.click()
    qtbot.waitUntil(lambda: _seen(library, "little") == COUNT, timeout=LONG_MS)
    qtbot.waitUntil(lambda: str(shell.indexer.state) == "idle" and not library.stale_kinds(), timeout=LONG_MS)

    assert min(heard.in_categories) == COUNT, "no photo lost its category while the model changed"
    words = [event for event in heard.progress if event.stage == "words"]
    assert words and words[0].done == 0 and words[-1].total > 200
    assert any("reads the categories" in text for text in texts), texts
    assert _seen(library, "starter") == COUNT, "the old vectors stay until they are dropped on request"

    dialog.load()
    qtbot.waitUntil(lambda: dialog._models["little"]["in_use"])
    dialog.select("starter")
    dialog._ask = lambda *_: True
    qtbot.waitUntil(dialog.remove_button.isEnabled)
    dialog.remove_button.click()
    qtbot.waitUntil(lambda: _seen(library, "starter") == 0)
    assert sum(len(view.photo_ids) for view in library.categories()) == COUNT


def test_the_newest_photos_go_over_first(app_paths: AppPaths, pictures: Path, tmp_path: Path) -> None:
    library = Library.open(app_paths)
    try:
        library.add_folder(pictures)
        library.index(library.new_control())
        library.use_model(library.import_model(make_model(tmp_path / "little")))
        name, order = library._shelf.vectors_name(), []
        writer = library._catalog.writer
        save = writer.save_vectors

        def noted(vectors: list[tuple[int, np.ndarray[Any, Any]]], model: str) -> Any:
            assert model == name
            order.extend(photo_id for photo_id, _ in vectors)
            return save(vectors, model)

        writer.save_vectors = noted  # type: ignore[method-assign, assignment]
        library.change_settings(decode_processes=1)
        library.index(library.new_control())
        photos = library.photos(order)
        times = [photos[photo_id].mtime_ns for photo_id in order]
        assert len(times) == COUNT
        assert times == sorted(times, reverse=True)
    finally:
        library.close()


def _seen(library: Library, key: str) -> int:
    return next((int(model["seen"]) for model in library.models() if model["key"] == key), 0)


class Heard:
    """What the library said, and how many photos stood in a category each time something was stored."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.progress: list[Progress] = []
        self.in_categories: list[int] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.progress.append(event)
        elif isinstance(event, Committed):
            self.in_categories.append(len(self._library._reader.categories()))
