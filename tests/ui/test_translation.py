"""The Korean words: complete, with the same values in them, and really shown."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from organizer.paths import resources_dir
from tests.core_sentences import CAPTIONS, COMPOSED, SENTENCE, as_skeleton, core_korean, core_sentences
from ui.translation import install_translators, language_code, remove_translators, tr, tr_n

UI = Path(__file__).resolve().parents[2] / "ui"
KOREAN = resources_dir() / "translations" / "ko.json"


def sentences() -> set[str]:
    """Every sentence that the window's code gives to ``tr`` and ``tr_n``, and the titles of the tabs."""
    found = set()
    for file in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                wanted = {"tr": slice(0, 1), "tr_n": slice(0, 2), "TabSpec": slice(1, 2)}.get(node.func.id)
                given = node.args[wanted] if wanted else []
                found |= {a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return found


def korean() -> dict[str, str]:
    return json.loads(KOREAN.read_text(encoding="utf-8"))


def test_every_sentence_has_its_korean() -> None:
    assert len(sentences()) > 100
    assert sorted(sentences() - set(korean())) == []


def test_no_korean_is_left_over_from_sentences_that_are_gone() -> None:
    assert sorted(set(korean()) - sentences()) == []


def test_translations_hold_the_same_values() -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w*)\}", text))

    assert {one: other for one, other in korean().items() if values(one) != values(other)} == {}


def test_every_sentence_of_the_core_has_its_korean() -> None:
    """Words missing here are to be put into ko.core.json, with a name for each value."""
    known = {as_skeleton(one) for one in (*core_korean(), *korean())} | set(COMPOSED) | CAPTIONS
    said = core_sentences()
    assert len(said) > 150
    assert {where: words for words, where in said.items() if words not in known} == {}


def test_no_korean_is_left_over_from_sentences_of_the_core_that_are_gone() -> None:
    said = set(core_sentences())
    whole = {one for one in core_korean() if SENTENCE.fullmatch(as_skeleton(one))}
    shapes = {one: re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(one))) for one in whole}
    composed = [one for examples in COMPOSED.values() for one in examples]
    left = {one for one in whole if as_skeleton(one) not in said}
    assert [one for one in sorted(left) if not any(shapes[one].search(text) for text in composed)] == []


def test_the_window_speaks_korean(in_korean: None) -> None:
    assert tr("Trash") == "휴지통"
    assert tr_n("{n} photo", "{n} photos", 12_408) == "사진 12,408장"


def test_a_language_without_a_file_is_english(dressed: QApplication) -> None:
    installed = install_translators(dressed, resources_dir(), "xx")
    assert tr("Trash") == "Trash"
    assert all(translator.isEmpty() is False for translator in installed)
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.mark.expects_log
def test_a_damaged_file_costs_the_translation_only(dressed: QApplication, tmp_path: Path) -> None:
    folder = tmp_path / "translations"
    folder.mkdir()
    (folder / "ko.json").write_text("{ not json", encoding="utf-8")
    remove_translators(dressed, install_translators(dressed, tmp_path, "ko"))
    assert tr("Trash") == "Trash"
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


def test_the_system_decides_unless_one_is_chosen() -> None:
    assert language_code("ko") == "ko"
    assert language_code("system") == QLocale.system().name().split("_")[0]
