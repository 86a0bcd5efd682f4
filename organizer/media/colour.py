"""Colours as the picture's ICC profile means them, brought to sRGB with LittleCMS.

A profile that is damaged, absent or already sRGB changes nothing: a photo is never lost for its
profile. Knows Pillow images in the modes that `pixels.flatten` returns; knows no file.
"""

from __future__ import annotations

import io
import logging
from functools import lru_cache

from PIL import Image, ImageCms

log = logging.getLogger(__name__)

_SPACE_OF_MODE = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}
_SRGB_NAMES = ("sRGB", "c2")  # "c2" is the tiny sRGB profile that Facebook embeds


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An RGB image in sRGB.

    Args:
        image: mode L, RGB, CMYK or LAB. profile: the embedded ICC profile.
    """
    transform = _transform(profile, image.mode) if profile else None
    if transform is None and image.mode == "L" and profile and _transform(profile, "RGB"):
        image = image.convert("RGB")  # grey pixels that were given an RGB profile
        transform = _transform(profile, "RGB")
    if transform is None and image.mode == "LAB":
        transform = _lab_transform()
    if transform is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    converted = transform.apply(image)
    return converted if isinstance(converted, Image.Image) else image.convert("RGB")


def matters(profile: bytes | None, mode: str) -> bool:
    """Whether the profile changes the colours of a picture of this mode."""
    if not profile:
        return False
    return _transform(profile, mode) is not None or (mode == "L" and _transform(profile, "RGB") is not None)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB, or None where there is no need or the profile does not fit."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACE_OF_MODE[mode] or _is_srgb(source):
            return None
        return ImageCms.buildTransform(
            source,
            _srgb(),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("An embedded colour profile was ignored (%s).", error)
        return None


def _is_srgb(source: ImageCms.ImageCmsProfile) -> bool:
    description = (source.profile.profile_description or "").strip()
    return description.startswith(_SRGB_NAMES[0]) or description == _SRGB_NAMES[1]


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB")
