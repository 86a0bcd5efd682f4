"""The README's commands carry a folder's name through make and the shell as it was typed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


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
    ran = subprocess.run(
        ["make", "run", f"PHOTOS={name}"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["-m", "organizer", name]
    assert not (checkout / "PWNED").exists()


def test_no_folder_is_no_argument(checkout: Path) -> None:
    ran = subprocess.run(["make", "run"], cwd=checkout, capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ["-m", "organizer"]
