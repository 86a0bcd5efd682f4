"""The core's events arrive in the GUI thread, merged, and nothing is lost in the merging."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from organizer.events import Committed, Kind, Notice, Progress
from ui.bridge import Bridge


@pytest.fixture
def bridge(qtbot: QtBot):
    bridge = Bridge()
    yield bridge
    bridge.close()


def test_a_burst_from_threads_becomes_few_deliveries_without_loss(bridge: Bridge, qtbot: QtBot) -> None:
    deliveries: list[tuple[frozenset[int], frozenset[Kind]]] = []
    threads_seen = []

    def received(ids: frozenset[int], kinds: frozenset[Kind]) -> None:
        deliveries.append((ids, kinds))
        threads_seen.append(threading.current_thread())

    bridge.committed.connect(received)

    def send(start: int) -> None:
        for number in range(start, start + 500):
            bridge.post(Committed((number,), frozenset({Kind.PHOTOS})))

    senders = [threading.Thread(target=send, args=(start,)) for start in (0, 500, 1000)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    qtbot.waitUntil(lambda: bool(deliveries))
    qtbot.wait(120)
    assert frozenset().union(*(ids for ids, _ in deliveries)) == frozenset(range(1500))
    assert len(deliveries) <= 2
    assert threads_seen == [threading.main_thread()] * len(threads_seen)


def test_kinds_are_merged(bridge: Bridge, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.committed) as told:
        bridge.post(Committed((1,), frozenset({Kind.PHOTOS})))
        bridge.post(Committed((2,), frozenset({Kind.TRASH})))
    assert told.args == [frozenset({1, 2}), frozenset({Kind.PHOTOS, Kind.TRASH})]


def test_only_the_last_progress_is_delivered(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[Progress] = []
    bridge.progress.connect(seen.append)
    for done in range(100):
        bridge.post(Progress("photos", done, 100))
    qtbot.waitUntil(lambda: bool(seen))
    assert [progress.done for progress in seen] == [99]


def test_each_notice_is_told_once_in_a_burst(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[str] = []
    bridge.notice.connect(seen.append)
    for sentence in ("A", "B", "A"):
        bridge.post(Notice(sentence))
    qtbot.waitUntil(lambda: len(seen) >= 2)
    assert seen == ["A", "B"]


def test_events_after_a_delivery_are_delivered_again(bridge: Bridge, qtbot: QtBot) -> None:
    for number in (1, 2):
        with qtbot.waitSignal(bridge.committed) as told:
            bridge.post(Committed((number,), frozenset()))
        assert told.args[0] == frozenset({number})


def test_a_closed_bridge_is_silent(qtbot: QtBot) -> None:
    bridge = Bridge()
    seen: list[object] = []
    bridge.committed.connect(lambda *args: seen.append(args))
    bridge.post(Committed((1,), frozenset()))
    bridge.close()
    bridge.post(Committed((2,), frozenset()))
    qtbot.wait(120)
    assert seen == []
