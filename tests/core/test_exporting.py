"""Export through the library: real files, real decoding; and a contact sheet that stands alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organizer.errors import Cancelled, FolderProblem, UsageProblem
from organizer.library import Library
from organizer.library.contact_sheet import Shown, sheet
from organizer.paths import AppPaths
from organizer.records import ExifFacts
from tests.catalog_samples import decoded

NAMES = ("one.jpg", "바다 <b>&.jpg", "gone.jpg")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three photos; the file of the last has gone since it was looked at."""
    opened = Library.open(AppPaths.at(tmp_path / "catalogue"))
    writer = opened._catalog.writer
    root = writer.add_root(tmp_path / "photos").id
    for number, name in enumerate(NAMES, start=1):
        path = tmp_path / "photos" / name
        path.parent.mkdir(exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (300, 400, 3), np.uint8)
        if name != "gone.jpg":
            Image.fromarray(pixels).save(path)
        facts = ExifFacts(taken_at=f"2024-05-0{number}T10:00:00", camera="Maker", latitude=1.0, longitude=2.0)
        writer.save_decoded(root, decoded(path, number, facts), None, None)
    writer.flush()
    yield opened
    opened.close()


def ids(library: Library) -> list[int]:
    return sorted(library.photo_ids().tolist())


def test_copies_as_they_are_and_smaller_ones_with_and_without_facts(library: Library, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    report = library.export(ids(library), tmp_path / "as", told=lambda done, of: told.append((done, of)))
    assert [file.name for file in report.files] == list(NAMES[:2])
    assert report.files[0].read_bytes() == (tmp_path / "photos" / "one.jpg").read_bytes()
    assert [path.name for path, _ in report.failed] == ["gone.jpg"] and told[-1] == (3, 3)
    full = library.export(ids(library)[:1], tmp_path / "full", 160, facts=True).files[0]
    bare = library.export(ids(library)[:1], tmp_path / "bare", 160, facts=False).files[0]
    with Image.open(full) as picture:
        assert picture.size == (160, 120) and picture.getexif()[0x0110] == "Maker"
        assert picture.getexif().get_ifd(0x8825)
    with Image.open(bare) as picture:
        assert 0x0110 not in picture.getexif() and not picture.getexif().get_ifd(0x8825)
        assert picture.getexif()[0x0132] == "2024:05:01 10:00:00"


def test_what_cannot_be_asked_for_or_done_is_said(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no photos"):
        library.export([], tmp_path / "out")
    with pytest.raises(UsageProblem, match="64 to"):
        library.export(ids(library), tmp_path / "out", 12)
    (tmp_path / "file").write_bytes(b"")
    for work in (library.export, lambda i, folder: library.contact_sheet(i, folder, "x")):
        with pytest.raises(FolderProblem):
            work(ids(library), tmp_path / "file")
    control = library.new_control()
    control.cancel()
    with pytest.raises(Cancelled):
        library.contact_sheet(ids(library), tmp_path / "out", "x", control=control)
    assert not (tmp_path / "out").exists()


def test_a_contact_sheet_lies_beside_an_older_one(library: Library, tmp_path: Path) -> None:
    first = library.contact_sheet(ids(library), tmp_path / "out", "Best of May").files[0]
    second = library.contact_sheet(ids(library), tmp_path / "out", "Best of May").files[0]
    assert [first.name, second.name] == ["contact-sheet.html", "contact-sheet (2).html"]
    page = first.read_text("utf-8")
    assert page.count("<figure") == 3 and "2024-05-02" in page and "바다 &lt;b&gt;&amp;.jpg" in page


class _Page(HTMLParser):
    """What a page fetches, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


@pytest.mark.parametrize(
    ("named", "tag"),
    [("C.UTF-8", "en"), ("C", "en"), ("POSIX", "en"), ("ko_KR.UTF-8", "ko"), ("en_GB", "en")],
)
def test_the_page_names_a_language_that_there_is(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, tag: str
) -> None:
    monkeypatch.setenv("LC_ALL", named)
    made = library.contact_sheet(ids(library), tmp_path / "page", "Best of May")
    assert f"<html lang='{tag}'>" in made.files[0].read_text("utf-8")


def test_the_page_stands_alone_and_takes_no_name_for_markup() -> None:
    evil = os.fsdecode(b"<script>alert(1)</script>\xff.jpg")
    page = sheet(
        "사진 <3", "5월 & 6월", [Shown(evil, "", 40.0, b"jpeg"), Shown("b.jpg", "", 1.5, None)], "ko"
    )
    found = _Page()
    found.feed(page.decode("utf-8"))
    assert "script" not in found.tags and "link" not in found.tags
    assert found.fetched == ["data:image/jpeg;base64,anBlZw=="]
    assert "사진 <3" in found.words and "5월 & 6월" in found.words and "b.jpg" in found.words
    assert not re.search(r"url\(|@import", page.decode("utf-8")) and "lang='ko'" in page.decode("utf-8")
    assert "--shape: 3.200" in page.decode("utf-8")
