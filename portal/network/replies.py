"""Answers that come to us: an MLS or an Invoice Response about something we sent."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from peppol import invoice_response, message_level_status
from peppol.invoice_response import InvoiceResponse
from peppol.message_level_status import MessageLevelStatus
from portal.network.models import NetworkMessage, NetworkReply
from records import new_id

read_status = message_level_status.read
read_response = invoice_response.read


def keep_status(session: Session, row: NetworkMessage, status: MessageLevelStatus) -> None:
    """An MLS names the envelope it speaks of. It counts only from the provider we sent to."""
    about = session.scalar(
        select(NetworkMessage).where(
            NetworkMessage.direction == "outgoing",
            NetworkMessage.instance_identifier == status.reference,
            NetworkMessage.receiver_seat == row.sender_seat,
        )
    )
    words = [[issue.reason.value, issue.text] for issue in status.issues]
    if status.description:
        words.insert(0, ["", status.description])
    _keep(session, row, about, "mls", status.status.value, status.reference, words)


def keep_response(session: Session, row: NetworkMessage, response: InvoiceResponse) -> None:
    """An Invoice Response names the invoice; it counts from the buyer it was sent to."""
    about = session.scalar(
        select(NetworkMessage)
        .where(
            NetworkMessage.direction == "outgoing",
            NetworkMessage.document_number == response.invoice_number,
            NetworkMessage.receiver == row.sender,
            NetworkMessage.sender == row.receiver,
        )
        .order_by(NetworkMessage.serial.desc())
        .limit(1)
    )
    words = [[c.code.value if c.code else "", c.text] for c in response.clarifications]
    if response.note:
        words.insert(0, ["", response.note])
    _keep(
        session,
        row,
        about,
        "invoice_response",
        response.status.value,
        response.invoice_number,
        words,
    )


def _keep(
    session: Session,
    row: NetworkMessage,
    about: NetworkMessage | None,
    kind: str,
    status: str,
    reference: str,
    words: list[list[str]],
) -> None:
    session.execute(
        insert(NetworkReply)
        .values(
            id=new_id(),
            source_id=row.id,
            about_id=about.id if about else None,
            kind=kind,
            status=status,
            reference=reference[:300],
            words=[[code, text[:1000]] for code, text in words[:200]],
            at=row.recorded,
        )
        .on_conflict_do_nothing(index_elements=["source_id"])
    )
