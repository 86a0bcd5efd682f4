"""The measure of a search, and the vectors in memory: what counts, how evidence joins, what changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from organizer.analysis import search
from organizer.errors import UsageProblem
from organizer.events import Kind
from organizer.library.looking import cropped
from organizer.library.places import load_places
from organizer.library.vectors import VectorShelf
from organizer.paths import AppPaths, resources_dir
from tests.catalog_samples import decoded, open_catalog

CALIBRATION = resources_dir() / "calibration" / "search.toml"


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def test_a_photo_is_measured_against_its_own_background() -> None:
    draw = np.random.default_rng(1)
    phrases, photos = unit(draw.standard_normal((200, 64))), unit(draw.standard_normal((9000, 64)))
    mean, spread = search.background(photos, phrases)
    assert mean == pytest.approx((photos @ phrases.T).mean(1), abs=1e-5)
    words = unit(photos[17] + 0.3 * unit(draw.standard_normal(64)))
    found = search.looks(photos, mean, spread, words)
    assert int(found.argmax()) == 17
    assert found[17] > 5
    assert abs(float(np.median(found))) < 0.5


def test_a_library_of_one_kind_is_found_all_the_same() -> None:
    """The measure is the photo's own: it does not matter that all others fit as well."""
    draw = np.random.default_rng(2)
    phrases = unit(draw.standard_normal((200, 64)))
    beach = unit(draw.standard_normal(64))
    photos = unit(beach + 0.1 * draw.standard_normal((50, 64)))
    mean, spread = search.background(photos, phrases)
    assert (search.looks(photos, mean, spread, beach) > 3).all()


def test_scores_rise_and_are_one_half_at_the_cut() -> None:
    deviations = np.linspace(-40, 40, 81).astype(np.float32)
    scores = search.certainty(deviations, cut=3.0, spread=0.6)
    assert (np.diff(scores) >= 0).all()
    assert scores[43] == pytest.approx(0.5)
    assert search.certainty(np.array([3.6], np.float32), 3.0, 0.6)[0] == pytest.approx(0.75)


def test_two_kinds_of_evidence_stand_above_one() -> None:
    look, name = np.array([0.8, 0.8, 0.0], np.float32), np.array([0.7, 0.0, 0.7], np.float32)
    both = search.joined(look, name)
    assert both[0] > both[1] > both[2] > 0


def test_alike_photos_stand_out_from_the_rest() -> None:
    draw = np.random.default_rng(3)
    photos = unit(draw.standard_normal((500, 64)))
    photos[:10] = unit(photos[0] + 0.2 * draw.standard_normal((10, 64)) / 8)
    found = search.alike(photos, photos[0])
    assert (found[:10] > 4).all()
    assert (found[10:] > 4).mean() < 0.01


def test_every_model_has_numbers() -> None:
    assert search.load_calibration(CALIBRATION, "starter").cut > 1
    assert search.load_calibration(CALIBRATION, "never-seen") == search.load_calibration(CALIBRATION, "other")


def test_parts_of_pictures() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    assert cropped(pixels, (0.25, 0.5, 0.75, 1.0)).shape == (50, 100, 3)
    assert cropped(pixels, (0.5, 0.5, 0.5001, 0.5001)).shape == (1, 1, 3)
    assert cropped(pixels, (-1, -1, 2, 2)).shape == pixels.shape
    for outside in ((1.0, 0, 1.5, 1), (0.5, 0.5, 0.5, 0.9), (0.6, 0, 0.4, 1)):
        with pytest.raises(UsageProblem):
            cropped(pixels, outside)


def test_vectors_follow_what_is_committed(tmp_path: Path) -> None:
    with open_catalog(AppPaths.at(tmp_path / "catalogue")) as catalog:
        shelf = VectorShelf(catalog.reader)
        catalog.subscribe(shelf.on_event)
        root = catalog.writer.add_root(tmp_path)
        draw = np.random.default_rng(5)

        def add(number: int) -> int:
            vector = unit(draw.standard_normal(8))
            saved = catalog.writer.save_decoded(
                root.id, decoded(tmp_path / f"{number}.jpg", number), vector, "m"
            )
            catalog.writer.flush()
            return int(saved.result())

        ids = [add(number) for number in range(4)]
        with shelf.held("m") as known:
            assert sorted(known.ids.tolist()) == ids
            mean, _ = known.background(lambda: unit(draw.standard_normal((50, 8))))
            assert np.isfinite(mean).all()
        ids.append(add(4))
        with shelf.held("m") as known:
            assert sorted(known.ids.tolist()) == ids
            assert known.background(lambda: unit(draw.standard_normal((50, 8))))[0].shape == (5,)
            stored = dict(zip(*catalog.reader().vectors("m"), strict=True))
            for photo_id, row in known.row.items():
                assert known.vectors[row] == pytest.approx(stored[photo_id].astype(np.float32), abs=1e-2)
        with shelf.held("other") as known:
            assert len(known) == 0
        catalog.writer.remove_root(root.id)
        catalog.writer.mark_stale((Kind.PHOTOS,))
        with shelf.held("m") as known:
            assert len(known) == 0


def test_places_have_sensible_positions() -> None:
    places = load_places(resources_dir() / "vocabularies" / "places.toml")
    assert len(places) > 150
    assert places["서울"] == places["seoul"]
    for name, place in places.items():
        assert -60 < place.latitude < 70, name
        assert -180 <= place.longitude <= 180, name
        assert 5 <= place.km <= 400, name
        assert name == name.lower(), name
