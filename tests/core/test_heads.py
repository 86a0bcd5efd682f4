"""Linear heads: written, read, checked before they are believed."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from organizer.errors import EnvironmentProblem, ModelDamaged, ModelMissing, UsageProblem
from organizer.models.heads import (
    HEADS_FOLDER,
    Head,
    forget_head,
    head_file,
    import_head,
    is_head,
    load_head,
    save_head,
)
from organizer.models.registry import load_registry
from organizer.paths import resources_dir

WEIGHT = np.array([1.0, -2.0, 0.5], np.float32)
HEAD = Head(WEIGHT, 3.0, 2.0, 6.0, "starter", "", {"spearman": "0.71"})


def test_what_was_written_is_read_and_scores_lie_between_nought_and_one(tmp_path: Path) -> None:
    save_head(HEAD, tmp_path / "starter.safetensors")
    head = load_head(tmp_path / "starter.safetensors")
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 0]], np.float32)
    scores = head.scores(vectors)
    assert scores[:3] == pytest.approx([0.5, 0.0, 0.75])
    assert np.isnan(scores[3])
    assert head.facts == {"spearman": "0.71"} and head.model == "starter"
    assert [one.name for one in tmp_path.iterdir()] == ["starter.safetensors"]
    with pytest.raises(ValueError, match="shape"):
        head.scores(np.zeros((2, 4), np.float32))


def test_the_heads_place_is_known_and_the_persons_own_comes_first(tmp_path: Path) -> None:
    spec = replace(load_registry(resources_dir(), tmp_path).bundled, folder=tmp_path / "model")
    assert head_file(spec, tmp_path) is None
    save_head(HEAD, tmp_path / "model" / "aesthetic.safetensors")
    assert head_file(spec, tmp_path) == tmp_path / "model" / "aesthetic.safetensors"
    own = tmp_path / HEADS_FOLDER / "starter.safetensors"
    save_head(HEAD, own)
    assert head_file(spec, tmp_path) == own


def test_a_head_of_another_model_or_of_other_weights_is_refused(tmp_path: Path) -> None:
    spec = load_registry(resources_dir(), tmp_path).bundled
    file = tmp_path / "one.safetensors"
    fitting = replace(HEAD, weight=np.ones(384, np.float32))
    save_head(replace(fitting, revision=spec.revision), file)
    assert load_head(file, spec).model == "starter"
    save_head(replace(HEAD, model="ViT-B-32"), file)
    with pytest.raises(ModelDamaged, match="belongs to the model ViT-B-32"):
        load_head(file, spec)
    save_head(replace(HEAD, revision="0123456789ab"), file)
    with pytest.raises(ModelDamaged, match="other weights"):
        load_head(file, spec)
    save_head(HEAD, file)
    with pytest.raises(ModelDamaged, match="vectors of 3 numbers; starter gives 384"):
        load_head(file, spec)


def test_what_is_no_head_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        load_head(tmp_path / "none.safetensors")
    file = tmp_path / "one.safetensors"
    file.write_bytes(pickle.dumps({"weight": [1.0]}, protocol=4))
    with pytest.raises(ModelDamaged, match="pickle"):
        load_head(file)
    save_head(HEAD, file)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    with pytest.raises(ModelDamaged):
        load_head(file)
    file.write_bytes(b"\0" * 1_000_001)
    with pytest.raises(ModelDamaged, match="too large"):
        load_head(file)


@pytest.mark.parametrize(
    ("arrays", "facts"),
    [
        ({"weight": np.ones((2, 3), np.float32)}, {"model": "starter"}),
        ({"other": np.ones(3, np.float32)}, {"model": "starter"}),
        ({"weight": np.array([1, np.nan], np.float32)}, {"model": "starter"}),
        ({"weight": np.ones(3, np.float32), "bias": np.ones(2, np.float32)}, {"model": "starter"}),
        ({"weight": np.ones(3, np.float32), "range": np.array([2, 1], np.float32)}, {"model": "starter"}),
        ({"weight": np.ones(3, np.float32)}, {}),
    ],
)
def test_arrays_that_are_no_head_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], facts: dict[str, str]
) -> None:
    save_file(arrays, tmp_path / "one.safetensors", facts)
    with pytest.raises(ModelDamaged):
        load_head(tmp_path / "one.safetensors")


def test_a_head_is_told_from_a_model_and_put_where_its_model_finds_it(tmp_path: Path) -> None:
    registry = load_registry(resources_dir(), tmp_path / "models")
    fitting = replace(HEAD, weight=np.ones(384, np.float32))
    save_head(fitting, tmp_path / "mine.safetensors")
    assert is_head(tmp_path / "mine.safetensors")
    assert not is_head(registry.bundled.folder / "open_clip_model.safetensors")
    assert not is_head(tmp_path / "nowhere.safetensors")
    head, spec = import_head(tmp_path / "mine.safetensors", registry, tmp_path / "models")
    assert spec is registry.bundled and head.facts == {"spearman": "0.71"}
    file = head_file(spec, tmp_path / "models")
    assert file is not None and load_head(file, spec).low == 2.0
    assert forget_head(spec, tmp_path / "models") and not forget_head(spec, tmp_path / "models")
    save_head(replace(fitting, model="unknown"), tmp_path / "mine.safetensors")
    with pytest.raises(UsageProblem, match="no model “unknown”"):
        import_head(tmp_path / "mine.safetensors", registry, tmp_path / "models")
    save_head(fitting, tmp_path / "mine.safetensors")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        import_head(tmp_path / "mine.safetensors", registry, tmp_path / "file")
