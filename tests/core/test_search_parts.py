"""Parts of photos for "find similar" of a rectangle: which counts, what is kept, what slow models cost."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from organizer.analysis import search
from organizer.events import Committed, Kind
from organizer.library import parts
from organizer.library.looking import View
from organizer.library.parts import PartShelf
from organizer.records import InputSpec

SPEC = InputSpec(size=8, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
RED = np.array([1, 0, 0], np.float32)


def jpeg(red_quarter: int | None) -> bytes:
    """A blue picture, one quarter of which may be red."""
    picture = Image.new("RGB", (64, 64), "blue")
    if red_quarter is not None:
        picture.paste("red", (32 * (red_quarter % 2), 32 * (red_quarter // 2),
                              32 * (red_quarter % 2) + 32, 32 * (red_quarter // 2) + 32))  # fmt: skip
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=95)
    return stream.getvalue()


class Eye:
    """Sees the mean colour; counts what it looked at."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.seen += len(batch)
        colours = batch.reshape(len(batch), -1, 3).mean(axis=1).astype(np.float32)
        return colours / np.linalg.norm(colours, axis=1, keepdims=True)


def test_a_photo_counts_by_its_most_alike_part_wherever_that_is() -> None:
    thumbnails = {number + 1: jpeg(number) for number in range(4)} | {5: jpeg(None), 7: b"torn"}
    shelf, eye = PartShelf(thumbnails.get), Eye()
    best = shelf.best([1, 2, 3, 4, 5, 6, 7], RED, "m", SPEC, eye)
    assert (best[:4] > 0.95).all()
    assert best[4] < 0.2
    assert best[5:].tolist() == [-1, -1]  # no thumbnail, and one that cannot be read
    seen = eye.seen
    assert shelf.best([5, 1], RED, "m", SPEC, eye)[1] > 0.95
    assert eye.seen == seen  # kept
    shelf.best([1], RED, "other model", SPEC, eye)
    assert eye.seen > seen


def test_parts_of_a_changed_photo_are_looked_at_again() -> None:
    thumbnails = {1: jpeg(None)}
    shelf, eye = PartShelf(thumbnails.get), Eye()
    assert shelf.best([1], RED, "m", SPEC, eye)[0] < 0.2
    thumbnails[1] = jpeg(2)
    assert shelf.best([1], RED, "m", SPEC, eye)[0] < 0.2
    shelf.on_event(Committed((1,), frozenset({Kind.PHOTOS})))
    assert shelf.best([1], RED, "m", SPEC, eye)[0] > 0.95


def test_a_slow_model_looks_at_the_nearest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PATIENCE", 0.0)
    shelf, eye = PartShelf(lambda _: jpeg(0)), Eye()
    assert shelf.best(range(1, 40), RED, "m", SPEC, eye).tolist() == [-1] * 39
    assert eye.seen == 0


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "KEPT", 10)
    shelf, eye = PartShelf(lambda _: jpeg(0)), Eye()
    shelf.best(range(1, 60), RED, "m", SPEC, eye)
    seen = eye.seen
    shelf.best([59], RED, "m", SPEC, eye)
    assert eye.seen == seen
    shelf.best([1], RED, "m", SPEC, eye)
    assert eye.seen > seen


def test_a_lifted_photo_rises_and_no_other_falls() -> None:
    cosines = np.linspace(0, 0.5, 200).astype(np.float32)
    nothing = np.zeros(200, np.float32)
    view = View(np.arange(1, 201), (nothing, nothing + 1), {}, cosines, search.Calibration())
    before = view.looks(with_example=True).score
    assert view.nearest(3).tolist() == [200, 199, 198]
    view.lift(np.array([150, 199]), np.array([0.9, -1.0], np.float32))
    after = view.looks(with_example=True).score
    assert after.argmax() == 149
    assert np.delete(after, 149) == pytest.approx(np.delete(before, 149))
