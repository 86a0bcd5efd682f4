"""The captioner's training on a person's own photos: the real steps, cut off and taken up, and bad tables."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from organizer.errors import UsageProblem
from organizer.models import captioner as own
from tests import starter_data
from tests.conftest import REPOSITORY

Load = Callable[[str], ModuleType]
COLOURS = ("red", "green", "blue", "white")
TRAINING = (
    "--steps",
    "30",
    "--every",
    "10",
    "--batch",
    "8",
    "--least",
    "1",
    "--width",
    "32",
    "--layers",
    "1",
)


@contextmanager
def scripts_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    threads = torch.get_num_threads()
    with starter_data.scripts(monkeypatch, REPOSITORY / "packaging" / "captioner") as found:
        found("folders")
        yield found
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """What imports a script of the captioner's training by its name."""
    with scripts_of(monkeypatch) as found:
        yield found


def write_table(folder: Path, rows: list[tuple[str, str]]) -> Path:
    table = folder / "captions.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("image", "sentence"), *rows])
    return table


def pictures(folder: Path, count: int = 8) -> list[tuple[str, str]]:
    """Squares of one colour, each with two sentences."""
    rows = []
    for number in range(count):
        colour = COLOURS[number % 4]
        Image.new("RGB", (90, 60 + number), colour).save(folder / f"{number}.png")
        rows += [(f"{number}.png", f"A {colour} square."), (f"{number}.png", f"something {colour} and flat")]
    return rows


def options(build: Path, *more: str) -> list[str]:
    return ["--build", str(build), "--threads", "1", "--device", "cpu", *more]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``prepare`` makes of a person's table; the starter looks at the pictures once for all tests."""
    folder = tmp_path_factory.mktemp("own")
    table = write_table(folder, pictures(folder))
    with pytest.MonkeyPatch.context() as patch, scripts_of(patch) as load:
        load("prepare").main(options(folder / "build", "--pairs", str(table), "--views", "2"))
    return folder / "build" / "pairs.npz"


@pytest.fixture
def prepared(tmp_path: Path, seen: Path) -> Path:
    """A build folder after ``prepare``."""
    (tmp_path / "build").mkdir()
    shutil.copy(seen, tmp_path / "build")
    return tmp_path / "build"


def best(build: Path, name: str) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(build / f"{name}.pt", weights_only=True)["best"]
    return found


def test_a_persons_own_table_becomes_a_captioner(
    tmp_path: Path, prepared: Path, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    load("train").main(options(prepared, *TRAINING))
    load("export").main(options(prepared, "--to", str(tmp_path / "made")))
    words, net = own.load_decoder(tmp_path / "made")
    assert {"red", "square", "flat"} <= set(words.words) and net.settings.width == 32
    load("evaluate").main(options(prepared, "--show", "1"))
    assert "CIDEr-D" in capsys.readouterr().out


def test_a_run_that_was_cut_off_ends_with_the_same_bits(
    prepared: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = load("train")
    train.main(options(prepared, *TRAINING, "--name", "whole"))
    save = train._save

    def cut(*words: object) -> None:
        save(*words)
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(train, "_save", cut)
        with pytest.raises(KeyboardInterrupt):
            train.main(options(prepared, *TRAINING, "--name", "cut"))
    assert torch.load(prepared / "cut.pt", weights_only=True)["state"]["step"] == 10
    with pytest.raises(SystemExit, match="seed 20, not 21"):
        train.main(options(prepared, *TRAINING, "--name", "cut", "--seed", "21"))
    train.main(options(prepared, *TRAINING, "--name", "cut"))
    whole, taken_up = best(prepared, "whole"), best(prepared, "cut")
    assert all(torch.equal(whole[name], taken_up[name]) for name in whole)
    train.main(options(prepared, *TRAINING, "--name", "other", "--seed", "21"))
    assert any(not torch.equal(whole[name], array) for name, array in best(prepared, "other").items())


def test_it_stops_when_validation_gets_no_better_and_keeps_the_best(
    prepared: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = load("train")
    losses = iter([3.0, 2.0, 2.5, 2.4, 2.3, 1.0])
    kept = []

    def loss(net: torch.nn.Module, *_: object) -> float:
        kept.append({name: array.clone() for name, array in net.state_dict().items()})
        return next(losses)

    monkeypatch.setattr(train, "validation_loss", loss)
    train.main(options(prepared, *TRAINING, "--steps", "60", "--patience", "3"))
    stored = torch.load(prepared / "captioner.pt", weights_only=True)
    assert stored["state"]["step"] == 50 and stored["state"]["best"] == 2.0
    assert all(torch.equal(array, kept[1][name]) for name, array in stored["best"].items())


def test_it_goes_on_from_the_programs_captioner_with_its_words(prepared: Path, load: Load) -> None:
    shipped = own.folder_of(REPOSITORY / "resources")
    load("train").main(options(prepared, *TRAINING, "--steps", "2", "--start-from", str(shipped)))
    stored = torch.load(prepared / "captioner.pt", weights_only=True)
    words, net = own.load_decoder(shipped)
    assert tuple(stored["words"]) == words.words[4:]
    moved = [float((stored["net"][name] - array).abs().max()) for name, array in net.state_dict().items()]
    assert 0 < max(moved) < 0.1


def test_too_few_photos_or_words_are_told(tmp_path: Path, load: Load, prepared: Path) -> None:
    pictures(tmp_path, 2)
    with pytest.raises(SystemExit, match="lower --least"):
        load("train").main(options(prepared, "--least", "1000"))
    table = write_table(tmp_path, [("0.png", "a red square"), ("1.png", "a green one")])
    few = tmp_path / "few"
    load("prepare").main(options(few, "--pairs", str(table), "--views", "1"))
    with pytest.raises(SystemExit, match="three photos"):
        load("train").main(options(few, *TRAINING))


def test_a_bad_table_costs_its_bad_rows_alone(tmp_path: Path, load: Load) -> None:
    pairs = load("pairs")
    pictures(tmp_path, 2)
    rows = [
        ("0.png", "a red\x07 square\nin \x1b[31mtwo lines"),
        ("0.png", "words " * 2000),
        ("1.png", " \x00 \t "),
        ("gone.png", "not there"),
        ("../" * 40, "a folder"),
        ("1.png", "바다와 하늘"),
    ]
    table = write_table(tmp_path, rows)
    with table.open("ab") as stream:
        stream.write(b"alone\n\xff\xfe,not text\n\n")
    images, sentences = pairs.read_own(table)
    assert [image.name for image in images] == ["0.png", "1.png"]
    assert sentences[0][0] == "a red square in [31mtwo lines" and sentences[1] == ["바다와 하늘"]
    assert len(sentences[0][1]) <= pairs.LONGEST_SENTENCE
    with pytest.raises(UsageProblem, match="no image"):
        pairs.read_own(write_table(tmp_path, rows[3:4]))


def test_photos_are_split_and_never_their_sentences(load: Load) -> None:
    split = load("pairs").split_of(686, seed=20)
    assert np.bincount(split).tolist() == [548, 69, 69]
    assert np.array_equal(split, load("pairs").split_of(686, seed=20))
    assert sorted(load("pairs").split_of(3, seed=1).tolist()) == [0, 1, 2]


def test_short_sentences_apart_cost_what_all_together_cost(load: Load) -> None:
    from organizer.models.captioner_net import CaptionNet, NetSettings
    from organizer.models.captioner_words import WordList

    train = load("train")
    words = WordList(["a", "dog", "runs", "far"])
    net = CaptionNet(NetSettings(words=8, dimension=6, width=16, heads=2, layers=1, length=9)).eval()
    texts = ["a dog", "a dog runs far", "dog", "a strange dog runs", "a a a a a a", "far"]
    said = torch.from_numpy(train.padded([words.numbers(text, 7) for text in texts], words.padding))
    vectors = torch.randn(6, 6, generator=torch.Generator().manual_seed(1))
    logits, wanted = net(vectors, said[:, :-1]), said[:, 1:]
    answered = (wanted != words.padding) & (wanted != words.unknown)
    plain = torch.nn.functional.cross_entropy(logits[answered], wanted[answered])
    torch.testing.assert_close(train.loss_of(net, vectors, said, words), plain)


def test_sentences_learn_to_look_like_photos(load: Load) -> None:
    draw = np.random.default_rng(0)
    sentences = draw.standard_normal((300, 12)).astype(np.float32)
    turn = np.linalg.qr(draw.standard_normal((12, 12)))[0].astype(np.float32)
    owner = np.repeat(np.arange(100), 3)
    photos = np.stack([sentences[owner == one].mean(0) for one in range(100)]) @ turn
    likeness = load("likeness").fit(sentences, photos, owner)
    pictured = likeness.pictured(sentences, draw, 0.0)
    np.testing.assert_allclose(np.linalg.norm(pictured, axis=1), 1, atol=1e-5)
    unit = photos / np.linalg.norm(photos, axis=1, keepdims=True)
    assert (pictured * unit[owner]).sum(1).mean() > 0.5 > (sentences * unit[owner]).sum(1).mean()
    assert not np.allclose(likeness.pictured(sentences, draw, 1.0), pictured)


@pytest.mark.parametrize(
    ("source", "labels", "sentences"),
    [
        ("sroie", ("receipt",), {"a receipt", "a scanned receipt with printed text"}),
        ("pacs", ("sketch of a elephant", "elephant", "sketch"), {"a sketch of an elephant"}),
        ("clothing", ("jeans",), {"a pair of jeans"}),
        ("clothing", ("dresses",), {"a dress"}),
        ("pets", ("persian", "cat"), {"a persian cat", "a close up of a cat"}),
        ("coco128x2", ("umbrella", "dog"), {"an umbrella with a dog"}),
        ("imagenet", ("airliner", "aircraft"), {"an airliner", "a close up of an airliner"}),
    ],
)
def test_labels_become_plain_english(
    load: Load, source: str, labels: tuple[str, ...], sentences: set[str]
) -> None:
    said = load("label_sentences").sentence_from_labels
    made = {said(source, labels, random.Random(seed)) for seed in range(60)}
    assert sentences <= made
    assert not any(" a e" in one or "  " in one or not one.strip() for one in made)
