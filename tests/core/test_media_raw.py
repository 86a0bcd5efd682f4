"""Raw files: the camera's preview, a development where there is none, and the facts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.errors import MediaError, MediaReason
from organizer.media.decode import decode_bytes, decode_file
from organizer.media.reading import stamp_of
from organizer.records import InputSpec
from tests.core.dng_file import dng_bytes

WIDTH, HEIGHT = 1500, 1000


@pytest.fixture(scope="module")
def scene() -> NDArray[np.uint8]:
    """Dark blue at the top left, red grows to the right and green to the bottom."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    channels = [x * 255 // WIDTH, y * 255 // HEIGHT, np.full_like(x, 60)]
    return np.stack(channels, axis=2).astype(np.uint8)


def corners(picture: NDArray[np.uint8]) -> list[tuple[bool, bool]]:
    """(red is high, green is high) at top left, top right, bottom left, bottom right."""
    ends = [picture[at] for at in ((20, 20), (20, -20), (-20, 20), (-20, -20))]
    return [(bool(end[0] > 128), bool(end[1] > 128)) for end in ends]


UPRIGHT_CORNERS = {
    1: [(False, False), (True, False), (False, True), (True, True)],
    3: [(True, True), (False, True), (True, False), (False, False)],
    6: [(False, True), (False, False), (True, True), (True, False)],
    8: [(True, False), (True, True), (False, False), (False, True)],
}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("preview_side", [None, 300, 1200])
def test_a_raw_photo_stands_upright(
    scene: NDArray[np.uint8], orientation: int, preview_side: int | None
) -> None:
    data = dng_bytes(scene, preview_side=preview_side, orientation=orientation)
    picture = decode_bytes(data, ".dng", side=1024)
    assert picture.format == "RAW"
    assert (picture.width, picture.height) == ((WIDTH, HEIGHT) if orientation in (1, 3) else (HEIGHT, WIDTH))
    assert picture.facts.orientation == orientation
    assert corners(np.asarray(picture.image)) == UPRIGHT_CORNERS[orientation]
    # the preview where it is large enough, else the sensor at half size
    assert max(picture.image.size) == (1200 if preview_side == 1200 else WIDTH // 2)


def test_a_preview_that_the_camera_turned_is_not_turned_again(scene: NDArray[np.uint8]) -> None:
    data = dng_bytes(scene, preview_side=1200, orientation=6, turned_preview=True)
    assert corners(np.asarray(decode_bytes(data, ".dng", side=1024).image)) == UPRIGHT_CORNERS[6]


def test_facts_of_a_raw_photo(scene: NDArray[np.uint8], tmp_path: Path) -> None:
    file = tmp_path / "one.DNG"
    file.write_bytes(dng_bytes(scene, preview_side=1200, orientation=6))
    decoded = decode_file(stamp_of(file), InputSpec(224, (0.5,) * 3, (0.5,) * 3))
    facts = decoded.exif
    assert facts.taken_at == "2021-05-06T07:08:09+09:00"
    assert facts.camera == "Example Sensor One"
    assert (facts.iso, facts.exposure_s, facts.aperture, facts.focal_mm) == (400, 1 / 250, 2.8, 50.0)
    assert decoded.pixel_hash is None
    assert decoded.model_input is not None and decoded.model_input.shape == (224, 224, 3)


def test_a_jpeg_under_a_raw_files_name_is_a_jpeg(photos_root: Path) -> None:
    file = photos_root / "formats" / "metadata-extractor__nef__Issue_247-1.nef"
    assert decode_bytes(file.read_bytes(), ".nef", side=1024).format == "JPEG"


def test_what_libraw_does_not_know_is_unsupported() -> None:
    with pytest.raises(MediaError) as caught:
        decode_bytes(b"II*\0" + bytes(5000), ".nef", side=1024)
    assert caught.value.reason is MediaReason.UNSUPPORTED


def test_a_raw_file_that_breaks_off_gets_a_reason(scene: NDArray[np.uint8]) -> None:
    data = dng_bytes(scene, preview_side=None)
    with pytest.raises(MediaError):
        decode_bytes(data[: len(data) // 2], ".dng", side=1024)
