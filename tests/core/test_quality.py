"""Quality: scores rise with the fault, good photos are left alone, and every flag says why."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from organizer.analysis.quality import flags, load_calibration, scores
from organizer.media.measure import measure
from organizer.paths import resources_dir
from organizer.records import Measurements
from organizer.results import PhotoTable, Reason

CALIBRATION = load_calibration(resources_dir() / "calibration" / "quality.toml")


def table_of(pictures: Sequence[Image.Image]) -> PhotoTable:
    measured = [measure(np.asarray(picture.convert("RGB"))) for picture in pictures]
    count = len(measured)
    nothing = np.zeros(count)
    return PhotoTable(
        ids=np.arange(1, count + 1), content_hash=[number.to_bytes(32, "big") for number in range(count)],
        pixel_hash=[None] * count, path=[f"/{number}.jpg" for number in range(count)],
        taken=nothing, mtime=nothing, size=nothing.astype(np.int64),
        width=np.array([p.width for p in pictures], np.int32),
        height=np.array([p.height for p in pictures], np.int32), format=["JPEG"] * count,
        rating=nothing.astype(np.int8), pick=nothing.astype(np.int8), protected=nothing.astype(bool),
        phash=nothing.astype(np.uint64), dhash=nothing.astype(np.uint64),
        measures={f.name: np.array([getattr(m, f.name) for m in measured], np.float32)
                  for f in fields(Measurements)},
    )  # fmt: skip


def opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        picture.draft("RGB", (1024, 1024))
        return picture.convert("RGB")


def reasons(pictures: Sequence[Image.Image]) -> list[set[Reason]]:
    table = table_of(pictures)
    found: list[set[Reason]] = [set() for _ in pictures]
    for flag in flags(table, scores(table, CALIBRATION), CALIBRATION.thresholds):
        found[flag.photo_id - 1].add(flag.reason)
    return found


@pytest.fixture(scope="module")
def kodak(photos_root: Path) -> list[Image.Image]:
    return [opened(file) for file in sorted((photos_root / "quality").glob("kodak*"))]


def exposed(picture: Image.Image, stops: float) -> Image.Image:
    linear = (np.asarray(picture, np.float32) / 255) ** 2.2 * 2**stops
    return Image.fromarray((np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


def noisy(picture: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(3).normal(0, deviation, (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def packed(picture: Image.Image, quality: float) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=int(quality))
    return Image.open(stream).convert("RGB")


def repeated(picture: Image.Image, factor: float) -> Image.Image:
    small = picture.resize((int(picture.width / factor), int(picture.height / factor)), Image.Resampling.BOX)
    return small.resize(picture.size, Image.Resampling.NEAREST)


GRADED: list[tuple[Reason, Callable[[Image.Image, float], Image.Image], tuple[float, ...]]] = [
    (Reason.BLURRED, lambda p, x: p.filter(ImageFilter.GaussianBlur(x)), (1, 2, 4)),
    (Reason.NOISY, noisy, (6, 14, 28)),
    (Reason.UNDEREXPOSED, lambda p, x: exposed(p, -x), (2, 4, 6)),
    (Reason.OVEREXPOSED, exposed, (1, 2, 6)),
    (Reason.PIXELATED, repeated, (2, 4, 6)),
    (Reason.COMPRESSED, packed, (60, 20, 8)),
]


@pytest.mark.parametrize(("reason", "grade", "amounts"), GRADED, ids=[str(entry[0]) for entry in GRADED])
def test_scores_rise_with_the_fault_and_end_in_a_flag(
    kodak: list[Image.Image],
    reason: Reason,
    grade: Callable[[Image.Image, float], Image.Image],
    amounts: tuple[float, ...],
) -> None:
    flagged = 0
    for picture in kodak[:3]:
        steps = [picture, *(grade(picture, amount) for amount in amounts)]
        table = table_of(steps)
        rising = scores(table, CALIBRATION)[reason]
        assert (np.diff(rising) >= -0.02).all(), rising
        assert rising[0] < 0.2
        flagged += rising[-1] >= CALIBRATION.thresholds[reason]
    assert flagged >= 2


def test_good_photos_are_not_flagged(kodak: list[Image.Image], photos_root: Path) -> None:
    others = [opened(file) for file in sorted((photos_root / "camera").iterdir())]
    others += [opened(file) for file in sorted((photos_root / "captioned").iterdir())[:30]]
    assert reasons([*kodak, *others]) == [set()] * (len(kodak) + len(others))


def test_night_and_a_soft_background_are_no_faults(labels: list[dict[str, str]], photos_root: Path) -> None:
    wanted = [
        row["file"]
        for row in labels
        if row["label"].startswith("low_light") or row["label"] == "background_blur"
    ]
    assert len(wanted) >= 7
    assert reasons([opened(photos_root / name) for name in wanted]) == [set()] * len(wanted)


def test_real_blur_is_flagged_and_the_sharp_shot_of_the_same_scene_is_not(
    labels: list[dict[str, str]], photos_root: Path
) -> None:
    shots = {row["label"]: row["file"] for row in labels if row["source"] == "kwentar-blur"}
    found = reasons([opened(photos_root / shots[name]) for name in ("defocus_blur", "motion_blur", "sharp")])
    assert found == [{Reason.BLURRED}, {Reason.BLURRED}, set()]


def test_brackets_are_in_the_order_of_their_exposure(labels: list[dict[str, str]], photos_root: Path) -> None:
    scenes: dict[str, list[str]] = {}
    for row in labels:
        if row["label"].startswith("exposure_rank_"):
            scenes.setdefault(row["file"].split("__")[-2], []).append(row["file"])
    assert len(scenes) >= 2
    for shots in scenes.values():
        brightness = table_of([opened(photos_root / name) for name in sorted(shots)]).measures["brightness"]
        assert (np.diff(brightness) >= 0).all()


def test_drawings_pages_and_empty_frames_are_judged_by_other_rules() -> None:
    page = Image.new("RGB", (800, 1000), "white")
    for line in range(100, 900, 40):
        page.paste((20, 20, 20), (100, line, 650, line + 6))
    screen = Image.new("RGB", (1024, 700), (24, 26, 30))
    for row in range(60, 640, 30):
        screen.paste((220, 220, 225), (40, row, 600, row + 8))
    plain = Image.new("RGB", (600, 400), (120, 150, 190))
    assert reasons([page, screen, plain]) == [set(), set(), set()]


def test_flags_carry_words_and_the_worst_come_first(kodak: list[Image.Image]) -> None:
    bad = [grade(kodak[0], amounts[-1]) for _, grade, amounts in GRADED]
    table = table_of([*bad, kodak[0].filter(ImageFilter.GaussianBlur(1.3)), *kodak])
    made = flags(table, scores(table, CALIBRATION), CALIBRATION.thresholds)
    assert {flag.reason for flag in made} >= {Reason.BLURRED, Reason.NOISY, Reason.UNDEREXPOSED}
    assert all(0 < flag.score <= 1 and len(flag.why) > 10 for flag in made)
    for reason in Reason:
        worst_first = [flag.score for flag in made if flag.reason == reason]
        assert worst_first == sorted(worst_first, reverse=True)
    dark = next(flag for flag in made if flag.reason == Reason.UNDEREXPOSED)
    assert "half of it is darker than" in dark.why


def test_a_flag_compares_with_the_other_photos_where_there_are_enough(kodak: list[Image.Image]) -> None:
    soft = kodak[0].filter(ImageFilter.GaussianBlur(4)).resize((384, 256))
    many = table_of([soft, *[kodak[1].resize((384, 256))] * 25])
    (flag,) = flags(many, scores(many, CALIBRATION), {Reason.BLURRED: 0.5})
    assert flag.why == "the sharpest part is softer than in 99% of your photos"
    few = table_of([soft])
    (flag,) = flags(few, scores(few, CALIBRATION), {Reason.BLURRED: 0.5})
    assert flag.why == "even the sharpest part is soft"


def test_dismissed_flags_and_picks_stay_unflagged(kodak: list[Image.Image]) -> None:
    dark = [exposed(picture, -6) for picture in kodak[:3]]
    table = table_of(dark)
    table = replace(table, pick=np.array([0, 1, -1], np.int8))
    scored = scores(table, CALIBRATION)
    made = flags(table, scored, CALIBRATION.thresholds)
    assert {flag.photo_id for flag in made if flag.reason == Reason.UNDEREXPOSED} == {1, 3}
    dismissed = {(table.content_hash[0], Reason.UNDEREXPOSED)}
    left = flags(table, scored, CALIBRATION.thresholds, dismissed)
    assert {flag.photo_id for flag in left if flag.reason == Reason.UNDEREXPOSED} == {3}


def test_a_lower_threshold_flags_more_and_none_flags_nothing(kodak: list[Image.Image]) -> None:
    table = table_of(
        [picture.filter(ImageFilter.GaussianBlur(x)) for picture in kodak for x in (0.5, 1, 1.5, 2)]
    )
    scored = scores(table, CALIBRATION)
    counts = [len(flags(table, scored, {Reason.BLURRED: value})) for value in (0.99, 0.5, 0.05)]
    assert counts == sorted(counts) and counts[0] < counts[-1]
    assert flags(table, scored, {}) == []


def test_the_model_may_only_speak_where_it_has_a_weight(kodak: list[Image.Image]) -> None:
    table = table_of([kodak[0].filter(ImageFilter.GaussianBlur(1.2))])
    seen = {Reason.BLURRED: np.array([0.95], np.float32)}
    alone = scores(table, CALIBRATION)[Reason.BLURRED][0]
    assert scores(table, CALIBRATION, seen)[Reason.BLURRED][0] == alone
    assert scores(table, CALIBRATION, seen, {Reason.BLURRED: 0.5})[Reason.BLURRED][0] > alone
    against = {Reason.BLURRED: np.array([0.05], np.float32)}
    assert scores(table, CALIBRATION, against, {Reason.BLURRED: 0.5})[Reason.BLURRED][0] < alone


def test_photos_that_were_not_measured_yet_score_nothing(kodak: list[Image.Image]) -> None:
    table = table_of(kodak[:2])
    unknown = {name: np.full(2, np.nan, np.float32) for name in table.measures}
    table = replace(table, measures=unknown)
    scored = scores(table, CALIBRATION)
    assert all((values == 0).all() for values in scored.values())
    assert flags(table, scored, dict.fromkeys(Reason, 0.0)) == []


def test_no_photos_no_flags() -> None:
    table = table_of([])
    assert flags(table, scores(table, CALIBRATION), CALIBRATION.thresholds) == []
