"""An XMP document as a tree of elements that know where they stand in its bytes.

What is changed is spliced into the bytes, so that all else stays as it was, to the byte. Expat reads it;
a document type (the way to entity bombs and to other files) is refused, XMP has none. Knows no file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

LARGEST = 16 << 20  # bytes; sidecars with many masks and snapshots reach a few megabytes
DEEPEST = 200  # elements inside each other

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"

_TAG = re.compile(rb"<[^\s/>]+((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_ENCODINGS = {"utf-8", "ascii", "iso8859-1", "cp1252"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class NotXmp(ValueError):
    """The bytes are no XMP document; the message is the technical reason."""


@dataclass(slots=True)
class Attribute:
    """One attribute. span: with the space before it. value_span: between its quotes."""

    uri: str
    local: str
    value: str
    span: tuple[int, int]
    value_span: tuple[int, int]


@dataclass(slots=True)
class Element:
    """One element.

    Attributes:
        name: as written, with its prefix. start: of its start tag. inner: after it. inner_end: before its end
            tag. end: after that. An empty tag ("<a/>") has inner == inner_end == end.
        prefixes: prefix -> namespace in force inside. text: its own characters, unescaped.
    """

    name: str
    uri: str
    local: str
    start: int
    inner: int
    prefixes: dict[str, str]
    attributes: list[Attribute]
    inner_end: int = 0
    end: int = 0
    empty: bool = False
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, uri: str, *names: str) -> Element | None:
        """The first child of that name."""
        return next((one for one in self.children if one.uri == uri and one.local in names), None)

    def attribute(self, uri: str, name: str) -> Attribute | None:
        """The attribute of that name."""
        return next((one for one in self.attributes if one.uri == uri and one.local == name), None)

    def prefix_of(self, uri: str) -> str | None:
        """A prefix that stands for the namespace here, None where there is none. "" is none: it names no
        attributes.
        """
        return next((prefix for prefix, known in self.prefixes.items() if known == uri and prefix), None)

    def below(self) -> Iterator[Element]:
        """Itself and all elements in it."""
        yield self
        for one in self.children:
            yield from one.below()


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read.

    Attributes:
        data: its text as UTF-8 without a mark; what spans count in. encoding, mark: how it was stored.
        root: its outermost element. rdf: the ``rdf:RDF`` in it.
    """

    data: bytes
    encoding: str
    mark: bytes
    root: Element
    rdf: Element

    def stored(self, data: bytes) -> bytes:
        """UTF-8 as the document was stored; what that encoding lacks becomes a character reference."""
        return self.mark + data.decode("utf-8").encode(self.encoding, "xmlcharrefreplace")


def read_document(stored: bytes) -> Document:
    """Parse a document.

    Raises:
        NotXmp: it is none.
    """
    if len(stored) > LARGEST:
        raise NotXmp("too large")
    data, encoding, mark = _as_utf8(stored)
    root = _Reader(data).read()
    rdf = next((one for one in root.below() if (one.uri, one.local) == (RDF, "RDF")), None)
    if rdf is None:
        raise NotXmp("no rdf:RDF in it")
    return Document(data, encoding, mark, root, rdf)


def _as_utf8(stored: bytes) -> tuple[bytes, str, bytes]:
    """The text as UTF-8, its encoding and its mark."""
    mark, encoding = next((pair for pair in _BOMS if stored.startswith(pair[0])), (b"", "utf-8"))
    declared = None if mark else _DECLARED.match(stored)
    if declared is not None:
        encoding = _known(declared[1].decode("ascii"))
    try:
        return stored[len(mark) :].decode(encoding).encode("utf-8"), encoding, mark
    except UnicodeError as error:
        raise NotXmp(str(error)) from error


def _known(declared: str) -> str:
    try:
        name = codecs.lookup(declared).name
    except LookupError as error:
        raise NotXmp(f"unknown encoding {declared}") from error
    if name not in _ENCODINGS:
        raise NotXmp(f"encoding {declared}")
    return name


class _Reader:
    """Builds the tree from expat's events."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._open: list[Element] = []
        self._root: Element | None = None
        self._parser = expat.ParserCreate("utf-8")
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self) -> Element:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise NotXmp(str(error)) from error
        assert self._root is not None  # expat refuses a document without an element
        return self._root

    def _refuse(self, *_what: object) -> None:
        raise NotXmp("a document type")

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._open) >= DEEPEST:
            raise NotXmp("too deep")
        start = self._parser.CurrentByteIndex
        tag = _TAG.match(self._data, start)
        if tag is None:
            raise NotXmp(f"a tag that cannot be read at {start}")
        values = dict(zip(attributes[::2], attributes[1::2], strict=True))
        prefixes = dict(self._open[-1].prefixes) if self._open else {"xml": XML, "xmlns": XMLNS}
        for key, value in values.items():
            if key == "xmlns":
                prefixes[""] = value
            elif key.startswith("xmlns:"):
                prefixes[key[6:]] = value
        uri, local = _resolved(name, prefixes, prefixes.get("", ""))
        made = Element(name, uri, local, start, tag.end(), prefixes, self._attributes(tag, values, prefixes))
        made.empty = bool(tag[2])
        if self._open:
            self._open[-1].children.append(made)
        else:
            self._root = made
        self._open.append(made)

    def _attributes(
        self, tag: re.Match[bytes], values: dict[str, str], prefixes: dict[str, str]
    ) -> list[Attribute]:
        made = []
        for found in _ATTRIBUTE.finditer(self._data, tag.start(1), tag.end(1)):
            name = found[1].decode("utf-8")
            uri, local = _resolved(name, prefixes, "")
            made.append(
                Attribute(uri, local, values[name], found.span(), (found.start(2) + 1, found.end(2) - 1))
            )
        return made

    def _end(self, _name: str) -> None:
        done = self._open.pop()
        if done.empty:
            done.inner_end = done.end = done.inner
        else:
            done.inner_end = self._parser.CurrentByteIndex
            done.end = self._data.index(b">", done.inner_end) + 1

    def _characters(self, text: str) -> None:
        self._open[-1].text += text


def _resolved(name: str, prefixes: dict[str, str], default: str) -> tuple[str, str]:
    prefix, colon, local = name.rpartition(":")
    if not colon:
        return default, name
    if prefix not in prefixes:
        raise NotXmp(f"the prefix {prefix} stands for nothing")
    return prefixes[prefix], local
