"""Selection with the habits of a file manager, and the contents it is kept over."""

from __future__ import annotations

import numpy as np
import pytest

from ui.models.content import from_groups, one_section
from ui.models.days import by_day
from ui.models.selection import Selection


@pytest.fixture
def ten() -> Selection:
    selection = Selection()
    selection.set_content(one_section(range(100, 110)))
    return selection


def test_a_click_selects_one(ten: Selection) -> None:
    ten.click(3)
    ten.click(5)
    assert ten.ordered() == [105]
    assert ten.current_id() == 105


def test_ctrl_toggles_and_shift_extends_from_the_anchor(ten: Selection) -> None:
    ten.click(2)
    ten.click(4, ctrl=True)
    ten.click(2, ctrl=True)
    assert ten.ordered() == [104]
    ten.click(4)
    ten.click(7, shift=True)
    assert ten.ordered() == [104, 105, 106, 107]
    ten.click(2, shift=True)
    assert ten.ordered() == [102, 103, 104]
    ten.click(8, ctrl=True)
    ten.click(9, shift=True, ctrl=True)
    assert ten.ordered() == [102, 103, 104, 108, 109]


def test_keys_move_extend_and_wander(ten: Selection) -> None:
    ten.click(1)
    ten.move(2)
    assert ten.ordered() == [102]
    ten.move(3, shift=True)
    ten.move(4, shift=True)
    assert ten.ordered() == [102, 103, 104]
    ten.move(3, shift=True)
    assert ten.ordered() == [102, 103]
    ten.move(6, ctrl=True)
    assert ten.ordered() == [102, 103]
    ten.toggle(6)
    assert ten.ordered() == [102, 103, 106]


def test_selection_and_focus_follow_their_photos(ten: Selection) -> None:
    ten.click(3)
    ten.click(5, ctrl=True)
    ten.set_content(one_section([7, 8, 105, 9, 103, 104]))
    assert ten.ordered() == [105, 103]
    assert ten.current_id() == 105
    ten.set_content(one_section([7, 103]))
    assert ten.ordered() == [103]
    assert ten.current_id() == 103  # the focused photo went; the one now nearest has the focus


def test_a_photo_in_two_sections_is_found_near_the_focus() -> None:
    content = from_groups([("a", "A", "", [1, 2, 3]), ("b", "B", "", [2, 4])])
    assert content.position(2, near=0) == 1
    assert content.position(2, near=4) == 3
    assert content.positions([2, 4]).tolist() == [1, 3, 4]
    assert content.position(9) == -1
    selection = Selection()
    selection.set_content(content)
    selection.select_all()
    assert selection.ordered() == [1, 2, 3, 4]


def test_busy_days_stand_alone_and_quiet_ones_share_a_section() -> None:
    days = ["2024-05-09"] * 8 + ["2024-05-07"] * 2 + ["2024-05-03"] + ["2024-04-30"] * 2 + [""]
    ids = np.arange(len(days))
    content = by_day(ids, np.array(days))
    assert [(section.start, section.count) for section in content.sections] == [
        (0, 8),
        (8, 3),
        (11, 2),
        (13, 1),
    ]
    assert content.sections[1].title.startswith("3 – 7 ")
    assert content.sections[3].title == "Without a date"
    assert content.ids.tolist() == ids.tolist()


def test_days_that_come_in_any_order_make_one_section_each() -> None:
    days = np.array(["2020-01-01", "2023-01-01", "2020-01-01"] * 6)
    content = by_day(np.arange(18), days)
    assert [section.count for section in content.sections] == [6, 12]
    assert content.ids.tolist()[:6] == [1, 4, 7, 10, 13, 16]


def test_the_focus_goes_to_the_next_that_is_left_when_several_go_at_once() -> None:
    selection = Selection()
    selection.set_content(one_section([7, 8, 9, 10, 11, 12]))
    selection.click(1)
    selection.click(3, shift=True)
    selection.set_content(one_section([7, 11, 12]))
    assert selection.current_id() == 11 and not selection.ids
    selection.click(2)
    selection.set_content(one_section([7, 11]))
    assert selection.current_id() == 11
