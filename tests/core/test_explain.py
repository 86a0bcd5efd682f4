"""The map of what speaks for a category lies where the object is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from organizer.analysis.explain import contrast, heat_map, seen_region
from organizer.errors import Cancelled

SIDE = 56


def redness(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A model that sees red: (N, 1)."""
    red = batch[..., 0].astype(np.float32) - batch[..., 1:].max(axis=3)
    return np.maximum(red, 0).mean(axis=(1, 2))[:, None] / 255


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 6), (6, 0), (6, 6), (3, 2)])
def test_the_hottest_cell_is_where_the_object_is(row: int, column: int) -> None:
    picture = np.full((SIDE, SIDE, 3), 90, np.uint8)
    picture[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = (250, 10, 10)
    found = heat_map(picture, redness, np.ones(1, np.float32))
    hottest = np.unravel_index(found.heat.argmax(), found.heat.shape)
    assert max(abs(hottest[0] - row), abs(hottest[1] - column)) <= 1
    assert found.heat[row, column] == pytest.approx(1.0, abs=0.05)
    assert found.heat.min() == 0.0
    assert found.strength > 0


def test_a_picture_without_the_object_has_no_heat() -> None:
    found = heat_map(np.full((SIDE, SIDE, 3), 90, np.uint8), redness, np.ones(1, np.float32))
    assert found.strength == 0
    assert not found.heat.any()


def test_the_picture_is_not_touched_and_work_can_be_stopped() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    before = picture.copy()
    heat_map(picture, redness, np.ones(1, np.float32))
    assert np.array_equal(picture, before)

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        heat_map(picture, redness, np.ones(1, np.float32), check=stop)


def test_what_a_model_sees_of_a_photo() -> None:
    assert seen_region(400, 200, "squash") == (0, 0, 1, 1)
    assert seen_region(400, 200, "shortest") == (0.25, 0, 0.5, 1)
    assert seen_region(400, 200, "longest") == (0, -0.5, 1, 2)


def test_the_direction_is_what_sets_a_category_apart() -> None:
    vectors = np.eye(3, dtype=np.float32)
    made = contrast(vectors, np.array([0, 1, 2]), np.array([1]))
    assert made.tolist() == [-0.5, 1.0, -0.5]
    with pytest.raises(ValueError, match="no prompt"):
        contrast(vectors, np.array([0, 1, 2]), np.array([7]))
