"""Whole runs over a real catalogue, with stand-ins for the decoder and the model."""

from __future__ import annotations

import functools
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from organizer.catalog.catalog import Catalog
from organizer.errors import ModelMissing, StorageFull
from organizer.events import Committed, Event, Progress
from organizer.indexing.control import IndexControl
from organizer.indexing.gone import MANY
from organizer.indexing.pipeline import Pipeline
from organizer.indexing.scan import scan
from organizer.indexing.summary import IndexSummary
from organizer.paths import AppPaths
from organizer.records import Photo, Root
from tests.core.indexing_fakes import FakeEmbedder, FakePool, Heard, content_of

OLD = 1_600_000_000


def put(path: Path, content: bytes | str, *, age: int = 0) -> Path:
    """A file whose last write is long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (OLD - age, OLD - age))
    return path


class Bench:
    """A catalogue, a folder of photos, and runs over it."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.folder = folder
        self.root = self.add(folder)
        self.heard = Heard()
        self.control = IndexControl()
        self.pool = FakePool()
        self.embedder = FakeEmbedder()
        self.loads = 0
        self.quiet = 0.2

    def add(self, folder: Path) -> Root:
        folder.mkdir(exist_ok=True)
        return self.catalog.writer.add_root(folder)

    def load(self) -> FakeEmbedder:
        self.loads += 1
        return self.embedder

    def pipeline(self, **changes: object) -> Pipeline:
        options: dict[str, object] = {
            "pool_factory": lambda: self.pool,
            "embedder_factory": self.load,
            "model_key": "fake",
            "listener": self.heard,
            "control": self.control,
            "quiet": self.quiet,
        }
        return Pipeline(self.catalog, **(options | changes))  # type: ignore[arg-type]

    def run(self, *roots: Root, pool: FakePool | None = None, **changes: object) -> IndexSummary:
        self.pool = pool or FakePool()
        return self.pipeline(**changes).run(roots or [self.root])

    @property
    def photos(self) -> dict[str, Photo]:
        """Present photos by their path below the folder of the test."""
        reader = self.catalog.reader()
        photos = reader.photos(reader.photo_ids().tolist())
        return {os.path.relpath(photo.path, self.folder): photo for photo in photos.values()}

    @property
    def missing(self) -> set[str]:
        reader = self.catalog.reader()
        return {photo.path.name for photo in reader.photos(reader.photo_ids(missing=True).tolist()).values()}

    def vectors(self, model: str = "fake") -> set[int]:
        return set(self.catalog.reader().vectors(model)[0].tolist())


@pytest.fixture
def bench(app_paths: AppPaths, tmp_path: Path) -> Iterator[Bench]:
    before = set(threading.enumerate())
    with Catalog.open(app_paths) as catalog:
        yield Bench(catalog, tmp_path / "pictures")
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert left == []


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


def test_bad_files_are_kept_in_mind_and_not_tried_again(bench: Bench) -> None:
    bad = put(bench.folder / "bad.jpg", b"broken")
    closed = put(bench.folder / "closed.jpg", b"closed")
    put(bench.folder / "good.jpg", "content")
    summary = bench.run()
    assert {entry.stamp.path for entry in summary.unreadable} == {bad, closed}
    assert summary.added == 1
    assert bench.heard.progress[-1].failed == 2
    summary = bench.run()
    assert dict(bench.pool.decoded) == {"closed.jpg": 1}, "what may have passed is tried again, nothing else"
    assert summary.unchanged == 2
    put(bad, "mended", age=1)
    bench.run()
    assert "bad.jpg" in bench.photos
    closed.unlink()
    bench.run()
    assert bench.catalog.reader().unreadable() == []


def test_a_file_that_vanishes_between_scan_and_decode_costs_nothing(bench: Bench) -> None:
    put(bench.folder / "stays.jpg", "content")
    put(bench.folder / "goes.jpg", "will be gone")

    class Quick(FakePool):
        def submit(self, stamp):  # type: ignore[no-untyped-def]
            if stamp.path.name == "goes.jpg":
                stamp.path.unlink()
            return super().submit(stamp)

    summary = bench.run(pool=Quick())
    assert summary.added == 1
    assert summary.unreadable == []
    assert bench.heard.progress[-1].done == bench.heard.progress[-1].total == 2


def test_a_file_that_is_still_being_written_waits_for_its_end(bench: Bench) -> None:
    put(bench.folder / "done.jpg", "content")
    path = bench.folder / "import.jpg"
    path.write_bytes(b"half")
    writing = threading.Timer(0.25, lambda: path.write_bytes(b"half and the other half"))
    writing.start()
    summary = bench.run(quiet=0.5)
    writing.join()
    assert summary.added == 2
    assert bench.photos["import.jpg"].content_hash == content_of(path)
    assert bench.pool.decoded["import.jpg"] == 1


def test_a_file_that_never_comes_to_rest_is_left_for_the_next_run(bench: Bench) -> None:
    put(bench.folder / "endless.jpg", b"growing")
    put(bench.folder / "done.jpg", "content")
    summary = bench.run(quiet=0.05)
    assert (summary.added, summary.waiting) == (1, 1)
    assert summary.unreadable == []
    assert "still being written" in bench.heard.sentences[-1]
    assert bench.catalog.reader().unreadable() == []


def test_the_newest_photos_are_decoded_first(bench: Bench) -> None:
    names = [f"{number:02}.jpg" for number in range(30)]
    for number, name in enumerate(names):
        put(bench.folder / name, f"photo {number}", age=number)
    bench.run()
    assert bench.pool.order[10:] == sorted(bench.pool.order[10:])
    assert set(bench.pool.order[:5]) <= set(names[:10])


def test_without_a_model_photos_are_kept_and_embedded_by_the_next_run(bench: Bench) -> None:
    for number in range(6):
        put(bench.folder / f"{number}.jpg", f"photo {number}")

    def absent() -> FakeEmbedder:
        raise ModelMissing("The model is not on this computer.")

    summary = bench.run(embedder_factory=absent)
    assert (summary.added, summary.embedded) == (6, 0)
    assert len([sentence for sentence in bench.heard.sentences if "not on this computer" in sentence]) == 1
    assert len(bench.photos) == 6
    summary = bench.run()
    assert (summary.added, summary.updated, summary.embedded) == (0, 0, 6)
    assert len(bench.vectors()) == 6


def test_a_model_that_fails_on_the_way_costs_vectors_only(bench: Bench) -> None:
    for number in range(60):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.embedder = FakeEmbedder(fail_at=2)
    summary = bench.run()
    assert summary.added == 60
    assert 0 < summary.embedded < 60
    assert len(bench.vectors()) == summary.embedded
    bench.embedder = FakeEmbedder()
    assert bench.run().embedded == 60 - summary.embedded
    assert len(bench.vectors()) == 60


def test_another_model_embeds_everything_again_and_keeps_the_rest(bench: Bench) -> None:
    for number in range(6):
        put(bench.folder / f"{number}.jpg", f"photo {number}", age=number)
    bench.run()
    before = bench.photos
    summary = bench.run(model_key="better")
    assert (summary.embedded, summary.added, summary.updated) == (6, 0, 0)
    assert bench.vectors("better") == bench.vectors("fake")
    assert bench.photos == before


def test_a_model_that_cannot_be_loaded_stops_embedding_known_photos(bench: Bench) -> None:
    for number in range(80):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.run()

    def absent() -> FakeEmbedder:
        raise ModelMissing("The model is not on this computer.")

    bench.run(pool=FakePool(seconds=0.01), model_key="better", embedder_factory=absent)
    assert sum(bench.pool.decoded.values()) < 80, "decoding for a model that is absent is of no use"
    last = bench.heard.progress[-1]
    assert last.done == last.total


def test_pause_holds_the_run_and_resume_completes_it(bench: Bench) -> None:
    for number in range(60):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    pool = FakePool(seconds=0.01)
    paused = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Progress) and event.done and not paused.is_set():
            bench.control.pause()
            paused.set()

    summaries: list[IndexSummary] = []
    thread = threading.Thread(target=lambda: summaries.append(bench.run(pool=pool, listener=listen)))
    thread.start()
    assert paused.wait(10)
    time.sleep(0.4)
    reached = sum(pool.decoded.values())
    time.sleep(0.3)
    assert sum(pool.decoded.values()) == reached < 60
    bench.control.resume()
    thread.join(20)
    assert summaries[0].added == 60
    assert not summaries[0].cancelled


def test_cancel_stops_soon_keeps_what_was_done_and_the_next_run_completes(bench: Bench) -> None:
    for number in range(80):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    pool = FakePool(seconds=0.02)

    def listen(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 8:
            bench.control.cancel()

    summary = bench.run(pool=pool, listener=listen)
    assert summary.cancelled
    assert pool.ended == "stopped"
    assert 8 <= summary.added < 80
    assert len(bench.photos) == summary.added
    assert bench.missing == set()
    bench.control = IndexControl()
    bench.run()
    assert len(bench.photos) == 80
    assert len(bench.vectors()) == 80


def test_cancel_while_paused_ends_the_run(bench: Bench) -> None:
    for number in range(40):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.control.pause()
    summaries: list[IndexSummary] = []
    thread = threading.Thread(target=lambda: summaries.append(bench.run()))
    thread.start()
    time.sleep(0.2)
    assert not bench.pool.decoded
    bench.control.cancel()
    thread.join(10)
    assert summaries[0].cancelled


def test_a_cancelled_scan_marks_nothing_missing(bench: Bench) -> None:
    for number in range(5):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.run()
    (bench.folder / "0.jpg").unlink()
    bench.control.cancel()
    assert bench.run().missing == 0
    assert bench.missing == set()


def test_memory_stays_bounded_however_slow_the_model_is(bench: Bench) -> None:
    for number in range(150):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.embedder = FakeEmbedder(seconds=0.05)
    ahead: list[int] = []

    class Watched(FakePool):
        def submit(self, stamp):  # type: ignore[no-untyped-def]
            ahead.append(sum(self.decoded.values()) - sum(bench.embedder.batches))
            return super().submit(stamp)

    bench.run(pool=Watched(), batch_size=8)
    assert bench.pool.most_inside <= 4
    assert max(ahead) <= 8 + 4 * 2 + 8 + 1
    assert max(bench.embedder.batches) <= 8
    assert bench.embedder.batches[0] <= 4, "the first batch is small, so that the first photos are seen soon"


def test_the_model_runs_in_the_calling_thread(bench: Bench) -> None:
    for number in range(10):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.run()
    assert bench.embedder.threads == {threading.get_ident()}


@pytest.fixture
def full_drive(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The catalogue's drive is full after so many photos."""

    def fill_after(photos: int) -> None:
        save = bench.catalog.writer.save_decoded
        left = [photos]

        def full(*arguments, **keywords):  # type: ignore[no-untyped-def]
            left[0] -= 1
            if left[0] < 0:
                raise StorageFull("The drive with the catalogue is full.")
            return save(*arguments, **keywords)

        monkeypatch.setattr(bench.catalog.writer, "save_decoded", full)

    return fill_after


def test_a_full_drive_ends_the_run_with_one_sentence_and_keeps_what_was_committed(
    bench: Bench, full_drive: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    full_drive(10)
    with pytest.raises(StorageFull):
        bench.run()
    assert bench.pool.ended == "stopped"
    bench.catalog.writer.flush()
    assert len(bench.photos) == 10
    monkeypatch.undo()
    bench.run()
    assert len(bench.photos) == 40


def test_a_defect_in_a_stage_is_raised_where_the_run_was_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bench.folder / "a.jpg", "content")

    class Defective(FakePool):
        def submit(self, stamp):  # type: ignore[no-untyped-def]
            raise ZeroDivisionError("a defect of ours")

    bench.control.pause()
    threading.Timer(0.2, bench.control.resume).start()
    with pytest.raises(ZeroDivisionError):
        bench.run(pool=Defective())
    assert bench.pool.ended == "stopped"


def test_a_root_that_is_removed_meanwhile_ends_quietly(bench: Bench, tmp_path: Path) -> None:
    other = bench.add(tmp_path / "other")
    for number in range(60):
        put(bench.folder / f"{number}.jpg", f"photo {number}", age=number)
        put(other.path / f"{number}.jpg", f"other {number}", age=number)
    removed = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 8 and not removed.is_set():
            removed.set()
            bench.catalog.writer.remove_root(bench.root.id)

    bench.run(bench.root, other, pool=FakePool(seconds=0.005), listener=listen)
    assert len(bench.photos) == 60
    assert all(photo.root_id == other.id for photo in bench.photos.values())


def test_a_drive_that_is_pulled_out_while_it_is_read(bench: Bench, tmp_path: Path) -> None:
    for number in range(30):
        put(bench.folder / f"{number}.jpg", f"photo {number}")
    bench.run()
    for number in range(30, 60):
        put(bench.folder / f"{number}.jpg", f"photo {number}")

    class PulledOut(FakePool):
        def submit(self, stamp):  # type: ignore[no-untyped-def]
            if sum(self.decoded.values()) == 10:
                bench.folder.rename(tmp_path / "pulled out")
            return super().submit(stamp)

    summary = bench.run(pool=PulledOut())
    assert summary.missing == 0
    assert summary.unreadable == []
    assert 30 <= len(bench.photos) < 60
    assert sum("went away" in sentence for sentence in bench.heard.sentences) == 1
    (tmp_path / "pulled out").rename(bench.folder)
    bench.run()
    assert len(bench.photos) == 60


def test_photos_in_a_folder_that_can_no_longer_be_listed_are_not_missing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bench.folder / "open" / "a.jpg", "content a")
    put(bench.folder / "closed" / "b.jpg", "content b")
    bench.run()

    def listing(folder: str) -> os._ScandirIterator[str]:
        if folder.endswith("closed"):
            raise PermissionError(13, "Permission denied", folder)
        return os.scandir(folder)

    monkeypatch.setattr("organizer.indexing.survey.scan", functools.partial(scan, scandir=listing))
    summary = bench.run()
    assert summary.missing == 0
    assert set(bench.photos) == {"open/a.jpg", "closed/b.jpg"}
    assert any("closed" in sentence for sentence in summary.problems)


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
