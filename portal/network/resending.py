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

from peppol.answers import AnswerState
from portal.errors import Conflict, NotFound
from portal.network.models import MessageState, NetworkAnswer, NetworkMessage
from portal.network.outbox import SEND, header_of, queue
from portal.network.owed import SEND_ANSWERS
from records import Actor, audit, jobs, new_id
from records.jobs.worker import PERIODIC_KEY

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
    newer = replacement(session, row)
    if newer is not None:
        return newer
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


def replacement(session: Session, row: NetworkMessage) -> NetworkMessage | None:
    """The message that replaces this one, if any."""
    return session.scalar(select(NetworkMessage).where(NetworkMessage.replaces_id == row.id))


def is_open(session: Session, row: NetworkMessage) -> bool:
    """Whether sending it again is a person's to decide: failed, not replaced, no answer (which
    has a button of its own)."""
    return (
        row.status is MessageState.FAILED
        and replacement(session, row) is None
        and session.get(NetworkAnswer, row.instance_identifier) is None
    )


def resend_answer(session: Session, *, answer_id: str, actor: Actor, at: datetime) -> str | None:
    """Try an answer that could not be delivered once more; what it is about.

    One that waits or was delivered is left alone. A refused one goes as a new message.
    """
    row = session.get(NetworkAnswer, answer_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.state != AnswerState.UNDELIVERABLE.value:
        return row.about_id
    row.state, row.next_try, row.created = AnswerState.WAITING.value, at, at
    sent = session.scalar(
        select(NetworkMessage)
        .where(
            NetworkMessage.direction == "outgoing",
            NetworkMessage.instance_identifier == row.id,
        )
        .with_for_update()
    )
    if sent is not None and sent.status is MessageState.FAILED:
        sent.state = MessageState.WAITING.value
        # Built anew: what was refused is not sent again as it was.
        sent.wire_sha256 = sent.message_id = None
    session.flush()
    jobs.enqueue(session, SEND_ANSWERS, key=PERIODIC_KEY, args={})
    subject = f"network:{row.about_id or row.id}"
    audit.append(session, actor, "network.answer_resent", subject, {"answer": row.id}, at)
    return row.about_id
