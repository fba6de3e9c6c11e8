"""Input that means harm, or is simply no invoice: refused clearly, in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einvoice import Limits, Report, validate, write
from einvoice.parsing import parse
from einvoice.structure import LARGE
from tests.conformance.own_corpus import BASES, document, minimal

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACES = b'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'


def refused(xml: bytes, reason: str, limits: Limits | None = None) -> Report:
    report = validate(xml, limits=limits)
    assert report.verdict == "unreadable", report
    assert [f.id for f in report.findings] == [f"unreadable-{reason}"]
    finding = report.findings[0]
    assert all((finding.message.ja, finding.message.en, finding.remedy.ja, finding.remedy.en))
    assert report.qualified == "cannot_tell"
    return report


@pytest.mark.parametrize("xml", [b"", b"  \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00\x00"])
def test_an_empty_file(xml: bytes) -> None:
    refused(xml, "empty")


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"%PDF-1.7", "PDF"), (b"PK\x03\x04", "ZIP"), (b"\x89PNG", "PNG"), (b'{"a":1}', "JSON")],
)
def test_another_kind_of_file_is_named(head: bytes, kind: str) -> None:
    report = refused(head + b"\n<x/>", "not-xml-but")
    assert kind in report.findings[0].message.ja


def test_plain_text() -> None:
    refused("請求書です".encode(), "not-xml")


def test_broken_xml_has_its_line() -> None:
    report = refused(HEAD + b"\n<Invoice>\n<a></b></Invoice>", "not-well-formed")
    assert report.findings[0].line == 3


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE Invoice>",
        b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE Invoice [<!ENTITY a "b">]>',
        b'<!DOCTYPE Invoice [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_document_type_is_never_read(doctype: bytes, encoding: str) -> None:
    text = "<!-- a > comment -->" + doctype.decode() + "<Invoice>&a;</Invoice>"
    refused(text.encode(encoding), "doctype")


def test_billions_of_laughs_cost_nothing() -> None:
    entities = b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha") for n in range(10)
    )
    start = time.process_time()
    refused(b"<!DOCTYPE x [" + entities + b"]><x>&a9;</x>", "doctype")
    assert time.process_time() - start < 1


def test_the_word_doctype_inside_a_note_is_only_a_word() -> None:
    xml = write(minimal()).replace(b"<cbc:ID>R8-1", b"<!-- <!DOCTYPE x> --><cbc:ID>R8-1", 1)
    assert validate(xml).verdict == "valid"


def test_an_undeclared_entity() -> None:
    refused(HEAD + b"<Invoice>&nbsp;</Invoice>", "not-well-formed")


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "UTF-16BE"])
def test_utf_16_is_read(encoding: str) -> None:
    text = write(minimal()).decode().replace("encoding='UTF-8'", 'encoding="UTF-16"')
    data = text.encode(encoding)
    if encoding != "UTF-16":
        data = (b"\xff\xfe" if encoding.endswith("LE") else b"\xfe\xff") + data
    assert validate(data).verdict == "valid"


def test_shift_jis_as_declared_is_read_and_as_utf_8_is_refused() -> None:
    text = write(minimal()).decode()
    declared = text.replace("encoding='UTF-8'", 'encoding="Shift_JIS"').encode("shift_jis")
    assert validate(declared).verdict == "valid"
    refused(text.encode("shift_jis"), "encoding")


def test_utf_8_under_another_name_is_refused() -> None:
    text = write(minimal()).decode().replace("encoding='UTF-8'", 'encoding="UTF-16"')
    assert validate(text.encode()).verdict == "unreadable"
    unknown = text.replace('encoding="UTF-16"', 'encoding="X-NONE"').encode()
    refused(unknown, "encoding")


def test_a_byte_order_mark_is_no_fault() -> None:
    assert validate(b"\xef\xbb\xbf" + write(minimal())).verdict == "valid"


def test_utf_32_is_refused() -> None:
    refused("<Invoice/>".encode("utf-32"), "encoding")


def test_a_nul_character() -> None:
    refused(write(minimal()).replace(b"R8-1", b"R8\x001"), "nul")


def test_a_file_beyond_the_limit_is_not_parsed() -> None:
    data = b" " * 100_000_000
    tracemalloc.start()
    start = time.process_time()
    refused(data, "too-large")
    assert time.process_time() - start < 1
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_deep_nesting_is_refused_by_us_and_by_the_parser() -> None:
    for depth in (150, 300, 200_000):
        xml = b"<Invoice " + NAMESPACES + b">" + b"<a>" * depth + b"</a>" * depth + b"</Invoice>"
        start = time.process_time()
        refused(xml, "too-deep")
        assert time.process_time() - start < 2


def test_a_million_characters_in_an_attribute() -> None:
    xml = write(minimal()).replace(b'schemeID="0221"', b'schemeID="' + b"0" * 1_000_000 + b'"')
    refused(xml, "attribute-too-long")


def test_too_many_elements_are_counted_before_parsing() -> None:
    xml = b"<Invoice " + NAMESPACES + b">" + b"<a/>" * 12_000 + b"</Invoice>"
    refused(xml, "too-many-elements", Limits(elements=5_000))


def test_the_time_limit_holds() -> None:
    lines = b"<a><b/></a>" * 20_000
    xml = b"<Invoice " + NAMESPACES + b">" + lines + b"</Invoice>"
    refused(xml, "too-slow", Limits(seconds=0.0))


def test_places_that_multiply_a_rule_end_at_the_time_limit() -> None:
    totals = b"<cac:LegalMonetaryTotal/>" * 3_000
    charges = (
        b"<cac:AllowanceCharge><cbc:ChargeIndicator>1</cbc:ChargeIndicator></cac:AllowanceCharge>"
    )
    xml = write(minimal()).replace(
        b"<cac:InvoiceLine>", charges * 3_000 + totals + b"<cac:InvoiceLine>"
    )
    start = time.process_time()
    refused(xml, "too-slow", Limits(seconds=1.0))
    assert time.process_time() - start < 8


def test_many_faults_cost_no_more_than_are_shown() -> None:
    xml = write(minimal()).replace(
        b"<cbc:InvoiceTypeCode>", b"<cbc:Note/>" * 100_000 + b"<cbc:InvoiceTypeCode>"
    )
    start = time.process_time()
    report = validate(xml)
    assert time.process_time() - start < 30
    assert report.verdict == "invalid"
    assert len(report.findings) <= 1_001


def test_the_schema_is_not_asked_about_a_large_document_full_of_faults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes on after a fault, and each costs it more than the one before."""

    def never() -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("einvoice.structure.invoice_schema", never)
    monkeypatch.setattr("einvoice.rules.clearance.strict_schema", never)
    empty = b"<cac:InvoiceLine/>" * (LARGE // 18 + 1)
    xml = write(minimal()).replace(b"<cac:InvoiceLine>", empty + b"<cac:InvoiceLine>", 1)
    report = validate(xml, limits=Limits(findings=10), law=False)
    assert report.verdict == "invalid"
    assert len(report.findings) == 11
    assert parse(xml, Limits()).size == len(xml)
    commented = xml.replace(b"<cbc:ID>", b"<cbc:ID><!-- x -->", 1)
    assert parse(commented, Limits()).size == len(commented)


def test_xinclude_is_not_followed() -> None:
    include = (
        b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" '
        b'parse="text"/>'
    )
    report = validate(write(minimal()).replace(b"<cbc:ProfileID>", include + b"<cbc:ProfileID>"))
    assert report.verdict == "invalid"
    assert "structure-xinclude" in {f.id for f in report.findings}
    assert "root:" not in str(report)


def test_a_huge_attachment_of_the_wrong_kind_is_judged_not_refused() -> None:
    content = b"QUFB" * 1_000_000
    xml = write(BASES["full"]()).replace(b"YSxiCg==", content)
    xml = xml.replace(b'mimeCode="text/csv"', b'mimeCode="application/x-msdownload"')
    start = time.process_time()
    report = validate(xml)
    assert time.process_time() - start < 5
    assert "ibr-cl-24" in {f.id for f in report.findings}
    assert max(len(str(f)) for f in report.findings) < 5_000


def test_findings_are_cut_off_and_the_reader_is_told() -> None:
    edits = [["set", "cac:InvoiceLine/cbc:LineExtensionAmount", "x"]]
    xml = document("minimal", edits)
    line = xml[xml.index(b"<cac:InvoiceLine>") : xml.index(b"</cac:InvoiceLine>") + 18]
    xml = xml.replace(line, line * 500)
    report = validate(xml, limits=Limits(findings=100))
    assert len(report.findings) == 101
    assert report.findings[-1].id == "too-many-findings"


def test_invented_names_do_not_fill_the_memory() -> None:
    names = b"".join(b"<n%d/>" % n for n in range(30_000))
    xml = b"<Invoice " + NAMESPACES + b">" + names + b"</Invoice>"
    for _ in range(2):
        assert validate(xml).verdict == "invalid"


@pytest.mark.parametrize(
    "xml", [b"<html/>", b"<Invoice/>", b'<Invoice xmlns="urn:other"/>', b"<anything>x</anything>"]
)
def test_other_xml_is_not_an_invoice(xml: bytes) -> None:
    refused(xml, "not-an-invoice")


def test_an_unknown_customization_is_said_and_judged_as_the_nearest_type() -> None:
    xml = write(minimal()).replace(b"urn:peppol:pint:billing-1@jp-1", b"urn:cen.eu:en16931:2017")
    report = validate(xml)
    assert report.verdict == "invalid"
    assert report.profile is None
    assert {"structure-customization", "aligned-ibrp-001-jp"} <= {f.id for f in report.findings}


_BASE = write(minimal())


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(0, len(_BASE) - 1),
    st.integers(0, 40),
    st.one_of(st.binary(max_size=30), st.sampled_from([b"<", b">", b"&", b"]]>", b"<!--", b"<?"])),
)
def test_no_bytes_can_make_it_fall(at: int, length: int, inserted: bytes) -> None:
    """Whatever is cut out and put in: an answer, with words for every refusal."""
    report = validate(_BASE[:at] + inserted + _BASE[at + length :])
    assert report.verdict in ("valid", "invalid", "unreadable")
    assert report.verdict == "valid" or report.findings
    report.to_json()


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_answered(data: bytes) -> None:
    assert validate(data).verdict in ("invalid", "unreadable")


def test_the_time_limit_holds_for_the_law_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands until the law's checks begin, then runs past every limit."""
    from einvoice import own_checks, qualified

    clock = [0.0]
    for module in ("einvoice.growing", "einvoice.validation", "einvoice.own_checks"):
        monkeypatch.setattr(f"{module}.monotonic", lambda: clock[0])
    assert own_checks.monotonic() == 0.0
    check_document = qualified.check_document

    def slow(*arguments: object) -> bool:
        clock[0] = 61.0
        return check_document(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(qualified, "check_document", slow)
    xml = write(minimal()).replace(b"T7180001000001", b"T7180001000002")
    refused(xml, "too-slow", Limits(seconds=60))
