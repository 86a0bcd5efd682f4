"""``photo-organizer caption`` and who writes, with real photos, the real captioner, and a small CoCa."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organizer.cli import main
from organizer.errors import UsageProblem
from organizer.library import Library
from organizer.library import captioning as module
from organizer.paths import AppPaths
from tests import coca_reference
from tests.integration.conftest import Run

COCA = "coca-vit-b-32-captions"
OWN = "starter-captioner"


@pytest.fixture
def photos(photos_root: Path) -> list[Path]:
    return sorted((photos_root / "captioned").iterdir())[:3]


def noise(folder: Path) -> Path:
    """A picture of pure noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "noise.png")
    return folder / "noise.png"


def test_pictures_become_sentences_and_bad_files_one_line_each(
    program: Run, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "letter.jpg").write_text("not a picture")
    bad = [tmp_path / "letter.jpg", tmp_path / "gone.jpg"]
    images = [*photos, noise(tmp_path), *bad]
    done = program("caption", *images, "--json", "--catalog", tmp_path / "catalogue")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["image"] for row in rows] == [str(path) for path in images[:4]]
    for row in rows:
        assert set(row) == {"image", "caption", "source"}
        assert row["caption"][0].isupper() and row["caption"].endswith(".") and len(row["caption"]) < 200
    assert {row["source"] for row in rows[:3]} == {f"model {OWN}"}
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [str(path) for path in bad]


def test_nothing_readable_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["caption", str(tmp_path / "gone.jpg"), "--catalog", str(tmp_path / "c")], lambda *_: 0)
    said = capsys.readouterr()
    assert code == 1 and not said.out and "gone.jpg" in said.err


def test_the_chosen_captioner_writes_and_the_programs_own_where_it_is_gone(
    photos: list[Path], tmp_path: Path
) -> None:
    paths = AppPaths.at(tmp_path / "catalogue")
    folder = paths.models / COCA
    coca_reference.save_coca(folder, coca_reference.random_coca(0), coca_reference.small_config())
    with closing(Library.open(paths)) as library:
        assert [choice.key for choice in library.captioners()] == [COCA, OWN, "labels"]
        assert library.captioner_key() == OWN
        library.use_captioner(COCA)
        rows, failed = library.caption(photos)
        assert [row["source"] for row in rows] == [f"model {COCA}"] * 3 and not failed
        library.use_captioner("labels")
        assert {row["source"] for row in library.caption(photos)[0]} == {"labels"}
        library.use_captioner(COCA)
        with pytest.raises(UsageProblem, match="No captioner"):
            library.use_captioner("coca-vit-l-14-captions")
    with closing(Library.open(paths)) as library:
        assert library.captioner_key() == COCA
        (folder / "open_clip_model.safetensors").unlink()
        assert library.captioner_key() == OWN
        assert library.captioner().source == f"model {OWN}"


def test_a_captioner_that_labels_beat_does_not_write_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.own_captioner, "shown", lambda _: False)
    with closing(Library.open(AppPaths.at(tmp_path))) as library:
        assert library.captioner_key() == "labels"
        library.use_captioner(OWN)
        assert library.captioner_key() == OWN


def test_where_the_captioner_is_silent_labels_speak(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Library.open(AppPaths.at(tmp_path))) as library:
        captioner = library.captioner()
        monkeypatch.setattr(captioner, "describe", lambda batch, _: [""] * len(batch))
        rows, _ = library.caption(photos)
    assert {row["source"] for row in rows} == {"labels"}
    assert all(row["caption"].endswith(".") for row in rows)
