"""Where the steps of the captioner's training keep what they make, and what they share with the starter's.

Every script of this folder imports it first: it puts the repository's root and ``packaging/starter`` on
the import path. Must not know models or data.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STARTER_SCRIPTS = REPOSITORY / "packaging" / "starter"
STARTER_BUILD = REPOSITORY / "build" / "starter"
DEFAULT_BUILD = REPOSITORY / "build" / "captioner"
DEFAULT_MODEL = REPOSITORY / "resources" / "models" / "captioner"

for place in (REPOSITORY, STARTER_SCRIPTS):  # after this folder: both have a prepare and an export
    if str(place) not in sys.path:
        sys.path.append(str(place))


@dataclass(frozen=True)
class Folders:
    """The files that pass from one step to the next, all under one git-ignored folder."""

    root: Path

    @property
    def pairs(self) -> Path:
        """Photos with sentences that people wrote, split in three; see ``pairs.py``."""
        return self.root / "pairs.npz"

    @property
    def labelled(self) -> Path:
        """Photos with labels alone and the sentences made of them; see ``pairs.py``."""
        return self.root / "labelled.npz"

    @property
    def words(self) -> Path:
        """Sentences without a photo, with their vectors; see ``pairs.py``."""
        return self.root / "words.npz"

    @property
    def written(self) -> Path:
        """The sentences of the pairs with their own vectors, see ``pairs.py``."""
        return self.root / "written.npz"

    def checkpoint(self, name: str) -> Path:
        """The checkpoint of one training run."""
        return self.root / f"{name}.pt"


def parser(description: str | None) -> argparse.ArgumentParser:
    """An argument parser with the options that every step takes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--build", type=Path, default=DEFAULT_BUILD, help="folder for what is made")
    made.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    made.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    made.add_argument("--seed", type=int, default=20)
    return made


def start(arguments: argparse.Namespace) -> Folders:
    """Set up logging, seeds and threads as the starter's training does; returns the folders."""
    import workspace

    workspace.start(arguments)
    return Folders(arguments.build)
