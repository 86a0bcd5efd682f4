"""Join the two trained towers into one model folder in open_clip's own format.

Writes open_clip_config.json and open_clip_model.safetensors (float16), then loads the folder again
through open_clip and compares its vectors with the towers'. A model card that is there stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import workspace

logger = logging.getLogger("export")


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, export, verify."""
    options = workspace.parser(__doc__)
    options.add_argument("--image", default="image", help="name of the image run")
    options.add_argument("--text", default="text", help="name of the text run")
    options.add_argument("--logit-scale", type=float, default=0.0, help="0: the learned one")
    options.add_argument("--to", type=Path, default=workspace.DEFAULT_MODEL, help="folder of the model")
    arguments = options.parse_args(argv)
    space = workspace.start(arguments)
    import torch
    import towers

    image = _trained(space.checkpoint(arguments.image), "scales.labels", "train_image.py")
    text = _trained(space.checkpoint(arguments.text), "text.token_embedding.weight", "train_text.py")
    model = towers.build().eval()
    state = model.state_dict()
    chosen = {k: v for k, v in image["average"].items() if k.startswith("visual.")}
    chosen |= {k.removeprefix("text."): v for k, v in text["average"].items() if k.startswith("text.")}
    learned = image["average"]["scales.labels"]
    chosen["logit_scale"] = (
        torch.tensor(np.log(arguments.logit_scale), dtype=torch.float32) if arguments.logit_scale else learned
    )
    missing = [k for k in state if k not in chosen]
    if missing:
        raise ValueError(f"the checkpoints lack {missing[:5]}")
    model.load_state_dict({k: chosen[k] for k in state})
    write_folder(model, arguments.to)
    verify(model, arguments.to)
    logger.info("exported after %s pictures and %s lines", image["seen"], text.get("seen"))


def _trained(checkpoint: Path, expected: str, command: str) -> dict[str, Any]:
    """A checkpoint of the run that the command makes."""
    import schedule

    stored = schedule.load_checkpoint(checkpoint)
    if stored is None or expected not in stored["average"]:
        raise workspace.Refused(f"{checkpoint} holds no run of {command}: run that with this --build.")
    if stored.get("settings") and stored["step"] < stored["settings"]["steps"]:
        logger.warning("%s: step %d of %d", checkpoint.name, stored["step"], stored["settings"]["steps"])
    return stored


def write_folder(model: Any, folder: Path) -> None:
    """The configuration and the weights, each put in place whole."""
    import towers
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    weights = folder / "open_clip_model.safetensors"
    partial = weights.with_suffix(".partial")
    save_file(state, partial, metadata={"format": "pt"})
    partial.chmod(0o644)  # the library writes it for its owner alone
    partial.replace(weights)
    written = json.dumps(towers.CONFIG, indent=2)
    (folder / "open_clip_config.json").write_text(written + "\n", encoding="utf-8")


def verify(model: Any, folder: Path) -> None:
    """Fail where the folder, loaded as the program loads it, gives other vectors than the towers."""
    import open_clip
    import torch
    from torch.nn import functional

    loaded = open_clip.create_model(f"local-dir:{folder}").eval()
    size = model.visual.image_size[0]
    picture = torch.rand(4, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(["a dog", "a photo of a birthday cake."])
    with torch.inference_mode():
        for one, other in (
            (model.encode_image(picture), loaded.encode_image(picture)),
            (model.encode_text(tokens), loaded.encode_text(tokens)),
        ):
            cosine = float(functional.cosine_similarity(one, other).min())
            if cosine < 0.999:
                raise ValueError(f"the exported model differs: cosine {cosine:.4f}")
    with (folder / "open_clip_model.safetensors").open("rb") as stream:
        logger.info(
            "for models.toml: bytes = %d, sha256 = %s",
            os.fstat(stream.fileno()).st_size,
            hashlib.file_digest(stream, "sha256").hexdigest(),
        )
    size_on_disk = sum(path.stat().st_size for path in folder.iterdir())
    logger.info("%s: %.1f MB, verified", folder, size_on_disk / 1e6)


if __name__ == "__main__":
    main()
