"""What becomes of an invoice is answered: to the provider and to the seller, once, in time."""

from __future__ import annotations

import gzip
from datetime import timedelta

from einvoice import returning, settling
from einvoice.examining import move
from einvoice.models import ReceivedInvoice
from einvoice.states import Move, State
from peppol import invoice_response, message_level_status, open_envelope
from peppol.answers import MLS_WITHIN
from peppol.identifiers import INVOICE_RESPONSE, MESSAGE_LEVEL_STATUS
from peppol.invoice_response import InvoiceStatus
from peppol.message_level_status import Reason, Status
from peppol.sbdh import MlsType
from portal.network.models import NetworkAnswer
from records import Actor

from .conftest import THEM, US, City, an_invoice

CLERK = Actor("staff", "kaikei", "伊藤 由美")


def told(city: City) -> list[object]:
    """What the other town's access point has received from us, opened."""
    found: list[object] = []
    store = city.home.received(city.home.towns[1])
    for record in store.all():
        opened = open_envelope(gzip.decompress(store.payload(record.message_id)))
        kind = opened.header.document_type
        read = message_level_status if kind == MESSAGE_LEVEL_STATUS else invoice_response
        assert kind in (MESSAGE_LEVEL_STATUS, INVOICE_RESPONSE)
        found.append(read.read(opened.payload))
    return found


def taken_in(city: City, document: bytes | None = None, **more: object) -> ReceivedInvoice:
    city.receive(city.outgoing(document, **more))  # type: ignore[arg-type]
    city.run_jobs()
    return city.rows_of_invoices()[-1]


def test_a_good_invoice_is_answered_to_the_seller_as_received(city):
    row = taken_in(city)
    [response] = told(city)
    assert isinstance(response, invoice_response.InvoiceResponse)
    assert (response.status, response.invoice_number) == (InvoiceStatus.RECEIVED, "H-2026-11")
    assert (response.sender.endpoint.value, response.receiver.endpoint.value) == (US, THEM)
    assert response.invoice_date == row.issue_date
    [answer] = city.answers()
    assert (answer.state, answer.status, answer.sender) == ("sent", "AB", US)
    [sent] = city.sent()
    assert (sent.state, sent.instance_identifier) == ("delivered", answer.id)
    assert sent.receipt


def test_the_provider_that_asks_for_every_status_gets_a_positive_one(city):
    taken_in(city, mls_type=MlsType.ALWAYS_SEND)
    [status] = [a for a in told(city) if isinstance(a, message_level_status.MessageLevelStatus)]
    assert (status.status, status.reference) == (Status.HANDED_ON, "i-1")
    assert status.receiver.value == "0242:000002"
    assert status.sender.value == "0242:000001"


def test_a_document_that_breaks_rules_is_answered_to_the_provider_with_them(city):
    broken = an_invoice().replace(b"<cbc:InvoiceTypeCode>380<", b"<cbc:InvoiceTypeCode>999<")
    row = taken_in(city, broken)
    assert row.status is State.REFUSED
    [status] = told(city)
    assert isinstance(status, message_level_status.MessageLevelStatus)
    assert status.status is Status.REJECTED
    assert {issue.reason for issue in status.issues} & {
        Reason.RULE_VIOLATED,
        Reason.SYNTAX_VIOLATED,
    }
    assert any("Invoice" in issue.place for issue in status.issues)
    [answer] = city.answers()
    assert answer.sent - city.incoming()[0].recorded <= MLS_WITHIN


def test_a_return_carries_its_reasons_to_the_seller(city):
    row = taken_in(city)
    with city.service.database.transaction() as session:
        returning.give_back(
            session,
            invoice_id=row.id,
            seen=row.version,
            actor=CLERK,
            at=city.now,
            note="契約番号が違います。",
        )
    city.run_jobs()
    _, response = sorted(told(city), key=lambda each: each.status == InvoiceStatus.REJECTED)
    assert response.status is InvoiceStatus.REJECTED
    assert response.note == "契約番号が違います。"
    assert [c.code.value for c in response.clarifications] == ["OTH", "NIN"]


def test_approval_and_payment_are_told_once_each_however_often_they_come(city):
    row = taken_in(city)
    for act, to in (
        (Move.APPROVE, State.AT_ACCOUNTING),
        (Move.APPROVE, State.APPROVED),
        (Move.HAND_OVER, None),
        (Move.TAKE_BACK, None),
        (Move.HAND_OVER, None),
        (Move.SETTLE, None),
    ):
        with city.service.database.transaction() as session:
            found = session.get_one(ReceivedInvoice, row.id)
            if act is Move.SETTLE:
                found.paid_on = city.now.date()
            move(session, found, act, actor=CLERK, at=city.now, to=to)
        city.run_jobs()
    statuses = sorted(response.status for response in told(city))
    assert statuses == [InvoiceStatus.RECEIVED, InvoiceStatus.ACCEPTED, InvoiceStatus.PAID]
    assert len(city.answers()) == 3
    assert settling  # the move of a bank's result is the same one


def test_an_answer_waits_for_a_receiver_that_is_away_and_is_the_same_message_then(city):
    city.home.close()
    message = city.outgoing()
    city.receive(message)
    city.run_jobs(stop_at_error=False)
    [answer] = city.answers()
    assert (answer.state, answer.attempts) == ("waiting", 0)
    with city.home:
        city.service.clock.advance(timedelta(minutes=2))
        city.run_jobs()
        [answer] = city.answers()
        assert answer.state == "sent"
        assert len(told(city)) == 1


def test_a_seller_who_takes_no_responses_is_noted_and_not_pestered(city, monkeypatch):
    from peppol.errors import DocumentTypeNotSupported, Text
    from peppol.lookup import Directory

    def none(self, participant, document_type, process):
        raise DocumentTypeNotSupported(participant=participant, why=Text("x", "x"))

    monkeypatch.setattr(Directory, "endpoint", none)
    taken_in(city)
    [answer] = city.answers()
    assert (answer.state, answer.last_error) == (
        "undeliverable",
        "network.no_place_for_answer",
    )
    city.service.clock.advance(timedelta(days=1))
    city.run_jobs()
    assert city.answers()[0].attempts == 1


def test_the_database_owes_an_answer_once(city):
    taken_in(city)
    [answer] = city.answers()
    from portal.network.owed import answer_of, owe

    with city.service.database.transaction() as session:
        assert not owe(session, answer_of(answer))
        assert session.query(NetworkAnswer).count() == 1


def test_an_answer_that_missed_its_time_shows_as_late(city):
    from portal.network.owed import answer_of

    city.home.close()
    broken = an_invoice().replace(b"<cbc:InvoiceTypeCode>380<", b"<cbc:InvoiceTypeCode>999<")
    city.receive(city.outgoing(broken))
    city.run_jobs(stop_at_error=False)
    [answer] = city.answers()
    assert not answer_of(answer).is_late(city.now)
    city.service.clock.advance(MLS_WITHIN + timedelta(minutes=1))
    assert answer_of(answer).is_late(city.now)
