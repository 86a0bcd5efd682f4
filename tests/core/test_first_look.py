"""The first look of a run: heads first, then each photo in full; over a real catalogue, with stand-ins."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from organizer.catalog.rows import stand_in_hash
from organizer.cli.commands import summary_sentence
from organizer.errors import ModelMissing
from organizer.events import Committed, Event, Progress
from organizer.indexing.control import IndexControl
from organizer.indexing.first_look import FirstLook
from organizer.indexing.worklist import First, Purpose, Task, WorkList
from organizer.records import Decoded, FileStamp, Look, Photo, Unreadable
from tests.core.indexing_bench import Bench, put
from tests.core.indexing_fakes import FakeEmbedder, FakePool, content_of

MANY, WORTH = 30, 10


def fill(bench: Bench, count: int = MANY, content: str = "photo") -> list[Path]:
    return [
        put(bench.folder / f"{number:03}.jpg", f"{content} {number}", age=number) for number in range(count)
    ]


def looks(bench: Bench) -> set[Look]:
    return {photo.look for photo in bench.photos.values()}


class FirstBench:
    """First looks with a model of their own, or with the chosen one."""

    def __init__(self, bench: Bench, model: str = "fake") -> None:
        self.bench = bench
        self.model = model
        self.starter = FakeEmbedder()
        self.sorted_at: list[tuple[int, set[Look]]] = []

    def plan(self, **changes: object) -> FirstLook:
        options: dict[str, object] = {
            "embedder_factory": lambda: self.starter,
            "model_key": self.model,
            "sort": self._sort,
            "worth": WORTH,
        }
        return FirstLook(**(options | changes))  # type: ignore[arg-type]

    def _sort(self) -> None:
        self.sorted_at.append((len(self.bench.vectors(self.model)), looks(self.bench)))


class HeadsPool(FakePool):
    """Reads heads, and never ends a full look."""

    def __init__(self) -> None:
        super().__init__(seconds=0.05)
        self._unended: list[Future[Decoded | Unreadable]] = []

    def submit(self, stamp: FileStamp) -> Future[Decoded | Unreadable]:
        self._unended.append(Future())
        return self._unended[-1]

    def stop(self) -> None:
        for future in self._unended:
            future.cancel()
        super().stop()


def heads_only(bench: Bench, first: FirstBench) -> dict[str, Photo]:
    """Stop when every head was read and before any photo was looked at in full."""
    bench.control = IndexControl()
    bench.run(pool=HeadsPool(), first_look=first.plan(sort=bench.control.cancel, worth=0))
    bench.control = IndexControl()
    return bench.photos


def test_every_photo_is_known_by_its_head_before_the_full_look_replaces_it(bench: Bench) -> None:
    fill(bench)
    first = FirstBench(bench)
    committed: list[Committed] = []
    bench.catalog.subscribe(committed.append)
    summary = bench.run(first_look=first.plan())
    assert (summary.added, summary.glanced, summary.completed) == (MANY, MANY, MANY)
    assert first.sorted_at[-1][0] == MANY, "all of them could be sorted when the first look was over"
    assert Look.HEAD in first.sorted_at[-1][1]
    assert looks(bench) == {Look.FULL}
    photos = bench.photos.values()
    assert {photo.content_hash for photo in photos} == {
        content_of(path) for path in bench.folder.glob("*.jpg")
    }
    assert bench.vectors() == {photo.id for photo in photos}
    seen_first = {identifier for event in committed[:1] for identifier in event.ids}
    assert seen_first <= {photo.id for photo in photos}, "ids of the first look stay"
    assert set(bench.pool.glanced) == set(bench.pool.decoded)
    assert set(bench.pool.glanced.values()) == set(bench.pool.decoded.values()) == {1}


def test_few_new_photos_are_looked_at_in_full_at_once(bench: Bench) -> None:
    fill(bench, WORTH)
    summary = bench.run(first_look=FirstBench(bench).plan())
    assert (summary.added, summary.glanced) == (WORTH, 0)
    assert not bench.pool.glanced


def test_what_the_head_did_not_tell_waits_for_the_full_look(bench: Bench) -> None:
    fill(bench)
    put(bench.folder / "old.jpg", "plain, with an old small picture", age=500)
    put(bench.folder / "drawing.png", "a drawing", age=501)
    put(bench.folder / "bad.jpg", "broken", age=502)
    seen = heads_only(bench, FirstBench(bench))
    assert len(seen) == MANY
    assert "drawing.png" not in bench.pool.glanced
    summary = bench.run(first_look=FirstBench(bench).plan())
    assert set(bench.photos) == {*(f"{number:03}.jpg" for number in range(MANY)), "old.jpg", "drawing.png"}
    assert [entry.stamp.path.name for entry in summary.unreadable] == ["bad.jpg"]
    assert looks(bench) == {Look.FULL}


def test_a_head_that_promised_a_photo_that_is_broken_counts_as_unreadable_alone(bench: Bench) -> None:
    fill(bench)
    put(bench.folder / "cut.jpg", "broken behind its head", age=500)
    summary = bench.run(first_look=FirstBench(bench).plan())
    assert [entry.stamp.path.name for entry in summary.unreadable] == ["cut.jpg"]
    assert (summary.added, summary.glanced, summary.completed) == (MANY, MANY, MANY)
    assert (summary.heads_only, summary.resumed) == (0, 0)
    assert summary_sentence(summary).startswith(f"Done: {MANY + 1} photos found, {MANY} new, 1 unreadable")


def test_the_summary_says_how_many_wait_for_the_full_look(bench: Bench) -> None:
    fill(bench)
    bench.control = IndexControl()
    first = FirstBench(bench)
    stopped = bench.run(pool=HeadsPool(), first_look=first.plan(sort=bench.control.cancel, worth=0))
    assert stopped.heads_only == MANY
    assert f"{MANY} with a first look only so far" in summary_sentence(stopped)
    bench.control = IndexControl()
    resumed = bench.run(first_look=FirstBench(bench).plan())
    assert (resumed.heads_only, resumed.resumed) == (0, MANY)
    assert f"{MANY} of an earlier first look now looked at in full" in summary_sentence(resumed)


def test_a_stopped_run_is_continued_where_it_stood(bench: Bench) -> None:
    fill(bench)
    before = heads_only(bench, FirstBench(bench))
    assert {photo.look for photo in before.values()} == {Look.HEAD}
    summary = bench.run(first_look=FirstBench(bench).plan())
    assert (summary.added, summary.completed) == (0, MANY)
    assert not bench.pool.glanced, "a head is read once"
    assert {name: photo.id for name, photo in bench.photos.items()} == {
        name: photo.id for name, photo in before.items()
    }
    third = bench.run(first_look=FirstBench(bench).plan())
    assert (third.unchanged, third.changed) == (MANY, False)


def test_a_head_has_no_hash_that_a_file_could_have(bench: Bench) -> None:
    paths = fill(bench)
    photos = heads_only(bench, FirstBench(bench))
    reader = bench.catalog.reader()
    assert reader.content_hashes([photo.id for photo in photos.values()]) == {}
    for path in paths:
        facts = path.stat()
        photo = photos[path.name]
        assert photo.content_hash == stand_in_hash(FileStamp(path, facts.st_size, facts.st_mtime_ns))
        assert photo.content_hash != content_of(path)
        assert reader.with_content(content_of(path)) == []
    assert len({photo.content_hash for photo in photos.values()}) == MANY
    assert len(reader.table()) == MANY
    assert len(reader.table(look=Look.FULL)) == 0


def test_thumbnails_of_heads_go_when_the_real_ones_come(bench: Bench) -> None:
    fill(bench)
    heads = heads_only(bench, FirstBench(bench))
    store = bench.catalog.thumbnails
    assert all(store.get(photo.content_hash) for photo in heads.values())
    bench.run(first_look=FirstBench(bench).plan())
    assert not any(store.get(photo.content_hash) for photo in heads.values())
    assert all(store.get(photo.content_hash) for photo in bench.photos.values())


def test_vectors_of_small_pictures_never_outlive_the_full_look(bench: Bench) -> None:
    """Of a model of its own: the chosen model's vectors take their place."""
    fill(bench)
    heads_only(bench, FirstBench(bench, "starter"))
    assert len(bench.vectors("starter")) == MANY
    bench.run(first_look=FirstBench(bench, "starter").plan())
    assert bench.vectors("starter") == set()
    assert len(bench.vectors("fake")) == MANY


def test_a_full_look_without_a_model_leaves_no_vector_of_a_small_picture(bench: Bench) -> None:
    fill(bench)
    heads_only(bench, FirstBench(bench))

    def missing() -> FakeEmbedder:
        raise ModelMissing("The model is not there.")

    bench.run(first_look=FirstBench(bench).plan(), embedder_factory=missing)
    assert looks(bench) == {Look.FULL}
    assert bench.vectors() == set()
    bench.run(first_look=FirstBench(bench).plan())
    assert len(bench.vectors()) == MANY


def test_results_of_the_first_look_stay_until_they_are_made_again(bench: Bench) -> None:
    from organizer.results import Categorised

    fill(bench)
    ids = [photo.id for photo in heads_only(bench, FirstBench(bench)).values()]
    found = [Categorised(photo_id, "food", 0.9, (("food", 0.9),), False, False) for photo_id in ids]
    writer = bench.catalog.writer
    writer.store_categories(found, model="m", generation=0)
    bench.run(first_look=FirstBench(bench).plan())
    assert {one.photo_id for one in bench.catalog.reader().categories()} == set(ids)


def test_a_file_that_changed_after_its_head_was_read_keeps_nothing_of_it(bench: Bench) -> None:
    from organizer.results import Categorised

    paths = fill(bench)
    photo = heads_only(bench, FirstBench(bench))[paths[0].name]
    one = Categorised(photo.id, "food", 0.9, (("food", 0.9),), False, False)
    bench.catalog.writer.store_categories([one], model="m", generation=0)
    put(paths[0], "another picture altogether")
    bench.run(first_look=FirstBench(bench).plan())
    after = bench.photos[paths[0].name]
    assert (after.id, after.content_hash) == (photo.id, content_of(paths[0]))
    assert bench.catalog.reader().categories_of([after.id]) == {}


def test_photos_known_by_their_heads_are_forgotten_when_they_go(bench: Bench) -> None:
    paths = fill(bench)
    heads_only(bench, FirstBench(bench))
    paths[0].unlink()
    paths[1].rename(bench.folder / "renamed.jpg")
    bench.run(first_look=FirstBench(bench).plan())
    assert len(bench.photos) == MANY - 1
    assert "renamed.jpg" in bench.photos
    assert bench.missing == set()


def test_a_hashed_head_is_recognised_where_it_was_moved_to(bench: Bench) -> None:
    paths = fill(bench)
    photo = heads_only(bench, FirstBench(bench))[paths[0].name]
    stamp = FileStamp(photo.path, photo.size, photo.mtime_ns)
    saved = bench.catalog.writer.save_content_hashes([(photo.id, stamp, content_of(paths[0]))])
    assert saved == {photo.id}
    assert bench.catalog.thumbnails.get(content_of(paths[0]))
    paths[0].rename(bench.folder / "renamed.jpg")
    put(bench.folder / "copy.jpg", "photo 0")
    summary = bench.run(first_look=FirstBench(bench).plan())
    assert summary.moved == 1
    assert bench.photos["renamed.jpg"].id == photo.id or bench.photos["copy.jpg"].id == photo.id
    assert looks(bench) == {Look.FULL}
    assert len(bench.photos) == MANY + 1


def test_a_hash_of_another_version_of_the_file_is_not_taken(bench: Bench) -> None:
    paths = fill(bench)
    photo = heads_only(bench, FirstBench(bench))[paths[0].name]
    stamp = FileStamp(photo.path, photo.size, photo.mtime_ns + 1)
    assert bench.catalog.writer.save_content_hashes([(photo.id, stamp, b"x" * 32)]) == set()
    assert bench.catalog.reader().first_looks(unhashed=True) >= {photo.id}


def test_decisions_do_not_hang_on_a_stand_in(bench: Bench) -> None:
    photo = heads_only(bench, FirstBench(bench, "starter")) if fill(bench) else {}
    chosen = photo["000.jpg"]
    bench.catalog.writer.set_choice([chosen.id], 1)
    assert bench.catalog.reader().choices() == {}


def test_a_model_that_is_missing_costs_the_vectors_alone(bench: Bench) -> None:
    fill(bench)

    def missing() -> FakeEmbedder:
        raise ModelMissing("The small model is not there.")

    first = FirstBench(bench, "starter")
    summary = bench.run(first_look=first.plan(embedder_factory=missing))
    assert summary.completed == MANY
    assert len(bench.vectors("fake")) == MANY
    assert any("small model" in sentence for sentence in bench.heard.sentences)


def test_progress_names_the_look_and_counts_each_by_itself(bench: Bench) -> None:
    fill(bench)
    bench.run(first_look=FirstBench(bench).plan())
    stages = [event.stage for event in bench.heard.progress]
    first = [event for event in bench.heard.progress if event.stage == "first-look"]
    assert (first[-1].done, first[-1].total) == (MANY, MANY)
    last_first = len(stages) - 1 - stages[::-1].index("first-look")
    first_first = stages.index("first-look")
    assert set(stages[first_first : last_first + 1]) == {"first-look"}, "one look is told of at a time"
    last = bench.heard.progress[-1]
    assert (last.stage, last.done, last.total) == ("photos", MANY, MANY)


def test_pausing_commits_what_was_read_and_resuming_goes_on(bench: Bench) -> None:
    fill(bench)
    first = FirstBench(bench)
    paused = threading.Event()

    def listen(event: Event) -> None:
        begun = isinstance(event, Progress) and event.stage == "first-look" and event.done >= 4
        if begun and not paused.is_set():
            bench.control.pause()
            paused.set()
            threading.Timer(0.4, bench.control.resume).start()

    summary = bench.run(first_look=first.plan(), listener=listen, pool=FakePool(seconds=0.02))
    assert paused.is_set()
    assert (summary.glanced, summary.completed) == (MANY, MANY)


def test_a_photo_that_is_removed_meanwhile_does_not_come_back(bench: Bench) -> None:
    paths = fill(bench)
    first = FirstBench(bench)

    def remove() -> None:
        photo = bench.photos[paths[-1].name]
        paths[-1].unlink()
        bench.catalog.writer.forget([photo.id])

    bench.run(first_look=first.plan(sort=remove), pool=FakePool(seconds=0.005))
    assert paths[-1].name not in bench.photos
    assert len(bench.photos) == MANY - 1


def test_each_vector_of_a_head_belongs_to_its_own_photo(bench: Bench) -> None:
    paths = fill(bench)
    photos = heads_only(bench, FirstBench(bench))
    ids, vectors = bench.catalog.reader().vectors("fake")
    for path in paths:
        shade = content_of(path)[0] / 255
        vector = vectors[ids.tolist().index(photos[path.name].id)].astype(np.float32)
        assert vector[0] / vector[2] == pytest.approx(shade, abs=0.01)


def test_the_work_list_puts_heads_before_everything_and_once(tmp_path: Path) -> None:
    work = WorkList()
    tasks = [Task(os.fspath(tmp_path / f"{n}.jpg"), 1, n, 1, Purpose.NEW) for n in range(3)]
    known = Task(os.fspath(tmp_path / "known.jpg"), 1, 99, 1, Purpose.EMBED, 7)
    for task in (*tasks, known):
        work.put(task)
    work.look_first(frozenset({".jpg"}))
    assert work.heads == 3
    taken = [work.take(0.1) for _ in range(3)]
    assert [task and (task.mtime_ns, task.first) for task in taken] == [
        (2, First.WANTED),
        (1, First.WANTED),
        (0, First.WANTED),
    ]
    assert taken[0] is not None
    work.put(taken[0]._replace(first=First.DONE))
    assert work.take(0.1) == known
    back = work.take(0.1)
    assert back is not None and (back.mtime_ns, back.first) == (2, First.DONE)
    assert work.heads == 3
