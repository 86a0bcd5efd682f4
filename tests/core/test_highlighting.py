"""Highlights through the library: of a folder, a month, a category; picks count at once; a head has a say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organizer.errors import UsageProblem
from organizer.events import Kind, Notice
from organizer.library import HighlightQuery, Library
from organizer.models.heads import HEADS_FOLDER, Head, save_head
from organizer.paths import AppPaths
from organizer.records import ExifFacts, Measurements
from organizer.results import Categorised, Reason
from tests.catalog_samples import decoded

COUNT = 60
FINE = Measurements(0.7, 0.5, 0.5, 0.8, 0.0, 0.0, 0.0, 1.0, 40.0, 0.0)
LENGTH = 384  # of the starter's vectors


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Sixty photos in two folders, one every nine days; dogs, and a few boats; nothing wrong with any."""
    opened = Library.open(AppPaths.at(tmp_path / "catalogue"))
    writer, name = opened._catalog.writer, opened._shelf.vectors_name()
    root = writer.add_root(tmp_path / "photos").id
    for number in range(1, COUNT + 1):
        day = np.datetime64("2023-01-01") + 9 * number
        path = tmp_path / "photos" / ("inland" if number % 3 else "coast") / f"{number}.jpg"
        one = decoded(path, number, ExifFacts(taken_at=f"{day}T12:00:00"))
        apart = int.from_bytes(one.content_hash[:8], "big")  # no two look like duplicates
        looks = replace(one.fingerprint, phash=apart, dhash=apart ^ 0xF0F0F0F0F0F0F0F0)
        one = replace(one, fingerprint=looks, measurements=FINE)
        writer.save_decoded(root, one, _vector(number), name)
    writer.flush()
    ids = opened.photo_ids().tolist()
    writer.store_categories(
        [Categorised(i, "boat" if i % 6 == 0 else "dog", 0.8) for i in ids],
        generation=opened._reader.generation(Kind.CATEGORIES), model=opened._results_name(),
    )  # fmt: skip
    clean = {reason: np.zeros(COUNT, np.float32) for reason in Reason}
    writer.store_quality(
        np.sort(ids), clean, [],
        generation=opened._reader.generation(Kind.QUALITY), model=opened._results_name(),
    )  # fmt: skip
    yield opened
    opened.close()


def _vector(number: int) -> np.ndarray:
    """Of unit length; the first sixteen numbers differ from photo to photo."""
    made = np.zeros(LENGTH)
    made[:16] = np.random.default_rng(number).normal(0, 1, 16)
    return made / np.linalg.norm(made)


def ids_of(library: Library, **query: object) -> list[int]:
    return [pick.photo_id for pick in library.highlights_of(HighlightQuery(**query)).picks]  # type: ignore[arg-type]


def test_of_a_folder_a_month_and_a_category_as_many_as_are_asked_for(
    library: Library, tmp_path: Path
) -> None:
    photos = library.photos(library.photo_ids())
    coast = ids_of(library, folder=tmp_path / "photos" / "coast", count=8)
    assert len(coast) == 8 and all(photos[i].path.parent.name == "coast" for i in coast)
    view = library.highlights_of(HighlightQuery(period="2023-05", count=3))
    assert len(view.picks) == 3 and {day[:7] for day in view.days} == {"2023-05"}
    assert view.periods[0] > view.periods[-1] == "2023-01" and len(view.periods) == 18
    assert list(view.days) == sorted(view.days, reverse=True)
    assert view.categories == {"dog", "boat"}
    boats = library.highlights_of(HighlightQuery(category="boat", count=4)).picks
    assert [pick.category for pick in boats] == ["boat"] * 4
    parent = library.vocabulary().parent("dog") or ""
    assert {p.category for p in library.highlights_of(HighlightQuery(category=parent)).picks} == {"dog"}
    assert len(ids_of(library, period="2024", folder=tmp_path / "photos" / "inland", count=500)) == 13
    with pytest.raises(UsageProblem, match="no category"):
        ids_of(library, category="unicorns")


def test_a_pick_counts_at_once_and_a_reject_is_gone(library: Library) -> None:
    shown = ids_of(library, count=5)
    other = next(i for i in library.photo_ids().tolist() if i not in shown)
    library.choose([other], 1)
    library.choose([shown[0]], -1)
    now = ids_of(library, count=5)
    assert other in now and shown[0] not in now
    library.undo()
    library.undo()
    assert ids_of(library, count=5) == shown


def test_what_is_kept_of_the_whole_library_follows(library: Library) -> None:
    assert library.refresh_highlights() and not library.refresh_highlights()
    kept = {pick.photo_id for pick in library.highlights()}
    assert kept == set(ids_of(library)) and library.counts().highlights == len(kept)
    other = next(i for i in library.photo_ids().tolist() if i not in kept)
    library.choose([other], 1)
    assert library.refresh_highlights()
    assert other in {pick.photo_id for pick in library.highlights()}


def test_taste_is_learnt_from_picks_and_its_agreement_is_told(library: Library) -> None:
    assert library.highlights_of().needed == 8 and library.highlights_of().agreement is None
    along = {i: float(_vector(i)[0]) for i in library.photo_ids().tolist()}
    order = sorted(along, key=along.__getitem__)
    library.choose(order[-16::2], 1)
    library.choose(order[:16:2], -1)
    view = library.highlights_of(HighlightQuery(count=20))
    assert (view.picked, view.rejected) == (8, 8)
    assert view.agreement is not None and view.agreement > 0.8 and view.say > 0.25
    decided = {*order[-16::2], *order[:16:2]}
    open_ones = [i for i in order if i not in decided]
    chosen = [pick.photo_id for pick in view.picks if pick.photo_id in open_ones]
    assert np.mean([along[i] for i in chosen]) > np.mean([along[i] for i in open_ones]) + 0.05
    assert any("like photos that you pick" in pick.why for pick in view.picks)


def test_a_head_makes_highlights_and_stacks_stale_and_changes_what_is_shown(
    library: Library, tmp_path: Path
) -> None:
    library.analyse({Kind.HIGHLIGHTS, Kind.DUPLICATES})
    before = ids_of(library, count=6)
    assert library.stale_kinds().isdisjoint({Kind.HIGHLIGHTS, Kind.DUPLICATES})
    weight = np.zeros(LENGTH, np.float32)
    weight[3] = 1.0
    file = library.paths.models / HEADS_FOLDER / "starter.safetensors"
    revision = library._shelf.spec().revision
    save_head(Head(weight, 0.0, -0.5, 0.5, "starter", revision), file)
    assert {Kind.HIGHLIGHTS, Kind.DUPLICATES} <= library.stale_kinds()
    assert Kind.CATEGORIES not in library.stale_kinds() and Kind.QUALITY not in library.stale_kinds()
    view = library.highlights_of(HighlightQuery(count=6))
    after = [pick.photo_id for pick in view.picks]
    assert view.looks == "head" and after != before
    assert np.mean([_vector(i)[3] for i in after]) > np.mean([_vector(i)[3] for i in before]) + 0.1
    assert any("pleasing to look at" in pick.why for pick in view.picks)
    library.analyse({Kind.DUPLICATES})
    assert library.stale_kinds().isdisjoint({Kind.HIGHLIGHTS, Kind.DUPLICATES})
    file.unlink()
    assert Kind.HIGHLIGHTS in library.stale_kinds() and ids_of(library, count=6) == before


def test_a_head_that_does_not_fit_is_told_and_costs_nothing_else(library: Library) -> None:
    before = ids_of(library, count=6)
    told: list[str] = []
    library.subscribe(lambda event: told.append(event.sentence) if isinstance(event, Notice) else None)
    file = library.paths.models / HEADS_FOLDER / "starter.safetensors"
    save_head(Head(np.ones(LENGTH, np.float32), 0.0, 0.0, 1.0, "another-model"), file)
    assert ids_of(library, count=6) == before
    assert told == ["“starter.safetensors” belongs to the model another-model, not to starter."]
    save_head(Head(np.ones(7, np.float32), 0.0, 0.0, 1.0, "starter"), file)
    assert ids_of(library, count=6) == before
    assert told[-1] == "“starter.safetensors” is made for vectors of 7 numbers; starter gives 384."


def test_an_empty_library_has_no_highlights_and_nothing_to_refresh(tmp_path: Path) -> None:
    empty = Library.open(AppPaths.at(tmp_path / "empty"))
    try:
        assert empty.highlights_of().picks == () and not empty.refresh_highlights()
        assert empty.highlights_of(HighlightQuery(count=5, period="2024")).picks == ()
    finally:
        empty.close()
