"""How well photos land in categories: ``python -m tests.bench.bench_categories [--photos FOLDER]``.

Embeds ``everyday/`` and ``captioned/`` with the starter model and prints, for each kind of photo, the
share that got a right parent, the share that got a right category, what went to "others" and what
was marked doubtful; then the same with the neighbour step and the representatives at several settings.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.categories import (
    Calibration,
    LabelVectors,
    background,
    classify,
    label_vectors,
)
from organizer.analysis.neighbours import Smoothing
from organizer.analysis.vocabulary import Vocabulary, load_vocabulary
from organizer.media.decode import decode_file
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from organizer.records import FileStamp
from organizer.results import OTHERS, Categorised

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "photos"

# label of the test photos -> categories that are right; a parent stands for itself alone
RIGHT = {
    "buildings": "building skyline church-and-temple bridge-and-tower city street",
    "forest": "forest nature",
    "glacier": "snow-and-ice mountain nature",
    "mountain": "mountain snow-and-ice nature",
    "sea": "sea beach nature",
    "street": "street city building",
    "receipt": "receipt documents",
    "clothes": "top trousers dress coat shoes hat clothes",
    "sketch": "sketch cartoon drawings",
    "dog": "dog animals",
    "cat": "cat animals",
}
# single photos of things: the parents that are right
THINGS = {
    "animals": """afghan hound;american staffordshire terrier;banded gecko;bittern;border collie;
        clumber;cock;coyote;crane;dandie dinmont;english foxhound;goldfinch;grey whale;guenon;
        hartebeest;harvestman;hornbill;horned viper;impala;indigo bunting;malamute;mongoose;pelican;
        proboscis monkey;pug;siamese cat;siberian husky;sidewinder;spotted salamander;
        standard poodle;sturgeon;sussex spaniel;tabby;tiger shark;timber wolf;tusker;warthog;weasel;
        wild boar""",
    "food": "bakery;burrito;lemon;ear;restaurant",
    "things home": """abacus;ashcan;cd player;crate;cup;doormat;guillotine;hair spray;hard disc;
        holster;oscilloscope;polaroid camera;revolver;rocking chair;screen;slide rule;sliding door;
        soup bowl;spatula;teapot;thimble;vacuum;window screen;wok;acoustic guitar;sax;trombone;
        cannon;baseball""",
    "vehicles": "airliner;bullet train;jinrikisha;oxcart;space shuttle;sports car;tank",
    "clothes": "backpack;cloak;feather boa;hoopskirt;trench coat",
    "city nature": "earthstar;flagpole;maze;obelisk",
    "sports": "balance beam",
}


@dataclass(frozen=True)
class Sample:
    """A photo and what would be right. group: row of the table."""

    file: Path
    group: str
    keys: frozenset[str]
    parents: frozenset[str]


def samples(photos: Path, vocabulary: Vocabulary) -> list[Sample]:
    """The labelled photos of everyday/ and captioned/."""
    with (photos / "labels.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    singles = {n.strip(): p for p, names in THINGS.items() for n in names.split(";")}
    found = []
    for row in rows:
        file = photos / row["file"]
        group, keys, parents = "", frozenset[str](), frozenset[str]()
        if row["set"] == "captioned":
            group, parents = "captioned (people, dogs, sports)", _captioned(row["label"])
        elif row["set"] == "everyday":
            group = _group(row["label"])
            if group in RIGHT:
                keys = frozenset(RIGHT[group].split())
                parents = frozenset(vocabulary.parent(key) or key for key in keys)
            elif row["label"] in singles:
                group, parents = "single things", frozenset(singles[row["label"]].split())
        if parents:
            found.append(Sample(file, group, keys, parents))
    return found


def _group(label: str) -> str:
    head = label.split(":")[0]
    return "sketch" if head.startswith("sketch of") else head


def _captioned(sentences: str) -> frozenset[str]:
    """People do something in nearly all of these; dogs are in many."""
    animal = any(f" {word}" in sentences.lower() for word in ("dog", "cat ", "horse", "bird", "cow"))
    return frozenset({"people", "sports", "events"} | ({"animals"} if animal else set()))


def embed(embedder: OpenClipEmbedder, files: Iterable[Path]) -> NDArray[np.float32]:
    """(N, D) vectors of the photos."""
    inputs = []
    for file in files:
        status = file.stat()
        decoded = decode_file(FileStamp(file, status.st_size, status.st_mtime_ns), embedder.input)
        assert decoded.model_input is not None
        inputs.append(decoded.model_input)
    return embedder.encode_images(np.stack(inputs))


def table(known: list[Sample], results: list[Categorised], vocabulary: Vocabulary) -> float:
    """Print the table; returns the mean over the groups of the share with a right parent."""
    rows: dict[str, list[tuple[bool, bool, bool, bool]]] = defaultdict(list)
    landed: dict[str, Counter[str]] = defaultdict(Counter)
    for sample, one in zip(known, results, strict=True):
        parent = vocabulary.parent(one.category) or one.category
        exact = one.category in sample.keys if sample.keys else parent in sample.parents
        rows[sample.group].append((parent in sample.parents, exact, one.category == OTHERS, one.doubtful))
        landed[sample.group][one.category] += 1
    print(f"{'photos of':34s}{'n':>5s}{'parent':>8s}{'right':>7s}{'others':>8s}{'doubt':>7s}")
    means = []
    for group, outcomes in sorted(rows.items()):
        share = np.mean(outcomes, axis=0)
        means.append(share)
        common = ", ".join(f"{key} {n}" for key, n in landed[group].most_common(4))
        numbers = f"{share[0]:8.2f}{share[1]:7.2f}{share[2]:8.2f}{share[3]:7.2f}"
        print(f"{group:34s}{len(outcomes):5d}{numbers}  {common}")
    mean = np.mean(means, axis=0)
    print(f"{'mean over groups':39s}{mean[0]:8.2f}{mean[1]:7.2f}{mean[2]:8.2f}{mean[3]:7.2f}")
    return float(mean[0])


def right_parents(
    known: list[Sample], results: list[Categorised], vocabulary: Vocabulary
) -> tuple[float, float]:
    """Mean over the groups of the share with a right parent, and with a right category."""
    shares: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for sample, one in zip(known, results, strict=True):
        parent = vocabulary.parent(one.category) or one.category
        exact = one.category in sample.keys if sample.keys else parent in sample.parents
        shares[sample.group].append((parent in sample.parents, exact))
    mean = np.mean([np.mean(group, axis=0) for group in shares.values()], axis=0)
    return float(mean[0]), float(mean[1])


def neighbour_effect(
    known: list[Sample],
    vectors: NDArray[np.float32],
    labels: LabelVectors,
    plain: Calibration,
    vocabulary: Vocabulary,
    shipped: Smoothing,
) -> None:
    """Print what the neighbour step does at several settings, and so with the representatives."""
    ids = np.arange(len(vectors))
    print("\nneighbour step:   k  weight  min cosine   right parent   right category")
    for k, weight, nearest in [
        (0, 0.0, 0.0), (5, 0.3, 0.0), (5, 0.5, 0.0), (10, 0.5, 0.0), (20, 0.5, 0.0),
        (8, 0.5, 0.5), (10, 0.5, 0.6), (10, 0.7, 0.5),
    ]:  # fmt: skip
        tried = replace(plain, smoothing=Smoothing(k, weight, nearest))
        results = classify(ids, vectors, labels, tried)
        parent, exact = right_parents(known, results, vocabulary)
        print(f"{k:19d}{weight:8.1f}{nearest:12.1f}{parent:15.3f}{exact:17.3f}")
    print("\nrepresentatives:  share  sharpness   right parent   right category; with the neighbours too")
    for share, sharpness in [(0.2, 20), (0.4, 10), (0.4, 20), (0.4, 40), (0.6, 20), (0.8, 20)]:
        figures = []
        for near in (Smoothing(), shipped):
            tried = replace(plain, smoothing=replace(near, representative=share, sharpness=sharpness))
            figures += right_parents(known, classify(ids, vectors, labels, tried), vocabulary)
        print(f"{share:23.1f}{sharpness:11d}" + "".join(f"{figure:15.3f}" for figure in figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--scale", type=float, help="another logit scale than the calibration's")
    arguments = parser.parse_args()
    vocabulary = load_vocabulary(resources_dir() / "vocabularies" / "default.toml")
    spec = load_registry(resources_dir(), Path("models")).bundled
    embedder = OpenClipEmbedder.load(spec.folder, "cpu")
    started = time.perf_counter()
    labels = label_vectors(vocabulary, embedder.encode_texts)
    print(f"{len(labels.vectors)} prompts read in {time.perf_counter() - started:.1f} s")
    known = samples(arguments.photos, vocabulary)
    vectors = embed(embedder, [sample.file for sample in known])
    calibration = Calibration.of(spec.calibration)
    if arguments.scale:
        calibration = replace(calibration, logit_scale=arguments.scale)
    mean, deviation = background(vectors, labels)
    print(f"{len(known)} photos; background {mean:.3f} +- {deviation:.3f}; {calibration}\n")
    plain = replace(calibration, smoothing=Smoothing())
    table(known, classify(np.arange(len(known)), vectors, labels, calibration), vocabulary)
    neighbour_effect(known, vectors, labels, plain, vocabulary, calibration.smoothing)


if __name__ == "__main__":
    main()
