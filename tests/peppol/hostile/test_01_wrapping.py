"""Group 1, references by identity: what was verified is what is used, wherever copies stand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import etree

from peppol.as4 import vocabulary as v
from tests.peppol.builders import an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, Message, code_of, find, sign_again

S = f"{{{v.S12}}}"
WSU_ID = f"{{{v.WSU}}}Id"


def forge(messaging: etree._Element) -> etree._Element:
    forged = copy.deepcopy(messaging)
    find(forged, ".//eb:MessageId").text = "forged@attacker"
    return forged


def wrapper_in(parent: str) -> Callable[[etree._Element], None]:
    """The signed Messaging moved into a wrapper under `parent`, a forged one in its place."""

    def change(root: etree._Element) -> None:
        messaging = find(root, "S:Header/eb:Messaging")
        forged = forge(messaging)
        forged.set(WSU_ID, "other")
        header = messaging.getparent()
        assert header is not None
        header.replace(messaging, forged)
        wrapper = etree.SubElement(find(root, parent), "{urn:x}Wrapper")
        wrapper.append(messaging)

    return change


PLACES = [
    "S:Header",
    "S:Header/wsse:Security",
    "S:Body",
    ".//ds:Signature",
    "S:Header/eb:Messaging",
    ".//xenc:EncryptedData",
    ".//wsse:BinarySecurityToken",
]


@pytest.mark.parametrize("place", PLACES)
def test_signed_messaging_moved_into_a_wrapper_is_refused(exchange: Exchange, place: str) -> None:
    reply = exchange.receive(exchange.message().changed(wrapper_in(place)))
    assert code_of(reply) in ("EBMS:0009", "EBMS:0101")
    assert exchange.kept() == []


@pytest.mark.parametrize("place", PLACES)
def test_wrapper_with_the_same_id_twice_is_refused(exchange: Exchange, place: str) -> None:
    def change(root: etree._Element) -> None:
        wrapper_in(place)(root)
        forged = find(root, "S:Header/eb:Messaging")
        original = next(e for e in root.iter(f"{{{v.EB}}}Messaging") if e is not forged)
        forged.set(WSU_ID, original.get(WSU_ID, ""))

    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0009"
    assert exchange.kept() == []


@pytest.mark.parametrize("first", [True, False])
def test_second_messaging_before_or_after_the_signed_one_is_refused(
    exchange: Exchange, first: bool
) -> None:
    def change(root: etree._Element) -> None:
        messaging = find(root, "S:Header/eb:Messaging")
        forged = forge(messaging)
        forged.set(WSU_ID, "other")
        header = find(root, "S:Header")
        header.insert(0, forged) if first else header.append(forged)

    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0009"


def test_signed_body_wrapped_and_a_new_one_in_place_is_refused(exchange: Exchange) -> None:
    def change(root: etree._Element) -> None:
        body = find(root, "S:Body")
        new = copy.deepcopy(body)
        new.set(WSU_ID, "other")
        root.replace(body, new)
        etree.SubElement(find(root, "S:Header"), "{urn:x}Wrapper").append(body)

    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0009"

    def in_security(root: etree._Element) -> None:
        body = find(root, "S:Body")
        new = copy.deepcopy(body)
        new.set(WSU_ID, "other")
        root.replace(body, new)
        find(root, ".//ds:KeyInfo").append(body)

    assert code_of(exchange.receive(exchange.message().changed(in_security))) is not None
    assert exchange.kept() == []


def test_envelope_with_more_than_header_and_body_is_refused(exchange: Exchange) -> None:
    for at in (0, 1, 2):
        change = lambda root, at=at: root.insert(at, etree.Element("{urn:x}Extra"))  # noqa: E731
        assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0009"
    two_bodies = exchange.message().changed(
        lambda root: root.append(copy.deepcopy(find(root, "S:Body")))
    )
    assert code_of(exchange.receive(two_bodies)) == "EBMS:0009"


@pytest.mark.parametrize("uri", ["", "#", "#unknown", "http://x/", "#xpointer(/)", "cid:other"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_reference_to_anything_else_is_refused_even_when_signed(
    exchange: Exchange, pki: Pki, uri: str, which: int
) -> None:
    """A certified sender signs a message whose references do not cover what is used."""

    def change(root: etree._Element) -> None:
        sign_again(root, pki.sender)
        find(root, ".//ds:SignedInfo").findall(f"{{{v.DS}}}Reference")[which].set("URI", uri)
        _sign_info(root, pki)

    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0101"
    assert exchange.kept() == []


def _sign_info(root: etree._Element, pki: Pki) -> None:
    import base64

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    text = etree.tostring(find(root, ".//ds:SignedInfo"), method="c14n", exclusive=True)
    signed = pki.sender.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    find(root, ".//ds:SignatureValue").text = base64.b64encode(signed).decode()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_missing_or_repeated_reference_is_refused_even_when_signed(
    exchange: Exchange, pki: Pki, which: int
) -> None:
    def without(root: etree._Element) -> None:
        info = find(root, ".//ds:SignedInfo")
        info.remove(info.findall(f"{{{v.DS}}}Reference")[which])
        sign_again(root, pki.sender)

    def twice(root: etree._Element) -> None:
        info = find(root, ".//ds:SignedInfo")
        info.append(copy.deepcopy(info.findall(f"{{{v.DS}}}Reference")[which]))
        sign_again(root, pki.sender)

    for change in (without, twice):
        assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0101"


def test_reference_to_the_whole_envelope_is_refused_even_when_signed(
    exchange: Exchange, pki: Pki
) -> None:
    def change(root: etree._Element) -> None:
        root.set(WSU_ID, "envelope")
        find(root, ".//ds:SignedInfo/ds:Reference").set("URI", "#envelope")
        sign_again(root, pki.sender)

    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0101"


def test_signature_with_an_object_or_a_second_signature_is_refused(exchange: Exchange) -> None:
    def with_object(root: etree._Element) -> None:
        etree.SubElement(find(root, ".//ds:Signature"), f"{{{v.DS}}}Object")

    def second(root: etree._Element) -> None:
        signature = find(root, ".//ds:Signature")
        parent = signature.getparent()
        assert parent is not None
        other = copy.deepcopy(signature)
        other.set("Id", "other")
        parent.append(other)

    for change in (with_object, second):
        assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0009"


def test_unknown_header_block_is_refused(exchange: Exchange) -> None:
    change = lambda root: etree.SubElement(find(root, "S:Header"), "{urn:x}Trace")  # noqa: E731
    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0009"


def test_payload_exchanged_under_an_honest_signature_is_refused(
    exchange: Exchange, pki: Pki
) -> None:
    """Anyone can encrypt for us, and the encryption header is not signed: only the signed digest
    of the payload says whose it is."""
    honest = exchange.message()
    forged = Message.of(exchange.outgoing(an_invoice(note="forged")))

    def change(root: etree._Element) -> None:
        other = etree.fromstring(forged.soap)
        find(root, ".//xenc:CipherValue").text = find(other, ".//xenc:CipherValue").text

    message = replace(honest.changed(change), payload=forged.payload)
    reply = exchange.receive(message)
    assert code_of(reply) == "EBMS:0101"
    assert exchange.kept() == []
    assert exchange.receive(honest).outcome == "accepted"


def test_honest_message_passes(exchange: Exchange) -> None:
    assert exchange.receive(exchange.message()).outcome == "accepted"
    assert len(exchange.kept()) == 1
