"""Which prompt pairs see a photo's faults, measured on photos that were spoilt on purpose.

Method: the softmax over an opposed pair of prompts, as in Wang et al., "Exploring CLIP for Assessing the
Look and Feel of Images" (2023); a pair is kept only where it tells spoilt photos from their originals. What
is kept becomes the terms of a small logistic model (``analysis.quality.PromptPair``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from heldout import Labelled, model_input
from PIL import Image, ImageEnhance, ImageFilter
from sklearn.linear_model import LogisticRegression

from organizer.models.base import Embedder

logger = logging.getLogger(__name__)

LEAST_AREA = 0.85  # under the ROC curve; below it the pair is left out

# reason: the fault first, the sound photo second; several wordings are tried
PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "blurred": (
        ("a blurry photo.", "a sharp photo."),
        ("a blurred, out of focus picture.", "a clear picture with fine detail."),
    ),
    "noisy": (
        ("a noisy, grainy photo.", "a clean photo."),
        ("a grainy picture full of noise.", "a smooth and clear picture."),
    ),
    "underexposed": (
        ("a dark photo.", "a bright photo."),
        ("a very dark, underexposed photo.", "a well lit photo."),
        ("night", "daylight"),
    ),
    "overexposed": (
        ("an overexposed photo.", "a well exposed photo."),
        ("a picture that is too bright and white.", "a picture with rich colours."),
    ),
    "pixelated": (
        ("a pixelated picture.", "a sharp picture."),
        ("a low resolution picture with big pixels.", "a high resolution picture."),
    ),
}

# what is said of good photos first, of bad ones second
APPEAL = (
    ("a good photo.", "a bad photo."),
    ("a beautiful photo.", "an ugly photo."),
    ("a professional photograph.", "a failed snapshot."),
)

Spoil = Callable[[Image.Image, np.random.Generator], Image.Image]


def measure(embedder: Embedder, photos: list[Labelled], seed: int) -> list[dict[str, Any]]:
    """The prompt pairs that carry signal, best wording each, with the weight and bias of their log odds."""
    draw = np.random.default_rng(seed)
    natural = [photo for photo in photos if photo.coarse not in ("sketch", "receipt")]
    chosen = [natural[int(row)] for row in draw.choice(len(natural), 120, replace=False)]
    inputs = [model_input(photo.path, embedder.input) for photo in chosen]
    sound = embedder.encode_images(np.stack(inputs))
    kept = []
    for reason, spoil in _SPOILERS.items():
        spoilt = [np.asarray(spoil(Image.fromarray(pixels), draw)) for pixels in inputs]
        vectors = embedder.encode_images(np.stack(spoilt))
        areas = [_area(embedder, pair, sound, vectors) for pair in PAIRS[reason]]
        best = int(np.argmax(areas))
        logger.info("%s: best area %.2f (%s)", reason, areas[best], PAIRS[reason][best][0])
        if areas[best] >= LEAST_AREA:
            positive, negative = PAIRS[reason][best]
            weight, bias = _fitted(_apart(embedder, PAIRS[reason][best], sound, vectors))
            kept.append({"reason": reason, "positive": positive, "negative": negative, "weight": weight,
                         "bias": bias})  # fmt: skip
    return kept


def appeal(embedder: Embedder, photos: list[Labelled], seed: int) -> dict[str, Any] | None:
    """The pair of prompts that tells good photos from photos spoilt in any way, for highlights; None without.

    low, high: the differences that a tenth of the spoilt photos stays below, and a tenth of the sound ones
    passes.
    """
    draw = np.random.default_rng(seed)
    natural = [photo for photo in photos if photo.coarse not in ("sketch", "receipt")]
    chosen = [natural[int(row)] for row in draw.choice(len(natural), min(120, len(natural)), replace=False)]
    inputs = [model_input(photo.path, embedder.input) for photo in chosen]
    kinds = list(_SPOILERS.values())
    spoilt = [
        np.asarray(kinds[at % len(kinds)](Image.fromarray(pixels), draw)) for at, pixels in enumerate(inputs)
    ]
    sound, bad = embedder.encode_images(np.stack(inputs)), embedder.encode_images(np.stack(spoilt))
    areas = [1.0 - _area(embedder, pair, sound, bad) for pair in APPEAL]
    best = int(np.argmax(areas))
    logger.info("appeal: best area %.2f (%s)", areas[best], APPEAL[best][0])
    if areas[best] < LEAST_AREA:
        return None
    fine, poor = _apart(embedder, APPEAL[best], sound, bad)
    low, high = float(np.quantile(poor, 0.1)), float(np.quantile(fine, 0.9))
    return {"positive": APPEAL[best][0], "negative": APPEAL[best][1], "low": low, "high": high}


def _apart(
    embedder: Embedder, pair: tuple[str, str], sound: np.ndarray, spoilt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of the cosines with the two prompts: of sound photos, and of spoilt ones."""
    fault, good = embedder.encode_texts(pair)
    return sound @ (fault - good), spoilt @ (fault - good)


def _area(embedder: Embedder, pair: tuple[str, str], sound: np.ndarray, spoilt: np.ndarray) -> float:
    """Probability that a spoilt photo scores higher on the fault than a sound one."""
    fine, bad = _apart(embedder, pair, sound, spoilt)
    return float(np.mean(bad[:, None] > fine[None, :]))


def _fitted(apart: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Weight and bias of a logistic model of the differences of sound and of spoilt photos."""
    values = np.concatenate(apart)[:, None]
    faulty = np.repeat([0, 1], [len(part) for part in apart])
    model = LogisticRegression(C=100.0).fit(values / values.std(), faulty)
    return float(model.coef_[0, 0] / values.std()), float(model.intercept_[0])


def _blurred(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(float(draw.uniform(1.5, 4)) * image.width / 128))


def _noisy(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    noise = draw.normal(0, draw.uniform(15, 40), (*image.size[::-1], 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def _dark(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(float(draw.uniform(0.08, 0.25)))


def _bright(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(float(draw.uniform(2.5, 4.5)))


def _pixelated(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    side = int(draw.integers(14, 28))
    small = image.resize((side, side), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


_SPOILERS: dict[str, Spoil] = {
    "blurred": _blurred,
    "noisy": _noisy,
    "underexposed": _dark,
    "overexposed": _bright,
    "pixelated": _pixelated,
}
