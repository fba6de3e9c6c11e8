"""Receiving: the original is kept, a number is given at once, twice is once."""

from __future__ import annotations

import io
import threading
import zipfile
from datetime import date

import pytest

from einvoice import queries, receiving
from einvoice.compose import compose
from einvoice.examining import examine
from einvoice.models import ReceivedInvoice
from einvoice.receiving import Channel, Receipt, check_bytes, open_archive
from einvoice.refusals import ArchiveError, EmptyFileError, FileTooLargeError, NotXmlError
from einvoice.states import State
from einvoice.writing import write
from peppol import (
    DocumentTypeId,
    Header,
    ParticipantId,
    ProcessId,
    make_envelope,
    open_envelope,
)
from records import Actor, audit
from tests.einvoice.desk import Desk, noon
from tests.einvoice.situations import goods_terms, milk_terms


def rows(desk: Desk) -> list[ReceivedInvoice]:
    with desk.database.transaction() as session:
        return list(session.query(ReceivedInvoice).order_by(ReceivedInvoice.serial))


def test_receipt_has_a_number_at_once_and_the_original_is_kept(desk: Desk) -> None:
    data = write(compose(goods_terms()))
    found = desk.take_in(data, name="C:\\請求\\10月\u0007分.xml")
    assert found.state is State.RECEIVED
    assert found.receipt_no == "26-000001"
    assert desk.store.read(found.sha256) == data
    assert rows(desk)[0].original_name == "10月分.xml"
    with desk.database.transaction() as session:
        entries = audit.history(session, f"invoice:{found.invoice_id}")
    assert [entry.action for entry in entries] == ["invoice.received"]


def test_same_bytes_twice_are_one_invoice_and_that_is_said(desk: Desk) -> None:
    first = desk.take_in(goods_terms())
    again = desk.take_in(goods_terms())
    assert again.already == "same_bytes"
    assert again.receipt_no == first.receipt_no
    assert len(rows(desk)) == 1


def test_same_bytes_of_two_vendors_are_two_invoices(desk: Desk) -> None:
    first = desk.take_in(goods_terms(), "V000101")
    other = desk.take_in(goods_terms(), "V000102")
    assert other.already is None
    assert other.receipt_no != first.receipt_no


def test_same_bytes_pressed_at_once_from_many_windows_are_one_invoice(desk: Desk) -> None:
    found: list[Receipt] = []
    start = threading.Barrier(6)

    def send() -> None:
        start.wait()
        found.append(desk.take_in(goods_terms()))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({receipt.invoice_id for receipt in found}) == 1
    assert sum(receipt.already is None for receipt in found) == 1


def test_the_same_document_written_otherwise_is_set_aside_and_says_which(desk: Desk) -> None:
    first = desk.goods()
    data = write(compose(goods_terms())).replace(b"?>", b"?>\n<!-- again -->", 1)
    other = desk.receive(data)
    row = desk.row(other)
    assert row.status is State.DUPLICATE
    assert row.same_as_id == first.invoice_id
    assert not row.is_live
    assert desk.row(first).status is State.AT_SECTION


def test_another_claim_under_the_same_number_is_stopped_not_merged(desk: Desk) -> None:
    first = desk.goods()
    other = desk.receive(goods_terms(note="別の請求"))
    row = desk.row(other)
    assert row.status is State.AT_SECTION
    assert not row.holds_number
    with desk.database.transaction() as session:
        ids = {f.check_id for f in queries.findings(session, row.id) if f.level == "STOP"}
    assert "DUP-003" in ids
    assert desk.row(first).holds_number


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", EmptyFileError, "空"),
        (b"\r\n \t", EmptyFileError, "空"),
        (b"%PDF-1.7 ...", NotXmlError, "PDF"),
        (b"\x89PNG\r\n\x1a\n", NotXmlError, "PNG"),
        (b"PK\x03\x04 xlsx", NotXmlError, "ZIP"),
        (b'{"invoice": 1}', NotXmlError, "JSON"),
        ("請求書".encode("cp932"), NotXmlError, "XML 以外"),
        (b"<" + b"x" * receiving.MAX_BYTES, FileTooLargeError, "大きすぎ"),
    ],
    ids=["empty", "blanks", "pdf", "png", "office", "json", "text", "huge"],
)
def test_what_cannot_be_xml_is_told_without_a_receipt(
    desk: Desk, data: bytes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        desk.take_in(data)
    assert rows(desk) == []


@pytest.mark.parametrize(
    "start", [b"\xef\xbb\xbf<a/>", "<a/>".encode("utf-16"), b"  \n<a/>", "<a/>".encode("utf-16-le")]
)
def test_xml_in_any_of_its_encodings_passes_the_door(start: bytes) -> None:
    check_bytes(start, "a.xml")


def test_names_of_files_cannot_become_paths(desk: Desk) -> None:
    desk.take_in(goods_terms(), name="../../etc/passwd\n")
    assert rows(desk)[0].original_name == "passwd"


# --- ZIP -----------------------------------------------------------------------------------------


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def test_every_file_of_a_zip_is_given_out_without_folders() -> None:
    data = zipped(**{"10月__a.xml": b"<a/>", "b.xml": b"<b/>"})
    assert [content for _, content in open_archive(data, "x.zip")] == [b"<a/>", b"<b/>"]


def test_a_zip_bomb_is_refused_before_it_unfolds() -> None:
    data = zipped(**{"bomb.xml": b"\0" * 30_000_000})
    with pytest.raises(ArchiveError, match="大きすぎ"):
        list(open_archive(data, "bomb.zip"))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"PK\x03\x04broken", "壊れて"), (zipped(), "入っていません")],
    ids=["damaged", "empty"],
)
def test_a_zip_that_cannot_be_opened_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ArchiveError, match=words):
        list(open_archive(data, "x.zip"))


def test_a_zip_with_a_password_is_refused_with_the_reason() -> None:
    data = bytearray(zipped(**{"a.xml": b"<a/>"}))
    directory = data.rfind(b"PK\x01\x02")
    data[6] |= 1
    data[directory + 8] |= 1
    with pytest.raises(ArchiveError, match="パスワード"):
        list(open_archive(bytes(data), "x.zip"))


def test_a_zip_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_ARCHIVE_FILES", 2)
    data = zipped(a=b"<a/>", b=b"<b/>", c=b"<c/>")
    with pytest.raises(ArchiveError, match="2件"):
        list(open_archive(data, "x.zip"))


# --- Peppol --------------------------------------------------------------------------------------

NETWORK = Actor("system", "peppol", "Peppol 受信")


def envelope(payload: bytes, message_id: str = "m-1") -> bytes:
    customization = "urn:peppol:pint:billing-1@jp-1"
    header = Header.for_document(
        sender=ParticipantId("0221:T8999999999901"),
        receiver=ParticipantId("0188:3000020221309"),
        document_type=DocumentTypeId(
            "peppol-doctype-wildcard",
            "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##"
            f"{customization}::2.1",
        ),
        process=ProcessId("urn:peppol:bis:billing"),
        country_c1="JP",
        instance_identifier=message_id,
        created=noon(date(2026, 10, 27)),
    )
    return make_envelope(header, payload)


def deliver(desk: Desk, data: bytes) -> Receipt:
    opened = open_envelope(data)
    number = opened.header.instance_identifier
    with desk.database.transaction() as session:
        return receiving.receive(
            session,
            store=desk.store,
            data=opened.payload,
            name=f"{number}.xml",
            channel=Channel.PEPPOL,
            vendor_id=None,
            actor=NETWORK,
            at=desk.at,
            message_id=number,
        )


def test_an_envelope_from_the_network_finds_its_vendor_by_number(desk: Desk) -> None:
    data = envelope(write(compose(goods_terms())))
    found = deliver(desk, data)
    examine(desk.deps, invoice_id=found.invoice_id)
    row = desk.row(found)
    assert (row.vendor_id, row.channel) == ("V000101", Channel.PEPPOL.value)
    assert row.contract_no == "2026K-B-00123"
    again = deliver(desk, data)
    assert (again.already, again.receipt_no) == ("same_message", found.receipt_no)


def test_the_same_invoice_by_network_and_by_upload_is_one(desk: Desk) -> None:
    uploaded = desk.goods()
    found = deliver(desk, envelope(write(compose(goods_terms())), "m-2"))
    examine(desk.deps, invoice_id=found.invoice_id)
    row = desk.row(found)
    assert row.status is State.DUPLICATE
    assert row.same_as_id == uploaded.invoice_id


def test_an_unknown_claimant_from_the_network_waits_for_the_section(desk: Desk) -> None:
    with desk.database.transaction() as session:
        creditor = queries.creditor(session, "V000102")
        assert creditor is not None
        session.delete(creditor)
    found = deliver(desk, envelope(write(compose(milk_terms())), "m-3"))
    examine(desk.deps, invoice_id=found.invoice_id)
    row = desk.row(found)
    assert row.vendor_id is None
    with desk.database.transaction() as session:
        ids = {f.check_id for f in queries.findings(session, row.id)}
    assert "VEN-001" in ids
