"""``photo-organizer highlights`` on real photos: a list, copies of it, a contact sheet."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from tests.integration.conftest import Indexed, Run


def test_of_a_folder_as_many_as_asked_for_with_copies_and_a_page(
    whole_library: Indexed, program: Run, tmp_path: Path
) -> None:
    everyday = whole_library.photos / "everyday"
    done = program(
        "highlights", "--folder", everyday, "--count", 12, "--json", "--copy-to", tmp_path / "out",
        "--longest-side", 256, "--without-facts", "--sheet", tmp_path / "page.html",
        "--catalog", whole_library.catalog,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == 12 and len({row["category"] for row in rows}) >= 8
    assert all(Path(row["image"]).is_relative_to(everyday) and row["why"] for row in rows)
    copies = sorted((tmp_path / "out").iterdir())
    assert len(copies) == 12
    for copy in copies:
        with Image.open(copy) as picture:
            assert picture.format == "JPEG" and max(picture.size) <= 256
    assert (tmp_path / "page.html").read_text("utf-8").count("<figure") == 12
    assert "12 photos are in" in done.stderr


def test_what_makes_no_sense_is_said_in_a_line(whole_library: Indexed, program: Run) -> None:
    for words, sentence in (
        (("--period", "May"), "--period 2024-05"),
        (("--category", "unicorns"), "no category unicorns"),
        (("--longest-side", "200"), "--copy-to"),
    ):
        done = program("highlights", *words, "--catalog", whole_library.catalog)
        assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


def test_the_report_says_why(whole_library: Indexed) -> None:
    images = [image for group in whole_library.report["highlights"] for image in group["images"]]
    assert images and all(image["why"] for image in images)
