"""Borders and empty corners are no picture: they are found, painted over, and hide nothing from the proof."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageOps

from organizer.analysis.candidates import FIRST_SEEN, chained, lying
from organizer.analysis.frames import painted_over, shown
from organizer.analysis.grouping import group
from organizer.media.fingerprint import turned
from organizer.results import Tier
from tests.bench.edits import EDITS
from tests.core.test_duplicates import prints_of, stacks_of, table_of, together
from tests.core.test_fingerprint import scene

FRAMED = ("turned by 5, larger", "border 4%", "border 20 px, black", "border 8%")


def test_a_border_is_hidden_and_the_picture_is_not() -> None:
    grey = np.stack([one.grey for one in prints_of([scene(1), ImageOps.expand(scene(1), 60, "white")])])
    shows = shown(grey)
    assert shows[0].all()
    assert not shows[1, :4].any() and not shows[1, :, -4:].any()
    assert shows[1, 12:-12, 12:-12].all()


def test_empty_corners_are_hidden() -> None:
    picture = EDITS["turned by 5, larger"](scene(2))
    (grey,) = (one.grey for one in prints_of([picture]))
    (shows,) = shown(grey[None])
    assert not shows[0, 0] and not shows[-1, -1] and not shows[0, -1] and not shows[-1, 0]
    assert shows[16:-16, 16:-16].all() and shows.mean() > 0.7


def test_what_is_hidden_takes_the_colour_of_what_is_beside_it() -> None:
    grey = np.full((2, 64, 64), 90, np.uint8)
    grey[0, :6] = 255
    shows = np.ones(grey.shape, bool)
    shows[0, :6] = False
    assert (painted_over(grey, shows) == 90).all()
    assert (grey[0, :6] == 255).all()
    nothing = np.zeros((1, 64, 64), bool)
    assert painted_over(grey[:1], nothing).shape == (1, 64, 64)


def test_copies_in_unlike_frames_are_one_stack() -> None:
    """White and black, narrow and wide, upright and mirrored: none is near another by its hash alone."""
    original = scene(3)
    pictures = [original, *(EDITS[name](original) for name in FRAMED), ImageOps.mirror(original)]
    prints = prints_of(pictures)
    (made,) = stacks_of(table_of(prints, [one.size for one in pictures]), prints)
    assert made.tier == Tier.SAME_PICTURE and len(made.members) == len(pictures)


def test_frames_make_no_picture_another() -> None:
    pictures = [EDITS[name](scene(seed)) for seed in (4, 5) for name in FRAMED]
    prints = prints_of(pictures)
    joined = together(stacks_of(table_of(prints, [one.size for one in pictures]), prints))
    assert not any((a <= 40) != (b <= 40) for a, b in joined)


@pytest.mark.parametrize("first", range(8))
@pytest.mark.parametrize("second", range(8))
def test_ways_are_chained_with_their_crops(first: int, second: int) -> None:
    """A point of A is found in C by way of B, whatever was turned between."""
    picture = np.random.default_rng(1).integers(0, 255, (1, 8, 8)).astype(np.uint8)
    way, begin = chained(lying(first), lying(second))
    assert (turned(turned(picture, second), first) == turned(picture, way)).all()
    np.testing.assert_allclose(begin, np.eye(3), atol=1e-9)
    crop = lying(FIRST_SEEN + 2)[1]
    assert not np.allclose(crop, np.eye(3))
    way, begin = chained(chained(lying(first), (0, crop)), lying(0))
    back, _ = chained((way, begin), lying(first if first in (0, 2) or first >= 4 else 4 - first))
    assert back == 0
    corners = np.array([[-1.0, -1, 1], [1, -1, 1], [-1, 1, 1]]).T
    assert np.abs(begin @ corners).max() == pytest.approx(np.abs(crop @ corners).max())


def test_one_surprising_pair_brings_no_two_groups_together() -> None:
    first, second = (1, 2, 3), (4, 5, 6)
    pairs = list(combinations(range(1, 7), 2))
    scores = [0.99 if {a, b} <= set(first) or {a, b} <= set(second) else 0.6 for a, b in pairs]
    scores[pairs.index((3, 4))] = 0.98
    values = np.array(pairs, np.int64), np.array(scores, np.float32)
    assert group(*values, 0.9) == [(1, 2, 3, 4, 5, 6)]
    assert group(*values, 0.9, 0.5) == [first, second]


def test_a_picture_of_one_colour_is_all_border() -> None:
    grey = np.asarray(Image.new("L", (64, 64), 255))[None]
    shows = shown(grey)
    assert painted_over(grey, shows).shape == grey.shape
