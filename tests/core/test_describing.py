"""Captions made on demand and in idle time: whose turn it is, what stays, stop, restart, undo, bad text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from organizer.analysis.captions import LONGEST, cleaned, subject_of, without_doubt
from organizer.catalog import ActionKind
from organizer.errors import Cancelled, ModelError
from organizer.events import Kind, Progress
from organizer.library import Library, on_battery
from organizer.library import describing as module
from organizer.library.captioning import SharedCaptioner
from organizer.models.base import unchecked
from organizer.paths import AppPaths
from organizer.records import InputSpec
from organizer.results import Caption
from tests.catalog_samples import add, decoded

VECTORS = "starter@test"
COUNT = 10
REPOSITORY = Path(__file__).resolve().parents[2]


class Writer:
    """A captioner that says which number of sentence it is, from vectors alone."""

    key = "fake"
    input = InputSpec(32, (0.5,) * 3, (0.5,) * 3)

    def __init__(self) -> None:
        self.said = 0
        self.asked: list[int] = []  # photos of each call
        self.on_word: Callable[[], None] = lambda: None
        self.silent = False

    def describe(
        self, batch: NDArray[np.uint8], check: Callable[[], None] = unchecked
    ) -> list[str]:  # pragma: no cover - the test's photos are not on the disk
        raise AssertionError("no photo is to be opened")

    def describe_vectors(
        self, vectors: NDArray[np.float32], check: Callable[[], None] = unchecked
    ) -> list[str]:
        self.asked.append(len(vectors))
        found = []
        for _ in vectors:
            self.on_word()
            check()
            self.said += 1
            found.append("" if self.silent else f"A boat number {self.said}.")
        return found

    def close(self) -> None:
        """Nothing is kept."""


class Described(Library):
    """The library with that captioner."""

    writer: Writer

    def captioner(self) -> SharedCaptioner:
        return SharedCaptioner(self.writer, VECTORS)


def opened(paths: AppPaths) -> Described:
    library = Described.open(paths)
    library.writer = Writer()
    return library


@pytest.fixture
def library(app_paths: AppPaths, tmp_path: Path) -> Iterator[Described]:
    library = opened(app_paths)
    root = library._catalog.writer.add_root(tmp_path)
    add(library._catalog, root.id, *(decoded(tmp_path / f"{n}.jpg", n) for n in range(COUNT)), model=VECTORS)
    library._catalog.writer.store_captions(
        [Caption(int(i), "Probably a plate.", "labels") for i in library.photo_ids()], generation=0
    )
    yield library
    library.close()


def texts(library: Library) -> dict[int, tuple[str, str]]:
    return {one.photo_id: (one.text, one.source) for one in library.captions()}


def run(library: Library, *, idle: bool = False) -> module.DescribeSummary:
    return library.describe_waiting(library.new_control(), idle=idle)


def test_what_was_asked_for_is_described_and_found_at_once(library: Described) -> None:
    ids = library.photo_ids().tolist()
    request = library.describe(ids[:3])
    assert (request.waiting, request.own) == (3, 0)
    assert texts(library)[ids[0]] == ("Probably a plate.", "labels")
    assert run(library).said == 3
    assert {texts(library)[i][1] for i in ids[:3]} == {"model fake"}
    assert {texts(library)[i][1] for i in ids[3:]} == {"labels"}
    assert sorted(library._reader.holding("boat").tolist()) == sorted(ids[:3])
    assert not set(ids[:3]) & set(library._reader.holding("plate").tolist())
    assert not len(library.waiting_captions(idle=False))


def test_the_persons_words_are_never_overwritten(library: Described) -> None:
    mine, *others = library.photo_ids().tolist()
    library.set_caption(mine, "할머니의 바다")
    request = library.describe([mine, *others])
    assert (request.waiting, request.own) == (len(others), 1)
    run(library)
    run(library, idle=True)
    assert texts(library)[mine] == ("할머니의 바다", "user")
    assert library._reader.holding("할머니").tolist() == [mine]
    only_mine = library.describe([mine])
    assert (only_mine.action_id, only_mine.waiting) == (None, 0)


def test_words_written_while_it_waits_stay(library: Described) -> None:
    first, second = library.photo_ids().tolist()[:2]
    library.describe([first, second])
    library.writer.on_word = lambda: library.set_caption(first, "My own")
    run(library)
    assert texts(library)[first] == ("My own", "user")
    assert library._reader.holding("own").tolist() == [first]


def test_undo_gives_back_what_stood_there_also_after_a_restart(
    library: Described, app_paths: AppPaths
) -> None:
    before = texts(library)
    ids = library.photo_ids().tolist()
    library.describe(ids)
    assert library.undo_text() == f"describe {COUNT} photos"
    run(library)
    library.close()
    again = opened(app_paths)
    report = again.undo()
    assert report is not None and report.text == f"Undone: describe {COUNT} photos."
    assert texts(again) == before
    assert sorted(again._reader.holding("plate").tolist()) == sorted(ids)
    assert run(again, idle=True).said == 0  # what was undone is not written again behind one's back
    again.redo()
    assert {source for _, source in texts(again).values()} == {"model fake"}
    again.close()


def test_undo_half_way_stops_the_rest(library: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FROM_VECTORS", 4)
    before = texts(library)
    library.describe(library.photo_ids())
    words = iter(range(100))
    library.writer.on_word = lambda: library.undo() and None if next(words) == 6 else None
    assert run(library).said == 4
    assert texts(library) == before
    assert not len(library.waiting_captions(idle=False))


def test_it_stops_between_words_and_goes_on_after_a_restart(
    library: Described, app_paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FROM_VECTORS", 4)
    library.describe(library.photo_ids())
    control = library.new_control()
    words = iter(range(100))
    library.writer.on_word = lambda: control.cancel() if next(words) == 6 else None
    with pytest.raises(Cancelled):
        library.describe_waiting(control, idle=False)
    assert library.writer.said == 6
    assert sum(source == "model fake" for _, source in texts(library).values()) == 4
    library.close()
    again = opened(app_paths)
    assert len(again.waiting_captions(idle=False)) == COUNT - 4
    assert run(again).said == COUNT - 4
    again.undo()  # one action, however many pieces it was made in
    assert {source for _, source in texts(again).values()} == {"labels"}
    again.close()


KILLED = """
import sys, time
from pathlib import Path
from organizer.library import describing
from organizer.paths import AppPaths
from tests.core.test_describing import opened
describing.FROM_VECTORS = 2
library = opened(AppPaths.at(Path(sys.argv[1])))
library.writer.on_word = lambda: (time.sleep(0.05), print("word", flush=True))
library.describe_waiting(library.new_control(), idle=False)
"""


def test_a_kill_costs_one_batch_at_most(library: Described, app_paths: AppPaths) -> None:
    ids = library.photo_ids().tolist()
    library.describe(ids)
    library.close()
    command = [sys.executable, "-c", KILLED, str(app_paths.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as program:
        assert program.stdout is not None
        for _ in range(6):  # the sixth word belongs to the third batch of two
            assert program.stdout.readline() == "word\n"
        program.kill()
    again = opened(app_paths)
    described = sum(source == "model fake" for _, source in texts(again).values())
    assert described in (4, 6)
    assert len(again.waiting_captions(idle=False)) == COUNT - described
    assert run(again).said == COUNT - described
    again.undo()
    assert {source for _, source in texts(again).values()} == {"labels"}
    again.close()


def test_stopping_keeps_what_was_said(library: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FROM_VECTORS", 4)
    library.describe(library.photo_ids())
    words = iter(range(100))
    library.writer.on_word = lambda: library.stop_describing() if next(words) == 4 else None
    assert run(library).said == 4
    assert sum(source == "model fake" for _, source in texts(library).values()) == 4
    library.undo()
    assert {source for _, source in texts(library).values()} == {"labels"}
    library.describe(library.photo_ids().tolist()[:1])
    library.stop_describing()
    assert library.undo_text() is None  # nothing had been said yet


def test_idle_time_takes_the_newest_first_and_each_photo_once(library: Described) -> None:
    newest = library.photo_ids().tolist()
    assert library.waiting_captions(idle=True).tolist() == newest
    assert run(library, idle=True).said == COUNT
    assert texts(library)[newest[0]][0] == "A boat number 1."
    assert run(library, idle=True) == module.DescribeSummary()
    assert library.undo_text() is None


def test_photos_without_words_keep_their_labels_and_are_not_tried_again(library: Described) -> None:
    library.writer.silent = True
    summary = run(library, idle=True)
    assert (summary.said, summary.speechless) == (0, COUNT)
    assert {source for _, source in texts(library).values()} == {"labels"}
    assert not len(library.waiting_captions(idle=True))


def test_labels_do_not_take_a_models_sentence_away(library: Described) -> None:
    ids = library.photo_ids().tolist()
    library.describe(ids[:1])
    run(library)
    new = [Caption(i, "Perhaps a cup.", "labels") for i in ids]
    library._catalog.writer.store_captions(new, generation=1)
    assert texts(library)[ids[0]][1] == "model fake"
    assert texts(library)[ids[1]] == ("Perhaps a cup.", "labels")
    library._catalog.writer.store_captions([], generation=2)
    assert list(texts(library)) == ids[:1]


def test_the_labels_as_captioner_leave_nothing_for_idle_time(library: Described) -> None:
    library.use_captioner("labels")
    assert not len(library.waiting_captions(idle=True))


def test_photos_that_cannot_be_opened_are_told_once(library: Described, tmp_path: Path) -> None:
    root = library.roots()[0]
    (unseen,) = add(library._catalog, root.id, decoded(tmp_path / "away.jpg", 99))
    library.describe([unseen])
    summary = run(library)
    assert [photo for photo, _ in summary.unreadable] == [unseen]
    assert summary.unreadable[0][1]
    assert not len(library.waiting_captions(idle=False))
    assert unseen not in library.waiting_captions(idle=True)
    library.describe([unseen])
    assert library.waiting_captions(idle=False).tolist() == [unseen]


def test_a_captioner_that_fails_leaves_nothing_waiting(library: Described) -> None:
    def fail() -> None:
        raise ModelError("The model cannot be loaded.")

    library.writer.on_word = fail
    library.describe(library.photo_ids())
    with pytest.raises(ModelError):
        run(library)
    assert not len(library.waiting_captions(idle=False))


def test_progress_counts_up_and_views_are_told(library: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FROM_VECTORS", 4)
    told: list[Progress] = []
    kinds: set[Kind] = set()
    library.subscribe(lambda e: told.append(e) if isinstance(e, Progress) else kinds.update(e.kinds))
    library.describe(library.photo_ids())
    run(library)
    assert [one.done for one in told] == [0, 4, 8, COUNT]
    assert {(one.stage, one.total) for one in told} == {("captions", COUNT)}
    assert Kind.CAPTIONS in kinds


def test_the_journal_holds_one_action(library: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FROM_VECTORS", 3)
    library.describe(library.photo_ids())
    run(library)
    action = library._reader.last_undoable()
    assert action is not None and action.kind is ActionKind.DESCRIBE
    library.undo()
    assert library._reader.last_undoable() is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  a boat \x00\x07\x1b[0m ", "a boat [0m"),
        ("line\r\nnext\tend", "line\nnext\tend"),
        ("half \ud83d of one", "half  of one"),
        ("한글", "한글"),
        ("\x01\x02", ""),
        ("👩‍🌾 on a farm", "👩‍🌾 on a farm"),
    ],
)
def test_captions_are_cleaned(text: str, kept: str) -> None:
    assert cleaned(text) == (kept, False)


def test_a_caption_of_many_characters_is_cut_and_told(library: Described) -> None:
    photo = library.photo_ids().tolist()[0]
    report = library.set_caption(photo, "바" * (LONGEST + 5))
    assert report is not None and "10,000 characters" in report.text
    assert texts(library)[photo] == ("바" * LONGEST, "user")
    assert library.set_caption(photo, "short\x00\x1f") is None
    assert texts(library)[photo] == ("short", "user")
    assert library._reader.holding("short").tolist() == [photo]


def test_doubt_is_no_part_of_what_a_sentence_says() -> None:
    assert without_doubt("Probably a dog on a beach.") == "A dog on a beach."
    assert without_doubt("아마도 바다") == "바다"
    assert without_doubt("A dog.") == "A dog."
    assert subject_of("Probably a close up of a dog.") == "A dog."
    assert subject_of("A black and white photo of the sea.") == "The sea."
    assert subject_of("A dog is close to a boat.") == "A dog is close to a boat."
    assert subject_of("") == ""


@pytest.mark.parametrize(("plugged", "expected"), [(True, False), (False, True), (None, False)])
def test_a_battery_counts_only_unplugged(
    monkeypatch: pytest.MonkeyPatch, plugged: bool | None, expected: bool
) -> None:
    battery = type("Battery", (), {"power_plugged": plugged})()
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    assert on_battery() is expected
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert on_battery() is False
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert on_battery() is False
