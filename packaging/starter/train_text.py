"""Train the text tower to follow the sentence embedder, for a given number of minutes.

A small CLIP text transformer learns the sentence vectors of the corpus by cosine, together with the
batch's mutual cosines. Each token starts from the sentence embedder's vector of its own letters, so that
rare words mean something from the start.
"""

from __future__ import annotations

import argparse
import logging
from typing import Any

import numpy as np
import torch
import workspace
from torch import nn
from torch.nn import functional

logger = logging.getLogger("train_text")

HELD_BACK = 4000
WEIGHTS = {"cosine": 1.0, "relation": 1.0, "contrast": 0.1}


class TextTower(nn.Module):
    """The text half of an open_clip model alone.

    It computes what open_clip's encode_text does, on the tokens that the batch needs: with the causal
    mask nothing after the end token can matter.
    """

    def __init__(self, clip: Any) -> None:
        super().__init__()
        clip.visual = nn.Identity()
        self.text = clip

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, L) tokens -> (N, 384), not normalised."""
        text = self.text
        length = int((tokens != 0).sum(1).max())
        tokens = tokens[:, :length]
        x = text.token_embedding(tokens) + text.positional_embedding[:length]
        x = text.ln_final(text.transformer(x, attn_mask=text.attn_mask[:length, :length]))
        ends = x[torch.arange(len(x), device=x.device), tokens.argmax(1)]
        projected: torch.Tensor = ends @ text.text_projection
        return projected


def main() -> None:
    """Parse the options and run until the time is up."""
    options = workspace.parser(__doc__, data=False)
    options.add_argument("--minutes", type=float, default=25.0)
    options.add_argument("--batch", type=int, default=256)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--name", default="text", help="name of the run's checkpoint")
    arguments = options.parse_args()
    space = workspace.start(arguments)
    train(arguments, space)


def train(arguments: argparse.Namespace, space: workspace.Workspace) -> None:
    """The whole run: corpus, model, loop, checkpoint."""
    import schedule
    import texts
    import towers

    device = workspace.device_name(arguments.device)
    lines, vectors = texts.load_corpus(space.corpus)
    tokens = tokenised(lines)
    lengths = (tokens != 0).sum(1)
    model = TextTower(towers.build())
    checkpoint = space.checkpoint(arguments.name)
    if not checkpoint.exists():
        _start_from_spelling(model)
    model.to(device)
    run = schedule.Run(
        model,
        _groups(model, arguments.rate),
        checkpoint,
        minutes=arguments.minutes,
        batch=arguments.batch,
        decay=0.999,
        clip=1.0,
    )
    run.save()
    while run.going:
        rows = _rows(lengths, run.step, arguments)
        run.learn(_losses(model, tokens[rows], vectors[rows], device), WEIGHTS)
        if run.step % 100 == 0:
            run.report()
        if run.step % 500 == 0:
            run.save()
            held_back_cosine(run.average.module, tokens, vectors, device)
    run.save()
    held_back_cosine(run.average.module, tokens, vectors, device)
    logger.info("done: %d steps, %d lines seen", run.step, run.step * arguments.batch)


def tokenised(lines: list[str]) -> np.ndarray:
    """(N, context length) int32 of CLIP's own tokens."""
    import towers
    from open_clip.tokenizer import SimpleTokenizer

    length = towers.CONFIG["model_cfg"]["text_cfg"]["context_length"]
    tokens = SimpleTokenizer(context_length=length)(lines)
    return np.asarray(tokens.numpy(), np.int32)


def _rows(lengths: np.ndarray, step: int, arguments: argparse.Namespace) -> np.ndarray:
    """A batch of lines of like length: most of a mixed batch would be padding."""
    draw = np.random.default_rng((arguments.seed, step))
    drawn = draw.integers(HELD_BACK, len(lengths), arguments.batch * 4)
    ordered = drawn[np.argsort(lengths[drawn], kind="stable")]
    first = int(draw.integers(4)) * arguments.batch
    return np.asarray(ordered[first : first + arguments.batch])


def _losses(model: Any, tokens: np.ndarray, vectors: np.ndarray, device: str) -> dict[str, torch.Tensor]:
    wanted = functional.normalize(torch.from_numpy(vectors).float().to(device), dim=1)
    z = functional.normalize(model(torch.from_numpy(tokens).long().to(device)), dim=1)
    meant = torch.softmax(40.0 * wanted @ wanted.T, dim=1)
    return {
        "cosine": (1 - (z * wanted).sum(1)).mean(),
        "relation": ((z @ z.T - wanted @ wanted.T) ** 2).mean(),
        "contrast": functional.cross_entropy(20.0 * z @ wanted.T, meant),
    }


def held_back_cosine(model: Any, tokens: np.ndarray, vectors: np.ndarray, device: str) -> float:
    """Mean cosine to the sentence embedder on lines that are never trained on; logged too."""
    total = 0.0
    with torch.inference_mode():
        for first in range(0, HELD_BACK, 500):
            part = slice(first, first + 500)
            z = model(torch.from_numpy(tokens[part]).long().to(device))
            wanted = torch.from_numpy(vectors[part]).float().to(device)
            total += float(functional.cosine_similarity(z, wanted).sum())
    logger.info("cosine on held-back lines %.4f", total / HELD_BACK)
    return total / HELD_BACK


def _groups(model: Any, rate: float) -> list[dict[str, Any]]:
    embedding = [p for n, p in model.named_parameters() if "token_embedding" in n]
    plain = [p for n, p in model.named_parameters() if p.ndim < 2]
    rest = [p for n, p in model.named_parameters() if p.ndim >= 2 and "token_embedding" not in n]
    return [
        {"params": embedding, "lr": rate, "weight_decay": 0.0},
        {"params": plain, "lr": rate, "weight_decay": 0.0},
        {"params": rest, "lr": rate, "weight_decay": 0.02},
    ]


def _start_from_spelling(model: Any) -> None:
    """Token vectors from the sentence embedder, reduced to the tower's width by principal components."""
    from open_clip.tokenizer import SimpleTokenizer
    from sentence_embedder import SentenceEmbedder

    encoder = SimpleTokenizer().encoder
    spelling = [token.replace("</w>", "") or "." for token in encoder]
    vectors = SentenceEmbedder().encode(spelling).astype(np.float32)
    centred = vectors - vectors.mean(0)
    width = model.text.token_embedding.weight.shape[1]
    _, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    reduced = centred @ axes[:, ::-1][:, :width]
    reduced *= 0.03 / reduced.std()
    with torch.no_grad():
        weight = model.text.token_embedding.weight
        weight[: len(reduced)] = torch.from_numpy(reduced).to(weight)


if __name__ == "__main__":
    main()
