"""Group 8, replay: the same twice has the effect of once; another under the same id is an alarm."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from lxml import etree

from peppol.evidence import Evidence
from peppol.ports import Received, Stored
from peppol.private.folder import FolderReceived
from tests.peppol.builders import NOON, an_invoice
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, Message, code_of, find, sign_again


def test_exact_replay_gets_the_stored_receipt_and_is_kept_once(exchange: Exchange) -> None:
    sent = exchange.outgoing()
    first = exchange.receive(sent)
    exchange.now += timedelta(days=3)
    for _ in range(3):
        again = exchange.receive(sent)
        assert again.outcome == "duplicate"
        assert again.body == first.body
    assert len(exchange.kept()) == 1


def with_id(message: Message, identifier: str, pki: Pki) -> Message:
    def change(root: etree._Element) -> None:
        find(root, ".//eb:MessageId").text = identifier
        sign_again(root, pki.sender)

    return message.changed(change)


def test_other_content_under_a_known_id_is_refused_and_alarmed(
    exchange: Exchange, pki: Pki
) -> None:
    sent = exchange.outgoing()
    assert exchange.receive(sent).outcome == "accepted"
    other = with_id(exchange.message(an_invoice(note="別の請求")), sent.message_id, pki)
    reply = exchange.receive(other)
    assert code_of(reply) == "EBMS:0004"
    assert reply.alarm == "message id used for other content"
    assert len(exchange.kept()) == 1
    assert exchange.receive(sent).outcome == "duplicate"


def test_another_sender_cannot_take_an_id(exchange: Exchange, pki: Pki) -> None:
    sent = exchange.outgoing()
    exchange.receive(sent)
    stranger = pki.authorities.access_point("PZZ000003", NOON)
    message = exchange.message(sender=stranger)

    def change(root: etree._Element) -> None:
        find(root, ".//eb:MessageId").text = sent.message_id
        sign_again(root, stranger)

    reply = exchange.receive(message.changed(change))
    assert code_of(reply) == "EBMS:0004"
    assert reply.alarm is not None


def test_the_same_message_from_many_at_once_is_kept_once_and_answered_alike(
    exchange: Exchange,
) -> None:
    sent = exchange.outgoing(an_invoice(50_000))
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: exchange.receive(sent), range(24)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert [reply.outcome for reply in replies].count("accepted") == 1
    assert len(exchange.kept()) == 1


class Crashing(FolderReceived):
    """A store that dies before or after keeping."""

    die: str | None = None

    def keep(self, message: Received, payload: BinaryIO) -> Stored:
        if self.die == "before keep":
            raise OSError("disk full: canary-4711")
        stored = super().keep(message, payload)
        if self.die == "after keep":
            raise KeyboardInterrupt
        return stored

    def keep_receipt(self, message_id: str, receipt: bytes, evidence: Evidence) -> bytes:
        if self.die == "before receipt":
            raise OSError
        return super().keep_receipt(message_id, receipt, evidence)

    def find(self, message_id: str) -> Stored | None:
        if self.die == "find":
            raise OSError
        return super().find(message_id)


def crashing(pki: Pki, folder: Path) -> tuple[Exchange, Crashing]:
    store = Crashing(folder)
    exchange = Exchange(pki, folder, messages=store)
    return exchange, store


@pytest.mark.parametrize("moment", ["before keep", "before receipt", "find"])
def test_store_that_fails_gives_503_and_no_receipt_then_the_retry_succeeds(
    pki: Pki, tmp_path: Path, moment: str
) -> None:
    exchange, store = crashing(pki, tmp_path)
    sent = exchange.outgoing()
    store.die = moment
    reply = exchange.receive(sent)
    assert (reply.status, reply.body) == (503, b"")
    assert reply.headers["Retry-After"]
    assert reply.cause is not None
    store.die = None
    assert exchange.receive(sent).outcome == "accepted"
    assert len(store.messages()) == 1


def test_killed_between_keeping_and_receipt_the_retry_gets_a_receipt_and_nothing_twice(
    pki: Pki, tmp_path: Path
) -> None:
    exchange, store = crashing(pki, tmp_path)
    sent = exchange.outgoing()
    store.die = "after keep"
    with pytest.raises(KeyboardInterrupt):
        exchange.receive(sent)
    store.die = None
    assert len(store.messages()) == 1
    reply = exchange.receive(sent)
    assert reply.outcome == "accepted"
    assert exchange.receive(sent).body == reply.body
    assert len(store.messages()) == 1


def test_killed_between_keeping_and_receipt_other_content_is_still_an_alarm(
    pki: Pki, tmp_path: Path
) -> None:
    exchange, store = crashing(pki, tmp_path)
    sent = exchange.outgoing()
    store.die = "after keep"
    with pytest.raises(KeyboardInterrupt):
        exchange.receive(sent)
    store.die = None
    other = with_id(exchange.message(an_invoice(note="別")), sent.message_id, pki)
    assert exchange.receive(other).alarm is not None


def test_receipt_is_signed_only_after_the_message_is_kept(pki: Pki, tmp_path: Path) -> None:
    order: list[str] = []

    class Watching(FolderReceived):
        def keep(self, message: Received, payload: BinaryIO) -> Stored:
            stored = super().keep(message, payload)
            order.append("kept")
            return stored

    class Key:
        certificate = pki.receiver.certificate

        def sign(self, data: bytes) -> bytes:
            order.append("signed")
            return pki.receiver.as_key().sign(data)

        def unwrap(self, wrapped: bytes) -> bytes:
            return pki.receiver.as_key().unwrap(wrapped)

    exchange = Exchange(pki, tmp_path, messages=Watching(tmp_path), key=Key())
    assert exchange.receive(exchange.outgoing()).outcome == "accepted"
    assert order == ["kept", "signed"]


def test_timestamp_far_away_is_flagged(exchange: Exchange) -> None:
    for away, flagged in ((timedelta(days=8), True), (-timedelta(minutes=11), True),
                          (timedelta(hours=1), False)):  # fmt: skip
        sent = exchange.outgoing(at=NOON - away)
        assert exchange.receive(sent).outcome == "accepted"
        evidence = next(e for e in exchange.store.all() if e.message_id == sent.message_id)
        assert bool(evidence.flags) == flagged


def test_same_envelope_in_a_new_message_is_taken(exchange: Exchange) -> None:
    """Two messages, one SBDH InstanceIdentifier: the store may flag it, AS4 delivers both."""
    assert exchange.receive(exchange.outgoing()).outcome == "accepted"
    assert exchange.receive(exchange.outgoing()).outcome == "accepted"
    instances = {e.instance_identifier for e in exchange.store.all()}
    assert len(instances) == 1
    assert len(exchange.kept()) == 2


def test_body_is_read_to_its_end_whatever_happens(exchange: Exchange) -> None:
    sent = exchange.outgoing(an_invoice(200_000))
    exchange.receive(sent)
    for body in (sent.body, sent.body.replace(b"rsa-sha256", b"rsa-sha384")):
        source = io.BytesIO(body + b"epilogue")
        exchange.receiver.receive({"Content-Type": sent.content_type}, source)
        assert source.read() == b""
    assert replace(sent).body == sent.body
