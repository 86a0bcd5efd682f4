"""Topics: found, named, kept while photos come, made anew where they no longer fit; the person's stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.topics import TopicRules, merged, topics
from organizer.errors import Cancelled
from organizer.results import Topic

SUBJECTS = (
    "dog runs over grass",
    "boat sails at sea",
    "cake with candles",
    "train in a station",
    "snow on a hill",
)


def said(subject: int, count: int, seed: int = 0) -> tuple[list[str], NDArray[np.float32]]:
    """Sentences about one subject, and vectors around its own axis."""
    made = np.random.default_rng(100 * subject + seed).normal(0, 0.08, (count, 24))
    made[:, subject] += 1
    vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return [
        f"A {SUBJECTS[subject]} number {chr(97 + number % 26)}x{seed}." for number in range(count)
    ], vectors


def library(counts: dict[int, int], seed: int = 0) -> tuple[list[int], list[str], NDArray[np.float32]]:
    """Ids (1000 a subject and up), sentences and vectors."""
    parts = {subject: said(subject, count, seed) for subject, count in counts.items()}
    ids = [
        1000 * subject + 100 * seed + number for subject, count in counts.items() for number in range(count)
    ]
    return (
        ids,
        [sentence for sentences, _ in parts.values() for sentence in sentences],
        np.concatenate([vectors for _, vectors in parts.values()]),
    )


def joined(
    first: tuple[list[int], list[str], NDArray[np.float32]],
    second: tuple[list[int], list[str], NDArray[np.float32]],
) -> tuple[list[int], list[str], NDArray[np.float32]]:
    return first[0] + second[0], first[1] + second[1], np.concatenate([first[2], second[2]])


def of(found: list[Topic], subject: int) -> Topic:
    """The topic that most photos of a subject stand in."""
    return max(found, key=lambda topic: sum(photo // 1000 == subject for photo in topic.photo_ids))


def test_each_subject_is_a_topic_named_by_its_own_words() -> None:
    found = topics(*library({0: 14, 1: 12, 2: 10, 3: 8}))
    assert [len(topic.photo_ids) for topic in found] == [14, 12, 10, 8]
    for subject, topic in enumerate(found):
        assert {photo // 1000 for photo in topic.photo_ids} == {subject}
        assert set(topic.words) & set(SUBJECTS[subject].split())
        assert not set(topic.words) & {"number", "with", "in", "at"}
    assert len({topic.key for topic in found}) == 4


def test_one_photo_stands_in_one_topic_at_most_and_the_outcome_is_the_same_each_time() -> None:
    given = library({0: 14, 1: 12, 2: 10})
    found = topics(*given)
    placed = [photo for topic in found for photo in topic.photo_ids]
    assert len(placed) == len(set(placed))
    again = topics(*given)
    assert [(one.key, one.words, one.photo_ids) for one in found] == [
        (one.key, one.words, one.photo_ids) for one in again
    ]


def test_new_photos_join_the_topics_that_are_there() -> None:
    first = library({0: 30, 1: 30})
    before = topics(*first)
    after = topics(*joined(first, library({0: 3, 1: 2}, seed=1)), before)
    assert {topic.key: len(topic.photo_ids) for topic in before} == {
        of(before, 0).key: 30,
        of(before, 1).key: 30,
    }
    for subject in (0, 1):
        assert of(after, subject).key == of(before, subject).key
        assert set(of(before, subject).photo_ids) <= set(of(after, subject).photo_ids)
    assert sum(len(topic.photo_ids) for topic in after) > 60


def test_many_photos_of_something_else_make_topics_anew_and_the_old_ones_keep_their_keys() -> None:
    first = library({0: 14, 1: 12})
    before = topics(*first)
    after = topics(*joined(first, library({2: 15, 3: 15}, seed=1)), before)
    assert {0, 1} == {s for s in range(4) for topic in before if topic.key == of(after, s).key}
    assert of(after, 0).key == of(before, 0).key and of(after, 1).key == of(before, 1).key
    assert len({of(after, subject).key for subject in range(4)}) == 4


def test_what_the_person_named_or_merged_stays_when_topics_are_made_anew() -> None:
    first = library({0: 14, 1: 12, 2: 10})
    before = topics(*first)
    own = replace(merged(of(before, 0), of(before, 1)), name="Summer")
    kept = [own, of(before, 2)]
    after = topics(*joined(first, library({3: 20, 4: 20}, seed=1)), kept)
    mine = next(topic for topic in after if topic.key == own.key)
    assert mine.name == "Summer" and mine.by_user
    assert {photo // 1000 for photo in mine.photo_ids} == {0, 1} and len(mine.photo_ids) >= 24
    assert all(topic.key == own.key or not set(topic.photo_ids) & set(own.photo_ids) for topic in after)


def test_the_persons_topic_outlives_its_photos_and_a_change_of_the_model() -> None:
    first = library({0: 14, 1: 12})
    own = replace(of(topics(*first), 0), name="Our dog", by_user=True)
    assert [(one.name, one.photo_ids) for one in topics([], [], np.zeros((0, 24), np.float32), [own])] == [
        ("Our dog", ())
    ]
    wider = np.concatenate([first[2], np.zeros((26, 8), np.float32)], axis=1)
    after = topics(first[0], first[1], wider, [own])
    mine = next(one for one in after if one.name == "Our dog")
    assert {photo // 1000 for photo in mine.photo_ids} == {0} and mine.centres.shape[1] == 32


def test_too_few_sentences_are_no_topics() -> None:
    assert topics([1, 2], ["A dog.", "A cat."], np.eye(2, 8, dtype=np.float32)) == []
    same = np.repeat(np.eye(1, 8, dtype=np.float32), 20, axis=0)
    alike = topics(range(20), ["A dog."] * 20, same)
    assert [len(topic.photo_ids) for topic in alike] == [20] and alike[0].words == ("dog",)


def test_korean_words_name_topics_too() -> None:
    _, first = said(0, 8)
    _, second = said(1, 8)
    sentences = ["강아지 산책"] * 4 + ["강아지 공원"] * 4 + ["바다 여행"] * 4 + ["바다 노을"] * 4
    found = topics(range(16), sentences, np.concatenate([first, second]))
    assert {topic.words[0] for topic in found} >= {"강아지", "바다"}


def test_it_can_be_stopped_and_says_what_it_wants() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        topics(*library({0: 14, 1: 12}), check=stop)
    with pytest.raises(ValueError, match="as many"):
        topics([1], [], np.zeros((1, 4), np.float32))
    assert TopicRules().fewest > 1
