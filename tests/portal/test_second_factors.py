"""Authenticator apps and recovery codes: registered, asked for, spent, lost, taken away."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.accounts.factor_models import SecondFactor
from portal.security import second_factor, totp
from portal.security.roles import Role
from portal.security.second_factor import FactorRefused
from portal.security.server_secret import server_secret
from records import audit, jobs


def secret_of(door, factor_id: str) -> bytes:
    return totp.secret_of(server_secret(door.settings), factor_id)


def with_app(door, holder_id: str) -> SecondFactor:
    """A person who has an authenticator app in use (its first code was two minutes ago)."""
    earlier = door.clock.now() - timedelta(minutes=2)
    with door.database.transaction() as session:
        row = second_factor.new_app(session, holder_id=holder_id, label="電話", at=earlier)
        row.confirmed_at = earlier
        return row


def code_now(door, factor_id: str, step: int = 0) -> str:
    return totp.code_at(secret_of(door, factor_id), door.clock.now(), step=step)


@pytest.mark.parametrize(
    ("second", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037")],
)  # fmt: skip
def test_the_codes_are_those_of_rfc_6238(second: int, digits: str) -> None:
    secret = b"12345678901234567890"
    assert totp.code_at(secret, datetime.fromtimestamp(second, UTC)) == digits


def test_a_code_counts_one_step_early_or_late_and_no_step_twice(clock) -> None:
    secret, at = b"12345678901234567890", clock.now()
    now = int(at.timestamp()) // 30
    for drift in (-1, 0, 1):
        assert (
            totp.step_of(secret, totp.code_at(secret, at, step=drift), at, after=0) == now + drift
        )
    for drift in (-2, 2):
        assert totp.step_of(secret, totp.code_at(secret, at, step=drift), at, after=0) is None
    assert totp.step_of(secret, totp.code_at(secret, at), at, after=now) is None
    wide = totp.code_at(secret, at).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert totp.step_of(secret, f"{wide[:3]} {wide[3:]}", at, after=0) == now


def test_a_member_of_staff_registers_an_app_and_is_asked_for_it_at_sign_in(
    door, new_browser, staff
):
    user = staff[Role.ACCOUNTING]
    browser = new_browser()
    browser.sign_in("accounting")
    page = browser.submit("/account/factors/app", {"label": "自分の電話"})
    factor_id = re.search(r"/account/factors/app/([0-9a-f-]{36})/confirm", page.text).group(1)
    assert "data:image/svg+xml" in page.text
    wrong = browser.submit(f"/account/factors/app/{factor_id}/confirm", {"code": "000000"})
    assert wrong.status_code == 400
    with door.database.reader() as session:
        assert second_factor.ways(session, user.id).by_mail  # not in use before its first code
    done = browser.submit(
        f"/account/factors/app/{factor_id}/confirm", {"code": code_now(door, factor_id)}
    )
    recovery = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", done.text)
    assert len(recovery) == 10

    stranger = new_browser()
    password = {"login_name": "accounting", "password": "correct horse battery"}
    second = stranger.submit("/login", password)
    assert second.status_code == 200
    assert "もう一つ、本人を確かめます" in second.text
    assert stranger.get("/home", follow_redirects=False).status_code == 303  # no session yet
    ticket = re.search(r'name="ticket" value="([^"]+)"', second.text).group(1)
    refused = stranger.submit("/login/second", {"ticket": ticket, "code": "000000"})
    assert refused.status_code == 400
    used = stranger.submit("/login/second", {"ticket": ticket, "code": code_now(door, factor_id)})
    assert "一度使った番号" in used.text  # the step that confirmed the app
    door.clock.advance(timedelta(seconds=30))
    entered = stranger.submit(
        "/login/second", {"ticket": ticket, "code": code_now(door, factor_id)}
    )
    assert entered.status_code == 303
    assert stranger.get("/home", follow_redirects=False).status_code == 200
    with door.database.reader() as session:
        last = audit.history(session, f"staff:{user.id}")[-1]
    assert last.details["factor"] == "password,totp"

    thief = new_browser()
    again = thief.submit("/login/second", {"ticket": ticket, "code": code_now(door, factor_id)})
    assert "本人確認の時間が過ぎました" in again.text  # the ticket is of another browser
    lost = new_browser()
    ticket = re.search(r'name="ticket" value="([^"]+)"', lost.submit("/login", password).text)
    fields = {"ticket": ticket.group(1), "code": recovery[0].lower()}
    assert lost.submit("/login/second", fields).status_code == 303
    assert lost.get("/home", follow_redirects=False).status_code == 200


def test_a_ticket_ends_after_five_minutes_and_cannot_be_made_up(door, new_browser, staff):
    app = with_app(door, staff[Role.AUDITOR].id)
    browser = new_browser()
    page = browser.submit("/login", {"login_name": "auditor", "password": "correct horse battery"})
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text).group(1)
    user_id, moment, proof = ticket.split(".")
    for made_up in (
        f"{user_id}.{int(moment) + 60}.{proof}",
        f"{staff[Role.OPERATOR].id}.{moment}.{proof}",
        f"{user_id}.{moment}.",
        "",
    ):
        fields = {"ticket": made_up, "code": code_now(door, app.id)}
        assert browser.submit("/login/second", fields).status_code == 400
    door.clock.advance(timedelta(minutes=6))
    late = browser.submit("/login/second", {"ticket": ticket, "code": code_now(door, app.id)})
    assert late.status_code == 400


def test_guesses_at_an_app_are_counted_across_the_persons_doors(door, staff):
    app = with_app(door, staff[Role.AUDITOR].id)
    holder = staff[Role.AUDITOR].id

    def guess(given: str) -> str:
        with door.database.transaction() as session:
            proved = second_factor.prove_by_digits(
                door, session, holder_id=holder, subject="login", given=given
            )
            return proved.factor

    from portal.errors import TooManyTries

    for _ in range(5):
        with pytest.raises(FactorRefused):
            guess("000000")
    with pytest.raises(TooManyTries):
        guess(code_now(door, app.id))
    door.clock.advance(timedelta(minutes=15))
    assert guess(code_now(door, app.id)) == "totp"
    with pytest.raises(FactorRefused):
        guess(code_now(door, app.id))  # replayed


def test_a_second_app_or_its_removal_needs_proof_of_the_first(door, new_browser, staff):
    app = with_app(door, staff[Role.AUDITOR].id)
    browser = new_browser()
    page = browser.submit("/login", {"login_name": "auditor", "password": "correct horse battery"})
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text).group(1)
    browser.submit("/login/second", {"ticket": ticket, "code": code_now(door, app.id)})
    assert browser.submit("/account/factors/app", {"label": "x"}).status_code == 400
    assert browser.submit(f"/account/factors/{app.id}/remove").status_code == 400
    door.clock.advance(timedelta(seconds=60))
    gone = browser.submit(f"/account/factors/{app.id}/remove", {"code": code_now(door, app.id)})
    assert gone.status_code == 303
    with door.database.reader() as session:
        assert second_factor.ways(session, staff[Role.AUDITOR].id).by_mail


def test_the_office_takes_away_the_factors_of_who_lost_every_device(
    door, new_browser, staff, person
):
    with_app(door, person.id)
    browser = new_browser()
    browser.sign_in("procurement")
    path = f"/vendors/{person.vendor_id}/people/{person.id}/factors/reset"
    assert browser.submit(path, {"how": " "}).status_code == 400
    assert browser.submit(path, {"how": "代表番号へ折り返し電話"}).status_code == 303
    assert browser.submit(f"/vendors/x/people/{person.id}/factors/reset").status_code == 404
    with door.database.reader() as session:
        assert second_factor.ways(session, person.id).by_mail
        [entry] = audit.history(session, f"vendor_user:{person.id}")
    assert (entry.action, entry.details["how"]) == (
        "account.factors_reset",
        "代表番号へ折り返し電話",
    )
    mails: list[dict[str, str]] = []
    jobs.run_due(
        door.database, {"portal.mail": lambda **mail: mails.append(mail)}, at=door.clock.now()
    )
    assert mails[0]["to"] == person.mail
    assert "心当たりがないとき" in mails[0]["body"]


def test_an_operator_does_not_reset_their_own_factors(door, new_browser, staff):
    browser = new_browser()
    browser.sign_in("operator")
    own = staff[Role.OPERATOR].id
    assert browser.submit(f"/staff/{own}/factors/reset", {"how": "x"}).status_code == 409
    other = staff[Role.AUDITOR].id
    assert browser.submit(f"/staff/{other}/factors/reset", {"how": "対面"}).status_code == 303


def test_the_database_holds_nothing_from_which_an_app_could_be_made(door, staff):
    app = with_app(door, staff[Role.AUDITOR].id)
    with door.database.reader() as session:
        row = session.scalars(select(SecondFactor).where(SecondFactor.id == app.id)).one()
        secret = secret_of(door, app.id)
        assert secret not in (row.code_hash, row.public_key, row.credential_id)
