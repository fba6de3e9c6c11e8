"""Messages made and read: canonical templates, round trips, sizes."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from peppol.as4 import Limits
from peppol.as4.encryption import Decryptor, encrypt
from peppol.as4.faults import DecryptionFailed
from peppol.as4.receipt_check import check_receipt
from peppol.as4.signals import make_error, make_receipt
from peppol.as4.signature import Reference, canonical, verify
from peppol.as4.soap import read_soap
from peppol.as4.user_message import UserMessage, read_user_message, write_user_message
from peppol.as4.writing import attribute, text
from peppol.errors import SettingInvalid
from peppol.evidence import Direction, Evidence, export
from peppol.identifiers import BILLING, JP_INVOICE, ParticipantId, seat_id
from peppol.keys import UnwrapFailed

from .builders import CITY, NOON, VENDOR, an_invoice
from .conftest import Pki
from .exchange import Exchange, Message

_KEY = rsa.generate_private_key(65537, 2048)
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def a_message(**changes: object) -> UserMessage:
    values: dict[str, object] = {
        "message_id": "m@warifu", "timestamp": NOON, "sender": seat_id("PZZ000001"),
        "receiver": seat_id("PZZ000002"), "document_type": JP_INVOICE, "process": BILLING,
        "conversation_id": "c", "original_sender": VENDOR, "final_recipient": CITY,
        "payload": "p@warifu",
    }  # fmt: skip
    return UserMessage(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["Messaging", "Body", "SignedInfo"])
@pytest.mark.parametrize("kind", ["message", "receipt", "error"])
def test_what_we_write_is_its_own_canonical_form(
    exchange: Exchange, pki: Pki, part: str, kind: str
) -> None:
    """Digests are taken over our text: it must be what every other implementation computes."""
    from peppol.as4.faults import NotServiced

    sent = exchange.outgoing()
    key = pki.receiver.as_key()
    references = (*sent.references, Reference("#x", "urn:t&<", bytes(32), "S12 eb"))
    soap = {
        "message": Message.of(sent).soap,
        "receipt": make_receipt(sent.message_id, references, key=key, at=NOON),
        "error": make_error(NotServiced("<&>", "<&>"), 'a"b', key=key, at=NOON),
    }[kind]
    root = etree.fromstring(soap)
    element = next(e for e in root.iter() if etree.QName(e).localname == part)
    assert canonical(element, None) in soap


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=60))
def test_escapes_are_canonical(content: str) -> None:
    whole = f'<a b="{attribute(content)}">{text(content)}</a>'
    assert etree.tostring(etree.fromstring(whole), method="c14n") == whole.encode()


@settings(max_examples=50, deadline=None)
@given(
    st.from_regex(r"[!-~]{1,60}", fullmatch=True),
    st.from_regex(r"[0-9]{4}:[A-Za-z0-9\-._~]{1,40}", fullmatch=True),
    st.from_regex(r"[!-~]{1,50}", fullmatch=True),
)
def test_user_message_comes_back_as_written(message_id: str, party: str, process: str) -> None:
    from peppol.identifiers import ProcessId

    message = a_message(
        message_id=message_id, original_sender=ParticipantId(party), process=ProcessId(process)
    )
    written = write_user_message(message, "id")
    assert read_user_message(etree.fromstring(written)) == message
    assert etree.tostring(etree.fromstring(written), method="c14n", exclusive=True) == (
        written.encode()
    )


def test_receipt_repeats_prefix_lists(pki: Pki) -> None:
    references = (Reference("#a", "http://www.w3.org/2001/10/xml-exc-c14n#", bytes(32), "S12"),)
    soap = read_soap(
        make_receipt("m@x", references, key=pki.receiver.as_key(), at=NOON), cap=100_000
    )
    from peppol.as4.signals import ReceiptSignal, read_signal

    signal = read_signal(soap.messaging)
    assert isinstance(signal, ReceiptSignal)
    assert signal.references == references
    verify(soap, payload=None)


@pytest.mark.parametrize("size", [0, 1, 20_000, 1_000_000, 5_000_000])
def test_documents_of_every_size_arrive(pki: Pki, exchange: Exchange, size: int) -> None:
    sent = exchange.outgoing(an_invoice(size))
    reply = exchange.receive(sent)
    assert reply.outcome == "accepted"
    check_receipt(
        reply.headers["Content-Type"], reply.body,
        sent=sent, trust=pki.trust, at=NOON, limits=Limits(),
    )  # fmt: skip


@pytest.mark.slow
def test_memory_stays_bounded_while_a_large_message_arrives(pki: Pki, exchange: Exchange) -> None:
    """95 MB of barely compressible content: what is held of it is one in-memory spool."""
    import base64
    import random

    noise = base64.b64encode(random.Random(1).randbytes(70_000_000))
    document = an_invoice().replace(b"</Invoice>", b"<cbc:Note>" + noise + b"</cbc:Note></Invoice>")
    sent = exchange.outgoing(document)
    body, content_type = sent.body, sent.content_type
    assert len(body) > 60_000_000
    del noise, document
    source = io.BytesIO(body)
    tracemalloc.start()
    reply = exchange.receiver.receive({"Content-Type": content_type}, source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reply.outcome == "accepted"
    assert peak < 8_000_000


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_decryption_does_not_depend_on_the_pieces(payload: bytes, cuts: list[int]) -> None:
    wrapped, wire = encrypt(payload, _KEY.public_key())
    decryptor = Decryptor(_KEY.decrypt(wrapped, _OAEP))
    out = b""
    at = 0
    for cut in cuts:
        out += decryptor.update(wire[at : at + cut])
        at += cut
    out += decryptor.update(wire[at:])
    decryptor.finish()
    assert out == payload


def test_decryptor_without_input_fails() -> None:
    with pytest.raises(DecryptionFailed):
        Decryptor(bytes(16)).finish()


def test_limits_are_checked() -> None:
    for wrong in ({"body": 0}, {"soap": -1}, {"soap": 10**9}):
        with pytest.raises(SettingInvalid):
            Limits(**wrong)


def test_evidence_is_exported_and_read_back(exchange: Exchange) -> None:
    assert exchange.receive(exchange.outgoing()).outcome == "accepted"
    (evidence,) = exchange.store.all()
    assert evidence.direction is Direction.INCOMING
    assert evidence.end_user == CITY.value
    assert evidence.country_c1 == "JP"
    assert evidence.sender_seat == "PZZ000001"
    assert evidence.receipted == NOON
    (line,) = export([evidence])
    assert line.endswith("\n")
    assert Evidence.from_json(line) == evidence


def test_kept_soap_and_payload_prove_the_signature_years_later(exchange: Exchange) -> None:
    import base64
    import hashlib

    sent = exchange.outgoing()
    exchange.receive(sent)
    (record,) = exchange.store.messages()
    soap = read_soap(base64.b64decode(str(record["soap"])), cap=300_000)
    proven = verify(soap, payload=read_user_message(soap.messaging).payload)
    payload = exchange.store.payload(sent.message_id)
    assert proven.payload_digest == hashlib.sha256(payload).digest()


def test_unwrap_failure_says_nothing(pki: Pki) -> None:
    with pytest.raises(UnwrapFailed) as caught:
        pki.receiver.as_key().unwrap(bytes(256))
    assert str(caught.value) == ""
