"""Importing the core's door must stay cheap: a command answers at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
import {module}
heavy = ("torch", "PySide6", "open_clip", "torchvision", "sklearn", "scipy")
print(*[name for name in heavy if name in sys.modules])
"""


@pytest.mark.parametrize("module", ["organizer.library", "organizer.cli", "organizer.__main__"])
def test_the_door_loads_neither_torch_nor_qt(module: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROBE.format(module=module)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []
