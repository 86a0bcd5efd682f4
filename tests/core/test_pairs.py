"""Pairs in the catalogue: looked at once, forgotten with the photo, the pixels or the rules."""

from __future__ import annotations

import numpy as np

from organizer.catalog import Catalog
from tests.catalog_samples import ROOT, add, decoded

RULES = "1.0 with these numbers"


def store(catalog: Catalog, ids: list[int], pairs: list[list[int]], rules: str = RULES) -> None:
    values = np.tile(np.float32([0.75, -1, 0.5]), (len(pairs), 1))
    hashes = np.arange(len(ids) * 2, dtype=np.uint64).reshape(-1, 2) + np.uint64(2**63)
    found = np.array(pairs, np.int64).reshape(-1, 2)
    catalog.writer.store_findings(
        np.array(ids), hashes, found, np.full(len(pairs), 9, np.int16), values, made_with=rules
    )


def test_what_was_found_comes_back_and_more_is_added(catalog: Catalog, ids: list[int]) -> None:
    store(catalog, ids[:2], [[ids[0], ids[1]]])
    store(catalog, ids[2:], [[ids[0], ids[2]]])
    known, hashes = catalog.reader().compared(RULES)
    assert known.tolist() == ids
    assert hashes[0].tolist() == [2**63, 2**63 + 1] and hashes.dtype == np.uint64
    pairs, ways, values = catalog.reader().findings(RULES)
    assert pairs.tolist() == [[ids[0], ids[1]], [ids[0], ids[2]]]
    assert ways.tolist() == [9, 9] and values[0].tolist() == [0.75, -1, 0.5]


def test_other_rules_know_nothing_and_take_the_place(catalog: Catalog, ids: list[int]) -> None:
    store(catalog, ids, [[ids[0], ids[1]]])
    reader = catalog.reader()
    assert len(reader.compared("others")[0]) == len(reader.findings("others")[0]) == 0
    store(catalog, ids[:1], [], "others")
    assert reader.compared("others")[0].tolist() == ids[:1]
    assert len(reader.compared(RULES)[0]) == len(reader.findings(RULES)[0]) == 0


def test_a_photo_that_is_gone_takes_its_pairs_along(catalog: Catalog, ids: list[int]) -> None:
    store(catalog, ids, [[ids[0], ids[1]], [ids[2], ids[3]]])
    catalog.writer.forget([ids[0]])
    assert catalog.reader().compared(RULES)[0].tolist() == ids[1:]
    assert catalog.reader().findings(RULES)[0].tolist() == [[ids[2], ids[3]]]


def test_pairs_of_a_photo_with_new_pixels_are_looked_at_again(catalog: Catalog, ids: list[int]) -> None:
    store(catalog, ids, [[ids[0], ids[1]], [ids[2], ids[3]]])
    root = catalog.reader().roots()[0]
    add(catalog, root.id, decoded(ROOT / "0.jpg", 77))
    assert catalog.reader().compared(RULES)[0].tolist() == ids[1:]
    assert catalog.reader().findings(RULES)[0].tolist() == [[ids[2], ids[3]]]
