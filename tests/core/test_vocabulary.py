"""The vocabulary file: what ships is whole, and a faulty one is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from organizer.analysis.vocabulary import LANGUAGES, Vocabulary, load_vocabulary, prompt_texts
from organizer.errors import UsageProblem
from organizer.paths import resources_dir
from organizer.results import OTHERS

SMALL = """
schema = 1
key = "small"
[styles]
photo = ["a photo of {}.", "{}"]
flat = ["{}"]
[others]
en = "Others"
ko = "기타"
[[parent]]
key = "animals"
en = "Animals"
ko = "동물"
prompts = ["an animal"]
highlight = 0.5
[[parent.child]]
key = "dog"
en = "Dogs"
prompts = ["a dog", "a puppy"]
phrase = "a dog"
[[parent]]
key = "papers"
en = "Papers"
prompts = ["a page"]
style = "flat"
"""


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    return load_vocabulary(resources_dir() / "vocabularies" / "default.toml")


def written(folder: Path, text: str) -> Path:
    file = folder / "words.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_vocabulary_covers_everyday_life(shipped: Vocabulary) -> None:
    parents = [c for c in shipped.categories if c.parent is None]
    children = [c for c in shipped.categories if c.parent is not None]
    assert 10 <= len(parents) <= 16
    assert 80 <= len(children) <= 120
    assert {"people", "animals", "food", "nature", "city", "home", "events", "vehicles"} <= {
        c.key for c in parents
    }


def test_every_shipped_category_has_all_names_and_several_prompts(shipped: Vocabulary) -> None:
    for category in shipped.categories:
        assert set(category.names) == set(LANGUAGES), category.key
        assert len(category.prompts) >= 2, category.key
        assert len(set(category.prompts)) == len(category.prompts), category.key
    for language in LANGUAGES:
        names = [category.names[language] for category in shipped.categories]
        assert len(set(names)) == len(names), "two categories a person could not tell apart"
        assert all(name.strip() == name for name in names)


def test_korean_names_are_korean(shipped: Vocabulary) -> None:
    for category in shipped.categories:
        assert any("가" <= letter <= "힣" for letter in category.names["ko"]), category.key


def test_no_prompt_serves_two_categories(shipped: Vocabulary) -> None:
    prompts = [prompt for category in shipped.categories for prompt in category.prompts]
    assert len(set(prompts)) == len(prompts)


def test_phrases_stand_in_the_middle_of_a_sentence(shipped: Vocabulary) -> None:
    for category in shipped.categories:
        for phrase in filter(None, (category.phrase, category.place)):
            assert not phrase.endswith("."), category.key
            assert phrase[0].islower() or phrase.startswith("Christmas"), category.key


def test_papers_and_screens_are_no_highlights(shipped: Vocabulary) -> None:
    weights = shipped.highlight_weights()
    for category in shipped.categories:
        if (category.parent or category.key) in ("documents", "screenshots"):
            assert weights[category.key] == 0
    assert weights["dog"] == 1
    assert 0 < weights[OTHERS] < 1


def test_names_fall_back_to_english_and_then_to_the_key(tmp_path: Path) -> None:
    small = load_vocabulary(written(tmp_path, SMALL))
    assert small.name("animals", "ko") == "동물"
    assert small.name("dog", "ko") == "Dogs"
    assert small.name(OTHERS, "ko") == "기타"
    assert small.name("dropped-long-ago") == "dropped-long-ago"


def test_children_take_style_and_highlight_from_their_parent(tmp_path: Path) -> None:
    small = load_vocabulary(written(tmp_path, SMALL))
    dog = small.find("dog")
    assert dog is not None
    assert dog.parent == "animals"
    assert dog.highlight == 0.5
    assert prompt_texts(dog) == [["a photo of a dog.", "a dog"], ["a photo of a puppy.", "a puppy"]]
    assert "a page" in small.texts()
    assert "a photo of a page." not in small.texts()


def test_the_digest_follows_the_prompts_and_not_the_names(tmp_path: Path) -> None:
    before = load_vocabulary(written(tmp_path, SMALL)).digest()
    renamed = load_vocabulary(written(tmp_path, SMALL.replace('"Dogs"', '"Hounds"'))).digest()
    reworded = load_vocabulary(written(tmp_path, SMALL.replace("a puppy", "a whelp"))).digest()
    assert before == renamed
    assert before != reworded


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("schema = 1", "schema = 9"), "schema"),
        (('key = "dog"', 'key = "animals"'), '"animals" twice'),
        (('key = "dog"', 'key = "others"'), '"others"'),
        (('["a dog", "a puppy"]', "[]"), '"dog"'),
        (('["a dog", "a puppy"]', '["a {dog}"]'), "braces"),
        (('"a photo of {}."', '"a photo."'), '"photo"'),
        (('style = "flat"', 'style = "paper"'), "'paper'"),
        (("highlight = 0.5", "highlight = 5"), "highlight"),
        (('en = "Dogs"', ""), 'lacks en in "dog"'),
        (("[others]", "[decision]\nparent_prior = 0\n[others]"), "parent_prior"),
        (("[styles]", "[styles"), "TOML"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence(
    tmp_path: Path, change: tuple[str, str], names: str
) -> None:
    assert change[0] in SMALL
    with pytest.raises(UsageProblem) as refused:
        load_vocabulary(written(tmp_path, SMALL.replace(*change)))
    sentence = str(refused.value)
    assert "words.toml" in sentence
    assert names in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"nowhere\.toml"):
        load_vocabulary(tmp_path / "nowhere.toml")
