"""The webhook of a service provider that is corner 3 for us (`peppol.mode = provider`).

    POST /api/v1/peppol/envelopes     one envelope (SBDH), with an API key as Bearer

The envelope is kept as it came; an invoice goes into the one intake, and the answer names the
receipt: 201 the first time, 200 when the same envelope comes again. An Invoice Response to what the
provider sent for us, and a self-billed invoice, are noted with the message. Another content under a
known number is refused (409) and stands in the audit trail. `Peppol-Sender-Seat` may name the
access point (seat id) whose signature the provider verified. What a provider has checked
(signatures, certificates, receipts) is not checked here; that it is for us is.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from einvoice import queries
from einvoice.receiving import Receipt
from peppol.identifiers import INVOICE_RESPONSE, JP_SELF_BILLING, seat_id
from peppol.provider_inbound import HandedOver, take_over
from peppol.sbdh_reading import EnvelopeLimits, open_envelope
from peppol.trust import Network
from portal.errors import Conflict, NotFound
from portal.invoices import presenting
from portal.network import replies, self_billed
from portal.network.models import MessageState, NetworkMessage
from portal.network.parts import services_by_provider
from portal.network.received import keep_handed_over
from portal.network.taking_in import to_invoices
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service
from records import audit

router = APIRouter(prefix="/api/v1")

Provider = Annotated[Identity, Depends(require("invoice.receive"))]


class EnvelopeReused(Conflict):
    code = "portal.envelope_reused"
    ja = "同じ番号の封筒を、別の内容で受け取り済みです。"
    en = "An envelope of this number was received with another content."
    mend_ja = "送信元に確かめ、新しい番号（InstanceIdentifier）の封筒で渡してください。"
    mend_en = "Ask the sender, and hand it over under a new InstanceIdentifier."


class NoProviderExpected(NotFound):
    code = "portal.no_provider_expected"
    ja = "この窓口は、事業者からの受け渡しを使っていません。"
    en = "This service takes nothing from service providers."
    mend_ja = "設定 WARIFU_PEPPOL__MODE を provider にしてください。"
    mend_en = "Set WARIFU_PEPPOL__MODE to provider."


@router.post("/peppol/envelopes")
def hand_over(
    request: Request,
    session: DbSession,
    data: Annotated[bytes, Body(media_type="application/xml")],
    user: Provider,
) -> Response:
    """Take over one envelope, once."""
    service = get_service(request)
    wanted = service.settings.peppol
    if wanted.mode != "provider":
        raise NoProviderExpected()
    at = service.clock.now()
    seat = request.headers.get("peppol-sender-seat")
    handed = take_over(
        data,
        provider=wanted.provider,
        services=services_by_provider(service.settings),
        network=Network(wanted.network),
        at=at,
        limits=EnvelopeLimits(envelope_bytes=service.settings.limits.upload_mb * 1024 * 1024),
        sender_seat=seat_id(seat) if seat else None,
    )
    kept = service.store.put(data)
    row, is_new = keep_handed_over(session, handed, kept.sha256)
    if row.payload_sha256 != kept.sha256:
        row_id = row.id
        session.rollback()  # the row is given back before the alarm is written on its own
        with service.database.transaction() as own:
            details = {"alarm": "message id used for other content", "by": user.id}
            audit.append(own, user.actor, "network.alarm", f"network:{row_id}", details, at)
        raise EnvelopeReused(field="InstanceIdentifier")
    if handed.header.document_type in (INVOICE_RESPONSE, JP_SELF_BILLING):
        if is_new:
            _note(session, service, row, handed)
            details = {"message": handed.key, "error": row.last_error}
            audit.append(
                session, user.actor, f"network.{row.state}", f"network:{row.id}", details, at
            )
        told = {"id": row.id, "state": row.state, "already": None if is_new else "same_message"}
        return JSONResponse(told, status_code=201 if is_new else 200)
    if is_new:
        receipt = to_invoices(session, service, row, open_envelope(data))
        row.state = MessageState.HANDED_ON.value
        details = {"message": handed.key, "invoice": receipt.invoice_id}
        audit.append(session, user.actor, "network.handed_on", f"network:{row.id}", details, at)
        if receipt.already:
            return JSONResponse(presenting.receipt(receipt))
        return JSONResponse(presenting.receipt(receipt), status_code=201)
    found = queries.invoice(session, row.invoice_id or "")
    known = Receipt(
        found.id, found.receipt_no, found.received_at, found.original_name,
        found.original_sha256, found.status, "same_message",
    )  # fmt: skip
    return JSONResponse(presenting.receipt(known))


def _note(session: Session, service: Service, row: NetworkMessage, handed: HandedOver) -> None:
    """What is no invoice to pay. ResponseInvalid when it is no response at all."""
    if handed.header.document_type == INVOICE_RESPONSE:
        replies.keep_response(session, row, replies.read_response(handed.document))
    else:
        self_billed.keep(session, service, row, self_billed.examine(handed.document))
    if row.status is MessageState.KEPT:
        row.state = MessageState.HANDED_ON.value
