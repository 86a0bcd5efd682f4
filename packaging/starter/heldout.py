"""Photos that no training may see, with what is known of them, and the tasks that judge a model.

Reads the test photos' labels.tsv. A task takes an embedder (organizer.models.base) and returns
figures; must not know training.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import workspace
from PIL import Image, ImageOps

from organizer.errors import OrganizerError
from organizer.models.base import Embedder
from organizer.models.prompts import text_classifier
from organizer.records import InputSpec

if TYPE_CHECKING:
    from organizer.models.openclip import OpenClipEmbedder

# the coarse classes, each with the phrasings that stand for it; people, cat and sea by phrasings.py
COARSE: dict[str, tuple[str, ...]] = {
    "buildings": ("buildings", "architecture"),
    "forest": ("forest",),
    "mountain": ("mountain", "glacier"),
    "sea": ("sea", "ocean"),
    "street": ("street",),
    "people": ("person", "people outdoors", "person doing sports"),
    "receipt": ("receipt", "document"),
    "clothes": ("clothes", "piece of clothing"),
    "sketch": ("drawing", "sketch"),
    "dog": ("dog",),
    "cat": ("cat", "pet cat"),
}
# the same classes by one plain name each: what a person would type without a thought
NAIVE: dict[str, str] = {
    "buildings": "buildings",
    "forest": "forest",
    "mountain": "mountain",
    "sea": "sea",
    "street": "street",
    "people": "people",
    "receipt": "receipt or document",
    "clothes": "clothes",
    "sketch": "drawing or sketch",
    "dog": "dog",
    "cat": "cat",
}
SCENES = ("buildings", "forest", "glacier", "mountain", "sea", "street")


@dataclass(frozen=True)
class Labelled:
    """One held-out photo: its set, its label as written and its coarse class, if it has one."""

    path: Path
    set: str
    label: str
    source: str

    @property
    def coarse(self) -> str | None:
        """The coarse class of COARSE, or None."""
        if self.set == "captioned":
            return None
        label = self.label
        if self.source == "sroie":
            return "receipt"
        if label.startswith("clothes:"):
            return "clothes"
        if label.startswith("sketch of"):
            return "sketch"
        if label.startswith(("dog:", "cat:")):
            return label[:3]
        if self.source == "intel-scenes":
            return "mountain" if label == "glacier" else label
        return None

    @property
    def sentences(self) -> list[str]:
        """What people wrote about a captioned photo."""
        return [part.strip() for part in self.label.split(" | ")]


def read_labelled(photos: Path, sets: tuple[str, ...]) -> list[Labelled]:
    """The rows of labels.tsv that belong to the sets."""
    with workspace.read_from(photos, "labels.tsv", "--photos").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Labelled(photos / row["file"], row["set"], row["label"], row["source"])
        for row in rows
        if row["set"] in sets
    ]


def model_input(path: Path, spec: InputSpec) -> np.ndarray:
    """(S, S, 3) uint8, upright, reduced with a good filter and made square as the model asks."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    filter_ = Image.Resampling.BICUBIC if spec.interpolation == "bicubic" else Image.Resampling.BILINEAR
    if spec.resize_mode == "squash":
        return np.asarray(image.resize((spec.size, spec.size), filter_))
    if spec.resize_mode == "shortest":
        return np.asarray(ImageOps.fit(image, (spec.size, spec.size), filter_))
    return np.asarray(ImageOps.pad(image, (spec.size, spec.size), filter_))


def open_model(folder: Path, device: str) -> OpenClipEmbedder:
    """The model in a folder; one that cannot be opened costs a sentence."""
    from organizer.models.openclip import OpenClipEmbedder

    try:
        return OpenClipEmbedder.load(folder, device)
    except OrganizerError as problem:
        raise workspace.Refused(f"{folder}: {problem}") from problem


def embed(embedder: Embedder, photos: list[Labelled]) -> np.ndarray:
    """(N, D) float32 of unit length."""
    batch = np.stack([model_input(photo.path, embedder.input) for photo in photos])
    return embedder.encode_images(batch)


def accuracy(vectors: np.ndarray, classes: np.ndarray, truth: list[int]) -> tuple[float, dict[int, float]]:
    """Mean over the classes that occur, and each class by itself."""
    guessed = np.argmax(vectors @ classes.T, axis=1)
    wanted = np.asarray(truth)
    each = {int(c): float(np.mean(guessed[wanted == c] == c)) for c in np.unique(wanted)}
    return float(np.mean(list(each.values()))), each


def mean_accuracy(scores: np.ndarray, truth: np.ndarray) -> float:
    """Share of rows whose largest score is at the true place, mean over the places that occur."""
    hits = scores.argmax(axis=1) == truth
    return float(np.mean([hits[truth == place].mean() for place in np.unique(truth)]))


def coarse_accuracy(
    embedder: Embedder, photos: list[Labelled], vectors: np.ndarray, *, naive: bool
) -> tuple[float, dict[str, float]]:
    """Zero-shot accuracy over the coarse classes, mean over classes, and each class by itself.

    Captioned photos of people stand for "people".
    """
    names = list(COARSE)
    phrasings = [NAIVE[n] for n in names] if naive else [COARSE[n] for n in names]
    classes = text_classifier(embedder, phrasings)
    rows, truth = coarse_rows(photos)
    mean, each = accuracy(vectors[rows], classes, truth)
    return mean, {names[c]: value for c, value in each.items()}


def coarse_rows(photos: list[Labelled]) -> tuple[list[int], list[int]]:
    """The photos that have a coarse class, and its place in COARSE; captioned ones of people among them."""
    names = list(COARSE)
    found = [photo.coarse or ("people" if about_people(photo) else None) for photo in photos]
    known = [(row, names.index(coarse)) for row, coarse in enumerate(found) if coarse is not None]
    return [row for row, _ in known], [place for _, place in known]


def about_people(photo: Labelled) -> bool:
    """A captioned photo of which every sentence speaks of people and none of a dog."""
    if photo.set != "captioned":
        return False
    people = {
        "man",
        "men",
        "woman",
        "women",
        "people",
        "boy",
        "boys",
        "girl",
        "girls",
        "child",
        "children",
        "kids",
        "person",
        "couple",
        "group",
        "family",
        "lady",
        "crowd",
        "baby",
    }
    spoken = [set(sentence.lower().split()) for sentence in photo.sentences]
    return all(people & s for s in spoken) and not any({"dog", "dogs"} & s for s in spoken)


def scene_accuracy(embedder: Embedder, photos: list[Labelled], vectors: np.ndarray) -> float:
    """Accuracy over the six scenes."""
    classes = text_classifier(embedder, SCENES)
    rows = [row for row, photo in enumerate(photos) if photo.source == "intel-scenes"]
    return accuracy(vectors[rows], classes, [SCENES.index(photos[row].label) for row in rows])[0]


@dataclass(frozen=True)
class Guess:
    """What a model took a photo for among all finer labels, with the cosine; and what it is."""

    file: str
    label: str
    guessed: str
    cosine: float


def fine_guesses(embedder: Embedder, photos: list[Labelled], vectors: np.ndarray) -> list[Guess]:
    """For each photo of everyday/ the nearest of all its finer labels at once."""
    rows = [row for row, photo in enumerate(photos) if photo.set == "everyday"]
    labels = [photos[row].label.split(": ")[-1] for row in rows]
    names = sorted(set(labels))
    cosines = vectors[rows] @ text_classifier(embedder, names).T
    return [
        Guess(photos[row].path.name, label, names[int(near.argmax())], float(near.max()))
        for row, label, near in zip(rows, labels, cosines, strict=True)
    ]


def binary_accuracy(
    embedder: Embedder, photos: list[Labelled], vectors: np.ndarray, positive: str, phrases: tuple[str, str]
) -> float:
    """Balanced accuracy of telling one coarse class from all other photos of everyday/."""
    classes = text_classifier(embedder, phrases)
    rows = [row for row, photo in enumerate(photos) if photo.set == "everyday"]
    truth = [0 if photos[row].coarse == positive else 1 for row in rows]
    return accuracy(vectors[rows], classes, truth)[0]


def retrieval(embedder: Embedder, photos: list[Labelled], vectors: np.ndarray) -> dict[str, float]:
    """Share of sentences whose own photo is among the first 1, 5, 10 of the captioned photos.

    And the same among 200 photos, as expected_recall estimates it.
    """
    rows = [row for row, photo in enumerate(photos) if photo.set == "captioned"]
    sentences = [(s, place) for place, row in enumerate(rows) for s in photos[row].sentences]
    texts = embedder.encode_texts([s for s, _ in sentences])
    scores = texts @ vectors[rows].T
    own = scores[np.arange(len(sentences)), [place for _, place in sentences]]
    ranks = (scores > own[:, None]).sum(1)
    here = {f"R@{k}": float(np.mean(ranks < k)) for k in (1, 5, 10)}
    return here | {f"R@{k} of 200": expected_recall(ranks, len(rows), 200, k) for k in (1, 5, 10)}


def expected_recall(ranks: np.ndarray, among: int, wanted: int, k: int) -> float:
    """R@k to expect among `wanted` photos of the same sort, from ranks among fewer.

    A stranger is a photo of another sentence. Where r of n strangers outranked the own photo, the chance that
    a new one does is not known but lies near r / n: its posterior by Jeffreys' prior is
    Beta(r + 1/2, n - r + 1/2), so the number that do among the new strangers is beta-binomial. It is added
    to r. Exact to a hundredth for a model that finds about as much as the starter; for a much better one,
    which mostly puts the own photo first, it errs low.

    Args:
        ranks: (S,) how many of the strangers outrank the sentence's own photo.
    """
    from scipy.stats import betabinom

    more = wanted - among
    if more < 0:
        raise ValueError(f"cannot tell of {wanted} photos from {among}")
    chances = betabinom.cdf(k - 1 - ranks, more, ranks + 0.5, among - 1 - ranks + 0.5)
    return float(np.mean(np.where(ranks < k, chances, 0.0)))


@dataclass(frozen=True)
class Counts:
    """How many photos, labels and sentences the tasks rest on; classes: photos of each coarse class."""

    classes: dict[str, int]
    scenes: int
    everyday: int
    labels: int
    captioned: int
    sentences: int


def counts(photos: list[Labelled]) -> Counts:
    """What the tasks of this module judge by."""
    coarse = [photo.coarse or ("people" if about_people(photo) else None) for photo in photos]
    everyday = [photo for photo in photos if photo.set == "everyday"]
    captioned = [photo for photo in photos if photo.set == "captioned"]
    return Counts(
        classes={name: coarse.count(name) for name in COARSE if name in coarse},
        scenes=sum(photo.source == "intel-scenes" for photo in photos),
        everyday=len(everyday),
        labels=len({photo.label.split(": ")[-1] for photo in everyday}),
        captioned=len(captioned),
        sentences=sum(len(photo.sentences) for photo in captioned),
    )
