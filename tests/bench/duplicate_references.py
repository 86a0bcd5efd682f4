"""What others do, on the pot of ``bench_duplicates``: precision and recall beside ours.

DBSCAN over embeddings at cosine distance 0.1, 64-bit perceptual hashes at distance 10 with DBSCAN, and
imagededup's own perceptual hash at its default distance of 10. imagededup is no dependency of the program:
``pip install imagededup`` before the bench, or name a Python that has it in IMAGEDEDUP_PYTHON. Its
convolutional network downloads weights at first use; where there is no way to them that line is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.cluster import DBSCAN

from organizer.media.scaled import model_input
from organizer.models.openclip import open_embedder
from organizer.models.registry import input_spec, load_registry
from organizer.paths import resources_dir
from tests.bench.edits import EDITS, UP_TO_CROP_5
from tests.bench.photoset import read

if TYPE_CHECKING:
    from tests.bench.bench_duplicates import Pot

Pairs = set[tuple[int, int]]
_IMAGEDEDUP = """
import json, sys, warnings
warnings.filterwarnings("ignore")
from organizer.models.torchvision_cure import ensure_torchvision
ensure_torchvision()
from imagededup.methods import PHash, CNN
folder, method, out = sys.argv[1:]
if method == "phash":
    hasher = PHash(verbose=False)
    found = hasher.find_duplicates(image_dir=folder, max_distance_threshold=10)
else:
    found = CNN(verbose=False).find_duplicates(image_dir=folder, min_similarity_threshold=0.9)
json.dump(found, open(out, "w"))
"""


def report(pot: Pot) -> None:
    print(f"\nREFERENCES on the same {len(pot.names)} pictures")
    print(f"{'method':44} precision  recall to crop 5%  over all")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        folder.mkdir()
        write(pot, folder)
        distances = 1 - embed(pot, folder)
        line(pot, "DBSCAN on embeddings (starter), eps 0.1", clusters(distances, 0.1))
        hashes = np.array([one.phash for one in pot.prints], np.uint64)
        apart = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
        line(pot, "64-bit pHash, distance 10, DBSCAN", clusters(apart.astype(np.float32), 10))
        for method, label in (("phash", "imagededup PHash, distance 10"), ("cnn", "imagededup CNN, 0.9")):
            found, why = imagededup(folder, method, Path(place) / f"{method}.json")
            if found is None:
                print(f"{label:44} not run: {why}")
            else:
                line(pot, label, found)


def write(pot: Pot, folder: Path) -> None:
    """All pictures as JPEG files of quality 92, numbered."""
    last, picture = "", Image.new("RGB", (1, 1))
    for number, name in enumerate(pot.names):
        file, _, edit = name.partition("#")
        if file != last:
            picture, last = read(pot.root / file), file
        (EDITS[edit](picture) if edit else picture).save(folder / f"{number:05}.jpg", quality=92)


def embed(pot: Pot, folder: Path) -> NDArray[np.float32]:
    """Cosine of all pairs by the model that comes with the program."""
    model = load_registry(resources_dir(), Path("models")).bundled
    embedder, spec = open_embedder(model), input_spec(model)
    parts = []
    for start in range(0, len(pot.names), 64):
        batch = [
            model_input(Image.open(folder / f"{number:05}.jpg"), spec)
            for number in range(start, min(start + 64, len(pot.names)))
        ]
        parts.append(embedder.encode_images(np.stack(batch)))
    vectors = np.concatenate(parts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines: NDArray[np.float32] = np.clip(vectors @ vectors.T, -1, 1)
    return cosines


def clusters(distances: NDArray[np.float32], eps: float) -> Pairs:
    found = DBSCAN(eps=eps, min_samples=2, metric="precomputed").fit_predict(np.maximum(distances, 0))
    pairs: Pairs = set()
    for label in range(found.max() + 1):
        pairs |= set(combinations(np.flatnonzero(found == label).tolist(), 2))
    return pairs


def imagededup(folder: Path, method: str, out: Path) -> tuple[Pairs | None, str]:
    python = os.environ.get("IMAGEDEDUP_PYTHON", sys.executable)
    try:
        ran = subprocess.run(
            [python, "-c", _IMAGEDEDUP, str(folder), method, str(out)],
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, "it took more than a quarter of an hour"
    if ran.returncode:
        return None, (ran.stderr.strip().splitlines() or ["it ended without a word"])[-1][:120]
    found = json.loads(out.read_text(encoding="utf-8"))
    return {
        (min(a, b), max(a, b))
        for name, others in found.items() for a, b in ((int(name[:5]), int(one[:5])) for one in others)
    }, ""  # fmt: skip


def line(pot: Pot, label: str, pairs: Pairs) -> None:
    """Recall: the edited copies that are with their original. Precision: over the pairs that are together."""
    shares = {name: np.mean([pair in pairs for pair in known]) for name, known in pot.edits.items()}
    wrong = sum(pot.relation(*pair) == "wrong" for pair in pairs)
    mild = np.mean([shares[name] for name in UP_TO_CROP_5])
    print(
        f"{label:44} {1 - wrong / max(1, len(pairs)):9.4f}  {mild:17.3f}  "
        f"{np.mean(list(shares.values())):8.3f}   ({wrong:,} wrong of {len(pairs):,} pairs)"
    )
