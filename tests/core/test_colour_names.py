"""Names of colours: plain pictures get their name, parts of pictures theirs, greys none."""

from __future__ import annotations

import numpy as np
import pytest

from organizer.analysis import colour
from organizer.media.fingerprint import fingerprint

PLAIN = {
    "red": [(255, 0, 0), (200, 20, 30), (220, 60, 50)],
    "orange": [(255, 140, 0), (240, 120, 30), (255, 165, 0)],
    "yellow": [(255, 255, 0), (240, 220, 50), (255, 215, 0)],
    "green": [(0, 128, 0), (34, 139, 34), (120, 180, 80), (60, 90, 50)],
    "blue": [(0, 0, 255), (70, 130, 200), (135, 206, 235), (30, 60, 120)],
    "purple": [(128, 0, 128), (150, 80, 180), (90, 40, 120)],
    "pink": [(255, 192, 203), (255, 105, 180), (230, 150, 160)],
    "brown": [(139, 69, 19), (100, 70, 40), (150, 110, 70), (90, 60, 40)],
    "black": [(0, 0, 0), (25, 25, 28)],
    "white": [(255, 255, 255), (235, 235, 230)],
    None: [(128, 128, 128), (150, 150, 145)],
}


@pytest.mark.parametrize(("name", "rgb"), [(name, rgb) for name, many in PLAIN.items() for rgb in many])
def test_plain_pictures(name: str | None, rgb: tuple[int, int, int]) -> None:
    made = fingerprint(np.full((40, 50, 3), rgb, np.uint8))
    shares = colour.shares(made.grey[None], made.chroma[None])
    assert shares.shape == (1, 10)
    assert colour.dominant(shares[0]) == name


def test_a_part_has_its_own_colour() -> None:
    picture = np.full((80, 160, 3), 255, np.uint8)
    picture[20:60, 100:140] = (200, 20, 30)
    made = fingerprint(picture)
    whole = colour.shares(made.grey[None], made.chroma[None])[0]
    assert whole[colour.COLOURS.index("white")] > 200
    part = colour.region_shares(made.grey, made.chroma, (100 / 160, 0.25, 140 / 160, 0.75))
    assert colour.dominant(part) == "red"
    tiny = colour.region_shares(made.grey, made.chroma, (0.75, 0.5, 0.7501, 0.5001))
    assert colour.dominant(tiny) == "red"
