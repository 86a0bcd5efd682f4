"""Fingerprints: copies agree whatever their size, and hashes of turned pictures follow from one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from organizer.media.fingerprint import (
    DIHEDRAL,
    dhashes,
    fingerprint,
    phashes,
    turned,
    turned_phashes,
)
from organizer.records import CHROMA_SIDE, GREY_SIDE


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A soft random picture with large and small shapes, in colour."""
    random = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3), np.float32)
    for cells, strength in ((4, 60.0), (12, 40.0), (40, 30.0)):
        coarse = Image.fromarray((random.random((cells, cells, 3)) * 255).astype(np.uint8))
        total += (
            np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), np.float32) / 255 - 0.5
        ) * strength
    return Image.fromarray(np.clip(total + 128, 0, 255).astype(np.uint8))


def bits(first: int, second: int) -> int:
    return (first ^ second).bit_count()


def as_array(picture: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(picture.convert("RGB"))


def test_shapes_and_types_are_as_the_records_say() -> None:
    made = fingerprint(as_array(scene(1)))
    assert made.grey.shape == (GREY_SIDE, GREY_SIDE) and made.grey.dtype == np.uint8
    assert made.chroma.shape == (2, CHROMA_SIDE, CHROMA_SIDE) and made.chroma.dtype == np.uint8
    assert 0 <= made.phash < 2**64 and 0 <= made.dhash < 2**64


@pytest.mark.parametrize("size", [(1280, 960), (500, 375), (333, 251), (160, 120)])
def test_a_resized_copy_has_nearly_the_same_fingerprint(size: tuple[int, int]) -> None:
    for seed in range(4):
        whole = fingerprint(as_array(scene(seed)))
        copy = fingerprint(as_array(scene(seed).resize(size, Image.Resampling.LANCZOS)))
        assert bits(whole.phash, copy.phash) <= 2
        assert np.abs(whole.grey.astype(int) - copy.grey.astype(int)).mean() < 2.5
        assert np.abs(whole.chroma.astype(int) - copy.chroma.astype(int)).max() <= 3


def test_different_pictures_have_far_hashes() -> None:
    hashes = [fingerprint(as_array(scene(seed))).phash for seed in range(12)]
    assert min(bits(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) > 14


def test_the_average_of_every_cell_is_exact_where_the_size_does_not_divide() -> None:
    values = np.random.default_rng(3).integers(0, 256, (97, 131, 3), dtype=np.uint8)
    made = fingerprint(values)
    rows = np.repeat(values.astype(np.float64), GREY_SIDE, axis=0).reshape(GREY_SIDE, 97, 131, 3).mean(axis=1)
    cells = np.repeat(rows, GREY_SIDE, axis=1).reshape(GREY_SIDE, GREY_SIDE, 131, 3).mean(axis=2)
    expected = cells @ np.array([0.299, 0.587, 0.114])
    assert np.abs(made.grey - expected).max() <= 0.51


def test_colour_goes_to_the_chroma_alone() -> None:
    red = np.zeros((40, 40, 3), np.uint8)
    red[..., 0] = 200
    grey = np.full((40, 40, 3), 60, np.uint8)  # the same luma
    assert abs(int(fingerprint(red).grey[0, 0]) - int(fingerprint(grey).grey[0, 0])) <= 1
    assert (fingerprint(grey).chroma == 128).all()
    blue_difference, red_difference = fingerprint(red).chroma[:, 0, 0].tolist()
    assert blue_difference < 100 and red_difference > 200


@pytest.mark.parametrize("way", range(8))
def test_the_hash_of_a_turned_picture_follows_from_the_hash_alone(way: int) -> None:
    greys = np.stack([fingerprint(as_array(scene(seed))).grey for seed in range(6)])
    expected = phashes(turned(greys, way))
    assert np.bitwise_count(turned_phashes(phashes(greys), way) ^ expected).max() <= 1, DIHEDRAL[way]


def test_turning_follows_its_names() -> None:
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert (turned(picture, 1) == np.rot90(picture)).all()
    assert (turned(picture, 4) == picture[:, ::-1]).all()
    assert (turned(picture, 6) == picture[::-1]).all()  # mirrored and upside down: top to bottom


def test_exposure_leaves_the_hashes_nearly_as_they_are() -> None:
    grey = fingerprint(as_array(scene(5))).grey
    darker = (grey * 0.6 + 5).astype(np.uint8)
    both = np.stack([grey, darker])
    assert bits(*phashes(both).tolist()) <= 2
    assert bits(*dhashes(both).tolist()) <= 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (3000, 2), (7, 5)])
def test_odd_shapes_are_fingerprinted(shape: tuple[int, int]) -> None:
    made = fingerprint(np.full((*shape, 3), 77, np.uint8))
    assert set(np.unique(made.grey)) == {77}


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(wrong: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        fingerprint(wrong)  # type: ignore[arg-type]


def test_no_hashes_of_nothing() -> None:
    assert len(turned_phashes(np.empty(0, np.uint64), 5)) == 0


def test_real_photos_recompressed_and_shrunk_keep_their_hash(photos_root: Path, tmp_path: Path) -> None:
    for file in sorted((photos_root / "captioned").iterdir())[:6]:
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        picture.resize((picture.width // 2, picture.height // 2)).save(tmp_path / "copy.jpg", quality=40)
        with Image.open(tmp_path / "copy.jpg") as copy:
            assert bits(fingerprint(as_array(picture)).phash, fingerprint(as_array(copy)).phash) <= 3
