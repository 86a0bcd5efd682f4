"""Train the image tower in the sentence embedder's space, for a given number of steps.

It starts from ImageNet weights and a projection fitted in closed form (ridge regression), so that it
is usable from the first step, and goes on from its checkpoint when started again. Seed and steps decide
the weights; --minutes only says when to stop for now.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import workspace

logger = logging.getLogger("train_image")

STEPS = 3511  # what the weights had that ship with the program
SIZES = (96, 112, 112, 128)
TEACHER_TEMPERATURE = 1.3
WEIGHTS = {"labels": 1.0, "teacher": 2.0, "relation": 2.0, "things": 0.5}
SCALED = ("labels", "things")
FROZEN = ("conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2")


@dataclass
class Data:
    """The arrays that a step draws from."""

    pixels: np.ndarray
    weights: np.ndarray
    teacher: np.ndarray
    known: np.ndarray
    features: np.ndarray


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options and run until the steps are done or the time is up."""
    options = workspace.parser(__doc__, data=True, training=True)
    options.add_argument("--steps", type=int, default=STEPS, help="batches to learn from")
    options.add_argument("--batch", type=int, default=96, help="pictures in a batch")
    options.add_argument("--rate", type=float, default=4e-4, help="learning rate of the trunk")
    options.add_argument("--train-all", action="store_true", help="train the first stages too")
    options.add_argument("--name", default="image", help="name of the run's checkpoint")
    workspace.offer_untrained(options)
    arguments = options.parse_args(argv)
    space = workspace.start(arguments)
    train(arguments, space)


def train(arguments: argparse.Namespace, space: workspace.Workspace) -> None:
    """The whole run: data, model, loop, checkpoint."""
    import schedule
    import texts
    import torch
    import towers

    device: str = arguments.device
    table = texts.load_phrase_table(space.texts)
    data = _read(arguments.data, space)
    classifier = towers.imagenet_classifier(untrained=arguments.untrained)
    visual = towers.build().visual
    checkpoint = space.checkpoint(arguments.name)
    if not checkpoint.exists():
        _start_from_imagenet(visual, classifier, data, table)
    model = with_scales(visual).to(device, memory_format=torch.channels_last)
    names = ("seed", "steps", "batch", "rate", "train_all", "untrained")
    settings = {name: getattr(arguments, name) for name in names} | {"pictures": len(data.weights)}
    run = schedule.Run(
        model,
        parameter_groups(model, arguments.rate, train_all=arguments.train_all),
        checkpoint,
        settings,
        decay=0.998,
        clip=5.0,
        weights=WEIGHTS,
    )
    lesson = Lesson(data, table, classifier, arguments.seed, arguments.batch, device)
    done = run.follow(
        lambda step: lesson.losses(model, step), minutes=arguments.minutes, save_every=arguments.save_every
    )
    told = "done" if done else "stopped for now"
    logger.info("%s: %d steps, %d pictures seen", told, run.step, run.step * arguments.batch)


def with_scales(visual: Any) -> Any:
    """The image tower and the learned scales of the two losses that compare with words."""
    import torch

    scales = {name: torch.nn.Parameter(torch.tensor(np.log(25.0), dtype=torch.float32)) for name in SCALED}
    return torch.nn.ModuleDict({"visual": visual, "scales": torch.nn.ParameterDict(scales)})


def _read(folder: Path, space: workspace.Workspace) -> Data:
    import dataset

    pictures = dataset.read_pictures(folder)
    teacher, known = dataset.read_targets(folder, pictures)
    pixels, features = workspace.read_prepared(space.pixels), workspace.read_prepared(space.features)
    if not len(pixels) == len(features) == len(pictures):
        raise workspace.Refused(
            f"{space.root} was prepared from other data: it has {len(pixels)} pictures, labels.tsv "
            f"{len(pictures)}; run prepare.py into another --build."
        )
    return Data(pixels, dataset.balanced_weights(pictures), teacher, known, features)


class Lesson:
    """What each step learns from: the data, and the fixed vectors on the device."""

    def __init__(self, data: Data, table: Any, classifier: Any, seed: int, batch: int, device: str) -> None:
        import objectives

        self._data = data
        self._targets = objectives.LabelTargets(table, device)
        linear = classifier.classifier
        self._things = (linear.weight.detach(), linear.bias.detach())
        self._seed = seed
        self._batch = batch
        self._device = device

    def losses(self, model: Any, step: int) -> dict[str, Any]:
        """One batch: drawn, augmented, embedded and judged. Seed and step alone decide what is drawn."""
        import augment
        import torch
        from torch.nn import functional

        data, device = self._data, self._device
        draw = np.random.default_rng((self._seed, step))
        rows = np.sort(draw.choice(len(data.weights), self._batch, replace=True, p=data.weights))
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + step)
        size = SIZES[int(draw.integers(len(SIZES)))]
        images = augment.augmented(torch.from_numpy(data.pixels[rows]).to(device), size, generator)
        _set_modes(model)
        with workspace.mixed_precision(device):
            embedded = model["visual"](images)
        return self._judged(model, functional.normalize(embedded.float(), dim=1), rows)

    def _judged(self, model: Any, z: Any, rows: np.ndarray) -> dict[str, Any]:
        import objectives
        import torch
        from torch.nn import functional

        data, device, targets = self._data, self._device, self._targets
        teacher = torch.from_numpy(data.teacher[rows]).float().to(device)
        known = torch.from_numpy(data.known[rows]).float().to(device)
        logits = functional.linear(torch.from_numpy(data.features[rows]).float(), *self._things)
        wanted = functional.softmax(logits / TEACHER_TEMPERATURE, dim=1).to(device)
        scales = {name: value.exp().clamp(max=100) for name, value in model["scales"].items()}
        return {
            "labels": objectives.labels_loss(z, targets.vectors, targets(rows), scales["labels"]),
            "teacher": objectives.teacher_loss(z, teacher, known),
            "relation": objectives.relation_loss(z, teacher, known),
            "things": objectives.things_loss(z, targets.things, wanted, scales["things"]),
        }


def _set_modes(model: Any) -> None:
    """Training mode, with the batch statistics of ImageNet kept: batches are small and mixed."""
    import torch

    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()


def parameter_groups(model: Any, rate: float, *, train_all: bool) -> list[dict[str, Any]]:
    """Parameter groups with their learning rates; the first stages are frozen unless asked otherwise."""
    trunk, head, plain = [], [], []
    for name, parameter in model.named_parameters():
        inner = name.removeprefix("visual.trunk.")
        if not train_all and inner != name and inner.startswith(FROZEN):
            parameter.requires_grad_(False)
        elif parameter.ndim < 2:
            plain.append(parameter)
        elif inner != name:
            trunk.append(parameter)
        else:
            head.append(parameter)
    return [
        {"params": trunk, "lr": rate, "weight_decay": 0.03},
        {"params": head, "lr": rate * 3, "weight_decay": 0.03},
        {"params": plain, "lr": rate * 2, "weight_decay": 0.0},
    ]


def _start_from_imagenet(visual: Any, classifier: Any, data: Data, table: Any) -> None:
    """Copy the trunk and fit the projection: weighted ridge regression from features to wanted vectors.

    The wanted vector is the mean of the teacher's, where there is one, and of the labels' vectors.
    """
    import torch

    trunk = {k: v for k, v in classifier.state_dict().items() if not k.startswith("classifier.")}
    visual.trunk.load_state_dict(trunk)
    wanted = np.zeros((len(data.weights), table.vectors.shape[1]), np.float32)
    for row in range(len(wanted)):
        labels = table.members[table.starts[row] : table.starts[row + 1]]
        mean = table.vectors[labels[0]] + table.vectors[labels].mean(0)
        wanted[row] = mean / np.linalg.norm(mean)
    wanted[data.known] += data.teacher[data.known]
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    weight = np.sqrt(data.weights / data.weights.mean()).astype(np.float32)[:, None]
    inputs = np.concatenate([data.features, np.ones((len(wanted), 1), np.float16)], 1)
    inputs = inputs.astype(np.float32) * weight
    square = (inputs.T @ inputs).astype(np.float64)
    square[np.diag_indices_from(square)] += 2e-2 * np.trace(square) / len(square)
    solved = np.linalg.solve(square, (inputs.T @ (wanted * weight)).astype(np.float64))
    with torch.no_grad():
        visual.head.proj.weight.copy_(torch.from_numpy(solved[:-1].T.astype(np.float32)))
        visual.head.proj.bias.copy_(torch.from_numpy(solved[-1].astype(np.float32)))


if __name__ == "__main__":
    main()
