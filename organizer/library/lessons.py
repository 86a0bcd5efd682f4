"""From the examples in the catalogue to lessons: what each taught category thinks of some photos.

Between the catalogue's examples and the pure functions of ``analysis.teach``; the analyses and the
teaching part of the library both come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.categories import (
    Calibration,
    LabelVectors,
    probabilities,
    similarities,
    with_children,
)
from organizer.analysis.held_out import HeldOut, held_out
from organizer.analysis.teach import Taught, Teaching, background_rows, learn
from organizer.catalog import Reader

Floats = NDArray[np.float32]
REST, SHOWN = 0, 1  # the two classes of a lesson
CLAIMED = 0.5  # a photo that the words claim from this probability on does not stand for the rest


@dataclass(slots=True)
class Examples:
    """Content hashes that show a category, and some that do not.

    Attributes:
        denied: of those that do not, the ones that the person said no to in so many words.
    """

    shown: list[bytes] = field(default_factory=list)
    not_shown: list[bytes] = field(default_factory=list)
    denied: set[bytes] = field(default_factory=set)


def examples(reader: Reader, parents: Mapping[str, str | None]) -> dict[str, Examples]:
    """Category key -> its examples: those that the person gave, and the photos moved by hand.

    A photo moved into one category is an example against every other taught one that is not above or
    below it.

    Args:
        parents: of the categories that are shown; others are left out.
    """
    found: dict[str, Examples] = {}
    moves = {key: category for key, category in reader.category_moves().items() if category in parents}
    told = [
        (key, category, sign) for key, category, sign in reader.category_examples() if category in parents
    ]
    spoken = {(key, category) for key, category, _ in told}
    for content_hash, category, sign in told:
        one = found.setdefault(category, Examples())
        (one.shown if sign > 0 else one.not_shown).append(content_hash)
        if sign < 0:
            one.denied.add(content_hash)
    for content_hash, category in moves.items():
        if (content_hash, category) not in spoken:
            found.setdefault(category, Examples()).shown.append(content_hash)
    for category, one in found.items():
        related = {category, parents[category], *(k for k, above in parents.items() if above == category)}
        known = {*one.shown, *one.not_shown}
        one.not_shown += [h for h, other in moves.items() if other not in related and h not in known]
    return found


def said(given: Mapping[str, Examples], hashes: Sequence[bytes]) -> tuple[list[set[str]], list[set[str]]]:
    """For each photo, by its content hash: categories that it is not of, and those it is an example of."""
    no = {key: one.denied for key, one in given.items()}
    yes = {key: set(one.shown) for key, one in given.items()}
    of_no, of_yes = (
        [{key for key, those in of.items() if one in those} for one in hashes] for of in (no, yes)
    )
    return of_no, of_yes


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt of one category.

    Attributes:
        classifier: of the classes REST and SHOWN. shown, not_shown: how many examples it had.
        held_out: how it did on examples held back; None with fewer than two.
    """

    classifier: Taught
    shown: int
    not_shown: int
    held_out: HeldOut | None


class Classroom:
    """The photos of a library as one model sees them, ready for lessons.

    Args:
        hashes: N content hashes. vectors: float32 (N, D) of unit length, in the same order.
    """

    def __init__(
        self,
        reader: Reader,
        vectors_name: str,
        hashes: Sequence[bytes],
        vectors: Floats,
        labels: LabelVectors,
        calibration: Calibration,
        teaching: Teaching,
    ) -> None:
        self._reader = reader
        self._name = vectors_name
        self._row = {key: row for row, key in enumerate(hashes)}
        self._vectors = vectors
        self._labels = labels
        self._scale = calibration.logit_scale * teaching.prior_softness
        self._teaching = replace(teaching, lean=0.0)  # a category and the rest: neither is to gain
        self._words: Floats | None = None

    def words(self, key: str, vectors: Floats | None = None) -> Floats:
        """float32 (N, 2): what the category's words alone say, of all photos or of these vectors."""
        if vectors is None:
            if self._words is None:
                self._words = self._chances(self._vectors)
            chances = self._words
        else:
            chances = self._chances(vectors)
        shown = np.clip(chances[:, self._labels.keys.index(key)], 0.0, 1.0)
        return np.stack([1.0 - shown, shown], axis=1)

    def _chances(self, vectors: Floats) -> Floats:
        labels = self._labels
        return with_children(probabilities(similarities(vectors, labels), labels, self._scale), labels)

    def teach(self, key: str, given: Examples, *, check: bool = False) -> Lesson | None:
        """Learn a category; None where the model has seen none of its examples.

        Args:
            check: also hold examples back to see how well it is learnt.
        """
        shown, not_shown = self._seen(given.shown), self._seen(given.not_shown)
        if not len(shown):
            return None
        taken = [self._row[h] for h in (*given.shown, *given.not_shown) if h in self._row]
        sample = background_rows(len(self._vectors), np.array(taken, np.int64), self._teaching)
        rest = self._vectors[sample[self.words(key)[sample, SHOWN] < CLAIMED]]
        vectors = np.concatenate([part for part in (rest, not_shown, shown) if len(part)])
        classes = np.full(len(vectors), REST, np.int64)
        classes[len(vectors) - len(shown) :] = SHOWN
        if len(shown) == len(vectors):
            return None  # nothing else is known that it could be told from
        words = self.words(key, vectors)
        taught = learn(vectors, classes, self._teaching, examples=len(shown), words=words)
        tested = None
        if check:
            tested = held_out(vectors, classes, self._teaching, words=words, counted=SHOWN)
        return Lesson(taught, len(shown), len(not_shown), tested)

    def chances(self, key: str, lesson: Lesson) -> Floats:
        """float32 (N,): how probable the category is for each photo."""
        found = lesson.classifier.probabilities(self._vectors, self.words(key))
        return np.asarray(found[:, SHOWN], np.float32)

    def _seen(self, hashes: Sequence[bytes]) -> Floats:
        """Vectors of examples, of unit length: photos of the library, and those kept by themselves."""
        inside = [self._row[key] for key in hashes if key in self._row]
        _, kept = self._reader.example_vectors([key for key in hashes if key not in self._row], self._name)
        outside = kept.astype(np.float32)
        if not len(outside):
            return self._vectors[inside]
        outside /= np.maximum(np.linalg.norm(outside, axis=1, keepdims=True), 1e-9)
        return np.concatenate([self._vectors[inside], outside]) if inside else outside


def taught_chances(room: Classroom, given: Mapping[str, Examples], teaching: Teaching) -> dict[str, Floats]:
    """Category key -> probability for each photo, of the categories with examples enough."""
    found = {}
    for key, one in given.items():
        lesson = room.teach(key, one) if len(one.shown) >= teaching.fewest else None
        if lesson is not None:
            found[key] = room.chances(key, lesson)
    return found
