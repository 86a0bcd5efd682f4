"""Laying pictures over each other: sampling through affine maps, and finding the map."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from organizer.analysis.alignment import Maps, Warp, align, equalised, reduced
from tests.core.test_fingerprint import scene

SOME_MAPS: Maps = np.array(
    [
        [[1, 0, 0], [0, 1, 0]],
        [[0.9, 0, 0.05], [0, 0.92, -0.03]],
        [[1.1, 0.08, 0], [-0.07, 1.05, 0.1]],
    ],
    np.float64,
)


def pictures(count: int, side: int = 64) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    seen = [np.asarray(scene(seed).convert("L").resize((side, side)), np.float32) for seed in range(count)]
    return np.stack(seen)


@pytest.mark.parametrize("side", [16, 64])
def test_samples_are_those_of_a_library(side: int) -> None:
    planes = pictures(len(SOME_MAPS))
    lay = Warp(SOME_MAPS, 64, side)
    laid = lay(planes)
    axis = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(axis, axis)
    for plane, map_, result, inside in zip(planes, SOME_MAPS, laid, lay.inside, strict=True):
        column, row = ((map_ @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])) + 1) * 32 - 0.5
        known = ndimage.map_coordinates(plane, [row, column], order=1, mode="nearest").reshape(side, side)
        np.testing.assert_allclose(
            result, known, atol=0.25
        )  # the last column is met to a thousandth of a cell
        reached = (np.abs(column - 31.5) <= 32) & (np.abs(row - 31.5) <= 32)
        assert (inside.ravel() == reached).mean() > 0.99


def test_one_warp_serves_many_planes_and_leaves_them_as_they_are() -> None:
    planes = pictures(3)
    before, lay = planes.copy(), Warp(SOME_MAPS, 64, 64)
    first = lay(planes)
    np.testing.assert_array_equal(lay(planes), first)
    np.testing.assert_array_equal(planes, before)
    np.testing.assert_allclose(lay(planes[:1].repeat(3, axis=0))[0], planes[0], atol=0.25)  # as it lies


@pytest.mark.parametrize("side", [64, 32, 16])
def test_cells_are_averages(side: int) -> None:
    grey = np.random.default_rng(1).integers(0, 256, (5, 64, 64)).astype(np.uint8)
    factor = 64 // side
    known = grey.reshape(5, side, factor, side, factor).mean(axis=(2, 4))
    cells = reduced(grey, side)
    np.testing.assert_allclose(cells, known, atol=1e-3)
    planes = grey.astype(np.float32)
    reduced(planes, side)[:] = 0
    assert planes.any(), "a copy was promised"


def test_a_crop_is_laid_over_its_original() -> None:
    whole = scene(4, (640, 640))
    part = whole.crop((26, 13, 627, 614))  # 26, 13 from the corner, 601 of 640 wide
    greys = np.stack([np.asarray(one.convert("L").resize((64, 64)), np.uint8) for one in (whole, part)])
    everything = np.ones((1, 64, 64), bool)
    maps, hopeful = align(
        equalised(greys[1:], everything), equalised(greys[:1], everything), everything, everything
    )
    assert hopeful.all()
    np.testing.assert_allclose(maps[0], [[601 / 640, 0, 0.02], [0, 601 / 640, -0.02]], atol=0.01)
