"""Precision and recall of the stacks, a tier and a kind at a time, beside what others do, and the scale.

    python -m tests.bench.bench_duplicates [--photos DIR] [--edited N] [--count N] [--part NAME ...]

Every photo of the test folder is in one pot with the edited copies of the held-out ones, so a wrong
partner has 900 and more photos to come from. Parts: exact, same, bursts, references, scale.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

from organizer.analysis.duplicates import Findings, find, load_calibration, stacks
from organizer.analysis.findings import Pictures
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.variants import variant_hashes
from organizer.media.fingerprint import fingerprint
from organizer.paths import resources_dir
from organizer.records import Fingerprint
from organizer.results import PhotoTable, Stack, Tier
from tests.bench import duplicate_bursts, duplicate_exact, duplicate_references, duplicate_scale
from tests.bench.edits import EDITS, UP_TO_CROP_5
from tests.bench.photoset import DEFAULT_ROOT, groups, is_held_out, load, table_of

SETS = ("everyday", "captioned", "lookalikes", "quality", "duplicates", "camera")
PLAIN = ("everyday", "captioned")  # good photos, of which edited copies are made
SCENES = ("chair_11", "chair_14", "plug_11", "plug_12", "door__", "garage", "106_NIKON")  # one scene each
LOOSE = {"edited-copies": "not the same picture when looked at"}
PARTS = ("exact", "same", "bursts", "references", "scale")


@dataclass
class Pot:
    """All pictures of the bench: the photos of the folder, then the edited copies.

    Attributes:
        names: of the photo, or "photo#edit". edits: edit -> places (original, copy).
        grouped: file -> numbers of its groups in groups.json. kinds: of those groups.
    """

    root: Path
    names: list[str]
    prints: list[Fingerprint]
    sizes: list[tuple[int, int]]
    edits: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    grouped: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    kinds: list[str] = field(default_factory=list)

    @property
    def origin(self) -> list[str]:
        return [name.split("#")[0] for name in self.names]

    def relation(self, first: int, second: int) -> str:
        """What is known of a pair: the kind of its group, "one scene", "edits of one photo" or "wrong"."""
        a, b = (self.names[place].split("#")[0] for place in (first, second))
        if a == b:
            return "edits of one photo"
        shared = self.grouped.get(a, set()) & self.grouped.get(b, set())
        if shared:
            return self.kinds[min(shared)]
        return "one scene" if any(scene in a and scene in b for scene in SCENES) else "wrong"


def fill(root: Path, edited: int) -> Pot:
    photos = load(root, SETS)
    pot = Pot(root, list(photos.names), list(photos.prints), list(photos.sizes))
    for number, entry in enumerate(groups(root)):
        pot.kinds.append(str(entry["kind"]))
        for file in entry["files"]:  # type: ignore[attr-defined]
            pot.grouped[file].add(number)
    chosen = [
        place for place, name in enumerate(photos.names)
        if is_held_out(name) and name.startswith(PLAIN) and max(photos.sizes[place]) >= 300
    ]  # fmt: skip
    for place in chosen[:edited]:
        picture = photos.picture(place)
        for name, edit in EDITS.items():
            copy = edit(picture)
            pot.edits[name].append((place, len(pot.names)))
            pot.names.append(f"{photos.names[place]}#{name}")
            pot.prints.append(fingerprint(np.asarray(copy)))
            pot.sizes.append(copy.size)
    return pot


def pictures_of(prints: list[Fingerprint]) -> Pictures:
    """What ``Reader.greys`` gives, for photos numbered from 1."""
    grey, chroma = np.stack([one.grey for one in prints]), np.stack([one.chroma for one in prints])

    def pictures(ids):  # type: ignore[no-untyped-def]
        asked = np.array(sorted(ids), np.int64)
        return asked, grey[asked - 1], chroma[asked - 1]

    return pictures


def run(
    table: PhotoTable, prints: list[Fingerprint], calibration: SamePicture
) -> tuple[list[Stack], Findings]:
    variants = variant_hashes(np.stack([one.grey for one in prints]))
    found = find(table, pictures_of(prints), calibration, variants=variants)
    return stacks(table, found, calibration), found


def together(made: list[Stack], *tiers: Tier) -> set[tuple[int, int]]:
    """Places of the pairs that share a stack of these tiers."""
    return {
        pair for stack in made if stack.tier in tiers
        for pair in combinations(sorted(member - 1 for member in stack.members), 2)
    }  # fmt: skip


def same_picture(pot: Pot, calibration: SamePicture) -> None:
    table = table_of(pot.prints, pot.sizes, pot.names)
    started = time.process_time()
    made, found = run(table, pot.prints, calibration)
    spent = time.process_time() - started
    proved = found.same >= calibration.threshold
    sure = {tuple(pair) for pair in (found.pairs[proved] - 1).tolist()}
    joined = together(made, Tier.SAME_PICTURE)
    originals = len(next(iter(pot.edits.values())))
    print(f"SAME PICTURE: {len(pot.names)} pictures, {len(sure)} pairs proved, {len(made)} stacks")
    print(f"{spent:.1f} s CPU")
    print(f"\n{'edit':22} proved  with its original in one stack   ({originals} held-out photos)")
    sums = []
    for name, pairs in pot.edits.items():
        shares = [float(np.mean([pair in pool for pair in pairs])) for pool in (sure, joined)]
        sums.append((name, shares))
        print(f"{name:22} {shares[0]:6.3f} {shares[1]:8.3f}")
    for label, part in (("up to crop 5%", UP_TO_CROP_5), ("over all", tuple(pot.edits))):
        print(f"{label:22} " + "{:6.3f} {:8.3f}".format(*np.mean([s for n, s in sums if n in part], axis=0)))
    report_pairs(pot, joined)
    report_groups(pot, sure)
    wrong = sorted(
        ((score, pot.names[a - 1], pot.names[b - 1])
         for (a, b), score in zip(found.pairs.tolist(), found.same.tolist(), strict=True)
         if pot.relation(a - 1, b - 1) == "wrong"), reverse=True,
    )  # fmt: skip
    print(f"nearest wrong pairs: {[f'{score:.3f} {a} {b}' for score, a, b in wrong[:4]]}")


def report_pairs(pot: Pot, joined: set[tuple[int, int]]) -> None:
    """Precision over the pairs that share a stack."""
    count = Counter(pot.relation(*pair) for pair in joined)
    wrong = [(pot.names[a], pot.names[b]) for a, b in sorted(joined) if pot.relation(a, b) == "wrong"]
    print("\npairs that share a stack:", dict(count))
    print(f"precision {1 - count['wrong'] / max(1, sum(count.values())):.4f}; wrong pairs: {wrong[:6]}")


def report_groups(pot: Pot, sure: set[tuple[int, int]]) -> None:
    index = {name: place for place, name in enumerate(pot.names)}
    members: dict[int, list[int]] = defaultdict(list)
    for file, numbers in pot.grouped.items():
        for number in numbers:
            members[number].append(index[file])
    hits: dict[str, list[bool]] = defaultdict(list)
    for number, places in members.items():
        hits[pot.kinds[number]] += [pair in sure for pair in combinations(sorted(places), 2)]
    print("\npairs of groups.json with the same pixels")
    for kind, found in sorted(hits.items()):
        print(f"{kind:24} {sum(found):4} of {len(found):4}  {LOOSE.get(kind, '')}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, default=DEFAULT_ROOT)
    parser.add_argument("--edited", type=int, default=1000, help="photos of which edited copies are made")
    parser.add_argument("--count", type=int, default=100_000, help="synthetic photos of the scale")
    parser.add_argument("--part", nargs="*", default=PARTS, choices=PARTS)
    asked = parser.parse_args()
    calibration = load_calibration(resources_dir() / "calibration" / "duplicates.toml")
    pot = fill(asked.photos, asked.edited) if set(asked.part) - {"scale"} else None
    if pot is not None:
        if "exact" in asked.part:
            duplicate_exact.report(asked.photos)
        if "same" in asked.part:
            same_picture(pot, calibration)
        if "bursts" in asked.part:
            duplicate_bursts.report(pot, calibration, run)
        if "references" in asked.part:
            duplicate_references.report(pot)
    if "scale" in asked.part:
        duplicate_scale.report(calibration, asked.count)


if __name__ == "__main__":
    main()
