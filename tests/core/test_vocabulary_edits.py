"""The person's own categories: merged, checked, kept, undone, and read by the model no more than needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from organizer.analysis.categories import label_vectors
from organizer.analysis.own_words import check_hiding, check_nesting, clean_name, edited, own_key
from organizer.analysis.vocabulary import Vocabulary, load_vocabulary
from organizer.errors import UsageProblem
from organizer.events import Kind
from organizer.library import Library
from organizer.library.labels import extended
from organizer.paths import AppPaths, resources_dir
from organizer.results import CategoryEdit
from tests.fakes import FakeEmbedder


@pytest.fixture(scope="module")
def base() -> Vocabulary:
    return load_vocabulary(resources_dir() / "vocabularies" / "default.toml")


@pytest.fixture
def library(app_paths: AppPaths) -> Iterator[Library]:
    opened = Library.open(app_paths)
    yield opened
    opened.close()


def keys(vocabulary: Vocabulary) -> list[str]:
    return [category.key for category in vocabulary.categories]


def test_nothing_changes_without_edits(base: Vocabulary) -> None:
    assert edited(base, []) == base
    assert edited(base, [CategoryEdit("from-elsewhere", hidden=True)]) == base


def test_an_added_category_has_its_parents_templates_and_stands_below_it(base: Vocabulary) -> None:
    made = edited(
        base, [CategoryEdit("own-x", own=True, parent="animals", names={"ko": "매"}, prompts=("매",))]
    )
    added = made.find("own-x")
    assert added is not None
    assert added.templates == base.find("animals").templates  # type: ignore[union-attr]
    assert made.name("own-x", "ko") == made.name("own-x", "en") == "매"
    place = keys(made).index("own-x")
    assert made.categories[place - 1].parent == "animals"
    assert made.digest() != base.digest()


def test_a_rename_changes_the_name_alone(base: Vocabulary) -> None:
    made = edited(base, [CategoryEdit("dog", names={"en": "Hounds"})])
    assert made.name("dog") == "Hounds"
    assert made.name("dog", "ko") == base.name("dog", "ko")
    assert made.digest() == base.digest()


def test_a_hidden_parent_takes_its_children_along(base: Vocabulary) -> None:
    made = edited(base, [CategoryEdit("animals", hidden=True)])
    assert not {"animals", "dog", "cat"} & set(keys(made))
    assert {"animals", "dog", "cat"} <= {category.key for category in made.hidden}
    assert made.name("dog") == base.name("dog")


def test_nested_and_lifted_categories_keep_two_levels(base: Vocabulary) -> None:
    made = edited(base, [CategoryEdit("dog", parent="people"), CategoryEdit("cat", parent=None)])
    assert made.parent("dog") == "people"
    assert made.parent("cat") is None
    ring = edited(base, [CategoryEdit("dog", parent="cat"), CategoryEdit("cat", parent="dog")])
    for category in (*made.categories, *ring.categories):
        assert category.parent is None or ring.parent(category.parent) is None
    for vocabulary in (made, ring):
        order = keys(vocabulary)
        assert sorted(order) == sorted(keys(base))
        assert all(
            c.parent is None or order.index(c.parent) < order.index(c.key) for c in vocabulary.categories
        )


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 61, "a {} b", "Dogs", "DOGS", "others"])
def test_names_that_cannot_be_used_are_refused_with_a_sentence(base: Vocabulary, name: str) -> None:
    with pytest.raises(UsageProblem, match=r"\.$"):
        clean_name(base, name)


def test_a_name_is_cleaned_and_its_key_is_new_and_stable(base: Vocabulary) -> None:
    assert clean_name(base, "  Kite\tsurfing\x00 ") == "Kite surfing"
    assert clean_name(base, "Dogs", besides="dog") == "Dogs"
    assert own_key(base, "Kite surfing") == "own-kite-surfing"
    made = edited(base, [CategoryEdit("own-kite-surfing", own=True, parent=None)])
    assert own_key(made, "Kite surfing") == "own-kite-surfing-2"
    assert own_key(base, "연날리기") == own_key(base, "연날리기") != own_key(base, "서핑")


def test_impossible_nesting_and_hiding_are_refused(base: Vocabulary) -> None:
    for key, parent in (
        ("dog", "cat"),
        ("animals", "people"),
        ("dog", "dog"),
        ("nothing", None),
        ("dog", "no"),
    ):
        with pytest.raises(UsageProblem):
            check_nesting(base, key, parent)
    tops = [category.key for category in base.categories if category.parent is None]
    few = edited(base, [CategoryEdit(key, hidden=True) for key in tops[2:]])
    with pytest.raises(UsageProblem, match="At least"):
        check_hiding(few, tops[0])


def test_label_vectors_of_an_edited_vocabulary_read_only_what_is_new(base: Vocabulary) -> None:
    embedder = FakeEmbedder()
    known = label_vectors(base, embedder.encode_texts)
    read: list[str] = []

    def encode(texts):  # type: ignore[no-untyped-def]
        read.extend(texts)
        return embedder.encode_texts(texts)

    edits = [
        CategoryEdit("own-kite", own=True, parent="sports", names={"en": "Kite"}, prompts=("a kite",)),
        CategoryEdit("cat", hidden=True),
        CategoryEdit("dog", parent="people"),
    ]
    made = edited(base, edits)
    grown = extended(base, known, made, encode)
    whole = label_vectors(made, embedder.encode_texts)
    assert read
    assert all("kite" in text for text in read)
    assert grown.keys == whole.keys
    assert np.array_equal(grown.parents, whole.parents)
    assert np.array_equal(grown.owners, whole.owners)
    assert np.allclose(grown.vectors, whole.vectors, atol=1e-6)


def test_edits_are_kept_undone_and_redone(library: Library, app_paths: AppPaths) -> None:
    key = library.add_category("Kites", "sports")
    library.rename_category("dog", "Hounds")
    library.hide_category("cat")
    names = dict(library.category_names())
    assert names[key] == "Kites"
    assert names["dog"] == "Hounds"
    assert "cat" not in names
    assert [hidden for hidden, _name in library.hidden_categories()] == ["cat"]
    assert Kind.CATEGORIES in library.stale_kinds()
    for _ in range(3):
        assert library.undo() is not None
    assert key not in dict(library.category_names())
    assert "cat" in dict(library.category_names())
    for _ in range(3):
        assert library.redo() is not None
    library.close()
    again = Library.open(app_paths)
    try:
        assert dict(again.category_names()) == names
        again.hide_category("cat", False)
        assert "cat" in dict(again.category_names())
    finally:
        again.close()


def test_an_edit_taken_back_or_done_again_makes_the_categories_stale(library: Library) -> None:
    """Else the photos would stay sorted by categories that are not there any more."""
    library.add_category("Kites", "sports")
    library.nest_category("dog", "people")
    for step in (library.undo, library.undo, library.redo, library.redo):
        library.analyse({Kind.CATEGORIES})
        assert Kind.CATEGORIES not in library.stale_kinds()
        assert step() is not None
        assert Kind.CATEGORIES in library.stale_kinds()


def test_the_librarys_refusals_change_nothing(library: Library) -> None:
    before = library.category_names()
    for refused in (
        lambda: library.add_category("Dogs and more {}"),
        lambda: library.add_category("New", "dog"),
        lambda: library.add_category("New", "nothing"),
        lambda: library.rename_category("nothing", "New"),
        lambda: library.hide_category("cat", False),
        lambda: library.nest_category("animals", "people"),
        lambda: library.teach_category("dog", []),
    ):
        with pytest.raises(UsageProblem):
            refused()
    assert library.category_names() == before
    assert library.undo_text() is None
    assert Path(library.paths.catalog_file).exists()
