"""Merging into a sidecar, over random documents: nothing foreign is lost, nothing is written over."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st

from organizer.media.sidecar import DC, EXIF, XMP, NotXmp, cleaned, merge, read_fields
from organizer.media.xmp_tree import RDF
from organizer.records import SidecarFields
from tests.cases import cases

OURS = {
    f"{{{DC}}}title", f"{{{DC}}}description", f"{{{DC}}}subject", f"{{{XMP}}}Rating",
    f"{{{EXIF}}}GPSLatitude", f"{{{EXIF}}}GPSLongitude",
}  # fmt: skip
CASES = settings(max_examples=cases(100), deadline=None)

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
texts = st.one_of(st.none(), words, st.sampled_from(["a \"b\" <c> & 'd'", "]]>", "한국어 설명", "x\ny"]))
wishes = st.builds(
    SidecarFields, texts, texts, st.lists(words, max_size=3).map(tuple),
    st.one_of(st.none(), st.integers(-1, 5)),
    st.one_of(st.none(), st.floats(-90, 90)), st.one_of(st.none(), st.floats(-180, 180)),
).map(cleaned)  # fmt: skip


@st.composite
def foreign(draw: st.DrawFn, depth: int = 2) -> str:
    """Elements, comments and instructions that are none of ours."""
    kind = draw(st.sampled_from(["text", "comment", "pi", "element", "element"]))
    if kind == "text":
        return draw(st.sampled_from(["", "\n  ", "\t", "\r\n"]))
    if kind == "comment":
        return f"<!-- {draw(words).replace('-', '')} -->"
    if kind == "pi":
        return f"<?tool {draw(words).replace('?', '').replace('>', '')}?>"
    name = draw(
        st.sampled_from(["lr:hierarchicalSubject", "crs:Tone", "q:mask", "photoshop:City", "dc:rights"])
    )
    quote = draw(st.sampled_from(["'", '"']))
    value = escape(draw(words), {'"': "&quot;", "'": "&#39;"})
    attribute = draw(st.sampled_from(["", f" q:a={quote}{value}{quote}", f"\n q:b = {quote}{value}{quote} "]))
    if depth == 0 or draw(st.booleans()):
        return draw(
            st.sampled_from([f"<{name}{attribute}/>", f"<{name}{attribute}>{escape(draw(words))}</{name}>"])
        )
    inner = "".join(draw(st.lists(foreign(depth - 1), max_size=3)))
    return f"<{name}{attribute}>{inner}</{name}>"


@st.composite
def own(draw: st.DrawFn) -> tuple[str, str]:
    """Some of our fields as other programs write them: attributes for the start tag, and elements."""
    attributes, elements = "", ""
    if draw(st.booleans()):
        stars = draw(st.integers(-1, 5))
        if draw(st.booleans()):
            attributes += f' xmp:Rating="{stars}"'
        else:
            elements += f"<xmp:Rating>{stars}</xmp:Rating>"
    for name in ("title", "description"):
        if draw(st.booleans()):
            text = escape(draw(words))
            form = draw(st.sampled_from(["plain", "default", "languages", "none", "empty"]))
            inner = {
                "plain": text,
                "default": f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>',
                "languages": f'<rdf:Alt><rdf:li xml:lang="de">{text}</rdf:li></rdf:Alt>',
                "none": "<rdf:Alt/>",
                "empty": '<rdf:Alt><rdf:li xml:lang="x-default"/></rdf:Alt>',
            }[form]
            elements += f"<dc:{name}>{inner}</dc:{name}>"
    form = draw(st.sampled_from(["", "bag", "empty", "plain", "attribute"]))
    word = draw(words)
    if form == "attribute":
        attributes += f" dc:subject={quoteattr(word)}"
    elif form:
        inner = {"bag": f"<rdf:Bag>\n<rdf:li>{escape(word)}</rdf:li>\n</rdf:Bag>", "empty": "<rdf:Bag/>"}
        elements += f"<dc:subject>{inner.get(form, escape(word))}</dc:subject>"
    return attributes, elements


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    spaces = "".join(
        f' xmlns:{prefix}="{uri}"'
        for prefix, uri in {"dc": DC, "xmp": XMP, "lr": "urn:lr", "crs": "urn:crs", "q": "urn:q",
                            "photoshop": "urn:ps"}.items()
    )  # fmt: skip
    attributes, elements = draw(own())
    before = "".join(draw(st.lists(foreign(), max_size=3)))
    after = "".join(draw(st.lists(foreign(), max_size=3)))
    body = f"<rdf:Description rdf:about=''{spaces}{attributes}>{before}{elements}{after}</rdf:Description>"
    if draw(st.booleans()):
        body += f"<rdf:Description rdf:about=''{spaces}/>"
    if draw(st.booleans()):
        body = ""
    head = draw(
        st.sampled_from(["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', "\ufeff"])
    )
    text = (
        f'{head}<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><!-- made elsewhere -->'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{body}</rdf:RDF></x:xmpmeta>'
        f'{draw(st.sampled_from(["", "   "]))}<?xpacket end="w"?>'
    )
    utf16 = head == "\ufeff" and draw(st.booleans())
    return text.encode("utf-16-le" if utf16 else "utf-8")


def without_ours(data: bytes) -> str:
    """All that is not ours, in a form that only its meaning decides (another reader than the program's)."""
    text = data.decode("utf-16") if data.startswith(b"\xff\xfe") else data.decode("utf-8-sig")
    builder = ET.TreeBuilder(insert_comments=True, insert_pis=True)
    root = ET.fromstring(
        text.split("?>", 1)[1] if text.startswith("<?xml ") else text, ET.XMLParser(target=builder)
    )
    described = False
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in OURS:
                parent.remove(child)
            elif not isinstance(child.tag, str):
                child.tail = None
        for name in OURS & set(parent.attrib):
            del parent.attrib[name]
        described = described or parent.tag == f"{{{RDF}}}Description"
    for one in root.iter(f"{{{RDF}}}RDF"):
        for child in list(one):
            if not len(child) and not (set(child.attrib) - {f"{{{RDF}}}about"}):
                one.remove(child)  # a description that holds nothing says nothing
    for one in root.iter():
        one.tail = None
        one.text = one.text.strip() if one.text else None
    out = io.StringIO()
    ET.canonicalize(ET.tostring(root, encoding="unicode"), out=out, with_comments=True, strip_text=True)
    return out.getvalue()


@CASES
@given(documents(), wishes, st.sets(st.sampled_from(["title", "description", "rating", "latitude"])))
def test_nothing_foreign_is_lost(data: bytes, wanted: SidecarFields, replace: set[str]) -> None:
    before = read_fields(data)
    merged = merge(data, wanted, replace)
    after = read_fields(merged.data)
    assert without_ours(merged.data) == without_ours(data)
    for name in ("title", "description", "rating"):
        old, new = getattr(before, name), getattr(wanted, name)
        expected = new if new is not None and (old is None or name in replace) else old
        assert getattr(after, name) == expected
        assert (name in merged.conflicts) == (
            old not in (None, new) and new is not None and name not in replace
        )
    assert set(before.keywords) <= set(after.keywords)
    known = {word.casefold() for word in after.keywords}
    assert {word.casefold() for word in wanted.keywords} <= known
    if not merged.added:
        assert merged.data is data or merged.data == data


@CASES
@given(documents(), wishes)
def test_merging_twice_is_merging_once(data: bytes, wanted: SidecarFields) -> None:
    once = merge(data, wanted)
    again = merge(once.data, wanted)
    assert (again.data, again.added, set(again.conflicts)) == (once.data, (), set(once.conflicts))


@CASES
@given(documents())
def test_nothing_to_say_changes_no_byte(data: bytes) -> None:
    assert merge(data, SidecarFields()).data == data
    said = read_fields(data)
    assert merge(data, said).data == data


@CASES
@given(documents(), st.integers(1, 5))
def test_a_new_field_is_one_splice(data: bytes, stars: int) -> None:
    """What is not in the document yet is put in at one place; before and after it every byte stays."""
    merged = merge(data, SidecarFields(rating=stars))
    if read_fields(data).rating is None and b"Rating" not in data.replace(b"\0", b""):
        head = next(
            (at for at, pair in enumerate(zip(data, merged.data, strict=False)) if pair[0] != pair[1]),
            len(data),
        )
        tail = len(data) - head
        assert data[:head] == merged.data[:head]
        assert any(
            merged.data.endswith(data[at:])
            for at in range(max(0, head - 60), head + 1)
            if len(data) - at >= tail
        )


@CASES
@given(wishes)
def test_a_new_document_says_what_was_wanted(wanted: SidecarFields) -> None:
    said = read_fields(merge(None, wanted).data)
    assert (said.title, said.description, said.keywords, said.rating) == (
        wanted.title, wanted.description, wanted.keywords, wanted.rating,
    )  # fmt: skip
    if wanted.latitude is not None and wanted.longitude is not None:
        assert said.latitude is not None and abs(said.latitude - wanted.latitude) < 1e-6
        assert said.longitude is not None and abs(said.longitude - wanted.longitude) < 1e-6


@CASES
@given(st.binary(max_size=300))
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    try:
        merge(data, SidecarFields(rating=3))
    except NotXmp:
        return
    raise AssertionError("it was taken for a document")
