"""Proposing pairs by their hashes: all that are near, also where thousands are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis import candidates
from organizer.analysis.candidates import near_pairs
from organizer.errors import Cancelled
from organizer.results import PhotoTable
from tests.core.test_duplicates import CALIBRATION, hashed, table_of


def table_with(hashes: NDArray[np.uint64]) -> PhotoTable:
    return replace(table_of([hashed(int(value)) for value in hashes]), measures={})


def one_view(count: int) -> NDArray[np.uint64]:
    """The hashes of so many frames of one view: all of them near each other."""
    random = np.random.default_rng(6)
    hashes = np.full(count, random.integers(0, 2**63), np.uint64)
    for _ in range(3):
        hashes ^= np.uint64(1) << random.integers(0, 64, count).astype(np.uint64)
    return hashes


def test_near_hashes_are_all_found_among_many() -> None:
    """Against all pairs by brute force: complete up to a distance of 11."""
    random = np.random.default_rng(4)
    hashes = random.integers(0, 2**63, 3000, dtype=np.uint64)
    for place in range(0, 900, 3):
        flipped = random.choice(64, int(random.integers(0, 15)), replace=False)
        hashes[place + 1] = hashes[place] ^ np.uint64(sum(1 << int(bit) for bit in flipped))
    table = table_with(hashes)
    distance = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    upper = np.triu(np.ones(distance.shape, bool), 1)
    everything = {tuple(pair) for pair in (table.ids[np.argwhere(upper & (distance <= 11))]).tolist()}
    pairs, ways = near_pairs(table, np.arange(len(table)), CALIBRATION)
    upright = {tuple(pair) for pair in table.ids[pairs[ways == 0]].tolist()}
    assert everything <= upright
    allowed = {
        tuple(pair)
        for pair in (table.ids[np.argwhere(upper & (distance <= CALIBRATION.phash_bits))]).tolist()
    }
    assert upright <= allowed


def test_of_many_frames_of_one_view_each_has_its_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_PENDING", 5000)  # far fewer than there are near pairs
    hashes = one_view(900)
    pairs, ways = near_pairs(table_with(hashes), np.arange(900), CALIBRATION)
    assert len(pairs) <= 900 * CALIBRATION.partners
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    distance = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    upright = pairs[ways == 0]
    reached = [distance[tuple(upright[(upright == row).any(axis=1)].T)] for row in range(900)]
    np.fill_diagonal(distance, 99)
    for row, found in enumerate(reached):
        known = np.sort(distance[row])[: CALIBRATION.partners]
        assert len(found) >= CALIBRATION.partners
        np.testing.assert_array_equal(np.sort(found)[: CALIBRATION.partners], known)


def test_what_is_let_go_on_the_way_would_not_have_stayed(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    hashes = np.concatenate([one_view(300), random.integers(0, 2**63, 1500, dtype=np.uint64)])
    whole = near_pairs(table_with(hashes), np.arange(len(hashes)), CALIBRATION)
    monkeypatch.setattr(candidates, "_PENDING", 1000)
    parts = near_pairs(table_with(hashes), np.arange(len(hashes)), CALIBRATION)
    alone = whole[0].min(axis=1) >= 300  # where no photo has more partners than it may keep
    np.testing.assert_array_equal(parts[0][parts[0].min(axis=1) >= 300], whole[0][alone])
    assert abs(len(parts[0]) - len(whole[0])) < 0.02 * len(whole[0])  # which of equals


def test_proposing_can_be_stopped() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        near_pairs(table_with(one_view(40)), np.arange(40), CALIBRATION, check=stop)
