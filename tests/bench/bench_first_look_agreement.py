"""How often the first look puts a photo where the full look puts it.

    python -m tests.bench.bench_first_look_agreement --photos FOLDER_OF_TEST_PHOTOS

The photos of camera/ carry the camera's own small picture. Those of everyday/ and captioned/ get one as
cameras make it: 160 x 120 pixels between black bars. Both looks go through the program's own code, the
starter model and its calibration; only the small picture differs from the whole one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from organizer.analysis.categories import classify, label_vectors
from organizer.analysis.vocabulary import Vocabulary, load_vocabulary
from organizer.media.decode import decode_file
from organizer.media.head import glance_at
from organizer.media.reading import stamp_of
from organizer.models.openclip import OpenClipEmbedder
from organizer.models.registry import load_registry
from organizer.paths import resources_dir
from organizer.records import InputSpec
from organizer.results import OTHERS, Categorised
from tests.bench.camera_like import boxed, jpeg, with_exif

MADE = ("everyday", "captioned")


@dataclass(frozen=True)
class Pair:
    """What the model sees of one photo: uint8 (S, S, 3) each; no first look where its head is not trusted."""

    first: NDArray[np.uint8] | None
    full: NDArray[np.uint8]


def pairs(files: list[Path], spec: InputSpec) -> list[Pair]:
    """Both looks at each file."""
    found = []
    for file in files:
        stamp = stamp_of(file)
        glance, decoded = glance_at(stamp, spec), decode_file(stamp, spec)
        assert decoded.model_input is not None
        found.append(Pair(None if glance is None else glance.model_input, decoded.model_input))
    return found


def camera_like(photos: Path, folder: Path) -> Iterator[Path]:
    """The photos as files with a small picture; their pixels are encoded once more for it."""
    for source in sorted(photos.glob("*.jp*g")):
        with Image.open(source) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        path = folder / f"{source.stem}.jpg"
        path.write_bytes(with_exif(jpeg(picture, 92), jpeg(boxed(picture)), size=picture.size))
        yield path


def compare(name: str, found: list[Pair], embedder: OpenClipEmbedder, vocabulary: Vocabulary) -> None:
    """Print one row."""
    seen = [pair for pair in found if pair.first is not None]
    if not seen:
        print(f"{name:12s}{len(found):6d}       no small picture is trusted")
        return
    labels = label_vectors(vocabulary, embedder.encode_texts)
    calibration = load_registry(resources_dir(), Path("models")).bundled.calibration
    vectors = [
        embedder.encode_images(np.stack(inputs))
        for inputs in ([pair.first for pair in seen], [pair.full for pair in seen])
    ]
    ids = np.arange(len(seen))
    first, full = (classify(ids, one, labels, calibration) for one in vectors)
    shares = np.mean([_agreement(*both, vocabulary) for both in zip(first, full, strict=True)], axis=0)
    cosine = float(np.mean(np.sum(vectors[0] * vectors[1], axis=1)))
    print(
        f"{name:12s}{len(found):6d}{len(seen):9d}"
        + "".join(f"{share:10.3f}" for share in shares)
        + f"{cosine:9.3f}"
    )


def _agreement(first: Categorised, full: Categorised, vocabulary: Vocabulary) -> tuple[bool, ...]:
    """The same category; the same parent; the same best guess; sorted by one look and in "others" by the
    other.
    """
    parents = [vocabulary.parent(one.category) or one.category for one in (first, full)]
    return (
        first.category == full.category,
        parents[0] == parents[1],
        first.ranked[0][0] == full.ranked[0][0],
        (first.category == OTHERS) != (full.category == OTHERS),
    )


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of the test photos")
    photos = parser.parse_args().photos
    vocabulary = load_vocabulary(resources_dir() / "vocabularies" / "default.toml")
    embedder = OpenClipEmbedder.load(load_registry(resources_dir(), Path("models")).bundled.folder, "cpu")
    print("photos           n  trusted  category    parent best guess  others     cosine")
    compare(
        "camera",
        pairs(sorted((photos / "camera").glob("*.jp*g")), embedder.input),
        embedder,
        vocabulary,
    )
    for name in MADE:
        with tempfile.TemporaryDirectory(prefix="agreement-") as folder:
            files = list(camera_like(photos / name, Path(folder)))
            compare(name, pairs(files, embedder.input), embedder, vocabulary)


if __name__ == "__main__":
    main()
