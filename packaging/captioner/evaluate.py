"""Measure a trained decoder on the pairs that it never saw.

Prints BLEU-4, ROUGE-L and CIDEr-D of the test split (``--split``) for greedy decoding and for beams, and some
sentences beside what people wrote.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from typing import Any

import folders

logger = logging.getLogger("evaluate")


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options and print a table."""
    options = folders.parser(__doc__)
    options.add_argument("--name", default="captioner", help="name of the run's checkpoint")
    options.add_argument("--split", default="test", choices=["train", "validation", "test"])
    options.add_argument("--show", type=int, default=10, help="sentences to print")
    options.add_argument("--sweep", action="store_true", help="several beams and length penalties")
    arguments = options.parse_args(argv)
    made = folders.start(arguments)
    import pairs

    photos = pairs.load_pairs(made.pairs).part(arguments.split)
    captioner = trained(made, arguments)
    settings = [(1, 0.0), (4, 0.8)]
    if arguments.sweep:
        settings = [(1, 0.0), *((beams, p) for beams in (3, 5) for p in (0.5, 0.8, 1.1))]
    print(f"{len(photos.sentences)} photos of the {arguments.split} split")
    print("| beams | length penalty | BLEU-4 | ROUGE-L | CIDEr-D |\n|---|---|---|---|---|")
    said: list[str] = []
    for beams, penalty in settings:
        said = captioner.describe_vectors(photos.vectors[:, 0], beams=beams, penalty=penalty)
        figures = measured(said, photos.sentences)
        print(f"| {beams} | {penalty} | {figures[0]:.3f} | {figures[1]:.3f} | {figures[2]:.3f} |")
    for sentence, written in list(zip(said, photos.sentences, strict=True))[: arguments.show]:
        print(f"{sentence}  <-  {written[0]}")


def measured(said: list[str], written: list[list[str]]) -> tuple[float, float, float]:
    """BLEU-4, ROUGE-L and CIDEr-D."""
    from tests.bench.caption_metrics import bleu, cider, rouge_l

    return bleu(said, written), rouge_l(said, written), cider(said, written)


def trained(made: folders.Folders, arguments: argparse.Namespace) -> Any:
    """The best weights of a run as a captioner that takes vectors."""
    from organizer.models.captioner import StarterCaptioner

    words, net = best_of(made, arguments.name)
    return StarterCaptioner(words, net, _Blind(net.settings.dimension))


def best_of(made: folders.Folders, name: str) -> tuple[Any, Any]:
    """The words and the decoder of a run's best validation."""
    import torch

    from organizer.models.captioner_net import CaptionNet, NetSettings
    from organizer.models.captioner_words import WordList

    stored = torch.load(made.checkpoint(name), map_location="cpu", weights_only=True)
    net = CaptionNet(NetSettings(**stored["settings"]))
    net.load_state_dict(stored["best"])
    return WordList(stored["words"]), net.eval()


class _Blind:
    """Stands where the image tower would: these photos' vectors are known already."""

    key, input = "none", None

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension


if __name__ == "__main__":
    main()
