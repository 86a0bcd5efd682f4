"""The prompt ensemble: several phrasings become one vector a class."""

from __future__ import annotations

import numpy as np
import pytest

from organizer.errors import UsageProblem
from organizer.models.base import Embedder
from organizer.models.prompts import text_classifier
from tests.fakes import FakeEmbedder


def test_the_fake_fills_the_protocol() -> None:
    assert isinstance(FakeEmbedder(), Embedder)


def test_one_unit_vector_a_class() -> None:
    made = text_classifier(FakeEmbedder(), ["dog", ["cat", "kitten"], "sea"])
    assert made.shape == (3, 27)
    assert made.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-6)


def test_it_is_the_mean_of_the_phrasings_in_every_template() -> None:
    embedder = FakeEmbedder()
    made = text_classifier(embedder, [["cat", " kitten "]], ["{}", "my {}."])
    mean = embedder.encode_texts(["cat", "my cat.", "kitten", "my kitten."]).mean(0)
    np.testing.assert_allclose(made[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_classes_of_several_phrasings_do_not_mix_with_their_neighbours() -> None:
    embedder = FakeEmbedder()
    together = text_classifier(embedder, ["dog", ["cat", "kitten"], "sea"])
    np.testing.assert_allclose(together[2], text_classifier(embedder, ["sea"])[0], atol=1e-6)


def test_a_picture_finds_its_word() -> None:
    embedder = FakeEmbedder(says={"sea": (0, 0, 255), "forest": (0, 160, 0)})
    blue = np.zeros((1, 16, 16, 3), np.uint8)
    blue[..., 2] = 240
    scores = embedder.encode_images(blue) @ text_classifier(embedder, ["forest", "sea"]).T
    assert scores.argmax() == 1


@pytest.mark.parametrize(
    ("names", "templates"),
    [([], ["{}"]), (["dog", " "], ["{}"]), ([[]], ["{}"]), (["dog"], []), (["dog"], ["a photo"])],
)
def test_a_request_without_sense_is_told(names: list[str], templates: list[str]) -> None:
    with pytest.raises(UsageProblem):
        text_classifier(FakeEmbedder(), names, templates)
