"""What pages and commands ask about the network. All SELECTs of reading stand here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from peppol.answers import AnswerState
from peppol.evidence import Evidence
from portal.errors import NotFound
from portal.network.models import MessageState, NetworkAnswer, NetworkMessage, NetworkReply
from portal.network.received import ALARM, evidence_of

NO_PLACE = "network.no_place_for_answer"


class Shelf(StrEnum):
    """What a list shows."""

    ALL = "all"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    TROUBLE = "trouble"


def messages(
    session: Session,
    shelf: Shelf = Shelf.ALL,
    *,
    text: str = "",
    limit: int = 50,
    before: int | None = None,
) -> Sequence[NetworkMessage]:
    """Newest first; `before` is the serial of the last one shown."""
    wanted = select(NetworkMessage).where(*_of(shelf))
    if text.strip():
        wanted = wanted.where(_names(text.strip()))
    if before is not None:
        wanted = wanted.where(NetworkMessage.serial < before)
    return session.scalars(wanted.order_by(NetworkMessage.serial.desc()).limit(limit)).all()


def message(session: Session, message_id: str) -> NetworkMessage:
    """One message by our id, or NotFound."""
    row = session.get(NetworkMessage, message_id)
    if row is None:
        raise NotFound()
    return row


def message_of_invoice(session: Session, invoice_id: str) -> NetworkMessage | None:
    """The message by which an invoice came; the first one of several."""
    return session.scalar(
        select(NetworkMessage)
        .where(NetworkMessage.invoice_id == invoice_id, NetworkMessage.direction == "incoming")
        .order_by(NetworkMessage.serial)
        .limit(1)
    )


def answers_about(session: Session, row: NetworkMessage) -> Sequence[NetworkAnswer]:
    """What we owe or have told about a message."""
    return session.scalars(
        select(NetworkAnswer)
        .where(NetworkAnswer.about_id == row.id)
        .order_by(NetworkAnswer.created, NetworkAnswer.id)
    ).all()


def replies_about(session: Session, row: NetworkMessage) -> Sequence[NetworkReply]:
    """What others have told us about a message."""
    return session.scalars(
        select(NetworkReply).where(NetworkReply.about_id == row.id).order_by(NetworkReply.at)
    ).all()


def undelivered(session: Session, *, limit: int = 200) -> Sequence[NetworkAnswer]:
    """Answers that nobody took, newest first; a seller without a place for them is no failure."""
    return session.scalars(
        select(NetworkAnswer)
        .where(_failed_answer())
        .order_by(NetworkAnswer.created.desc())
        .limit(limit)
    ).all()


def is_used(session: Session) -> bool:
    """Whether the network ever brought or took anything."""
    return bool(session.scalar(select(exists().where(NetworkMessage.id.is_not(None)))))


def evidence(session: Session) -> Iterator[Evidence]:
    """The evidence of every message that has some, oldest first."""
    found = session.scalars(
        select(NetworkMessage)
        .where(NetworkMessage.evidence.is_not(None))
        .order_by(NetworkMessage.serial)
        .execution_options(yield_per=500)
    )
    for row in found:
        yield evidence_of(row)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the network goes, counted over everything kept. `oldest_kept`: None when none waits."""

    received: int
    sent: int
    kept: int
    rejected: int
    waiting: int
    delivered: int
    failed: int
    answers_waiting: int
    answers_late: int
    answers_sent: int
    answers_undelivered: int
    answers_unwanted: int
    alarms: int
    oldest_kept: datetime | None

    @property
    def trouble(self) -> int:
        """What a person should look at."""
        return self.rejected + self.failed + self.answers_undelivered + self.answers_late


def figures(session: Session, at: datetime) -> Figures:
    """Counted now."""
    states = {
        (direction, state): int(count)
        for direction, state, count in session.execute(
            select(NetworkMessage.direction, NetworkMessage.state, func.count()).group_by(
                NetworkMessage.direction, NetworkMessage.state
            )
        )
    }

    def of(state: MessageState) -> int:
        return sum(count for (_, each), count in states.items() if each == state.value)

    waiting = NetworkAnswer.state == AnswerState.WAITING.value
    counts = session.execute(
        select(
            func.count().filter(waiting),
            func.count().filter(waiting, NetworkAnswer.due < at),
            func.count().filter(NetworkAnswer.state == AnswerState.SENT.value),
            func.count().filter(_failed_answer()),
            func.count().filter(NetworkAnswer.last_error == NO_PLACE),
        )
    ).one()
    alarms = session.scalar(
        select(func.count())
        .select_from(NetworkMessage)
        .where(NetworkMessage.flags.contains([ALARM]))
    )
    return Figures(
        received=sum(count for (side, _), count in states.items() if side == "incoming"),
        sent=sum(count for (side, _), count in states.items() if side == "outgoing"),
        kept=of(MessageState.KEPT),
        rejected=of(MessageState.REJECTED),
        waiting=of(MessageState.WAITING),
        delivered=of(MessageState.DELIVERED),
        failed=_open_failures(session),
        answers_waiting=counts[0],
        answers_late=counts[1],
        answers_sent=counts[2],
        answers_undelivered=counts[3],
        answers_unwanted=counts[4],
        alarms=alarms or 0,
        oldest_kept=session.scalar(
            select(func.min(NetworkMessage.recorded)).where(
                NetworkMessage.state == MessageState.KEPT.value
            )
        ),
    )


def _open_failures(session: Session) -> int:
    """Failed messages that were not sent anew, answers left out (they have their own list)."""
    return session.scalar(select(func.count()).select_from(NetworkMessage).where(_failed())) or 0


def _failed() -> ColumnElement[bool]:
    newer = NetworkMessage.__table__.alias("newer")
    answer = exists().where(NetworkAnswer.id == NetworkMessage.instance_identifier)
    replaced = exists().where(newer.c.replaces_id == NetworkMessage.id)
    return (NetworkMessage.state == MessageState.FAILED.value) & ~replaced & ~answer


def _failed_answer() -> ColumnElement[bool]:
    return (NetworkAnswer.state == AnswerState.UNDELIVERABLE.value) & (
        NetworkAnswer.last_error != NO_PLACE
    )


def _of(shelf: Shelf) -> list[ColumnElement[bool]]:
    if shelf is Shelf.TROUBLE:
        return [or_(NetworkMessage.state == MessageState.REJECTED.value, _failed())]
    if shelf is Shelf.ALL:
        return []
    return [NetworkMessage.direction == shelf.value]


def _names(text: str) -> ColumnElement[bool]:
    return or_(
        *(
            column.icontains(text, autoescape=True)
            for column in (
                NetworkMessage.sender,
                NetworkMessage.receiver,
                NetworkMessage.message_id,
                NetworkMessage.instance_identifier,
                NetworkMessage.document_number,
            )
        )
    )
