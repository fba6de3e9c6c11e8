"""Every route of the door: public by name in this list, or guarded by the role table."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from portal.accounts import registering
from portal.security import api_keys, login_links, people
from portal.security.access import Require, somebody
from portal.security.rights import ACTIONS
from portal.security.roles import VENDOR_ROLES, Role
from portal.security.server_secret import server_secret
from portal.web import get_session
from records import Actor

HERE = "http://127.0.0.1:8000"
SYSTEM = Actor(kind="system", id="tests", name="tests")

# What anybody may open. A route that is not here must have `Depends(require("…"))`.
PUBLIC = {
    ("GET", "/"),
    ("GET", "/favicon.ico"),
    ("POST", "/language"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/login/second"),
    ("GET", "/login/oidc"),
    ("GET", "/login/oidc/callback"),
    ("GET", "/login/oidc/signed-out"),
    ("POST", "/logout"),
    ("GET", "/vendor-login"),
    ("POST", "/vendor-login"),
    ("GET", "/l/{token}"),
    ("POST", "/l/{token}"),
    ("POST", "/l/{token}/renew"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/health"),
    ("GET", "/verify"),
    ("POST", "/verify"),
    ("POST", "/api/v1/verify"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/demo/mailbox"),
    ("GET", "/demo/mailbox/{name}"),
}


def routes(app):
    """(method, path, dependant) of every route but the static files."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is None:
            assert route.path == "/static", f"a route that is no endpoint: {route.path}"
            continue
        for method in sorted(route.methods - {"HEAD"}):
            yield method, route.path, dependant


def needed(dependant):
    """Every dependency below, however deep."""
    for sub in dependant.dependencies:
        yield sub
        yield from needed(sub)


def actions_of(dependant):
    return [sub.call.action for sub in needed(dependant) if isinstance(sub.call, Require)]


def test_every_route_is_public_by_name_or_guarded_by_an_action(app):
    found = list(routes(app))
    guarded = {(m, p) for m, p, d in found if actions_of(d)}
    everything = {(m, p) for m, p, _ in found}
    assert everything - guarded == PUBLIC
    assert len(found) == len(everything), "two routes for the same method and path"


def test_actions_of_routes_are_in_the_role_table(app):
    assert {a for _, _, d in routes(app) for a in actions_of(d)} <= set(ACTIONS)


def test_a_mistyped_action_stops_the_start():
    with pytest.raises(KeyError, match="no such action"):
        Require("contract.reed")


def test_every_transaction_ends_before_the_answer_leaves(app):
    for method, path, dependant in routes(app):
        for sub in needed(dependant):
            if sub.call is get_session:
                assert sub.scope == "function", f"{method} {path}: use DbSession"


def test_every_route_refuses_strangers_and_forms_of_strangers(app):
    """The guard against forged forms is on every route, also on those of colleagues."""
    from portal.security.csrf import guard_forms

    for method, path, dependant in routes(app):
        assert guard_forms in [sub.call for sub in needed(dependant)], f"{method} {path}"


def test_who_is_not_signed_in_gets_no_guarded_page(app, new_browser):
    browser = new_browser()
    for method, path, dependant in routes(app):
        if not actions_of(dependant):
            continue
        at = path.replace("{", "").replace("}", "")
        if path.startswith("/api/"):
            response = browser.request(method, at)
            assert response.status_code == 401, f"{method} {path}"
            assert response.json()["code"] == "portal.sign_in_needed"
        elif method == "GET":
            response = browser.get(at, follow_redirects=False)
            assert response.status_code == 303, f"{method} {path}"
            assert "login?why=expired&next=" in response.headers["location"]
        else:
            assert browser.submit(at).status_code == 401, f"{method} {path}"


def in_both_languages(said):
    return bool(said["ja"].strip()) and bool(said["en"].strip())


def keyed(app, door, role, holder):
    """A program with a key of this person."""
    with door.database.transaction() as session:
        known = people.of_holder(session, "vendor" if role in VENDOR_ROLES else "staff", holder,
                                 factors=frozenset({"api_key"}))  # fmt: skip
        key, _ = api_keys.issue(session, holder=known, label="tests", at=door.clock.now())
    return TestClient(app, base_url=HERE, headers={"authorization": f"Bearer {key}"})


def entered(door, new_browser, person):
    """A browser in which a vendor's person pressed the button behind a mailed link."""
    secret = server_secret(door.settings)
    at = door.clock.now()
    with door.database.transaction() as session:
        link = login_links.issue(
            session, secret=secret, vendor_user_id=person, at=at, expires_at=at + timedelta(days=1)
        )
    browser = new_browser()
    assert browser.submit(f"/l/{login_links.token_of(secret, link.id)}").status_code == 303
    return browser


@pytest.mark.slow
def test_t32_every_role_is_refused_with_reason_and_remedy_on_every_route_the_table_denies(
    app, door, new_browser, staff, vendor
):
    """Every page and every call × every role, against the role table. A refusal says which act,
    why, and what to do: in Japanese on the page, in Japanese and English to a program."""
    limits = door.settings.limits.model_copy(update={"api_per_minute": 100_000})
    door.settings = door.settings.model_copy(update={"limits": limits})
    holders = {role: user.id for role, user in staff.items()}
    with door.database.transaction() as session:
        for role, kind in ((Role.VENDOR, "member"), (Role.VENDOR_ADMIN, "admin")):
            holders[role] = registering.add_vendor_user(
                session, vendor_id=vendor.id, mail=f"{kind}@example.jp", name=kind, role=kind,
                actor=SYSTEM, at=door.clock.now(),
            ).id  # fmt: skip
    assert set(holders) == set(Role)
    guarded = [(m, p, actions_of(d)) for m, p, d in routes(app) if actions_of(d)]
    refused = 0
    for role, holder in holders.items():
        if role in VENDOR_ROLES:
            browser = entered(door, new_browser, holder)
        else:
            browser = new_browser()
            browser.sign_in(role.value)
        program, form = keyed(app, door, role, holder), {"csrf": browser.token("/")}
        has = {role, Role.VENDOR} if role is Role.VENDOR_ADMIN else {role}
        for method, path, actions in guarded:
            refusing = [a for a in actions if not has & ACTIONS[a].roles]
            if not refusing:
                continue
            refused += 1
            at = path.replace("{", "").replace("}", "")
            if path.startswith("/api/"):
                answer = program.request(method, at)
                assert answer.status_code == 403, f"{role} {method} {path}"
                said = answer.json()
                assert said["code"] == "portal.forbidden"
                assert in_both_languages(said["message"]), f"{role} {method} {path}"
                assert in_both_languages(said["remedy"]), f"{role} {method} {path}"
                assert ACTIONS[refusing[0]].ja in said["message"]["ja"]
            else:
                answer = browser.get(at) if method == "GET" else browser.post(at, data=form)
                assert answer.status_code == 403, f"{role} {method} {path}"
                assert ACTIONS[refusing[0]].ja in answer.text
                assert "依頼してください" in answer.text, f"{role} {method} {path}"
    assert refused > 500


def test_identity_is_found_in_one_place_only(app):
    """Nobody reads the cookie or the key but `somebody`."""
    for _, path, dependant in routes(app):
        for sub in needed(dependant):
            if isinstance(sub.call, Require):
                assert somebody in [below.call for below in needed(sub)], path


def test_the_web_process_loads_neither_renderer_nor_signer():
    looked = "import sys, portal.app; print({'pyhanko', 'weasyprint'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_each_role_has_a_home(new_browser, staff):
    for role in staff:
        browser = new_browser()
        browser.sign_in(role.value)
        page = browser.get("/home")
        assert page.status_code == 200
        assert Role(role).ja in page.text
