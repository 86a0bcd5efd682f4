"""kill -9 before and after every step: the next start finds every photo in its place, in the trash, or given
up whole, and every sidecar with its old bytes or its new ones.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.killing import PHASES

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL and no fork")
@pytest.mark.parametrize("phase", list(PHASES))
def test_killed_at_every_step(phase: str) -> None:
    command = [sys.executable, "-m", "tests.killing", phase]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 12
