"""Group 10, receipts: only the receiver's own, for this message, with every digest, proves."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from lxml import etree

from peppol.as4 import Limits
from peppol.as4 import vocabulary as v
from peppol.as4.building import Outgoing
from peppol.as4.faults import NotServiced, ReceiptInvalid, RefusedByReceiver
from peppol.as4.receipt_check import check_receipt
from peppol.as4.signals import make_error, make_receipt
from peppol.as4.signature import Reference
from peppol.private import Seat
from tests.peppol.builders import NOON
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, find, sign_again

SOAP = "application/soap+xml; charset=UTF-8"
WSU_ID = f"{{{v.WSU}}}Id"


class Case:
    """A message that was sent and the genuine receipt for it."""

    def __init__(self, pki: Pki, exchange: Exchange) -> None:
        self.pki = pki
        self.sent: Outgoing = exchange.outgoing()
        self.receipt = exchange.receive(self.sent).body

    def check(self, body: bytes, content_type: str = SOAP) -> None:
        check_receipt(
            content_type, body, sent=self.sent, trust=self.pki.trust, at=NOON, limits=Limits()
        )

    def refused(self, body: bytes) -> str:
        with pytest.raises(ReceiptInvalid) as caught:
            self.check(body)
        return caught.value.message_en

    def made(
        self, *references: Reference, ref: str | None = None, seat: Seat | None = None
    ) -> bytes:
        key = (seat or self.pki.receiver).as_key()
        return make_receipt(ref or self.sent.message_id, references, key=key, at=NOON)


@pytest.fixture
def case(pki: Pki, exchange: Exchange) -> Case:
    return Case(pki, exchange)


def test_genuine_receipt_proves(case: Case) -> None:
    case.check(case.receipt)
    case.check(case.made(*case.sent.references))
    case.check(case.made(*reversed(case.sent.references)))


def test_receipt_of_another_message_does_not_prove(case: Case, exchange: Exchange) -> None:
    other = exchange.receive(exchange.outgoing()).body
    assert "another message" in case.refused(other)
    assert "another message" in case.refused(case.made(*case.sent.references, ref="x@y"))


def test_missing_extra_or_other_digest_does_not_prove(case: Case) -> None:
    a, b, c = case.sent.references
    wrong = replace(c, digest=bytes(32))
    for references in ((a, b), (), (a, b, c, c), (a, b, wrong), (a, b, c, wrong),
                       (a, b, replace(c, uri="cid:other"))):  # fmt: skip
        assert "digests differ" in case.refused(case.made(*references))


def test_unsigned_receipt_or_one_by_another_signer_does_not_prove(case: Case) -> None:
    def unsigned(root: etree._Element) -> None:
        header = find(root, "S:Header")
        header.remove(find(root, "S:Header/wsse:Security"))

    root = etree.fromstring(case.receipt)
    unsigned(root)
    case.refused(etree.tostring(root))
    for seat in (case.pki.sender, case.pki.smp,
                 case.pki.authorities.access_point("PZZ000002", NOON)):  # fmt: skip
        assert "another signer" in case.refused(case.made(*case.sent.references, seat=seat))


def test_tampered_receipt_does_not_prove(case: Case) -> None:
    for old, new in (
        (b"RefToMessageId>", b"RefToMessageIt>"),
        (case.sent.message_id.encode(), b"z" + case.sent.message_id.encode()[1:]),
        (b"<eb:Receipt>", b"<eb:Receipt><x/>"),
        (b"SignalMessage>", b"UserMessage>"),
        (b"rsa-sha256", b"hmac-sha256"),
        (b"<S12:Body", b"<S12:Body x='y'"),
    ):
        assert old in case.receipt
        case.refused(case.receipt.replace(old, new))


def test_wrapped_receipt_does_not_prove(case: Case, exchange: Exchange) -> None:
    """A genuine receipt for another message carries a forged one in front."""
    genuine = etree.fromstring(exchange.receive(exchange.outgoing()).body)
    messaging = find(genuine, "S:Header/eb:Messaging")
    forged = copy.deepcopy(find(etree.fromstring(case.receipt), "S:Header/eb:Messaging"))
    for place in ("S:Header", "S:Header/wsse:Security", "S:Body", ".//ds:Signature"):
        for identifier in ("other", messaging.get(WSU_ID, "")):
            root = copy.deepcopy(genuine)
            inner = find(root, "S:Header/eb:Messaging")
            new = copy.deepcopy(forged)
            new.set(WSU_ID, identifier)
            find(root, "S:Header").replace(inner, new)
            find(root, place).append(inner)
            case.refused(etree.tostring(root))


def test_comment_in_the_reference_changes_nothing(case: Case) -> None:
    half = case.sent.message_id.encode()[:10]
    body = case.receipt.replace(
        b"<eb:RefToMessageId>" + half, b"<eb:RefToMessageId>" + half + b"<!-- x -->"
    )
    assert body != case.receipt
    case.check(body)


def test_signed_but_not_a_receipt_does_not_prove(case: Case) -> None:
    root = etree.fromstring(case.receipt)
    receipt = find(root, ".//eb:Receipt")
    for child in list(receipt):
        receipt.remove(child)
    sign_again(root, case.pki.receiver)
    case.refused(etree.tostring(root))
    etree.SubElement(receipt, "{urn:x}Other")
    sign_again(root, case.pki.receiver)
    case.refused(etree.tostring(root))


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"<html/>", b"<a>", b"\x00", b"<?xml version='1.0'?>"]
)
def test_answer_that_is_no_message_does_not_prove(case: Case, body: bytes) -> None:
    case.refused(body)


def test_answer_of_another_type_does_not_prove(case: Case) -> None:
    for content_type in ("", "text/html", "text/xml", "multipart/related; boundary=x"):
        with pytest.raises(ReceiptInvalid):
            case.check(case.receipt, content_type)


def test_error_signal_means_not_delivered_signed_or_not(case: Case) -> None:
    fault = NotServiced("x", "not serviced here.")
    for key in (None, case.pki.receiver.as_key()):
        with pytest.raises(RefusedByReceiver) as caught:
            case.check(make_error(fault, case.sent.message_id, key=key, at=NOON))
        assert caught.value.ebms == "EBMS:0004"
        assert "PEPPOL:NOT_SERVICED" in caught.value.message_en
        assert not caught.value.retry


def test_words_of_an_error_are_shown_without_control_characters(case: Case) -> None:
    fault = NotServiced("x", "red \u202e text\x85 " + "y" * 1000)
    with pytest.raises(RefusedByReceiver) as caught:
        case.check(make_error(fault, None, key=None, at=NOON))
    assert "\u202e" not in caught.value.message_en
    assert len(caught.value.message_en) < 700


def test_further_element_of_another_maker_in_a_signed_receipt_is_passed_over(case: Case) -> None:
    """phase4 4.4 adds an element with its version."""
    root = etree.fromstring(case.receipt)
    etree.SubElement(find(root, ".//eb:Receipt"), "{urn:fdc:com.helger.phase4:ns:info}phase4")
    sign_again(root, case.pki.receiver)
    case.check(etree.tostring(root))
