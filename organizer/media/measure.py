"""Numbers about how a picture was taken and stored: sharpness, noise, exposure, compression.

Everything is measured on luma: the exposure on the whole picture, sharpness at a fixed scale over
tiles, and what lives at single pixels (noise, the compression's grid, upscaling) on a crop of the
picture as it was handed over. No verdict is made here: ``analysis.quality`` knows the thresholds.
Knows numpy and Pillow; no file and no catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.records import Measurements

Plane = NDArray[np.float32]

SCALE = 1024  # longest side at which sharpness is measured, pixels
CROP = 1024  # side of the crop for what lives at single pixels
_GRID = 8  # JPEG's blocks
_SEEN = 12.0  # second difference that counts as an edge at half scale, grey levels


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Mean absolute second differences of the tiles of one picture, grey levels.

    Attributes:
        fine, coarse: (directions, tiles), at the scale itself and at half of it.
        mean: mean luma of the tiles, 0..255.
    """

    fine: Plane
    coarse: Plane
    mean: Plane


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
    scaled = np.asarray(_shrink(luma, SCALE))
    noise, flatness = _noise(native)
    dark, bright, median, contrast = _exposure(scaled)
    return Measurements(
        sharpness=_sharpness(scaled, noise * _noise_left(luma.size)),
        noise=noise,
        brightness=median,
        contrast=contrast,
        clipped_dark=dark,
        clipped_bright=bright,
        blockiness=_blockiness(native),
        detail=_detail(native),
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
    factor = side / max(luma.size)
    if factor >= 1:
        return luma
    size = (max(1, round(luma.width * factor)), max(1, round(luma.height * factor)))
    return luma.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)


def _noise_left(size: tuple[int, int]) -> float:
    """Share of the noise's deviation that shrinking to SCALE leaves (averaging k pixels: 1/sqrt k)."""
    return min(1.0, SCALE / max(size))


def _tile_means(values: NDArray[np.float32], tile: int) -> NDArray[np.float32]:
    """Means of whole tiles; (H, W) -> (H // tile, W // tile)."""
    rows, columns = values.shape[0] // tile, values.shape[1] // tile
    whole = values[: rows * tile, : columns * tile]
    means: NDArray[np.float32] = whole.reshape(rows, tile, columns, tile).mean(axis=(1, 3), dtype=np.float32)
    return means


def _exposure(luma: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """(share clipped dark, share clipped bright, median 0..1, 5th to 95th percentile 0..1)."""
    shares = np.cumsum(np.bincount(luma.ravel(), minlength=256)) / luma.size
    low, middle, high = (int(np.searchsorted(shares, share)) for share in (0.05, 0.5, 0.95))
    return float(shares[3]), float(1 - shares[251]), middle / 255, (high - low) / 255


def _noise(luma: NDArray[np.uint8]) -> tuple[float, float]:
    """(standard deviation of the noise in grey levels, share of tiles without texture).

    Immerkaer's mask ("Fast noise variance estimation", 1996), which is blind to planes and edges along
    the axes, taken over tiles of 16 pixels. The tiles are chosen by their structure at a quarter of the
    scale, where noise is averaged away, so that choosing them does not choose the quiet ones.
    """
    tile = 16
    if min(luma.shape) < 3 * tile:
        tile = 8
    if min(luma.shape) < 2 * tile:
        return 0.0, 0.0
    values = luma.astype(np.float32)
    across = values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:]
    mask = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
    deviation = _tile_means(mask, tile) * np.float32(np.sqrt(np.pi / 2) / 6)
    rows, columns = deviation.shape
    quarter = _tile_means(values, 4)
    blocks = quarter[: rows * tile // 4, : columns * tile // 4].reshape(rows, tile // 4, columns, tile // 4)
    structure = blocks.std(axis=(1, 3))
    level = blocks.mean(axis=(1, 3))
    flatness = float(np.mean((structure < 2.0) & (deviation < 2.0)))
    exposed = (level > 12) & (level < 243)
    if exposed.sum() < 4:
        return 0.0, flatness
    calm = structure[exposed] <= np.quantile(structure[exposed], 0.2)
    return float(np.median(deviation[exposed][calm])), flatness


def _second_differences(values: NDArray[np.float32], tile: int) -> NDArray[np.float32]:
    """Mean absolute second differences along x and y over tiles; (2, tiles)."""
    along_x = np.abs(values[1:-1, :-2] - 2 * values[1:-1, 1:-1] + values[1:-1, 2:])
    along_y = np.abs(values[:-2, 1:-1] - 2 * values[1:-1, 1:-1] + values[2:, 1:-1])
    return np.stack([_tile_means(along, tile).ravel() for along in (along_x, along_y)])


def _sharpness(luma: NDArray[np.uint8], noise: float) -> float:
    """Fine detail relative to coarse detail in the sharpest tiles, the worse of the two directions.

    A sharp edge has as much second difference at this scale as at half of it, a blurred one has
    less; noise is taken off both. Motion blurs one direction only, so the worse direction counts.
    """
    tile = 32 if max(luma.shape) > 512 else 16
    if min(luma.shape) < 2 * tile + 4:
        return 1.0
    values = luma.astype(np.float32)
    fine = _second_differences(values, tile)
    coarse = _second_differences(_tile_means(values, 2), tile // 2)
    count = min(fine.shape[1], coarse.shape[1])
    fine, coarse = fine[:, :count], coarse[:, :count]
    floor = noise * np.sqrt(6 * 2 / np.pi)  # of a second difference of white noise
    fine = np.sqrt(np.maximum(fine**2 - floor**2, 0))
    coarse = np.sqrt(np.maximum(coarse**2 - (floor / 2) ** 2, 0))
    worst = []
    for direction in range(2):
        edges = coarse[direction] > max(2.0, floor)
        if edges.sum() < 3:
            continue
        ratio = fine[direction][edges] / coarse[direction][edges]
        worst.append(float(np.quantile(ratio, 0.9)))
    return min(worst) if worst else 1.0


def _blockiness(luma: NDArray[np.uint8]) -> float:
    """Steps across the strongest of the eight possible grid positions relative to the other seven.

    A step is what the first difference has beyond its neighbours. After Wang, Bovik and Evan, "Blind
    measurement of blocking artifacts in images" (2000).
    """
    ratios = []
    for plane in (luma, luma.T):
        if plane.shape[1] < 4 * _GRID or plane.shape[0] < _GRID:
            continue
        step = np.abs(np.diff(plane.astype(np.int16), axis=1)).mean(axis=0)
        excess = step[1:-1] - (step[:-2] + step[2:]) / 2
        whole = len(excess) // _GRID * _GRID
        phases = excess[:whole].reshape(-1, _GRID).mean(axis=0)
        ratios.append(float(phases.max() / (step.mean() + 0.5)))
    return 1.0 + max(0.0, float(np.mean(ratios))) if ratios else 1.0


def _detail(luma: NDArray[np.uint8]) -> float:
    """Share of the band of frequencies, 0..1, that stands above the floor of the spectrum."""
    side = min(512, *luma.shape)
    if side < 32:
        return 1.0
    top, left = (luma.shape[0] - side) // 2, (luma.shape[1] - side) // 2
    window = np.hanning(side).astype(np.float32)
    crop = luma[top : top + side, left : left + side].astype(np.float32)
    power = np.abs(np.fft.rfft2((crop - crop.mean()) * window[:, None] * window[None, :])) ** 2
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    bins = np.minimum((radius * 64).astype(np.int64), 32)
    rings = np.bincount(bins.ravel(), power.ravel()) / np.maximum(np.bincount(bins.ravel()), 1)
    floor = side * side * (3 / 8) ** 2 / 12 * 4  # the power of rounding to whole grey levels, four times
    filled = np.flatnonzero(rings[:32] > floor)
    return float((filled[-1] + 1) / 32) if len(filled) else 0.0


def _colourfulness(picture: Image.Image) -> float:
    """Hasler and Suesstrunk, "Measuring colourfulness in natural images" (2003)."""
    small = picture.resize((64, 64), Image.Resampling.BOX, reducing_gap=2.0)
    red, green, blue = np.moveaxis(np.asarray(small, dtype=np.float32), 2, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    return spread + 0.3 * float(np.hypot(red_green.mean(), yellow_blue.mean()))
