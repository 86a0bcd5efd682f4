"""Whole runs in a world that does its worst, and runs that are paused or stopped: nothing is lost."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from organizer.errors import ModelMissing, StorageFull
from organizer.events import Event, Progress
from organizer.indexing.control import IndexControl
from organizer.indexing.scan import scan
from organizer.indexing.summary import IndexSummary
from tests.core.indexing_bench import Bench, put
from tests.core.indexing_fakes import FakeEmbedder, FakePool, content_of


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
