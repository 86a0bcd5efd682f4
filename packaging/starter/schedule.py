"""A training run counted in steps: its learning rate, its averaged weights and its checkpoints.

What a run does at a step follows from its settings and the number of the step alone, so that a run which was
cut off and taken up again ends where an uninterrupted one does. Knows torch modules in general; must not
know what is trained.
"""

from __future__ import annotations

import copy
import logging
import math
import pickle
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import workspace
from torch import nn

logger = logging.getLogger(__name__)

Settings = Mapping[str, int | float | str | bool]
Losses = dict[str, torch.Tensor]


def factor(step: int, steps: int, warm_up: float = 0.03) -> float:
    """The learning rate's share at a step (0 the first): linear to 1, then half a cosine to almost 0."""
    progress = (step + 0.5) / steps
    if progress < warm_up:
        return progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


class Average:
    """An exponential moving average of a module's parameters; buffers are copied."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(module).eval()
        self.module.requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Take in the weights after step number `step` (1 the first); early steps count more."""
        keep = min(self._decay, step / (step + 9))
        for mine, other in zip(self.module.parameters(), module.parameters(), strict=True):
            mine.lerp_(other.detach(), 1 - keep)
        for kept, now in zip(self.module.buffers(), module.buffers(), strict=True):
            kept.copy_(now)


class Run:
    """A module in training: its optimiser, its average and its checkpoint.

    Attributes:
        module: what is trained. average: its averaged weights.
        step: steps done, those before a restart included.
    """

    def __init__(
        self,
        module: nn.Module,
        groups: list[dict[str, Any]],
        checkpoint: Path,
        settings: Settings,
        *,
        decay: float,
        clip: float,
        weights: dict[str, float],
    ) -> None:
        """`settings` names everything that decides the weights, "steps" and "batch" among it.

        Goes on from the checkpoint where there is one; one of other settings is refused, because half of
        each would be neither.
        """
        self.module = module
        self.average = Average(module, decay)
        self.step = 0
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98))
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._checkpoint = checkpoint
        self._settings = dict(settings)
        self._steps = int(settings["steps"])
        self._clip = clip
        self._weights = weights
        self._told: Losses = {}
        self._restore()

    def follow(
        self,
        losses: Callable[[int], Losses],
        *,
        minutes: float | None,
        save_every: int,
        saved: Callable[[], object] = lambda: None,
    ) -> bool:
        """Take the steps that are left, or those that fit into the minutes; whether all are done.

        Calls `losses` with the number of the step (0 the first) and `saved` after each checkpoint but
        the first and the last.
        """
        started, first = time.monotonic(), self.step
        self.save()
        while self.step < self._steps and (minutes is None or time.monotonic() - started < minutes * 60):
            self.learn(losses(self.step))
            if self.step % 25 == 0:
                self._report((self.step - first) / (time.monotonic() - started))
            if self.step % save_every == 0 and self.step < self._steps:
                self.save()
                saved()
        self.save()
        return self.step >= self._steps

    def learn(self, losses: Losses) -> None:
        """One step along the weighted sum of the losses, at this step's learning rate."""
        share = factor(self.step, self._steps)
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * share
        total = torch.stack([self._weights[name] * loss for name, loss in losses.items()]).sum()
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), self._clip)
        self._optimiser.step()
        self.step += 1
        self.average.update(self.module, self.step)
        # kept as tensors: reading a number would make a GPU wait for every step
        for name, loss in losses.items():
            value = loss.detach()
            self._told[name] = 0.95 * self._told.get(name, value) + 0.05 * value

    def save(self) -> None:
        """Write the checkpoint beside the old one and put it in its place."""
        partial = self._checkpoint.with_suffix(".partial")
        content = {
            "model": self.module.state_dict(),
            "average": self.average.module.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "seen": self.step * int(self._settings["batch"]),
            "settings": self._settings,
        }
        torch.save(content, partial)
        partial.replace(self._checkpoint)
        logger.info("saved at step %d", self.step)

    def _report(self, rate: float) -> None:
        told = " ".join(f"{name} {float(value):.3f}" for name, value in self._told.items())
        share = 100 * self.step / self._steps
        logger.info("step %d %3.0f%% %.0f/s %s", self.step, share, rate * int(self._settings["batch"]), told)

    def _restore(self) -> None:
        stored = load_checkpoint(self._checkpoint)
        if stored is None:
            return
        if stored.get("settings") != self._settings:
            before = stored.get("settings") or {}
            other = [f"{k} {before.get(k)}, not {v}" for k, v in self._settings.items() if before.get(k) != v]
            raise workspace.Refused(
                f"{self._checkpoint} belongs to a run of other settings ({'; '.join(other)}): ask for those, "
                "choose another --name, or delete the checkpoint to start afresh."
            )
        self.module.load_state_dict(stored["model"])
        self.average.module.load_state_dict(stored["average"])
        self._optimiser.load_state_dict(stored["optimiser"])
        self.step = int(stored["step"])


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The checkpoint with its tensors on the CPU, wherever it was made, or None where there is none."""
    if not path.exists():
        return None
    logger.info("reading %s", path.name)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, KeyError, pickle.UnpicklingError) as problem:
        raise workspace.Refused(
            f"{path} cannot be read; it is cut off or no checkpoint: delete it to start this run afresh."
        ) from problem
    if not isinstance(loaded, dict) or not {"model", "average", "step"} <= loaded.keys():
        raise workspace.Refused(f"{path} is no checkpoint of a training run: choose another --name.")
    return loaded
