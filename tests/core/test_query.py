"""The language of the search field: what is read, what is refused in one sentence, what is written back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizer.analysis.query import Key, Query, Term, load_words, meanings, parse, understood, with_filter
from organizer.analysis.vocabulary import load_vocabulary
from organizer.errors import QueryProblem
from organizer.paths import resources_dir

WORDS = load_words(resources_dir() / "vocabularies" / "search.toml")


def read(text: str) -> Query:
    return parse(text, WORDS)


def test_words_phrases_and_what_is_left_out() -> None:
    query = read('beach -people "red  car" -"two men" e-mail -- -')
    assert query.terms == (Term("beach"), Term("red car", True), Term("e-mail"))
    assert query.without == (Term("people"), Term("two men", True))
    assert query.text == "beach red car e-mail"


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024.12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024-05-12", date(2024, 5, 12), date(2024, 5, 12)),
        ("2023..2024-03", date(2023, 1, 1), date(2024, 3, 31)),
        ("2024..2023", date(2023, 1, 1), date(2024, 12, 31)),
        ("2022..", date(2022, 1, 1), None),
        ("..2022", None, date(2022, 12, 31)),
    ],
)
def test_dates(written: str, first: date | None, last: date | None) -> None:
    (only,) = read(f"date:{written}").filters
    assert (only.first, only.last) == (first, last)


def test_filters_in_korean_and_by_other_names_mean_the_same() -> None:
    assert read("색:빨강").filters == read("color:red").filters
    assert read("방향:세로").filters == read("orientation:vertical").filters
    assert read("format:jpg").filters[0].values == ("JPEG", "MPO")
    assert read('-folder:"New York"').filters[0].negated


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("date:2024-13", "date"), ("date:..", "date"), ("date:soon", "date"), ("colur:red", "key"),
        ("colour:teal", "choice"), ("format:xyz", "choice"), ("orientation:up", "choice"),
        ('camera:"-"', "value"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_one_sentence(text: str, kind: str) -> None:
    with pytest.raises(QueryProblem) as caught:
        read(text)
    assert caught.value.kind == kind
    assert str(caught.value).endswith(".")


def test_a_filter_that_is_still_being_typed_is_nothing() -> None:
    assert read("beach colour:") == read("beach")
    assert read('"red ca').terms == (Term("red ca", True),)
    assert read("12:30").terms == (Term("12:30"),)
    assert not read("  - ")


def test_a_filter_is_put_in_place_of_the_one_that_was_there() -> None:
    assert with_filter('beach date:2022 "a b"', Key.DATE, "2024", WORDS) == 'beach "a b" date:2024'
    assert with_filter("beach color:red x", Key.COLOUR, "", WORDS) == "beach x"
    assert with_filter("foo:bar", Key.FOLDER, "New York", WORDS) == 'foo:bar folder:"New York"'


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = read(text)
    except QueryProblem:
        return
    assert all(term.text.strip() for term in (*query.terms, *query.without))


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("beach café", ["en"], True), ("바다", ["en"], False), ("바다 beach", ["ko"], True),
        ("пляж", ["en"], False), ("пляж", ["*"], True), ("海", ["ja"], True), ("2024 !", ["en"], True),
    ],
)  # fmt: skip
def test_languages_are_told_by_their_script(text: str, languages: list[str], expected: bool) -> None:
    assert understood(text, languages, WORDS) is expected


def test_names_of_categories_and_their_parts_have_an_english_word() -> None:
    known = meanings(load_vocabulary(resources_dir() / "vocabularies" / "default.toml"))
    wanted = {"숲": "forest", "나무": "tree", "영수증": "receipt", "강아지": "dog", "사찰": "temple"}
    wanted |= {"dogs": "dog", "receipts": "receipt", "buildings": "buildings"}
    assert {name: known[name] for name in wanted} == wanted
    assert known["숲과 나무"] == "forest"
    assert "사과" not in known  # an apple, and no two parts
    assert all(meaning.isascii() and meaning for meaning in known.values())
