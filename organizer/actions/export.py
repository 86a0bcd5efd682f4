"""Copies of photos in a folder of the person's choice, as they are or made smaller. Originals are only read.

A copy appears under its name whole or not at all, and never over something that stands there: a number
is added to the name. One photo that cannot be copied costs itself alone; a full drive ends the work.
Knows neither the catalogue nor how a photo is decoded: the pixels of a smaller copy are handed in.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from organizer.actions.fileops import FileOps
from organizer.errors import EnvironmentProblem, FolderProblem, OrganizerError, StorageFull
from organizer.records import ExifFacts

JPEG_QUALITY = 92
FULL_SIZE = 65_535  # pixels: a JPEG can be no larger
MOST_NUMBERS = 10_000  # of one name in one folder

Pixels = Callable[[Path, int], NDArray[np.uint8]]  # (file, longest side) -> uint8 (H, W, 3), upright, sRGB


@dataclass(frozen=True, slots=True)
class Wanted:
    """One photo to copy.

    Attributes:
        taken: seconds since 1970 of the camera's local time, None where unknown.
        facts: what a new JPEG is to say beside that: camera, exposure, place; None for nothing.
    """

    photo_id: int
    path: Path
    taken: float | None = None
    facts: ExifFacts | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of it.

    Attributes:
        copies: (photo id, file that was made), in the order asked for.
        failed: (path of the photo, one sentence).
    """

    copies: tuple[tuple[int, Path], ...]
    failed: tuple[tuple[Path, str], ...]


def export(
    photos: Sequence[Wanted],
    folder: Path,
    longest_side: int | None = None,
    pixels: Pixels | None = None,
    *,
    told: Callable[[int, int], None] | None = None,
    check: Callable[[], None] | None = None,
    files: FileOps | None = None,
) -> Exported:
    """Copy photos into a folder, which is made if it is not there.

    Args:
        longest_side: pixels at most; each copy is a JPEG, upright, in sRGB, with the time it was taken and
            with the facts that are handed in, and nothing else of what the camera wrote.
            None: the file as it is, to the byte.
        pixels: gives the picture for a smaller copy; needed with ``longest_side``. Raises OrganizerError for
            a photo that cannot be read.
        told: called with photos done and photos in all. check: called before each; may raise
            ``Cancelled``: the copies made so far stay.

    Raises:
        FolderProblem: the folder cannot be made or written to. StorageFull: its drive is full; the copies
            made before stay.
    """
    if longest_side is not None and pixels is None:
        raise ValueError("smaller copies need pixels")
    files = files or FileOps()
    _prepare(folder, files)
    copies: list[tuple[int, Path]] = []
    failed: list[tuple[Path, str]] = []
    for done, photo in enumerate(photos):
        if check is not None:
            check()
        if told is not None:
            told(done, len(photos))
        try:
            copies.append((photo.photo_id, _one(photo, folder, longest_side, pixels, files)))
        except StorageFull as problem:
            made = f"{len(copies)} of {len(photos)} photos were copied before."
            raise StorageFull(f"{problem} {made}", detail=problem.detail) from problem
        except OrganizerError as problem:
            failed.append((photo.path, str(problem)))
    if told is not None:
        told(len(photos), len(photos))
    return Exported(tuple(copies), tuple(failed))


def _prepare(folder: Path, files: FileOps) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderProblem(f"The folder {folder} cannot be made: {error.strerror}.") from error
    if not files.is_writable(folder):
        raise FolderProblem(f"Nothing can be written to the folder {folder}; please choose another one.")


def _one(
    photo: Wanted, folder: Path, longest_side: int | None, pixels: Pixels | None, files: FileOps
) -> Path:
    half_made = folder / f".{photo.photo_id}-{os.getpid()}.part"
    with _half_made(half_made, f"{photo.path.name} could not be copied"):
        if longest_side is None or pixels is None:
            shutil.copyfile(photo.path, half_made)
            shutil.copystat(photo.path, half_made)
            return _named(half_made, folder, photo.path.name, files)
        half_made.write_bytes(smaller(pixels(photo.path, longest_side), photo.taken, photo.facts))
        return _named(half_made, folder, photo.path.stem + ".jpg", files)


@contextmanager
def _half_made(file: Path, failed: str) -> Iterator[None]:
    """While a file is made under a passing name: that name does not stay, and what goes wrong is told."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"The drive of {file.parent} is full.", detail=str(error)) from error
        raise EnvironmentProblem(f"{failed}: {error.strerror or error}.", detail=str(error)) from error
    finally:
        file.unlink(missing_ok=True)


def smaller(picture: NDArray[np.uint8], taken: float | None, facts: ExifFacts | None = None) -> bytes:
    """A JPEG of an upright sRGB picture (H, W, 3), with the time it was taken and these facts alone."""
    exif = Image.Exif()
    if facts is not None:
        _write_facts(exif, facts)
    if taken is not None:
        when = _camera_time(taken)
        exif[Base.DateTime] = when
        exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = when
    stream = io.BytesIO()
    Image.fromarray(picture).save(
        stream, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True, exif=exif.tobytes()
    )
    return stream.getvalue()


def _write_facts(exif: Image.Exif, facts: ExifFacts) -> None:
    """Camera, lens, exposure, stars, title and place, as far as they are known."""
    inner, place = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    for directory, tag, value in (
        (exif, Base.Model, _text(facts.camera)),
        (exif, Base.ImageDescription, _text(facts.title)),
        (exif, Base.Rating, facts.rating),
        (inner, Base.LensModel, _text(facts.lens)),
        (inner, Base.ISOSpeedRatings, facts.iso),
        (inner, Base.ExposureTime, facts.exposure_s),
        (inner, Base.FNumber, facts.aperture),
        (inner, Base.FocalLength, facts.focal_mm),
    ):
        if value is not None:
            directory[tag] = value
    if facts.latitude is not None and facts.longitude is not None:
        place[GPS.GPSLatitudeRef] = "N" if facts.latitude >= 0 else "S"
        place[GPS.GPSLatitude] = _degrees(facts.latitude)
        place[GPS.GPSLongitudeRef] = "E" if facts.longitude >= 0 else "W"
        place[GPS.GPSLongitude] = _degrees(facts.longitude)
        if facts.altitude_m is not None:
            place[GPS.GPSAltitudeRef] = b"\x01" if facts.altitude_m < 0 else b"\x00"
            place[GPS.GPSAltitude] = abs(facts.altitude_m)


def _text(value: str | None) -> bytes | None:
    """EXIF knows ASCII; every program that matters reads UTF-8 there, too."""
    return value.encode("utf-8", "replace") if value else None


def _degrees(value: float) -> tuple[float, float, float]:
    """Degrees, minutes and seconds of an angle without its sign."""
    minutes, seconds = divmod(round(abs(value) * 3600, 4), 60)
    degrees, minutes = divmod(minutes, 60)
    return degrees, minutes, seconds


def _camera_time(taken: float) -> str:
    """As EXIF writes times: the camera's own clock, without a zone."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=taken)).strftime("%Y:%m:%d %H:%M:%S")


def write_new(data: bytes, folder: Path, name: str, files: FileOps | None = None) -> Path:
    """Write a file of this name into a folder, with a number where the name is taken; whole or not at all.

    Raises:
        FolderProblem, StorageFull: as ``export``. EnvironmentProblem: it cannot be written.
    """
    files = files or FileOps()
    _prepare(folder, files)
    half_made = folder / f".{os.getpid()}-{name}.part"
    with _half_made(half_made, f"{name} could not be written"):
        half_made.write_bytes(data)
        return _named(half_made, folder, name, files)


def _named(half_made: Path, folder: Path, name: str, files: FileOps) -> Path:
    """Give a finished copy its name, with a number where that is taken."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    for number in range(1, MOST_NUMBERS):
        target = folder / (name if number == 1 else f"{stem} ({number}){suffix}")
        try:
            files.move_back(half_made, target)
        except FileExistsError:
            continue
        return target
    raise EnvironmentProblem(f"The folder {folder} holds too many files named like {name}.")
