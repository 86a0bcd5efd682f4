"""How much photos look like words or like an example: the model, the vectors in memory and the measure of
``analysis.search`` brought together. Knows neither names nor filters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.analysis import search
from organizer.analysis.vocabulary import Vocabulary
from organizer.catalog import Reader
from organizer.errors import UsageProblem
from organizer.library.shelf import ModelShelf
from organizer.library.vectors import KnownVectors, VectorShelf
from organizer.media.scaled import model_input
from organizer.models.registry import ModelSpec, input_spec, installed
from organizer.records import InputSpec

Floats = NDArray[np.float32]
Picture = Callable[[int | None], NDArray[np.uint8]]  # longest side at most -> upright pixels
Box = tuple[float, float, float, float]
LARGEST_SIDE = 4096  # of a picture that is decoded for a part of it
_LACKING = 1.0  # deviations by which words may fall short of the cut where an example makes up for it


@dataclass(frozen=True, slots=True)
class Looks:
    """Attributes:
    ids: int64 (N,). score: float32 (N,), 0..1; from one half on a photo counts.
    """

    ids: NDArray[np.int64]
    score: Floats


class Looker:
    """One for a search: every question is about the same model.

    Raises (every method that asks the model):
        ModelError: it cannot be loaded.
    """

    def __init__(
        self, shelf: ModelShelf, vectors: VectorShelf, reader: Reader, base: Vocabulary, calibration: Path
    ) -> None:
        self._shelf = shelf
        self._vectors = vectors
        self._base = base
        seen = vectors.seen(shelf.vectors_name())
        enough = seen is not None and 2 * seen >= reader.present_count()
        self.spec = shelf.spec() if enough else _most_seen(shelf, reader)
        self._name = shelf.vectors_name(self.spec.key)
        self._numbers = search.load_calibration(calibration, self.spec.key)

    @property
    def word(self) -> float:
        """The score of a photo whose names hold the words."""
        return self._numbers.word

    def looks(self, text: str, example: Floats | None = None, without: int | None = None) -> Looks:
        """Scores for words, for an example, or for both together.

        Args:
            text: empty for none. example: (D,) of unit length. without: a photo that is left out.
        """
        words = None if not text else self.read(text)
        with self._vectors.held(self._name) as known:
            if not len(known):
                return Looks(np.zeros(0, np.int64), np.zeros(0, np.float32))
            score = self._score(known, words, example)
            row = known.row.get(without) if without is not None else None
            if row is not None:
                score[row] = 0
            return Looks(known.ids.copy(), score)

    def _score(self, known: KnownVectors, words: Floats | None, example: Floats | None) -> Floats:
        cut, alike_cut, spread = self._numbers.cut, self._numbers.alike_cut, self._numbers.spread
        above = np.zeros(len(known), np.float32)
        low = np.zeros(len(known), bool)
        if words is not None:
            mean, deviation = known.background(self._phrases)
            by_words = search.looks(known.vectors, mean, deviation, words) - np.float32(cut)
            above += by_words
            low |= by_words < -_LACKING
        if example is not None:
            by_example = search.alike(known.vectors, example) - np.float32(alike_cut)
            above += by_example
            low |= by_example < -_LACKING
        score = search.certainty(above, 0.0, spread)
        if words is not None and example is not None:
            score[low] = np.minimum(score[low], np.float32(0.49))
        return score

    def read(self, text: str) -> Floats:
        """The vector of a text, float32 (D,), the mean of its phrasings."""
        phrasings = [template.format(text) for template in search.TEMPLATES]
        mean = self._shelf.embedder(self.spec.key).encode_texts(phrasings).mean(axis=0)
        unit: Floats = mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))
        return unit

    def vector_of(self, photo_id: int) -> Floats | None:
        """The vector of a photo of the library, or None where the model has not seen it."""
        with self._vectors.held(self._name) as known:
            row = known.row.get(photo_id)
            return None if row is None else known.vectors[row].copy()

    def see(self, picture: Picture, box: Box | None) -> Floats:
        """The vector of a picture, or of a part of it.

        Raises:
            MediaError: it cannot be read. UsageProblem: the part lies outside the picture.
        """
        spec = input_spec(self.spec)
        pixels = picture(_side_for(spec, box))
        seen = model_input(Image.fromarray(pixels if box is None else cropped(pixels, box)), spec)
        vector: Floats = self._shelf.embedder(self.spec.key).encode_images(seen[None])[0]
        return vector

    def _phrases(self) -> Floats:
        phrases: Floats = self._shelf.label_vectors(self._base, key=self.spec.key).vectors
        return phrases


def cropped(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The part of a picture, at least one pixel.

    Raises:
        UsageProblem: nothing of it lies inside the picture.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in box)
    if not (left < right and top < bottom):
        raise UsageProblem("The rectangle lies outside the picture or is empty.")
    across = slice(min(int(left * width), width - 1), max(math.ceil(right * width), 1))
    down = slice(min(int(top * height), height - 1), max(math.ceil(bottom * height), 1))
    return pixels[down, across]


def _side_for(spec: InputSpec, box: Box | None) -> int:
    """How large the picture has to be for the part to fill the model's input."""
    if box is None:
        return 2 * spec.size
    smallest = max(1e-3, min(abs(box[2] - box[0]), abs(box[3] - box[1])))
    return min(LARGEST_SIDE, max(2 * spec.size, math.ceil(spec.size / smallest)))


def _most_seen(shelf: ModelShelf, reader: Reader) -> ModelSpec:
    """The chosen model; while it has seen less than half as many photos as another, the other."""
    chosen = shelf.spec()
    counts = reader.vector_counts()
    most = counts.get(shelf.vectors_name(), 0)
    for spec in shelf.registry:
        seen = counts.get(shelf.vectors_name(spec.key), 0)
        if spec.kind == "embedder" and seen > 2 * most and installed(spec):
            chosen, most = spec, seen
    return chosen
