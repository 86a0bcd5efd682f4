"""The few facts that an embedded XMP packet adds to EXIF: stars, a title, the lens, the date.

The packet is searched, not parsed: what cameras and editors embed is often not well-formed, and an XML
parser would have to be guarded against hostile files. Knows bytes alone.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

LONGEST = 4 << 20  # bytes of a packet that are looked at


@dataclass(frozen=True, slots=True)
class XmpFacts:
    """None where the packet says nothing.

    Attributes:
        rating: 0..5 (a rejected photo's -1 counts as 0). taken_at: as written, ISO 8601 mostly.
    """

    rating: int | None = None
    title: str | None = None
    description: str | None = None
    lens: str | None = None
    taken_at: str | None = None


def xmp_facts(packet: bytes | str | None) -> XmpFacts:
    """Read a packet; anything unexpected in it is passed over."""
    if not packet:
        return XmpFacts()
    text = packet if isinstance(packet, str) else _decoded(packet[:LONGEST])
    return XmpFacts(
        rating=_rating(_simple(text, "xmp|xap", "Rating")),
        title=_alternative(text, "title"),
        description=_alternative(text, "description"),
        lens=_simple(text, "aux|exifEX", "Lens|LensModel"),
        taken_at=_simple(text, "exif", "DateTimeOriginal") or _simple(text, "photoshop", "DateCreated"),
    )


def _decoded(packet: bytes) -> str:
    if packet.startswith((b"\xff\xfe", b"\xfe\xff")):
        return packet.decode("utf-16", "replace")
    return packet.decode("utf-8", "replace")


def _simple(text: str, prefixes: str, names: str) -> str | None:
    """A value written as an attribute or as an element."""
    name = rf"(?:{prefixes}):(?:{names})"
    found = re.search(rf"\b{name}\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')", text) or re.search(
        rf"<{name}\s*>([^<]*)()</", text
    )
    if found is None:
        return None
    return _cleaned(found[1] or found[2] or "")


def _alternative(text: str, name: str) -> str | None:
    """The default entry (the first one) of a text with languages, such as dc:title."""
    start = text.find(f"<dc:{name}")
    end = text.find(f"</dc:{name}>", start)
    if start < 0 or end < 0:
        return None
    entry = re.search(r"<rdf:li[^>]*>([^<]*)</rdf:li>", text[start:end])
    if entry is None:
        return None
    return _cleaned(entry[1])


def _cleaned(value: str) -> str | None:
    return html.unescape(value).strip() or None


def _rating(value: str | None) -> int | None:
    try:
        stars = round(float(value)) if value else None
    except (ValueError, OverflowError):
        return None
    return None if stars is None else min(max(stars, 0), 5)
