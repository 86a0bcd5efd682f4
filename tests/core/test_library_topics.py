"""Topics in the library: stored, kept a sentence, stale when captions change, the person's changes, undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.catalog import ActionKind
from organizer.errors import UsageProblem
from organizer.events import Kind
from organizer.library import Library, TopicView
from organizer.library.analyses import Inputs
from organizer.library.topic_analysis import make_topics
from organizer.paths import AppPaths
from organizer.results import Caption
from tests.catalog_samples import add, decoded

SUBJECTS = {
    "dog": "A dog runs over the grass {}.",
    "boat": "A boat sails at sea {}.",
    "cake": "A cake with candles {}.",
}
EACH = 6


class Reader:
    """A text tower that knows three words; notes what it was given."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        rows = []
        for text in texts:
            noise = np.random.default_rng(len(text)).normal(0, 0.05, 16)
            noise[: len(SUBJECTS)] += [word in text.lower() for word in SUBJECTS]
            noise[15] += 0.1
            rows.append(noise / np.linalg.norm(noise))
        return np.array(rows, np.float32)


class WithTopics(Library):
    """The library whose analyses read words with that tower."""

    tower: Reader

    def _inputs(self, control: object = None) -> Inputs:
        inputs = super()._inputs(None)
        inputs.encode_texts = self.tower
        return inputs

    def make(self) -> None:
        make_topics(self._inputs())


def opened(paths: AppPaths) -> WithTopics:
    library = WithTopics.open(paths)
    library.tower = Reader()
    return library


def caption(library: Library, ids: Sequence[int]) -> None:
    sentences = list(SUBJECTS.values())
    said = [
        Caption(i, sentences[n % len(sentences)].format("x" * (n % 4)), "model y") for n, i in enumerate(ids)
    ]
    library._catalog.writer.store_described(said, "y", asked=False)


@pytest.fixture
def library(app_paths: AppPaths, tmp_path: Path) -> Iterator[WithTopics]:
    library = opened(app_paths)
    root = library._catalog.writer.add_root(tmp_path)
    count = EACH * len(SUBJECTS)
    caption(
        library, add(library._catalog, root.id, *(decoded(tmp_path / f"{n}.jpg", n) for n in range(count)))
    )
    library.make()
    yield library
    library.close()


def of(library: Library, word: str) -> TopicView:
    return next(topic for topic in library.topics() if word in topic.words or word in topic.name)


def test_captions_become_topics_named_by_their_words(library: WithTopics) -> None:
    found = library.topics()
    assert [len(topic.photo_ids) for topic in found] == [EACH] * 3
    assert {word for word in SUBJECTS if any(word in topic.name for topic in found)} == set(SUBJECTS)
    assert library.report()["topics"][0]["images"]


def test_topics_are_stale_when_captions_change_and_sentences_are_read_once(library: WithTopics) -> None:
    assert Kind.TOPICS not in library._reader.stale()
    library.tower.read.clear()
    library.make()
    assert library.tower.read == []
    photo = of(library, "dog").photo_ids[0]
    library.set_caption(photo, "Perhaps a close up of a boat that sails at sea")
    assert Kind.TOPICS in library._reader.stale()
    library.make()
    assert library.tower.read == ["A boat that sails at sea"]
    assert photo in of(library, "boat").photo_ids
    assert Kind.TOPICS not in library._reader.stale()


def test_another_model_makes_them_stale(library: WithTopics) -> None:
    library._catalog.writer.store_topics(
        [], library._reader.topics(), text_model="x", model="older", generation=10**6
    )
    assert Kind.TOPICS in library.stale_kinds()


def test_a_new_photo_joins_and_names_stay(library: WithTopics, tmp_path: Path) -> None:
    before = {topic.key: topic.name for topic in library.topics()}
    root = library.roots()[0]
    (photo,) = add(library._catalog, root.id, decoded(tmp_path / "new.jpg", 77))
    said = [Caption(photo, SUBJECTS["dog"].format("x"), "model y")]
    library._catalog.writer.store_described(said, "y", asked=False)
    library.make()
    assert photo in of(library, "dog").photo_ids
    assert {topic.key: topic.name for topic in library.topics()} == before


def test_a_name_stays_through_new_captions_a_restart_and_can_be_undone(
    library: WithTopics, app_paths: AppPaths
) -> None:
    dogs = of(library, "dog")
    library.rename_topic(dogs.key, "  우리   강아지 ")
    assert of(library, "강아지").key == dogs.key
    library.make()
    library.close()
    again = opened(app_paths)
    assert of(again, "강아지").photo_ids == dogs.photo_ids
    assert again.undo_text() == f"rename the topic {dogs.name}"
    again.undo()
    assert of(again, "dog") == dogs
    again.redo()
    assert of(again, "강아지").by_user
    again.rename_topic(dogs.key, "")
    assert of(again, "dog").name == dogs.name
    again.close()


def test_two_topics_become_one_and_two_again(library: WithTopics) -> None:
    dogs, boats = of(library, "dog"), of(library, "boat")
    library.merge_topics(dogs.key, boats.key)
    library.make()
    assert sorted(len(topic.photo_ids) for topic in library.topics()) == [EACH, 2 * EACH]
    one = next(topic for topic in library.topics() if topic.key == dogs.key)
    assert set(one.photo_ids) == {*dogs.photo_ids, *boats.photo_ids}
    assert one.name == dogs.name
    library.undo()
    library.make()
    assert {topic.key: set(topic.photo_ids) for topic in library.topics()}[boats.key] == set(boats.photo_ids)


def test_topics_of_two_models_are_merged_by_their_photos(library: WithTopics) -> None:
    dogs, boats = of(library, "dog"), of(library, "boat")
    library.rename_topic(dogs.key, "Dogs")
    raw = {topic.key: topic for topic in library._reader.topics()}
    library._catalog.writer.change_topics([raw[boats.key]], [], "", text_model="another@1")
    library.merge_topics(dogs.key, boats.key)
    library.make()
    assert set(of(library, "Dogs").photo_ids) == {*dogs.photo_ids, *boats.photo_ids}


def test_a_topic_is_kept_as_a_category_with_one_undo(library: WithTopics) -> None:
    dogs = of(library, "dog")
    key = library.keep_topic(dogs.key, "Our dogs")
    assert dict(library.category_names())[key] == "Our dogs"
    examples = library._reader.category_examples()
    assert len([one for one in examples if one[1] == key and one[2] == 1]) == EACH
    assert of(library, "dog") == dogs
    library.undo()
    assert key not in dict(library.category_names())
    assert not [one for one in library._reader.category_examples() if one[1] == key]


def test_what_makes_no_sense_is_refused(library: WithTopics) -> None:
    dogs = of(library, "dog")
    for refused in (
        lambda: library.merge_topics(dogs.key, dogs.key),
        lambda: library.merge_topics(dogs.key, 999),
        lambda: library.rename_topic(999, "x"),
        lambda: library.rename_topic(dogs.key, "x" * 61),
        lambda: library.keep_topic(dogs.key, "   "),
    ):
        with pytest.raises(UsageProblem):
            refused()
    assert library._reader.last_undoable() is None


def test_a_change_while_topics_are_made_is_not_lost(library: WithTopics) -> None:
    before = library._reader.topics()
    library.rename_topic(before[0].key, "Mine")
    stored = library._catalog.writer.store_topics(before, before, text_model="m", model="m", generation=10**6)
    assert not stored
    assert any(topic.name == "Mine" for topic in library.topics())
    action = library._reader.last_undoable()
    assert action is not None and action.kind is ActionKind.TOPIC


def test_a_library_without_captions_has_no_topics(app_paths: AppPaths) -> None:
    library = opened(app_paths)
    library.make()
    assert library.topics() == []
    assert library.tower.read == []
    library.close()


def test_topics_leave_with_their_photos(library: WithTopics) -> None:
    library.remove_folder(library.roots()[0].id)
    assert library.topics() == []
    library.make()
    assert library._reader.topics() == []
