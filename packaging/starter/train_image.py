"""Train the image tower in the sentence embedder's space, for a given number of minutes.

It starts from ImageNet weights and a projection fitted in closed form (ridge regression), so that it
is usable from the first step, and goes on from its checkpoint when started again. The end of the
schedule is set by --minutes.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import workspace

logger = logging.getLogger("train_image")

SIZES = (96, 112, 112, 128)
TEACHER_TEMPERATURE = 1.3
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
    import dataset
    import objectives
    import schedule
    import texts
    import torch
    import towers

    device = workspace.device_name(arguments.device)
    pictures = dataset.read_pictures(arguments.data)
    table = texts.load_phrase_table(space.texts)
    teacher, known = dataset.read_targets(arguments.data, pictures)
    features = np.load(space.features, mmap_mode="r")
    data = Data(
        np.load(space.pixels, mmap_mode="r"),
        dataset.balanced_weights(pictures),
        teacher,
        known,
        features,
    )
    classifier = towers.imagenet_classifier()
    head_of_things = (classifier.classifier.weight.detach(), classifier.classifier.bias.detach())
    visual = towers.build().visual
    _start_from_imagenet(visual, classifier, data, table)
    scales = torch.nn.ParameterDict(
        {
            name: torch.nn.Parameter(torch.tensor(np.log(value), dtype=torch.float32))
            for name, value in (("labels", 25.0), ("things", 25.0))
        }
    )
    model = torch.nn.ModuleDict({"visual": visual, "scales": scales}).to(device)
    model = model.to(memory_format=torch.channels_last)
    average = schedule.Average(model)
    checkpoint = space.checkpoint(arguments.name)
    stored = schedule.load_checkpoint(checkpoint)
    optimiser = _optimiser(model, arguments)
    step, elapsed = 0, 0.0
    if stored:
        model.load_state_dict(stored["model"])
        average.module.load_state_dict(stored["average"])
        optimiser.load_state_dict(stored["optimiser"])
        step, elapsed = int(stored["step"]), float(stored["elapsed"])
    clock = schedule.Clock(arguments.minutes, elapsed)
    targets = objectives.LabelTargets(table, device)
    base_rates = [group["lr"] for group in optimiser.param_groups]

    def save() -> None:
        schedule.save_checkpoint(
            checkpoint,
            model=model.state_dict(),
            average=average.module.state_dict(),
            optimiser=optimiser.state_dict(),
            step=step,
            elapsed=clock.elapsed,
            seen=step * arguments.batch,
        )

    save()
    running: dict[str, float] = {}
    while arguments.minutes and clock.progress < 1:
        factor = clock.factor()
        for group, rate in zip(optimiser.param_groups, base_rates, strict=True):
            group["lr"] = rate * factor
        losses = _step(model, optimiser, data, targets, head_of_things, step, arguments, device)
        average.update(model)
        step += 1
        for name, value in losses.items():
            running[name] = 0.95 * running.get(name, value) + 0.05 * value
        if step % 25 == 0:
            told = " ".join(f"{name} {value:.3f}" for name, value in running.items())
            rate = step * arguments.batch / clock.elapsed
            logger.info("step %d %3.0f%% %.0f pictures/s %s", step, 100 * clock.progress, rate, told)
        if step % 100 == 0:
            save()
    save()
    logger.info("done: %d steps, %d pictures seen", step, step * arguments.batch)


def _step(
    model: Any,
    optimiser: Any,
    data: Data,
    targets: Any,
    head_of_things: Any,
    step: int,
    arguments: argparse.Namespace,
    device: str,
) -> dict[str, float]:
    """One batch: drawn, augmented, embedded, judged, learned from."""
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
    pooled = torch.from_numpy(data.features[rows]).float()
    logits = functional.linear(pooled, *head_of_things)
    wanted = functional.softmax(logits / TEACHER_TEMPERATURE, dim=1).to(device)
    scales = {name: value.exp().clamp(max=100) for name, value in model["scales"].items()}
    losses = {
        "labels": objectives.labels_loss(z, targets.vectors, targets(rows), scales["labels"]),
        "teacher": objectives.teacher_loss(z, teacher, known),
        "relation": objectives.relation_loss(z, teacher, known),
        "things": objectives.things_loss(z, targets.things, wanted, scales["things"]),
    }
    total = losses["labels"] + 2.0 * losses["teacher"] + 2.0 * losses["relation"] + 0.5 * losses["things"]
    optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    return {name: float(value.detach()) for name, value in losses.items()}


def _set_modes(model: Any) -> None:
    """Training mode, with the batch statistics of ImageNet kept: batches are small and mixed."""
    import torch

    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()


def _optimiser(model: Any, arguments: argparse.Namespace) -> Any:
    import torch

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
    groups = [
        {"params": trunk, "lr": arguments.rate, "weight_decay": 0.03},
        {"params": head, "lr": arguments.rate * 3, "weight_decay": 0.03},
        {"params": plain, "lr": arguments.rate * 2, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


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
