"""Grouping: in a group every pair is a fact, nothing is in two groups, the order of asking is no matter."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from organizer.analysis.duplicates import Findings, load_calibration, stacks
from organizer.analysis.grouping import components, group
from organizer.paths import resources_dir
from organizer.results import PhotoTable, Tier

Scored = dict[tuple[int, int], float]

pairs_with_scores = st.dictionaries(
    st.tuples(st.integers(1, 14), st.integers(1, 14)).filter(lambda pair: pair[0] < pair[1]),
    st.sampled_from([0.9, 0.92, 0.95, 0.99, 1.0]),
    max_size=60,
)


def grouped(scored: Scored) -> list[tuple[int, ...]]:
    pairs = np.array(list(scored), np.int64).reshape(-1, 2)
    return group(pairs, np.array(list(scored.values()), np.float32))


@settings(max_examples=300, deadline=None)
@given(pairs_with_scores)
def test_every_pair_of_a_group_was_verified_and_no_id_is_in_two(scored: Scored) -> None:
    groups = grouped(scored)
    members = [member for one in groups for member in one]
    assert len(members) == len(set(members))
    for one in groups:
        assert len(one) >= 2 and list(one) == sorted(one)
        assert all(pair in scored for pair in combinations(one, 2))


@settings(max_examples=200, deadline=None)
@given(pairs_with_scores, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(scored: Scored, random) -> None:  # type: ignore[no-untyped-def]
    items = list(scored.items())
    random.shuffle(items)
    swapped = [((b, a) if random.random() < 0.5 else (a, b), score) for (a, b), score in items]
    pairs = np.array([pair for pair, _ in swapped], np.int64).reshape(-1, 2)
    assert group(pairs, np.array([score for _, score in swapped], np.float32)) == grouped(scored)


@settings(max_examples=200, deadline=None)
@given(pairs_with_scores)
def test_two_groups_are_never_left_apart_when_all_their_pairs_are_verified(scored: Scored) -> None:
    groups = [set(one) for one in grouped(scored)]
    alone = {member for pair in scored for member in pair} - {member for one in groups for member in one}
    for first, second in combinations([*groups, *({member} for member in alone)], 2):
        assert not all((min(a, b), max(a, b)) in scored for a in first for b in second)


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 12), st.floats(0.9, 1.0))
def test_a_chain_never_ends_in_one_group(length: int, score: float) -> None:
    chain = {(place, place + 1): score for place in range(length)}
    assert max(len(one) for one in grouped(chain)) == 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=30))
def test_components_join_whatever_is_linked(links: list[tuple[int, int]]) -> None:
    found = components(links)
    label = {member: place for place, one in enumerate(found) for member in one}
    assert sum(len(one) for one in found) == len(label)
    for a, b in links:
        if a != b:
            assert label[a] == label[b]
    reach = {member: {member} for member in label}  # by brute force
    for _ in range(len(label)):
        for a, b in links:
            if a != b:
                joined = reach[a] | reach[b]
                for member in joined:
                    reach[member] = joined
    for one in found:
        assert all(reach[member] == set(one) for member in one)


CALIBRATION = load_calibration(resources_dir() / "calibration" / "duplicates.toml")


def library(bytes_of: list[int], pixels_of: list[int]) -> PhotoTable:
    """Photos that differ in their bytes and pixels alone; pixels 0 are unknown."""
    count = len(bytes_of)
    nothing = np.zeros(count)
    return PhotoTable(
        ids=np.arange(count) * 3 + 1, content_hash=[bytes([value]) * 32 for value in bytes_of],
        pixel_hash=[bytes([value]) * 32 if value else None for value in pixels_of],
        path=[f"/{number}.jpg" for number in range(count)],
        taken=nothing, mtime=nothing, size=np.arange(count) % 3,
        width=np.arange(count, dtype=np.int32) % 4, height=np.ones(count, np.int32),
        format=["JPEG"] * count, rating=nothing.astype(np.int8), pick=nothing.astype(np.int8),
        protected=nothing.astype(bool), phash=nothing.astype(np.uint64), dhash=nothing.astype(np.uint64),
        measures={},
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5)), min_size=2, max_size=16),
    pairs_with_scores,
    st.sets(st.frozensets(st.integers(1, 9), min_size=1, max_size=2), max_size=4),
    st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=4), max_size=4),
)
def test_stacks_keep_their_promises(
    files: list[tuple[int, int]], scored: Scored, apart: set[frozenset[int]], kept: list[list[int]]
) -> None:
    table = library([value for value, _ in files], [value for _, value in files])
    refused = {frozenset(bytes([value]) * 32 for value in pair) for pair in apart}
    facts = {pair: score for pair, score in scored.items() if pair[1] < len(files)}
    found = Findings.of(table.ids[np.array(list(facts), np.int64).reshape(-1, 2)])
    found = replace(found, same=np.array(list(facts.values()), np.float32))
    settled = [[bytes([value]) * 32 for value in whole] for whole in kept]
    made = stacks(table, found, CALIBRATION, refused=refused, settled=settled)
    row_of = {int(photo): row for row, photo in enumerate(table.ids)}
    for tier in Tier:
        members = Counter(member for stack in made if stack.tier == tier for member in stack.members)
        assert not members or max(members.values()) == 1
    for stack in made:
        assert len(stack.members) >= 2 and stack.members[0] == stack.keep
        hashes = Counter(table.content_hash[row_of[member]] for member in stack.members)
        assert not any(hashes <= Counter(whole) for whole in settled)
        assert set(stack.lacks) == set(stack.members[1:]) and stack.why
        for a, b in combinations(sorted(row_of[member] for member in stack.members), 2):
            assert frozenset((table.content_hash[a], table.content_hash[b])) not in refused
            if stack.tier == Tier.SAME_PICTURE:
                assert facts[a, b] >= CALIBRATION.threshold
    assert len({stack.key for stack in made}) == len(made)
