"""Prepare the training data once: decode the pictures, run the ImageNet trunk, embed the words.

What is made depends on the data alone and not on a seed. Each part is skipped where its file exists, so a run
that was cut off goes on with the part it was at. Needs the packages of requirements.txt.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import workspace

logger = logging.getLogger("prepare")

PARTS = ("pixels", "features", "texts", "corpus")


def main(argv: Sequence[str] | None = None) -> None:
    """Make what is missing of the requested parts."""
    options = workspace.parser(__doc__, data=True)
    options.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="parts to make")
    options.add_argument("--lines", type=int, help="at most so many lines for the text tower")
    workspace.offer_untrained(options)
    arguments = options.parse_args(argv)
    space = workspace.start(arguments)
    wanted = arguments.only

    import dataset

    pictures = dataset.read_pictures(arguments.data)
    logger.info("%d pictures", len(pictures))
    if "pixels" in wanted and not space.pixels.exists():
        dataset.decode_pictures(arguments.data, pictures, space.pixels)
    if "features" in wanted and not space.features.exists():
        _features(space, arguments.device, untrained=arguments.untrained)
    import texts

    if "texts" in wanted and not space.texts.exists():
        texts.make_phrase_table(arguments.data, pictures, space.texts, untrained=arguments.untrained)
    if "corpus" in wanted and not space.corpus.exists():
        texts.make_corpus(
            arguments.data, pictures, space.corpus, most=arguments.lines, untrained=arguments.untrained
        )


def _features(space: workspace.Workspace, device: str, *, untrained: bool) -> None:
    """Pooled features of the ImageNet trunk for every picture, at the training resolution."""
    import numpy as np
    import torch
    import towers

    classifier = towers.imagenet_classifier(untrained=untrained)
    trunk: Any = classifier.eval()
    trunk = trunk.to(device, memory_format=torch.channels_last)
    pixels = workspace.read_prepared(space.pixels)
    made = np.zeros((len(pixels), 1280), np.float16)
    with torch.inference_mode():
        for first in range(0, len(pixels), 128):
            batch = torch.from_numpy(np.array(pixels[first : first + 128])).to(device)
            image = towers.normalise(batch, towers.TEACHER_SIZE)
            pooled = trunk.forward_head(trunk.forward_features(image), pre_logits=True)
            made[first : first + 128] = pooled.cpu().numpy()
            if first % 12800 == 0:
                logger.info("features of %d of %d pictures", first, len(pixels))
    partial = space.features.with_suffix(".partial.npy")
    np.save(partial, made)
    partial.replace(space.features)


if __name__ == "__main__":
    main()
