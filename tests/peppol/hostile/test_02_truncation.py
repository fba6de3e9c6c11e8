"""Group 2, use what was signed: comments, processing instructions, CDATA in every leaf."""

from __future__ import annotations

import re

import pytest

from tests.peppol.exchange import Exchange, code_of

LEAVES = [b"eb:MessageId", b"eb:Timestamp", b"eb:Role", b"eb:AgreementRef", b"eb:Action",
          b"eb:Service", b"eb:ConversationId", b"eb:PartyId", b"eb:Property", b"ds:DigestValue",
          b"ds:SignatureValue", b"xenc:CipherValue", b"wsse:BinarySecurityToken"]  # fmt: skip


def insert_into(soap: bytes, leaf: bytes, text: bytes, *, middle: bool = True) -> bytes:
    match = re.search(rb"<" + leaf + rb"(?: [^>]*)?>([^<]+)</" + leaf + rb">", soap)
    assert match is not None
    at = match.start(1) + (len(match[1]) // 2 if middle else 0)
    return soap[:at] + text + soap[at:]


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("middle", [True, False])
def test_comment_inside_a_value_changes_nothing(
    exchange: Exchange, leaf: bytes, middle: bool
) -> None:
    """Canonical form drops comments, so the signature holds: the value must be seen whole."""
    sent = exchange.outgoing()
    message = exchange.message()
    message = type(message).of(sent)
    with_comment = insert_into(message.soap, leaf, b"<!-- cut here -->", middle=middle)
    reply = exchange.receive(type(message)(message.content_type, with_comment, message.payload,
                                           message.cid, message.boundary))  # fmt: skip
    assert reply.outcome == "accepted"
    assert reply.message_id == sent.message_id
    assert len(exchange.kept()) == 1
    # and the stored message answers the untouched one
    assert exchange.receive(sent).outcome == "duplicate"


@pytest.mark.parametrize("leaf", LEAVES)
def test_processing_instruction_or_element_inside_a_value_is_refused(
    exchange: Exchange, leaf: bytes
) -> None:
    for text in (b"<?cut here?>", b"<x/>", b"<x xmlns='urn:x'>y</x>"):
        message = exchange.message()
        soap = insert_into(message.soap, leaf, text)
        reply = exchange.receive(type(message)(message.content_type, soap, message.payload,
                                               message.cid, message.boundary))  # fmt: skip
        assert code_of(reply) is not None
    assert exchange.kept() == []


@pytest.mark.parametrize("leaf", LEAVES)
def test_cdata_or_character_reference_is_read_as_its_text(exchange: Exchange, leaf: bytes) -> None:
    sent = exchange.outgoing()
    message = exchange.message().of(sent)
    soap = re.sub(
        rb"(<" + leaf + rb"(?: [^>]*)?>)([^<]+)(</" + leaf + rb">)",
        rb"\1<![CDATA[\2]]>\3", message.soap, count=1,
    )  # fmt: skip
    reply = exchange.receive(type(message)(message.content_type, soap, message.payload,
                                           message.cid, message.boundary))  # fmt: skip
    assert reply.outcome == "accepted"
    assert reply.message_id == sent.message_id


def test_prefix_redefined_inside_does_not_change_what_is_read(exchange: Exchange) -> None:
    message = exchange.message().replaced(b"<eb:MessageId>", b'<eb:MessageId xmlns:eb="urn:x">')
    assert code_of(exchange.receive(message)) is not None
    assert exchange.kept() == []
