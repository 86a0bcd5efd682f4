"""Background calls: answered in the GUI thread, once, in order, and never to somebody who is gone."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from organizer.errors import Cancelled, FolderProblem
from tests.fakes_library import FakeLibrary
from ui.background import Work
from ui.index_worker import Indexer
from ui.workers import TaskRunner


@pytest.fixture
def runner(qtbot: QtBot):
    runner = TaskRunner()
    yield runner
    assert runner.shutdown()


def test_the_answer_of_a_lambda_comes_in_the_gui_thread(runner: TaskRunner, qtbot: QtBot) -> None:
    worked, answered = [], []

    def work(number: int) -> int:
        worked.append(threading.current_thread())
        return number + 1

    runner.run(work, 41, on_done=lambda value: answered.append((value, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(answered))
    assert answered == [(42, threading.main_thread())]
    assert worked[0] is not threading.main_thread()


def test_a_failure_goes_to_its_handler(runner: TaskRunner, qtbot: QtBot) -> None:
    told: list[str] = []
    failed: list[BaseException] = []
    runner.problem.connect(told.append)

    def work() -> None:
        raise FolderProblem("The folder is gone.")

    runner.run(work, on_error=failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert str(failed[0]) == "The folder is gone."
    assert told == []


def test_a_failure_without_handler_is_told_in_its_own_sentence(runner: TaskRunner, qtbot: QtBot) -> None:
    def work() -> None:
        raise FolderProblem("The folder is gone.")

    with qtbot.waitSignal(runner.problem) as told:
        runner.run(work)
    assert told.args == ["The folder is gone."]


@pytest.mark.expects_log
def test_a_defect_is_logged_and_told_without_its_technicalities(
    runner: TaskRunner, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        raise ZeroDivisionError("secret")

    with qtbot.waitSignal(runner.problem) as told:
        runner.run(work)
    assert "secret" not in told.args[0]
    assert "Your photos were not touched" in told.args[0]
    assert any(record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records)


def test_cancelled_work_is_no_problem(runner: TaskRunner, qtbot: QtBot) -> None:
    told: list[str] = []
    runner.problem.connect(told.append)

    def work() -> None:
        raise Cancelled

    with qtbot.waitSignal(runner.idle):
        runner.run(work)
    assert told == []


def test_only_the_newest_of_a_group_answers(runner: TaskRunner, qtbot: QtBot) -> None:
    gate = threading.Event()
    answers: list[str] = []

    def slow() -> str:
        gate.wait(5)
        return "old"

    runner.run(slow, on_done=answers.append, group="search")
    runner.run(lambda: "new", on_done=answers.append, group="search")
    qtbot.waitUntil(lambda: answers == ["new"])
    with qtbot.waitSignal(runner.idle):
        gate.set()
    assert answers == ["new"]


def test_a_cancelled_call_that_waits_is_never_made(runner: TaskRunner, qtbot: QtBot) -> None:
    gate = threading.Event()
    made: list[int] = []
    runner.run_in_order(gate.wait, 5)
    waiting = runner.run_in_order(made.append, 1)
    waiting.cancel()
    with qtbot.waitSignal(runner.idle):
        gate.set()
    assert made == []


def test_changes_are_made_in_the_order_asked(runner: TaskRunner, qtbot: QtBot) -> None:
    made: list[int] = []
    for number in range(50):
        runner.run_in_order(made.append, number)
    qtbot.waitUntil(lambda: runner.pending == 0)
    assert made == list(range(50))


def test_a_receiver_that_is_gone_is_not_called(runner: TaskRunner, qtbot: QtBot) -> None:
    class Tab(QObject):
        def arrived(self, value: Any) -> None:
            answers.append(value)

    gate, answers = threading.Event(), []
    tab = Tab()
    runner.run(gate.wait, 5, on_done=tab.arrived)
    shiboken6.delete(tab)
    with qtbot.waitSignal(runner.idle):
        gate.set()
    assert answers == []


def test_a_closed_runner_takes_and_delivers_nothing(qtbot: QtBot) -> None:
    runner = TaskRunner()
    answers: list[int] = []
    runner.run(lambda: 1, on_done=answers.append)
    assert runner.shutdown()
    runner.run(lambda: 2, on_done=answers.append)
    qtbot.wait(50)
    assert answers == []


class Recorder(FakeLibrary):
    """Counts the runs and waits where a test wants it to."""

    def __init__(self) -> None:
        super().__init__(0)
        self.runs: list[Any] = []
        self.controls: list[Any] = []
        self.entered = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def index(self, control: Any, folders: Any = None) -> None:
        self.runs.append((threading.current_thread(), folders))
        self.controls.append(control)
        self.entered.set()
        while not self.gate.wait(0.01) and not control.cancelled:
            pass
        control.checkpoint()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def indexer(recorder: Recorder, qtbot: QtBot):
    indexer = Indexer(recorder)  # type: ignore[arg-type]
    yield indexer
    recorder.gate.set()
    assert indexer.shutdown()


def test_the_long_work_runs_in_a_thread_of_its_own(
    indexer: Indexer, recorder: Recorder, qtbot: QtBot
) -> None:
    states: list[str] = []
    indexer.changed.connect(states.append)
    indexer.request()
    qtbot.waitUntil(lambda: states == [Work.WORKING, Work.IDLE])
    assert recorder.runs[0][0] is not threading.main_thread()
    assert ("analyse",) in recorder.calls


def test_requests_during_the_work_are_served_by_one_more_run(
    indexer: Indexer, recorder: Recorder, qtbot: QtBot
) -> None:
    recorder.gate.clear()
    indexer.request()
    qtbot.waitUntil(recorder.entered.is_set)
    for _ in range(20):
        indexer.request()
    recorder.gate.set()
    qtbot.waitUntil(lambda: indexer.state is Work.IDLE and len(recorder.runs) >= 2)
    qtbot.wait(50)
    assert len(recorder.runs) == 2


def test_pause_reaches_a_busy_worker_and_resume_lets_it_go_on(
    indexer: Indexer, recorder: Recorder, qtbot: QtBot
) -> None:
    recorder.gate.clear()
    indexer.request()
    qtbot.waitUntil(lambda: recorder.entered.is_set() and indexer.state is Work.WORKING)
    indexer.pause()
    assert indexer.state is Work.PAUSED
    assert recorder.controls[0].paused
    recorder.gate.set()
    qtbot.wait(50)
    assert ("analyse",) not in recorder.calls
    indexer.resume()
    qtbot.waitUntil(lambda: indexer.state is Work.IDLE)
    assert ("analyse",) in recorder.calls


def test_what_is_asked_for_while_paused_waits(indexer: Indexer, recorder: Recorder, qtbot: QtBot) -> None:
    indexer.pause()
    indexer.request()
    qtbot.waitUntil(lambda: bool(recorder.controls))
    assert recorder.controls[0].paused
    indexer.resume()
    qtbot.waitUntil(lambda: ("analyse",) in recorder.calls)


def test_closing_stops_a_run_that_would_go_on(recorder: Recorder, qtbot: QtBot) -> None:
    recorder.gate.clear()
    indexer = Indexer(recorder)  # type: ignore[arg-type]
    indexer.request()
    qtbot.waitUntil(recorder.entered.is_set)
    assert indexer.shutdown()
    assert recorder.controls[0].cancelled
    assert ("analyse",) not in recorder.calls


def test_closing_ends_a_run_that_is_paused(recorder: Recorder, qtbot: QtBot) -> None:
    indexer = Indexer(recorder)  # type: ignore[arg-type]
    indexer.pause()
    indexer.request()
    qtbot.waitUntil(lambda: bool(recorder.controls))
    assert indexer.shutdown()
    assert ("analyse",) not in recorder.calls


def test_a_run_is_stopped_also_just_before_it_begins(
    indexer: Indexer, recorder: Recorder, qtbot: QtBot
) -> None:
    arrived, going = recorder.hold_starts()
    indexer.request()
    qtbot.waitUntil(arrived.is_set)
    indexer.cancel()
    with qtbot.waitSignal(indexer.ended):
        going.set()
    assert recorder.runs == []
    indexer.request()
    qtbot.waitUntil(lambda: ("analyse",) in recorder.calls)
    assert len(recorder.runs) == 1


def test_a_problem_of_the_run_is_told_and_the_next_run_works(
    indexer: Indexer, recorder: Recorder, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise FolderProblem("The drive is gone.")

    with monkeypatch.context() as patch, qtbot.waitSignal(indexer.problem) as told:
        patch.setattr(recorder, "index", full)
        indexer.request()
    assert told.args == ["The drive is gone."]
    qtbot.waitUntil(lambda: indexer.state is Work.IDLE)
    indexer.request()
    qtbot.waitUntil(lambda: ("analyse",) in recorder.calls)
