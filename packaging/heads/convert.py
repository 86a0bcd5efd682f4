"""Turn a linear head that was published as a torch state dictionary into the form that the program reads.

Only tensors are read from the file (``weights_only``), and only where its SHA-256 is the one that is given.
The scores that count as 0 and as 1 are not in such files: they are given too (the predictor for CLIP
vectors of LAION answers from about 1 to 10; most photos lie between 3 and 7).
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

import numpy as np  # noqa: E402

from organizer.errors import ModelDamaged, OrganizerError, UsageProblem  # noqa: E402
from organizer.models.heads import Head, save_head  # noqa: E402
from organizer.models.weights import check_sha256  # noqa: E402

logger = logging.getLogger("heads")


def main(argv: list[str] | None = None) -> int:
    """Convert and write. Answers the exit code."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    made.add_argument("state", type=Path, help="the published file (.pth)")
    made.add_argument("--sha256", required=True, help="its known SHA-256")
    made.add_argument("--model", required=True, help="registry key of the model that the head is for")
    made.add_argument("--low", type=float, default=3.0, help="score that counts as 0")
    made.add_argument("--high", type=float, default=7.0, help="score that counts as 1")
    made.add_argument("--to", type=Path, required=True, help="file to write, ending in .safetensors")
    arguments = made.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        head = convert(arguments.state, arguments.sha256, arguments.model, arguments.low, arguments.high)
    except OrganizerError as problem:
        logger.error("%s", problem)
        return 1
    save_head(head, arguments.to)
    logger.info("wrote %s for vectors of %d numbers", arguments.to.name, len(head.weight))
    return 0


def convert(state: Path, sha256: str, model: str, low: float, high: float) -> Head:
    """Read ``weight`` (1, D) and ``bias`` (1,) of a linear layer.

    Raises UsageProblem where there is no such file, ModelDamaged where its hash or its content is another.
    """
    import torch

    if not state.is_file():
        raise UsageProblem(f"There is no file {state}.")
    check_sha256(state, sha256)
    try:
        tensors = torch.load(state, map_location="cpu", weights_only=True)
        weight = np.asarray(tensors["weight"].numpy(), np.float32)
        bias = float(tensors["bias"].item())
    except Exception as error:
        raise ModelDamaged(f"“{state.name}” is not a linear layer's state.", detail=repr(error)) from error
    if weight.ndim != 2 or len(weight) != 1:
        raise ModelDamaged(f"“{state.name}” answers more than one number a photo.")
    return Head(
        weight[0], bias, low, high, model, "", {"source": state.name, "source_sha256": sha256.lower()}
    )


if __name__ == "__main__":
    raise SystemExit(main())
