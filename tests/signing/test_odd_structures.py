"""Structures that are legal and rare: judged on their merits, and never a way to hide something."""

import re
from io import BytesIO

import attacks
import pikepdf
import pytest
from asn1crypto import keys, x509
from attacks import Increment, body, objects, stream, with_entry
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

DER = serialization.Encoding.DER
PLAIN = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.fixture
def by_another(office):
    """Signs as another service would: pyHanko, no slot list, any structure."""
    key = office.pki.key("vendor")
    private = serialization.load_pem_private_key(
        (office.pki.folder / "vendor.key.pem").read_bytes(), None
    )
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(key.certificate),
        signing_key=keys.PrivateKeyInfo.load(private.private_bytes(DER, *PLAIN)),
        cert_registry=SimpleCertificateStore(),
    )

    def sign(pdf: bytes, field: str = "Signature", box=None) -> bytes:
        out = signers.PdfSigner(
            signers.PdfSignatureMetadata(field_name=field, subfilter=fields.SigSeedSubFilter.PADES),
            signer=signer,
            new_field_spec=fields.SigFieldSpec(field, box=box),
        ).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf), strict=False))
        return out.getvalue()

    return sign


def classic(change=None, **options) -> bytes:
    """A page of text with a cross-reference table; `change(document)` before it is written."""
    out = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        page = document.pages[0]
        page.Contents = document.make_stream(b"BT /F 20 Tf 72 700 Td (100 yen) Tj ET")
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                )
            )
        )  # fmt: skip
        tags = pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot)
        document.Root.StructTreeRoot = document.make_indirect(tags)
        if change is not None:
            change(document)
        document.save(
            out, object_stream_mode=pikepdf.ObjectStreamMode.disable, static_id=True, **options
        )
    return out.getvalue()


def hybrid(pdf: bytes, number: int, *, key: bytes = b"/XRefStm") -> bytes:
    """The file with one object that only readers of cross-reference streams see.

    As office programs write it: free in the table, found by the stream of a second, empty section.
    """
    at = re.search(rb"\n%d 0 obj" % number, pdf).start() + 1
    entry = b"%010d 00000 n" % at
    assert pdf.count(entry) == 1
    pdf = pdf.replace(entry, b"0000000000 65535 f")
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    size, root = Increment(pdf).size, Increment(pdf).root
    row = bytes((1,)) + at.to_bytes(4, "big") + b"\0\0"
    index = b"/Type /XRef /Size %d /W [1 4 2] /Index [%d 1] /Root %d 0 R"
    place = len(pdf)
    pdf += b"%d 0 obj\n" % size + stream(row, index % (size, number, root)) + b"\nendobj\n"
    table = len(pdf)
    pdf += b"xref\n0 0\ntrailer\n<< /Size %d /Root %d 0 R /Prev %d %s %d >>\n" % (
        size + 1, root, previous, key, place,
    )  # fmt: skip
    return pdf + b"startxref\n%d\n%%%%EOF\n" % table


def number_of(pdf: bytes, find) -> int:
    with objects(pdf) as document:
        return find(document).objgen[0]


def codes(verdict) -> list[str]:
    every = [*verdict.reasons, *(r for s in verdict.signatures for r in s.reasons)]
    return [reason.code for reason in every]


def said(verdict) -> list[str]:
    return [reason.en for s in verdict.signatures for reason in s.reasons]


def test_a_hybrid_file_that_hides_its_tags_only_is_judged_on_its_merits(office, by_another):
    pdf = classic()
    pdf = hybrid(pdf, number_of(pdf, lambda d: d.Root.StructTreeRoot))
    once = by_another(pdf)
    twice = by_another(once, "Second")
    assert office.verify(once).status == "passed"
    assert office.verify(twice).status == "passed"
    assert office.verify(attacks.annotation_added(once)).status == "failed"


@pytest.mark.parametrize("key", [b"/XRefStm", b"/XRef#53tm"])
def test_a_hybrid_file_that_shows_two_readers_two_things_is_not_passed(office, by_another, key):
    pdf = classic()
    pdf = hybrid(pdf, number_of(pdf, lambda d: d.pages[0].Contents), key=key)
    verdict = office.verify(by_another(pdf))
    assert verdict.status == "indeterminate"
    assert codes(verdict) == ["file.hybrid"]


def test_a_difference_that_was_there_when_it_was_signed_stays_one(office, by_another):
    """The signer saw a page that a later revision makes the same for every reader."""
    pdf = classic()
    number = number_of(pdf, lambda d: d.pages[0].Contents)
    with objects(pdf) as document:
        content = document.pages[0].Contents.read_raw_bytes()
    signed = by_another(hybrid(pdf, number))
    update = Increment(signed)
    update.replace(number, stream(content))
    assert "file.hybrid" in codes(office.verify(update.done()))


def test_an_object_under_the_name_of_the_tags_elsewhere_is_no_tag(office, by_another):
    """`/StructTreeRoot` is what is passed over in the catalog, and nowhere else."""

    def change(document):
        look = document.make_stream(
            b"0 0 9 9 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
            BBox=[0, 0, 9, 9],
        )  # fmt: skip
        document.pages[0].Resources.XObject = pikepdf.Dictionary(StructTreeRoot=look)

    pdf = classic(change)
    pdf = hybrid(pdf, number_of(pdf, lambda d: d.pages[0].Resources.XObject.StructTreeRoot))
    assert codes(office.verify(by_another(pdf))) == ["file.hybrid"]


def dangling(pdf: bytes) -> bytes:
    """A reference, of the page, to an object that is not there: it means null."""
    number, page = attacks.page_number(pdf)
    update = Increment(pdf)
    update.replace(number, with_entry(page, b"/Nothing 777 0 R"))
    return update.done()


def test_a_reference_to_nothing_means_nothing(office, by_another):
    twice = by_another(by_another(dangling(classic())), "Second")
    verdict = office.verify(twice)
    assert verdict.status == "passed", said(verdict)


def test_a_reference_to_nothing_that_is_filled_later_is_not_passed(office, by_another):
    signed = by_another(dangling(classic()))
    update = Increment(signed)
    update.size = 777
    update.add(stream(b"BT (1,000,000 yen) Tj ET"))
    assert office.verify(update.done()).status != "passed"


def test_a_source_text_named_in_the_trailer_is_no_part_of_the_document(office, by_another):
    """LibreOffice names it by a number that the next revision takes for something else."""
    pdf = classic()
    size = Increment(pdf).size
    extra = b"/AdditionalStreams [ /application#2Fodt %d 0 R ]" % size
    pdf = pdf.replace(b"trailer << ", b"trailer << " + extra, 1)
    assert extra in pdf
    twice = by_another(by_another(pdf), "Second")
    verdict = office.verify(twice)
    assert verdict.status == "passed", said(verdict)


def with_index(pdf: bytes, entry: bytes) -> bytes:
    """One more revision with validation data that has an index by signature."""
    update = Increment(pdf)
    with objects(pdf) as document:
        catalog = body(document.Root)
    catalog = re.sub(rb"/DSS\s+\d+ 0 R", b"", catalog)
    store = update.add(b"<< /Type /DSS /VRI << /Type /VRI /%s %s >> >>" % (b"A" * 40, entry))
    update.replace(update.root, with_entry(catalog, b"/DSS %d 0 R" % store))
    return update.done()


def test_an_index_of_validation_data_may_be_written_anew(office, by_another):
    signed = by_another(classic())
    once = with_index(signed, b"<< /TU (D:20261123030000Z) >>")
    verdict = office.verify(with_index(once, b"<< /TU (D:20261124030000Z) >>"))
    assert verdict.status == "passed", said(verdict)
    assert verdict.signatures[0].changes == "long_term"


def test_nothing_is_changed_under_cover_of_that_index(office, by_another):
    signed = by_another(classic())
    once = with_index(signed, b"<< /TU (D:20261123030000Z) >>")
    number = number_of(signed, lambda d: d.pages[0].Contents)
    update = Increment(once)
    update.replace(number, stream(b"BT /F 20 Tf 72 700 Td (1 yen) Tj ET"))
    evil = with_index(update.done(), b"<< /Cert [%d 0 R] >>" % number)
    assert office.verify(evil).status == "failed"
    assert office.verify(with_index(once, b"<< /Page %d 0 R >>" % number)).status != "passed"


def test_a_linearised_file_is_one_revision(office, by_another):
    pdf = by_another(classic(linearize=True))
    assert pdf.count(b"startxref") == 3
    assert office.verify(pdf).status == "passed"


def test_a_field_beside_the_page_covers_nothing(office, by_another):
    """Its place cannot be drawn; that is no reason to judge nothing."""
    once = by_another(classic())
    assert office.verify(by_another(once, "Beside", box=(900, 10, 950, 40))).status == "passed"
    over = by_another(once, "Over", box=(50, 680, 900, 730))
    assert "changes.appearance" in codes(office.verify(over))
