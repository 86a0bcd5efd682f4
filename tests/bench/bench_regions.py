"""What parts of photos bring to "find similar" of a rectangle: ``python -m tests.bench.bench_regions``.

A picture is put beside three others into one photo, and beside three others again into another. The program
is given the first with a rectangle around the picture and must find the second, among many such photos and
the single test photos. Prints how often it comes first, among five and among ten, by whole photos alone and
with the parts of the nearest, and the time of a search.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

from organizer.library import IndexControl, Library, looking
from organizer.library.views import Example
from organizer.paths import AppPaths
from tests.bench import photoset

SIDE = 384  # of each of the four pictures


def square(picture: Image.Image, tighter: float = 0.0) -> Image.Image:
    """The middle of a picture as a square; ``tighter`` leaves that share out at each edge."""
    short = min(picture.size) * (1 - 2 * tighter)
    left, top = (picture.width - short) / 2, (picture.height - short) / 2
    box = (left, top, left + short, top + short)
    return picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box)


def composite(pictures: list[Image.Image], place: int) -> Image.Image:
    """Four squares; the first of the pictures stands at a place 0..3."""
    others = iter(pictures[1:])
    made = Image.new("RGB", (2 * SIDE, 2 * SIDE))
    for here in range(4):
        made.paste(pictures[0] if here == place else next(others), (SIDE * (here % 2), SIDE * (here // 2)))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, default=photoset.DEFAULT_ROOT)
    parser.add_argument("--count", type=int, default=60)
    arguments = parser.parse_args()
    rows = [row for row in photoset.labels(arguments.photos) if row["set"] == "everyday"]
    draw = np.random.default_rng(3)
    order = draw.permutation(len(rows))
    asked, fillers = order[: arguments.count], order[arguments.count :]

    def read(row: int, tighter: float = 0.0) -> Image.Image:
        return square(photoset.read(arguments.photos / rows[row]["file"]), tighter)

    with tempfile.TemporaryDirectory() as base:
        folder, outside = Path(base) / "photos", Path(base) / "asked"
        folder.mkdir()
        outside.mkdir()
        boxes = []
        for number, row in enumerate(asked):
            for where, tighter in ((outside, 0.0), (folder, 0.08)):
                place = int(draw.integers(4))
                pictures = [
                    read(row, tighter),
                    *(read(one) for one in draw.choice(fillers, 3, replace=False)),
                ]
                composite(pictures, place).save(where / f"made{number}.jpg", quality=90)
                left, top = 0.5 * (place % 2), 0.5 * (place // 2)
                boxes += [(left, top, left + 0.5, top + 0.5)] if where is outside else []
        for row in fillers:
            photoset.read(arguments.photos / rows[row]["file"]).save(folder / f"single{row}.jpg", quality=90)
        library = Library.open(AppPaths.at(Path(base) / "catalogue"))
        library.add_folder(folder)
        library.index(IndexControl())
        print(f"{arguments.count} rectangles, {library.counts().photos} photos")
        for title, looked_at in (("whole photos", 0), ("parts of the nearest", looking.LOOKED_AT)):
            with patch.object(looking, "LOOKED_AT", looked_at):
                ranks, taken = [], []
                for number, box in enumerate(boxes):
                    started = time.perf_counter()
                    found = library.similar(Example(outside / f"made{number}.jpg", box), limit=10)
                    taken.append(time.perf_counter() - started)
                    photos = library.photos([hit.photo_id for hit in found.hits])
                    names = [photos[hit.photo_id].path.name for hit in found.hits]
                    ranks.append(names.index(f"made{number}.jpg") if f"made{number}.jpg" in names else 99)
            shares = "  ".join(f"R@{count} {np.mean(np.array(ranks) < count):.2f}" for count in (1, 5, 10))
            print(
                f"  {title:22s}{shares}  {1000 * np.median(taken):.0f} ms, the first {1000 * taken[0]:.0f} ms"
            )
        library.close()


if __name__ == "__main__":
    main()
