"""The Photos tab: days, search, the photo menu, the size of the cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.events import Committed, Kind
from organizer.library.views import Example, Found, SearchHit, SearchNote
from tests.fakes_library import FakeLibrary
from ui.services import Services
from ui.tabs.photos import Answer, PhotosTab, years_of


@pytest.fixture
def tab(services: Services, qtbot: QtBot) -> PhotosTab:
    tab = PhotosTab(services)
    qtbot.addWidget(tab)
    tab.resize(900, 600)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 60 and services.tasks.pending == 0)
    return tab


def test_newest_first_by_time_and_undated_last(tab: PhotosTab, library: FakeLibrary) -> None:
    content = tab.pane.grid.content
    assert sorted(content.ids.tolist()) == list(range(1, 61))
    assert content.sections[-1].title == "Without a date"
    days = library.days(content.ids.tolist())
    dated = [day for day in days if day]
    assert dated == sorted(dated, reverse=True)
    assert tab.pane.label.text() == "60 photos, 2023 – 2025"


def test_a_search_shows_what_fits_best_first(
    tab: PhotosTab, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found((SearchHit(20, 0.9, named=True), SearchHit(25, 0.6), SearchHit(1, 0.5)))
    monkeypatch.setattr(library, "search", lambda *_words, **_more: found)
    tab.set_text("00020")
    qtbot.waitUntil(lambda: [s.key for s in tab.pane.grid.content.sections] == ["found"])
    assert tab.pane.grid.content.ids.tolist() == [20, 25, 1]
    assert tab.pane.label.text() == "3 photos found"
    tab.set_text("")
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 60)


def test_a_late_answer_of_an_older_search_is_not_shown(tab: PhotosTab, qtbot: QtBot) -> None:
    tab.set_text("00020")
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 1)
    tab.show_data(Answer("beach", None, (5, 6)))
    assert tab.pane.grid.content.ids.tolist() == [20]


def test_a_search_without_an_answer_says_so_and_offers_the_nearest(
    tab: PhotosTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.set_text("zebra")
    qtbot.waitUntil(lambda: "zebra" in tab._empty.accessibleName())
    assert tab._empty.button.text() == "Show the nearest anyway"
    with qtbot.waitSignal(tab.wished) as wish:
        tab._empty.button.click()
    assert wish.args == ["show-nearest"]
    tab.show_nearest()
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 5)


def test_a_filter_that_cannot_be_is_told_in_one_sentence(tab: PhotosTab, qtbot: QtBot) -> None:
    tab.set_text("date:yesterday")
    qtbot.waitUntil(lambda: "is no date" in tab._empty.accessibleName())
    assert tab._empty.button.text() == "Clear the search"


def test_notes_stand_above_what_was_found(
    tab: PhotosTab, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = SearchNote("language", {"model": "Starter", "text": "바다"})
    monkeypatch.setattr(library, "search", lambda *_words, **_more: Found((SearchHit(3, 0.7),), (note,)))
    tab.set_text("바다")
    qtbot.waitUntil(lambda: tab.notes.isVisible())
    assert "does not understand “바다”" in tab.notes.text()
    tab.set_text("")
    qtbot.waitUntil(lambda: not tab.notes.isVisible())


def test_photos_like_one_are_asked_for_from_the_menu(
    tab: PhotosTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.pane.grid.select([17])
    with qtbot.waitSignal(tab.similar_requested) as asked:
        tab.pane._similar.trigger()
    assert asked.args == [17]
    tab.set_example(Example(17))
    qtbot.waitUntil(lambda: sorted(tab.pane.grid.content.ids.tolist()) == [*range(13, 17), *range(18, 22)])
    tab.set_example(None)
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 60)


def test_photos_that_arrive_keep_the_selection(tab: PhotosTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.reveal(17)
    assert tab.selected_ids() == [17]
    library._photos[61] = library._make_photo(61, library.roots()[0].path)
    library.send(Committed((61,), frozenset({Kind.PHOTOS})))
    qtbot.waitUntil(lambda: len(tab.pane.grid.content) == 61)
    assert tab.selected_ids() == [17]
    assert tab.pane.grid.current_id() == 17


def test_delete_moves_the_selected_to_the_trash(tab: PhotosTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.reveal(8)
    tab.pane.grid.setFocus()
    tab.pane.actions_.remove.trigger()
    qtbot.waitUntil(lambda: ("remove_photos", (8,)) in _calls(library))
    qtbot.waitUntil(lambda: 8 not in tab.pane.grid.content.ids)


def test_the_menu_has_everything_and_moves_to_a_category(
    tab: PhotosTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.pane.grid.select([3, 4])
    menu = tab.pane.actions_.menu()
    words = [action.text() for action in menu.actions() if action.text()]
    for expected in ("Pick", "Reject", "Move to category", "Copy", "Show in its folder", "Move to the trash"):
        assert expected in words
    assert tab.pane.actions_.remove.shortcut().toString() == "Del"
    targets = next(action.menu() for action in menu.actions() if action.text() == "Move to category")
    beach = next(action for action in targets.actions() if action.text() == "Beach")
    beach.trigger()
    wanted = ("move_to_category", tuple(tab.selected_ids()), "beach")
    qtbot.waitUntil(lambda: wanted in _calls(library))
    assert set(wanted[1]) == {3, 4}
    menu.deleteLater()


def _calls(library: FakeLibrary) -> list[tuple[object, ...]]:
    return [tuple(tuple(part) if isinstance(part, list) else part for part in call) for call in library.calls]


def test_a_photo_shows_its_marks(tab: PhotosTab, library: FakeLibrary, qtbot: QtBot) -> None:
    library.choose([21], 1)
    tab.reveal(21)
    qtbot.waitUntil(lambda: [badge.icon for badge in tab.pane._badges(21)][:1] == ["pick"])
    library.choose([21], -1)
    qtbot.waitUntil(lambda: [badge.icon for badge in tab.pane._badges(21)][:1] == ["reject"])


def test_the_size_slider_changes_the_cells_and_is_kept(
    tab: PhotosTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.pane.slider.setValue(30)
    assert tab.pane.grid.rows.cell == 240
    qtbot.waitUntil(lambda: library.settings.cell_size == 240)


def test_typing_and_opening_are_passed_on(tab: PhotosTab, qtbot: QtBot) -> None:
    tab.reveal(9)
    with qtbot.waitSignal(tab.activated) as opened:
        QTest.keyClick(tab.pane.grid, Qt.Key.Key_Space)
    photo_id, ids = opened.args[0]
    assert photo_id == 9
    assert len(ids) == 60
    with qtbot.waitSignal(tab.text_typed):
        QTest.keyClick(tab.pane.grid, Qt.Key.Key_S)
    with qtbot.waitSignal(tab.inspect_requested):
        QTest.keyClick(tab.pane.grid, Qt.Key.Key_Return)


def test_periods() -> None:
    assert years_of([]) == ""
    assert years_of(["", "2020-02-02"]) == "2020"
    assert years_of(["2024-01-01", "", "2012-05-05"]) == "2012 – 2024"


def test_a_hundred_thousand_photos_are_sorted_into_days(
    services: Services, make_services: Callable[[FakeLibrary], Services]
) -> None:
    import numpy as np

    from ui.models.days import by_day

    count = 100_000
    days = np.array([f"20{10 + i % 15}-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(count)])
    content = by_day(np.arange(count), days)
    assert sum(section.count for section in content.sections) == count
    assert sorted(content.ids.tolist()) == list(range(count))
