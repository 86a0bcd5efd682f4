"""Highlights in figures: simulated tastes, how alike the chosen are, spoilt photos and their originals, time.

    python -m tests.bench.bench_highlights [PHOTOS] [--few]

A simulated person likes cats and dogs, or bright photos, or nothing in particular. They look through two
thirds of the photos of everyday/ and pick and reject a few; what was learnt is then asked about the others.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from organizer.analysis.highlight_scores import Judges, worth
from organizer.analysis.highlights import HighlightRules, Showroom, choose, showroom
from organizer.analysis.preference import taste
from organizer.analysis.quality import load_calibration, scores
from organizer.media.scaled import model_input
from organizer.models.base import Embedder
from organizer.paths import resources_dir
from organizer.records import Measurements
from organizer.results import Categorised, PhotoTable, Reason
from tests.bench.bench_quality import auc
from tests.bench.photoset import DEFAULT_ROOT, labels, read
from tests.bench.quality_sets import LADDERS, good_names, gradable, table_of

CALIBRATION = load_calibration(resources_dir() / "calibration" / "quality.toml")
FAULTY = ("defocus", "motion", "under", "over", "exposure_rank_4", "exposure_rank_5", "exposure_rank_6")
SHOWN = 8  # highlights of the photos that a taste was not learnt from
MANY = 50_000
DIMENSION = 384
APPEAL = (("a good photo.", "a bad photo."), ("a beautiful photo.", "an ugly photo."))

Floats = NDArray[np.float32]


def opened() -> Embedder:
    from organizer.models.openclip import open_embedder
    from organizer.models.registry import load_registry

    return open_embedder(load_registry(resources_dir(), Path("models")).bundled)


def seen(embedder: Embedder, pictures: Sequence[Image.Image]) -> Floats:
    inputs = [model_input(picture.convert("RGB"), embedder.input) for picture in pictures]
    parts = [embedder.encode_images(np.stack(inputs[at : at + 32])) for at in range(0, len(inputs), 32)]
    return np.concatenate(parts)


def room_of(
    table: PhotoTable, kinds: Sequence[str], vectors: Floats, judges: Judges | None = None
) -> Showroom:
    placed = [Categorised(photo, kind, 0.8) for photo, kind in zip(table.ids.tolist(), kinds, strict=True)]
    found = scores(table, CALIBRATION)
    return showroom(
        table, placed, found, [], [], vectors, judging=None if judges is None else lambda _v, _g: judges
    )


# -- taste --------------------------------------------------------------------------------------------------


def tastes(table: PhotoTable, kinds: Sequence[str], vectors: Floats, few: bool) -> None:
    chance = np.random.default_rng(0)
    light = table.measures["brightness"]
    likes = {
        "clothes": np.array([float(kind == "clothes") for kind in kinds]),
        "cats and dogs": np.array([float(kind in ("cat", "dog")) for kind in kinds]),
        "bright photos": light + chance.normal(0, 0.05, len(light)),
        "nothing in particular": chance.normal(0, 1, len(light)),
    }
    print("\ntaste: agreement as it is told (held back) and on photos that were never seen; share of what is")
    print("liked among the 8 highlights of those, without and with what was learnt; rounds of 12 to 40 each")
    for name, liked in likes.items():
        rows = [one_taste(table, kinds, vectors, liked, seed) for seed in range(3 if few else 10)]
        told, true, without, learnt, say = np.mean(rows, axis=0)
        print(f"  {name:22} told {told:.2f}  unseen {true:.2f}  say {say:.2f}  "
              f"liked: {without:.2f} -> {learnt:.2f}")  # fmt: skip


def one_taste(
    table: PhotoTable, kinds: Sequence[str], vectors: Floats, liked: NDArray[np.float64], seed: int
) -> tuple[float, ...]:
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(table))
    half, rest = order[: len(order) * 2 // 3], order[len(order) * 2 // 3 :]
    limit = np.quantile(liked, 0.7) if len(np.unique(liked)) > 2 else 0.5
    good, bad = half[liked[half] > limit][:20], half[liked[half] <= limit][:20]
    pick = np.zeros(len(table), np.int8)
    pick[good], pick[bad] = 1, -1
    found = taste(vectors, pick)
    assert found is not None
    is_liked = liked[rest] > limit
    true = auc(found.liking[rest][is_liked], found.liking[rest][~is_liked])
    unseen = table.take(np.sort(rest))
    shown = []
    for judges in (None, Judges(taste=replace(found, liking=found.liking[np.sort(rest)]))):
        room = room_of(unseen, [kinds[row] for row in np.sort(rest)], vectors[np.sort(rest)], judges)
        chosen = [one.photo_id - 1 for one in choose(room, count=SHOWN)]
        shown.append(float((liked[chosen] > limit).mean()))
    return found.agreement, true, *shown, found.say


# -- spread -------------------------------------------------------------------------------------------------


def spread(table: PhotoTable, kinds: Sequence[str], vectors: Floats) -> None:
    room = room_of(table, kinds, vectors)
    print("\nspread of 24 highlights: mean and largest cosine between two of them, categories among them")
    by_score = np.argsort(-room.scores, kind="stable")[:24]
    plain = HighlightRules(alike_cost=0.0, moment_cost=0.0, category_cost=0.0, time_cost=0.0, too_alike=1.1)
    for name, rows in (
        ("chosen", [one.photo_id - 1 for one in choose(room, count=24)]),
        ("without costs", [one.photo_id - 1 for one in choose(room, count=24, rules=plain)]),
        ("best scores", by_score.tolist()),
        ("by chance", np.random.default_rng(1).permutation(len(table))[:24].tolist()),
    ):
        likeness = (vectors[rows] @ vectors[rows].T)[np.triu_indices(len(rows), 1)]
        score = float(room.scores[rows].mean())
        print(f"  {name:14} cosine {likeness.mean():.3f}, largest {likeness.max():.3f}, "
              f"{len({kinds[row] for row in rows})} categories, mean score {score:.3f}")  # fmt: skip


# -- spoilt photos ------------------------------------------------------------------------------------------


def spoilt(good: Sequence[Image.Image], embedder: Embedder) -> None:
    """Every photo against its own spoilt copies, by the score that highlights are chosen by."""

    def score_of(pictures: Sequence[Image.Image]) -> Floats:
        table = table_of(pictures)
        return worth(table, scores(table, CALIBRATION), np.full(len(table), 0.8, np.float32), Judges())

    clean = score_of(good)
    sound = seen(embedder, good)
    print(
        f"\nspoilt copies of {len(good)} good photos: share ranked below their original, at the mildest and"
    )
    print("at the plain amount; area under the curve of two pairs of prompts there (kept from .85)")
    texts = [embedder.encode_texts(pair) for pair in APPEAL]
    for ladder in LADDERS:
        shares = []
        for amount in (ladder.amounts[0], ladder.plain):
            below = score_of([ladder.grade(picture, amount) for picture in good]) < clean
            shares.append(f"{amount:g}: {below.mean():.2f}")
        bad = seen(embedder, [ladder.grade(picture, ladder.plain) for picture in good])
        areas = [auc(sound @ (t[0] - t[1]), bad @ (t[0] - t[1])) for t in texts]
        print(
            f"  {ladder.name:22} {'  '.join(shares):24} prompts {' '.join(f'{area:.2f}' for area in areas)}"
        )


def labelled(root: Path) -> None:
    rows = [row for row in labels(root) if row["set"] == "quality"]
    table = table_of([read(root / row["file"]) for row in rows])
    found = worth(table, scores(table, CALIBRATION), np.zeros(len(table), np.float32), Judges())
    faulty, good = (
        np.array([row["label"].startswith(names) for row in rows]) for names in (FAULTY, ("good", "sharp"))
    )
    print(f"\nquality/: {good.sum()} good photos above {faulty.sum()} faulty ones: "
          f"{auc(found[good], found[faulty]):.3f}")  # fmt: skip
    for scene in ("door", "garage"):
        names = [(row["file"].split(scene)[-1], at) for at, row in enumerate(rows) if scene in row["file"]]
        print(
            f"  exposures of {scene}, as numbered: {' '.join(f'{found[at]:.2f}' for _, at in sorted(names))}"
        )


# -- time ---------------------------------------------------------------------------------------------------


def many(count: int) -> None:
    chance = np.random.default_rng(0)
    vectors = chance.normal(0, 1, (count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    measured = {name: chance.random(count).astype(np.float32) for name in Measurements.__dataclass_fields__}
    ones = np.ones(count)
    pick = np.zeros(count, np.int8)
    decided = chance.permutation(count)[:2000]
    pick[decided[:1000]], pick[decided[1000:]] = 1, -1
    table = PhotoTable(
        ids=np.arange(1, count + 1), content_hash=[b""] * count, pixel_hash=[None] * count, path=[""] * count,
        taken=np.sort(chance.random(count)) * 3e8, mtime=ones, size=ones.astype(np.int64),
        width=(4000 * ones).astype(np.int32), height=(3000 * ones).astype(np.int32), format=["JPEG"] * count,
        rating=-ones.astype(np.int8), pick=pick, protected=ones.astype(bool), phash=ones.astype(np.uint64),
        dhash=ones.astype(np.uint64), measures=measured,
    )  # fmt: skip
    print(f"\ntime at {count:,} photos with 2,000 decisions, seconds of CPU and of the clock")
    kinds = [f"kind {number}" for number in chance.integers(0, 80, count)]
    placed = [Categorised(at + 1, kind, 0.8) for at, kind in enumerate(kinds)]
    quality = {reason: chance.random(count).astype(np.float32) * 0.3 for reason in Reason}
    group = np.arange(count) // 3
    taste(vectors[:5000], pick[:5000])  # loads scikit-learn

    def timed(name: str, cpu: float, clock: float) -> None:
        print(f"  {name:44} {time.process_time() - cpu:.2f} {time.perf_counter() - clock:.2f}")

    cpu, clock = time.process_time(), time.perf_counter()
    learnt = taste(vectors, pick, group=group)
    timed("learn what is liked", cpu, clock)
    cpu, clock = time.process_time(), time.perf_counter()
    room = showroom(table, placed, quality, [], [], vectors, judging=lambda _v, _g: Judges(taste=learnt))
    timed("put together what is chosen from", cpu, clock)
    table = replace(table, pick=np.zeros(count, np.int8))
    room = replace(room, table=table)
    for wanted in (24, 200, None):
        cpu, clock = time.process_time(), time.perf_counter()
        found = choose(room, count=wanted)
        timed(f"choose {wanted or 'as many as fit'} ({len(found)})", cpu, clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="?", type=Path, default=DEFAULT_ROOT)
    parser.add_argument("--few", action="store_true", help="a quarter of the graded photos, fewer rounds")
    arguments = parser.parse_args()
    root = arguments.photos
    rows = [row for row in labels(root) if row["set"] == "everyday" and not row["label"].startswith("sketch")]
    pictures = [read(root / row["file"]) for row in rows]
    kinds = [row["label"].split(":")[0] for row in rows]
    embedder = opened()
    table, vectors = table_of(pictures), seen(embedder, pictures)
    print(f"{len(rows)} photos of everyday/")
    tastes(table, kinds, vectors, arguments.few)
    spread(table, kinds, vectors)
    spoilt(gradable(root, good_names(root), 14 if arguments.few else 40), embedder)
    embedder.close()
    labelled(root)
    many(MANY)


if __name__ == "__main__":
    main()
