"""The trash is emptied after the days that the person chose: announced first, and never by a wrong clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizer.actions.expiry import NOTICE, expiry
from organizer.actions.report import TrashEntry
from organizer.catalog import ItemState
from tests.trash_samples import Shelf, quick_folder

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(item_id: int, removed: datetime) -> TrashEntry:
    return TrashEntry(item_id, 1, item_id, Path("/a"), Path("/b"), removed.isoformat(), 1)


def test_announced_first_then_gone() -> None:
    trash = [entry(1, START), entry(2, START + 5 * DAY)]
    assert expiry(trash, {}, START + 29 * DAY, 30) == expiry([], {}, START, 30)
    first = expiry(trash, {}, START + 30 * DAY, 30)
    assert (first.expired, first.fresh) == ((), (1,))
    same_day = expiry(trash, first.announced, START + 30.5 * DAY, 30)
    assert (same_day.expired, same_day.fresh) == ((), ())
    later = expiry(trash, same_day.announced, START + 31 * DAY, 30)
    assert (later.expired, later.fresh, later.announced) == ((1,), (), {})


def test_never_means_never() -> None:
    assert expiry([entry(1, START)], {1: START.isoformat()}, START + 9999 * DAY, 0).expired == ()


def test_a_clock_that_went_back_takes_nothing() -> None:
    trash = [entry(1, START)]
    ahead = expiry(trash, {}, START + 3650 * DAY, 30)  # a wrong clock, ten years ahead
    assert ahead.expired == ()
    back = expiry(trash, ahead.announced, START + 2 * DAY, 30)
    assert (back.expired, back.announced) == ((), {})
    due = expiry(trash, ahead.announced, START + 31 * DAY, 30)  # announced "in the future": anew
    assert (due.expired, due.fresh) == ((), (1,))


def test_fewer_days_are_announced_again() -> None:
    trash = [entry(1, START)]
    assert expiry(trash, {1: (START + 3 * DAY).isoformat()}, START + 40 * DAY, 30).expired == ()


@given(st.lists(st.floats(-4000, 4000), min_size=1, max_size=8), st.integers(1, 60), st.floats(0, 100))
def test_whatever_the_clock_does_nothing_goes_without_two_looks_a_day_apart(
    clock: list[float], days: int, removed: float
) -> None:
    trash = [entry(1, START + removed * DAY)]
    announced: dict[int, str] = {}
    looks: list[datetime] = []
    for at in clock:
        now = START + at * DAY
        found = expiry(trash, announced, now, days)
        due = START + removed * DAY + days * DAY
        if found.expired:
            assert now >= due
            assert any(due <= look <= now - NOTICE for look in looks)
            break
        announced = found.announced
        looks.append(now)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with quick_folder() as folder:
        made = Shelf(folder)
        made.put(a=1, b=2, c=3)
        yield made
        made.close()


def test_what_is_due_leaves_the_trash_and_the_journal_says_so(shelf: Shelf) -> None:
    report = shelf.trash.remove([shelf.ids["a"], shelf.ids["b"]], why="2 photos")
    now = datetime.now(UTC)
    assert shelf.trash.expire(30, how="delete", at=now + 29 * DAY) == shelf.trash.expire(0, how="delete")
    assert shelf.trash.expire(30, how="delete", at=now + 31 * DAY)[1] == 2
    shelf.reopen()
    assert len(shelf.in_trash()) == 2
    shelf.trash.restore([shelf.trash.listing()[0].id])
    gone, announced = shelf.trash.expire(30, how="delete", at=now + 32.5 * DAY)
    assert (len(gone.done), announced, shelf.in_trash()) == (1, 0, [])
    items = shelf.catalog.reader().items(report.action_id or 0)
    assert {item.state for item in items} == {ItemState.GONE, ItemState.RESTORED}
    assert shelf.trash.listing() == []
    assert shelf.trash.expire(30, how="delete", at=now + 60 * DAY)[0].done == []
