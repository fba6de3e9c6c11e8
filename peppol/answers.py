"""Answers that are owed: to whom, by when, tried how often, and what could not be delivered.

An MLS goes to the sender's provider (corner 2) within 20 minutes; an Invoice Response goes to the
seller (corner 1) if it is registered for it. Both travel as ordinary messages. This module decides
and keeps count; `send_due` is one round of a periodic job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from uuid import uuid4

from peppol.as4.faults import SendingFailed
from peppol.errors import LookupFailed, LookupTemporarilyUnavailable, PeppolError
from peppol.evidence import Evidence
from peppol.identifiers import (
    INVOICE_RESPONSE,
    INVOICE_RESPONSE_PROCESS,
    MESSAGE_LEVEL_RESPONSE,
    MESSAGE_LEVEL_STATUS,
    MESSAGE_LEVEL_STATUS_PROCESS,
    SERVICE_PROVIDER,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
    seat_id,
    service_provider_address,
)
from peppol.message_level_status import MessageLevelStatus, Status
from peppol.sbdh import Header, MlsType

MLS_WITHIN: Final = timedelta(minutes=20)
"""Service level: from receiving a message to having sent its MLS."""
GIVE_UP_AFTER: Final = timedelta(days=3)
_WAITS: Final = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30, 60))
_NEVER_ANSWERED: Final = frozenset({MESSAGE_LEVEL_STATUS, MESSAGE_LEVEL_RESPONSE})


class AnswerState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer we owe. `subject` is what it answers: at most one answer of a kind for each."""

    id: str
    subject: str
    sender: ParticipantId
    receiver: ParticipantId
    document_type: DocumentTypeId
    process: ProcessId
    document: bytes
    created: datetime
    due: datetime
    next_try: datetime
    attempts: int = 0
    state: AnswerState = AnswerState.WAITING
    sent: datetime | None = None
    last_error: str = ""
    """Code of the last failure."""

    def is_late(self, at: datetime) -> bool:
        """Whether the service level was missed, or is being missed at `at`."""
        return (self.sent or at) > self.due

    def failed(self, error: PeppolError, at: datetime) -> Answer:
        """After a failed attempt: another one later, or undeliverable.

        What may pass (network, overload, lookup without answer, a receiver that is not registered
        yet) is tried until `GIVE_UP_AFTER`; a refusal or a faulty answer is final.
        """
        wait = _WAITS[min(self.attempts, len(_WAITS) - 1)]
        passing = isinstance(error, LookupFailed) or getattr(error, "retry", False)
        over = at + wait > self.created + GIVE_UP_AFTER
        return replace(
            self,
            attempts=self.attempts + 1,
            next_try=at + wait,
            state=AnswerState.WAITING if passing and not over else AnswerState.UNDELIVERABLE,
            last_error=error.code,
        )

    def delivered(self, at: datetime) -> Answer:
        """After a valid receipt."""
        return replace(
            self, attempts=self.attempts + 1, state=AnswerState.SENT, sent=at, last_error=""
        )


class Answers(Protocol):
    """Keeps answers. `add` is idempotent by (subject, document type)."""

    def add(self, answer: Answer) -> None: ...
    def due(self, at: datetime) -> Iterable[Answer]: ...
    def save(self, answer: Answer) -> None: ...
    def undelivered(self) -> Iterable[Answer]: ...


class CanSend(Protocol):
    """`peppol.as4.Sender` fits."""

    def send(self, header: Header, document: bytes) -> object: ...


def mls_address(evidence: Evidence, header: Header) -> ParticipantId:
    """Where the MLS goes: MLS_TO if it belongs to corner 2 itself, else by its certificate's CN.

    A stranger's address in MLS_TO would let one provider flood another, so the main id (the six
    digits) must be that of the seat which signed the message.
    """
    own = service_provider_address(seat_id(evidence.sender_seat))
    wanted = header.mls_to
    if (
        wanted is not None
        and wanted.scheme == SERVICE_PROVIDER
        and wanted.fault() is None
        and wanted.number[:6] == own.number
    ):
        return wanted
    return own


def is_mls_due(header: Header, status: Status) -> bool:
    """Negative always, positive only when asked for; never in answer to an MLS or MLR."""
    if header.document_type in _NEVER_ANSWERED:
        return False
    return status is Status.REJECTED or header.mls_type is MlsType.ALWAYS_SEND


def mls_answer(evidence: Evidence, header: Header, status: MessageLevelStatus) -> Answer | None:
    """The answer to send for a received message, None when none is due."""
    if not is_mls_due(header, status.status):
        return None
    return Answer(
        id=str(uuid4()),
        subject=evidence.message_id,
        sender=status.sender,
        receiver=status.receiver,
        document_type=MESSAGE_LEVEL_STATUS,
        process=MESSAGE_LEVEL_STATUS_PROCESS,
        document=status.write(),
        created=evidence.recorded,
        due=evidence.recorded + MLS_WITHIN,
        next_try=status.issued,
    )


def invoice_response_answer(
    document: bytes,
    *,
    subject: str,
    sender: ParticipantId,
    receiver: ParticipantId,
    at: datetime,
    within: timedelta = timedelta(days=1),
) -> Answer:
    """An Invoice Response to the seller. `subject` names invoice and status (each said once)."""
    return Answer(
        id=str(uuid4()),
        subject=subject,
        sender=sender,
        receiver=receiver,
        document_type=INVOICE_RESPONSE,
        process=INVOICE_RESPONSE_PROCESS,
        document=document,
        created=at,
        due=at + within,
        next_try=at,
    )


def header_for(answer: Answer, at: datetime, country: str = "JP") -> Header:
    """The envelope's header; its InstanceIdentifier is the answer's id, the same on every try."""
    return Header.for_document(
        sender=answer.sender,
        receiver=answer.receiver,
        document_type=answer.document_type,
        process=answer.process,
        instance_identifier=answer.id,
        created=at,
        country_c1=country,
    )


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of `send_due` did."""

    sent: int = 0
    postponed: int = 0
    undeliverable: int = 0
    late: int = 0


def send_due(answers: Answers, sender: CanSend, now: Callable[[], datetime]) -> Round:
    """Try every answer that is due now, once each. Failures are kept with the answer."""
    done = Round()
    for answer in list(answers.due(now())):
        try:
            sender.send(header_for(answer, now()), answer.document)
        except (SendingFailed, LookupFailed, PeppolError) as error:
            after = answer.failed(error, now())
        else:
            after = answer.delivered(now())
        answers.save(after)
        done = Round(
            done.sent + (after.state is AnswerState.SENT),
            done.postponed + (after.state is AnswerState.WAITING),
            done.undeliverable + (after.state is AnswerState.UNDELIVERABLE),
            done.late + after.is_late(now()),
        )
    return done


def not_registered(error: PeppolError) -> bool:
    """Whether the receiver simply has no place for this answer (then mail or portal tell it)."""
    return isinstance(error, LookupFailed) and not isinstance(error, LookupTemporarilyUnavailable)
