"""The quick recognition of revisions: it knows our own, and never more than the full comparison."""

import re
from io import BytesIO

import attacks
import pikepdf
import pytest
from attacks import Increment, body, objects, stream, with_entry, without_array
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import StandardDiffPolicy, SuspiciousModification

from signing import Act, Slot, prepare, renew
from signing._internal import changes, increments
from signing._internal.increments import Increments


def steps(pdf: bytes) -> list[str | None]:
    """What is recognised after each signature, oldest first."""
    reader = PdfFileReader(BytesIO(pdf))
    found = sorted(reader.embedded_signatures, key=lambda s: int(s.signed_revision))
    known = Increments(reader, pdf, int(found[0].signed_revision))
    return [known.after(int(s.signed_revision)) for s in found]


@pytest.fixture
def without_comparison(monkeypatch):
    """A verification that has to do without pyHanko's comparison."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compared in full")

    monkeypatch.setattr(StandardDiffPolicy, "review_file", refuse)


@pytest.fixture
def renewed(office, archived) -> bytes:
    later = office.clock.at.replace(year=2040)
    return renew(archived, timestamper=office.timestamper, trust=office.trust(), before=later)


def test_the_life_of_a_contract_is_recognised(signed, archived, renewed):
    assert steps(signed) == ["signatures", None]  # nothing follows the last one
    assert steps(archived) == ["signatures", "long_term", None]
    assert steps(renewed) == ["signatures", "long_term", "long_term", None]


def test_our_documents_pass_without_the_full_comparison(
    office, signed, archived, renewed, without_comparison
):
    for pdf in (signed, archived, renewed):
        assert office.verify(pdf).status == "passed"


def test_many_parties_and_invisible_fields_too(office, rendered, without_comparison):
    names = ["Alpha", "Bravo", "Charlie", "Delta"]
    pdf = prepare(rendered, [Slot(n, n) for n in names], metadata={})
    pdf = office.extend(office.sign_all(pdf, *names))
    assert office.verify(pdf).status == "passed"


@pytest.mark.parametrize("kind", ["signed", "archived"])
@pytest.mark.parametrize("name", attacks.INCREMENTAL)
def test_what_is_recognised_the_full_comparison_allows(request, kind, name):
    """For every attack: a recognised step is one that pyHanko's comparison accepts as well."""
    evil = attacks.INCREMENTAL[name](request.getfixturevalue(kind))
    try:
        found = steps(evil)
        signatures = sorted(
            PdfFileReader(BytesIO(evil)).embedded_signatures, key=lambda s: int(s.signed_revision)
        )
    except Exception:
        return  # not even readable: the verifier's other tests deal with that
    for step, signature in zip(found, signatures, strict=True):
        if step is not None:
            signature.coverage = signature.evaluate_signature_coverage()
            result = signature.evaluate_modifications(changes.STRICT)
            assert not isinstance(result, SuspiciousModification), name


# --- a step made by hand, and every way in which it may not differ ------------------------------


class Kept:
    """A step as keeping makes it: DSS and archive timestamp; a test changes a part of it."""

    def __init__(self, pdf: bytes) -> None:
        self.update = Increment(pdf)
        with objects(pdf) as document:
            self.catalog = body(document.Root)
            self.form, form = attacks.form_number(pdf)
            self.page, page = attacks.page_number(pdf)
        self.certificate = self.update.add(stream(b"certificate"))
        self.store = b"<< /Certs [%d 0 R] >>" % self.certificate
        self.value = (
            b"<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 "
            b"/Contents <00> /ByteRange [0 1 2 3] >>"
        )
        self.field_number = self.update.add(b"")
        self.value_number = self.update.add(b"")
        self.field = (
            b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Stamp) /F 132 /Rect [0 0 0 0] "
            b"/P %d 0 R /V %d 0 R >>" % (self.page, self.value_number)
        )
        form, fields = without_array(form, b"/Fields")
        self.form_text = form
        self.fields = b"%s %d 0 R" % (fields, self.field_number)
        self.page_text, self.annotations = without_array(page, b"/Annots")

    def done(self) -> bytes:
        update = self.update
        store = update.add(self.store)
        update.replace(update.root, with_entry(self.catalog, b"/DSS %d 0 R" % store))
        update.replace(self.form, with_entry(self.form_text, b"/Fields [%s]" % self.fields))
        annots = b"/Annots [%s %d 0 R]" % (self.annotations, self.field_number)
        update.replace(self.page, with_entry(self.page_text, annots))
        update.replace(self.field_number, self.field)
        update.replace(self.value_number, self.value)
        return update.done(extra_trailer=trailer_of(update.pdf))


def trailer_of(pdf: bytes) -> bytes:
    """/ID and /Info as the last trailer has them."""
    last = pdf[pdf.rindex(b"trailer") :]
    found = (re.search(p, last) for p in (rb"/ID\s*\[[^\]]*\]", rb"/Info\s+\d+ 0 R"))
    return b" ".join(match.group(0) for match in found if match)


def last_step(pdf: bytes) -> str | None:
    reader = PdfFileReader(BytesIO(pdf))
    total = reader.xrefs.total_revisions
    return Increments(reader, pdf, total - 2).after(total - 2)


def test_the_step_made_by_hand_is_recognised(signed):
    assert last_step(Kept(signed).done()) == "long_term"


def replaced(attribute: str, old: bytes, new: bytes):
    def change(kept: Kept) -> None:
        text = getattr(kept, attribute)
        assert old in text
        setattr(kept, attribute, text.replace(old, new))

    change.__name__ = f"{attribute}: {new.decode()[:40]}"
    return change


def another_object(kept: Kept) -> None:
    kept.update.add(b"<< /Evil true >>")


def font_program(kept: Kept) -> None:
    with objects(kept.update.pdf) as document:
        number = next(
            item.FontFile2.objgen[0]
            for item in document.objects
            if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item
        )
    kept.update.replace(number, stream(b"other shapes"))


def signed_field_emptied(kept: Kept) -> None:
    with objects(kept.update.pdf) as document:
        city = document.Root.AcroForm.Fields[1]
        kept.update.replace(city.objgen[0], re.sub(rb"/V\s+\d+ 0 R", b"", body(city)))


def appearance_of_a_signed_field(kept: Kept) -> None:
    with objects(kept.update.pdf) as document:
        number = document.Root.AcroForm.Fields[0].AP.N.objgen[0]
    kept.update.replace(number, stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"))


def fields_turned_round(kept: Kept) -> None:
    first, second, *rest = re.findall(rb"\d+ 0 R", kept.fields)
    kept.fields = b" ".join([second, first, *rest])


def certificate_that_is_a_page(kept: Kept) -> None:
    kept.store = b"<< /Certs [%d 0 R] >>" % kept.page


CHANGES = [
    replaced("field", b"[0 0 0 0]", b"[0 0 500 700]"),
    replaced("field", b"/F 132", b"/F 132 /AP << /N 1 0 R >>"),
    replaced("field", b"/F 132", b"/F 132 /AA << >>"),
    replaced("field", b"/F 132", b"/F 132 /Kids []"),
    replaced("field", b"/FT /Sig", b"/FT /Tx"),
    replaced("field", b"/FT /Sig", b"/FT (/Sig)"),
    replaced("field", b"(Stamp)", b"(City)"),
    replaced("field", b"(Stamp)", b"(City.Two)"),
    replaced("value", b"/ETSI.RFC3161", b"/ETSI.CAdES.detached"),
    replaced("value", b"/Filter", b"/Resources << >> /Filter"),
    replaced("value", b"/DocTimeStamp", b"/XObject"),
    replaced("store", b"/Certs", b"/Kids [] /Certs"),
    replaced("store", b"/Certs", b"/XObjects"),
    replaced("catalog", b"/Lang (ja)", b"/Lang (en)"),
    replaced("catalog", b"(2026-0001)", b"(2026-0002)"),
    replaced("form_text", b"/SigFlags 3", b"/SigFlags 0"),
    replaced("form_text", b"/SigFlags 3", b"/SigFlags 3 /NeedAppearances true"),
    replaced("form_text", b"/SigFlags 3", b"/SigFlags 3 /XFA (x)"),
    replaced("page_text", b"/Type /Page", b"/Type /Page /Rotate 180"),
    replaced("page_text", b"/Contents", b"/Kontents"),
    another_object,
    font_program,
    signed_field_emptied,
    appearance_of_a_signed_field,
    fields_turned_round,
    certificate_that_is_a_page,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_step_that_differs_in_one_thing_is_not_recognised(signed, change):
    kept = Kept(signed)
    change(kept)
    assert last_step(kept.done()) is None


def test_another_identity_or_information_is_not_recognised(signed):
    other = Kept(signed).done()
    at = other.rindex(b"/Info 2 0 R")
    assert last_step(other[:at] + b"/Info 3 0 R" + other[at + 11 :]) is None
    at = other.rindex(b"/ID")
    number = re.compile(rb"[0-9a-f]").search(other, at + 5)
    flipped = b"0" if number.group(0) != b"0" else b"1"
    changed = other[: number.start()] + flipped + other[number.end() :]
    assert last_step(changed) is None


def test_a_freed_object_is_not_recognised(signed):
    pdf = Kept(signed).done()
    at = pdf.rindex(b"xref\n", 0, pdf.rindex(b"startxref"))
    assert last_step(pdf[: at + 5] + b"5 1\n0000000000 00001 f \n" + pdf[at + 5 :]) is None


@pytest.mark.parametrize("is_apart", [True, False], ids=["apart", "in the page"])
def test_a_number_that_was_referred_to_before_it_existed_is_not_recognised(
    office, rendered, is_apart
):
    """The page already draws an object that only a later revision brings, as a "certificate"."""
    prepared = prepare(rendered, [Slot("Vendor", "受注者")], metadata={})
    with objects(prepared) as document:
        count = max(item.objgen[0] for item in document.objects)
        contents = document.pages[0].Contents.objgen[0]
    awaited = count + 40
    old = b"/Contents %d 0 R" % contents
    for spelling in (b"%d 0 R", b"%d%%c\n0%%c\nR", b"%d\t00 R"):
        dangling = spelling % awaited
        number, page = attacks.page_number(prepared)
        update = Increment(prepared)
        array = b"[%d 0 R %s]" % (contents, dangling)
        if is_apart:  # in an object that no later revision writes
            array = b"%d 0 R" % update.add(array)
        update.replace(number, page.replace(old, b"/Contents " + array))
        signed = office.sign(
            update.done(extra_trailer=trailer_of(prepared)),
            "Vendor",
            Act("甲", "代表", "同意", "a"),
        )
        for awaits_it in (False, True):
            kept = Kept(signed)
            # As it stands in the file: qpdf would write null for what does not exist.
            kept.page_text, kept.annotations = without_array(update.objects[number], b"/Annots")
            if awaits_it:
                kept.update.objects[awaited] = stream(b"BT 72 700 Td (another contract) Tj ET")
                kept.update.size = awaited + 1
                kept.store = b"<< /Certs [%d 0 R %d 0 R] >>" % (kept.certificate, awaited)
            evil = kept.done()
            if awaits_it:
                assert last_step(evil) is None, spelling
                assert office.verify(evil).status != "passed"
            elif spelling == b"%d 0 R":
                assert last_step(evil) == "long_term"  # what nobody brings stays nothing


def test_too_many_objects_are_left_to_the_full_comparison(signed, monkeypatch):
    pdf = Kept(signed).done()
    monkeypatch.setattr(increments, "MAX_OBJECTS", 10)
    assert last_step(pdf) is None
    monkeypatch.setattr(increments, "MAX_OBJECTS", 10_000)
    monkeypatch.setattr(increments, "MAX_WRITTEN", 3)
    assert last_step(pdf) is None
