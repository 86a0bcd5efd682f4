"""Scores of graded degradations and of labelled photos, a reason at a time, beside the usual reference.

python -m tests.bench.bench_quality [PHOTOS]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from organizer.analysis.quality import flags, load_calibration, scores
from organizer.media.measure import measure
from organizer.paths import resources_dir
from organizer.records import Measurements
from organizer.results import PhotoTable, Reason
from tests.bench.edits import expose, recompress
from tests.bench.photoset import DEFAULT_ROOT, labels, read

BICUBIC, NEAREST = Image.Resampling.BICUBIC, Image.Resampling.NEAREST
CALIBRATION = load_calibration(resources_dir() / "calibration" / "quality.toml")


def table_of(pictures: list[Image.Image]) -> PhotoTable:
    measured = [measure(np.asarray(picture)) for picture in pictures]
    count = len(pictures)
    nothing = np.zeros(count)
    return PhotoTable(
        ids=np.arange(count), content_hash=[bytes(32)] * count, pixel_hash=[None] * count, path=[""] * count,
        taken=nothing, mtime=nothing, size=nothing.astype(np.int64),
        width=np.array([p.width for p in pictures], np.int32),
        height=np.array([p.height for p in pictures], np.int32), format=["JPEG"] * count,
        rating=nothing.astype(np.int8), pick=nothing.astype(np.int8), protected=nothing.astype(bool),
        phash=nothing.astype(np.uint64), dhash=nothing.astype(np.uint64),
        measures={f.name: np.array([getattr(m, f.name) for m in measured], np.float32)
                  for f in fields(Measurements)},
    )  # fmt: skip


def unit(picture: Image.Image) -> float:
    return max(1.0, max(picture.size) / 1024)


def motion(picture: Image.Image, length: float, angle: float) -> Image.Image:
    values = np.asarray(picture, np.float32)
    total = np.zeros_like(values)
    steps = np.linspace(-length / 2, length / 2, max(3, round(length)))
    for step in steps:
        shift = (round(step * np.sin(angle)), round(step * np.cos(angle)))
        total += np.roll(values, shift, axis=(0, 1))
    return Image.fromarray((total / len(steps)).astype(np.uint8))


def noisy(picture: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, deviation, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def defocused(picture: Image.Image, deviation: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(deviation * unit(picture)))


def enlarged(picture: Image.Image, factor: float, how: Image.Resampling) -> Image.Image:
    size = (max(1, int(picture.width / factor)), max(1, int(picture.height / factor)))
    return picture.resize(size, Image.Resampling.BOX).resize(picture.size, how)


Grade = Callable[[Image.Image, float], Image.Image]
GRADES: dict[str, tuple[Reason, Grade, tuple[float, ...]]] = {
    "defocus, deviation px": (Reason.BLURRED, defocused, (1, 1.5, 2, 3, 5)),
    "motion, length px": (Reason.BLURRED, lambda p, x: motion(p, x * unit(p), 0.5), (5, 9, 15, 25)),
    "noise, deviation": (Reason.NOISY, noisy, (5, 10, 15, 20, 30)),
    "JPEG quality": (Reason.COMPRESSED, lambda p, x: recompress(p, int(x)), (60, 40, 30, 20, 10, 5)),
    "stops darker": (Reason.UNDEREXPOSED, lambda p, x: expose(p, -x), (1, 2, 3, 4, 5, 6)),
    "stops brighter": (Reason.OVEREXPOSED, lambda p, x: expose(p, x), (1, 2, 3, 4, 5)),
    "pixels repeated": (Reason.PIXELATED, lambda p, x: enlarged(p, x, NEAREST), (2, 3, 4, 6)),
    "enlarged smoothly": (Reason.PIXELATED, lambda p, x: enlarged(p, x, BICUBIC), (2, 3, 4, 6)),
}  # fmt: skip


def auc(bad: NDArray[np.floating], good: NDArray[np.floating]) -> float:
    wins = (bad[:, None] > good[None, :]).mean() + 0.5 * (bad[:, None] == good[None, :]).mean()
    return float(wins)


def laplacian_variance(picture: Image.Image) -> float:
    """The usual reference: variance of the Laplacian at 300 px, "blurred" below 80."""
    small = picture.convert("L")
    small.thumbnail((300, 300))
    v = np.asarray(small, np.float32)
    return float((v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:] - 4 * v[1:-1, 1:-1]).var())


def graded(good: list[Image.Image]) -> None:
    base = scores(table_of(good), CALIBRATION)
    print(
        f"graded degradations of {len(good)} good photos: AUC / share flagged; rising: share that never falls"
    )
    for name, (reason, grade, amounts) in GRADES.items():
        bad = np.stack([scores(table_of([grade(p, x) for p in good]), CALIBRATION)[reason] for x in amounts])
        cells = "  ".join(f"{x:g}: {auc(row, base[reason]):.3f}/{np.mean(row >= 0.5):.2f}"
                          for x, row in zip(amounts, bad, strict=True))  # fmt: skip
        whole = auc(bad.ravel(), base[reason])
        rising = np.mean((np.diff(np.vstack([base[reason], bad]), axis=0) >= -0.02).all(axis=0))
        print(f"{name:24} {cells}   all {whole:.3f}  rising {rising:.2f}")
    soft = [p.filter(ImageFilter.GaussianBlur(2 * unit(p))) for p in good]
    sharp_v, soft_v = (np.array([laplacian_variance(p) for p in part]) for part in (good, soft))
    print(
        f"reference, Laplacian at 300 px below 80, defocus 2: AUC {auc(-soft_v, -sharp_v):.3f}, "
        f"flags {np.mean(soft_v < 80):.2f} of the blurred and {np.mean(sharp_v < 80):.2f} of the good"
    )


def labelled(root: Path) -> None:
    rows = labels(root)
    for part in ("quality", "camera", "captioned", "everyday", "lookalikes"):
        mine = [row for row in rows if row["set"] == part]
        names = [row["file"] for row in mine] or [f"{part}/{f.name}" for f in sorted((root / part).iterdir())]
        shown = {row["file"]: row["label"] for row in mine}
        table = table_of([read(root / name) for name in names])
        scored = scores(table, CALIBRATION)
        found = defaultdict(list)
        for flag in flags(table, scored, CALIBRATION.thresholds):
            found[flag.photo_id].append(f"{flag.reason} {flag.score:.2f} ({flag.why})")
        print(f"\n{part}: {len(found)} of {len(names)} flagged")
        for index, name in enumerate(names):
            if part == "quality" or index in found:
                best = max(Reason, key=lambda reason: scored[reason][index])
                text = "; ".join(found[index]) or f"- (nearest: {best} {scored[best][index]:.2f})"
                print(f"  {shown.get(name, '')[:28]:28} {name.split('__')[-1][-34:]:34} {text}")


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROOT
    rows = [row for row in labels(root) if row["set"] in ("captioned", "everyday")]
    drawn = ("sketch", "receipt")
    names = sorted(row["file"] for row in rows if not row["label"].startswith(drawn))
    pictures = [read(root / name) for name in names[::3]]
    kodak = [read(f) for f in sorted((root / "quality").glob("kodak*"))]
    graded([p for p in pictures if max(p.size) >= 300][:50] + kodak)
    labelled(root)


if __name__ == "__main__":
    main()
