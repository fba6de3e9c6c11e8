"""Two cities on one machine: lookup, send, receive, receipt over real DNS and HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from peppol.as4 import Sender
from peppol.as4.faults import (
    EndpointUnavailable,
    ReceiptInvalid,
    RefusedByReceiver,
    SendingFailed,
)
from peppol.as4.limits import Limits
from peppol.as4.sending import RetryPlan
from peppol.errors import EnvelopeInvalid, ParticipantNotRegistered
from peppol.evidence import Direction
from peppol.identifiers import BILLING, JP_INVOICE, JP_NON_TAX_INVOICE
from peppol.outbound import Outbound
from peppol.private.folder import FolderSent
from peppol.private.metadata import path_of, service_group, signed_metadata
from peppol.private.servers import WebServer
from peppol.sbdh_reading import ByteSource

from .builders import CITY, VENDOR, a_header, an_invoice
from .conftest import Pki
from .exchange import Exchange
from .network import Net


@dataclass
class Plain:
    """An answer of our own making."""

    status: int = 200
    body: bytes = b""
    type: str = "application/soap+xml"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Content-Type": self.type}


class Cities:
    """A sender, and a receiver behind HTTP whose answers can be interfered with."""

    def __init__(self, pki: Pki, net: Net, folder: Path) -> None:
        self.exchange = Exchange(pki, folder / "in")
        self.net = net
        self.answers: list[Plain | None] = []
        self.drop_answers = 0
        self.web = WebServer(post=self.answer)
        for document_type in (JP_INVOICE, JP_NON_TAX_INVOICE):
            net.serve(
                signed_metadata(
                    CITY, document_type, BILLING, address=self.web.address + "/as4",
                    certificate=pki.receiver.certificate, smp=pki.smp,
                ),
                document_type,
            )  # fmt: skip
        net.web.files[path_of(CITY)] = service_group(
            CITY, [JP_INVOICE, JP_NON_TAX_INVOICE], net.web.address
        )
        self.sent = FolderSent(folder / "out")
        self.waited: list[float] = []
        self.sender = Sender(
            key=pki.sender.as_key(),
            trust=pki.trust,
            directory=net.directory,
            outbound=Outbound(net.rules, timeout=5.0),
            messages=self.sent,
            now=lambda: net.now,
            wait=self.waited.append,
            plan=RetryPlan((1.0, 2.0)),
            timeout=5.0,
        )

    def answer(self, headers: Mapping[str, str], body: ByteSource) -> object:
        reply = self.exchange.receiver.receive(headers, body)
        instead = self.answers.pop(0) if self.answers else None
        return instead if instead is not None else reply


@pytest.fixture
def cities(pki: Pki, net: Net, tmp_path: Path) -> Iterator[Cities]:
    cities = Cities(pki, net, tmp_path)
    yield cities
    cities.web.close()


def test_invoice_goes_from_one_city_to_the_other_and_is_proven(cities: Cities) -> None:
    delivered = cities.sender.send(a_header(), an_invoice(20_000))
    assert delivered.attempts == 1
    assert cities.sent.receipt(delivered.outgoing.message_id) == delivered.receipt
    (incoming,) = cities.exchange.store.all()
    (outgoing,) = cities.sent.all()
    assert outgoing.direction is Direction.OUTGOING
    assert outgoing.end_user == VENDOR.value
    assert incoming.message_id == outgoing.message_id
    assert incoming.payload_sha256 == outgoing.payload_sha256


def test_lost_receipt_is_fetched_by_sending_the_same_again(cities: Cities) -> None:
    """The message arrived, the answer did not: the retry gets the stored receipt."""
    for lost in (Plain(503), Plain(500, type="text/html"), None):
        cities.answers = [lost] if lost else []
        delivered = cities.sender.send(a_header(), an_invoice())
        assert delivered.attempts == (2 if lost else 1)
    assert cities.waited == [1.0, 1.0]
    assert len(cities.exchange.kept()) == 3


def test_receiver_that_is_down_is_tried_by_the_plan_and_then_given_up(cities: Cities) -> None:
    outgoing = cities.sender.prepare(a_header(), an_invoice())
    cities.answers = [Plain(503), Plain(429), Plain(504)]
    with pytest.raises(EndpointUnavailable) as caught:
        cities.sender.deliver(outgoing)
    assert caught.value.retry
    assert cities.waited == [1.0, 2.0]
    failures = cities.sent.failures(outgoing.message_id)
    assert [f["final"] for f in failures] == [False] * 3
    # later, by a job, the very same message goes through
    assert cities.sender.attempt(outgoing)


def test_nobody_listening_is_temporary(cities: Cities) -> None:
    outgoing = cities.sender.prepare(a_header(), an_invoice())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(EndpointUnavailable):
        cities.sender.attempt(replace(outgoing, address=f"http://127.0.0.1:{port}/"))


def test_error_signal_ends_the_sending(cities: Cities) -> None:
    cities.exchange.receiver = Exchange(cities.net.pki, services=_Nothing()).receiver
    with pytest.raises(RefusedByReceiver) as caught:
        cities.sender.send(a_header(), an_invoice())
    assert caught.value.ebms == "EBMS:0004"
    assert cities.waited == []


class _Nothing:
    def serves(self, *_: object) -> bool:
        return False


@pytest.mark.parametrize(
    "answer",
    [
        Plain(200, b"", "text/html"),
        Plain(200, b"<ok/>"),
        Plain(202, b"", "application/soap+xml"),
        Plain(200, b"x" * 100),
    ],
)
def test_friendly_answer_that_proves_nothing_is_not_believed(cities: Cities, answer: Plain) -> None:
    cities.answers = [answer]
    outgoing = cities.sender.prepare(a_header(), an_invoice())
    with pytest.raises(ReceiptInvalid) as caught:
        cities.sender.deliver(outgoing)
    assert not caught.value.retry
    assert cities.sent.receipt(outgoing.message_id) is None
    (failure,) = cities.sent.failures(outgoing.message_id)
    assert failure["final"]


def test_other_http_answers_end_the_sending(cities: Cities) -> None:
    for status in (302, 400, 401, 404, 413):
        cities.answers = [Plain(status, b"", "text/html")]
        with pytest.raises(SendingFailed) as caught:
            cities.sender.send(a_header(), an_invoice())
        assert str(status) in caught.value.message_en
        assert not caught.value.retry


def test_endless_answer_is_cut(cities: Cities) -> None:
    cities.answers = [Plain(200, b"x" * 1_000_000)] * 3
    with pytest.raises(EndpointUnavailable):
        cities.sender.send(a_header(), an_invoice())


def test_private_endpoint_is_not_sent_to_in_a_real_network(cities: Cities) -> None:
    outgoing = cities.sender.prepare(a_header(), an_invoice())
    strict = replace(cities.sender, outbound=Outbound())
    with pytest.raises(SendingFailed):
        strict.attempt(outgoing)
    assert cities.exchange.kept() == []


def test_nothing_is_sent_when_the_lookup_or_the_envelope_fails(cities: Cities) -> None:
    with pytest.raises(ParticipantNotRegistered):
        cities.sender.send(a_header(receiver=VENDOR), an_invoice())
    with pytest.raises(EnvelopeInvalid):
        cities.sender.send(a_header(), b"<a/>")
    small = replace(cities.sender, limits=Limits(body=300_000))
    with pytest.raises(SendingFailed, match="too large"):
        small.send(a_header(), an_invoice(6_000_000))
    assert list(cities.sent.folder.iterdir()) == []


def test_large_document_travels_chunk_by_chunk(cities: Cities) -> None:
    assert cities.sender.send(a_header(), an_invoice(3_000_000)).attempts == 1
