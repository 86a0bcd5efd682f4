"""Which files are photos: by name, and by content whatever the name."""

from __future__ import annotations

from pathlib import Path

import pytest

from organizer.media.formats import PHOTO_SUFFIXES, SNIFF_BYTES, Kind, is_photo_name, sniff


@pytest.mark.parametrize(
    "name", ["a.jpg", "B.JPEG", "가족 사진.HEIC", "🎉.png", "x.y.NEF", "scan.tiff", "c.Cr3"]
)
def test_photo_names(name: str) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize(
    "name", ["a.txt", "jpg", ".jpg", "._a.jpg", ".hidden.png", "film.mp4", "a.jpg.part", "p.psd"]
)
def test_other_names(name: str) -> None:
    assert not is_photo_name(name)


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in PHOTO_SUFFIXES)


@pytest.mark.parametrize(
    ("head", "suffix", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", ".png", Kind.JPEG),
        (b"\x89PNG\r\n\x1a\n", ".jpg", Kind.PNG),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp", Kind.WEBP),
        (b"RIFF\x10\0\0\0AVI LIST", ".webp", None),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", ".jpg", Kind.ISO_MEDIA),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", ".heic", Kind.ISO_MEDIA),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", ".heic", None),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  \0\0\0\0", ".heic", None),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", ".cr3", Kind.RAW),
        (b"II*\0\x08\0\0\0", ".tif", Kind.TIFF),
        (b"MM\0*\0\0\0\x08", ".nef", Kind.RAW),
        (b"II*\0\x10\0\0\0CR\x02\0", ".tif", Kind.RAW),
        (b"FUJIFILMCCD-RAW 0201", ".raf", Kind.RAW),
        (b"IIRS\x08\0\0\0", ".orf", Kind.RAW),
        (b"GIF89a", ".gif", Kind.GIF),
        (b"BM6\0\0\0", ".bmp", Kind.BMP),
        (b"%PDF-1.7", ".jpg", None),
        (b"8BPS\0\x01", ".jpg", None),
        (b"\0\0\0\x0cjP  \r\n\x87\n", ".jpg", None),
        (b"", ".jpg", None),
    ],
)
def test_content_decides(head: bytes, suffix: str, kind: Kind | None) -> None:
    assert sniff(head, suffix) is kind


def test_every_photo_of_the_formats_set_is_recognised(photos_root: Path) -> None:
    files = sorted((photos_root / "formats").iterdir())
    assert files
    unknown = [f.name for f in files if sniff(f.read_bytes()[:SNIFF_BYTES], f.suffix) is None]
    assert unknown == []
    assert all(is_photo_name(f.name) for f in files)
