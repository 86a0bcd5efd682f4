"""The first look at a photo: what the head of its file tells, without reading or decoding the rest.

Cameras write the facts and a small picture in front of the picture itself. Where that small picture can be
trusted to show the photo, it stands in for it until the full look (`decode`). Everything doubtful, and
everything that fails, is left to the full look: this module never says that a file is bad. Knows neither
processes nor the catalogue; finding the small picture is `embedded`'s part, trusting it is `trust`'s.
"""

from __future__ import annotations

import io
import logging

from PIL import Image

from organizer.errors import MediaError
from organizer.media import pixels, scaled, trust
from organizer.media.decode import Clock, decoder_faults
from organizer.media.embedded import Embedded, embedded_in
from organizer.media.reading import read_head
from organizer.records import THUMBNAIL_SIDE, FileStamp, Glance, InputSpec

log = logging.getLogger(__name__)

HEAD_BYTES = 256 << 10
"""Facts and the small picture lie within the first 64 KiB of a JPEG and, with raw and HEIF files of most
cameras, within this much; the rest of a JPEG's head shows its first rows, by which `trust` checks."""


def glance_at(stamp: FileStamp, spec: InputSpec | None) -> Glance | None:
    """What the head of a file tells, where its small picture can be trusted.

    Args:
        stamp: the file as the scan saw it. spec: what the model wants to see, if one is there.

    Returns:
        None for a file that has to wait for the full look, whatever the reason.

    Raises:
        ValueError: the spec is impossible.
    """
    clock = Clock()
    try:
        head = read_head(stamp, HEAD_BYTES)
        clock.mark("head: read")
        with decoder_faults():
            found = embedded_in(head, stamp.path.suffix)
            clock.mark("head: facts")
            picture = None if found is None else _picture(found)
            clock.mark("head: decode")
            if picture is not None and found is not None and found.is_jpeg_file:
                picture = picture if trust.shows_the_top_of(head, picture, found.size) else None
                clock.mark("head: check")
    except MediaError as error:
        log.debug("%r waits for the full look (%s).", str(stamp.path), error.detail or error)
        return None
    if picture is None or found is None:
        return None
    return _described(stamp, found, picture, spec, clock)


def _picture(found: Embedded) -> Image.Image | None:
    """The small picture as the photo lies in the file, RGB, without bars; None where it is not trusted."""
    image: Image.Image
    if isinstance(found.small, Image.Image):
        image = found.small
    else:
        image = Image.open(io.BytesIO(found.small), formats=("JPEG",))
    if not trust.is_plausible(image.size, found.size, found.written_size):
        return None
    image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return trust.without_bars(pixels.flatten(image).convert("RGB"), found.size)


def _described(
    stamp: FileStamp, found: Embedded, picture: Image.Image, spec: InputSpec | None, clock: Clock
) -> Glance:
    upright = pixels.upright(picture, found.turn)
    width, height = found.size[::-1] if pixels.turns_sideways(found.turn) else found.size
    thumbnail = scaled.thumbnail_of(upright)
    clock.mark("head: thumbnail")
    seen = None if spec is None else scaled.model_input(upright, spec)
    clock.mark("head: input")
    return Glance(stamp, found.format, width, height, found.facts, thumbnail, seen, clock.seconds)
