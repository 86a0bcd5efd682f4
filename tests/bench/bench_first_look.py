"""How long a new library takes until it can be browsed: photos a second of the first look, CPU a stage.

    python -m tests.bench.bench_first_look --photos FOLDER_OF_TEST_PHOTOS [--count 20000] [--pictures FOLDER]

Makes camera-like JPEGs (8 megapixels, a few hundred KB of picture data, sparse files of 3 MB) of some scenes
in a temporary folder, or in one that is kept and used again, indexes them until the first look is over, and
stops there. Reads EXIF and small picture of each file anew: no two files are alike. 20,000 take 7 GB.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from organizer.events import Committed, Event, Kind, Progress
from organizer.library import IndexControl, Library
from organizer.paths import AppPaths
from tests.bench.camera_like import Film

FILE_BYTES = 3_000_000
SCENES = 24


class Watch:
    """Notes when what happened, and stops the run when the full look begins."""

    def __init__(self, control: IndexControl) -> None:
        self._control = control
        self._started = time.monotonic()
        self.first_photos = self.first_sorted = self.sorted = self.read = 0.0

    def __call__(self, event: Event) -> None:
        now = time.monotonic() - self._started
        if isinstance(event, Committed):
            if event.ids and Kind.PHOTOS in event.kinds:
                self.first_photos = self.first_photos or now
            if Kind.CATEGORIES in event.kinds and not event.ids:
                self.first_sorted = self.first_sorted or now
        elif isinstance(event, Progress):
            if event.stage == "first-look":
                if event.done < event.total or not self.read:
                    self.read = now
            elif self.read and event.stage == "photos":
                self.sorted = self.sorted or now
                self._control.cancel()


def main() -> None:
    """Read the arguments, run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    parser.add_argument("--count", type=int, default=20_000, help="how many photos the library has")
    parser.add_argument("--pictures", type=Path, help="keep the pictures here and use those that are there")
    arguments = parser.parse_args()
    everyday = sorted((arguments.photos / "everyday").glob("*.jpg"))
    sources = sorted((arguments.photos / "camera").glob("*.jpg"))
    sources += everyday[:: max(1, len(everyday) // (SCENES - len(sources)))][: SCENES - len(sources)]
    with tempfile.TemporaryDirectory(prefix="bench-first-look-") as name:
        pictures = arguments.pictures or Path(name) / "pictures"
        film = Film(sources, quality=40)
        for number in range(arguments.count):
            film.shoot(pictures, number, file_bytes=FILE_BYTES)
        library = Library.open(AppPaths.at(Path(name) / "catalogue"))
        library.add_folder(pictures)
        control = IndexControl()
        watch = Watch(control)
        library.subscribe(watch)
        summary = library.index(control)
        print(f"{arguments.count} photos, {summary.glanced} of them known by their heads")
        print(f"first photos shown after {watch.first_photos:.1f} s")
        print(f"first look {watch.read:.1f} s, {summary.glanced / max(watch.read, 0.01):.0f} photos/s")
        print(f"all of them sorted after {watch.sorted:.1f} s; {len(library.categories())} categories")
        heads = {stage: spent for stage, spent in summary.cpu.items() if stage.startswith("head")}
        others = {stage: summary.cpu.get(stage, 0.0) for stage in ("scan", "load", "write")}
        for stage, spent in sorted({**heads, **others}.items(), key=lambda item: -item[1]):
            print(
                f"  {stage:<16} {spent:8.2f} CPU s {1000 * spent / max(1, summary.glanced):8.2f} ms a photo"
            )
        both = sum(heads.values()) + sum(others.values())
        print(f"  {'together':<16} {both:8.2f} CPU s {1000 * both / max(1, summary.glanced):8.2f} ms a photo")
        library.close()


if __name__ == "__main__":
    main()
