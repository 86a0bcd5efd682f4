"""What the numbers for unmeasured models cost: the starter with its own calibration and with those.

    python -m tests.bench.bench_uncalibrated --photos FOLDER_OF_TEST_PHOTOS

The starter is the one model whose own numbers are known, so it is the one on which the difference can be
seen. Prints the tables of ``bench_categories`` for both.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from organizer.analysis.categories import Calibration, classify, label_vectors, with_background
from organizer.analysis.vocabulary import load_vocabulary
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from tests.bench.bench_categories import embed, samples, table


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


if __name__ == "__main__":
    main()
