"""The whole of the test photos, indexed and reported by the command line, against their labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from organizer.media.formats import PHOTO_SUFFIXES
from tests.conftest import REPOSITORY
from tests.integration.conftest import Indexed, Run

SCHEMA = REPOSITORY / "resources" / "schemas" / "report.schema.json"


def test_the_report_is_as_its_schema_says(whole_library: Indexed) -> None:
    jsonschema.validate(whole_library.report, json.loads(SCHEMA.read_text()))


def test_every_file_is_a_photo_or_told_as_unreadable(whole_library: Indexed) -> None:
    report = whole_library.report
    files = {str(file) for file in whole_library.photos.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES}
    unreadable = {row["image"] for row in report["unreadable"]}
    readable = {image["image"] for group in report["categories"] for image in group["images"]}
    assert readable | unreadable == files
    assert not readable & unreadable
    assert report["photos"] == len(readable)


def test_a_photo_stands_in_one_category(whole_library: Indexed) -> None:
    places = Counter(
        image["image"] for group in whole_library.report["categories"] for image in group["images"]
    )
    assert set(places.values()) == {1}
    assert whole_library.report["categories"][-1]["category"] == "others"


def test_only_hostile_files_are_unreadable(whole_library: Indexed) -> None:
    unreadable = [whole_library.relative(row["image"]) for row in whole_library.report["unreadable"]]
    elsewhere = [name for name in unreadable if not name.startswith("hostile/")]
    # a camera's RAW file without a usable preview may be told as such; nothing else may
    assert [name for name in elsewhere if not name.startswith("formats/")] == []
    assert len(elsewhere) <= 3, elsewhere
    hostile = [
        file for file in (whole_library.photos / "hostile").iterdir() if file.suffix.lower() in PHOTO_SUFFIXES
    ]
    assert len(unreadable) - len(elsewhere) > len(hostile) / 3


COARSE = {
    "sea": {"nature"},
    "glacier": {"nature"},
    "mountain": {"nature"},
    "forest": {"nature"},
    "street": {"city"},
    "buildings": {"city"},
    "receipt": {"documents"},
    "sketch": {"drawings"},
    "clothes": {"clothes"},
    "dog": {"animals"},
    "cat": {"animals"},
}


def coarse_accuracy(
    report: dict[str, Any], indexed: Indexed, labels: list[dict[str, str]]
) -> dict[str, float]:
    """Share of everyday photos of each coarse label whose top-level category fits."""
    parent_of = {
        image["image"]: group["parent"] or group["category"]
        for group in report["categories"]
        for image in group["images"]
    }
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in labels:
        word = row["label"].split(":")[0].split(" of ")[0]
        if row["set"] == "everyday" and word in COARSE:
            total[word] += 1
            right[word] += parent_of.get(str(indexed.photos / row["file"])) in COARSE[word]
    return {word: right[word] / total[word] for word in total}


def test_categories_fit_the_labels(whole_library: Indexed, labels: list[dict[str, str]]) -> None:
    accuracy = coarse_accuracy(whole_library.report, whole_library, labels)
    assert set(accuracy) == set(COARSE)
    assert sum(accuracy.values()) / len(accuracy) >= 0.5, accuracy


def test_no_look_alikes_and_no_strangers_share_a_stack(whole_library: Indexed) -> None:
    groups = json.loads((whole_library.photos / "groups.json").read_text())
    together = {frozenset(pair) for group in groups for pair in combinations(group["files"], 2)}
    strangers = []
    for stack in whole_library.report["duplicates"]:
        names = [whole_library.relative(image) for image in stack["images"]]
        strangers += [
            pair
            for pair in combinations(names, 2)
            if frozenset(pair) not in together and any(name.startswith("lookalikes/") for name in pair)
        ]
    assert strangers == []


def test_turned_and_mirrored_copies_and_brackets_are_found(whole_library: Indexed) -> None:
    groups = json.loads((whole_library.photos / "groups.json").read_text())
    kinds = ("rotated-flipped-copies", "focus-bracket")
    wanted = [group for group in groups if group["kind"] in kinds]
    assert wanted
    stacks = [
        {whole_library.relative(image) for image in stack["images"]}
        for stack in whole_library.report["duplicates"]
    ]
    found = sum(any(len(stack & set(group["files"])) > 1 for stack in stacks) for group in wanted)
    assert found >= len(wanted) / 2, f"{found} of {len(wanted)}"


def test_brackets_are_bursts_of_one_scene(whole_library: Indexed) -> None:
    groups = json.loads((whole_library.photos / "groups.json").read_text())
    wanted = {
        frozenset(pair)
        for group in groups
        if group["kind"] in ("exposure-bracket", "focus-bracket")
        for pair in combinations(group["files"], 2)
    }
    bursts = {
        frozenset(map(whole_library.relative, pair))
        for stack in whole_library.report["duplicates"]
        if stack["tier"] == "burst"
        for pair in combinations(stack["images"], 2)
    }
    assert len(bursts & wanted) >= 0.8 * len(wanted), f"{len(bursts & wanted)} of {len(wanted)}"
    brackets = {file for pair in wanted for file in pair}
    assert [pair for pair in bursts - wanted if pair & brackets] == []


def test_every_stack_keeps_one_of_its_own(whole_library: Indexed) -> None:
    stacks = whole_library.report["duplicates"]
    assert stacks
    for stack in stacks:
        assert stack["images"][0] == stack["keep"]
        assert stack["why"]


def test_the_orientations_are_one_picture(whole_library: Indexed) -> None:
    stacks = [
        {whole_library.relative(image) for image in stack["images"]}
        for stack in whole_library.report["duplicates"]
    ]
    largest = max(sum(name.startswith("orientation/") for name in stack) for stack in stacks)
    assert largest == 9


def test_good_photos_are_not_flagged_and_bad_ones_are(
    whole_library: Indexed, labels: list[dict[str, str]]
) -> None:
    flagged = {
        whole_library.relative(row["image"]): {reason["reason"] for reason in row["reasons"]}
        for row in whole_library.report["low_quality"]
    }
    good = [row["file"] for row in labels if row["label"] in ("good_lossless", "sharp")]
    assert good
    assert [name for name in good if name in flagged] == []
    bad = [row["file"] for row in labels if "defocus" in row["label"] or "motion" in row["label"]]
    assert bad
    assert sum("blurred" in flagged.get(name, ()) for name in bad) >= 0.75 * len(bad)


def test_highlights_are_never_flagged_nor_spare_copies(whole_library: Indexed) -> None:
    report = whole_library.report
    picks = {image["image"] for group in report["highlights"] for image in group["images"]}
    assert picks
    assert not picks & {row["image"] for row in report["low_quality"]}
    spare = {image for stack in report["duplicates"] for image in stack["images"] if image != stack["keep"]}
    assert not picks & spare


def test_captions_are_sentences_from_labels(whole_library: Indexed) -> None:
    captions = whole_library.report["captions"]
    everyday = [row for row in captions if whole_library.relative(row["image"]).startswith("everyday/")]
    assert len(everyday) > 100
    assert {row["source"] for row in captions} == {"labels"}
    assert all(row["caption"].endswith(".") and row["caption"][0].isupper() for row in captions)


def test_a_second_run_finds_nothing_to_do(whole_library: Indexed, program: Run) -> None:
    again = program("index", whole_library.photos, "--catalog", whole_library.catalog)
    assert again.returncode == 0, again.stderr
    assert ", 0 new (" in again.stderr


def test_the_page_stands_alone(whole_library: Indexed, program: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert program("report", "--html", page, "--catalog", whole_library.catalog).returncode == 0
    text = page.read_text()
    assert not re.search(r"(src|href)=['\"]?(https?:)?//|@import|url\(|<script", text)
    assert text.count("data:image/jpeg;base64,") > 100
    assert f"<b>{whole_library.report['photos']:,}</b>photos" in text


def test_without_a_display_the_same_job_is_done_in_the_terminal(whole_library: Indexed, program: Run) -> None:
    done = program(whole_library.photos, "--catalog", whole_library.catalog)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0].startswith("No window (there is no display)")
    assert Path(done.stdout.strip()).is_file()


@pytest.mark.parametrize("template", ["a photo of a {}", "{}"])
def test_labels_of_ones_own(whole_library: Indexed, program: Run, template: str, labels: Any) -> None:
    files = [whole_library.photos / row["file"] for row in labels if row["label"] in ("receipt", "sea")][:12]
    words = ["classify", *files, "--labels", "a receipt,the sea", "--template", template, "--json"]
    done = program(*words, "--catalog", whole_library.catalog)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["image"] for row in rows] == [str(file) for file in files]
    for row in rows:
        chances = [one["probability"] for one in row["labels"]]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) == pytest.approx(1, abs=0.001)
    truth = {str(whole_library.photos / row["file"]): row["label"] for row in labels}
    right = sum(truth[row["image"]] in row["labels"][0]["label"] for row in rows)
    assert right >= 0.75 * len(rows)


def test_shots_of_a_bracket_are_a_burst_and_no_copies(whole_library: Indexed) -> None:
    """Without capture times in nearly all of them: by their names and by what their pixels say."""
    groups = json.loads((whole_library.photos / "groups.json").read_text())
    brackets = [set(group["files"]) for group in groups if group["kind"].endswith("-bracket")]
    assert brackets
    burst: set[str] = set()
    for stack in whole_library.report["duplicates"]:
        members = {whole_library.relative(image) for image in stack["images"]}
        for bracket in brackets:
            if stack["tier"] == "same-picture":
                assert len(members & bracket) < 2, members & bracket
            if stack["tier"] == "burst" and len(members & bracket) > 1:
                burst |= members & bracket
    photos = set().union(*brackets)
    assert len(burst) >= 0.9 * len(photos), sorted(photos - burst)
