"""Facts from metadata: what cameras wrote, and what malformed metadata must not break."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from organizer.media.decode import decode_bytes
from organizer.media.exif import written_date
from organizer.media.xmp import xmp_facts
from organizer.records import ExifFacts


def facts(file: Path) -> ExifFacts:
    return decode_bytes(file.read_bytes(), file.suffix, side=256).facts


def facts_with(exif: Image.Exif, suffix: str = ".jpg", **save: object) -> ExifFacts:
    stream = io.BytesIO()
    written = Image.Exif()
    written.load(exif.tobytes())
    form = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".avif": "AVIF"}[suffix]
    Image.new("RGB", (40, 20), "grey").save(stream, form, exif=written, **save)  # type: ignore[arg-type]
    return decode_bytes(stream.getvalue(), suffix, side=None).facts


def full_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "NIKON CORPORATION", "NIKON Z 6"
    exif[Base.ImageDescription] = "A day at the sea"
    photo = exif.get_ifd(IFD.Exif)
    photo[Base.DateTimeOriginal] = "2019:07:14 16:20:05"
    photo[Base.SubsecTimeOriginal], photo[Base.OffsetTimeOriginal] = "25", "+09:00"
    photo[Base.LensModel] = "NIKKOR Z 24-70mm f/4 S"
    photo[Base.ISOSpeedRatings] = 320
    photo[Base.ExposureTime], photo[Base.FNumber] = IFDRational(1, 250), IFDRational(56, 10)
    photo[Base.FocalLength] = IFDRational(35, 1)
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef], gps[GPS.GPSLongitudeRef] = "S", "W"
    gps[GPS.GPSLatitude] = (IFDRational(33, 1), IFDRational(30, 1), IFDRational(0, 1))
    gps[GPS.GPSLongitude] = (IFDRational(70, 1), IFDRational(45, 1), IFDRational(36, 1))
    gps[GPS.GPSAltitude], gps[GPS.GPSAltitudeRef] = IFDRational(12, 1), b"\x01"
    return exif


EXPECTED = ExifFacts(
    taken_at="2019-07-14T16:20:05.25+09:00",
    camera="NIKON Z 6",
    lens="NIKKOR Z 24-70mm f/4 S",
    iso=320,
    exposure_s=1 / 250,
    aperture=5.6,
    focal_mm=35.0,
    latitude=-33.5,
    longitude=-70.76,
    altitude_m=-12.0,
    title="A day at the sea",
)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_every_format_gives_the_same_facts(suffix: str) -> None:
    found = facts_with(full_exif(), suffix)
    assert found.longitude == pytest.approx(EXPECTED.longitude)
    assert replace(found, longitude=EXPECTED.longitude) == EXPECTED


def test_an_iphone_photo(photos_root: Path) -> None:
    found = facts(photos_root / "camera" / "metadata-extractor__jpg__Apple_iPhone_6.jpg")
    assert found.camera == "Apple iPhone 6"
    assert found.taken_at == "2014-09-16T14:05:12.133"
    assert (found.iso, found.aperture, found.exposure_s) == (32, 2.2, 0.025)
    assert found.lens is not None and "iPhone 6 back camera" in found.lens
    assert found.latitude == pytest.approx(51.762, abs=0.01)
    assert found.longitude == pytest.approx(-0.318, abs=0.01)
    assert found.altitude_m == pytest.approx(111.3, abs=0.5)


def test_facts_from_heif_webp_and_avif(photos_root: Path) -> None:
    folder = photos_root / "formats"
    heif = facts(folder / "pillow-heif__tests__images__heif_other__L_exif_xmp_iptc.heic")
    assert heif.camera == "SONY ILCE-7SM3"
    assert heif.taken_at == "2020-09-14T11:09:34.641-05:00"
    webp = facts(folder / "immich-test-assets__formats__webp__denali.webp")
    assert (webp.camera, webp.title) == ("Canon EOS 7D", "Denali National Park and Preserve")
    assert facts(folder / "metadata-extractor__avif__Issue_649.avif").camera == "Canon EOS 70D"


def test_camera_names_are_not_doubled_or_bloated(photos_root: Path) -> None:
    names = {facts(f).camera for f in sorted((photos_root / "formats").glob("*.jp*g"))} - {None}
    assert {"Canon EOS 40D", "NIKON D300", "FUJIFILM FinePix40i", "KODAK CX7530 ZOOM DIGITAL CAMERA"} <= names


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2008:05:30 15:56:01", "2008-05-30T15:56:01"),
        ("2008-05-30T15:56:01+02:00", "2008-05-30T15:56:01+02:00"),
        ("2008-05-30T15:56:01.250Z", "2008-05-30T15:56:01.250+00:00"),
        ("2008/05/30 15:56", "2008-05-30T15:56:00"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2008:13:30 15:56:01", None),
        ("2008:02:30 15:56:01", None),
        ("2008:05:30 25:00:00", None),
        ("0001:01:01 00:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(written: str | None, expected: str | None) -> None:
    assert written_date(written) == expected


def test_a_zero_fraction_and_a_wild_offset_are_left_out() -> None:
    assert written_date("2008:05:30 15:56:01", "000", "+99:00") == "2008-05-30T15:56:01"


def test_an_original_date_of_zeros_gives_way_to_the_next() -> None:
    exif = Image.Exif()
    exif[Base.DateTime] = "2010:01:02 03:04:05"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "0000:00:00 00:00:00"
    assert facts_with(exif).taken_at == "2010-01-02T03:04:05"


def test_values_that_make_no_sense_are_absent() -> None:
    exif = Image.Exif()
    photo, gps = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    photo[Base.ExposureTime], photo[Base.FNumber] = IFDRational(1, 0), IFDRational(0, 1)
    photo[Base.ISOSpeedRatings] = 0
    photo[Base.LensModel] = "----"
    gps[GPS.GPSLatitude] = (IFDRational(91, 1), IFDRational(0, 1), IFDRational(0, 1))
    gps[GPS.GPSLongitude] = (IFDRational(10, 1), IFDRational(0, 1), IFDRational(0, 1))
    exif[Base.ImageDescription] = "OLYMPUS DIGITAL CAMERA"
    exif[Base.Orientation] = 9
    assert facts_with(exif) == ExifFacts()


def test_a_receiver_without_a_fix_is_not_in_the_gulf_of_guinea() -> None:
    exif = Image.Exif()
    gps = exif.get_ifd(IFD.GPSInfo)
    for tag in (GPS.GPSLatitude, GPS.GPSLongitude):
        gps[tag] = (IFDRational(0, 1), IFDRational(0, 1), IFDRational(0, 1))
    found = facts_with(exif)
    assert (found.latitude, found.longitude) == (None, None)


@pytest.mark.parametrize(
    ("tag", "value", "stars"), [(0x4746, 4, 4), (0x4746, 0, 0), (0x4749, 99, 5), (0x4749, 25, 2)]
)
def test_ratings_in_exif(tag: int, value: int, stars: int) -> None:
    exif = Image.Exif()
    exif[tag] = value
    assert facts_with(exif).rating == stars


def test_korean_text_survives() -> None:
    exif = Image.Exif()
    exif[0x9C9B] = "제주도 여행".encode("utf-16-le") + b"\0\0"
    assert facts_with(exif).title == "제주도 여행"


def test_xmp_as_attributes_and_as_elements() -> None:
    attributes = (
        b'<rdf:Description xmp:Rating="3" aux:Lens="EF50mm" exif:DateTimeOriginal="2020-01-02T03:04:05"/>'
    )
    elements = (
        b"<xmp:Rating>5</xmp:Rating><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Tom &amp; Anna</rdf:li>"
        b"</rdf:Alt></dc:title><dc:description><rdf:Alt><rdf:li>two</rdf:li></rdf:Alt></dc:description>"
    )
    assert (xmp_facts(attributes).rating, xmp_facts(attributes).lens) == (3, "EF50mm")
    assert xmp_facts(attributes).taken_at == "2020-01-02T03:04:05"
    assert (xmp_facts(elements).rating, xmp_facts(elements).title) == (5, "Tom & Anna")
    assert xmp_facts(elements).description == "two"


@pytest.mark.parametrize(
    ("written", "stars"), [("-1", 0), ("9", 5), ("4.0", 4), ("many", None), ("inf", None)]
)
def test_xmp_ratings_stay_in_range(written: str, stars: int | None) -> None:
    assert xmp_facts(f'<x xmp:Rating="{written}"/>').rating == stars


def test_xmp_in_a_jpeg_wins_over_exif() -> None:
    exif = Image.Exif()
    exif[0x4746] = 2
    assert facts_with(exif, xmp=b'<rdf:Description xmp:Rating="4"/>').rating == 4


def test_a_title_in_iptc() -> None:
    record = b"\x1c\x02\x05" + len(b"Harbour").to_bytes(2, "big") + b"Harbour"
    block = b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record + b"\0" * (len(record) % 2)
    body = b"Photoshop 3.0\0" + block
    stream = io.BytesIO()
    Image.new("RGB", (40, 20)).save(stream, "JPEG")
    data = stream.getvalue()
    data = data[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]
    assert decode_bytes(data, ".jpg", side=None).facts.title == "Harbour"


def test_broken_exif_costs_nothing_but_the_facts() -> None:
    stream = io.BytesIO()
    whole = full_exif().tobytes()
    Image.new("RGB", (40, 20), "grey").save(stream, "JPEG", exif=whole)
    good = stream.getvalue()
    at = good.index(b"Exif\0\0") + 6
    for cut in range(0, len(whole) - len(b"Exif\0\0") - 8, 7):
        bad = good[: at + cut] + b"\xff" * 8 + good[at + cut + 8 :]
        assert decode_bytes(bad, ".jpg", side=None).image.size in ((40, 20), (20, 40))
