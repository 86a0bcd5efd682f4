"""Mutilated photos: whatever happens to the bytes, the answer is a picture or a reason."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from organizer.errors import MediaError
from organizer.media.decode import decode_bytes
from organizer.media.exif import written_date
from organizer.media.formats import is_photo_name
from organizer.media.hashing import hash_of_jpeg
from organizer.media.xmp import xmp_facts
from tests.core.test_media_exif import full_exif

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MIB = 1 << 20


def _seeds() -> dict[str, bytes]:
    noise = np.random.default_rng(5).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    made = {}
    forms = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF", ".gif": "GIF", ".bmp": "BMP", ".webp": "WEBP"}
    for suffix, form in forms.items():
        stream = io.BytesIO()
        extra = {"exif": full_exif().tobytes()} if form in ("JPEG", "PNG", "WEBP") else {}
        image.save(stream, form, **extra)  # type: ignore[arg-type]
        made[suffix] = stream.getvalue()
    return made


SEEDS = _seeds()


@FEW
@given(
    suffix=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)), max_size=6
    ),
    kept=st.one_of(st.just(1.0), st.floats(0.02, 1)),
)
def test_a_mutilated_photo_is_a_picture_or_a_reason(
    suffix: str, changes: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(SEEDS[suffix])
    for place, new in changes:
        at = 4 + int(place * (len(data) - 4))
        data[at : at + len(new)] = new
    try:
        picture = decode_bytes(
            bytes(data[: int(len(data) * kept)]), suffix, side=1024, memory_limit=64 * MIB, with_hash=True
        )
    except MediaError as error:
        assert str(error).endswith(".")
    else:
        assert picture.image.mode == "RGB"
        assert min(picture.image.size) >= 1
        assert 1 <= picture.facts.orientation <= 8


@FEW
@given(st.binary(max_size=300))
def test_any_bytes_after_a_jpegs_head_can_be_hashed_or_not(tail: bytes) -> None:
    found = hash_of_jpeg(b"\xff\xd8\xff" + tail, 1, None)
    assert found is None or len(found) == 32


@FEW
@given(st.text(max_size=40), st.text(max_size=6), st.text(max_size=8))
def test_any_text_is_a_date_or_none(written: str, fraction: str, offset: str) -> None:
    found = written_date(written, fraction, offset)
    assert found is None or (found[4] == "-" and "T" in found)


@FEW
@given(st.binary(max_size=200))
def test_any_packet_gives_facts_in_range(packet: bytes) -> None:
    rating = xmp_facts(b'<x xmp:Rating="' + packet + b'"/>').rating
    assert rating is None or 0 <= rating <= 5


@given(st.text())
def test_any_name_is_judged(name: str) -> None:
    assert is_photo_name(name) in (True, False)
