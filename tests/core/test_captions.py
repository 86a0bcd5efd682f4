"""Captions from labels: natural, no surer than the probabilities, silent where nothing convinced."""

from __future__ import annotations

import pytest

from organizer.analysis.captions import Describer, describe_all
from organizer.analysis.vocabulary import Vocabulary, load_vocabulary
from organizer.paths import resources_dir
from organizer.results import OTHERS, Categorised


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary(resources_dir() / "vocabularies" / "default.toml")


def said(vocabulary: Vocabulary, found: Categorised, **extra: float) -> str | None:
    caption = Describer(vocabulary).describe(found, **extra)
    return caption.text if caption else None


@pytest.mark.parametrize(
    ("chance", "text"),
    [(0.95, "A dog."), (0.6, "Probably a dog."), (0.2, "Perhaps a dog.")],
)
def test_the_opening_says_how_sure_it_is(vocabulary: Vocabulary, chance: float, text: str) -> None:
    assert said(vocabulary, Categorised(1, "dog", chance, (("dog", chance),))) == text


def test_a_probable_setting_is_added(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "dog", 0.5, (("dog", 0.5), ("cat", 0.2), ("beach", 0.18)))
    assert said(vocabulary, found) == "Probably a dog on a beach."


def test_an_improbable_setting_is_left_unsaid(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "dog", 0.9, (("dog", 0.9), ("beach", 0.05)))
    assert said(vocabulary, found) == "A dog."


def test_a_landscape_names_what_else_is_there(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "sea", 0.5, (("sea", 0.5), ("beach", 0.2), ("boat", 0.2)))
    assert said(vocabulary, found) == "Probably the sea with a boat."


def test_papers_have_no_setting(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "receipt", 0.8, (("receipt", 0.8), ("beach", 0.15)))
    assert said(vocabulary, found, colourfulness=0.0) == "A receipt."


def test_black_and_white_is_said_of_photos(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "street", 0.8, (("street", 0.8),))
    assert said(vocabulary, found, colourfulness=0.3) == "A street in black and white."
    assert said(vocabulary, found, colourfulness=30.0) == "A street."
    dog = Categorised(1, "dog", 0.8, (("dog", 0.8), ("park", 0.15)))
    assert said(vocabulary, dog, colourfulness=0.0) == "A dog in a park, in black and white."


def test_a_weak_child_is_spoken_of_as_its_parent(vocabulary: Vocabulary) -> None:
    ranked = (("dog", 0.14), ("cat", 0.13), ("horse", 0.12), ("bird", 0.11))
    assert said(vocabulary, Categorised(1, "dog", 0.14, ranked)) == "Probably an animal."


def test_a_sure_parent_guesses_at_its_child(vocabulary: Vocabulary) -> None:
    ranked = (("animals", 0.9), ("dog", 0.25), ("cat", 0.2), ("beach", 0.15))
    assert said(vocabulary, Categorised(1, "animals", 0.9, ranked)) == "An animal, perhaps a dog."
    unsure = (("animals", 0.4), ("dog", 0.25), ("beach", 0.15))
    assert said(vocabulary, Categorised(1, "animals", 0.4, unsure)) == "Perhaps an animal on a beach."


def test_nothing_is_said_where_nothing_convinced(vocabulary: Vocabulary) -> None:
    assert said(vocabulary, Categorised(1, OTHERS, 0.8, (("dog", 0.2),))) is None
    assert said(vocabulary, Categorised(1, "dropped-long-ago", 0.8)) is None


def test_what_a_person_decided_is_said_plainly(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "cat", 1.0, (("dog", 0.6), ("cat", 0.1)), by_user=True)
    assert said(vocabulary, found) == "A cat."


def test_korean_captions_use_korean_names(vocabulary: Vocabulary) -> None:
    found = Categorised(1, "dog", 0.5, (("dog", 0.5), ("beach", 0.2)))
    caption = Describer(vocabulary, "ko").describe(found)
    assert caption is not None
    assert caption.text == "아마도 강아지, 해변"
    unknown = Describer(vocabulary, "xx").describe(found)
    assert unknown is not None
    assert unknown.text.startswith("Probably")


def test_every_category_makes_a_sentence(vocabulary: Vocabulary) -> None:
    found = [
        Categorised(number, category.key, 0.5, ((category.key, 0.5), ("dog", 0.2), ("beach", 0.2)))
        for number, category in enumerate(vocabulary.categories)
    ]
    captions = describe_all(found, vocabulary)
    assert [caption.photo_id for caption in captions] == [one.photo_id for one in found]
    for caption in captions:
        assert caption.source == "labels"
        assert caption.text.startswith("Probably ")
        assert caption.text.endswith(".")
        assert "  " not in caption.text
        assert len(caption.text) < 90
