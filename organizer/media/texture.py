"""What lives at single pixels: noise, the grid of strong compression, and pixels that carry nothing.

Measured on a crop of the picture as it was handed over, never shrunk. Knows numpy; no file and no catalogue.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from organizer.media.edges import tile_means

GRID = 8  # JPEG's blocks
_NOISE_GAIN = float(np.sqrt(np.pi / 2) / 6)  # from the mean absolute answer of Immerkaer's mask to deviation
_BAND = 128  # bands of rows, half of which are looked at for noise
_BLOCKS = 384  # side of the part whose blocks are looked at
SPECTRUM = 256  # side of the part whose spectrum is taken
_LEAST_SPECTRUM = 160  # in smaller pictures there is no room for a spectrum
_RINGS = 32


def noise_and_flatness(luma: NDArray[np.uint8]) -> tuple[float, float]:
    """(standard deviation of the noise in grey levels, share of tiles without texture).

    Immerkaer's mask ("Fast noise variance estimation", 1996), which is blind to planes and to edges
    along the axes, taken over tiles. Tiles are chosen by their structure at a quarter of the scale,
    where noise is averaged away, so that choosing calm tiles does not choose quiet ones; of these a low
    percentile counts, because noise is everywhere and fine texture is not.
    """
    tile = 16 if min(luma.shape) >= 48 else 8
    if min(luma.shape) < 2 * tile:
        return 0.0, 0.0
    deviation, structure, level = (np.concatenate(parts) for parts in zip(*_bands(luma, tile), strict=True))
    flatness = float(np.mean((structure < 2.0) & (deviation < 2.0)))
    exposed = (level > 12) & (level < 243)
    if exposed.sum() < 4:
        return 0.0, flatness
    calm = structure[exposed] <= np.quantile(structure[exposed], 0.5)
    return float(np.quantile(deviation[exposed][calm], 0.15)), flatness


def _bands(luma: NDArray[np.uint8], tile: int) -> list[tuple[NDArray[np.float32], ...]]:
    """Deviation, structure and level of tiles; of large pictures every other band of rows."""
    height = luma.shape[0]
    step = 2 * _BAND if height >= 3 * _BAND else height
    size = _BAND if height >= 3 * _BAND else height
    return [_of_band(luma[top : top + size], tile) for top in range(0, height - 2 * tile + 1, step)]


def _of_band(luma: NDArray[np.uint8], tile: int) -> tuple[NDArray[np.float32], ...]:
    values = luma.astype(np.int16)
    across = values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:]
    mask = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
    deviation = tile_means(mask, tile) * np.float32(_NOISE_GAIN)
    rows, columns = deviation.shape
    quarter = tile_means(luma, 4)
    blocks = quarter[: rows * tile // 4, : columns * tile // 4].reshape(rows, tile // 4, columns, tile // 4)
    return deviation.ravel(), blocks.std(axis=(1, 3)).ravel(), blocks.mean(axis=(1, 3)).ravel()


def steps(luma: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Absolute differences of neighbours across columns (H, W - 1) and across rows (H - 1, W)."""
    return _apart(luma[:, 1:], luma[:, :-1]), _apart(luma[1:], luma[:-1])


def _apart(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    apart: NDArray[np.uint8] = np.maximum(first, second) - np.minimum(first, second)
    return apart


def profiles_of(stepped: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
    """The mean step at each border between columns, and between rows."""
    columns: NDArray[np.float32] = stepped[0].mean(axis=0, dtype=np.float32)
    rows: NDArray[np.float32] = stepped[1].mean(axis=1, dtype=np.float32)
    return [columns, rows]


# -- compression ------------------------------------------------------------------------------------


def _cosines() -> NDArray[np.float32]:
    """The matrix of an 8-point DCT."""
    place, order = np.arange(GRID), np.arange(GRID)[:, None]
    matrix = np.cos((2 * place + 1) * order * np.pi / (2 * GRID)) * np.sqrt(2 / GRID)
    matrix[0] /= np.sqrt(2)
    cosines: NDArray[np.float32] = matrix.astype(np.float32)
    return cosines


_DCT = _cosines()
_ORDER = np.add.outer(np.arange(GRID), np.arange(GRID))
_HEARD = (_ORDER >= 1) & (_ORDER <= GRID)  # frequencies that compression thins out and the eye still sees


def blockiness(luma: NDArray[np.uint8], profiles: list[NDArray[np.float32]]) -> float:
    """By how much blocks off the compression's grid hold more than blocks on it; about 0 without compression.

    Strong compression empties the higher frequencies of each 8x8 block, and cuts a step at its border.
    Blocks that lie across the borders therefore have what blocks on the grid lack: the mean logarithm
    of the ratio of their mean DCT amplitudes rises steadily with the compression, 0.3 at JPEG
    quality 75, 0.7 at 20, 1.0 at 5. After the calibrated blocking measure of Fan and de Queiroz,
    "Identification of bitmap compression history" (2003), taken to the DCT.

    Args:
        profiles: what ``profiles_of`` gave; they show where the grid lies.
    """
    left, top = (_grid_start(profile) for profile in profiles)
    aligned = luma[top : top + _BLOCKS, left : left + _BLOCKS]
    if min(aligned.shape) < 4 * GRID:
        return 0.0
    on, off = _amplitudes(aligned), _amplitudes(aligned[GRID // 2 :, GRID // 2 :])
    return max(0.0, float(np.log((off + 1) / (on + 1))[_HEARD].mean()))


def _grid_start(profile: NDArray[np.float32]) -> int:
    """Where the grid begins, 0..7: at the edge of the picture unless another place stands out."""
    if len(profile) < 4 * GRID:
        return 0
    excess = profile[1:-1] - np.maximum(profile[:-2], profile[2:])
    whole = len(excess) // GRID * GRID
    phases = np.median(excess[:whole].reshape(-1, GRID), axis=0)  # step k + 1 lies before pixel k + 2
    own = phases[GRID - 2]
    best = int(phases.argmax())
    return 0 if phases[best] <= 2 * max(own, 0.05) else (best + 2) % GRID


def _amplitudes(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean absolute DCT coefficients of the whole blocks; float32 (8, 8)."""
    rows, columns = luma.shape[0] // GRID, luma.shape[1] // GRID
    cut = luma[: rows * GRID, : columns * GRID].astype(np.float32)
    lines = _DCT @ cut.reshape(rows, GRID, columns * GRID)  # down the columns of each block
    blocks = np.abs(lines.reshape(-1, GRID) @ _DCT.T).reshape(rows, GRID, columns, GRID)
    means: NDArray[np.float32] = blocks.sum(axis=0).mean(axis=1) / np.float32(rows)
    return means


# -- true resolution --------------------------------------------------------------------------------


def detail(part: NDArray[np.uint8], profiles: list[NDArray[np.float32]]) -> float:
    """How much finer than its content the picture's pixels are: 1 when they are used, 1/4 when upscaled by 4.

    The smaller of two answers: the share of the spectrum that stands above the rounding to whole grey
    levels, which smooth upscaling leaves empty, and the size of repeated pixels.

    Args:
        part: uint8 (H, W), luma where the picture is sharpest, about SPECTRUM pixels square.
        profiles: what ``profiles_of`` gave.
    """
    return min(_filled_spectrum(part), 1 / _repeats(profiles))


def _repeats(profiles: list[NDArray[np.float32]]) -> float:
    """By how much pixels were repeated; 1 where they were not.

    All steps then stand on the lines of a grid, whole or broken, and their profile is a comb: one
    frequency is nearly as strong as the mean. The grid of strong compression stays below that.
    """
    sizes = []
    for profile in profiles:
        if len(profile) < 8 * GRID or profile.mean() < 0.1:
            return 1.0
        comb = np.abs(np.fft.rfft(profile)) / profile.sum()
        lowest = len(profile) // 12 + 1
        strong = np.flatnonzero(comb[lowest:] > 0.4)
        sizes.append(len(profile) / (lowest + strong[0]) if len(strong) else 1.0)
    return float(min(sizes))


@lru_cache(maxsize=8)
def _rings(side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ring of frequencies that each place of a spectrum lies in, and how many lie in each ring."""
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    ring = np.minimum((radius * 2 * _RINGS).astype(np.int64), _RINGS).ravel()
    return ring, np.maximum(np.bincount(ring), 1)


def _filled_spectrum(luma: NDArray[np.uint8]) -> float:
    """Share of the band of frequencies, 0..1, above the floor."""
    side = min(SPECTRUM, *luma.shape)
    if side < _LEAST_SPECTRUM:
        return 1.0
    window = np.hanning(side).astype(np.float32)
    values = luma[:side, :side].astype(np.float32)
    values = (values - values.mean()) * window[:, None] * window[None, :]
    power = np.abs(np.fft.rfft2(values)) ** 2
    ring, count = _rings(side)
    rings = np.bincount(ring, np.log(power.ravel() + 1e-3)) / count
    floor = np.log(side * side * (3 / 8) ** 2 / 12 * 4)  # the power of rounding to whole levels, four times
    filled = np.flatnonzero(rings[:_RINGS] > floor)
    share = float((filled[-1] + 1) / _RINGS) if len(filled) else 0.0
    return share if share > 0.1 else 1.0  # an empty spectrum is an empty picture, not an upscaled one
