"""How well and how fast categories are taught: ``python -m tests.bench.bench_teach [--photos FOLDER]``.

Prints the accuracy (mean over the classes on photos not learnt from; mean and median of 16 random splits)
with 1, 5, 10 and 20 examples a class: of the names alone, the examples alone, both, and both with altered
copies of the examples. Then what photos moved by hand teach, and the time of a lesson over 50,000 made-up
vectors. A class with fewer photos than asked for keeps one to be judged by.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.held_out import held_out, with_variants
from organizer.analysis.teach import background_rows, learn, load_teaching
from organizer.library.class_folders import variants_of
from organizer.media.decode import decode_file
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.prompts import text_classifier
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from organizer.records import FileStamp
from tests.bench.bench_categories import PHOTOS
from tests.bench.moved_photos import moved_photos, own_category, prepare

TASKS = {
    "sketches": {f"a sketch of a {k}": (f"sketch of a {k}",) for k in ("horse", "guitar", "elephant", "dog")},
    "pets": {"a dog": ("dog:",), "a cat": ("cat:",)},
    "clothes": {
        "a shirt": ("clothes: t-shirt", "clothes: longsleeve", "clothes: shirt", "clothes: polo"),
        "trousers": ("clothes: pants", "clothes: shorts"),
        "a dress": ("clothes: dress",),
    },
    "sketches, pets, clothes": {
        "a sketch": ("sketch of",), "a dog or a cat": ("dog:", "cat:"), "a piece of clothing": ("clothes:",)
    },
}  # fmt: skip
SPLITS = 16
TEACHING = load_teaching(resources_dir() / "calibration" / "teach.toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    photos = parser.parse_args().photos
    spec = load_registry(resources_dir(), Path("models")).bundled
    embedder = OpenClipEmbedder.load(spec.folder, "cpu")
    scale = float(spec.calibration.get("logit_scale", 100.0)) * TEACHING.prior_softness
    with (photos / "labels.tsv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["set"] == "everyday"]  # fmt: skip
    for task, classes in TASKS.items():
        chosen = [(photos / row["file"], k) for k, starts in enumerate(classes.values()) for row in rows
                  if row["label"].startswith(starts)]  # fmt: skip
        inputs = np.stack([_input(file, embedder) for file, _ in chosen])
        vectors = embedder.encode_images(inputs)
        variants = np.stack([embedder.encode_images(variants_of(one)) for one in inputs])
        labels = np.array([k for _, k in chosen], np.int64)
        texts = text_classifier(embedder, list(classes))
        logits = scale * vectors @ texts.T
        words = np.exp(logits - logits.max(axis=1, keepdims=True))
        words /= words.sum(axis=1, keepdims=True)
        print(f"{task}: {np.bincount(labels).tolist()} photos of {len(classes)} classes")
        for count in (1, 5, 10, 20):
            if count <= np.bincount(labels).max():
                _line(count, vectors, labels, words, variants)
    setting = prepare(photos, embedder, spec)
    moved_photos(setting, TEACHING)
    own_category(setting, embedder, TEACHING)
    _speed()


def _input(file: Path, embedder: OpenClipEmbedder) -> NDArray[np.uint8]:
    status = file.stat()
    made = decode_file(FileStamp(file, status.st_size, status.st_mtime_ns), embedder.input).model_input
    assert made is not None
    return made


def _line(
    count: int,
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    words: NDArray[np.float32],
    variants: NDArray[np.float32],
) -> None:
    outcome = []
    for seed in range(SPLITS):
        generator = np.random.default_rng(seed)
        kept = np.zeros(len(labels), bool)
        for k in range(int(labels.max()) + 1):
            rows = generator.permutation(np.flatnonzero(labels == k))
            kept[rows[: min(count, len(rows) - 1)]] = True
        examples = float(np.bincount(labels[kept]).mean())
        shares = [_share(words[~kept].argmax(axis=1), labels[~kept])]
        for copies in (None, variants):
            taught = learn(*with_variants(vectors[kept], labels[kept], copies, kept), TEACHING,
                           examples=examples, words=words[kept])  # fmt: skip
            if copies is None:
                own = taught.probabilities(vectors[~kept]).argmax(axis=1)
                shares.append(_share(own, labels[~kept]))
            both = taught.probabilities(vectors[~kept], words[~kept]).argmax(axis=1)
            shares.append(_share(both, labels[~kept]))
        outcome.append(shares)
    texts = ("names alone", "examples alone", "both", "with altered copies")
    figures = zip(texts, np.mean(outcome, axis=0), np.median(outcome, axis=0), strict=True)
    print(
        f"  {count:2d} examples: "
        + ", ".join(f"{t} {mean:.3f} ({middle:.3f})" for t, mean, middle in figures)
    )


def _share(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    return float(np.mean([(predicted[labels == k] == k).mean() for k in np.unique(labels)]))


def _speed() -> None:
    vectors = np.random.default_rng(0).normal(size=(50_000, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    learn(vectors[:20], np.arange(20) % 2, TEACHING)  # scikit-learn is imported once
    for examples in (10, 200):
        started = time.perf_counter()
        rows = np.concatenate([background_rows(50_000, np.arange(examples), TEACHING), np.arange(examples)])
        classes = (rows < examples).astype(np.int64)
        words = np.full((50_000, 2), 0.5, np.float32)
        taught = learn(vectors[rows], classes, TEACHING, examples=examples, words=words[rows])
        taught.probabilities(vectors, words)
        learnt = time.perf_counter() - started
        held_out(vectors[rows], classes, TEACHING, words=words[rows], counted=1)
        print(f"{examples} examples, 50,000 photos of 512 numbers: learnt and applied in {learnt:.2f} s, "
              f"with holding back {time.perf_counter() - started:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
