"""Which files are photos: by name for the scan, by their first bytes for the decoder.

Only formats on the allow-list are ever given to a decoder, whatever a file is called. Knows nothing
of pixels.
"""

from __future__ import annotations

from enum import Enum

PILLOW_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif")
) | frozenset((".heic", ".heif", ".hif", ".heics", ".heifs", ".tif", ".tiff", ".gif", ".bmp", ".dib"))
RAW_SUFFIXES = (
    frozenset(
        (
            ".3fr",
            ".arw",
            ".cr2",
            ".cr3",
            ".crw",
            ".dcr",
            ".dng",
            ".erf",
            ".fff",
            ".iiq",
            ".k25",
            ".kdc",
            ".mef",
        )
    )
    | frozenset(
        (".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf")
    )
    | frozenset((".srw", ".x3f"))
)
PHOTO_SUFFIXES = PILLOW_SUFFIXES | RAW_SUFFIXES
"""Lower-case suffixes, with the dot, of the files that a scan takes for photos."""

SNIFF_BYTES = 64  # how much of the head `sniff` looks at


class Kind(Enum):
    """What a file's first bytes say it is; the value names Pillow's decoders for it."""

    JPEG = ("JPEG",)
    PNG = ("PNG",)
    WEBP = ("WEBP",)
    ISO_MEDIA = ("AVIF", "HEIF")
    TIFF = ("TIFF",)
    GIF = ("GIF",)
    BMP = ("BMP",)
    RAW = ()


_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW_MAGICS = (
    b"FUJIFILMCCD-RAW",  # RAF
    b"IIRO", b"IIRS", b"MMOR",  # ORF
    b"IIU\0",  # RW2
    b"\0MRM",  # MRW
    b"FOVb",  # X3F
    b"II\x1a\0\0\0HEAPCCDR",  # CRW
)  # fmt: skip
_STILL_BRANDS = frozenset(
    (
        b"avif",
        b"avis",
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"msf1",
    )
)


def is_photo_name(name: str) -> bool:
    """Whether a file of this name is worth opening; hidden files and AppleDouble twins are not."""
    dot = name.rfind(".")
    return dot > 0 and not name.startswith(".") and name[dot:].lower() in PHOTO_SUFFIXES


def sniff(head: bytes, suffix: str) -> Kind | None:
    """The kind of picture in a file, or None for anything that is not on the allow-list.

    Args:
        head: the first SNIFF_BYTES bytes (fewer where the file is shorter).
        suffix: of the file's name, with the dot; raw files of many makers begin like a TIFF, and
            only the name tells them apart.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head[4:8] == b"ftyp":
        return _iso_media_kind(head)
    if head.startswith(_RAW_MAGICS):
        return Kind.RAW
    if head.startswith(_TIFF_MAGICS):
        is_raw = suffix.lower() in RAW_SUFFIXES or head[8:10] == b"CR"
        return Kind.RAW if is_raw else Kind.TIFF
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Kind.GIF
    if head.startswith(b"BM"):
        return Kind.BMP
    return None


def _iso_media_kind(head: bytes) -> Kind | None:
    """HEIF and AVIF share a container with films and Canon's CR3: the brands tell them apart."""
    if head[8:12] == b"crx ":
        return Kind.RAW
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, end - 3, 4)}
    return Kind.ISO_MEDIA if brands & _STILL_BRANDS else None
