"""T-32, the other half: the right role of another company or another section gets nothing.

Which role may use which route is proved in tests/portal/test_routes.py over all routes; here every
route that names a contract is asked by people whose role may, but whose contract it is not.
"""

from __future__ import annotations

import pytest

from portal.accounts import registering
from portal.accounts.models import User
from portal.security.access import Require
from portal.security.rights import ACTIONS
from portal.security.roles import Role
from records import audit
from tests.portal.contracts.conftest import SYSTEM
from tests.portal.test_routes import needed, routes

pytestmark = pytest.mark.slow
STRANGER = "stranger@example.jp"
#: Words that stand in this contract and must not reach anybody it is not for.
SECRETS = ("図書館 書架用品", "株式会社髙﨑建設", "8,800,000")


@pytest.fixture(scope="module")
def strangers(kept):
    """(browser, program) of another company's administrator and of a section that has no part."""
    office = kept.office
    with office.service.database.transaction() as session:
        other = registering.add_vendor(
            session, code="V-0099", name="別の会社", actor=SYSTEM, at=office.now
        )
        registering.add_vendor_user(
            session, vendor_id=other.id, mail=STRANGER, name="別 人", role="admin", actor=SYSTEM,
            at=office.now,
        )  # fmt: skip
        parks: User = registering.add_staff(
            session, login_name="koen", display_name="公園 七子", roles=[Role.DEPARTMENT],
            password=None, department="公園課", title="主任", mail="koen@enshu.example.jp",
            actor=SYSTEM, at=office.now,
        )  # fmt: skip
        parks.password_hash = session.query(User).filter_by(login_name="kansa").one().password_hash
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": STRANGER})
    office.run_jobs()
    assert browser.submit(office.mailed_link(STRANGER)).status_code == 303
    return {
        Role.VENDOR: (browser, office.api(STRANGER)),
        Role.DEPARTMENT: (office.browser("koen"), office.api("koen")),
    }


@pytest.mark.parametrize("role", [Role.VENDOR, Role.DEPARTMENT])
def test_t32_another_company_or_section_gets_no_contract_on_any_route(kept, strangers, role):
    office = kept.office
    browser, program = strangers[role]
    token = {"csrf": _token(browser)}
    asked = 0
    with office.service.database.reader() as session:
        before = len(audit.history(session, f"contract:{kept.contract_id}"))
    for method, path, dependant in routes(office.app):
        actions = [d.call.action for d in needed(dependant) if isinstance(d.call, Require)]
        if "{contract_id}" not in path or not all(role in ACTIONS[a].roles for a in actions):
            continue
        at = path.replace("{contract_id}", kept.contract_id).replace("{page}", "0")
        at = at.replace("{", "").replace("}", "")
        if path.startswith("/api/"):
            answer = program.request(method, at)
        elif method == "GET":
            answer = browser.get(at)
        else:
            answer = browser.post(at, data=token)
        asked += 1
        assert answer.status_code >= 400, f"{method} {path}"
        assert answer.status_code < 500, f"{method} {path}"
        assert not any(words in answer.text for words in SECRETS), f"{method} {path}"
    assert asked > 20
    with office.service.database.reader() as session:
        assert len(audit.history(session, f"contract:{kept.contract_id}")) == before


def _token(browser) -> str:
    import re

    return re.search(r'name="csrf" value="([^"]+)"', browser.get("/verify").text).group(1)
