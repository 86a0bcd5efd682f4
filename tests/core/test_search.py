"""The measure of a search, and the vectors in memory: what counts, how evidence joins, what changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from organizer.analysis import search
from organizer.errors import UsageProblem
from organizer.events import Kind
from organizer.library.background import noun_vectors
from organizer.library.looking import cropped
from organizer.library.places import load_places
from organizer.library.scored import Scored, merged, positions
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
    found = search.looks(photos @ words, mean, spread)
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
    assert (search.looks(photos @ beach, mean, spread) > 3).all()


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


def test_whether_anything_fits_is_asked_of_the_best_photo_and_which_of_each() -> None:
    numbers = search.Calibration(cut=3.0, sure=4.0, grows=0.5)
    deviations = np.array([1.0, 3.1, 3.9, 2.0], np.float32)
    assert not search.fitting(deviations, numbers).any()
    deviations[3] = 4.1
    assert search.fitting(deviations, numbers).tolist() == [False, True, True, True]
    many = np.concatenate([deviations, np.zeros(9_996, np.float32)])
    assert not search.fitting(many, numbers).any()  # chance alone carries one of ten thousand so high
    many[0] = 5.1
    assert np.flatnonzero(search.fitting(many, numbers)).tolist() == [0, 1, 2, 3]
    assert len(search.fitting(np.zeros(0, np.float32), numbers)) == 0


def test_several_questions_in_one_pass_get_the_same_answers() -> None:
    draw = np.random.default_rng(8)
    photos, wanted = unit(draw.standard_normal((1000, 32))), unit(draw.standard_normal((3, 32)))
    for count in (1, 3):
        for one, vector in zip(search.cosines(photos, list(wanted[:count])), wanted, strict=False):
            assert one == pytest.approx(photos @ vector, abs=1e-6)
    assert search.cosines(photos, []) == []


def test_a_description_is_held_half_against_a_photos_own_background() -> None:
    cosines = np.array([0.30, 0.28], np.float32)
    mean, spread = np.array([0.2, 0.1], np.float32), np.array([0.05, 0.05], np.float32)
    whole, half = search.looks(cosines, mean, spread), search.looks(cosines, mean, spread, own=0.5)
    assert whole == pytest.approx((cosines - mean) / spread)
    none = search.looks(cosines, mean, spread, own=0.0)
    assert half == pytest.approx((whole + none) / 2, abs=1e-5)
    assert none.argmax() == 0
    assert whole.argmax() == 1


def test_the_nouns_are_many_and_each_is_there_once() -> None:
    nouns = search.load_nouns(resources_dir() / "vocabularies" / "background.toml")
    assert len(nouns) > 300
    assert len(set(nouns)) == len(nouns)
    assert all(noun == noun.strip().lower() and noun for noun in nouns)


def test_the_background_is_read_once_and_again_for_other_nouns(tmp_path: Path) -> None:
    asked: list[int] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        return unit(np.random.default_rng(len(texts)).standard_normal((len(texts), 8)))

    def ask(nouns: str, made_by: str = "m@1") -> np.ndarray:
        file = tmp_path / f"{len(nouns)}.toml"
        file.write_text(f'[nouns]\nthings = "{nouns}"\n', encoding="utf-8")
        return noun_vectors(file, made_by, encode, tmp_path / "no such file", tmp_path / "cache")

    first = ask("cup, plate")
    assert np.linalg.norm(first, axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert ask("cup, plate") == pytest.approx(first, abs=1e-3)
    assert asked == [2]
    ask("cup, plate, fork")
    ask("cup, plate", made_by="m@2")
    assert asked == [2, 3, 2]
    kept = next((tmp_path / "cache").glob("background-m@2*"))
    kept.write_bytes(b"torn")
    ask("cup, plate", made_by="m@2")
    assert asked == [2, 3, 2, 2]


def test_columns_of_scores_give_the_best_first_and_the_newer_of_equals() -> None:
    draw = np.random.default_rng(6)
    ids = draw.permutation(5000).astype(np.int64) + 1
    score = np.round(draw.random(5000), 2).astype(np.float32)
    yes = np.ones(5000, bool)
    columns = Scored(ids, score, yes, ~yes)
    wanted = sorted(zip((-score).tolist(), (-ids).tolist(), strict=True))
    for count in (1, 300, 5000, 9000):
        best = columns.best(count)
        assert list(zip((-best.score).tolist(), (-best.ids).tolist(), strict=True)) == wanted[:count]
    hit = columns.best(10).among(ids[:2500]).hits(3)
    assert [one.named for one in hit] == [True] * len(hit)
    assert len(columns.and_also(columns.rows(ids < 3))) == 5002


def test_positions_among_ascending_ids() -> None:
    rows, known = positions(np.array([2, 5, 9]), np.array([9, 1, 5, 10]))
    assert known.tolist() == [True, False, True, False]
    assert rows[known].tolist() == [2, 1]
    assert not positions(np.zeros(0, np.int64), np.array([1]))[1].any()
    among = np.arange(0, 30_000, 3)
    wanted = np.arange(29_000, 41_000)  # more of them than are there, and beyond the last
    rows, known = positions(among, wanted)
    assert wanted[known].tolist() == [one for one in range(29_000, 30_000) if one % 3 == 0]
    assert (among[rows[known]] == wanted[known]).all()


def test_two_lists_of_ids_become_one() -> None:
    some, others = np.array([1, 4, 6]), np.array([2, 4, 9])
    assert merged(some, others).tolist() == [1, 2, 4, 6, 9]
    assert merged(some, np.zeros(0, np.int64)).tolist() == merged(np.zeros(0, np.int64), some).tolist()


def test_alike_photos_stand_out_from_the_rest() -> None:
    draw = np.random.default_rng(3)
    photos = unit(draw.standard_normal((500, 64)))
    photos[:10] = unit(photos[0] + 0.2 * draw.standard_normal((10, 64)) / 8)
    found = search.alike(photos @ photos[0])
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
