"""What decoding costs: CPU milliseconds a photo and stage, the pool's rate, and the processes' memory.

Run from the repository's root: ``python -m tests.bench.bench_decode FOLDER... [--processes N] [--side 224]``.
Figures of this machine at this moment; nothing is asserted.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from pathlib import Path

import psutil

from organizer.media.formats import is_photo_name
from organizer.media.pool import DecodePool
from organizer.media.reading import stamp_of
from organizer.records import Decoded, InputSpec


def main() -> None:
    """Decode all photos below the folders once and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--repeat", type=int, default=1)
    chosen = parser.parse_args()
    files = [f for folder in chosen.folders for f in sorted(folder.rglob("*")) if is_photo_name(f.name)]
    spec = InputSpec(chosen.side, (0.5,) * 3, (0.5,) * 3)
    with DecodePool(chosen.processes, spec) as pool:
        pool.submit(stamp_of(files[0])).result()  # the processes are up
        began = time.perf_counter()
        futures = [pool.submit(stamp_of(file)) for file in files * chosen.repeat]
        outcomes = [future.result() for future in futures]
        took = time.perf_counter() - began
        memory = [child.memory_info().rss >> 20 for child in psutil.Process().children(recursive=True)]
    stages: dict[str, float] = defaultdict(float)
    decoded = [outcome for outcome in outcomes if isinstance(outcome, Decoded)]
    for one in decoded:
        for stage, seconds in one.seconds.items():
            stages[stage] += seconds
    counted = Counter(one.format for one in decoded)
    megapixels = sum(one.width * one.height for one in decoded) / 1e6
    print(f"{len(decoded)} of {len(outcomes)} photos decoded {dict(counted)}, {megapixels:.0f} MP in all")
    print(f"{len(outcomes) / took:.1f} photos/s with {pool.processes} processes, memory {memory} MiB")
    for stage, seconds in stages.items():
        print(f"{stage:>12} {1000 * seconds / max(1, len(decoded)):8.1f} ms CPU a photo")
    print(f"{'all':>12} {1000 * sum(stages.values()) / max(1, len(decoded)):8.1f} ms CPU a photo")


if __name__ == "__main__":
    main()
