"""Fit the verdicts "same picture" and "one moment" and write resources/calibration/duplicates.toml.

    python -m tests.bench.calibrate_duplicates [PHOTOS]

True pairs are edits of good photos; false pairs are the look-alikes that a careless program takes for
copies. Half of the photos, by name, are used; ``bench_duplicates`` reports on the other half too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from organizer.analysis.alignment import smooth
from organizer.analysis.evidence import Evidence, gather
from organizer.analysis.stack_rules import EVIDENCE, SamePicture
from organizer.analysis.verify import provable
from organizer.media.fingerprint import fingerprint, turned
from tests.bench.edits import EDITS
from tests.bench.photoset import DEFAULT_ROOT, PhotoSet, is_held_out, load

TARGET = Path(__file__).resolve().parents[2] / "resources" / "calibration" / "duplicates.toml"
UNDO = {"turned 90": 3, "mirrored": 4}  # way that lays the edit like its original
HARD_BITS = 14  # distance of the hashes of pairs that look alike to a careless program
MARGIN = 3.5  # of the logistic's sum, above the worst false pair that was calibrated on
SLACK = 2.0  # of it, by which a pair may fall short in a stack where both are joined by facts
START = SamePicture(
    threshold=0.9, within=0.5, intercept=0.0, weights=dict.fromkeys(EVIDENCE, 0.0), least_contrast=4.0,
    least_detail=1.0, least_overlap=0.6, least_usable=0.25, phash_bits=11, turned_bits=7, variant_bits=11,
    aspect=1.3, partners=48, seconds=15.0, numbers=8, neighbours=4, glimpse=0.32,
    likeness=0.7, curve=0.85, untimed_curve=0.89, sizes=3.0, unmoved=0.95, focus=0.12,
    focus_alone=0.2, toned=1.5,
    words=("under", "over", "normal", "mid", "middle", "low", "high", "dark", "bright", "light", "short",
           "long", "near", "far", "front", "back", "fore", "foreground", "background", "fg", "bg", "left",
           "right", "blur", "blurred", "sharp", "motion", "defocus", "focus", "first", "second", "third"),
)  # fmt: skip
VERDICT = ("threshold", "within", "least_contrast", "least_detail", "least_overlap", "least_usable")
CANDIDATES = ("phash_bits", "turned_bits", "variant_bits", "aspect", "partners")
SHOTS = ("seconds", "numbers", "neighbours", "glimpse", "likeness", "curve", "untimed_curve", "sizes",
         "unmoved", "focus", "focus_alone", "toned", "words")  # fmt: skip


def hard_pairs(photos: PhotoSet, nearest: int = 12) -> NDArray[np.int64]:
    """Pairs of different photos that look alike small, or have near hashes."""
    small = smooth(photos.grey.astype(np.float32), 1, 1)
    small = (small - small.mean(axis=(1, 2), keepdims=True)).reshape(len(small), -1)
    small /= np.linalg.norm(small, axis=1, keepdims=True) + 1e-3
    alike = small @ small.T
    np.fill_diagonal(alike, -1)
    near = np.bitwise_count(photos.phash[:, None] ^ photos.phash[None, :]) <= HARD_BITS
    np.put_along_axis(near, np.argsort(-alike, axis=1)[:, :nearest], True, axis=1)
    near |= near.T
    return np.argwhere(np.triu(near, 1))


def usable(found: Evidence) -> NDArray[np.float64]:
    return found.values[provable(found, START)]


def false_evidence(photos: PhotoSet) -> Iterator[NDArray[np.float64]]:
    """Of pairs that look alike, and of these after the same was done to both: a small picture of a receipt
    that was made smaller or turned has fewer figures to be told apart by."""
    pairs = hard_pairs(photos)
    grey, chroma = photos.grey, photos.chroma
    near: list[NDArray[np.int64]] = []
    for start in range(0, len(pairs), 64):
        first, second = pairs[start : start + 64].T
        found = gather(grey[first], chroma[first], grey[second], chroma[second])
        near.append(pairs[start : start + 64][provable(found, START)])
        yield usable(found)
    nearest = np.concatenate(near)
    places, rows = np.unique(nearest, return_inverse=True)
    first, second = rows.reshape(-1, 2).T
    for edit in EDITS.values():
        edited = [fingerprint(np.asarray(edit(photos.picture(place)))) for place in places.tolist()]
        grey, chroma = (
            np.stack([entry.grey for entry in edited]),
            np.stack([entry.chroma for entry in edited]),
        )
        yield usable(gather(grey[first], chroma[first], grey[second], chroma[second]))


def true_evidence(photos: PhotoSet, chosen: list[int]) -> Iterator[NDArray[np.float64]]:
    for name, edit in EDITS.items():
        edited = [fingerprint(np.asarray(edit(photos.picture(index)))) for index in chosen]
        way = UNDO.get(name, 0)
        grey = turned(np.stack([entry.grey for entry in edited]), way)
        chroma = turned(np.stack([entry.chroma for entry in edited]), way)
        yield usable(gather(photos.grey[chosen], photos.chroma[chosen], grey, chroma))


def fit(false: NDArray[np.float64], true: NDArray[np.float64]) -> SamePicture:
    evidence = np.concatenate([false, true])
    truth = np.repeat([0, 1], [len(false), len(true)])
    model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=5000).fit(evidence, truth)
    sums = model.decision_function(false)
    limit = float(np.max(sums)) + MARGIN
    print(f"{len(false)} false pairs, worst sum {sums.max():.2f}; {len(true)} true pairs, "
          f"{np.mean(model.decision_function(true) >= limit):.3f} of them above {limit:.2f}")  # fmt: skip
    weights = dict(zip(EVIDENCE, model.coef_[0].tolist(), strict=True))
    # The sum is moved so that the score has room on both sides of the threshold.
    intercept = float(model.intercept_[0]) - limit + np.log(9)
    within = 1 / (1 + np.exp(SLACK - np.log(9)))
    return replace(START, within=round(float(within), 3), intercept=intercept, weights=weights)


def write(calibration: SamePicture, file: Path) -> None:
    lines = [
        '# Made by "python -m tests.bench.calibrate_duplicates".',
        "# organizer/analysis/stack_rules.py says what it means.",
    ]
    lines += ["", "[verdict]", *(f"{name} = {getattr(calibration, name)}" for name in VERDICT)]
    lines += ["", "[weights]", f"intercept = {calibration.intercept:.3f}"]
    lines += [f"{name} = {calibration.weights[name]:.3f}" for name in EVIDENCE]
    lines += ["", "[candidates]", *(f"{name} = {getattr(calibration, name)}" for name in CANDIDATES)]
    lines += ["", "[shots]", *(f"{name} = {_written(getattr(calibration, name))}" for name in SHOTS)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _written(value: float | Collection[str]) -> str:
    return str(value) if isinstance(value, (int, float)) else json.dumps(list(value))


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROOT
    photos = load(root, ["everyday", "captioned", "lookalikes"])
    mine = [index for index, name in enumerate(photos.names) if not is_held_out(name)]
    half = PhotoSet(root, [photos.names[i] for i in mine], [photos.prints[i] for i in mine],
                    [photos.sizes[i] for i in mine])  # fmt: skip
    chosen = [index for index, name in enumerate(half.names)
              if max(half.sizes[index]) >= 300 and "similiraptor" not in name][:90]  # fmt: skip
    false, true = (
        np.concatenate(list(parts)) for parts in (false_evidence(half), true_evidence(half, chosen))
    )
    write(fit(false, true), TARGET)


if __name__ == "__main__":
    main()
