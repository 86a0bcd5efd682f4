"""Searching real photos on the command line, with the model that ships with the program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.integration.conftest import Run

ALBUM = {
    "dog": "everyday/oxford-pets-sample",
    "sea": "everyday/intel-scenes",
    "receipt": "everyday/sroie",
    "people": "captioned/",
}


@pytest.fixture(scope="module")
def album(
    photos_root: Path, labels: list[dict[str, str]], program: Run, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A catalogue over sixty photos of pets, landscapes, receipts and people, and their folder."""
    base = tmp_path_factory.mktemp("search")
    folder = base / "Holidays in Rome"
    folder.mkdir()
    for start in ALBUM.values():
        for row in [row for row in labels if row["file"].startswith(start)][:15]:
            (folder / Path(row["file"]).name).write_bytes((photos_root / row["file"]).read_bytes())
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 34.0, 0.0), 3: "E", 4: (126.0, 58.0, 0.0)})
    Image.linear_gradient("L").convert("RGB").save(folder / "plain.jpg", exif=exif)
    indexed = program("index", folder, "--catalog", base / "catalogue")
    assert indexed.returncode == 0, indexed.stderr
    return base / "catalogue", folder


def asked(program: Run, album: tuple[Path, Path], *words: object) -> tuple[list[dict[str, Any]], str]:
    ran: subprocess.CompletedProcess[str] = program(*words, "--json", "--catalog", album[0])
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    return rows, ran.stderr


def test_words_find_what_they_mean(program: Run, album: tuple[Path, Path]) -> None:
    rows, _ = asked(program, album, "search", "receipt", "--limit", 8)
    assert len(rows) >= 5
    assert all("sroie" in row["image"] for row in rows)


def test_what_is_not_there_is_said_not_shown(program: Run, album: tuple[Path, Path]) -> None:
    rows, said = asked(program, album, "search", "volcano")
    assert rows == []
    assert said.strip() == "None of your photos fits “volcano”."
    nearest, _ = asked(program, album, "search", "volcano", "--nearest", "--limit", 3)
    assert len(nearest) == 3


def test_a_minus_takes_away_exactly_what_the_word_finds(program: Run, album: tuple[Path, Path]) -> None:
    def images(text: str) -> set[str]:
        return {row["image"] for row in asked(program, album, "search", text, "--limit", 100)[0]}

    everything, receipts = images("rome"), images("receipt")
    assert receipts
    assert images("rome -receipt") == everything - receipts
    rows, _ = asked(program, album, "search", "rome", "-receipt", "--limit", 100)  # as typed without quotes
    assert {row["image"] for row in rows} == everything - receipts


def test_a_language_the_model_does_not_know(program: Run, album: tuple[Path, Path]) -> None:
    rows, said = asked(program, album, "search", "한강")
    assert rows == []
    assert "does not understand “한강”" in said
    rows, said = asked(program, album, "search", "beach", "-한강", "-고궁")  # one note, however many words
    assert said.count("does not understand") == 1
    assert "“한강, 고궁”" in said
    rows, said = asked(program, album, "search", "영수증")  # the name of a category
    assert len(rows) >= 5
    assert all("sroie" in row["image"] for row in rows)
    assert said.strip() == "“영수증” was looked for as “receipt”."
    rows, said = asked(program, album, "search", "서울")
    assert [Path(row["image"]).name for row in rows] == ["plain.jpg"]


def test_wrong_searches_are_told_in_one_line(program: Run, album: tuple[Path, Path]) -> None:
    for text in ("  ", "date:soon", "colur:red"):
        ran = program("search", text, "--catalog", album[0])
        assert ran.returncode == 2
        assert len(ran.stderr.strip().splitlines()) == 1
        assert ran.stdout == ""


def test_a_photo_finds_its_like_and_a_part_does_too(program: Run, album: tuple[Path, Path]) -> None:
    receipt = next(iter(sorted(album[1].glob("*sroie*"))))
    rows, _ = asked(program, album, "similar", receipt, "--limit", 5)
    assert rows
    assert all("sroie" in row["image"] for row in rows)
    assert str(receipt) not in [row["image"] for row in rows]
    part, _ = asked(program, album, "similar", receipt, "--box", "0,0,400,400", "--limit", 5, "--nearest")
    assert part
    ran = program("similar", receipt, "--box", "90000,0,10,10", "--catalog", album[0])
    assert ran.returncode == 2
    assert "outside the picture" in ran.stderr
    ran = program("similar", album[1] / "absent.jpg", "--catalog", album[0])
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1


def test_filters_narrow(program: Run, album: tuple[Path, Path]) -> None:
    rows, _ = asked(program, album, "search", "rome orientation:landscape", "--limit", 100)
    assert rows
    for row in rows:
        with Image.open(row["image"]) as picture:
            assert picture.width > picture.height
    black, _ = asked(program, album, "search", "colour:black", "--limit", 100)
    assert "plain.jpg" in {Path(row["image"]).name for row in black}
    none, said = asked(program, album, "search", "format:raw")
    assert none == []
    assert said.strip() == "No photo was found."


def test_a_description_is_answered_by_the_nearest_and_said_to_be(
    program: Run, album: tuple[Path, Path]
) -> None:
    rows, said = asked(program, album, "search", "a man repairing the engine of a submarine", "--limit", 50)
    assert len(rows) == 24
    assert said.strip().endswith("these come nearest.")


def test_a_picture_among_others_is_found_by_a_rectangle_around_it(
    photos_root: Path, labels: list[dict[str, str]], program: Run, tmp_path: Path
) -> None:
    """A dog beside a receipt, a street and a glacier is found by that dog, though the whole is like none."""
    rows = [row for row in labels if row["set"] == "everyday"]

    def some(start: str) -> list[Image.Image]:
        files = [row["file"] for row in rows if row["label"].startswith(start)]
        return [Image.open(photos_root / file).convert("RGB").resize((300, 300)) for file in files[:9]]

    dogs, streets, glaciers, receipts = some("dog:"), some("street"), some("glacier"), some("receipt")
    folder = tmp_path / "album"
    folder.mkdir()
    for number in range(8):
        sheet = Image.new("RGB", (600, 600))
        for place, kind in enumerate((streets, glaciers, receipts, dogs)):
            sheet.paste(kind[number], (300 * (place % 2), 300 * (place // 2)))
        sheet.save(folder / f"sheet{number}.jpg", quality=92)
    asked_with = Image.new("RGB", (600, 300))
    asked_with.paste(receipts[8], (0, 0))
    asked_with.paste(dogs[3], (300, 0))
    asked_with.save(tmp_path / "asked.png")
    indexed = program("index", folder, "--catalog", tmp_path / "catalogue")
    assert indexed.returncode == 0, indexed.stderr
    found, _ = asked(program, (tmp_path / "catalogue", folder), "similar", tmp_path / "asked.png",
                     "--box", "300,0,300,300", "--limit", 3)  # fmt: skip
    assert Path(found[0]["image"]).name == "sheet3.jpg"
