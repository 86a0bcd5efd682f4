"""What removing many photos costs: ``python -m tests.bench.bench_trash [--photos 8000] [--folder DIR]``.

Exact copies of one small file go to the trash as one action, come back, go again, and are deleted. Prints
the seconds of each. Every removed photo is synced to the drive: ``--folder /dev/shm`` shows the rest alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tests.trash_samples import Shelf

FOLDERS = 20

T = TypeVar("T")


def timed(name: str, call: Callable[[], T]) -> T:
    began, clock = time.process_time(), time.perf_counter()
    result = call()
    spent, wall = time.process_time() - began, time.perf_counter() - clock
    print(f"  {name:<24} {spent:7.2f} s CPU, {wall:7.2f} s on the clock", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=8_000)
    parser.add_argument("--folder", type=Path, help="where the photos are made (default: a temporary folder)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        shelf = Shelf(Path(folder).resolve())
        (keep,) = shelf.put(keep=1)
        ids = shelf.put(**{f"f{number % FOLDERS}__p{number}": 1 for number in range(asked.photos)})
        print(f"{asked.photos:,} photos in {FOLDERS} folders")
        report = timed("remove", lambda: shelf.trash.remove(ids, {one: {keep} for one in ids}))
        action = report.action_id or 0
        timed("list the trash", shelf.trash.listing)
        timed("undo", lambda: shelf.trash.undo(action))
        timed("redo", lambda: shelf.trash.redo(action))
        later = datetime.now(UTC) + timedelta(days=40)
        timed("announce their end", lambda: shelf.trash.expire(30, how="delete", at=later))
        timed("delete", lambda: shelf.trash.empty(how="delete"))
        shelf.close()


if __name__ == "__main__":
    main()
