"""How long a model takes to open and to embed, beside ViT-B-32 with random weights in the same run.

    python tests/bench/bench_models.py [--model FOLDER] [--threads N]

Prints a table. Times depend on what else the machine does; the ratio is the figure to quote.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "packaging" / "starter")]

from speed import compared, vit_b_32  # noqa: E402

from organizer.models.openclip import OpenClipEmbedder  # noqa: E402
from organizer.models.torchvision_cure import ensure_torchvision  # noqa: E402

BATCHES = (1, 8, 32)
VOCABULARY = [f"a photo of a thing of kind {number}." for number in range(400)]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--model", type=Path, default=REPOSITORY / "resources" / "models" / "starter")
    options.add_argument("--threads", type=int, default=None, help="default: every core but one")
    options.add_argument("--seconds", type=float, default=12.0, help="time for each figure")
    arguments = options.parse_args()
    imported = _timed(_import_everything)
    before = time.perf_counter()
    starter = OpenClipEmbedder.load(arguments.model, "cpu", threads=arguments.threads)
    opened = time.perf_counter() - before
    texts = _timed(lambda: starter.encode_texts(VOCABULARY))
    print(f"import torch and open_clip {imported:6.2f} s")
    print(f"open the model             {opened:6.2f} s")
    print(f"{len(VOCABULARY)} texts                  {texts:6.2f} s\n")
    reference = vit_b_32()
    print(f"{'pictures/s':<12}{starter.key:>12}{'ViT-B-32':>12}{'ratio':>8}")
    for batch in BATCHES:
        own, other = compared(starter, reference, batch, arguments.seconds)
        print(f"batch {batch:<6}{own:>12.1f}{other:>12.1f}{own / other:>8.1f}")


def _import_everything() -> None:
    ensure_torchvision()
    import open_clip  # noqa: F401


def _timed(work: object) -> float:
    assert callable(work)
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


if __name__ == "__main__":
    main()
