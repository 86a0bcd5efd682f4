"""The trash's contract on real files: what may go, what stays, and the way back."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from organizer.actions.fileops import FileOps
from organizer.errors import (
    ActionRefused,
    FileChanged,
    LastCopy,
    Protected,
    RestoreConflict,
    StorageFull,
    UsageProblem,
)
from organizer.events import Committed, Kind
from organizer.records import TRASH_FOLDER_NAME, FileStamp
from organizer.results import Caption, Categorised
from tests.catalog_samples import MTIME_NS, content
from tests.trash_samples import Shelf

pytestmark = pytest.mark.in_memory


def test_removed_by_hand_undone_and_redone(shelf: Shelf) -> None:
    first, second = shelf.put(a=1, sub__b=2)
    seen: list[Committed] = []
    shelf.catalog.subscribe(seen.append)
    report = shelf.trash.remove([second], why="1 photo removed")
    assert (report.done, report.refused, report.bytes) == ([second], [], len(content(2)))
    assert report.action_id is not None
    assert not shelf.path("sub__b").exists()
    (kept,) = shelf.in_trash()
    assert kept.is_relative_to(shelf.root / TRASH_FOLDER_NAME)
    assert kept.read_bytes() == content(2)
    assert kept.stat().st_mtime_ns == MTIME_NS + 2
    assert shelf.shown() == {first}
    assert shelf.catalog.reader().counts().trash == 1
    assert Kind.TRASH in seen[-1].kinds
    action = shelf.catalog.reader().last_undoable()
    assert action is not None
    assert (action.id, action.why) == (report.action_id, "1 photo removed")

    undone = shelf.trash.undo(report.action_id)
    assert (undone.done, undone.refused) == ([second], [])
    assert shelf.path("sub__b").read_bytes() == content(2)
    assert shelf.path("sub__b").stat().st_mtime_ns == MTIME_NS + 2
    assert shelf.in_trash() == []
    assert not (shelf.root / TRASH_FOLDER_NAME).exists()
    assert shelf.shown() == {first, second}
    assert shelf.catalog.reader().last_redoable() == shelf.catalog.reader().action(report.action_id)

    again = shelf.trash.redo(report.action_id)
    assert (again.done, again.action_id) == ([second], report.action_id)
    assert shelf.shown() == {first}
    assert len(shelf.trash.listing()) == 1
    with pytest.raises(UsageProblem):
        shelf.trash.redo(report.action_id)


def test_undo_after_a_restart_brings_back_everything_known(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    writer = shelf.catalog.writer
    writer.store_categories([Categorised(photo_id, "food", 0.5)], model="starter", generation=0)
    writer.store_captions([Caption(photo_id, "a plate", "labels")], generation=0)
    report = shelf.trash.remove([photo_id])
    assert shelf.catalog.reader().categories() == []
    shelf.reopen()
    assert report.action_id is not None
    shelf.trash.undo(report.action_id)
    reader = shelf.catalog.reader()
    assert reader.categories()[0].category == "food"
    assert reader.captions()[0].text == "a plate"
    assert reader.vectors("starter")[0].tolist() == [photo_id]


def test_redo_after_a_restart_removes_what_was_undone(shelf: Shelf) -> None:
    first, second = shelf.put(a=1, b=1)
    report = shelf.trash.remove([second], {second: {first}}, why="1 copy")
    shelf.reopen()
    shelf.trash.undo(report.action_id or 0)
    shelf.reopen()
    action = shelf.catalog.reader().last_redoable()
    assert action is not None
    again = shelf.trash.redo(action.id)
    assert (again.action_id, again.done) == (report.action_id, [second])
    assert not shelf.path("b").exists()
    shelf.path("a").unlink()
    shelf.trash.undo(action.id)
    shelf.reopen()
    assert isinstance(shelf.trash.redo(action.id).refused[0][1], LastCopy)  # the survivor went since
    assert shelf.path("b").exists()


def test_redo_passes_by_what_was_put_back_by_hand_out_of_turn(shelf: Shelf) -> None:
    first, second = shelf.put(a=1, b=2)
    older, newer = shelf.trash.remove([first]), shelf.trash.remove([second])
    reader = shelf.catalog.reader()
    shelf.trash.restore([item.id for item in reader.items(older.action_id or 0)])
    shelf.trash.undo(newer.action_id or 0)
    again = reader.last_redoable()
    assert again is not None
    assert again.id == newer.action_id
    with pytest.raises(UsageProblem):
        shelf.trash.redo(older.action_id or 0)


def test_another_name_of_the_survivor_is_refused_with_its_reason(shelf: Shelf) -> None:
    first, second = shelf.put(a=1, b=1)
    shelf.path("b").unlink()
    os.link(shelf.path("a"), shelf.path("b"))
    report = shelf.trash.remove([second], {second: {first}}, why="1 copy")
    assert "another name of the photo that stays; removing it would free nothing" in str(report.refused[0][1])
    assert shelf.path("b").exists()


def test_a_stack_keeps_its_survivor(shelf: Shelf) -> None:
    keep, copy_1, copy_2 = shelf.put(keep=1, copy_1=1, copy_2=1)
    report = shelf.trash.remove([copy_1, copy_2], {copy_1: {keep}, copy_2: {keep}})
    assert report.done == [copy_1, copy_2]
    assert shelf.path("keep").exists()
    assert report.action_id is not None
    shelf.trash.undo(report.action_id)
    shelf.path("keep").unlink()
    again = shelf.trash.redo(report.action_id)
    assert again.done == []
    assert [type(error) for _, error in again.refused] == [LastCopy, LastCopy]
    assert shelf.path("copy_1").exists()


def test_no_survivor_no_removal(shelf: Shelf) -> None:
    a, b, c = shelf.put(a=1, b=1, c=1)
    for survivors in ({}, {a: set()}, {a: {a}}, {a: {999}}):
        report = shelf.trash.remove([a], survivors)
        assert (report.done, report.action_id) == ([], None)
        assert isinstance(report.refused[0][1], LastCopy)
    both = shelf.trash.remove([a, b], {a: {b}, b: {a}})  # each says that the other stays
    assert both.done == []
    shelf.catalog.writer.mark_missing([c])
    shelf.catalog.writer.flush()
    assert shelf.trash.remove([a], {a: {c}}).done == []
    assert shelf.path("a").exists()
    assert shelf.path("b").exists()
    assert shelf.catalog.reader().last_undoable() is None


@pytest.mark.parametrize("what", ["gone", "changed", "same size", "hard link", "symlink"])
def test_a_survivor_that_is_no_copy_does_not_count(shelf: Shelf, what: str) -> None:
    gone, keep = shelf.put(a=1, keep=1)
    place = shelf.path("keep")
    if what == "changed":
        place.write_bytes(b"something else entirely")
    elif what == "same size":
        place.write_bytes(b"PHOTO 1")
        os.utime(place, ns=(MTIME_NS + 1, MTIME_NS + 1))
    else:
        place.unlink()
    if what == "hard link":
        os.link(shelf.path("a"), place)
    elif what == "symlink":
        place.symlink_to(shelf.path("a"))
    report = shelf.trash.remove([gone], {gone: {keep}})
    assert report.done == []
    assert isinstance(report.refused[0][1], LastCopy)
    assert shelf.path("a").read_bytes() == content(1)


def test_a_file_that_changed_is_left_alone_and_the_others_go(shelf: Shelf) -> None:
    a, b, c, d = shelf.put(a=1, b=2, c=3, d=4)
    shelf.path("b").write_bytes(b"longer than it was before")
    shelf.path("c").write_bytes(b"PHOTO 3")
    shelf.path("d").unlink()
    report = shelf.trash.remove([a, b, c, d])
    assert report.done == [a]
    assert [photo_id for photo_id, _ in report.refused] == [b, c, d]
    assert all(isinstance(error, FileChanged) for _, error in report.refused)
    assert shelf.path("b").exists()
    assert shelf.path("c").exists()


def test_a_file_that_changes_between_the_check_and_the_move_is_left_alone(tmp_path: Path) -> None:
    class Late(FileOps):
        def write_note(self, note: Path, content: dict[str, object]) -> None:
            super().write_note(note, content)
            replacement = tmp_path / "new.jpg"
            replacement.write_bytes(b"photo 9")
            replacement.replace(tmp_path / "photos" / "a.jpg")

    shelf = Shelf(tmp_path, Late())
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    assert isinstance(report.refused[0][1], FileChanged)
    assert shelf.path("a").read_bytes() == b"photo 9"
    assert shelf.in_trash() == []
    assert shelf.trash.listing() == []
    shelf.close()


def test_protected_folders_refuse(shelf: Shelf) -> None:
    a, b = shelf.put(a=1, sub__b=2)
    shelf.protected.append(shelf.root / "sub")
    report = shelf.trash.remove([a, b])
    assert report.done == [a]
    assert isinstance(report.refused[0][1], Protected)
    shelf.protected.clear()
    shelf.catalog.writer.set_root(shelf.root_id, protected=True)
    assert isinstance(shelf.trash.remove([b]).refused[0][1], Protected)
    assert shelf.path("sub__b").exists()


def test_a_link_is_not_removed(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    shutil.move(shelf.path("a"), shelf.base / "elsewhere.jpg")
    shelf.path("a").symlink_to(shelf.base / "elsewhere.jpg")
    report = shelf.trash.remove([photo_id])
    assert "link" in str(report.refused[0][1])
    assert shelf.path("a").is_symlink()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.EACCES, ActionRefused),
        (errno.EROFS, Protected),
        (errno.EBUSY, ActionRefused),
        (errno.ENOSPC, StorageFull),
        (errno.EIO, ActionRefused),
        (errno.EXDEV, ActionRefused),
    ],
)
@pytest.mark.parametrize("step", ["make_folder", "write_note", "move_into_fresh"])
def test_what_the_system_refuses_leaves_the_file_in_place(
    tmp_path: Path, code: int, expected: type[Exception], step: str
) -> None:
    class Refusing(FileOps):
        armed = True

    def fail(self: Refusing, *values: object) -> None:
        if Refusing.armed:
            raise OSError(code, os.strerror(code))
        getattr(FileOps, step)(self, *values)

    setattr(Refusing, step, fail)
    shelf = Shelf(tmp_path, Refusing())
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    assert report.done == []
    assert isinstance(report.refused[0][1], expected)
    assert shelf.path("a").read_bytes() == content(1)
    assert shelf.in_trash() == []
    assert shelf.shown() == {photo_id}
    Refusing.armed = False
    assert shelf.trash.remove([photo_id]).done == [photo_id]
    shelf.close()


def test_a_folder_that_may_only_be_read_refuses(tmp_path: Path) -> None:
    class ReadOnly(FileOps):
        def is_writable(self, folder: Path) -> bool:
            return folder.name != "sub"

    shelf = Shelf(tmp_path, ReadOnly())
    (photo_id,) = shelf.put(sub__a=1)
    assert isinstance(shelf.trash.remove([photo_id]).refused[0][1], Protected)
    shelf.close()


def test_the_trash_is_on_the_files_own_drive(tmp_path: Path) -> None:
    class TwoDrives(FileOps):
        def device_of(self, folder: Path) -> int:
            return 2 if "mounted" in folder.parts else 1

    shelf = Shelf(tmp_path, TwoDrives())
    a, b = shelf.put(a=1, mounted__deep__b=2)
    shelf.trash.remove([a, b])
    parents = {file.name: file.parent.parent.parent for file in shelf.in_trash()}
    assert parents == {"a.jpg": shelf.root, "b.jpg": shelf.root / "mounted"}
    shelf.close()


def test_sidecars_and_the_live_video_go_along_and_come_back(shelf: Shelf) -> None:
    (photo_id, other) = shelf.put(IMG_1=1, IMG_2=2)
    companions = ["IMG_1.xmp", "IMG_1.jpg.xmp", "img_1.AAE", "IMG_1.MOV"]
    for name in [*companions, "IMG_2.mov", "IMG_10.xmp"]:
        (shelf.root / name).write_text(f"of {name}")
    report = shelf.trash.remove([photo_id])
    assert report.companions == len(companions)
    assert sorted(path.name for path in shelf.in_trash()) == sorted(["IMG_1.jpg", *companions])
    assert (shelf.root / "IMG_2.mov").exists()
    (entry,) = shelf.trash.listing()
    assert entry.bytes == report.bytes
    shelf.trash.restore([entry.id])
    assert all((shelf.root / name).read_text() == f"of {name}" for name in companions)
    assert shelf.shown() == {photo_id, other}


def test_companions_stay_with_the_other_photo_of_their_stem(shelf: Shelf) -> None:
    (jpeg,) = shelf.put(IMG_1=1)
    (shelf.root / "IMG_1.CR2").write_bytes(b"raw")
    (shelf.root / "IMG_1.xmp").write_text("of both")
    (shelf.root / "IMG_1.jpg.xmp").write_text("of the jpeg")
    shelf.trash.remove([jpeg])
    assert sorted(path.name for path in shelf.in_trash()) == ["IMG_1.jpg", "IMG_1.jpg.xmp"]
    assert (shelf.root / "IMG_1.xmp").exists()
    assert (shelf.root / "IMG_1.CR2").exists()


def test_a_long_film_of_the_same_name_stays(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(IMG_1=1)
    with (shelf.root / "IMG_1.mov").open("wb") as stream:
        stream.truncate(40 << 20)
    shelf.trash.remove([photo_id])
    assert (shelf.root / "IMG_1.mov").exists()


def test_nothing_is_written_over_on_restore(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    shelf.trash.remove([photo_id])
    shelf.path("a").write_bytes(b"a newcomer")
    (entry,) = shelf.trash.listing()
    refused = shelf.trash.restore([entry.id])
    assert isinstance(refused.refused[0][1], RestoreConflict)
    assert shelf.path("a").read_bytes() == b"a newcomer"
    (shelf.root / "a (restored).jpg").write_bytes(b"taken, too")
    report = shelf.trash.restore([entry.id], rename=True)
    assert report.done == [photo_id]
    restored = shelf.root / "a (restored 2).jpg"
    assert restored.read_bytes() == content(1)
    assert shelf.path("a").read_bytes() == b"a newcomer"
    assert shelf.catalog.reader().photos([photo_id])[photo_id].path == restored


def test_nothing_is_written_over_where_links_are_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_values: object, **_options: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    shelf = Shelf(tmp_path)
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    assert report.action_id is not None
    monkeypatch.setattr(os, "link", no_links)
    shelf.path("a").write_bytes(b"a newcomer")
    assert isinstance(shelf.trash.undo(report.action_id).refused[0][1], RestoreConflict)
    shelf.path("a").unlink()
    assert shelf.trash.undo(report.action_id).done == [photo_id]
    assert shelf.path("a").read_bytes() == content(1)
    shelf.close()


def test_a_folder_that_went_away_is_made_again(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(deep__sub__a=1)
    report = shelf.trash.remove([photo_id])
    shutil.rmtree(shelf.root / "deep")
    assert report.action_id is not None
    assert shelf.trash.undo(report.action_id).done == [photo_id]
    assert shelf.path("deep__sub__a").read_bytes() == content(1)


def test_a_new_file_at_the_old_place_is_a_new_photo(shelf: Shelf) -> None:
    (old,) = shelf.put(a=1)
    report = shelf.trash.remove([old])
    (new,) = shelf.put(a=2)
    assert new != old
    assert shelf.shown() == {new}
    assert report.action_id is not None
    assert shelf.trash.undo(report.action_id).done == []
    shelf.path("a").unlink()
    shelf.catalog.writer.mark_missing([new])
    shelf.catalog.writer.flush()
    assert shelf.trash.undo(report.action_id).done == [old]
    assert shelf.shown() == {old}


def test_emptying_deletes_and_ends_the_undo(shelf: Shelf) -> None:
    a, b = shelf.put(a=1, b=2)
    (shelf.root / "a.xmp").write_text("sidecar")
    report = shelf.trash.remove([a, b])
    entries = {entry.original.stem: entry for entry in shelf.trash.listing()}
    emptied = shelf.trash.empty([entries["a"].id], how="delete")
    assert (emptied.done, emptied.companions) == ([a], 1)
    assert [file.name for file in shelf.in_trash()] == ["b.jpg"]
    assert report.action_id is not None
    assert shelf.trash.undo(report.action_id).done == [b]
    assert shelf.catalog.reader().photos([a]) == {}
    shelf.trash.remove([b])
    shelf.trash.empty(how="delete")
    assert shelf.trash.listing() == []
    assert shelf.in_trash() == []
    assert shelf.catalog.reader().last_undoable() is None
    with pytest.raises(UsageProblem):
        shelf.trash.empty(how="shred")


def test_emptying_can_go_through_the_systems_trash(tmp_path: Path) -> None:
    taken: list[str] = []

    class SystemTrash(FileOps):
        def system_trash(self, path: Path) -> None:
            if path.name == "b.jpg":
                raise PermissionError(errno.EACCES, "no system trash on this drive")
            taken.append(path.name)
            path.unlink()

    shelf = Shelf(tmp_path, SystemTrash())
    a, b = shelf.put(a=1, b=2)
    shelf.trash.remove([a, b])
    report = shelf.trash.empty()
    assert (taken, report.done) == (["a.jpg"], [a])
    assert [photo_id for photo_id, _ in report.refused] == [b]
    assert [entry.photo_id for entry in shelf.trash.listing()] == [b]
    shelf.close()


def test_only_what_is_old_enough_is_listed(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    shelf.trash.remove([photo_id])
    assert shelf.trash.listing(older_than_days=30) == []
    assert len(shelf.trash.listing(older_than_days=-1)) == 1


def test_a_drive_that_is_away_loses_nothing(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    away = shelf.base / "unplugged"
    shelf.root.rename(away)
    shelf.root.mkdir()  # the empty mount point
    assert report.action_id is not None
    assert "not connected" in str(shelf.trash.undo(report.action_id).refused[0][1])
    assert "not connected" in str(shelf.trash.empty(how="delete").refused[0][1])
    shelf.reopen()
    assert len(shelf.trash.listing()) == 1
    shelf.root.rmdir()
    away.rename(shelf.root)
    assert shelf.trash.undo(report.action_id).done == [photo_id]
    assert shelf.path("a").read_bytes() == content(1)


def test_what_someone_took_out_of_the_trash_does_not_block_undo(shelf: Shelf) -> None:
    a, b, _stays = shelf.put(a=1, b=2, c=3)
    first, second = shelf.trash.remove([a]), shelf.trash.remove([b])
    for file in shelf.in_trash():
        if file.name == "b.jpg":
            file.unlink()
    assert second.action_id is not None
    assert "someone else" in str(shelf.trash.undo(second.action_id).refused[0][1])
    action = shelf.catalog.reader().last_undoable()
    assert action is not None
    assert action.id == first.action_id


def test_a_trash_folder_is_understood_without_its_journal(shelf: Shelf) -> None:
    a, b = shelf.put(a=1, sub__b=2)
    (shelf.root / "a.xmp").write_text("sidecar")
    shelf.trash.remove([a, b])
    shelf.close()
    moved = shelf.base / "other computer"
    shelf.root.rename(moved)  # the drive is mounted elsewhere, and there is no catalogue
    fresh = Shelf(shelf.base / "fresh")
    fresh.root = moved
    fresh.catalog.writer.add_root(moved)
    assert fresh.trash.recover() == 3
    assert fresh.trash.recover() == 0
    assert {entry.original for entry in fresh.trash.listing()} == {moved / "a.jpg", moved / "sub" / "b.jpg"}
    report = fresh.trash.restore([entry.id for entry in fresh.trash.listing()])
    assert len(report.done) == 2
    assert (moved / "a.jpg").read_bytes() == content(1)
    assert (moved / "a.xmp").read_text() == "sidecar"
    fresh.close()
    shelf.open()


def test_an_older_catalogue_learns_what_was_removed_since(shelf: Shelf) -> None:
    from organizer.catalog import backups

    (photo_id,) = shelf.put(a=1)
    backups.make_backup(shelf.catalog.paths)
    shelf.trash.remove([photo_id])
    shelf.catalog.close()
    shelf.catalog.restore_backup(shelf.catalog.paths)
    shelf.open()
    assert shelf.shown() == {photo_id}
    shelf.trash.recover()
    assert shelf.shown() == set()
    (entry,) = shelf.trash.listing()
    assert entry.photo_id == photo_id
    shelf.trash.restore([entry.id])
    assert shelf.shown() == {photo_id}


def test_many_photos_go_in_one_action(shelf: Shelf) -> None:
    ids = shelf.put(**{f"p{n}": n for n in range(70)})
    told: list[tuple[int, int]] = []
    report = shelf.trash.remove(
        ids, why="70 photos removed", progress=lambda done, total: told.append((done, total))
    )
    assert report.done == ids
    assert told[-1] == (70, 70)
    assert len({entry.action_id for entry in shelf.trash.listing()}) == 1
    assert report.action_id is not None
    assert len(shelf.trash.undo(report.action_id).done) == 70
    assert shelf.in_trash() == []
    assert len(shelf.trash.redo(report.action_id).done) == 70


def test_names_that_are_no_text_survive_the_round_trip(shelf: Shelf) -> None:
    from tests.catalog_samples import add, on_disk

    path = shelf.root / os.fsdecode(b"\xff\xfe \xed\x95\x9c" + b"x" * 240 + b".jpg")
    (photo_id,) = add(shelf.catalog, shelf.root_id, on_disk(path, 1))
    report = shelf.trash.remove([photo_id])
    assert report.done == [photo_id]
    shelf.reopen()
    assert report.action_id is not None
    assert shelf.trash.undo(report.action_id).done == [photo_id]
    assert path.read_bytes() == content(1)


def test_removing_what_is_not_there_any_more_is_refused(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    shelf.trash.remove([photo_id])
    for report in (shelf.trash.remove([photo_id, 999]), shelf.trash.restore([999]), shelf.trash.empty([999])):
        assert report.done == []
        assert all(isinstance(error, ActionRefused) for _, error in report.refused)
        assert report.refused


def test_a_moved_file_is_removed_from_where_it_is_now(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    moved = shelf.root / "renamed.jpg"
    shelf.path("a").rename(moved)
    assert isinstance(shelf.trash.remove([photo_id]).refused[0][1], FileChanged)
    found = moved.stat()
    shelf.catalog.writer.move_photo(
        photo_id, shelf.root_id, FileStamp(moved, found.st_size, found.st_mtime_ns)
    )
    shelf.catalog.writer.flush()
    assert shelf.trash.remove([photo_id]).done == [photo_id]
    assert not moved.exists()


class HeldOpen(FileOps):
    """As Windows answers while another program has the file open."""

    def move_into_fresh(self, source: Path, target: Path) -> None:
        error = PermissionError(errno.EACCES, "The process cannot access the file", str(source))
        error.winerror = 32  # type: ignore[attr-defined]
        raise error


def test_a_file_that_windows_says_is_in_use_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, HeldOpen())
    try:
        (photo,) = shelf.put(a=1)
        report = shelf.trash.remove([photo], why="1 photo")
        assert (report.done, report.action_id) == ([], None)
        assert str(report.refused[0][1]) == "a.jpg is in use by another program."
        assert shelf.path("a").read_bytes() == content(1)
        assert shelf.shown() == {photo}
        assert shelf.in_trash() == []
    finally:
        shelf.close()
