"""Sending a failed message again: a person's act, once for each failure.

What may have arrived (no answer, or an answer that proves nothing) goes again as the very same
bytes, so that the receiver knows it; what the receiver refused goes as a new message that names
the one it replaces. A message that was never built is looked up anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Conflict, NotFound
from portal.network.models import MessageState, NetworkMessage
from portal.network.outbox import SEND, header_of, queue
from records import Actor, audit, jobs, new_id

REFUSED = "peppol.as4.refused_by_receiver"


class NotToBeSentAgain(Conflict):
    code = "portal.not_to_be_sent_again"
    ja = "このメッセージは再送できません（届いているか、まだ送信中です）。"
    en = "This message cannot be sent again: it was delivered, or is still being sent."
    mend_ja = "画面を読み込み直して、いまの状態を確かめてください。"
    mend_en = "Reload the page and look at its present state."


def resend(session: Session, *, message_id: str, actor: Actor, at: datetime) -> NetworkMessage:
    """Send a failed message again. Pressed twice it is sent once.

    Raises NotFound, or NotToBeSentAgain for one that did not fail.
    """
    row = session.get(NetworkMessage, message_id, with_for_update=True)
    if row is None or row.is_incoming:
        raise NotFound()
    replacement = session.scalar(select(NetworkMessage).where(NetworkMessage.replaces_id == row.id))
    if replacement is not None:
        return replacement
    if row.status is MessageState.WAITING and row.last_error:
        return row  # pressed twice, or the worker tries anyway
    if row.status is not MessageState.FAILED:
        raise NotToBeSentAgain()
    if row.last_error == REFUSED:
        fresh = replace(header_of(row), instance_identifier=new_id(), created=at)
        sent = queue(
            session,
            fresh,
            document_sha256=row.document_sha256 or "",
            network=row.network,
            at=at,
            number=row.document_number,
            invoice_id=row.invoice_id,
            replaces_id=row.id,
        )
    else:
        row.state = MessageState.WAITING.value
        session.flush()
        jobs.enqueue(session, SEND, key=row.id, args={"message": row.id})
        sent = row
    details = {"as": sent.id, "error": row.last_error}
    audit.append(session, actor, "network.resent", f"network:{row.id}", details, at)
    return sent
