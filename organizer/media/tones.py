"""Exposure, contrast and colour of a picture, and whether it was drawn rather than photographed.

Everything here is read from histograms of a shrunk picture, which costs next to nothing. No verdict is made:
``analysis.quality`` knows the thresholds. Knows numpy, scipy and Pillow; no file and no catalogue.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PAPER = 245  # luma from which a side of the picture counts as white
_BURNT = 254  # a channel from which it is clipped
_GAMMA = 2.2  # from code values to light


class Exposure(NamedTuple):
    """As in ``records.Measurements``."""

    clipped_dark: float
    clipped_bright: float
    brightness: float
    contrast: float
    dynamic_range: float


def exposure(luma: NDArray[np.uint8], small: NDArray[np.uint8]) -> Exposure:
    """Shares at the ends, the median and the spread of the tones.

    Args:
        luma: uint8 (H, W). small: uint8 (h, w, 3), the same picture at 128 pixels or so.
    """
    shares = np.cumsum(_histogram(luma)) / luma.size
    low, middle, high = (int(np.searchsorted(shares, share)) for share in (0.01, 0.5, 0.99))
    bright = float(1 - shares[249]) * (1 - paper(small))
    stops = _GAMMA * np.log2(max(high, 2) / max(low, 2))
    return Exposure(float(shares[3]), bright, middle / 255, (high - low) / 255, float(stops))


def paper(small: NDArray[np.uint8]) -> float:
    """How much the white of a picture looks like paper: product shots, drawings and scans, 0..1.

    Paper has no clipped highlights: its white is meant. Three sides of the picture are white, and
    what is not white is a chart of few colours, or a thing or two whose colours are not burnt out. In a
    photo that got so much light the rest is scattered and its colours are clipped. A thing that a side cuts
    off fills much of the picture; where little is left and a side cuts that, it is what remains of a scene.
    Each of these counts by degrees, so that the measure does not jump.
    """
    luma = small @ np.array([0.299, 0.587, 0.114], np.float32)
    ends = (luma[0], luma[-1], luma[:, 0], luma[:, -1])
    sides = sorted(float((end >= _PAPER).mean()) for end in ends)
    whiteness = _ramp(sides[1], 0.97, 0.99)
    if whiteness == 0:
        return 0.0
    coloured = small.min(axis=2) < 235
    subject = _ramp(float(coloured.mean()), 0.02, 0.06)
    if subject == 0:
        return 0.0
    shown = max(_ramp(sides[0], 0.97, 0.99), _ramp(float(coloured.mean()), 0.15, 0.25))
    burnt = float((small.max(axis=2) >= _BURNT)[coloured].mean())
    one_thing = _ramp(1 - _scattered(luma < 240) - 4 * burnt, -1.4, -0.95)
    return whiteness * subject * shown * max(one_thing, _ramp(_few_colours(small[coloured]), 0.8, 0.95))


def _scattered(where: NDArray[np.bool_]) -> float:
    """Into how many parts of one size as much falls apart; 1 where all lies together."""
    from scipy import ndimage  # of the few pictures that come so far

    labels, count = ndimage.label(where, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    return float(np.sqrt(sizes).sum() / np.sqrt(sizes.sum())) if count else 0.0


def _few_colours(pixels: NDArray[np.uint8]) -> float:
    """The share of pixels, (N, 3), that have one of the eight commonest colours."""
    if not len(pixels):
        return 0.0
    coarse = (pixels >> 3).astype(np.int64) @ np.array([1024, 32, 1])
    return float(np.sort(np.bincount(coarse))[-8:].sum() / len(pixels))


def shares_of(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The share of each of 256 values; float64 (256,)."""
    shares: NDArray[np.float64] = _histogram(values) / values.size
    return shares


def _histogram(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each of 256 values occurs; Pillow counts bytes twice as fast as numpy."""
    return np.array(Image.fromarray(values).histogram(), np.int64)


def _ramp(value: float, low: float, high: float) -> float:
    """0 below ``low``, 1 above ``high``, straight between."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def colourfulness(small: NDArray[np.uint8]) -> float:
    """Hasler and Suesstrunk, "Measuring colourfulness in natural images" (2003)."""
    red, green, blue = np.moveaxis(small.astype(np.float32), 2, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    return spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean()))


def colour_cast(small: NDArray[np.uint8]) -> float:
    """By how much the mean colour is off grey, beyond the spread of the colours; in chroma levels, 0..180.

    The equivalent circle of Gasparini and Schettini, "Color balancing of digital photos using simple image
    statistics" (2004), in the plane of Cb and Cr: a picture of one strong colour has it too, so
    that the number describes and does not accuse.
    """
    red, green, blue = np.moveaxis(small.astype(np.float32), 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    lit = (luma > 20) & (luma < 240)
    if lit.sum() < 16:
        return 0.0
    first, second = 0.564 * (blue - luma)[lit], 0.713 * (red - luma)[lit]
    centre = float(np.hypot(first.mean(), second.mean()))
    return max(0.0, centre - float(np.hypot(first.std(), second.std())))


def peak(shares: NDArray[np.float64]) -> float:
    """The luma that one pixel in a thousand exceeds, 0..1; of ``shares_of`` the luma."""
    return float(np.searchsorted(np.cumsum(shares), 0.999)) / 255


def graphic(steps: NDArray[np.uint8], shares: NDArray[np.float64]) -> float:
    """How much a picture looks drawn (screenshots, text, charts, logos, line drawings), 0..1.

    A drawing has few tones, and its neighbouring pixels either hardly differ or differ much; in a photo
    the steps between are the common ones. Both have to hold, so that a product on white, a night sky and
    an overexposed photo stay photos.

    Args:
        steps: uint8 (H, W - 1), differences of neighbours, absolute. shares: ``shares_of`` the luma.
    """
    if not steps.size:
        return 0.0
    counts = _histogram(steps)
    middle, strong = int(counts[2:24].sum()), int(counts[24:].sum())
    peaks = np.convolve(shares, np.ones(5), "same")
    first = int(peaks.argmax())
    others = np.delete(peaks, slice(max(0, first - 8), first + 9))
    two = float(peaks[first] + others.max())
    return min(_ramp(two, 0.4, 0.65), _ramp(strong / max(1, middle + strong), 0.15, 0.35))
