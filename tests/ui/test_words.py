"""Values as words."""

from __future__ import annotations

import pytest

from organizer.events import Progress
from organizer.records import ExifFacts
from organizer.results import Caption, Reason
from ui import words

pytestmark = pytest.mark.usefixtures("dressed")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, ""),
        (5, "less than a minute left"),
        (130, "about 2 min left"),
        (4200, "about 1 h 10 min left"),
    ],
)  # fmt: skip
def test_time_left(seconds: float | None, expected: str) -> None:
    assert words.time_left(seconds) == expected


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress("scan", 0, 8120), "Looking for photos: 8,120 found"),
        (Progress("photos", 8120, 12408), "Looking at new photos: 8,120 of 12,408"),
        (Progress("results", 1, 2), "Sorting what was found"),
        (Progress("words", 64, 812), "The model reads the categories: 64 of 812"),
    ],
)
def test_progress(progress: Progress, expected: str) -> None:
    assert words.progress_words(progress) == expected


def test_a_slow_rate_is_said_as_seconds_a_photo() -> None:
    assert words.rate_words(Progress("photos", 1, 9, rate=31.2)) == "31/s"
    assert words.rate_words(Progress("photos", 1, 9, rate=0.25)) == "4 s a photo"
    assert words.rate_words(Progress("scan", 1, 9, rate=31.2)) == ""


def test_exposure_names_only_what_is_known() -> None:
    full = ExifFacts(exposure_s=1 / 250, aperture=2.8, iso=200)
    assert words.exposure(full) == "1/250 s, f/2.8, ISO 200"
    assert words.exposure(ExifFacts(exposure_s=2.5)) == "2.5 s"
    assert words.exposure(ExifFacts()) == ""


def test_place_has_its_hemispheres() -> None:
    assert words.place(ExifFacts(latitude=-33.8568, longitude=151.2153)) == "33.8568° S, 151.2153° E"
    assert words.place(ExifFacts(latitude=1.0)) == ""


def test_an_unusual_time_is_shown_as_it_is() -> None:
    assert words.taken("long ago") == "long ago"
    assert "2024" in words.taken("2024-05-01T10:00:00+09:00") or "24" in words.taken(
        "2024-05-01T10:00:00+09:00"
    )


def test_every_reason_has_a_name_of_its_own() -> None:
    assert len({words.reason_name(reason) for reason in Reason}) == len(Reason)


def test_who_wrote_a_caption() -> None:
    assert words.caption_source(Caption(1, "x", "user")) == "Written by you"
    assert "labels" in words.caption_source(Caption(1, "x", "labels"))
    assert "coca" in words.caption_source(Caption(1, "x", "model coca"))
