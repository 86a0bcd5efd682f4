"""The evaluation of the starter model: its table, what it rests on, and what it foretells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests import starter_data


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports a script of the training by its name."""
    with starter_data.scripts(monkeypatch) as load:
        yield load


def test_recall_among_more_photos_is_foretold(scripts: Any) -> None:
    """Ranks among 90 made-up photos foretell recall among 200, for a model that finds as much as ours."""
    heldout = scripts("heldout")
    draw = np.random.default_rng(5)
    told, true = [], []
    for _ in range(20):
        photos = draw.normal(size=(200, 24))
        photos /= np.linalg.norm(photos, axis=1, keepdims=True)
        scores = (photos + draw.normal(size=photos.shape) * 0.65) @ photos.T
        outrank = scores > np.diag(scores)[:, None]
        few = np.arange(90)
        told.append([heldout.expected_recall(outrank[:90, few].sum(1), 90, 200, k) for k in (1, 5, 10)])
        true.append([float(np.mean(outrank.sum(1) < k)) for k in (1, 5, 10)])
    assert np.abs(np.mean(told, 0) - np.mean(true, 0)).max() < 0.02
    assert heldout.expected_recall(np.array([0, 3, 12]), 90, 90, 5) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="50"):
        heldout.expected_recall(np.array([0]), 90, 50, 1)


def test_every_figure_of_others_has_its_row(scripts: Any) -> None:
    import tomllib

    evaluate = scripts("evaluate")
    columns = tomllib.loads(evaluate.REFERENCE.read_text(encoding="utf-8"))
    assert {row for figures in columns.values() for row in figures} <= set(evaluate.ROWS)
    table = evaluate.format_table(columns)
    assert "| R@10 of 200 | 0.61 | 0.20 | 0.05 |" in table


def test_the_foot_tells_what_the_rows_rest_on(scripts: Any, photos_root: Path) -> None:
    evaluate, heldout = scripts("evaluate"), scripts("heldout")
    photos = heldout.read_labelled(photos_root, ("everyday", "captioned"))
    captioned = sum(photo.set == "captioned" for photo in photos)
    foot = evaluate.foot(photos)
    assert f"{len(photos) - captioned} photos" in foot
    assert f"among {captioned} captioned photos" in foot


def test_another_model_comes_by_key_or_folder(scripts: Any, tmp_path: Path) -> None:
    evaluate, workspace = scripts("evaluate"), scripts("workspace")
    own = workspace.DEFAULT_MODEL
    assert evaluate.chosen_models(own, [str(tmp_path)], tmp_path) == {own.name: own, tmp_path.name: tmp_path}
    assert evaluate.chosen_models(tmp_path, ["starter"], tmp_path)["starter"] == own
    with pytest.raises(workspace.Refused, match="not on this computer"):
        evaluate.chosen_models(own, ["vit-b-32-laion2b"], tmp_path)
    with pytest.raises(workspace.Refused, match="no model"):
        evaluate.chosen_models(own, ["vit-b-23"], tmp_path)


def test_examples_are_drawn_by_the_seed(scripts: Any) -> None:
    evaluate, heldout = scripts("evaluate"), scripts("heldout")
    guesses = [heldout.Guess(f"{n}.jpg", "cat", "cat" if n % 2 else "dog", 0.5) for n in range(40)]
    told = evaluate.examples(guesses, 5, 1)
    assert told == evaluate.examples(guesses, 5, 1) != evaluate.examples(guesses, 5, 2)
    assert sum(line.startswith("right: cat -> cat") for line in told.splitlines()) == 5
    assert sum(line.startswith("wrong: cat -> dog") for line in told.splitlines()) == 5


class _Eye:
    """A model that sees how much a picture changes from pixel to pixel, or nothing but chance."""

    input = None

    def __init__(self, seeing: bool) -> None:
        self.seeing = seeing
        self.chance = np.random.default_rng(1)

    def encode_images(self, batch: np.ndarray) -> np.ndarray:
        change = np.abs(np.diff(batch.astype(np.float32), axis=1)).mean(axis=(1, 2, 3)) / 255
        seen = change if self.seeing else self.chance.random(len(batch))
        return np.stack([seen, 1 - seen], axis=1).astype(np.float32)

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[: len(texts)]


def test_a_pair_of_prompts_for_looks_is_kept_only_where_it_carries_signal(
    scripts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = scripts("calibrate_quality")
    draw = np.random.default_rng(3)
    pixels = {at: draw.integers(0, 255, (32, 32, 3), np.uint8) for at in range(40)}
    monkeypatch.setattr(measuring, "model_input", lambda path, _input: pixels[path])
    monkeypatch.setattr(measuring, "_SPOILERS", {"blurred": measuring._SPOILERS["blurred"]})
    photos = [SimpleNamespace(path=at, coarse="dog") for at in pixels]
    kept = measuring.appeal(_Eye(seeing=True), photos, 7)
    assert kept is not None and kept["low"] < kept["high"]
    assert (kept["positive"], kept["negative"]) in measuring.APPEAL
    assert measuring.appeal(_Eye(seeing=False), photos, 7) is None
