"""A glimpse of two shots: could they show one scene at all? Spares most pairs the closer comparison.

Every photo's outlines are a coarse field of edge directions, blind to exposure; two fields are laid over
each other in all small shifts at once, by their spectra. Pure functions over arrays. scipy is imported at
the first use.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from organizer.analysis.alignment import equalised, reduced, smooth

_CELLS = 15  # of the field, a side
_PADDED = 20  # so that a shift does not wrap round
_REACH = 2  # cells of shift, either way
_FAINT = 16.0  # strength of an edge that counts half
_CHUNK = 4096  # pairs at a time


def outlines(grey: NDArray[np.uint8]) -> NDArray[np.complex64]:
    """The spectra of the outlines.

    Args:
        grey: uint8 (N, 64, 64).

    Returns:
        complex64 (N, 20, 20), of fields of unit energy.
    """
    from scipy import fft

    small = reduced(grey, 32).astype(np.uint8)
    levels = smooth(equalised(small, np.ones(small.shape, bool)))
    field = (levels[:, 1:-1, 2:] - levels[:, 1:-1, :-2]) + 1j * (levels[:, 2:, 1:-1] - levels[:, :-2, 1:-1])
    cells = (field[:, ::2, ::2] + field[:, 1::2, ::2] + field[:, ::2, 1::2] + field[:, 1::2, 1::2]) / 4
    cells /= np.abs(cells) + _FAINT
    energy = np.sqrt((np.abs(cells) ** 2).sum(axis=(1, 2), keepdims=True))
    spectra: NDArray[np.complex64] = fft.fft2(
        (cells / np.maximum(energy, 1e-3)).astype(np.complex64), s=(_PADDED, _PADDED)
    )
    return spectra


def glimpse(spectra: NDArray[np.complex64], pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    """How far the outlines of pairs agree, in the shift that suits them best.

    Args:
        spectra: as ``outlines`` gives them. pairs: rows of them, int64 (P, 2).

    Returns:
        float32 (P,), -1..1.
    """
    from scipy import fft

    result = np.zeros(len(pairs), np.float32)
    shifts = np.arange(-_REACH, _REACH + 1)
    for start in range(0, len(pairs), _CHUNK):
        first, second = pairs[start : start + _CHUNK].T
        laid = fft.ifft2(spectra[first] * spectra[second].conj()).real
        result[start : start + _CHUNK] = laid[:, shifts[:, None], shifts[None, :]].max(axis=(1, 2))
    return result
