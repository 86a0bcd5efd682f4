"""How much photos look like words or like an example: the model, the vectors in memory and the measure of
``analysis.search`` brought together. Knows neither names nor filters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.analysis import search
from organizer.catalog import Reader
from organizer.errors import UsageProblem
from organizer.library.background import FILE, noun_vectors
from organizer.library.parts import PartShelf
from organizer.library.shelf import ModelShelf
from organizer.library.vectors import VectorShelf
from organizer.media.scaled import model_input
from organizer.models.registry import ModelSpec, input_spec, installed
from organizer.paths import AppPaths
from organizer.records import InputSpec

Floats = NDArray[np.float32]
Picture = Callable[[int | None], NDArray[np.uint8]]  # longest side at most -> upright pixels
Box = tuple[float, float, float, float]
LOOKED_AT = 96  # photos whose parts are compared with a rectangle
LARGEST_SIDE = 4096  # of a picture that is decoded for a part of it
_LACKING = 1.0  # deviations by which words may fall short of the cut where an example makes up for it
_BELOW = np.float32(0.49)  # a score that does not count


@dataclass(frozen=True, slots=True)
class Looks:
    """How photos look to a question.

    Attributes:
        score: float32 (N,), 0..1, in the order of ``View.ids``. fits: bool (N,), which photos count.
    """

    score: Floats
    fits: NDArray[np.bool_]


class View:
    """The photos as they were when a search began, and their cosines to its texts and its example.

    Attributes:
        ids: int64 (N,), ascending.
    """

    def __init__(
        self,
        ids: NDArray[np.int64],
        background: tuple[Floats, Floats],
        texts: Mapping[str, Floats],
        example: Floats | None,
        numbers: search.Calibration,
    ) -> None:
        """texts: text -> cosines (N,). example: cosines to it, (N,)."""
        self.ids = ids
        self._background = background
        self._texts = texts
        self._example = example
        self._best: Floats | None = None
        self._numbers = numbers

    def looks(
        self, text: str = "", *, with_example: bool = False, only: NDArray[np.bool_] | None = None
    ) -> Looks:
        """How the photos look to one of the texts, to the example, or to both together.

        Args:
            only: bool (N,), the photos that are asked about; all others do not count. None for all.
        """
        numbers = self._numbers
        asked = [self._by_text(text) - np.float32(numbers.cut)] if text else []
        if with_example and self._example is not None:
            asked.append(search.alike(self._example, self._best) - np.float32(numbers.alike_cut))
        if not asked:
            return Looks(np.zeros(len(self.ids), np.float32), np.zeros(len(self.ids), bool))
        above: Floats = np.add.reduce(asked)
        score = search.certainty(above, 0.0, numbers.spread)
        if text and len(asked) == 1:
            return Looks(score, self._fitting(above + np.float32(numbers.cut), only))
        fits = above >= 0
        for one in asked:
            fits &= (one >= -_LACKING) if len(asked) > 1 else True
        return Looks(np.where(fits, score, np.minimum(score, _BELOW)).astype(np.float32), fits)

    def nearest(self, count: int) -> NDArray[np.int64]:
        """Ids of the photos most like the example as a whole, best first."""
        if self._example is None:
            return np.zeros(0, np.int64)
        return self.ids[np.argsort(-self._example, kind="stable")[:count]]

    def lift(self, ids: NDArray[np.int64], cosines: Floats) -> None:
        """Let photos count by a part of theirs where it is more like the example than the whole.

        Args:
            ids: among ``ids`` of the view. cosines: of their most alike parts to the example.
        """
        if self._example is not None:
            rows = np.searchsorted(self.ids, ids)
            self._best = self._example.copy()
            self._best[rows] = np.maximum(self._best[rows], cosines)

    def _by_text(self, text: str) -> Floats:
        return search.looks(self._texts[text], *self._background)

    def _fitting(self, deviations: Floats, only: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if only is None:
            return search.fitting(deviations, self._numbers)
        fits = np.zeros(len(deviations), bool)
        fits[only] = search.fitting(deviations[only], self._numbers)
        return fits

    def described(self, text: str) -> Looks:
        """How the photos look to a sentence: ordered as sentences are best, counted as names are."""
        deviations = search.looks(self._texts[text], *self._background, own=search.OWN_OF_DESCRIPTION)
        score = search.certainty(deviations, self._numbers.cut, self._numbers.spread)
        return Looks(score, self._fitting(self._by_text(text), None))


class Looker:
    """One for a search: every question is about the same model.

    Raises (every method that asks the model):
        ModelError: it cannot be loaded.
    """

    def __init__(
        self, shelf: ModelShelf, vectors: VectorShelf, parts: PartShelf, reader: Reader, paths: AppPaths
    ) -> None:
        self._shelf = shelf
        self._vectors = vectors
        self._parts = parts
        self._paths = paths
        seen = vectors.seen(shelf.vectors_name())
        enough = seen is not None and 2 * seen >= reader.present_count()
        self.spec = shelf.spec() if enough else _most_seen(shelf, reader)
        self._name = shelf.vectors_name(self.spec.key)
        self._numbers = _calibration(paths.resources / "calibration" / "search.toml", self.spec.key)

    @property
    def word(self) -> float:
        """The score of a photo whose names hold the words."""
        return self._numbers.word

    def view(self, texts: Sequence[str], example: Floats | None = None) -> View:
        """All photos as they are now, compared with texts and an example in one pass over the vectors.

        Args:
            example: (D,) of unit length.
        """
        texts = list(dict.fromkeys(texts))
        wanted = [*self._read(texts), *([] if example is None else [example])]
        with self._vectors.held(self._name) as known:
            if not len(known) or not wanted:
                nothing = np.zeros(0, np.float32)
                return View(np.zeros(0, np.int64), (nothing, nothing), dict.fromkeys(texts, nothing), nothing,
                            self._numbers)  # fmt: skip
            ids = known.ids.copy()
            mean, spread = (part.copy() for part in known.background(self._nouns))
            columns = search.cosines(known.vectors, wanted)
        if not (np.diff(ids) > 0).all():
            order = np.argsort(ids)
            ids, mean, spread = ids[order], mean[order], spread[order]
            columns = [column[order] for column in columns]
        by_text = dict(zip(texts, columns, strict=False))
        return View(ids, (mean, spread), by_text, None if example is None else columns[-1], self._numbers)

    def look_at_parts(self, view: View, example: Floats) -> None:
        """Let the photos most like an example count by their most alike part."""
        ids = view.nearest(LOOKED_AT)
        encode = self._shelf.embedder(self.spec.key).encode_images
        view.lift(ids, self._parts.best(ids.tolist(), example, self._name, input_spec(self.spec), encode))

    def read(self, text: str) -> Floats:
        """The vector of a text, float32 (D,), the mean of its phrasings."""
        vector: Floats = self._read([text])[0]
        return vector

    def _read(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts, float32 (T, D): the model is asked once for all of them."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        phrasings = [template.format(text) for text in texts for template in search.TEMPLATES]
        seen = self._shelf.embedder(self.spec.key).encode_texts(phrasings)
        mean = seen.reshape(len(texts), len(search.TEMPLATES), -1).mean(axis=1)
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        unit: Floats = mean / np.maximum(length, np.float32(1e-9))
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

    def _nouns(self) -> Floats:
        return noun_vectors(
            self._paths.resources / "vocabularies" / "background.toml",
            self._name,
            lambda texts: self._shelf.embedder(self.spec.key).encode_texts(texts),
            self.spec.folder / FILE,
            self._paths.cache,
        )


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


_calibration = cache(search.load_calibration)


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
