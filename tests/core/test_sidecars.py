"""Sidecar files on a real drive: merged, atomic, backed up, undone; what others wrote stays."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from organizer.actions.fileops import FileOps
from organizer.actions.sidecar_files import TEMPORARY_SUFFIX, backup_of, sidecar_of
from organizer.actions.sidecars import Sidecars
from organizer.errors import ActionRefused, FileChanged, StorageFull
from organizer.media.sidecar import merge, read_fields
from organizer.media.xmp_tree import LARGEST
from organizer.records import Photo, SidecarFields
from tests.folders import quick_folder
from tests.trash_samples import Crash, Shelf

pytestmark = pytest.mark.in_memory

WANTED = SidecarFields(description="A dog on a beach", keywords=("dog", "해변"), rating=4)
FOREIGN = merge(None, SidecarFields(title="Theirs", rating=2)).data.replace(
    b"<xmp:Rating>",
    b'<crs:Tone xmlns:crs="urn:crs" crs:v="1"><!-- do not touch --></crs:Tone>\r\n<xmp:Rating>',
)
STEPS = ("read_bytes", "write_beside", "move_back", "replace", "sync_folder", "unlink_if_there", "unlink")


class StepOps(FileOps):
    """The real file system; ``hook(name, path)`` is called before each step that sidecars take."""

    def __init__(self) -> None:
        self.hook = lambda _name, _path: None

    def __getattribute__(self, name: str):  # type: ignore[no-untyped-def]
        found = super().__getattribute__(name)
        if name not in STEPS:
            return found

        def step(*values, **named):  # type: ignore[no-untyped-def]
            self.hook(name, values[0])
            return found(*values, **named)

        return step


@pytest.fixture
def ops() -> StepOps:
    return StepOps()


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    shelf.put(a=1, b=2)
    return shelf


@pytest.fixture
def sidecars(shelf: Shelf, ops: StepOps) -> Sidecars:
    return Sidecars(shelf.catalog, ops)


def photo(shelf: Shelf, name: str = "a") -> Photo:
    return shelf.catalog.reader().photos([shelf.ids[name]])[shelf.ids[name]]


def written(shelf: Shelf, name: str = "a") -> Path:
    return shelf.path(name).with_name(f"{name}.jpg.xmp")


def names(shelf: Shelf) -> set[str]:
    return {file.name for file in shelf.root.iterdir() if file.suffix != ".jpg"}


def test_a_new_sidecar_is_written_undone_and_redone_after_a_restart(shelf: Shelf, sidecars: Sidecars) -> None:
    report = sidecars.write([(photo(shelf), WANTED)], "write 1 sidecar")
    assert report.done == [shelf.ids["a"]]
    assert read_fields(written(shelf).read_bytes()) == WANTED
    assert names(shelf) == {"a.jpg.xmp"}
    assert report.action_id is not None
    shelf.reopen()
    again = Sidecars(shelf.catalog)
    action = shelf.catalog.reader().last_undoable()
    assert action is not None
    assert (action.id, action.why) == (report.action_id, "write 1 sidecar")
    assert again.undo(action.id).refused == []
    assert names(shelf) == set()
    shelf.reopen()
    assert Sidecars(shelf.catalog).redo(action.id).refused == []
    assert read_fields(written(shelf).read_bytes()) == WANTED


def test_what_others_wrote_stays_and_its_first_version_is_kept(shelf: Shelf, sidecars: Sidecars) -> None:
    written(shelf).write_bytes(FOREIGN)
    written(shelf).chmod(0o640)
    seen = sidecars.preview(photo(shelf), WANTED)
    assert (set(seen.added), seen.conflicts, seen.exists) == (
        {"description", "keywords"},
        {"rating": 2},
        True,
    )
    report = sidecars.write([(photo(shelf), WANTED)], "")
    found = written(shelf).read_bytes()
    assert read_fields(found) == replace(WANTED, title="Theirs", rating=2)
    assert b"<!-- do not touch --></crs:Tone>\r\n" in found
    assert stat.S_IMODE(written(shelf).stat().st_mode) == 0o640
    assert backup_of(written(shelf)).read_bytes() == FOREIGN
    sidecars.write([(photo(shelf), replace(WANTED, keywords=("cat",)))], "")
    assert backup_of(written(shelf)).read_bytes() == FOREIGN
    for action in (shelf.catalog.reader().last_undoable(), None):
        sidecars.undo(action.id if action is not None else report.action_id or 0)
    assert written(shelf).read_bytes() == FOREIGN


def test_what_this_program_wrote_gives_way_to_what_the_person_says_now(
    shelf: Shelf, sidecars: Sidecars
) -> None:
    sidecars.write([(photo(shelf), WANTED)], "")
    sidecars.write([(photo(shelf), SidecarFields(description="Max on the beach"))], "")
    assert read_fields(written(shelf).read_bytes()).description == "Max on the beach"
    edited = merge(written(shelf).read_bytes(), SidecarFields(description="Theirs"), ("description",))
    written(shelf).write_bytes(edited.data)
    seen = sidecars.preview(photo(shelf), SidecarFields(description="Max again"))
    assert seen.conflicts == {"description": "Theirs"}
    sidecars.write([(photo(shelf), SidecarFields(description="Max again"))], "", replace=["description"])
    assert read_fields(written(shelf).read_bytes()).description == "Max again"


def test_undo_leaves_alone_what_others_changed_since(shelf: Shelf, sidecars: Sidecars) -> None:
    report = sidecars.write([(photo(shelf), WANTED), (photo(shelf, "b"), WANTED)], "")
    theirs = merge(written(shelf).read_bytes(), SidecarFields(title="Theirs")).data
    written(shelf).write_bytes(theirs)
    back = sidecars.undo(report.action_id or 0)
    assert len(back.done) == 1
    assert isinstance(back.refused[0][1], FileChanged)
    assert written(shelf).read_bytes() == theirs
    assert not written(shelf, "b").exists()


@pytest.mark.parametrize(
    "data",
    [b"not xml", b"", b"<html/>", b"\xff\xfe<", b"<a>" * 500 + b"</a>" * 500, b"\0" * (LARGEST + 5),
     b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
     b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'],
    ids=["text", "empty", "html", "half-a-mark", "deep", "zeros", "bomb", "external"],
)  # fmt: skip
def test_what_is_no_sidecar_is_left_alone(shelf: Shelf, sidecars: Sidecars, data: bytes) -> None:
    written(shelf).write_bytes(data)
    report = sidecars.write([(photo(shelf), WANTED), (photo(shelf, "b"), WANTED)], "")
    ((refused, problem),) = report.refused
    assert (refused, str(problem)) == (
        shelf.ids["a"], "a.jpg.xmp is not a sidecar that can be read, so it was left alone.",
    )  # fmt: skip
    assert written(shelf).read_bytes() == data
    assert names(shelf) == {"a.jpg.xmp", "b.jpg.xmp"}


def failing(step: str, number: int):  # type: ignore[no-untyped-def]
    def hook(name: str, path: object) -> None:
        if name == step:
            raise OSError(number, os.strerror(number), str(path))

    return hook


@pytest.mark.parametrize(
    ("step", "number", "kind", "words"),
    [
        ("write_beside", errno.EACCES, ActionRefused, "may only be read"),
        ("write_beside", errno.EROFS, ActionRefused, "may only be read"),
        ("write_beside", errno.ENOSPC, StorageFull, "The drive is full"),
        ("replace", errno.EIO, ActionRefused, "it is as it was"),
        ("read_bytes", errno.EACCES, ActionRefused, "may only be read"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_a_drive_that_refuses_costs_one_sentence(
    shelf: Shelf,
    sidecars: Sidecars,
    ops: StepOps,
    step: str,
    number: int,
    kind: type,
    words: str,
    there: bool,
) -> None:
    if there:
        written(shelf).write_bytes(FOREIGN)
    elif step == "replace":
        step = "move_back"
    ops.hook = failing(step, number)
    report = sidecars.write([(photo(shelf), WANTED)], "")
    assert (report.action_id, report.done) == (None, [])
    assert isinstance(report.refused[0][1], kind)
    assert words in str(report.refused[0][1])
    assert shelf.catalog.reader().last_undoable() is None
    ops.hook = lambda _name, _path: None
    assert (written(shelf).read_bytes() if there else None) == (FOREIGN if there else None)
    assert TEMPORARY_SUFFIX not in "".join(names(shelf))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read(shelf: Shelf, sidecars: Sidecars) -> None:
    shelf.root.chmod(0o500)
    try:
        report = sidecars.write([(photo(shelf), WANTED)], "")
    finally:
        shelf.root.chmod(0o700)
    assert "may only be read" in str(report.refused[0][1])
    assert names(shelf) == set()


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("there", [False, True])
def test_two_programs_write_at_once(
    shelf: Shelf, sidecars: Sidecars, ops: StepOps, times: int, there: bool
) -> None:
    """The other one writes after ours was made and before it comes to stand: both are in the file."""
    if there:
        written(shelf).write_bytes(FOREIGN)
    left = [times]

    def hook(name: str, path: object) -> None:
        if (
            name == "write_beside"
            and str(path).endswith(TEMPORARY_SUFFIX)
            and ".first" not in str(path)
            and left[0]
        ):
            left[0] -= 1
            standing = written(shelf).read_bytes() if written(shelf).exists() else None
            other = merge(standing, SidecarFields(keywords=(f"theirs {left[0]}",)))
            written(shelf).write_bytes(other.data)

    ops.hook = hook
    report = sidecars.write([(photo(shelf), WANTED)], "")
    assert report.refused == []
    said = read_fields(written(shelf).read_bytes())
    assert set(said.keywords) == {"dog", "해변", *(f"theirs {n}" for n in range(times))}
    assert said.description == WANTED.description
    assert sidecars.undo(report.action_id or 0).refused == []
    assert set(read_fields(written(shelf).read_bytes()).keywords) == {f"theirs {n}" for n in range(times)}


def test_a_program_that_never_stops_writing_is_left_to_it(
    shelf: Shelf, sidecars: Sidecars, ops: StepOps
) -> None:
    count = [0]

    def hook(name: str, _path: object) -> None:
        if name == "write_beside":
            count[0] += 1
            written(shelf).write_bytes(merge(None, SidecarFields(title=f"version {count[0]}")).data)

    ops.hook = hook
    report = sidecars.write([(photo(shelf), WANTED)], "")
    assert isinstance(report.refused[0][1], FileChanged)
    assert read_fields(written(shelf).read_bytes()) == SidecarFields(title=f"version {count[0]}")
    assert shelf.catalog.reader().last_undoable() is None


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("undoing", [False, True])
def test_a_crash_at_every_single_step_leaves_the_old_bytes_or_the_new(there: bool, undoing: bool) -> None:
    at, reached = 0, True
    while reached:
        with quick_folder() as folder:
            shelf, ops = Shelf(folder), StepOps()
            shelf.put(a=1)
            old = FOREIGN if there else None
            if old is not None:
                written(shelf).write_bytes(old)
            sidecars = Sidecars(shelf.catalog, ops)
            new = merge(old, WANTED).data
            if undoing:
                sidecars.write([(photo(shelf), WANTED)], "")
            left = [at]

            def hook(_name: str, _path: object, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Crash

            ops.hook = hook
            try:
                if undoing:
                    action = shelf.catalog.reader().last_undoable()
                    assert action is not None
                    sidecars.undo(action.id)
                else:
                    sidecars.write([(photo(shelf), WANTED)], "")
                reached = False
            except Crash:
                pass
            shelf.reopen()
            standing = written(shelf).read_bytes() if written(shelf).exists() else None
            assert standing in (old, new)
            again = Sidecars(shelf.catalog)
            action = shelf.catalog.reader().last_undoable()
            if action is not None:
                assert again.undo(action.id).refused == []
            assert (written(shelf).read_bytes() if written(shelf).exists() else None) == old
            shelf.close()
        at += 1
    assert at > 2


def test_texts_that_cannot_be_written_are_cleaned(shelf: Shelf, sidecars: Sidecars) -> None:
    odd = "a\0b\x0b\ud800c\r\nd" + "x" * 10_000
    report = sidecars.write(
        [(photo(shelf), SidecarFields(description=odd, keywords=("\x01", " k ", "K")))], ""
    )
    assert report.refused == []
    said = read_fields(written(shelf).read_bytes())
    assert said.description == "abc\nd" + "x" * 10_000
    assert said.keywords == ("k",)


def test_a_link_keeps_leading_to_its_file(shelf: Shelf, sidecars: Sidecars) -> None:
    elsewhere = shelf.base / "elsewhere.xmp"
    elsewhere.write_bytes(FOREIGN)
    written(shelf).symlink_to(elsewhere)
    assert sidecars.write([(photo(shelf), WANTED)], "").refused == []
    assert written(shelf).is_symlink()
    assert read_fields(elsewhere.read_bytes()).description == WANTED.description


def test_which_file_speaks_for_a_photo() -> None:
    folder = Path("/p")
    jpeg, raw = folder / "IMG_1.JPG", folder / "IMG_1.NEF"
    both = ["IMG_1.JPG", "IMG_1.NEF", "IMG_1.xmp", "img_1.jpg.XMP"]
    assert sidecar_of(jpeg, both) == folder / "img_1.jpg.XMP"
    assert sidecar_of(raw, both) == folder / "IMG_1.xmp"
    assert sidecar_of(jpeg, both[:3]) is None
    assert sidecar_of(jpeg, ["IMG_1.JPG", "IMG_1.xmp", "IMG_1.aae", "IMG_1.MOV"]) == folder / "IMG_1.xmp"
    assert sidecar_of(jpeg, ["IMG_1.JPG", "IMG_1.png", "IMG_1.xmp"]) is None
    assert sidecar_of(jpeg, ["IMG_1.JPG", "IMG_10.xmp"]) is None


def test_a_sidecar_and_its_first_version_go_to_the_trash_with_the_photo(
    shelf: Shelf, sidecars: Sidecars
) -> None:
    written(shelf).write_bytes(FOREIGN)
    sidecars.write([(photo(shelf), WANTED)], "")
    report = shelf.trash.remove([shelf.ids["a"]], why="")
    assert report.companions == 2
    assert names(shelf) - {".photo-organizer-trash"} == set()
    shelf.trash.undo(report.action_id or 0)
    assert names(shelf) >= {"a.jpg.xmp", "a.jpg.xmp.first"}
