"""The bundled model on real photos: unit vectors, the same each time, and far better than chance.

Accuracies are floors over many photos, well below what was measured and far above chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from organizer.models import registry
from organizer.models.openclip import OpenClipEmbedder, open_embedder
from organizer.models.prompts import text_classifier
from organizer.paths import resources_dir

SCENES = ("buildings", "forest", "glacier", "mountain", "sea", "street")
COARSE = ("scenery or buildings", "receipt or document", "clothes", "drawing or sketch", "dog or cat")

Row = dict[str, str]


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> registry.ModelSpec:
    return registry.load_registry(resources_dir(), tmp_path_factory.mktemp("models")).bundled


@pytest.fixture(scope="module")
def starter(spec: registry.ModelSpec) -> OpenClipEmbedder:
    """The bundled model on the CPU, opened the way the program opens it."""
    return open_embedder(spec, "cpu")


@pytest.fixture(scope="module")
def seen(
    starter: OpenClipEmbedder, photos_root: Path, labels: list[Row]
) -> tuple[list[Row], NDArray[np.float32]]:
    """The rows of everyday/ and captioned/ and their (N, 384) vectors."""
    rows = [row for row in labels if row["set"] in ("everyday", "captioned")]
    return rows, starter.encode_images(_inputs([photos_root / row["file"] for row in rows], starter))


def _inputs(paths: Sequence[Path], starter: OpenClipEmbedder) -> NDArray[np.uint8]:
    """Whole photos squashed, or their middles, as the model asks."""
    side = (starter.input.size, starter.input.size)
    squash = starter.input.resize_mode == "squash"
    made = []
    for path in paths:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        bicubic = Image.Resampling.BICUBIC
        made.append(np.asarray(image.resize(side, bicubic) if squash else ImageOps.fit(image, side, bicubic)))
    return np.stack(made)


def _accuracy(
    starter: OpenClipEmbedder, vectors: NDArray[np.float32], names: Sequence[str], truth: Sequence[int]
) -> float:
    """Mean over the classes of the share that zero-shot classification gets right."""
    guessed = (vectors @ text_classifier(starter, names).T).argmax(axis=1)
    wanted = np.asarray(truth)
    return float(np.mean([np.mean(guessed[wanted == c] == c) for c in set(truth)]))


def test_it_is_bundled_whole_and_small(spec: registry.ModelSpec) -> None:
    assert registry.installed(spec)
    files = [path for path in spec.folder.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 30_000_000
    assert (spec.folder / registry.WEIGHTS_FILE).stat().st_size == spec.bytes
    assert spec.sha256
    assert (spec.folder / "README.md").is_file()


def test_its_calibration_belongs_to_it(spec: registry.ModelSpec) -> None:
    calibration = spec.calibration
    assert calibration["schema"] == 1
    assert calibration["model"] == spec.key
    assert 1 < calibration["logit_scale"] <= 200
    assert 0 < calibration["others"]["min_probability"] < 1
    assert calibration["others"]["background_std"] > 0
    assert 0.5 < calibration["same_scene_cosine"] <= calibration["duplicate_cosine"] < 1
    assert all(pair["weight"] > 0 for pair in calibration["prompt_pairs"])


def test_vectors_have_unit_length_and_are_the_same_each_time(
    starter: OpenClipEmbedder, seen: tuple[list[Row], NDArray[np.float32]], photos_root: Path
) -> None:
    rows, vectors = seen
    assert vectors.shape == (len(rows), starter.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    again = starter.encode_images(_inputs([photos_root / row["file"] for row in rows[:40]], starter))
    np.testing.assert_allclose(vectors[:40], again, atol=1e-5)
    texts = starter.encode_texts(["a dog", "두 사람", ""])
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)


def test_batches_do_not_change_the_vectors(
    starter: OpenClipEmbedder, seen: tuple[list[Row], NDArray[np.float32]], photos_root: Path
) -> None:
    rows, vectors = seen
    inputs = _inputs([photos_root / row["file"] for row in rows[:6]], starter)
    alone = np.concatenate([starter.encode_images(inputs[i : i + 1]) for i in range(6)])
    np.testing.assert_allclose(alone, vectors[:6], atol=1e-4)


def test_scenes_are_told_apart(
    starter: OpenClipEmbedder, seen: tuple[list[Row], NDArray[np.float32]]
) -> None:
    rows, vectors = seen
    chosen = [i for i, row in enumerate(rows) if row["label"] in SCENES]
    assert len(chosen) >= 50
    truth = [SCENES.index(rows[i]["label"]) for i in chosen]
    assert _accuracy(starter, vectors[chosen], SCENES, truth) >= 0.65  # chance: 0.17


def test_kinds_of_photos_are_told_apart(
    starter: OpenClipEmbedder, seen: tuple[list[Row], NDArray[np.float32]]
) -> None:
    rows, vectors = seen

    def kind(row: Row) -> int | None:
        known = {"intel-scenes": 0, "sroie": 1, "clothing-dataset-full": 2, "pacs": 3}
        return 4 if row["source"] == "oxford-pets-sample" else known.get(row["source"])

    chosen = [i for i, row in enumerate(rows) if kind(row) is not None]
    assert len(chosen) >= 120
    truth = [kind(rows[i]) or 0 for i in chosen]
    assert _accuracy(starter, vectors[chosen], COARSE, truth) >= 0.75  # chance: 0.20


def test_sentences_find_their_photos(
    starter: OpenClipEmbedder, seen: tuple[list[Row], NDArray[np.float32]]
) -> None:
    rows, vectors = seen
    captioned = [i for i, row in enumerate(rows) if row["set"] == "captioned"]
    sentences = [(s, place) for place, i in enumerate(captioned) for s in rows[i]["label"].split(" | ")]
    scores = starter.encode_texts([s for s, _ in sentences]) @ vectors[captioned].T
    own = scores[np.arange(len(sentences)), [place for _, place in sentences]]
    found = np.mean((scores > own[:, None]).sum(axis=1) < 10)
    assert found >= 3 * 10 / len(captioned)  # three times chance


def test_words_outside_the_training_labels_mean_something(starter: OpenClipEmbedder) -> None:
    """The text tower was taught a sentence space, not a list of labels."""
    pairs = [
        ("my puppy", "a young dog", "a tax form"),
        ("the Eiffel tower at night", "a famous monument", "a bowl of soup"),
        ("birthday cake with candles", "a party dessert", "a mountain bike"),
        ("notes on a whiteboard", "handwriting in an office", "a brown horse"),
        ("infant sleeping in a crib", "a baby in bed", "a fast motorcycle"),
    ]
    for text, near, far in pairs:
        one, close, distant = starter.encode_texts([text, near, far])
        assert one @ close > one @ distant, text
