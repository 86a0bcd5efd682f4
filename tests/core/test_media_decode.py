"""Files become upright sRGB pixels, or a reason why not."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from organizer.errors import MediaError, MediaReason
from organizer.media import limits, reading
from organizer.media.decode import WORKING_SIDE, decode_bytes, decode_file, load_upright
from organizer.media.reading import read_content, stamp_of
from organizer.records import THUMBNAIL_SIDE, FileStamp, InputSpec

SPEC = InputSpec(224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
MIB = 1 << 20


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def pixels(data: bytes, suffix: str = ".jpg") -> NDArray[np.uint8]:
    return np.asarray(decode_bytes(data, suffix, side=None).image)


def scene(width: int = 120, height: int = 80) -> Image.Image:
    """Each corner differs, so that no turn goes unnoticed."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [x * 255 // (width - 1), y * 255 // (height - 1), (x + y) * 255 // (width + height - 2)]
    return Image.fromarray(np.stack(channels, axis=2).astype(np.uint8))


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def reason_of(work: Callable[[], object]) -> MediaReason:
    with pytest.raises(MediaError) as caught:
        work()
    assert str(caught.value).endswith(".")
    return caught.value.reason


# Orientation


def test_all_nine_orientations_show_the_same_picture(photos_root: Path) -> None:
    files = [photos_root / "orientation" / f"exif-orientation__Landscape_{n}.jpg" for n in range(9)]
    upright = load_upright(files[1], 600)
    for file in files:
        picture = load_upright(file, 600)
        assert picture.shape == upright.shape, file.name
        assert difference(picture, upright) < 3, file.name
        assert difference(picture[::-1], upright) > 20  # the measure does notice a turned picture


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("form", "suffix"), [("PNG", ".png"), ("TIFF", ".tif"), ("WEBP", ".webp")])
def test_orientation_in_other_formats(orientation: int, form: str, suffix: str) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = scene().transpose(undo[orientation]) if orientation in undo else scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    picture = decode_bytes(encoded(stored, form, exif=exif, **options), suffix, side=None)
    assert (picture.width, picture.height) == (120, 80)
    assert picture.facts.orientation == orientation
    assert difference(np.asarray(picture.image), np.asarray(scene())) == 0


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize(("form", "suffix"), [("HEIF", ".heic"), ("AVIF", ".avif")])
def test_orientation_in_containers_that_turn_by_themselves(orientation: int, form: str, suffix: str) -> None:
    pillow_heif.register_heif_opener()
    stored = scene(160, 96).rotate({1: 0, 3: 180, 6: 90, 8: 270}[orientation], expand=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode_bytes(encoded(stored, form, exif=exif.tobytes(), quality=95), suffix, side=None)
    assert (picture.width, picture.height) == (160, 96)
    assert picture.facts.orientation == orientation
    assert difference(np.asarray(picture.image), np.asarray(scene(160, 96))) < 6


# Modes and colours


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16)[None, :].repeat(32, axis=0)
    for form, suffix in (("PNG", ".png"), ("TIFF", ".tif")):
        seen = pixels(encoded(Image.fromarray(ramp), form), suffix)
        assert np.abs(seen[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_thirty_two_bit_and_floating_point_grey() -> None:
    ramp = np.linspace(0.0, 1.0, 256, dtype=np.float32)[None, :].repeat(16, axis=0)
    for values in (ramp, ramp * 4000 - 1000, (ramp * 65535).astype(np.int32)):
        seen = pixels(encoded(Image.fromarray(values), "TIFF"), ".tif")
        assert np.abs(seen[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_sixteen_bit_colour(photos_root: Path) -> None:
    name = "pillow-heif__tests__images__non_heif__RGB_16__29x100.png"
    seen = load_upright(photos_root / "formats" / name, None)
    assert seen.shape == (100, 29, 3)
    assert len(np.unique(seen)) > 20


def test_cmyk_and_inverted_cmyk_look_like_the_original() -> None:
    original = np.asarray(scene())
    cmyk = scene().convert("CMYK")
    assert difference(pixels(encoded(cmyk, "TIFF"), ".tif"), original) < 2
    assert difference(pixels(encoded(cmyk, "JPEG", quality=95)), original) < 6


def test_lab_pixels_also_where_they_are_reduced() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    lab = to_lab.apply(scene(600, 400))
    data = encoded(lab, "TIFF")
    assert difference(pixels(data, ".tif"), np.asarray(scene(600, 400))) < 4
    small = decode_bytes(data, ".tif", side=200).image
    assert difference(np.asarray(small), np.asarray(scene(600, 400).reduce(3))) < 4


def test_palette_grey_and_bilevel() -> None:
    grey = scene().convert("L")
    assert difference(pixels(encoded(grey, "PNG"), ".png")[..., 0], np.asarray(grey)) == 0
    palette = scene().quantize(256)
    assert difference(pixels(encoded(palette, "GIF"), ".gif"), np.asarray(palette.convert("RGB"))) < 1
    bilevel = grey.convert("1")
    assert set(np.unique(pixels(encoded(bilevel, "PNG"), ".png"))) == {0, 255}


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_shows_white(mode: str) -> None:
    image = Image.new("RGBA", (20, 10), (200, 200, 200, 255))
    image.paste((0, 0, 0, 0), (0, 0, 10, 10))
    image.paste((0, 0, 0, 128), (10, 0, 15, 10))
    seen = pixels(encoded(image.convert(mode), "PNG"), ".png")
    assert seen[5, 2].tolist() == [255, 255, 255]
    assert seen[5, 12, 0] == pytest.approx(127, abs=2)
    assert seen[5, 18].tolist() == [200, 200, 200]


def test_transparency_of_a_palette_and_of_one_colour() -> None:
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((0, 0), 1)
    seen = pixels(encoded(palette, "PNG", transparency=0), ".png")
    assert seen[4, 4].tolist() == [255, 255, 255]
    assert seen[0, 0].tolist() == [200, 100, 50]
    solid = Image.new("RGB", (8, 8), (9, 9, 9))
    solid.putpixel((0, 0), (50, 60, 70))
    seen = pixels(encoded(solid, "PNG", transparency=(9, 9, 9)), ".png")
    assert seen[4, 4].tolist() == [255, 255, 255]
    assert seen[0, 0].tolist() == [50, 60, 70]


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "green", "blue")]
    for form, suffix in (("GIF", ".gif"), ("WEBP", ".webp"), ("PNG", ".png"), ("TIFF", ".tif")):
        data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        assert difference(pixels(data, suffix), np.asarray(frames[0])) < 3, form


def test_a_multi_picture_jpeg_shows_its_first() -> None:
    data = encoded(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (120, 80))], quality=95)
    picture = decode_bytes(data, ".jpg", side=None)
    assert picture.format == "MPO"
    assert difference(np.asarray(picture.image), np.asarray(scene())) < 4


def swapped_profile() -> bytes:
    """A profile of sRGB's with red's and green's primaries exchanged: ignoring it is unmistakable."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for old, new in ((b"rXYZ", b"tmpX"), (b"gXYZ", b"rXYZ"), (b"tmpX", b"gXYZ")):
        at = data.index(old, 128)
        data[at : at + 4] = new
    return bytes(data).replace(b"s\0R\0G\0B", b"o\0t\0h\0e").replace(b"sRGB built-in", b"other built-i")


def test_an_embedded_profile_is_applied() -> None:
    profile = swapped_profile()
    red = Image.new("RGB", (16, 16), (255, 0, 0))
    for form, suffix, options in (
        ("PNG", ".png", {}),
        ("JPEG", ".jpg", {"quality": 95}),
        ("TIFF", ".tif", {}),
    ):
        seen = pixels(encoded(red, form, icc_profile=profile, **options), suffix)
        assert seen[8, 8, 1] > 200 > 60 > seen[8, 8, 0], form


def test_a_damaged_or_unfitting_profile_is_ignored() -> None:
    broken = swapped_profile()[:200] + bytes(100)
    for profile in (broken, b"nonsense"):
        seen = pixels(encoded(scene(), "PNG", icc_profile=profile), ".png")
        assert difference(seen, np.asarray(scene())) == 0
    cmyk_with_rgb_profile = encoded(scene().convert("CMYK"), "TIFF", icc_profile=swapped_profile())
    assert difference(pixels(cmyk_with_rgb_profile, ".tif"), np.asarray(scene())) < 2


def test_an_srgb_profile_changes_no_pixel() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    seen = pixels(encoded(scene(), "PNG", icc_profile=profile), ".png")
    assert difference(seen, np.asarray(scene())) == 0


# The whole description


def test_every_photo_of_the_formats_set_is_described(photos_root: Path) -> None:
    for file in sorted((photos_root / "formats").iterdir()):
        decoded = decode_file(stamp_of(file), SPEC)
        assert decoded.model_input is not None and decoded.model_input.shape == (224, 224, 3)
        with Image.open(io.BytesIO(decoded.thumbnail)) as thumbnail:
            assert thumbnail.format == "JPEG" and thumbnail.mode == "RGB"
            assert max(thumbnail.size) == min(THUMBNAIL_SIDE, max(decoded.width, decoded.height))
            ratio = thumbnail.width / thumbnail.height
            assert ratio == pytest.approx(decoded.width / decoded.height, rel=0.05), file.name
        assert len(decoded.content_hash) == 32 and decoded.pixel_hash is not None
        assert {"read", "decode", "thumbnail", "input", "fingerprint", "measure"} <= set(decoded.seconds)


def test_a_large_jpeg_is_decoded_at_a_reduced_scale_that_is_large_enough(photos_root: Path) -> None:
    file = photos_root / "camera" / "metadata-extractor__jpg__Apple_iPhone_5.jpg"
    picture = decode_bytes(file.read_bytes(), ".jpg", side=WORKING_SIDE, spec=SPEC)
    assert (picture.width, picture.height) == (3264, 2448)
    assert WORKING_SIDE <= max(picture.image.size) < 3264
    assert min(picture.image.size) >= 2 * SPEC.size
    wide_spec = InputSpec(512, SPEC.mean, SPEC.std)
    assert min(decode_bytes(file.read_bytes(), ".jpg", side=1024, spec=wide_spec).image.size) >= 1024


def test_large_views_have_the_size_that_was_asked_for(photos_root: Path) -> None:
    file = photos_root / "camera" / "metadata-extractor__jpg__Apple_iPhone_6.jpg"
    assert load_upright(file, 1500).shape == (1125, 1500, 3)
    assert load_upright(file, None).shape == (2448, 3264, 3)
    assert load_upright(file, 9999).dtype == np.uint8


def test_one_pixel_and_long_strips(tmp_path: Path) -> None:
    for size in ((1, 1), (3000, 1), (1, 3000), (7, 5)):
        file = tmp_path / f"{size[0]}x{size[1]}.png"
        Image.new("RGB", size, (10, 200, 30)).save(file)
        for mode in ("shortest", "squash", "longest"):
            spec = InputSpec(224, SPEC.mean, SPEC.std, resize_mode=mode)
            decoded = decode_file(stamp_of(file), spec)
            assert decoded.model_input is not None and decoded.model_input.shape == (224, 224, 3)
            assert decoded.model_input[110:114, 110:114].max(axis=(0, 1)).tolist() == [10, 200, 30]


@pytest.mark.parametrize("name", ["가족 사진 😀.jpg", "a" * 251 + ".jpg", b"caf\xe9.jpg"])
def test_names_of_every_kind(tmp_path: Path, name: str | bytes) -> None:
    file = tmp_path / os.fsdecode(name)
    file.write_bytes(encoded(scene(), "JPEG"))
    assert decode_file(stamp_of(file), None).stamp.path == file


# What cannot be read


def test_every_hostile_file_gets_a_reason(photos_root: Path) -> None:
    files = sorted((photos_root / "hostile").iterdir())
    reasons: dict[str, MediaReason] = {}
    for file in files:
        try:
            decode_file(stamp_of(file), SPEC)
        except MediaError as error:
            reasons[file.name] = error.reason
    assert len(reasons) / len(files) > 0.9
    assert {MediaReason.DAMAGED, MediaReason.UNSUPPORTED, MediaReason.TOO_LARGE} <= set(reasons.values())


def test_a_photos_name_with_other_content_is_unsupported(tmp_path: Path) -> None:
    file = tmp_path / "film.jpg"
    file.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + bytes(500))
    with pytest.raises(MediaError) as caught:
        decode_file(stamp_of(file), None)
    assert caught.value.reason is MediaReason.UNSUPPORTED
    assert caught.value.content_hash == read_content(stamp_of(file)).content_hash


def test_a_bomb_is_refused_by_its_header() -> None:
    data = encoded(Image.new("1", (12_000, 12_000)), "PNG")
    assert len(data) < MIB
    assert (
        reason_of(lambda: decode_bytes(data, ".png", side=None, memory_limit=256 * MIB))
        is MediaReason.TOO_LARGE
    )


def test_a_draft_needs_less_memory_than_the_full_picture() -> None:
    data = encoded(Image.new("RGB", (6000, 4000)), "JPEG")
    assert max(decode_bytes(data, ".jpg", side=1024, memory_limit=100 * MIB).image.size) == 1500
    full = lambda: decode_bytes(data, ".jpg", side=None, memory_limit=100 * MIB)  # noqa: E731
    assert reason_of(full) is MediaReason.TOO_LARGE
    progressive = encoded(Image.new("RGB", (6000, 4000)), "JPEG", progressive=True)
    small = lambda: decode_bytes(progressive, ".jpg", side=1024, memory_limit=100 * MIB)  # noqa: E731
    assert reason_of(small) is MediaReason.TOO_LARGE  # all its coefficients would be kept in memory


def test_thirty_five_megapixels_are_read() -> None:
    data = encoded(Image.new("RGB", (7000, 5000), (90, 60, 30)), "PNG", compress_level=1)
    picture = decode_bytes(data, ".png", side=1024, memory_limit=limits.SMALLEST_LIMIT)
    assert (picture.width, picture.height) == (7000, 5000)
    assert np.asarray(picture.image)[5, 5].tolist() == [90, 60, 30]


def test_a_jpeg_that_lacks_only_its_end_is_accepted() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (160, 240, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG", quality=90)
    assert data.endswith(b"\xff\xd9")
    assert difference(pixels(data[:-2]), pixels(data)) == 0


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_jpeg_that_breaks_off_is_refused(share: float) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (160, 240, 3), dtype=np.uint8)
    for options in ({}, {"progressive": True}):
        data = encoded(Image.fromarray(noise), "JPEG", quality=90, **options)
        cut = data[: int(len(data) * share)]
        assert reason_of(lambda cut=cut: pixels(cut)) is MediaReason.DAMAGED  # type: ignore[misc]


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF"])
def test_other_formats_that_break_off_are_refused(form: str) -> None:
    data = encoded(scene(), form)
    assert reason_of(lambda: pixels(data[: len(data) // 2], "." + form.lower())) is MediaReason.DAMAGED


def test_reasons_that_the_file_system_gives(tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    assert reason_of(lambda: stamp_of(gone)) is MediaReason.VANISHED
    assert reason_of(lambda: decode_file(FileStamp(gone, 10, 10), None)) is MediaReason.VANISHED
    below_a_file = tmp_path / "f" / "x.jpg"
    (tmp_path / "f").write_bytes(b"x")
    assert reason_of(lambda: decode_file(FileStamp(below_a_file, 10, 10), None)) is MediaReason.VANISHED
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert reason_of(lambda: decode_file(stamp_of(empty), None)) is MediaReason.EMPTY
    folder = tmp_path / "folder.jpg"
    folder.mkdir()
    assert reason_of(lambda: decode_file(stamp_of(folder), None)) is MediaReason.UNSUPPORTED


def test_a_pipe_does_not_make_the_reader_wait(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert reason_of(lambda: decode_file(stamp_of(pipe), None)) is MediaReason.UNSUPPORTED


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "closed.jpg"
    file.write_bytes(encoded(scene(), "JPEG"))
    stamp = stamp_of(file)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reading.os, "open", refuse)
    assert reason_of(lambda: decode_file(stamp, None)) is MediaReason.NO_PERMISSION


def test_a_file_that_is_not_the_one_that_was_listed_is_still_changing(tmp_path: Path) -> None:
    file = tmp_path / "growing.jpg"
    data = encoded(scene(), "JPEG")
    file.write_bytes(data[:1000])
    stamp = stamp_of(file)
    file.write_bytes(data)
    assert reason_of(lambda: decode_file(stamp, None)) is MediaReason.CHANGING


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "growing.jpg"
    file.write_bytes(encoded(scene(), "JPEG"))
    stamp = stamp_of(file)
    real = reading.hashlib.blake2b

    def append_meanwhile(*args: object, **options: object) -> object:
        with file.open("ab") as stream:
            stream.write(b"more")
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reading.hashlib, "blake2b", append_meanwhile)
    assert reason_of(lambda: read_content(stamp)) is MediaReason.CHANGING


def test_a_mapped_file_gives_the_same_as_a_copied_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form, suffix in (
        ("JPEG", ".jpg"),
        ("PNG", ".png"),
        ("TIFF", ".tif"),
        ("WEBP", ".webp"),
        ("AVIF", ".avif"),
    ):
        file = tmp_path / f"x{suffix}"
        file.write_bytes(encoded(scene(), form))
        copied = decode_file(stamp_of(file), SPEC)
        monkeypatch.setattr(reading, "MAP_FROM", 1)
        mapped = decode_file(stamp_of(file), SPEC)
        monkeypatch.undo()
        assert (mapped.content_hash, mapped.pixel_hash) == (copied.content_hash, copied.pixel_hash)
        assert mapped.thumbnail == copied.thumbnail


def test_a_defect_of_ours_is_not_called_a_bad_photo(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    scene().save(file)
    with pytest.raises(ValueError, match="resize mode"):
        decode_file(stamp_of(file), InputSpec(224, SPEC.mean, SPEC.std, resize_mode="upside-down"))
