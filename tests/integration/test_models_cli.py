"""Models on the command line: what is shown before a download, the download from a hub on loopback, imports,
and a change of model over real photos, during which the old results stand.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from organizer.errors import ActionRefused, UsageProblem
from organizer.events import Kind
from organizer.library import Library, doctor_checks
from organizer.models.registry import CONFIG_FILE, WEIGHTS_FILE
from organizer.paths import AppPaths
from tests.conftest import REPOSITORY
from tests.integration.conftest import Run
from tests.model_hub import TestHub, make_model, serving

KEY = "vit-b-32-laion2b"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("hub") / "Little one")


@pytest.fixture
def hub(model: Path) -> Iterator[TestHub]:
    with serving(model) as running:
        yield running


def _models(library: Library) -> dict[str, dict[str, Any]]:
    return {found["key"]: found for found in library.models()}


def test_a_download_shows_its_terms_and_waits_for_yes(program: Run, hub: TestHub, tmp_path: Path) -> None:
    done = program("models", "download", KEY, "--catalog", tmp_path, HF_ENDPOINT=hub.url)
    assert done.returncode == 2 and done.stdout == ""
    for words in ("605 MB", "MIT", "en", "127.0.0.1", "--yes"):
        assert words in done.stderr
    assert hub.requests == []


def test_download_list_use_and_doctor(program: Run, hub: TestHub, tmp_path: Path) -> None:
    done = program("models", "download", KEY, "--yes", "--catalog", tmp_path, HF_ENDPOINT=hub.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == KEY
    assert program("models", "use", KEY, "--catalog", tmp_path).returncode == 0
    listed = json.loads(program("models", "list", "--json", "--catalog", tmp_path).stdout)
    mine = next(found for found in listed if found["key"] == KEY)
    assert mine["installed"] and mine["in_use"] and mine["bytes"] < 20_000_000
    assert {"key", "installed", "bytes", "licence", "languages"} <= set(listed[0])
    checks = {check.name: check for check in doctor_checks(AppPaths.at(tmp_path))}
    assert checks["chosen model"].ok and KEY in checks["chosen model"].found


def test_a_failed_download_is_one_line_and_code_1(program: Run, hub: TestHub, tmp_path: Path) -> None:
    hub.status = 404
    done = program("models", "download", KEY, "--yes", "--catalog", tmp_path, HF_ENDPOINT=hub.url)
    assert done.returncode == 1
    assert "has no file" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("download", "nothing-known"), "There is no model"),
        (("download", "starter"), "on this computer already"),
        (("use", "coca-vit-b-32-captions"), "captions"),
        (("use", KEY), "not on this computer"),
        (("use", "nothing-known"), "There is no model"),
        (("import", "nowhere"), "There is no file"),
        (("forget", "nothing-known"), "There is no model"),
        (("forget", "starter"), "in use"),
    ],
)
def test_requests_that_make_no_sense(
    app_paths: AppPaths, words: tuple[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from organizer.cli import main

    code = main(["models", *words, "--catalog", str(app_paths.data)], lambda *_: 0)
    assert code == 2
    assert sentence in capsys.readouterr().err


def test_a_pickle_offered_for_import(program: Run, tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(b"\x80\x04K\x01.")
    done = program("models", "import", file, "--as", KEY, "--catalog", tmp_path / "catalogue")
    assert done.returncode == 1
    assert "may be a pickle" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C of another process works otherwise there")
def test_ctrl_c_keeps_what_came(model: Path, tmp_path: Path) -> None:
    with serving(model) as hub:
        hub.pause_at = 2_000_000
        command = ["models", "download", KEY, "--yes", "--catalog", str(tmp_path)]
        words = [sys.executable, "-m", "organizer", *command]
        environment = {**_environment(), "HF_ENDPOINT": hub.url}
        running = subprocess.Popen(words, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True)
        partial = tmp_path / "models" / ".partial" / KEY
        until = time.monotonic() + 60
        while time.monotonic() < until and not any(f.stat().st_size for f in partial.glob("*safetensors*")):
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        hub.pause_at = 0
        _, said = running.communicate(timeout=60)
    assert running.returncode == 1, said
    assert "goes on from here" in said
    assert not (tmp_path / "models" / KEY).exists() and any(partial.glob("*.part"))
    library = Library.open(AppPaths.at(tmp_path))
    try:
        assert _models(library)[KEY]["partial"] > 0
        assert library.forget_model(KEY)["bytes"] > 0
        assert _models(library)[KEY]["partial"] == 0
    finally:
        library.close()


def _environment() -> dict[str, str]:
    import os

    return {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}


@pytest.fixture
def photos(labels: list[dict[str, str]], copy_photos: Callable[[Iterable[str]], Path]) -> Path:
    return copy_photos([row["file"] for row in labels if row["set"] == "everyday"][:12])


def test_old_results_stand_until_the_new_model_has_seen_the_photos(
    app_paths: AppPaths, photos: Path, model: Path
) -> None:
    library = Library.open(app_paths)
    try:
        library.add_folder(photos)
        library.index(library.new_control())
        library.analyse()
        before = _categories(library)
        assert len(before) == 12

        key = library.import_model(model)
        assert key == "little-one"
        library.use_model(key)
        library.analyse()
        assert _categories(library) == before, "nothing was seen by the new model yet"

        ids = library.photo_ids().tolist()
        library._catalog.writer.save_vectors([(ids[0], _vector())], library._shelf.vectors_name()).result()
        library.analyse()
        halfway = _categories(library)
        assert len(halfway) == 12
        assert {k: v for k, v in halfway.items() if k != ids[0]} == {
            k: v for k, v in before.items() if k != ids[0]
        }
        with pytest.raises(ActionRefused, match="11 photos"):
            library.forget_model("starter")

        library.index(library.new_control())
        library.analyse()
        seen = _models(library)
        assert seen[key]["seen"] == seen["starter"]["seen"] == 12
        assert len(_categories(library)) == 12
        assert library.forget_model("starter")["photos"] == 12
        assert _models(library)["starter"]["seen"] == 0
        with pytest.raises(UsageProblem, match="in use"):
            library.forget_model(key, files=True)
    finally:
        library.close()


def test_a_model_that_is_gone_gives_way_to_the_starter(app_paths: AppPaths, model: Path) -> None:
    library = Library.open(app_paths)
    try:
        key = library.import_model(model)
        library.use_model(key)
        assert "Little one" in library.model_label()
        library.use_model("starter")
        assert library.forget_model(key, files=True)["bytes"] > 1_000_000
        assert key not in _models(library)
        library.change_settings(model=key)
        assert "Starter" in library.model_label()
    finally:
        library.close()
    found = next(check for check in doctor_checks(app_paths) if check.name == "chosen model")
    assert not found.ok and "The starter is used" in found.found


def test_damaged_weights_are_told_by_the_doctor(app_paths: AppPaths, model: Path) -> None:
    library = Library.open(app_paths)
    try:
        key = library.import_model(model)
        library.use_model(key)
    finally:
        library.close()
    weights = app_paths.models / key / WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert (app_paths.models / key / CONFIG_FILE).is_file()
    found = next(check for check in doctor_checks(app_paths) if check.name == "chosen model")
    assert not found.ok and "damaged" in found.found


def _categories(library: Library) -> dict[int, str]:
    return {found.photo_id: found.category for found in library._reader.categories()}


def _vector() -> Any:
    import numpy as np

    vector = np.random.default_rng(5).normal(size=24).astype(np.float32)
    return vector / np.linalg.norm(vector)


def test_kinds_are_stale_after_a_change_of_model(app_paths: AppPaths, model: Path, photos: Path) -> None:
    library = Library.open(app_paths)
    try:
        library.add_folder(photos)
        library.index(library.new_control())
        library.analyse()
        assert not library.stale_kinds()
        library.use_model(library.import_model(model))
        assert Kind.CATEGORIES in library.stale_kinds()
    finally:
        library.close()
