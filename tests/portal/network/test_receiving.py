"""An invoice by AS4 goes into the one intake; what comes twice is there once."""

from __future__ import annotations

import gzip
import threading

import pytest
from sqlalchemy.exc import IntegrityError

from einvoice.models import ReceivedInvoice
from peppol.as4.receiving import Outcome
from portal.network.models import MessageState, NetworkMessage
from records import audit, new_id

from .conftest import THEM, US, an_invoice


def test_a_received_invoice_is_in_the_queue_of_invoices_with_its_original_bytes(city):
    document = an_invoice()
    reply = city.receive(city.outgoing(document))
    assert reply.outcome is Outcome.ACCEPTED, (reply.fault, reply.cause)
    city.run_jobs()
    [row] = city.incoming()
    assert (row.status, row.sender, row.receiver) == (MessageState.HANDED_ON, THEM, US)
    [invoice] = city.rows_of_invoices()
    assert (invoice.id, invoice.channel, invoice.state) == (row.invoice_id, "peppol", "at_section")
    # The envelope carries the document without its XML declaration, nothing else is touched.
    kept = city.service.store.read(invoice.original_sha256)
    assert kept == document[document.index(b"<Invoice") :].rstrip() or kept == document
    payload = city.service.store.read(row.payload_sha256)
    assert b"H-2026-11" in gzip.decompress(payload)
    assert b"UserMessage" in city.service.store.read(row.soap_sha256)
    with city.service.database.transaction() as session:
        acts = [entry.action for entry in audit.history(session, f"network:{row.id}")]
    assert acts == ["network.handed_on"]


def test_the_receipt_is_kept_and_the_same_message_gets_it_again(city):
    message = city.outgoing()
    first = city.receive(message)
    again = city.receive(message)
    assert again.outcome is Outcome.DUPLICATE
    assert again.body == first.body
    [row] = city.incoming()
    assert row.receipt == first.body
    assert row.receipted is not None
    city.run_jobs()
    assert len(city.rows_of_invoices()) == 1


def test_the_same_number_with_other_content_is_refused(city):
    first = city.outgoing()
    city.receive(first)
    [row] = city.incoming()
    with city.service.database.transaction() as session:
        session.get_one(NetworkMessage, row.id).digests = ["x", "y", "z"]
    reply = city.receive(first)
    assert reply.outcome is Outcome.REFUSED
    assert reply.alarm
    assert len(city.incoming()) == 1


def test_many_at_the_same_moment_make_one_row_and_one_invoice(city):
    message = city.outgoing()
    city.service.access_point.receiver()
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(city.receive(message))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert len(city.incoming()) == 1
    city.run_jobs()
    assert len(city.rows_of_invoices()) == 1


def test_a_duplicate_row_is_impossible_in_the_database_itself(city):
    city.receive(city.outgoing())
    [row] = city.incoming()
    copy = {
        c.key: getattr(row, c.key) for c in NetworkMessage.__table__.columns if c.key != "serial"
    }
    with (
        pytest.raises(IntegrityError, match="uq_network_messages_direction_message_id"),
        city.service.database.transaction() as session,
    ):
        session.add(NetworkMessage(**{**copy, "id": new_id()}))


def test_an_envelope_repeated_under_another_message_id_is_delivered_flagged_and_taken_in_once(city):
    city.receive(city.outgoing())
    city.receive(city.outgoing())
    city.run_jobs()
    first, second = city.incoming()
    assert first.flags == []
    assert "envelope repeated under another message id" in second.flags
    assert second.invoice_id == first.invoice_id
    assert len(city.rows_of_invoices()) == 1


def test_an_envelope_number_used_for_another_invoice_is_kept_and_alarmed(city):
    city.receive(city.outgoing())
    city.run_jobs()
    city.receive(city.outgoing(an_invoice("H-2026-12")))
    city.run_jobs()
    _, second = city.incoming()
    assert second.status is MessageState.REJECTED
    assert any("alarm" in flag for flag in second.flags)
    assert "メッセージ" in second.error_ja


def test_no_receipt_without_a_database(city, monkeypatch):
    def broken(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(city.service.store, "put_file", broken)
    reply = city.receive(city.outgoing())
    assert (reply.status, reply.body) == (503, b"")
    assert city.incoming() == []
    monkeypatch.undo()
    assert city.receive(city.outgoing()).outcome is Outcome.ACCEPTED


def test_a_crash_before_the_receipt_is_mended_by_the_senders_next_try(city, monkeypatch):
    from portal.network.received import DatabaseReceived

    message = city.outgoing()

    def crash(*args: object) -> bytes:
        raise OSError("power")

    monkeypatch.setattr(DatabaseReceived, "keep_receipt", crash)
    assert city.receive(message).status == 503
    assert [row.receipt for row in city.incoming()] == [None]
    monkeypatch.undo()
    reply = city.receive(message)
    assert reply.status == 200
    assert [row.receipt for row in city.incoming()] == [reply.body]
    city.run_jobs()
    assert len(city.rows_of_invoices()) == 1


def test_an_invoice_beyond_what_the_intake_takes_is_refused_without_being_opened(city, monkeypatch):
    monkeypatch.setattr("einvoice.receiving.MAX_BYTES", 100)
    monkeypatch.setattr("portal.network.taking_in.ROOM_FOR_ENVELOPE", 100)
    monkeypatch.setattr(city.service.store, "read", lambda sha: pytest.fail("opened"))
    city.receive(city.outgoing())
    city.run_jobs(limit=1)
    [row] = city.incoming()
    assert row.status is MessageState.REJECTED
    assert "大きすぎます" in row.error_ja
    [answer] = city.answers()
    assert (answer.status, answer.about_id) == ("RE", row.id)


def test_receipt_day_is_the_day_it_was_received_not_the_day_the_worker_woke(city):
    from datetime import timedelta

    city.receive(city.outgoing())
    city.service.clock.advance(timedelta(days=2))
    city.run_jobs()
    [invoice] = city.rows_of_invoices()
    assert invoice.received_on.isoformat() == "2026-11-24"


def test_taking_in_twice_does_it_once(city):
    from portal.network.taking_in import take_in

    city.receive(city.outgoing())
    [row] = city.incoming()
    take_in(city.service, message=row.id)
    take_in(city.service, message=row.id)
    with city.service.database.transaction() as session:
        assert session.query(ReceivedInvoice).count() == 1
