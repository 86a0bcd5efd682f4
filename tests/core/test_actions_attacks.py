"""Attacks on the trash from below and beside: notes made to stop a start, numbers of files that lie, folders
mounted twice, an error after the move, a catalogue that is lost while photos lie in the trash.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from organizer.actions.fileops import FileIdentity, FileOps
from organizer.actions.places import NOTE_NAME
from organizer.errors import (
    ActionRefused,
    CatalogError,
    FileChanged,
    FolderProblem,
    LastCopy,
    RestoreConflict,
)
from organizer.indexing.summary import IndexSummary
from organizer.library import Library
from organizer.library.sidecar_notes import SidecarNotes
from organizer.paths import AppPaths
from organizer.records import TRASH_FOLDER_NAME
from organizer.results import Stack, Tier
from tests.catalog_samples import add, content, on_disk
from tests.trash_samples import CountingOps, Crash, Shelf

pytestmark = pytest.mark.in_memory


def undo_that_stops(shelf: Shelf, action_id: int | None, drive: type[FileOps]) -> None:
    """The program ends just before the photo is moved back."""

    class Stopped(drive):  # type: ignore[misc, valid-type]
        def move_back(self, source: Path, target: Path) -> None:
            raise Crash

    shelf.catalog.close()
    shelf.open(Stopped())
    with pytest.raises(Crash):
        shelf.trash.undo(action_id or 0)


# -- notes and folders that come from anywhere ---------------------------------------------------------


def test_no_note_stops_a_start(shelf: Shelf) -> None:
    """Numbers that no database takes, and a pipe that nobody writes into."""
    ids = shelf.put(a=1, b=2, c=3, d=4, e=5)
    for photo_id in ids:
        shelf.trash.remove([photo_id])
    notes = sorted(shelf.root.rglob(NOTE_NAME), key=lambda note: next(note.parent.glob("*.jpg")).name)
    numbers = ('"size": 1e400', '"size": 9999999999999999999999', '"mtime_ns": -1e30')
    for note, said in zip(notes, numbers, strict=False):
        text = note.read_text()
        name = said.split(":")[0]
        note.write_text(",\n".join(said if name in line else line for line in text.split(",\n")))
    notes[3].write_text(notes[3].read_text().replace('"content_hash": "', '"content_hash": "00'))
    notes[4].unlink()
    os.mkfifo(notes[4])
    fresh = Shelf(shelf.base / "fresh")
    fresh.catalog.writer.add_root(shelf.root)
    assert fresh.trash.recover() == 0
    assert fresh.trash.listing() == []
    fresh.close()
    shelf.trash.restore([entry.id for entry in shelf.trash.listing()])
    assert shelf.shown() == set(ids)


def test_a_place_that_the_system_will_not_look_at_does_not_stop_a_start(shelf: Shelf) -> None:
    """A name longer than names can be: the photo is listed all the same."""
    shelf.trash.remove(shelf.put(trip__a=1))
    (note,) = shelf.root.rglob(NOTE_NAME)
    said = json.loads(note.read_text())
    said["files"][0]["place"] = ("n" * 300).encode().hex()
    note.write_text(json.dumps(said))
    fresh = Shelf(shelf.base / "fresh")
    fresh.catalog.writer.add_root(shelf.root)
    assert fresh.trash.recover() == 1
    (entry,) = fresh.trash.listing()
    assert entry.trashed.read_bytes() == content(1)
    fresh.close()


# -- drives whose numbers of files do not tell ---------------------------------------------------------


class Numberless(FileOps):
    """A drive that numbers every file 0, as some network drives do."""

    def identity(self, path: Path) -> FileIdentity | None:
        found = super().identity(path)
        return None if found is None else replace(found, inode=0)


def test_two_files_without_numbers_are_not_taken_for_one(tmp_path: Path) -> None:
    """Stopped before a photo was moved back to a place that another file has taken meanwhile: that is no
    second name of it, and the photo in the trash is the only one of its picture.
    """
    shelf = Shelf(tmp_path, Numberless())
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    newcomer = content(1)[::-1]
    shelf.path("a").write_bytes(newcomer)
    (lying,) = shelf.in_trash()
    os.utime(shelf.path("a"), ns=(lying.stat().st_mtime_ns, lying.stat().st_mtime_ns))

    undo_that_stops(shelf, report.action_id, Numberless)
    shelf.reopen(Numberless())
    assert shelf.path("a").read_bytes() == newcomer
    (lying,) = shelf.in_trash()
    assert lying.read_bytes() == content(1)
    (entry,) = shelf.trash.listing()
    assert shelf.trash.restore([entry.id], rename=True).done == [photo_id]
    shelf.close()


def test_a_file_that_came_to_the_old_place_is_not_the_photo_put_back(shelf: Shelf) -> None:
    """Stopped before it was moved back; then the trash folder went, and something else stands there."""
    (photo_id,) = shelf.put(a=1)
    shelf.put(b=2)
    report = shelf.trash.remove([photo_id])

    undo_that_stops(shelf, report.action_id, FileOps)
    shutil.rmtree(shelf.root / TRASH_FOLDER_NAME)
    shelf.path("a").write_bytes(b"something else")
    shelf.reopen()
    assert photo_id not in shelf.shown()
    assert shelf.path("a").read_bytes() == b"something else"


# -- errors after the move -----------------------------------------------------------------------------


class Unsure(FileOps):
    """Cannot look at what it moved; ``stuck``: nor move it back."""

    def __init__(self, *, stuck: bool) -> None:
        self.stuck = stuck

    def identity(self, path: Path) -> FileIdentity | None:
        if TRASH_FOLDER_NAME in path.parts:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return super().identity(path)

    def move_back(self, source: Path, target: Path) -> None:
        if self.stuck:
            raise OSError(errno.EIO, "Input/output error", str(target))
        super().move_back(source, target)


@pytest.mark.parametrize("stuck", [False, True])
def test_what_cannot_be_looked_at_after_the_move_goes_back(tmp_path: Path, stuck: bool) -> None:
    """And where it cannot go back, nobody says that it is where it was: it is in the trash, to be undone."""
    shelf = Shelf(tmp_path, Unsure(stuck=stuck))
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    assert report.done == ([photo_id] if stuck else [])
    assert shelf.path("a").exists() != stuck
    assert len(shelf.in_trash()) == stuck
    assert len(shelf.trash.listing()) == stuck
    assert shelf.shown() == (set() if stuck else {photo_id})
    if stuck:
        shelf.reopen()
        assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
        assert shelf.path("a").read_bytes() == content(1)
    shelf.close()


def test_a_drive_that_stops_answering_is_not_said_to_have_kept_the_photo(tmp_path: Path) -> None:
    class Silent(FileOps):
        silent = False

        def move_into_fresh(self, source: Path, target: Path) -> None:
            super().move_into_fresh(source, target)
            self.silent = True
            raise OSError(errno.EIO, "Input/output error")

        def exists(self, path: Path) -> bool:
            if self.silent:
                raise OSError(errno.EIO, "Input/output error", str(path))
            return super().exists(path)

    ops = Silent()
    shelf = Shelf(tmp_path, ops)
    (photo_id,) = shelf.put(a=1)
    ((refused, problem),) = shelf.trash.remove([photo_id]).refused
    assert refused == photo_id
    assert "where it was" not in str(problem)
    ops.silent = False
    shelf.reopen()
    assert shelf.trash.restore([entry.id for entry in shelf.trash.listing()]).done == [photo_id]
    shelf.close()


def test_the_way_into_the_trash_is_on_the_drive_before_the_photo_goes(tmp_path: Path) -> None:
    """A drive without a journal keeps what was synced: the folders that lead to the photo come first."""
    steps: list[tuple[str, Path]] = []

    class Noting(FileOps):
        def sync_folder(self, folder: Path) -> None:
            steps.append(("sync", folder))
            super().sync_folder(folder)

        def move_into_fresh(self, source: Path, target: Path) -> None:
            steps.append(("move", target.parent))
            super().move_into_fresh(source, target)

    shelf = Shelf(tmp_path, Noting())
    shelf.trash.remove(shelf.put(trip__a=1))
    moved = next(place for place, (name, _) in enumerate(steps) if name == "move")
    before, after = steps[:moved], steps[moved + 1 :]
    assert {folder for _, folder in before} >= {shelf.root, shelf.root / TRASH_FOLDER_NAME}
    assert [folder for _, folder in after] == [steps[moved][1], shelf.root / "trip"]
    shelf.close()


def test_a_mount_point_that_went_is_not_made_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    (photo_id,) = shelf.put(a=1)

    class Unplugged(FileOps):
        def make_folder(self, folder: Path) -> None:
            shelf.root.rename(tmp_path / "unplugged")
            super().make_folder(folder)

    shelf.catalog.close()
    shelf.open(Unplugged())
    assert shelf.trash.remove([photo_id]).done == []
    assert not shelf.root.exists()
    assert (tmp_path / "unplugged" / "a.jpg").read_bytes() == content(1)
    shelf.close()


# -- where the trash can be ----------------------------------------------------------------------------


class Mounted(FileOps):
    """``inner`` is a folder of the same drive that is mounted below the root (a bind mount): the device is
    the same, and nothing can be renamed across.
    """

    def __init__(self, inner: Path) -> None:
        self.inner = inner

    def _refuse_across(self, source: Path, target: Path) -> None:
        if source.is_relative_to(self.inner) != target.is_relative_to(self.inner):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source))

    def move_into_fresh(self, source: Path, target: Path) -> None:
        self._refuse_across(source, target)
        super().move_into_fresh(source, target)

    def can_rename(self, folder: Path, other: Path) -> bool:
        return folder.is_relative_to(self.inner) == other.is_relative_to(self.inner)


def test_a_folder_of_the_same_drive_that_is_mounted_has_its_own_trash(tmp_path: Path) -> None:
    inner = tmp_path / "photos" / "mounted"
    shelf = Shelf(tmp_path, Mounted(inner))
    ids = shelf.put(mounted__deep__a=1, b=2)
    report = shelf.trash.remove(ids)
    assert report.done == ids
    assert [file.relative_to(shelf.root).parts[0] for file in shelf.in_trash()] == [
        TRASH_FOLDER_NAME,
        "mounted",
    ]
    assert (inner / TRASH_FOLDER_NAME).is_dir()
    assert shelf.trash.undo(report.action_id or 0).done == ids
    shelf.close()


def test_whether_a_rename_is_possible_is_asked_without_renaming(tmp_path: Path) -> None:
    ops = FileOps()
    (tmp_path / "a").mkdir()
    assert ops.can_rename(tmp_path / "a", tmp_path)
    assert [file.name for file in tmp_path.rglob("*")] == ["a"]
    if Path("/proc/self").exists() and tmp_path.stat().st_dev != Path("/proc").stat().st_dev:
        assert not ops.can_rename(tmp_path, Path("/proc/self"))


@pytest.mark.parametrize("what", ["file", "link", "someone else's"])
def test_a_trash_folder_that_is_none_leaves_it_to_the_folder_below(tmp_path: Path, what: str) -> None:
    trash = tmp_path / "photos" / TRASH_FOLDER_NAME

    class Theirs(FileOps):
        def is_writable(self, folder: Path) -> bool:
            return folder != trash and super().is_writable(folder)

    shelf = Shelf(tmp_path, Theirs())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if what == "file":
        trash.write_text("in the way")
    elif what == "link":
        trash.symlink_to(elsewhere)
    else:
        trash.mkdir()
    a, b = shelf.put(trip__a=1, b=2)
    report = shelf.trash.remove([a, b])
    assert report.done == [a]
    assert (shelf.root / "trip" / TRASH_FOLDER_NAME).is_dir()
    assert list(elsewhere.iterdir()) == []
    ((refused, problem),) = report.refused
    assert refused == b and TRASH_FOLDER_NAME in str(problem)
    assert shelf.trash.undo(report.action_id or 0).done == [a]
    shelf.close()


# -- files changed behind a date that stays ------------------------------------------------------------


def test_bytes_changed_in_place_under_the_same_date_between_check_and_move_are_seen(tmp_path: Path) -> None:
    """Of the photo, and of the copy that stays: an action on many photos checks it once."""
    for name in ("a", "keep"):
        base = tmp_path / name
        file = base / "photos" / f"{name}.jpg"

        class Rated(FileOps):
            """Another program writes into the file once it was checked, and keeps its date."""

            def device_of(self, folder: Path, file: Path = file) -> int:
                found = file.stat()
                file.write_bytes(content(1)[::-1])
                os.utime(file, ns=(found.st_mtime_ns, found.st_mtime_ns))
                return super().device_of(folder)

        shelf = Shelf(base, Rated())
        gone, kept = shelf.put(a=1, keep=1)
        ((refused, problem),) = shelf.trash.remove([gone], {gone: {kept}}).refused
        assert refused == gone
        assert isinstance(problem, FileChanged if name == "a" else LastCopy)
        assert len(shelf.in_trash()) == 0
        shelf.close()


def test_two_names_of_one_copy_both_go(shelf: Shelf) -> None:
    """Moving one touches the other: that is no change of its bytes."""
    _, keep = shelf.put(a=1, keep=1)
    other = shelf.path("other")
    os.link(shelf.path("a"), other)
    ids = add(shelf.catalog, shelf.root_id, on_disk(shelf.path("a"), 1), on_disk(other, 1))
    assert shelf.path("a").samefile(other)
    report = shelf.trash.remove(ids, {one: {keep} for one in ids})
    assert report.done == ids
    assert len(shelf.in_trash()) == 2


# -- a catalogue that is lost --------------------------------------------------------------------------


def fresh_library(shelf: Shelf, root: Path) -> Shelf:
    """A new catalogue over a folder, as after the old one was lost."""
    shelf.catalog.close()
    shutil.rmtree(shelf.base / "catalogue")
    shelf.open()
    shelf.catalog.writer.add_root(root)
    return shelf


@pytest.mark.parametrize("again", ["the folder above", "a folder inside"])
def test_a_lost_catalogue_finds_the_trash_from_another_folder(shelf: Shelf, again: str) -> None:
    """The trash is in the folder that was added; now the one above or one inside is."""
    a, b = shelf.put(trip__a=1, b=2)
    shelf.put(trip__stays=3)
    shelf.trash.remove([a])
    shelf.trash.remove([b])
    root = shelf.base if again == "the folder above" else shelf.root / "trip"
    fresh_library(shelf, root)
    shelf.root_id = shelf.catalog.reader().roots()[0].id
    shelf.put(trip__stays=3)  # what the scan finds
    shelf.trash.recover()
    found = {entry.original for entry in shelf.trash.listing()}
    assert found == (
        {shelf.path("trip__a"), shelf.path("b")} if root == shelf.base else {shelf.path("trip__a")}
    )
    shelf.trash.restore([entry.id for entry in shelf.trash.listing()])
    assert shelf.path("trip__a").read_bytes() == content(1)


def test_what_the_scan_comes_by_is_in_the_list_after_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start looks at a few places alone; the folders of photos are looked in when they were scanned."""
    shelf.trash.remove(shelf.put(trip__a=1))
    root = shelf.root
    fresh_library(shelf, shelf.base)
    shelf.catalog.close()
    library = Library.open(AppPaths.at(shelf.base / "catalogue"))

    def scan(*_values: object) -> IndexSummary:
        add(library._catalog, library.roots()[0].id, on_disk(root / "trip" / "b.jpg", 2))
        return IndexSummary()

    monkeypatch.setattr(SidecarNotes, "index", scan)
    try:
        assert library.trash() == []
        library.index(library.new_control())
        (entry,) = library.trash()
        assert library.restore([entry.id]).text == "1 photo put back."
        assert library.roots()[0].path == shelf.base
    finally:
        library.close()
    assert (root / "trip" / "a.jpg").read_bytes() == content(1)


def test_the_trash_of_an_inner_drive_is_found_without_a_catalogue(tmp_path: Path) -> None:
    inner = tmp_path / "photos" / "mounted"
    shelf = Shelf(tmp_path, Mounted(inner))
    (photo_id,) = shelf.put(mounted__2020__trip__a=1)
    shelf.trash.remove([photo_id])
    fresh_library(shelf, shelf.root)
    shelf.root_id = shelf.catalog.reader().roots()[0].id
    assert shelf.trash.recover() == 0
    shelf.put(mounted__2020__trip__b=2)
    assert shelf.trash.recover() == 1
    assert shelf.trash.recover() == 0
    (entry,) = shelf.trash.listing()
    assert shelf.trash.restore([entry.id]).done
    assert shelf.path("mounted__2020__trip__a").read_bytes() == content(1)
    shelf.close()


def test_what_was_found_is_nothing_that_somebody_did(shelf: Shelf) -> None:
    """Undo takes back what the person did last, and Redo what they undid, not what a start came by."""
    found, mine, other = shelf.put(found=1, mine=2, other=3)
    shelf.trash.remove([found])
    fresh_library(shelf, shelf.root)
    shelf.root_id = shelf.catalog.reader().roots()[0].id
    mine, other = shelf.put(mine=2, other=3)
    first, second = shelf.trash.remove([mine]), shelf.trash.remove([other])
    shelf.trash.undo(second.action_id or 0)
    assert shelf.trash.recover() == 1
    reader = shelf.catalog.reader()
    undoable, redoable = reader.last_undoable(), reader.last_redoable()
    assert undoable is not None and undoable.id == first.action_id
    assert redoable is not None and redoable.id == second.action_id
    (entry,) = [one for one in shelf.trash.listing() if one.original.name == "found.jpg"]
    shelf.trash.restore([entry.id])
    assert reader.last_redoable() == redoable
    shelf.trash.undo(first.action_id or 0)
    assert reader.last_undoable() is None
    assert shelf.path("found").exists() and shelf.path("mine").exists()


@pytest.mark.parametrize("kept", ["stands", "lost"])
def test_the_last_of_a_picture_does_not_expire_after_its_catalogue_was_lost(shelf: Shelf, kept: str) -> None:
    gone, keep = shelf.put(a=1, keep=1)
    (other,) = shelf.put(by_hand=2)
    shelf.trash.remove([gone], {gone: {keep}})
    shelf.trash.remove([other])
    if kept == "lost":
        shelf.path("keep").unlink()
    fresh_library(shelf, shelf.root)
    shelf.root_id = shelf.catalog.reader().roots()[0].id
    if kept == "stands":
        shelf.put(keep=1)
    assert shelf.trash.recover() == 2
    later = datetime.now(UTC) + timedelta(days=40)
    found = shelf.trash.expire(30, how="delete", at=later)
    assert (found.announced, found.held) == ((2, 0) if kept == "stands" else (1, 1))
    shelf.trash.expire(30, how="delete", at=later + timedelta(days=2))
    assert [entry.original.name for entry in shelf.trash.listing()] == ([] if kept == "stands" else ["a.jpg"])


# -- our own trash is no place for photos --------------------------------------------------------------


def test_what_lies_in_the_trash_is_nobodys_copy(shelf: Shelf) -> None:
    """Even where somebody catalogued it: it goes when the trash is emptied."""
    gone, keep = shelf.put(a=1, keep=1)
    shelf.trash.remove([gone], {gone: {keep}})
    (lying,) = shelf.in_trash()
    found = lying.stat()
    one = replace(on_disk(shelf.base / "x.jpg", 1), stamp=replace(
        on_disk(shelf.base / "x.jpg", 1).stamp, path=lying, mtime_ns=found.st_mtime_ns))  # fmt: skip
    (inside,) = add(shelf.catalog, shelf.root_id, one)
    assert isinstance(shelf.trash.remove([keep], {keep: {inside}}).refused[0][1], LastCopy)
    assert isinstance(shelf.trash.remove([inside]).refused[0][1], ActionRefused)
    link = shelf.base / "link"
    link.symlink_to(lying.parent)
    linked = replace(one, stamp=replace(one.stamp, path=link / lying.name))
    (inside,) = add(shelf.catalog, shelf.root_id, linked)
    assert isinstance(shelf.trash.remove([keep], {keep: {inside}}).refused[0][1], LastCopy)
    shelf.catalog.close()
    library = Library.open(AppPaths.at(shelf.base / "catalogue"))
    try:
        for folder in (lying.parent, lying.parent.parent, link):
            with pytest.raises(FolderProblem, match="trash"):
                library.add_folder(folder)
    finally:
        library.close()


# -- the program is closed in the middle ---------------------------------------------------------------


def test_a_library_closed_in_the_middle_of_a_large_clean(tmp_path: Path) -> None:
    """The window is closed while copies move: each file is in place or in the trash, and the next start
    knows which.
    """
    moves = 0

    def close(name: str) -> None:
        nonlocal moves
        moves += name == "move_into_fresh"
        if moves == 40:
            shelf.catalog.close()

    shelf = Shelf(tmp_path, CountingOps(lambda _name: None, close))
    (keep,) = shelf.put(keep=1)
    ids = shelf.put(**dict.fromkeys((f"copy{number}" for number in range(60)), 1))
    with pytest.raises(CatalogError):
        shelf.trash.remove(ids, {one: {keep} for one in ids})
    shelf.reopen()
    lying = {file.name for file in shelf.in_trash()}
    assert lying == {entry.original.name for entry in shelf.trash.listing()}
    standing = {file.name for file in shelf.root.glob("copy*.jpg")}
    assert not lying & standing and len(lying | standing) == 60
    assert len(shelf.shown()) == len(standing) + 1
    action = shelf.catalog.reader().last_undoable()
    assert action is not None
    assert len(shelf.trash.undo(action.id).done) == len(lying)
    assert shelf.shown() == {keep, *ids}
    shelf.close()


def test_cleaning_takes_what_was_agreed_to_and_nothing_found_since(shelf: Shelf) -> None:
    """A summary was read; another stack of exact copies is found while the person reads."""
    a, a2 = shelf.put(a=1, a2=1)
    b, b2 = shelf.put(b=2, b2=2)
    seen = Stack("seen", Tier.EXACT, (a, a2), a, "", {a2: "the same"})
    since = Stack("since", Tier.EXACT, (b, b2), b, "", {b2: "the same"})
    shelf.catalog.writer.store_stacks([seen], generation=0)
    shelf.catalog.close()
    library = Library.open(AppPaths.at(shelf.base / "catalogue"))
    try:
        plan = library.exact_cleanup()
        library._catalog.writer.store_stacks([seen, since], generation=0)
        assert library.clean_exact(stack_keys=plan.stack_keys).done == plan.photo_ids == (a2,)
        assert shelf.path("b2").exists()
        assert library.clean_exact().done == (b2,)
    finally:
        library.close()


def test_a_folder_that_became_a_file_is_told_and_costs_its_photos_alone(shelf: Shelf) -> None:
    a, b = shelf.put(trip__a=1, b=2)
    report = shelf.trash.remove([a, b])
    (shelf.root / "trip").rmdir()
    (shelf.root / "trip").write_text("a file now")
    for restore in (
        lambda: shelf.trash.undo(report.action_id or 0),
        lambda: shelf.trash.restore([entry.id for entry in shelf.trash.listing()], rename=True),
    ):
        again = restore()
        ((refused, problem),) = again.refused
        assert refused == a and "trip is a file now" in str(problem)
    assert shelf.path("b").exists()
    (shelf.root / "trip").unlink()
    assert shelf.trash.undo(report.action_id or 0).done == [a]


class Late(FileOps):
    """Looks at a place in the moment before another program saves a file there."""

    def __init__(self) -> None:
        self.unseen: Path | None = None

    def exists(self, path: Path) -> bool:
        return path != self.unseen and super().exists(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux renames so")
def test_without_hard_links_nothing_is_written_over_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_values: object, **_named: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    ops = Late()
    shelf = Shelf(tmp_path, ops)
    a, b = shelf.put(a=1, b=2)
    report = shelf.trash.remove([a, b])
    shelf.path("a").write_bytes(b"newcomer")
    ops.unseen = shelf.path("a")
    again = shelf.trash.undo(report.action_id or 0)
    assert again.done == [b]
    assert isinstance(again.refused[0][1], RestoreConflict)
    assert shelf.path("a").read_bytes() == b"newcomer"
    assert shelf.path("b").read_bytes() == content(2)
    (lying,) = shelf.in_trash()
    assert lying.read_bytes() == content(1)
    ops.unseen = None
    assert shelf.trash.restore([entry.id for entry in shelf.trash.listing()], rename=True).done == [a]
    assert (shelf.root / "a (restored).jpg").read_bytes() == content(1)
    shelf.close()


def test_a_pipe_that_is_called_a_sidecar_stops_nothing(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    os.mkfifo(shelf.root / "a.xmp")
    shelf.catalog.close()
    library = Library.open(AppPaths.at(shelf.base / "catalogue"))
    try:
        library.read_sidecars()
        said = library.sidecar(photo_id)
        assert said is None or said.problem
        assert library.remove_photos([photo_id]).done == (photo_id,)
        assert library.undo() is not None
    finally:
        library.close()
    assert shelf.path("a").read_bytes() == content(1)


# -- odd names, folders that leave the library, drives that give up in the middle ----------------------


def test_a_name_that_is_no_text_comes_back_without_a_catalogue(shelf: Shelf) -> None:
    raw = b"\xff\xfe\x80 \xed\xa0\x80"
    file = on_disk(shelf.root / os.fsdecode(raw + b".jpg"), 1)
    (photo_id,) = add(shelf.catalog, shelf.root_id, file)
    (shelf.root / os.fsdecode(raw + b".xmp")).write_text("sidecar")
    assert shelf.trash.remove([photo_id]).companions == 1
    fresh_library(shelf, shelf.root)
    assert shelf.trash.recover() == 2
    assert len(shelf.trash.restore([entry.id for entry in shelf.trash.listing()]).done) == 1
    assert {os.fsencode(one.name) for one in shelf.root.iterdir()} == {raw + b".jpg", raw + b".xmp"}
    assert file.stamp.path.read_bytes() == content(1)


def test_a_folder_that_left_the_library_keeps_its_trash(shelf: Shelf) -> None:
    ids = shelf.put(trip__a=1, b=2)
    report = shelf.trash.remove(ids)
    shelf.catalog.writer.remove_root(shelf.root_id)
    shelf.reopen()
    assert len(shelf.trash.listing()) == 2
    later = datetime.now(UTC) + timedelta(days=40)
    assert shelf.trash.expire(30, how="delete", at=later).announced == 2
    assert shelf.trash.undo(report.action_id or 0).done == ids
    assert shelf.path("trip__a").read_bytes() == content(1)
    assert shelf.trash.redo(report.action_id or 0).done == []
    assert shelf.path("b").read_bytes() == content(2)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("content_hash", errno.EIO),
        ("write_note", errno.EDQUOT),
        ("move_into_fresh", errno.EROFS),
        ("make_folder", errno.EROFS),
    ],
)
def test_a_drive_that_gives_up_after_the_first_photo(tmp_path: Path, step: str, code: int) -> None:
    class Tired(FileOps):
        left = 2

        def __getattribute__(self, name: str) -> Any:
            if name == step:
                self.left -= 1
                if self.left < 1:
                    raise OSError(code, os.strerror(code))
            return super().__getattribute__(name)

    shelf = Shelf(tmp_path, Tired())
    ids = shelf.put(a=1, b=2, c=3)
    report = shelf.trash.remove(ids)
    assert report.done == ids[:1]
    assert [photo_id for photo_id, _ in report.refused] == ids[1:]
    assert not shelf.path("a").exists() and shelf.path("b").exists() and shelf.path("c").exists()
    assert len(list((shelf.root / TRASH_FOLDER_NAME).iterdir())) == 1
    shelf.reopen()
    assert shelf.trash.undo(report.action_id or 0).done == ids[:1]
    assert shelf.shown() == set(ids)
    shelf.close()
