"""The burst tier of ``bench_duplicates``: brackets among photos of other scenes taken at the same time.

The brackets of the test folder carry no capture times. Twice they are given some: shots of a group follow
each other by 0.4 seconds, and so do all other photos, in a random order, as if one camera had seen a
different scene every 0.4 seconds; that is far harder than any day of a person. Then nothing is given,
and the file names alone may say what belongs together: as they are, and as cameras and datasets have them.
Edited copies that are named like shots are counted as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from organizer.analysis.stack_rules import SamePicture
from organizer.results import PhotoTable, Tier
from tests.bench.photoset import table_of

if TYPE_CHECKING:
    from tests.bench.bench_duplicates import Pot

BRACKETS = ("exposure-bracket", "focus-bracket")
STEP = 0.4  # seconds


def timed(pot: Pot, table: PhotoTable, seed: int) -> PhotoTable:
    """The same table, all photos taken one after another: shots of a group side by side, else at random."""
    random = np.random.default_rng(seed)
    first = {place: min(pot.grouped[name]) for place, name in enumerate(pot.names) if pot.grouped.get(name)}
    order = sorted(random.permutation(len(table)).tolist(), key=lambda _: random.random())
    keys = {}
    for position, place in enumerate(order):
        keys.setdefault(("group", first[place]) if place in first else ("alone", place), position)
    line = sorted(
        range(len(table)),
        key=lambda place: (keys[("group", first[place]) if place in first else ("alone", place)], place),
    )
    taken = np.empty(len(table))
    taken[line] = np.arange(len(table)) * STEP
    return replace(table, taken=taken)


def renamed(table: PhotoTable, pot: Pot, names: list[str], words: tuple[str, ...]) -> PhotoTable:
    """The same table, the shots of a bracket told apart by these words; without words by nothing."""
    path = list(table.path)
    for number, kind in enumerate(pot.kinds):
        if kind in BRACKETS:
            members = [place for place, name in enumerate(names) if number in pot.grouped.get(name, ())]
            for at, place in enumerate(members):
                word = words[at] if words else f"{place * 7919 % 10007:05}-{'abcdef'[at] * (at + 2)}"
                path[place] = f"/brackets/bracket{'' if words else word}{number:03}_{word}.jpg"
    return replace(table, path=path)


def copies_named_like_shots(pot: Pot, calibration: SamePicture, run: Callable[..., Any]) -> None:
    """Each edited copy beside its original, of one size and one kind: in which tier do they end?"""
    pairs = [pair for edit in pot.edits.values() for pair in edit if pot.sizes[pair[0]] == pot.sizes[pair[1]]]
    places = [place for pair in pairs for place in pair]
    prints = [pot.prints[place] for place in places]
    plain = table_of(prints, [pot.sizes[place] for place in places], [str(at) for at in range(len(places))])
    print(f"\nEDITED COPIES that have the size of their original: {len(pairs)}, without times")
    print("names                          burst  same picture")
    for first, second in (("copy-1", "copy-2"), ("IMG_0001", "IMG_0002"), ("sea", "beach")):
        path = [f"/{at // 2}/{(first, second)[at % 2]}.jpg" for at in range(len(places))]
        made = one_pair_each(replace(plain, path=path), prints, calibration, run)
        shares = [made.count(tier) / len(pairs) for tier in (Tier.BURST, Tier.SAME_PICTURE)]
        print(f"{first + ', ' + second:28} {shares[0]:7.3f} {shares[1]:13.3f}")


def one_pair_each(
    table: PhotoTable, prints: list[Any], calibration: SamePicture, run: Callable[..., Any]
) -> list[Tier]:
    """The tiers of the stacks made of the first and second photo, of the third and fourth, and so on."""
    tiers = []
    for at in range(0, len(table), 2):
        rows = np.array([at, at + 1])
        pair = replace(table.take(rows), ids=np.array([1, 2]))
        tiers += [stack.tier for stack in run(pair, prints[at : at + 2], calibration)[0]]
    return tiers


def report(pot: Pot, calibration: SamePicture, run: Callable[..., Any]) -> None:
    places = [place for place, name in enumerate(pot.names) if "#" not in name]
    names = [pot.names[place] for place in places]
    prints = [pot.prints[place] for place in places]
    plain = table_of(prints, [pot.sizes[place] for place in places], names)
    plain = replace(plain, size=np.array([(pot.root / name).stat().st_size for name in names]))
    print(f"\nBURSTS: {len(names)} photos; a new scene every {STEP} s, or no times at all")
    print("capture times        pairs in one burst  photos in one  other tiers  wrong pairs")
    for label, table in (
        ("every 0.4 s", timed(pot, plain, 1)), ("another order", timed(pot, plain, 2)), ("none", plain),
        ("none, lettered", renamed(plain, pot, names, tuple("ABCDEF"))),
        ("none, EV-2 to EV+3", renamed(plain, pot, names, ("EV-2", "EV-1", "EV0", "EV+1", "EV+2", "EV+3"))),
        ("none, words", renamed(plain, pot, names, ("under", "normal", "over", "bright", "high", "light"))),
        ("none, names unlike", renamed(plain, pot, names, ())),
    ):  # fmt: skip
        made, _ = run(table, prints, calibration)
        bursts = [stack for stack in made if stack.tier == Tier.BURST]
        joined = {
            pair for stack in bursts for pair in combinations(sorted(one - 1 for one in stack.members), 2)
        }
        others = {
            pair for stack in made if stack.tier != Tier.BURST
            for pair in combinations(sorted(one - 1 for one in stack.members), 2)
        }  # fmt: skip
        index = {name: place for place, name in enumerate(names)}
        wanted, photos = set(), set()
        for number, kind in enumerate(pot.kinds):
            if kind in BRACKETS:
                members = sorted(index[name] for name in names if number in pot.grouped.get(name, ()))
                wanted |= set(combinations(members, 2))
                photos |= set(members)
        inside = {place for pair in joined & wanted for place in pair}
        wrong = [(names[a], names[b]) for a, b in sorted(joined) if pot.relation(a, b) == "wrong"]
        print(
            f"{label:20} {len(joined & wanted):8} of {len(wanted):3} {len(inside) / len(photos):17.3f} "
            f"{len(others & wanted):12} {len(wrong):6} of {len(joined):3}"
        )
        for pair in wrong[:6]:
            print("   wrong:", *pair)
    copies_named_like_shots(pot, calibration, run)
