"""A world that does its worst to the trash: odd names, links, other programs, drives that lie or vanish."""

from __future__ import annotations

import errno
import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from organizer.actions.fileops import FileIdentity, FileOps
from organizer.errors import FileChanged, LastCopy, Protected, RestoreConflict
from organizer.records import TRASH_FOLDER_NAME
from tests.catalog_samples import add, content, on_disk
from tests.trash_samples import Shelf

pytestmark = pytest.mark.in_memory


def put(shelf: Shelf, *names: str) -> list[int]:
    """Photos with these very names, content 1, 2, ..."""
    files = [on_disk(shelf.root / name, number) for number, name in enumerate(names, 1)]
    return add(shelf.catalog, shelf.root_id, *files)


# -- names ---------------------------------------------------------------------------------------------

NFC, NFD = unicodedata.normalize("NFC", "é 한글.jpg"), unicodedata.normalize("NFD", "é 한글.jpg")


@pytest.mark.parametrize(
    "names",
    [
        ("Photo.JPG", "photo.jpg"),
        (NFC, NFD),
        ("a.jpg", "a .jpg", "a..jpg", " a.jpg", "a.jpg.jpg"),
        ("trailing .jpg", "-rf.jpg", "new\nline.jpg", 'quo"te.jpg'),
        ("restore.jpg", "n" * 251 + ".jpg", "한" * 83 + ".jpg"),
    ],
)
def test_names_that_differ_in_little_are_different_photos(shelf: Shelf, names: tuple[str, ...]) -> None:
    ids = put(shelf, *names)
    before = {name: (shelf.root / name).read_bytes() for name in names}
    for photo_id, name in zip(ids, names, strict=True):
        report = shelf.trash.remove([photo_id])
        assert report.done == [photo_id]
        assert {file.name for file in shelf.root.iterdir()} == {*names, TRASH_FOLDER_NAME} - {name}
        shelf.reopen()
        assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
        assert {one: (shelf.root / one).read_bytes() for one in names} == before
    assert len(shelf.trash.remove(ids).done) == len(ids)
    assert len(shelf.trash.restore([entry.id for entry in shelf.trash.listing()]).done) == len(ids)
    assert {one: (shelf.root / one).read_bytes() for one in names} == before


def test_a_sidecar_goes_with_the_photo_whose_name_it_spells(shelf: Shelf) -> None:
    upper, lower = put(shelf, "IMG_1.jpg", "img_1.jpg")
    (shelf.root / "img_1.jpg.xmp").write_text("of the lower one")
    assert shelf.trash.remove([upper]).companions == 0
    assert shelf.trash.remove([lower]).companions == 1


@pytest.mark.parametrize("photo", [NFC, NFD])
@pytest.mark.parametrize("ending", [".xmp", ".aae", ".mov", ".jpg.xmp"])
def test_a_companion_in_the_other_unicode_form_goes_along(shelf: Shelf, photo: str, ending: str) -> None:
    (photo_id,) = put(shelf, photo)
    other = NFD if photo == NFC else NFC
    companion = shelf.root / (other.removesuffix(".jpg") + ending)
    companion.write_text("companion")
    report = shelf.trash.remove([photo_id])
    assert report.companions == 1
    assert not companion.exists()
    shelf.trash.undo(report.action_id or 0)
    assert companion.read_text() == "companion"


@pytest.mark.parametrize("stem", ["n" * 251, "한" * 83, "é" * 125])
def test_the_longest_name_is_restored_beside_a_newcomer(shelf: Shelf, stem: str) -> None:
    (photo_id,) = put(shelf, f"{stem}.jpg")
    shelf.trash.remove([photo_id])
    (shelf.root / f"{stem}.jpg").write_bytes(b"newcomer")
    report = shelf.trash.restore([entry.id for entry in shelf.trash.listing()], rename=True)
    assert report.done == [photo_id]
    (restored,) = shelf.root.glob("*(restored).jpg")
    assert restored.read_bytes() == content(1)
    assert (shelf.root / f"{stem}.jpg").read_bytes() == b"newcomer"


def test_a_sidecar_takes_the_name_that_its_photo_takes(shelf: Shelf) -> None:
    """Beside the old name it would speak for the newcomer."""
    (photo_id,) = put(shelf, "a.jpg")
    for name in ("a.jpg.xmp", "a.jpg.xmp.first", "a.xmp", "A.MOV"):
        (shelf.root / name).write_text(name)
    shelf.trash.remove([photo_id])
    (shelf.root / "a.jpg").write_bytes(b"newcomer")
    shelf.trash.restore([entry.id for entry in shelf.trash.listing()], rename=True)
    found = {file.name: file.read_bytes() for file in shelf.root.iterdir()}
    assert found == {
        "a.jpg": b"newcomer",
        "a (restored).jpg": content(1),
        "a (restored).jpg.xmp": b"a.jpg.xmp",
        "a (restored).jpg.xmp.first": b"a.jpg.xmp.first",
        "a (restored).xmp": b"a.xmp",
        "a (restored).MOV": b"A.MOV",
    }


# -- companions ----------------------------------------------------------------------------------------


def test_companions_that_changed_or_went_do_no_harm(tmp_path: Path) -> None:
    class Late(FileOps):
        def write_note(self, note: Path, content: dict[str, object]) -> None:
            super().write_note(note, content)
            (tmp_path / "photos" / "a.xmp").write_text("changed just now")
            (tmp_path / "photos" / "a.mov").unlink(missing_ok=True)

    shelf = Shelf(tmp_path, Late())
    (photo_id,) = put(shelf, "a.jpg")
    (shelf.root / "a.xmp").write_text("sidecar")
    (shelf.root / "a.mov").write_text("video")
    (shelf.root / "a.aae").mkdir()
    (shelf.root / "a.jpg.xmp").symlink_to(shelf.root / "a.xmp")
    report = shelf.trash.remove([photo_id])
    assert (report.done, report.companions) == ([photo_id], 1)
    assert (shelf.root / "a.aae").is_dir()
    assert (shelf.root / "a.jpg.xmp").is_symlink()
    shelf.reopen()
    assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
    assert (shelf.root / "a.xmp").read_text() == "changed just now"
    assert shelf.trash.listing() == []
    shelf.close()


def test_a_new_sidecar_at_the_old_place_is_not_written_over(shelf: Shelf) -> None:
    (photo_id,) = put(shelf, "a.jpg")
    (shelf.root / "a.xmp").write_text("old")
    report = shelf.trash.remove([photo_id])
    (shelf.root / "a.xmp").write_text("new")
    assert shelf.trash.undo(report.action_id or 0).done == [photo_id]
    assert (shelf.root / "a.xmp").read_text() == "new"
    (left,) = shelf.trash.listing()
    assert left.trashed.read_text() == "old"
    shelf.trash.restore([left.id], rename=True)
    assert (shelf.root / "a (restored).xmp").read_text() == "old"


def test_what_a_stem_shares_stays_when_one_of_its_photos_could_not_go(tmp_path: Path) -> None:
    class RawInUse(FileOps):
        def move_into_fresh(self, source: Path, target: Path) -> None:
            if source.suffix == ".cr2":
                raise OSError(errno.EBUSY, "busy")
            super().move_into_fresh(source, target)

    shelf = Shelf(tmp_path, RawInUse())
    raw, jpeg = put(shelf, "a.cr2", "a.jpg")
    (shelf.root / "a.xmp").write_text("of both")
    (shelf.root / "a.jpg.xmp").write_text("of the jpeg")
    assert shelf.trash.remove([raw, jpeg]).done == [jpeg]
    assert {file.name for file in shelf.root.iterdir()} == {TRASH_FOLDER_NAME, "a.cr2", "a.xmp"}
    shelf.close()


# -- links and protected places ------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after the check", "after the note"])
def test_a_photo_that_became_a_link_stays(tmp_path: Path, when: str) -> None:
    place = tmp_path / "photos" / "a.jpg"

    def swap() -> None:
        if not place.is_symlink():
            place.rename(tmp_path / "elsewhere.jpg")
            place.symlink_to(tmp_path / "elsewhere.jpg")

    class Late(FileOps):
        def make_folder(self, folder: Path) -> None:
            if when == "after the check":
                swap()
            super().make_folder(folder)

        def write_note(self, note: Path, content: dict[str, object]) -> None:
            super().write_note(note, content)
            if when == "after the note":
                swap()

    shelf = Shelf(tmp_path, Late())
    a, keep = shelf.put(a=1, keep=1)
    if when == "before":
        swap()
    for survivors in (None, {a: {keep}}):
        assert shelf.trash.remove([a], survivors).done == []
        assert place.is_symlink()
        assert (tmp_path / "elsewhere.jpg").read_bytes() == content(1)
        assert shelf.in_trash() == []
    shelf.close()


def test_a_folder_that_became_a_link_to_the_survivors_folder_holds_no_copy(shelf: Shelf) -> None:
    (kept,) = shelf.put(real__a=1)
    (copy,) = shelf.put(other__a=1)
    shutil.rmtree(shelf.root / "other")
    (shelf.root / "other").symlink_to(shelf.root / "real")
    report = shelf.trash.remove([copy], {copy: {kept}})
    assert isinstance(report.refused[0][1], LastCopy)
    assert (shelf.root / "real" / "a.jpg").read_bytes() == content(1)


def test_one_file_seen_through_two_drives_is_put_back(tmp_path: Path) -> None:
    """A share that is connected twice has two device numbers: nothing tells before the move."""

    class TwoDrives(FileOps):
        def identity(self, path: Path) -> FileIdentity | None:
            found = super().identity(path)
            if found is None or "again" not in path.parts:
                return found
            return FileIdentity(found.device + 1, found.inode, found.size, found.mtime_ns)

    (tmp_path / "photos" / "share").mkdir(parents=True)
    (tmp_path / "photos" / "again").symlink_to(tmp_path / "photos" / "share")
    shelf = Shelf(tmp_path, TwoDrives())
    ids = [add(shelf.catalog, shelf.root_id, on_disk(shelf.root / where / "a.jpg", 1))[0]
           for where in ("share", "again")]  # fmt: skip
    for gone, kept in (ids, reversed(ids)):
        report = shelf.trash.remove([gone], {gone: {kept}})
        assert (report.done, report.action_id) == ([], None)
        assert isinstance(report.refused[0][1], LastCopy)
        assert (shelf.root / "share" / "a.jpg").read_bytes() == content(1)
        assert shelf.in_trash() == []
        assert shelf.shown() == set(ids)
    shelf.close()


def test_a_protected_folder_is_protected_under_every_name(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(family__deep__a=1)
    link = shelf.base / "shortcut"
    link.symlink_to(shelf.root / "family")
    for name in (link, link / "deep", shelf.root / "family" / ".." / "family"):
        shelf.protected[:] = [name]
        assert isinstance(shelf.trash.remove([photo_id]).refused[0][1], Protected)
    shelf.protected[:] = [shelf.base / "not there", shelf.root / "fam"]
    assert shelf.trash.remove([photo_id]).done == [photo_id]


def test_a_protected_root_is_protected_when_reached_through_another(shelf: Shelf) -> None:
    family = shelf.base / "family"
    family.mkdir()
    guarded = shelf.catalog.writer.add_root(family, protected=True)
    assert guarded.protected
    (shelf.root / "link").symlink_to(family)
    (photo_id,) = add(shelf.catalog, shelf.root_id, on_disk(shelf.root / "link" / "a.jpg", 1))
    assert isinstance(shelf.trash.remove([photo_id]).refused[0][1], Protected)
    assert (family / "a.jpg").exists()


def test_a_restored_photo_never_follows_a_link_that_came_in_its_place(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    report = shelf.trash.remove([photo_id])
    shelf.path("a").symlink_to(shelf.base / "nowhere.jpg")
    assert isinstance(shelf.trash.undo(report.action_id or 0).refused[0][1], RestoreConflict)
    assert not (shelf.base / "nowhere.jpg").exists()
    assert shelf.path("a").is_symlink()


def test_bytes_that_change_under_the_same_size_and_time_are_seen(shelf: Shelf) -> None:
    (photo_id,) = shelf.put(a=1)
    stamp = shelf.path("a").stat().st_mtime_ns
    shelf.path("a").write_bytes(b"PHOTO 1")
    os.utime(shelf.path("a"), ns=(stamp, stamp))
    assert isinstance(shelf.trash.remove([photo_id]).refused[0][1], FileChanged)
    assert shelf.path("a").read_bytes() == b"PHOTO 1"
