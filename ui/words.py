"""Values as words: sizes, times, dates, places and the names of reasons. The same words everywhere.

Pure functions over plain values; knows no widgets.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QDateTime, QLocale, QTime

from organizer.events import Progress
from organizer.records import ExifFacts
from organizer.results import Caption, Reason

from .translation import number, tr

MINUTE = 60.0
HOUR = 3600.0
COUNTED = ("first-look", "photos", "words", "captions")  # stages of the work of which the whole is known


def reason_name(reason: Reason) -> str:
    """The name of a quality reason, as a word."""
    return {
        Reason.BLURRED: tr("Blurred"),
        Reason.NOISY: tr("Noisy"),
        Reason.UNDEREXPOSED: tr("Too dark"),
        Reason.OVEREXPOSED: tr("Too bright"),
        Reason.PIXELATED: tr("Pixelated"),
        Reason.COMPRESSED: tr("Compressed"),
    }[reason]


def choice_name(choice: int) -> str:
    """1, -1 or 0 as a word; empty for undecided."""
    return {1: tr("Picked"), -1: tr("Rejected")}.get(choice, "")


def percent(share: float) -> str:
    """A share 0..1 in percent: what is there is never none of it, what lacks something never all."""
    if 0 < share < 0.01:
        return tr("{n}%", n="<1")
    return tr("{n}%", n=">99" if 0.99 < share < 1 else str(round(100 * share)))


def caption_source(caption: Caption) -> str:
    """Who wrote a caption."""
    if caption.source == "user":
        return tr("Written by you")
    if caption.source == "labels":
        return tr("Put together from the strongest labels")
    return tr("Written by {model}", model=captioner_name(caption.source.removeprefix("model ")))


def captioner_name(key: str, name: str = "") -> str:
    """What a captioner is called: one of the program's own, or a model by its name or key."""
    own = {"starter-captioner": tr("Starter captions"), "labels": tr("The strongest labels")}
    return own.get(key, name or key)


def byte_size(count: int) -> str:
    """4310021 as "4.3 MB" (powers of 1000, as file managers show)."""
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def pixels(width: int, height: int) -> str:
    """ "4,000 x 3,000, 12 MP"."""
    sides = f"{number(width)} × {number(height)}"
    if width * height < 100_000:
        return sides
    return tr("{sides}, {n} MP", sides=sides, n=QLocale().toString(width * height / 1e6, "f", 1))


def taken(text: str | None) -> str:
    """An ISO time as the language writes it; empty where there is none."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    stamp = QDateTime(QDate(moment.year, moment.month, moment.day), QTime(moment.hour, moment.minute))
    return QLocale().toString(stamp, QLocale.FormatType.ShortFormat)


def exposure(exif: ExifFacts) -> str:
    """ "1/250 s, f/2.8, ISO 200": only what is known."""
    parts = []
    if exif.exposure_s:
        seconds = exif.exposure_s
        parts.append(f"{seconds:g} s" if seconds >= 0.4 else f"1/{round(1 / seconds)} s")
    if exif.aperture:
        parts.append(f"f/{exif.aperture:.2g}")
    if exif.iso:
        parts.append(f"ISO {exif.iso}")
    return ", ".join(parts)


def focal_length(exif: ExifFacts) -> str:
    """ "35 mm"; empty where it is unknown."""
    return f"{exif.focal_mm:.3g} mm" if exif.focal_mm else ""


def place(exif: ExifFacts) -> str:
    """Coordinates with five decimals at most; empty where there are none."""
    if exif.latitude is None or exif.longitude is None:
        return ""
    north, east = ("N" if exif.latitude >= 0 else "S"), ("E" if exif.longitude >= 0 else "W")
    return f"{abs(exif.latitude):.4f}° {north}, {abs(exif.longitude):.4f}° {east}"


def time_left(seconds: float | None) -> str:
    """ "about 2 min left"; empty while unknown."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < MINUTE:
        return tr("less than a minute left")
    if seconds < HOUR:
        return tr("about {n} min left", n=round(seconds / MINUTE))
    hours, rest = divmod(round(seconds / MINUTE), 60)
    return tr("about {hours} h {minutes} min left", hours=hours, minutes=rest)


def progress_words(progress: Progress) -> str:
    """What is being done and how far it is."""
    if progress.stage == "scan":
        return tr("Looking for photos: {n} found", n=number(progress.total))
    if progress.stage == "results":
        return tr("Sorting what was found")
    done, total = number(progress.done), number(progress.total)
    if progress.stage == "words":
        return tr("The model reads the categories: {done} of {total}", done=done, total=total)
    if progress.stage == "captions":
        return tr("Describing photos: {done} of {total}", done=done, total=total)
    if progress.stage == "first-look":
        return tr("First look: {done} of {total}", done=done, total=total)
    return tr("Looking at new photos: {done} of {total}", done=done, total=total)


def rate_words(progress: Progress) -> str:
    """ "31/s", or the seconds a photo takes where it is slower than one a second."""
    if progress.stage not in COUNTED or progress.rate <= 0:
        return ""
    if progress.rate >= 1:
        return tr("{n}/s", n=round(progress.rate))
    return tr("{n} s a photo", n=round(1 / progress.rate))
