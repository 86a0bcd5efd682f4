"""How alike two pictures' vectors are when they are copies, one scene, or nothing to each other.

Reads groups.json of the test photos. Must not know categories.
"""

from __future__ import annotations

import io
import itertools
import json
import logging
from pathlib import Path

import numpy as np
from heldout import Labelled, model_input, read_labelled
from PIL import Image, ImageEnhance, ImageOps

from organizer.models.base import Embedder

logger = logging.getLogger(__name__)

SCENE_KINDS = ("exposure-bracket", "focus-bracket", "human-judged-similar", "same-object-other-view")
STRANGERS_PASS = 0.001  # share of unrelated pairs that may reach the cosine of one scene
COPIES_PASS = 0.99  # share of copies that must reach the cosine of copies


def measure(
    embedder: Embedder, photos: Path, rows: list[Labelled], vectors: np.ndarray, seed: int
) -> dict[str, float]:
    """The keys duplicate_cosine and same_scene_cosine.

    duplicate_cosine: 99 % of copies (recompressed, resized, slightly cropped or brightened) reach it, so two
    pictures below it are not copies. same_scene_cosine: one in a thousand pairs of photos of different kinds
    reaches it, so it stands with another sign, such as the time, and not alone.
    """
    copies = _copies(embedder, photos, seed)
    scenes = _scenes(embedder, photos)
    unrelated = _unrelated(rows, vectors)
    duplicate = float(np.quantile(copies, 1 - COPIES_PASS))
    scene = min(float(np.quantile(unrelated, 1 - STRANGERS_PASS)), duplicate)
    for kind, cosines in scenes.items():
        logger.info("%s: %.2f of %d pairs reach %.3f", kind, np.mean(cosines >= scene), len(cosines), scene)
    reached = float(np.mean(unrelated >= duplicate))
    logger.info("copies: %.3f; %.5f of unrelated pairs reach it", duplicate, reached)
    return {"duplicate_cosine": duplicate, "same_scene_cosine": scene}


def _copies(embedder: Embedder, photos: Path, seed: int) -> np.ndarray:
    """(P,) cosines of 80 photos with four altered copies each."""
    draw = np.random.default_rng(seed)
    rows = read_labelled(photos, ("everyday", "captioned"))
    chosen = [rows[int(row)] for row in draw.choice(len(rows), 80, replace=False)]
    spec = embedder.input
    originals, altered = [], []
    for photo in chosen:
        with Image.open(photo.path) as opened:
            image = opened.convert("RGB")
        originals.append(_square(image, spec.size, spec.resize_mode))
        altered += [_square(copy, spec.size, spec.resize_mode) for copy in _altered(image)]
    one = embedder.encode_images(np.stack(originals))
    other = embedder.encode_images(np.stack(altered)).reshape(len(one), -1, one.shape[1])
    cosines: np.ndarray = np.einsum("nd,nkd->nk", one, other)
    return cosines.ravel()


def _altered(image: Image.Image) -> list[Image.Image]:
    compressed = io.BytesIO()
    image.save(compressed, "JPEG", quality=55)
    width, height = image.size
    cut = max(1, round(min(width, height) * 0.03))
    return [
        Image.open(compressed).convert("RGB"),
        image.resize((max(1, width // 2), max(1, height // 2)), Image.Resampling.LANCZOS),
        image.crop((cut, cut, width - cut, height - cut)),
        ImageEnhance.Brightness(image).enhance(1.2),
    ]


def _square(image: Image.Image, size: int, mode: str) -> np.ndarray:
    if mode == "squash":
        return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC))
    return np.asarray(ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC))


def _scenes(embedder: Embedder, photos: Path) -> dict[str, np.ndarray]:
    """For each kind of groups.json: the cosines of the pairs inside its groups."""
    groups = json.loads((photos / "groups.json").read_text(encoding="utf-8"))
    found: dict[str, list[float]] = {}
    for group in groups:
        if group["kind"] not in SCENE_KINDS:
            continue
        batch = np.stack([model_input(photos / name, embedder.input) for name in group["files"]])
        vectors = embedder.encode_images(batch)
        pairs = [float(a @ b) for a, b in itertools.combinations(vectors, 2)]
        found.setdefault(group["kind"], []).extend(pairs)
    return {kind: np.array(cosines) for kind, cosines in found.items()}


def _unrelated(rows: list[Labelled], vectors: np.ndarray) -> np.ndarray:
    """Cosines of all pairs of photos that show different kinds of things."""
    kinds = np.array([row.coarse or str(row.path) for row in rows])
    one, other = np.triu_indices(len(vectors), 1)
    different = kinds[one] != kinds[other]
    cosines: np.ndarray = np.einsum("nd,nd->n", vectors[one[different]], vectors[other[different]])
    return cosines
