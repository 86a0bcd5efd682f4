"""Searching: words over pictures, names, captions and places together; photos like a photo; filters.

A word that a name holds needs no likeness, and what looks like the words needs no name: a photo's score is
one minus both doubts. Words that only some names hold narrow the rest: "anna beach" finds photos from the
folder Anna that look like a beach. What each part means is in ``docs/decisions/how-a-search-decides.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis import colour
from organizer.analysis.query import (
    Filter,
    Key,
    Query,
    SearchWords,
    Term,
    load_words,
    parse,
    understood,
    with_filter,
)
from organizer.analysis.search import joined
from organizer.catalog.read_search import Condition
from organizer.errors import MediaError, MediaReason, ModelError, UsageProblem
from organizer.library.looking import Looker, Looks
from organizer.library.places import load_places
from organizer.library.vectors import VectorShelf
from organizer.library.views import Example, Found, SearchHit, SearchNote
from organizer.library.work import Work
from organizer.media.pool import DecodePool
from organizer.paths import AppPaths
from organizer.records import Unreadable

COUNTS = 0.5  # from this score on a photo looks like what is asked for
NEAREST = 24  # photos shown where none really fits
COLOUR_BLOCK = 2000  # small pictures read at once
_DAY_ZERO = date(1970, 1, 1)


class Searching(Work):
    """The part of the library that finds photos."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._vector_shelf = VectorShelf(lambda: self._reader)
        self.subscribe(self._vector_shelf.on_event)
        self._search_words: SearchWords | None = None

    # -- the questions -----------------------------------------------------------------------------------

    def search(
        self,
        text: str,
        limit: int = 200,
        *,
        example: Example | None = None,
        folder: Path | None = None,
        nearest: bool = False,
    ) -> Found:
        """Photos that fit a search (``analysis.query`` says how it is written), best first.

        Args:
            example: also like this photo, or like a part of it.
            folder: only photos in it or below it.
            nearest: also the most alike ones where none is alike enough to count.

        Raises:
            UsageProblem: nothing to look for, or a filter that cannot be (``QueryProblem``).
            MediaError: the example cannot be read. ModelError: the example cannot be looked at.
        """
        query = parse(text, self.search_words())
        if not query and example is None:
            raise UsageProblem("Name something to look for.")
        one = _Search(self, query, example, nearest)
        scored = one.scored()
        hits = self._narrowed(scored, query.filters, folder, limit)
        if not hits and scored is not None and not query.filters:
            one.notes.insert(0, SearchNote("none", {"text": " ".join(text.split())}))
        return Found(tuple(hits), tuple(one.notes))

    def similar(self, example: Example, text: str = "", limit: int = 200, *, nearest: bool = False) -> Found:
        """Photos like a photo or like a part of it, narrowed by words and filters; best first.

        Raises:
            As ``search``.
        """
        return self.search(text, limit, example=example, nearest=nearest)

    def cameras(self) -> list[str]:
        """Names of the cameras in the library, the most used first."""
        return self._reader.cameras()

    def search_words(self) -> SearchWords:
        """The words of the search's language: keys, colours and their names."""
        if self._search_words is None:
            self._search_words = load_words(self.paths.resources / "vocabularies" / "search.toml")
        return self._search_words

    def read_query(self, text: str) -> Query:
        """What a search says.

        Raises:
            QueryProblem: a filter that cannot be.
        """
        return parse(text, self.search_words())

    def with_filter(self, text: str, key: Key, value: str) -> str:
        """The search with another value for a filter; an empty value takes the filter away."""
        return with_filter(text, key, value, self.search_words())

    def region_colour(self, photo_id: int, box: tuple[float, float, float, float]) -> str | None:
        """The colour that a part of a photo shows most, as the colour filter calls it, or None."""
        prints = self._reader.fingerprint(photo_id)
        if prints is None:
            return None
        return colour.dominant(colour.region_shares(prints.grey, prints.chroma, box))

    def shares_of(
        self, photo: Path, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        """Left, top, width and height in pixels of the upright picture -> edges as shares 0..1 of it.

        Raises:
            MediaError: it cannot be read. UsageProblem: the part lies outside the picture.
        """
        known = self._reader.photo_at(photo.absolute())
        if known is not None and not known.missing:
            width, height = known.width, known.height
        else:
            height, width = self._file_picture(photo, None).shape[:2]
        left, top, across, down = box
        if left >= width or top >= height:
            raise UsageProblem(f"The rectangle lies outside the picture of {width} x {height} pixels.")
        return left / width, top / height, min(1.0, (left + across) / width), min(1.0, (top + down) / height)

    # -- narrowing ---------------------------------------------------------------------------------------

    def _narrowed(
        self, scored: Sequence[SearchHit] | None, filters: Sequence[Filter], folder: Path | None, limit: int
    ) -> list[SearchHit]:
        """Those that pass, in order; block by block, so that a long list costs no more than what is shown.

        None stands for all photos, newest first.
        """
        if any(one.key is Key.COLOUR for one in filters):
            self._look_at_colours()
        conditions = [_condition(one) for one in filters]
        inside = None if folder is None else set(self._reader.photo_ids(folder=folder).tolist())
        if scored is None:
            ids = self._reader.passing(conditions, limit=limit if inside is None else -1).tolist()
            found = [SearchHit(one, 1.0) for one in ids if inside is None or one in inside]
            return found[:limit]
        hits: list[SearchHit] = []
        block = max(256, 2 * limit)
        for start in range(0, len(scored), block):
            part = scored[start : start + block]
            passing = set(self._reader.passing(conditions, [hit.photo_id for hit in part]).tolist())
            passing = passing if inside is None else passing & inside
            hits += [hit for hit in part if hit.photo_id in passing]
            if len(hits) >= limit:
                break
        return hits[:limit]

    def _look_at_colours(self) -> None:
        """Name the colours of photos that came since the last time: a second for 30,000 of them."""
        waiting = self._reader.without_colours().tolist()
        for start in range(0, len(waiting), COLOUR_BLOCK):
            ids, grey, chroma = self._reader.greys(waiting[start : start + COLOUR_BLOCK])
            if len(ids):
                self._catalog.writer.store_colours(ids, colour.shares(grey, chroma))

    # -- what one search asks for ------------------------------------------------------------------------

    def _looker(self) -> Looker:
        return Looker(
            self._shelf,
            self._vector_shelf,
            self._reader,
            self._base_vocabulary(),
            self.paths.resources / "calibration" / "search.toml",
        )

    def _english(self, text: str) -> str:
        """The English name of the category that is called so in another language; "" where none is."""
        wanted = text.casefold()
        for category in self.vocabulary().categories:
            if any(wanted == name.casefold() for name in category.names.values()):
                return category.names.get("en", "").lower()
        return ""

    def _file_picture(self, file: Path, max_side: int | None) -> NDArray[np.uint8]:
        """A picture that need not be in the library; as ``picture``."""
        with DecodePool(1, None, log_file=self.paths.logs / "decoders.log") as pool:
            answer = pool.submit_load(file.absolute(), max_side).result()
        if isinstance(answer, Unreadable):
            raise MediaError(answer.sentence, MediaReason(answer.reason))
        return answer


DESCRIPTION_WORDS = 3  # a query of so many words describes a photo


class _Search:
    """One search under way. notes: what the person should know about its answer."""

    def __init__(self, library: Searching, query: Query, example: Example | None, nearest: bool) -> None:
        self._library = library
        self._reader = library._reader
        self._words = library.search_words()
        self._query = query
        self._example = example
        self._nearest = nearest
        self._looker = library._looker()
        self._places = load_places(library.paths.resources / "vocabularies" / "places.toml")
        self.notes: list[SearchNote] = []

    def scored(self) -> list[SearchHit] | None:
        """Everything that fits words and example, best first; None where nothing was named to look for."""
        if not self._query.terms and self._example is None:
            if not self._query.without:
                return None
            everything = self._reader.passing([]).tolist()
            left_out = self._left_out()
            return [SearchHit(photo_id, 1.0) for photo_id in everything if photo_id not in left_out]
        named = self._named() if self._query.terms else {}
        looks = self._look()
        hits = self._joined(looks, named)
        left_out = self._left_out()
        return [hit for hit in hits if hit.photo_id not in left_out]

    # likeness

    def _look(self) -> Looks:
        """Likeness to the words the model understands and to the example."""
        nothing = Looks(np.zeros(0, np.int64), np.zeros(0, np.float32))
        text = self._readable(self._query.terms, tell=True)
        if not text and self._example is None:
            return nothing
        try:
            example, itself = (None, None) if self._example is None else self._see(self._example)
            looks = self._looker.looks(text, example, without=itself)
        except ModelError as problem:
            if self._example is not None:
                raise
            self.notes.append(SearchNote("model", {"why": str(problem)}))
            return nothing
        unseen = self._reader.present_count() - len(looks.ids)
        if unseen > 0:
            self.notes.append(SearchNote("unseen", {"count": str(unseen)}))
        return looks

    def _see(self, example: Example) -> tuple[NDArray[np.float32], int | None]:
        """The example's vector, and its id where it is a photo of the library."""
        library, photo = self._library, example.photo
        if isinstance(photo, Path):
            known = self._reader.photo_at(photo.absolute())
            if known is None or known.missing:
                return self._looker.see(partial(library._file_picture, photo), example.box), None
            photo = known.id
        stored = self._looker.vector_of(photo) if example.box is None else None
        if stored is not None:
            return stored, photo
        return self._looker.see(partial(library.picture, photo), example.box), photo

    def _readable(self, terms: Sequence[Term], *, tell: bool = False) -> str:
        """The words for the model: as they are, or by the English name of a category; "" where it cannot
        read them.
        """
        spec = self._looker.spec
        said, meant, lost = [], [], []
        for term in terms:
            if understood(term.text, spec.languages, self._words):
                said.append(term.text)
            elif english := self._library._english(term.text):
                said.append(english)
                meant.append(SearchNote("translated", {"text": term.text, "meaning": english}))
            else:
                lost.append(term.text)
        if tell:
            self.notes += [] if lost else meant
            if lost:
                self.notes.append(SearchNote("language", {"model": spec.name, "text": " ".join(lost)}))
        return "" if lost else " ".join(said)

    # names

    def _named(self) -> dict[int, float]:
        """Score of every photo whose names, captions or place hold all words, or some of them while it
        looks like the rest.
        """
        terms = [term for term in _with_places(self._query.terms, self._places) if self._says(term)]
        held = [self._holding(term) for term in terms]
        if not held:
            return {}
        word = self._looker.word
        whole = set.intersection(*held)
        scores = dict.fromkeys(whole, word)
        for place, some in enumerate(held):
            rest = [term for number, term in enumerate(terms) if number != place]
            text = self._readable(rest)
            if len(terms) > 4 or not some - whole or not text:
                continue
            scores |= self._partly(some - whole, text, word, scores)
        return scores

    def _partly(self, some: set[int], text: str, word: float, known: dict[int, float]) -> dict[int, float]:
        try:
            looks = self._looker.looks(text)
        except ModelError:
            return {}  # told when the whole search was looked for
        rows = np.flatnonzero(looks.score >= COUNTS)
        likely = zip(looks.ids[rows].tolist(), looks.score[rows].tolist(), strict=True)
        return {one: max(known.get(one, 0.0), word * score) for one, score in likely if one in some}

    def _says(self, term: Term) -> bool:
        return term.quoted or term.text.casefold() not in self._words.small

    def _holding(self, term: Term) -> set[int]:
        found = self._reader.holding(term.text, term.quoted)
        place = self._places.get(term.text.casefold())
        if place is not None:
            found |= self._reader.near(place.latitude, place.longitude, place.km)
        return found

    # together

    def _joined(self, looks: Looks, named: dict[int, float]) -> list[SearchHit]:
        needs_example = self._example is not None
        likely = np.flatnonzero(looks.score >= COUNTS)
        by_photo_alone = needs_example and not self._query.terms  # then the nearest are always an answer
        if (self._nearest or by_photo_alone or self._describes()) and not len(likely) and not named:
            likely = np.argsort(-looks.score, kind="stable")[:NEAREST]
            likely = likely[looks.score[likely] > 0]
            if len(likely) and not by_photo_alone:
                text = " ".join(term.text for term in self._query.terms)
                self.notes.append(SearchNote("nearest", {"text": text}))
        held = {} if needs_example else named
        ids = np.union1d(looks.ids[likely], np.fromiter(held.keys(), np.int64, len(held)))
        look, name = np.zeros(len(ids), np.float32), np.zeros(len(ids), np.float32)
        look[np.searchsorted(ids, looks.ids[likely])] = looks.score[likely]
        holders = np.fromiter(named.keys(), np.int64, len(named))
        here = np.isin(holders, ids)
        worth = np.fromiter(named.values(), np.float32, len(named))
        name[np.searchsorted(ids, holders[here])] = worth[here]
        both = joined(look, name)
        order = np.lexsort((-ids, -both))
        found = (part[order].tolist() for part in (ids, both, name > 0, look > 0))
        return list(map(SearchHit, *found))

    def _describes(self) -> bool:
        """Whether the words are a description: the cuts are measured for names of one or two words, and a
        sentence lies further from every photo, so its nearest photos are an answer."""
        words = sum(len(term.text.split()) for term in self._query.terms)
        return self._example is None and words >= DESCRIPTION_WORDS

    def _left_out(self) -> set[int]:
        """Every photo that a word with a minus would find by itself."""
        found: set[int] = set()
        for term in self._query.without:
            found |= self._holding(term)
            text = self._readable([term], tell=True)
            if text:
                try:
                    looks = self._looker.looks(text)
                except ModelError as problem:
                    self.notes.append(SearchNote("model", {"why": str(problem)}))
                else:
                    found |= set(looks.ids[looks.score >= COUNTS].tolist())
        return found


def _with_places(terms: Iterable[Term], places: Iterable[str]) -> list[Term]:
    """The terms, with neighbours joined that are one name of a place ("new york")."""
    known = set(places)
    joined: list[Term] = []
    for term in terms:
        joined.append(term)
        for count in (3, 2):
            name = " ".join(part.text for part in joined[-count:])
            if len(joined) >= count and name.casefold() in known:
                joined[-count:] = [Term(name, quoted=True)]
                break
    return joined


def _condition(one: Filter) -> Condition:
    match one.key:
        case Key.DATE:
            since = None if one.first is None else _seconds(one.first)
            until = None if one.last is None else _seconds(one.last + timedelta(days=1))
            return Condition(since=since, until=until, negated=one.negated)
        case Key.CAMERA:
            return Condition(camera=one.value, negated=one.negated)
        case Key.FOLDER:
            return Condition(folder=one.value, negated=one.negated)
        case Key.FORMAT:
            return Condition(formats=one.values, negated=one.negated)
        case Key.ORIENTATION:
            return Condition(shape=one.value, negated=one.negated)
        case Key.COLOUR:
            return Condition(colour=one.value, least=colour.ENOUGH, negated=one.negated)


def _seconds(day: date) -> float:
    """On the scale of ``catalog.rows.taken_seconds``."""
    return 86400.0 * (day - _DAY_ZERO).days
