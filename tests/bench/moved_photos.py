"""What a person's moved photos teach, measured: a part of ``python -m tests.bench.bench_teach``.

Everyday photos are sorted by words. Then a person moves a few photos of one kind to where they belong,
wrongly placed ones first, and everything is sorted again with that lesson. Counted is what became of the
photos that nobody touched: mended, or spoilt. The same with a new category whose name says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.categories import Calibration, LabelVectors, classify, label_vectors
from organizer.analysis.lesson_moves import adjusted
from organizer.analysis.own_words import edited
from organizer.analysis.teach import Teaching
from organizer.analysis.vocabulary import Vocabulary, load_vocabulary
from organizer.catalog import Reader
from organizer.library.labels import extended
from organizer.library.lessons import Classroom, Examples, taught_chances
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import ModelSpec
from organizer.paths import resources_dir
from organizer.results import Categorised, CategoryEdit
from tests.bench.bench_categories import RIGHT, Sample, embed, samples

COUNTS = (3, 5, 10)
SEEDS = 4
NAME = "Project seven"  # a name that says nothing of a photo


class _NoneKept:
    """A catalogue without examples from outside the library."""

    def example_vectors(self, keys: Sequence[bytes], _name: str) -> tuple[list[bytes], NDArray[np.float32]]:
        assert not keys
        return [], np.zeros((0, 0), np.float32)


@dataclass
class Setting:
    """The photos, sorted by words, and all that a lesson needs."""

    known: list[Sample]
    vectors: NDArray[np.float32]
    labels: LabelVectors
    calibration: Calibration
    vocabulary: Vocabulary
    before: list[Categorised]

    @property
    def hashes(self) -> list[bytes]:
        return [row.to_bytes(32, "big") for row in range(len(self.known))]

    def right(self, results: Sequence[Categorised]) -> NDArray[np.bool_]:
        """(N,) whether each photo stands in a right category."""
        return np.array([_right(s, one, self.vocabulary)
                         for s, one in zip(self.known, results, strict=True)])  # fmt: skip


def prepare(photos: Path, embedder: OpenClipEmbedder, spec: ModelSpec) -> Setting:
    """Sort the labelled photos by words."""
    vocabulary = load_vocabulary(resources_dir() / "vocabularies" / "default.toml")
    labels = label_vectors(vocabulary, embedder.encode_texts)
    known = samples(photos, vocabulary)
    vectors = embed(embedder, [sample.file for sample in known])
    calibration = Calibration.of(spec.calibration)
    before = classify(np.arange(len(known)), vectors, labels, calibration)
    return Setting(known, vectors, labels, calibration, vocabulary, before)


def moved_photos(setting: Setting, teaching: Teaching) -> tuple[float, float]:
    """Print what lessons of 3, 5 and 10 photos do to the others; returns mended and spoilt a lesson."""
    groups = sorted(group for group in RIGHT if any(s.group == group for s in setting.known))
    right = setting.right(setting.before)
    print(f"\nmoved photos teach: {len(groups)} kinds, {SEEDS} samples each; of the photos nobody touched")
    totals = []
    for count in COUNTS:
        outcomes = []
        for group in groups:
            rows = np.array([row for row, s in enumerate(setting.known) if s.group == group])
            if len(rows) <= count:
                continue
            outcomes += [_lesson(setting, teaching, rows, right, count, seed) for seed in range(SEEDS)]
        told, mended, spoilt, wrong = np.sum(outcomes, axis=0)
        totals += outcomes
        print(f"  {count:2d} moved ({told / len(outcomes):.1f} of them were wrong): {len(outcomes)} lessons, "
              f"{mended / len(outcomes):.2f} mended of {wrong / len(outcomes):.1f} wrong ones of that kind, "
              f"{spoilt / len(outcomes):.2f} spoilt a lesson")  # fmt: skip
    _, mended, spoilt, _ = np.mean(totals, axis=0)
    return float(mended), float(spoilt)


def _lesson(
    setting: Setting,
    teaching: Teaching,
    rows: NDArray[np.int64],
    right: NDArray[np.bool_],
    count: int,
    seed: int,
) -> tuple[int, int, int, int]:
    """One lesson: how many of the moved were wrong, others mended and spoilt, wrong ones of the kind left."""
    shuffled = np.random.default_rng(seed).permutation(rows)
    moved = np.concatenate([shuffled[~right[shuffled]], shuffled[right[shuffled]]])[:count]
    key = RIGHT[setting.known[rows[0]].group].split()[0]
    after = _after(setting, teaching, key, moved)
    now = setting.right(after)
    others = ~np.isin(np.arange(len(right)), moved)
    left = int((~right[np.setdiff1d(rows, moved)]).sum())
    return (
        int((~right[moved]).sum()),
        int((now & ~right & others).sum()),
        int((right & ~now & others).sum()),
        left,
    )


def _right(sample: Sample, one: Categorised, vocabulary: Vocabulary) -> bool:
    if sample.keys:
        return one.category in sample.keys
    return (vocabulary.parent(one.category) or one.category) in sample.parents


def own_category(setting: Setting, embedder: OpenClipEmbedder, teaching: Teaching) -> tuple[float, float]:
    """Print who follows into a category whose name says nothing; returns shares found and wrongly taken."""
    edit = CategoryEdit("own", own=True, parent=None, names={"en": NAME}, prompts=(NAME,))
    vocabulary = edited(setting.vocabulary, [edit])
    labels = extended(setting.vocabulary, setting.labels, vocabulary, embedder.encode_texts)
    before = classify(np.arange(len(setting.known)), setting.vectors, labels, setting.calibration)
    own = replace(setting, labels=labels, vocabulary=vocabulary, before=before)
    print(f'\nphotos moved to a new category, "{NAME}"; of the photos nobody touched')
    shares = []
    for count in COUNTS:
        outcomes = []
        for group in sorted({s.group for s in own.known if s.group in RIGHT}):
            rows = np.array([row for row, s in enumerate(own.known) if s.group == group])
            if len(rows) <= count:
                continue
            others = np.setdiff1d(np.arange(len(own.known)), rows)
            for seed in range(SEEDS):
                moved = np.random.default_rng(seed).permutation(rows)[:count]
                there = np.array([one.category == "own" for one in _after(own, teaching, "own", moved)])
                rest = np.setdiff1d(rows, moved)
                outcomes.append((there[rest].mean(), there[others].mean()))
        found, taken = np.mean(outcomes, axis=0)
        shares.append((found, taken))
        print(f"  {count:2d} moved: {len(outcomes)} lessons, {found:.0%} of the others of their kind follow, "
              f"and {taken:.1%} of all other photos")  # fmt: skip
    found, taken = np.mean(shares, axis=0)
    return float(found), float(taken)


def _after(setting: Setting, teaching: Teaching, key: str, moved: NDArray[np.int64]) -> list[Categorised]:
    """Where the photos stand when these have been moved to a category."""
    hashes = setting.hashes
    room = Classroom(cast(Reader, _NoneKept()), "bench", hashes, setting.vectors, setting.labels,
                     setting.calibration, teaching)  # fmt: skip
    given = {key: Examples([hashes[row] for row in moved])}
    parents = {category.key: category.parent for category in setting.vocabulary.categories}
    return adjusted(setting.before, taught_chances(room, given, teaching), teaching, parents)
