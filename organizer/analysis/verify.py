"""Are two photos the same picture? Hashes only propose; the pixels decide, here.

The evidence about a pair (``evidence.gather``) goes through one calibrated logistic, so that a single
threshold stands for the verdict. Pure functions over arrays.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import Maps
from organizer.analysis.candidates import starts
from organizer.analysis.evidence import HOPELESS, Evidence, gather
from organizer.analysis.stack_rules import EVIDENCE, SamePicture
from organizer.media.fingerprint import DIHEDRAL, turned

_CHUNK = 64  # pairs at a time: their planes stay in the processor's cache


def verify(
    pairs: NDArray[np.int64],
    ways: NDArray[np.int16],
    ids: NDArray[np.int64],
    grey: NDArray[np.uint8],
    chroma: NDArray[np.uint8],
    calibration: SamePicture,
    check: Callable[[], None] | None = None,
    hopeless: tuple[float, float, float] = HOPELESS,
    begin: Maps | None = None,
) -> NDArray[np.float32]:
    """Score every proposed pair on its pixels.

    Args:
        pairs: photo ids, int64 (P, 2). ways: int16 (P,), how the second lies to the first, as ``candidates``
            gives it.
        ids: photo ids, ascending, int64 (M,), of the rows of grey and chroma.
        grey: uint8 (M, 64, 64). chroma: uint8 (M, 2, 16, 16), as ``records.Fingerprint`` has them.
        check: called every tenth of a second or so; what it raises ends the work.
        hopeless: when the alignment gives up, as ``alignment.align`` has it.
        begin: float64 (P, 2, 3), where it begins; as the ways say when left out.

    Returns:
        float32 (P,), 0..1; at ``calibration.threshold`` and above the two are the same picture. A pair
        whose small pictures are not given, or are too flat to prove anything, has 0.
    """
    scores = np.zeros(len(pairs), np.float32)
    if not len(ids):
        return scores
    rows = np.minimum(np.searchsorted(ids, pairs), len(ids) - 1)
    known = np.flatnonzero((ids[rows] == pairs).all(axis=1))
    begin = starts(ways) if begin is None else begin
    for start in range(0, len(known), _CHUNK):
        if check is not None:
            check()
        part = known[start : start + _CHUNK]
        first, second = rows[part, 0], rows[part, 1]
        found = gather(
            grey[first], chroma[first], _turned(grey[second], ways[part]),
            _turned(chroma[second], ways[part]), begin[part], hopeless,
        )  # fmt: skip
        sums = np.clip(found.values @ weights_of(calibration) + calibration.intercept, -30, 30)
        scores[part] = np.where(provable(found, calibration), 1 / (1 + np.exp(-sums)), 0)
    return scores


def weights_of(calibration: SamePicture) -> NDArray[np.float64]:
    """The weights in the order of EVIDENCE."""
    return np.array([calibration.weights[name] for name in EVIDENCE])


def provable(found: Evidence, calibration: SamePicture) -> NDArray[np.bool_]:
    """Is there enough contrast, detail and overlap to prove anything? bool (P,)."""
    result: NDArray[np.bool_] = (
        found.hopeful
        & (found.contrast >= calibration.least_contrast)
        & (found.fine >= calibration.least_detail)
        & (found.overlap >= calibration.least_overlap)
        & (found.usable >= calibration.least_usable)
    )
    return result


def _turned(planes: NDArray[np.uint8], ways: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Lay every second picture like the first."""
    result = planes.copy()
    for way in range(1, len(DIHEDRAL)):
        chosen = ways == way
        if chosen.any():
            result[chosen] = turned(planes[chosen], way)
    return result
