"""Train the captioner's decoder on what ``prepare.py`` made, until it stops getting better.

Every batch mixes sentences with the photos they were written about, sentences made of labels with their
photos, and sentences without photos with vectors as photos of them might have (``likeness.py``); where there
are only pairs, it takes those alone. The averaged weights that say the validation photos' sentences best are
kept. A run that was cut off goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folders
import numpy as np

logger = logging.getLogger("train")

SHARES = {"pairs": 0.3, "words": 0.5, "labelled": 0.2}
DECIDING = ("steps", "batch", "rate", "least", "every", "patience", "noise", "seed")  # with data, the weights
LABELLED_JUDGES = 300  # labelled photos that are not learned from and help to say when to stop
_LENGTHS = 3  # groups of sentences of about one length in a batch


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options and run."""
    options = folders.parser(__doc__)
    options.add_argument("--steps", type=int, default=4000)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--rate", type=float, default=1.2e-3)
    options.add_argument("--least", type=int, default=8, help="how often a word must occur to be learned")
    options.add_argument("--width", type=int, default=256)
    options.add_argument("--layers", type=int, default=2)
    options.add_argument("--every", type=int, default=250, help="steps between two validations")
    options.add_argument(
        "--patience", type=int, default=6, help="validations without progress before the end"
    )
    options.add_argument("--noise", type=float, default=1.0, help="strength of likeness.py's leftovers")
    options.add_argument("--shares", default="", help="as in pairs=0.3,words=0.5,labelled=0.2")
    options.add_argument("--start-from", type=Path, help="a captioner's folder to go on from, with its words")
    options.add_argument("--name", default="captioner", help="name of the run's checkpoint")
    arguments = options.parse_args(argv)
    made = folders.start(arguments)
    train(arguments, made)


@dataclass(frozen=True)
class Data:
    """Everything in memory: what is learned from, the sentences that say when to stop, the map between."""

    train: Any
    validation: Any
    words: Any
    labelled: Any
    likeness: Any


def load(made: folders.Folders) -> Data:
    """Read what prepare.py made; words and labelled photos are None where it made none."""
    import likeness
    import pairs
    import workspace

    every = pairs.load_pairs(made.pairs)
    training = every.part("train")
    if not len(every.part("validation").split):
        raise workspace.Refused(
            "That takes three photos or more: one to learn from, one to stop by, one to test."
        )
    judge = every.part("validation")
    owners = [(photo, text) for photo, sentences in enumerate(judge.sentences) for text in sentences]
    judged = pairs.Sentences([text for _, text in owners], judge.vectors[[photo for photo, _ in owners], 0])
    words = labelled = likened = None
    if made.words.exists():
        words = pairs.load_sentences(made.words)
        likened = likeness.fit(*_written(training, made))
    if made.labelled.exists():
        stored = pairs.load_sentences(made.labelled)
        kept = max(1, len(stored.texts) - LABELLED_JUDGES)
        labelled = pairs.Sentences(stored.texts[:kept], stored.vectors[:kept])
        judged = pairs.Sentences(
            judged.texts + stored.texts[kept:], np.concatenate([judged.vectors, stored.vectors[kept:]])
        )
    return Data(training, judged, words, labelled, likened)


def _written(training: Any, made: folders.Folders) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The training sentences' vectors, their photos' vectors and owners, for the map between them."""
    import pairs

    stored = pairs.load_sentences(made.written)
    row = {text: number for number, text in enumerate(stored.texts)}
    found = [
        (row[text], owner)
        for owner, sentences in enumerate(training.sentences)
        for text in sentences
        if text in row
    ]
    rows, owners = zip(*found, strict=True)
    return stored.vectors[list(rows)], training.vectors.mean(1), np.asarray(owners)


class Batches:
    """Draws batches; the same step draws the same batch, so that a restart goes on as if nothing were."""

    def __init__(
        self, data: Data, words: Any, shares: dict[str, float], arguments: argparse.Namespace
    ) -> None:
        self._data, self._words, self._arguments = data, words, arguments
        shares = {
            name: share
            for name, share in shares.items()
            if share > 0 and (name == "pairs" or getattr(data, name) is not None)
        }
        total = sum(shares.values())
        self.shares = {name: share / total for name, share in shares.items()}
        logger.info("a batch is made of %s", self.shares)

    def draw(self, step: int, longest: int) -> tuple[np.ndarray, np.ndarray]:
        """(N, D) float32 vectors and (N, L) int64 words, padded."""
        draw = np.random.default_rng((self._arguments.seed, step))
        vectors: list[np.ndarray] = []
        sentences: list[str] = []
        for name, share in self.shares.items():
            count = max(1, round(share * self._arguments.batch))
            seen, said = getattr(self, f"_from_{name}")(draw, count)
            vectors.append(seen)
            sentences += said
        numbers = [self._words.numbers(sentence, longest - 2) for sentence in sentences]
        return np.concatenate(vectors), padded(numbers, self._words.padding)

    def _from_pairs(self, draw: np.random.Generator, count: int) -> tuple[np.ndarray, list[str]]:
        train = self._data.train
        photos = draw.integers(0, len(train.sentences), count)
        views = draw.integers(0, train.vectors.shape[1], count)
        said = [train.sentences[photo][draw.integers(0, len(train.sentences[photo]))] for photo in photos]
        return train.vectors[photos, views], said

    def _from_words(self, draw: np.random.Generator, count: int) -> tuple[np.ndarray, list[str]]:
        words = self._data.words
        rows = draw.integers(0, len(words.texts), count)
        seen = self._data.likeness.pictured(words.vectors[rows], draw, self._arguments.noise)
        return seen, [words.texts[row] for row in rows]

    def _from_labelled(self, draw: np.random.Generator, count: int) -> tuple[np.ndarray, list[str]]:
        labelled = self._data.labelled
        rows = draw.integers(0, len(labelled.texts), count)
        return labelled.vectors[rows], [labelled.texts[row] for row in rows]


def padded(numbers: Sequence[Sequence[int]], padding: int) -> np.ndarray:
    """(N, L) int64 of N lists, filled up on the right."""
    made = np.full((len(numbers), max(map(len, numbers))), padding, np.int64)
    for row, one in enumerate(numbers):
        made[row, : len(one)] = one
    return made


class Average:
    """A moving average of a module's weights; what it was early on is soon forgotten."""

    def __init__(self, net: Any, decay: float = 0.998) -> None:
        self.module = copy.deepcopy(net).eval().requires_grad_(False)
        self._decay = decay

    def update(self, net: Any, step: int) -> None:
        """Take the weights after one more step in."""
        keep = min(self._decay, (step + 1) / (step + 10))
        for mine, other in zip(self.module.parameters(), net.parameters(), strict=True):
            mine.lerp_(other.detach(), 1 - keep)


def train(arguments: argparse.Namespace, made: folders.Folders) -> None:
    """The whole run: data, words, model, loop, checkpoint of the best."""
    import torch
    import workspace

    from organizer.models.captioner_net import CaptionNet, NetSettings

    data = load(made)
    device = workspace.device_name(arguments.device)
    words, net = _start(arguments, data, CaptionNet, NetSettings)
    net.to(device)
    shares = {name: float(value) for name, value in (p.split("=") for p in arguments.shares.split(",") if p)}
    batches = Batches(data, words, shares or SHARES, arguments)
    average = Average(net)
    optimiser = torch.optim.AdamW(_groups(net), betas=(0.9, 0.98))
    state = {"step": 0, "best": math.inf, "since": 0}
    checkpoint = made.checkpoint(arguments.name)
    run = (
        {name: getattr(arguments, name) for name in DECIDING}
        | {"shares": batches.shares}
        | net.settings.as_dict()
    )
    _restore(checkpoint, net, average, optimiser, state, run)
    told = 0.0
    while state["step"] < arguments.steps and state["since"] < arguments.patience:
        factor = _factor(state["step"], arguments.steps)
        for group in optimiser.param_groups:
            group["lr"] = arguments.rate * factor
        vectors, said = batches.draw(state["step"], net.settings.length)
        torch.manual_seed(arguments.seed * 1_000_003 + state["step"])  # for what dropout leaves out
        loss = loss_of(net, torch.from_numpy(vectors).to(device), torch.from_numpy(said).to(device), words)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        average.update(net, state["step"])
        state["step"] += 1
        told = float(loss.detach()) if not told else 0.97 * told + 0.03 * float(loss.detach())
        if state["step"] % arguments.every == 0 or state["step"] == arguments.steps:
            now = validation_loss(average.module, data.validation, words, device)
            state["since"] = 0 if now < state["best"] - 1e-4 else state["since"] + 1
            better, state["best"] = now < state["best"], min(now, state["best"])
            logger.info(
                "step %d loss %.3f validation %.4f%s", state["step"], told, now, " *" if better else ""
            )
            _save(checkpoint, net, average, optimiser, state, words, better, run)
    logger.info("done: %d steps, best validation %.4f", state["step"], state["best"])


def _start(arguments: argparse.Namespace, data: Data, net_of: Any, settings_of: Any) -> tuple[Any, Any]:
    """The word list and the decoder, fresh or out of a captioner's folder."""
    import workspace

    from organizer.models.captioner_words import SPECIAL, WordList

    if arguments.start_from is not None:
        from organizer.models.captioner import load_decoder

        return load_decoder(arguments.start_from)
    counted = [text for sentences in data.train.sentences for text in sentences]
    for more in (data.words, data.labelled):
        counted += more.texts if more is not None else []
    words = WordList.counted(counted, arguments.least)
    if words.words == SPECIAL:
        raise workspace.Refused(f"No word occurs {arguments.least} times in these sentences: lower --least.")
    net = net_of(
        settings_of(
            words=len(words),
            dimension=data.train.vectors.shape[2],
            width=arguments.width,
            layers=arguments.layers,
        )
    )
    size = sum(parameter.numel() for parameter in net.parameters())
    logger.info("%d words, %.2f million parameters", len(words), size / 1e6)
    return words, net


def loss_of(net: Any, vectors: Any, said: Any, words: Any) -> Any:
    """Mean cross-entropy of the next words; unknown words and padding do not count as answers.

    Short sentences are read apart from long ones, which changes nothing but the time that padding takes.
    """
    lengths = (said != words.padding).sum(1)
    total = count = 0
    for rows in lengths.argsort(stable=True).chunk(_LENGTHS):
        part = said[rows, : int(lengths[rows].max())]
        loss, answered = _summed(net, vectors[rows], part, words)
        total, count = total + loss, count + answered
    return total / max(1, count)


def _summed(net: Any, vectors: Any, said: Any, words: Any) -> tuple[Any, int]:
    """The sum of the cross-entropies, and of how many words."""
    import torch
    from torch.nn import functional

    logits = net(vectors, said[:, :-1])
    wanted = said[:, 1:]
    answered = (wanted != words.padding) & (wanted != words.unknown)
    smoothing = 0.05 if net.training else 0.0
    loss = functional.cross_entropy(
        logits[answered], wanted[answered], reduction="sum", label_smoothing=smoothing
    )
    return loss, int(torch.count_nonzero(answered))


def validation_loss(net: Any, validation: Any, words: Any, device: str) -> float:
    """Mean cross-entropy of the words of all sentences that are kept for it; photos are seen as they are."""
    import torch

    total, count = 0.0, 0
    with torch.inference_mode():
        for first in range(0, len(validation.texts), 64):
            seen = validation.vectors[first : first + 64]
            texts = validation.texts[first : first + 64]
            said = padded([words.numbers(text, net.settings.length - 2) for text in texts], words.padding)
            seen, said = torch.from_numpy(seen).to(device), torch.from_numpy(said).to(device)
            loss, answered = _summed(net, seen, said, words)
            total += float(loss)
            count += answered
    return total / max(1, count)


def _groups(net: Any) -> list[dict[str, Any]]:
    plain = [p for p in net.parameters() if p.ndim < 2]
    rest = [p for p in net.parameters() if p.ndim >= 2]
    return [{"params": plain, "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.03}]


def _factor(step: int, steps: int) -> float:
    """The learning rate's share: linear to 1, then half a cosine to a twentieth."""
    warm = min(150, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.475 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _save(
    path: Path,
    net: Any,
    average: Any,
    optimiser: Any,
    state: dict[str, Any],
    words: Any,
    better: bool,
    run: Any,
) -> None:
    """Write the checkpoint beside the old one and put it in its place; the best weights are kept in it."""
    import torch

    best = average.module.state_dict()
    if not better and path.exists():
        best = torch.load(path, map_location="cpu", weights_only=True)["best"]
    content = {
        "net": net.state_dict(),
        "average": average.module.state_dict(),
        "best": best,
        "optimiser": optimiser.state_dict(),
        "state": dict(state),
        "words": list(words.words[4:]),
        "settings": net.settings.as_dict(),
        "run": run,
    }
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def _restore(path: Path, net: Any, average: Any, optimiser: Any, state: dict[str, Any], run: Any) -> None:
    """Go on where a run was cut off. Raises Refused where the checkpoint belongs to another run."""
    import torch
    import workspace

    if not path.exists():
        return
    stored = torch.load(path, map_location="cpu", weights_only=True)
    other = [
        f"{name} {stored['run'].get(name)}, not {value}"
        for name, value in run.items()
        if stored["run"].get(name) != value
    ]
    if other:
        raise workspace.Refused(
            f"{path} belongs to a run of other settings ({'; '.join(other)}): ask for those, "
            "give another --name, or delete it."
        )
    net.load_state_dict(stored["net"])
    average.module.load_state_dict(stored["average"])
    optimiser.load_state_dict(stored["optimiser"])
    state.update(stored["state"])
    logger.info("going on from step %d", state["step"])


if __name__ == "__main__":
    main()
