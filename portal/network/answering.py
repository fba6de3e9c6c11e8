"""Answers made from findings and decisions, for invoices that came by our access point.

    the invoice becomes     to the sender's provider (MLS)      to the seller (Invoice Response)
    at_section              AB, if asked for                    AB received
    refused                 RE with the rules broken            –  (the provider tells)
    duplicate               AB, if asked for                    –  (the first one is under way)
    returned                                                    RE with the reasons of the 返戻
    approved                                                    AP
    paid                                                        PD

`answer` is a job that `einvoice` enqueues with each move of an invoice that came over the network.
Each answer is owed once, by its subject, and only in the order that the BIS allows: after a
rejection nothing more, after an approval only the payment. What a provider received for us
is answered through that provider's API, if it has one; the MLS only where we are told whom to
answer in whose name (else it is the provider's own).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.findings import Text
from einvoice.models import FindingRow, ReceivedInvoice
from einvoice.states import State
from peppol import ParticipantId, PeppolError
from peppol.answers import (
    Answer,
    CanSend,
    Round,
    invoice_response_answer,
    mls_answer,
    not_registered,
    send_due,
)
from peppol.as4.faults import EndpointUnavailable, SendingFailed
from peppol.identifiers import INVOICE_RESPONSE
from peppol.invoice_response import (
    Clarification,
    ClarificationAction,
    ClarificationReason,
    InvoiceResponse,
    InvoiceStatus,
    ResponseParty,
    follows,
)
from peppol.message_level_status import Issue, MessageLevelStatus, Reason, Status, status_of
from peppol.provider_outbound import ReceiverNotRegistered
from peppol.sbdh import Header
from portal.network import provider_outbox
from portal.network.incoming import header_of, mls_parties
from portal.network.models import NetworkAnswer, NetworkMessage
from portal.network.owed import DatabaseAnswers, owe
from portal.network.received import evidence_of
from portal.network.sending import Post
from portal.service import Service
from records import calendar, new_id

LOOKED_AT: Final = frozenset({State.AT_SECTION, State.REFUSED, State.DUPLICATE})
RESPONSES: Final = {
    State.AT_SECTION: InvoiceStatus.RECEIVED,
    State.RETURNED: InvoiceStatus.REJECTED,
    State.APPROVED: InvoiceStatus.ACCEPTED,
    State.PAID: InvoiceStatus.PAID,
}
MOST_REASONS = 50

# What a return's checks are about, in the words of the code list OPStatusReason.
_REASONS: Final = {
    "VEN": ClarificationReason.LEGAL_INFORMATION_INCORRECT,
    "TAX": ClarificationReason.LEGAL_INFORMATION_INCORRECT,
    "CON": ClarificationReason.REFERENCES_INCORRECT,
    "AMT": ClarificationReason.PRICES_INCORRECT,
    "INS": ClarificationReason.QUANTITY_INCORRECT,
    "ACC": ClarificationReason.FINANCE_TERMS_INCORRECT,
}


class NoPlaceForAnswer(SendingFailed):
    """The seller registered no place for an Invoice Response: mail and portal tell it."""

    code = "network.no_place_for_answer"


def answer(service: Service, *, invoice_id: str, state: str, at: str) -> None:
    """The job: owe what this state of the invoice is to be answered with."""
    now = datetime.fromisoformat(at)
    with service.database.transaction() as session:
        message = session.scalar(
            select(NetworkMessage)
            .where(
                NetworkMessage.invoice_id == invoice_id,
                NetworkMessage.direction == "incoming",
            )
            .order_by(NetworkMessage.serial)
            .limit(1)
        )
        if message is None or not _can_answer(service, message):
            return
        row = queries.invoice(session, invoice_id)
        if State(state) in LOOKED_AT:
            _owe_status(session, service, row, message, State(state), now)
        status = RESPONSES.get(State(state))
        if status is not None and row.number:
            _owe_response(session, service, row, message, status, now)


def send_answers(service: Service) -> None:
    """One round over what is due; a periodic job, and one with each new answer."""
    if service.settings.peppol.mode == "access_point" or provider_outbox.is_open(service):
        run_round(service)


def run_round(service: Service) -> Round:
    """`peppol.answers.send_due` over the database."""
    book = DatabaseAnswers(service.database)
    if not list(book.due(service.clock.now())):
        return Round()
    post: CanSend
    if provider_outbox.is_open(service):
        post = provider_outbox.ProviderPost(service)
    else:
        post = Post(service, service.access_point.sender())
    return send_due(book, _Careful(post), service.clock.now)


def _can_answer(service: Service, message: NetworkMessage) -> bool:
    """Our own access point answers what it received; a provider's API, what the provider did."""
    if message.via == provider_outbox.VIA:
        return provider_outbox.is_open(service)
    return True


class _Careful:
    """One answer's trouble must not stop the round: what is unforeseen is tried again later."""

    def __init__(self, inner: CanSend) -> None:
        self._inner = inner

    def send(self, header: Header, document: bytes) -> object:
        try:
            return self._inner.send(header, document)
        except PeppolError as error:
            nowhere = not_registered(error) or isinstance(error, ReceiverNotRegistered)
            if header.document_type == INVOICE_RESPONSE and nowhere:
                raise NoPlaceForAnswer(
                    "相手は受け取る登録をしていません。", "the receiver takes no such document."
                ) from error
            raise
        except Exception as error:
            name = type(error).__name__
            raise EndpointUnavailable(f"内部エラー({name})。", f"internal ({name}).") from error


@dataclass(frozen=True, slots=True)
class _Said:
    """A kept finding with the names that `peppol.message_level_status` asks for."""

    id: str
    severity: str
    path: str | None
    source: str
    message: Text

    @classmethod
    def of(cls, row: FindingRow) -> _Said:
        words = Text(row.message_ja, row.message_en)
        return cls(row.check_id, row.severity, row.path, row.source, words)


def _owe_status(
    session: Session,
    service: Service,
    row: ReceivedInvoice,
    message: NetworkMessage,
    state: State,
    at: datetime,
) -> None:
    evidence, header = evidence_of(message), header_of(message)
    parties = mls_parties(evidence, header, service.settings.peppol.provider_address)
    if parties is None:
        return  # the provider received it, and answers its peer itself
    ours, theirs = parties
    findings = [_Said.of(each) for each in queries.findings(session, row.id)]
    if state is not State.REFUSED:
        # Taken in: errors of the standard would have refused it.
        findings = [each for each in findings if each.severity != "error"]
    status = status_of(
        findings, reference=message.instance_identifier, sender=ours, receiver=theirs, at=at
    )
    if state is State.REFUSED and status.status is not Status.REJECTED:
        status = _refused(status, at)
    owed = mls_answer(evidence, header, status)
    if owed is not None:
        owe(session, owed, about_id=message.id, status=status.status.value)


def _refused(status: MessageLevelStatus, at: datetime) -> MessageLevelStatus:
    """A refusal for what no rule has a name for, such as bytes that are no invoice at all."""
    words = "The document could not be processed as an invoice."
    return MessageLevelStatus(
        id=status.id,
        issued=at,
        sender=status.sender,
        receiver=status.receiver,
        status=Status.REJECTED,
        reference=status.reference,
        description=words,
        issues=(Issue(Reason.SYNTAX_VIOLATED, words), *status.issues),
    )


def _owe_response(
    session: Session,
    service: Service,
    row: ReceivedInvoice,
    message: NetworkMessage,
    status: InvoiceStatus,
    at: datetime,
) -> None:
    told = session.scalars(
        select(NetworkAnswer.status).where(
            NetworkAnswer.about_id == message.id,
            NetworkAnswer.document_type == INVOICE_RESPONSE.uri,
        )
    )
    if not follows(status, [InvoiceStatus(each) for each in told]):
        return  # a mail tells it; the network's own rules leave no further word
    city = ParticipantId(message.receiver)
    seller = ParticipantId(message.sender)
    note = ""
    clarifications: tuple[Clarification, ...] = ()
    if status is InvoiceStatus.REJECTED:
        note, clarifications = _reasons(session, row)
    response = InvoiceResponse(
        id=new_id(),
        issued=calendar.jst_date(at),
        sender=ResponseParty(city, service.settings.city.name),
        receiver=ResponseParty(seller, row.seller_name or seller.value),
        status=status,
        invoice_number=row.number or "",
        invoice_date=row.issue_date,
        effective=row.paid_on if status is InvoiceStatus.PAID else None,
        clarifications=clarifications,
        note=note,
    )
    owed: Answer = invoice_response_answer(
        response.write(),
        subject=f"{row.id} {status.value}",
        sender=city,
        receiver=seller,
        at=at,
    )
    owe(session, owed, about_id=message.id, status=status.value)


def _reasons(session: Session, row: ReceivedInvoice) -> tuple[str, tuple[Clarification, ...]]:
    """What a 返戻 said, as clarifications; and the clerk's own words."""
    returned = queries.return_of(session, row.id)
    given = returned.reasons if returned else []
    told = tuple(
        Clarification(
            _REASONS.get(str(reason["id"])[:3], ClarificationReason.OTHER),
            f"{reason['message']['ja']} / {reason['message']['en']}",
        )
        for reason in given[:MOST_REASONS]
    )
    note = returned.note if returned else ""
    if not told:
        told = (Clarification(ClarificationReason.OTHER, note or "返戻 / returned"),)
    return note, (*told, Clarification(ClarificationAction.NEW_INVOICE))
