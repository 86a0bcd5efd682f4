"""The stacks of a large library on their whole way, from the catalogue and back into it.

    python -m tests.bench.bench_stacks [--photos 100000] [--folder DIR] [--profile]

Fills a catalogue with the synthetic photos of ``duplicate_scale`` through its writer, then runs the analysis
as the library does: all photos, and again after 100 were added. Each in a process of its own, so that the
peak of memory is that of the program. Prints the seconds, the peak, and how long the longest moment was in
which another thread (the window's) could not run.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from organizer.catalog import Catalog
from organizer.events import Kind
from organizer.library import Library
from organizer.library.analyses import ANALYSES
from organizer.media.fingerprint import dhashes, phashes
from organizer.paths import AppPaths
from organizer.records import CHROMA_SIDE, ExifFacts, FileStamp, Fingerprint
from tests.bench.duplicate_scale import ADDED, BLOCK, GAP, PLANTED, SHOTS, Synthetic
from tests.catalog_samples import decoded, hash_of, open_catalog

TICK = 0.005
COPIES = 25  # one photo in so many has the bytes of the one before it


def fill(catalog: Catalog, root_id: int, first: int, last: int, name: str) -> None:
    """Save the photos with these numbers, vectors included."""
    photos, sample = Synthetic(last), decoded(Path("/bench/x.jpg"), 1)
    rng = np.random.default_rng(3)
    gaps = rng.exponential(GAP, last + 1)
    vectors = rng.standard_normal((64, 512)).astype(np.float16)
    chroma = np.full((2, CHROMA_SIDE, CHROMA_SIDE), 128, np.uint8)
    gaps[np.arange(last + 1) % SHOTS == 7] = 0.5
    seconds = np.cumsum(gaps)
    for start in range(first, last + 1, BLOCK):
        ids = np.arange(start, min(start + BLOCK, last + 1))
        grey = photos.grey(ids)
        for number, picture, phash, dhash in zip(
            ids.tolist(), grey, phashes(grey), dhashes(grey), strict=True
        ):
            at = np.datetime64("2012-01-01T00:00:00.000") + int(seconds[number] * 1000)
            copied = number % COPIES == 0
            one = replace(
                sample,
                stamp=FileStamp(Path(f"/bench/{number // 500}/IMG_{number}.jpg"), number * 1000, 1),
                content_hash=hash_of(b"%d" % (number - copied)),
                pixel_hash=hash_of(b"pixels %d" % (number - copied)),
                exif=ExifFacts(taken_at=None if number % PLANTED == 0 else str(at), camera="Camera"),
                width=4000, height=3000, thumbnail=b"",
                fingerprint=Fingerprint(int(phash), int(dhash), picture, chroma),
            )  # fmt: skip
            catalog.writer.save_decoded(root_id, one, vectors[number % 64], name)
    catalog.writer.flush()


class Pauses:
    """The longest moment in which a thread that wants to run every few milliseconds could not."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def __enter__(self) -> Pauses:
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._ended.set()
        self._thread.join()

    def _tick(self) -> None:
        before = time.perf_counter()
        while not self._ended.wait(TICK):
            now = time.perf_counter()
            self.longest = max(self.longest, now - before - TICK)
            before = now


def analyse(paths: AppPaths, what: str, profile: bool) -> None:
    """Run the analysis once, and say what it took."""
    library = Library.open(paths)
    analysis = next(one for one in ANALYSES if one.kind is Kind.DUPLICATES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    profiler = cProfile.Profile()
    with Pauses() as pauses:
        if profile:
            profiler.enable()
        began, clock = time.process_time(), time.perf_counter()
        analysis.run(library._inputs())
        spent, wall = time.process_time() - began, time.perf_counter() - clock
        profiler.disable()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    stacks = library.stacks()
    library.close()
    print(
        f"  {what:<12} {spent:7.2f} s CPU, {wall:7.2f} s on the clock, peak {peak:,} MB (before {before}), "
        f"longest pause of another thread {pauses.longest * 1000:,.0f} ms; {len(stacks):,} stacks",
        flush=True,
    )  # fmt: skip
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)


def filled(paths: AppPaths, first: int, last: int) -> None:
    library = Library.open(paths)
    name = library._shelf.vectors_name()  # of the chosen model
    library.close()
    with open_catalog(paths) as catalog:
        fill(catalog, catalog.writer.add_root(Path("/bench")).id, first, last, name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument(
        "--folder", type=Path, help="where to make the catalogue (default: a temporary folder)"
    )
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--fill", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--analyse", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fill:
        filled(AppPaths.at(asked.folder), *asked.fill)
    elif asked.analyse:
        analyse(AppPaths.at(asked.folder), asked.analyse, asked.profile)
    else:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            steps(folder, asked.photos, ["--profile"] if asked.profile else [])


def steps(folder: str, photos: int, more: list[str]) -> None:
    def run(*words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_stacks", "--folder", folder, *words], check=True
        )

    run("--fill", "1", str(photos))
    print(f"{photos:,} photos in a catalogue")
    run("--analyse", "from scratch", *more)
    run("--fill", str(photos + 1), str(photos + ADDED))
    run("--analyse", f"adding {ADDED}", *more)
    run("--analyse", "nothing new", *more)


if __name__ == "__main__":
    main()
