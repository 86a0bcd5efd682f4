"""A process with the heavy libraries loaded, from which runs of the program are forked.

Each run is a process of its own that begins at ``organizer.__main__`` with none of the program's modules
loaded, as ``python -m organizer`` does; only torch, open_clip and scikit-learn need not be imported again,
which takes most of the seconds of a run. What is imported when, is tested elsewhere with fresh processes.

    python -m tests.integration.standby

reads requests as lines of JSON on its standard input and answers each with one on its standard output.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from typing import Any, NoReturn

from tests.conftest import REPOSITORY


def possible() -> bool:
    """Whether this system can fork, and wait for a process for so long and no longer (Linux)."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


class Standby:
    """The waiting process, as tests see it; one run at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.standby"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            text=True,
        )

    def run(
        self, words: list[str], environment: dict[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """As ``subprocess.run`` with captured text; words and environment as the run gets them."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            places = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
            request = {"words": words, "environment": environment, "timeout": timeout, "outputs": places}
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            assert answer, "the process that starts the program is gone"
            texts = [_text(file) for file in (out, err)]
        code: int | None = json.loads(answer)
        if code is None:
            raise subprocess.TimeoutExpired(words, timeout, *texts)
        return subprocess.CompletedProcess(words, code, *texts)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def _text(file: Any) -> str:
    file.seek(0)
    found: str = file.read().decode(errors="surrogateescape")
    return found


def serve() -> None:
    """Fork a run for each request until there are no more; a run goes on after the loop."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed here is no answer
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            become_the_program(request)
        answers.write(json.dumps(_end_of(child, request["timeout"])) + "\n")
        answers.flush()


def _end_of(child: int, timeout: float) -> int | None:
    """The exit code, negative for a signal; None where it had to be ended after so many seconds."""
    handle = os.pidfd_open(child)
    try:
        in_time = bool(select.select([handle], [], [], timeout)[0])
        if not in_time:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if in_time else None


def become_the_program(request: dict[str, Any]) -> NoReturn:
    """Run ``python -m organizer WORDS`` in this process, and end it."""
    for number, place in enumerate([os.devnull, *request["outputs"]]):
        opened = os.open(place, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    for name in [name for name in sys.modules if name.split(".")[0] in ("organizer", "tests")]:
        del sys.modules[name]
    sys.argv = ["organizer", *request["words"]]
    code: object = None
    try:
        runpy.run_module("organizer", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))  # torch takes long to be taken apart


def load() -> None:
    """Import what runs of the program spend most of their time importing."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # as the program sets it before it opens a model
    from organizer.models.torchvision_cure import ensure_torchvision

    ensure_torchvision()
    import open_clip  # noqa: F401
    import sklearn.feature_extraction.text  # noqa: F401
    import torch  # noqa: F401

    gc.collect()
    gc.freeze()  # a run's own collections leave these alone, and so the pages that it shares


if __name__ == "__main__":
    load()
    serve()
