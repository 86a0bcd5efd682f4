"""The scale of ``bench_duplicates``: photos with planted groups, from scratch and then a hundred more.

Their small pictures are made from a seed when they are asked for, so that the memory is that of the work.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.duplicates import find, load_calibration, stacks
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.variants import VARIANTS, variant_hashes
from organizer.media.fingerprint import dhashes, phashes, turned
from organizer.paths import resources_dir
from organizer.results import Tier
from tests.bench.photoset import table_of

PLANTED = 20  # one photo in so many has an edited copy
SHOTS = 50  # and one in so many another shot of the same moment, lighter and a little aside
GAP = 20.0  # mean seconds between two photos, times spread as by chance
ADDED = 100
BLOCK = 4096


class Synthetic:
    """Photos numbered from 1; every PLANTEDth is an edited copy of the one before it, and of every SHOTS
    photos the seventh is a second shot of the sixth."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.shapes = np.random.default_rng(7).standard_normal((256, 64, 64)).astype(np.float32)
        for _ in range(3):  # soft shapes of many sizes, as photos have
            self.shapes += 2 * (np.roll(self.shapes, 1, 1) + np.roll(self.shapes, 1, 2)) / 2
        for step in (2, 4, 8):
            self.shapes += np.roll(self.shapes, step, 1) + np.roll(self.shapes, step, 2)
        self.shapes -= self.shapes.mean(axis=(1, 2), keepdims=True)
        self.shapes /= self.shapes.std(axis=(1, 2), keepdims=True)

    def grey(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        planted, shots = ids % PLANTED == 0, ids % SHOTS == 7
        seeds = np.where(planted | shots, ids - 1, ids)
        parts = [np.random.default_rng(int(seed)).integers(0, 256, 8) for seed in seeds]
        grey = np.zeros((len(ids), 64, 64), np.float32)
        for place in range(8):
            chosen = self.shapes[[part[place] for part in parts]]
            shift = [(int(part[(place + 1) % 8]) % 64, int(part[(place + 3) % 8]) % 64) for part in parts]
            grey += np.stack([np.roll(one, by, (0, 1)) for one, by in zip(chosen, shift, strict=True)])
        levels = 128 + 18 * grey
        levels[planted] = levels[planted] * 0.8 + 10
        levels[shots] = np.roll(levels[shots], 2, 2) * 1.3
        pictures = np.clip(levels, 0, 255).astype(np.uint8)
        for place in np.flatnonzero(planted & (ids % (4 * PLANTED) == 0)):
            pictures[place] = turned(pictures[place], 4)
        return pictures

    def pictures(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        asked = np.array(sorted(ids), np.int64)
        return asked, self.grey(asked), np.full((len(asked), 2, 16, 16), 128, np.uint8)


def report(calibration: SamePicture, count: int) -> None:
    """In a process of its own, so that the peak of memory is that of this part."""
    del calibration
    subprocess.run([sys.executable, "-m", "tests.bench.duplicate_scale", str(count)], check=True)


def taken_at(ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Capture times; an edited copy has lost its time, a second shot came half a second later."""
    gaps = np.random.default_rng(3).exponential(GAP, len(ids))
    gaps[ids % SHOTS == 7] = 0.5
    taken = np.cumsum(gaps)
    taken[ids % PLANTED == 0] = np.nan
    return taken


def main() -> None:
    count = int(sys.argv[1])
    calibration = load_calibration(resources_dir() / "calibration" / "duplicates.toml")
    photos = Synthetic(count)
    table = table_of([], [], [])
    ids = np.arange(1, count + 1)
    hashes, gradients = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
    variants = np.zeros((count, VARIANTS), np.uint64)
    hashing = 0.0
    for start in range(0, count, BLOCK):
        grey = photos.grey(ids[start : start + BLOCK])
        hashes[start : start + len(grey)] = phashes(grey)
        gradients[start : start + len(grey)] = dhashes(grey)
        began = time.process_time()
        variants[start : start + len(grey)] = variant_hashes(grey)
        hashing += time.process_time() - began
    nothing = np.zeros(count)
    table = replace(
        table, ids=ids, phash=hashes, dhash=gradients, measures={}, format=["JPEG"] * count, size=ids * 1000,
        content_hash=[int(one).to_bytes(32, "big") for one in ids], pixel_hash=[None] * count,
        path=[f"/{one // 500}/IMG_{one}.jpg" for one in ids.tolist()], taken=taken_at(ids), mtime=nothing,
        rating=nothing.astype(np.int8), pick=nothing.astype(np.int8), protected=nothing.astype(bool),
        width=np.full(count, 4000, np.int32), height=np.full(count, 3000, np.int32), camera=[],
    )  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    making = Clock(photos)
    began, clock = time.process_time(), time.perf_counter()
    found = find(table, making.pictures, calibration, variants=variants)
    made = stacks(table, found, calibration)
    spent, wall = time.process_time() - began, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    planted = {(one - 1, one) for one in range(PLANTED, count + 1, PLANTED)}
    shots = {(one - 1, one) for one in range(7, count + 1, SHOTS)}
    joined = {pair for stack in made for pair in combinations(sorted(stack.members), 2)}
    print(
        f"\nSCALE: {count:,} synthetic photos, {len(planted):,} planted copies: from scratch "
        f"{spent - making.spent + hashing:.1f} s CPU ({hashing:.1f} s of it hashing the variants; "
        f"{making.spent:.1f} s more for drawing the photos), {wall - making.spent + hashing:.0f} s on the "
        f"clock without the drawing, peak {peak} MB (before {before} MB)\n"
        f"  planted copies stacked {len(planted & joined) / len(planted):.4f}, "
        f"shots {len(shots & joined) / len(shots):.4f}, "
        f"other pairs stacked {len(joined - planted - shots)}; stacks by tier "
        f"{ {str(tier): sum(stack.tier == tier for stack in made) for tier in Tier} }"
    )
    new = ids > count - ADDED
    known = found.take(~(found.pairs > count - ADDED).any(axis=1))
    making.spent = 0.0
    began, clock = time.process_time(), time.perf_counter()
    again = find(table, making.pictures, calibration, variants=variants, new=new, known=known)
    found_in = time.process_time() - began - making.spent
    assert stacks(table, again, calibration) == made
    print(
        f"  adding {ADDED}: {found_in:.2f} s CPU to place them, "
        f"{time.process_time() - began - making.spent:.2f} s with all stacks made anew; the same stacks"
    )


class Clock:
    """The CPU seconds that drawing synthetic photos takes: a library reads them from its catalogue."""

    def __init__(self, photos: Synthetic) -> None:
        self.photos = photos
        self.spent = 0.0

    def pictures(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        began = time.process_time()
        result = self.photos.pictures(ids)
        self.spent += time.process_time() - began
        return result


if __name__ == "__main__":
    main()
