"""Taste: learnt from decisions, judged on decisions held back, and with no more say than it has earned."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.preference import TasteRules, taste


def photos(count: int, seed: int = 0) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).normal(0, 1, (count, 32))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def decided(vectors: NDArray[np.float32], picks: int, rejects: int) -> NDArray[np.int8]:
    """Picks among the photos far along the first axis, rejects at its other end."""
    order = np.argsort(-vectors[:, 0])
    pick = np.zeros(len(vectors), np.int8)
    half = order[: len(order) // 3]
    other = order[-len(order) // 3 :]
    chance = np.random.default_rng(1)
    pick[chance.permutation(half)[:picks]] = 1
    pick[chance.permutation(other)[:rejects]] = -1
    return pick


def test_a_taste_is_learnt_and_holds_for_photos_that_were_not_decided_on() -> None:
    vectors = photos(600)
    pick = decided(vectors, 30, 30)
    found = taste(vectors, pick)
    assert found is not None and (found.picks, found.rejects) == (30, 30)
    undecided = pick == 0
    assert np.corrcoef(found.liking[undecided], vectors[undecided, 0])[0, 1] > 0.7
    assert found.agreement > 0.85 and 0.3 < found.say <= TasteRules().most_say


def test_picks_alone_are_compared_with_what_was_passed_over() -> None:
    vectors = photos(600)
    found = taste(vectors, decided(vectors, 40, 0))
    assert found is not None and found.rejects == 0
    assert found.agreement > 0.65
    assert np.corrcoef(found.liking, vectors[:, 0])[0, 1] > 0.5


def test_decisions_without_a_rule_earn_next_to_no_say() -> None:
    vectors = photos(600)
    chance = np.random.default_rng(3)
    says = []
    for _ in range(5):
        pick = np.zeros(600, np.int8)
        rows = chance.permutation(600)
        pick[rows[:40]], pick[rows[40:80]] = 1, -1
        found = taste(vectors, pick)
        assert found is not None
        says.append(found.say)
    assert float(np.median(says)) < 0.1


def test_too_few_decisions_are_nothing_to_learn_from() -> None:
    vectors = photos(100)
    assert taste(vectors, decided(vectors, 7, 20)) is None
    assert taste(vectors, np.zeros(100, np.int8)) is None
    assert taste(vectors[:10], np.ones(10, np.int8)) is None
    assert taste(np.zeros((50, 32), np.float32), decided(photos(50), 10, 10)) is None


def test_a_photo_that_no_model_has_seen_is_liked_neither_more_nor_less() -> None:
    vectors = photos(300)
    pick = decided(vectors, 20, 20)
    blind = int(np.flatnonzero(pick == 0)[0])
    vectors[blind] = 0
    found = taste(vectors, pick)
    assert found is not None and found.liking[blind] == 0.5
    assert found.liking.min() == 0.0 and found.liking.max() == 1.0


def test_many_more_rejects_than_picks_do_not_tip_the_scale() -> None:
    vectors = photos(900)
    found = taste(vectors, decided(vectors, 10, 250))
    assert found is not None
    assert np.corrcoef(found.liking, vectors[:, 0])[0, 1] > 0.5


def test_decisions_and_vectors_belong_together() -> None:
    with pytest.raises(ValueError, match="as many"):
        taste(photos(10), np.zeros(9, np.int8))


def test_photos_of_one_moment_are_never_learnt_from_and_held_back_at_once() -> None:
    """Ten moments of near copies, decided on by the toss of a coin: what is learnt of one says nothing of the
    others, and only who divides them is fooled.
    """
    chance = np.random.default_rng(4)
    scenes = photos(20, seed=5)
    group = np.repeat(np.arange(20), 10)
    vectors = scenes[group] + chance.normal(0, 0.01, (200, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pick = np.where(chance.permutation(20) < 10, 1, -1).astype(np.int8)[group]
    fooled, honest = taste(vectors, pick), taste(vectors, pick, group=group)
    assert fooled is not None and fooled.agreement > 0.99
    assert honest is not None and honest.agreement < 0.85


def test_decisions_of_one_moment_alone_are_too_few() -> None:
    vectors = photos(40)
    pick = np.zeros(40, np.int8)
    pick[:10] = 1
    assert taste(vectors, pick, group=np.zeros(40, np.int64)) is None


def test_copies_of_a_photo_count_once() -> None:
    vectors = np.repeat(photos(5), 4, axis=0)
    assert taste(vectors, np.ones(20, np.int8)) is None  # five pictures
