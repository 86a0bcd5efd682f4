"""What the world does to a photo program: one clear line each, nothing lost, everything else done."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.integration.conftest import Run


@pytest.fixture
def photo(photos_root: Path) -> Path:
    return photos_root / "orientation" / "exif-orientation__Landscape_1.jpg"


def _report(program: Run, catalog: Path) -> dict[str, Any]:
    done = program("report", "--json", "-", "--catalog", catalog)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _images(report: dict[str, Any]) -> set[str]:
    return {image["image"] for group in report["categories"] for image in group["images"]}


@pytest.mark.parametrize("words", [["index", "/no/such/folder"], ["/no/such/folder"]])
def test_a_missing_folder_is_one_line_and_code_1(program: Run, tmp_path: Path, words: list[str]) -> None:
    done = program(*words, "--catalog", tmp_path / "c")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == "There is no folder /no/such/folder. Nothing was changed."
    assert "Traceback" not in done.stderr


def test_names_of_every_kind_are_indexed_and_reported(program: Run, tmp_path: Path, photo: Path) -> None:
    folder = tmp_path / "사진 모음 📷"
    folder.mkdir()
    names = ["한국 여행.jpg", "🏖️ beach.jpg", "x" * 251 + ".jpg", "new\nline.jpg", "-dash.jpg", "quote'\".jpg"]
    raw = [os.fsencode(name) for name in names] + [b"latin \xe9\xff.jpg"]
    files = [folder / os.fsdecode(name) for name in raw]
    for number, file in enumerate(files):  # a byte more each: every file is a photo of its own
        file.write_bytes(photo.read_bytes() + bytes(number + 1))
    assert program("index", folder, "--catalog", tmp_path / "c").returncode == 0
    report = _report(program, tmp_path / "c")
    assert _images(report) == {str(file) for file in files}
    page = tmp_path / "page.html"
    assert program("report", "--html", page, "--catalog", tmp_path / "c").returncode == 0
    assert "한국 여행.jpg" in page.read_text(encoding="utf-8")


def test_one_bad_file_costs_itself(program: Run, tmp_path: Path, photo: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copyfile(photo, folder / "good.jpg")
    (folder / "empty.jpg").touch()
    (folder / "text.png").write_text("no picture at all")
    (folder / "cut.jpg").write_bytes(photo.read_bytes()[:2000])
    (folder / "dangling.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    done = program("index", folder, "--catalog", tmp_path / "c")
    assert done.returncode == 0
    report = _report(program, tmp_path / "c")
    assert _images(report) == {str(folder / "good.jpg")}
    told = {Path(row["image"]).name: row["error"] for row in report["unreadable"]}
    assert set(told) == {"empty.jpg", "text.png", "cut.jpg"}
    assert "empty" in told["empty.jpg"]
    for sentence in told.values():
        assert sentence.endswith(".") and "\n" not in sentence


def test_a_picture_of_35_megapixels_is_read(program: Run, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    large = Image.radial_gradient("L").resize((7000, 5000), Image.Resampling.NEAREST).convert("RGB")
    large.save(folder / "large.jpg", quality=85)
    large.save(folder / "large.png", compress_level=1)
    assert program("index", folder, "--catalog", tmp_path / "c").returncode == 0
    report = _report(program, tmp_path / "c")
    assert len(_images(report)) == 2
    assert report["unreadable"] == []


def test_a_mended_file_is_read_at_the_next_run(program: Run, tmp_path: Path, photo: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo.read_bytes()[:5000])
    assert program("index", folder, "--catalog", tmp_path / "c").returncode == 0
    assert len(_report(program, tmp_path / "c")["unreadable"]) == 1
    shutil.copyfile(photo, folder / "a.jpg")
    assert program("index", folder, "--catalog", tmp_path / "c").returncode == 0
    report = _report(program, tmp_path / "c")
    assert report["unreadable"] == []
    assert _images(report) == {str(folder / "a.jpg")}


def test_a_newer_catalogue_is_refused_and_left_alone(program: Run, tmp_path: Path, photo: Path) -> None:
    catalog = tmp_path / "c"
    assert program("index", photo.parent, "--catalog", catalog).returncode == 0
    connection = sqlite3.connect(catalog / "catalogue.sqlite")
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()
    before = (catalog / "catalogue.sqlite").read_bytes()
    done = program("report", "--catalog", catalog)
    assert done.returncode == 1
    assert "newer" in done.stderr and len(done.stderr.splitlines()) == 1
    assert (catalog / "catalogue.sqlite").read_bytes() == before


def test_a_damaged_catalogue_can_be_restored(program: Run, tmp_path: Path, photo: Path) -> None:
    catalog = tmp_path / "c"
    assert program("index", photo.parent, "--catalog", catalog).returncode == 0
    before = _report(program, catalog)
    file = catalog / "catalogue.sqlite"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 12] = os.urandom(4096 * 9)
    file.write_bytes(bytes(data))
    done = program("report", "--catalog", catalog)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    doctor = program("doctor", "--catalog", catalog)
    assert doctor.returncode == 1
    assert "--restore-backup" in doctor.stdout
    assert program("doctor", "--restore-backup", "--catalog", catalog).returncode == 0
    assert _images(_report(program, catalog)) == _images(before)


def test_no_folder_in_an_empty_library_says_what_to_do(program: Run, tmp_path: Path) -> None:
    done = program("--catalog", tmp_path / "c")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Name a folder of photos")


def test_a_report_that_cannot_be_written_is_one_line(program: Run, tmp_path: Path) -> None:
    done = program("report", "--json", tmp_path / "no" / "where.json", "--catalog", tmp_path / "c")
    assert done.returncode == 1
    assert "could not be written" in done.stderr.splitlines()[-1]


def test_two_programs_on_one_catalogue(tmp_path: Path, program: Run) -> None:
    from organizer.library import Library
    from organizer.paths import AppPaths

    library = Library.open(AppPaths.at(tmp_path / "c"))
    try:
        done = program("index", tmp_path, "--catalog", tmp_path / "c")
    finally:
        library.close()
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_library_reports_nothing(program: Run, tmp_path: Path) -> None:
    report = _report(program, tmp_path / "c")
    assert report["photos"] == 0
    assert report["categories"] == [{"category": "others", "parent": None, "images": []}]
    for key in ("duplicates", "highlights", "low_quality", "captions", "unreadable"):
        assert report[key] == []


@pytest.mark.parametrize("command", [["classify", "x.jpg", "--labels", " , "], ["search", "  "]])
def test_empty_questions_are_wrong_usage(program: Run, tmp_path: Path, command: list[str]) -> None:
    done = program(*command, "--catalog", tmp_path / "c")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_one_file_under_several_names_is_one_photo(program: Run, tmp_path: Path, photo: Path) -> None:
    folder = tmp_path / "real"
    (folder / "sub").mkdir(parents=True)
    shutil.copyfile(photo, folder / "a.jpg")
    (folder / "sub" / "b.jpg").write_bytes(photo.read_bytes() + b"another photo")
    (folder / "link.jpg").symlink_to(folder / "a.jpg")
    (tmp_path / "other name").symlink_to(folder, target_is_directory=True)
    catalog = tmp_path / "c"
    for spelling in (folder / "sub", folder, folder / "sub" / "..", tmp_path / "other name"):
        assert program("index", spelling, "--catalog", catalog).returncode == 0
    assert _images(_report(program, catalog)) == {str(folder / "a.jpg"), str(folder / "sub" / "b.jpg")}


def test_a_hard_link_is_no_copy_to_clean(program: Run, tmp_path: Path, photo: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copyfile(photo, folder / "a.jpg")
    (folder / "same.jpg").hardlink_to(folder / "a.jpg")
    shutil.copyfile(photo, folder / "copy.jpg")
    assert program("index", folder, "--catalog", tmp_path / "c").returncode == 0
    words = ("stacks", "clean", "--tier", "exact", "--json", "--catalog", tmp_path / "c")
    planned = json.loads(program(*words, "--dry-run").stdout)
    assert len(list(folder.glob("*.jpg"))) == 3
    done = json.loads(program(*words).stdout)
    assert done["removed"] == planned["removed"]
    assert len(done["removed"]) == planned["planned"]
    assert (folder / "a.jpg").exists() or (folder / "same.jpg").exists()
    for gone in done["removed"]:
        assert not Path(gone).exists()


def test_reading_works_beside_an_open_program(tmp_path: Path, program: Run, photo: Path) -> None:
    from organizer.library import Library
    from organizer.paths import AppPaths

    assert program("index", photo.parent, "--catalog", tmp_path / "c").returncode == 0
    library = Library.open(AppPaths.at(tmp_path / "c"))
    try:
        done = program("report", "--json", "-", "--catalog", tmp_path / "c")
        refused = program("stacks", "clean", "--tier", "exact", "--catalog", tmp_path / "c")
    finally:
        library.close()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["photos"] == 9
    assert refused.returncode == 1


def test_a_file_instead_of_a_folder(program: Run, tmp_path: Path, photo: Path) -> None:
    done = program("index", photo, "--catalog", tmp_path / "c")
    assert done.returncode == 1
    assert done.stderr.strip() == f"{photo} is a file. Name its folder instead: {photo.parent}"
