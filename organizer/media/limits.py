"""How much memory one picture may take, and whether a picture would need more.

The limit is sized from the machine's memory, so that a picture which a large computer opens is
refused with a reason on a small one, before anything is allocated.
"""

from __future__ import annotations

import os

from organizer.errors import MediaError, MediaReason

MIB = 1 << 20
ASSUMED_MEMORY = 4096 * MIB  # where the system does not say how much it has
SMALLEST_LIMIT = 1024 * MIB
LARGEST_LIMIT = 6144 * MIB

BYTES_PER_PIXEL = 20
"""Peak need of a decoded pixel: the decoder's own buffer, Pillow's four bytes, a copy for the
orientation and one for the colours. Measured peaks lie between 8 (JPEG) and 18 (HEIF with alpha)."""
COEFFICIENT_BYTES = 6
"""A progressive JPEG keeps all coefficients of the full size in memory, also when it is drafted."""


def physical_memory() -> int:
    """Bytes of memory in this machine, or a careful guess where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return ASSUMED_MEMORY


def default_memory_limit(processes: int) -> int:
    """Bytes one decode process may use when `processes` of them run at once: half the memory, shared."""
    share = physical_memory() // 2 // max(processes, 1)
    return min(max(share, SMALLEST_LIMIT), LARGEST_LIMIT)


def check_need(decoded_pixels: int, full_pixels: int, *, progressive: bool, limit: int) -> None:
    """Refuse a picture before it is decoded.

    Args:
        decoded_pixels: at the scale it will be decoded at. full_pixels: as the header says.
        progressive: a progressive JPEG. limit: bytes.

    Raises:
        MediaError: TOO_LARGE.
    """
    need = decoded_pixels * BYTES_PER_PIXEL + (full_pixels * COEFFICIENT_BYTES if progressive else 0)
    if need > limit:
        raise MediaError(
            f"The picture has {full_pixels / 1e6:,.0f} megapixels, more than this computer's memory allows.",
            MediaReason.TOO_LARGE,
            detail=f"needs {need // MIB} MiB, limit {limit // MIB} MiB",
        )
