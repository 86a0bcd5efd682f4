"""How fast and how right searches are: ``python -m tests.bench.bench_search [--photos FOLDER] [--count N]``.

First the time of a search over synthetic vectors and names in a real catalogue (the reading of the words by
the model apart). Then, with the starter model, how often words that the test photos show find something and
words that they do not show find nothing, at several cuts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from organizer.library import Library
from organizer.library.looking import Looker
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import load_registry
from organizer.paths import AppPaths, resources_dir
from tests.bench.bench_categories import PHOTOS
from tests.catalog_samples import decoded

DIMENSION = 384
REPOSITORY = Path(__file__).resolve().parents[2]
QUERIES = (
    "beach", "red car", "dog in the snow", "beach -people", '"blue sky"', "trip beach", "IMG",
    "date:2023", "beach orientation:landscape", "colour:red", "camera:canon sunset", "zebra",
)  # fmt: skip


def latency(count: int) -> None:
    """Median and 95th percentile of a search in milliseconds."""
    draw = np.random.default_rng(4)
    with tempfile.TemporaryDirectory() as folder:
        library = Library.open(AppPaths.at(Path(folder) / "catalogue"))
        name = library._shelf.vectors_name()
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        root = library.add_folder(pictures)
        writer = library._catalog.writer
        for number in range(count):
            vector = draw.standard_normal(DIMENSION, dtype=np.float32)
            file = pictures / f"trip{number % 50}" / f"IMG_{number:06}.jpg"
            writer.save_decoded(root.id, decoded(file, number), vector / np.linalg.norm(vector), name)
        writer.flush()
        print(f"{count:,} photos in the catalogue")
        words: dict[str, np.ndarray] = {}

        def read(_self: Looker, text: str) -> np.ndarray:  # the model's part is measured apart
            if text not in words:
                vector = draw.standard_normal(DIMENSION, dtype=np.float32)
                words[text] = vector / np.linalg.norm(vector)
            return words[text]

        with patch.object(Looker, "read", read):
            started = time.perf_counter()
            library.search("first", 200)
            print(f"first search (vectors are read): {time.perf_counter() - started:.2f} s")
            library.search("colour:red", 200)
            everything = []
            for query in QUERIES:
                taken = []
                for _ in range(9):
                    started = time.perf_counter()
                    found = library.search(query, 200)
                    taken.append(1000 * (time.perf_counter() - started))
                everything += taken
                print(f"  {query:28s}{np.median(taken):8.1f} ms{len(found.hits):6d} found")
        middle, slow = np.percentile(everything, [50, 95])
        print(f"all: median {middle:.1f} ms, 95th percentile {slow:.1f} ms")
        library.close()


def quality(photos_root: Path) -> None:
    """The table of cuts, and the time the model takes to read words."""
    sys.path.insert(0, str(REPOSITORY / "packaging" / "starter"))
    import calibrate_search
    import heldout

    from organizer.analysis import search

    spec = load_registry(resources_dir(), Path("models")).bundled
    embedder = OpenClipEmbedder.load(spec.folder, "cpu")
    photos = heldout.read_labelled(photos_root, ("everyday", "captioned"))
    vectors = heldout.embed(embedder, photos)
    truth = calibrate_search.truth_of(photos)
    names = [*truth.queries, *truth.absent]
    vocabulary = resources_dir() / "vocabularies" / "default.toml"
    deviations = calibrate_search.word_deviations(embedder, vectors, vocabulary, names)
    started = time.perf_counter()
    for number in range(20):
        embedder.encode_texts([template.format(f"{number} boats") for template in search.TEMPLATES])
    print(f"\nreading words: {1000 * (time.perf_counter() - started) / 20:.1f} ms a search")
    used = search.load_calibration(resources_dir() / "calibration" / "search.toml", spec.key).cut
    print(f"{len(photos)} photos, {len(truth.queries)} present and {len(truth.absent)} absent queries")
    print("   cut  present found  absent refused  precision  recall  photos shown for an absent one")
    for cut in sorted({2.0, 2.5, 3.0, 3.5, used}):
        row = list(calibrate_search.table(deviations, truth, cut).values())
        mark = "*" if cut == used else " "
        print(f"{mark}{cut:5.2f}{row[0]:13.2f}{row[1]:16.2f}{row[2]:11.2f}{row[3]:8.2f}{row[4]:10.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--count", type=int, default=100_000)
    arguments = parser.parse_args()
    quality(arguments.photos)
    latency(arguments.count)


if __name__ == "__main__":
    main()
