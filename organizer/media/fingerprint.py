"""Small pictures of a photo, and hashes of them, for finding and proving duplicates.

The hashes are made from the stored grey picture alone, so a new hash never needs the photos again.
Bits are signs of cosine coefficients, which makes the hash of a mirrored or turned picture a matter
of flipping and reordering bits (``turned_phashes``). Knows numpy and
Pillow's integer reduction; knows no file, no catalogue and no threshold.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.records import CHROMA_SIDE, GREY_SIDE, Fingerprint

DIHEDRAL = ("as it is", "turned 90", "turned 180", "turned 270",
            "mirrored", "mirrored, turned 90", "mirrored, turned 180", "mirrored, turned 270")  # fmt: skip
_COARSE_SIDE = 256  # cells that integer reduction leaves before the exact averaging
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, as JPEG has it


def fingerprint(upright: NDArray[np.uint8]) -> Fingerprint:
    """Fingerprint an upright sRGB picture.

    Every cell is the exact average of the area it covers, so that copies of different size agree to
    within rounding (interpolation would not: it samples).

    Args:
        upright: uint8 (H, W, 3), any size from one pixel up.

    Returns:
        Hashes and small pictures as ``records.Fingerprint`` describes them.

    Raises:
        ValueError: the array has another shape or dtype, or no pixels.
    """
    _check(upright)
    rgb = _square(upright, GREY_SIDE)
    luma = rgb @ _LUMA
    grey = np.clip(np.rint(luma), 0, 255).astype(np.uint8)
    step = GREY_SIDE // CHROMA_SIDE
    small = rgb.reshape(CHROMA_SIDE, step, CHROMA_SIDE, step, 3).mean(axis=(1, 3))
    small_luma = small @ _LUMA
    blue = 128.0 + (small[..., 2] - small_luma) * 0.564
    red = 128.0 + (small[..., 0] - small_luma) * 0.713
    chroma = np.clip(np.rint(np.stack([blue, red])), 0, 255).astype(np.uint8)
    return Fingerprint(
        phash=int(phashes(grey[None])[0]), dhash=int(dhashes(grey[None])[0]), grey=grey, chroma=chroma
    )


def phashes(greys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """64-bit perceptual hashes of N grey pictures.

    The signs of the 8x8 lowest cosine coefficients, without the constant one, whose bit goes to the
    coefficient (8, 8). After Zauner, "Implementation and benchmarking of perceptual image hash
    functions" (2010), with the sign in place of the comparison with the median: gain and offset leave
    it as it is, and mirroring negates the odd columns exactly.

    Args:
        greys: uint8 (N, GREY_SIDE, GREY_SIDE).

    Returns:
        uint64 (N,).
    """
    basis = hash_cosines(GREY_SIDE)
    return hash_bits(basis @ greys.astype(np.float32) @ basis.T)


def hash_bits(coefficients: NDArray[np.float32]) -> NDArray[np.uint64]:
    """The hashes from the cosine coefficients, float32 (N, 9, 9) -> uint64 (N,)."""
    low = coefficients[:, :8, :8].copy()
    low[:, 0, 0] = coefficients[:, 8, 8]
    return _pack(low.reshape(len(low), 64) > 0)


def dhashes(greys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """64-bit difference hashes of N grey pictures: is each of 8x8 cells darker than its right neighbour?

    Args:
        greys: uint8 (N, GREY_SIDE, GREY_SIDE).

    Returns:
        uint64 (N,).
    """
    rows = _overlaps(tuple(range(GREY_SIDE + 1)), 8)
    columns = _overlaps(tuple(range(GREY_SIDE + 1)), 9)
    cells = rows @ greys.astype(np.float32) @ columns.T
    return _pack((cells[:, :, 1:] > cells[:, :, :-1]).reshape(len(greys), 64))


def turned(planes: NDArray[np.uint8], way: int) -> NDArray[np.uint8]:
    """Squared pictures turned or mirrored.

    Args:
        planes: uint8 (..., S, S). way: an index of DIHEDRAL; turns are counter-clockwise and come
            after mirroring left to right.

    Returns:
        uint8 (..., S, S), possibly a view.
    """
    return np.rot90(planes[..., ::-1] if way >= 4 else planes, way % 4, axes=(-2, -1))


def turned_phashes(hashes: NDArray[np.uint64], way: int) -> NDArray[np.uint64]:
    """What ``phashes`` would give for the same pictures turned: moved and flipped bits.

    Exact but for coefficients that are zero (pictures with a symmetry or without texture).

    Args:
        hashes: uint64 (N,). way: an index of DIHEDRAL.

    Returns:
        uint64 (N,).
    """
    octets = np.ascontiguousarray(hashes, dtype=">u8").view(np.uint8).reshape(-1, 8)
    bits = np.unpackbits(octets, axis=1).astype(bool).reshape(-1, 8, 8)
    corner = bits[:, 0, 0].copy()
    odd = np.arange(8) % 2 == 1
    if way >= 4:
        bits = bits ^ odd[None, None, :]
    for _ in range(way % 4):
        bits = np.swapaxes(bits, 1, 2) ^ odd[None, :, None]
    bits = np.ascontiguousarray(bits)
    bits[:, 0, 0] = corner
    return _pack(bits.reshape(-1, 64))


def _check(upright: NDArray[np.uint8]) -> None:
    if upright.dtype != np.uint8 or upright.ndim != 3 or upright.shape[2] != 3 or 0 in upright.shape:
        raise ValueError(f"uint8 (H, W, 3) with pixels is needed, not {upright.dtype} {upright.shape}")


def _square(upright: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Average the picture into side x side cells; float32 (side, side, 3).

    Large pictures are first reduced by whole factors, which is quick; the edges of the reduced cells
    (the last one is narrower where the factor leaves a rest) then go into the exact averaging.
    """
    height, width = upright.shape[:2]
    factors = (max(1, width // _COARSE_SIDE), max(1, height // _COARSE_SIDE))
    coarse = upright
    if factors != (1, 1):
        coarse = np.asarray(Image.fromarray(upright).reduce(factors))
    rows = _overlaps(_edges(height, factors[1]), side)
    columns = _overlaps(_edges(width, factors[0]), side)
    values = coarse.astype(np.float32)
    narrow = np.einsum("jw,hwc->hjc", columns, values, optimize=True)
    squared: NDArray[np.float32] = np.einsum("ih,hjc->ijc", rows, narrow, optimize=True)
    return squared


def _edges(length: int, factor: int) -> tuple[int, ...]:
    return (*range(0, length, factor), length)


@cache
def hash_cosines(side: int) -> NDArray[np.float32]:
    """The nine lowest rows of the orthonormal DCT-II over ``side`` samples, float32 (9, side)."""
    samples = (np.arange(side) + 0.5) / side
    rows = np.cos(np.pi * np.arange(9)[:, None] * samples[None, :])
    rows[0] /= np.sqrt(2)
    basis: NDArray[np.float32] = (rows * np.sqrt(2 / side)).astype(np.float32)
    return basis


def _overlaps(edges: tuple[int, ...], cells: int) -> NDArray[np.float32]:
    """Share of each source cell in each of ``cells`` equal cells; float32 (cells, len(edges) - 1)."""
    source = np.asarray(edges, dtype=np.float64)
    target = np.linspace(0, source[-1], cells + 1)
    low = np.maximum(source[None, :-1], target[:-1, None])
    high = np.minimum(source[None, 1:], target[1:, None])
    shares: NDArray[np.float32] = (np.clip(high - low, 0, None) / (source[-1] / cells)).astype(np.float32)
    return shares


def _pack(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack bool (N, 64) into uint64 (N,), the first bit highest."""
    octets = np.packbits(bits, axis=1)
    return np.ascontiguousarray(octets).view(">u8").reshape(len(bits)).astype(np.uint64)
