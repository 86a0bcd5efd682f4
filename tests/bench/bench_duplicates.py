"""Precision and recall of the same-picture stacks, a kind of edit at a time, and the scale.

    python -m tests.bench.bench_duplicates [PHOTOS]

Every photo of the test folder is in one pot with the edited copies of the held-out ones, so a wrong
partner has 900 and more photos to come from.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np

from organizer.analysis.candidates import near_pairs
from organizer.analysis.duplicates import Candidates, candidates, load_calibration, stacks, verify
from organizer.analysis.verify import SamePicture
from organizer.media.fingerprint import fingerprint
from organizer.paths import resources_dir
from organizer.results import Stack
from tests.bench.edits import EDITS, UP_TO_CROP_5
from tests.bench.photoset import DEFAULT_ROOT, groups, is_held_out, load, table_of

SCENES = ("chair_11", "chair_14", "plug_11", "plug_12", "door__", "garage", "106_NIKON")  # one scene each
LOOSE = {"edited-copies": "not the same picture when looked at"}


def run(calibration: SamePicture, table, grey, chroma) -> tuple[list[Stack], Candidates, np.ndarray]:  # type: ignore[no-untyped-def]
    found = candidates(table, calibration)
    scores = verify(found.pairs, found.ways, table.ids, grey, chroma, calibration)
    return stacks(table, found, scores, calibration), found, scores


def relation(first: str, second: str, grouped: dict[str, set[int]], kinds: list[str]) -> str:
    """What is known of a pair: the kind of its group, "one scene", or "wrong"."""
    shared = grouped.get(first, set()) & grouped.get(second, set())
    if shared:
        return kinds[min(shared)]
    return "one scene" if any(scene in first and scene in second for scene in SCENES) else "wrong"


def whole_folder(root: Path, calibration: SamePicture) -> None:
    photos = load(root, ["everyday", "captioned", "lookalikes", "quality", "duplicates", "camera"])
    listed = groups(root)
    kinds = [str(entry["kind"]) for entry in listed]
    grouped: dict[str, set[int]] = defaultdict(set)
    for number, entry in enumerate(listed):
        for file in entry["files"]:  # type: ignore[attr-defined]
            grouped[file].add(number)
    chosen = [
        i
        for i, name in enumerate(photos.names)
        if is_held_out(name) and name.startswith(("everyday", "captioned")) and max(photos.sizes[i]) >= 300
    ]
    names, prints, sizes = list(photos.names), list(photos.prints), list(photos.sizes)
    edits: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for index in chosen:
        picture = photos.picture(index)
        for name, edit in EDITS.items():
            edited = edit(picture)
            edits[name].append((index, len(names)))
            names.append(f"{photos.names[index]}#{name}")
            prints.append(fingerprint(np.asarray(edited)))
            sizes.append(edited.size)
    table = table_of(prints, sizes, names)
    grey, chroma = np.stack([p.grey for p in prints]), np.stack([p.chroma for p in prints])
    started = time.process_time()
    made, found, scores = run(calibration, table, grey, chroma)
    spent = time.process_time() - started
    sure = {tuple(pair) for pair in (found.pairs[scores >= calibration.threshold] - 1).tolist()}
    together = {pair for stack in made for pair in combinations(sorted(m - 1 for m in stack.members), 2)}
    print(
        f"{len(names)} pictures, {len(found.pairs)} proposed pairs, {len(sure)} proved, "
        f"{len(made)} stacks, {spent:.1f} s CPU"
    )
    print(f"\n{'edit':22} proposed  proved  in one stack   ({len(chosen)} held-out photos)")
    proposed = {tuple(pair) for pair in (found.pairs - 1).tolist()}
    sums = []
    for name, pairs in edits.items():
        shares = [np.mean([pair in pool for pair in pairs]) for pool in (proposed, sure, together)]
        sums.append(shares)
        print(f"{name:22} {shares[0]:8.3f} {shares[1]:7.3f} {shares[2]:13.3f}")
    for label, part in (("up to crop 5%", sums[: len(UP_TO_CROP_5)]), ("over all", sums)):
        print(f"{label:22} " + "{:8.3f} {:7.3f} {:13.3f}".format(*np.mean(part, axis=0)))
    precision(names, together, sure, grouped, kinds)
    origin = [name.split("#")[0] for name in names]
    wrong = [
        (score, names[a - 1], names[b - 1])
        for (a, b), score in zip(found.pairs.tolist(), scores.tolist(), strict=True)
        if origin[a - 1] != origin[b - 1]
        and relation(origin[a - 1], origin[b - 1], grouped, kinds) == "wrong"
    ]
    print("nearest wrong pairs:", [f"{score:.3f} {a} {b}" for score, a, b in sorted(wrong, reverse=True)[:4]])


def precision(names, together, sure, grouped, kinds) -> None:  # type: ignore[no-untyped-def]
    origin = [name.split("#")[0] for name in names]
    count: Counter[str] = Counter()
    wrong = []
    for first, second in sorted(together):
        kind = "edits of one photo" if origin[first] == origin[second] else relation(
            origin[first], origin[second], grouped, kinds)  # fmt: skip
        count[kind] += 1
        if kind == "wrong":
            wrong.append((names[first], names[second]))
    print("\npairs that share a stack:", dict(count))
    right = sum(count.values()) - count["wrong"]
    print(f"precision {right / max(1, sum(count.values())):.4f}; wrong pairs: {wrong}")
    index = {name: place for place, name in enumerate(names)}
    per_kind: dict[str, list[bool]] = defaultdict(list)
    for group_of in {
        tuple(sorted(n for n in grouped if g in grouped[n])): g for g in range(len(kinds))
    }.items():
        for a, b in combinations(group_of[0], 2):
            per_kind[kinds[group_of[1]]].append((min(index[a], index[b]), max(index[a], index[b])) in sure)
    print("\npairs of groups.json proved the same picture")
    for kind, hits in sorted(per_kind.items()):
        print(f"{kind:24} {sum(hits):4} of {len(hits):4}  {LOOSE.get(kind, '')}")


def scale(calibration: SamePicture, count: int = 100_000) -> None:
    """Random hashes with planted copies: what proposing and grouping costs."""
    random = np.random.default_rng(1)
    hashes = random.integers(0, 2**63, count, dtype=np.uint64)
    copies = count // 20
    hashes[-copies:] = hashes[:copies] ^ (np.uint64(1) << random.integers(0, 64, copies, dtype=np.uint64))
    table = table_of([], [], [])
    values = {name: getattr(table, name) for name in table.__slots__}
    values.update(ids=np.arange(1, count + 1), phash=hashes, dhash=hashes, measures={},
                  width=np.full(count, 4000, np.int32), height=np.full(count, 3000, np.int32))  # fmt: skip
    table = type(table)(**values)
    started = time.process_time()
    pairs, _ = near_pairs(table, np.arange(count), calibration)
    spent = time.process_time() - started
    planted = {(place, count - copies + place) for place in range(copies)}
    recall = len(planted & {tuple(pair) for pair in pairs.tolist()}) / copies
    new = np.zeros(count, bool)
    new[-100:] = True
    started = time.process_time()
    near_pairs(table, np.arange(count), calibration, new)
    added = time.process_time() - started
    print(
        f"\n{count:,} hashes: {len(pairs):,} pairs proposed in {spent:.1f} s CPU, planted copies found "
        f"{recall:.3f}; for 100 new photos {added:.2f} s"
    )


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROOT
    calibration = load_calibration(resources_dir() / "calibration" / "duplicates.toml")
    whole_folder(root, calibration)
    scale(calibration)


if __name__ == "__main__":
    main()
