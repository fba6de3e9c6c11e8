"""Group 9, cross checks: header, envelope, certificate and registration tell one story."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from peppol.as4 import building as building_module
from peppol.as4 import vocabulary as v
from peppol.identifiers import (
    BILLING,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
    JP_SELF_BILLING,
    SELF_BILLING,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
)
from peppol.sbdh import Header
from peppol.sbdh_writing import make_envelope
from peppol.services import Service, Services
from tests.peppol.builders import CITY, a_header, an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, code_of, find, sign_again

OTHER = ParticipantId("0188:2000012010019")


def signed(exchange: Exchange, pki: Pki, change: Callable[[etree._Element], object]) -> str | None:
    def both(root: etree._Element) -> None:
        change(root)
        sign_again(root, pki.sender)

    reply = exchange.receive(exchange.message().changed(both))
    assert exchange.kept() == []
    return code_of(reply)


def set_text(path: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        find(root, path).text = text

    return change


def set_attribute(path: str, name: str, value: str) -> Callable[[etree._Element], None]:
    return lambda root: find(root, path).set(name, value)


NOT_OURS = "busdox-docid-qns::a::b##c::1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (set_text(".//eb:To/eb:PartyId", "PZZ000099"), "EBMS:0003"),
        (set_text(".//eb:From/eb:PartyId", "PZZ000099"), "EBMS:0101"),
        (set_text(".//eb:To/eb:PartyId", "someone"), "EBMS:0001"),
        (set_attribute(".//eb:To/eb:PartyId", "type", "urn:x"), "EBMS:0001"),
        (set_text(".//eb:From/eb:Role", v.RESPONDER), "EBMS:0001"),
        (set_text(".//eb:AgreementRef", "urn:x"), "EBMS:0001"),
        (set_attribute(".//eb:AgreementRef", "pmode", "x"), "EBMS:0001"),
        (set_text(".//eb:Timestamp", "yesterday"), "EBMS:0001"),
        (set_text(".//eb:MessageId", "a b"), "EBMS:0001"),
        (set_text(".//eb:MessageId", ""), "EBMS:0001"),
        (set_text(".//eb:ConversationId", ""), "EBMS:0001"),
        (set_text(".//eb:Action", "no scheme"), "EBMS:0001"),
        (set_text(".//eb:Action", JP_INVOICE.uri.replace("@jp-1", "*")), "EBMS:0001"),
        (set_text(".//eb:Action", NOT_OURS), "EBMS:0004"),
        (set_text(".//eb:Service", "other"), "EBMS:0004"),
        (set_attribute(".//eb:Service", "type", "other"), "EBMS:0004"),
        (set_text(".//eb:MessageProperties/eb:Property[2]", OTHER.value), "EBMS:0004"),
        (set_text(".//eb:MessageProperties/eb:Property[1]", OTHER.value), "EBMS:0003"),
        (set_attribute(".//eb:MessageProperties/eb:Property[1]", "type", "x"), "EBMS:0001"),
        (set_attribute(".//eb:MessageProperties/eb:Property[1]", "name", "x"), "EBMS:0001"),
        (set_attribute(".//eb:MessageProperties/eb:Property[1]", "name", "finalRecipient"),
         "EBMS:0009"),
        (set_text(".//eb:Action", JP_NON_TAX_INVOICE.uri), "EBMS:0003"),
        (set_attribute(".//eb:UserMessage", "mpc", "urn:x"), "EBMS:0002"),
        (set_attribute(".//eb:UserMessage", "mpc", v.DEFAULT_MPC), "accepted"),
        (set_attribute(".//eb:PartInfo", "href", "http://x/"), "EBMS:0009"),
        (set_text(".//eb:PartProperties/eb:Property[2]", "application/zip"), "EBMS:0001"),
        (set_text(".//eb:PartProperties/eb:Property[1]", "text/plain"), "EBMS:0001"),
        (lambda r: find(r, ".//eb:PayloadInfo").append(find(r, ".//eb:PartInfo").__copy__()),
         "EBMS:0002"),
        (lambda r: find(r, ".//eb:MessageInfo").append(etree.Element(f"{{{v.EB}}}RefToMessageId")),
         "EBMS:0009"),
        (lambda r: find(r, "S:Header/eb:Messaging").append(
            find(r, ".//eb:UserMessage").__copy__()), "EBMS:0009"),
        (lambda r: setattr(find(r, "S:Body"), "text", "x"), "EBMS:0009"),
        (lambda r: etree.SubElement(find(r, "S:Body"), "{urn:x}y"), "EBMS:0009"),
        (lambda r: find(r, "S:Header/eb:Messaging").attrib.pop(f"{{{v.S12}}}mustUnderstand"),
         "EBMS:0009"),
    ],
)  # fmt: skip
def test_header_that_tells_another_story_is_refused(
    exchange: Exchange, pki: Pki, change: Callable[[etree._Element], object], code: str
) -> None:
    if code == "accepted":
        message = exchange.message().changed(lambda r: (change(r), sign_again(r, pki.sender)))  # type: ignore[arg-type, return-value]
        assert exchange.receive(message).outcome == "accepted"
        return
    assert signed(exchange, pki, change) == code


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (a_header(sender=OTHER), "EBMS:0003"),
        (a_header(receiver=OTHER), "EBMS:0003"),
        (a_header(document_type=JP_NON_TAX_INVOICE), "EBMS:0003"),
        (a_header(process=ProcessId("other")), "EBMS:0003"),
    ],
)
def test_envelope_that_tells_another_story_is_refused(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, header: Header, code: str
) -> None:
    monkeypatch.setattr(
        building_module, "make_envelope", lambda _h, document: make_envelope(header, document)
    )
    assert code_of(exchange.receive(exchange.message())) == code
    assert exchange.kept() == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b">JP</sh:", b">jp?</sh:"),
        lambda data: data.replace(b"COUNTRY_C1", b"COUNTRY_CX"),
        lambda data: data.replace(b"<Invoice", b"<CreditNote").replace(b"/Invoice", b"/CreditNote"),
        lambda data: b"<!DOCTYPE a>" + data.split(b"?>", 1)[1],
        lambda data: b"no xml",
        lambda data: data[: data.index(b"<Invoice")],
    ],
)
def test_unusable_envelope_is_refused(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(
        building_module, "make_envelope", lambda h, document: spoil(make_envelope(h, document))
    )
    assert code_of(exchange.receive(exchange.message())) == "EBMS:0004"


def test_fault_inside_the_document_is_taken_and_left_to_the_mls(exchange: Exchange) -> None:
    sent = exchange.outgoing(an_invoice().replace(b"INV-1", b"\xe2\x80\x8b"))
    assert exchange.receive(sent).outcome == "accepted"


def test_not_serviced_is_said_in_peppols_words(exchange: Exchange) -> None:
    reply = exchange.receive(exchange.outgoing(document_type=JP_SELF_BILLING, process=SELF_BILLING))
    assert code_of(reply) == "EBMS:0004"
    assert b"<eb:ErrorDetail>PEPPOL:NOT_SERVICED</eb:ErrorDetail>" in reply.body
    assert b'severity="failure"' in reply.body


def test_registration_with_a_star_takes_the_japanese_invoice(pki: Pki) -> None:
    star = DocumentTypeId.of(JP_INVOICE.parts.namespace, "Invoice", "urn:peppol:pint:billing-1*")
    exchange = Exchange(pki, services=Services({CITY: [Service(star, BILLING)]}))
    assert exchange.receive(exchange.outgoing()).outcome == "accepted"
    reply = exchange.receive(exchange.outgoing(document_type=JP_NON_TAX_INVOICE))
    assert code_of(reply) == "EBMS:0004"


def test_participant_is_matched_without_case(exchange: Exchange) -> None:
    sent = exchange.outgoing(sender=None)
    assert exchange.receive(sent).outcome == "accepted"


def test_sender_of_a_refused_signed_message_gets_a_signed_error(
    exchange: Exchange, pki: Pki
) -> None:
    reply = exchange.receive(exchange.outgoing(process=ProcessId("other")))
    from peppol.as4.signature import verify
    from peppol.as4.soap import read_soap

    verified = verify(read_soap(reply.body, cap=100_000), payload=None)
    assert verified.signer == pki.receiver.certificate
    assert reply.message_id is not None
    assert reply.message_id.encode() in reply.body
