"""The README's commands carry a folder's name through make and the shell as it was typed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def make_run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``make run WORDS``, also where these tests themselves run under a make, which hands its flags down."""
    handed_down = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "PHOTOS", "ARGS"}
    clean = {name: value for name, value in os.environ.items() if name not in handed_down}
    return subprocess.run(
        ["make", "run", *words], cwd=checkout, capture_output=True, text=True, env=clean, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose Python only prints its arguments, one a line."""
    shutil.copyfile(REPOSITORY / "Makefile", tmp_path / "Makefile")
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    setup = tmp_path / "packaging" / "setup"
    setup.mkdir(parents=True)
    for name in ("environment.sh", "system_libraries.py"):
        (setup / name).touch()
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    (binaries / "python").chmod(0o755)
    (tmp_path / ".venv" / "ready").touch()
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "/a b",
        "/it's",
        '/a"b',
        "/cost$5",
        "/$(id)",
        "/`touch PWNED`",
        "/back\\slash",
        "/사진 📷",
        "/semi;colon",
    ],
)
def test_the_folder_arrives_as_it_was_typed(checkout: Path, name: str) -> None:
    ran = make_run(checkout, f"PHOTOS={name}")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["-m", "organizer", name]
    assert not (checkout / "PWNED").exists()


def test_no_folder_is_no_argument(checkout: Path) -> None:
    ran = make_run(checkout)
    assert ran.stdout.splitlines() == ["-m", "organizer"]
