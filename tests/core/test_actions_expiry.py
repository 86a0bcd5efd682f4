"""The trash is emptied after the days that the person chose: announced first, and never by a wrong clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizer.actions.expiry import NOTICE, expiry
from organizer.actions.report import TrashEntry
from organizer.catalog import ItemState
from tests.catalog_samples import content
from tests.trash_samples import Shelf

pytestmark = pytest.mark.in_memory

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
def shelf(shelf: Shelf) -> Shelf:
    shelf.put(a=1, b=2, c=3)
    return shelf


def test_what_is_due_leaves_the_trash_and_the_journal_says_so(shelf: Shelf) -> None:
    report = shelf.trash.remove([shelf.ids["a"], shelf.ids["b"]], why="2 photos")
    now = datetime.now(UTC)
    assert shelf.trash.expire(30, how="delete", at=now + 29 * DAY) == shelf.trash.expire(0, how="delete")
    assert shelf.trash.expire(30, how="delete", at=now + 31 * DAY).announced == 2
    shelf.reopen()
    assert len(shelf.in_trash()) == 2
    shelf.trash.restore([shelf.trash.listing()[0].id])
    found = shelf.trash.expire(30, how="delete", at=now + 32.5 * DAY)
    assert (len(found.report.done), found.announced, shelf.in_trash()) == (1, 0, [])
    items = shelf.catalog.reader().items(report.action_id or 0)
    assert {item.state for item in items} == {ItemState.GONE, ItemState.RESTORED}
    assert shelf.trash.listing() == []
    assert shelf.trash.expire(30, how="delete", at=now + 60 * DAY).report.done == []


@pytest.mark.parametrize("lost", ["deleted", "written over", "same size", "link"])
def test_the_last_of_its_picture_does_not_expire(shelf: Shelf, lost: str) -> None:
    """The kept copy was lost behind the program's back; on request the person may still empty everything."""
    kept, gone = shelf.put(kept=7, gone=7)
    shelf.trash.remove([gone], {gone: {kept}})
    place = shelf.path("kept")
    place.unlink()
    if lost == "written over":
        place.write_bytes(b"something else")
    elif lost == "same size":
        place.write_bytes(content(7).upper())
    elif lost == "link":
        place.symlink_to(shelf.trash.listing()[0].trashed)
    now = datetime.now(UTC)
    first = shelf.trash.expire(30, how="delete", at=now + 31 * DAY)
    assert (first.report.done, first.announced, first.held) == ([], 0, 1)
    for day in (33, 60, 400):
        shelf.reopen()
        later = shelf.trash.expire(30, how="delete", at=now + day * DAY)
        assert (later.report.done, later.announced, later.held) == ([], 0, 0)  # told once
    (file,) = shelf.in_trash()
    assert file.read_bytes() == content(7)
    assert shelf.trash.empty(how="delete").done == [gone]


def test_a_copy_that_came_back_or_stands_elsewhere_lets_it_expire(shelf: Shelf) -> None:
    kept, gone = shelf.put(kept=7, gone=7)
    shelf.trash.remove([gone], {gone: {kept}})
    shelf.path("kept").unlink()
    now = datetime.now(UTC)
    assert shelf.trash.expire(30, how="delete", at=now + 31 * DAY).held == 1
    shelf.put(elsewhere=7)
    assert shelf.trash.expire(30, how="delete", at=now + 32 * DAY).announced == 1
    assert shelf.trash.expire(30, how="delete", at=now + 34 * DAY).report.done == [gone]
    assert shelf.path("elsewhere").read_bytes() == content(7)


def test_survivors_that_went_for_others_are_followed(shelf: Shelf) -> None:
    """b went because c stays, then c because d stays: d decides; by hand the person decided."""
    b, c, d = shelf.put(big=4, middle=5, little=6)
    shelf.trash.remove([b], {b: {c}})
    shelf.trash.remove([c], {c: {d}})
    now = datetime.now(UTC)
    assert shelf.trash.expire(30, how="delete", at=now + 31 * DAY).announced == 2
    shelf.path("little").unlink()
    assert shelf.trash.expire(30, how="delete", at=now + 33 * DAY).held == 2
    shelf.put(little=6)
    by_hand = shelf.ids["little"]
    shelf.trash.remove([by_hand])
    assert shelf.trash.expire(30, how="delete", at=now + 34 * DAY).announced == 3
    assert set(shelf.trash.expire(30, how="delete", at=now + 36 * DAY).report.done) == {b, c, by_hand}
