"""Staff sign in by OpenID Connect: against a ready-made provider, and one that can be hostile."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2
import pytest
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from portal.accounts import queries, registering
from portal.accounts.oidc_models import OidcLink
from portal.security.roles import Role
from portal.settings.oidc import OidcSettings
from records import audit
from tests.portal.oidc_provider import LocalProvider, running


@pytest.fixture
def provider(door) -> Iterator[LocalProvider]:
    with running() as provider:
        provider.now = lambda: door.clock.now().timestamp()
        configure(door, issuer=provider.issuer)
        yield provider


def configure(door, **wanted) -> None:
    oidc = OidcSettings(**({"client_id": "warifu"} | wanted))
    door.settings = door.settings.model_copy(update={"oidc": oidc})


def asked(browser, path: str = "/login/oidc?next=/invoices") -> str:
    browser.get("/login")
    response = browser.get(path, follow_redirects=False)
    assert response.status_code == 303, response.text
    return response.headers["location"]


def enter(browser, provider: LocalProvider):
    callback, _ = provider.approve(asked(browser))
    return browser.get(callback, follow_redirects=False)


def test_a_member_of_staff_enters_and_leaves_through_the_provider(
    door, provider, new_browser, staff
):
    browser = new_browser()
    assert "市の認証基盤でサインイン" in browser.get("/login").text
    entered = enter(browser, provider)
    assert (entered.status_code, entered.headers["location"]) == (303, "/invoices")
    assert "会計課 太郎" in browser.get("/home").text
    with door.database.reader() as session:
        history = audit.history(session, f"staff:{staff[Role.ACCOUNTING].id}")
    assert [e.action for e in history[-2:]] == ["account.oidc_linked", "account.signed_in"]
    assert history[-1].details["factor"] == "oidc"
    left = browser.submit("/logout")
    assert left.headers["location"] == "/login/oidc/signed-out"
    assert f"{provider.issuer}/leave?client_id=warifu" in browser.get("/login/oidc/signed-out").text
    assert browser.get("/home", follow_redirects=False).status_code == 303


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_the_flow_holds_with_a_ready_made_provider(door, new_browser, staff):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

    claims = {"preferred_username": "accounting", "groups": ["g-kaikei"]}
    user = oidc_provider_mock.User(sub="kaikei", claims=claims)
    provider = oidc_provider_mock.app(require_nonce=True, user_claims=[user])
    # By number: its own server asks for the name localhost, which not every machine knows.
    with make_server("127.0.0.1", 0, provider, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        issuer = f"http://127.0.0.1:{server.server_port}"
        configure(door, issuer=issuer, client_secret="any", role_map=("g-kaikei=accounting",))
        # It knows the wall clock only.
        from datetime import UTC, datetime

        door.clock.advance(datetime.now(UTC) - door.clock.now())
        browser = new_browser()
        address = asked(browser)
        answer = httpx2.post(address, data={"sub": "kaikei"}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        back = answer.headers["location"].partition("/login/oidc/callback")[2]
        entered = browser.get(f"/login/oidc/callback{back}", follow_redirects=False)
        assert entered.status_code == 303, entered.text
        assert browser.get("/home", follow_redirects=False).status_code == 200
        server.shutdown()


@pytest.mark.parametrize(
    "spoil",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another-service"},
        {"aud": ["warifu", "another"]}, {"aud": ["warifu", "x"], "azp": "x"},
        {"iss": "https://evil.example"}, {"exp": 1}, {"exp": None}, {"exp": "soon"},
        {"iat": 10**11}, {"sub": ""}, {"sub": None}, {"azp": "another"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_is_refused(provider, new_browser, staff, spoil):
    provider.spoiled = spoil
    browser = new_browser()
    refused = enter(browser, provider)
    assert refused.status_code == 400
    assert "確かめられませんでした" in refused.text
    assert browser.get("/home", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("how", ["other-key", "none", "public-key-as-secret"])
def test_a_token_not_signed_by_the_provider_is_refused(provider, new_browser, staff, how):
    if how == "other-key":
        provider.key = RSAKey.generate_key(2048, {"kid": "1"})
    elif how == "none":
        provider.header = {"alg": "none"}
    else:
        provider.header = {"alg": "HS256", "kid": "1"}
    assert enter(new_browser(), provider).status_code == 400


def test_keys_that_were_rolled_over_are_fetched_again(provider, new_browser, staff):
    assert enter(new_browser(), provider).status_code == 303
    provider.key = provider.published = RSAKey.generate_key(2048, {"kid": "2", "use": "sig"})
    provider.header = {"alg": "RS256", "kid": "2"}
    assert enter(new_browser(), provider).status_code == 303


def test_state_belongs_to_one_browser_and_ten_minutes_and_a_code_is_used_once(
    door, provider, new_browser, staff
):
    victim, thief = new_browser(), new_browser()
    callback, _ = provider.approve(asked(victim))
    thief.get("/login")
    assert thief.get(callback, follow_redirects=False).status_code == 400
    assert victim.get(callback, follow_redirects=False).status_code == 303
    assert victim.get(callback, follow_redirects=False).status_code == 400
    late = new_browser()
    callback, _ = provider.approve(asked(late))
    door.clock.advance(timedelta(minutes=11))
    assert late.get(callback, follow_redirects=False).status_code == 400
    for made_up in ("?code=x&state=y", "?code=x&state=e30.x", "?error=access_denied", ""):
        assert late.get(f"/login/oidc/callback{made_up}").status_code == 400


def test_the_code_is_of_no_use_without_the_verifier(provider, new_browser, staff):
    callback, question = provider.approve(asked(new_browser()))
    code = re.search(r"code=([^&]+)", callback).group(1)
    status, _ = provider.token(
        {"code": code, "redirect_uri": question["redirect_uri"], "code_verifier": "guess"}
    )
    assert status == 400


def test_answers_of_another_issuer_and_descriptions_that_lie_are_refused(
    provider, new_browser, staff
):
    browser = new_browser()
    callback, _ = provider.approve(asked(browser))
    mixed = browser.get(f"{callback}&iss=https://evil.example", follow_redirects=False)
    assert mixed.status_code == 400


def test_a_provider_that_describes_itself_as_another_is_refused(provider, new_browser):
    provider.described = {"issuer": "https://evil.example"}
    browser = new_browser()
    browser.get("/login")
    assert browser.get("/login/oidc", follow_redirects=False).status_code == 400


def test_roles_come_from_the_provider_at_each_sign_in(door, provider, new_browser, staff):
    configure(
        door, issuer=provider.issuer,
        role_map=("g-keiyaku=contracting_officer", "g-kaikei=accounting"),
    )  # fmt: skip
    user = staff[Role.ACCOUNTING]
    for groups, roles in (
        (["g-keiyaku", "other"], ["contracting_officer"]),
        (["g-kaikei", "g-keiyaku"], ["accounting", "contracting_officer"]),
        ("g-kaikei", ["accounting"]),
    ):
        provider.claims["groups"] = groups
        assert enter(new_browser(), provider).status_code == 303
        with door.database.reader() as session:
            assert queries.user_by_login_name(session, "accounting").roles == roles
    provider.claims["groups"] = ["other"]
    refused = enter(new_browser(), provider)
    assert refused.status_code == 403
    assert "権限が割り当てられていません" in refused.text
    # A new name for the same subject is the same person; the old name for a new one is not.
    provider.claims |= {"groups": "g-kaikei", "preferred_username": "renamed"}
    assert enter(new_browser(), provider).status_code == 303
    provider.claims |= {"sub": "s-2", "preferred_username": "accounting"}
    taken = enter(new_browser(), provider)
    assert taken.status_code == 403
    assert "別の人に結び付いています" in taken.text
    with door.database.transaction() as session:
        assert session.query(OidcLink).count() == 1
        person = queries.user_by_login_name(session, "accounting")
        registering.switch_staff(
            session, user=person, active=False, actor=registering.Actor("system", "t", "t"),
            at=door.clock.now(),
        )  # fmt: skip
    provider.claims["sub"] = "s-1"
    assert "利用が止められています" in enter(new_browser(), provider).text
    assert user.login_name == "accounting"


def test_unknown_people_are_entered_only_where_the_city_says_so(door, provider, new_browser):
    provider.claims = {
        "sub": "new", "preferred_username": "Shinjin", "groups": ["g"], "name": "新人 一郎",
    }  # fmt: skip
    assert enter(new_browser(), provider).status_code == 403
    configure(door, issuer=provider.issuer, role_map=("g=department",), create_staff=True)
    browser = new_browser()
    assert enter(browser, provider).status_code == 303
    assert "新人 一郎" in browser.get("/home").text


def test_the_password_way_stays_or_goes_by_a_setting(door, provider, new_browser, staff):
    browser = new_browser()
    assert 'name="password"' in browser.get("/login").text
    browser.sign_in("accounting")
    configure(door, issuer=provider.issuer, password=False)
    other = new_browser()
    assert 'name="password"' not in other.get("/login").text
    fields = {"login_name": "accounting", "password": "correct horse battery"}
    assert other.submit("/login", fields).status_code == 404


def test_without_a_provider_there_is_no_such_door(new_browser):
    for path in ("/login/oidc", "/login/oidc/callback?code=x", "/login/oidc/signed-out"):
        assert new_browser().get(path).status_code == 404


def test_a_provider_that_does_not_answer_is_said_in_words(door, new_browser):
    configure(door, issuer="http://127.0.0.1:9")
    browser = new_browser()
    browser.get("/login")
    silent = browser.get("/login/oidc", follow_redirects=False)
    assert silent.status_code == 503
    assert "応答しません" in silent.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example.jp"}, {"issuer": "https://x", "client_id": ""},
        {"role_map": ("g=vendor",)}, {"role_map": ("accounting",)},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_would_be_unsafe_stop_the_start(wrong):
    with pytest.raises(ValidationError):
        OidcSettings(**({"client_id": "warifu"} | wrong))
