"""The starter captioner: its words, its decoder with and without what it keeps, what it says of bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from organizer.errors import Cancelled, ModelDamaged, ModelMissing
from organizer.models import captioner as own
from organizer.models.base import Captioner
from organizer.models.captioner_net import CaptionNet, NetSettings, NetSteps
from organizer.models.captioner_words import LONGEST, WordList, load_words, spoken, words_of
from organizer.models.openclip import OpenClipEmbedder
from organizer.paths import resources_dir

DIMENSION = 384


@pytest.fixture(scope="module")
def captioner() -> own.StarterCaptioner:
    starter = OpenClipEmbedder.load(resources_dir() / "models" / "starter", "cpu", key="starter")
    return own.open_captioner(resources_dir(), starter)


def test_words_of_any_text() -> None:
    assert words_of("A dog's ball, mid-air!\x07\n\x00 Two.") == ["a", "dog's", "ball", ",", "mid-air", "two"]
    assert words_of("바다 \u202e") == []
    assert len("".join(words_of("x" * 10_000))) == LONGEST


@pytest.mark.parametrize(
    ("said", "sentence"),
    [(["a", "dog", ",", "a", "cat"], "A dog, a cat."), ([], ""), ([",", ","], ""), (["2", "men"], "2 men.")],
)
def test_spoken(said: list[str], sentence: str) -> None:
    assert spoken(said) == sentence


def test_a_word_list_counts_and_gives_sentences_back(tmp_path: Path) -> None:
    sentences = ["A dog runs.", "a dog sits", "the dog\x00 runs"]
    words = WordList.counted(sentences, least=2)
    assert words.words[4:] == ("dog", "a", "runs")
    numbers = words.numbers("A dog flies", longest=9)
    assert numbers == [words.start, 5, 4, words.unknown, words.end]
    assert words.sentence(numbers[1:]) == "A dog."
    assert words.numbers("a dog " * 500, longest=7)[-1] == words.end
    assert len(words.numbers("a dog " * 500, longest=7)) == 9
    words.save(tmp_path / "words.json", {"net": 1})
    read, settings = load_words(tmp_path / "words.json")
    assert read.words == words.words and settings == {"net": 1}


def test_an_empty_word_list_says_nothing_and_breaks_nothing() -> None:
    words = WordList.counted([], least=1)
    assert len(words) == 4 and words.sentence(words.numbers("a dog", 5)) == ""
    net = CaptionNet(NetSettings(words=4, dimension=8, width=16, heads=2, layers=1)).eval()

    class Eyes:
        key, dimension, input = "eyes", 8, None

    said = own.StarterCaptioner(words, net, Eyes()).describe_vectors(np.ones((2, 8), np.float32))  # type: ignore[arg-type]
    assert said == ["", ""]


def test_what_is_unspoken_is_read_and_not_said(tmp_path: Path) -> None:
    torch.manual_seed(0)
    names = ["dog", "cat", "man", "sea"]
    net = CaptionNet(NetSettings(words=8, dimension=8, width=16, heads=2, layers=1)).eval()
    vectors = np.random.default_rng(0).standard_normal((20, 8)).astype(np.float32)

    class Eyes:
        key, dimension, input = "eyes", 8, None

    free = own.StarterCaptioner(WordList(names), net, Eyes()).describe_vectors(vectors)  # type: ignore[arg-type]
    assert any("cat" in one.lower() for one in free)
    WordList(names, ["cat", "elsewhere"]).save(tmp_path / "words.json", {})
    words, _ = load_words(tmp_path / "words.json")
    assert words.numbers("a cat", 5)[2] != words.unknown
    tamed = own.StarterCaptioner(words, net, Eyes()).describe_vectors(vectors)  # type: ignore[arg-type]
    assert all(one and "cat" not in one.lower() for one in tamed)


def test_it_names_nobodys_descent_or_body(captioner: own.StarterCaptioner) -> None:
    words, _ = load_words(own.folder_of(resources_dir()) / own.WORDS_FILE)
    silenced = {words.words[number] for number in words.unspoken}
    assert {"asian", "fat", "homeless"} <= silenced
    vectors = np.random.default_rng(5).standard_normal((60, DIMENSION)).astype(np.float32)
    said = {word for sentence in captioner.describe_vectors(vectors) for word in words_of(sentence)}
    assert said and not said & silenced


@pytest.mark.parametrize("words", [["dog", "dog"], ["<end>"], ["two words"], ["\x07"]])
def test_a_word_list_refuses_what_it_could_not_say(words: list[str]) -> None:
    with pytest.raises(ValueError, match="plain words"):
        WordList(words)
    with pytest.raises(ValueError, match="at least once"):
        WordList.counted(["a"], least=0)


def test_steps_equal_the_whole_sentence_at_once() -> None:
    torch.manual_seed(0)
    net = CaptionNet(NetSettings(words=30, dimension=12, width=32, heads=4, layers=3, prefix=3)).eval()
    vectors, words = torch.randn(4, 12), torch.randint(0, 30, (4, 9))
    with torch.inference_mode():
        whole = net(vectors, words)
        steps = NetSteps(net, vectors)
        for place in range(9):
            if place == 5:
                order = torch.tensor([3, 1, 1, 0])
                steps.keep(order)
                vectors, words = vectors[order], words[order]
                whole = net(vectors, words)
            torch.testing.assert_close(steps.step(words[:, place]), whole[:, place], rtol=1e-4, atol=1e-5)


def test_a_word_hangs_on_nothing_that_comes_after_it() -> None:
    net = CaptionNet(NetSettings(words=30, dimension=12, width=32, heads=4)).eval()
    words = torch.randint(0, 30, (1, 9))
    other = words.clone()
    other[:, 5:] = 7
    vector = torch.randn(1, 12)
    with torch.inference_mode():
        torch.testing.assert_close(net(vector, words)[:, :5], net(vector, other)[:, :5])


def test_it_describes_in_batches_as_alone(captioner: own.StarterCaptioner) -> None:
    assert isinstance(captioner, Captioner)
    vectors = np.random.default_rng(2).standard_normal((40, DIMENSION)).astype(np.float32)
    together = captioner.describe_vectors(vectors)
    assert together[:3] == [captioner.describe_vectors(vectors[row : row + 1])[0] for row in range(3)]
    assert captioner.describe_vectors(vectors[:0]) == []


def test_noise_black_and_white_get_a_sentence(captioner: own.StarterCaptioner) -> None:
    side = captioner.input.size
    noise = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), dtype=np.uint8)
    batch = np.concatenate([noise, np.zeros_like(noise), np.full_like(noise, 255)])
    for sentence in captioner.describe(batch):
        assert sentence.endswith(".") and sentence[0].isupper() and "<" not in sentence
        assert len(sentence.split()) < 24


def test_vectors_of_no_sense_get_nothing(captioner: own.StarterCaptioner) -> None:
    vectors = np.ones((3, DIMENSION), np.float32)
    vectors[0, 5] = np.nan
    vectors[1] = 0
    said = captioner.describe_vectors(vectors)
    assert said[:2] == ["", ""] and said[2]
    with pytest.raises(ValueError, match="expected"):
        captioner.describe_vectors(vectors[:, :7])


def test_it_stops_between_words(captioner: own.StarterCaptioner) -> None:
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        captioner.describe_vectors(np.ones((2, DIMENSION), np.float32), check)
    assert len(asked) == 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the program's own captioner, in a resources folder that a test may damage."""
    shutil.copytree(own.folder_of(resources_dir()), own.folder_of(tmp_path))
    return own.folder_of(tmp_path)


def test_it_is_small_and_was_measured_to_beat_labels(folder: Path, tmp_path: Path) -> None:
    assert own.bundled(tmp_path) and own.size(tmp_path) <= 8_000_000
    assert own.shown(tmp_path)
    content = json.loads((folder / own.WORDS_FILE).read_text())
    content["measured"]["cider_of_labels"] = 9.0
    (folder / own.WORDS_FILE).write_text(json.dumps(content))
    assert not own.shown(tmp_path)


def test_damaged_or_missing_files_are_told_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    words = (folder / own.WORDS_FILE).read_text()
    (folder / own.WORDS_FILE).write_text("{")
    with pytest.raises(ModelDamaged, match="word list"):
        own.load_decoder(folder)
    assert not own.shown(tmp_path)
    content = json.loads(words)
    content["words"].pop()
    (folder / own.WORDS_FILE).write_text(json.dumps(content))
    with pytest.raises(ModelDamaged, match="do not fit"):
        own.load_decoder(folder)
    (folder / own.WORDS_FILE).write_text(words)
    weights = (folder / own.WEIGHTS_FILE).read_bytes()
    (folder / own.WEIGHTS_FILE).write_bytes(weights[:-100])
    with pytest.raises(ModelDamaged, match="damaged or incomplete"):
        own.load_decoder(folder)
    (folder / own.WEIGHTS_FILE).unlink()
    assert not own.bundled(tmp_path)
    with pytest.raises(ModelMissing):
        own.load_decoder(folder)
