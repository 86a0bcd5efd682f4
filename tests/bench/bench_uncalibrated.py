"""What the numbers for unmeasured models cost: the starter with its own calibration and with those.

    python -m tests.bench.bench_uncalibrated --photos FOLDER_OF_TEST_PHOTOS

The starter is the one model whose own numbers are known, so it is the one on which the difference can be
seen. Prints the tables of ``bench_categories`` for both, and what a search finds with both.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from organizer.analysis import search
from organizer.analysis.categories import Calibration, classify, label_vectors, with_background
from organizer.analysis.vocabulary import load_vocabulary
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from tests.bench.bench_categories import embed, samples, table

REPOSITORY = Path(__file__).resolve().parents[2]


def searches(photos_root: Path, embedder: OpenClipEmbedder) -> None:
    """Names that are there and names that are not, and photos like a photo, with both sets of numbers."""
    sys.path.insert(0, str(REPOSITORY / "packaging" / "starter"))
    import calibrate_search
    import heldout

    photos = heldout.read_labelled(photos_root, ("everyday", "captioned"))
    vectors = heldout.embed(embedder, photos)
    vocabularies = resources_dir() / "vocabularies"
    words = calibrate_search.Words(embedder, vectors, calibrate_search.read_nouns(embedder, vocabularies))
    truth = calibrate_search.truth_of(photos)
    deviations = words.deviations([*truth.queries, *truth.absent])
    kinds = np.array([photo.coarse or "" for photo in photos])
    like = np.stack([search.alike(vectors @ vector) for vector in vectors])
    np.fill_diagonal(like, -np.inf)
    file = resources_dir() / "calibration" / "search.toml"
    for name, key in (("its own", "starter"), ("of unmeasured models", "none such")):
        numbers = search.load_calibration(file, key)
        print(f"\nsearch, numbers {name}: {numbers}")
        for title, value in calibrate_search.table(deviations, truth, numbers).items():
            print(f"  {title:60s}{value:8.3f}")
        found = [(like[row] >= numbers.alike_cut) & (kinds != "") for row in range(len(kinds)) if kinds[row]]
        own = [kind for kind in kinds if kind]
        right = [np.mean(kinds[hits] == kind) for hits, kind in zip(found, own, strict=True) if hits.any()]
        all_of = [
            hits[kinds == kind].sum() / (kinds == kind).sum() for hits, kind in zip(found, own, strict=True)
        ]
        print(f"  {'like a photo: of those found, of its kind':60s}{np.mean(right):8.3f}")
        print(f"  {'like a photo: of its kind, found':60s}{np.mean(all_of):8.3f}")


def main() -> None:
    """Read the arguments and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    photos = parser.parse_args().photos
    vocabulary = load_vocabulary(resources_dir() / "vocabularies" / "default.toml")
    registry = load_registry(resources_dir(), Path("models"))
    embedder = OpenClipEmbedder.load(registry.bundled.folder, "cpu")
    labels = label_vectors(vocabulary, embedder.encode_texts)
    known = samples(photos, vocabulary)
    vectors = embed(embedder, [sample.file for sample in known])
    loose = with_background(registry.get("vit-b-32-laion2b").calibration, vectors, labels)
    for name, numbers in (("its own", registry.bundled.calibration), ("of unmeasured models", loose)):
        print(f"\ncalibration {name}: {Calibration.of(numbers)}")
        table(known, classify(np.arange(len(known)), vectors, labels, numbers), vocabulary)
    searches(photos, embedder)


if __name__ == "__main__":
    main()
