"""Valid things by default, for the tests of this package."""

from __future__ import annotations

from datetime import UTC, datetime

from peppol.identifiers import BILLING, JP_INVOICE, UBL_INVOICE, ParticipantId
from peppol.sbdh import Header

CITY = ParticipantId("0188:7000012050002")
VENDOR = ParticipantId("0221:T7000012050002")
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def a_header(**changes: object) -> Header:
    values: dict[str, object] = {
        "sender": VENDOR,
        "receiver": CITY,
        "document_type": JP_INVOICE,
        "process": BILLING,
        "instance_identifier": "0d1c6bd1-2f0c-4f3f-9a3a-6f2b7f1d9a01",
        "created": NOON,
    }
    return Header.for_document(**{**values, **changes})  # type: ignore[arg-type]


def an_invoice(size: int = 0, note: str = "請求書") -> bytes:
    """A UBL invoice-shaped document of at least `size` bytes that compresses like real ones."""
    cbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
    lines = []
    total = 0
    number = 0
    while total < size:
        number += 1
        line = (
            f"<cbc:Note>行 {number} {hash((number, note)) & 0xFFFFFFFF:08x} 側溝清掃業務 一式"
            f" {number * 7919 % 1000003} 円</cbc:Note>"
        )
        total += len(line.encode())
        lines.append(line)
    body = "".join(lines)
    return (
        f'<Invoice xmlns="{UBL_INVOICE}" xmlns:cbc="{cbc}">'
        f"<cbc:CustomizationID>urn:peppol:pint:billing-1@jp-1</cbc:CustomizationID>"
        f"<cbc:ID>INV-1</cbc:ID><cbc:Note>{note}</cbc:Note>{body}</Invoice>"
    ).encode()
