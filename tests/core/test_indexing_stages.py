"""The small parts of a run, each by itself: verdicts, absence, content, the work list, batches."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from organizer.catalog.values import Known
from organizer.errors import ModelError
from organizer.indexing.content import CHUNK, content_hash
from organizer.indexing.control import Brake, IndexControl
from organizer.indexing.cpu import thread_cpu_seconds
from organizer.indexing.diff import Verdict, compare
from organizer.indexing.embedding import FIRST_BATCH, Batch, LazyEmbedder
from organizer.indexing.gone import MANY, RootState, left_out, stands
from organizer.indexing.settle import Settling
from organizer.indexing.skip import Excluded
from organizer.indexing.worklist import Purpose, Task, WorkList
from organizer.records import FileStamp, Root
from tests.core.indexing_fakes import FakeEmbedder, decoded_from

STAMP = FileStamp(Path("/photos/a.jpg"), 100, 5)


@pytest.mark.parametrize(
    ("known", "sizes", "verdict"),
    [
        (None, set(), Verdict.NEW),
        (None, {100}, Verdict.FAMILIAR),
        (Known(1, 100, 5, False), {100}, Verdict.UNCHANGED),
        (Known(1, 100, 5, True), {100}, Verdict.RETURNED),
        (Known(1, 100, 6, False), {100}, Verdict.TOUCHED),
        (Known(1, 100, 6, True), {100}, Verdict.TOUCHED),
        (Known(1, 99, 5, False), {99}, Verdict.CHANGED),
        (Known(None, 100, 5, False), set(), Verdict.UNCHANGED),
        (Known(None, 100, 6, False), set(), Verdict.NEW),
    ],
)
def test_verdicts(known: Known | None, sizes: set[int], verdict: Verdict) -> None:
    assert compare(STAMP, known, sizes) is verdict


def test_an_empty_file_is_never_familiar_and_a_passing_reason_is_tried_again() -> None:
    assert compare(FileStamp(STAMP.path, 0, 5), None, {0}) is Verdict.NEW
    assert compare(STAMP, Known(None, 100, 5, False), set(), try_again=True) is Verdict.NEW
    assert compare(STAMP, Known(1, 100, 5, False), set(), try_again=True) is Verdict.UNCHANGED


def test_stands_believes_only_a_clear_absence(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    assert stands(str(file))
    assert not stands(str(tmp_path / "b.jpg"))
    assert not stands(str(file / "below a file.jpg"))
    (tmp_path / "loop").symlink_to("loop")
    assert stands(str(tmp_path / "loop" / "a.jpg")), "what cannot be looked at counts as there"


def test_the_same_file_under_a_name_of_other_case_is_no_second_file(tmp_path: Path) -> None:
    old, new = tmp_path / "IMG.JPG", tmp_path / "img.jpg"
    new.write_bytes(b"x")
    os.link(new, old)  # as a file system that ignores case answers: both names are one file
    assert not stands(str(old), other_than=str(new))
    other = tmp_path / "other.jpg"
    os.link(new, other)
    assert stands(str(other), other_than=str(new)), "a hard link is a copy of its own"


def test_left_out_covers_choice_and_name(tmp_path: Path) -> None:
    excluded = Excluded([tmp_path / "private"])
    assert left_out(str(tmp_path / "private" / "deep" / "a.jpg"), tmp_path, excluded)
    assert left_out(str(tmp_path / ".hidden" / "a.jpg"), tmp_path, excluded)
    assert not left_out(str(tmp_path / "public" / "a.jpg"), tmp_path, excluded)


def test_a_root_that_was_swapped_is_not_still_there(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    state = RootState(Root(1, folder))
    state.known = {b"%d" % number: Known(number, 1, 1, False) for number in range(MANY)}
    state.begin()
    assert state.is_still_there()
    assert state.is_suddenly_bare()
    folder.rename(tmp_path / "unmounted")
    assert not state.is_still_there()
    folder.mkdir()
    assert not state.is_still_there(), "another folder in its place is not the drive that was scanned"


def test_files_below_a_folder_that_could_not_be_listed_are_no_absences(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    state = RootState(Root(1, tmp_path))
    state.unlisted = [str(closed)]
    assert state.lies_unlisted(str(closed / "a.jpg"))
    assert not state.lies_unlisted(str(tmp_path / "closed by.jpg"))
    closed.rmdir()
    assert not state.lies_unlisted(str(closed / "a.jpg")), "a folder that is gone took its photos along"


def test_content_hash_is_that_of_the_whole_unchanged_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    content = os.urandom(CHUNK * 2 + 17)
    path.write_bytes(content)
    facts = path.stat()
    stamp = FileStamp(path, facts.st_size, facts.st_mtime_ns)
    assert content_hash(stamp) == hashlib.blake2b(content, digest_size=32).digest()
    assert content_hash(stamp, lambda: False) is None
    assert content_hash(FileStamp(path, 3, facts.st_mtime_ns)) is None
    assert content_hash(FileStamp(path, facts.st_size, 3)) is None
    path.unlink()
    assert content_hash(stamp) is None


def _task(name: str, mtime_ns: int, purpose: Purpose = Purpose.NEW) -> Task:
    return Task(f"/photos/{name}", 1, mtime_ns, 1, purpose)


def test_the_work_list_gives_the_newest_first_over_everything_put_so_far() -> None:
    work = WorkList()
    for name, mtime in (("b", 2), ("d", 4), ("a", 1)):
        work.put(_task(name, mtime))
    first = work.take(0)
    assert first is not None
    work.put(_task("c", 3))
    taken = [first.path[-1]]
    while (task := work.take(0)) is not None:
        taken.append(task.path[-1])
    assert taken == ["d", "c", "b", "a"]
    assert task is None


def test_the_work_list_is_exhausted_only_when_the_last_task_is_settled() -> None:
    work = WorkList()
    work.put(_task("a", 1))
    assert work.take(0) is not None
    work.close()
    assert not work.exhausted, "the task that is out may come back"
    work.put_later(_task("a", 1), 0)
    work.settled()
    assert not work.exhausted
    assert work.take(1) is not None
    assert work.take(0.01) is None
    work.settled()
    assert work.exhausted
    assert work.take(60) is None, "a list that is exhausted does not keep anyone waiting"


def test_a_task_for_later_comes_when_it_is_due() -> None:
    now = [0.0]
    work = WorkList(clock=lambda: now[0])
    work.put_later(_task("a", 1), 5)
    assert work.take(0) is None
    assert not work.exhausted
    now[0] = 5.0
    assert work.take(0) is not None


def test_dropping_a_purpose_holds_for_what_comes_after() -> None:
    work = WorkList()
    work.put(_task("a", 1, Purpose.EMBED))
    work.put(_task("b", 2))
    assert work.drop(Purpose.EMBED) == 1
    assert not work.put(_task("c", 3, Purpose.EMBED))
    task = work.take(0)
    assert task is not None
    assert task.purpose is Purpose.NEW
    assert work.take(0) is None


def test_a_waiting_thread_gets_a_task_that_is_put() -> None:
    work = WorkList()
    taken: list[Task | None] = []
    thread = threading.Thread(target=lambda: taken.append(work.take(30)))
    thread.start()
    work.put(_task("a", 1))
    thread.join(10)
    assert taken == [_task("a", 1)]


def test_settling_looks_at_age_and_growth(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"half")
    mtime = path.stat().st_mtime_ns
    settling = Settling(2.0, now_ns=lambda: mtime + 10**9)
    assert settling.is_young(mtime)
    assert not settling.is_young(mtime - 2 * 10**9)
    assert not settling.is_young(mtime + 60 * 10**9), "a clock that runs ahead is no sign of writing"
    later = Settling(2.0, now_ns=lambda: mtime + 3 * 10**9)
    task = Task(str(path), 4, mtime, 1, Purpose.NEW, tries=1)
    assert later.look_again(task) == (task, True)
    grown = task._replace(size=3)
    assert later.look_again(grown) == (task, False), "it grew since it was seen"
    path.unlink()
    assert later.look_again(task) is None


def test_batches_begin_small_grow_and_do_not_wait_long() -> None:
    now = [0.0]
    batch = Batch(32, latency=0.5, clock=lambda: now[0])
    item = (_task("a", 1), decoded_from(STAMP, b"x"))
    sizes = []
    for _ in range(120):
        batch.add(*item)
        if batch.due:
            sizes.append(len(batch.take()))
    assert sizes[0] == FIRST_BATCH
    assert sizes == sorted(sizes)
    assert sizes[-1] == 32
    batch.take()
    batch.add(*item)
    assert not batch.due
    now[0] = 0.6
    assert batch.due, "a lone photo does not wait for company"
    batch.take()
    assert not batch.due


def test_the_model_is_loaded_once_and_only_when_there_is_something_to_see() -> None:
    loads: list[int] = []

    def load() -> FakeEmbedder:
        loads.append(1)
        return FakeEmbedder()

    embedder = LazyEmbedder(load, lambda _sentence: None)
    assert embedder.encode([]) == []
    assert embedder.encode([None, None]) == [None, None]
    assert not loads
    picture = np.zeros((8, 8, 3), np.uint8)
    vectors = embedder.encode([None, picture, None])
    assert [vector is not None for vector in vectors] == [False, True, False]
    embedder.encode([picture])
    assert loads == [1]


def test_only_the_models_own_troubles_are_forgiven() -> None:
    sentences: list[str] = []

    def refuse() -> FakeEmbedder:
        raise ModelError("The model is damaged.")

    picture = np.zeros((8, 8, 3), np.uint8)
    embedder = LazyEmbedder(refuse, sentences.append)
    assert embedder.encode([picture]) == [None]
    assert embedder.encode([picture]) == [None]
    assert embedder.failed
    assert len(sentences) == 1

    def defect() -> FakeEmbedder:
        raise TypeError("a defect of ours")

    with pytest.raises(TypeError):
        LazyEmbedder(defect, sentences.append).encode([picture])


def test_the_brake_ends_a_stage_that_the_person_has_paused() -> None:
    control = IndexControl()
    brake = Brake(control)
    assert brake.go_on()
    control.pause()
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(brake.go_on()))
    thread.start()
    brake.end()
    thread.join(10)
    assert answers == [False]
    assert not control.cancelled, "the person's own control is not touched"


def test_cpu_seconds_of_a_named_thread() -> None:
    ready, end = threading.Event(), threading.Event()

    def burn() -> None:
        sum(range(3_000_000))
        ready.set()
        end.wait(10)

    thread = threading.Thread(target=burn, name="burning")
    thread.start()
    ready.wait(10)
    spent = thread_cpu_seconds("burning")
    end.set()
    thread.join()
    if spent is not None:  # None is the answer of systems without clocks of threads
        assert spent > 0.005
    assert thread_cpu_seconds("burning") is None
