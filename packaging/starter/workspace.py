"""Where the training steps keep what they make, and the switches that they share.

Knows folders, seeds, devices and logging; must not know models or data. Every script of this folder
imports it first, because it puts the repository's root on the import path.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import random
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_BUILD = REPOSITORY / "build" / "starter"
DEFAULT_MODEL = REPOSITORY / "resources" / "models" / "starter"

Read = TypeVar("Read")

if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

# Nothing here may reach a hub, whatever a library would like to do.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# What CUDA's matrix products need to give the same bits twice; read when torch first uses them.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


class Refused(SystemExit):
    """The request cannot be met: its one sentence is all that is printed, and the exit status is 1."""


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


def parser(description: str | None, *, data: bool = False, training: bool = False) -> argparse.ArgumentParser:
    """An argument parser with the options that every step takes, those of training where it trains."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    made.add_argument("--build", type=Path, default=DEFAULT_BUILD, help="folder for what is made")
    made.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    made.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to compute")
    made.add_argument("--seed", type=int, default=20, help="what every random choice follows from")
    if data:
        made.add_argument("--data", type=Path, required=True, help="folder of the training data")
    if training:
        made.add_argument("--minutes", type=float, help="stop after so long, to go on another time")
        made.add_argument("--save-every", type=int, default=200, help="steps between two checkpoints")
    return made


def offer_untrained(options: argparse.ArgumentParser) -> None:
    """The switch that tries the steps out where the packages of requirements.txt are missing."""
    options.add_argument(
        "--untrained",
        action="store_true",
        help="random weights and vectors without meaning in place of those of requirements.txt, to try "
        "the steps out",
    )


def start(arguments: argparse.Namespace) -> Workspace:
    """Set up logging, seeds, threads and the device (arguments.device); returns the workspace.

    Imports torch here, after the number of threads is known: it must be set before torch's
    first operation.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    import torch
    from threadpoolctl import threadpool_limits

    from organizer.models.torchvision_cure import ensure_torchvision

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
        threadpool_limits(arguments.threads)
    ensure_torchvision()
    arguments.device = device_name(arguments.device)
    torch.use_deterministic_algorithms(True, warn_only=arguments.device != "cpu")
    torch.backends.cudnn.benchmark = False  # its choice of kernels depends on timing
    random.seed(arguments.seed)
    np.random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)
    try:
        arguments.build.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Refused(f"{arguments.build} cannot be made: choose another --build.") from problem
    return Workspace(arguments.build)


def device_name(wanted: str) -> str:
    """The torch device to compute on: "auto" takes CUDA where it is at hand."""
    import torch

    at_hand = torch.cuda.is_available()
    if wanted == "cuda" and not at_hand:
        raise Refused("CUDA was asked for, but torch finds none on this machine: take --device cpu or auto.")
    return ("cuda" if at_hand else "cpu") if wanted == "auto" else wanted


def mixed_precision(device: str) -> contextlib.AbstractContextManager[Any]:
    """bfloat16 on CUDA, which gains by it; on a CPU it is several times slower, so none there."""
    import torch

    if device != "cuda":
        return contextlib.nullcontext()
    return torch.autocast("cuda", dtype=torch.bfloat16)


def missing_package(problem: ModuleNotFoundError) -> Refused:
    """What to say where a package is missing that only training needs."""
    return Refused(
        f"{problem.name} is missing: install packaging/starter/requirements.txt, "
        "or take --untrained to try the steps out."
    )


def read_prepared(path: Path) -> np.ndarray:
    """An .npy that prepare.py wrote, as a read-only map."""
    return _readable(path, lambda: np.load(path, mmap_mode="r"))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz that prepare.py wrote."""

    def read() -> dict[str, np.ndarray]:
        with path.open("rb") as stream, np.load(stream) as stored:
            return {name: stored[name] for name in stored.files}

    return _readable(path, read)


def _readable(path: Path, read: Callable[[], Read]) -> Read:
    if not path.exists():
        raise Refused(f"{path} is not there: run prepare.py with the same --build first.")
    try:
        return read()
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as problem:
        raise Refused(f"{path} cannot be read: delete it and run prepare.py again.") from problem


def read_from(folder: Path, name: str, option: str) -> Path:
    """The file of that name in a folder that an option named."""
    if not (folder / name).is_file():
        raise Refused(f"{folder} holds no {name}: {option} must name the folder that does.")
    return folder / name
