"""Staff at the door: passwords, locks, sessions that really end."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.accounts.models import LoginSession, RateWindow, User
from portal.errors import Busy, LoginRefused, TooManyTries
from portal.security import passwords, rate_limits, sessions
from portal.security.roles import Role
from portal.security.staff_sign_in import NameLocked, sign_in
from portal.security.sweeping import sweep
from portal.security.tokens import digest
from records import audit

from .conftest import PASSWORD


def attempt(door, name="accounting", password=PASSWORD, address="192.0.2.1"):
    return sign_in(
        door.database,
        door.settings.security,
        secret=b"a secret of the tests, long enough for all",
        browser=b"",
        login_name=name,
        password=password,
        address=address,
        at=door.clock.now(),
    )


def test_staff_sign_in_and_reach_their_home(browser, staff):
    assert browser.get("/home", follow_redirects=False).status_code == 303
    browser.sign_in("accounting")
    page = browser.get("/home")
    assert page.status_code == 200
    assert "会計課 太郎" in page.text


def test_login_name_is_taken_as_meant(door, staff):
    assert attempt(door, name="　ＡＣＣＯＵＮＴＩＮＧ ")


def test_wrong_name_and_wrong_password_read_the_same(browser, staff):
    pages = []
    for name, password in [("accounting", "wrong password"), ("nobody-at-all", PASSWORD)]:
        page = browser.submit("/login", {"login_name": name, "password": password})
        assert page.status_code == 400
        pages.append(page.text.replace(name, "NAME"))
    assert "ログイン名またはパスワードが違います。" in pages[0]
    assert strip_numbers(pages[0]) == strip_numbers(pages[1])


def strip_numbers(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf" not in line)


def test_wrong_password_keeps_the_name_typed(browser, staff):
    page = browser.submit("/login", {"login_name": "accounting", "password": "wrong password"})
    assert 'value="accounting"' in page.text
    assert "wrong password" not in page.text


def test_unknown_name_takes_as_long_as_a_wrong_password(door, staff):
    def seconds(name: str) -> float:
        began = time.perf_counter()
        with pytest.raises(LoginRefused):
            attempt(door, name=name, password="wrong password")
        return time.perf_counter() - began

    seconds("warm-up")
    known, unknown = seconds("accounting"), seconds("nobody")
    assert 0.33 < known / unknown < 3


def test_after_five_wrong_passwords_the_name_is_locked_with_words(browser, staff, door):
    for _ in range(5):
        wrong = {"login_name": "accounting", "password": "wrong password"}
        assert browser.submit("/login", wrong).status_code == 400
    page = browser.submit("/login", {"login_name": "accounting", "password": PASSWORD})
    assert page.status_code == 429
    assert "一時的に使えません" in page.text
    assert "分後に" in page.text
    door.clock.advance(timedelta(minutes=door.settings.security.lock_minutes))
    browser.sign_in("accounting")


def test_a_name_that_does_not_exist_locks_too(door):
    for _ in range(5):
        with pytest.raises(LoginRefused):
            attempt(door, name="nobody")
    with pytest.raises(NameLocked):
        attempt(door, name="nobody")


def test_a_lock_does_not_touch_other_names(door, staff):
    for _ in range(6):
        with pytest.raises((LoginRefused, NameLocked)):
            attempt(door, password="wrong password")
    assert attempt(door, name="treasurer")


def test_a_right_password_forgives_earlier_wrong_ones(door, staff):
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(LoginRefused):
                attempt(door, password="wrong password")
        assert attempt(door)


def test_one_address_cannot_try_many_names(door):
    limit = door.settings.security.address_tries
    for number in range(limit):
        rate_limits.hit(
            door.database,
            rate_limits.Limit("login.address", limit, door.settings.security.lock_minutes),
            "192.0.2.9",
            door.clock.now(),
        )
        assert number < limit
    with pytest.raises(TooManyTries):
        attempt(door, name="anybody", address="192.0.2.9")


def test_guesses_at_the_same_moment_all_count(door, staff):
    outcomes = []

    def guess():
        try:
            attempt(door, password="wrong password")
        except (LoginRefused, NameLocked) as refused:
            outcomes.append(type(refused))

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(LoginRefused) == 5
    assert outcomes.count(NameLocked) == 3


def test_no_more_than_two_passwords_are_hashed_at_once(monkeypatch):
    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.05)
    with passwords._Turn(), passwords._Turn(), pytest.raises(Busy):
        passwords.matches(None, "anything")


def test_rate_rows_hold_no_name_and_no_address(door, staff):
    with pytest.raises(LoginRefused):
        attempt(door, name="taro.yamada", address="192.0.2.77")
    with door.database.reader() as session:
        rows = session.scalars(select(RateWindow)).all()
    assert rows
    for row in rows:
        assert len(row.key_hash) == 32
        assert b"taro" not in row.key_hash


def test_a_person_who_was_switched_off_cannot_sign_in_nor_stay(browser, staff, door):
    browser.sign_in("accounting")
    with door.database.transaction() as session:
        session.get_one(User, staff[Role.ACCOUNTING].id).active = False
    assert browser.get("/home", follow_redirects=False).status_code == 303
    with pytest.raises(LoginRefused):
        attempt(door)


def test_roles_are_todays_not_those_of_the_sign_in(browser, staff, door):
    browser.sign_in("accounting")
    with door.database.transaction() as session:
        session.get_one(User, staff[Role.ACCOUNTING].id).roles = ["auditor", "vendor"]
    page = browser.get("/home").text
    shown = re.search(r'class="site-person-role">([^<]*)<', page)
    assert shown
    assert shown.group(1) == "会計課 監査"  # a vendor's role on staff counts for nothing


def test_the_cookie_changes_at_sign_in_and_its_value_is_not_in_the_database(browser, staff, door):
    browser.get("/login")
    before = browser.cookies["warifu"]
    browser.sign_in("accounting")
    after = browser.cookies["warifu"]
    assert before != after
    with door.database.reader() as session:
        hashes = session.scalars(select(LoginSession.id_hash)).all()
    assert hashes == [digest(after)]


def test_a_cookie_planted_before_sign_in_is_worth_nothing_after(new_browser, staff):
    victim, thief = new_browser(), new_browser()
    planted = "x" * sessions.TOKEN_LENGTH
    victim.cookies.set("warifu", planted, domain="127.0.0.1")
    victim.sign_in("accounting")
    thief.cookies.set("warifu", planted, domain="127.0.0.1")
    assert thief.get("/home", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_for_real(browser, new_browser, staff):
    browser.sign_in("accounting")
    kept = browser.cookies["warifu"]
    assert browser.submit("/logout").status_code == 303
    copy = new_browser()
    copy.cookies.set("warifu", kept, domain="127.0.0.1")
    assert copy.get("/home", follow_redirects=False).status_code == 303


def test_signing_out_twice_is_signing_out_once(browser, staff):
    browser.sign_in("accounting")
    assert browser.submit("/logout").status_code == 303
    assert browser.submit("/logout").status_code == 303


def test_signing_out_is_a_post(browser, staff):
    assert browser.get("/logout").status_code == 405


def test_a_session_ends_after_its_hours_and_when_idle(browser, staff, door):
    browser.sign_in("accounting")
    wanted = door.settings.security
    for _ in range(3):
        door.clock.advance(timedelta(minutes=wanted.idle_minutes - 1))
        assert browser.get("/home", follow_redirects=False).status_code == 200
    door.clock.advance(timedelta(minutes=wanted.idle_minutes))
    assert browser.get("/home", follow_redirects=False).status_code == 303
    browser.sign_in("accounting")
    for _ in range(wanted.staff_session_hours):
        assert browser.get("/home", follow_redirects=False).status_code == 200
        door.clock.advance(timedelta(minutes=wanted.idle_minutes - 1))
    door.clock.advance(timedelta(minutes=wanted.staff_session_hours))
    assert browser.get("/home", follow_redirects=False).status_code == 303


def test_old_sessions_are_swept_away(browser, staff, door):
    browser.sign_in("accounting")
    door.clock.advance(timedelta(days=3))
    with door.database.transaction() as session:
        sweep(session, door.clock.now())
    with door.database.reader() as session:
        assert session.scalar(select(func.count()).select_from(LoginSession)) == 0
        assert session.scalar(select(func.count()).select_from(RateWindow)) == 0


def test_over_https_the_cookie_is_bound_to_the_host(door, staff):
    from portal.app import create_app

    from .conftest import Browser

    web = door.settings.web.model_copy(update={"public_url": "https://keiyaku.example.jp"})
    door.settings = door.settings.model_copy(update={"web": web})
    here = "https://keiyaku.example.jp"
    browser = Browser(
        create_app(door), base_url=here, headers={"sec-fetch-site": "same-origin", "origin": here}
    )
    response = browser.get("/login")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-warifu=")
    for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
    assert response.headers["strict-transport-security"]
    browser.sign_in("accounting")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_after_sign_in_nobody_is_led_elsewhere(browser, staff, wanted):
    fields = {"login_name": "accounting", "password": PASSWORD, "next": wanted}
    assert browser.submit("/login", fields).headers["location"] == "/home"


def test_after_sign_in_the_page_first_asked_for_opens(browser, staff):
    asked = browser.get("/account?x=1", follow_redirects=False).headers["location"]
    page = browser.get(asked)
    assert "もう一度サインインしてください" in page.text
    assert 'name="next" value="/account?x=1"' in page.text


def test_sign_in_and_out_are_in_the_audit_trail(browser, staff, door):
    browser.sign_in("accounting")
    browser.submit("/logout")
    with door.database.reader() as session:
        acts = audit.history(session, f"staff:{staff[Role.ACCOUNTING].id}")
    assert [act.action for act in acts] == [
        "account.staff_added",
        "account.signed_in",
        "account.signed_out",
    ]


def test_many_at_once_do_not_wait_for_each_others_connections(door, staff):
    """More requests than the pool has connections, each of which also counts a try."""
    from portal.security.rate_limits import Limit

    limit = Limit("test", 1000, 10)
    done = []

    def request():
        with door.database.transaction() as session:
            session.execute(select(User)).all()
            done.append(rate_limits.hit(door.database, limit, "x", door.clock.now()))

    threads = [threading.Thread(target=request) for _ in range(30)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(970, 1000))
    assert time.perf_counter() - began < 15
