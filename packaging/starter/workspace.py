"""Where the training steps keep what they make, and the switches that they share.

Knows folders, seeds and logging; must not know models or data. Every script of this folder
imports it first, because it puts the repository's root on the import path.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_BUILD = REPOSITORY / "build" / "starter"
DEFAULT_MODEL = REPOSITORY / "resources" / "models" / "starter"

if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

# Nothing here may reach a hub, whatever a library would like to do.
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@dataclass(frozen=True)
class Workspace:
    """The files that pass from one step to the next, all under one git-ignored folder."""

    root: Path

    @property
    def pixels(self) -> Path:
        """(N, SIDE, SIDE, 3) uint8 as .npy, one picture a row in the order of labels.tsv."""
        return self.root / "pixels.npy"

    @property
    def features(self) -> Path:
        """(N, 1280) float16 as .npy: pooled features of the untouched ImageNet trunk."""
        return self.root / "features.npy"

    @property
    def texts(self) -> Path:
        """The phrase table: phrases and their sentence vectors, see texts.py."""
        return self.root / "texts.npz"

    @property
    def corpus(self) -> Path:
        """What the text tower reads: lines and their sentence vectors, see texts.py."""
        return self.root / "corpus.npz"

    def checkpoint(self, name: str) -> Path:
        """The checkpoint of one training run."""
        return self.root / f"{name}.pt"


def parser(description: str | None, *, data: bool = True) -> argparse.ArgumentParser:
    """An argument parser with the options that every step takes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--build", type=Path, default=DEFAULT_BUILD, help="folder for what is made")
    made.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    made.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    made.add_argument("--seed", type=int, default=20)
    if data:
        made.add_argument("--data", type=Path, required=True, help="folder of the training data")
    return made


def start(arguments: argparse.Namespace) -> Workspace:
    """Set up logging, seeds and threads; returns the workspace.

    Imports torch here, after the number of threads is known: it must be set before torch's
    first operation.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    random.seed(arguments.seed)
    import numpy as np
    import torch

    from organizer.models.torchvision_cure import ensure_torchvision

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    ensure_torchvision()
    np.random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)
    arguments.build.mkdir(parents=True, exist_ok=True)
    return Workspace(arguments.build)


def device_name(wanted: str) -> str:
    """The torch device to train on: "auto" takes CUDA where it is at hand."""
    import torch

    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"
