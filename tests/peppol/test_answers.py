"""Answers we owe: to the right corner, in time, again after failures, and a list of what failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from peppol.answers import (
    Answer,
    AnswerState,
    Round,
    header_for,
    invoice_response_answer,
    is_mls_due,
    mls_address,
    mls_answer,
    not_registered,
    send_due,
)
from peppol.as4.faults import EndpointUnavailable, ReceiptInvalid, RefusedByReceiver
from peppol.errors import (
    LookupTemporarilyUnavailable,
    ParticipantNotRegistered,
    PeppolError,
    Text,
)
from peppol.evidence import Evidence
from peppol.identifiers import (
    INVOICE_RESPONSE,
    MESSAGE_LEVEL_RESPONSE,
    MESSAGE_LEVEL_STATUS,
    ParticipantId,
)
from peppol.message_level_status import Status
from peppol.sbdh import Header, MlsType

from .builders import CITY, NOON, VENDOR, a_header
from .exchange import Exchange
from .test_message_level_status import REJECTION, a_status

MINUTE = timedelta(minutes=1)


@pytest.fixture
def evidence(exchange: Exchange) -> Evidence:
    exchange.receive(exchange.outgoing())
    return next(iter(exchange.store.all()))


class Kept:
    """Answers in memory, by subject and kind."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Answer] = {}

    def add(self, answer: Answer) -> None:
        self.rows.setdefault((answer.subject, answer.document_type.uri), answer)

    def due(self, at: object) -> Iterable[Answer]:
        return [r for r in self.rows.values()
                if r.state is AnswerState.WAITING and r.next_try <= at]  # type: ignore[operator]  # fmt: skip

    def save(self, answer: Answer) -> None:
        self.rows[(answer.subject, answer.document_type.uri)] = answer

    def undelivered(self) -> Iterable[Answer]:
        return [r for r in self.rows.values() if r.state is AnswerState.UNDELIVERABLE]


class Mouth:
    """A sender whose failures are written beforehand."""

    def __init__(self, *errors: PeppolError | None) -> None:
        self.errors = list(errors)
        self.said: list[Header] = []

    def send(self, header: Header, document: bytes) -> object:
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        self.said.append(header)
        return None


@pytest.mark.parametrize(
    ("mls_to", "address"),
    [
        (None, "0242:000001"),
        ("0242:000001-MLS", "0242:000001-MLS"),
        ("0242:000001", "0242:000001"),
        ("0242:999999", "0242:000001"),
        ("0188:7000012050002", "0242:000001"),
        ("0242:0000011", "0242:000001"),
    ],
)
def test_status_goes_to_corner_two_and_no_stranger(
    evidence: Evidence, mls_to: str | None, address: str
) -> None:
    header = a_header(mls_to=ParticipantId(mls_to) if mls_to else None)
    assert mls_address(evidence, header).value == address


def test_positive_status_is_sent_only_when_asked_for_and_none_to_a_status() -> None:
    assert is_mls_due(a_header(), Status.REJECTED)
    assert not is_mls_due(a_header(), Status.DELIVERED)
    assert not is_mls_due(a_header(mls_type=MlsType.FAILURE_ONLY), Status.HANDED_ON)
    assert is_mls_due(a_header(mls_type=MlsType.ALWAYS_SEND), Status.HANDED_ON)
    for kind in (MESSAGE_LEVEL_STATUS, MESSAGE_LEVEL_RESPONSE):
        assert not is_mls_due(a_header(document_type=kind), Status.REJECTED)


def an_answer(evidence: Evidence) -> Answer:
    answer = mls_answer(evidence, a_header(), a_status(**REJECTION))
    assert answer is not None
    return answer


def test_answer_is_due_twenty_minutes_after_the_message_came(evidence: Evidence) -> None:
    answer = an_answer(evidence)
    assert answer.due == evidence.recorded + 20 * MINUTE
    assert not answer.is_late(NOON + 20 * MINUTE)
    assert answer.is_late(NOON + 21 * MINUTE)
    assert mls_answer(evidence, a_header(), a_status()) is None


def test_round_sends_what_is_due_once(evidence: Evidence) -> None:
    kept, mouth = Kept(), Mouth()
    kept.add(an_answer(evidence))
    kept.add(an_answer(evidence))  # the same message answered twice: one answer
    assert send_due(kept, mouth, lambda: NOON) == Round(sent=1)
    assert send_due(kept, mouth, lambda: NOON) == Round()
    (header,) = mouth.said
    assert header.document_type == MESSAGE_LEVEL_STATUS
    assert header.receiver.value == "0242:000001"


def test_passing_failure_is_tried_again_within_the_service_level(evidence: Evidence) -> None:
    kept = Kept()
    kept.add(an_answer(evidence))
    mouth = Mouth(
        EndpointUnavailable("x", "x"),
        LookupTemporarilyUnavailable(participant=CITY, why=Text("x", "x")),
        ParticipantNotRegistered(participant=CITY),
    )
    now = NOON
    tries = 0
    while not mouth.said:
        send_due(kept, mouth, lambda now=now: now)
        now += MINUTE
        tries += 1
        assert tries < 19
    (answer,) = kept.rows.values()
    assert answer.state is AnswerState.SENT
    assert answer.attempts == 4
    assert not answer.is_late(now)


def test_instance_identifier_is_the_same_on_every_try(evidence: Evidence) -> None:
    answer = an_answer(evidence)
    later = answer.failed(EndpointUnavailable("x", "x"), NOON)
    assert header_for(answer, NOON).instance_identifier == (
        header_for(later, NOON + MINUTE).instance_identifier
    )


def test_refusal_or_worthless_receipt_is_final_and_listed(evidence: Evidence) -> None:
    for error in (RefusedByReceiver("EBMS:0004", "Other", ""), ReceiptInvalid("x", "x")):
        kept = Kept()
        kept.add(an_answer(evidence))
        assert send_due(kept, Mouth(error), lambda: NOON) == Round(undeliverable=1)
        (answer,) = kept.undelivered()
        assert answer.last_error == error.code


def test_endless_outage_ends_in_the_list(evidence: Evidence) -> None:
    kept = Kept()
    kept.add(an_answer(evidence))
    now = NOON
    for _ in range(200):
        send_due(kept, Mouth(*[EndpointUnavailable("x", "x")] * 5), lambda now=now: now)
        now += timedelta(hours=1)
    (answer,) = kept.undelivered()
    assert answer.last_error == "peppol.as4.endpoint_unavailable"
    assert answer.is_late(now)


def test_invoice_response_goes_to_the_seller() -> None:
    answer = invoice_response_answer(
        b"<x/>", subject="invoice:1:AP", sender=CITY, receiver=VENDOR, at=NOON
    )
    assert answer.document_type == INVOICE_RESPONSE
    assert answer.receiver == VENDOR
    assert not_registered(ParticipantNotRegistered(participant=VENDOR))
    assert not not_registered(LookupTemporarilyUnavailable(participant=VENDOR, why=Text("x", "x")))
