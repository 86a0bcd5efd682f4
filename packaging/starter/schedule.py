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

    def __init__(self, module: nn.Module, decay: float = 0.998) -> None:
        self.module = copy.deepcopy(module).eval()
        self.module.requires_grad_(False)
        self._decay = decay
        self._steps = 0

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take one step's weights in; early steps count more."""
        self._steps += 1
        keep = min(self._decay, self._steps / (self._steps + 9))
        for mine, other in zip(self.module.parameters(), module.parameters(), strict=True):
            mine.lerp_(other.detach(), 1 - keep)
        for mine, other in zip(self.module.buffers(), module.buffers(), strict=True):
            mine.copy_(other)


def save_checkpoint(path: Path, **content: Any) -> None:
    """Write the checkpoint beside the old one and put it in its place."""
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The checkpoint, or None where there is none."""
    if not path.exists():
        return None
    logger.info("going on from %s", path.name)
    loaded: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return loaded
