"""Group 14, silence: answers, errors and notes carry no content, keys or stack traces."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from peppol.as4 import building as building_module
from peppol.as4.compression import compress
from peppol.as4.receiving import Reply
from peppol.errors import PeppolError
from peppol.keys import FileKey
from tests.peppol.builders import an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, Message, code_of

CANARY = "canary-4711-渡辺"


def spoken(reply: Reply) -> str:
    """Everything a reply says to the outside or to a log, apart from the operator's `cause`."""
    fault = reply.fault
    texts = [reply.body.decode(), str(dict(reply.headers)), str(reply.alarm), str(reply.outcome)]
    if fault is not None:
        texts += [str(fault), fault.remedy_ja, fault.remedy_en, fault.code, str(fault.field)]
    return " ".join(texts)


def refused_ways(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> dict[str, Message]:
    document = an_invoice(note=CANARY)
    good = exchange.message(document)
    ways = {
        "signature": good.replaced(b"<eb:UserMessage>", b'<eb:UserMessage x="y">'),
        "structure": good.replaced(b"<eb:UserMessage>", b"<eb:x/><eb:UserMessage>"),
        "value": good.replaced(b"<eb:AgreementRef>urn", f"<eb:AgreementRef>{CANARY}".encode()),
        "id": good.replaced(b"<eb:Action>", f"<eb:Action>{CANARY}".encode()),
        "xml": good.replaced(b"</S12:Header>", f"<{CANARY}".encode()),
        "payload": replace(good, payload=good.payload[:-3]),
    }  # fmt: skip
    monkeypatch.setattr(building_module, "compress", lambda data, level: compress(data)[:-4])
    ways["gzip"] = exchange.message(document)
    monkeypatch.setattr(
        building_module, "compress",
        lambda data, level: compress(data.replace(b"COUNTRY_C1", CANARY.encode())),
    )  # fmt: skip
    ways["envelope"] = exchange.message(document)
    monkeypatch.undo()
    return ways


def test_no_refusal_repeats_what_was_sent(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, message in refused_ways(exchange, monkeypatch).items():
        reply = exchange.receive(message)
        assert code_of(reply) is not None, name
        assert CANARY not in spoken(reply), name
        assert "canary" not in spoken(reply), name
        assert "Traceback" not in spoken(reply)
    assert CANARY not in caplog.text


def test_receipt_and_evidence_carry_no_content(exchange: Exchange) -> None:
    reply = exchange.receive(exchange.outgoing(an_invoice(note=CANARY)))
    assert CANARY not in spoken(reply)
    for evidence in exchange.store.all():
        assert CANARY not in evidence.to_json()


def test_internal_fault_shows_nothing_of_itself(pki: Pki, tmp_path: Path) -> None:
    class Broken:
        def serves(self, *_: object) -> bool:
            raise RuntimeError(f"{CANARY} at /srv/secret/path")

    exchange = Exchange(pki, tmp_path, services=Broken())
    reply = exchange.receive(exchange.outgoing())
    assert reply.status == 500
    assert reply.outcome == "failed"
    assert code_of(reply) == "EBMS:0004"
    assert CANARY not in spoken(reply)
    assert "RuntimeError" not in spoken(reply)
    assert isinstance(reply.cause, RuntimeError)  # for the operator


def test_broken_signing_key_still_answers(pki: Pki, tmp_path: Path) -> None:
    class Dead(FileKey):
        def sign(self, data: bytes) -> bytes:
            raise RuntimeError(CANARY)

    exchange = Exchange(pki, tmp_path, key=Dead(pki.receiver.key, pki.receiver.certificate))
    sent = exchange.outgoing()
    reply = exchange.receive(sent)
    assert reply.status == 500
    assert CANARY not in spoken(reply)
    exchange.receiver = Exchange(pki, tmp_path).receiver
    assert exchange.receive(sent).outcome == "accepted"  # the retry


def test_key_errors_name_no_path_pin_or_bytes(tmp_path: Path) -> None:
    path = tmp_path / "secret-name.p12"
    for data in (
        b"",
        b"secret-bytes",
        b"-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----",
    ):
        path.write_bytes(data)
        for place in (path, path.with_suffix(".pem")):
            place.write_bytes(data)
            with pytest.raises(PeppolError) as caught:
                FileKey.from_file(place, b"secret-pin")
            assert "secret" not in str(caught.value)
    with pytest.raises(PeppolError) as caught:
        FileKey.from_file(tmp_path / "secret-absent.pem")
    assert "secret" not in str(caught.value)
