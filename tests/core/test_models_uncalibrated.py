"""A model without measured numbers: what the registry gives it and how the person's photos measure it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.categories import (
    MEASURABLE,
    Calibration,
    LabelVectors,
    background,
    classify,
    with_background,
)
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from organizer.results import OTHERS

DIMENSION = 32
CATEGORIES = 8


@pytest.fixture
def labels() -> LabelVectors:
    """Eight categories that have nothing in common."""
    vectors = np.eye(CATEGORIES, DIMENSION, dtype=np.float32)
    rows = np.arange(CATEGORIES)
    return LabelVectors(tuple(f"c{row}" for row in rows), rows, vectors, rows)


def _photos(labels: LabelVectors, count: int, likeness: float) -> NDArray[np.float32]:
    """Photos that resemble one category each by ``likeness`` and are noise for the rest."""
    random = np.random.default_rng(count)
    made = random.normal(size=(count, DIMENSION)).astype(np.float32) * 0.12
    made += likeness * labels.vectors[np.arange(count) % CATEGORIES]
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_registry_gives_embedders_loose_numbers_and_no_background(tmp_path: Path) -> None:
    models = load_registry(resources_dir(), tmp_path)
    for spec in models:
        if spec.bundled:
            continue
        if spec.kind == "captioner":
            assert spec.calibration == {}
            continue
        assert spec.calibration["logit_scale"] == 100.0
        assert "min_margin_over_background" in spec.calibration["others"]
        assert "background_mean" not in spec.calibration["others"]


def test_the_background_is_that_of_the_photos(tmp_path: Path, labels: LabelVectors) -> None:
    loose = load_registry(resources_dir(), tmp_path).get("vit-b-32-laion2b").calibration
    photos = _photos(labels, 400, 1.0)
    measured = Calibration.of(with_background(loose, photos, labels))
    assert (measured.background_mean, measured.background_std) == pytest.approx(background(photos, labels))
    assert "background_mean" not in loose["others"], "the registry's own numbers stay"


def test_photos_of_nothing_go_to_others_and_the_rest_does_not(tmp_path: Path, labels: LabelVectors) -> None:
    loose = load_registry(resources_dir(), tmp_path).get("vit-b-32-laion2b").calibration
    clear, nothing = _photos(labels, 300, 1.0), _photos(labels, 60, 0.0)
    nothing[:, :CATEGORIES] *= 0.05
    nothing /= np.linalg.norm(nothing, axis=1, keepdims=True)
    photos = np.concatenate([clear, nothing])
    found = classify(range(len(photos)), photos, labels, with_background(loose, photos, labels))
    sorted_out = [result.category == OTHERS for result in found]
    assert sum(sorted_out[:300]) == 0
    assert sum(sorted_out[300:]) > 50


def test_a_measured_calibration_stays_as_it_is(labels: LabelVectors) -> None:
    others = {"min_margin_over_background": 2.0, "background_mean": 0.2, "background_std": 0.1}
    own = {"logit_scale": 60.0, "others": others}
    assert with_background(own, _photos(labels, 100, 1.0), labels) is own


def test_few_photos_measure_nothing(labels: LabelVectors) -> None:
    loose = {"logit_scale": 100.0, "others": {"min_margin_over_background": 2.0, "min_probability": 0.1}}
    few = Calibration.of(with_background(loose, _photos(labels, MEASURABLE - 1, 1.0), labels))
    assert few.min_margin == -np.inf and few.min_probability == 0.1
    assert with_background({}, _photos(labels, 100, 1.0), labels) == {}
