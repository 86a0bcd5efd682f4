"""Fit the curves of the quality reasons and write resources/calibration/quality.toml.

    python -m tests.bench.calibrate_quality [PHOTOS]

A curve is drawn between two values of a reason's evidence: what good photos reach at most, and what plainly
spoilt ones have at least (``quality_sets`` says how they are spoilt, and from which amount the fault is
plain). Half of the photos, by name, are used, and those few that are good although they look
otherwise; ``bench_quality`` reports on all and on the other half.
The guards are rules and not measurements; they are kept as they stand in the file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.quality import Curve, Guards, evidence, load_calibration
from organizer.results import Reason
from tests.bench.photoset import DEFAULT_ROOT, is_held_out, read
from tests.bench.quality_sets import (
    LADDERS,
    good_names,
    gradable,
    hard_names,
    made_good_pictures,
    quantisation_of,
    table_of,
)

TARGET = Path(__file__).resolve().parents[2] / "resources" / "calibration" / "quality.toml"
SPOILT = 0.1  # quantile of the plainly spoilt: the mildest of them are told from good ones by no measure
LIGHT = 0.5  # the same for exposure, where it depends on the scene what so many stops do to it
LEAST_WIDTH = 0.03  # a steeper curve says nothing that a threshold does not
BETWEEN = 0.8  # where between the two a photo is flagged: a false alarm is worse than a miss
MOST = 40  # photos that are graded

HEAD = """\
# How bad a measurement is: score = 1 / (1 + exp(-(evidence - centre) / width));
# organizer/analysis/quality.py says what the evidence of each reason is. The curves were made by
# tests/bench/calibrate_quality.py, between what good photos reach at most and what plainly spoilt ones have
# at least. threshold: from which score a photo is flagged.
"""
GUARDS = {
    "flatness": "above: an empty frame; nothing to be blurred",
    "graphic": "from here on a picture is drawn, not photographed",
    "graphic_if_drawn": "the same where the category says so too, and for paper without colour",
    "colourless": "colourfulness below which the white of a drawn picture is paper",
    "icon_side": "longest side in pixels below which a picture is an icon, which nothing is wrong with",
    "noise_side": "longest side in pixels; in smaller pictures texture and noise look the same",
    "table_offset": "blocking that a JPEG's tables stand for at quality 50 ...",
    "table_slope": "... and how it grows with the logarithm of their coarseness",
    "table_side": "longest side in pixels; in larger pictures the blocks show less",
}


def curve(good: NDArray[np.floating], spoilt: NDArray[np.floating], share: float) -> Curve:
    """The logistic between the worst of the good ones, where it is 0.03, and the spoilt ones."""
    top = float(good[np.isfinite(good)].max())
    plain = max(float(np.quantile(spoilt[np.isfinite(spoilt)], share)), top + 0.03)
    centre = top + BETWEEN * (plain - top)
    return Curve(round(centre, 3), round(max((centre - top) / 3.5, LEAST_WIDTH), 3), 0.5)


def curves(root: Path, guards: Guards) -> dict[Reason, Curve]:
    names = [name for name in good_names(root) if not is_held_out(name)]
    shown = [*names, *hard_names(root)]
    coarse = [quantisation_of(root / name) for name in shown]
    made = made_good_pictures([read(root / name) for name in names[:6]])
    pictures = [*(read(root / name) for name in shown), *made]
    good = evidence(table_of(pictures, [*coarse, *(0.0 for _ in made)]), guards)
    spoilt: dict[Reason, list[NDArray[np.floating]]] = {reason: [] for reason in Reason}
    pictures = gradable(root, names, MOST)
    for ladder in LADDERS:
        first = ladder.amounts.index(ladder.plain)
        graded = (ladder.grade(picture, ladder.amounts[first]) for picture in pictures)
        spoilt[ladder.reason].append(evidence(table_of(list(graded)), guards)[ladder.reason])
    light = {Reason.UNDEREXPOSED: LIGHT, Reason.OVEREXPOSED: LIGHT}
    return {
        reason: curve(good[reason], np.concatenate(spoilt[reason]), light.get(reason, SPOILT))
        for reason in Reason
    }


def written(found: dict[Reason, Curve], guards: Guards) -> str:
    lines = [HEAD]
    for reason, own in found.items():
        lines.append(f"[{reason}]\ncentre = {own.centre}\nwidth = {own.width}\nthreshold = {own.threshold}\n")
    lines.append("# Outside these a reason is not judged, or judged by other rules.\n[guards]")
    for name, meaning in GUARDS.items():
        lines.append(f"{f'{name} = {getattr(guards, name):g}':25} # {meaning}")
    return "\n".join(lines) + "\n"


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROOT
    guards = load_calibration(TARGET).guards
    TARGET.write_text(written(curves(root, guards), guards), encoding="utf-8")
    print(TARGET.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
