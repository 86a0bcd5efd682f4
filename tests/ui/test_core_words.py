"""What the core says is told in the window's language: every sentence of the code, with its values in it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

import organizer
from organizer.paths import resources_dir
from ui.core_words import NUMBERS, SAID, core_words
from ui.translation import install_translators, remove_translators

CORE = Path(organizer.__file__).parent
KOREAN = resources_dir() / "translations" / "ko.core.json"
# Said in a terminal or a page alone, or put into the language elsewhere (searches: ui.search_words).
ELSEWHERE = (
    "cli", "__main__.py", "html_report.py", "class_folders.py", "query.py", "views.py",
    "prompts.py", "vocabulary.py",
)  # fmt: skip
HOLE = "\0"
SENTENCE = re.compile(r"[A-Z“\0].* .*(?:[.!]|\w\?)", re.DOTALL)
# Put together from parts that the map holds one by one: an example of what becomes of each.
COMPOSED = {
    f"{HOLE} {HOLE}.": ["1 photo moved to the trash.", "1,204 photos put back.", "3 sidecars written again."],
    f"{HOLE} sidecar{HOLE} {HOLE}.": ["1 sidecar put back as before.", "2 sidecars written again."],
    f"{HOLE} sidecar{HOLE} written.": ["1 sidecar written.", "12 sidecars written."],
    f"{HOLE} would go to the trash.": ["1 photo would go to the trash.", "7 photos would go to the trash."],
    f"{HOLE} {HOLE} of them {HOLE} {HOLE}.": [
        "2 photos moved to the trash. 1 of them is the other half of a RAW and JPEG pair.",
        "4 photos moved to the trash. 2 of them are other halves of RAW and JPEG pairs.",
    ],
    f"{HOLE} the next time the program starts on another day.": [
        "1 photo in the trash for 30 days will leave it the next time the program starts on another day.",
        "9 photos in the trash for 30 days will leave it the next time the program starts on another day.",
    ],
    f"{HOLE}: the copy that was kept is not there any more.": [
        "1 photo stays in the trash for longer: the copy that was kept is not there any more.",
        "2 photos stay in the trash for longer: the copy that was kept is not there any more.",
    ],
    f"“{HOLE}” {HOLE}; only safetensors files are imported.": [
        "“a” may be a pickle: reading it could run a stranger's program; only safetensors files are "
        "imported.",
        "“a.txt” is not a safetensors file; only safetensors files are imported.",
    ],
    f"The connection to {HOLE} was lost{HOLE}. Start the download again to go on from there.": [
        "The connection to hub.example was lost. Start the download again to go on from there.",
        "The connection to hub.example was lost after 40%. Start the download again to go on from there.",
    ],
}
CAPTIONS = {"A photo."}  # words about a photo, no sentence about the program
# What undo would take back: phrases, as organizer.library gives them to the journal.
# What the window called Doctor finds, besides sentences.
FOUND = [
    "program", "catalogue", "folder", "free space", "starter model", "chosen model", "unfinished download",
    "watched folders", "there", "missing", "none", "not installed", "the system allows 8,192",
    "needs the packages “timm”", "50.5 GB on the catalogue's drive", "4 photos, 0 unreadable, in “/a/b”",
    "none yet; it will be made at “/a/b”", "“/a/b” is not there", "Korean font",
    "“big”: The model's weights are not on this computer.",
]  # fmt: skip
DEEDS = [
    "move 1 photo to Beach", "move 1,500 photos to Beach", "change a caption", "keep 3 photos unflagged",
    "pick 1 photo", "reject 2 photos", "clear 2 photos", "keep a whole stack", "take a stack apart",
    "remove 1 photo", "remove 12,000 photos", "describe 1 photo", "describe 8 photos",
    "add the category Boats", "rename Boats to Ships", "hide Boats", "show Boats",
    "move Boats to the top level", "move Boats to Sea", "teach Boats with 1 example",
    "teach Boats with 7 examples", "rename the topic sea, sand", "merge sea into sand",
    "keep the topic as the category Sea", "write 1 sidecar", "write 4 sidecars", "merge what the copies say",
    "Found in a trash folder",
]  # fmt: skip


def korean() -> dict[str, str]:
    return json.loads(KOREAN.read_text(encoding="utf-8"))


def skeleton(node: ast.expr) -> str | None:
    """A string of the code with a hole for each value, None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return as_skeleton(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else HOLE for v in node.values)
    return None


def unsaid(tree: ast.AST) -> Iterator[ast.AST]:
    """What is in the code and said to nobody: docstrings, the log, details for the log, parts of a whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from node.values
        elif isinstance(node, ast.keyword) and node.arg == "detail":
            yield from ast.walk(node.value)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.startswith(("log.", "logger.")) or called in BUGS:
                yield from ast.walk(node)


BUGS = {"ValueError", "RuntimeError", "LookupError", "TypeError", "AssertionError", "KeyError"}


def sentences() -> dict[str, str]:
    """Skeleton of each sentence of the core -> where it stands."""
    found = {}
    for file in CORE.rglob("*.py"):
        if any(part in ELSEWHERE for part in file.relative_to(CORE).parts):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        skipped = set(unsaid(tree))
        for node in ast.walk(tree):
            said = skeleton(node) if isinstance(node, ast.expr) and node not in skipped else None
            if said and SENTENCE.fullmatch(said) and not re.match("[A-Z]{2,} ", said):
                found[said] = f"{file.relative_to(CORE)}:{node.lineno}"  # type: ignore[attr-defined]
    return found


def as_skeleton(template: str) -> str:
    return re.sub(r"\{\w+\}", HOLE, template)


@pytest.fixture
def in_korean(dressed: QApplication) -> Iterator[None]:
    installed = install_translators(dressed, resources_dir(), "ko")
    yield
    remove_translators(dressed, installed)
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


def test_every_sentence_of_the_core_has_its_korean() -> None:
    window = json.loads((KOREAN.parent / "ko.json").read_text(encoding="utf-8"))
    known = {as_skeleton(one) for one in (*korean(), *window)} | set(COMPOSED) | CAPTIONS
    said = sentences()
    assert len(said) > 150
    assert {where: words for words, where in said.items() if words not in known} == {}


def test_no_korean_is_left_over_from_sentences_that_are_gone() -> None:
    said = set(sentences())
    whole = {template for template in korean() if SENTENCE.fullmatch(as_skeleton(template))}
    composed = [one for examples in COMPOSED.values() for one in examples]
    shapes = {one: re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(one))) for one in whole}
    left = {one for one in whole if as_skeleton(one) not in said}
    assert [one for one in sorted(left) if not any(shapes[one].search(text) for text in composed)] == []


def test_translations_hold_the_same_values() -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w+)\}", text))

    assert {one: other for one, other in korean().items() if values(one) != values(other)} == {}


def test_every_sentence_is_told_in_korean_with_its_values(in_korean: None) -> None:
    for template in korean():
        holes = re.findall(r"\{(\w+)\}", template)
        given = {hole: "3" if hole in NUMBERS else f"IMG {at}. b" for at, hole in enumerate(holes)}
        given |= {hole: "Nothing was changed." for hole in holes if hole in SAID}
        said = re.sub(r"\{(\w+)\}", lambda hole, given=given: given[hole[1]], template)  # type: ignore[misc]
        told = core_words(said)
        assert re.search("[가-힣]", told), said
        assert all(given[hole] in told for hole in holes if hole not in SAID), said


@pytest.mark.parametrize("said", [one for examples in COMPOSED.values() for one in examples] + DEEDS + FOUND)
def test_what_is_put_together_is_told_in_korean(in_korean: None, said: str) -> None:
    told = re.sub("RAW|JPEG|safetensors|pickle|hub.example|GB|“[^”]*”", "", core_words(said))
    assert re.search("[가-힣]", told)
    assert not re.search("[A-Za-z]", told), told


def test_sentences_one_after_another_are_told_one_by_one(in_korean: None) -> None:
    assert core_words("12 photos moved to the trash.") == "사진 12장을 휴지통으로 옮겼습니다."
    gone = "The folder /a/my photos. 2024 is not there any more."
    two = f"{gone} Its photos stay in the catalogue until it is back."
    assert core_words(two) == (
        "“/a/my photos. 2024” 폴더가 이제 없습니다. 다시 연결될 때까지 사진 정보는 카탈로그에 남습니다."
    )


def test_what_is_not_known_is_shown_as_it_came(in_korean: None) -> None:
    assert core_words("A newer version says this.") == "A newer version says this."
    assert core_words("") == ""


def test_english_stays_as_the_core_says_it(dressed: QApplication) -> None:
    assert core_words("12 photos moved to the trash.") == "12 photos moved to the trash."
