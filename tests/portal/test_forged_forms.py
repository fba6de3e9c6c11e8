"""Three layers against forged forms, and the headers on every answer."""

from __future__ import annotations

import pytest

from portal.pages import static_url
from portal.security import csrf
from portal.security.headers import CSP

from .conftest import HERE


def signed_in(new_browser, staff):
    browser = new_browser()
    browser.sign_in("accounting")
    return browser


def post(browser, *, token: str | None, headers: dict[str, str], drop: tuple[str, ...] = ()):
    request = browser.build_request(
        "POST", "/account/keys", data={"label": "x"} | ({"csrf": token} if token else {})
    )
    for name in ("sec-fetch-site", "origin", *drop):
        del request.headers[name]
    request.headers.update(headers)
    return browser.send(request, follow_redirects=False)


OURS = {"sec-fetch-site": "same-origin", "origin": HERE}


def test_our_own_form_is_taken(new_browser, staff):
    browser = signed_in(new_browser, staff)
    assert post(browser, token=browser.token("/account"), headers=OURS).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": HERE},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_is_refused_even_with_the_token(new_browser, staff, headers):
    browser = signed_in(new_browser, staff)
    response = post(browser, token=browser.token("/account"), headers=headers)
    assert response.status_code == 403
    assert "前の画面に戻って" in response.text


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": HERE}], ids=str)
def test_one_of_the_two_headers_is_enough_for_older_browsers(new_browser, staff, headers):
    browser = signed_in(new_browser, staff)
    response = post(browser, token=browser.token("/account"), headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize("token", [None, "", "wrong", "あ"])
def test_without_the_right_token_a_form_is_refused(new_browser, staff, token):
    browser = signed_in(new_browser, staff)
    assert post(browser, token=token, headers=OURS).status_code == 403


def test_the_token_of_another_session_is_refused(new_browser, staff):
    mine, theirs = signed_in(new_browser, staff), signed_in(new_browser, staff)
    assert post(mine, token=theirs.token("/account"), headers=OURS).status_code == 403


def test_the_token_from_before_sign_in_is_refused_after(new_browser, staff):
    browser = new_browser()
    before = browser.token("/login")
    browser.sign_in("accounting")
    assert post(browser, token=before, headers=OURS).status_code == 403


def test_signing_somebody_in_from_elsewhere_is_refused(new_browser, staff):
    browser = new_browser()
    response = browser.post(
        "/login",
        data={"login_name": "accounting", "password": "x"},
        headers={"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    )
    assert response.status_code == 403


def test_the_token_may_come_in_a_header(new_browser, staff):
    browser = signed_in(new_browser, staff)
    token = {"x-csrf-token": browser.token("/account")}
    assert post(browser, token=None, headers=OURS | token).status_code == 200


def test_a_file_form_is_guarded_as_well(new_browser, staff):
    browser = signed_in(new_browser, staff)
    good = browser.post(
        "/account/keys", data={"csrf": browser.token("/account"), "label": "x"}, files={"f": b"1"}
    )
    bad = browser.post("/account/keys", data={"label": "x"}, files={"f": b"1"})
    assert (good.status_code, bad.status_code) == (200, 403)


def test_a_json_body_brings_no_form_token(new_browser, staff):
    browser = signed_in(new_browser, staff)
    assert (
        browser.post("/account/keys", json={"csrf": browser.token("/account")}).status_code == 403
    )


def test_the_cookie_is_not_sent_by_other_sites(browser):
    cookie = browser.get("/").headers["set-cookie"]
    assert "SameSite=lax" in cookie
    assert "HttpOnly" in cookie


def test_the_token_does_not_show_the_cookie():
    cookie = "c" * 43
    assert cookie not in csrf.token_for(cookie)
    assert csrf.token_for(cookie) != csrf.token_for("d" * 43)


@pytest.mark.parametrize(
    "path", ["/", "/login", "/vendor-login", "/health", "/livez", "/nothing", "/static/warifu.css"]
)
def test_every_answer_has_the_security_headers(browser, path):
    headers = browser.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert len(headers["x-request-id"]) == 16
    assert "server" not in headers


def test_refusals_and_mistakes_have_the_headers_too(app, new_browser):
    @app.get("/break")
    def break_it() -> None:
        raise ZeroDivisionError

    browser = new_browser()
    for response in (
        browser.post("/login", headers={"origin": "https://evil.example"}),
        browser.post("/login", content=b"x" * 60_000_000),
    ):
        assert response.status_code in (403, 413)
        assert response.headers["content-security-policy"] == CSP


def test_pages_are_not_cached_and_static_files_are(browser):
    assert browser.get("/").headers["cache-control"] == "no-store"
    versioned = browser.get(static_url("warifu.css"))
    assert versioned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert browser.get("/static/warifu.css").headers["cache-control"] == "no-cache"


def test_pages_have_no_inline_script_and_no_inline_style(browser, staff):
    browser.sign_in("accounting")
    for path in ("/", "/login", "/home", "/account", "/health", "/demo/mailbox", "/nothing"):
        page = browser.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
