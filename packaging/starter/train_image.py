"""Train the image tower in the sentence embedder's space, for a given number of minutes.

It starts from ImageNet weights and a projection fitted in closed form (ridge regression), so that it
is usable from the first step, and goes on from its checkpoint when started again. The end of the
schedule is set by --minutes.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import workspace

logger = logging.getLogger("train_image")

SIZES = (96, 112, 112, 128)
TEACHER_TEMPERATURE = 1.3
WEIGHTS = {"labels": 1.0, "teacher": 2.0, "relation": 2.0, "things": 0.5}
FROZEN = ("conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2")


@dataclass
class Data:
    """The arrays that a step draws from."""

    pixels: np.ndarray
    weights: np.ndarray
    teacher: np.ndarray
    known: np.ndarray
    features: np.ndarray


def main() -> None:
    """Parse the options and run until the time is up."""
    options = workspace.parser(__doc__)
    options.add_argument("--minutes", type=float, default=60.0, help="0: the closed-form start alone")
    options.add_argument("--batch", type=int, default=96)
    options.add_argument("--rate", type=float, default=4e-4, help="learning rate of the trunk")
    options.add_argument("--train-all", action="store_true", help="train the first stages too")
    options.add_argument("--name", default="image", help="name of the run's checkpoint")
    arguments = options.parse_args()
    space = workspace.start(arguments)
    train(arguments, space)


def train(arguments: argparse.Namespace, space: workspace.Workspace) -> None:
    """The whole run: data, model, loop, checkpoint."""
    import objectives
    import schedule
    import texts
    import torch
    import towers

    device = workspace.device_name(arguments.device)
    table = texts.load_phrase_table(space.texts)
    data = _read(arguments.data, space)
    classifier = towers.imagenet_classifier()
    visual = towers.build().visual
    checkpoint = space.checkpoint(arguments.name)
    if not checkpoint.exists():
        _start_from_imagenet(visual, classifier, data, table)
    names = ("labels", "things")
    scales = {name: torch.nn.Parameter(torch.tensor(np.log(25.0), dtype=torch.float32)) for name in names}
    model = torch.nn.ModuleDict({"visual": visual, "scales": torch.nn.ParameterDict(scales)})
    model = model.to(device, memory_format=torch.channels_last)
    run = schedule.Run(
        model,
        _groups(model, arguments),
        checkpoint,
        minutes=arguments.minutes,
        batch=arguments.batch,
        decay=0.998,
        clip=5.0,
    )
    targets = objectives.LabelTargets(table, device)
    things = (classifier.classifier.weight.detach(), classifier.classifier.bias.detach())
    run.save()
    while run.going:
        run.learn(_losses(model, data, targets, things, run.step, arguments, device), WEIGHTS)
        if run.step % 25 == 0:
            run.report()
        if run.step % 100 == 0:
            run.save()
    run.save()
    logger.info("done: %d steps, %d pictures seen", run.step, run.step * arguments.batch)


def _read(folder: Path, space: workspace.Workspace) -> Data:
    import dataset

    pictures = dataset.read_pictures(folder)
    teacher, known = dataset.read_targets(folder, pictures)
    return Data(
        pixels=np.load(space.pixels, mmap_mode="r"),
        weights=dataset.balanced_weights(pictures),
        teacher=teacher,
        known=known,
        features=np.load(space.features, mmap_mode="r"),
    )


def _losses(
    model: Any,
    data: Data,
    targets: Any,
    things: Any,
    step: int,
    arguments: argparse.Namespace,
    device: str,
) -> dict[str, Any]:
    """One batch: drawn, augmented, embedded and judged. What is drawn depends on seed and step alone."""
    import augment
    import objectives
    import torch
    from torch.nn import functional

    draw = np.random.default_rng((arguments.seed, step))
    rows = np.sort(draw.choice(len(data.weights), arguments.batch, replace=True, p=data.weights))
    generator = torch.Generator().manual_seed(arguments.seed * 1_000_003 + step)
    size = SIZES[int(draw.integers(len(SIZES)))]
    pixels = torch.from_numpy(data.pixels[rows]).to(device)
    images = augment.augmented(pixels, size, generator)
    _set_modes(model)
    z = functional.normalize(model["visual"](images), dim=1)
    teacher = torch.from_numpy(data.teacher[rows]).float().to(device)
    known = torch.from_numpy(data.known[rows]).to(device)
    logits = functional.linear(torch.from_numpy(data.features[rows]).float(), *things)
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


def _groups(model: Any, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Parameter groups with their learning rates; the first stages are frozen unless asked otherwise."""
    trunk, head, plain = [], [], []
    for name, parameter in model.named_parameters():
        inner = name.removeprefix("visual.trunk.")
        if not arguments.train_all and inner != name and inner.startswith(FROZEN):
            parameter.requires_grad_(False)
        elif parameter.ndim < 2:
            plain.append(parameter)
        elif inner != name:
            trunk.append(parameter)
        else:
            head.append(parameter)
    return [
        {"params": trunk, "lr": arguments.rate, "weight_decay": 0.03},
        {"params": head, "lr": arguments.rate * 3, "weight_decay": 0.03},
        {"params": plain, "lr": arguments.rate * 2, "weight_decay": 0.0},
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
