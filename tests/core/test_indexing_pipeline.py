"""Whole runs over a real catalogue: what is new, moved, copied, changed or gone is followed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from organizer.events import Committed
from organizer.indexing.gone import MANY
from tests.core.indexing_bench import OLD, Bench, put
from tests.core.indexing_fakes import content_of


def test_a_first_run_catalogues_and_embeds_everything(bench: Bench) -> None:
    for number in range(50):
        put(bench.folder / f"{number % 3}" / f"{number}.jpg", f"photo {number}")
    committed: list[Committed] = []
    bench.catalog.subscribe(committed.append)
    summary = bench.run()
    assert (summary.found, summary.added, summary.embedded, summary.unchanged) == (50, 50, 50, 0)
    assert summary.changed
    assert not summary.cancelled
    assert len(bench.photos) == 50
    assert bench.vectors() == {photo.id for photo in bench.photos.values()}
    assert {photo.content_hash for photo in bench.photos.values()} == {
        content_of(path) for path in bench.folder.rglob("*.jpg")
    }
    assert {identifier for event in committed for identifier in event.ids} == bench.vectors()
    assert set(summary.cpu) >= {"read", "decode", "embed", "scan"}
    assert summary.cpu["decode"] == pytest.approx(50 * 0.002)
    last = bench.heard.progress[-1]
    assert (last.stage, last.done, last.total, last.failed) == ("photos", 50, 50, 0)
    assert bench.pool.ended == "closed"


def test_a_second_run_decodes_nothing_and_loads_no_model(bench: Bench) -> None:
    for number in range(5):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.run()
    before = bench.photos
    summary = bench.run()
    assert (summary.found, summary.unchanged, summary.added) == (5, 5, 0)
    assert not summary.changed
    assert not bench.pool.decoded
    assert bench.loads == 1
    assert bench.photos == before


def test_each_vector_belongs_to_its_own_photo(bench: Bench) -> None:
    for number in range(40):
        put(bench.folder / f"{number}.jpg", f"photo {number}", age=number)
    bench.run()
    ids, vectors = bench.catalog.reader().vectors("fake")
    photos = bench.catalog.reader().photos(ids.tolist())
    for photo_id, vector in zip(ids.tolist(), vectors.astype(np.float32), strict=True):
        shade = photos[photo_id].content_hash[0] / 255
        assert vector[0] / vector[2] == pytest.approx(shade, abs=0.01)


def test_a_moved_and_renamed_photo_keeps_its_identity_without_decoding(bench: Bench) -> None:
    put(bench.folder / "a.jpg", "content a")
    put(bench.folder / "b.jpg", "content b")
    bench.run()
    before = bench.photos
    (bench.folder / "trip").mkdir()
    (bench.folder / "a.jpg").rename(bench.folder / "trip" / "renamed.jpg")
    summary = bench.run()
    assert (summary.moved, summary.added, summary.missing, summary.copied) == (1, 0, 0, 0)
    assert not bench.pool.decoded
    assert bench.photos["trip/renamed.jpg"].id == before["a.jpg"].id
    assert set(bench.photos) == {"trip/renamed.jpg", "b.jpg"}
    assert bench.missing == set()


def test_a_whole_folder_renamed(bench: Bench) -> None:
    for number in range(12):
        put(bench.folder / "old" / f"{number}.jpg", f"photo {number}")
    bench.run()
    ids = {photo.id for photo in bench.photos.values()}
    (bench.folder / "old").rename(bench.folder / "new")
    summary = bench.run()
    assert (summary.moved, summary.added, summary.missing) == (12, 0, 0)
    assert {photo.id for photo in bench.photos.values()} == ids
    assert all(name.startswith("new/") for name in bench.photos)


def test_a_move_to_another_root_also_when_only_that_one_is_run(bench: Bench, tmp_path: Path) -> None:
    put(bench.folder / "a.jpg", "content a")
    put(bench.folder / "b.jpg", "content b")
    other = bench.add(tmp_path / "other")
    bench.run(bench.root, other)
    before = bench.photos["a.jpg"].id
    (bench.folder / "a.jpg").rename(other.path / "a.jpg")
    summary = bench.run(other)
    assert summary.moved == 1
    assert bench.photos["../other/a.jpg"].id == before
    assert bench.photos["../other/a.jpg"].root_id == other.id


def test_an_exact_copy_gets_everything_known_without_decoding(bench: Bench) -> None:
    put(bench.folder / "a.jpg", "content a")
    bench.run()
    original = bench.photos["a.jpg"]
    shutil.copy(bench.folder / "a.jpg", bench.folder / "copy.jpg")  # its time is now: a young file
    summary = bench.run()
    assert (summary.copied, summary.added, summary.moved) == (1, 0, 0)
    assert not bench.pool.decoded
    copy = bench.photos["copy.jpg"]
    assert copy.id != original.id
    assert copy.content_hash == original.content_hash
    assert bench.vectors() == {original.id, copy.id}
    assert bench.photos["a.jpg"] == original


def test_a_stranger_of_the_same_size_is_decoded(bench: Bench) -> None:
    put(bench.folder / "a.jpg", "content a")
    bench.run()
    put(bench.folder / "b.jpg", "content b")
    summary = bench.run()
    assert (summary.added, summary.copied) == (1, 0)
    assert bench.photos["b.jpg"].content_hash == content_of(bench.folder / "b.jpg")


def test_changed_content_is_read_again_under_the_same_id(bench: Bench) -> None:
    path = put(bench.folder / "a.jpg", "content a")
    bench.run()
    before = bench.photos["a.jpg"]
    put(path, "content b", age=5)
    summary = bench.run()
    assert (summary.updated, summary.added) == (1, 0)
    after = bench.photos["a.jpg"]
    assert after.id == before.id
    assert after.content_hash == content_of(path)
    assert bench.vectors() == {after.id}


def test_a_touched_photo_is_only_restamped(bench: Bench) -> None:
    path = put(bench.folder / "a.jpg", "content a")
    bench.run()
    os.utime(path, (OLD + 60, OLD + 60))
    summary = bench.run()
    assert (summary.unchanged, summary.updated) == (1, 0)
    assert not bench.pool.decoded
    assert bench.photos["a.jpg"].mtime_ns == (OLD + 60) * 10**9


def test_two_photos_that_change_places_are_told_right(bench: Bench) -> None:
    first, second = put(bench.folder / "a.jpg", "first content"), put(bench.folder / "b.jpg", "second", age=9)
    bench.run()
    first.rename(bench.folder / "x")
    second.rename(first)
    (bench.folder / "x").rename(second)
    bench.run()
    for path in (first, second):
        assert bench.photos[path.name].content_hash == content_of(path)


def test_a_copy_of_a_photo_that_was_then_edited_is_not_mixed_up(bench: Bench) -> None:
    path = put(bench.folder / "a.jpg", "original")
    bench.run()
    put(bench.folder / "kept.jpg", "original", age=3)
    put(path, "edited, and longer", age=1)
    bench.run()
    assert bench.photos["kept.jpg"].content_hash == content_of(bench.folder / "kept.jpg")
    assert bench.photos["a.jpg"].content_hash == content_of(path)


def test_removed_photos_are_missing_and_come_back(bench: Bench, tmp_path: Path) -> None:
    for name in "abc":
        put(bench.folder / f"{name}.jpg", f"content {name}")
    bench.run()
    before = bench.photos
    (bench.folder / "a.jpg").rename(tmp_path / "aside")
    summary = bench.run()
    assert summary.missing == 1
    assert bench.missing == {"a.jpg"}
    assert set(bench.photos) == {"b.jpg", "c.jpg"}
    (tmp_path / "aside").rename(bench.folder / "a.jpg")
    summary = bench.run()
    assert summary.missing == 0
    assert not bench.pool.decoded
    assert bench.photos == before


def test_a_missing_photo_is_recognised_when_it_turns_up_elsewhere(bench: Bench, tmp_path: Path) -> None:
    path = put(bench.folder / "a.jpg", "content a")
    put(bench.folder / "b.jpg", "content b")
    bench.run()
    before = bench.photos["a.jpg"].id
    path.rename(tmp_path / "aside")
    bench.run()
    (bench.folder / "deep").mkdir()
    (tmp_path / "aside").rename(bench.folder / "deep" / "found.jpg")
    summary = bench.run()
    assert summary.moved == 1
    assert bench.photos["deep/found.jpg"].id == before
    assert bench.missing == set()


def test_an_absent_root_loses_nothing(bench: Bench, tmp_path: Path) -> None:
    for number in range(3):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    other = bench.add(tmp_path / "other")
    put(other.path / "x.jpg", "something else")
    bench.run(bench.root, other)
    bench.folder.rename(tmp_path / "unplugged")
    put(other.path / "y.jpg", "another one")
    summary = bench.run(bench.root, other)
    assert (summary.missing, summary.added) == (0, 1)
    assert bench.missing == set()
    assert len(bench.photos) == 5
    assert any(str(bench.folder) in sentence for sentence in bench.heard.sentences)
    assert summary.problems == bench.heard.sentences


def test_a_bare_mount_point_loses_nothing_but_an_emptied_folder_is_believed(bench: Bench) -> None:
    for number in range(MANY):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.run()
    for path in bench.folder.iterdir():
        path.unlink()
    (bench.folder / ".Trash-1000").mkdir()
    summary = bench.run()
    assert summary.missing == 0
    assert len(bench.photos) == MANY
    assert "empty" in bench.heard.sentences[-1]
    (bench.folder / "notes.txt").write_text("the drive is here, the photos are not")
    summary = bench.run()
    assert summary.missing == MANY
    assert not bench.photos


def test_a_copy_on_another_drive_is_no_move_while_the_first_is_unplugged(
    bench: Bench, tmp_path: Path
) -> None:
    put(bench.folder / "a.jpg", "content a")
    backup = bench.add(tmp_path / "backup")
    bench.run(bench.root, backup)
    shutil.copy2(bench.folder / "a.jpg", backup.path / "a.jpg")
    bench.folder.rename(tmp_path / "unplugged")
    summary = bench.run(bench.root, backup)
    assert (summary.moved, summary.copied) == (0, 1)
    assert set(bench.photos) == {"a.jpg", "../backup/a.jpg"}


def test_the_newest_photos_are_decoded_first(bench: Bench) -> None:
    names = [f"{number:02}.jpg" for number in range(30)]
    for number, name in enumerate(names):
        put(bench.folder / name, f"photo {number}", age=number)
    bench.run()
    assert bench.pool.order[10:] == sorted(bench.pool.order[10:])
    assert set(bench.pool.order[:5]) <= set(names[:10])


def test_excluded_and_odd_folders(bench: Bench) -> None:
    put(bench.folder / "mine.jpg", "mine")
    put(bench.folder / "private" / "secret.jpg", "secret")
    put(bench.folder / ".hidden" / "x.jpg", "hidden")
    put(bench.folder / "사진 🎂" / ("b" * 251 + ".jpg"), "long")
    bench.run()
    assert len(bench.photos) == 3
    bench.run(excluded=(bench.folder / "private",))
    assert "private/secret.jpg" not in bench.photos, "an excluded folder leaves the views"
    assert len(bench.photos) == 2
    summary = bench.run()
    assert len(bench.photos) == 3
    assert summary.added == 0


def test_names_that_are_no_text_pass_through(bench: Bench) -> None:
    path = Path(os.fsdecode(os.fsencode(bench.folder) + b"/caf\xe9 \xff.jpg"))
    put(path, "content")
    summary = bench.run()
    assert summary.added == 1
    reader = bench.catalog.reader()
    (photo,) = reader.photos(reader.photo_ids().tolist()).values()
    assert photo.path == path
    assert bench.run().unchanged == 1
