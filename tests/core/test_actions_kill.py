"""kill -9 in the middle of a removal: the next start finds every file in its place or in the trash."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalog_samples import content
from tests.trash_samples import Shelf, quick_folder

COUNT = 40
REPOSITORY = Path(__file__).resolve().parents[2]

CHILD = """
import os, sys
from pathlib import Path
from tests.trash_samples import CountingOps, Shelf

left = int(sys.argv[2])
def step(name):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)

shelf = Shelf(Path(sys.argv[1]), CountingOps(step))
ids = shelf.catalog.reader().photo_ids().tolist()
shelf.trash.remove(ids, why="all")
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


@pytest.mark.parametrize("steps", [0, 3, 50, 140])
def test_killed_while_removing(tmp_path: Path, steps: int) -> None:
    shelf = Shelf(tmp_path)
    numbers = {f"p{n}": n for n in range(COUNT)}
    shelf.put(**numbers)
    shelf.close()
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(steps)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    shelf.open()
    try:
        shelf.trash.recover()
        listed = {entry.photo_id: entry for entry in shelf.trash.listing()}
        for name, photo_id in shelf.ids.items():
            place = shelf.path(name)
            assert place.exists() != (photo_id in listed)
            found = place if place.exists() else listed[photo_id].trashed
            assert found.read_bytes() == content(numbers[name])
        assert shelf.shown() == set(shelf.ids.values()) - set(listed)
        assert len(shelf.trash.restore([entry.id for entry in listed.values()]).done) == len(listed)
        assert shelf.shown() == set(shelf.ids.values())
        assert shelf.in_trash() == []
    finally:
        shelf.close()
