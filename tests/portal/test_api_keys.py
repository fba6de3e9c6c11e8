"""Bearer keys: only under /api/, as their holder, shown once, ended for real."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import pytest
from fastapi import Depends
from sqlalchemy import select

from portal.accounts.models import ApiKey, User
from portal.security import Identity, api_keys, ensure, people, require
from portal.security.roles import Role
from portal.web import DbSession
from records import audit

Reader = Annotated[Identity, Depends(require("contract.read"))]


@pytest.fixture
def app(app):
    """The door with one more API route, as colleagues write them."""

    @app.get("/api/v1/things/{vendor_id}")
    def thing(session: DbSession, user: Reader, vendor_id: str) -> dict[str, str]:
        ensure(user, "contract.read", vendor_id=vendor_id, department="公園課")
        return {"name": user.name}

    @app.post("/api/v1/things")
    def make(session: DbSession, user: Reader) -> dict[str, str]:
        return {"name": user.name}

    return app


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def made(browser, label: str = "会計システム連携") -> str:
    page = browser.submit("/account/keys", {"label": label})
    found = re.search(r">(warifu_[\w-]{43})<", page.text)
    assert found, page.text
    return found.group(1)


def test_a_key_is_shown_once_and_works_as_its_holder(browser, new_browser, staff):
    browser.sign_in("procurement")
    key = made(browser)
    assert key not in browser.get("/account").text
    assert f"…{key[-4:]}" in browser.get("/account").text
    program = new_browser()
    answer = program.get("/api/v1/things/any", headers=bearer(key))
    assert answer.json() == {"name": "調達課 太郎"}
    assert "set-cookie" not in answer.headers


def test_a_program_needs_no_form_token_and_no_browser_headers(app, browser, staff):
    from fastapi.testclient import TestClient

    browser.sign_in("procurement")
    key = made(browser)
    assert TestClient(app).post("/api/v1/things", headers=bearer(key)).status_code == 200


def test_the_api_does_not_know_the_cookie(browser, staff):
    browser.sign_in("procurement")
    answer = browser.post("/api/v1/things")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json()) == {"code", "message", "remedy", "field", "request_id"}


def test_pages_do_not_know_the_key(browser, new_browser, staff):
    browser.sign_in("procurement")
    key = made(browser)
    page = new_browser().get("/account", headers=bearer(key), follow_redirects=False)
    assert page.status_code == 303


def test_a_key_may_do_no_more_than_its_holder(browser, new_browser, staff):
    program = new_browser()
    browser.sign_in("operator")
    answer = program.get("/api/v1/things/x", headers=bearer(made(browser)))
    assert answer.status_code == 403
    body = answer.json()
    assert body["code"] == "portal.forbidden"
    assert "権限が必要です" in body["message"]["ja"]
    assert "takes one of these roles" in body["message"]["en"]


def test_a_vendors_key_sees_its_own_and_not_anothers(door, person, vendor, new_browser):
    with door.database.transaction() as session:
        holder = people.vendor(person, vendor, frozenset())
        key, _ = api_keys.issue(session, holder=holder, label="x", at=door.clock.now())
    program = new_browser()
    assert program.get(f"/api/v1/things/{vendor.id}", headers=bearer(key)).status_code == 200
    refused = program.get("/api/v1/things/another", headers=bearer(key))
    assert refused.status_code == 403
    assert "ほかの事業者" in refused.json()["message"]["ja"]


@pytest.mark.parametrize("key", ["", "warifu_", "warifu_" + "x" * 43, "あ"])
def test_an_unknown_key_is_refused(new_browser, key):
    headers = {"authorization": f"Bearer {key}".encode()}
    assert new_browser().get("/api/v1/things/x", headers=headers).status_code == 401


def test_a_revoked_key_is_dead_and_revoking_twice_is_once(browser, new_browser, staff, door):
    browser.sign_in("procurement")
    key = made(browser)
    with door.database.reader() as session:
        row = session.scalars(select(ApiKey)).one()
    assert key.encode() not in row.key_hash
    for _ in range(2):
        assert browser.submit(f"/account/keys/{row.id}/revoke").status_code == 303
        door.clock.advance(timedelta(minutes=1))
    assert new_browser().get("/api/v1/things/x", headers=bearer(key)).status_code == 401
    with door.database.reader() as session:
        acts = audit.history(session, f"staff:{staff[Role.PROCUREMENT].id}")
    assert [act.action for act in acts][-2:] == ["account.key_made", "account.key_revoked"]


def test_nobody_revokes_the_key_of_another(browser, new_browser, staff, door):
    browser.sign_in("procurement")
    made(browser)
    with door.database.reader() as session:
        row = session.scalars(select(ApiKey)).one()
    other = new_browser()
    other.sign_in("accounting")
    assert other.submit(f"/account/keys/{row.id}/revoke").status_code == 404


def test_a_key_ends_with_its_date_and_with_its_holder(door, staff, new_browser):
    with door.database.transaction() as session:
        holder = people.staff(staff[Role.PROCUREMENT], frozenset())
        at = door.clock.now()
        short, _ = api_keys.issue(
            session, holder=holder, label="x", at=at, expires_at=at + timedelta(days=1)
        )
        lasting, _ = api_keys.issue(session, holder=holder, label="y", at=at)
    program = new_browser()
    assert program.get("/api/v1/things/x", headers=bearer(short)).status_code == 200
    door.clock.advance(timedelta(days=1))
    assert program.get("/api/v1/things/x", headers=bearer(short)).status_code == 401
    assert program.get("/api/v1/things/x", headers=bearer(lasting)).status_code == 200
    with door.database.transaction() as session:
        session.get_one(User, staff[Role.PROCUREMENT].id).active = False
    assert program.get("/api/v1/things/x", headers=bearer(lasting)).status_code == 401


@pytest.mark.parametrize("label", ["", "   ", "x" * 101])
def test_a_key_needs_a_purpose(browser, staff, label):
    browser.sign_in("procurement")
    page = browser.submit("/account/keys", {"label": label})
    assert page.status_code == 400
    assert "使い道を" in page.text
    assert 'aria-invalid="true"' in page.text
