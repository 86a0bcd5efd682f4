"""What a search's words are, as a shell hands them over: a minus before a word is no option."""

from __future__ import annotations

import pytest

from organizer.cli.parser import parse


@pytest.mark.parametrize(
    ("words", "text", "limit"),
    [
        (["beach", "-people"], "beach -people", 20),
        (["beach -people", "--limit", "3"], "beach -people", 3),
        (["-people", "beach", "--limit", "3"], "-people beach", 3),
        (["--", "-people"], "-people", 20),
        (["red car", "-colour:blue", "--json"], "red car -colour:blue", 20),
    ],
)
def test_a_word_to_leave_out_is_no_option(words: list[str], text: str, limit: int) -> None:
    parsed = parse(["search", *words])
    assert " ".join(" ".join(parsed.text).split()) == text
    assert parsed.limit == limit


def test_words_beside_a_photo_may_begin_with_a_minus() -> None:
    parsed = parse(["--catalog", "here", "similar", "a.jpg", "--words", "-people"])
    assert parsed.words.strip() == "-people"
    assert parsed.catalog.name == "here"


def test_help_and_unknown_options_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse(["search", "-h"])
    assert stop.value.code == 0
    with pytest.raises(SystemExit) as stop:
        parse(["search", "sea", "--colour", "red"])
    assert stop.value.code == 2
    assert "--colour" in capsys.readouterr().err
