"""The Highlights and Low quality tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from organizer.results import Reason
from tests.fakes_library import FakeLibrary
from ui.tabs.highlights import HighlightsTab
from ui.tabs.low_quality import LowQualityTab


def focus(tab: HighlightsTab | LowQualityTab, qtbot: QtBot) -> None:
    tab.activateWindow()
    tab.pane.grid.setFocus()
    qtbot.waitUntil(tab.pane.grid.hasFocus)


@pytest.fixture
def highlights(open_tab: Callable[..., HighlightsTab], qtbot: QtBot) -> HighlightsTab:
    tab = open_tab(HighlightsTab, lambda tab: len(tab.pane.grid.content) == 10)
    focus(tab, qtbot)
    return tab


@pytest.fixture
def flags(open_tab: Callable[..., LowQualityTab], qtbot: QtBot) -> LowQualityTab:
    tab = open_tab(LowQualityTab, lambda tab: len(tab.pane.grid.content) == 7)
    focus(tab, qtbot)
    return tab


def test_highlights_are_newest_first_with_shapes_and_reasons(
    highlights: HighlightsTab, library: FakeLibrary
) -> None:
    content = highlights.pane.grid.content
    days = library.days(content.ids.tolist())
    assert days == sorted(days, reverse=True)
    assert content.aspects is not None
    for photo_id, aspect in zip(content.ids.tolist(), content.aspects.tolist(), strict=True):
        photo = library.photos([photo_id])[photo_id]
        assert aspect == pytest.approx(photo.width / photo.height)
    assert "sharp, well lit" in highlights.pane.grid.tip_of(0)
    assert highlights.pane.label.text().startswith("10 highlights, 20")


@pytest.mark.parametrize(("key", "choice"), [(Qt.Key.Key_P, 1), (Qt.Key.Key_X, -1), (Qt.Key.Key_U, 0)])
def test_letters_pick_reject_and_clear(
    highlights: HighlightsTab, library: FakeLibrary, qtbot: QtBot, key: Qt.Key, choice: int
) -> None:
    photo_id = int(highlights.pane.grid.content.ids[2])
    highlights.reveal(photo_id)
    QTest.keyClick(highlights.pane.grid, key)
    qtbot.waitUntil(lambda: ("choose", [photo_id], choice) in library.calls)


def test_flags_stand_by_reason_worst_first(flags: LowQualityTab, library: FakeLibrary) -> None:
    content = flags.pane.grid.content
    known = {(flag.photo_id, str(flag.reason)): flag for flag in library.low_quality()}
    order = [str(reason) for reason in Reason]
    keys = [section.key for section in content.sections]
    assert keys == [key for key in order if key in keys]
    for section in content.sections:
        ids = content.ids[section.start : section.start + section.count].tolist()
        scores = [known[(photo_id, section.key)].score for photo_id in ids]
        assert scores == sorted(scores, reverse=True)
    first = known[(int(content.ids[0]), keys[0])]
    assert flags.pane.grid.tip_of(0) == first.why


def test_d_dismisses_the_flag_for_its_reason(
    flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    content = flags.pane.grid.content
    photo_id, reason = int(content.ids[0]), Reason(content.sections[0].key)
    flags.reveal(photo_id)
    QTest.keyClick(flags.pane.grid, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: ("dismiss_flags", [photo_id], reason) in library.calls)
    qtbot.waitUntil(lambda: len(flags.pane.grid.content) == 6)


def test_flags_of_several_reasons_are_dismissed_together(
    flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    content = flags.pane.grid.content
    ids = [int(content.ids[0]), int(content.ids[content.sections[1].start])]
    flags.pane.grid.select(ids)
    flags.dismiss_selected()
    qtbot.waitUntil(lambda: ("dismiss_flags", ids, None) in library.calls)


def test_one_photo_after_the_other_is_dismissed_by_one_key(
    flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    content = flags.pane.grid.content
    section = content.sections[0]
    ids = content.ids[: section.count].tolist()
    flags.reveal(ids[0])
    for turn, photo_id in enumerate(ids, start=1):
        assert flags.selected_ids() == [photo_id]
        QTest.keyClick(flags.pane.grid, Qt.Key.Key_D)
        qtbot.waitUntil(lambda gone=turn: len(flags.pane.grid.content) == 7 - gone)
    dismissed = [call for call in library.calls if call[0] == "dismiss_flags"]
    assert dismissed == [("dismiss_flags", [photo_id], Reason(section.key)) for photo_id in ids]


def test_after_a_dismissal_the_photo_is_not_chosen_where_it_is_flagged_for_something_else(
    flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = library.low_quality
    first, second = found()[:2]
    again = replace(first, reason=Reason.COMPRESSED)
    assert Reason.COMPRESSED not in (first.reason, second.reason)
    monkeypatch.setattr(library, "low_quality", lambda: [*found(), again])
    flags.mark_stale()
    flags.refresh()
    qtbot.waitUntil(lambda: len(flags.pane.grid.content) == 8)
    flags.reveal(first.photo_id)
    QTest.keyClick(flags.pane.grid, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: len(flags.pane.grid.content) == 7)
    assert first.photo_id in flags.pane.grid.content.ids
    assert flags.selected_ids() == [second.photo_id]


def test_after_a_deletion_the_next_photo_is_chosen(
    flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    first, second = flags.pane.grid.content.ids[:2].tolist()
    flags.reveal(first)
    QTest.keyClick(flags.pane.grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(flags.pane.grid.content) == 6)
    assert flags.selected_ids() == [second]


def test_delete_goes_through_the_trash(flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot) -> None:
    photo_id = int(flags.pane.grid.content.ids[0])
    flags.reveal(photo_id)
    QTest.keyClick(flags.pane.grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: any(call[0] == "remove_photos" for call in library.calls))
    assert [entry.photo_id for entry in library.trash()] == [photo_id]


def test_a_slider_counts_while_it_moves_and_sets_when_let_go(
    flags: LowQualityTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    slider = flags.sliders.sliders[Reason.NOISY]
    assert flags.sliders.threshold(Reason.NOISY) == pytest.approx(0.5)
    slider.setSliderDown(True)
    slider.setValue(2)
    qtbot.waitUntil(lambda: flags.sliders._counts[Reason.NOISY].text() == "0 photos")
    assert not any(call[0] == "set_threshold" for call in library.calls)
    slider.setValue(100)
    wanted = library.flag_counts(Reason.NOISY, 0.0)
    qtbot.waitUntil(lambda: flags.sliders._counts[Reason.NOISY].text().startswith(f"{wanted} "))
    slider.setValue(60)
    slider.setSliderDown(False)
    qtbot.waitUntil(lambda: any(call[0] == "set_threshold" for call in library.calls))
    assert library.thresholds()[Reason.NOISY] == pytest.approx(0.4)


def test_sliders_find_room_at_any_width(flags: LowQualityTab) -> None:
    for width in (360, 560, 1400):
        flags.resize(width, 600)
        flags.sliders.resize(width, flags.sliders.sizeHint().height())
        for slider in flags.sliders.sliders.values():
            assert slider.geometry().right() <= width
