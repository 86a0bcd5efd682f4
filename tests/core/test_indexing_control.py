"""Pause, resume and cancel: the handle that shells hold while the core works."""

from __future__ import annotations

import threading

import pytest

from organizer.errors import Cancelled
from organizer.indexing.control import IndexControl


def _waiter(control: IndexControl) -> tuple[threading.Thread, list[bool]]:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(control.wait_if_paused()), daemon=True)
    thread.start()
    return thread, answers


def test_goes_on_when_nothing_was_asked() -> None:
    control = IndexControl()
    assert control.wait_if_paused()
    assert not control.paused
    assert not control.cancelled
    control.check()


def test_a_pause_holds_the_work_until_it_is_resumed() -> None:
    control = IndexControl()
    control.pause()
    thread, answers = _waiter(control)
    thread.join(0.1)
    assert thread.is_alive()
    assert answers == []
    control.resume()
    thread.join(5)
    assert answers == [True]


def test_cancel_frees_work_that_is_paused() -> None:
    control = IndexControl()
    control.pause()
    thread, answers = _waiter(control)
    control.cancel()
    thread.join(5)
    assert answers == [False]


def test_cancelled_stays_cancelled_whatever_is_pressed_after() -> None:
    control = IndexControl()
    control.cancel()
    control.pause()
    control.resume()
    assert control.cancelled
    assert not control.paused
    assert not control.wait_if_paused()
    assert not control.rest(60), "a cancelled rest ends at once"
    with pytest.raises(Cancelled):
        control.check()
