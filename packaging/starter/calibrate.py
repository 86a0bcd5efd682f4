"""Measure the numbers that the program needs to know of one model, and write its calibration.json.

The temperature and the "others" thresholds over the program's own vocabulary, the neighbour step where it
helps, the cosines of copies and of one scene, and the prompt pairs that see a photo's faults. Everything
comes from the test photos, which no training saw, and from changes made to them here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import workspace

logger = logging.getLogger("calibrate")


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, measure, write."""
    options = workspace.parser(__doc__, data=False)
    options.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    options.add_argument("--model", type=Path, default=workspace.DEFAULT_MODEL, help="folder of the model")
    options.add_argument("--key", default="", help="registry key; default: the folder's name")
    options.add_argument("--vocabulary", type=Path, help="default: the program's own")
    options.add_argument("--to", type=Path, help="default: calibration.json in the model's folder")
    arguments = options.parse_args(argv)
    workspace.start(arguments)
    import calibrate_categories
    import calibrate_likeness
    import calibrate_quality
    import heldout

    embedder = heldout.open_model(arguments.model, arguments.device)
    vocabulary = arguments.vocabulary or workspace.REPOSITORY / "resources" / "vocabularies" / "default.toml"
    photos = heldout.read_labelled(arguments.photos, ("everyday", "captioned"))
    vectors = heldout.embed(embedder, photos)
    measured: dict[str, Any] = {"schema": 1, "model": arguments.key or arguments.model.name}
    measured |= calibrate_categories.measure(embedder, photos, vectors, vocabulary, arguments.seed)
    measured |= calibrate_likeness.measure(embedder, arguments.photos, photos, vectors, arguments.seed)
    measured["prompt_pairs"] = calibrate_quality.measure(embedder, photos, arguments.seed)
    appeal = calibrate_quality.appeal(embedder, photos, arguments.seed)
    if appeal is not None:
        measured["appeal"] = appeal
    destination = arguments.to or arguments.model / "calibration.json"
    written = json.dumps(_rounded(measured), indent=2, ensure_ascii=False)
    destination.write_text(written + "\n", encoding="utf-8")
    logger.info("wrote %s", destination.name)


def _rounded(value: Any) -> Any:
    """Four decimals are more than the photos can tell."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 4)
    return value


if __name__ == "__main__":
    main()
