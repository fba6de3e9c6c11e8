"""Sending from the database: kept first, the same bytes again, answers read back."""

from __future__ import annotations

import pytest

from peppol import Header, ParticipantId
from peppol.as4.building import Outgoing
from peppol.as4.faults import EndpointUnavailable, RefusedByReceiver
from peppol.as4.sending import Sender
from peppol.identifiers import (
    BILLING,
    INVOICE_RESPONSE,
    INVOICE_RESPONSE_PROCESS,
    JP_INVOICE,
    MESSAGE_LEVEL_STATUS,
    MESSAGE_LEVEL_STATUS_PROCESS,
)
from peppol.invoice_response import InvoiceResponse, InvoiceStatus, ResponseParty
from peppol.message_level_status import MessageLevelStatus, Status
from portal.network import outbox
from portal.network.models import MessageState, NetworkMessage
from portal.network.resending import NotToBeSentAgain, resend
from records import Actor, audit

from .conftest import THEM, US, City, an_invoice

CLERK = Actor("staff", "kaikei", "伊藤 由美")


def queued(city: City, number: str = "o-1", receiver: str = THEM) -> NetworkMessage:
    header = Header.for_document(
        sender=ParticipantId(US),
        receiver=ParticipantId(receiver),
        document_type=JP_INVOICE,
        process=BILLING,
        instance_identifier=number,
        created=city.now,
    )
    document = an_invoice()
    with city.service.database.transaction() as session:
        return outbox.queue(
            session,
            header,
            document_sha256=city.service.store.put(document).sha256,
            network="private",
            at=city.now,
            number="H-2026-11",
        )


def test_a_queued_document_is_delivered_with_a_receipt_that_is_kept(city):
    queued(city)
    city.run_jobs()
    [row] = city.sent()
    assert row.status is MessageState.DELIVERED
    assert b"NonRepudiationInformation" in (row.receipt or b"")
    assert row.receipted is not None
    [arrived] = city.home.received(city.home.towns[1]).all()
    assert arrived.message_id == row.message_id


def test_the_same_envelope_is_queued_once(city):
    assert queued(city).id == queued(city).id
    city.run_jobs()
    assert queued(city).status is MessageState.DELIVERED
    assert city.run_jobs() == 0


def test_what_was_built_is_sent_again_byte_for_byte(city, monkeypatch):
    posted: list[Outgoing] = []

    def away(self: Sender, outgoing: Outgoing) -> bytes:
        posted.append(outgoing)
        raise EndpointUnavailable("相手がいません。", "away.")

    monkeypatch.setattr(Sender, "_post", away)
    queued(city)
    city.run_jobs(stop_at_error=False)
    [row] = city.sent()
    assert (row.status, row.attempts) == (MessageState.WAITING, 1)
    assert row.last_error == "peppol.as4.endpoint_unavailable"
    rebuilt = outbox.rebuilt(row, city.service.store)
    assert rebuilt == posted[0]
    monkeypatch.undo()
    from datetime import timedelta

    city.service.clock.advance(timedelta(minutes=1))
    city.run_jobs()
    [row] = city.sent()
    assert row.status is MessageState.DELIVERED
    assert row.message_id == posted[0].message_id


def test_an_unregistered_receiver_is_final_and_a_person_sends_again(city):
    queued(city, receiver="0188:1180301018771")
    city.run_jobs()
    [row] = city.sent()
    assert (row.status, row.last_error) == (
        MessageState.FAILED,
        "peppol.participant_not_registered",
    )
    with city.service.database.transaction() as session:
        again = resend(session, message_id=row.id, actor=CLERK, at=city.now)
        assert again.id == row.id
        assert resend(session, message_id=row.id, actor=CLERK, at=city.now).id == row.id
        acts = [e.action for e in audit.history(session, f"network:{row.id}")]
    assert acts == ["network.failed", "network.resent"]
    city.run_jobs()
    assert city.sent()[0].status is MessageState.FAILED


def test_a_refused_message_goes_again_as_a_new_one(city, monkeypatch):
    def refuse(self: Sender, outgoing: Outgoing) -> bytes:
        raise RefusedByReceiver("EBMS:0004", "Other", "PEPPOL:NOT_SERVICED")

    monkeypatch.setattr(Sender, "_post", refuse)
    queued(city)
    city.run_jobs()
    monkeypatch.undo()
    [row] = city.sent()
    assert row.status is MessageState.FAILED
    assert "NOT_SERVICED" in row.error_en
    with city.service.database.transaction() as session:
        again = resend(session, message_id=row.id, actor=CLERK, at=city.now)
        twice = resend(session, message_id=row.id, actor=CLERK, at=city.now)
    assert again.id == twice.id != row.id
    city.run_jobs()
    first, second = city.sent()
    assert first.status is MessageState.FAILED
    assert second.status is MessageState.DELIVERED
    assert second.replaces_id == first.id
    assert second.instance_identifier != first.instance_identifier


def test_a_delivered_message_is_not_sent_again(city):
    queued(city)
    city.run_jobs()
    with (
        pytest.raises(NotToBeSentAgain),
        city.service.database.transaction() as session,
    ):
        resend(session, message_id=city.sent()[0].id, actor=CLERK, at=city.now)


def test_a_message_whose_attempts_are_spent_stands_as_failed(city, monkeypatch):
    from portal.network import jobs as network_jobs

    row = queued(city)
    network_jobs.give_up(city.service, "network.send", {"message": row.id}, OSError())
    assert city.sent()[0].status is MessageState.FAILED


def answer_from_them(city: City, document: bytes, kind, process, number: str, receiver: str):
    sender = THEM if kind == INVOICE_RESPONSE else "0242:000002"
    reply = city.receive(
        city.outgoing(
            document,
            number=number,
            document_type=kind,
            process=process,
            sender=ParticipantId(sender),
            receiver=ParticipantId(receiver),
        )
    )
    assert reply.status == 200, reply
    assert reply.outcome == "accepted", reply.fault
    city.run_jobs()


def test_answers_about_what_we_sent_are_read_and_put_beside_it(city):
    queued(city)
    city.run_jobs()
    status = MessageLevelStatus(
        id="s-1",
        issued=city.now,
        sender=ParticipantId("0242:000002"),
        receiver=ParticipantId("0242:000001"),
        status=Status.HANDED_ON,
        reference="o-1",
    )
    answer_from_them(
        city,
        status.write(),
        MESSAGE_LEVEL_STATUS,
        MESSAGE_LEVEL_STATUS_PROCESS,
        "a-1",
        "0242:000001",
    )
    response = InvoiceResponse(
        id="r-1",
        issued=city.now.date(),
        sender=ResponseParty(ParticipantId(THEM), "隣の市"),
        receiver=ResponseParty(ParticipantId(US), "遠州市"),
        status=InvoiceStatus.ACCEPTED,
        invoice_number="H-2026-11",
    )
    answer_from_them(city, response.write(), INVOICE_RESPONSE, INVOICE_RESPONSE_PROCESS, "a-2", US)
    [sent] = city.sent()
    replies = {reply.kind: (reply.status, reply.about_id) for reply in city.replies()}
    assert replies == {"mls": ("AB", sent.id), "invoice_response": ("AP", sent.id)}
    assert city.answers() == []  # an answer is not answered


def test_an_answer_about_nothing_we_sent_is_kept_and_belongs_to_nothing(city):
    status = MessageLevelStatus(
        id="s-1",
        issued=city.now,
        sender=ParticipantId("0242:000002"),
        receiver=ParticipantId("0242:000001"),
        status=Status.HANDED_ON,
        reference="unknown",
    )
    answer_from_them(
        city,
        status.write(),
        MESSAGE_LEVEL_STATUS,
        MESSAGE_LEVEL_STATUS_PROCESS,
        "a-1",
        "0242:000001",
    )
    [reply] = city.replies()
    assert (reply.about_id, reply.reference) == (None, "unknown")


def test_a_broken_answer_is_kept_as_unusable(city):
    answer_from_them(
        city,
        b'<ApplicationResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:'
        b'ApplicationResponse-2"/>',
        MESSAGE_LEVEL_STATUS,
        MESSAGE_LEVEL_STATUS_PROCESS,
        "a-1",
        "0242:000001",
    )
    [row] = city.incoming()
    assert (row.status, row.last_error) == (MessageState.REJECTED, "peppol.response_invalid")
    assert city.answers() == city.replies() == []
