"""Why a photo is a highlight, in plain words: what the person said, who liked it, what sets it apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.highlight_scores import Judges
from organizer.results import PhotoTable, Reason

ENOUGH_TO_COMPARE = 5  # photos of a category from which one can stand out among them
MOST_MERITS = 3
STANDOUTS = {  # measure: what to say of the best fifth of a category, from which value on
    "sharpness": ("sharper than most", -np.inf),
    "contrast": ("strong contrast", 0.5),
    "colourfulness": ("rich in colour", 30.0),
}
PLEASING = 0.8  # of the looks, 0..1
LIKED = 0.8  # share of the library that is liked less
WELL_LIT = (0.2, 0.75)  # median luma
WORTH_SAYING = 0.1  # the say that taste must have

YOUR_PICK = "your pick"
LIKE_YOUR_PICKS = "like photos that you pick"
LOOKS_GOOD = "pleasing to look at"
SHARP, WELL_EXPOSED = "sharp", "well exposed"
AMONG_THE_BEST = "among the best of its category"


def why(
    table: PhotoTable,
    row: int,
    judges: Judges,
    quality: Mapping[Reason, NDArray[np.float32]],
    standouts: Mapping[str, float],
    together: int,
) -> str:
    """The reasons with commas between them, the weightiest first.

    Args:
        standouts: as the function below gives them. together: how many photos of its category the moment
            has of which it is the best; 1 where it is not.
    """
    words: list[str] = []
    if table.pick[row] > 0:
        words.append(YOUR_PICK)
    if table.rating[row] >= 4:
        words.append(f"{int(table.rating[row])} stars")
    taste = judges.taste
    if (
        taste is not None
        and table.pick[row] == 0
        and taste.say >= WORTH_SAYING
        and taste.liking[row] >= LIKED
    ):
        words.append(LIKE_YOUR_PICKS)
    if judges.looks is not None and judges.looks[row] >= PLEASING:
        words.append(LOOKS_GOOD)
    words += _merits(table, row, quality, standouts)[:MOST_MERITS]
    if together > 1:
        words.append(f"best of {together} of this moment")
    return ", ".join(words) or AMONG_THE_BEST


def standouts(table: PhotoTable, rows: NDArray[np.int64]) -> dict[str, float]:
    """Measure -> above which value a photo stands out among these; none where there are few."""
    limits = {}
    for measure, (_, least) in STANDOUTS.items():
        if measure in table.measures:
            values = table.measures[measure][rows]
            values = values[np.isfinite(values)]
            if len(values) >= ENOUGH_TO_COMPARE:
                limits[measure] = max(float(np.quantile(values, 0.8)), least)
    return limits


def _merits(
    table: PhotoTable,
    row: int,
    quality: Mapping[Reason, NDArray[np.float32]],
    limits: Mapping[str, float],
) -> list[str]:
    """What is good about a photo: first what sets it apart from its category."""

    def below(limit: float, *reasons: Reason) -> bool:
        given = [float(quality[reason][row]) for reason in reasons if reason in quality]
        return bool(given) and max(given) < limit

    light = float(table.measures["brightness"][row]) if "brightness" in table.measures else 0.5
    merits = [
        STANDOUTS[measure][0] for measure, limit in limits.items() if table.measures[measure][row] > limit
    ]
    if below(0.2, Reason.BLURRED) and STANDOUTS["sharpness"][0] not in merits:
        merits.append(SHARP)
    if below(0.2, Reason.UNDEREXPOSED, Reason.OVEREXPOSED) and WELL_LIT[0] <= light <= WELL_LIT[1]:
        merits.append(WELL_EXPOSED)
    return merits
