"""The progress meter: honest rates, no forecast too early, few events, never a lost last one."""

from __future__ import annotations

import pytest

from organizer.events import Event, Progress
from organizer.indexing.progress import ProgressMeter


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Heard(list[Progress]):
    """A listener that keeps what it hears."""

    def __call__(self, event: Event) -> None:
        assert isinstance(event, Progress)
        self.append(event)


def _meter() -> tuple[ProgressMeter, Heard, Clock]:
    heard, clock = Heard(), Clock()
    return ProgressMeter(heard, clock=clock), heard, clock


def _work(meter: ProgressMeter, clock: Clock, photos: int, rate: float) -> None:
    for _ in range(photos):
        clock.now += 1 / rate
        meter.advance()


def test_rate_and_time_left_follow_the_work() -> None:
    meter, heard, clock = _meter()
    meter.expect(1000)
    meter.total_known()
    _work(meter, clock, 200, rate=20)
    meter.finish()
    last = heard[-1]
    assert (last.done, last.total) == (200, 1000)
    assert last.rate == pytest.approx(20, rel=0.05)
    assert last.seconds_left == pytest.approx(40, rel=0.05)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    meter, heard, clock = _meter()
    meter.expect(10_000)
    meter.total_known()
    _work(meter, clock, 1000, rate=100)
    _work(meter, clock, 100, rate=5)
    assert heard[-1].rate == pytest.approx(5, rel=0.1)


def test_no_forecast_while_the_total_grows_or_before_enough_was_seen() -> None:
    meter, heard, clock = _meter()
    meter.expect(100)
    _work(meter, clock, 50, rate=10)
    assert all(event.seconds_left is None for event in heard)
    meter, heard, clock = _meter()
    meter.expect(100)
    meter.total_known()
    _work(meter, clock, 5, rate=10)
    assert all(event.seconds_left is None for event in heard)


def test_at_most_ten_events_a_second_and_always_the_last() -> None:
    meter, heard, clock = _meter()
    meter.expect(5000)
    _work(meter, clock, 5000, rate=1000)
    assert len(heard) <= 5 * 10 + 2
    meter.finish()
    assert heard[-1].done == 5000
    assert heard[-1].seconds_left == 0
    count = len(heard)
    meter.finish()
    assert len(heard) == count, "nothing new, so nothing is sent"


def test_a_pause_does_not_count_as_slow_work() -> None:
    meter, heard, clock = _meter()
    meter.expect(1000)
    meter.total_known()
    _work(meter, clock, 100, rate=20)
    clock.now += 3600
    meter.rested()
    _work(meter, clock, 100, rate=20)
    assert heard[-1].rate == pytest.approx(20, rel=0.1)


def test_failed_photos_are_counted_among_the_done() -> None:
    meter, heard, _ = _meter()
    meter.expect(3)
    meter.advance(failed=1)
    meter.advance(2)
    meter.finish()
    assert (heard[-1].done, heard[-1].failed) == (3, 1)


def test_a_new_stage_is_told_at_once() -> None:
    meter, heard, _ = _meter()
    meter.expect(1)
    meter.enter("results")
    assert heard[-1].stage == "results"
