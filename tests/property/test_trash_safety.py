"""Whatever happens in between, every photo is in its place or can be put back, and no last copy is ever
taken.

Random libraries with overlapping stacks of equal photos, random actions, files changed behind the
program's back, and a crash at any step of any action; then the program starts anew and recovers.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from organizer.analysis.keep import DEFAULT_ORDER, order_of, rank
from tests.cases import cases
from tests.catalog_samples import content
from tests.folders import quick_folder
from tests.trash_samples import CountingOps, Crash, Shelf

pytestmark = pytest.mark.in_memory

NAMES = ("a", "b", "sub__c", "sub__d", "e", "f")


class Fuse:
    """Stops the program at the step with this number, before or after it is carried out."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.after = False
        self.steps = 0

    def arm(self, steps: int, *, after: bool) -> None:
        self.left, self.after = steps, after

    def disarm(self) -> None:
        self.left = None

    def ops(self) -> CountingOps:
        return CountingOps(lambda _name: self._burn(False), lambda _name: self._burn(True))

    def _burn(self, after: bool) -> None:
        if not after:
            self.steps += 1
        if self.left is None or self.after is not after:
            return
        if self.left == 0:
            self.left = None
            raise Crash
        self.left -= 1


def contents_in_place(shelf: Shelf) -> set[bytes]:
    """Contents of the regular files at the photos' places; a link to another one is no copy."""
    return {
        path.read_bytes() for path in map(shelf.path, shelf.ids) if path.is_file() and not path.is_symlink()
    }


def check_each_photo_is_somewhere(shelf: Shelf, numbers: dict[str, int], tampered: set[str]) -> None:
    """In its place and shown, or in the trash, listed and whole."""
    listed = {entry.photo_id: entry for entry in shelf.trash.listing()}
    shown = shelf.shown()
    for name, photo_id in shelf.ids.items():
        if photo_id in listed:
            entry = listed[photo_id]
            assert entry.trashed.read_bytes() == content(numbers[name]), name
            assert photo_id not in shown
            assert name in tampered or not shelf.path(name).exists()
        elif name not in tampered:
            assert shelf.path(name).read_bytes() == content(numbers[name]), name
            assert photo_id in shown
    assert len(shelf.in_trash()) == len(listed)


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, int]:
    count = draw(st.integers(2, len(NAMES)))
    return {name: draw(st.integers(0, 1)) for name in NAMES[:count]}


crashes = st.none() | st.tuples(st.integers(0, 14), st.booleans())
actions = st.sampled_from(
    ["clean", "clean", "clean", "by stack", "undo", "redo", "tamper", "restore", "empty"]
)


def survivors_of(shelf: Shelf, numbers: dict[str, int], data: st.DataObject) -> dict[int, set[int]]:
    """Overlapping stacks of equal photos, each resolved with some kept; merged as one bulk action."""
    wanted: dict[int, set[int]] = {}
    for _ in range(data.draw(st.integers(1, 3), label="stacks")):
        number = data.draw(st.integers(0, 1))
        group = [photo_id for name, photo_id in shelf.ids.items() if numbers[name] == number]
        if len(group) < 2:
            continue
        members = data.draw(st.lists(st.sampled_from(group), min_size=2, unique=True), label="stack")
        kept = set(members[: data.draw(st.integers(1, len(members) - 1), label="kept")])
        for member in members:
            if member not in kept:
                wanted.setdefault(member, set()).update(kept)
    return wanted


def tamper(shelf: Shelf, data: st.DataObject) -> str:
    """Someone changes a file behind the program's back."""
    name = data.draw(st.sampled_from(sorted(shelf.ids)), label="tampered")
    path = shelf.path(name)
    how = data.draw(st.sampled_from(["delete", "write", "hard link", "symlink"]), label="how")
    other = shelf.path(data.draw(st.sampled_from(sorted(shelf.ids)), label="other"))
    if other == path and how != "delete":
        how = "write"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if how == "write":
        path.write_bytes(b"changed")
    elif how == "hard link" and other.exists():
        os.link(other, path, follow_symlinks=False)
    elif how == "symlink":
        path.symlink_to(other)
    return name


def act(shelf: Shelf, action: str, numbers: dict[str, int], data: st.DataObject) -> None:
    """One action of the person, on what the catalogue says."""
    if action == "clean":
        wanted = survivors_of(shelf, numbers, data)
        shelf.trash.remove(wanted, wanted)
    elif action == "by stack":
        for photo_id, kept in survivors_of(shelf, numbers, data).items():
            shelf.trash.remove([photo_id], {photo_id: kept})
    elif action == "undo":
        last = shelf.catalog.reader().last_undoable()
        if last is not None:
            shelf.trash.undo(last.id)
    elif action == "redo":
        last = shelf.catalog.reader().last_redoable()
        if last is not None:
            shelf.trash.redo(last.id)
    elif action == "restore":
        shelf.trash.restore([entry.id for entry in shelf.trash.listing()])


@settings(
    max_examples=cases(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(numbers=libraries(), data=st.data())
def test_each_photo_is_in_place_or_restorable_and_no_last_copy_goes(
    numbers: dict[str, int], data: st.DataObject
) -> None:
    fuse = Fuse()
    tampered: set[str] = set()
    with quick_folder() as folder:
        shelf = Shelf(folder, fuse.ops())
        try:
            shelf.put(**numbers)
            for _ in range(data.draw(st.integers(1, 5), label="actions")):
                action = data.draw(actions, label="action")
                if action == "tamper":
                    tampered.add(tamper(shelf, data))
                    continue
                before = contents_in_place(shelf)
                crash = data.draw(crashes, label="crash")
                if crash is not None:
                    fuse.arm(crash[0], after=crash[1])
                try:
                    act(shelf, action, numbers, data)
                except Crash:
                    event(f"crash in {action}")
                    shelf.reopen(fuse.ops())
                fuse.disarm()
                assert before <= contents_in_place(shelf)
                check_each_photo_is_somewhere(shelf, numbers, tampered)
            shelf.reopen(fuse.ops())
            check_each_photo_is_somewhere(shelf, numbers, tampered)
        finally:
            shelf.close()


def _stopped_at(base: Path, step: int, *, after: bool, phase: str) -> tuple[Shelf, bool]:
    """A library whose program was stopped at a step of removing (or of undoing) two photos and a sidecar."""
    fuse = Fuse()
    shelf = Shelf(base, fuse.ops())
    ids = shelf.put(a=1, sub__c=2, e=3)
    (shelf.root / "a.xmp").write_text("sidecar")
    if phase != "remove":
        shelf.trash.remove(ids[:2])
    fuse.arm(step, after=after)
    try:
        if phase == "remove":
            shelf.trash.remove(ids[:2])
        elif phase == "restore":
            shelf.trash.restore([entry.id for entry in shelf.trash.listing()])
        else:
            shelf.trash.empty(how="delete")
    except Crash:
        shelf.reopen()
        return shelf, True
    fuse.disarm()
    return shelf, False


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("phase", ["remove", "restore"])
def test_a_crash_at_every_single_step(tmp_path: Path, phase: str, after: bool) -> None:
    numbers = {"a": 1, "sub__c": 2, "e": 3}
    stopped, step = True, 0
    while stopped:
        shelf, stopped = _stopped_at(tmp_path / f"{step}", step, after=after, phase=phase)
        listed = shelf.trash.listing()
        sidecars = [file for file in shelf.in_trash() if file.name == "a.xmp"]
        assert len(sidecars) + (shelf.root / "a.xmp").exists() == 1
        for sidecar in sidecars:
            assert sidecar.read_text() == "sidecar"
        shelf.trash.restore([entry.id for entry in listed])
        check_each_photo_is_somewhere(shelf, numbers, set())
        assert shelf.trash.listing() == []
        assert shelf.shown() == set(shelf.ids.values())
        shelf.close()
        step += 1
    assert step > 10


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_while_emptying_tells_truly_what_is_left(tmp_path: Path, after: bool) -> None:
    stopped, step = True, 0
    while stopped:
        shelf, stopped = _stopped_at(tmp_path / f"{step}", step, after=after, phase="empty")
        listed = shelf.trash.listing()
        assert all(entry.trashed.exists() for entry in listed)
        left = [file for file in shelf.in_trash() if file.suffix == ".jpg"]
        assert sorted(entry.trashed for entry in listed if entry.photo_id) == left
        shelf.trash.empty(how="delete")
        assert shelf.in_trash() == []
        assert shelf.shown() == {shelf.ids["e"]}
        shelf.close()
        step += 1
    assert step > 3


orders = st.permutations(DEFAULT_ORDER).flatmap(
    lambda order: st.lists(st.booleans(), min_size=len(order), max_size=len(order)).map(
        lambda off: tuple(f"-{rule}" if out else rule for rule, out in zip(order, off, strict=True))
    )
)


@settings(
    max_examples=cases(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(numbers=libraries(), order=orders, again=orders, data=st.data())
def test_in_whatever_order_the_rules_stand_a_copy_of_each_picture_stays(
    numbers: dict[str, int], order: tuple[str, ...], again: tuple[str, ...], data: st.DataObject
) -> None:
    """Overlapping stacks, each with the kept photo that the rules name, removed as one action; then the rules
    change, and what is left is cleaned again.
    """
    with quick_folder() as folder:
        shelf = Shelf(folder)
        try:
            shelf.put(**numbers)
            before = contents_in_place(shelf)
            for rules in (order, again):
                table = shelf.catalog.reader().table()
                row_of = {int(photo_id): row for row, photo_id in enumerate(table.ids)}
                wanted: dict[int, set[int]] = {}
                for number in (0, 1):
                    group = [
                        one for name, one in shelf.ids.items() if numbers[name] == number and one in row_of
                    ]
                    for _ in range(data.draw(st.integers(0, 3), label="stacks")):
                        if len(group) < 2:
                            continue
                        stack = data.draw(st.lists(st.sampled_from(group), min_size=2, unique=True))
                        ranked = rank(table, [row_of[one] for one in stack], order_of(rules))[0]
                        kept, *others = (int(table.ids[row]) for row in ranked)
                        for other in others:
                            wanted.setdefault(other, set()).add(kept)
                shelf.trash.remove(list(wanted), wanted, why="clean")
                assert contents_in_place(shelf) == before
            check_each_photo_is_somewhere(shelf, numbers, set())
        finally:
            shelf.close()
