"""The Duplicates tab: keys decide, the next stack has the focus, the summary comes before the cleaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from organizer.actions.sidecars import SidecarPreview
from organizer.analysis.keep import rank
from organizer.errors import FileChanged
from organizer.library.room import HARD_LINK
from organizer.library.sidecar_notes import MergeOffer
from organizer.library.views import ActionReport, CleanupPlan
from organizer.paths import resources_dir
from organizer.records import SidecarFields
from organizer.results import Tier
from tests.core.test_keep import KEEP
from tests.core.test_keep import table as alike
from tests.fakes_library import FakeLibrary
from ui.dialogs.merge import MergeDialog
from ui.keep_words import keep_words
from ui.services import Services
from ui.tabs.duplicates import DuplicatesTab, compared, content_of
from ui.translation import install_translators, remove_translators
from ui.views.cleanup_summary import CleanupSummary
from ui.views.compare_pane import difference, turned_like
from ui.views.stack_row import StackRow, shown_names
from ui.words import byte_size


@pytest.fixture
def tab(open_tab: Callable[..., DuplicatesTab]) -> DuplicatesTab:
    return open_tab(DuplicatesTab, lambda tab: len(tab.list.stacks) == 5, width=1000)


def keys(tab: DuplicatesTab) -> list[str]:
    return [view.stack.key for view in tab.list.stacks]


def test_surest_stacks_come_first_under_their_headings(tab: DuplicatesTab) -> None:
    tiers = [view.stack.tier for view in tab.list.stacks]
    assert tiers == sorted(tiers, key=[Tier.EXACT, Tier.SAME_PICTURE, Tier.BURST].index)
    sections = tab.list.content.sections
    assert [section.title for section in sections] == ["Exact copies", "Same picture"]
    assert all(section.note for section in sections)
    assert tab.label.text().startswith("5 stacks, ")


def test_enter_keeps_the_suggestion_and_goes_on(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    before = keys(tab)
    first = tab.list.stacks[0].stack
    assert tab.selected_ids() == [first.keep]
    QTest.keyClick(tab.list, Qt.Key.Key_Return)
    assert keys(tab) == before[1:]
    assert tab.list.stack() is tab.list.stacks[0]
    qtbot.waitUntil(lambda: ("resolve_stack", first.key, (first.keep,)) in library.calls)
    qtbot.waitUntil(lambda: not tab.services.tasks.pending and not tab._acted)
    qtbot.wait(400)
    assert keys(tab) == before[1:]
    assert tab.list.current() == 0


def test_a_digit_chooses_another_to_keep(tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot) -> None:
    QTest.keyClick(tab.list, Qt.Key.Key_Down)
    view = tab.list.stack()
    assert view is not None
    QTest.keyClick(tab.list, Qt.Key.Key_2)
    assert tab.list.kept_of(view) == view.stack.members[1]
    assert tab.selected_ids() == [view.stack.members[1]]
    assert tab.list.buttons.keep.text() == "Keep my choice"
    assert not any(call[0] == "resolve_stack" for call in library.calls)
    QTest.keyClick(tab.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("resolve_stack", view.stack.key, (view.stack.members[1],)) in library.calls)


@pytest.mark.parametrize(("key", "call"), [(Qt.Key.Key_B, "keep_both"), (Qt.Key.Key_N, "not_duplicates")])
def test_both_and_not_duplicates(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot, key: Qt.Key, call: str
) -> None:
    first = tab.list.stacks[0].stack.key
    QTest.keyClick(tab.list, key)
    qtbot.waitUntil(lambda: (call, first) in library.calls)
    assert first not in keys(tab)


def test_buttons_pressed_with_the_mouse_leave_the_keys_to_the_list(tab: DuplicatesTab, qtbot: QtBot) -> None:
    tab.activateWindow()
    tab.setFocus()
    QTest.mouseClick(tab.clean, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tab.findChild(CleanupSummary) is not None)
    tab.findChild(CleanupSummary).reject()
    tab.activateWindow()
    assert tab.focusWidget() is tab.list


def test_the_keys_go_to_the_list_when_stacks_come_into_an_empty_tab(
    services: Services, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = library.stacks()
    monkeypatch.setattr(library, "stacks", list)
    tab = DuplicatesTab(services)
    qtbot.addWidget(tab)
    tab.show()
    tab.activateWindow()
    qtbot.waitUntil(tab._empty.isVisible)
    tab._empty.button.setFocus()
    monkeypatch.setattr(library, "stacks", lambda: stacks)
    tab.mark_stale()
    qtbot.waitUntil(tab.list.isVisible)
    assert QApplication.focusWidget() is tab.list


def test_undo_brings_the_stack_back(
    tab: DuplicatesTab, services: Services, library: FakeLibrary, qtbot: QtBot
) -> None:
    before = keys(tab)
    QTest.keyClick(tab.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(library.calls) and not tab._acted)
    services.undo.undo()
    qtbot.waitUntil(lambda: sorted(keys(tab)) == sorted(before))


def test_a_refused_stack_comes_back(
    tab: DuplicatesTab,
    services: Services,
    library: FakeLibrary,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(key: str, keep: list[int]) -> None:
        raise FileChanged("The file has changed since it was looked at, so nothing was moved.")

    monkeypatch.setattr(library, "resolve_stack", refuse)
    before = keys(tab)
    with qtbot.waitSignal(services.undo.told) as told:
        QTest.keyClick(tab.list, Qt.Key.Key_Return)
    assert "has changed" in told.args[0]
    qtbot.waitUntil(lambda: keys(tab) == before)


def test_the_buttons_do_the_same_and_follow_the_row(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    QTest.keyClick(tab.list, Qt.Key.Key_Down)
    row = tab.list.item_rect(tab.list.current())
    assert row.contains(tab.list.buttons.geometry().center())
    view = tab.list.stack()
    assert view is not None
    tab.list.buttons.both.click()
    qtbot.waitUntil(lambda: ("keep_both", view.stack.key) in library.calls)


def test_cleaning_shows_its_summary_first(tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot) -> None:
    tab.clean.click()
    qtbot.waitUntil(lambda: tab.findChild(CleanupSummary) is not None)
    summary = tab.findChild(CleanupSummary)
    assert not any(call[0] == "clean_exact" for call in library.calls)
    plan = library.exact_cleanup()
    assert str(plan.photos) in summary.act.text()
    shown = {summary.folders.topLevelItem(i).text(0) for i in range(summary.folders.topLevelItemCount())}
    assert shown == {str(folder) for folder in plan.folders}
    summary.act.click()
    qtbot.waitUntil(lambda: any(call[0] == "clean_exact" for call in library.calls))
    qtbot.waitUntil(lambda: all(view.stack.tier is not Tier.EXACT for view in tab.list.stacks))
    assert not tab.clean.isEnabled()


def test_only_the_stacks_of_the_summary_are_cleaned(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Collection[str] | None] = []

    def clean(dry_run: bool = False, stack_keys: Collection[str] | None = None) -> ActionReport:
        asked.append(stack_keys)
        return ActionReport(None, "done")

    monkeypatch.setattr(library, "clean_exact", clean)
    tab.clean.click()
    qtbot.waitUntil(lambda: tab.findChild(CleanupSummary) is not None)
    tab.findChild(CleanupSummary).act.click()
    qtbot.waitUntil(lambda: asked == [library.exact_cleanup().stack_keys])


def test_a_summary_that_is_closed_does_nothing(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    tab.ask_cleanup()
    qtbot.waitUntil(lambda: tab.findChild(CleanupSummary) is not None)
    tab.findChild(CleanupSummary).reject()
    qtbot.wait(50)
    assert library.calls == []


def test_compare_shows_all_and_takes_a_choice(tab: DuplicatesTab, services: Services, qtbot: QtBot) -> None:
    view = tab.list.stacks[-1]
    tab.reveal(view.stack.members[-1])
    QTest.keyClick(tab.list, Qt.Key.Key_C)
    assert tab.compare.isVisible()
    assert tab.compare.ids() == list(view.stack.members)
    qtbot.waitUntil(lambda: len(tab.compare._images) == len(view.stack.members))
    tab.compare.differ.click()
    qtbot.waitUntil(lambda: len(tab.compare._differences) == len(view.stack.members) - 1)
    tab.compare.flicker.click()
    assert not tab.compare.differ.isChecked()
    shown = tab.compare._shown_in(0)
    qtbot.waitUntil(lambda: tab.compare._shown_in(0) != shown)
    QTest.keyClick(tab.compare, Qt.Key.Key_2)
    assert tab.list.isVisible()
    assert tab.list.kept_of(tab.list.stack()) == view.stack.members[1]


def test_panes_look_at_the_same_part(tab: DuplicatesTab, qtbot: QtBot) -> None:
    QTest.keyClick(tab.list, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: len(tab.compare._images) == 2)
    look = tab.compare.look
    look.set(4.0, look.middle)
    first, second = tab.compare._panes[0].target(), tab.compare._panes[1].target()
    assert first.width() / tab.compare._panes[0].width() == pytest.approx(
        second.width() / tab.compare._panes[1].width(), rel=0.5
    )
    look.set(100, look.middle * 5)
    assert look.zoom <= 32
    assert 0 <= look.middle.x() <= 1


def test_equal_pictures_have_a_black_difference() -> None:
    picture = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    same = difference(picture, picture)
    assert same.pixelColor(20, 20).getRgb()[:3] == (0, 0, 0)
    other = picture.copy()
    other[10:20, 10:20] ^= 64
    changed = difference(picture, other)
    assert max(changed.pixelColor(15, 15).getRgb()[:3]) > 100
    assert changed.pixelColor(40, 30).getRgb()[:3] == (0, 0, 0)


def test_tiles_and_digits_answer_to_their_places(tab: DuplicatesTab) -> None:
    rect = tab.list.item_rect(0)
    row: StackRow = tab.list._row
    tiles = row.tiles(rect, 2)
    assert tiles[0].width() > tiles[1].width()
    for at, tile in enumerate(tiles):
        assert rect.contains(tile)
        assert row.member_at(rect, 2, tile.center()) == at
    assert row.digit_at(rect, 2, tiles[1].topRight() + QPoint(-14, 14)) == 1
    assert row.member_at(rect, 2, row.column(rect).center()) == -1
    many = row.tiles(rect, 40)
    assert row.shown(rect, 40) == len(many) - 1
    assert many[-1].right() < row.column(rect).left()


def test_the_menu_names_every_key(tab: DuplicatesTab) -> None:
    menu = tab.menu()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert {text.split("\t")[1] for text in texts} >= {"Enter", "B", "N", "C", "1", "2"}
    menu.deleteLater()


def test_headings_say_what_each_kind_would_free(tab: DuplicatesTab) -> None:
    sections = tab.list.content.sections
    for section, tier in zip(sections, (Tier.EXACT, Tier.SAME_PICTURE), strict=True):
        members = [view for view in tab.list.stacks if view.stack.tier is tier]
        assert section.note.startswith(f"{len(members)} stack")
        assert byte_size(sum(view.savings for view in members)) in section.note


def test_shots_of_one_moment_have_their_own_heading(tab: DuplicatesTab) -> None:
    views = [replace(v, stack=replace(v.stack, tier=Tier.BURST, why="sharpest")) for v in tab.list.stacks]
    (section,) = content_of(views).sections
    assert (section.title, "Keep the best" in section.note) == ("Same moment", True)
    tab.show_data(views)
    assert not tab.clean.isEnabled()


def test_a_copy_that_frees_nothing_says_so(tab: DuplicatesTab) -> None:
    view = tab.list.stacks[0]
    other = view.stack.members[1]
    tab.show_data([replace(view, savings=0, notes={other: HARD_LINK})])
    row: StackRow = tab.list._row
    assert row._about(tab.list.stacks[0], 1, False).startswith("Another name of the same file")
    tile = row.tiles(tab.list.item_rect(0), 2)[1]
    assert "frees nothing" in tab.list.tip_at(tile.center())


def test_the_summary_says_what_stays(tab: DuplicatesTab, qtbot: QtBot) -> None:
    plan = CleanupPlan(3, 9_000, {}, (), (), protected=2, links=1)
    summary = CleanupSummary(plan, tab)
    qtbot.addWidget(summary)
    words = " ".join(label.text() for label in summary.findChildren(QLabel))
    assert "2 more copies are protected and stay." in words
    assert "1 more is only another name of a file" in words
    assert "3 exact copies, 9.0 kB" in words


def test_what_only_the_copies_say_is_offered_shown_and_written(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = tab.list.stacks[1]
    keep, other = view.stack.members[:2]
    fields = SidecarFields(title="Lake", keywords=("boat",), rating=4, latitude=47.5, longitude=8.5)
    preview = SidecarPreview(keep, Path("/pictures/IMG_1.jpg.xmp"), False, ("title",))

    def offer(key: str, kept: int) -> MergeOffer:
        told = fields if (key, kept) == (view.stack.key, keep) else SidecarFields()
        return MergeOffer(kept, told, {"title": (other,)}, preview)

    monkeypatch.setattr(library, "merge_offer", offer)
    assert tab.merge.isHidden()
    QTest.keyClick(tab.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: not tab.merge.isHidden())
    QTest.keyClick(tab.list, Qt.Key.Key_2)  # the copy itself would be kept: nothing to take over
    qtbot.waitUntil(tab.merge.isHidden)
    QTest.keyClick(tab.list, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: not tab.merge.isHidden())
    QTest.keyClick(tab.list, Qt.Key.Key_M)
    dialog = tab.findChild(MergeDialog)
    rows = [dialog.table.topLevelItem(at) for at in range(dialog.table.topLevelItemCount())]
    assert [row.text(0) for row in rows] == ["Title", "Keywords", "Rating", "Place"]
    assert rows[0].text(2).endswith(view.photos[1].path.name)
    assert rows[2].text(1) == "★★★★"
    assert dialog.write.text() == "Switch on sidecar files and write"
    dialog.write.click()
    qtbot.waitUntil(lambda: ("merge_into_kept", view.stack.key, keep) in library.calls)
    assert library.settings.sidecars
    assert tab.merge.isHidden()


@pytest.mark.parametrize("case", KEEP, ids=[f"{case[0]}-{case[2][:9]}" for case in KEEP])
def test_reasons_are_said_in_the_windows_language(
    case: tuple[str, dict[str, object], str, str], dressed: QApplication
) -> None:
    _, why, lacks = rank(alike(**dict(case[1])), [0, 1])
    assert keep_words(why) == why
    installed = install_translators(dressed, resources_dir(), "ko")
    try:
        for said in (why, *lacks.values()):
            words = re.sub(r"RAW|\b\d+(\.\d+)? ?[kM]?B\b", "", keep_words(said))
            assert not re.search("[A-Za-z]", words), said
    finally:
        remove_translators(dressed, installed)
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


def test_delete_takes_the_focused_photo_and_leaves_the_others(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot
) -> None:
    view = tab.list.stacks[-1]
    tab.reveal(view.stack.keep)
    with qtbot.waitSignal(tab.services.tasks.problem) as told:
        QTest.keyClick(tab.list, Qt.Key.Key_Delete)
    assert "the one to keep" in told.args[0]
    tab.reveal(view.stack.members[1])
    QTest.keyClick(tab.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: bool(library.calls))
    staying = [member for member in view.stack.members if member != view.stack.members[1]]
    assert library.calls[-1] == ("resolve_stack", view.stack.key, tuple(staying))


@pytest.mark.parametrize(
    ("key", "verb"),
    [
        (Qt.Key.Key_Return, "resolve_stack"),
        (Qt.Key.Key_B, "keep_both"),
        (Qt.Key.Key_N, "not_duplicates"),
    ],
)
def test_a_stack_can_be_decided_while_comparing(
    tab: DuplicatesTab, library: FakeLibrary, qtbot: QtBot, key: Qt.Key, verb: str
) -> None:
    view, following = tab.list.stacks[0], tab.list.stacks[1]
    QTest.keyClick(tab.list, Qt.Key.Key_C)
    QTest.keyClick(tab.compare, key)
    assert tab.list.isVisible()
    assert tab.list.stack() == following
    qtbot.waitUntil(lambda: bool(library.calls))
    assert library.calls[-1][:2] == (verb, view.stack.key)


def test_the_look_obeys_keys(tab: DuplicatesTab, qtbot: QtBot) -> None:
    QTest.keyClick(tab.list, Qt.Key.Key_C)
    look = tab.compare.look
    for _ in range(5):
        QTest.keyClick(tab.compare, Qt.Key.Key_Plus)
    assert look.zoom == pytest.approx(1.25**5)
    QTest.keyClick(tab.compare, Qt.Key.Key_Right)
    QTest.keyClick(tab.compare, Qt.Key.Key_Up)
    assert look.middle.x() > 0.5 > look.middle.y()
    QTest.keyClick(tab.compare, Qt.Key.Key_Minus)
    assert look.zoom == pytest.approx(1.25**4)
    QTest.keyClick(tab.compare, Qt.Key.Key_0)
    assert (look.zoom, look.middle.x(), look.middle.y()) == (1, 0.5, 0.5)


def test_the_focused_photo_of_a_large_stack_is_compared() -> None:
    members = tuple(range(900, 907))
    assert compared(members, (900, 902)) == [900, 901, 902, 903]
    assert compared(members, (900, 905)) == [900, 901, 902, 905]
    assert compared(members, (905, 905)) == [900, 901, 902, 905]
    assert compared(members, (906, 904)) == [900, 901, 906, 904]
    assert compared(members[:2], (901, -1)) == [900, 901]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_copy_is_compared_the_same_way_round(turns: int, mirrored: bool) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (60, 40, 3), dtype=np.uint8)
    picture[:20, :15] //= 4
    other = np.rot90(picture[:, ::-1] if mirrored else picture, turns)
    assert np.array_equal(turned_like(picture, other), picture)
    unrelated = np.random.default_rng(4).integers(0, 255, (60, 40, 3), dtype=np.uint8)
    assert turned_like(picture, unrelated) is unrelated


def test_copies_in_several_folders_are_told_apart_by_them() -> None:
    assert shown_names([Path("/p/a/1.jpg"), Path("/p/a/2.jpg")]) == ["1.jpg", "2.jpg"]
    assert shown_names([Path("/p/a/1.jpg"), Path("/p/b/c/1.jpg")]) == ["a/1.jpg", "b/c/1.jpg"]
    assert shown_names([Path("/p/1.jpg"), Path("/p/b/1.jpg")]) == ["p/1.jpg", "b/1.jpg"]
