"""Train the text tower to follow the sentence embedder, for a given number of steps.

A small CLIP text transformer learns the sentence vectors of the corpus by cosine, together with the
batch's mutual cosines. Each token starts from the sentence embedder's vector of its own letters, so that
rare words mean something from the start. Seed and steps decide the weights; --minutes only says when to
stop for now.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import workspace

logger = logging.getLogger("train_text")

STEPS = 3379  # what the weights had that ship with the program
HELD_BACK = 4000
WEIGHTS = {"cosine": 1.0, "relation": 1.0, "contrast": 0.1}


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options and run until the steps are done or the time is up."""
    options = workspace.parser(__doc__, training=True)
    options.add_argument("--steps", type=int, default=STEPS, help="batches to learn from")
    options.add_argument("--batch", type=int, default=256, help="lines in a batch")
    options.add_argument("--rate", type=float, default=2e-3, help="learning rate")
    options.add_argument("--name", default="text", help="name of the run's checkpoint")
    workspace.offer_untrained(options)
    arguments = options.parse_args(argv)
    space = workspace.start(arguments)
    train(arguments, space)


def train(arguments: argparse.Namespace, space: workspace.Workspace) -> None:
    """The whole run: corpus, model, loop, checkpoint."""
    import schedule
    import texts
    import towers

    device: str = arguments.device
    lines, vectors = texts.load_corpus(space.corpus)
    tokens = tokenised(lines)
    model = towers.TextTower(towers.build())
    checkpoint = space.checkpoint(arguments.name)
    if not checkpoint.exists():
        _start_from_spelling(model, untrained=arguments.untrained)
    model.to(device)
    names = ("seed", "steps", "batch", "rate", "untrained")
    settings = {name: getattr(arguments, name) for name in names} | {"lines": len(lines)}
    run = schedule.Run(
        model,
        parameter_groups(model, arguments.rate),
        checkpoint,
        settings,
        decay=0.999,
        clip=1.0,
        weights=WEIGHTS,
    )
    lesson = Lesson(tokens, vectors, arguments.seed, arguments.batch, device)
    done = run.follow(
        lambda step: lesson.losses(model, step),
        minutes=arguments.minutes,
        save_every=arguments.save_every,
        saved=lambda: lesson.held_back_cosine(run.average.module),
    )
    lesson.held_back_cosine(run.average.module)
    told = "done" if done else "stopped for now"
    logger.info("%s: %d steps, %d lines seen", told, run.step, run.step * arguments.batch)


def tokenised(lines: list[str]) -> np.ndarray:
    """(N, context length) int32 of CLIP's own tokens."""
    import towers
    from open_clip.tokenizer import SimpleTokenizer

    length = towers.CONFIG["model_cfg"]["text_cfg"]["context_length"]
    tokens = SimpleTokenizer(context_length=length)(lines)
    return np.asarray(tokens.numpy(), np.int32)


class Lesson:
    """What each step learns from: the corpus as tokens (N, L) and as vectors (N, 384) of the embedder.

    The first lines, a tenth but 4,000 at most, are never trained on.
    """

    def __init__(self, tokens: np.ndarray, vectors: np.ndarray, seed: int, batch: int, device: str) -> None:
        self._tokens = tokens
        self._vectors = vectors
        self._lengths = (tokens != 0).sum(1)
        self._held_back = min(HELD_BACK, len(tokens) // 10)
        self._seed = seed
        self._batch = batch
        self._device = device

    def losses(self, model: Any, step: int) -> dict[str, Any]:
        """One batch, embedded and judged. Seed and step alone decide what is drawn."""
        import torch
        from torch.nn import functional

        rows = self._rows(step)
        wanted = functional.normalize(self._wanted(rows), dim=1)
        with workspace.mixed_precision(self._device):
            embedded = model(self._read(rows))
        z = functional.normalize(embedded.float(), dim=1)
        meant = torch.softmax(40.0 * wanted @ wanted.T, dim=1)
        return {
            "cosine": (1 - (z * wanted).sum(1)).mean(),
            "relation": ((z @ z.T - wanted @ wanted.T) ** 2).mean(),
            "contrast": functional.cross_entropy(20.0 * z @ wanted.T, meant),
        }

    def held_back_cosine(self, model: Any) -> float:
        """Mean cosine to the sentence embedder on lines that are never trained on; logged too."""
        import torch
        from torch.nn import functional

        total = 0.0
        with torch.inference_mode():
            for rows in np.array_split(np.arange(self._held_back), max(1, self._held_back // 500)):
                z = model(self._read(rows)).float()
                total += float(functional.cosine_similarity(z, self._wanted(rows)).sum())
        mean = total / max(1, self._held_back)
        logger.info("cosine on held-back lines %.4f", mean)
        return mean

    def _rows(self, step: int) -> np.ndarray:
        """A batch of lines of like length: most of a mixed batch would be padding."""
        draw = np.random.default_rng((self._seed, step))
        drawn = draw.integers(self._held_back, len(self._lengths), self._batch * 4)
        ordered = drawn[np.argsort(self._lengths[drawn], kind="stable")]
        first = int(draw.integers(4)) * self._batch
        return np.asarray(ordered[first : first + self._batch])

    def _read(self, rows: np.ndarray) -> Any:
        """(B, L) int64 tokens on the device, without what is padding in every row."""
        import torch

        length = int(self._lengths[rows].max())
        return torch.from_numpy(self._tokens[rows, :length]).long().to(self._device)

    def _wanted(self, rows: np.ndarray) -> Any:
        """(B, 384) float32 on the device: the sentence embedder's vectors."""
        import torch

        return torch.from_numpy(self._vectors[rows]).float().to(self._device)


def parameter_groups(model: Any, rate: float) -> list[dict[str, Any]]:
    embedding = [p for n, p in model.named_parameters() if "token_embedding" in n]
    plain = [p for n, p in model.named_parameters() if p.ndim < 2]
    rest = [p for n, p in model.named_parameters() if p.ndim >= 2 and "token_embedding" not in n]
    return [
        {"params": embedding, "lr": rate, "weight_decay": 0.0},
        {"params": plain, "lr": rate, "weight_decay": 0.0},
        {"params": rest, "lr": rate, "weight_decay": 0.02},
    ]


def _start_from_spelling(model: Any, *, untrained: bool) -> None:
    """Token vectors from the sentence embedder, reduced to the tower's width by principal components."""
    import torch
    from open_clip.tokenizer import SimpleTokenizer
    from sentence_embedder import open_embedder

    encoder = SimpleTokenizer().encoder
    spelling = [token.replace("</w>", "") or "." for token in encoder]
    vectors = open_embedder(untrained=untrained).encode(spelling).astype(np.float32)
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
