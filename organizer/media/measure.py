"""Numbers about how a picture was taken and stored: sharpness, noise, exposure, compression.

Everything is measured on luma: exposure on the whole picture, sharpness at a fixed scale over
tiles, and what lives at single pixels (noise, the compression's grid, upscaling) on a crop of the
picture as it was handed over. No verdict is made here: ``analysis.quality`` knows the thresholds.
Knows numpy and Pillow; no file and no catalogue.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.records import Measurements

SCALE = 1024  # longest side at which sharpness is measured, pixels
CROP = 768  # side of the crop for what lives at single pixels
_GRID = 8  # JPEG's blocks
_NOISE_GAIN = float(np.sqrt(np.pi / 2) / 6)  # from the mean absolute answer of Immerkaer's mask to deviation
_SEEN = 2.0  # mean second difference from which a tile has edges, grey levels
_PAPER = 245  # luma from which a side of the picture counts as white


def measure(upright: NDArray[np.uint8]) -> Measurements:
    """Measure an upright sRGB picture.

    Args:
        upright: uint8 (H, W, 3), any size from one pixel up; a photo should come with a longest side
            of SCALE pixels or more where the original has them.

    Returns:
        Finite numbers in the ranges that ``records.Measurements`` gives; a picture too small or too
        empty for a measure gets that measure's harmless value.

    Raises:
        ValueError: the array has another shape or dtype, or no pixels.
    """
    if upright.dtype != np.uint8 or upright.ndim != 3 or upright.shape[2] != 3 or 0 in upright.shape:
        raise ValueError(f"uint8 (H, W, 3) with pixels is needed, not {upright.dtype} {upright.shape}")
    picture = Image.fromarray(upright)
    luma = picture.convert("L")
    native = np.asarray(_centre(luma, CROP))
    half = np.asarray(_shrink(luma, SCALE))
    steps = _steps(native)
    noise, flatness = _noise(native)
    dark, bright, median, contrast = _exposure(half, upright)
    return Measurements(
        sharpness=_sharpness(half, noise * _noise_left(luma.size)),
        noise=noise,
        brightness=median,
        contrast=contrast,
        clipped_dark=dark,
        clipped_bright=bright,
        blockiness=_blockiness(steps),
        detail=_detail(native, steps),
        colourfulness=_colourfulness(picture),
        flatness=flatness,
    )


def _centre(luma: Image.Image, side: int) -> Image.Image:
    """Crop the middle, aligned to the compression's grid."""
    width, height = luma.size
    left = max(0, (width - side) // 2) // _GRID * _GRID
    top = max(0, (height - side) // 2) // _GRID * _GRID
    return luma.crop((left, top, min(width, left + side), min(height, top + side)))


def _shrink(luma: Image.Image, side: int) -> Image.Image:
    """Half the size it would have with ``side`` pixels at the longest side, never enlarged."""
    factor = max(2.0, 2 * max(luma.size) / side)
    if factor == 2:
        return luma.reduce(2) if min(luma.size) > 1 else luma
    size = (max(1, round(luma.width / factor)), max(1, round(luma.height / factor)))
    return luma.resize(size, Image.Resampling.HAMMING)


def _noise_left(size: tuple[int, int]) -> float:
    """Share of the noise's deviation that shrinking leaves (averaging k by k pixels leaves 1 / k)."""
    return 1 / max(2.0, 2 * max(size) / SCALE)


def _tile_means(values: NDArray[np.generic], tile: int) -> NDArray[np.float32]:
    """Means of whole tiles; (H, W) -> float32 (H // tile, W // tile)."""
    rows, columns = values.shape[0] // tile, values.shape[1] // tile
    whole = values[: rows * tile, : columns * tile].reshape(rows, tile, columns * tile)
    lines = whole.sum(axis=1, dtype=np.float32 if values.dtype == np.float32 else np.int32)
    means: NDArray[np.float32] = lines.reshape(rows, columns, tile).sum(axis=2).astype(np.float32)
    return means / np.float32(tile * tile)


def _exposure(luma: NDArray[np.uint8], upright: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """(share clipped dark, share clipped bright, median 0..1, 1st to 99th percentile 0..1).

    A picture on white paper (product shots, drawings, scans) has no clipped highlights: the white is
    meant. Three of its sides are white, and its colours are not burnt out as those of a photo are that
    got so much light.
    """
    shares = np.cumsum(np.bincount(luma.ravel(), minlength=256)) / luma.size
    low, middle, high = (int(np.searchsorted(shares, share)) for share in (0.01, 0.5, 0.99))
    sides = sorted(float((side >= _PAPER).mean()) for side in (luma[0], luma[-1], luma[:, 0], luma[:, -1]))
    bright = float(1 - shares[249])
    if sides[1] > 0.9 and _burnt_colour(upright) < 0.25:
        bright = 0.0
    return float(shares[3]), bright, middle / 255, (high - low) / 255


def _burnt_colour(upright: NDArray[np.uint8]) -> float:
    """Share of the pixels that are not white in which the strongest channel is clipped."""
    step = max(1, max(upright.shape) // 256)
    sample = upright[::step, ::step]
    coloured = sample.min(axis=2) < 235
    burnt = (sample.max(axis=2) >= 254) & coloured
    return float(burnt.sum() / max(1, coloured.sum()))


def _noise(luma: NDArray[np.uint8]) -> tuple[float, float]:
    """(standard deviation of the noise in grey levels, share of tiles without texture).

    Immerkaer's mask ("Fast noise variance estimation", 1996), which is blind to planes and to edges
    along the axes, taken over tiles. Tiles are chosen by their structure at a quarter of the scale,
    where noise is averaged away, so that choosing calm tiles does not choose quiet ones; of these a low
    percentile counts, because noise is everywhere and fine texture is not.
    """
    tile = 16 if min(luma.shape) >= 48 else 8
    if min(luma.shape) < 2 * tile:
        return 0.0, 0.0
    values = luma.astype(np.int16)
    across = values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:]
    mask = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
    deviation = _tile_means(mask, tile) * _NOISE_GAIN
    rows, columns = deviation.shape
    quarter = _tile_means(luma, 4)
    blocks = quarter[: rows * tile // 4, : columns * tile // 4].reshape(rows, tile // 4, columns, tile // 4)
    structure, level = blocks.std(axis=(1, 3)), blocks.mean(axis=(1, 3))
    flatness = float(np.mean((structure < 2.0) & (deviation < 2.0)))
    exposed = (level > 12) & (level < 243)
    if exposed.sum() < 4:
        return 0.0, flatness
    calm = structure[exposed] <= np.quantile(structure[exposed], 0.5)
    return float(np.quantile(deviation[exposed][calm], 0.15)), flatness


def _second_differences(values: NDArray[np.float32], tile: int) -> NDArray[np.float32]:
    """Second differences over tiles in four directions, grey levels; (4, rows, columns).

    The geometric mean of the mean and the root mean square: the first hears fine texture, the second
    single edges, and a picture may have only one of them.
    """
    middle = 2 * values[1:-1, 1:-1]
    ends = (
        (values[1:-1, :-2], values[1:-1, 2:]),
        (values[:-2, 1:-1], values[2:, 1:-1]),
        (values[:-2, :-2], values[2:, 2:]),
        (values[:-2, 2:], values[2:, :-2]),
    )
    strengths = []
    for before, after in ends:
        difference = before - middle + after
        power = _tile_means(difference * difference, tile)
        strengths.append(np.sqrt(_tile_means(np.abs(difference), tile) * np.sqrt(power)))
    return np.stack(strengths)


def _sharpness(half: NDArray[np.uint8], noise: float) -> float:
    """Fine detail relative to coarse detail in the strongest tiles, in the direction that has least.

    A sharp edge has as much second difference at half the scale as at a quarter of it, a blurred one
    has less. Only the strongest quarter of the tiles is judged, and of these the sharpest tenth: what is
    out of focus on purpose does not count. Motion blurs one direction alone, so the worst one counts.
    Noise is taken off both. Without anything to judge by, the answer is 1.
    """
    quarter = _tile_means(half, 2)
    tile = 8 if max(half.shape) > 256 else 4
    if min(quarter.shape) < 2 * tile + 2:
        return 1.0
    fine = _second_differences(half.astype(np.float32), 2 * tile)
    coarse = _second_differences(quarter, tile)
    rows, columns = min(fine.shape[1], coarse.shape[1]), min(fine.shape[2], coarse.shape[2])
    floor = noise * np.sqrt(6) * (2 / np.pi) ** 0.25  # the same of white noise
    fine = _without(fine[:, :rows, :columns], floor)
    coarse = _without(coarse[:, :rows, :columns], floor / 2)
    judged = max(3, rows * columns // 4)
    worst = []
    for along, beside in zip(fine, coarse, strict=True):
        strongest = np.argpartition(beside, -judged)[-judged:]
        strongest = strongest[beside[strongest] > _SEEN]
        if len(strongest) >= 3:  # a direction without edges says nothing
            worst.append(float(np.quantile(along[strongest] / (beside[strongest] + 0.5), 0.9)))
    return min(worst) if worst else 1.0


def _without(values: NDArray[np.float32], floor: float) -> NDArray[np.float32]:
    """Take the noise's part off, in squares; (directions, tiles)."""
    cleaned: NDArray[np.float32] = np.sqrt(np.maximum(values**2 - np.float32(floor**2), 0))
    return cleaned.reshape(len(values), -1)


def _steps(luma: NDArray[np.uint8]) -> list[NDArray[np.int16]]:
    """First differences across columns and across rows, the latter transposed."""
    return [np.abs(np.diff(plane.astype(np.int16), axis=1)) for plane in (luma, np.ascontiguousarray(luma.T))]


def _blockiness(steps: list[NDArray[np.int16]]) -> float:
    """1 plus the grey levels by which steps stand out at one of the eight positions of a JPEG's grid.

    A step stands out by what it has beyond both its neighbours, at most 12 levels, so that edges of
    the picture count little. After Wang, Bovik and Evan, "Blind measurement of blocking artifacts in
    images" (2000), made local.
    """
    heights = []
    for step in steps:
        if step.shape[1] < 4 * _GRID or step.shape[0] < _GRID:
            continue
        excess = np.clip(step[:, 1:-1] - np.maximum(step[:, :-2], step[:, 2:]), -12, 12).mean(axis=0)
        phases = _folded(excess, _GRID)
        heights.append(float(phases.max() - np.median(phases)))
    return 1.0 + max(0.0, float(np.mean(heights))) if heights else 1.0


def _folded(profile: NDArray[np.floating], period: int) -> NDArray[np.floating]:
    """Mean of a profile at each position within a period."""
    whole = len(profile) // period * period
    means: NDArray[np.floating] = profile[:whole].reshape(-1, period).mean(axis=0)
    return means


def _detail(luma: NDArray[np.uint8], steps: list[NDArray[np.int16]]) -> float:
    """How much finer than its content the picture's pixels are: 1 when they are used, 1/4 when upscaled by 4.

    The smaller of two answers: the share of the spectrum that stands above the rounding to whole grey
    levels, which smooth upscaling leaves empty, and the size of repeated pixels.
    """
    return min(_filled_spectrum(luma), 1 / _repeats(steps))


def _repeats(steps: list[NDArray[np.int16]]) -> float:
    """By how much pixels were repeated; 1 where they were not.

    All steps then stand on the lines of a grid, whole or broken, and their profile is a comb: one
    frequency is nearly as strong as the mean. The grid of strong compression stays below that.
    """
    sizes = []
    for step in steps:
        profile = step.mean(axis=0)
        if len(profile) < 8 * _GRID or profile.mean() < 0.5:
            return 1.0
        comb = np.abs(np.fft.rfft(profile)) / profile.sum()
        lowest = len(profile) // 12 + 1
        strong = np.flatnonzero(comb[lowest:] > 0.4)
        sizes.append(len(profile) / (lowest + strong[0]) if len(strong) else 1.0)
    return float(min(sizes))


def _filled_spectrum(luma: NDArray[np.uint8]) -> float:
    """Share of the band of frequencies, 0..1, above the floor; the best of the quarters' middles."""
    side = min(256, *luma.shape)
    if side < 64:
        return 1.0
    window = np.hanning(side).astype(np.float32)
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    ring = np.minimum((radius * 64).astype(np.int64), 32).ravel()
    count = np.maximum(np.bincount(ring), 1)
    floor = side * side * (3 / 8) ** 2 / 12 * 4  # the power of rounding to whole grey levels, four times
    best = 0.0
    for top, left in {(y, x) for y in (0, luma.shape[0] - side) for x in (0, luma.shape[1] - side)}:
        crop = luma[top : top + side, left : left + side].astype(np.float32)
        power = np.abs(np.fft.rfft2((crop - crop.mean()) * window[:, None] * window[None, :])) ** 2
        rings = np.bincount(ring, power.ravel()) / count
        filled = np.flatnonzero(rings[:32] > floor)
        best = max(best, float((filled[-1] + 1) / 32) if len(filled) else 0.0)
    return best if best > 0.1 else 1.0  # an empty spectrum is an empty picture, not an upscaled one


def _colourfulness(picture: Image.Image) -> float:
    """Hasler and Suesstrunk, "Measuring colourfulness in natural images" (2003)."""
    small = picture.resize((64, 64), Image.Resampling.BOX, reducing_gap=2.0)
    red, green, blue = np.moveaxis(np.asarray(small, dtype=np.float32), 2, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    return spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean()))
