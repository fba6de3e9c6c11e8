"""What the benchmarks of receiving share: a private network's keys, messages, an access point."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import BinaryIO

from peppol.as4 import Receiver
from peppol.as4.building import Outgoing, build
from peppol.evidence import Evidence
from peppol.identifiers import BILLING, JP_INVOICE, UBL_INVOICE, ParticipantId, SeatId
from peppol.keys import AccessPointKey
from peppol.lookup import Endpoint
from peppol.ports import Received, Stored
from peppol.private import PrivatePki
from peppol.sbdh import Header
from peppol.services import Service, Services
from peppol.trust import Network

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CITY, VENDOR = ParticipantId("0188:7000012050002"), ParticipantId("0221:T7000012050002")
PKI = PrivatePki.create(NOW)
SENDER, RECEIVER = PKI.access_point("PZZ000001", NOW), PKI.access_point("PZZ000002", NOW)
ENDPOINT = Endpoint(
    CITY, JP_INVOICE, BILLING, JP_INVOICE, "http://127.0.0.1/", RECEIVER.certificate,
    SeatId("PZZ000002"), "", b"", NOW,
)  # fmt: skip


class Memory:
    """Keeps nothing: the cost of everything but the store."""

    def find(self, message_id: str) -> Stored | None:
        return None

    def keep(self, message: Received, payload: BinaryIO) -> Stored:
        return Stored(message.digests, message.signer, None)

    def keep_receipt(self, message_id: str, receipt: bytes, evidence: Evidence) -> bytes:
        return receipt


def document(size: int) -> bytes:
    lines, total, number = [], 0, 0
    while total < size:
        number += 1
        noise = hashlib.sha256(str(number).encode()).hexdigest()[:12]
        lines.append(f"<l>行 {number} {noise} 側溝清掃業務 一式 {number * 7919 % 1000003} 円</l>")
        total += len(lines[-1].encode())
    return f'<Invoice xmlns="{UBL_INVOICE}">{"".join(lines)}</Invoice>'.encode()


def header(number: int) -> Header:
    return Header.for_document(
        sender=VENDOR, receiver=CITY, document_type=JP_INVOICE, process=BILLING,
        instance_identifier=f"i-{number}", created=NOW,
    )  # fmt: skip


def messages(size: int, count: int) -> list[Outgoing]:
    inside = document(size)
    key = SENDER.as_key()
    return [
        build(header(n), inside, endpoint=ENDPOINT, key=key, network=Network.PRIVATE, at=NOW)
        for n in range(count)
    ]


def receiver(store: object, key: AccessPointKey | None = None) -> Receiver:
    return Receiver(
        key=key or RECEIVER.as_key(),
        trust=PKI.trust(),
        services=Services({CITY: [Service(JP_INVOICE, BILLING)]}),
        messages=store,  # type: ignore[arg-type]
        now=lambda: NOW,
    )
