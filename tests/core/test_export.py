"""Export: copies to the byte or smaller ones, never over anything, each photo at its own risk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile

from organizer.actions.export import Exported, Wanted, export, write_new
from organizer.errors import Cancelled, FolderProblem, MediaError, MediaReason, StorageFull
from organizer.media.decode import load_upright
from organizer.media.exif import facts_of_image
from organizer.records import ExifFacts


@pytest.fixture
def photos(tmp_path: Path) -> list[Wanted]:
    """Three photos, two of one name in different folders; the last lies on its side."""
    made = []
    for number, name in enumerate(("a/one.jpg", "b/one.jpg", "b/바다 여행.jpg"), start=1):
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (60, 90, 3), np.uint8)
        exif = Image.Exif()
        exif[0x0112] = 6 if number == 3 else 1
        exif[0x010F] = "Maker"
        Image.fromarray(pixels).save(file, quality=90, exif=exif)
        os.utime(file, (1_000_000_000, 1_000_000_000))
        made.append(Wanted(number, file, 1_700_000_000.0))
    return made


def pixels(file: Path, side: int) -> NDArray[np.uint8]:
    return load_upright(file, side)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_copies_are_the_files_to_the_byte_and_the_originals_are_as_they_were(
    photos: list[Wanted], tmp_path: Path
) -> None:
    before = {photo.path: photo.path.read_bytes() for photo in photos}
    told: list[tuple[int, int]] = []
    made = export(photos, tmp_path / "out" / "best", told=lambda done, of: told.append((done, of)))
    assert names(tmp_path / "out" / "best") == ["one (2).jpg", "one.jpg", "바다 여행.jpg"]
    assert not made.failed and [photo_id for photo_id, _ in made.copies] == [1, 2, 3]
    for photo, (_, copy) in zip(photos, made.copies, strict=True):
        assert copy.read_bytes() == before[photo.path] == photo.path.read_bytes()
        assert copy.stat().st_mtime == 1_000_000_000
    assert told[0] == (0, 3) and told[-1] == (3, 3)


def test_nothing_that_stands_there_is_written_over(photos: list[Wanted], tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "one.jpg").write_bytes(b"mine")
    (target / "one (2).jpg").symlink_to(tmp_path / "nowhere")
    made = export(photos[:1], target)
    assert made.copies == ((1, target / "one (3).jpg"),)
    assert (target / "one.jpg").read_bytes() == b"mine" and (target / "one (2).jpg").is_symlink()


def test_smaller_copies_stand_upright_and_keep_the_time_alone(photos: list[Wanted], tmp_path: Path) -> None:
    made = export(photos, tmp_path / "out", 45, pixels)
    with Image.open(made.copies[2][1]) as copy:
        assert copy.size == (30, 45)  # it lay on its side
        exif = copy.getexif()
        assert 0x0112 not in exif and 0x010F not in exif
        assert exif.get_ifd(0x8769)[0x9003] == exif[0x0132] == "2023:11:14 22:13:20"
    with Image.open(made.copies[0][1]) as copy:
        assert copy.size == (45, 30)


def test_a_photo_that_cannot_be_copied_costs_itself_alone(photos: list[Wanted], tmp_path: Path) -> None:
    photos[1].path.unlink()
    made = export(photos, tmp_path / "out")
    assert [photo_id for photo_id, _ in made.copies] == [1, 3]
    assert [path for path, _ in made.failed] == [photos[1].path] and "could not be copied" in made.failed[0][
        1
    ]

    def refuse(file: Path, side: int) -> NDArray[np.uint8]:
        if file == photos[0].path:
            raise MediaError(MediaReason.DAMAGED, file)
        return pixels(file, side)

    made = export([photos[0], photos[2]], tmp_path / "small", 45, refuse)
    assert [photo_id for photo_id, _ in made.copies] == [3] and len(made.failed) == 1
    assert names(tmp_path / "small") == ["바다 여행.jpg"]


def test_a_full_drive_ends_the_work_and_leaves_no_half_copy(
    photos: list[Wanted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.write_bytes

    def write(self: Path, data: bytes) -> int:
        if self.name.startswith(".2-"):
            whole(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(self, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(StorageFull, match="1 of 3 photos were copied"):
        export(photos, tmp_path / "out", 45, pixels)
    assert names(tmp_path / "out") == ["one.jpg"]


def test_a_folder_that_cannot_be_written_to_is_said_in_one_sentence(
    photos: list[Wanted], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderProblem, match="cannot be made"):
        export(photos, tmp_path / "file" / "out")


def test_it_can_be_stopped_between_two_photos(photos: list[Wanted], tmp_path: Path) -> None:
    asked = 0

    def stop_at_the_second() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        export(photos, tmp_path / "out", check=stop_at_the_second)
    assert names(tmp_path / "out") == ["one.jpg"]
    assert export([], tmp_path / "out") == Exported((), ())


def test_a_smaller_copy_says_what_it_is_given_to_say(photos: list[Wanted], tmp_path: Path) -> None:
    facts = ExifFacts(
        camera="Fujifilm X-T3", lens="XF 35mm", iso=200, exposure_s=1 / 250, aperture=2.8, focal_mm=35.0,
        latitude=-37.5665, longitude=126.978, altitude_m=38.0, rating=4, title="바다",
    )  # fmt: skip
    wanted = Wanted(1, photos[0].path, photos[0].taken, facts)
    copy = export([wanted], tmp_path / "out", 45, pixels).copies[0][1]
    with Image.open(copy) as picture:
        assert isinstance(picture, ImageFile.ImageFile)
        found = facts_of_image(picture)
    assert found.taken_at is not None and found.taken_at.startswith("2023-11-14T22:13:20")
    assert (found.camera, found.lens, found.iso, found.rating) == ("Fujifilm X-T3", "XF 35mm", 200, 4)
    assert found.title == "바다" and found.orientation == 1
    numbers = (found.exposure_s, found.aperture, found.focal_mm, found.altitude_m)
    assert numbers == pytest.approx((1 / 250, 2.8, 35.0, 38.0))
    assert (found.latitude, found.longitude) == pytest.approx((-37.5665, 126.978), abs=1e-5)


def test_a_new_file_never_replaces_one_and_appears_whole(tmp_path: Path) -> None:
    assert write_new(b"one", tmp_path / "out", "page.html").name == "page.html"
    assert write_new(b"two", tmp_path / "out", "page.html").name == "page (2).html"
    assert (tmp_path / "out" / "page.html").read_bytes() == b"one"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderProblem):
        write_new(b"three", tmp_path / "file", "page.html")
    assert names(tmp_path / "out") == ["page (2).html", "page.html"]
