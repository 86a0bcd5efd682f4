"""Measures from where on a photo counts as found; writes resources/calibration/search.toml.

Present queries are the labels of the test photos and the nouns that most sentences about a photo name; absent
ones are everyday things that no test photo shows. The cut for words is the one with the best mean of two
shares: present queries that find something, absent ones that find nothing. The cut for "find similar" is the
lowest at which PRECISE of the photos found are of the example's own kind.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import workspace

logger = logging.getLogger("calibrate_search")

ABSENT = """zebra;wedding;sushi;helicopter;sailing boat;tractor;penguin;christmas tree;fireworks;chess;piano;
    laptop;whiteboard;tennis;golf;kangaroo;sunflower;pizza;windmill;lighthouse;crocodile;parrot;butterfly;
    spider;umbrella;passport;x-ray;microscope;ice cream;birthday cake;violin;map;waterfall;desert;volcano;
    astronaut;surgeon;ballet;subway;aquarium;cactus;mushroom;owl;rabbit;newspaper;candles;rainbow"""
NOUNS = "dog man woman boy girl water ball child"
PRECISE = 0.8
LEAST = 3  # photos that a query must have to count as something an album holds
CUTS = np.arange(1.5, 4.01, 0.05)


@dataclass(frozen=True)
class Truth:
    """queries: words -> bool (N,) which photos fit. counted: bool (N,) photos known to fit or not, each."""

    queries: dict[str, np.ndarray]
    counted: dict[str, np.ndarray]
    absent: list[str]


def truth_of(photos: list) -> Truth:  # type: ignore[type-arg]
    """What is known of the test photos (``heldout.Labelled``)."""
    everyday = np.array([photo.set == "everyday" for photo in photos])
    queries: dict[str, np.ndarray] = {}
    counted: dict[str, np.ndarray] = {}
    for row, photo in enumerate(photos):
        names = {photo.label.split(": ")[-1], photo.coarse} - {None} if everyday[row] else set()
        for name in names:
            queries.setdefault(name, np.zeros(len(photos), bool))[row] = True
    counted = dict.fromkeys(queries, everyday)
    for noun in NOUNS.split():
        said = np.array([_times_said(noun, photo) for photo in photos])
        fits = (said >= 3) & ~everyday
        if fits.any():
            known = ~everyday & ((said >= 3) | (said == 0))
            queries[noun] = fits | queries.get(noun, np.zeros(len(photos), bool))
            counted[noun] = known | counted.get(noun, np.zeros(len(photos), bool))
    kept = {name: fits for name, fits in queries.items() if fits.sum() >= LEAST}
    return Truth(kept, counted, [part.strip() for part in ABSENT.split(";")])


def _times_said(noun: str, photo) -> int:  # type: ignore[no-untyped-def]
    return sum(bool(re.search(rf"\b{noun}s?\b", sentence.lower())) for sentence in photo.sentences)


def table(deviations: dict[str, np.ndarray], truth: Truth, cut: float) -> dict[str, float]:
    """At one cut: how often present and absent queries find something, and how well photos are told apart."""
    precise, complete = [], []
    for name, fits in truth.queries.items():
        found, known = deviations[name] >= cut, truth.counted[name]
        if (found & known).any():
            precise.append(fits[found & known].mean())
        complete.append(found[fits].mean())
    some = [bool((deviations[name] >= cut).any()) for name in truth.queries]
    wrong = [(deviations[name] >= cut).sum() for name in truth.absent]
    return {
        "present queries that find something": float(np.mean(some)),
        "absent queries that find nothing": float(np.mean([count == 0 for count in wrong])),
        "precision": float(np.mean(precise)) if precise else 1.0,
        "recall": float(np.mean(complete)),
        "photos an absent query shows": float(np.mean(wrong)),
    }


def word_deviations(embedder, vectors: np.ndarray, vocabulary_file: Path, names) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def]
    """What the program computes for each query: deviations above each photo's background."""
    from organizer.analysis import search
    from organizer.analysis.categories import label_vectors
    from organizer.analysis.vocabulary import load_vocabulary

    phrases = label_vectors(load_vocabulary(vocabulary_file), embedder.encode_texts).vectors
    mean, spread = search.background(vectors, phrases)
    found = {}
    for name in names:
        words = embedder.encode_texts([template.format(name) for template in search.TEMPLATES]).mean(0)
        found[name] = search.looks(vectors, mean, spread, words / np.linalg.norm(words))
    return found


def best_cut(deviations: dict[str, np.ndarray], truth: Truth) -> float:
    """The cut with the best mean of the two shares; the middle one where several are as good."""

    def worth(cut: float) -> float:
        rates = list(table(deviations, truth, cut).values())
        return rates[0] + rates[1]

    worths = np.array([worth(cut) for cut in CUTS])
    return float(np.median(CUTS[worths >= worths.max() - 0.011]))


def alike_cut(vectors: np.ndarray, kinds: list[str | None]) -> float:
    """The lowest cut at which PRECISE of what an example finds is of its kind, mean over kinds."""
    from organizer.analysis import search

    known = np.array([kind is not None for kind in kinds])
    names = np.array([kind or "" for kind in kinds])
    deviations = np.stack([search.alike(vectors, vector) for vector in vectors])
    np.fill_diagonal(deviations, -np.inf)
    for cut in np.arange(0.5, 4.0, 0.05):
        shares = [
            np.mean(names[hits] == name)
            for row, name in enumerate(names)
            if known[row] and len(hits := np.flatnonzero((deviations[row] >= cut) & known))
        ]
        if shares and np.mean(shares) >= PRECISE:
            return float(cut)
    return 4.0


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, measure, write."""
    options = workspace.parser(__doc__, data=False)
    options.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    options.add_argument("--model", type=Path, default=workspace.DEFAULT_MODEL, help="folder of the model")
    options.add_argument("--key", default="", help="registry key; default: the folder's name")
    resources = workspace.REPOSITORY / "resources"
    options.add_argument(
        "--to", type=Path, default=resources / "calibration" / "search.toml", help="the file to change"
    )
    arguments = options.parse_args(argv)
    workspace.start(arguments)
    import heldout

    from organizer.models.openclip import OpenClipEmbedder

    embedder = OpenClipEmbedder.load(arguments.model, arguments.device)
    photos = heldout.read_labelled(arguments.photos, ("everyday", "captioned"))
    vectors = heldout.embed(embedder, photos)
    truth = truth_of(photos)
    vocabulary = resources / "vocabularies" / "default.toml"
    deviations = word_deviations(embedder, vectors, vocabulary, [*truth.queries, *truth.absent])
    cut = best_cut(deviations, truth)
    likeness = alike_cut(vectors, [photo.coarse for photo in photos])
    logger.info("cut %.2f: %s", cut, table(deviations, truth, cut))
    logger.info("alike cut %.2f at a precision of %.2f", likeness, PRECISE)
    key = arguments.key or arguments.model.name
    _write(arguments.to, key, {"cut": round(cut, 2), "alike_cut": round(likeness, 2)})


def _write(file: Path, key: str, numbers: dict[str, float]) -> None:
    """Put a model's table in place of the one it had; everything above the first such table stays."""
    text = file.read_text(encoding="utf-8")
    models = {**tomllib.loads(text).get("models", {}), key: numbers}
    parts = [text.split("\n[models.")[0].rstrip()]
    for name, values in models.items():
        lines = "\n".join(f"{word} = {number}" for word, number in values.items())
        parts.append(f"[models.{name}]\n{lines}")
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    logger.info("wrote %s", file.name)


if __name__ == "__main__":
    main()
