"""Lessons: learnt from examples, the words' share falling, held back to be judged, adjusting with care."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.held_out import held_out, misplaced, words_only
from organizer.analysis.lesson_moves import adjusted
from organizer.analysis.teach import (
    Teaching,
    agreement,
    background_rows,
    lean_of,
    learn,
    likely_mistakes,
    load_teaching,
)
from organizer.errors import UsageProblem
from organizer.paths import resources_dir
from organizer.results import OTHERS, Categorised

TEACHING = Teaching()


def cloud(centre: int, count: int, seed: int, noise: float = 0.25) -> NDArray[np.float32]:
    """Vectors around one axis, of unit length."""
    made = np.random.default_rng(seed).normal(0, noise, (count, 16))
    made[:, centre] += 1
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def three(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    vectors = np.concatenate([cloud(k, count, seed + k) for k in range(3)])
    return vectors, np.repeat(np.arange(3), count)


def test_classes_are_told_apart_and_probabilities_sum_to_one() -> None:
    taught = learn(*three(10, 1), TEACHING)
    vectors, classes = three(50, 100)
    chances = taught.probabilities(vectors)
    assert chances.shape == (150, 3)
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert (chances.argmax(axis=1) == classes).mean() > 0.9


def test_two_classes_work_as_three_do() -> None:
    vectors, classes = three(10, 1)
    two = classes < 2
    taught = learn(vectors[two], classes[two], TEACHING)
    assert taught.weights.shape == (2, 16)
    assert taught.probabilities(cloud(1, 20, 9)).argmax(axis=1).mean() > 0.9


def test_the_words_count_less_with_each_example() -> None:
    vectors, classes = three(2, 1)
    few, many = (learn(vectors, classes, TEACHING, examples=n) for n in (1, 100))
    wrong = np.tile(np.float32([0.98, 0.01, 0.01]), (20, 1))
    ones = cloud(1, 20, 5)
    assert few.trust < 0.5 < many.trust
    assert few.probabilities(ones, wrong)[:, 1].mean() < many.probabilities(ones, wrong)[:, 1].mean()
    assert many.probabilities(ones, wrong).argmax(axis=1).mean() == pytest.approx(1.0, abs=0.2)


def leaning(towards: int, by: float, count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Words that tell three classes apart, but for a push towards one of them."""
    classes = np.repeat(np.arange(3), count)
    logits = np.random.default_rng(2).normal(0, 0.5, (3 * count, 3)) + 2.0 * np.eye(3)[classes]
    logits[:, towards] += by
    raised = np.exp(logits)
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32), classes


def test_words_that_lean_to_a_class_are_put_upright_by_examples() -> None:
    words, classes = leaning(0, 3.0, 10)
    assert (words.argmax(axis=1) == classes).mean() < 0.5
    lean = lean_of(words, classes, 10, TEACHING)
    assert lean[0] < -1
    assert ((np.log(words) + lean).argmax(axis=1) == classes).mean() > 0.9
    one = lean_of(words, classes, 1, TEACHING)
    assert lean[0] < one[0] < 0  # less is believed of fewer examples


def test_words_that_are_right_stay_as_they_are() -> None:
    words, classes = leaning(0, 0.0, 10)
    assert np.abs(lean_of(words, classes, 10, TEACHING)).max() < 0.3
    assert not lean_of(words, classes, 10, Teaching(lean=0)).any()


def test_words_that_say_nothing_leave_it_to_the_examples() -> None:
    vectors, classes = three(5, 1)
    right = np.where(np.eye(3, dtype=bool)[classes], 0.98, 0.01).astype(np.float32)
    nothing = np.full((15, 3), 1 / 3, np.float32)
    assert agreement(right, classes) == pytest.approx(0.97, abs=0.01)
    assert agreement(nothing, classes) == pytest.approx(0.0, abs=1e-6)
    assert agreement(right[::-1], classes) < 0.1
    heard, ignored = (learn(vectors, classes, TEACHING, words=words) for words in (right, nothing))
    assert heard.trust < 0.5
    assert ignored.trust == pytest.approx(1.0, abs=1e-3)


def test_one_class_only_is_refused() -> None:
    with pytest.raises(UsageProblem, match="two classes"):
        learn(cloud(0, 5, 1), np.zeros(5, np.int64), TEACHING)
    with pytest.raises(UsageProblem, match="two classes"):
        learn(cloud(0, 4, 1), np.array([0, 0, 2, 2]), TEACHING)


def test_holding_back_tells_real_classes_from_noise() -> None:
    vectors, classes = three(12, 3)
    good = held_out(vectors, classes, TEACHING)
    assert good is not None
    assert good.folds == 5
    assert good.confusion.sum() == 36
    assert good.confusion.sum(axis=1).tolist() == [12, 12, 12]
    assert good.accuracy > 0.9
    assert good.chance == pytest.approx(1 / 3)
    noise = held_out(vectors, np.random.default_rng(1).permutation(classes), TEACHING)
    assert noise is not None
    assert noise.accuracy < 0.6


def test_examples_in_the_wrong_class_are_found_the_closest_calls_first() -> None:
    vectors, classes = three(12, 3)
    given = classes.copy()
    given[[0, 15]] = 2
    tested = held_out(vectors, given, TEACHING)
    assert tested is not None
    assert np.allclose(tested.chances.sum(axis=1), 1, atol=1e-5)
    rows = misplaced(tested, given).tolist()
    assert {0, 15} <= set(rows)
    assert len(rows) <= 6
    leads = [tested.chances[row].max() - tested.chances[row, given[row]] for row in rows]
    assert leads == sorted(leads)


def test_nothing_can_be_held_back_of_a_class_of_one() -> None:
    vectors, classes = three(3, 1)
    assert held_out(vectors[:-2], classes[:-2], TEACHING) is None


def test_altered_copies_of_what_is_held_back_are_not_learnt_from() -> None:
    """Copies equal to their originals would make random labels look learnable."""
    vectors = np.random.default_rng(0).normal(size=(40, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    classes = np.arange(40) % 2
    tested = held_out(vectors, classes, TEACHING, variants=np.repeat(vectors[:, None], 3, axis=1))
    assert tested is not None
    assert tested.accuracy < 0.8


def test_words_alone_are_judged_too() -> None:
    words = np.float32([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    assert words_only(words, np.array([0, 1, 1])) == pytest.approx(2 / 3)


def test_the_background_leaves_examples_out_and_is_the_same_each_time() -> None:
    taken = np.arange(0, 1000, 2)
    rows = background_rows(1000, taken, TEACHING)
    assert len(rows) == TEACHING.background
    assert not np.isin(rows, taken).any()
    assert np.array_equal(rows, background_rows(1000, taken, TEACHING))
    assert background_rows(5, np.array([1]), TEACHING).tolist() == [0, 2, 3, 4]


def test_likely_mistakes_come_most_doubtful_first() -> None:
    chances = np.float32([0.9, 0.55, 0.1, 0.45, 0.95])
    inside = np.array([False, False, True, True, True])
    settled = np.array([False] * 5)
    assert sorted(likely_mistakes(chances, inside, settled).tolist()) == [0, 1, 2, 3]
    assert set(likely_mistakes(chances, inside, settled)[:2].tolist()) == {1, 3}
    settled[1] = True
    assert 1 not in likely_mistakes(chances, inside, settled)


def one(photo: int, category: str, *, by_user: bool = False) -> Categorised:
    return Categorised(photo, category, 0.7, (("dog", 0.7), ("cat", 0.2), ("fox", 0.1)), by_user=by_user)


def test_only_a_sure_lesson_moves_a_photo_and_never_against_the_person() -> None:
    found = [one(1, "dog"), one(2, "dog"), one(3, "dog", by_user=True), one(4, "cat")]
    lessons = {"cat": np.float32([0.95, 0.5, 0.95, 0.9])}
    moved = adjusted(found, lessons, TEACHING)
    assert [result.category for result in moved] == ["cat", "dog", "dog", "cat"]
    assert moved[0].ranked[0] == ("cat", pytest.approx(0.95, abs=1e-3))
    assert sum(share for _, share in moved[0].ranked) <= 1.001
    assert adjusted(found, {}, TEACHING) == found


def test_a_photo_does_not_rise_to_the_parent_of_its_category() -> None:
    lessons = {"animals": np.float32([0.99])}
    assert adjusted([one(1, "dog")], lessons, TEACHING, {"dog": "animals"})[0].category == "dog"
    assert adjusted([one(1, "dog")], lessons, TEACHING, {"dog": None})[0].category == "animals"


def test_a_ruled_out_photo_goes_to_the_next_best() -> None:
    left = adjusted([one(1, "dog")], {"dog": np.float32([0.001])}, TEACHING)[0]
    assert (left.category, left.doubtful) == ("cat", True)
    nowhere = adjusted([Categorised(1, "dog", 0.9, (("dog", 0.9),))], {"dog": np.float32([0.001])}, TEACHING)[
        0
    ]
    assert nowhere.category == OTHERS


def test_a_photo_leaves_the_category_that_the_person_said_no_to() -> None:
    said: list[set[str]] = [{"dog"}, set(), {"dog"}]
    found = [one(1, "dog"), one(2, "dog"), one(3, "dog", by_user=True)]
    left = adjusted(found, {}, TEACHING, denied=said)
    assert [result.category for result in left] == ["cat", "dog", "dog"]
    assert "dog" not in dict(left[0].ranked)
    sure = {"dog": np.float32([0.99, 0.99, 0.99])}
    assert adjusted(found, sure, TEACHING, denied=said)[0].category == "cat"
    assert (
        adjusted([one(4, "fox")], {"dog": np.float32([0.99])}, TEACHING, denied=[{"dog"}])[0].category
        == "fox"
    )


def test_an_example_is_in_the_category_that_it_is_an_example_of() -> None:
    found = [one(1, "dog"), one(2, "dog"), one(3, "dog", by_user=True), one(4, "dog")]
    moved = adjusted(found, {}, TEACHING, given=[{"fox"}, set(), {"fox"}, {"fox", "cat"}])
    assert [result.category for result in moved] == ["fox", "dog", "dog", "dog"]
    below = adjusted([one(1, "dog")], {}, TEACHING, {"dog": "animals"}, given=[{"animals"}])
    assert below[0].category == "dog"


def test_no_to_a_category_is_no_to_those_below_it() -> None:
    parents = {"animals": None, "dog": "animals", "cat": "animals", "fox": None}
    assert adjusted([one(1, "dog")], {}, TEACHING, parents, [{"animals"}])[0].category == "fox"


def test_the_calibration_is_read_and_a_broken_one_is_told(tmp_path: Path) -> None:
    shipped = load_teaching(resources_dir() / "calibration" / "teach.toml")
    assert 0.5 <= shipped.take_from <= 1
    assert shipped.let_go < 0.5
    bad = tmp_path / "teach.toml"
    bad.write_text("strength = 1\n", encoding="utf-8")
    with pytest.raises(UsageProblem, match=r"teach\.toml"):
        load_teaching(bad)
