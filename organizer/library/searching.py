"""Searching: the door to it, and the filters that narrow what ``one_search`` finds.

What each part of a search means is in ``docs/decisions/how-a-search-decides.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis import colour
from organizer.analysis.query import Filter, Key, Query, SearchWords, load_words, meanings, parse, with_filter
from organizer.analysis.vocabulary import Vocabulary
from organizer.catalog.read_search import Condition
from organizer.errors import EnvironmentProblem, MediaError, MediaReason, QueryProblem, UsageProblem
from organizer.library.looking import Looker
from organizer.library.one_search import OneSearch
from organizer.library.parts import PartShelf
from organizer.library.scored import Scored
from organizer.library.vectors import VectorShelf
from organizer.library.views import Example, Found, SearchHit, SearchNote
from organizer.library.work import Work
from organizer.media.pool import DecodePool
from organizer.paths import AppPaths
from organizer.records import Unreadable

FEW = (512, 4096)  # photos that are asked about by id, in turn, before all photos are
COLOUR_BLOCK = 2000  # small pictures read at once
_DAY_ZERO = date(1970, 1, 1)

Ids = NDArray[np.int64]


class Searching(Work):
    """The part of the library that finds photos."""

    def __init__(self, paths: AppPaths, read_only: bool = False) -> None:
        super().__init__(paths, read_only)
        self._vector_shelf = VectorShelf(lambda: self._reader)
        self._part_shelf = PartShelf(self._small_picture)
        self.subscribe(self._vector_shelf.on_event)
        self.subscribe(self._part_shelf.on_event)
        self._search_words: SearchWords | None = None
        self._meant: tuple[Vocabulary, dict[str, str]] | None = None

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
            raise QueryProblem("nothing", "Name something to look for.")
        one = OneSearch(self, query, example, nearest)
        scored = one.scored()
        conditions = [_condition(one) for one in query.filters]
        if any(one.key is Key.COLOUR for one in query.filters):
            self._look_at_colours()
        inside = None if folder is None else self._reader.photo_ids(folder=folder)
        if scored is None:
            hits = self._newest(conditions, inside, one.left_out(), limit)
        else:
            hits = self._best(scored, conditions, inside, limit)
        if not hits and scored is not None and not query.filters:
            one.notes.insert(0, SearchNote("none", {"text": " ".join(text.split())}))
        return Found(tuple(hits), tuple(one.notes))

    def get_ready_to_search(self) -> None:
        """Open the model and read the vectors, so that the next search need not; blocking, some seconds.

        What is in the way of it is told by the search itself.
        """
        with suppress(EnvironmentProblem):
            self._looker().view([""])

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

    def _newest(
        self, conditions: Sequence[Condition], inside: Ids | None, left_out: Ids, limit: int
    ) -> list[SearchHit]:
        """All that pass, newest first."""
        ids = self._reader.passing(conditions, limit=limit if inside is None and not len(left_out) else -1)
        ids = ids if inside is None else ids[np.isin(ids, inside)]
        ids = ids[~np.isin(ids, left_out)]
        return [SearchHit(photo_id, 1.0) for photo_id in ids[:limit].tolist()]

    def _best(
        self, scored: Scored, conditions: Sequence[Condition], inside: Ids | None, limit: int
    ) -> list[SearchHit]:
        """The best that pass. The best few mostly hold enough of them; where they do not, everything that
        passes is asked for at once.
        """
        if inside is not None:
            scored = scored.among(inside)
        for few in FEW:
            best = scored.best(max(few, 2 * limit))
            passed = best.among(self._reader.passing(conditions, best.ids.tolist()))
            if len(passed) >= limit or len(best) == len(scored):
                return passed.hits(limit)
        return scored.among(self._reader.passing(conditions)).best(limit).hits(limit)

    def _look_at_colours(self) -> None:
        """Name the colours of photos that came since the last time: a second for 30,000 of them."""
        waiting = self._reader.without_colours().tolist()
        for start in range(0, len(waiting), COLOUR_BLOCK):
            ids, grey, chroma = self._reader.greys(waiting[start : start + COLOUR_BLOCK])
            if len(ids):
                self._catalog.writer.store_colours(ids, colour.shares(grey, chroma))

    # -- what one search asks for ------------------------------------------------------------------------

    def _looker(self) -> Looker:
        return Looker(self._shelf, self._vector_shelf, self._part_shelf, self._reader, self.paths)

    def _small_picture(self, photo_id: int) -> bytes | None:
        key = self._reader.thumbnail_key(photo_id)
        return None if key is None else self._catalog.thumbnails.get(key)

    def _meanings(self) -> Mapping[str, str]:
        """Names of categories in every language and the parts of them ("숲" of "숲과 나무"), in lower case ->
        an English word that the model knows what such photos look like by ("forest").
        """
        vocabulary = self.vocabulary()
        if self._meant is None or self._meant[0] is not vocabulary:
            self._meant = vocabulary, meanings(vocabulary)
        return self._meant[1]

    def _file_picture(self, file: Path, max_side: int | None) -> NDArray[np.uint8]:
        """A picture that need not be in the library; as ``picture``."""
        with DecodePool(1, None, log_file=self.paths.logs / "decoders.log") as pool:
            answer = pool.submit_load(file.absolute(), max_side).result()
        if isinstance(answer, Unreadable):
            raise MediaError(answer.sentence, MediaReason(answer.reason))
        return answer


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
