"""The network's pages: list, evidence, sending again by who may."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from fastapi.testclient import TestClient

from peppol.as4.faults import RefusedByReceiver
from peppol.as4.sending import Sender
from peppol.evidence import Evidence
from portal.accounts import registering
from portal.app import create_app
from portal.network.models import MessageState, NetworkAnswer
from portal.security.passwords import hashed
from portal.security.roles import Role
from records import Actor, audit

from .conftest import THEM, City
from .test_sending import queued

HERE = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"
SYSTEM = Actor(kind="system", id="tests", name="tests")


@pytest.fixture(scope="module")
def password_hash() -> str:
    return hashed(PASSWORD)


@pytest.fixture
def desk(city: City, password_hash: str):
    """Open browsers of accounting, auditor and treasurer."""
    with city.service.database.transaction() as session:
        for role in (Role.ACCOUNTING, Role.AUDITOR, Role.TREASURER):
            user = registering.add_staff(
                session,
                login_name=role.value,
                display_name=f"{role.ja} 花子",
                roles=[role],
                password=None,
                department="会計課",
                title="主任",
                actor=SYSTEM,
                at=city.now,
            )
            user.password_hash = password_hash
    app = create_app(city.service, raise_unknown=True)
    headers = {"sec-fetch-site": "same-origin", "origin": HERE}

    def open_as(role: Role) -> TestClient:
        browser = TestClient(app, base_url=HERE, headers=headers)
        answer = submit(browser, "/login", {"login_name": role.value, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser

    return open_as


def submit(browser: TestClient, path: str, fields: dict[str, str] | None = None):
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/verify").text)
    assert token
    data = {"csrf": token.group(1), **(fields or {})}
    return browser.post(path, data=data, follow_redirects=False)


def refuse(self: Sender, outgoing: object) -> bytes:
    raise RefusedByReceiver("EBMS:0004", "Other", "PEPPOL:NOT_SERVICED")


def test_a_city_without_messages_sees_an_empty_list_and_no_card(desk):
    browser = desk(Role.ACCOUNTING)
    assert "メッセージはまだありません" in browser.get("/network").text
    assert "ネットワークの送受信" not in browser.get("/home").text


def test_a_received_message_shows_with_its_invoice_answers_and_proof(city, desk):
    city.receive(city.outgoing())
    city.run_jobs()
    [row] = city.incoming()
    [invoice] = city.rows_of_invoices()
    browser = desk(Role.ACCOUNTING)
    listed = browser.get("/network?shelf=incoming").text
    assert "取り込み済み" in listed
    assert THEM in listed
    assert "ネットワークの送受信" in browser.get("/home").text
    shown = browser.get(f"/network/{row.id}").text
    assert f"/invoices/{invoice.receipt_no}" in shown
    assert "受け取りました" in shown
    assert row.payload_sha256 in shown
    assert "再送する" not in shown
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"/network/{row.id}/evidence.zip").content))
    assert set(archive.namelist()) == {
        "README.txt", "evidence.json", "message.xml", "payload.gz", "receipt.xml", "peer.pem",
    }  # fmt: skip
    assert archive.read("receipt.xml") == row.receipt
    lines = browser.get("/network/evidence.jsonl").text.splitlines()
    assert [Evidence.from_json(line).direction for line in lines] == ["incoming", "outgoing"]
    assert json.loads(lines[0])["receipted"]


def test_a_failed_message_is_sent_again_by_accounting_once_and_only_by_accounting(
    city, desk, monkeypatch
):
    monkeypatch.setattr(Sender, "_post", refuse)
    queued(city)
    city.run_jobs()
    monkeypatch.undo()
    [row] = city.sent()
    auditor = desk(Role.AUDITOR)
    assert "再送する" not in auditor.get(f"/network/{row.id}").text
    assert submit(auditor, f"/network/{row.id}/resend").status_code == 403
    assert desk(Role.TREASURER).get("/network").status_code == 403
    browser = desk(Role.ACCOUNTING)
    assert "届きません" in browser.get("/network?shelf=trouble").text
    assert "新しいメッセージとして送ります" in browser.get(f"/network/{row.id}").text
    first = submit(browser, f"/network/{row.id}/resend")
    again = submit(browser, f"/network/{row.id}/resend")
    assert first.headers["location"] == again.headers["location"]
    city.run_jobs()
    assert [r.status for r in city.sent()] == [MessageState.FAILED, MessageState.DELIVERED]
    with city.service.database.transaction() as session:
        acts = [(e.action, e.actor.name) for e in audit.history(session, f"network:{row.id}")]
    assert acts[-1] == ("network.resent", "会計課 花子")
    assert len([a for a in acts if a[0] == "network.resent"]) == 1
    assert "確かめることはありません" in browser.get("/network?shelf=trouble").text


def test_an_answer_nobody_took_is_listed_and_sent_again(city, desk, monkeypatch):
    monkeypatch.setattr(Sender, "_post", refuse)
    city.receive(city.outgoing())
    city.run_jobs()
    monkeypatch.undo()
    [answer] = city.answers()
    assert answer.state == "undeliverable"
    browser = desk(Role.ACCOUNTING)
    page = browser.get("/network?shelf=trouble").text
    assert "届かなかった回答" in page
    assert f"/network/answers/{answer.id}/resend" in page
    assert submit(browser, f"/network/answers/{answer.id}/resend").status_code == 303
    assert submit(browser, f"/network/answers/{answer.id}/resend").status_code == 303
    city.run_jobs()
    [answer] = city.answers()
    assert answer.state == "sent"
    arrived = list(city.home.received(city.home.towns[1]).all())
    assert len(arrived) == 1


def test_what_does_not_exist_is_not_found(city, desk):
    browser = desk(Role.ACCOUNTING)
    assert browser.get("/network/nothing").status_code == 404
    assert browser.get("/network/nothing/evidence.zip").status_code == 404
    assert submit(browser, "/network/nothing/resend").status_code == 404
    assert submit(browser, "/network/answers/nothing/resend").status_code == 404


def test_figures_count_what_happened(city):
    from portal.network import queries

    city.receive(city.outgoing())
    city.run_jobs()
    with city.service.database.transaction() as session:
        found = queries.figures(session, city.now)
        assert session.query(NetworkAnswer).count() == 1
    assert (found.received, found.kept, found.delivered) == (1, 0, 1)
    assert (found.answers_sent, found.answers_late, found.trouble) == (1, 0, 0)
