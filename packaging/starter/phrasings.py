"""Look for the words that stand best for a coarse class, and tell whether they hold on photos not looked at.

Of each class's candidates the one, two or three together are taken that serve best on one half of the photos;
the other half judges. This is done for many random halves; what is chosen most often belongs into
heldout.COARSE if the other halves agree. Classes without candidates keep the words they have there.
"""

from __future__ import annotations

import collections
import itertools
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import workspace

logger = logging.getLogger("phrasings")

CANDIDATES: dict[str, tuple[str, ...]] = {
    "people": (
        *("person", "group of people", "man", "woman", "child", "boy", "girl", "face", "people"),
        *("people outdoors", "man standing outdoors", "child playing", "person doing sports"),
    ),
    "cat": ("cat", "kitten", "black cat", "pet cat", "cat face"),
    "sea": ("sea", "ocean", "coast", "waves", "beach", "seascape"),
}
Column = tuple[tuple[str, ...], np.ndarray]


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, try, print."""
    options = workspace.parser(__doc__)
    options.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    options.add_argument("--model", type=Path, default=workspace.DEFAULT_MODEL, help="folder of the model")
    options.add_argument("--halves", type=int, default=20, help="how many random halves")
    arguments = options.parse_args(argv)
    workspace.start(arguments)
    import heldout

    from organizer.models.prompts import text_classifier

    photos = heldout.read_labelled(arguments.photos, ("everyday", "captioned"))
    embedder = heldout.open_model(arguments.model, arguments.device)
    rows, truth = heldout.coarse_rows(photos)
    vectors = heldout.embed(embedder, [photos[row] for row in rows])
    names = list(heldout.COARSE)
    usual = [(heldout.NAIVE[name],) if name in CANDIDATES else heldout.COARSE[name] for name in names]
    plain = vectors @ text_classifier(embedder, usual).T
    columns: dict[int, list[Column]] = {}
    for name, phrases in CANDIDATES.items():
        chosen = [c for size in (1, 2, 3) for c in itertools.combinations(phrases, size)]
        tried = vectors @ text_classifier(embedder, chosen).T
        columns[names.index(name)] = list(zip(chosen, tried.T, strict=True))
    draw = np.random.default_rng(arguments.seed)
    halves = [_half(np.array(truth), draw) for _ in range(arguments.halves)]
    before = [heldout.mean_accuracy(plain[~half], np.array(truth)[~half]) for half in halves]
    after, taken = zip(*(_judged(plain, columns, np.array(truth), half) for half in halves), strict=True)
    print(f"the halves not looked at: one plain name {np.mean(before):.3f}, chosen {np.mean(after):.3f}")
    for column in columns:
        often = collections.Counter(choice[column] for choice in taken).most_common(3)
        print(f"{names[column]}: " + "; ".join(f"{', '.join(words)} ({count})" for words, count in often))


def _half(truth: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """(N,) bool: half of the photos of each class."""
    half = np.zeros(len(truth), bool)
    for place in np.unique(truth):
        rows = draw.permutation(np.flatnonzero(truth == place))
        half[rows[: len(rows) // 2]] = True
    return half


def _judged(
    plain: np.ndarray, columns: dict[int, list[Column]], truth: np.ndarray, half: np.ndarray
) -> tuple[float, dict[int, tuple[str, ...]]]:
    """Accuracy on the other half with what was best on this one, class after class; and what that was."""
    import heldout

    scores, taken = plain.copy(), {}
    for column, tried in columns.items():
        reached = []
        for _, cosines in tried:
            scores[:, column] = cosines
            reached.append(heldout.mean_accuracy(scores[half], truth[half]))
        taken[column], scores[:, column] = tried[int(np.argmax(reached))]
    return heldout.mean_accuracy(scores[~half], truth[~half]), taken


if __name__ == "__main__":
    main()
