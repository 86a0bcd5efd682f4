"""Training a head by the real command, with the real model, on real photos."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from organizer.errors import ModelDamaged
from organizer.models.heads import load_head
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from tests.conftest import REPOSITORY


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


def test_a_head_is_learnt_reported_and_read_by_the_program(
    photos_root: Path, animals: dict[str, float], tmp_path: Path
) -> None:
    scores = write_scores(tmp_path / "scores.csv", animals | {"gone.jpg": 5.0})
    ended = run("train.py", scores, "--images", photos_root, "--to", tmp_path / "head.safetensors")
    assert ended.returncode == 0, ended.stderr
    assert "gone.jpg is not there" in ended.stderr and "no better than chance" not in ended.stderr
    head = load_head(tmp_path / "head.safetensors", load_registry(resources_dir(), tmp_path).bundled)
    assert float(head.facts["pearson"]) > 0.6
    assert int(head.facts["held_out"]) >= 25


def test_scores_without_a_rule_are_said_to_be_useless(
    photos_root: Path, animals: dict[str, float], tmp_path: Path
) -> None:
    chance = np.random.default_rng(7)
    shuffled = dict(zip(animals, chance.permutation(len(animals)).tolist(), strict=True))
    ended = run(
        "train.py",
        write_scores(tmp_path / "scores.csv", shuffled),
        "--images",
        photos_root,
        "--to",
        tmp_path / "head.safetensors",
    )
    assert ended.returncode == 0, ended.stderr
    assert "no better than chance" in ended.stderr


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
