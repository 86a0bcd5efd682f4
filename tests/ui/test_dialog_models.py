"""The models dialog: what it shows before a download, progress, stopping, failures, choosing and removing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from organizer.errors import Cancelled, DownloadFailed, ModelDamaged, UsageProblem
from organizer.library import Fetched
from organizer.paths import AppPaths
from tests.fakes_library import FakeLibrary
from ui.app import Shell
from ui.dialogs import models as dialog_of_models
from ui.dialogs.models import ModelsDialog
from ui.services import Services

COMMON: dict[str, Any] = {
    "kind": "embedder", "installed": False, "in_use": False, "bundled": False, "bytes": 605_109_252,
    "licence": "MIT", "languages": ["en"], "input_size": 224, "needs": [], "partial": 0, "seen": 0,
    "photos": 60, "note": "", "host": "hub.example",
}  # fmt: skip


class ModelLibrary(FakeLibrary):
    """A library with four models, whose downloads wait for ``go``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(60, paths=AppPaths.at(folder))
        self.go = threading.Event()
        self.failure: Exception | None = None
        self.rows = {
            "starter": {"name": "Starter", "installed": True, "in_use": True, "bundled": True, "seen": 60},
            "better": {"name": "Better", "note": "Clearly better."},
            "wide": {"name": "Wide", "languages": ["*"], "needs": ["transformers"], "installed": True},
            "writer": {"name": "Writer", "kind": "captioner", "installed": True},
        }

    def models(self) -> list[dict[str, Any]]:
        return [{**COMMON, "key": key, **row} for key, row in self.rows.items()]

    def _add(self, key: str, on_progress: Callable[[Fetched], None], control: Any) -> None:
        on_progress(Fetched("download", 120_000_000, 605_109_252, 12e6, 40.0))
        while not self.go.wait(0.01):
            if control.cancelled:
                self.rows[key]["partial"] = 120_000_000
                raise Cancelled
        if self.failure is not None:
            raise self.failure
        self.rows[key]["installed"] = True

    def download_model(self, key: str, on_progress: Any, control: Any) -> None:
        self.calls.append(("download", key))
        self._add(key, on_progress, control)

    def import_model(self, path: Path, key: str | None, on_progress: Any, control: Any) -> str:
        self.calls.append(("import", path, key))
        self._add(key or "better", on_progress, control)
        return key or "better"

    def use_model(self, key: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.calls.append(("use", key))
        for name, row in self.rows.items():
            row["in_use"] = name == key

    def forget_model(self, key: str, files: bool = False) -> dict[str, int]:
        self.calls.append(("forget", key, files))
        del self.rows[key]
        return {"photos": 0, "bytes": 1}


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(tmp_path / "own")


@pytest.fixture
def dialog(services: Services, library: ModelLibrary, qtbot: QtBot) -> ModelsDialog:
    made = ModelsDialog(services, ask=lambda *_: True)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.table.topLevelItemCount() == 4)
    return made


def _row(dialog: ModelsDialog, row: int) -> list[str]:
    item = dialog.table.topLevelItem(row)
    return [item.text(column) for column in range(4)]


def test_it_lists_what_there_is(dialog: ModelsDialog) -> None:
    assert _row(dialog, 0)[:3] == ["Starter", "In use", "English"]
    assert _row(dialog, 1) == ["Better", "Not here", "English", "605.1 MB"]
    assert _row(dialog, 2)[1:3] == ["On this computer", "Many"]
    assert dialog.current()["key"] == "starter"


def test_the_terms_stand_there_before_the_download(dialog: ModelsDialog) -> None:
    dialog.select("better")
    for words in ("Clearly better.", "MIT", "English", "605.1 MB", "hub.example"):
        assert words in dialog.facts.text()
    assert dialog.download_button.isEnabled() and "605.1 MB" in dialog.download_button.text()


@pytest.mark.parametrize(
    ("key", "use", "download", "remove"),
    [("starter", False, False, False), ("better", False, True, False),
     ("wide", False, False, True), ("writer", False, False, True)],
)  # fmt: skip
def test_only_what_makes_sense_can_be_pressed(
    dialog: ModelsDialog, key: str, use: bool, download: bool, remove: bool
) -> None:
    dialog.select(key)
    pressable = [dialog.use_button, dialog.download_button, dialog.remove_button]
    assert [button.isEnabled() for button in pressable] == [use, download, remove]


def test_why_a_model_cannot_be_used_is_told(dialog: ModelsDialog) -> None:
    dialog.select("wide")
    assert "transformers" in dialog.facts.text()
    dialog.select("writer")
    assert "only writes captions" in dialog.facts.text()


def test_a_download_shows_its_progress_and_ends(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot
) -> None:
    dialog.select("better")
    dialog.download_button.click()
    qtbot.waitUntil(lambda: dialog.bar.value() == 198)
    for words in ("120.0 MB", "605.1 MB", "12.0 MB/s", "less than a minute left"):
        assert words in dialog.state.text()
    assert dialog.stop_button.isVisible() and not dialog.download_button.isEnabled()
    assert _row(dialog, 1)[1] == "Being added"
    library.go.set()
    qtbot.waitUntil(lambda: not dialog.busy and dialog.use_button.isEnabled())
    assert "on this computer now" in dialog.state.text()
    assert not dialog.bar.isVisible()


def test_stopping_offers_the_rest(dialog: ModelsDialog, qtbot: QtBot) -> None:
    dialog.select("better")
    dialog.download_button.click()
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: "rest" in dialog.download_button.text())
    assert "485.1 MB" in dialog.download_button.text()
    assert "kept" in dialog.state.text() and not dialog.busy
    assert dialog.remove_button.isEnabled(), "what came can be deleted"


def test_a_failure_is_one_sentence(dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot) -> None:
    library.failure = DownloadFailed("The hub could not be reached. Is this computer online?")
    library.go.set()
    dialog.select("better")
    dialog.download_button.click()
    qtbot.waitUntil(lambda: "could not be reached" in dialog.state.text())
    qtbot.waitUntil(lambda: dialog.download_button.isEnabled())
    assert dialog.state.property("role") == "danger"
    assert _row(dialog, 1)[1] == "Not here"
    dialog.select("wide")
    assert not dialog.state.text(), "it was said of another model"


def test_the_table_keeps_its_place_when_a_download_begins(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot
) -> None:
    dialog.select("better")
    before = dialog.table.height()
    dialog.download_button.click()
    qtbot.waitUntil(lambda: "Downloading" in dialog.state.text())
    assert dialog.stop_button.isVisible() and dialog.table.height() == before
    library.go.set()
    qtbot.waitUntil(lambda: not dialog.busy)


def test_a_download_goes_on_while_the_dialog_is_closed(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot
) -> None:
    dialog.select("better")
    dialog.download_button.click()
    dialog.close()
    with qtbot.waitSignal(dialog.told) as told:
        library.go.set()
    assert told.args == ["Better is on this computer now."]


def test_using_a_model_says_what_happens(dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot) -> None:
    library.go.set()
    dialog.select("better")
    dialog.download_button.click()
    qtbot.waitUntil(dialog.use_button.isEnabled)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.use_button.click()
    assert chosen.args == ["better"] and ("use", "better") in library.calls
    assert "keeps its results until" in dialog.state.text()
    qtbot.waitUntil(lambda: _row(dialog, 1)[1] == "In use, has seen 0 of 60")


def test_a_refused_choice_is_told(dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot) -> None:
    library.rows["better"]["installed"] = True
    dialog.load()
    dialog.select("better")
    qtbot.waitUntil(dialog.use_button.isEnabled)
    library.failure = UsageProblem("It cannot be used.")
    dialog.use_button.click()
    qtbot.waitUntil(lambda: dialog.state.text() == "It cannot be used.")


def test_removing_asks_and_deletes_the_files(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot
) -> None:
    dialog.select("writer")
    dialog.remove_button.click()
    qtbot.waitUntil(lambda: dialog.table.topLevelItemCount() == 3)
    assert ("forget", "writer", True) in library.calls


def test_no_means_no(services: Services, library: ModelLibrary, qtbot: QtBot) -> None:
    asked: list[str] = []
    dialog = ModelsDialog(services, ask=lambda _parent, *words: asked.extend(words) or False)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.table.topLevelItemCount() == 4)
    dialog.select("writer")
    dialog.remove_button.click()
    assert asked and "deleted" in asked[1]
    assert not [call for call in library.calls if call[0] == "forget"]


def test_a_folder_and_a_file_are_added(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.go.set()
    files = dialog_of_models.QFileDialog
    monkeypatch.setattr(files, "getOpenFileName", lambda *_: ("/models/a.safetensors", ""))
    dialog.select("starter")
    assert not dialog.import_file.isEnabled()
    dialog.select("better")
    dialog.import_file.trigger()
    qtbot.waitUntil(lambda: ("import", Path("/models/a.safetensors"), "better") in library.calls)
    qtbot.waitUntil(lambda: not dialog.busy)
    monkeypatch.setattr(files, "getExistingDirectory", lambda *_: "/models/mine")
    dialog.import_button.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: ("import", Path("/models/mine"), None) in library.calls)
    qtbot.waitUntil(lambda: not dialog.busy)


def test_a_head_is_added_or_refused_in_a_sentence(
    dialog: ModelsDialog, library: ModelLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[Path] = []
    monkeypatch.setattr(library, "import_head", lambda path: added.append(path) or "better", raising=False)
    dialog.add_head(Path("/x/better.safetensors"))
    words = "The head judges how photos look to Better from now on."
    qtbot.waitUntil(lambda: dialog.state.text() == words)
    assert added == [Path("/x/better.safetensors")]

    def refuse(path: Path) -> str:
        raise ModelDamaged(f"“{path.name}” is not a linear head.")

    monkeypatch.setattr(library, "import_head", refuse, raising=False)
    dialog.add_head(Path("/x/other.safetensors"))
    qtbot.waitUntil(lambda: dialog.state.text() == "“other.safetensors” is not a linear head.")
    assert dialog.state.property("role") == "danger"


def test_the_window_opens_it_and_looks_again(
    make_shell: Callable[[Any], Shell], library: ModelLibrary, qtbot: QtBot
) -> None:
    shell = make_shell(library)
    shell.window.show()
    shell.window.top.models.emit()
    dialog = shell.window.commands._models
    assert dialog is not None and dialog.isVisible()
    library.calls.clear()
    dialog.chosen.emit("better")
    qtbot.waitUntil(lambda: any(call[0] == "index" for call in library.calls))
    dialog.select("better")
    qtbot.waitUntil(lambda: dialog.current() is not None)
    dialog.select("better")
    dialog.download_button.click()
    assert dialog.busy
    shell.window.close()
    qtbot.waitUntil(lambda: library.rows["better"].get("partial", 0) > 0)
