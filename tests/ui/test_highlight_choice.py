"""The controls of the Highlights tab: how many, when, which category; and its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QDate
from pytestqt.qtbot import QtBot

from organizer.events import Kind
from organizer.library.views import HighlightQuery, HighlightsView
from tests.fakes_library import FakeLibrary
from ui.highlight_words import highlight_words, taste_words
from ui.services import Services
from ui.tabs.highlights import HighlightsTab
from ui.views.highlight_choice import THIS_MONTH


@pytest.fixture
def tab(open_tab: Callable[..., HighlightsTab]) -> HighlightsTab:
    return open_tab(HighlightsTab, lambda tab: len(tab.pane.grid.content) == 10)


def asked(library: FakeLibrary) -> HighlightQuery:
    query: HighlightQuery = [call for call in library.calls if call[0] == "highlights_of"][-1][1]
    return query


def choose(tab: HighlightsTab, value: str) -> None:
    """Pick an entry of the list that has it."""
    for box in (tab.choice.period, tab.choice.category):
        if box.findData(value) > 0:
            box.setCurrentIndex(box.findData(value))
            return
    raise AssertionError(f"no list offers {value}")


def test_a_number_is_asked_for_when_it_rests(tab: HighlightsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.choice.number.setValue(3)
    tab.choice.number.setValue(4)
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 4)
    assert asked(library).count == 4
    assert 3 not in {call[1].count for call in library.calls if call[0] == "highlights_of"}
    assert tab.pane.label.text().startswith("4 highlights")
    tab.choice.number.setValue(0)
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 10)
    assert tab.choice.number.text() == "Automatic"


def test_a_month_a_year_and_a_category(tab: HighlightsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    day = library.days([int(tab.pane.grid.content.ids[0])])[0]
    choose(tab, day[:7])
    qtbot.waitUntil(lambda: asked(library).period == day[:7] and 0 < len(tab.pane.grid.content) < 10)
    assert {found[:7] for found in library.days(tab.pane.grid.content.ids.tolist())} == {day[:7]}
    choose(tab, day[:4])
    qtbot.waitUntil(lambda: asked(library).period == day[:4])
    tab.choice.period.setCurrentIndex(0)
    choose(tab, "people")  # the parent of portraits
    qtbot.waitUntil(lambda: asked(library) == HighlightQuery(category="people"))
    names = [tab.choice.category.itemText(at).strip() for at in range(tab.choice.category.count())]
    assert names == ["All categories", "Nature", "Beach", "Mountain", "People", "Portrait", "Things", "Food",
                     "Others"]  # fmt: skip


def test_where_there_are_none_a_button_leads_back(
    tab: HighlightsTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    choose(tab, THIS_MONTH)
    qtbot.waitUntil(lambda: tab._pages.currentWidget() is tab._empty)
    assert asked(library).period == QDate.currentDate().toString("yyyy-MM")
    tab._empty.pressed.emit()
    qtbot.waitUntil(lambda: tab._pages.currentWidget() is tab._page)
    assert asked(library) == HighlightQuery() and len(tab.pane.grid.content) == 10


def test_what_is_kept_follows_once(services: Services, library: FakeLibrary, qtbot: QtBot) -> None:
    library.stale = {Kind.HIGHLIGHTS}
    tab = HighlightsTab(services)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: ("refresh_highlights",) in library.calls)


def test_the_line_says_what_was_learnt(tab: HighlightsTab, library: FakeLibrary, qtbot: QtBot) -> None:
    assert tab.taste.text() == (
        "Pick (P) or reject (X) photos: from 8 picks on, the choice follows what you like."
    )
    library.choose(list(range(1, 10)), 1)
    qtbot.waitUntil(lambda: tab.taste.text().startswith("Learnt from 9 picks: agrees with 87% of your picks"))


def test_every_state_of_learning_has_its_words() -> None:
    assert "3 picks so far" in taste_words(HighlightsView((), picked=3, needed=8))
    assert "too few moments" in taste_words(HighlightsView((), picked=9, needed=8))
    chance = taste_words(HighlightsView((), picked=9, rejected=2, needed=8, agreement=0.51, say=0.01))
    assert chance.startswith("Learnt from 9 picks, 2 rejects: agrees with 51%") and "no say" in chance
    learnt = taste_words(HighlightsView((), picked=9, rejected=1, needed=8, agreement=0.9, say=0.4))
    assert learnt.startswith("Learnt from 9 picks, 1 reject: agrees with 90%") and "held back" in learnt


def test_reasons_are_known_words_or_stand_as_they_came() -> None:
    said = "your pick, 4 stars, sharp, best of 13 of this moment, something new"
    assert highlight_words(said) == said
