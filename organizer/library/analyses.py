"""The registry of analyses: what each needs, in which order they run, and where their results are kept.

An analysis is a pure function in ``organizer.analysis``; here it gets its arrays and its results get
their place. One entry in ANALYSES a kind of result.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organizer import __version__
from organizer.analysis import duplicates, quality
from organizer.analysis.captions import describe_all
from organizer.analysis.categories import Calibration, LabelVectors, classify, with_background
from organizer.analysis.highlights import choose
from organizer.analysis.keep import order_of
from organizer.analysis.lesson_moves import adjusted
from organizer.analysis.teach import load_teaching
from organizer.analysis.vocabulary import Vocabulary
from organizer.catalog import Reader, Writer
from organizer.errors import ModelError
from organizer.events import Kind
from organizer.indexing.control import IndexControl
from organizer.library.highlight_room import JUDGED_BY_HEAD, highlight_room
from organizer.library.lessons import Classroom, examples, said, taught_chances
from organizer.library.pairs import Pairs
from organizer.library.topic_analysis import make_topics
from organizer.models.heads import Head
from organizer.models.registry import ModelSpec
from organizer.results import Categorised, Flag, PhotoTable, Reason, Stack
from organizer.settings import Settings

log = logging.getLogger(__name__)

NOT_PHOTOGRAPHED = frozenset({"documents", "screenshots", "drawings"})
"""Categories whose pictures are judged by other rules than photos; with those inside them."""


@dataclass(frozen=True, slots=True)
class Source:
    """A model whose vectors categories are made from.

    Attributes:
        vectors_name: under which its vectors are kept. labels: what the categories look like to it.
    """

    vectors_name: str
    calibration: Mapping[str, Any]
    labels: Callable[[], LabelVectors]


class Inputs:
    """What the analyses of one run share; each piece is loaded at its first use.

    The generations are read before anything else: a photo that arrives while a run is under way
    leaves its kinds stale, and the next run takes it in.

    Attributes:
        calibrations: folder of the thresholds that ship with the program.
        model: the chosen model. vectors_name: under which its vectors are kept.
        results_name: what the results are made with; when it changes they are made again.
        control: asked between steps of long work.
        before: the models that stand in for the chosen one where it has not seen a photo yet.
        head: of the chosen model, that says how pleasing a photo looks. head_name: changes with it.
        encode_texts: the chosen model's vectors of words; it may have to be opened for them.
    """

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        settings: Settings,
        calibrations: Path,
        model: ModelSpec,
        vectors_name: str,
        results_name: str,
        vocabulary: Vocabulary,
        labels: Callable[[], LabelVectors],
        control: IndexControl | None,
        before: Sequence[Source] = (),
        *,
        encode_texts: Callable[[Sequence[str]], NDArray[np.float32]],
        head: Head | None = None,
        head_name: str = "",
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.settings = settings
        self.calibrations = calibrations
        self.model = model
        self.vectors_name = vectors_name
        self.results_name = results_name
        self.vocabulary = vocabulary
        self.labels = labels
        self.control = control
        self.before = tuple(before)
        self.encode_texts = encode_texts
        self.head = head
        self.head_name = head_name
        self._generations = {kind: reader.generation(kind) for kind in Kind}
        self._glanced = reader.first_looks()

    def generation(self, kind: Kind) -> int:
        return self._generations[kind]

    def name_of(self, kind: Kind) -> str:
        """What the results of a kind are made with: a head tells for some alone."""
        return self.results_name + (self.head_name if kind in JUDGED_BY_HEAD else "")

    def check(self) -> None:
        """Raises:
        Cancelled: the person stopped the work.
        """
        if self.control is not None:
            self.control.check()

    @cached_property
    def table(self) -> PhotoTable:
        return self.reader.table(protected=[Path(folder) for folder in self.settings.protected])

    @cached_property
    def complete(self) -> NDArray[np.int64]:
        """Rows of the table that were looked at in full.

        Of the others nothing is measured, and their content hash may be that of no file: they stand in
        categories and have captions, and wait for everything else.
        """
        glanced = list(self._glanced | self.reader.first_looks())
        return np.flatnonzero(~np.isin(self.table.ids, glanced))

    @cached_property
    def complete_table(self) -> PhotoTable:
        """The table of those rows."""
        return self.table if len(self.complete) == len(self.table) else self.table.take(self.complete)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """float32 (N, D) in the table's order; a row of zeros where the model has not seen the photo."""
        return self.vectors_of(self.vectors_name)

    @cached_property
    def widest(self) -> NDArray[np.float32]:
        """The same of the model that has seen most photos, for comparing photos with one another."""
        best, most = self.vectors, len(self.seen)
        for source in self.before:
            vectors = self.vectors_of(source.vectors_name)
            count = int(vectors.any(axis=1).sum())
            if count > most:
                best, most = vectors, count
        return best

    def vectors_of(self, name: str) -> NDArray[np.float32]:
        """The same for the vectors kept under a name."""
        ids, known = self.reader.vectors(name)
        placed = np.zeros((len(self.table), known.shape[1]), np.float32)
        if not len(self.table):
            return placed
        rows = np.minimum(np.searchsorted(self.table.ids, ids), len(self.table) - 1)
        here = self.table.ids[rows] == ids
        placed[rows[here]] = known[here]
        lengths = np.linalg.norm(placed, axis=1, keepdims=True)  # half precision is not quite of unit length
        np.divide(placed, lengths, out=placed, where=lengths > 0)
        return placed

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """Rows of the table that have a vector."""
        return np.flatnonzero(self.vectors.any(axis=1))

    # -- results of earlier analyses, of this run or an earlier one ------------------------------------

    @property
    def categorised(self) -> list[Categorised]:
        return self.reader.categories()

    @property
    def flags(self) -> list[Flag]:
        return self.reader.flags()

    @property
    def stacks(self) -> list[Stack]:
        return self.reader.stacks()

    @property
    def quality(self) -> dict[Reason, NDArray[np.float32]]:
        """Score 0..1 a reason, float32 (N,) in the table's order; NaN where a photo was not judged."""
        ids, scores = self.reader.quality()
        rows = np.searchsorted(ids, self.table.ids)
        rows = np.minimum(rows, max(0, len(ids) - 1))
        here = ids[rows] == self.table.ids if len(ids) else np.zeros(len(self.table), bool)
        return {
            reason: np.where(here, column[rows] if len(ids) else np.nan, np.nan).astype(np.float32)
            for reason, column in scores.items()
        }


def _categories(inputs: Inputs) -> None:
    """Each photo by the chosen model, or by one that was chosen before where that has not seen it yet."""
    chosen = Source(inputs.vectors_name, inputs.model.calibration, inputs.labels)
    moves = inputs.reader.category_moves()
    parents = {category.key: category.parent for category in inputs.vocabulary.categories}
    given = examples(inputs.reader, parents)
    teaching = load_teaching(inputs.calibrations / "teach.toml")
    left = np.ones(len(inputs.table), bool)
    found: list[Categorised] = []
    for source in (chosen, *inputs.before):
        vectors = inputs.vectors if source is chosen else inputs.vectors_of(source.vectors_name)
        seen = vectors.any(axis=1)
        rows = np.flatnonzero(left & seen)
        if not len(rows):
            continue
        try:
            labels = source.labels()
        except ModelError as problem:
            if source is chosen:
                raise
            log.warning("photos that only %s has seen wait: %s", source.vectors_name, problem)
            continue
        left[rows] = False
        hashes = [inputs.table.content_hash[row] for row in rows]
        calibration = with_background(source.calibration, vectors[seen], labels)
        sorted_in = classify(
            inputs.table.ids[rows].tolist(),
            vectors[rows],
            labels,
            calibration,
            content_hash=hashes,
            by_user=moves,
            check=inputs.check,
        )
        if given:
            known = Calibration.of(calibration)
            room = Classroom(
                inputs.reader, source.vectors_name, hashes, vectors[rows], labels, known, teaching
            )
            lessons = taught_chances(room, given, teaching)
            sorted_in = adjusted(sorted_in, lessons, teaching, parents, *said(given, hashes))
        found += sorted_in
    inputs.writer.store_categories(
        found, model=inputs.results_name, generation=inputs.generation(Kind.CATEGORIES)
    )


def quality_thresholds(calibrations: Path, settings: Settings) -> dict[Reason, float]:
    """From which score on a photo is flagged: as measured, or as the person set it."""
    measured = quality.load_calibration(calibrations / "quality.toml").thresholds
    return {reason: settings.thresholds.get(reason, value) for reason, value in measured.items()}


def _quality(inputs: Inputs) -> None:
    table = inputs.complete_table
    calibration = quality.load_calibration(inputs.calibrations / "quality.toml")
    scores = quality.scores(table, calibration, _drawn(inputs, table), _prompt_odds(inputs))
    found = _flags(inputs, table, scores)
    inputs.writer.store_quality(
        table.ids,
        scores,
        found,
        model=inputs.results_name,
        generation=inputs.generation(Kind.QUALITY),
    )


def _drawn(inputs: Inputs, table: PhotoTable) -> NDArray[np.bool_]:
    """Photos of documents, screenshots and drawings, which other rules hold for."""
    parents = {category.key: category.parent for category in inputs.vocabulary.categories}
    drawn = [
        one.photo_id
        for one in inputs.categorised
        if one.category in NOT_PHOTOGRAPHED or parents.get(one.category) in NOT_PHOTOGRAPHED
    ]
    return np.isin(table.ids, drawn)


def _prompt_odds(inputs: Inputs) -> dict[Reason, NDArray[np.float64]] | None:
    """What the model sees of faults, where its calibration found that it sees them."""
    pairs = quality.prompt_pairs(inputs.model.calibration)
    if not pairs:
        return None
    texts = inputs.encode_texts([text for pair in pairs for text in (pair.fault, pair.sound)])
    return quality.prompt_odds(pairs, inputs.vectors[inputs.complete], texts)


def flag_again(inputs: Inputs) -> None:
    """Make the flags from the scores that are kept, after a threshold or a dismissal changed."""
    inputs.writer.store_flags(_flags(inputs, inputs.table, inputs.quality))


def _flags(inputs: Inputs, table: PhotoTable, scores: dict[Reason, NDArray[np.float32]]) -> list[Flag]:
    thresholds = quality_thresholds(inputs.calibrations, inputs.settings)
    undecided = replace(table, pick=np.zeros_like(table.pick))
    return quality.flags(undecided, scores, thresholds)  # dismissed and picked ones are left out when read


def _duplicates(inputs: Inputs) -> None:
    """Look at the pairs of new photos, then make all stacks from what is known of all pairs."""
    file = inputs.calibrations / "duplicates.toml"
    calibration = duplicates.load_calibration(file)
    made_with = f"{__version__} {hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()}"
    refused, order = inputs.reader.not_duplicates(), order_of(inputs.settings.keep_rules)
    table = inputs.complete_table
    if inputs.head is not None and inputs.vectors.any():
        looks = inputs.head.scores(inputs.vectors)[inputs.complete]
        table = replace(table, measures={**table.measures, "aesthetic": looks})
    pairs = Pairs(inputs.reader, inputs.writer, table, made_with)
    exact = duplicates.exact_stacks(table, refused, order)
    found = pairs.find(calibration, duplicates.spare_copies(table, exact), inputs.check)
    stacks = duplicates.stacks(
        table,
        found,
        calibration,
        refused=refused,
        settled=inputs.reader.keep_both(),
        pixels=inputs.reader.decided_pixels(),
        order=order,
        exact=exact,
    )
    inputs.writer.store_stacks(
        stacks, model=inputs.name_of(Kind.DUPLICATES), generation=inputs.generation(Kind.DUPLICATES)
    )


def _highlights(inputs: Inputs) -> None:
    found = choose(highlight_room(inputs))
    inputs.writer.store_picks(
        found, model=inputs.name_of(Kind.HIGHLIGHTS), generation=inputs.generation(Kind.HIGHLIGHTS)
    )


def _captions(inputs: Inputs) -> None:
    colour = inputs.table.measures["colourfulness"]
    measured = {
        photo_id: value for photo_id, value in zip(inputs.table.ids.tolist(), colour.tolist(), strict=True)
        if value == value
    }  # fmt: skip
    found = describe_all(inputs.categorised, inputs.vocabulary, colourfulness=measured)
    inputs.writer.store_captions(
        found, model=inputs.results_name, generation=inputs.generation(Kind.CAPTIONS)
    )


@dataclass(frozen=True, slots=True)
class Analysis:
    """One entry of the registry.

    Attributes:
        kind: the kind of result it makes. run: loads, computes and stores.
        after: the kinds it reads; when one of them was made anew, so is this one.
    """

    kind: Kind
    run: Callable[[Inputs], None]
    after: frozenset[Kind] = frozenset()


ANALYSES: tuple[Analysis, ...] = (
    Analysis(Kind.CATEGORIES, _categories),
    Analysis(Kind.QUALITY, _quality),  # looks at categories, and is not worth making again for one that moved
    Analysis(Kind.DUPLICATES, _duplicates, after=frozenset({Kind.QUALITY})),
    Analysis(Kind.HIGHLIGHTS, _highlights, after=frozenset({Kind.CATEGORIES, Kind.QUALITY, Kind.DUPLICATES})),
    Analysis(Kind.CAPTIONS, _captions, after=frozenset({Kind.CATEGORIES})),
    Analysis(Kind.TOPICS, make_topics, after=frozenset({Kind.CAPTIONS})),
)


def due(stale: set[Kind]) -> list[Analysis]:
    """The analyses to run for these stale kinds and for those that build on them, in order."""
    wanted = set(stale)
    chosen = []
    for analysis in ANALYSES:
        if analysis.kind in wanted or analysis.after & wanted:
            wanted.add(analysis.kind)
            chosen.append(analysis)
    return chosen
