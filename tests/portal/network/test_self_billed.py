"""仕入明細書 over the network: its receiver is the supplier, and it is no debt of the city."""

from __future__ import annotations

import gzip

from einvoice.invoice_terms import DocumentKind
from peppol import message_level_status, open_envelope
from peppol.identifiers import JP_SELF_BILLING, SELF_BILLING
from peppol.message_level_status import Status
from peppol.sbdh import MlsType
from portal.network.models import MessageState
from portal.network.showing import Line

from .conftest import City, an_invoice

SELF_BILLED = {
    "document_type": JP_SELF_BILLING,
    "process": SELF_BILLING,
    "mls_type": MlsType.ALWAYS_SEND,
}


def a_statement(number: str = "S-2026-11") -> bytes:
    return an_invoice(number, kind=DocumentKind.SELF_BILLED)


def statuses(city: City) -> list[message_level_status.MessageLevelStatus]:
    store = city.home.received(city.home.towns[1])
    return [
        message_level_status.read(
            open_envelope(gzip.decompress(store.payload(record.message_id))).payload
        )
        for record in store.all()
    ]


def test_a_self_billed_invoice_is_kept_and_answered_but_never_to_be_paid(city):
    reply = city.receive(city.outgoing(a_statement(), **SELF_BILLED))
    assert reply.outcome == "accepted"
    city.run_jobs()
    [row] = city.incoming()
    assert (row.status, row.document_number) == (MessageState.HANDED_ON, "S-2026-11")
    assert Line.of(row).document == "仕入明細書"
    assert city.rows_of_invoices() == []
    [status] = statuses(city)
    assert (status.status, status.reference) == (Status.HANDED_ON, "i-1")


def test_one_that_breaks_the_rules_is_rejected_with_them(city):
    broken = a_statement().replace(b"<cbc:InvoiceTypeCode>389<", b"<cbc:InvoiceTypeCode>999<")
    assert broken != a_statement()
    city.receive(city.outgoing(broken, **SELF_BILLED))
    city.run_jobs()
    [row] = city.incoming()
    assert (row.status, row.last_error) == (MessageState.REJECTED, "network.self_billed_invalid")
    assert row.error_ja
    [status] = statuses(city)
    assert status.status is Status.REJECTED
    assert status.issues


def test_an_ordinary_invoice_under_the_self_billing_type_is_rejected(city):
    city.receive(city.outgoing(an_invoice(), **SELF_BILLED))
    city.run_jobs()
    [row] = city.incoming()
    assert city.rows_of_invoices() == []
    assert row.status is MessageState.REJECTED
