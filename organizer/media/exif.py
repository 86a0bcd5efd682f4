"""Facts that a camera or a person wrote into a photo: EXIF, with XMP and IPTC where EXIF is silent.

What is malformed is passed over field by field; no photo is refused for its metadata. Knows Pillow's
`Exif` mapping and plain values; opens no file. Tags follow CIPA DC-008 (Exif 2.32).
"""

from __future__ import annotations

import contextlib
import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from PIL import Image, ImageFile, IptcImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from organizer.media.xmp import XmpFacts, xmp_facts
from organizer.records import ExifFacts

log = logging.getLogger(__name__)

Tags = Mapping[int, Any]
T = TypeVar("T")

_RATING, _RATING_PERCENT, _XP_TITLE = 0x4746, 0x4749, 0x9C9B
_YEARS = range(1826, 2200)  # from the first photograph on
_BOILERPLATE = re.compile(
    r"^(olympus digital camera|sony dsc|dcim|digital ?still ?camera|minolta digital camera|samsung.*|"
    r"kodak digital still camera|exif[_ ]jpeg.*|dig|default|image description|untitled|created with .*|"
    r"[a-z]*dc\d+|hdr|edf|cof|sdr|oznor\w*|\w*dav)$",
    re.IGNORECASE,
)
"""Descriptions that cameras write by themselves; no person's title."""

_COMPANY = re.compile(
    r"\s+(corporation|corp\.?|co\.?,?\s*ltd\.?|company|imaging\s+corp\.?|optical.*|inc\.?|ag|techwin.*)$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\s*(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_OFFSET = re.compile(r"\s*(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)")


@dataclass(frozen=True, slots=True)
class _Directories:
    """The three directories of a file's EXIF; empty where there is none."""

    main: Tags
    photo: Tags
    gps: Tags


def facts_of_image(image: ImageFile.ImageFile, orientation: int | None = None) -> ExifFacts:
    """Facts from an opened Pillow image; never fails.

    Args:
        orientation: overrides the tag, for decoders that have turned the pixels already.
    """
    exif = _guarded(image.getexif) or Image.Exif()
    xmp = xmp_facts(_packet_of(image))
    iptc = _guarded(lambda: IptcImagePlugin.getiptcinfo(image)) or {}
    return _facts(exif, xmp, iptc, orientation)


def facts_of_exif(exif: Image.Exif, orientation: int | None = None) -> ExifFacts:
    """Facts from EXIF that was found outside a picture, as in a raw file; never fails."""
    return _facts(exif, XmpFacts(), {}, orientation)


def orientation_of(image: Image.Image) -> int:
    """How the pixels still have to be turned, 1..8; anything else in the file counts as 1."""
    return _orientation(_guarded(image.getexif) or Image.Exif())


def _orientation(exif: Image.Exif) -> int:
    value = _guarded(lambda: exif.get(Base.Orientation))
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _facts(exif: Image.Exif, xmp: XmpFacts, iptc: Mapping[Any, Any], orientation: int | None) -> ExifFacts:
    tags = _Directories(
        main=_guarded(lambda: dict(exif)) or {},
        photo=_guarded(lambda: exif.get_ifd(IFD.Exif)) or {},
        gps=_guarded(lambda: exif.get_ifd(IFD.GPSInfo)) or {},
    )
    latitude, longitude = _position(tags.gps)
    return ExifFacts(
        taken_at=_taken_at(tags) or written_date(xmp.taken_at),
        camera=_camera(tags.main),
        lens=_lens(tags.photo) or xmp.lens,
        iso=_iso(tags.photo),
        exposure_s=_positive(tags.photo, Base.ExposureTime)
        or _from_apex(tags.photo, Base.ShutterSpeedValue, -1.0),
        aperture=_positive(tags.photo, Base.FNumber) or _from_apex(tags.photo, Base.ApertureValue, 0.5),
        focal_mm=_positive(tags.photo, Base.FocalLength),
        latitude=latitude,
        longitude=longitude,
        altitude_m=_altitude(tags.gps),
        orientation=_orientation(exif) if orientation is None else orientation,
        rating=_rating(tags.main) if xmp.rating is None else xmp.rating,
        title=_title(tags.main, xmp, iptc),
    )


def _guarded(read: Callable[[], T]) -> T | None:
    """What a reader gives, or None where the metadata is broken: Pillow raises anything there."""
    try:
        return read()
    except Exception as error:
        log.debug("Malformed metadata was passed over (%s: %s).", type(error).__name__, error)
        return None


def _packet_of(image: Image.Image) -> bytes | str | None:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if packet is None:
        tags = getattr(image, "tag_v2", None)
        packet = _guarded(lambda: tags.get(700)) if tags is not None else None
    return packet if isinstance(packet, bytes | str) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    if not isinstance(value, str):
        return None
    value = value.split("\0", 1)[0]
    with contextlib.suppress(UnicodeError):  # Pillow reads text as Latin-1; many programs write UTF-8
        value = value.encode("latin-1").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in value).split()) or None


def _number(value: Any) -> float | None:
    if isinstance(value, tuple | list):
        value = value[0] if value else None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _positive(tags: Tags, tag: int) -> float | None:
    number = _number(tags.get(tag))
    return number if number is not None and number > 0 else None


def _from_apex(tags: Tags, tag: int, factor: float) -> float | None:
    """Exposure time (factor -1) or f-number (factor 1/2) from the logarithmic APEX value."""
    value = _number(tags.get(tag))
    if value is None or abs(value) > 30:
        return None
    return float(2.0 ** (value * factor))


def _taken_at(tags: _Directories) -> str | None:
    photo, main = tags.photo, tags.main
    candidates = (
        (photo.get(Base.DateTimeOriginal), Base.SubsecTimeOriginal, Base.OffsetTimeOriginal),
        (photo.get(Base.DateTimeDigitized), Base.SubsecTimeDigitized, Base.OffsetTimeDigitized),
        (main.get(Base.DateTime), Base.SubsecTime, Base.OffsetTime),
    )
    for written, fraction, offset in candidates:
        date = written_date(_text(written), _text(photo.get(fraction)), _text(photo.get(offset)))
        if date is not None:
            return date
    return None


def written_date(written: str | None, fraction: str | None = None, offset: str | None = None) -> str | None:
    """ISO 8601 from a date as cameras and editors write it; None for what is no date (0000:00:00)."""
    found = _DATE.match(written) if written else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    if year not in _YEARS:
        return None
    digits = re.match(r"\s*(\d{1,6})", fraction or "") or re.match(r"(\d{1,6})", found[7] or "")
    shown = moment.isoformat() + (f".{digits[1]}" if digits and int(digits[1]) else "")
    zone = _OFFSET.match(offset or "") or _OFFSET.match(found[8] or "")
    return shown + _zone(zone[1]) if zone else shown


def _zone(written: str) -> str:
    return "+00:00" if written == "Z" else f"{written[:3]}:{written[-2:]}"


def _camera(main: Tags) -> str | None:
    make, model = _text(main.get(Base.Make)), _text(main.get(Base.Model))
    if not make or not model:
        return model or make
    words = make.lower().split()
    named = model.lower().startswith(words[0]) or model.lower().split()[0] in words
    return model if named else f"{_brand(make)} {model}"


def _brand(make: str) -> str:
    """NIKON CORPORATION -> NIKON: the words that companies add are no part of a camera's name."""
    shorter = _COMPANY.sub("", make.strip(" ,."))
    return shorter.strip(" ,.") or make


def _lens(photo: Tags) -> str | None:
    lens = _text(photo.get(Base.LensModel))
    if lens is not None and re.search(r"[A-Za-z0-9]", lens):
        return lens
    written = photo.get(Base.LensSpecification)
    numbers = [_number(part) for part in written] if isinstance(written, tuple) and len(written) == 4 else []
    shortest, longest, wide, tele = (number or 0.0 for number in numbers or [None] * 4)
    if shortest <= 0:
        return None
    focal = f"{shortest:g} mm" if longest <= shortest else f"{shortest:g}-{longest:g} mm"
    speed = f"{wide:g}" if tele <= wide else f"{wide:g}-{tele:g}"
    return f"{focal} f/{speed}" if wide > 0 else focal


def _iso(photo: Tags) -> int | None:
    for tag in (Base.ISOSpeedRatings, Base.RecommendedExposureIndex, Base.ISOSpeed):
        value = _number(photo.get(tag))
        if value is not None and 0 < value < 10_000_000 and value != 65535:
            return round(value)
    return None


def _rating(main: Tags) -> int | None:
    stars = _number(main.get(_RATING))
    if stars is not None and 0 <= stars <= 5:
        return round(stars)
    percent = _number(main.get(_RATING_PERCENT))
    if percent is None or not 0 <= percent <= 100:
        return None
    return 0 if percent == 0 else min(5, 1 + round(percent / 25))  # Windows writes 1, 25, 50, 75, 99


def _title(main: Tags, xmp: XmpFacts, iptc: Mapping[Any, Any]) -> str | None:
    xp_title = main.get(_XP_TITLE)
    if isinstance(xp_title, tuple):
        numbers = xp_title
        xp_title = _guarded(lambda: bytes(numbers))
    windows = xp_title.decode("utf-16-le", "replace") if isinstance(xp_title, bytes) else None
    candidates = (
        xmp.title,
        _iptc_text(iptc, (2, 5)),
        _text(windows),
        _text(main.get(Base.ImageDescription)),
        xmp.description,
        _iptc_text(iptc, (2, 120)),
    )
    return next((text for text in candidates if text and not _BOILERPLATE.match(text)), None)


def _iptc_text(iptc: Mapping[Any, Any], key: tuple[int, int]) -> str | None:
    value = iptc.get(key)
    return _text(value[0] if isinstance(value, list) and value else value)


def _position(gps: Tags) -> tuple[float | None, float | None]:
    """Degrees, north and east positive; both or none, and none for the 0, 0 of a receiver without a fix."""
    latitude = _degrees(gps.get(GPS.GPSLatitude), _text(gps.get(GPS.GPSLatitudeRef)), "S", 90.0)
    longitude = _degrees(gps.get(GPS.GPSLongitude), _text(gps.get(GPS.GPSLongitudeRef)), "W", 180.0)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _degrees(parts: Any, reference: str | None, negative: str, most: float) -> float | None:
    if not isinstance(parts, tuple | list) or not 1 <= len(parts) <= 3:
        return None
    numbers = [_number(part) for part in parts]
    if numbers[0] is None:
        return None
    value: float = sum((number or 0.0) / 60**place for place, number in enumerate(numbers))
    if not 0 <= value <= most:
        return None
    return -value if (reference or "").upper().startswith(negative) else value


def _altitude(gps: Tags) -> float | None:
    value = _number(gps.get(GPS.GPSAltitude))
    if value is None or not -1000 < value < 100_000:
        return None
    reference = gps.get(GPS.GPSAltitudeRef)
    below = reference in (1, b"\x01", "\x01")
    return -value if below else value
