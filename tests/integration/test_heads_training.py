"""Training a head by the real command, with the real model, on real photos."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import logging
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from organizer.errors import ModelDamaged
from organizer.models.heads import load_head
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from tests.conftest import REPOSITORY
from tests.integration.conftest import Indexed, Run


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPOSITORY / "packaging" / "heads" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def write_scores(file: Path, scores: dict[str, float]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("image", "score"))
        table.writerows(scores.items())
    return file


@pytest.fixture(scope="module")
def animals(photos_root: Path) -> dict[str, float]:
    """Photos of everyday/ with a score: high for cats and dogs, low for documents, clothes and places."""
    given: dict[str, float] = {}
    with (photos_root / "labels.tsv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            if row["set"] == "everyday" and row["source"] != "imagenet-sample":
                given[row["file"]] = 8.0 if row["label"].startswith(("dog:", "cat:")) else 3.0
    chance = np.random.default_rng(5)
    return {name: round(score + float(chance.normal(0, 0.3)), 3) for name, score in given.items()}


@pytest.fixture(scope="module")
def trainer() -> Any:
    """The script as a module."""
    path = REPOSITORY / "packaging" / "heads" / "train.py"
    spec = importlib.util.spec_from_file_location("train_a_head", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trained(
    photos_root: Path, animals: dict[str, float], trainer: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any, str]:
    """A head made by the script, what it saw (the pictures are embedded once), and what it said."""
    folder = tmp_path_factory.mktemp("heads")
    scores = write_scores(folder / "scores.csv", animals | {"gone.jpg": 5.0})
    seen: list[Any] = []
    embed = trainer.embed

    def once(*words: Any) -> Any:
        if not seen:
            seen.append(embed(*words))
        return seen[0]

    trainer.embed = once
    said = io.StringIO()
    trainer.logger.addHandler(logging.StreamHandler(said))
    arguments = [str(scores), "--images", str(photos_root), "--to", str(folder / "head.safetensors")]
    assert trainer.main(arguments) == 0, said.getvalue()
    return folder / "head.safetensors", seen[0], said.getvalue()


def test_a_head_is_learnt_reported_and_read_by_the_program(
    trained: tuple[Path, Any, str], tmp_path: Path
) -> None:
    file, _, said = trained
    assert "gone.jpg is not there" in said and "no better than chance" not in said
    head = load_head(file, load_registry(resources_dir(), tmp_path).bundled)
    assert float(head.facts["pearson"]) > 0.6
    assert int(head.facts["held_out"]) >= 25


def test_scores_without_a_rule_are_said_to_be_useless(
    trained: tuple[Path, Any, str], trainer: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vectors = trained[1][0]
    chance = np.random.default_rng(7).permutation(len(vectors)).astype(np.float64)
    spec = load_registry(resources_dir(), tmp_path).bundled
    _, quality = trainer.train(vectors, chance, spec, 0.2, 20)
    assert abs(quality.spearman) < 2 / math.sqrt(quality.images)
    again, _ = trainer.train(vectors, chance, spec, 0.2, 20)
    other, _ = trainer.train(vectors, chance, spec, 0.2, 21)
    first, _ = trainer.train(vectors, chance, spec, 0.2, 20)
    assert np.array_equal(first.weight, again.weight) and not np.array_equal(first.weight, other.weight)


def test_an_imported_head_changes_highlights_and_goes_again(
    trained: tuple[Path, Any, str], whole_library: Indexed, program: Run, photos_root: Path
) -> None:
    """It likes cats and dogs; they must come to the front of what is chosen."""

    def animals_among_highlights() -> int:
        listed = program(
            "highlights", "--folder", photos_root / "everyday", "--count", 30, "--json",
            "--catalog", whole_library.catalog,
        )  # fmt: skip
        assert listed.returncode == 0, listed.stderr
        names = [Path(row["image"]).name for row in json.loads(listed.stdout)]
        return sum("oxford-pets" in name for name in names)

    before = animals_among_highlights()
    added = program("models", "import", trained[0], "--catalog", whole_library.catalog)
    assert (added.returncode, added.stdout) == (0, "starter\n"), added.stderr
    assert (
        "with a head that judges looks"
        in program("models", "list", "--catalog", whole_library.catalog).stdout
    )
    assert animals_among_highlights() > before
    gone = program("models", "forget", "starter", "--head", "--catalog", whole_library.catalog)
    assert gone.returncode == 0, gone.stderr
    assert animals_among_highlights() == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("image,score\na.jpg,1\n", "needs at least 100 pictures with a score; there are 1."),
        ("name,votes\na.jpg,1\n", "needs the columns image and score"),
        ("image,score\na.jpg,nice\n", "line 2: “nice” is not a score"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_one_line(
    tmp_path: Path, content: str, sentence: str
) -> None:
    (tmp_path / "scores.csv").write_text(content, encoding="utf-8")
    ended = run("train.py", tmp_path / "scores.csv", "--to", tmp_path / "head.safetensors")
    assert ended.returncode == 1 and sentence in ended.stderr
    assert "Traceback" not in ended.stderr and not (tmp_path / "head.safetensors").exists()


def test_a_published_head_is_converted_only_with_its_hash(tmp_path: Path) -> None:
    state = tmp_path / "linear.pth"
    torch.save(torch.nn.Linear(8, 1).state_dict(), state)
    known = hashlib.sha256(state.read_bytes()).hexdigest()
    target = tmp_path / "ViT-B-32.safetensors"
    wrong = run("convert.py", state, "--sha256", "0" * 64, "--model", "ViT-B-32", "--to", target)
    assert wrong.returncode == 1 and not target.exists()
    right = run("convert.py", state, "--sha256", known, "--model", "ViT-B-32", "--to", target)
    assert right.returncode == 0, right.stderr
    assert load_head(target).model == "ViT-B-32" and len(load_head(target).weight) == 8
    with pytest.raises(ModelDamaged):
        load_head(state)
