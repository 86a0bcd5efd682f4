"""One search under way: words over pictures, names, captions and places together, and photos as examples.

A word that a name holds needs no likeness, and what looks like the words needs no name: a photo's score is
one minus both doubts. Words that only some names hold narrow the rest: "anna beach" finds photos from the
folder Anna that look like a beach. All texts of a search are read and compared in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.query import Query, Term, understood
from organizer.analysis.search import joined
from organizer.errors import ModelError
from organizer.library.looking import Looks
from organizer.library.places import load_places
from organizer.library.scored import Scored, merged, positions
from organizer.library.views import Example, SearchNote

if TYPE_CHECKING:
    from organizer.library.searching import Searching

DESCRIPTION_WORDS = 3  # a query of so many words describes a photo: the cuts are measured for names
NEAREST = 24  # photos shown where none really fits
_MOST_PARTS = 4  # words of a search up to which each may stand in a name while the rest is seen

Ids = NDArray[np.int64]


class OneSearch:
    """Attributes:
    notes: what the person should know about its answer.
    """

    def __init__(self, library: Searching, query: Query, example: Example | None, nearest: bool) -> None:
        self._library = library
        self._reader = library._reader
        self._words = library.search_words()
        self._query = query
        self._example = example
        self._nearest = nearest
        self._looker = library._looker()
        self._places = load_places(library.paths.resources / "vocabularies" / "places.toml")
        self._itself: int | None = None  # the example, where it is a photo of the library
        self._view = self._looker.view([])  # nothing was compared yet
        self.notes: list[SearchNote] = []

    def scored(self) -> Scored | None:
        """Everything that fits words and example, in no order; None where nothing was named to look for."""
        query = self._query
        named = bool(query.terms) or self._example is not None
        held = self._held() if query.terms else {}
        text = self._compare(held) if named or query.without else ""
        if not named:
            return None
        found = self._joined(text, self._named(held))
        kept = ~np.isin(found.ids, self.left_out())
        if self._itself is not None:
            kept &= found.ids != self._itself
        return found.rows(kept)

    def left_out(self) -> Ids:
        """Every photo that a word with a minus finds by itself. After ``scored``."""
        found = []
        for term in self._query.without:
            found.append(self._holding(term))
            text = self._readable([term])
            if text and len(self._view.ids):
                found.append(self._view.ids[self._view.looks(text).fits])
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    # likeness

    def _compare(self, held: dict[str, Ids]) -> str:
        """Compare the photos with everything that this search will ask about; gives its text."""
        text = self._readable(self._query.terms, tell=True)
        texts = [one for one in (text, *self._parts(held).values()) if one]
        texts += [one for term in self._query.without if (one := self._readable([term], tell=True))]
        if not texts and self._example is None:
            return ""
        try:
            example = None if self._example is None else self._see(self._example)
            self._view = self._looker.view(texts, example)
            if example is not None and self._example is not None and self._example.box is not None:
                self._looker.look_at_parts(self._view, example)
        except ModelError as problem:
            if self._example is not None:
                raise
            self.notes.append(SearchNote("model", {"why": str(problem)}))
            return ""
        unseen = self._reader.present_count() - len(self._view.ids)
        if unseen > 0:
            self.notes.append(SearchNote("unseen", {"count": str(unseen)}))
        return text

    def _see(self, example: Example) -> NDArray[np.float32]:
        """The example's vector."""
        library, photo = self._library, example.photo
        if isinstance(photo, Path):
            known = self._reader.photo_at(photo.absolute())
            if known is None or known.missing:
                return self._looker.see(partial(library._file_picture, photo), example.box)
            photo = known.id
        self._itself = photo
        stored = self._looker.vector_of(photo) if example.box is None else None
        if stored is not None:
            return stored
        return self._looker.see(partial(library.picture, photo), example.box)

    def _readable(self, terms: Sequence[Term], *, tell: bool = False) -> str:
        """The words for the model: as they are, or by the English name of a category that they are a name of;
        "" where it cannot read them.
        """
        spec = self._looker.spec
        said, meant, lost = [], [], []
        meanings = self._library._meanings()
        for term in terms:
            meaning = meanings.get(term.text.casefold(), "")
            if understood(term.text, spec.languages, self._words):
                said.append(meaning if term.text.isascii() and meaning else term.text)
            elif meaning and understood(meaning, spec.languages, self._words):
                said.append(meaning)
                meant.append(SearchNote("translated", {"text": term.text, "meaning": meaning}))
            else:
                lost.append(term.text)
        if tell:
            self.notes += [] if lost else meant
            if lost:
                self._tell_of_unread(spec.name, " ".join(lost))
        return "" if lost else " ".join(said)

    def _tell_of_unread(self, model: str, text: str) -> None:
        """One note of everything that the model cannot read, however many parts of the search hold it."""
        before = [note.values["text"] for note in self.notes if note.kind == "language"]
        self.notes = [note for note in self.notes if note.kind != "language"]
        whole = ", ".join(dict.fromkeys((*before, text)))
        self.notes.append(SearchNote("language", {"model": model, "text": whole}))

    # names

    def _held(self) -> dict[str, Ids]:
        """Each word that can stand in a name -> the photos whose names, captions or place hold it."""
        terms = _with_places(self._query.terms, self._places)
        return {term.text: self._holding(term) for term in terms if self._says(term)}

    def _says(self, term: Term) -> bool:
        return term.quoted or term.text.casefold() not in self._words.small

    def _holding(self, term: Term) -> Ids:
        found = self._reader.holding(term.text, term.quoted)
        place = self._places.get(term.text.casefold())
        if place is not None:
            found = merged(found, self._reader.near(place.latitude, place.longitude, place.km))
        return found

    def _parts(self, held: dict[str, Ids]) -> dict[str, str]:
        """Each word that some names hold -> the other words as a text, which its photos may look like."""
        if not 2 <= len(held) <= _MOST_PARTS:
            return {}
        parts = {}
        for word in held:
            rest = self._readable([Term(other) for other in held if other != word])
            if rest and len(held[word]):
                parts[word] = rest
        return parts

    def _named(self, held: dict[str, Ids]) -> tuple[Ids, NDArray[np.float32]]:
        """Photos whose names, captions or place hold all words, or some of them while they look like the
        rest: ids ascending, and scores.
        """
        if not held:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        smallest, *others = sorted(held.values(), key=len)
        whole = smallest
        for other in others:
            whole = whole[positions(other, whole)[1]]
        word, view = self._looker.word, self._view
        score = np.zeros(len(view.ids), np.float32)
        for one, rest in self._parts(held).items():
            if len(view.ids):
                rows, known = positions(view.ids, held[one])
                some = np.zeros(len(view.ids), bool)
                some[rows[known]] = True
                looks = view.looks(rest, only=some)
                score = np.maximum(score, np.where(looks.fits, word * looks.score, np.float32(0)))
        partly = np.flatnonzero(score)
        partly = partly[~positions(whole, view.ids[partly])[1]]
        ids = np.concatenate([whole, view.ids[partly]])
        worth = np.concatenate([np.full(len(whole), word, np.float32), score[partly]])
        order = np.argsort(ids, kind="stable")
        return ids[order], worth[order]

    # together

    def _joined(self, text: str, named: tuple[Ids, NDArray[np.float32]]) -> Scored:
        view, by_photo = self._view, self._example is not None
        looks, likely = self._likely(text, anything_named=bool(len(named[0])))
        ids, worth = named
        rows, known = positions(view.ids, ids)
        name = np.zeros(len(view.ids), np.float32)
        name[rows[known]] = worth[known]
        look = np.where(likely, looks.score, np.float32(0))
        chosen = np.flatnonzero(likely if by_photo else likely | (name > 0))
        both = joined(look[chosen], name[chosen])
        found = Scored(view.ids[chosen], both, name[chosen] > 0, look[chosen] > 0)
        if by_photo:
            return found
        others = int((~known).sum())  # photos that the model has not seen
        unseen = Scored(ids[~known], worth[~known], np.ones(others, bool), np.zeros(others, bool))
        return found.and_also(unseen)

    def _likely(self, text: str, *, anything_named: bool) -> tuple[Looks, NDArray[np.bool_]]:
        """How the photos look, and those of them that are shown for it: what fits, else the nearest where
        these are an answer.
        """
        by_photo = self._example is not None
        describes = bool(text) and self._describes()
        looks = self._view.described(text) if describes else self._view.looks(text, with_example=by_photo)
        alone = by_photo and not self._query.terms  # then the nearest are always an answer
        if looks.fits.any() or anything_named or not (alone or describes or self._nearest):
            return looks, looks.fits
        likely = np.zeros(len(looks.fits), bool)
        if text or by_photo:
            likely[np.argsort(-looks.score)[: NEAREST + (self._itself is not None)]] = True
        if likely.any() and not alone:
            self.notes.append(SearchNote("nearest", {"text": self._query.text}))
        return looks, likely

    def _describes(self) -> bool:
        """Whether the words are a description: the cuts are measured for names of one or two words."""
        words = sum(len(term.text.split()) for term in self._query.terms)
        return self._example is None and words >= DESCRIPTION_WORDS


def _with_places(terms: Iterable[Term], places: Iterable[str]) -> list[Term]:
    """The terms, with neighbours joined that are one name of a place ("new york")."""
    known = set(places)
    joined_terms: list[Term] = []
    for term in terms:
        joined_terms.append(term)
        for count in (3, 2):
            name = " ".join(part.text for part in joined_terms[-count:])
            if len(joined_terms) >= count and name.casefold() in known:
                joined_terms[-count:] = [Term(name, quoted=True)]
                break
    return joined_terms
