"""Kills the program with SIGKILL before and after every step that an action takes on the drive, one step
after the other, and looks at what the next start makes of it: ``python -m tests.killing remove``.

A process of its own, because it forks: the child opens the library, acts, and is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from organizer.actions.fileops import FileOps
from organizer.actions.sidecars import Sidecars
from organizer.catalog import ActionKind
from organizer.media.sidecar import merge
from organizer.records import SidecarFields
from tests.catalog_samples import content
from tests.folders import quick_folder
from tests.trash_samples import CountingOps, Shelf

STEPS = (*CountingOps.STEPS, "system_trash", "read_bytes", "write_beside", "replace", "unlink_if_there")
PHOTOS = {"a": 1, "b": 1, "sub__c": 2}
COMPANIONS = {"a.xmp": b"of a", "sub/c.mov": b"video of c"}
LATER = datetime.now(UTC) + timedelta(days=40)
THEIRS = merge(None, SidecarFields(title="theirs", rating=3)).data
OURS = SidecarFields(description="ours", keywords=("beach",))


class Deadly(FileOps):
    """The real file system until a step, counted before and after each."""

    def __init__(self, left: int, elsewhere: Path) -> None:
        self.left = left
        self.elsewhere = elsewhere

    def system_trash(self, path: Path) -> None:
        path.rename(self.elsewhere / f"{path.parent.name} {path.name}")

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in STEPS:
            return found

        def step(*values: Any, **named: Any) -> Any:
            self.count()
            result = found(*values, **named)
            self.count()
            return result

        return step


def most(shelf: Shelf) -> list[int]:
    """All photos but b, which is equal to a and stays."""
    return [photo_id for name, photo_id in shelf.ids.items() if name != "b"]


def remove(shelf: Shelf, _ops: FileOps) -> None:
    shelf.trash.remove(most(shelf), why="2 photos")


def clean(shelf: Shelf, _ops: FileOps) -> None:
    shelf.trash.remove([shelf.ids["a"]], {shelf.ids["a"]: {shelf.ids["b"]}}, why="1 copy")


def undo(shelf: Shelf, _ops: FileOps) -> None:
    action = shelf.catalog.reader().last_undoable()
    assert action is not None
    shelf.trash.undo(action.id)


def redo(shelf: Shelf, _ops: FileOps) -> None:
    action = shelf.catalog.reader().last_redoable()
    assert action is not None
    shelf.trash.redo(action.id)


def delete(shelf: Shelf, _ops: FileOps) -> None:
    shelf.trash.empty(how="delete")


def hand_over(shelf: Shelf, _ops: FileOps) -> None:
    shelf.trash.empty(how="system-trash")


def announce(shelf: Shelf, _ops: FileOps) -> None:
    assert shelf.trash.expire(30, how="delete", at=LATER - timedelta(days=5)).announced == 2


def expire(shelf: Shelf, _ops: FileOps) -> None:
    shelf.trash.expire(30, how="delete", at=LATER)


def write(shelf: Shelf, ops: FileOps) -> None:
    photos = shelf.catalog.reader().photos(most(shelf))
    Sidecars(shelf.catalog, ops).write([(photo, OURS) for photo in photos.values()], "write")


def take_back(shelf: Shelf, ops: FileOps) -> None:
    action = shelf.catalog.reader().last_undoable()
    assert action is not None and action.kind is ActionKind.SIDECAR
    Sidecars(shelf.catalog, ops).undo(action.id)


Step = Callable[[Shelf, FileOps], None]
PHASES: dict[str, tuple[list[Step], Step]] = {  # what is done before, and what is killed
    "remove": ([], remove),
    "clean": ([], clean),
    "undo": ([remove], undo),
    "redo": ([remove, undo], redo),
    "delete": ([remove], delete),
    "hand over": ([remove], hand_over),
    "expire": ([remove, announce], expire),
    "write sidecars": ([], write),
    "take sidecars back": ([write], take_back),
}
GIVES_UP = ("delete", "hand over", "expire")


def prepared(base: Path, phase: str) -> dict[str, int]:
    """A library in which everything before the action is done; name -> photo id."""
    shelf = Shelf(base)
    shelf.put(**PHOTOS)
    for name, data in COMPANIONS.items():
        (shelf.root / name).write_bytes(data)
    if "sidecars" in phase:
        (shelf.root / "a.xmp").write_bytes(THEIRS)
    (base / "system's trash").mkdir()
    for before in PHASES[phase][0]:
        before(shelf, FileOps())
    shelf.close()
    return shelf.ids


def acted(base: Path, phase: str, ids: dict[str, int], step: int) -> bool:
    """Carry out the action in a child that is killed at a step; whether that step came."""
    child = os.fork()
    if child == 0:
        try:
            ops = Deadly(step, base / "system's trash")
            shelf = Shelf(base, ops)
            shelf.ids = ids
            PHASES[phase][1](shelf, ops)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def check_photos(base: Path, phase: str, ids: dict[str, int]) -> None:
    """Every photo and companion is in its place or can be put back, or was given up where that was asked."""
    shelf = Shelf(base)
    shelf.ids = ids
    shelf.trash.recover()
    handed = {file.name.split(" ", 1)[1]: file for file in (base / "system's trash").iterdir()}
    listed = {entry.photo_id: entry for entry in shelf.trash.listing()}
    gone = set()
    for name, number in PHOTOS.items():
        places = [place for place in (shelf.path(name), handed.get(shelf.path(name).name)) if place]
        if ids[name] in listed:
            places.append(listed[ids[name]].trashed)
        found = [place for place in places if place.exists()]
        assert [place.read_bytes() for place in found] in ([content(number)], []), (name, found)
        if not found or found[0].parent == base / "system's trash":
            gone.add(name)
        else:
            assert (ids[name] in shelf.shown()) == (found[0] == shelf.path(name)), name
    assert phase in GIVES_UP or not gone, gone
    assert phase != "hand over" or all(shelf.path(name).name in handed for name in gone)
    assert shelf.path("b").read_bytes() == content(1)
    shelf.trash.restore([entry.id for entry in shelf.trash.listing()])
    for name, data in COMPANIONS.items():
        place = shelf.root / name
        owner = {"a.xmp": "a", "sub/c.mov": "sub__c"}[name]
        assert (place.exists() and place.read_bytes() == data) or owner in gone, name
    assert all(shelf.path(name).read_bytes() == content(PHOTOS[name]) for name in set(PHOTOS) - gone)
    assert shelf.shown() == {ids[name] for name in set(PHOTOS) - gone}
    assert shelf.trash.listing() == []
    shelf.close()


def check_sidecars(base: Path, ids: dict[str, int]) -> None:
    """Each file has its old bytes or its new ones, and undo brings the old ones back."""
    shelf = Shelf(base)
    shelf.ids = ids
    shelf.trash.recover()
    old = {"a": THEIRS, "sub__c": None}
    files = {"a": shelf.root / "a.xmp", "sub__c": shelf.root / "sub" / "c.jpg.xmp"}
    for name, file in files.items():
        standing = file.read_bytes() if file.exists() else None
        assert standing in (old[name], merge(old[name], OURS).data), name
    action = shelf.catalog.reader().last_undoable()
    if action is not None:
        assert Sidecars(shelf.catalog).undo(action.id).refused == []
    assert {name: file.read_bytes() if file.exists() else None for name, file in files.items()} == old
    assert all(shelf.path(name).read_bytes() == content(PHOTOS[name]) for name in ids)
    shelf.close()


def main(phase: str) -> int:
    """Kill at every step; the number of kills."""
    step, killed = 0, True
    with quick_folder() as folder:
        base, before = folder / "base", folder / "before"
        ids = prepared(base, phase)
        base.rename(before)
        while killed:
            shutil.copytree(before, base)
            killed = acted(base, phase, ids, step)
            try:
                check_sidecars(base, ids) if "sidecars" in phase else check_photos(base, phase, ids)
            except AssertionError as error:
                raise AssertionError(f"{phase}, killed at step {step}") from error
            shutil.rmtree(base)
            step += killed
    return step


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1])}\n")
