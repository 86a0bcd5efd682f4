"""Prepare the training data once: decode the pictures, run the ImageNet trunk, embed the words.

Each part is skipped where its file exists. Needs the packages of requirements.txt.
"""

from __future__ import annotations

import logging
from pathlib import Path

import workspace

logger = logging.getLogger("prepare")


def main() -> None:
    """Make what is missing of the requested parts."""
    options = workspace.parser(__doc__)
    options.add_argument("--only", choices=["pixels", "features", "texts", "corpus"], nargs="+")
    arguments = options.parse_args()
    space = workspace.start(arguments)
    wanted = arguments.only or ["pixels", "features", "texts", "corpus"]

    import dataset

    pictures = dataset.read_pictures(arguments.data)
    logger.info("%d pictures", len(pictures))
    if "pixels" in wanted and not space.pixels.exists():
        dataset.decode_pictures(arguments.data, pictures, space.pixels)
    if "features" in wanted and not space.features.exists():
        _features(space, workspace.device_name(arguments.device))
    if "texts" in wanted and not space.texts.exists():
        import texts

        texts.make_phrase_table(arguments.data, pictures, space.texts)
    if "corpus" in wanted and not space.corpus.exists():
        import texts

        texts.make_corpus(arguments.data, pictures, space.corpus, arguments.seed)


def _features(space: workspace.Workspace, device: str) -> None:
    """Pooled features of the ImageNet trunk for every picture, at the training resolution."""
    import numpy as np
    import torch
    import towers

    trunk = towers.imagenet_classifier().eval().to(device, memory_format=torch.channels_last)
    pixels = np.load(space.pixels, mmap_mode="r")
    made = np.zeros((len(pixels), 1280), np.float16)
    with torch.inference_mode():
        for first in range(0, len(pixels), 128):
            batch = torch.from_numpy(pixels[first : first + 128]).to(device)
            image = towers.normalise(batch, towers.TEACHER_SIZE)
            pooled = trunk.forward_head(trunk.forward_features(image), pre_logits=True)
            made[first : first + 128] = pooled.cpu().numpy()
            if first % 12800 == 0:
                logger.info("features of %d of %d pictures", first, len(pixels))
    partial = Path(space.features).with_suffix(".partial.npy")
    np.save(partial, made)
    partial.replace(space.features)


if __name__ == "__main__":
    main()
