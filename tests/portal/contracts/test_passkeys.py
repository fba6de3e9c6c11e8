"""Passkeys in real Chromium with a virtual authenticator (CDP): registered, used, refused."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from econtract import queries
from econtract.models import Act
from portal.accounts.factor_models import PasskeyChallenge, SecondFactor
from portal.errors import CodeRefused
from portal.security import second_factor
from tests.e2e.screen import DESK, PHONE, Screen

VENDOR = "takahashi@example.jp"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def device(page):
    """A virtual authenticator with user verification, as a phone has one."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    return cdp, made["authenticatorId"]


def test_from_mail_to_signed_with_a_passkey_and_the_certificate_says_so(
    office, contract_at, served, chromium
):
    contract_id = contract_at("sent")
    screen = Screen(chromium, served, PHONE)
    page, look = screen.page, screen.look
    device(page)
    link = served + office.mailed_link(VENDOR)
    page.goto(link)
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", name="案件コードを入力してください")).to_be_visible()
    page.goto(f"{served}/account/factors")
    look("factors-none")
    page.get_by_label("名前").first.fill("会社のスマートフォン")
    page.get_by_role("button", name="この端末にパスキーを作る").click()
    expect(page.get_by_role("heading", name="回復コードを控えてください")).to_be_visible()
    look("factors-passkey-made")
    page.get_by_role("link", name="控えました").click()
    expect(page.get_by_text("会社のスマートフォン", exact=True)).to_be_visible()
    look("factors-with-passkey")

    page.goto(f"{served}/vendor/contracts/{contract_id}/sign")
    look("ceremony-passkey")
    page.get_by_role("button", name="パスキーで確認して開く").click()
    expect(page.get_by_role("heading", name="契約書を読んでください")).to_be_visible()
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="内容を確認し、合意して署名する").click()
    page.wait_for_url(f"**/vendor/contracts/{contract_id}")
    office.run_jobs()
    with office.service.database.reader() as session:
        act = session.query(Act).where(Act.contract_id == contract_id).one()
        assert act.state == "signed"
        assert act.factors == ["link", "passkey"]
        row = session.query(SecondFactor).where(SecondFactor.kind == "passkey").one()
        assert row.sign_count > 0
        person = row.holder_id

    # The same answer, an answer about other bytes, and a made-up one are refused.
    with office.service.database.transaction() as session:
        used = session.query(PasskeyChallenge).filter(PasskeyChallenge.used_at.is_not(None)).all()
        contract = queries.contract(session, contract_id)
        for asked, subject in ((used[-1].id, used[-1].subject), ("x", f"contract:{contract.id}:")):
            with pytest.raises(CodeRefused):
                second_factor.prove_by_passkey(
                    office.service, session, holder_id=person, subject=subject, asked=asked,
                    answer=json.dumps({"id": "x", "rawId": "x"}),
                )  # fmt: skip
        question = second_factor.question(
            office.service, session, holder_id=person, subject="contract:other"
        )
        for answer in ("", "[]", "{}", json.dumps({"rawId": "AAAA"}), "x" * 20_001):
            with pytest.raises(CodeRefused):
                second_factor.prove_by_passkey(
                    office.service, session, holder_id=person, subject="contract:other",
                    asked=question["asked"], answer=answer,
                )  # fmt: skip
    screen.close()


def test_a_member_of_staff_signs_in_with_a_passkey_after_the_password(office, served, chromium):
    screen = Screen(chromium, served, DESK)
    page, look = screen.page, screen.look
    cdp, authenticator = device(page)

    def password() -> None:
        page.goto(f"{served}/login")
        page.locator("[name=login_name]").fill("keiyaku")
        page.locator("[name=password]").fill("correct horse battery")
        page.locator("main button[type=submit]").click()

    password()
    page.goto(f"{served}/account/factors")
    page.get_by_role("button", name="この端末にパスキーを作る").click()
    expect(page.get_by_role("heading", name="回復コードを控えてください")).to_be_visible()
    page.get_by_role("button", name="サインアウト").click()
    password()
    expect(page.get_by_role("heading", name="もう一つ、本人を確かめます")).to_be_visible()
    look("login-second")
    page.get_by_role("button", name="パスキーで確認する").click()
    page.wait_for_url("**/home")
    page.get_by_role("button", name="サインアウト").click()

    # Another device, or a person who does not unlock it, does not get in.
    cdp.send(
        "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False}
    )
    password()
    page.get_by_role("button", name="パスキーで確認する").click()
    expect(page.get_by_text("パスキーを使えませんでした")).to_be_visible(timeout=90_000)
    screen.close()
