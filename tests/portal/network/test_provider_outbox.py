"""Our answers go out by the provider's API, with retry, and with what it would not take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from peppol import Header, ParticipantId, invoice_response, make_envelope, message_level_status
from peppol import open_envelope as opened
from peppol.identifiers import BILLING, INVOICE_RESPONSE, JP_INVOICE, MESSAGE_LEVEL_STATUS
from peppol.message_level_status import Status
from peppol.private.servers import WebServer
from peppol.sbdh import MlsType
from portal.accounts import registering
from portal.app import create_app
from portal.network import answering, queries, resending
from portal.network.models import MessageState
from portal.network.showing import Line
from portal.security import api_keys, people
from portal.security.roles import Role
from portal.settings.peppol import PeppolSettings
from records import Actor

from .conftest import THEM, US, City, an_invoice

PATH = "/api/v1/peppol/envelopes"
SYSTEM = Actor(kind="system", id="tests", name="tests")
CLERK = Actor("staff", "kaikei", "伊藤 由美")


@dataclass
class Answered:
    status: int
    body: bytes = b'{"id": "p-1"}'
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Gateway:
    """The provider's API: remembers what it was given; `next` is what it says, 202 when empty."""

    def __init__(self) -> None:
        self.given: list[tuple[dict[str, str], bytes]] = []
        self.next: list[Answered] = []
        self.web = WebServer(post=self.take)

    @property
    def address(self) -> str:
        return self.web.address + "/envelopes"

    def take(self, headers, body) -> Answered:
        data = b""
        while piece := body.read(65536):
            data += piece
        self.given.append(({k.lower(): v for k, v in headers.items()}, data))
        return self.next.pop(0) if self.next else Answered(202)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.web.close()


@pytest.fixture
def city(make_city: Callable[..., City], gateway: Gateway) -> City:
    return make_city(
        mode="provider",
        network="production",
        provider="tokai-sp",
        provider_url=gateway.address,
        provider_key="key-of-ours",
        provider_address="654321",
    )


@pytest.fixture
def hand_over(city: City):
    """What the provider does with an envelope for us."""
    app = create_app(city.service, raise_unknown=True)
    with city.service.database.transaction() as session:
        user = registering.add_staff(
            session, login_name="sp", display_name="伊藤 由美", roles=[Role.ACCOUNTING],
            password=None, department="会計課", title="主任", actor=SYSTEM, at=city.now,
        )  # fmt: skip
        holder = people.staff(user, frozenset({"api_key"}))
        key, _ = api_keys.issue(
            session, holder=holder, label="sp", scopes=["hand_over"], at=city.now
        )

    def post(document: bytes | None = None, *, seat: str | None = "PJP000777", **more: object):
        values: dict[str, object] = {
            "sender": ParticipantId(THEM),
            "receiver": ParticipantId(US),
            "document_type": JP_INVOICE,
            "process": BILLING,
            "instance_identifier": "msg-1",
            "created": city.now,
            **more,
        }
        envelope = make_envelope(Header.for_document(**values), document or an_invoice())  # type: ignore[arg-type]
        headers = {"content-type": "application/xml", "authorization": f"Bearer {key}"}
        if seat:
            headers["peppol-sender-seat"] = seat
        client = TestClient(app, base_url="http://127.0.0.1:8000")
        return client.post(PATH, content=envelope, headers=headers)

    return post


def test_a_received_invoice_is_answered_through_the_providers_api(city, gateway, hand_over):
    assert hand_over().status_code == 201
    city.run_jobs()
    [(headers, body)] = gateway.given
    envelope = opened(body)
    response = invoice_response.read(envelope.payload)
    assert (response.status.value, response.invoice_number) == ("AB", "H-2026-11")
    assert (envelope.header.sender.value, envelope.header.receiver.value) == (US, THEM)
    assert headers["authorization"] == "Bearer key-of-ours"
    assert headers["idempotency-key"] == envelope.header.instance_identifier
    [answer] = city.answers()
    assert (answer.state, answer.id) == ("sent", envelope.header.instance_identifier)
    [sent] = city.sent()
    assert (sent.status, sent.via, sent.receiver_seat) == (
        MessageState.DELIVERED,
        "provider",
        "tokai-sp",
    )
    assert sent.receipt == b'{"id": "p-1"}'
    assert Line.of(sent).state[0] == "事業者に渡しました"
    assert city.service.store.read(sent.payload_sha256) == body
    answering.send_answers(city.service)
    assert len(gateway.given) == 1  # nothing is owed any more


def test_a_refusal_is_told_to_the_peer_by_an_mls_in_the_providers_name(city, gateway, hand_over):
    broken = an_invoice().replace(b"<cbc:InvoiceTypeCode>380<", b"<cbc:InvoiceTypeCode>999<")
    hand_over(broken, mls_type=MlsType.ALWAYS_SEND)
    city.run_jobs()
    envelopes = [opened(body) for _, body in gateway.given]
    [mls] = [e for e in envelopes if e.header.document_type == MESSAGE_LEVEL_STATUS]
    status = message_level_status.read(mls.payload)
    assert (status.status, status.reference) == (Status.REJECTED, "msg-1")
    assert (status.sender.value, status.receiver.value) == ("0242:654321", "0242:000777")


def test_without_the_peers_seat_the_mls_is_the_providers_own(city, gateway, hand_over):
    broken = an_invoice().replace(b"<cbc:InvoiceTypeCode>380<", b"<cbc:InvoiceTypeCode>999<")
    assert hand_over(broken, seat=None).status_code == 201
    city.run_jobs()
    assert gateway.given == []
    assert city.answers() == []
    assert hand_over(seat="NOBODY", instance_identifier="msg-2").status_code == 400


def test_what_the_provider_cannot_take_now_is_tried_again_as_the_same_bytes(
    city, gateway, hand_over
):
    gateway.next = [Answered(503), Answered(401), Answered(409)]
    hand_over()
    city.run_jobs()
    [answer] = city.answers()
    assert (answer.state, answer.attempts) == ("waiting", 1)
    for _ in range(2):
        city.service.clock.advance(timedelta(minutes=5))
        answering.send_answers(city.service)
    assert city.answers()[0].state == "sent"  # 409: it has it already
    assert len(gateway.given) == 3
    assert len({body for _, body in gateway.given}) == 1
    assert city.sent()[0].attempts == 3


def test_what_it_refuses_stands_in_the_list_and_goes_again_by_a_person(city, gateway, hand_over):
    gateway.next = [Answered(422, b'{"code": "schema_error"}')]
    hand_over()
    city.run_jobs()
    [answer] = city.answers()
    assert answer.state == "undeliverable"
    with city.service.database.transaction() as session:
        assert [each.id for each in queries.undelivered(session)] == [answer.id]
        assert "HTTP 422 schema_error" in city.sent()[0].error_ja
        resending.resend_answer(session, answer_id=answer.id, actor=CLERK, at=city.now)
    city.run_jobs()
    assert city.answers()[0].state == "sent"
    with city.service.database.transaction() as session:
        assert queries.undelivered(session) == []


def test_a_seller_without_a_place_for_answers_is_no_failure(city, gateway, hand_over):
    gateway.next = [Answered(422, json.dumps({"code": "not_registered"}).encode())]
    hand_over()
    city.run_jobs()
    with city.service.database.transaction() as session:
        assert queries.undelivered(session) == []
        assert queries.figures(session, city.now).answers_unwanted == 1


def test_an_invoice_response_comes_back_by_the_webhook(city, hand_over):
    document = invoice_response.InvoiceResponse(
        id="r-1",
        issued=city.now.date(),
        sender=invoice_response.ResponseParty(ParticipantId(THEM), "有限会社はごろも文具"),
        receiver=invoice_response.ResponseParty(ParticipantId(US), "遠州市"),
        status=invoice_response.InvoiceStatus.ACCEPTED,
        invoice_number="S-1",
        invoice_date=None,
    ).write()
    process = answering.invoice_response_answer(
        document, subject="", sender=ParticipantId(THEM), receiver=ParticipantId(US), at=city.now
    ).process
    kind = {"document_type": INVOICE_RESPONSE, "process": process}
    first = hand_over(document, **kind)
    assert first.status_code == 201, first.text
    assert hand_over(document, **kind).json()["already"] == "same_message"
    [reply] = city.replies()
    assert (reply.kind, reply.status, reply.reference) == ("invoice_response", "AP", "S-1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider_url": "http://sp.example/api", "provider_key": "k"},
        {"provider_url": "ftp://sp.example/", "provider_key": "k"},
        {"provider_url": "https://sp.example/api"},
        {"provider_url": "https://sp.example/api", "provider_key": "two\nlines"},
        {"provider_url": "https://sp.example:x/", "provider_key": "k"},
    ],
)
def test_a_setting_that_would_send_the_key_in_the_clear_or_without_one_is_refused(wrong):
    with pytest.raises(ValidationError):
        PeppolSettings(mode="provider", **wrong)
