"""What was measured of stacks: the numbers that say when two photos are the same picture, or one moment.

Data (``resources/calibration/duplicates.toml``), made by tests/bench/calibrate_duplicates.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

# What is weighed about a pair; ``evidence.Evidence`` says what each is.
EVIDENCE = ("detail", "weak_parts", "middle_parts", "colour", "colourless", "moved", "skewed")


@dataclass(frozen=True, slots=True)
class SamePicture:
    """The calibration.

    Attributes:
        threshold: least score, 0..1, at which a pair is a fact.
        within: least score of a pair in a stack in which both are joined by facts.
        intercept, weights: of the logistic, weights a name of EVIDENCE.
        least_contrast: deviation of the small picture below which nothing can be proved, grey levels.
        least_detail: the same for its fine detail.
        least_overlap: share of the picture that must be on both.
        least_usable: the same without what was clipped in one of the two.
        phash_bits, turned_bits, variant_bits: distance of the hashes up to which a pair is proposed, as
            they lie, turned or mirrored, and cropped or turned a little.
        aspect: quotient of the aspect ratios up to which a pair is proposed.
        partners: how many nearest proposals a photo may have.
        seconds: how far apart two shots of one moment may be.
        numbers: how far apart the numbers in the names of two shots of one series may be.
        neighbours: how many shots before and after are asked about.
        glimpse: agreement of the outlines, -1..1, from which two shots are compared at all.
        likeness: agreement of the shapes, -1..1, from which two shots show the same scene.
        curve: share of one shot that a curve of exposure must make of the other for two to be joined.
        untimed_curve: the same where nothing but the file names says that they belong together.
        sizes: quotient of the file sizes up to which two files with the same pixels may be shots of one
            series and not copies saved in another quality.
        unmoved: share of equal cells from which files that are numbered in a row, without any time, are
            copies and no shots.
        focus: ``apart.focus_moved`` from which on two that lie alike are shots with the focus at different
            places, where the names say so, too. focus_alone: the same where they do not.
        toned: ``apart.toned`` up to which one is the other with another tone curve.
        words: by which names tell the shots of a bracket apart.
    """

    threshold: float
    within: float
    intercept: float
    weights: Mapping[str, float]
    least_contrast: float
    least_detail: float
    least_overlap: float
    least_usable: float
    phash_bits: int
    turned_bits: int
    variant_bits: int
    aspect: float
    partners: int
    seconds: float
    numbers: int
    neighbours: int
    glimpse: float
    likeness: float
    curve: float
    untimed_curve: float
    sizes: float
    unmoved: float
    focus: float
    focus_alone: float
    toned: float
    words: Collection[str]


def load_calibration(file: Path) -> SamePicture:
    """Read ``duplicates.toml``.

    Raises:
        OSError, ValueError, KeyError: the file is missing or incomplete, which is a defect of the package.
    """
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    weights = {name: float(raw["weights"][name]) for name in EVIDENCE}
    shots = {**raw["shots"], "words": frozenset(raw["shots"]["words"])}
    return SamePicture(intercept=float(raw["weights"]["intercept"]), weights=weights,
                       **raw["verdict"], **raw["candidates"], **shots)  # fmt: skip
