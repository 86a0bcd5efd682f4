"""Decode processes: a crash, a hang, a bomb costs its file alone, and nobody is left behind.

The functions at the top run inside the processes in place of the decoder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_info

from organizer.errors import MediaReason
from organizer.media.crew import Crew
from organizer.media.decode import decode_file
from organizer.media.pool import DecodePool
from organizer.media.reading import stamp_of
from organizer.media.worker import ONE_THREAD
from organizer.records import Decoded, FileStamp, InputSpec, Unreadable

SPEC = InputSpec(64, (0.5,) * 3, (0.5,) * 3)
MIB = 1 << 20


def behave_as_named(stamp: FileStamp, spec: InputSpec | None) -> Decoded:
    """Do what the file's name says, then decode."""
    name = stamp.path.stem
    if name.startswith("abort"):
        os.abort()
    if name.startswith("hang"):
        time.sleep(3600)
    if name.startswith("eat"):
        np.ones(4 << 30, dtype=np.uint8)
    if name.startswith("defect"):
        raise KeyError("a defect of the program")
    if name.startswith("once"):
        mark = stamp.path.with_suffix(".mark")
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("chatty"):
        os.write(1, b"to standard output\n")
        os.write(2, b"to standard error\n")
    return decode_file(stamp, spec)


def tell_about_the_process(stamp: FileStamp, spec: InputSpec | None) -> Decoded:
    """Smuggle out which heavy modules are loaded here."""
    found = sorted(
        {name.split(".")[0] for name in sys.modules} & {"torch", "PySide6", "open_clip", "sqlite3"}
    )
    raise RuntimeError(",".join(found))


def pid_after_a_while(path: Path, max_side: int | None) -> NDArray[np.uint8]:
    """Stay busy, so that somebody can be killed in the meantime."""
    Path(f"{path}.pid").write_text(str(os.getpid()))
    time.sleep(60)
    return np.zeros((1, 1, 3), np.uint8)


def count_threads(path: Path, max_side: int | None) -> NDArray[np.uint8]:
    """Write down how many threads numpy's libraries would use here."""
    counts = [library["num_threads"] for library in threadpool_info()]
    path.write_text(f"{len(counts)} {max(counts)}")
    return np.zeros((1, 1, 3), np.uint8)


def die(_: int) -> int:
    os._exit(3)


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    """Two processes that behave as the files are named."""
    made = DecodePool(2, SPEC, timeout_s=3, memory_limit=600 * MIB, work=behave_as_named)
    yield made
    made.stop()


def photo(folder: Path, name: str) -> FileStamp:
    file = folder / f"{name}.png"
    Image.new("RGB", (80, 60), "teal").save(file)
    return stamp_of(file)


def reason(outcome: Decoded | Unreadable) -> str:
    assert isinstance(outcome, Unreadable)
    assert outcome.sentence.endswith(".")
    return outcome.reason


def test_each_bad_photo_costs_itself_alone(pool: DecodePool, tmp_path: Path) -> None:
    names = ["good1", "abort", "good2", "eat", "good3", "hang", "good4", "defect", "good5"]
    stamps = [photo(tmp_path, name) for name in names]
    outcomes = [future.result(60) for future in [pool.submit(stamp) for stamp in stamps]]
    assert [outcome.stamp for outcome in outcomes] == stamps
    found = dict(zip(names, outcomes, strict=True))
    for name in names:
        if name.startswith("good"):
            assert isinstance(found[name], Decoded), name
    assert reason(found["abort"]) == MediaReason.CRASHED
    assert reason(found["hang"]) == MediaReason.TIMEOUT
    assert reason(found["eat"]) == MediaReason.TOO_LARGE
    assert reason(found["defect"]) == MediaReason.CRASHED


def test_a_defect_is_logged_with_its_trace(
    pool: DecodePool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pool.submit(photo(tmp_path, "defect")).result(60)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1 and errors[0].exc_info is not None


def test_a_process_that_was_killed_by_others_gets_a_second_try(pool: DecodePool, tmp_path: Path) -> None:
    assert isinstance(pool.submit(photo(tmp_path, "once")).result(60), Decoded)


def test_the_hostile_set_passes_through(photos_root: Path) -> None:
    files = sorted((photos_root / "hostile").iterdir())
    with DecodePool(2, SPEC, timeout_s=20) as real:
        outcomes = [future.result(120) for future in [real.submit(stamp_of(file)) for file in files]]
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Unreadable)]
    assert len(reasons) / len(files) > 0.9
    assert MediaReason.CRASHED not in reasons and MediaReason.TIMEOUT not in reasons
    hashes = [outcome.content_hash for outcome in outcomes if isinstance(outcome, Unreadable)]
    assert sum(found is not None for found in hashes) >= len(hashes) - 1  # all but the empty file


def test_processes_are_light_and_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log_file = tmp_path / "decoders.log"
    with DecodePool(1, SPEC, log_file=log_file, work=behave_as_named) as one:
        assert isinstance(one.submit(photo(tmp_path, "chatty")).result(60), Decoded)
    captured = capfd.readouterr()
    assert "to standard" not in captured.out + captured.err
    assert "to standard output\nto standard error\n" in log_file.read_text()


def test_neither_torch_nor_qt_comes_into_the_processes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with DecodePool(1, SPEC, work=tell_about_the_process) as one:
        one.submit(photo(tmp_path, "x")).result(60)
    error = next(record for record in caplog.records if record.levelname == "ERROR").exc_info
    assert error is not None and isinstance(error[1], RuntimeError)
    assert str(error[1]) == ""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the file system takes Unicode names only")
def test_a_name_that_is_no_text_reaches_the_processes(pool: DecodePool, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"caf\xe9.png")
    file.write_bytes(photo(tmp_path, "x").path.read_bytes())
    outcome = pool.submit(stamp_of(file)).result(60)
    assert isinstance(outcome, Decoded) and outcome.stamp.path == file
    assert reason(pool.submit(FileStamp(tmp_path / os.fsdecode(b"\xff.png"), 1, 1)).result(60)) == "vanished"


def test_a_picture_for_the_screen(tmp_path: Path) -> None:
    with DecodePool(1) as one:
        loaded = one.submit_load(photo(tmp_path, "x").path, 40).result(60)
        assert isinstance(loaded, np.ndarray)
        assert loaded.shape == (30, 40, 3) and loaded.dtype == np.uint8
        missing = one.submit_load(tmp_path / "gone.png", 40).result(60)
        assert isinstance(missing, Unreadable) and missing.reason == MediaReason.VANISHED


def test_stop_ends_a_hang_at_once_and_cancels(tmp_path: Path) -> None:
    one = DecodePool(1, SPEC, timeout_s=100, work=behave_as_named)
    assert isinstance(one.submit(photo(tmp_path, "good")).result(60), Decoded)
    futures = [one.submit(photo(tmp_path, name)) for name in ("hang1", "good1", "good2")]
    time.sleep(0.5)
    before = time.monotonic()
    one.stop()
    assert time.monotonic() - before < 10
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(1)
    with pytest.raises(RuntimeError):
        one.submit(photo(tmp_path, "late"))


def test_close_finishes_what_was_submitted(tmp_path: Path) -> None:
    one = DecodePool(1, SPEC, work=behave_as_named)
    futures = [one.submit(photo(tmp_path, f"good{n}")) for n in range(6)]
    one.close()
    assert all(isinstance(future.result(0), Decoded) for future in futures)
    one.close()  # again does no harm


def test_an_idle_process_that_is_killed_is_replaced(tmp_path: Path) -> None:
    one = DecodePool(1, SPEC)
    try:
        assert isinstance(one.submit(photo(tmp_path, "first")).result(60), Decoded)
        for child in psutil.Process().children(recursive=True):
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()
        for name in ("second", "third"):
            assert isinstance(one.submit(photo(tmp_path, name)).result(60), Decoded)
            time.sleep(0.3)
    finally:
        one.stop()


def test_processes_that_cannot_start_are_the_environments_fault(caplog: pytest.LogCaptureFixture) -> None:
    from organizer.errors import EnvironmentProblem
    from organizer.media.pool import _unreadable

    crew = Crew(1, timeout_s=20, memory_limit=600 * MIB, log_file=None, niceness=10**30)  # no such priority
    try:
        future = crew.submit(die, (1,), lambda error: _unreadable(FileStamp(Path("x"), 1, 1), error))
        with pytest.raises(EnvironmentProblem, match="helper processes"):
            future.result(60)
    finally:
        crew.stop()


PARENT = """
import sys, time
from pathlib import Path
from organizer.media.pool import DecodePool
from organizer.media.reading import stamp_of
from tests.core.test_media_pool import behave_as_named, pid_after_a_while

if __name__ == "__main__":
    pool = DecodePool(2, work=behave_as_named, load_work=pid_after_a_while, timeout_s=100)
    for name in ("hang1", "hang2"):
        pool.submit(stamp_of(Path(sys.argv[1]) / f"{name}.png"))
    pool.submit_load(Path(sys.argv[1]) / "busy", None)
    time.sleep(100)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_nobody_outlives_a_killed_program(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    for name in ("hang1", "hang2"):
        photo(tmp_path, name)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], cwd=root, env=environment)
    try:
        _wait_for(lambda: (tmp_path / "busy.pid").exists(), "the processes to be at work")
        family = psutil.Process(parent.pid).children(recursive=True)
        assert len(family) >= 3
    finally:
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert [process.cmdline() for process in alive] == []


COUNTING = """
import sys
from pathlib import Path
import numpy
from organizer.media.pool import DecodePool
from tests.core.test_media_pool import count_threads

if __name__ == "__main__":
    with DecodePool(1, load_work=count_threads) as pool:
        pool.submit_load(Path(sys.argv[1]), None).result(60)
"""


def test_numpy_keeps_to_one_thread_also_if_the_program_loads_it_first(tmp_path: Path) -> None:
    script, answer = tmp_path / "program.py", tmp_path / "answer"
    script.write_text(COUNTING)
    root = Path(__file__).parents[2]
    threads = dict.fromkeys(ONE_THREAD, "4")
    environment = {**os.environ, **threads, "PYTHONPATH": str(root)}
    subprocess.run(
        [sys.executable, str(script), str(answer)], cwd=root, env=environment, check=True, timeout=60
    )
    libraries, most = answer.read_text().split()
    assert int(libraries) >= 1 and int(most) == 1


@pytest.mark.skipif(os.name == "nt", reason="there are no timers of the system's")
def test_the_system_ends_a_process_that_python_cannot() -> None:
    code = "import time\nfrom organizer.media.worker import guarded\nguarded(time.sleep, 0.3, (60,))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], timeout=30)
    assert ended.returncode == -signal.SIGALRM


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT for a group")
def test_an_interrupt_from_the_keyboard_does_not_reach_the_processes(tmp_path: Path) -> None:
    one = DecodePool(1, SPEC, work=behave_as_named)
    try:
        assert isinstance(one.submit(photo(tmp_path, "first")).result(60), Decoded)
        workers = [
            child
            for child in psutil.Process().children(recursive=True)
            if "spawn_main" in " ".join(child.cmdline())
        ]
        assert workers
        for worker in workers:
            worker.send_signal(signal.SIGINT)
        assert isinstance(one.submit(photo(tmp_path, "second")).result(60), Decoded)
        assert all(worker.is_running() for worker in workers)
    finally:
        one.stop()


def _wait_for(true: object, what: str) -> None:
    assert callable(true)
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
