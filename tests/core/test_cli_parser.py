"""The words of the command line: what is a command, what opens the window, what is wrong usage."""

from __future__ import annotations

from pathlib import Path

import pytest

from organizer import cli
from organizer.cli import parser
from organizer.paths import AppPaths


def test_folders_open_the_window() -> None:
    arguments = parser.parse(["/a b", "/c"])
    assert arguments.run is None
    assert arguments.folders == [Path("/a b"), Path("/c")]


def test_nothing_opens_the_window() -> None:
    assert parser.parse([]).run is None


@pytest.mark.parametrize(
    "words",
    [
        ["--catalog", "/x", "report", "--json", "-"],
        ["report", "--catalog", "/x", "--json", "-"],
        ["report", "--json", "-", "--catalog", "/x"],
    ],
)
def test_the_catalogue_may_be_named_anywhere(words: list[str]) -> None:
    arguments = parser.parse(words)
    assert arguments.catalog == Path("/x")
    assert arguments.json == "-"


def test_a_folder_named_like_a_command_can_be_opened() -> None:
    assert parser.parse(["./index"]).folders == [Path("index")]


def test_a_mistyped_command_is_not_taken_for_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reprot"], lambda paths, folders: pytest.fail("no window was asked for")) == 2
    assert "there is no command and no folder reprot" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["index"], ["classify", "a.jpg"], ["trash"], ["index", "/x", "--device", "z"]]
)
def test_wrong_usage_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words, lambda paths, folders: pytest.fail("no window was asked for")) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage:" in captured.err


def test_the_window_gets_its_places_and_folders(tmp_path: Path) -> None:
    seen: list[tuple[AppPaths, list[Path]]] = []

    def open_window(paths: AppPaths, folders: list[Path]) -> int:
        seen.append((paths, folders))
        return 0

    assert cli.main(["--catalog", str(tmp_path), "/photos"], open_window) == 0
    assert seen == [(AppPaths.at(tmp_path), [Path("/photos")])]


def test_a_defect_is_told_as_ours_and_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def open_window(paths: AppPaths, folders: list[Path]) -> int:
        raise ZeroDivisionError("on purpose")

    assert cli.main(["--catalog", str(tmp_path)], open_window) == 1
    assert "The program made a mistake" in capsys.readouterr().err
    assert "on purpose" in (tmp_path / "logs" / "photo-organizer.log").read_text()
