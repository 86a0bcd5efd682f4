"""How fast and how right searches are: ``python -m tests.bench.bench_search [--photos FOLDER] [--count N]``.

First accuracy with the starter model, on photos and names that the cuts were not fitted to. Then the time of
a search over made-up vectors, names and positions in a real catalogue, for each kind of query: the whole of
it, the model's reading of the words included. ``cpu`` is the processor's time, which other programs change
little.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from organizer.analysis.search import load_nouns
from organizer.library import Library
from organizer.library.views import Example
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import load_registry
from organizer.paths import AppPaths, resources_dir
from organizer.records import ExifFacts
from tests.bench.bench_categories import PHOTOS
from tests.catalog_samples import decoded

DIMENSION = 384
REPEATS = 15
REPOSITORY = Path(__file__).resolve().parents[2]
QUERIES = {
    "a word": "{}",
    "two words": "red {}",
    "a description": "a {} running in the snow",
    "a phrase": '"blue {}"',
    "a word without another": "{} -people",
    "nothing but a minus": "-{}",
    "a word that every name holds": "IMG",
    "that, and a likeness": "trip {}",
    "a word in some names": "trip7",
    "a place": "seoul",
    "a date": "date:2023",
    "an orientation that none has": "orientation:portrait",
    "a word and an orientation": "{} orientation:landscape",
    "every name and an orientation": "IMG orientation:landscape",
    "a camera": "camera:canon",
    "a folder": "folder:trip",
    "a colour": "colour:red",
    "a word and a colour": "{} colour:blue",
    "a language it does not know": "한강",
}


def filled(folder: Path, count: int) -> Library:
    """A library of made-up photos in fifty folders, a tenth of them with a position and a camera."""
    draw = np.random.default_rng(4)
    library = Library.open(AppPaths.at(folder / "catalogue"))
    name = library._shelf.vectors_name()
    pictures = folder / "pictures"
    pictures.mkdir()
    root = library.add_folder(pictures)
    writer = library._catalog.writer
    for number in range(count):
        vector = draw.standard_normal(DIMENSION, dtype=np.float32)
        file = pictures / f"trip{number % 50}" / f"IMG_{number:06}.jpg"
        facts = ExifFacts()
        if number % 10 == 0:
            facts = replace(facts, camera="Canon EOS 5D", latitude=37.5 + number / 1e6, longitude=127.0)
        writer.save_decoded(root.id, decoded(file, number, facts), vector / np.linalg.norm(vector), name)
    writer.flush()
    return library


def latency(count: int) -> None:
    """Median and 95th percentile of a search in milliseconds, for each kind and for all."""
    with tempfile.TemporaryDirectory() as folder:
        library = filled(Path(folder), count)
        print(f"\n{count:,} photos in the catalogue, {REPEATS} searches of each kind, ms")
        started, spent = time.perf_counter(), time.process_time()
        library.get_ready_to_search()
        spent, started = time.process_time() - spent, time.perf_counter() - started
        print(f"getting ready (model and vectors are loaded): {started:.2f} s, {spent:.2f} s of CPU")
        library.search("colour:red", 200)  # names the colours once
        print(f"{'':32s}{'median':>8s}{'p95':>8s}{'cpu':>8s}{'cpu p95':>8s}   found")
        nouns = iter(load_nouns(resources_dir() / "vocabularies" / "background.toml"))

        def asking(text: str) -> Callable[[], int]:
            """With another noun each time: what a model has read once it does not read again."""
            return lambda: len(library.search(text.format(next(nouns)), 200).hits)

        asked = [(kind, asking(text)) for kind, text in QUERIES.items()]
        one = int(library._reader.passing([], limit=1)[0])
        asked.append(("like a photo", lambda: len(library.similar(Example(one)).hits)))
        asked.append(
            ("like a photo, and a word", lambda: len(library.similar(Example(one), next(nouns)).hits))
        )
        every = [_measured(kind, ask) for kind, ask in asked]
        wall, cpu = (np.concatenate(part) for part in zip(*every, strict=True))
        print(
            f"{'all':32s}{np.median(wall):8.1f}{np.percentile(wall, 95):8.1f}"
            f"{np.median(cpu):8.1f}{np.percentile(cpu, 95):8.1f}"
        )
        library.close()


def _measured(kind: str, ask: Callable[[], int]) -> tuple[list[float], list[float]]:
    wall, cpu, found = list[float](), list[float](), 0
    for _ in range(REPEATS):
        started, spent = time.perf_counter(), time.process_time()
        found = ask()
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - spent))
    numbers = (np.median(wall), np.percentile(wall, 95), np.median(cpu), np.percentile(cpu, 95))
    print(f"{kind:32s}{''.join(f'{number:8.1f}' for number in numbers)}{found:8d}")
    return wall, cpu


def quality(photos_root: Path) -> None:
    """Names and descriptions on photos and names that the cuts were not fitted to."""
    sys.path.insert(0, str(REPOSITORY / "packaging" / "starter"))
    import calibrate_search
    import heldout

    spec = load_registry(resources_dir(), Path("models")).bundled
    embedder = OpenClipEmbedder.load(spec.folder, "cpu")
    photos = heldout.read_labelled(photos_root, ("everyday", "captioned"))
    vectors = heldout.embed(embedder, photos)
    _, figures, sentences = calibrate_search.measured(
        embedder, photos, vectors, resources_dir() / "vocabularies"
    )
    truth = calibrate_search.truth_of(photos)
    print(f"{len(photos)} photos, {len(truth.queries)} present and {len(truth.absent)} absent names")
    for title, values in (*figures.items(), ("descriptions", sentences)):
        print(f"{title}:")
        for name, value in values.items():
            print(f"  {name:60s}{value:8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--count", type=int, default=100_000)
    arguments = parser.parse_args()
    quality(arguments.photos)
    latency(arguments.count)


if __name__ == "__main__":
    main()
