"""kill -9 in the middle: the next start finds every photo in its place, in the trash, or given up whole, and
every sidecar with its old bytes or its new ones.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from organizer.actions.sidecars import Sidecars
from organizer.media.sidecar import merge
from organizer.records import SidecarFields
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


EXPIRING = """
import os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tests.trash_samples import CountingOps, Shelf

left = int(sys.argv[2])
def step(name):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)

shelf = Shelf(Path(sys.argv[1]), CountingOps(step))
shelf.trash.expire(30, how="delete", at=datetime.now(UTC) + timedelta(days=40))
"""


@pytest.mark.parametrize("steps", [0, 1, 2, 7, 20])
def test_killed_while_the_days_are_over(tmp_path: Path, steps: int) -> None:
    shelf = Shelf(tmp_path)
    numbers = {f"p{n}": n for n in range(10)}
    ids = shelf.put(**numbers)
    shelf.trash.remove(ids[:8], why="8 photos")
    assert shelf.trash.expire(30, how="delete", at=datetime.now(UTC) + timedelta(days=35))[1] == 8
    shelf.close()
    command = [sys.executable, "-c", EXPIRING, str(tmp_path), str(steps)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    shelf.open()
    try:
        shelf.trash.recover()
        listed = shelf.trash.listing()
        assert sorted(entry.trashed for entry in listed) == shelf.in_trash()
        assert len(listed) < 8 or steps == 0
        back = shelf.trash.restore([entry.id for entry in listed])
        assert len(back.done) == len(listed)
        assert shelf.shown() == {*ids[8:], *back.done}
        for name, photo_id in shelf.ids.items():
            if photo_id in shelf.shown():
                assert shelf.path(name).read_bytes() == content(numbers[name])
    finally:
        shelf.close()


WRITING = """
import os, sys
from pathlib import Path
from organizer.actions.sidecars import Sidecars
from organizer.records import SidecarFields
from tests.core.test_sidecars import StepOps
from tests.trash_samples import Shelf

left = int(sys.argv[2])
def step(name, path):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)

shelf, ops = Shelf(Path(sys.argv[1])), StepOps()
ops.hook = step
photos = shelf.catalog.reader().photos(shelf.catalog.reader().photo_ids().tolist())
wanted = SidecarFields(description="ours", keywords=("beach",))
Sidecars(shelf.catalog, ops).write([(photos[one], wanted) for one in sorted(photos)], "write")
"""


@pytest.mark.parametrize("steps", [0, 2, 3, 5, 8, 11, 20])
def test_killed_while_sidecars_are_written(tmp_path: Path, steps: int) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(a=1, b=2, c=3, d=4)
    theirs = merge(None, SidecarFields(title="theirs", rating=3)).data
    files = {name: shelf.path(name).with_name(f"{name}.jpg.xmp") for name in shelf.ids}
    for name in ("a", "c"):
        files[name].write_bytes(theirs)
    before = {name: theirs if name in ("a", "c") else None for name in files}
    wanted = SidecarFields(description="ours", keywords=("beach",))
    shelf.close()
    command = [sys.executable, "-c", WRITING, str(tmp_path), str(steps)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    shelf.reopen()
    try:
        for name, file in files.items():
            standing = file.read_bytes() if file.exists() else None
            assert standing in (before[name], merge(before[name], wanted).data)
        action = shelf.catalog.reader().last_undoable()
        if action is not None:
            assert Sidecars(shelf.catalog).undo(action.id).refused == []
        assert {name: file.read_bytes() if file.exists() else None for name, file in files.items()} == before
    finally:
        shelf.close()
