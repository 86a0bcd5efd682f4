"""Small CoCas, and open_clip's own ``generate`` without the large package that it wants.

open_clip's loop is run as it is. Where ``transformers`` is installed, with that package's helpers; else with
the few lines here that do the same for one greedy choice: the largest logit, no end before the shortest
length, a stop at the longest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from organizer.models.torchvision_cure import ensure_torchvision

ensure_torchvision()
import open_clip  # noqa: E402
from open_clip import coca_model  # noqa: E402

REAL = coca_model._has_transformers  # before anything stands in for it
WORDS = 49408  # CLIP's tokens
START, END = 49406, 49407


class _Listed(list[Any]):
    """Stands for LogitsProcessorList."""

    def __call__(self, words: Tensor, logits: Tensor) -> Tensor:
        for one in self:
            logits = one(words, logits)
        return logits


class _Shortest:
    """Stands for MinLengthLogitsProcessor."""

    def __init__(self, length: int, end: Tensor) -> None:
        self._length, self._end = length, int(end)

    def __call__(self, words: Tensor, logits: Tensor) -> Tensor:
        if words.shape[-1] < self._length:
            logits = logits.clone()
            logits[:, self._end] = float("-inf")
        return logits


class _Unchanged:
    """Stands for RepetitionPenaltyLogitsProcessor at 1."""

    def __init__(self, penalty: float) -> None:
        assert penalty == 1.0

    def __call__(self, words: Tensor, logits: Tensor) -> Tensor:
        return logits


class _Largest:
    """Stands for TopKLogitsWarper at 1."""

    def __init__(self, count: int) -> None:
        assert count == 1

    def __call__(self, words: Tensor, logits: Tensor) -> Tensor:
        kept = torch.full_like(logits, float("-inf"))
        best = logits.argmax(-1, keepdim=True)
        return kept.scatter(-1, best, logits.gather(-1, best))


class _Longest:
    """Stands for MaxLengthCriteria."""

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length

    def __call__(self, words: Tensor, _scores: None) -> Tensor:
        return torch.full((len(words),), words.shape[-1] >= self.max_length)


class _Every(list[Any]):
    """Stands for StoppingCriteriaList."""

    def __call__(self, words: Tensor, scores: None) -> Tensor:
        return torch.stack([one(words, scores) for one in self]).any(dim=0)


def own_generate(model: Any, pictures: Tensor, longest: int, shortest: int = 5) -> list[list[int]]:
    """open_clip's ``generate``, greedy (the best of one), as lists without padding after the end."""
    if not coca_model._has_transformers:
        stand_ins = {
            "LogitsProcessorList": _Listed,
            "MinLengthLogitsProcessor": _Shortest,
            "RepetitionPenaltyLogitsProcessor": _Unchanged,
            "MaxLengthCriteria": _Longest,
            "StoppingCriteriaList": _Every,
        }
        for name, stand_in in stand_ins.items():
            setattr(coca_model, name, stand_in)
        coca_model.GENERATION_TYPES["top_k"] = _Largest
        coca_model._has_transformers = True
    made = model.generate(
        pictures, generation_type="top_k", top_k=1, seq_len=longest, min_seq_len=shortest
    ).tolist()
    return [_until_end(row) for row in made]


def own_beams(
    model: Any, pictures: Tensor, longest: int, shortest: int, beams: int, penalty: float = 1.0
) -> list[list[int]]:
    """open_clip's ``generate`` with beams, as lists with one end each; only where ``REAL``.

    Two of its habits are set right from outside, for they are no beam search: it adds up raw logits, which
    lets a beginning win by the size of its numbers (here the model's answers are log-probabilities), and it
    stops before later words could win (here the scorer goes on until nothing can). A sentence that is cut
    holds ``longest`` tokens and then the end.
    """
    plain, scorer = model.forward, coca_model.BeamSearchScorer

    class Patient(scorer):  # type: ignore[misc, valid-type]
        def __init__(self, **options: Any) -> None:
            super().__init__(length_penalty=penalty, do_early_stopping="never", max_length=longest, **options)

        def process(self, *words: Any, **options: Any) -> Any:
            return super().process(*words, decoder_prompt_len=1, **options)

        def finalize(self, *words: Any, **options: Any) -> Any:
            return super().finalize(*words, decoder_prompt_len=1, **options)

    def normalised(*inputs: Any, **options: Any) -> dict[str, Tensor]:
        answer: dict[str, Tensor] = plain(*inputs, **options)
        return {**answer, "logits": torch.log_softmax(answer["logits"], -1)}

    model.forward, coca_model.BeamSearchScorer = normalised, Patient
    try:
        made = model.generate(
            pictures,
            generation_type="beam_search",
            seq_len=longest,
            min_seq_len=shortest,
            num_beams=beams,
            num_beam_groups=1,
        ).tolist()
    finally:
        model.forward, coca_model.BeamSearchScorer = plain, scorer
    return [[*(word for word in row if word not in (END, 0)), END] for row in made]


def _until_end(row: Sequence[int]) -> list[int]:
    stop = next((place for place, word in enumerate(row) if place and word in (END, 0)), len(row) - 1)
    return list(row[: stop + 1])


def small_config(width: int = 32, layers: int = 2, context: int = 24, side: int = 32) -> dict[str, Any]:
    """A CoCa as open_clip describes one, small enough for a test."""
    text = {"context_length": context, "vocab_size": WORDS, "width": width, "heads": 4, "layers": layers}
    return {
        "embed_dim": width,
        "vision_cfg": {
            "image_size": side,
            "layers": layers,
            "width": width,
            "head_width": width // 4,
            "patch_size": side // 4,
            "attentional_pool": True,
            "attn_pooler_heads": 4,
            "attn_pooler_queries": 9,
            "output_tokens": True,
        },
        "text_cfg": {**text, "embed_cls": True, "output_tokens": True},
        "multimodal_cfg": {**text, "attn_pooler_heads": 4},
        "custom_text": True,
    }


def random_coca(seed: int, **shape: int) -> Any:
    """A small CoCa of random weights, strong enough for its words to hang on the picture and on the place."""
    torch.manual_seed(seed)
    config = small_config(**shape)
    config.pop("custom_text")
    model = coca_model.CoCa(**config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    with torch.no_grad():
        model.text.positional_embedding *= 8
        for block in model.text_decoder.cross_attn:
            block.attn.in_proj_weight *= 3
            block.attn.out_proj.weight *= 5
    return model.eval()


def pictures(count: int, seed: int, side: int = 32) -> Tensor:
    """(count, 3, side, side) of noise, the same for the same seed."""
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def model_that_ends(seed: int, **shape: int) -> Any:
    """Random weights that end some sentences: a word that it likes to say changes places with the end."""
    model = random_coca(seed, **shape)
    said = own_generate(model, pictures(6, seed), 16, 15)
    places = [tuple(row.index(word, 5) if word in row[5:] else 99 for row in said) for word in said[0][5:-1]]
    uneven = max(range(len(places)), key=lambda one: len(set(places[one])))
    projection = model.text_decoder.text_projection.data
    liked = said[0][5 + uneven]
    projection[:, [liked, END]] = projection[:, [END, liked]]
    return model


def save_coca(folder: Path, model: Any, config: dict[str, Any]) -> Path:
    """Write a folder as the program wants it: the configuration and safetensors."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    preprocess = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    content = {"model_cfg": config, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(content))
    arrays = {name: array.contiguous() for name, array in model.state_dict().items()}
    save_file(arrays, folder / "open_clip_model.safetensors")
    return folder


def tokenised(sentences: Sequence[str], context: int) -> Tensor:
    """(N, context) of CLIP's tokens: start, words, end, zeros."""
    tokens: Tensor = open_clip.tokenizer.SimpleTokenizer(context_length=context)(list(sentences))
    return tokens
