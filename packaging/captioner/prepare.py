"""Prepare what the captioner learns from: let the starter see the photos, and split them.

``--data FOLDER`` takes the starter's training data: photos with sentences, photos with labels, and
sentences without photos with the vectors that packaging/starter/prepare.py made. ``--pairs CSV`` takes your
own photos with sentences instead. Each part is skipped where its file exists.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import folders

logger = logging.getLogger("prepare")

VIEWS = 8
MOST_OF_A_SOURCE = {"tiny-imagenet": 4000, "sports22": 3500, "caltech101": 2500, "popular-animals": 1941}
MOST = 800  # photos of any other source
SENTENCE_SOURCE = "flickr"


def main(argv: Sequence[str] | None = None) -> None:
    """Make what is missing."""
    options = folders.parser(__doc__)
    given = options.add_mutually_exclusive_group(required=True)
    given.add_argument("--data", type=Path, help="folder of the starter's training data")
    given.add_argument("--pairs", type=Path, help="CSV of image, sentence")
    options.add_argument("--sentence-vectors", type=Path, default=folders.STARTER_BUILD / "corpus.npz")
    options.add_argument("--views", type=int, default=VIEWS, help="crops of each photo that has sentences")
    arguments = options.parse_args(argv)
    made = folders.start(arguments)
    if arguments.pairs is not None:
        _own(arguments.pairs, made, arguments)
        return
    import dataset

    pictures = dataset.read_pictures(arguments.data)
    with_sentences = [one for one in pictures if one.source == SENTENCE_SOURCE]
    if not (made.words.exists() and made.written.exists()):
        _words(arguments, made, with_sentences)
    if not made.pairs.exists():
        _pairs(arguments, made, with_sentences)
    if not made.labelled.exists():
        _labelled(arguments, made, [one for one in pictures if one.source != SENTENCE_SOURCE])


def _eyes(device: str) -> tuple[Callable, int]:
    """The starter's image tower and the side of its input."""
    from organizer.models.openclip import open_embedder
    from organizer.models.registry import load_registry
    from organizer.paths import resources_dir

    spec = load_registry(resources_dir(), Path("none")).bundled
    embedder = open_embedder(spec, device)
    return embedder.encode_images, embedder.input.size


def _pairs(arguments, made, pictures) -> None:
    import pairs

    encode, size = _eyes(arguments.device)
    opener = pairs.from_shards(arguments.data)
    vectors = pairs.encoded_views(
        [opener(one.file) for one in pictures], encode, size, arguments.views, arguments.seed
    )
    split = pairs.split_of(len(pictures), arguments.seed)
    pairs.save_pairs(made.pairs, pairs.Pairs(vectors, [list(one.texts) for one in pictures], split))


def _labelled(arguments, made, pictures) -> None:
    import label_sentences
    import pairs

    draw = random.Random(arguments.seed)
    draw.shuffle(pictures)
    taken, counts = [], dict[str, int]()
    for one in pictures:
        counts[one.source] = counts.get(one.source, 0) + 1
        if counts[one.source] <= MOST_OF_A_SOURCE.get(one.source, MOST):
            taken.append(one)
    texts = [label_sentences.sentence_from_labels(one.source, one.texts, draw) for one in taken]
    encode, size = _eyes(arguments.device)
    opener = pairs.from_shards(arguments.data)
    vectors = pairs.encoded_views([opener(one.file) for one in taken], encode, size, 1, arguments.seed)
    pairs.save_sentences(made.labelled, pairs.Sentences(texts, vectors[:, 0]))


def _words(arguments, made, pictures) -> None:
    """Sentences without a photo, and those of the photos, with the vectors of the starter's corpus."""
    import numpy as np
    import pairs
    import texts
    import words

    with np.load(arguments.sentence_vectors, allow_pickle=False) as stored:
        lines, vectors = json.loads(str(stored["lines"])), stored["vectors"]
    row = {line: number for number, line in enumerate(lines)}
    written = [sentence for one in pictures for sentence in one.texts if words.tidy(sentence) in row]
    rows = [row[words.tidy(sentence)] for sentence in written]
    pairs.save_sentences(made.written, pairs.Sentences(written, vectors[rows]))
    known = [line for line in dict.fromkeys(texts.read_sentences(arguments.data)) if line in row]
    logger.info("%d sentences without a photo", len(known))
    pairs.save_sentences(made.words, pairs.Sentences(known, vectors[[row[line] for line in known]]))


def _own(table: Path, made: folders.Folders, arguments) -> None:
    """A person's own photos and sentences, read through the program's own decoder."""
    import pairs
    from PIL import Image, ImageOps

    images, sentences = pairs.read_own(table)

    def opener(path: Path) -> Callable[[], Image.Image]:
        return lambda: ImageOps.exif_transpose(Image.open(path))

    encode, size = _eyes(arguments.device)
    vectors = pairs.encoded_views(
        [opener(path) for path in images], encode, size, arguments.views, arguments.seed
    )
    split = pairs.split_of(len(images), arguments.seed)
    pairs.save_pairs(made.pairs, pairs.Pairs(vectors, sentences, split))
    logger.info("%d photos with %d sentences", len(images), sum(map(len, sentences)))


if __name__ == "__main__":
    main()
