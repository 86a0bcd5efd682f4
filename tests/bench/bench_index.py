"""How fast a folder is indexed, what each stage costs, and how much memory it takes.

``python -m tests.bench.bench_index --photos FOLDER [--repeat N]`` copies the photos N times into a
temporary folder (each copy with other bytes at its end, so that none is recognised as a copy), indexes
them with the bundled model, indexes again with nothing changed, and prints a table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import psutil

from organizer.catalog.catalog import Catalog
from organizer.events import Event, Progress
from organizer.indexing.summary import IndexSummary
from organizer.media.formats import PHOTO_SUFFIXES
from organizer.paths import AppPaths
from tests.integration.indexing_run import index

MIB = 1 << 20


class Memory(threading.Thread):
    """Samples the resident memory of this process and of its children.

    Attributes:
        own, children, both: highest sums seen, bytes. Pages that processes share count in each.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own = self.children = self.both = 0
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until told to end."""
        me = psutil.Process()
        while not self._ended.wait(0.1):
            own, children = me.memory_info().rss, 0
            for child in me.children(recursive=True):
                try:
                    children += child.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.own, self.children = max(self.own, own), max(self.children, children)
            self.both = max(self.both, own + children)

    def end(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self.join()


def gather(photos: Path, target: Path, repeat: int) -> int:
    """Copy the photo files ``repeat`` times; returns how many there are."""
    sources = sorted(path for path in photos.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    for turn in range(repeat):
        for number, source in enumerate(sources):
            copy = target / f"{turn:03}" / f"{number:05}{source.suffix}"
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, copy)
            if turn:
                with copy.open("ab") as stream:
                    stream.write(turn.to_bytes(4, "big"))
            os.utime(copy, (1_600_000_000 + number, 1_600_000_000 + number))
    return len(sources) * repeat


def show(name: str, summary: IndexSummary, seconds_to_first: float | None) -> None:
    """Print one run."""
    rate = summary.found / summary.seconds if summary.seconds else 0.0
    print(f"{name}: {summary.found} photos in {summary.seconds:.2f} s, {rate:.1f} photos/s")
    if seconds_to_first is not None:
        print(f"  first photos committed after {seconds_to_first:.2f} s")
    print(
        f"  added {summary.added}, embedded {summary.embedded}, unchanged {summary.unchanged}, "
        f"unreadable {len(summary.unreadable)}"
    )
    for stage, spent in sorted(summary.cpu.items(), key=lambda item: -item[1]):
        print(f"  {stage:<12} {spent:8.2f} CPU s  {1000 * spent / max(1, summary.found):8.2f} ms a photo")
    print(f"  {'all stages':<12} {sum(summary.cpu.values()):8.2f} CPU s")


def main() -> None:
    """Read the arguments, run twice and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--repeat", type=int, default=1, help="how many copies of each to index")
    parser.add_argument("--processes", type=int, default=0, help="decode processes; 0 chooses")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-index-") as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        gather(arguments.photos, folder, arguments.repeat)
        with Catalog.open(AppPaths.at(Path(name) / "catalogue")) as catalog:
            root = catalog.writer.add_root(folder)
            first: list[float] = []
            started = time.monotonic()
            catalog.subscribe(lambda _event: first.append(time.monotonic() - started))
            events: list[Event] = []
            memory = Memory()
            memory.start()
            summary = index(catalog, root, listener=events.append, processes=arguments.processes)
            memory.end()
            show("first run", summary, first[0] if first else None)
            told = sum(isinstance(event, Progress) for event in events)
            print(f"  progress events {told}, {told / max(summary.seconds, 0.001):.1f} a second")
            print(
                f"  peak memory: {memory.both / MIB:.0f} MiB together, {memory.own / MIB:.0f} MiB this "
                f"process, {memory.children / MIB:.0f} MiB decode processes"
            )
            show("second run, nothing changed", index(catalog, root, processes=arguments.processes), None)


if __name__ == "__main__":
    main()
