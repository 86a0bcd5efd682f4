"""How fast a model embeds, measured beside ViT-B-32 in the same place and the same minute.

ViT-B-32 gets random weights: they cost the same time as trained ones. Must not know quality.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from organizer.models import devices
from organizer.models.openclip import OpenClipEmbedder
from organizer.records import InputSpec


def vit_b_32() -> OpenClipEmbedder:
    """ViT-B-32 as open_clip builds it, with random weights, behind the same embedder."""
    import open_clip

    model = open_clip.create_model("ViT-B-32", pretrained=None).eval()
    spec = InputSpec(224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    tokenizer = open_clip.get_tokenizer("ViT-B-32")
    return OpenClipEmbedder(model, tokenizer, "vit-b-32-random", spec, devices.choose("cpu"))


def images_per_second(embedder: OpenClipEmbedder, batch: int, seconds: float = 4.0) -> float:
    """Best of the passes that fit into the time: the machine may be busy with other work."""
    side = embedder.input.size
    pictures = np.random.default_rng(0).integers(0, 255, (batch, side, side, 3), np.uint8)
    embedder.encode_images(pictures)
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        before = time.perf_counter()
        embedder.encode_images(pictures)
        best = min(best, time.perf_counter() - before)
    return batch / best


def compared(
    one: OpenClipEmbedder, other: OpenClipEmbedder, batch: int, seconds: float = 12.0
) -> tuple[float, float]:
    """Pictures a second of both, taken in turns so that both meet the same load of the machine."""
    best = [0.0, 0.0]
    for _ in range(4):
        for place, embedder in enumerate((one, other)):
            best[place] = max(best[place], images_per_second(embedder, batch, seconds / 8))
    return best[0], best[1]


def load_seconds(folder: Path) -> float:
    """Time to open the model once torch and open_clip are imported."""
    before = time.perf_counter()
    OpenClipEmbedder.load(folder, "cpu").close()
    return time.perf_counter() - before


def folder_bytes(folder: Path) -> int:
    """Size of all files of a model folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
