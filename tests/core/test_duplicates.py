"""Stacks: copies are found whatever was done to them, look-alikes are not, and the kept one is explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from organizer.analysis.candidates import near_pairs
from organizer.analysis.duplicates import (
    Findings,
    exact_stacks,
    find,
    load_calibration,
    spare_copies,
    stacks,
)
from organizer.analysis.evidence import gather
from organizer.analysis.findings import Pictures
from organizer.analysis.shots import likeness
from organizer.analysis.stack_rules import SamePicture
from organizer.analysis.variants import variant_hashes
from organizer.analysis.verify import verify
from organizer.errors import Cancelled
from organizer.media.fingerprint import fingerprint
from organizer.paths import resources_dir
from organizer.records import Fingerprint
from organizer.results import PhotoTable, Stack, Tier
from tests.bench.edits import crop, straighten
from tests.core.test_fingerprint import scene
from tests.photo_tables import plain_table

CALIBRATION = load_calibration(resources_dir() / "calibration" / "duplicates.toml")
Sizes = Sequence[tuple[int, int]]


def table_of(prints: Sequence[Fingerprint], sizes: Sizes | None = None, **columns: object) -> PhotoTable:
    """A table of photos that differ in their bytes and in nothing else but what is given."""
    count = len(prints)
    shapes = sizes or [(640, 480)] * count
    values: dict[str, object] = {
        "ids": np.arange(1, count + 1) * 10,
        "path": [f"/photos/{number}/photo.jpg" for number in range(1, count + 1)],
        "mtime": np.full(count, 1e9),
        "width": np.array([shape[0] for shape in shapes], np.int32),
        "height": np.array([shape[1] for shape in shapes], np.int32),
        "phash": np.array([entry.phash for entry in prints], np.uint64),
        "dhash": np.array([entry.dhash for entry in prints], np.uint64),
        "measures": {
            "contrast": np.array([np.ptp(entry.grey) / 255 for entry in prints], np.float32),
            "sharpness": np.ones(count, np.float32),
        },
    }
    return plain_table(count, **(values | columns))


def prints_of(pictures: Sequence[Image.Image]) -> list[Fingerprint]:
    return [fingerprint(np.asarray(picture.convert("RGB"))) for picture in pictures]


def hashed(value: int) -> Fingerprint:
    return Fingerprint(value, 1, np.zeros((64, 64), np.uint8), np.zeros((2, 16, 16), np.uint8))


def pictures_of(table: PhotoTable, prints: Sequence[Fingerprint]) -> Pictures:
    """What ``Reader.greys`` would give."""

    def pictures(ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        asked = np.array(sorted(ids), np.int64)
        chosen = [prints[row] for row in np.searchsorted(table.ids, asked)]
        grey = np.stack([one.grey for one in chosen]) if chosen else np.empty((0, 64, 64), np.uint8)
        chroma = np.stack([one.chroma for one in chosen]) if chosen else np.empty((0, 2, 16, 16), np.uint8)
        return asked, grey, chroma

    return pictures


def found_of(table: PhotoTable, prints: Sequence[Fingerprint], **options: object) -> Findings:
    variants = variant_hashes(np.stack([one.grey for one in prints])) if prints else None
    return find(table, pictures_of(table, prints), CALIBRATION, variants=variants, **options)  # type: ignore[arg-type]


def stacks_of(table: PhotoTable, prints: Sequence[Fingerprint], **options: object) -> list[Stack]:
    """The two steps as the library takes them."""
    refused = options.get("refused", frozenset())
    found = found_of(table, prints, out=spare_copies(table, exact_stacks(table, refused)))  # type: ignore[arg-type]
    return stacks(table, found, CALIBRATION, **options)  # type: ignore[arg-type]


def together(made: Sequence[Stack]) -> set[tuple[int, int]]:
    return {pair for stack in made for pair in combinations(sorted(stack.members), 2)}


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda p: p.resize((p.width // 3, p.height // 3), Image.Resampling.LANCZOS),
    "darker": lambda p: p.point(lambda value: value * 0.6),
    "without colour": lambda p: p.convert("L").convert("RGB"),
    "cropped": lambda p: p.crop((p.width // 40, p.height // 40, p.width * 39 // 40, p.height * 39 // 40)),
    "mirrored": ImageOps.mirror,
    "turned 90": lambda p: p.transpose(Image.Transpose.ROTATE_90),
    "turned 180": lambda p: p.transpose(Image.Transpose.ROTATE_180),
    "turned 270": lambda p: p.transpose(Image.Transpose.ROTATE_270),
    "transposed": lambda p: p.transpose(Image.Transpose.TRANSPOSE),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_joins_its_original_alone(name: str) -> None:
    pictures = [scene(seed) for seed in range(6)]
    pictures += [EDITS[name](picture) for picture in pictures[:3]]
    prints = prints_of(pictures)
    made = stacks_of(table_of(prints, [picture.size for picture in pictures]), prints)
    assert {stack.tier for stack in made} == {Tier.SAME_PICTURE}
    assert together(made) == {(10, 70), (20, 80), (30, 90)}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mirrored", "mirrored"),
        ("turned 90", "on its side"),
        ("turned 180", "upside down"),
        ("transposed", "mirrored and turned"),
    ],
)
def test_a_turned_copy_is_said_to_be_one(name: str, words: str) -> None:
    pictures = [scene(1), EDITS[name](scene(1))]
    prints = prints_of(pictures)
    (made,) = stacks_of(table_of(prints, [picture.size for picture in pictures]), prints)
    (lack,) = made.lacks.values()
    assert words in lack


def test_the_same_layout_in_another_colour_is_another_picture() -> None:
    picture = np.asarray(scene(2)).copy()
    grey = picture.mean(axis=2, keepdims=True)
    red, green = (
        np.clip(grey + np.array(shift), 0, 255).astype(np.uint8) for shift in ([45, -23, 0], [-45, 23, 0])
    )
    prints = prints_of([Image.fromarray(red), Image.fromarray(green)])
    assert (prints[0].phash ^ prints[1].phash).bit_count() <= 6
    assert stacks_of(table_of(prints), prints) == []


def test_flat_frames_are_no_duplicates_of_each_other() -> None:
    frames = [Image.new("RGB", (640, 480), (shade, shade, shade + 3)) for shade in (0, 4, 90, 92, 250)]
    faint = [Image.fromarray((np.asarray(scene(seed)) // 40 + 100).astype(np.uint8)) for seed in (1, 1)]
    prints = prints_of([*frames, *faint])
    assert stacks_of(table_of(prints), prints) == []


def test_a_detail_that_differs_makes_another_picture() -> None:
    """Two pages with one layout and other text: near hashes, different lines."""
    pages = []
    for seed in (1, 2):
        page = np.full((640, 480, 3), 245, np.uint8)
        page[40:100, 60:420] = 70  # the letterhead
        random = np.random.default_rng(seed)
        for line in range(140, 600, 24):
            for start in range(60, 420, 30):
                page[line : line + 12, start : start + int(random.integers(4, 28))] = 40
        pages.append(Image.fromarray(page))
    prints = prints_of(pages)
    assert stacks_of(table_of(prints, [(480, 640)] * 2), prints) == []


def test_exact_copies_stack_by_bytes_and_by_pixels_and_carry_over() -> None:
    prints = prints_of([scene(seed) for seed in range(5)])
    same = [b"a" * 32, b"a" * 32, b"b" * 32, b"c" * 32, b"d" * 32]
    pixels = [None, b"p" * 32, b"p" * 32, None, b"q" * 32]
    made = stacks_of(table_of(prints, content_hash=same, pixel_hash=pixels), prints)
    assert [(stack.tier, set(stack.members)) for stack in made] == [(Tier.EXACT, {10, 20, 30})]


def test_tiers_never_mix_and_only_the_survivor_goes_on() -> None:
    pictures = [scene(1), scene(1), scene(1).resize((1280, 960)), scene(4)]
    prints = prints_of(pictures)
    table = table_of(
        prints,
        [picture.size for picture in pictures],
        content_hash=[b"a" * 32, b"a" * 32, b"b" * 32, b"c" * 32],
    )
    exact, same = stacks_of(table, prints)
    assert exact.tier == Tier.EXACT and set(exact.members) == {10, 20}
    assert same.tier == Tier.SAME_PICTURE and set(same.members) == {exact.keep, 30}
    spare = [member for stack in (exact, same) for member in stack.members if member != stack.keep]
    assert len(spare) == len(set(spare))


def test_refused_pairs_are_kept_apart_in_both_tiers() -> None:
    pictures = [scene(1), scene(1), scene(1).resize((1280, 960))]
    prints = prints_of(pictures)
    hashes = [b"a" * 32, b"a" * 32, b"b" * 32]
    table = table_of(prints, [picture.size for picture in pictures], content_hash=hashes)
    assert len(stacks_of(table, prints)) == 2
    apart = {frozenset([b"a" * 32]), frozenset([b"a" * 32, b"b" * 32])}
    assert stacks_of(table, prints, refused=apart) == []
    only_bytes = stacks_of(table, prints, refused={frozenset([b"a" * 32])})
    assert all(stack.tier == Tier.SAME_PICTURE for stack in only_bytes)
    assert (10, 20) not in together([stack for stack in only_bytes if stack.tier == Tier.EXACT])


def test_a_settled_stack_is_hidden_until_a_new_photo_joins() -> None:
    pictures = [scene(1), scene(1).resize((320, 240)), scene(1).resize((1280, 960))]
    prints = prints_of(pictures)
    settled = [(bytes(31) + b"\1", bytes(31) + b"\2")]
    two = table_of(prints[:2], [picture.size for picture in pictures[:2]])
    assert stacks_of(two, prints, settled=settled) == []
    three = table_of(prints, [picture.size for picture in pictures])
    (again,) = stacks_of(three, prints, settled=settled)
    assert set(again.members) == {10, 20, 30}


def test_keys_survive_renames_and_tell_tiers_and_members_apart() -> None:
    pictures = [scene(1), scene(1).resize((320, 240)), scene(3), scene(3)]
    prints = prints_of(pictures)
    sizes = [picture.size for picture in pictures]
    hashes = [b"a" * 32, b"b" * 32, b"c" * 32, b"c" * 32]
    table = table_of(prints, sizes, content_hash=hashes)
    renamed = replace(table, path=[f"/elsewhere/{name}.jpg" for name in "wxyz"], ids=table.ids + 500)
    assert [stack.key for stack in stacks_of(table, prints)] == [
        stack.key for stack in stacks_of(renamed, prints)
    ]
    assert len({stack.key for stack in stacks_of(table, prints)}) == 2


def test_new_photos_are_placed_without_asking_about_the_others() -> None:
    pictures = [scene(1), scene(1).resize((320, 240)), scene(2), scene(2).resize((320, 240))]
    prints = prints_of(pictures)
    table = table_of(prints, [picture.size for picture in pictures])
    assert found_of(table, prints).pairs.tolist() == [[10, 20], [30, 40]]
    for fresh in (2, 3):
        new = np.arange(4) == fresh
        assert found_of(table, prints, new=new).pairs.tolist() == [[30, 40]]


def test_a_growing_library_ends_as_one_looked_at_whole() -> None:
    pictures = [scene(1), scene(2), scene(1).resize((320, 240)), ImageOps.mirror(scene(2)), scene(3)]
    pictures += [straighten(scene(3), 5), crop(scene(1), 0.1), scene(2).convert("L").convert("RGB")]
    prints = prints_of(pictures)
    sizes = [picture.size for picture in pictures]
    whole = table_of(prints, sizes)
    known = None
    for count in range(1, len(pictures) + 1):
        table = table_of(prints[:count], sizes[:count])
        new = np.arange(count) == count - 1
        before = None if known is None else stacks(table, known, CALIBRATION)
        known = found_of(table, prints[:count], new=new, known=known)
        for stack in before or []:  # what the new photo has nothing to do with stays as it was
            if not any(count * 10 in one.members for one in stacks(table, known, CALIBRATION)):
                assert stack in stacks(table, known, CALIBRATION)
    assert known is not None
    assert stacks(whole, known, CALIBRATION) == stacks_of(whole, prints)
    assert {frozenset(stack.members) for stack in stacks_of(whole, prints)} == {
        frozenset({10, 30, 70}), frozenset({20, 40, 80}), frozenset({50, 60}),
    }  # fmt: skip


def test_nothing_in_nothing_out() -> None:
    empty = table_of([])
    assert stacks_of(empty, []) == []
    unmeasured = replace(table_of([hashed(0)] * 3), dhash=np.zeros(3, np.uint64))
    assert stacks_of(unmeasured, []) == []


def test_proving_can_be_stopped_between_pairs() -> None:
    prints = prints_of([scene(1), scene(1)])
    grey, chroma = np.stack([entry.grey for entry in prints]), np.stack([entry.chroma for entry in prints])

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        verify(
            np.array([[10, 20]]), np.zeros(1, np.int16), np.array([10, 20]), grey, chroma, CALIBRATION, stop
        )


def test_a_pair_without_pixels_is_no_fact() -> None:
    prints = prints_of([scene(1), scene(1)])
    pairs, ways = np.array([[10, 20]]), np.zeros(1, np.int16)
    grey, chroma = prints[0].grey[None], prints[0].chroma[None]
    assert verify(pairs, ways, np.array([10]), grey, chroma, CALIBRATION).tolist() == [0]
    assert likeness(pairs, np.array([10]), grey, chroma).shapes.tolist() == [-1]


def test_no_two_articles_of_a_shop_are_one_picture(photos_root: Path) -> None:
    """Studio shots of clothes: the hardest look-alikes there are."""
    files = sorted((photos_root / "lookalikes").glob("fashion*"))
    pictures = []
    for file in files:
        with Image.open(file) as opened:
            pictures.append(opened.convert("RGB"))
    prints = prints_of(pictures)
    table = table_of(prints, [picture.size for picture in pictures])
    pairs, _ = near_pairs(table, np.arange(len(table)), CALIBRATION)
    assert len(pairs) > 50  # the hashes alone would be fooled
    assert stacks_of(table, prints) == []


def test_calibration_is_complete() -> None:
    assert isinstance(CALIBRATION, SamePicture)
    assert 0 < CALIBRATION.threshold < 1
    assert CALIBRATION.weights["detail"] > 0 > CALIBRATION.weights["colour"]


def test_pairs_of_which_none_is_worth_a_closer_look() -> None:
    random = np.random.default_rng(2)
    grey = np.repeat(np.repeat(random.integers(0, 256, (2, 8, 8), np.uint8), 8, 1), 8, 2)
    chroma = np.full((1, 2, 16, 16), 128, np.uint8)
    found = gather(grey[:1], chroma, grey[1:], chroma)
    assert not found.hopeful.any()
    assert not found.values.any() and not found.overlap.any()
    both = gather(grey[[0, 0]], chroma[[0, 0]], grey[[0, 1]], chroma[[0, 0]])
    assert both.hopeful.tolist() == [True, False]
    assert both.overlap[0] > 0.9 and both.overlap[1] == 0
