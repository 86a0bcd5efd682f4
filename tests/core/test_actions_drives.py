"""Other programs, drives that are full, lie or vanish, and trash folders that move: nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from organizer.actions.fileops import FileOps
from organizer.actions.places import NOTE_NAME
from organizer.errors import CatalogError, LastCopy, StorageFull
from organizer.library import Library
from organizer.paths import AppPaths
from organizer.records import TRASH_FOLDER_NAME
from tests.catalog_samples import add, content, on_disk
from tests.folders import quick_folder
from tests.trash_samples import CountingOps, Shelf

pytestmark = pytest.mark.in_memory


# -- other programs ------------------------------------------------------------------------------------


def test_two_programs_that_clean_the_same_stack_leave_one_copy(tmp_path: Path) -> None:
    """Each with its own catalogue, each removes what the other one keeps, before and after every step."""
    step, reached = 0, True
    while reached:
        with quick_folder() as base:
            reached = _both_clean(base, step)
        step += 1
    assert step > 8


def _both_clean(base: Path, at: int) -> bool:
    """The second program acts as a whole before step ``at`` of the first; whether that step came."""
    steps, acted = 0, False

    def hook(_name: str) -> None:
        nonlocal steps, acted
        if steps == at:
            acted = True
            second.trash.remove([theirs[1]], {theirs[1]: {theirs[0]}})
        steps += 1

    first = Shelf(base / "first", CountingOps(hook, hook))
    second = Shelf(base / "second")
    first.root = second.root = base / "first" / "photos"
    second.catalog.writer.add_root(second.root)
    mine = first.put(a=1, b=1)
    theirs = add(second.catalog, second.root_id, on_disk(first.path("a"), 1), on_disk(first.path("b"), 1))
    report = first.trash.remove([mine[0]], {mine[0]: {mine[1]}})
    standing = [name for name in ("a", "b") if first.path(name).exists()]
    assert standing, f"both copies went at step {at}"
    assert len(standing) + len(first.in_trash()) == 2
    assert all(first.path(name).read_bytes() == content(1) for name in standing)
    assert ("a" in standing) == (report.done == [])
    for shelf in (first, second):
        shelf.reopen()
        shelf.trash.restore([entry.id for entry in shelf.trash.listing()])
        shelf.close()
    assert first.path("a").exists() and first.path("b").exists()
    return acted


@pytest.mark.parametrize("step", ["make_folder", "write_note", "move_into_fresh", "sync_folder"])
def test_the_survivor_goes_while_its_copy_is_being_moved(tmp_path: Path, step: str) -> None:
    keep = tmp_path / "photos" / "keep.jpg"

    def vanish(name: str) -> None:
        if name == step and step != "sync_folder":
            keep.unlink(missing_ok=True)

    shelf = Shelf(tmp_path, CountingOps(vanish))
    gone, kept = shelf.put(a=1, keep=1)
    report = shelf.trash.remove([gone], {gone: {kept}})
    if step == "sync_folder":  # after the move: what the person does then is another decision
        assert report.done == [gone]
    else:
        assert isinstance(report.refused[0][1], LastCopy)
        assert shelf.path("a").read_bytes() == content(1)
        assert (shelf.trash.listing(), shelf.in_trash()) == ([], [])
    shelf.close()


# -- folders that move, trash folders that someone deletes ---------------------------------------------


def test_a_folder_renamed_meanwhile_is_made_again(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(trip__a=1)
    shelf.put(trip__b=2)
    report = shelf.trash.remove([photo_id])
    (shelf.root / "trip").rename(shelf.root / "Italy")
    shelf.reopen()
    assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
    assert shelf.path("trip__a").read_bytes() == content(1)
    assert (shelf.root / "Italy" / "b.jpg").exists()


def test_a_root_renamed_meanwhile_takes_its_trash_along(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(trip__a=1)
    (shelf.root / "trip" / "a.xmp").write_text("sidecar")
    report = shelf.trash.remove([photo_id])
    renamed = shelf.base / "renamed"
    shelf.root.rename(renamed)
    assert "not connected" in str(shelf.trash.undo(report.action_id or 0).refused[0][1])
    root = shelf.catalog.writer.add_root(renamed)
    shelf.reopen()
    (entry,) = shelf.trash.listing()
    assert (entry.photo_id, entry.original) == (photo_id, renamed / "trip" / "a.jpg")
    assert shelf.trash.recover() == 0
    assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
    assert (renamed / "trip" / "a.jpg").read_bytes() == content(1)
    assert (renamed / "trip" / "a.xmp").read_text() == "sidecar"
    assert shelf.catalog.reader().photos([photo_id])[photo_id].root_id == root.id


def test_a_trash_folder_that_the_person_deleted_is_no_riddle(shelf: Shelf) -> None:
    a, b, _stays = shelf.put(a=1, b=2, c=3)
    first, second = shelf.trash.remove([a]), shelf.trash.remove([b])
    shutil.rmtree(shelf.root / TRASH_FOLDER_NAME)
    shelf.reopen()
    assert "someone else" in str(shelf.trash.undo(second.action_id or 0).refused[0][1])
    assert shelf.trash.empty(how="delete").done == [a]
    assert shelf.trash.listing() == []
    assert shelf.trash.undo(first.action_id or 0).done == []
    assert shelf.catalog.reader().last_undoable() is None
    again = shelf.put(a=1)
    assert shelf.trash.remove(again).done == again


@pytest.mark.parametrize("what", ["file", "link away"])
def test_something_else_by_the_name_of_the_trash_folder(shelf: Shelf, what: str) -> None:
    (photo_id,) = shelf.put(a=1)
    trash = shelf.root / TRASH_FOLDER_NAME
    if what == "file":
        trash.write_text("in the way")
    else:
        trash.symlink_to(shelf.base / "not there")
    report = shelf.trash.remove([photo_id])
    assert report.done == []
    assert shelf.path("a").read_bytes() == content(1)
    assert shelf.shown() == {photo_id}


# -- drives that do not answer -------------------------------------------------------------------------


class Silent(FileOps):
    """A drive that will not say what stands below some folders."""

    def __init__(self) -> None:
        self.below: Path | None = None

    def exists(self, path: Path) -> bool:
        if self.below is not None and self.below in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return super().exists(path)


def test_a_trash_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    ops = Silent()
    shelf = Shelf(tmp_path, ops)
    a, b = shelf.put(a=1, b=2)
    report = shelf.trash.remove([a])
    ops.below = shelf.root / TRASH_FOLDER_NAME
    assert shelf.trash.undo(report.action_id or 0).done == []
    assert shelf.trash.empty(how="delete").done == []
    assert shelf.trash.recover() == 0
    (entry,) = shelf.trash.listing()
    assert entry.photo_id == a
    ops.below = None
    assert shelf.trash.undo(report.action_id or 0).done == [a]
    assert shelf.shown() == {a, b}
    shelf.close()


def test_a_drive_that_vanishes_in_the_middle_is_asked_again_later(tmp_path: Path) -> None:
    """It did what was asked, said no, and was gone: the journal does not guess."""
    photos, away = tmp_path / "photos", tmp_path / "unplugged"

    class Pulled(FileOps):
        def move_into_fresh(self, source: Path, target: Path) -> None:
            super().move_into_fresh(source, target)
            photos.rename(away)
            photos.mkdir()
            raise OSError(errno.EIO, "Input/output error")

    shelf = Shelf(tmp_path, Pulled())
    (photo_id,) = shelf.put(a=1)
    shelf.put(b=2)
    assert shelf.trash.remove([photo_id]).done == []
    shelf.reopen()
    photos.rmdir()
    away.rename(photos)
    shelf.reopen()
    (entry,) = shelf.trash.listing()
    assert entry.photo_id == photo_id
    assert shelf.trash.restore([entry.id]).done == [photo_id]
    assert shelf.path("a").read_bytes() == content(1)
    shelf.close()


# -- notes from anywhere -------------------------------------------------------------------------------


def _place(place: str) -> Callable[[dict[str, object]], None]:
    return lambda entry: entry.update(place=place.encode().hex())


def _name(name: str) -> Callable[[dict[str, object]], None]:
    return lambda entry: entry.update(name=name.encode().hex())


@pytest.mark.parametrize(
    "change",
    [
        _place("../outside.jpg"),
        _place("/etc/outside.jpg"),
        _place(""),
        _place("a\0b"),
        _name(".."),
        _name(""),
    ],
)
def test_a_note_cannot_name_places_outside_its_folder(
    shelf: Shelf, change: Callable[[dict[str, object]], None]
) -> None:
    (photo_id,) = shelf.put(a=1)
    shelf.trash.remove([photo_id])
    (note,) = shelf.root.rglob(NOTE_NAME)
    said = json.loads(note.read_text())
    change(said["files"][0])
    note.write_text(json.dumps(said))
    fresh = Shelf(shelf.base / "fresh")
    fresh.catalog.writer.add_root(shelf.root)
    assert fresh.trash.recover() == 0
    assert fresh.trash.listing() == []
    fresh.close()


@pytest.mark.parametrize("note", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"{}", b'{"schema":1}'])
def test_a_damaged_note_leaves_its_file_alone(shelf: Shelf, note: bytes) -> None:
    (photo_id,) = shelf.put(a=1)
    shelf.trash.remove([photo_id])
    (place,) = shelf.root.rglob(NOTE_NAME)
    place.write_bytes(note)
    fresh = Shelf(shelf.base / "fresh")
    fresh.catalog.writer.add_root(shelf.root)
    assert fresh.trash.recover() == 0
    fresh.close()
    (file,) = shelf.in_trash()
    assert file.read_bytes() == content(1)
    shelf.trash.restore([entry.id for entry in shelf.trash.listing()])  # the journal knows it without
    assert shelf.path("a").read_bytes() == content(1)


def test_what_the_journal_wrongly_held_for_settled_is_found_again(shelf: Shelf) -> None:
    """A catalogue from a backup says that the photo is back; it lies in the trash."""
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    (file,) = shelf.in_trash()
    kept = shelf.base / "kept"
    shutil.copytree(file.parent, kept)
    shelf.trash.undo(report.action_id or 0)
    file.parent.parent.mkdir()
    shutil.copytree(kept, file.parent)
    shelf.path("a").unlink()
    shelf.reopen()
    (entry,) = shelf.trash.listing()
    assert shelf.trash.restore([entry.id]).done == [photo_id]
    assert shelf.path("a").read_bytes() == content(1)


# -- full drives, files in use, read-only libraries ----------------------------------------------------


@pytest.mark.parametrize("when", ["before the move", "after the move"])
def test_a_full_drive_under_the_catalogue(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Before: nothing moves. After: the file is in the trash, and the next action tells the journal."""
    a, b = shelf.put(a=1, b=2)
    name = "plan_removal" if when == "before the move" else "settle_items"

    def full(*_values: object, **_named: object) -> None:
        raise StorageFull("The drive is full.")

    with monkeypatch.context() as patched:
        patched.setattr(type(shelf.catalog.writer), name, full)
        with pytest.raises(StorageFull):
            shelf.trash.remove([a])
    assert shelf.path("a").exists() == (when == "before the move")
    assert len(shelf.in_trash()) == (when == "after the move")
    assert shelf.trash.remove([b]).done == [b]
    assert {entry.photo_id for entry in shelf.trash.listing()} == {b} | ({a} if "after" in when else set())
    shelf.trash.restore([entry.id for entry in shelf.trash.listing()])
    assert shelf.path("a").read_bytes() == content(1)
    assert shelf.shown() == {a, b}


class Refusing(FileOps):
    """Refuses one step with one error while it is armed."""

    def __init__(self, step: str, code: int, winerror: int | None = None) -> None:
        self.armed = True
        real = getattr(FileOps, step)

        def refuse(*values: object) -> object:
            if self.armed:
                error = OSError(code, os.strerror(code))
                if winerror is not None:
                    error.winerror = winerror  # type: ignore[attr-defined]
                raise error
            return real(self, *values)

        setattr(self, step, refuse)


@pytest.mark.parametrize(
    ("code", "winerror", "words"),
    [
        (errno.ENOSPC, None, "full"),
        (errno.EACCES, 32, "in use"),
        (errno.EACCES, None, "may not be changed"),
        (errno.EROFS, None, "only be read"),
        (errno.EIO, None, "could not be moved"),
    ],
)
def test_what_the_system_refuses_on_the_way_back_stays_in_the_trash(
    tmp_path: Path, code: int, winerror: int | None, words: str
) -> None:
    ops = Refusing("move_back", code, winerror)
    shelf = Shelf(tmp_path, ops)
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    assert words in str(shelf.trash.undo(report.action_id or 0).refused[0][1])
    (file,) = shelf.in_trash()
    assert file.read_bytes() == content(1)
    assert len(shelf.trash.listing()) == 1
    ops.armed = False
    assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
    shelf.close()


@pytest.mark.parametrize("winerror", [None, 32])
def test_what_cannot_be_emptied_stays_listed(tmp_path: Path, winerror: int | None) -> None:
    ops = Refusing("unlink", errno.EACCES, winerror)
    shelf = Shelf(tmp_path, ops)
    (photo_id,) = shelf.put(a=1)
    shelf.trash.remove([photo_id])
    report = shelf.trash.empty(how="delete")
    assert (report.done, [photo for photo, _ in report.refused]) == ([], [photo_id])
    ops.armed = False
    assert shelf.trash.restore([entry.id for entry in shelf.trash.listing()]).done == [photo_id]
    shelf.close()


def test_two_stacks_that_share_a_photo(shelf: Shelf) -> None:
    """One keeps what the other gives up: in one action nobody's survivor goes, in two the person saw both."""
    a, b, c = shelf.put(a=1, b=1, c=1)
    both = shelf.trash.remove([a, b], {a: {b}, b: {c}})
    assert (both.done, [photo for photo, _ in both.refused]) == ([b], [a])
    shelf.trash.undo(both.action_id or 0)
    assert shelf.trash.remove([a], {a: {b}}).done == [a]
    assert shelf.trash.remove([b], {b: {c}}).done == [b]
    assert isinstance(shelf.trash.remove([c], {c: {a, b}}).refused[0][1], LastCopy)
    assert shelf.path("c").read_bytes() == content(1)


def test_a_library_that_may_only_be_read_refuses(shelf: Shelf) -> None:
    kept, photo_id = shelf.put(a=1, b=2)
    shelf.trash.remove([photo_id])
    entry = shelf.trash.listing()[0].id
    shelf.catalog.close()
    library = Library.open(AppPaths.at(shelf.base / "catalogue"), read_only=True)
    try:
        for act in (
            partial(library.remove_photos, [kept]),
            partial(library.restore, [str(entry)]),
            library.empty_trash,
            library.undo,
        ):
            with pytest.raises(CatalogError, match="read"):
                act()
    finally:
        library.close()
    (file,) = shelf.in_trash()
    assert file.read_bytes() == content(2)
    assert shelf.path("a").exists()
    shelf.open()
    assert shelf.trash.restore([entry]).done == [photo_id]
