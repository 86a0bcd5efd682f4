"""What topics are worth: ``python -m tests.bench.bench_topics [--photos FOLDER] [--seeds N]``.

Looks at the captioned and the everyday test photos, describes them with the captioner that writes by default
and with labels, and makes topics of both. ``everyday``: purity, adjusted Rand index and share of photos in a
topic, against the labels that at least four photos have, beside the categories' (the sorter's) figures.
``captioned``: how many content words the people's sentences of two photos of one topic share, beside two
photos of any. Both: what stays when a tenth of the photos comes later. Figures for people; no test.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.metrics import adjusted_rand_score

from organizer.analysis.captions import subject_of
from organizer.analysis.topics import topics
from organizer.library import Library
from organizer.paths import AppPaths
from organizer.results import Topic
from tests.bench.bench_categories import PHOTOS
from tests.bench.photoset import labels

SETS = ("captioned", "everyday")
FEWEST = 4  # photos of a label that counts


class Said:
    """The captions of one captioner: ids, sentences and their vectors."""

    def __init__(self, library: Library) -> None:
        captions = sorted(library.captions(), key=lambda one: one.photo_id)
        self.ids = [one.photo_id for one in captions]
        self.sentences = [subject_of(one.text) for one in captions]
        vectors = library._shelf.embedder().encode_texts(self.sentences)
        self.vectors = np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def topics(self, rows: NDArray[np.int64], before: Sequence[Topic] = ()) -> list[Topic]:
        ids = [self.ids[row] for row in rows]
        return topics(ids, [self.sentences[row] for row in rows], self.vectors[rows], before)


def against_labels(found: Sequence[Sequence[int]], label: Mapping[int, str]) -> tuple[float, float, float]:
    """(purity, adjusted Rand index, share of photos placed) of groups of ids; what is in none is alone."""
    group = {photo: number for number, members in enumerate(found) for photo in members}
    counted = Counter(label.values())
    ids = [photo for photo in label if counted[label[photo]] >= FEWEST]
    placed = [photo for photo in ids if photo in group]
    by_group: dict[int, Counter[str]] = {}
    for photo in placed:
        by_group.setdefault(group[photo], Counter())[label[photo]] += 1
    pure = sum(max(one.values()) for one in by_group.values()) / max(1, len(placed))
    alone = {photo: -1 - at for at, photo in enumerate(ids)}
    rand = adjusted_rand_score([label[i] for i in ids], [group.get(i, alone[i]) for i in ids])
    return pure, float(rand), len(placed) / max(1, len(ids))


def shared_words(found: Sequence[Sequence[int]], words: Mapping[int, set[str]]) -> tuple[float, float]:
    """Mean Jaccard of the words of two photos of one group, and of any two."""

    def alike(pairs: Sequence[tuple[int, int]]) -> float:
        return float(np.mean([len(words[a] & words[b]) / len(words[a] | words[b]) for a, b in pairs]))

    inside = [pair for members in found for pair in combinations([i for i in members if i in words], 2)]
    return alike(inside), alike(list(combinations(words, 2)))


def stability(said: Said, seed: int) -> tuple[float, float, float]:
    """Shares of topics that keep their key and their name when the last tenth comes, and the adjusted Rand
    index between both placings of the photos that were there before.
    """
    chance = np.random.default_rng(seed).permutation(len(said.ids))
    first = np.sort(chance[: round(0.9 * len(chance))])
    before = said.topics(first)
    after = said.topics(np.arange(len(said.ids)), before)
    then = {topic.key: topic for topic in after}
    kept = [topic for topic in before if topic.key in then]
    names = [topic for topic in kept if then[topic.key].words == topic.words]
    old = {photo: topic.key for topic in before for photo in topic.photo_ids}
    new = {photo: topic.key for topic in after for photo in topic.photo_ids}
    both = [photo for photo in old if photo in new]
    rand = adjusted_rand_score([old[i] for i in both], [new[i] for i in both])
    return len(kept) / len(before), len(names) / len(before), float(rand)


def content_words(text: str) -> set[str]:
    return {word for word in text.lower().split() if word.isalpha() and word not in ENGLISH_STOP_WORDS}


def show(library: Library, name: str, rows: Mapping[str, dict[str, str]], seeds: int) -> None:
    """The lines of one captioner."""
    paths = {i: photo.path for i, photo in library.photos(library.photo_ids().tolist()).items()}
    where = {i: rows[path.name] for i, path in paths.items() if path.name in rows}
    said = Said(library)
    began = time.process_time()
    made = said.topics(np.arange(len(said.ids)))
    found = [topic.photo_ids for topic in made]
    spent = time.process_time() - began
    everyday = {
        i: row["label"].split(" of a ")[0].split(":")[0]
        for i, row in where.items()
        if row["set"] == "everyday"
    }
    words = {i: content_words(row["label"]) for i, row in where.items() if row["set"] == "captioned"}
    pure, rand, placed = against_labels(found, everyday)
    one, any_two = shared_words(found, words)
    print(f"\n{name}: {len(said.ids)} captions, {len(set(said.sentences))} different, {len(found)} topics "
          f"in {spent:.1f} s of processor time")  # fmt: skip
    print(f"  everyday   purity {pure:.2f}   adjusted Rand {rand:.2f}   in a topic {placed:.0%}")
    print(f"  captioned  words in common {one:.3f} within a topic, {any_two:.3f} of any two photos")
    for topic in made:
        print(f"    {len(topic.photo_ids):4} {', '.join(topic.words)}")
    kept = np.array([stability(said, seed) for seed in range(seeds)])
    middle, worst = kept.mean(axis=0), kept.min(axis=0)
    print(f"  a tenth more photos: topics kept {middle[0]:.0%} (worst {worst[0]:.0%}), "
          f"names {middle[1]:.0%} ({worst[1]:.0%}), photos where they were: adjusted Rand {middle[2]:.2f} "
          f"({worst[2]:.2f})")  # fmt: skip


def categories(library: Library, rows: Mapping[str, dict[str, str]]) -> None:
    """The same figures of the categories, for comparison."""
    paths = {i: photo.path for i, photo in library.photos(library.photo_ids().tolist()).items()}
    where = {i: rows[path.name] for i, path in paths.items() if path.name in rows}
    everyday = {
        i: row["label"].split(" of a ")[0].split(":")[0]
        for i, row in where.items()
        if row["set"] == "everyday"
    }
    words = {i: content_words(row["label"]) for i, row in where.items() if row["set"] == "captioned"}
    found = [view.photo_ids for view in library.categories()]
    pure, rand, placed = against_labels(found, everyday)
    print(f"\ncategories, for comparison: {len(found)}")
    print(f"  everyday   purity {pure:.2f}   adjusted Rand {rand:.2f}   in one {placed:.0%}")
    print(f"  captioned  words in common {shared_words(found, words)[0]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--catalog", type=Path, help="a catalogue to use or keep")
    parser.add_argument("--seeds", type=int, default=5, help="of the choice of the photos that come later")
    arguments = parser.parse_args()
    rows = {Path(row["file"]).name: row for row in labels(arguments.photos) if row["set"] in SETS}
    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(AppPaths.at(arguments.catalog or Path(folder) / "catalogue"))
        for name in SETS:
            library.add_folder(arguments.photos / name)
        library.index(library.new_control())
        library.analyse()
        categories(library, rows)
        for key in ("labels", ""):
            library.use_captioner(key)
            began = time.process_time()
            library.describe(library.photo_ids())
            summary = library.describe_waiting(library.new_control(), idle=False)
            rate = summary.said / (time.process_time() - began)
            show(library, library.captioner_key(), rows, arguments.seeds)
            print(f"  described: {rate:.0f} photos a second of processor time, vectors known")
        library.close()


if __name__ == "__main__":
    main()
