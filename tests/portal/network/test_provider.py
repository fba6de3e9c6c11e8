"""A service provider hands envelopes over: by key, once, into the same intake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from peppol import Header, ParticipantId, make_envelope
from peppol.identifiers import BILLING, JP_INVOICE
from portal.accounts import registering
from portal.app import create_app
from portal.network.models import MessageState
from portal.security import api_keys, people
from portal.security.roles import Role
from records import Actor, audit

from .conftest import THEM, US, an_invoice

PATH = "/api/v1/peppol/envelopes"
XML = {"content-type": "application/xml"}
SYSTEM = Actor(kind="system", id="tests", name="tests")


@pytest.fixture
def behind_a_provider(make_city):
    return make_city(mode="provider", network="production", provider="tokai-sp")


@pytest.fixture
def post(behind_a_provider):
    """Post as a program with the key of a member of staff."""
    service = behind_a_provider.service
    app = create_app(service, raise_unknown=True)

    def send(data: bytes, role: Role = Role.ACCOUNTING, key: str | None = None):
        if key is None:
            with service.database.transaction() as session:
                user = registering.add_staff(
                    session,
                    login_name=f"{role.value}-{id(data)}-{len(data)}-{service.clock.now():%f%S}",
                    display_name="伊藤 由美",
                    roles=[role],
                    password=None,
                    department="会計課",
                    title="主任",
                    actor=SYSTEM,
                    at=service.clock.now(),
                )
                service.clock.advance(timedelta(seconds=1))
                holder = people.staff(user, frozenset({"api_key"}))
                key, _ = api_keys.issue(session, holder=holder, label="sp", at=service.clock.now())
        client = TestClient(app, base_url="http://127.0.0.1:8000")
        return client.post(PATH, content=data, headers={**XML, "authorization": f"Bearer {key}"})

    return send


def an_envelope(city, document: bytes | None = None, number: str = "msg-1", **more) -> bytes:
    values: dict[str, object] = {
        "sender": ParticipantId(THEM),
        "receiver": ParticipantId(US),
        "document_type": JP_INVOICE,
        "process": BILLING,
        "instance_identifier": number,
        "created": city.service.clock.now(),
    }
    header = Header.for_document(**{**values, **more})  # type: ignore[arg-type]
    return make_envelope(header, document or an_invoice())


def test_an_envelope_is_taken_in_once_and_its_bytes_are_kept(behind_a_provider, post):
    city = behind_a_provider
    data = an_envelope(city)
    first = post(data)
    assert first.status_code == 201, first.text
    again = post(data)
    assert (again.status_code, again.json()["already"]) == (200, "same_message")
    assert again.json()["receipt_no"] == first.json()["receipt_no"]
    city.run_jobs()
    [row] = city.rows()
    assert (row.via, row.status) == ("provider", MessageState.HANDED_ON)
    assert row.receiver_seat == "tokai-sp"
    assert city.service.store.read(row.payload_sha256) == data
    [invoice] = city.rows_of_invoices()
    assert (invoice.id, invoice.state, invoice.channel) == (row.invoice_id, "at_section", "peppol")
    assert city.answers() == []  # the provider answers as corner 3


def test_other_content_under_a_known_number_is_refused_and_stands_in_the_trail(
    behind_a_provider, post
):
    city = behind_a_provider
    post(an_envelope(city))
    other = post(an_envelope(city, an_invoice("H-2026-99")))
    assert (other.status_code, other.json()["code"]) == (409, "portal.envelope_reused")
    assert len(city.rows()) == 1
    with city.service.database.transaction() as session:
        acts = [e.action for e in audit.history(session, f"network:{city.rows()[0].id}")]
    assert acts == ["network.handed_on", "network.alarm"]


def test_what_is_not_for_us_is_told_and_not_kept(behind_a_provider, post):
    city = behind_a_provider
    elsewhere = post(an_envelope(city, receiver=ParticipantId("0188:1180301018771")))
    assert elsewhere.status_code == 400
    assert "扱っていません" in elsewhere.json()["message"]["ja"]
    assert post(b"<a/>").status_code == 400
    assert city.rows() == []


def test_a_document_that_is_no_invoice_is_refused_with_its_reason(behind_a_provider, post):
    broken = an_invoice().replace(b"urn:peppol:pint:billing-1@jp-1", b"urn:something:else")
    answer = post(an_envelope(behind_a_provider, broken, number="msg-2"))
    assert answer.status_code == 201  # received; the examination tells what is wrong
    behind_a_provider.run_jobs()
    [invoice] = behind_a_provider.rows_of_invoices()
    assert invoice.state == "refused"


def test_without_key_or_right_nothing_is_taken(behind_a_provider, post):
    data = an_envelope(behind_a_provider)
    assert post(data, key="warifu_wrong").status_code == 401
    assert post(data, role=Role.TREASURER).status_code == 403
    assert behind_a_provider.rows() == []


def test_a_city_that_uses_no_provider_says_so(make_city, post, behind_a_provider):
    service = behind_a_provider.service
    off = service.settings.model_copy(
        update={"peppol": service.settings.peppol.model_copy(update={"mode": "off"})}
    )
    service.settings = off
    answer = post(an_envelope(behind_a_provider))
    assert (answer.status_code, answer.json()["code"]) == (404, "portal.no_provider_expected")


def test_a_providers_key_hands_over_and_sees_nothing(behind_a_provider):
    city = behind_a_provider
    with city.service.database.transaction() as session:
        user = registering.add_staff(
            session,
            login_name="sp",
            display_name="伊藤 由美",
            roles=[Role.ACCOUNTING],
            password=None,
            department="会計課",
            title="主任",
            actor=SYSTEM,
            at=city.now,
        )
        holder = people.staff(user, frozenset({"api_key"}))
        key, _ = api_keys.issue(
            session, holder=holder, label="事業者", scopes=["hand_over"], at=city.now
        )
    client = TestClient(
        create_app(city.service, raise_unknown=True), base_url="http://127.0.0.1:8000"
    )
    headers = {"authorization": f"Bearer {key}"}
    data = an_envelope(city)
    assert client.post(PATH, content=data, headers={**XML, **headers}).status_code == 201
    assert client.get("/api/v1/invoices", headers=headers).status_code == 403
