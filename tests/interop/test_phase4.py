"""phase4 as a real peer, both ways, over HTTP on loopback, with our private PKI."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from peppol.as4 import Limits, Receiver, Reply
from peppol.as4.building import build
from peppol.as4.receipt_check import check_receipt
from peppol.identifiers import BILLING, JP_INVOICE, SeatId
from peppol.lookup import Endpoint
from peppol.outbound import AddressRules, Outbound
from peppol.private.folder import FolderReceived
from peppol.private.servers import WebServer
from peppol.sbdh_reading import ByteSource
from peppol.services import Service, Services
from peppol.trust import Network
from tests.peppol.builders import CITY, NOON, VENDOR, a_header, an_invoice
from tests.peppol.conftest import Pki

from .phase4_peer import Phase4, Receiving, missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(missing() is not None, reason=f"phase4: {missing()}"),
]


@pytest.fixture(scope="module")
def peer(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Phase4:
    phase4 = Phase4(tmp_path_factory.mktemp("phase4"), pki.authorities, pki.sender, "PZZ000001")
    phase4.build()
    return phase4


class Point:
    """Our access point behind HTTP, keeping what came over the wire."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        self.store = FolderReceived(folder)
        self.receiver = Receiver(
            key=pki.receiver.as_key(),
            trust=pki.trust,
            services=Services({CITY: [Service(JP_INVOICE, BILLING)]}),
            messages=self.store,
            now=lambda: NOON,
        )
        self.replies: list[Reply] = []
        self.wire: list[tuple[dict[str, str], bytes]] = []
        self.web = WebServer(post=self.take)

    def take(self, headers: Mapping[str, str], body: ByteSource) -> Reply:
        data = b""
        while piece := body.read(65536):
            data += piece
        self.wire.append((dict(headers), data))
        reply = self.receiver.receive(headers, io.BytesIO(data))
        self.replies.append(reply)
        return reply


@pytest.fixture
def point(pki: Pki, tmp_path: Path) -> Iterator[Point]:
    point = Point(pki, tmp_path / "in")
    yield point
    point.web.close()


def test_phase4_sends_and_takes_our_receipt(
    peer: Phase4,
    point: Point,
    pki: Pki,
    tmp_path: Path,
) -> None:
    file = tmp_path / "invoice.xml"
    file.write_bytes(an_invoice(20_000))
    results = peer.send(
        point.web.address + "/as4", pki.receiver, sender=VENDOR.value, recipient=CITY.value,
        document_type=JP_INVOICE.value, process=BILLING.value, file=file,
    )  # fmt: skip
    assert [(r.outcome, r.fault) for r in point.replies] == [("accepted", None)]
    assert results == ["SUCCESS"]
    (evidence,) = point.store.all()
    assert evidence.sender_seat == "PZZ000001"
    assert "側溝清掃業務".encode() in gzip.decompress(point.store.payload(evidence.message_id))
    keep = os.environ.get("WARIFU_PHASE4_RECORD")
    if keep:
        record(Path(keep), point, pki)


def record(folder: Path, point: Point, pki: Pki) -> None:
    """Keep the wire as a vector, with the throw-away keys it was made with."""
    folder.mkdir(parents=True, exist_ok=True)
    headers, body = point.wire[0]
    content_type = next(v for k, v in headers.items() if k.lower() == "content-type")
    (folder / "phase4-user-message.mime").write_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body
    )
    pki.authorities.save(folder / "pki")
    (folder / "receiver.pem").write_bytes(pki.receiver.pem())


def test_phase4_takes_our_message_and_we_take_its_receipt(
    peer: Phase4,
    pki: Pki,
    tmp_path: Path,
) -> None:
    outbound = Outbound(AddressRules.for_private_network(), timeout=60)
    with Receiving(peer) as there:
        endpoint = Endpoint(
            CITY, JP_INVOICE, BILLING, JP_INVOICE, there.url, pki.sender.certificate,
            SeatId("PZZ000001"), "", b"", NOON,
        )  # fmt: skip
        for size in (0, 20_000, 5_000_000):
            sent = build(
                a_header(), an_invoice(size), endpoint=endpoint, key=pki.receiver.as_key(),
                network=Network.PRIVATE, at=NOON,
            )  # fmt: skip
            answer = outbound.request(
                "POST", sent.address, limit=300_000, body=sent.body,
                headers={"Content-Type": sent.content_type},
            )  # fmt: skip
            assert answer.status == 200, answer.body[:2000]
            check_receipt(
                answer.headers["content-type"], answer.body, sent=sent, trust=pki.trust, at=NOON,
                limits=Limits(),
            )  # fmt: skip
            last = answer
        spoiled = replace(sent, body=sent.body.replace(b"PZZ000002", b"PZZ000003"))
        refused = outbound.request(
            "POST", sent.address, limit=300_000, body=spoiled.body,
            headers={"Content-Type": sent.content_type},
        )  # fmt: skip
        assert b"Receipt" not in refused.body
    received = sorted((peer.out).glob("received-*.xml"))
    assert len(received) == 3
    assert b"StandardBusinessDocument" in received[0].read_bytes()
    keep = os.environ.get("WARIFU_PHASE4_RECORD")
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        (Path(keep) / "phase4-receipt.xml").write_bytes(last.body)
        (Path(keep) / "phase4-error.xml").write_bytes(refused.body)


def test_messages_a_second_beside_phase4(peer: Phase4, pki: Pki, tmp_path: Path) -> None:
    """The same messages over the same HTTP client to both receivers, in turns."""
    outbound = Outbound(AddressRules.for_private_network(), timeout=60)
    ours = Point(Pki(pki.authorities, pki.receiver, pki.sender, pki.smp, pki.trust), tmp_path)
    shutil.rmtree(peer.out)
    peer.out.mkdir()
    with Receiving(peer) as there:
        rates: dict[str, list[float]] = {"warifu": [], "phase4": []}
        # The first rounds warm the JVM up: some hundreds of small messages, then the large ones.
        for size, count, warming in ((20_000, 60, 4), (5_000_000, 8, 1)):
            for round_ in range(warming + 3):
                for name, url in (("phase4", there.url), ("warifu", ours.web.address + "/as4")):
                    endpoint = Endpoint(
                        CITY, JP_INVOICE, BILLING, JP_INVOICE, url, pki.sender.certificate,
                        SeatId("PZZ000001"), "", b"", NOON,
                    )  # fmt: skip
                    batch = [
                        build(a_header(), an_invoice(size), endpoint=endpoint,
                              key=pki.receiver.as_key(), network=Network.PRIVATE, at=NOON)
                        for _ in range(count)
                    ]  # fmt: skip
                    start = time.perf_counter()
                    for sent in batch:
                        answer = outbound.request(
                            "POST", url, limit=300_000, body=sent.body,
                            headers={"Content-Type": sent.content_type},
                        )  # fmt: skip
                        assert answer.status == 200
                    rate = count / (time.perf_counter() - start)
                    if round_ >= warming:
                        rates[name].append(rate)
            shown = {name: f"{sorted(r)[len(r) // 2]:.1f}" for name, r in rates.items()}
            print(f"\n{size:,} B: messages a second, median of 3 rounds: {shown}")
            rates = {"warifu": [], "phase4": []}
    ours.web.close()
