"""Zero-shot categories on small made-up spaces, where the right answer can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.categories import (
    Calibration,
    LabelVectors,
    background,
    classify,
    label_vectors,
    margins,
    probabilities,
    similarities,
    with_children,
)
from organizer.analysis.neighbours import Smoothing, by_representatives, nearest, smooth
from organizer.analysis.vocabulary import Category, Decision, Vocabulary
from organizer.errors import Cancelled
from organizer.results import OTHERS

SHARP = {"logit_scale": 40.0}


def unit(*rows: Sequence[float]) -> NDArray[np.float32]:
    made = np.array(rows, np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@pytest.fixture
def labels() -> LabelVectors:
    """animals (own axis 0) with dog (1) and cat (2, two prompts: also 3); papers (4) without children."""
    return LabelVectors(
        keys=("animals", "dog", "cat", "papers"),
        parents=np.array([0, 0, 0, 3]),
        vectors=np.eye(6, dtype=np.float32)[[0, 1, 2, 3, 4]],
        owners=np.array([0, 1, 2, 2, 3]),
        decision=Decision(parent_prior=0.5, child_share=0.4, doubtful_below=0.3, doubtful_lead=0.2),
    )


DOG = (0.2, 1, 0, 0, 0, 0)
SECOND_CAT = (0.2, 0, 0, 1, 0, 0)
PAPER = (0, 0, 0, 0, 1, 0)


def test_each_photo_gets_the_category_it_shows(labels: LabelVectors) -> None:
    found = classify([7, 8, 9], unit(DOG, SECOND_CAT, PAPER), labels, SHARP)
    assert [one.photo_id for one in found] == [7, 8, 9]
    assert [one.category for one in found] == ["dog", "cat", "papers"]
    assert all(one.score > 0.9 and not one.doubtful and not one.by_user for one in found)


def test_the_best_prompt_speaks_for_its_category(labels: LabelVectors) -> None:
    cosines = similarities(unit(SECOND_CAT), labels)
    assert cosines.shape == (1, 4)
    assert cosines[0, 2] == pytest.approx(1 / np.sqrt(1.04), rel=1e-5)


def test_a_prompt_near_to_all_prompts_does_not_take_their_photos() -> None:
    """The hub lies between all the others; the photo shows the first of them."""
    prompts = unit((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 1, 1, 0))
    photo = unit((1, 0.45, 0.45, 0.3))
    chosen = {}
    for centring in (0.0, 1.0):
        hub = LabelVectors(
            keys=("one", "two", "three", "hub"),
            parents=np.arange(4),
            vectors=prompts,
            owners=np.arange(4),
            decision=Decision(centring=centring),
        )
        chosen[centring] = classify([1], photo, hub, SHARP)[0].category
    assert chosen == {0.0: "hub", 1.0: "one"}


def test_probabilities_are_a_distribution_and_parents_sum_up(labels: LabelVectors) -> None:
    vectors = unit(*np.random.default_rng(3).normal(size=(50, 6)).tolist())
    chances = probabilities(similarities(vectors, labels), labels, 10.0)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-5)
    totals = with_children(chances, labels)
    np.testing.assert_allclose(totals[:, 0], chances[:, :3].sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(totals[:, 1:3], chances[:, 1:3])
    np.testing.assert_allclose(totals[:, 3], chances[:, 3])


def test_a_category_that_the_person_added_wins_a_close_race_and_no_other(labels: LabelVectors) -> None:
    def chosen(key: str, *vector: float) -> str:
        named = replace(
            labels, keys=(*labels.keys[:3], key), decision=replace(labels.decision, own_weight=20.0)
        )
        return classify([1], unit(vector), named, {"logit_scale": 20.0})[0].category

    close = (0.2, 1.0, 0.0, 0, 0.95, 0)
    assert chosen("papers", *close) != "papers"
    assert chosen("own-papers", *close) == "own-papers"
    assert chosen("own-papers", 0.2, 1.0, 0.0, 0, 0.3, 0) == chosen("papers", 0.2, 1.0, 0.0, 0, 0.3, 0)


def test_a_photo_between_two_children_stays_with_their_parent(labels: LabelVectors) -> None:
    (found,) = classify([1], unit((1, 0.85, 0.85, 0, 0, 0)), labels, {"logit_scale": 20.0})
    assert found.category == "animals"
    assert found.score > 0.9, "a parent's probability includes its children's"
    assert found.ranked[0] == ("animals", found.score)


def test_children_together_beat_a_single_stronger_category(labels: LabelVectors) -> None:
    """Dog and cat are each less probable than papers, but together animals are more."""
    vectors = unit((0.2, 0.98, 0.98, 0, 1.0, 0))
    chances = probabilities(similarities(vectors, labels), labels, 8.0)
    assert chances[0, 3] > max(chances[0, 1], chances[0, 2])
    (found,) = classify([1], vectors, labels, {"logit_scale": 8.0})
    assert found.category in ("animals", "dog", "cat")


def test_what_nothing_convinces_goes_to_others(labels: LabelVectors) -> None:
    calibration = {
        "logit_scale": 40.0,
        "others": {
            "min_probability": 0.2,
            "min_margin_over_background": 2.0,
            "background_mean": 0.1,
            "background_std": 0.1,
        },
    }
    strange = unit((0.1, 0.15, 0, 0, 0, 1))
    found = classify([1, 2], np.vstack([strange, unit(DOG)]), labels, calibration)
    assert found[0].category == OTHERS
    assert found[0].ranked, "the bars still show what came nearest"
    assert found[1].category == "dog"


def test_an_undecided_photo_goes_to_others_by_its_probability(labels: LabelVectors) -> None:
    calibration = {"logit_scale": 5.0, "others": {"min_probability": 0.95}}
    (found,) = classify([1], unit((1, 1, 1, 0, 1, 1)), labels, calibration)
    assert found.category == OTHERS
    assert 0 <= found.score <= 1


def test_the_margin_counts_deviations_above_the_background() -> None:
    known = Calibration(background_mean=0.2, background_std=0.05)
    measured = margins(np.array([[0.1, 0.3], [0.2, 0.15]], np.float32), known)
    np.testing.assert_allclose(measured, [2.0, 0.0], atol=1e-5)


def test_the_background_leaves_out_what_the_photos_show(labels: LabelVectors) -> None:
    mean, deviation = background(unit(DOG, SECOND_CAT, PAPER), labels)
    assert mean == pytest.approx(0.0, abs=1e-6)
    assert deviation == pytest.approx(0.0, abs=1e-6)


def test_a_close_call_is_doubtful(labels: LabelVectors) -> None:
    close, clear = unit((0, 1, 0, 0, 0.98, 0), DOG)
    found = classify([1, 2], np.stack([close, clear]), labels, {"logit_scale": 10.0})
    assert found[0].doubtful
    found = classify([2], clear[None], labels, SHARP)
    assert not found[0].doubtful


def test_ranked_holds_children_best_first(labels: LabelVectors) -> None:
    (found,) = classify([1], unit(DOG), labels, {"logit_scale": 5.0})
    shares = [share for _, share in found.ranked]
    assert shares == sorted(shares, reverse=True)
    assert "animals" not in dict(found.ranked)
    assert dict(found.ranked)[found.category] == found.score


def test_the_persons_word_stands_above_the_model(labels: LabelVectors) -> None:
    found = classify(
        [1, 2, 3],
        unit(DOG, DOG, PAPER),
        labels,
        SHARP,
        content_hash=[b"a", b"b", b"c"],
        by_user={b"b": "cat", b"c": "made-by-hand"},
    )
    assert [one.category for one in found] == ["dog", "cat", "made-by-hand"]
    assert [one.by_user for one in found] == [False, True, True]
    assert found[1].score == 1.0
    assert found[1].ranked[0][0] == "dog", "the model's opinion stays visible"


def test_no_photos_give_no_results(labels: LabelVectors) -> None:
    assert classify([], np.zeros((0, 6), np.float32), labels, SHARP) == []


def test_arguments_that_do_not_fit_are_our_defect(labels: LabelVectors) -> None:
    with pytest.raises(ValueError, match="length"):
        classify([1, 2], unit(DOG), labels, SHARP)
    with pytest.raises(ValueError, match="length"):
        classify([1], unit(DOG), labels, SHARP, by_user={b"a": "cat"})
    with pytest.raises(ValueError, match="shape"):
        classify([1], np.ones((1, 5), np.float32), labels, SHARP)


def test_many_photos_are_classified_as_one_by_one(labels: LabelVectors) -> None:
    vectors = unit(*np.random.default_rng(5).normal(size=(5000, 6)).tolist())
    together = classify(range(5000), vectors, labels, SHARP)
    for row in (0, 4095, 4096, 4999):
        (alone,) = classify([row], vectors[row : row + 1], labels, SHARP)
        assert alone.category == together[row].category
        assert alone.score == pytest.approx(together[row].score, abs=2e-3)


def test_label_vectors_average_the_templates_of_a_prompt() -> None:
    animals = Category("animals", None, {"en": "Animals"}, ("an animal",), ("{}",), "an animal")
    dog = Category("dog", "animals", {"en": "Dogs"}, ("a dog", "a pup"), ("{}", "see {}"), "a dog")
    vocabulary = Vocabulary("small", (animals, dog), Decision(), {"en": "Others"})
    space = {
        "an animal": (1, 0, 0), "a dog": (0, 1, 0), "see a dog": (0, 0, 1),
        "a pup": (0, 1, 0), "see a pup": (0, 1, 0),
    }  # fmt: skip
    asked: list[Sequence[str]] = []

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.append(texts)
        return np.array([space[text] for text in texts], np.float32)

    made = label_vectors(vocabulary, encode)
    assert len(asked) == 1, "all texts in one call"
    assert made.keys == ("animals", "dog")
    assert made.parents.tolist() == [0, 0]
    assert made.owners.tolist() == [0, 1, 1]
    np.testing.assert_allclose(made.vectors, [[1, 0, 0], [0, 0.5**0.5, 0.5**0.5], [0, 1, 0]], atol=1e-6)


def test_a_calibration_reads_its_file_and_lives_without_one() -> None:
    nothing = Calibration.of({})
    assert nothing.min_margin == -np.inf
    assert not nothing.smoothing.on
    full = Calibration.of({"logit_scale": 25, "neighbours": {"k": 5, "weight": 0.4, "min_cosine": 0.3}})
    assert full.logit_scale == 25.0
    assert full.smoothing == Smoothing(5, 0.4, 0.3)


# neighbours


def test_nearest_agrees_with_the_full_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit(*np.random.default_rng(1).normal(size=(60, 8)).tolist())
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -np.inf)
    expected = np.argsort(-similar, axis=1)[:, :4]
    monkeypatch.setattr("organizer.analysis.neighbours.BLOCK_CELLS", 7 * 60)
    found, cosines = nearest(vectors, 4)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(cosines, np.take_along_axis(similar, expected, axis=1), atol=1e-6)


def test_no_photo_is_its_own_neighbour_even_among_copies() -> None:
    found, _ = nearest(np.repeat(unit((1, 0)), 3, axis=0), 5)
    assert found.shape == (3, 2)
    assert all(row not in found[row] for row in range(3))


def test_neighbours_correct_a_close_call(labels: LabelVectors) -> None:
    """Four clear dogs surround one photo that alone would be a paper by a hair."""
    dogs = unit(*[(0.2, 1, 0, 0, 0, 0.1 * n) for n in range(4)])
    odd = unit((0, 1, 0, 0, 1.02, 0))
    vectors = np.vstack([dogs, odd])
    alone = classify(range(5), vectors, labels, SHARP)
    helped = classify(range(5), vectors, labels, {**SHARP, "neighbours": {"k": 3, "weight": 0.5}})
    assert alone[4].category == "papers"
    assert helped[4].category == "dog"
    assert [one.category for one in helped[:4]] == ["dog"] * 4


def test_a_photo_without_its_like_keeps_its_opinion() -> None:
    vectors = unit((1, 0, 0), (0, 1, 0), (0, 1, 0.1))
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], np.float32)
    mixed = smooth(chances, vectors, Smoothing(k=1, weight=0.5, min_cosine=0.5))
    np.testing.assert_allclose(mixed[0], chances[0])
    np.testing.assert_allclose(mixed[1], [0.3, 0.7], atol=1e-6)
    np.testing.assert_allclose(mixed.sum(axis=1), 1.0, atol=1e-6)


def test_a_photo_goes_towards_the_category_whose_sure_photos_it_is_like() -> None:
    dogs = unit(*[(1, 0, 0.1 * n) for n in range(5)])
    cats = unit(*[(0, 1, 0.1 * n) for n in range(5)])
    vectors = np.vstack([dogs, cats, unit((1, 0.1, 0.2))])
    chances = np.array([[0.9, 0.1, 0.0]] * 5 + [[0.1, 0.9, 0.0]] * 5 + [[0.44, 0.46, 0.1]], np.float32)
    mixed = by_representatives(chances, vectors, Smoothing(representative=0.5))
    assert mixed[10, 0] > 0.6 > mixed[10, 1]
    assert mixed[10, 2] == pytest.approx(0.1)  # nothing stands for it: its probability stays
    np.testing.assert_allclose(mixed.sum(axis=1), 1.0, atol=1e-6)
    only = by_representatives(chances, vectors, Smoothing(representative=0.5), rows=np.array([10]))
    np.testing.assert_allclose(only[:10], chances[:10])
    np.testing.assert_allclose(only[10], mixed[10], atol=1e-6)


def test_a_photo_does_not_stand_for_the_category_that_it_is_compared_with() -> None:
    """Four cats alone are three without the one in question, which is the fewest; three alone are none."""
    vectors = unit(*[(1, 0, 0.1 * n) for n in range(5)], *[(0, 1, 0.1 * n) for n in range(4)])
    chances = np.array([[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 4, np.float32)
    tried = Smoothing(representative=1.0, sharpness=5.0)
    mixed = by_representatives(chances, vectors, tried)
    rest = unit(vectors[6:].mean(axis=0))[0]
    dogs = unit(vectors[:5].mean(axis=0))[0]
    raised = np.exp(5.0 * np.array([vectors[5] @ dogs, vectors[5] @ rest]))
    np.testing.assert_allclose(mixed[5], raised / raised.sum(), atol=1e-5)
    np.testing.assert_allclose(by_representatives(chances[:8], vectors[:8], tried), chances[:8])


def test_representatives_are_off_unless_a_calibration_says_otherwise() -> None:
    assert Calibration.of({}).smoothing.representative == 0
    assert not Smoothing().on
    asked = Calibration.of({"neighbours": {"representative": 0.4, "sharpness": 10}}).smoothing
    assert asked == Smoothing(representative=0.4, sharpness=10.0)
    assert asked.on


def test_smoothing_changes_only_the_rows_asked_for_and_can_be_stopped() -> None:
    vectors = unit((1, 0), (1, 0.1), (1, 0.2))
    chances = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    mixed = smooth(chances, vectors, Smoothing(2, 0.5), rows=np.array([0]))
    assert 0 < mixed[0, 1] < 1
    np.testing.assert_array_equal(mixed[1:], chances[1:])

    def stop() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        smooth(chances, vectors, Smoothing(2, 0.5), check=stop)
