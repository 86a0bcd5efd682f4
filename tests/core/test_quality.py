"""Quality: scores rise with the fault, good photos are left alone, and every flag says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from organizer.analysis.quality import (
    MOST_SAY,
    PromptPair,
    evidence,
    flags,
    load_calibration,
    prompt_odds,
    prompt_pairs,
    scores,
)
from organizer.media.measure import measure
from organizer.paths import resources_dir
from organizer.results import Flag, Reason
from tests.bench.bench_quality import light, rising
from tests.bench.edits import expose as exposed
from tests.bench.quality_sets import (
    LADDERS,
    Ladder,
    drawn_pictures,
    icons,
    made_good_pictures,
    moved,
    night_street,
    scanned,
    starry_sky,
    table_of,
)

CALIBRATION = load_calibration(resources_dir() / "calibration" / "quality.toml")


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


def blur_of(picture: Image.Image) -> list[Flag]:
    table = table_of([picture])
    return flags(table, scores(table, CALIBRATION), {Reason.BLURRED: 0.5})


@pytest.fixture(scope="module")
def kodak(photos_root: Path) -> list[Image.Image]:
    return [opened(file) for file in sorted((photos_root / "quality").glob("kodak*"))]


@pytest.mark.parametrize("ladder", LADDERS, ids=[ladder.name for ladder in LADDERS])
def test_scores_rise_with_the_fault_and_end_in_a_flag(kodak: list[Image.Image], ladder: Ladder) -> None:
    steps = np.stack([scores(table, CALIBRATION)[ladder.reason] for table in ladder.of(kodak[:3])])
    assert rising(steps).all(), steps
    assert (steps[0] < 0.2).all()
    assert (steps[-1] >= CALIBRATION.thresholds[ladder.reason]).sum() >= 2


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
        brightness = [light(measure(opened(photos_root / name))) for name in sorted(shots)]
        assert (np.diff(brightness) > 0).all(), brightness


def test_drawings_pages_and_empty_frames_are_judged_by_other_rules() -> None:
    plain = Image.new("RGB", (600, 400), (120, 150, 190))
    pictures = [*drawn_pictures(), plain]
    assert reasons(pictures) == [set()] * len(pictures)


def test_what_the_category_calls_a_drawing_needs_a_weaker_sign() -> None:
    grey = table_of([drawn_pictures()[0]])
    faint = {
        **grey.measures,
        "graphic": np.array([0.3], np.float32),
        "sharpness": np.array([0.1], np.float32),
    }
    table = replace(grey, measures=faint)
    assert scores(table, CALIBRATION)[Reason.BLURRED][0] > 0.9
    assert scores(table, CALIBRATION, np.array([True]))[Reason.BLURRED][0] == 0


def test_night_fog_silhouettes_grey_hdr_bokeh_and_strips_are_no_faults(kodak: list[Image.Image]) -> None:
    pictures = [starry_sky((700, 1000), seed=9), night_street(seed=1), *made_good_pictures(kodak)]
    assert len(pictures) == 5 + 5 * len(kodak)
    assert reasons(pictures) == [set()] * len(pictures)


def test_a_sharp_subject_at_the_edge_of_a_large_soft_picture_is_no_fault(kodak: list[Image.Image]) -> None:
    for corner in ((0, 0), (1100, 900)):
        ground = kodak[0].resize((1600, 1200), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(20))
        ground.paste(kodak[0].crop((0, 0, 500, 300)), corner)
        assert reasons([ground]) == [set()]


def test_strips_scans_and_icons_are_left_alone(kodak: list[Image.Image]) -> None:
    strips = [kodak[0].crop((0, 200, 768, 276)), kodak[1].crop((200, 0, 250, 768))]
    small = [one.resize((size, size)) for one in kodak[:2] for size in (1, 16, 32)]
    pictures = [*strips, *small, *icons(), *(scanned(page) for page in drawn_pictures())]
    assert reasons(pictures) == [set()] * len(pictures)


@pytest.mark.parametrize("size", [(120, 90), (640, 480), (2000, 200)])
def test_frames_of_one_colour_are_judged_by_their_light_alone(size: tuple[int, int]) -> None:
    colours = ("black", "white", "red", (120, 150, 190), "#fffbe8")
    found = reasons([Image.new("RGB", size, colour) for colour in colours])
    assert found == [{Reason.UNDEREXPOSED}, {Reason.OVEREXPOSED}, set(), set(), found[4]]
    assert found[4] <= {Reason.OVEREXPOSED}


def test_text_without_colour_is_not_burnt_out_even_where_it_is_hardly_told_from_a_photo() -> None:
    table = table_of([drawn_pictures()[0]])
    faint = {"graphic": np.array([0.3], np.float32), "clipped_bright": np.array([0.9], np.float32)}
    grey = replace(table, measures={**table.measures, **faint})
    assert scores(grey, CALIBRATION)[Reason.OVEREXPOSED][0] == 0
    coloured = replace(grey, measures={**grey.measures, "colourfulness": np.array([30], np.float32)})
    assert scores(coloured, CALIBRATION)[Reason.OVEREXPOSED][0] > 0.9


def test_the_tables_in_a_file_tell_strong_compression(
    kodak: list[Image.Image],
) -> None:
    fine, coarse = table_of(kodak[:1], [0.5]), table_of(kodak[:1], [5.0])
    assert scores(fine, CALIBRATION)[Reason.COMPRESSED][0] < 0.1
    (flag,) = flags(coarse, scores(coarse, CALIBRATION), CALIBRATION.thresholds)
    assert (flag.reason, flag.why.split(": ")[1]) == (Reason.COMPRESSED, "saved as JPEG of quality 10")
    huge = replace(coarse, width=np.array([12000], np.int32))
    assert scores(huge, CALIBRATION)[Reason.COMPRESSED] < scores(coarse, CALIBRATION)[Reason.COMPRESSED]


def test_motion_is_told_from_defocus(kodak: list[Image.Image]) -> None:
    for picture in kodak[:3]:
        (flag,) = blur_of(moved(picture, 15, 0.0))
        assert "in one direction" in flag.why
        (flag,) = blur_of(picture.filter(ImageFilter.GaussianBlur(3)))
        assert "in one direction" not in flag.why


def test_flags_carry_words_and_the_worst_come_first(kodak: list[Image.Image]) -> None:
    bad = [ladder.grade(kodak[0], ladder.amounts[-1]) for ladder in LADDERS]
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
    soft = kodak[0].filter(ImageFilter.GaussianBlur(8)).resize((384, 256))
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


def test_a_prompt_pair_adds_its_log_odds_where_the_model_has_one(kodak: list[Image.Image]) -> None:
    table = table_of([kodak[0].filter(ImageFilter.GaussianBlur(1.5))] * 3)
    alone = scores(table, CALIBRATION)[Reason.BLURRED]
    pairs = [PromptPair(Reason.BLURRED, "blurry", "sharp", 8.0, -1.0)]
    texts = np.array([[1, 0], [0, 1]], np.float32)
    vectors = np.array([[0.8, 0.6], [0.6, 0.8], [0, 0]], np.float32)
    odds = prompt_odds(pairs, vectors, texts)
    assert odds[Reason.BLURRED] == pytest.approx([0.6, -2.6, 0.0], abs=1e-6)
    together = scores(table, CALIBRATION, prompts=odds)[Reason.BLURRED]
    assert together[0] > alone[0] and together[1] < alone[1] and together[2] == alone[2]
    assert prompt_odds([], vectors, texts[:0]) == {}


def test_a_model_tips_a_verdict_and_makes_none(kodak: list[Image.Image]) -> None:
    table = table_of([kodak[0], kodak[0].filter(ImageFilter.GaussianBlur(5))])
    sure = {Reason.BLURRED: np.array([50.0, -50.0])}
    together = scores(table, CALIBRATION, prompts=sure)[Reason.BLURRED]
    assert together[0] < 0.5 <= together[1]
    behind = evidence(table, CALIBRATION.guards)[Reason.BLURRED]
    curve = CALIBRATION.curves[Reason.BLURRED]
    expected = 1 / (1 + np.exp(-((behind - curve.centre) / curve.width + [MOST_SAY, -MOST_SAY])))
    assert together == pytest.approx(expected, abs=1e-5)


def test_pairs_come_from_the_models_calibration() -> None:
    listed = {"reason": "noisy", "positive": "grain", "negative": "clean", "weight": 9, "bias": -1}
    assert prompt_pairs({"prompt_pairs": [listed]}) == [PromptPair(Reason.NOISY, "grain", "clean", 9.0, -1.0)]
    assert prompt_pairs({}) == []


def test_photos_that_were_not_measured_yet_score_nothing(kodak: list[Image.Image]) -> None:
    table = table_of(kodak[:2])
    unknown = {name: np.full(2, np.nan, np.float32) for name in table.measures}
    table = replace(table, measures=unknown)
    scored = scores(table, CALIBRATION)
    assert all((values == 0).all() for values in scored.values())
    assert flags(table, scored, dict.fromkeys(Reason, 0.0)) == []


def test_a_score_that_waits_for_a_new_measurement_is_flagged_without_its_number(
    kodak: list[Image.Image],
) -> None:
    table = table_of(kodak[:1])
    table = replace(table, measures={name: np.full(1, np.nan, np.float32) for name in table.measures})
    made = flags(table, {reason: np.ones(1, np.float32) for reason in Reason}, dict.fromkeys(Reason, 0.5))
    assert [flag.reason for flag in made] == list(Reason)
    assert all(flag.why and "nan" not in flag.why for flag in made)


def test_no_photos_no_flags() -> None:
    table = table_of([])
    assert flags(table, scores(table, CALIBRATION), CALIBRATION.thresholds) == []
