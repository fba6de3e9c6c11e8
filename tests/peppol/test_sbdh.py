"""The envelope opened and made; what is hostile or wrong is refused with its place."""

from __future__ import annotations

import contextlib
import io
import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from peppol.errors import EnvelopeInvalid, PeppolError, XmlRefused
from peppol.identifiers import MESSAGE_LEVEL_STATUS, MESSAGE_LEVEL_STATUS_PROCESS, ParticipantId
from peppol.sbdh import MlsType, Scope
from peppol.sbdh_reading import EnvelopeLimits, open_envelope, read_opening
from peppol.sbdh_writing import make_envelope

from .builders import a_header, an_invoice


def an_envelope(**changes: object) -> bytes:
    return make_envelope(a_header(**changes), an_invoice())


def test_what_is_put_in_comes_out_byte_for_byte() -> None:
    header = a_header(
        mls_to=ParticipantId("0242:987654-MLS"),
        mls_type=MlsType.ALWAYS_SEND,
        created=datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=9))),
    )
    envelope = open_envelope(make_envelope(header, an_invoice()))
    assert envelope.header == header
    assert envelope.payload == an_invoice()
    assert envelope.payload_name == "Invoice"


def test_made_envelope_is_well_formed_for_another_parser() -> None:
    tree = etree.fromstring(an_envelope())
    assert [etree.QName(child).localname for child in tree] == [
        "StandardBusinessDocumentHeader", "Invoice",
    ]  # fmt: skip


def test_prolog_of_the_document_is_left_out() -> None:
    document = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- 控え -->\n'.encode() + an_invoice()
    assert open_envelope(make_envelope(a_header(), document)).payload == an_invoice()
    with_bom = b"\xef\xbb\xbf" + an_invoice()
    assert open_envelope(make_envelope(a_header(), with_bom)).payload == an_invoice()


def test_declarations_inherited_from_the_envelope_are_kept_for_the_document() -> None:
    whole = an_envelope().decode()
    cbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
    moved = whole.replace(f' xmlns:cbc="{cbc}"', "").replace(
        "<sh:StandardBusinessDocument ", f'<sh:StandardBusinessDocument xmlns:cbc="{cbc}" '
    )
    payload = open_envelope(moved.encode()).payload
    assert etree.fromstring(payload).find(f"{{{cbc}}}ID") is not None
    assert b"xmlns:sh" not in payload


def test_white_space_and_comments_around_the_document_are_not_part_of_it() -> None:
    whole = an_envelope().replace(
        b"</sh:StandardBusinessDocument>", b" \n<!-- > --> </sh:StandardBusinessDocument>"
    )
    assert open_envelope(whole).payload == an_invoice()


def test_empty_root_with_a_bracket_in_its_attribute_is_cut_at_its_end() -> None:
    empty = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" a="/>"/>'
    assert open_envelope(make_envelope(a_header(), empty)).payload == empty


def test_opening_is_read_without_the_document() -> None:
    data = make_envelope(a_header(), an_invoice(500_000))
    source = io.BytesIO(data)
    assert read_opening(source).header == a_header()
    assert source.tell() <= 32 * 1024


def test_further_scopes_are_carried() -> None:
    whole = an_envelope().replace(
        b"</sh:BusinessScope>",
        b"<sh:Scope><sh:Type>X</sh:Type><sh:InstanceIdentifier>1</sh:InstanceIdentifier>"
        b"</sh:Scope></sh:BusinessScope>",
    )
    assert open_envelope(whole).header.other_scopes == (Scope("X", "1"),)


def test_binary_content_needs_no_type_of_its_own() -> None:
    namespace = b"http://peppol.eu/xsd/ticc/envelope/1.0"
    content = b'<BinaryContent xmlns="' + namespace + b'" mimeType="a/b">AA==</BinaryContent>'
    assert open_envelope(make_envelope(a_header(), content)).payload == content


IDENTIFIER = "DocumentIdentification/InstanceIdentifier"
SH = b"<sh:HeaderVersion>1.0</sh:HeaderVersion>"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b">1.0</sh:HeaderVersion>", b">2.0</sh:HeaderVersion>", "HeaderVersion"),
        (b'"iso6523-actorid-upis">0188', b'"gln">0188', "Receiver/Identifier@Authority"),
        (b">0188:7000012050002<", b">nobody<", "Receiver/Identifier"),
        (b">Invoice</sh:Type>", b">CreditNote</sh:Type>", "DocumentIdentification"),
        (b">2.1</sh:TypeVersion>", b">2.4</sh:TypeVersion>", "DocumentIdentification/TypeVersion"),
        (b"T03:00:00Z", b"T03:00:00", "DocumentIdentification/CreationDateAndTime"),
        (b"2026-11-23T", b"2026-13-23T", "DocumentIdentification/CreationDateAndTime"),
        (b">JP</sh:Inst", b">jpn</sh:Inst", "COUNTRY_C1"),
        (b"<sh:Type>COUNTRY_C1", b"<sh:Type>COUNTRY_C9", "COUNTRY_C1"),
        (b"<sh:Type>COUNTRY_C1", b"<sh:Type>PROCESSID", "PROCESSID"),
        (b"billing-1@jp-1::2.1", b"billing-1*::2.1", "document_type"),
        (SH, SH + SH, "HeaderVersion"),
        (SH, SH + b"<sh:Extra/>", "Extra"),
        (SH, SH + b"<x/>", "x"),
        (b">0d1c6bd1-2f0c-4f3f-9a3a-6f2b7f1d9a01<", b"><", IDENTIFIER),
    ],
)  # fmt: skip
def test_wrong_header_is_refused_with_its_place(old: bytes, new: bytes, place: str) -> None:
    data = an_envelope()
    assert old in data
    with pytest.raises(EnvelopeInvalid) as caught:
        open_envelope(data.replace(old, new, 1))
    assert caught.value.field == place
    assert caught.value.message_ja != caught.value.message_en


@pytest.mark.parametrize(
    "scope",
    [
        b"<sh:Type>MLS_TO</sh:Type><sh:InstanceIdentifier>0242:1</sh:InstanceIdentifier>",
        b"<sh:Type>MLS_TYPE</sh:Type><sh:InstanceIdentifier>SOMETIMES</sh:InstanceIdentifier>",
        b"<sh:Type>MLS_TYPE</sh:Type>",
    ],
)
def test_wrong_mls_scope_is_refused(scope: bytes) -> None:
    with pytest.raises(EnvelopeInvalid):
        open_envelope(
            an_envelope().replace(
                b"</sh:BusinessScope>", b"<sh:Scope>" + scope + b"</sh:Scope></sh:BusinessScope>"
            )
        )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<?xml version='1.0' encoding='Shift_JIS'?><a/>",
        b"<?xml version='1.0' encoding='EUC-JP'?><a/>",
        "<a/>".encode("utf-16"),
        "<a/>".encode("utf-16-le"),
        b"<?php x?><a/>",
        b"\x00\x00\x00\x00",
    ],
)
def test_what_is_not_an_envelope_is_refused(data: bytes) -> None:
    with pytest.raises((XmlRefused, EnvelopeInvalid)):
        open_envelope(data)
    with pytest.raises((XmlRefused, EnvelopeInvalid)):
        read_opening(io.BytesIO(data))


def test_envelope_in_envelope_is_refused() -> None:
    inner = an_envelope().split(b"?>\n", 1)[1].strip()
    with pytest.raises(EnvelopeInvalid):
        open_envelope(an_envelope().replace(an_invoice(), inner))


def test_second_document_and_text_after_it_are_refused() -> None:
    for extra in (an_invoice(), b"x"):
        with pytest.raises(EnvelopeInvalid):
            open_envelope(an_envelope().replace(an_invoice(), an_invoice() + extra))


def test_header_over_its_caps_is_refused_quickly() -> None:
    many = b"<sh:Scope><sh:Type>a</sh:Type></sh:Scope>" * 50_000
    long_text = b"a" * 3_000_000
    deep = b"<a>" * 5000
    for hostile in (many, b"<sh:Scope>" + long_text, deep):
        data = an_envelope().replace(b"<sh:BusinessScope>", b"<sh:BusinessScope>" + hostile, 1)
        before = time.process_time()
        with pytest.raises(PeppolError):
            read_opening(io.BytesIO(data))
        with pytest.raises(PeppolError):
            open_envelope(data)
        assert time.process_time() - before < 0.5


def test_deep_document_and_large_envelope_are_refused() -> None:
    deep = (
        an_envelope()
        .replace(b"<cbc:ID>", b"<cbc:ID>" * 200)
        .replace(b"</cbc:ID>", b"</cbc:ID>" * 200)
    )
    with pytest.raises(XmlRefused):
        open_envelope(deep)
    with pytest.raises(XmlRefused):
        open_envelope(an_envelope(), EnvelopeLimits(envelope_bytes=100))


@pytest.mark.parametrize(
    "document",
    [b"", b"plain", b"<!DOCTYPE a><a/>", b"<a/>", "<a/>".encode("utf-16"),
     b"<?xml version='1.0' encoding='Shift_JIS'?><a/>"],
)  # fmt: skip
def test_document_that_cannot_be_wrapped_is_refused(document: bytes) -> None:
    with pytest.raises((XmlRefused, EnvelopeInvalid)):
        make_envelope(a_header(), document)


def test_header_for_another_document_is_refused() -> None:
    header = a_header(document_type=MESSAGE_LEVEL_STATUS, process=MESSAGE_LEVEL_STATUS_PROCESS)
    with pytest.raises(EnvelopeInvalid):
        make_envelope(header, an_invoice())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1300), st.binary(min_size=1, max_size=3))
def test_any_overwritten_bytes_give_an_envelope_or_a_clear_error(at: int, new: bytes) -> None:
    data = bytearray(an_envelope())
    data[at : at + len(new)] = new
    with contextlib.suppress(PeppolError):
        open_envelope(bytes(data))
