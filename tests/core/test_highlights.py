"""Highlights: what may never be shown, what always is, and that the choice is spread."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.highlight_scores import Appeal, Judges, appeal_of
from organizer.analysis.highlights import HighlightRules, Showroom, choose, highlights, showroom
from organizer.analysis.moments import moments, spans
from organizer.analysis.preference import Taste
from organizer.results import Categorised, Flag, PhotoTable, Pick, Reason, Stack, Tier
from tests.photo_tables import plain_table

HOUR = 3600.0


def table_of(
    count: int,
    taken: list[float] | None = None,
    pick: dict[int, int] | None = None,
    rating: dict[int, int] | None = None,
) -> PhotoTable:
    """``count`` equal photos with ids 1..count, a day apart unless times are given."""
    numbers = range(count)
    times = taken if taken is not None else [number * 24 * HOUR for number in numbers]

    def column(values: dict[int, int] | None, standard: int) -> NDArray[np.int8]:
        return np.array([(values or {}).get(n + 1, standard) for n in numbers], np.int8)

    return plain_table(
        count,
        taken=np.array(times, np.float64),
        rating=column(rating, -1),
        pick=column(pick, 0),
        measures={
            "contrast": np.full(count, 0.6, np.float32),
            "colourfulness": np.full(count, 40.0, np.float32),
        },
    )


def all_in(category: str, count: int, score: float = 0.8) -> list[Categorised]:
    return [Categorised(number, category, score) for number in range(1, count + 1)]


def blurred(count: int, **scores: float) -> dict[Reason, NDArray[np.float32]]:
    """Everything sharp but what is named (p3=0.5 is photo 3)."""
    values = np.full(count, 0.05, np.float32)
    for name, score in scores.items():
        values[int(name[1:]) - 1] = score
    return {
        Reason.BLURRED: values,
        Reason.UNDEREXPOSED: np.zeros(count, np.float32),
        Reason.NOISY: np.zeros(count, np.float32),
    }


def shown(picks: list[Pick]) -> list[int]:
    return [pick.photo_id for pick in picks]


def test_the_number_grows_with_the_root_and_is_capped() -> None:
    for count, wanted in ((1, 1), (9, 3), (100, 10), (400, 12)):
        found = highlights(table_of(count), all_in("dog", count), blurred(count), [], [])
        assert len(found) == wanted
        assert {pick.category for pick in found} == {"dog"}
        assert all(0 <= pick.score <= 1 for pick in found)


def test_the_sharper_photo_comes_first() -> None:
    found = highlights(table_of(9), all_in("dog", 9), blurred(9, p1=0.4, p2=0.0), [], [])
    assert shown(found)[0] == 2
    assert 1 not in shown(found)


def test_flagged_photos_are_never_shown() -> None:
    flags = [Flag(number, Reason.NOISY, 0.9, "grainy") for number in (1, 2, 3)]
    found = highlights(table_of(4), all_in("dog", 4), blurred(4), flags, [])
    assert shown(found) == [4]


def test_of_a_stack_only_the_kept_photo_is_shown() -> None:
    stack = Stack("s", Tier.EXACT, (3, 1, 2), 3, "oldest file")
    found = highlights(table_of(3), all_in("dog", 3), blurred(3), [], [stack])
    assert shown(found) == [3]


def test_rejected_photos_are_never_shown() -> None:
    table = table_of(4, pick={1: -1, 2: -1, 3: -1})
    assert shown(highlights(table, all_in("dog", 4), blurred(4), [], [])) == [4]


def test_the_persons_picks_always_come_and_come_first() -> None:
    flags = [Flag(4, Reason.BLURRED, 0.95, "soft")]
    stack = Stack("s", Tier.EXACT, (1, 4), 1, "oldest file")
    table = table_of(4, pick={4: 1})
    found = highlights(table, all_in("dog", 4), blurred(4, p4=0.95), flags, [stack])
    assert shown(found)[0] == 4
    assert found[0].score == 1.0
    assert found[0].why.startswith("your pick")
    assert len(found) == 2


def test_all_picks_are_shown_even_beyond_the_number() -> None:
    table = table_of(9, pick=dict.fromkeys(range(1, 8), 1))
    found = highlights(table, all_in("dog", 9), blurred(9), [], [])
    assert sorted(shown(found)) == list(range(1, 8))


def test_stars_lift_a_photo() -> None:
    found = highlights(table_of(9, rating={5: 5}), all_in("dog", 9), blurred(9), [], [])
    assert shown(found)[0] == 5
    assert "5 stars" in found[0].why


def test_poor_photos_are_not_shown_for_want_of_better() -> None:
    count = 4
    quality = {
        reason: np.full(count, 0.95, np.float32)
        for reason in (Reason.BLURRED, Reason.UNDEREXPOSED, Reason.NOISY)
    }
    assert highlights(table_of(count), all_in("dog", count, 0.2), quality, [], []) == []


def test_categories_without_weight_are_left_to_the_person() -> None:
    table = table_of(9, pick={9: 1})
    found = highlights(table, all_in("receipt", 9), blurred(9), [], [], weights={"receipt": 0.0})
    assert shown(found) == [9]


def test_the_choice_is_spread_over_moments() -> None:
    """Thirteen shots of one afternoon, a little sharper, and three other days."""
    times = [60.0 * number for number in range(13)] + [day * 24 * HOUR for day in (3, 5, 8)]
    quality = blurred(16, p14=0.12, p15=0.12, p16=0.12)
    found = highlights(table_of(16, taken=times), all_in("dog", 16), quality, [], [])
    assert len(found) == 4
    assert {14, 15, 16} <= set(shown(found))
    afternoon = next(pick for pick in found if pick.photo_id <= 13)
    assert "best of 13 of this moment" in afternoon.why


def test_the_choice_is_spread_over_looks() -> None:
    """Ten photos of one look and six of others: not four of the first."""
    looks = np.eye(7, dtype=np.float32)[[0] * 10 + [1, 2, 3, 4, 5, 6]]
    looks[:10, 6] += np.linspace(0.3, 0.6, 10, dtype=np.float32)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    quality = blurred(16, **{f"p{n}": 0.1 for n in range(11, 17)})
    found = highlights(table_of(16), all_in("dog", 16), quality, [], [], vectors=looks)
    kinds = Counter(photo <= 10 for photo in shown(found))
    assert kinds[True] == 1
    assert kinds[False] == 3


def test_two_photos_that_look_the_same_are_never_both_shown() -> None:
    vectors = np.zeros((9, 4), np.float32)
    vectors[:, 0] = 1
    found = highlights(table_of(9), all_in("dog", 9), blurred(9), [], [], vectors=vectors)
    assert len(found) == 1


def test_photos_without_a_vector_can_still_be_shown() -> None:
    vectors = np.zeros((4, 4), np.float32)
    found = highlights(table_of(4), all_in("dog", 4), blurred(4), [], [], vectors=vectors)
    assert len(found) == 2


def test_a_photo_that_may_be_elsewhere_comes_after_a_certain_one() -> None:
    placed = [Categorised(n, "dog", 0.8, doubtful=n == 1) for n in range(1, 5)]
    assert 1 not in shown(highlights(table_of(4), placed, blurred(4), [], []))


def test_a_lone_doubtful_photo_does_not_stand_for_its_category() -> None:
    placed = [Categorised(1, "horse", 0.3, doubtful=True), Categorised(2, "cat", 0.9)]
    assert shown(highlights(table_of(2), placed, blurred(2), [], [])) == [2]
    picked = table_of(2, pick={1: 1})
    assert sorted(shown(highlights(picked, placed, blurred(2), [], []))) == [1, 2]


def test_categories_come_largest_first_and_uncategorised_photos_last_as_others() -> None:
    placed = [Categorised(1, "cat", 0.9), *(Categorised(n, "dog", 0.9) for n in (2, 3, 4))]
    found = highlights(table_of(12), placed, blurred(12), [], [])
    assert list(dict.fromkeys(pick.category for pick in found)) == ["dog", "cat", "others"]


def test_the_same_input_gives_the_same_choice() -> None:
    vectors = np.random.default_rng(2).normal(size=(40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first = highlights(table_of(40), all_in("dog", 40), blurred(40), [], [], vectors=vectors)
    again = highlights(table_of(40), all_in("dog", 40)[::-1], blurred(40), [], [], vectors=vectors)
    assert first == again


def test_the_number_can_be_chosen() -> None:
    rules = HighlightRules(most=2)
    assert len(highlights(table_of(100), all_in("dog", 100), blurred(100), [], [], rules=rules)) == 2


def test_every_pick_says_why() -> None:
    for pick in highlights(table_of(9), all_in("dog", 9), blurred(9), [], []):
        assert pick.why == "sharp, well exposed"


def test_a_pick_says_what_sets_it_apart() -> None:
    table = table_of(9)
    table.measures["colourfulness"][3] = 90.0
    found = highlights(table, all_in("dog", 9), blurred(9), [], [])
    assert found[0].photo_id == 4
    assert found[0].why == "rich in colour, sharp, well exposed"
    assert found[1].why == "sharp, well exposed"


def test_measures_that_are_unknown_set_nothing_apart() -> None:
    table = table_of(9)
    table.measures["colourfulness"][:] = np.nan
    found = highlights(table, all_in("dog", 9), blurred(9), [], [])
    assert len(found) == 3
    assert all(pick.why == "sharp, well exposed" for pick in found)


def test_an_empty_library_has_no_highlights() -> None:
    assert highlights(table_of(0), [], {}, [], []) == []


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        ([10.0], [0]),
        ([0.0, 100.0, 5000.0, 5100.0], [0, 0, 1, 1]),
        ([5000.0, 0.0, 100.0], [1, 0, 0]),
        ([0.0, np.nan, 50.0, np.nan], [0, 1, 0, 2]),
    ],
)
def test_moments_end_where_the_camera_rests(times: list[float], expected: list[int]) -> None:
    assert moments(np.array(times, np.float64), 3600.0).tolist() == expected


# -- a part of the library, and a number ---------------------------------------------------------------


def room_of(table: PhotoTable, placed: list[Categorised], stacks: list[Stack] | None = None) -> Showroom:
    return showroom(table, placed, blurred(len(table)), [], stacks or [])


def test_a_number_that_is_asked_for_is_given() -> None:
    room = room_of(table_of(100), all_in("dog", 100))
    for count in (1, 7, 40):
        assert len(choose(room, count=count)) == count
    assert len(choose(room, count=500)) == 100


def test_one_category_fills_the_number_where_the_others_have_no_good_photo() -> None:
    """Eighty small categories whose photos are all flagged, and three hundred dogs."""
    placed = [Categorised(n, "dog" if n <= 300 else f"kind {n % 80}", 0.8) for n in range(1, 701)]
    flags = [Flag(n, Reason.NOISY, 0.9, "grainy") for n in range(301, 701)]
    room = showroom(table_of(700), placed, blurred(700), flags, [])
    assert len(choose(room, count=200)) == 200


def test_picks_come_even_beyond_the_number_and_rejects_never() -> None:
    table = table_of(30, pick={**dict.fromkeys((3, 4, 5), 1), **dict.fromkeys(range(10, 31), -1)})
    room = room_of(table, all_in("dog", 30))
    assert sorted(shown(choose(room, count=2))) == [3, 4, 5]
    everything = shown(choose(room, count=30))
    assert sorted(everything) == list(range(1, 10)) and set(everything[:3]) == {3, 4, 5}


def test_only_photos_that_are_asked_about_are_shown() -> None:
    inside = np.arange(1, 41) > 30
    found = shown(choose(room_of(table_of(40), all_in("dog", 40)), inside, 20))
    assert sorted(found) == list(range(31, 41))


def test_a_number_is_shared_by_the_root_of_the_categories_sizes() -> None:
    placed = [Categorised(n, "dog" if n <= 160 else "cat", 0.8) for n in range(1, 171)]
    found = choose(room_of(table_of(170), placed), count=10)
    by = Counter(pick.category for pick in found)
    assert 1 <= by["cat"] <= 4 and by["dog"] == 10 - by["cat"]


def test_a_number_is_spread_over_time() -> None:
    """Ninety photos of one May, each an hour and a half after the other, and ten from other months."""
    times = [1.5 * HOUR * n for n in range(90)] + [(60 + 40 * n) * 24 * HOUR for n in range(10)]
    found = choose(room_of(table_of(100, taken=times), all_in("dog", 100)), count=10)
    later = sum(photo > 90 for photo in shown(found))
    assert 4 <= later <= 9


def test_photos_are_of_one_day_one_month_or_one_year_as_long_as_they_are_spread() -> None:
    day = 24 * HOUR
    assert spans(np.array([0.0, 5.0, 3 * day, np.nan])).tolist() == [0, 0, 1, -1]
    assert spans(np.array([0.0, 5 * day, 100 * day])).tolist() == [0, 0, 1]
    assert spans(np.array([0.0, 100 * day, 2000 * day])).tolist() == [0, 0, 1]
    assert spans(np.array([np.nan])).tolist() == [-1]


def test_the_next_best_of_a_stack_stands_in_where_the_kept_one_cannot() -> None:
    for tier in Tier:
        stack = Stack("s", tier, (3, 1, 2), 3, "sharpest")
        room = room_of(table_of(3), all_in("dog", 3), [stack])
        assert shown(choose(room, count=3)) == [3]
        assert shown(choose(room, np.array([True, True, False]), 3)) == [1]
        rejected = room_of(table_of(3, pick={3: -1}), all_in("dog", 3), [stack])
        assert shown(choose(rejected, count=3)) == [1]
        picked = room_of(table_of(3, pick={2: 1}), all_in("dog", 3), [stack])
        assert shown(choose(picked, count=3)) == [2]


def test_a_photo_of_two_stacks_is_shown_where_it_may_be_in_both() -> None:
    stacks = [Stack("a", Tier.EXACT, (1, 2), 1, "oldest file"), Stack("b", Tier.BURST, (2, 3), 2, "sharpest")]
    assert shown(choose(room_of(table_of(3), all_in("dog", 3), stacks), count=3)) == [1]
    room = showroom(
        table_of(3), all_in("dog", 3), blurred(3), [Flag(1, Reason.NOISY, 0.9, "grainy")], stacks[:1]
    )
    assert shown(choose(room, count=3)) == [3]  # a copy of a flagged photo is no better


def test_a_category_that_is_asked_for_by_name_needs_no_weight() -> None:
    room = showroom(table_of(9), all_in("receipt", 9), blurred(9), [], [], weights={"receipt": 0.0})
    assert choose(room, count=3) == []
    assert len(choose(room, count=3, weighted=False)) == 3


def test_alike_photos_of_two_categories_are_never_both_shown() -> None:
    vectors = np.zeros((10, 4), np.float32)
    vectors[:, 0] = 1
    placed = [Categorised(n, "dog" if n % 2 else "cat", 0.8) for n in range(1, 11)]
    assert len(highlights(table_of(10), placed, blurred(10), [], [], vectors=vectors)) == 1


# -- judges ----------------------------------------------------------------------------------------------


def judged(count: int, judges: Judges) -> list[Pick]:
    return highlights(
        table_of(count), all_in("dog", count), blurred(count), [], [], judging=lambda _vectors, _group: judges
    )


def test_what_is_pleasing_to_look_at_comes_first_and_says_so() -> None:
    looks = np.full(9, 0.2, np.float32)
    looks[6], looks[7] = 0.95, np.nan
    found = judged(9, Judges(looks))
    assert found[0].photo_id == 7 and "pleasing to look at" in found[0].why
    assert found[1].photo_id == 8  # nobody could judge it: it is not marked down for that


def test_taste_has_the_say_that_it_has_earned() -> None:
    liking = np.linspace(0, 1, 9).astype(np.float32)
    found = judged(9, Judges(taste=Taste(liking, 0.9, 10, 10, 0.4)))
    assert shown(found) == [9, 8, 7] and "like photos that you pick" in found[0].why
    unheard = judged(9, Judges(taste=Taste(liking, 0.5, 10, 10, 0.0)))
    assert shown(unheard) == shown(judged(9, Judges()))


def test_moments_and_stacks_are_not_divided_when_taste_is_tested() -> None:
    given: list[NDArray[np.int64]] = []

    def judging(_vectors: NDArray[np.float32] | None, group: NDArray[np.int64]) -> Judges:
        given.append(group)
        return Judges()

    times = [0.0, 60.0, 50 * HOUR, 90 * HOUR, 130 * HOUR]
    stack = Stack("s", Tier.SAME_PICTURE, (2, 4), 2, "sharpest")
    showroom(table_of(5, taken=times), [], blurred(5), [], [stack], judging=judging)
    group = given[0].tolist()
    assert group[0] == group[1] == group[3] and len(set(group)) == 3


def test_a_pair_of_prompts_counts_only_where_it_was_measured() -> None:
    assert appeal_of({}) is None
    listed = {"positive": "good", "negative": "bad", "low": -0.1, "high": 0.3}
    appeal = appeal_of({"appeal": listed})
    assert appeal == Appeal("good", "bad", -0.1, 0.3)
    scores = appeal.scores(np.array([[0.3, 0], [0, 1], [0, 0]], np.float32), np.eye(2, dtype=np.float32))
    assert scores[:2].tolist() == [1.0, 0.0] and np.isnan(scores[2])
