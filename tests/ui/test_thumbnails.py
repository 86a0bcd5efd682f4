"""Thumbnails: bounded, newest wish first, nothing late to the wrong cell."""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from organizer.errors import MediaError, MediaReason
from organizer.events import Kind
from ui.models.thumbnails import ThumbnailLoader, decode_thumbnail


def jpeg(width: int = 384, height: int = 256, colour: str = "#808080") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(stream, "JPEG")
    return stream.getvalue()


class Source:
    """Thumbnails that can be held back; remembers who was asked for, in order."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.absent: set[int] = set()
        self.broken: set[int] = set()
        self.data = jpeg()
        self.gate = threading.Event()
        self.gate.set()

    def thumbnail(self, photo_id: int) -> bytes | None:
        self.asked.append(photo_id)
        assert self.gate.wait(10)
        if photo_id in self.broken:
            raise MediaError("It cannot be read.", MediaReason.DAMAGED)
        return None if photo_id in self.absent else self.data


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()
    yield source
    source.gate.set()


@pytest.fixture
def make_loader(source: Source, qapp: object) -> Iterator[Callable[..., ThumbnailLoader]]:
    made: list[ThumbnailLoader] = []

    def make(**options: int) -> ThumbnailLoader:
        made.append(ThumbnailLoader(source, **options))
        return made[-1]

    yield make
    source.gate.set()
    for loader in made:
        loader.close()


def test_a_wish_is_fulfilled_in_its_order(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    loader = make_loader(workers=1)
    with qtbot.waitSignal(loader.ready):
        loader.want("grid", [5, 3, 9], 128)
    qtbot.waitUntil(lambda: all(loader.pixmap(i, 128) for i in (5, 3, 9)))
    assert source.asked == [5, 3, 9]
    pixmap = loader.pixmap(5, 128)
    assert pixmap is not None
    assert (pixmap.width(), pixmap.height()) == (128, 85)
    loader.want("grid", [5, 3, 9], 128)
    assert source.asked == [5, 3, 9]


def test_what_was_scrolled_away_is_never_loaded(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    loader = make_loader(workers=1)
    source.gate.clear()
    loader.want("grid", range(100), 128)
    qtbot.waitUntil(lambda: source.asked == [0])
    loader.want("grid", range(5000, 5003), 128)
    source.gate.set()
    qtbot.waitUntil(lambda: loader.pixmap(5002, 128) is not None)
    assert source.asked == [0, 5000, 5001, 5002]


def test_the_newest_wish_of_several_views_comes_first(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    loader = make_loader(workers=1)
    source.gate.clear()
    loader.want("old", [1, 2, 3], 128)
    qtbot.waitUntil(lambda: source.asked == [1])
    loader.want("new", [7, 8], 128)
    source.gate.set()
    qtbot.waitUntil(lambda: loader.pixmap(3, 128) is not None)
    assert source.asked == [1, 7, 8, 2, 3]


def test_a_view_that_is_gone_is_not_kept_by_its_wish(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    """A thread of the pool would let go of it, and so take a widget apart: the program crashed."""
    loader = make_loader(workers=1)
    source.gate.clear()
    view = QWidget()
    seen = weakref.ref(view)
    loader.want(view, [1, 2, 3], 128)
    qtbot.waitUntil(lambda: source.asked == [1])
    del view
    assert seen() is None
    source.gate.set()
    qtbot.waitUntil(lambda: loader.pixmap(3, 128) is not None)


def test_a_late_picture_of_an_older_file_is_dropped(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    loader = make_loader(workers=1)
    source.gate.clear()
    loader.want("grid", [1], 128)
    qtbot.waitUntil(lambda: source.asked == [1])
    loader.on_committed(frozenset({1}), frozenset({Kind.PHOTOS}))
    with qtbot.waitSignal(loader.ready):
        source.gate.set()
    assert loader.pixmap(1, 128) is None
    loader.want("grid", [1], 128)
    qtbot.waitUntil(lambda: loader.pixmap(1, 128) is not None)


def test_a_changed_photo_shows_the_old_picture_until_the_new_one_is_there(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    loader = make_loader()
    loader.want("grid", [1], 128)
    qtbot.waitUntil(lambda: loader.pixmap(1, 128) is not None)
    source.data = jpeg(256, 384, "#ff0000")
    loader.forget([1])
    old = loader.pixmap(1, 128)
    assert old is not None
    assert old.width() == 128
    loader.want("grid", [1], 128)
    qtbot.waitUntil(lambda: loader.pixmap(1, 128).height() == 128)  # type: ignore[union-attr]


def test_memory_stays_within_the_budget_and_the_newest_stay(
    make_loader: Callable[..., ThumbnailLoader], qtbot: QtBot
) -> None:
    one = 128 * 85 * 4
    loader = make_loader(budget_bytes=10 * one, workers=1)
    loader.want("grid", range(40), 128)
    qtbot.waitUntil(lambda: loader.pixmap(39, 128) is not None)
    assert loader.bytes_used <= 10 * one
    assert loader.pixmap(0, 128) is None
    assert all(loader.pixmap(i, 128) for i in range(30, 40))


def test_an_absent_thumbnail_is_asked_for_once_until_the_photo_changes(
    make_loader: Callable[..., ThumbnailLoader], source: Source, qtbot: QtBot
) -> None:
    loader = make_loader()
    source.absent.add(4)
    source.broken.add(5)
    loader.want("grid", [4, 5], 128)
    qtbot.waitUntil(lambda: loader.is_absent(4) and loader.is_absent(5))
    loader.want("grid", [4, 5], 128)
    assert sorted(source.asked) == [4, 5]
    source.absent.clear()
    loader.forget([4])
    loader.want("grid", [4], 128)
    qtbot.waitUntil(lambda: loader.pixmap(4, 128) is not None)
    assert not loader.is_absent(4)


def test_another_size_is_served_from_what_is_at_hand(
    make_loader: Callable[..., ThumbnailLoader], qtbot: QtBot
) -> None:
    loader = make_loader()
    loader.want("grid", [1], 96)
    qtbot.waitUntil(lambda: loader.pixmap(1, 96) is not None)
    assert loader.pixmap(1, 300) is loader.pixmap(1, 96)
    loader.want("grid", [1], 300)
    qtbot.waitUntil(lambda: loader.pixmap(1, 300).width() == 300)  # type: ignore[union-attr]
    assert loader.pixmap(1, 96).width() == 96  # type: ignore[union-attr]


def test_nothing_arrives_after_closing(source: Source, qtbot: QtBot) -> None:
    loader = ThumbnailLoader(source, workers=1)
    source.gate.clear()
    loader.want("grid", range(50), 128)
    qtbot.waitUntil(lambda: source.asked == [0])
    source.gate.set()
    loader.close()
    with qtbot.assertNotEmitted(loader.ready, wait=50):
        loader.want("grid", [1], 128)
    assert len(source.asked) <= 2


def test_bytes_that_are_no_picture_give_none() -> None:
    assert decode_thumbnail(b"no picture", 128) is None
    small = decode_thumbnail(jpeg(40, 30), 128)
    assert small is not None
    assert (small.width(), small.height()) == (40, 30)
