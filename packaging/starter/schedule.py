"""A training run bounded by the clock, its learning rate, its averaged weights and its checkpoints.

Knows torch modules in general; must not know what is trained.
"""

from __future__ import annotations

import copy
import logging
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

logger = logging.getLogger(__name__)


class Clock:
    """How far a run is, by the time it has worked; time between two starts does not count."""

    def __init__(self, minutes: float, already: float = 0.0) -> None:
        self._seconds = max(minutes * 60, 1e-9)
        self._already = already
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds worked, those before a restart included."""
        return self._already + time.monotonic() - self._started

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, self.elapsed / self._seconds)

    def factor(self, warm_up: float = 0.03) -> float:
        """The learning rate's share: linear to 1, then half a cosine to 0."""
        if self.progress < warm_up:
            return max(self.progress / warm_up, 0.02)
        return 0.5 * (1 + math.cos(math.pi * (self.progress - warm_up) / (1 - warm_up)))


class Average:
    """An exponential moving average of a module's parameters; buffers are copied."""

    def __init__(self, module: nn.Module, decay: float, steps: int = 0) -> None:
        self.module = copy.deepcopy(module).eval()
        self.module.requires_grad_(False)
        self.decay = decay
        self._steps = steps

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take one step's weights in; early steps count more."""
        self._steps += 1
        keep = min(self.decay, self._steps / (self._steps + 9))
        for mine, other in zip(self.module.parameters(), module.parameters(), strict=True):
            mine.lerp_(other.detach(), 1 - keep)
        for mine, other in zip(self.module.buffers(), module.buffers(), strict=True):
            mine.copy_(other)


class Run:
    """A module in training: its optimiser, its average, its clock and its checkpoint.

    Attributes:
        module: what is trained. average: its averaged weights.
        step: steps done, those before a restart included.
    """

    def __init__(
        self,
        module: nn.Module,
        groups: list[dict[str, Any]],
        checkpoint: Path,
        *,
        minutes: float,
        batch: int,
        decay: float,
        clip: float,
    ) -> None:
        self.module = module
        self.average = Average(module, decay)
        self.step = 0
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98))
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._checkpoint = checkpoint
        self._minutes = minutes
        self._batch = batch
        self._clip = clip
        self._clock = Clock(minutes)
        self._told: dict[str, float] = {}
        self._restore()

    @property
    def going(self) -> bool:
        """Whether there is time left."""
        return self._minutes > 0 and self._clock.progress < 1

    def learn(self, losses: dict[str, torch.Tensor], weights: dict[str, float]) -> None:
        """One step along the weighted sum of the losses, at the clock's learning rate."""
        factor = self._clock.factor()
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), self._clip)
        self._optimiser.step()
        self.average.update(self.module)
        self.step += 1
        for name, loss in losses.items():
            value = float(loss.detach())
            self._told[name] = 0.95 * self._told.get(name, value) + 0.05 * value

    def report(self) -> None:
        """Log where the run is."""
        told = " ".join(f"{name} {value:.3f}" for name, value in self._told.items())
        rate = self.step * self._batch / self._clock.elapsed
        logger.info("step %d %3.0f%% %.0f/s %s", self.step, 100 * self._clock.progress, rate, told)

    def save(self) -> None:
        """Write the checkpoint beside the old one and put it in its place."""
        partial = self._checkpoint.with_suffix(".partial")
        content = {
            "model": self.module.state_dict(),
            "average": self.average.module.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "seen": self.step * self._batch,
            "elapsed": self._clock.elapsed,
        }
        torch.save(content, partial)
        partial.replace(self._checkpoint)

    def _restore(self) -> None:
        stored = load_checkpoint(self._checkpoint)
        if stored is None:
            return
        self.module.load_state_dict(stored["model"])
        self.average = Average(self.average.module, self.average.decay, steps=int(stored["step"]))
        self.average.module.load_state_dict(stored["average"])
        self._optimiser.load_state_dict(stored["optimiser"])
        self.step = int(stored["step"])
        self._clock = Clock(self._minutes, float(stored["elapsed"]))


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The checkpoint, or None where there is none."""
    if not path.exists():
        return None
    logger.info("reading %s", path.name)
    loaded: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return loaded
