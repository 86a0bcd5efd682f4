"""What a person types into the search field, as a value: words, words to leave out, filters.

    beach -people "red car" date:2022..2024 camera:fujifilm -format:png colour:blue

Words and phrases are looked for; a minus leaves photos out; ``key:value`` narrows. The words of the language
itself (keys, colours, their Korean names) are data: ``resources/vocabularies/search.toml``. Knows neither
photos nor vectors.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from organizer.analysis.vocabulary import Vocabulary
from organizer.errors import QueryProblem


class Key(StrEnum):
    """What a filter is about."""

    COLOUR = "colour"
    DATE = "date"
    CAMERA = "camera"
    FOLDER = "folder"
    ORIENTATION = "orientation"
    FORMAT = "format"


@dataclass(frozen=True, slots=True)
class SearchWords:
    """The words of the search field's language, as ``load_words`` reads them.

    Attributes:
        keys, colours, orientations: every way to write one (lower case) -> its name; the first way of each
            name is the one the program writes.
        formats: a way to write it -> names in the catalogue.
        small: words that need not stand in a name. scripts: language -> names of Unicode scripts.
    """

    keys: Mapping[str, Key]
    colours: Mapping[str, str]
    orientations: Mapping[str, str]
    formats: Mapping[str, tuple[str, ...]]
    small: frozenset[str]
    scripts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase in quotation marks."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """One ``key:value``.

    Attributes:
        value: as typed, without quotation marks; a colour or an orientation by its own name.
        values: names of formats in the catalogue, for a format.
        first, last: days inclusive, for a date; None where the range is open.
        negated: with a minus before it: photos that do not pass.
    """

    key: Key
    value: str
    values: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Attributes:
    terms: what to look for, in order. without: what must not be there. filters: all must hold.
    """

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()

    @property
    def text(self) -> str:
        """The words to look for, as a sentence."""
        return " ".join(term.text for term in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms or self.without or self.filters)


def load_words(file: Path) -> SearchWords:
    """Read ``search.toml``. A file that is wrong is a defect of ours and raises what it raises."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return SearchWords(
        keys={alias: Key(name) for name, aliases in raw["keys"].items() for alias in aliases},
        colours=_aliases(raw["colours"]),
        orientations=_aliases(raw["orientations"]),
        formats={name: tuple(values) for name, values in raw["formats"].items()},
        small=frozenset(raw["words"]["small"]),
        scripts={language: tuple(names) for language, names in raw["scripts"].items()},
    )


def _aliases(raw: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {alias: name for name, aliases in raw.items() for alias in aliases}


# -- reading ---------------------------------------------------------------------------------------------

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_TOKEN = re.compile(
    r"""(?P<minus>-)?
        (?:(?P<key>[^\W\d_]+):(?=\S))?
        (?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))""",
    re.VERBOSE,
)


def parse(text: str, words: SearchWords) -> Query:
    """Read a search. An open quotation mark ends with the text; a lone minus is nothing.

    Raises:
        QueryProblem: an unknown key or a value that its key cannot have; one sentence says what to write.
    """
    terms: list[Term] = []
    without: list[Term] = []
    filters: list[Filter] = []
    for token in _TOKEN.finditer(unicodedata.normalize("NFC", text).translate(_QUOTES)):
        quoted = token["phrase"] is not None
        value = " ".join((token["phrase"] if quoted else token["word"]).split())
        if not token["minus"] and value.endswith(":") and value[:-1].casefold() in words.keys:
            continue  # a filter whose value is still to be typed
        if token["key"]:
            filters.append(_filter(token["key"], value, bool(token["minus"]), words))
        elif any(letter.isalnum() for letter in value):
            (without if token["minus"] else terms).append(Term(value, quoted))
    return Query(tuple(terms), tuple(without), tuple(filters))


def _filter(name: str, value: str, negated: bool, words: SearchWords) -> Filter:
    key = words.keys.get(name.casefold())
    if key is None:
        raise QueryProblem(
            "key",
            "There is no filter “{key}”; there are: {known}.",
            key=name,
            known=", ".join(Key),
        )
    folded = value.casefold()
    match key:
        case Key.DATE:
            first, last = _days(value)
            return Filter(key, value, first=first, last=last, negated=negated)
        case Key.COLOUR:
            return Filter(key, _named(key, value, words.colours), negated=negated)
        case Key.ORIENTATION:
            return Filter(key, _named(key, value, words.orientations), negated=negated)
        case Key.FORMAT:
            if folded not in words.formats:
                raise _unknown_value(key, value, words.formats)
            return Filter(key, folded, values=words.formats[folded], negated=negated)
    if not any(letter.isalnum() for letter in value):
        raise QueryProblem("value", "Write something after “{key}:”.", key=name)
    return Filter(key, value, negated=negated)


def _named(key: Key, value: str, known: Mapping[str, str]) -> str:
    name = known.get(value.casefold())
    if name is None:
        raise _unknown_value(key, value, dict.fromkeys(known.values()))
    return name


def _unknown_value(key: Key, value: str, known: Iterable[str]) -> QueryProblem:
    sentence = "“{value}” is no {key}; there are: {known}."
    return QueryProblem("choice", sentence, key=str(key), value=value, known=", ".join(known))


_DAY = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?$")


def _days(value: str) -> tuple[date | None, date | None]:
    """First and last day of "2024", "2024-05", "2024-05-12" or a range of two of these ("2022..", too)."""
    start, dots, end = value.partition("..")
    if not dots:
        return _period(value, value)
    if not start and not end:
        raise _no_date(value)
    first = _period(start, value)[0] if start else None
    last = _period(end, value)[1] if end else None
    if first and last and last < first:
        first, last = _period(end, value)[0], _period(start, value)[1]
    return first, last


def _period(text: str, whole: str) -> tuple[date, date]:
    found = _DAY.match(text)
    if found is None:
        raise _no_date(whole)
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        if day:
            return (only := date(year, month, day)), only
        if month:
            return date(year, month, 1), _month_after(year, month) - timedelta(days=1)
        return date(year, 1, 1), date(year, 12, 31)
    except (ValueError, OverflowError):
        raise _no_date(whole) from None


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def _no_date(value: str) -> QueryProblem:
    return QueryProblem(
        "date", "“{value}” is no date; write date:2024, date:2024-05 or date:2022..2024.", value=value
    )


# -- writing ---------------------------------------------------------------------------------------------


def with_filter(text: str, key: Key, value: str, words: SearchWords) -> str:
    """The search with this value for a key in place of those it had; an empty value takes the filter away.

    Everything else stays as it was typed, also what ``parse`` refuses.
    """
    kept = [
        token.group().strip()
        for token in _TOKEN.finditer(text.translate(_QUOTES))
        if not (token["key"] and words.keys.get(token["key"].casefold()) == key)
    ]
    if value:
        kept.append(f'{key}:"{value}"' if re.search(r"\s", value) else f"{key}:{value}")
    return " ".join(kept)


# -- languages -------------------------------------------------------------------------------------------


def understood(text: str, languages: Iterable[str], words: SearchWords) -> bool:
    """Whether a model of these languages (ISO 639-1, "*" for many) can read the text.

    Told by the script alone: Latin letters are taken for a known language, since no dictionary is at hand.
    """
    known = set(languages)
    if "*" in known:
        return True
    scripts = {"LATIN", *(script for language in known for script in words.scripts.get(language, ()))}
    return all(_script(letter) in scripts for letter in text if letter.isalpha())


def _script(letter: str) -> str:
    """First word of the letter's Unicode name ("LATIN", "HANGUL", "CJK"); wide letters count as others."""
    name = unicodedata.name(letter, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    script = name.split(" ")[0] or "UNKNOWN"
    return "LATIN" if script in ("MICRO", "FEMININE", "MASCULINE", "MODIFIER") else script


_JOINED = re.compile(r",\s*| and |(?<=[가-힣])[와과]\s+")  # between the parts of a category's name
_ARTICLE = re.compile(r"^(?:an?|the) ")


def meanings(vocabulary: Vocabulary) -> dict[str, str]:
    """Names of categories in every language and the parts of them ("숲" of "숲과 나무"), in lower case -> an
    English word that a model knows what such photos look like by ("forest").
    """
    found: dict[str, str] = {}
    for category in vocabulary.categories:
        english = _JOINED.split(category.names.get("en", "").lower())
        prompts = [_ARTICLE.sub("", prompt.lower()) for prompt in category.prompts]
        for name in category.names.values():
            for place, part in enumerate([name.casefold(), *_JOINED.split(name.casefold())]):
                meaning = english[min(max(0, place - 1), len(english) - 1)]
                singular = filter(meaning.startswith, prompts)  # "dog" of "dogs"
                found.setdefault(part, next(singular, meaning))
    return found
