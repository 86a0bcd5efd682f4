"""Why a photo is flagged, in words of the window's language."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from organizer.analysis.quality import flags
from organizer.results import Reason
from tests.bench.quality_sets import table_of
from ui.flag_words import flag_words

SENTENCES = (
    "even the sharpest part is soft",
    "the sharpest part is softer than in 97% of your photos",
    "the sharpest part is softer than in 97% of your photos, and blurred in one direction as by a movement",
)


def whys() -> list[str]:
    """What the core says of each reason, with and without what varies."""
    said = []
    for one_way, coarse, sharp in ((0.1, 0.0, 0.3), (0.6, 5.0, 0.3), (0.1, 0.0, np.nan)):
        table = table_of([Image.new("RGB", (64, 48), "grey")])
        given = {"one_way": one_way, "quantisation": coarse, "sharpness": sharp}
        changed = {name: np.array([value], np.float32) for name, value in given.items()}
        table = replace(table, measures={**table.measures, **changed})
        scored = {reason: np.ones(1, np.float32) for reason in Reason}
        said += [flag.why for flag in flags(table, scored, dict.fromkeys(Reason, 0.5))]
    return [*said, *SENTENCES]


def test_english_stays_as_the_core_says_it() -> None:
    assert [flag_words(why) for why in whys()] == whys()


def test_every_reason_is_said_in_korean(in_korean: None) -> None:
    for why in whys():
        words = flag_words(why)
        assert words != why and any("가" <= letter <= "힣" for letter in words), why
    assert flag_words(SENTENCES[1]) == "가장 선명한 부분이 사진의 97%보다 흐립니다"


def test_what_is_not_known_is_shown_as_it_came(in_korean: None) -> None:
    assert flag_words("as a later version says it") == "as a later version says it"
