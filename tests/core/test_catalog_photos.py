"""Photos in the catalogue: what is stored comes back, and what moves, changes or goes is followed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organizer.catalog import Catalog
from organizer.errors import MediaReason, UsageProblem
from organizer.events import RESULT_KINDS, Committed, Kind
from organizer.records import ExifFacts, FileStamp, Unreadable
from organizer.results import Caption, Categorised
from tests.catalog_samples import MTIME_NS, ROOT, add, content, decoded, hash_of


@pytest.fixture
def root_id(catalog: Catalog) -> int:
    return catalog.writer.add_root(ROOT).id


def test_everything_decoded_comes_back(catalog: Catalog, root_id: int) -> None:
    exif = ExifFacts(
        "2024-05-01T10:00:00.25+09:00", "Canon", "50mm", 100, 0.01, 2.8, 50.0, 37.5, 127.0, 12.0, 6, 4, "Sea"
    )
    made = decoded(ROOT / "a.jpg", 3, exif)
    (photo_id,) = add(catalog, root_id, made, model="starter")
    reader = catalog.reader()
    photo = reader.photos([photo_id])[photo_id]
    assert (photo.path, photo.size, photo.mtime_ns) == (made.stamp.path, made.stamp.size, made.stamp.mtime_ns)
    assert (photo.content_hash, photo.pixel_hash, photo.exif) == (made.content_hash, made.pixel_hash, exif)
    assert (photo.format, photo.width, photo.height, photo.missing) == ("JPEG", 403, 300, False)
    kept = reader.fingerprint(photo_id)
    assert kept is not None
    assert (kept.phash, kept.dhash) == (made.fingerprint.phash, made.fingerprint.dhash)
    assert np.array_equal(kept.grey, made.fingerprint.grey)
    assert np.array_equal(kept.chroma, made.fingerprint.chroma)
    assert reader.measurements(photo_id) == made.measurements
    assert catalog.thumbnails.get(made.content_hash) == made.thumbnail
    ids, vectors = reader.vectors("starter")
    assert ids.tolist() == [photo_id]
    assert vectors.dtype == np.float16
    assert vectors.tolist() == [[3 / 16] * 8]


def test_the_table_has_one_row_a_present_photo(catalog: Catalog, root_id: int) -> None:
    files = [
        decoded(ROOT / f"{n}.jpg", n, ExifFacts(taken_at="1970-01-02T00:00:01.5+05:00")) for n in range(4)
    ]
    ids = add(catalog, root_id, *files)
    catalog.writer.set_choice([ids[2]], -1)
    catalog.writer.mark_missing([ids[1]])
    catalog.writer.flush()
    table = catalog.reader().table(protected=[ROOT / "x", ROOT])
    assert table.ids.tolist() == [ids[0], ids[2], ids[3]]
    assert table.taken.tolist() == [86401.5] * 3
    assert table.phash.tolist() == [files[n].fingerprint.phash for n in (0, 2, 3)]
    assert table.pick.tolist() == [0, -1, 0]
    assert table.rating.tolist() == [-1, -1, -1]
    assert table.protected.all()
    assert table.measures["noise"].tolist() == pytest.approx([0.1, 2.1, 3.1])
    assert not catalog.reader().table(protected=[Path("/photo")]).protected.any()


def test_an_empty_catalogue_answers_everything(catalog: Catalog) -> None:
    reader = catalog.reader()
    assert len(reader.table()) == 0
    assert reader.vectors("starter")[1].shape == (0, 0)
    assert reader.greys([1, 2])[1].shape == (0, 64, 64)
    assert reader.photo_ids(text="sea").size == 0
    assert reader.stamps() == {}
    assert reader.counts().photos == 0
    assert reader.quality()[0].size == 0


def test_the_same_content_again_keeps_results_and_another_loses_them(catalog: Catalog, root_id: int) -> None:
    path = ROOT / "a.jpg"
    (photo_id,) = add(catalog, root_id, decoded(path, 1), model="starter")
    catalog.writer.store_categories([Categorised(photo_id, "food", 0.9)], model="starter", generation=1)
    catalog.writer.store_captions([Caption(photo_id, "a plate", "labels")], generation=1)
    touched = replace(decoded(path, 1), stamp=FileStamp(path, 7, MTIME_NS + 99))
    assert add(catalog, root_id, touched) == [photo_id]
    reader = catalog.reader()
    assert reader.photos([photo_id])[photo_id].mtime_ns == MTIME_NS + 99
    assert reader.categories_of([photo_id])[photo_id].category == "food"
    assert reader.matching("plate") == {photo_id}
    assert add(catalog, root_id, decoded(path, 2)) == [photo_id]
    assert reader.categories_of([photo_id]) == {}
    assert reader.captions_of([photo_id]) == {}
    assert reader.matching("plate") == set()
    assert reader.vectors("starter")[0].size == 0
    assert reader.photos([photo_id])[photo_id].content_hash == hash_of(content(2))


def test_a_moved_photo_keeps_everything(catalog: Catalog, root_id: int) -> None:
    (photo_id,) = add(catalog, root_id, decoded(ROOT / "old" / "a.jpg", 1), model="starter")
    catalog.writer.store_categories([Categorised(photo_id, "food", 0.9)], model="starter", generation=1)
    catalog.writer.mark_missing([photo_id])
    catalog.writer.move_photo(photo_id, root_id, FileStamp(ROOT / "new" / "b.jpg", 7, MTIME_NS))
    catalog.writer.flush()
    reader = catalog.reader()
    photo = reader.photo_at(ROOT / "new" / "b.jpg")
    assert photo is not None
    assert (photo.id, photo.missing) == (photo_id, False)
    assert reader.photo_at(ROOT / "old" / "a.jpg") is None
    assert reader.categories()[0].category == "food"
    assert reader.vectors("starter")[0].tolist() == [photo_id]
    assert [(one.path.name, one.photos) for one in reader.folders()] == [("new", 1)]
    assert reader.matching("new") == {photo_id}
    assert reader.matching("old") == set()


def test_a_photo_moved_over_another_makes_it_missing(catalog: Catalog, root_id: int) -> None:
    first, second = add(catalog, root_id, decoded(ROOT / "a.jpg", 1), decoded(ROOT / "b.jpg", 2))
    catalog.writer.move_photo(first, root_id, FileStamp(ROOT / "b.jpg", 7, MTIME_NS))
    catalog.writer.flush()
    reader = catalog.reader()
    assert {photo.id: photo.missing for photo in reader.photos([first, second]).values()} == {
        first: False,
        second: True,
    }
    assert reader.stamps()[os.fsencode(ROOT / "b.jpg")].id == first
    at = reader.photo_at(ROOT / "b.jpg")
    assert at is not None
    assert at.id == first
    catalog.writer.mark_found([second])  # its place is taken, so it cannot be back there
    catalog.writer.flush()
    assert reader.photo_ids().tolist() == [first]


def test_another_file_at_the_place_of_a_missing_one_is_a_new_photo(catalog: Catalog, root_id: int) -> None:
    (old,) = add(catalog, root_id, decoded(ROOT / "a.jpg", 1), model="starter")
    catalog.writer.mark_missing([old])
    (new,) = add(catalog, root_id, decoded(ROOT / "a.jpg", 2))
    assert new != old
    reader = catalog.reader()
    assert reader.stamps()[os.fsencode(ROOT / "a.jpg")].id == new
    assert len(reader.with_content(hash_of(content(1)))) == 1
    catalog.writer.move_photo(old, root_id, FileStamp(ROOT / "found.jpg", 7, MTIME_NS))
    catalog.writer.flush()
    assert set(reader.photo_ids().tolist()) == {old, new}
    assert reader.vectors("starter")[0].tolist() == [old]


def test_an_exact_copy_knows_what_the_first_knows(catalog: Catalog, root_id: int) -> None:
    (first,) = add(catalog, root_id, decoded(ROOT / "a.jpg", 1), model="starter")
    catalog.writer.store_categories([Categorised(first, "food", 0.9)], model="starter", generation=1)
    catalog.writer.store_captions([Caption(first, "a plate", "labels")], generation=1)
    future = catalog.writer.copy_known(first, root_id, FileStamp(ROOT / "copy.jpg", 7, MTIME_NS))
    catalog.writer.flush()
    second = future.result()
    reader = catalog.reader()
    assert second != first
    assert [photo.id for photo in reader.with_content(hash_of(content(1)))] == [first, second]
    assert reader.vectors("starter")[0].tolist() == [first, second]
    assert reader.categories_of([second])[second].category == "food"
    assert reader.matching("plate") == {first, second}
    assert np.array_equal(*reader.greys([first, second])[1])
    gone = catalog.writer.copy_known(999, root_id, FileStamp(ROOT / "c.jpg", 7, MTIME_NS))
    with pytest.raises(LookupError):
        catalog.writer.flush()
    assert isinstance(gone.exception(), LookupError)


def test_unreadable_files_are_known_until_they_can_be_read(catalog: Catalog, root_id: int) -> None:
    (photo_id,) = add(catalog, root_id, decoded(ROOT / "a.jpg", 1))
    problem = Unreadable(FileStamp(ROOT / "a.jpg", 5, 9), MediaReason.DAMAGED, "It is damaged.")
    catalog.writer.save_unreadable(root_id, problem)
    catalog.writer.flush()
    reader = catalog.reader()
    known = reader.stamps(root_id)[os.fsencode(ROOT / "a.jpg")]
    assert (known.unreadable, known.size, known.mtime_ns) == (True, 5, 9)
    assert reader.unreadable() == [problem]
    assert reader.photos([photo_id])[photo_id].missing
    assert add(catalog, root_id, decoded(ROOT / "a.jpg", 1)) == [photo_id]
    assert reader.unreadable() == []
    assert not reader.photos([photo_id])[photo_id].missing


def test_missing_photos_leave_the_views_and_come_back(catalog: Catalog, root_id: int) -> None:
    first, second = add(
        catalog, root_id, decoded(ROOT / "a.jpg", 1), decoded(ROOT / "b.jpg", 2), model="starter"
    )
    catalog.writer.mark_missing([first])
    catalog.writer.flush()
    reader = catalog.reader()
    assert reader.photo_ids().tolist() == [second]
    assert reader.photo_ids(missing=True).tolist() == [first]
    assert reader.vectors("starter")[0].tolist() == [second]
    assert reader.stamps()[os.fsencode(ROOT / "a.jpg")].missing
    assert (reader.counts().photos, reader.counts().missing) == (1, 1)
    catalog.writer.mark_found([first])
    catalog.writer.flush()
    assert set(reader.photo_ids().tolist()) == {first, second}


def test_order_and_filters(catalog: Catalog, root_id: int) -> None:
    ids = add(
        catalog,
        root_id,
        decoded(ROOT / "2023" / "a.jpg", 1, ExifFacts(taken_at="2023-01-01T00:00:00")),
        decoded(ROOT / "2024" / "b.jpg", 2, ExifFacts(taken_at="2024-06-01T12:00:00+02:00")),
        decoded(ROOT / "2024" / "sub" / "c.jpg", 3, ExifFacts(taken_at="2024-07-01T12:00:00")),
        decoded(ROOT / "2024x" / "d.jpg", 4, ExifFacts(taken_at="not a date")),
    )
    reader = catalog.reader()
    by_time = reader.photo_ids().tolist()
    assert by_time == [ids[2], ids[1], ids[3], ids[0]]  # d.jpg by its file time, in November 2023
    assert reader.photo_ids(folder=ROOT / "2024").tolist() == [ids[2], ids[1]]
    assert reader.photo_ids(folder=ROOT, formats=["PNG"]).size == 0
    assert reader.photo_ids(since=1_717_200_000.0, until=1_718_000_000.0).tolist() == [ids[1]]
    assert reader.days(ids)[ids[1]] == "2024-06-01"
    counts = {one.path.name: one.photos for one in reader.folders()}
    assert counts == {"2023": 1, "2024": 1, "sub": 1, "2024x": 1}


@pytest.mark.parametrize(
    "name", [b"\xff\xfe\x80.jpg", "가족 여행.jpg".encode(), "🏖 beach.jpg".encode(), b"x" * 251 + b".jpg"]
)
def test_names_that_are_no_text_come_back_byte_by_byte(catalog: Catalog, root_id: int, name: bytes) -> None:
    path = ROOT / os.fsdecode(name)
    (photo_id,) = add(catalog, root_id, decoded(path, 1, ExifFacts(title="bad \udcff title")))
    reader = catalog.reader()
    assert os.fsencode(reader.photos([photo_id])[photo_id].path) == os.fsencode(path)
    assert os.fsencode(reader.table().path[0]) == os.fsencode(path)
    assert list(reader.stamps()) == [os.fsencode(path)]


def test_search_finds_korean_inside_words_and_others_by_their_beginning(
    catalog: Catalog, root_id: int
) -> None:
    first, second = add(
        catalog,
        root_id,
        decoded(ROOT / "제주도바다여행" / "IMG_1234.jpg", 1, ExifFacts(camera="Canon EOS R6")),
        decoded(ROOT / "Birthday" / "BirthdayCake.jpg", 2),
    )
    reader = catalog.reader()
    for query in ("바다", "다", "도바다여", "canon 바다", "img_12", "1234", "eos"):
        assert reader.matching(query) == {first}, query
    decomposed = "\u1107\u1161\u1103\u1161"  # the same word as macOS writes it
    assert reader.matching(decomposed) == {first}
    assert reader.matching("cake") == {second}
    assert reader.matching("birth") == {second}
    assert reader.matching("바산") == set()
    assert reader.matching("irthday") == set()
    assert reader.matching("photos") == {first, second}  # the root's own name counts, those above it do not
    assert reader.matching('" OR *') == set()
    assert reader.photo_ids(text="  ").size == 2


def test_a_root_takes_up_the_roots_inside_it(catalog: Catalog) -> None:
    inner = catalog.writer.add_root(ROOT / "2024", protected=True)
    (photo_id,) = add(catalog, inner.id, decoded(ROOT / "2024" / "a.jpg", 1))
    outer = catalog.writer.add_root(ROOT)
    assert (outer.photos, outer.protected) == (1, True)
    assert catalog.writer.add_root(ROOT) == outer
    assert [root.id for root in catalog.reader().roots()] == [outer.id]
    assert catalog.reader().photos([photo_id])[photo_id].root_id == outer.id
    with pytest.raises(UsageProblem, match="inside"):
        catalog.writer.add_root(ROOT / "2024")
    assert catalog.writer.add_root(Path("/photos2")).photos == 0


def test_removing_a_root_keeps_decisions(catalog: Catalog, root_id: int) -> None:
    (photo_id,) = add(catalog, root_id, decoded(ROOT / "a.jpg", 1))
    catalog.writer.set_caption(photo_id, "우리 강아지")
    catalog.writer.remove_root(root_id)
    assert catalog.reader().counts().photos == 0
    assert catalog.reader().matching("강아지") == set()
    again = catalog.writer.add_root(ROOT)
    (new_id,) = add(catalog, again.id, decoded(ROOT / "elsewhere.jpg", 1))
    assert new_id != photo_id
    assert catalog.reader().captions_of([new_id])[new_id].text == "우리 강아지"
    assert catalog.reader().matching("강아지") == {new_id}


def test_commits_are_told_with_what_changed(catalog: Catalog, root_id: int) -> None:
    seen: list[Committed] = []
    stop = catalog.subscribe(seen.append)
    ids = add(catalog, root_id, decoded(ROOT / "a.jpg", 1), decoded(ROOT / "b.jpg", 2))
    assert {photo_id for event in seen for photo_id in event.ids} == set(ids)
    assert all(Kind.PHOTOS in event.kinds for event in seen)
    assert catalog.reader().stale() == set(RESULT_KINDS)
    stop()
    told = len(seen)
    catalog.writer.set_caption(ids[0], "sea")
    assert len(seen) == told


def test_photos_that_a_model_has_not_seen(catalog: Catalog, root_id: int) -> None:
    first, second = add(catalog, root_id, decoded(ROOT / "a.jpg", 1), decoded(ROOT / "b.jpg", 2))
    reader = catalog.reader()
    assert reader.without_vector("starter").tolist() == [second, first]
    catalog.writer.save_vectors([(first, np.ones(4)), (999, np.ones(4))], "starter")
    catalog.writer.flush()
    assert reader.without_vector("starter").tolist() == [second]
    assert reader.vector_counts() == {"starter": 1}
    assert reader.vectors_of([first, second], "starter")[0].tolist() == [first]
    catalog.writer.drop_vectors("starter")
    assert reader.vector_counts() == {}


def test_forgetting_takes_every_row_along(catalog: Catalog, root_id: int) -> None:
    ids = add(catalog, root_id, decoded(ROOT / "a.jpg", 1), model="starter")
    catalog.writer.forget(ids)
    reader = catalog.reader()
    assert reader.photos(ids) == {}
    assert reader.vectors("starter")[0].size == 0
    assert reader.matching("a") == set()
