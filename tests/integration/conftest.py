"""The program run as a person runs it: in a process of its own, on real photos, with the real model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.integration.standby import Standby, possible

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _words(words: Sequence[object]) -> list[str]:
    return [os.fspath(word) if isinstance(word, Path) else str(word) for word in words]


def _without_display() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def run_program(*words: object, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m organizer WORDS`` without a display; environment entries override."""
    return subprocess.run(
        [sys.executable, "-m", "organizer", *_words(words)],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        cwd=REPOSITORY,
        env=_without_display() | environment,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="session")
def program() -> Iterator[Run]:
    """As ``run_program``; the runs are forked from a process that has the heavy libraries loaded."""
    if not possible():
        yield run_program
        return
    standby = Standby()

    def run(*words: object, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess[str]:
        if environment:  # the libraries may have read it while they were imported
            return run_program(*words, timeout=timeout, **environment)
        return standby.run(_words(words), _without_display(), timeout)

    yield run
    standby.close()


@dataclass(frozen=True)
class Indexed:
    """A library that the program made: its catalogue folder, what ``index`` said, and its report."""

    catalog: Path
    photos: Path
    index: subprocess.CompletedProcess[str]
    report: dict[str, Any]

    def relative(self, image: str) -> str:
        return Path(image).relative_to(self.photos).as_posix()


@pytest.fixture(scope="session")
def whole_library(photos_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """All test photos, indexed once for the whole session by the command line."""
    catalog = tmp_path_factory.mktemp("whole") / "catalogue"
    indexed = run_program("index", photos_root, "--catalog", catalog)
    assert indexed.returncode == 0, indexed.stderr
    reported = run_program("report", "--json", "-", "--catalog", catalog)
    assert reported.returncode == 0, reported.stderr
    return Indexed(catalog, photos_root, indexed, json.loads(reported.stdout))
