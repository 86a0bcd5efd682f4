"""What the person decided about stacks, when files are edited, copied and joined by others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from organizer.analysis.decided import Decided, Named
from organizer.analysis.duplicates import Findings, load_calibration, stacks
from organizer.catalog import Catalog, Reader, backups
from organizer.catalog.connection import connect
from organizer.catalog.migrations import migrate
from organizer.catalog.rows import marks
from organizer.catalog.schema import STEPS
from organizer.errors import CatalogDamaged
from organizer.events import Kind
from organizer.library import Library
from organizer.paths import AppPaths, resources_dir
from organizer.results import Reason, Stack, Tier
from tests.cases import cases
from tests.catalog_samples import add, content, decoded, hash_of, open_catalog
from tests.photo_tables import plain_table


def file(name: str, shows: str | None = None) -> Named:
    """A file with these bytes; ``shows`` names its pixels, by default its own."""
    return hash_of(name.encode()), None if shows == "" else hash_of(f"pixels {shows or name}".encode())


def decided(
    apart: Sequence[tuple[Named, Named]] = (), kept: Sequence[Sequence[Named]] = (), known: bool = True
) -> Decided:
    spoken = [one for group in (*apart, *kept) for one in group]
    pixels = {content: shows for content, shows in spoken if shows is not None} if known else {}
    pairs = {frozenset((first[0], second[0])) for first, second in apart}
    return Decided(pairs, [[one[0] for one in whole] for whole in kept], pixels)


A, B, C = file("a"), file("b"), file("c")
EDITED = file("a with a rating", "a")


@pytest.mark.parametrize("known", [True, False])
def test_apart_means_these_two_and_no_others(known: bool) -> None:
    said = decided(apart=[(A, B)], known=known)
    assert said.are_apart(A, B) and said.are_apart(B, A)
    assert not said.are_apart(A, C) and not said.are_apart(A, A)
    assert said.holds_apart([C, A, B]) and not said.holds_apart([A, C, C])
    assert said.are_apart(EDITED, B) == known
    assert said.holds_apart([EDITED, C, B]) == known


def test_copies_of_one_that_was_told_apart_are_no_strangers_to_each_other() -> None:
    """Files that show the same and differ in their metadata alone are one picture, whoever is not."""
    said = decided(apart=[(A, B), (A, EDITED)])
    assert said.are_apart(A, EDITED)
    assert not said.are_apart(A, file("a with a place", "a"))
    assert said.are_apart(file("a with a place", "a"), B)


def test_without_pixels_the_bytes_decide() -> None:
    raw, other = file("raw", ""), file("raw edited", "")
    said = decided(apart=[(raw, B)])
    assert said.are_apart(raw, B) and not said.are_apart(other, B)
    assert said.are_apart(raw, file("b with a rating", "b"))
    assert decided(kept=[[raw, B]]).is_settled([raw, file("b with a rating", "b")])
    assert not decided(kept=[[raw, B]]).is_settled([other, B])


def test_a_stack_that_is_kept_stays_so_until_another_file_joins() -> None:
    said = decided(kept=[[A, B]])
    assert said.is_settled([A, B]) and said.is_settled([B, A]) and said.is_settled([EDITED, B])
    assert not said.is_settled([A, B, C]) and not said.is_settled([A, C])
    assert not said.is_settled([A, EDITED]), "a copy that joined, whatever its metadata"
    assert not said.is_settled([A, A])
    twice = decided(kept=[[A, A]])
    assert twice.is_settled([A, A]) and twice.is_settled([A, EDITED]) and twice.is_settled([EDITED, EDITED])
    assert not twice.is_settled([A, A, EDITED]) and not twice.is_settled([A, A, A])


def test_two_decisions_do_not_make_one() -> None:
    said = decided(kept=[[A, B], [B, C]])
    assert said.is_settled([A, B]) and said.is_settled([C, B])
    assert not said.is_settled([A, B, C]) and not said.is_settled([A, C])


FEW = st.integers(0, 5).map(lambda value: file(str(value), ""))


@given(st.lists(st.lists(FEW, min_size=2, max_size=5), max_size=6), st.lists(FEW, min_size=2, max_size=5))
@settings(max_examples=cases(200), deadline=None)
def test_of_many_decisions_none_is_overlooked(kept: list[list[Named]], files: list[Named]) -> None:
    wanted = any(Counter(files) <= Counter(whole) for whole in kept)
    assert decided(kept=kept).is_settled(files) == wanted


# -- in the making of stacks ---------------------------------------------------------------------------


def made_of(facts: dict[tuple[int, int], float], **said: Any) -> list[set[int]]:
    """The stacks of photos 1, 2, ... whose pairs are the same picture with these scores."""
    count = max(max(pair) for pair in facts)
    hashes = [hash_of(b"%d" % number) for number in range(1, count + 1)]
    table = plain_table(count, ids=np.arange(1, count + 1), content_hash=hashes)
    found = Findings.of(np.array(sorted(facts), np.int64))
    found = replace(found, same=np.array([facts[pair] for pair in sorted(facts)], np.float32))
    calibration = load_calibration(resources_dir() / "calibration" / "duplicates.toml")
    return [set(stack.members) for stack in stacks(table, found, calibration, **said)]


def of(*numbers: int) -> tuple[bytes, ...]:
    return tuple(hash_of(b"%d" % number) for number in numbers)


def test_a_photo_that_is_like_one_of_a_stack_that_is_kept_is_asked_about() -> None:
    """1 and 2 are kept. 3 is another version of 2, and too far from 1 to stand in one stack with both."""
    facts = {(1, 2): 1.0, (2, 3): 0.99}
    assert made_of(facts) == [{1, 2}]
    assert made_of(facts, settled=[of(1, 2)]) == [{2, 3}]
    assert made_of(facts, settled=[of(1, 2), of(2, 3)]) == []
    assert made_of({**facts, (1, 3): 0.99}, settled=[of(1, 2)]) == [{1, 2, 3}]


def test_kept_stacks_are_not_asked_about_each_other_again() -> None:
    facts = {(1, 2): 1.0, (3, 4): 1.0, (2, 3): 0.99}
    assert made_of(facts, settled=[of(1, 2), of(3, 4)]) == []
    assert made_of(facts, settled=[of(1, 2)]) == [{3, 4}]


def test_three_of_which_two_are_no_duplicates() -> None:
    """The third is asked about beside one of them, and when that is answered beside the other."""
    facts = {(1, 2): 0.999, (1, 3): 1.0, (2, 3): 0.998}
    apart = {frozenset(of(1, 2))}
    assert made_of(facts, refused=apart) == [{1, 3}]
    assert made_of(facts, refused=apart, settled=[of(1, 3)]) == [{2, 3}]
    assert made_of(facts, refused={*apart, frozenset(of(1, 3))}) == [{2, 3}]
    assert made_of(facts, refused=apart, settled=[of(1, 3), of(2, 3)]) == []


# -- kept in the catalogue -----------------------------------------------------------------------------


@pytest.fixture
def catalog(app_paths: AppPaths) -> Iterator[Catalog]:
    with open_catalog(app_paths) as opened:
        yield opened


def test_what_the_files_show_is_remembered_with_the_decision(catalog: Catalog, tmp_path: Path) -> None:
    files = [decoded(tmp_path / f"{number}.jpg", number) for number in range(4)]
    root = catalog.writer.add_root(tmp_path)
    add(catalog, root.id, *files)
    hashes = [one.content_hash for one in files]
    catalog.writer.keep_both(hashes[:2])
    action = catalog.writer.not_duplicates([(hashes[2], hashes[3])])
    wanted = {one.content_hash: one.pixel_hash for one in files}
    assert catalog.reader().decided_pixels() == wanted
    catalog.writer.undo_decision(action)
    catalog.writer.remove_root(root.id)
    assert catalog.reader().decided_pixels() == wanted
    assert catalog.reader().not_duplicates() == set()
    assert len(catalog.reader().keep_both()) == 1


def test_decisions_of_older_catalogues_learn_what_their_files_show(app_paths: AppPaths) -> None:
    app_paths.data.mkdir(parents=True)
    connection = connect(app_paths.catalog_file, read_only=False)
    migrate(connection, lambda _n: None, STEPS[:10])
    connection.close()
    connection = connect(app_paths.catalog_file, read_only=False)
    connection.execute("INSERT INTO roots (path, added_at) VALUES (x'2f', '')")
    connection.execute("INSERT INTO folders (root_id, path) VALUES (1, x'2f')")
    for name in "abcd":
        connection.execute(
            "INSERT INTO photos (root_id, folder_id, path, size, mtime_ns, content_hash, pixel_hash, format, "
            "width, height, sort_time, first_seen) VALUES (1, 1, ?, 1, 1, ?, ?, 'JPEG', 1, 1, 0, '')",
            (name.encode(), *file(name)),
        )
    kept = b"".join(sorted(file(name)[0] for name in "aab"))
    connection.execute("INSERT INTO keep_both VALUES (?, '')", (kept,))
    connection.execute("INSERT INTO not_duplicates VALUES (?, ?, '')", (file("c")[0], file("gone")[0]))
    connection.close()
    with open_catalog(app_paths) as catalog:
        assert catalog.reader().decided_pixels() == dict(file(name) for name in "abc")


def test_equal_files_that_are_no_duplicates_are_asked_about_when_a_third_joins(
    catalog: Catalog, app_paths: AppPaths, tmp_path: Path
) -> None:
    """Of the same bytes, and of the same pixels with other metadata; undone as one decision."""
    root = catalog.writer.add_root(tmp_path)
    same = [decoded(tmp_path / f"{number}.jpg", 1) for number in range(3)]
    ids = add(catalog, root.id, *same[:2])
    found = Stack("exact", Tier.EXACT, (ids[0], ids[1]), ids[0], "", {ids[1]: "the same"})
    catalog.writer.store_stacks([found], generation=catalog.reader().generation(Kind.DUPLICATES))
    catalog.close()
    library = Library.open(app_paths)
    try:
        library.not_duplicates("exact")
        assert library.stacks() == []
        (third,) = add(library._catalog, root.id, same[2])
        library.analyse({Kind.DUPLICATES})
        (asked,) = library.stacks()
        assert set(asked.stack.members) == {*ids, third}
        library.undo()
        assert library._reader.keep_both() == []
    finally:
        library.close()


# -- a catalogue that was damaged ----------------------------------------------------------------------


def decide(catalog: Catalog, tmp_path: Path, number: int) -> None:
    """One decision of most kinds about the photos ``number`` and ``number + 1``."""
    files = [decoded(tmp_path / f"{one}.jpg", one) for one in (number, number + 1)]
    ids = add(catalog, catalog.writer.add_root(tmp_path).id, *files)
    writer = catalog.writer
    writer.keep_both([one.content_hash for one in files])
    writer.not_duplicates([(files[0].content_hash, hash_of(b"other"))])
    writer.set_caption(ids[0], f"harbour {number}")
    writer.set_choice(ids[:1], 1)
    writer.move_to_category(ids[:1], "pets")
    writer.dismiss_flags(ids[:1], [Reason.BLURRED])


def said(reader: Reader) -> list[Any]:
    return [
        sorted(reader.keep_both()),
        reader.not_duplicates(),
        reader.user_captions(),
        reader.choices(),
        reader.category_moves(),
        reader.dismissed(),
        reader.decided_pixels(),
    ]


def scribble(file: Path, *tables: str) -> None:
    """Overwrite where some tables and their indexes begin."""
    connection = connect(file, read_only=True)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    pages = connection.execute(
        f"SELECT rootpage FROM sqlite_master WHERE rootpage > 0 AND tbl_name IN ({marks(len(tables))})",
        tables,
    ).fetchall()
    connection.close()
    with file.open("r+b") as stream:
        for (page,) in pages:
            stream.seek((page - 1) * size)
            stream.write(b"\xde\xad" * (size // 2))


@pytest.mark.parametrize("way", ["restored", "afresh"])
def test_decisions_come_out_of_a_damaged_catalogue(app_paths: AppPaths, tmp_path: Path, way: str) -> None:
    """Into the backup that is put in its place, and into a new one; what is newer wins. Of a table that is
    hit itself only the backup knows."""
    with open_catalog(app_paths) as catalog:
        decide(catalog, tmp_path, 1)
        backups.make_backup(app_paths)
        decide(catalog, tmp_path, 3)
        catalog.writer.set_choice(catalog.reader().photo_ids(text="harbour 1").tolist(), -1)
        catalog.writer._connection.execute("UPDATE choices SET at = '2100-01-01' WHERE choice = -1")
        wanted = said(catalog.reader())
        wanted[5] = {one for one in wanted[5] if way == "restored" and one[0] == hash_of(content(1))}
    scribble(app_paths.catalog_file, "photos", "small_pictures", "generations", "dismissed_flags")
    with pytest.raises(CatalogDamaged):
        open_catalog(app_paths)
    if way == "restored":
        Catalog.restore_backup(app_paths)
    else:
        assert Catalog.start_afresh(app_paths) is not None
    with open_catalog(app_paths) as catalog:
        assert said(catalog.reader()) == wanted
        found = catalog.reader().matching("harbour 1")
        assert len(found) == (way == "restored")


def test_what_is_left_of_a_damaged_row_is_no_decision(app_paths: AppPaths, tmp_path: Path) -> None:
    with open_catalog(app_paths) as catalog:
        decide(catalog, tmp_path, 1)
        wanted = said(catalog.reader())
    connection = connect(app_paths.catalog_file, read_only=False)
    connection.execute("INSERT INTO choices VALUES ('text', 1, '')")
    connection.execute("INSERT INTO keep_both VALUES (x'00', '')")
    connection.execute("INSERT INTO category_moves VALUES (zeroblob(32), 'x', x'00')")
    connection.execute("DROP TABLE category_examples")
    connection.close()
    Catalog.start_afresh(app_paths)
    with open_catalog(app_paths) as catalog:
        assert said(catalog.reader()) == wanted
