"""Handing on what was received: an invoice into the one intake, an answer to what it answers.

`take_in` is the job of every message kept by the access point. Running it twice does it once: the
row's state is compared under a lock, and the intake knows a network message by its number.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from einvoice import receiving
from einvoice.receiving import Channel, Receipt
from einvoice.refusals import FileTooLargeError, IntakeError, MessageReusedError
from peppol import DocumentTypeId, Envelope, PeppolError, open_envelope
from peppol.answers import mls_answer
from peppol.as4 import Limits
from peppol.as4.compression import Expanded
from peppol.errors import ResponseInvalid
from peppol.evidence import Evidence
from peppol.identifiers import INVOICE_RESPONSE, JP_SELF_BILLING, MESSAGE_LEVEL_STATUS
from peppol.message_level_status import delivery_failed
from portal.network import replies, self_billed
from portal.network.incoming import header_of, mls_parties
from portal.network.models import MessageState, NetworkMessage
from portal.network.owed import owe
from portal.network.parts import limits_of
from portal.network.received import ALARM, evidence_of
from portal.network.sending import SYSTEM
from portal.service import Service
from records import audit

ROOM_FOR_ENVELOPE = 1024 * 1024
"""Bytes around the largest invoice: the header and what a sender adds to it."""


def take_in(service: Service, *, message: str) -> None:
    """The job of a kept message."""
    with service.database.transaction() as session:
        row = session.get_one(NetworkMessage, message)
    if row.status is not MessageState.KEPT:
        return
    kind = DocumentTypeId.parse(row.document_type)
    act: Callable[[Session, NetworkMessage], object]
    try:
        if (row.expanded_size or 0) > receiving.MAX_BYTES + ROOM_FOR_ENVELOPE:
            # Not even opened: the intake refuses it, and it would fill the memory.
            limit = receiving.MAX_BYTES // 1_000_000
            size = (row.expanded_size or 0) // 1_000_000
            name = row.instance_identifier
            raise FileTooLargeError(field="file", name=name, size=size, limit=limit)
        envelope = opened(service, row)
        if kind == MESSAGE_LEVEL_STATUS:
            status = replies.read_status(envelope.payload)
            act = lambda session, found: replies.keep_status(session, found, status)  # noqa: E731
        elif kind == INVOICE_RESPONSE:
            response = replies.read_response(envelope.payload)
            act = lambda session, found: replies.keep_response(session, found, response)  # noqa: E731
        elif kind == JP_SELF_BILLING:
            examined = self_billed.examine(envelope.payload)
            act = lambda session, found: self_billed.keep(session, service, found, examined)  # noqa: E731
        else:
            act = lambda session, found: to_invoices(session, service, found, envelope)  # noqa: E731
        with service.database.transaction() as session:
            found = session.get_one(NetworkMessage, message, with_for_update=True)
            if found.status is not MessageState.KEPT:
                return
            act(session, found)
            if found.status is MessageState.KEPT:
                found.state = MessageState.HANDED_ON.value
            did = f"network.{found.state}"
            told: dict[str, object] = {"error": found.last_error} if found.last_error else {}
            _noted(session, found, did, service.clock.now(), told)
    except (IntakeError, PeppolError) as error:
        _reject(service, message, error)


def to_invoices(
    session: Session, service: Service, row: NetworkMessage, envelope: Envelope
) -> Receipt:
    """The document into the intake of invoices, dated when the message was received.

    Raises `IntakeError`; the caller decides whom to tell.
    """
    name = row.instance_identifier
    receipt = receiving.receive(
        session,
        store=service.store,
        data=envelope.payload,
        name=f"{name}.xml"[:255],
        channel=Channel.PEPPOL,
        vendor_id=None,
        actor=SYSTEM,
        at=row.recorded,
        message_id=name[:200],
    )
    row.invoice_id = receipt.invoice_id
    if receipt.already:
        row.flags = [*row.flags, f"already received: {receipt.receipt_no}"]
    return receipt


def opened(service: Service, row: NetworkMessage) -> Envelope:
    """The envelope of a kept message, expanded within the caps once more."""
    kept = service.store.read(row.payload_sha256 or "")
    if row.via == "provider":
        return open_envelope(kept)
    return open_envelope(_expanded(kept, limits_of(service.settings)))


def _expanded(gzipped: bytes, limits: Limits) -> bytes:
    source = Expanded(io.BytesIO(gzipped), limits)
    pieces: list[bytes] = []
    while piece := source.read(64 * 1024):
        pieces.append(piece)
    return b"".join(pieces)


def _reject(service: Service, message: str, error: IntakeError | PeppolError) -> None:
    """Nobody here can use it: kept with the reason; its sender's provider is told."""
    at = service.clock.now()
    with service.database.transaction() as session:
        row = session.get_one(NetworkMessage, message, with_for_update=True)
        if row.status is not MessageState.KEPT:
            return
        row.state = MessageState.REJECTED.value
        row.last_error = error.code
        row.error_ja, row.error_en = error.message_ja[:1000], error.message_en[:1000]
        if isinstance(error, MessageReusedError):
            row.flags = [*row.flags, ALARM]
        _noted(session, row, "network.rejected", at, {"error": error.code})
        if row.via == "as4" and not isinstance(error, ResponseInvalid):
            _owe_status(session, service, row, error.message_en, at)


def _owe_status(
    session: Session, service: Service, row: NetworkMessage, words: str, at: datetime
) -> None:
    evidence: Evidence = evidence_of(row)
    header = header_of(row)
    parties = mls_parties(evidence, header)
    if parties is None:
        return
    ours, theirs = parties
    status = delivery_failed(
        words, reference=row.instance_identifier, sender=ours, receiver=theirs, at=at
    )
    answer = mls_answer(evidence, header, status)
    if answer is not None:
        owe(session, answer, about_id=row.id, status=status.status.value)


def _noted(
    session: Session, row: NetworkMessage, act: str, at: datetime, details: dict[str, object]
) -> None:
    audit.append(
        session,
        SYSTEM,
        act,
        f"network:{row.id}",
        {"message": row.message_id or "", "invoice": row.invoice_id or "", **details},
        at,
    )
