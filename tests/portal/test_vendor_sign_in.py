"""Vendors at the door: links that work once, that scanners open in vain, that say why not."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal.accounts.models import LoginLink, VendorUser
from portal.errors import LinkRefused
from portal.security import login_links, mailed_secrets
from portal.security.server_secret import server_secret
from records import audit


@pytest.fixture
def secret(door) -> bytes:
    return server_secret(door.settings)


@pytest.fixture
def link(door, person, secret) -> str:
    """The path of a fresh link to /account."""
    with door.database.transaction() as session:
        issued = login_links.issue(
            session,
            secret=secret,
            vendor_user_id=person.id,
            at=door.clock.now(),
            expires_at=door.clock.now() + timedelta(minutes=30),
            target="/account",
            subject="contract:1",
        )
    return f"/l/{login_links.token_of(secret, issued.id)}"


def mails(door) -> list[dict[str, str]]:
    """Arguments of the mails that wait in the queue."""
    with door.database.reader() as session:
        rows = session.execute(
            text("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%mail%' ORDER BY id")
        ).scalars()
        return [row if isinstance(row, dict) else json.loads(row) for row in rows]


def test_pressing_the_button_signs_in_and_opens_the_target(browser, link, person, door):
    page = browser.get(link)
    assert page.status_code == 200
    assert "髙﨑 𠮷郎" in page.text
    assert "株式会社髙﨑建設" in page.text
    response = browser.submit(link)
    assert (response.status_code, response.headers["location"]) == (303, "/account")
    home = browser.get("/home").text
    assert "株式会社髙﨑建設" in home
    with door.database.reader() as session:
        acts = audit.history(session, f"vendor_user:{person.id}")
    assert [act.action for act in acts] == ["account.signed_in"]
    assert acts[0].details["factor"] == "link"
    browser.submit("/logout")
    with door.database.reader() as session:
        acts = audit.history(session, f"vendor_user:{person.id}")
    assert acts[-1].action == "account.signed_out"


def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(browser, new_browser, link):
    scanner = new_browser()
    for _ in range(5):
        assert scanner.get(link).status_code == 200
    assert scanner.head(link).status_code in (200, 405)
    assert browser.submit(link).status_code == 303


def test_a_link_works_once(browser, new_browser, link):
    assert browser.submit(link).status_code == 303
    other = new_browser()
    page = other.submit(link)
    assert page.status_code == 410
    assert "すでに使われています" in page.text
    assert "新しいリンクを送る" in page.text
    assert other.get("/home", follow_redirects=False).status_code == 303


def test_a_double_click_is_one_sign_in(new_browser, link, door):
    """Both presses carry the cookie of before; the second finds its own browser's first."""
    browser = new_browser()
    token = browser.token("/")
    before = browser.cookies["warifu"]
    assert browser.post(link, data={"csrf": token}, follow_redirects=False).status_code == 303
    again = new_browser()
    again.cookies.set("warifu", before, domain="127.0.0.1")
    assert again.post(link, data={"csrf": token}, follow_redirects=False).status_code == 303
    door.clock.advance(timedelta(minutes=3))
    late = new_browser()
    late.cookies.set("warifu", before, domain="127.0.0.1")
    assert late.post(link, data={"csrf": token}, follow_redirects=False).status_code == 410


def test_an_expired_link_says_so_and_offers_a_new_one(browser, link, door):
    door.clock.advance(timedelta(minutes=30))
    for response in (browser.get(link), browser.submit(link)):
        assert response.status_code == 410
        assert "期限が切れています" in response.text
    sent = browser.submit(f"{link}/renew")
    assert "新しいリンクを送りました" in sent.text
    waiting = mails(door)
    assert len(waiting) == 1
    assert waiting[0]["to"] == "takasaki@example.co.jp"


def test_a_withdrawn_link_opens_nothing_and_is_not_renewed(browser, link, door):
    with door.database.transaction() as session:
        assert login_links.revoke(session, subject="contract:1", at=door.clock.now()) == 1
        assert login_links.revoke(session, subject="contract:1", at=door.clock.now()) == 0
    assert "取り消しました" in browser.get(link).text
    assert browser.submit(link).status_code == 410
    assert browser.submit(f"{link}/renew").status_code == 410
    assert mails(door) == []


def test_an_unknown_or_cut_link_says_to_check_it(browser, link):
    for path in ("/l/" + "x" * 43, link[:-1], "/l/x"):
        page = browser.get(path)
        assert page.status_code == 410
        assert "途中で切れていないか" in page.text
        assert browser.submit(f"{path}/renew").status_code == 410


def test_the_link_of_a_person_who_left_opens_nothing(browser, link, person, door):
    with door.database.transaction() as session:
        session.get_one(VendorUser, person.id).active = False
    assert browser.submit(link).status_code == 410


def test_asking_for_a_link_answers_the_same_for_everybody(browser, person, door):
    pages = [
        browser.submit("/vendor-login", {"mail": mail}).text
        for mail in ("takasaki@example.co.jp", "stranger@example.com")
    ]
    assert pages[0] == pages[1]
    assert len(mails(door)) == 1


def test_mail_addresses_are_taken_in_any_case(browser, person, door):
    browser.submit("/vendor-login", {"mail": " TAKASAKI@Example.co.jp "})
    assert len(mails(door)) == 1


@pytest.mark.parametrize(
    "mail", ["", "takasaki", "a@b", "a b@example.com", "a@example.com\nBcc: x@y.jp"]
)
def test_what_is_no_mail_address_is_said_so(browser, mail, door):
    page = browser.submit("/vendor-login", {"mail": mail})
    assert page.status_code == 400
    assert "メールアドレスの形ではありません" in page.text
    assert mails(door) == []


def test_the_queue_holds_no_token_and_the_mail_does(browser, person, door, secret):
    browser.submit("/vendor-login", {"mail": person.mail})
    with door.database.reader() as session:
        row = session.scalars(select(LoginLink)).one()
    token = login_links.token_of(secret, row.id)
    waiting = mails(door)[0]
    assert token not in json.dumps(waiting)
    body = mailed_secrets.fill(waiting["body"], secret=secret, public_url="http://127.0.0.1:8000")
    found = re.findall(r"http://127\.0\.0\.1:8000(/l/\S+)", body)
    assert found == [f"/l/{token}"] * 2  # once in Japanese, once in English
    assert browser.get(found[0]).status_code == 200
    again = mailed_secrets.fill(waiting["body"], secret=secret, public_url="http://127.0.0.1:8000")
    assert again == body


def test_a_copy_of_the_database_opens_no_link(door, link, person):
    with door.database.reader() as session:
        row = session.scalars(select(LoginLink)).one()
    guess = login_links.token_of(b"another secret of the same length or so", row.id)
    with door.database.reader() as session, pytest.raises(LinkRefused):
        login_links.find(session, guess)


def test_nobodys_mailbox_is_flooded(browser, person, door):
    for _ in range(5):
        assert browser.submit("/vendor-login", {"mail": person.mail}).status_code == 200
    page = browser.submit("/vendor-login", {"mail": person.mail})
    assert page.status_code == 429
    assert "分後に" in page.text
    assert len(mails(door)) == 5


def test_links_are_not_guessed_quickly(browser, door):
    for _ in range(60):
        browser.get("/l/guess")
    assert browser.get("/l/guess").status_code == 429


def test_signing_in_as_another_ends_the_first_session(browser, new_browser, staff, link):
    browser.sign_in("accounting")
    kept = browser.cookies["warifu"]
    assert browser.submit(link).status_code == 303
    copy = new_browser()
    copy.cookies.set("warifu", kept, domain="127.0.0.1")
    assert copy.get("/home", follow_redirects=False).status_code == 303


def test_the_vendors_door_is_shown_for_vendors_pages(browser):
    asked = browser.get("/vendor/anything", follow_redirects=False)
    assert asked.status_code == 404
