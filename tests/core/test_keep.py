"""Which photo of a stack is kept: each rule, the person's order, and what may not fool a rule."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizer.analysis.keep import DEFAULT_ORDER, RULES, all_rules, order_of, rank
from organizer.records import Fingerprint
from organizer.results import PhotoTable
from tests.core.test_duplicates import table_of


def table(count: int = 2, sizes: list[tuple[int, int]] | None = None, **columns: object) -> PhotoTable:
    """Photos that are alike in everything but what is given; ``measures`` adds to the usual ones."""
    prints = [Fingerprint(1, 1, np.zeros((64, 64), np.uint8), np.zeros((2, 16, 16), np.uint8))] * count
    measures = columns.pop("measures", {})
    made = table_of(prints, sizes, **columns)
    made.measures.update({name: np.array(values, np.float32) for name, values in measures.items()})  # type: ignore[attr-defined]
    return made


KEEP = [
    ("protected", {"protected": np.array([False, True])}, "in a protected folder", "not in a protected"),
    ("raw", {"format": ["JPEG", "RAW"]}, "the camera's RAW file", "not the RAW file"),
    ("rating", {"pick": np.array([0, 1], np.int8)}, "your pick", "not rated"),
    ("rating", {"pick": np.array([-1, 0], np.int8)}, "the other was rejected", "rejected"),
    ("rating", {"rating": np.array([-1, 4], np.int8)}, "rated 4 stars", "not rated"),
    (
        "pixels", {"width": np.array([800, 4000], np.int32), "height": np.array([600, 3000], np.int32)},
        "most pixels: 4,000 × 3,000", "smaller: 800 × 600",
    ),
    ("bytes", {"size": np.array([410_000, 2_100_000])}, "largest file: 2.1 MB", "smaller file: 410 kB"),
    ("bytes", {"measures": {"blockiness": [0.6, 0.1]}}, "least compressed", "more compressed"),
    ("sharpness", {"measures": {"sharpness": [0.5, 1.0]}}, "sharpest", "less sharp"),
    ("exposure", {"measures": {"clipped_bright": [0.3, 0.0]}}, "best exposed", "exposed less well"),
    ("exposure", {"measures": {"brightness": [0.02, 0.4]}}, "best exposed", "exposed less well"),
    ("exposure", {"measures": {"clipped_dark": [0.3, 0.0]}}, "best exposed", "darker than is good"),
    ("aesthetic", {"measures": {"aesthetic": [0.2, 0.8]}}, "best looking", "less good looking"),
    ("oldest", {"mtime": np.array([1.6e9, 1.2e9])}, "oldest file: 2008-01", "newer file: 2020-09"),
    ("name", {"path": ["/a/IMG_1 (copy).jpg", "/a/IMG_1.jpg"]}, "shortest name", "longer name"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "columns", "won", "lost"), KEEP, ids=[f"{entry[0]}-{entry[2][:9]}" for entry in KEEP]
)
def test_each_rule_decides_and_says_why(rule: str, columns: dict[str, object], won: str, lost: str) -> None:
    columns = dict(columns)
    order, why, lacks = rank(table(**columns), [0, 1])
    assert order == [1, 0]
    assert why.startswith(won)
    assert lacks[0].startswith(lost)
    assert rule in DEFAULT_ORDER


def test_files_of_one_day_are_told_apart_by_their_time() -> None:
    noon = datetime(2020, 5, 1, 12).timestamp()
    _, why, lacks = rank(table(2, mtime=np.array([noon + 60, noon])), [0, 1])
    assert why == "oldest file: 2020-05-01 12:00:00"
    assert lacks[0] == "newer file: 2020-05-01 12:01:00"


def test_the_order_of_the_rules_is_the_persons() -> None:
    two = table(sizes=[(4000, 3000), (800, 600)], rating=np.array([1, 5], np.int8))
    assert rank(two, [0, 1])[0] == [1, 0]
    assert rank(two, [0, 1], ("pixels", "rating"))[0] == [0, 1]
    assert rank(two, [0, 1], order_of(["pixels", "rating"]))[0] == [0, 1]
    assert rank(two, [0, 1], order_of(["-rating"]))[0] == [0, 1]
    with pytest.raises(KeyError):
        rank(two, [0, 1], ("horoscope",))


def test_photos_that_are_alike_in_everything_have_a_fixed_order() -> None:
    three = table(3, path=["/b/1.jpg", "/a/1.jpg", "/c/1.jpg"])
    order, why, lacks = rank(three, [0, 1, 2])
    assert order == [1, 0, 2] == rank(three, [2, 1, 0])[0]
    assert why and set(lacks) == {0, 2}


def test_an_enlarged_copy_is_not_kept_for_its_pixels() -> None:
    sizes = [(4000, 3000), (2000, 1500)]
    enlarged = table(sizes=sizes, size=np.array([3_000_000, 1_500_000]), measures={"detail": [0.5, 1.0]})
    order, why, lacks = rank(enlarged, [0, 1])
    assert order == [1, 0]
    assert lacks[0] == "only enlarged: 4,000 × 3,000"
    assert why.startswith("most pixels: 2,000")


def test_a_soft_original_is_kept_beside_its_small_copy() -> None:
    small_copy = table(sizes=[(4000, 3000), (1000, 750)], measures={"detail": [0.6, 1.0]})
    assert rank(small_copy, [0, 1])[0] == [0, 1]


def test_a_noisy_copy_is_not_kept_for_its_bytes() -> None:
    noisy = table(size=np.array([4_000_000, 1_500_000]), measures={"noise": [9.0, 1.0]})
    order, why, lacks = rank(noisy, [0, 1])
    assert (order, why, lacks) == ([1, 0], "less noise", {0: "noisier"})


def test_shots_of_one_moment_are_not_judged_by_their_bytes() -> None:
    shots = table(size=np.array([4_000_000, 1_500_000]), measures={"sharpness": [0.6, 1.1]})
    assert rank(shots, [0, 1])[0] == [0, 1]
    order, why, _ = rank(shots, [0, 1], copies=False)
    assert (order, why) == ([1, 0], "sharpest")


def test_a_measure_that_is_missing_decides_nothing() -> None:
    unmeasured = {name: [float("nan")] * 2 for name in ("detail", "noise", "blockiness", "brightness")}
    assert rank(table(measures=unmeasured), [0, 1])[2] == {1: "as good in every rule"}


@given(st.lists(st.sampled_from([*RULES, *(f"-{name}" for name in RULES), "horoscope", ""])))
def test_every_rule_is_listed_once_in_the_order_chosen(chosen: list[str]) -> None:
    rules = all_rules(chosen)
    assert sorted(rule.removeprefix("-") for rule in rules) == sorted(RULES)
    named = [entry for entry in chosen if entry.removeprefix("-") in RULES]
    first = {entry.removeprefix("-"): entry for entry in reversed(named)}
    assert [rule for rule in rules if rule.removeprefix("-") in first] == [
        first[name] for name in dict.fromkeys(entry.removeprefix("-") for entry in named)
    ]
    assert all_rules(rules) == rules


@given(
    st.permutations(DEFAULT_ORDER), st.integers(2, 5),
    st.lists(st.floats(0.1, 1.0), min_size=5, max_size=5), st.permutations(range(5)),
)  # fmt: skip
def test_the_kept_photo_does_not_depend_on_the_order_of_the_rows(
    order: list[str], count: int, detail: list[float], shuffled: list[int]
) -> None:
    sizes = [(400 * (1 + row % 3), 300) for row in range(5)]
    five = table(5, sizes=sizes, measures={"detail": detail, "noise": detail[::-1]})
    rows = list(range(count))
    mixed = [row for row in shuffled if row < count]
    assert rank(five, rows, order)[0] == rank(five, mixed, order)[0]


def test_the_default_order_is_that_of_all_rules() -> None:
    assert set(DEFAULT_ORDER) == set(RULES)
    assert all_rules(()) == DEFAULT_ORDER == order_of(())


def test_a_frame_in_which_little_can_be_seen_is_not_the_sharpest() -> None:
    """A bracket: what is left of a black or a burnt-out frame has hard edges."""
    measures = {
        "sharpness": [0.78, 0.74, 0.73, 0.69],
        "clipped_dark": [0.66, 0.16, 0.0, 0.0],
        "clipped_bright": [0.0, 0.02, 0.15, 0.6],
        "brightness": [0.01, 0.07, 0.5, 0.99],
    }
    four = table(4, [(800, 600)] * 4, measures=measures)
    ranked, why, lacks = rank(four, range(4), copies=False)
    assert ranked[0] == 2
    assert why == "best exposed"
    assert set(lacks.values()) == {"darker than is good", "exposed less well"}
    blurred = table(sizes=[(800, 600)] * 2, measures={"sharpness": [0.5, 0.7], "clipped_dark": [0.0, 0.05]})
    assert rank(blurred, [0, 1], copies=False) == ([1, 0], "sharpest", {0: "less sharp"})
