"""Milliseconds of CPU that measuring a photo takes, part by part."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from organizer.media import edges, texture, tones
from organizer.media.measure import CROP, SCALE, _shrunk, _square, measure
from tests.bench.photoset import read

TURNS = 7


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of the fastest of some turns: the others were disturbed."""
    spent = []
    for _ in range(TURNS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent) * 1000


def parts_of(picture: Image.Image) -> dict[str, Callable[[], object]]:
    """What ``measure`` does, and its parts."""
    reduced, half = _shrunk(picture, SCALE // 2)
    native = np.asarray(_square(picture, CROP).convert("L"))
    tiny = np.asarray(reduced.reduce(max(1, max(reduced.size) // 128)))
    stepped = texture.steps(native)
    profiles = texture.profiles_of(stepped)
    shares = tones.shares_of(native)
    return {
        "all": lambda: measure(picture),
        "shrink": lambda: _shrunk(picture, SCALE // 2),
        "crop": lambda: np.asarray(_square(picture, CROP).convert("L")),
        "sharpness": lambda: edges.sharpness(half, 1.0),
        "noise": lambda: texture.noise_and_flatness(native),
        "steps": lambda: texture.profiles_of(texture.steps(native)),
        "blocking": lambda: texture.blockiness(native, profiles),
        "detail": lambda: texture.detail(native[: texture.SPECTRUM, : texture.SPECTRUM], profiles),
        "tones": lambda: (tones.exposure(half, tiny), tones.peak(tones.shares_of(native))),
        "colour": lambda: (tones.colourfulness(tiny), tones.colour_cast(tiny)),
        "graphic": lambda: tones.graphic(stepped[0], shares),
    }


def print_times(root: Path) -> None:
    camera = sorted((root / "camera").iterdir())
    lossless = sorted((root / "quality").glob("kodak*"))[:2]
    small = sorted((root / "captioned").iterdir())[:2]
    print("\nms of CPU a photo beyond decoding")
    for file in (*camera, *sorted((root / "quality").glob("kwentar*"))[:1], *lossless, *small):
        picture = read(file)
        told = "  ".join(f"{name} {milliseconds(work):.1f}" for name, work in parts_of(picture).items())
        print(f"  {picture.width:4} x {picture.height:<4} {told}")
