"""Hashes that see the picture and not its metadata."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organizer.media.decode import decode_bytes
from organizer.media.hashing import hash_of_jpeg
from tests.core.test_media_decode import encoded, scene, swapped_profile


def pixel_hash(data: bytes, suffix: str) -> bytes:
    found = decode_bytes(data, suffix, side=1024, with_hash=True).pixel_hash
    assert found is not None and len(found) == 32
    return found


def exif_with(orientation: int = 1, description: str = "") -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = description
    return exif


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def test_the_same_pixels_in_other_lossless_formats() -> None:
    forms = (("PNG", ".png"), ("BMP", ".bmp"), ("TIFF", ".tif"))
    assert len({pixel_hash(encoded(scene(), form), suffix) for form, suffix in forms}) == 1
    lossless = encoded(scene(), "WEBP", lossless=True)
    assert pixel_hash(lossless, ".webp") == pixel_hash(encoded(scene(), "PNG"), ".png")


def test_grey_is_the_same_picture_as_rgb() -> None:
    grey = scene().convert("L")
    assert pixel_hash(encoded(grey, "PNG"), ".png") == pixel_hash(encoded(grey.convert("RGB"), "PNG"), ".png")


def test_a_turned_png_equals_the_upright_one() -> None:
    turned = encoded(scene().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif_with(6))
    assert pixel_hash(turned, ".png") == pixel_hash(encoded(scene(), "PNG"), ".png")


def test_one_pixel_one_size_or_one_profile_makes_a_difference() -> None:
    changed = scene()
    changed.putpixel((3, 3), (1, 2, 3))
    plain = encoded(scene(), "PNG")
    others = [
        encoded(changed, "PNG"),
        encoded(Image.fromarray(np.asarray(scene()).reshape(160, 60, 3)), "PNG"),
        encoded(scene(), "PNG", icc_profile=swapped_profile()),
    ]
    assert len({pixel_hash(data, ".png") for data in [plain, *others]}) == 4


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_a_jpegs_metadata_does_not_count(options: dict[str, object]) -> None:
    plain = encoded(scene(), "JPEG", **options)
    edited = [
        encoded(scene(), "JPEG", exif=exif_with(description="edited"), **options),
        encoded(scene(), "JPEG", comment=b"hello \xff\xd9 there", **options),
        plain[:2] + segment(0xED, b"Photoshop 3.0\0" + bytes(300)) + plain[2:],
        plain + b"trailing film of a motion photo" * 10,
    ]
    assert {pixel_hash(data, ".jpg") for data in edited} == {pixel_hash(plain, ".jpg")}


def test_what_changes_a_jpegs_picture_counts() -> None:
    changed = scene()
    changed.paste((0, 0, 0), (40, 40, 60, 60))
    versions = [
        encoded(scene(), "JPEG"),
        encoded(scene(), "JPEG", quality=90),
        encoded(changed, "JPEG"),
        encoded(scene(), "JPEG", exif=exif_with(6)),
        encoded(scene(), "JPEG", icc_profile=swapped_profile()),
    ]
    assert len({pixel_hash(data, ".jpg") for data in versions}) == len(versions)


def test_equal_jpeg_hashes_mean_equal_pixels(photos_root: Path) -> None:
    seen: dict[bytes, bytes] = {}
    equal = 0
    for file in sorted((photos_root / "duplicates").glob("*.jp*g")):
        picture = decode_bytes(file.read_bytes(), file.suffix, side=128, with_hash=True)
        assert picture.pixel_hash is not None
        pixels = picture.image.tobytes()
        equal += picture.pixel_hash in seen
        assert seen.setdefault(picture.pixel_hash, pixels) == pixels, file.name
    assert len(seen) > 10


def test_segments_that_lead_nowhere_give_no_hash() -> None:
    data = encoded(scene(), "JPEG")
    scan = data.index(b"\xff\xda")
    assert hash_of_jpeg(data, 1, None) is not None
    for broken in (
        data[:scan],
        data[:-2],
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        data[:2] + b"\xff\xe0\0\0" + data[2:],
    ):
        assert hash_of_jpeg(broken, 1, None) is None


def test_the_hash_needs_the_picture_data_alone() -> None:
    stream = io.BytesIO()
    scene().save(stream, "JPEG")
    data = stream.getvalue()
    at = data.index(b"\xff\xda") + 40
    flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    assert hash_of_jpeg(flipped, 1, None) != hash_of_jpeg(data, 1, None)
