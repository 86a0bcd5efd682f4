"""The RAW and the JPEG of one shot: together by hand, and from a stack only where a copy of each stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from organizer.actions import Trash
from organizer.errors import Protected
from organizer.records import ExifFacts
from tests.catalog_samples import add, content, on_disk
from tests.trash_samples import Shelf

pytestmark = pytest.mark.in_memory

NOON = "2024-05-01T12:00:00"


def put(shelf: Shelf, name: str, number: int, taken: str | None = NOON) -> int:
    made = replace(on_disk(shelf.root / name, number), exif=ExifFacts(taken_at=taken))
    (photo_id,) = add(shelf.catalog, shelf.root_id, made)
    return photo_id


@pytest.mark.parametrize(
    ("raw_name", "jpeg_name", "raw_time"),
    [
        ("IMG_1.CR2", "IMG_1.JPG", NOON),
        ("IMG_1.dng", "img_1.heic", f"{NOON}.25+09:00"),
        ("한글é.ARW", "한글e\u0301.jpeg", NOON),
    ],
)
def test_by_hand_both_go_and_come_back(shelf: Shelf, raw_name: str, jpeg_name: str, raw_time: str) -> None:
    raw, jpeg = put(shelf, raw_name, 1, raw_time), put(shelf, jpeg_name, 2)
    stem = raw_name.rsplit(".", 1)[0]
    (shelf.root / f"{stem}.xmp").write_text("of both")
    for chosen in (raw, jpeg):
        assert set(shelf.trash.whole_shots([chosen])) == {raw, jpeg}
        report = shelf.trash.remove([chosen])
        assert (set(report.done), report.companions) == ({raw, jpeg}, 1)
        assert shelf.shown() == set()
        shelf.reopen()
        assert set(shelf.trash.undo(report.action_id or 0).done) == {raw, jpeg}
        assert set(shelf.trash.redo(report.action_id or 0).done) == {raw, jpeg}
        shelf.trash.undo(report.action_id or 0)
        assert (shelf.root / raw_name).read_bytes() == content(1)
        assert (shelf.root / jpeg_name).read_bytes() == content(2)
        assert (shelf.root / f"{stem}.xmp").read_text() == "of both"


@pytest.mark.parametrize(
    ("other", "taken"),
    [
        ("IMG_1.JPG", "2024-05-01T12:00:07"),
        ("IMG_1.JPG", None),
        ("IMG_10.JPG", NOON),
        ("IMG_1 edited.jpg", NOON),
        ("IMG_1.png", NOON),
        ("IMG_1.nef", NOON),
        ("sub/IMG_1.JPG", NOON),
    ],
)
def test_what_is_not_one_shot_stays(shelf: Shelf, other: str, taken: str | None) -> None:
    raw, stays = put(shelf, "IMG_1.CR2", 1), put(shelf, other, 2, taken)
    assert shelf.trash.remove([raw]).done == [raw]
    assert shelf.shown() == {stays}


def test_the_other_half_may_be_protected_or_not_in_the_library(shelf: Shelf) -> None:
    raw = put(shelf, "a.CR2", 1)
    (shelf.root / "a.jpg").write_bytes(b"not looked at yet")
    assert shelf.trash.remove([raw]).done == [raw]
    assert (shelf.root / "a.jpg").exists()
    raw, jpeg = put(shelf, "family/b.CR2", 3), put(shelf, "family/b.jpg", 4)
    shelf.protected.append(shelf.root / "family")
    report = shelf.trash.remove([jpeg])
    assert report.done == []
    assert {photo_id for photo_id, _ in report.refused} == {raw, jpeg}
    assert all(isinstance(error, Protected) for _, error in report.refused)


def test_a_jpeg_that_stays_is_no_copy_of_a_raw_that_goes(shelf: Shelf) -> None:
    """A copy of the JPEG is kept in another folder; the RAW has none there."""
    raw, jpeg = put(shelf, "IMG_1.CR2", 1), put(shelf, "IMG_1.JPG", 2)
    copy = put(shelf, "album/IMG_1.JPG", 2)
    assert shelf.trash.remove([jpeg], {jpeg: {copy}}).done == [jpeg]
    assert shelf.shown() == {raw, copy}


def test_the_pair_of_a_copied_card_goes_as_a_pair(shelf: Shelf) -> None:
    raw, jpeg = put(shelf, "IMG_1.CR2", 1), put(shelf, "IMG_1.JPG", 2)
    raw_2, jpeg_2 = put(shelf, "card/IMG_1.CR2", 1), put(shelf, "card/IMG_1.JPG", 2)
    report = shelf.trash.remove([jpeg_2], {jpeg_2: {jpeg}})
    assert set(report.done) == {raw_2, jpeg_2}
    shelf.trash.undo(report.action_id or 0)
    crossed = shelf.trash.remove([jpeg_2, raw], {jpeg_2: {jpeg}, raw: {raw_2}})
    assert set(crossed.done) == {
        jpeg_2,
        raw,
    }  # a half that was named to stay stays
    assert shelf.shown() == {raw_2, jpeg}


def test_within_one_stack_the_raw_is_kept_and_the_jpeg_goes(shelf: Shelf) -> None:
    raw, jpeg = put(shelf, "IMG_1.CR2", 1), put(shelf, "IMG_1.JPG", 2)
    assert shelf.trash.remove([jpeg], {jpeg: {raw}}).done == [jpeg]
    assert shelf.shown() == {raw}


def test_the_person_may_want_each_half_for_itself(shelf: Shelf) -> None:
    raw, jpeg = put(shelf, "IMG_1.CR2", 1), put(shelf, "IMG_1.JPG", 2)
    apart = Trash(shelf.catalog, pairs=lambda: False)
    assert apart.whole_shots([jpeg]) == [jpeg]
    assert apart.remove([jpeg]).done == [jpeg]
    assert shelf.shown() == {raw}
