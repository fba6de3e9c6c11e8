"""One's own settings: password and signing out everywhere."""

from __future__ import annotations

import pytest

from .conftest import PASSWORD

NEW = "a quite different sentence"


def test_a_new_password_signs_other_devices_out_and_not_this_one(browser, new_browser, staff):
    other = new_browser()
    other.sign_in("accounting")
    browser.sign_in("accounting")
    done = browser.submit("/account/password", {"old": PASSWORD, "new": NEW})
    assert done.status_code == 303
    page = browser.get("/account")
    assert "パスワードを変えました" in page.text
    assert "パスワードを変えました" not in browser.get("/account").text  # said once
    assert other.get("/home", follow_redirects=False).status_code == 303
    fresh = new_browser()
    fresh.sign_in("accounting", NEW)
    old = fresh.submit("/login", {"login_name": "accounting", "password": PASSWORD})
    assert old.status_code == 400


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", NEW, "いまのパスワードが違います"),
        (PASSWORD, "short", "12文字以上"),
        (PASSWORD, "x" * 201, "12文字以上"),
    ],
)
def test_a_password_is_not_changed_without_reason(browser, staff, old, new, words):
    browser.sign_in("accounting")
    page = browser.submit("/account/password", {"old": old, "new": new})
    assert page.status_code == 400
    assert words in page.text
    assert NEW not in page.text


def test_the_present_password_cannot_be_guessed_from_an_open_session(browser, staff):
    browser.sign_in("accounting")
    for _ in range(5):
        browser.submit("/account/password", {"old": "wrong", "new": NEW})
    page = browser.submit("/account/password", {"old": PASSWORD, "new": NEW})
    assert page.status_code == 429


def test_signing_out_everywhere_ends_all(browser, new_browser, staff):
    other = new_browser()
    other.sign_in("accounting")
    browser.sign_in("accounting")
    assert browser.submit("/account/sign-out-everywhere").status_code == 303
    for each in (browser, other):
        assert each.get("/home", follow_redirects=False).status_code == 303
