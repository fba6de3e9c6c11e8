"""Answers owed, kept in the database: `peppol.answers.Answers`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from peppol import DocumentTypeId, ParticipantId, ProcessId
from peppol.answers import Answer, AnswerState
from portal.network.models import NetworkAnswer
from records import Database, jobs
from records.jobs.worker import PERIODIC_KEY

SEND_ANSWERS = "network.send_answers"
MOST_IN_A_ROUND = 50


class DatabaseAnswers:
    """One transaction a call; `add` is idempotent by (subject, document type)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, answer: Answer) -> None:
        with self._database.transaction() as session:
            owe(session, answer)

    def due(self, at: datetime) -> Iterable[Answer]:
        """Those to try now, the most urgent first."""
        with self._database.transaction() as session:
            rows = session.scalars(
                select(NetworkAnswer)
                .where(
                    NetworkAnswer.state == AnswerState.WAITING.value,
                    NetworkAnswer.next_try <= at,
                )
                .order_by(NetworkAnswer.due, NetworkAnswer.id)
                .limit(MOST_IN_A_ROUND)
            ).all()
        return [answer_of(row) for row in rows]

    def save(self, answer: Answer) -> None:
        """What an attempt came to. An answer that was sent stays sent."""
        with self._database.transaction() as session:
            session.execute(
                update(NetworkAnswer)
                .where(
                    NetworkAnswer.id == answer.id,
                    NetworkAnswer.state != AnswerState.SENT.value,
                )
                .values(
                    attempts=answer.attempts,
                    next_try=answer.next_try,
                    state=answer.state.value,
                    sent=answer.sent,
                    last_error=answer.last_error[:100],
                )
            )

    def undelivered(self) -> Iterable[Answer]:
        with self._database.transaction() as session:
            rows = session.scalars(
                select(NetworkAnswer)
                .where(NetworkAnswer.state == AnswerState.UNDELIVERABLE.value)
                .order_by(NetworkAnswer.created)
            ).all()
        return [answer_of(row) for row in rows]


def owe(session: Session, answer: Answer, *, about_id: str | None = None, status: str = "") -> bool:
    """Write the answer down, and a job that sends it, unless it is owed already."""
    made = session.scalar(
        insert(NetworkAnswer)
        .values(
            id=answer.id,
            about_id=about_id,
            subject=answer.subject,
            status=status,
            sender=answer.sender.value,
            receiver=answer.receiver.value,
            document_type=answer.document_type.uri,
            process=answer.process.uri,
            document=answer.document,
            created=answer.created,
            due=answer.due,
            next_try=answer.next_try,
            attempts=answer.attempts,
            state=answer.state.value,
            sent=answer.sent,
            last_error=answer.last_error,
        )
        .on_conflict_do_nothing(index_elements=["subject", "document_type"])
        .returning(NetworkAnswer.id)
    )
    if made is None:
        return False
    # The periodic run has the same key: the two never run at the same time.
    jobs.enqueue(session, SEND_ANSWERS, key=PERIODIC_KEY, args={})
    return True


def answer_of(row: NetworkAnswer) -> Answer:
    """The row as the value that `peppol.answers` works on."""
    return Answer(
        id=row.id,
        subject=row.subject,
        sender=ParticipantId(row.sender),
        receiver=ParticipantId(row.receiver),
        document_type=DocumentTypeId.parse(row.document_type),
        process=ProcessId.parse(row.process),
        document=row.document,
        created=row.created,
        due=row.due,
        next_try=row.next_try,
        attempts=row.attempts,
        state=AnswerState(row.state),
        sent=row.sent,
        last_error=row.last_error,
    )
