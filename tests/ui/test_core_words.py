"""What the core says is told in the window's language, with its values in it.

That every sentence of the code has its translation is held by test_translation.
"""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QApplication

from tests.core_sentences import COMPOSED, core_korean
from ui.core_words import NUMBERS, SAID, core_words

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


def test_translations_hold_the_same_values() -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w+)\}", text))

    assert {one: other for one, other in core_korean().items() if values(one) != values(other)} == {}


def test_every_sentence_is_told_in_korean_with_its_values(in_korean: None) -> None:
    for template in core_korean():
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
