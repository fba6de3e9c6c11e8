"""仕入明細書 (self-billed invoices) that come to us as the supplier: examined, answered, kept.

The buyer writes what we would have charged (消費税法30条9項3号); it is a claim of ours, not a debt,
so it never enters the intake of invoices that the city pays. The standard's answer goes back as an
MLS; whether the figures are right is for the section that sold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from einvoice.errors import EInvoiceError
from einvoice.findings import Finding, Report, Text
from einvoice.invoice_terms import DocumentKind
from einvoice.reading import read
from einvoice.validation import validate
from peppol.answers import mls_answer
from peppol.message_level_status import status_of
from portal.network.incoming import header_of, mls_parties
from portal.network.models import MessageState, NetworkMessage
from portal.network.owed import owe
from portal.network.received import evidence_of

if TYPE_CHECKING:
    from portal.service import Service

_OTHER_KIND = Finding(
    id="not-self-billed",
    source="structure",
    severity="error",
    message=Text(
        "仕入明細書として届きましたが、文書は仕入明細書ではありません。",
        "It was sent as a self-billed invoice, but the document is none.",
    ),
    remedy=Text(
        "文書に合う種類（DOCUMENTID）で送り直してください。",
        "Send it again under the document type that it is (DOCUMENTID).",
    ),
    path="cbc:CustomizationID",
)
INVALID = "network.self_billed_invalid"
MAX_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Examined:
    """What the standard says of the document, and its number where it could be read."""

    report: Report
    number: str


def examine(document: bytes) -> Examined:
    """By the rules of JP PINT self-billing. Never raises for what the document says."""
    report = validate(document)
    if report.profile != DocumentKind.SELF_BILLED.value:
        report = replace(report, verdict="invalid", findings=(_OTHER_KIND, *report.findings))
    try:
        number = read(document).number
    except EInvoiceError:
        number = ""
    return Examined(report, number[:200])


def keep(session: Session, service: Service, row: NetworkMessage, examined: Examined) -> None:
    """Note the number; an invalid one is rejected with its first error. Owe the MLS."""
    at = service.clock.now()
    row.document_number = examined.number or None
    error = _first_error(examined.report)
    if error is not None:
        row.state = MessageState.REJECTED.value
        row.last_error = INVALID
        row.error_ja = f"{error.id}: {error.message.ja}"[:MAX_SHOWN]
        row.error_en = f"{error.id}: {error.message.en}"[:MAX_SHOWN]
    evidence, header = evidence_of(row), header_of(row)
    parties = mls_parties(evidence, header, service.settings.peppol.provider_address)
    if parties is None:
        return
    status = status_of(
        examined.report.findings,
        reference=row.instance_identifier,
        sender=parties[0],
        receiver=parties[1],
        at=at,
    )
    answer = mls_answer(evidence, header, status)
    if answer is not None:
        owe(session, answer, about_id=row.id, status=status.status.value)


def _first_error(report: Report) -> Finding | None:
    if report.is_valid:
        return None
    return next((f for f in report.findings if f.severity == "error"), None)
