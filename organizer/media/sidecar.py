"""Reading and merging the fields of a sidecar: title, description, keywords, rating, place.

Merging only adds. A field that says something else is a conflict and stays, unless its replacement was
asked for; keywords are joined. Everything else in the document stays as it is, to the byte. Bytes in, bytes
out; knows no file. Fields as in Adobe's XMP specification, part 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from organizer.media.xmp_tree import RDF, XML, Attribute, Document, Element, NotXmp, read_document
from organizer.records import SidecarFields

DC = "http://purl.org/dc/elements/1.1/"
XMP = "http://ns.adobe.com/xap/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
_PREFIXES = {DC: "dc", XMP: "xmp", EXIF: "exif", RDF: "rdf"}
_BOXES = ("Bag", "Seq", "Alt")
SAME_PLACE = 1e-5  # degrees, about a metre: finer differences are rounding

EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n'
    f'  <rdf:Description rdf:about="" xmlns:dc="{DC}" xmlns:xmp="{XMP}" xmlns:exif="{EXIF}">\n'
    "  </rdf:Description>\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>\n'
).encode()


@dataclass(frozen=True, slots=True)
class Merged:
    """Attributes:
    data: the document to store; the very bytes given where there was nothing to add.
    added: fields that are new in it. conflicts: field -> what stands in it and was left.
    """

    data: bytes
    added: tuple[str, ...] = ()
    conflicts: dict[str, Any] = field(default_factory=dict)


def read_fields(stored: bytes) -> SidecarFields:
    """What a document says.

    Raises:
        NotXmp: it is no XMP document.
    """
    return _Merger(read_document(stored)).fields()


def fields_in(picture: bytes) -> SidecarFields:
    """What the XMP packet inside a picture's bytes says; nothing where there is none that can be read."""
    start = picture.find(b"<x:xmpmeta")
    end = picture.find(b"</x:xmpmeta>", start)
    if start < 0 or end < 0:
        return SidecarFields()
    try:
        return read_fields(picture[start : end + len(b"</x:xmpmeta>")])
    except NotXmp:
        return SidecarFields()


def merge(stored: bytes | None, wanted: SidecarFields, replace: Collection[str] = ()) -> Merged:
    """Add fields to a document, or to a new one.

    Args:
        stored: the document as it is, None where there is none.
        wanted: what is to stand in it; None and () change nothing.
        replace: fields (names of SidecarFields) whose present value gives way.

    Raises:
        NotXmp: it is no XMP document.
    """
    merger = _Merger(read_document(EMPTY if stored is None else stored))
    before = merger.fields()
    wanted = cleaned(wanted)
    conflicts: dict[str, Any] = {}
    added: list[str] = []
    for name in ("title", "description", "rating"):
        new, old = getattr(wanted, name), getattr(before, name)
        if new is None or new == old:
            continue
        if old is not None and name not in replace:
            conflicts[name] = old
            continue
        merger.put(name, new)
        added.append(name)
    if wanted.latitude is not None and wanted.longitude is not None and not _same_place(wanted, before):
        if before.latitude is not None and "latitude" not in replace:
            conflicts["latitude"] = (before.latitude, before.longitude)
        else:
            merger.put_place(wanted.latitude, wanted.longitude)
            added.append("latitude")
    known = {word.casefold() for word in before.keywords}
    missing = [word for word in wanted.keywords if word.casefold() not in known]
    if missing:
        merger.add_keywords(missing)
        added.append("keywords")
    if not added:
        return Merged(stored if stored is not None else EMPTY, (), conflicts)
    data = merger.done()
    read_document(data)  # a defect of ours is found here and not in the file
    return Merged(data, tuple(added), conflicts)


def cleaned(wanted: SidecarFields) -> SidecarFields:
    """Without characters that XML has no way to write, and with keywords once each."""
    words = {
        word.casefold(): word for word in reversed([_clean(word) or "" for word in wanted.keywords]) if word
    }
    keywords = tuple(reversed(words.values()))
    rating = None if not wanted.rating else max(-1, min(5, wanted.rating))
    place = wanted.latitude is not None and wanted.longitude is not None
    return SidecarFields(
        _clean(wanted.title), _clean(wanted.description), keywords, rating,
        wanted.latitude if place else None, wanted.longitude if place else None,
    )  # fmt: skip


def _clean(text: str | None) -> str | None:
    if text is None:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text).strip() or None


class _Merger:
    """Collects splices into a document; spans count in its UTF-8."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._splices: list[tuple[int, int, str]] = []
        self._fresh: list[str] = []  # properties to come into the first description
        self._descriptions = [
            one for one in document.rdf.children if (one.uri, one.local) == (RDF, "Description")
        ]

    # -- reading -------------------------------------------------------------------------------------

    def fields(self) -> SidecarFields:
        place = self._place()
        return SidecarFields(
            title=self._text(DC, "title"),
            description=self._text(DC, "description"),
            keywords=self._keywords(),
            rating=_stars(self._simple(XMP, "Rating")),
            latitude=place[0] if place else None,
            longitude=place[1] if place else None,
        )

    def _property(self, uri: str, name: str) -> Element | Attribute | None:
        for one in self._descriptions:
            found = one.child(uri, name) or one.attribute(uri, name)
            if found is not None:
                return found
        return None

    def _simple(self, uri: str, name: str) -> str | None:
        found = self._property(uri, name)
        if found is None:
            return None
        return found.value if isinstance(found, Attribute) else found.text.strip()

    def _text(self, uri: str, name: str) -> str | None:
        found = self._property(uri, name)
        if isinstance(found, Element):
            entry = _default_entry(found)
            text = found.text if entry is None and found.child(RDF, *_BOXES) is None else ""
            return (entry.text if entry is not None else text).strip() or None
        return None if found is None else found.value.strip() or None

    def _keywords(self) -> tuple[str, ...]:
        found = self._property(DC, "subject")
        if not isinstance(found, Element):
            return () if found is None or not found.value.strip() else (found.value.strip(),)
        box = found.child(RDF, *_BOXES)
        if box is None:
            return (found.text.strip(),) if found.text.strip() else ()
        words = [one.text.strip() for one in box.children if (one.uri, one.local) == (RDF, "li")]
        return tuple(dict.fromkeys(word for word in words if word))

    def _place(self) -> tuple[float, float] | None:
        north = _degrees(self._simple(EXIF, "GPSLatitude"), "N", "S", 90)
        east = _degrees(self._simple(EXIF, "GPSLongitude"), "E", "W", 180)
        return None if north is None or east is None else (north, east)

    # -- writing -------------------------------------------------------------------------------------

    def put(self, name: str, value: str | int) -> None:
        if name == "rating":
            self._put_simple(XMP, "Rating", str(value))
        else:
            self._put_text(DC, name, str(value))

    def put_place(self, latitude: float, longitude: float) -> None:
        self._put_simple(EXIF, "GPSLatitude", _written(latitude, "N", "S"))
        self._put_simple(EXIF, "GPSLongitude", _written(longitude, "E", "W"))

    def _put_simple(self, uri: str, name: str, value: str) -> None:
        found = self._property(uri, name)
        if isinstance(found, Attribute):
            self._splices.append((*found.value_span, _in_quotes(value)))
        elif found is not None:
            self._fill(found, escape(value))
        else:
            self._add(uri, name, escape(value))

    def _put_text(self, uri: str, name: str, value: str) -> None:
        found = self._property(uri, name)
        if isinstance(found, Attribute):
            self._splices.append((*found.value_span, _in_quotes(value)))
            return
        place = found or self._first
        entry = _rdf(place, "li", escape(value), ' xml:lang="x-default"')
        if found is None:
            self._add(uri, name, _rdf(place, "Alt", entry))
            return
        box = found.child(RDF, *_BOXES)
        standing = _default_entry(found)
        if box is None:
            self._fill(found, _rdf(place, "Alt", entry))
        elif standing is not None and _language(standing) in ("x-default", ""):
            self._fill(standing, escape(value))
        elif box.empty:
            self._fill(box, entry)
        else:
            self._splices.append((box.inner, box.inner, entry))  # other languages stay, after the default

    def add_keywords(self, words: list[str]) -> None:
        found = self._property(DC, "subject")
        place = found if isinstance(found, Element) else self._first
        box = place.child(RDF, *_BOXES) if found is place else None
        old = "" if found is None or box is not None else _said(found)
        entries = "".join(_rdf(box or place, "li", escape(word)) for word in filter(None, [old, *words]))
        if isinstance(found, Attribute):  # a list cannot stand in an attribute
            self._splices.append((*found.span, ""))
        if box is None and isinstance(found, Element):
            self._fill(found, _rdf(place, "Bag", entries))
        elif box is None:
            self._add(DC, "subject", _rdf(place, "Bag", entries))
        elif box.empty:
            self._fill(box, entries)
        else:
            last = box.children[-1].end if box.children else box.inner
            self._splices.append((last, last, entries))

    def done(self) -> bytes:
        """The document with all splices, as it is stored."""
        if self._fresh:
            self._open_description("".join(self._fresh))
        data = self._document.data
        for start, end, text in sorted(self._splices, reverse=True):
            data = data[:start] + text.encode("utf-8") + data[end:]
        return self._document.stored(data)

    @property
    def _first(self) -> Element:
        """Where new properties come."""
        return (self._descriptions or [self._document.rdf])[0]

    def _add(self, uri: str, name: str, inner: str) -> None:
        """A new property, with its namespace where its place does not have it."""
        place = self._first
        prefix, declared = place.prefix_of(uri), ""
        if prefix is None:
            taken = place.prefix_of(RDF) == _PREFIXES[uri]
            prefix = f"{_PREFIXES[uri]}1" if taken else _PREFIXES[uri]
            declared = f" xmlns:{prefix}={quoteattr(uri)}"
        self._fresh.append(f"\n   <{prefix}:{name}{declared}>{inner}</{prefix}:{name}>")

    def _open_description(self, inner: str) -> None:
        if self._descriptions:
            place = self._descriptions[0]
            if place.empty:
                self._fill(place, f"{inner}\n  ")
            else:
                last = place.children[-1].end if place.children else place.inner
                self._splices.append((last, last, inner))
            return
        root = self._document.rdf
        about = f' {root.prefix_of(RDF)}:about=""' if root.prefix_of(RDF) else ""
        made = "\n  " + _rdf(root, "Description", f"{inner}\n  ", about) + "\n "
        if root.empty:
            self._fill(root, made)
        else:
            self._splices.append((root.inner_end, root.inner_end, made))

    def _fill(self, place: Element, inner: str) -> None:
        """Other contents for an element."""
        if not place.empty:
            self._splices.append((place.inner, place.inner_end, inner))
            return
        slash = self._document.data.rindex(b"/", place.start, place.inner)
        self._splices.append((slash, place.inner, f">{inner}</{place.name}>"))


def _rdf(place: Element, local: str, inner: str, attributes: str = "") -> str:
    """An element of RDF to stand inside ``place``, in the prefix that holds there."""
    prefix, declared = place.prefix_of(RDF), ""
    if prefix is None and place.prefixes.get("") != RDF:
        prefix, declared = "rdf", f' xmlns:rdf="{RDF}"'
    name = f"{prefix}:{local}" if prefix else local
    return f"<{name}{declared}{attributes}>{inner}</{name}>"


def _said(found: Element | Attribute) -> str:
    return (found.value if isinstance(found, Attribute) else found.text).strip()


def _language(entry: Element) -> str:
    found = entry.attribute(XML, "lang")
    return "" if found is None else found.value


def _default_entry(found: Element) -> Element | None:
    """The entry that stands for all languages: the default one, else the first."""
    box = found.child(RDF, *_BOXES)
    entries = [] if box is None else [one for one in box.children if (one.uri, one.local) == (RDF, "li")]
    default = (one for one in entries if _language(one) == "x-default")
    return next(default, entries[0] if entries else None)


def _in_quotes(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#9;"})


def _stars(value: str | None) -> int | None:
    try:
        stars = round(float(value)) if value else 0
    except (ValueError, OverflowError):
        return None
    return max(-1, min(5, stars)) or None


def _degrees(value: str | None, plus: str, minus: str, most: float) -> float | None:
    """ "41,24.5N" or "41,24,30N" as degrees."""
    found = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([A-Z])", value or "")
    if found is None or found[4] not in (plus, minus):
        return None
    degrees = int(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
    return None if degrees > most else degrees if found[4] == plus else -degrees


def _written(degrees: float, plus: str, minus: str) -> str:
    minutes = round(abs(degrees) * 60, 6)
    return f"{int(minutes // 60)},{minutes % 60:.6f}{plus if degrees >= 0 else minus}"


def _same_place(first: SidecarFields, second: SidecarFields) -> bool:
    if first.latitude is None or second.latitude is None:
        return False
    assert first.longitude is not None and second.longitude is not None
    near = abs(first.latitude - second.latitude) < SAME_PLACE
    return near and abs(first.longitude - second.longitude) < SAME_PLACE


FIELD_NAMES = tuple(entry.name for entry in fields(SidecarFields))
__all__ = ["EMPTY", "FIELD_NAMES", "Merged", "NotXmp", "cleaned", "fields_in", "merge", "read_fields"]
