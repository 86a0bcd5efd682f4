"""CoCa decoded with a cache says, word by word, what open_clip's ``generate`` says on the same weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch.nn import functional

from organizer.errors import Cancelled, ModelDamaged, UsageProblem
from organizer.models.coca import CocaCaptioner, open_coca, tidied
from organizer.models.coca_steps import CocaSteps
from organizer.models.decoding import Rules, decode
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from tests import coca_reference as reference

SIDE, CONTEXT = 32, 24


class Forgetful:
    """open_clip's own forward pass over the whole sentence for each word: what the cache must equal."""

    def __init__(self, model: Any, pictures: torch.Tensor) -> None:
        self._model = model
        self._latent, self._seen = model._encode_image(pictures)
        self._said = torch.zeros(len(pictures), 0, dtype=torch.long)

    def step(self, words: torch.Tensor) -> torch.Tensor:
        self._said = torch.cat([self._said, words[:, None]], 1)
        answer = self._model(
            None, self._said, image_latent=self._latent, image_embs=self._seen, output_labels=False
        )
        logits: torch.Tensor = answer["logits"][:, -1]
        return logits

    def keep(self, rows: torch.Tensor) -> None:
        self._said, self._latent, self._seen = self._said[rows], self._latent[rows], self._seen[rows]


@pytest.mark.parametrize(("seed", "shape"), [(0, {}), (1, {"layers": 3}), (2, {"width": 48})])
def test_greedy_equals_open_clips_generate(seed: int, shape: dict[str, int]) -> None:
    model = reference.model_that_ends(seed, context=CONTEXT, **shape)
    seen = reference.pictures(6, seed)
    with torch.inference_mode():
        steps = CocaSteps(model, model._encode_image(seen)[1])
        rules = Rules(reference.START, (reference.END, 0), longest=20, shortest=5)
        assert decode(steps, 6, rules) == reference.own_generate(model, seen, 20, 5)


def test_rows_of_that_comparison_do_end_at_different_words() -> None:
    model = reference.model_that_ends(0, context=CONTEXT)
    lengths = {len(row) for row in reference.own_generate(model, reference.pictures(6, 0), 20, 5)}
    assert len(lengths) > 1


def test_logits_equal_word_by_word_also_after_rows_were_chosen_anew() -> None:
    model = reference.random_coca(4, context=CONTEXT)
    seen = reference.pictures(3, 4)
    words = torch.randint(1, 49000, (8, 4), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        cached, whole = CocaSteps(model, model._encode_image(seen)[1]), Forgetful(model, seen)
        for number in range(8):
            said = words[number, : 3 if number < 4 else 4]
            torch.testing.assert_close(cached.step(said), whole.step(said), rtol=1e-4, atol=1e-4)
            if number == 3:
                rows = torch.tensor([2, 0, 0, 1])
                cached.keep(rows)
                whole.keep(rows)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_beams_are_the_same_with_and_without_the_cache(penalty: float) -> None:
    model = reference.model_that_ends(5, context=CONTEXT)
    seen = reference.pictures(3, 5)
    rules = Rules(reference.START, (reference.END, 0), longest=12, shortest=4, beams=3, penalty=penalty)
    with torch.inference_mode():
        cached = decode(CocaSteps(model, model._encode_image(seen)[1]), 3, rules)
        assert cached == decode(Forgetful(model, seen), 3, rules)


@pytest.fixture(scope="module")
def taught(
    photos_root: Path, labels: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, np.ndarray, list[str]]:
    """A folder with a small CoCa that learned five photos by heart, their pixels, their sentences."""
    chosen = [row for row in labels if row["set"] == "captioned"][:5]
    sentences = [tidied(row["label"].split(" | ")[1].lower()) for row in chosen]
    batch = np.stack([_pixels(photos_root / row["file"]) for row in chosen])
    seen = ((torch.from_numpy(batch).float() / 255 - 0.5) / 0.5).permute(0, 3, 1, 2)
    torch.manual_seed(0)
    config = reference.small_config(width=64, context=CONTEXT, side=SIDE)
    model = reference.coca_model.CoCa(**{k: v for k, v in config.items() if k != "custom_text"})
    _learn_by_heart(model, seen, reference.tokenised(sentences, CONTEXT))
    folder = tmp_path_factory.mktemp("models") / "small-coca"
    return reference.save_coca(folder, model, config), batch, sentences


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(ImageOps.fit(image.convert("RGB"), (SIDE, SIDE)))


def _learn_by_heart(model: Any, seen: torch.Tensor, words: torch.Tensor) -> None:
    """Train on the few words that occur, which is quick: all others answer 0, and are one answer here."""
    used, numbers = words[:, 1:].unique(return_inverse=True)
    answers = torch.where(words[:, 1:] == 0, -100, numbers)
    model.text.token_embedding.requires_grad_(False)
    model.text_decoder.text_projection = None
    columns = torch.nn.Parameter(torch.randn(model.text_decoder.width, len(used)) * 0.1)
    others = torch.full((*answers.shape, 1), math.log(reference.WORDS))
    rate = torch.optim.Adam([*(p for p in model.parameters() if p.requires_grad), columns], lr=4e-3)
    for _ in range(300):
        logits = torch.cat([model(seen, words)["logits"] @ columns, others], -1)
        loss = functional.cross_entropy(logits.flatten(0, 1), answers.flatten(), ignore_index=-100)
        rate.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        rate.step()
        if float(loss.detach()) < 0.01:
            break
    projection = torch.zeros(model.text_decoder.width, reference.WORDS)
    projection[:, used] = columns.detach()
    model.text_decoder.text_projection = torch.nn.Parameter(projection)


def test_it_gives_back_the_sentences_that_it_learned(taught: tuple[Path, np.ndarray, list[str]]) -> None:
    folder, batch, sentences = taught
    captioner = CocaCaptioner.load(folder, "cpu")
    assert captioner.describe(batch) == sentences
    assert captioner.describe(batch[::-1]) == sentences[::-1]
    assert captioner.describe(batch[:0]) == []
    for row in range(len(batch)):
        seen = captioner._pixels(batch[row : row + 1])
        own = reference.own_generate(captioner._model, seen, CONTEXT - 1)
        assert captioner.tokens(batch[row : row + 1], beams=1, longest=CONTEXT - 1) == own
    captioner.close()


def test_it_stops_between_words_and_refuses_other_pictures(
    taught: tuple[Path, np.ndarray, list[str]],
) -> None:
    folder, batch, sentences = taught
    captioner = CocaCaptioner.load(folder, "cpu")
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        captioner.describe(batch, check)
    assert captioner.describe(batch[:1]) == sentences[:1]  # of use afterwards
    with pytest.raises(ValueError, match="expected uint8"):
        captioner.describe(batch[:, :16])
    noise = np.random.default_rng(0).integers(0, 256, batch.shape, dtype=np.uint8)
    assert all(isinstance(sentence, str) for sentence in captioner.describe(noise))


def test_it_halves_the_batch_where_memory_runs_out(
    taught: tuple[Path, np.ndarray, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batch, sentences = taught
    captioner = CocaCaptioner.load(folder, "cpu")
    real = captioner.tokens

    def tokens(part: np.ndarray, *rest: Any) -> list[list[int]]:
        if len(part) > 2:
            raise MemoryError
        return real(part, *rest)

    monkeypatch.setattr(captioner, "tokens", tokens)
    assert captioner.describe(batch) == sentences


def test_a_folder_that_holds_no_coca_is_refused() -> None:
    with pytest.raises(ModelDamaged, match="writes no captions"):
        CocaCaptioner.load(resources_dir() / "models" / "starter", "cpu")
    registry = load_registry(resources_dir(), Path("none"))
    with pytest.raises(UsageProblem, match="writes no captions"):
        open_coca(registry.bundled, "cpu")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a dog runs , and jumps . ", "A dog runs, and jumps."),
        ("", ""),
        (" . ", ""),
        ("a man in a t - shirt is water - skiing !", "A man in a t-shirt is water-skiing."),
        ("it 's a dog , isn 't it ?", "It's a dog, isn't it."),
        ("two\x07 men\n\x00at work", "Two men at work."),
    ],
)
def test_tidied(text: str, sentence: str) -> None:
    assert tidied(text) == sentence
