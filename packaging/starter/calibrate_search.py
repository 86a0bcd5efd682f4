"""Measures from where on a photo counts as found; writes resources/calibration/search.toml.

Names: present ones are the labels of the test photos and the nouns that most sentences about a photo hold;
absent ones are everyday things that no label and no sentence names. Sentences: those that people wrote about
a photo, against libraries that hold no such photo.

``cut`` says which photos look like a name (best mean F1 of the present names), ``sure`` whether any does
(REFUSED of the absent names find nothing), ``grows`` how chance lifts the best photo of an absent name with
the size of the library. "find similar" counts from the lowest number at which PRECISE of the photos found are
of the example's own kind.

What is reported is measured on photos and names that the numbers were not fitted to: both are halved at
random ROUNDS times, fitted on one half of each and scored on the other. What is written is fitted on all.
"""

from __future__ import annotations

import logging
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import workspace

logger = logging.getLogger("calibrate_search")

ABSENT = """zebra;wedding;sushi;helicopter;sailing boat;tractor;penguin;christmas tree;fireworks;chess;piano;
    laptop;whiteboard;tennis;golf;kangaroo;sunflower;pizza;windmill;lighthouse;crocodile;parrot;butterfly;
    spider;umbrella;passport;x-ray;microscope;ice cream;birthday cake;violin;map;waterfall;desert;volcano;
    astronaut;surgeon;ballet;subway;aquarium;cactus;mushroom;owl;rabbit;newspaper;candles;rainbow;submarine;
    chess board;igloo;pyramid;octopus;jellyfish;panda;camel;koala;hot air balloon;roller coaster;casino;
    washing machine;toothbrush;tattoo;trampoline;ferris wheel;greenhouse;telescope;scuba diver;jet ski;
    snowman;pumpkin;watermelon;spaghetti;fried egg;lobster;strawberry;wine bottle;coffee machine;drum kit;
    harp;ambulance;fire engine;dump truck;cable car;parachute;graduation;boxing;archery;operating room;
    barcode;crossword;sheet music;chandelier;bathtub;bookshelf;stadium;vineyard;bonsai"""
NOUNS = "dog man woman boy girl water ball child"
PRECISE = 0.8
LEAST = 3  # photos that a name must have to count as something an album holds
ROUNDS = 40
SIZES = (50, 100, 200)  # photos of the libraries that ``grows`` is measured on
REFUSED = 0.93  # of absent names find nothing
CUTS = np.arange(1.5, 5.01, 0.05)


@dataclass(frozen=True)
class Truth:
    """queries: words -> bool (N,) which photos fit. counted: bool (N,) photos known to fit or not, each."""

    queries: dict[str, np.ndarray]
    counted: dict[str, np.ndarray]
    absent: list[str]

    def half(self, rows: np.ndarray, names: set[str]) -> Truth:
        """Of some photos and names alone; names that no longer have LEAST photos are left out."""
        kept = {name: fits[rows] for name, fits in self.queries.items() if name in names}
        kept = {name: fits for name, fits in kept.items() if fits.sum() >= min(LEAST, 2)}
        counted = {name: self.counted[name][rows] for name in kept}
        return Truth(kept, counted, [name for name in self.absent if name in names])


def truth_of(photos: list, least: int = LEAST) -> Truth:  # type: ignore[type-arg]
    """What is known of the test photos (``heldout.Labelled``); names with fewer photos are left out."""
    everyday = np.array([photo.set == "everyday" for photo in photos])
    queries: dict[str, np.ndarray] = {}
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
    kept = {name: fits for name, fits in queries.items() if fits.sum() >= least}
    absent = [" ".join(part.split()) for part in ABSENT.split(";")]
    return Truth(kept, counted, [name for name in absent if not _told(name, photos)])


def _told(name: str, photos: list) -> bool:  # type: ignore[type-arg]
    return any(re.search(rf"\b{re.escape(name)}s?\b", photo.label.lower()) for photo in photos)


def _times_said(noun: str, photo) -> int:  # type: ignore[no-untyped-def]
    return sum(bool(re.search(rf"\b{noun}s?\b", sentence.lower())) for sentence in photo.sentences)


def table(deviations: dict[str, np.ndarray], truth: Truth, numbers) -> dict[str, float]:  # type: ignore[no-untyped-def]
    """How often present and absent names find something, and how well photos are told apart."""
    from organizer.analysis import search

    found = {name: search.fitting(deviations[name], numbers) for name in (*truth.queries, *truth.absent)}
    precise, complete = [], []
    for name, fits in truth.queries.items():
        known = truth.counted[name]
        if (found[name] & known).any():
            precise.append(fits[found[name] & known].mean())
        complete.append(found[name][fits].mean())
    wrong = [int(found[name].sum()) for name in truth.absent]
    return {
        "present names that find something": float(np.mean([found[name].any() for name in truth.queries])),
        "absent names that find nothing": float(np.mean([count == 0 for count in wrong])),
        "precision": float(np.mean(precise)) if precise else 1.0,
        "recall": float(np.mean(complete)),
        "photos an absent name shows": float(np.mean(wrong)),
    }


class Words:
    """What the program computes for each query: deviations above each photo's background."""

    def __init__(self, embedder, vectors: np.ndarray, nouns: np.ndarray) -> None:  # type: ignore[no-untyped-def]
        from organizer.analysis import search

        self._search, self._embedder, self._vectors = search, embedder, vectors
        self._background = search.background(vectors, nouns)

    def deviations(self, texts) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def]
        """As ``search.looks`` gives them, (N,) each."""
        return {text: self._of(text, own=1.0) for text in texts}

    def described(self, text: str) -> np.ndarray:
        """As descriptions are ordered, (N,)."""
        return self._of(text, own=self._search.OWN_OF_DESCRIPTION)

    def _of(self, text: str, own: float) -> np.ndarray:
        read = self._embedder.encode_texts(
            [template.format(text) for template in self._search.TEMPLATES]
        ).mean(0)
        cosines = self._vectors @ (read / np.linalg.norm(read))
        return self._search.looks(cosines, *self._background, own=own)


def read_nouns(embedder, vocabularies: Path) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The background's nouns as the model reads them, (P, D), unit length."""
    from organizer.analysis import search

    nouns = search.load_nouns(vocabularies / "background.toml")
    vectors: np.ndarray = embedder.encode_texts([search.BACKGROUND_TEMPLATE.format(noun) for noun in nouns])
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def fitted(deviations: dict[str, np.ndarray], truth: Truth, photos: int, grows: float):  # type: ignore[no-untyped-def]
    """Calibration with ``cut``, ``sure`` and ``grows`` of some photos and names."""
    from organizer.analysis import search

    def f1(cut: float) -> float:
        worths = []
        for name, fits in truth.queries.items():
            found, known = deviations[name] >= cut, truth.counted[name]
            hits = (found & fits).sum()
            worths.append(2 * hits / max(1, (found & known).sum() + fits.sum()))
        return float(np.mean(worths))

    cut = _middle(CUTS, np.array([f1(cut) for cut in CUTS]), 0.005)
    best = np.array([deviations[name].max() for name in truth.absent])
    sure = next(float(sure) for sure in CUTS if (best < sure).mean() >= REFUSED or sure == CUTS[-1])
    sure -= grows * max(0.0, np.log10(photos / 100))
    return search.Calibration(cut=round(cut, 2), sure=round(sure, 2), grows=round(grows, 2))


def _middle(cuts: np.ndarray, worths: np.ndarray, near: float) -> float:
    """The middle one of those that are as good as the best."""
    return float(np.median(cuts[worths >= worths.max() - near]))


def growth(deviations: dict[str, np.ndarray], absent: list[str]) -> float:
    """By how much the best photo of absent names (their REFUSED) rises with each tenfold of photos."""
    draw = np.random.default_rng(7)
    rows = np.stack([deviations[name] for name in absent])
    tops = [
        np.mean(
            [np.quantile(rows[:, draw.permutation(rows.shape[1])[:size]].max(1), REFUSED) for _ in range(40)]
        )
        for size in SIZES
    ]
    return max(0.0, float(np.polyfit(np.log10(SIZES), tops, 1)[0]))


def cross_fitted(deviations: dict[str, np.ndarray], truth: Truth) -> dict[str, float]:
    """The figures of ``table`` on halves of photos and names that the numbers were not fitted to, mean."""
    draw = np.random.default_rng(11)
    count = len(next(iter(deviations.values())))
    rounds = []
    for _ in range(ROUNDS):
        order = draw.permutation(count)
        halves = order[: count // 2], order[count // 2 :]
        parts = [set(), set()]  # type: list[set[str]]
        for names in (list(truth.queries), truth.absent):
            for place, name in enumerate(draw.permutation(names)):
                parts[place % 2].add(str(name))
        for one in (0, 1):
            fit, score = truth.half(halves[one], parts[one]), truth.half(halves[1 - one], parts[1 - one])
            here = {name: values[halves[one]] for name, values in deviations.items()}
            there = {name: values[halves[1 - one]] for name, values in deviations.items()}
            numbers = fitted(here, fit, len(halves[one]), growth(here, fit.absent))
            rounds.append(table(there, score, numbers))
    return {name: float(np.mean([each[name] for each in rounds])) for name in rounds[0]}


def sentences(words: Words, photos: list) -> dict[str, float]:  # type: ignore[type-arg]
    """How well a cut could tell whether a library holds a photo that a sentence describes, and how well the
    nearest photos serve. Libraries without it: the same without that photo, and everyday photos alone.
    """
    rows = [row for row, photo in enumerate(photos) if photo.set == "captioned"]
    everyday = np.array([photo.set == "everyday" for photo in photos])
    own, with_it, without, elsewhere, ranks = [], [], [], [], []
    for row in rows:
        for sentence in photos[row].sentences:
            found = words.deviations([sentence])[sentence]
            own.append(found[row])
            with_it.append(found.max())
            without.append(np.delete(found, row).max())
            elsewhere.append(found[everyday].max())
            described = words.described(sentence)[rows]
            ranks.append(int((described > described[rows.index(row)]).sum()))
    strict = np.quantile(elsewhere, REFUSED)
    return {
        "sentences": float(len(own)),
        "told apart from everyday photos": _told_apart(with_it, elsewhere),
        "told apart from the same photos without it": _told_apart(with_it, without),
        f"found while {REFUSED:.0%} of everyday libraries say none": float(np.mean(with_it >= strict)),
        "own photo found then": float(np.mean(own >= strict)),
        **{f"R@{count}": float(np.mean(np.array(ranks) < count)) for count in (1, 5, 10)},
    }


def _told_apart(present: list[float], absent: list[float]) -> float:
    """Area under the curve: 0.5 is chance, 1 is always."""
    above = np.array(present)[:, None] - np.array(absent)[None]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def alike_cut(vectors: np.ndarray, kinds: list[str | None]) -> float:
    """The lowest cut at which PRECISE of what an example finds is of its kind, mean over kinds."""
    from organizer.analysis import search

    known = np.array([kind is not None for kind in kinds])
    names = np.array([kind or "" for kind in kinds])
    deviations = np.stack([search.alike(vectors @ vector) for vector in vectors])
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


def measured(embedder, photos: list, vectors: np.ndarray, vocabularies: Path):  # type: ignore[no-untyped-def, type-arg]
    """The numbers fitted on all photos, and the figures on what they were not fitted to."""
    words = Words(embedder, vectors, read_nouns(embedder, vocabularies))
    truth = truth_of(photos)
    deviations = words.deviations([*truth.queries, *truth.absent])
    numbers = fitted(deviations, truth, len(photos), growth(deviations, truth.absent))
    figures = {"held back": cross_fitted(deviations, truth), "fitted": table(deviations, truth, numbers)}
    return numbers, figures, sentences(words, photos)


def main() -> None:
    """Parse the options, measure, write."""
    options = workspace.parser(__doc__, data=False)
    options.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    options.add_argument("--model", type=Path, default=workspace.DEFAULT_MODEL)
    options.add_argument("--key", default="", help="registry key; default: the folder's name")
    resources = workspace.REPOSITORY / "resources"
    options.add_argument("--to", type=Path, default=resources / "calibration" / "search.toml")
    arguments = options.parse_args()
    workspace.start(arguments)
    import heldout

    embedder = heldout.open_model(arguments.model, arguments.device)
    photos = heldout.read_labelled(arguments.photos, ("everyday", "captioned"))
    vectors = heldout.embed(embedder, photos)
    numbers, figures, described = measured(embedder, photos, vectors, resources / "vocabularies")
    likeness = alike_cut(vectors, [photo.coarse for photo in photos])
    for name, values in (*figures.items(), ("sentences", described)):
        logger.info("%s: %s", name, ", ".join(f"{key} {value:.3f}" for key, value in values.items()))
    logger.info("alike cut %.2f at a precision of %.2f", likeness, PRECISE)
    kept = {"cut": numbers.cut, "sure": numbers.sure, "grows": numbers.grows, "alike_cut": round(likeness, 2)}
    _write(arguments.to, arguments.key or arguments.model.name, kept)


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
