"""The walk over folders: what counts as a photo, what is left out, what is reported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from organizer.errors import FolderProblem
from organizer.indexing.scan import scan
from organizer.indexing.skip import Excluded, is_skipped_below, is_skipped_name
from organizer.records import TRASH_FOLDER_NAME, FileStamp

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".heic"})


class Problems(list[tuple[Path, FolderProblem]]):
    """Keeps the folders that could not be listed."""

    def __call__(self, folder: Path, problem: FolderProblem) -> None:
        self.append((folder, problem))


def _photo(path: Path, *, mtime: float | None = None, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if mtime is not None:
        os.utime(path, (mtime, mtime))
    return path


def _scan(root: Path, excluded: Iterable[Path] = ()) -> list[FileStamp]:
    problems = Problems()
    stamps = list(scan(root, SUFFIXES, excluded=Excluded(excluded), on_problem=problems))
    assert problems == []
    return stamps


def _names(root: Path, excluded: Iterable[Path] = ()) -> set[str]:
    return {str(stamp.path.relative_to(root)) for stamp in _scan(root, excluded)}


def test_yields_photos_with_size_and_time_and_nothing_else(tmp_path: Path) -> None:
    photo = _photo(tmp_path / "a" / "IMG_1.JPG", content=b"12345", mtime=1_600_000_000.25)
    _photo(tmp_path / "a" / "notes.txt")
    _photo(tmp_path / "a" / "no suffix")
    (tmp_path / "folder.jpg").mkdir()
    assert _scan(tmp_path) == [FileStamp(photo, 5, photo.stat().st_mtime_ns)]


def test_empty_files_and_odd_names_are_found(tmp_path: Path) -> None:
    names = {"빈 사진.jpg", "🎂 party.PNG", "a" * 251 + ".jpg", "new\nline.jpg", " lead.jpg", "x.y.jpeg"}
    for name in names:
        _photo(tmp_path / name, content=b"")
    assert _names(tmp_path) == names
    assert all(stamp.size == 0 for stamp in _scan(tmp_path))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are always text there")
def test_names_that_are_not_utf8_survive_the_trip(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe caf\xe9/\xb1.jpg"
    os.mkdir(os.path.dirname(raw))  # noqa: PTH102, PTH120 - bytes are the point
    Path(os.fsdecode(raw)).write_bytes(b"x")
    (stamp,) = _scan(tmp_path)
    assert os.fsencode(stamp.path) == raw


@pytest.mark.parametrize(
    "folder",
    [
        ".hidden",
        ".thumbnails",
        TRASH_FOLDER_NAME,
        "$RECYCLE.BIN",
        "System Volume Information",
        "@eaDir",
        "#recycle",
        "lost+found",
        "node_modules",
        "Windows",
        "iPod Photo Cache",
        "Thumbs",
        "Photos Library.photoslibrary",
        "My Catalogue Previews.lrdata",
        "old.aplibrary",
        "Catalog.lrcat-data",
        "Tool.app",
    ],
)
def test_system_hidden_and_package_folders_are_left_out(tmp_path: Path, folder: str) -> None:
    _photo(tmp_path / folder / "deeper" / "cached.jpg")
    _photo(tmp_path / "mine.jpg")
    assert _names(tmp_path) == {"mine.jpg"}
    assert is_skipped_below(tmp_path / folder / "deeper" / "cached.jpg", tmp_path)


def test_ordinary_names_are_not_taken_for_system_folders(tmp_path: Path) -> None:
    for name in ("Windows of Paris", "Trip.2019", "Thumbs up", "app", "2024-05-01"):
        assert not is_skipped_name(name)
        _photo(tmp_path / name / "p.jpg")
    assert len(_scan(tmp_path)) == 5


def test_the_root_itself_may_have_any_name(tmp_path: Path) -> None:
    _photo(tmp_path / ".private" / "p.jpg")
    assert _names(tmp_path / ".private") == {"p.jpg"}


def test_shadow_files_of_macos_are_no_photos(tmp_path: Path) -> None:
    _photo(tmp_path / "._IMG_1.jpg")
    _photo(tmp_path / ".hidden.jpg")
    assert _scan(tmp_path) == []


def test_folder_links_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _photo(root / "real" / "p.jpg")
    _photo(tmp_path / "elsewhere" / "q.jpg")
    (root / "real" / "up").symlink_to(root, target_is_directory=True)
    (root / "itself").symlink_to(root / "itself")
    (root / "away").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert _names(root) == {"real/p.jpg"}


def test_a_root_that_is_a_link_is_walked_under_its_own_name(tmp_path: Path) -> None:
    _photo(tmp_path / "real" / "p.jpg")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real", target_is_directory=True)
    assert [stamp.path for stamp in _scan(link)] == [link / "p.jpg"]


def test_a_link_to_a_photo_is_a_photo_and_a_broken_one_is_not(tmp_path: Path) -> None:
    target = _photo(tmp_path / "outside.jpg", content=b"123")
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked.jpg").symlink_to(target)
    (root / "broken.jpg").symlink_to(tmp_path / "nothing.jpg")
    os.mkfifo(root / "pipe.jpg")
    assert [(stamp.path.name, stamp.size) for stamp in _scan(root)] == [("linked.jpg", 3)]


def test_excluded_folders_are_not_entered(tmp_path: Path) -> None:
    _photo(tmp_path / "keep" / "p.jpg")
    _photo(tmp_path / "skip" / "deep" / "q.jpg")
    assert _names(tmp_path, [tmp_path / "skip"]) == {"keep/p.jpg"}
    excluded = Excluded([tmp_path / "skip" / ".." / "skip"])
    assert excluded.covers(tmp_path / "skip" / "deep" / "q.jpg")
    assert not excluded.covers(tmp_path / "skipped.jpg")


def test_the_newest_come_first(tmp_path: Path) -> None:
    for day, folder in ((1, "old"), (3, "new"), (2, "middle")):
        for hour in (1, 3, 2):
            _photo(tmp_path / folder / f"{hour}.jpg", mtime=1_600_000_000 + day * 86_400 + hour * 3600)
        os.utime(tmp_path / folder, (1_600_000_000 + day * 86_400,) * 2)
    order = [str(stamp.path.relative_to(tmp_path)) for stamp in _scan(tmp_path)]
    assert order == [f"{folder}/{hour}.jpg" for folder in ("new", "middle", "old") for hour in (3, 2, 1)]


def test_a_folder_that_may_not_be_read_is_reported_and_the_rest_is_done(tmp_path: Path) -> None:
    _photo(tmp_path / "open" / "p.jpg")
    _photo(tmp_path / "closed" / "q.jpg")

    def listing(folder: str) -> os._ScandirIterator[str]:
        if folder.endswith("closed"):
            raise PermissionError(13, "Permission denied", folder)
        return os.scandir(folder)

    problems = Problems()
    stamps = list(scan(tmp_path, SUFFIXES, on_problem=problems, scandir=listing))
    assert [stamp.path.name for stamp in stamps] == ["p.jpg"]
    ((folder, problem),) = problems
    assert folder == tmp_path / "closed"
    assert str(folder) in str(problem)
    assert "may not be read" in str(problem)


def test_a_folder_that_vanishes_during_the_walk_costs_itself_only(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _photo(tmp_path / name / "p.jpg")

    def listing(folder: str) -> os._ScandirIterator[str]:
        if folder.endswith("one"):
            raise FileNotFoundError(2, "No such file or directory", folder)
        return os.scandir(folder)

    problems = Problems()
    assert len(list(scan(tmp_path, SUFFIXES, on_problem=problems, scandir=listing))) == 1
    assert [folder.name for folder, _ in problems] == ["one"]


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_root_that_is_no_folder_is_one_clear_error(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "root"
    if kind == "file":
        root.write_bytes(b"")
    with pytest.raises(FolderProblem, match="root"):
        list(scan(root, SUFFIXES, on_problem=Problems()))
