"""Thumbnails, and model inputs that equal what open_clip's own preprocessing makes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organizer.media.decode import decode_file, load_upright
from organizer.media.reading import stamp_of
from organizer.media.scaled import fitted, least_longest_side, model_input, thumbnail_of
from organizer.models.torchvision_cure import ensure_torchvision
from organizer.records import THUMBNAIL_SIDE, InputSpec

NO_NORMALISATION = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
PHOTOS = (
    "camera/metadata-extractor__jpg__Apple_iPhone_5.jpg",
    "camera/metadata-extractor__jpg__Apple_iPhone_6.jpg",
    "orientation/exif-orientation__Landscape_6.jpg",
    "formats/exif-samples__jpg__Reconyx_HC500_Hyperfire.jpg",
    "formats/immich-test-assets__formats__webp__denali.webp",
    "formats/metadata-extractor__heic__cheers_1440x960.heic",
    "formats/exif-samples__tiff__Tless0.tiff",
)


@pytest.fixture(scope="module")
def uprights(photos_root: Path) -> dict[str, Image.Image]:
    """The photos at full size."""
    return {name: Image.fromarray(load_upright(photos_root / name, None)) for name in PHOTOS}


@pytest.mark.parametrize(
    ("mode", "interpolation"),
    [("shortest", "bicubic"), ("squash", "bicubic"), ("longest", "bicubic"), ("shortest", "bilinear")],
)
def test_model_input_matches_open_clip(
    photos_root: Path, uprights: dict[str, Image.Image], mode: str, interpolation: str
) -> None:
    ensure_torchvision()
    from open_clip.transform import image_transform

    spec = InputSpec(224, (0.0,) * 3, (1.0,) * 3, resize_mode=mode, interpolation=interpolation)
    transform = image_transform(
        224, is_train=False, resize_mode=mode, interpolation=interpolation, **NO_NORMALISATION
    )
    for name, full in uprights.items():
        theirs = np.asarray(transform(full)).transpose(1, 2, 0) * 255
        whole = model_input(full, spec).astype(float)
        ours = decode_file(stamp_of(photos_root / name), spec).model_input
        assert ours is not None and ours.shape == (224, 224, 3) and ours.dtype == np.uint8
        assert np.abs(whole - theirs).mean() < 0.6, name  # the same pixels: rounding alone
        assert np.abs(ours - theirs).mean() < 1.0, name  # from a drafted picture
        assert np.percentile(np.abs(ours - theirs), 99) < 6, name


def test_a_wrong_spec_is_refused() -> None:
    picture = Image.new("RGB", (300, 200))
    for wrong in ({"resize_mode": "twist"}, {"interpolation": "guess"}):
        with pytest.raises(ValueError, match="unknown"):
            model_input(picture, InputSpec(224, (0.0,) * 3, (1.0,) * 3, **wrong))


def test_least_longest_side_leaves_twice_the_input() -> None:
    spec = InputSpec(224, (0.0,) * 3, (1.0,) * 3)
    assert least_longest_side((4000, 3000), spec) >= 2 * 224 * 4 / 3
    assert least_longest_side((1000, 1000), spec) == 448


def test_a_thumbnail_is_a_small_baseline_jpeg_without_metadata() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (900, 1600, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    picture.info["icc_profile"] = b"profile"
    data = thumbnail_of(picture)
    with Image.open(io.BytesIO(data)) as thumbnail:
        assert thumbnail.size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE * 9 // 16)
        assert not {"exif", "icc_profile", "progressive", "comment"} & set(thumbnail.info)


def test_small_pictures_are_not_enlarged() -> None:
    assert fitted(Image.new("RGB", (20, 10)), 384).size == (20, 10)
    assert fitted(Image.new("RGB", (4000, 2)), 384).size == (384, 1)
