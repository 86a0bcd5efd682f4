"""The burst tier of ``bench_duplicates``: brackets among photos of other scenes taken at the same time.

The brackets of the test folder carry no capture times. Twice they are given some: shots of a group follow
each other by 0.4 seconds, and so do all other photos, in a random order, as if one camera had seen a
different scene every 0.4 seconds; that is far harder than any day of a person. Once nothing is given,
and the file names alone may say what belongs together.
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
