"""A sentence for a photo out of its strongest labels, no surer than their probabilities are.

Such captions have the source "labels". A captioning model replaces them later, a person at any
time. Knows words and probabilities; neither pixels nor vectors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from organizer.analysis.vocabulary import Category, Vocabulary
from organizer.results import OTHERS, Caption, Categorised

SOURCE = "labels"
CERTAIN = 0.75  # said plainly from here on
LIKELY = 0.45  # "Probably" from here on, "Perhaps" below
SPEAKABLE = 0.15  # a subject less probable than this is left unsaid, and the parent is named
GUESSABLE = 0.2  # a parent's best child is guessed at ("an animal, perhaps a dog") from here on
SECOND = 0.12  # a setting or a second subject less probable than this is left unsaid
COLOURLESS = 2.0  # Hasler and Suesstrunk's colourfulness below which a photo is black and white

_FRAME = re.compile(
    r"an? (?:black and white )?(?:close[- ]?up|photo|picture|image|view)(?: shot| view| photo)? of ",
    re.IGNORECASE,
)
_HEDGES = {"en": ("", "Probably ", "Perhaps "), "ko": ("", "아마도 ", "어쩌면 ")}
_WITHOUT_COLOUR = {"en": "in black and white", "ko": "흑백"}
_GRAPHIC = frozenset({"documents", "screenshots", "drawings"})  # black and white is nothing special

LONGEST = 10_000  # characters of a caption that a person writes


def cleaned(text: str) -> tuple[str, bool]:
    """A caption as it can be kept and searched: composed (NFC), without control characters and halves of
    characters, at most LONGEST characters; and whether its end was cut off. Line ends and tabs stay.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode("utf-8")
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    kept = unicodedata.normalize("NFC", kept).strip()
    return kept[:LONGEST].rstrip(), len(kept) > LONGEST


def without_doubt(sentence: str) -> str:
    """The sentence without the words that say how sure it is: "Probably a dog." -> "A dog."."""
    for hedge in (hedge for hedges in _HEDGES.values() for hedge in hedges if hedge):
        if sentence.startswith(hedge):
            rest = sentence[len(hedge) :]
            return rest[:1].upper() + rest[1:]
    return sentence


def subject_of(sentence: str) -> str:
    """What a sentence is about, without doubt and without the frame that captioners begin with: "Probably a
    close up of a dog." -> "A dog.".
    """
    plain = without_doubt(sentence)
    frame = _FRAME.match(plain)
    rest = plain[frame.end() :] if frame is not None else plain
    return rest[:1].upper() + rest[1:]


class Describer:
    """Composes captions in one language; made once for many photos.

    Args:
        vocabulary: where the phrases come from.
        language: "en" gives sentences; "ko" joins the Korean names, which need no grammar.
    """

    def __init__(self, vocabulary: Vocabulary, language: str = "en") -> None:
        self._known = {category.key: category for category in vocabulary.categories}
        self._language = language if language in _HEDGES else "en"

    def describe(self, found: Categorised, colourfulness: float | None = None) -> Caption | None:
        """One sentence about a photo, or None where nothing convinced (OTHERS, unknown category).

        The subject is the photo's category; where that is a parent, its best child may be guessed
        at. Else a setting ("on a beach") or, for a landscape, a second subject ("with a dog") is
        added when another parent's label is probable enough. The opening says how sure it is:
        nothing, "Probably" or "Perhaps". What a person decided is said plainly.

        Args:
            colourfulness: ``records.Measurements.colourfulness``, None where it was not measured.
        """
        subject = self._known.get(found.category)
        if found.category == OTHERS or subject is None:
            return None
        chance = 1.0 if found.by_user else found.score
        if chance < SPEAKABLE and subject.parent is not None:
            subject = self._known[subject.parent]
            chance = sum(share for key, share in found.ranked if self._under(key, subject))
        body = self._spoken(subject)
        body += self._guess(subject, found, chance) or self._addition(subject, found)
        colourless = colourfulness is not None and colourfulness < COLOURLESS
        if colourless and self._may_be_colourless(subject):
            alone = body == self._spoken(subject) and self._language == "en"
            body += (" " if alone else ", ") + _WITHOUT_COLOUR[self._language]
        return Caption(found.photo_id, self._sentence(body, chance), SOURCE)

    def _spoken(self, category: Category) -> str:
        return category.phrase if self._language == "en" else self._name(category)

    def _name(self, category: Category) -> str:
        return category.names.get(self._language) or category.names["en"]

    def _guess(self, subject: Category, found: Categorised, chance: float) -> str:
        """The likeliest child of a fairly sure parent, as a guess; empty where none is likely."""
        for key, share in found.ranked if chance >= LIKELY else ():
            if key != subject.key and self._under(key, subject) and share >= GUESSABLE:
                return f", {_HEDGES[self._language][2].lower()}{self._spoken(self._known[key])}"
        return ""

    def _addition(self, subject: Category, found: Categorised) -> str:
        """At most one more thing worth saying: where it is, or what else is there."""
        if self._top(subject) in _GRAPHIC:
            return ""
        for key, share in found.ranked:
            other = self._known.get(key)
            if other is None or share < SECOND:
                continue
            akin = self._top(other) in {self._top(subject), *_GRAPHIC}
            if akin or bool(other.place) == bool(subject.place):
                continue
            if self._language != "en":
                return f", {self._name(other)}"
            return f" {other.place}" if other.place else f" with {other.phrase}"
        return ""

    def _top(self, category: Category) -> str:
        return category.parent or category.key

    def _under(self, key: str, parent: Category) -> bool:
        return key in self._known and self._top(self._known[key]) == parent.key

    def _may_be_colourless(self, subject: Category) -> bool:
        return self._top(subject) not in _GRAPHIC and subject.key != "old-photograph"

    def _sentence(self, body: str, chance: float) -> str:
        sure, likely, unsure = _HEDGES[self._language]
        sentence = (sure if chance >= CERTAIN else likely if chance >= LIKELY else unsure) + body
        return sentence if self._language != "en" else f"{sentence[:1].upper()}{sentence[1:]}."


def describe_all(
    found: Iterable[Categorised],
    vocabulary: Vocabulary,
    language: str = "en",
    colourfulness: dict[int, float] | None = None,
) -> list[Caption]:
    """Captions of the photos that something can be said about, in the order given.

    Args:
        colourfulness: photo id -> ``records.Measurements.colourfulness``.
    """
    describer = Describer(vocabulary, language)
    measured = colourfulness or {}
    captions = (describer.describe(one, measured.get(one.photo_id)) for one in found)
    return [caption for caption in captions if caption is not None]
