"""The whole role table, cell by cell, against the one reviewed here; then what facts decide."""

from __future__ import annotations

from pathlib import Path

import pytest

import portal
from portal.security.identity import Identity
from portal.security.rights import ACTIONS, Allow, Deny, may
from portal.security.rights_reference import PAGE, reference
from portal.security.roles import Role

# V vendor, v vendor's administrator, D department, P procurement, C contracting officer,
# A accounting, T treasurer, U auditor, O operator.
LETTERS = dict(zip("VvDPCATUO", Role, strict=True))

REVIEWED = {
    "home.read": "VvDPCATUO",
    "account.own": "VvDPCATUO",
    "award.read": "DPCU",
    "award.import": "P",
    "contract.list": "VDPCATU",
    "contract.read": "VDPCATU",
    "contract.draft": "DP",
    "contract.submit": "DP",
    "contract.decide": "DPCAT",
    "contract.withdraw": "DP",
    "contract.call_off": "DP",
    "contract.send": "DP",
    "contract.remind": "DP",
    "contract.reissue": "P",
    "contract.release": "P",
    "decision.read": "DPCATU",
    "decision.deputise": "DPCAT",
    "decision.routes_edit": "P",
    "decision.routes_approve": "PC",
    "template.edit": "P",
    "template.approve": "PC",
    "contract.consent": "V",
    "contract.decline": "V",
    "contract.close": "C",
    "authority.read": "DPCATU",
    "authority.record": "P",
    "performance.report": "V",
    "guarantee.record": "DP",
    "guarantee.check": "DPA",
    "contract.amend": "DP",
    "contract.vote": "DP",
    "contract.cancel": "DP",
    "contract.decide_cancel": "C",
    "contract.import": "P",
    "retention.read": "PCU",
    "retention.hold": "PC",
    "retention.prepare": "P",
    "retention.decide": "C",
    "performance.inspect": "D",
    "invoice.list": "VDPATU",
    "invoice.read": "VDPATU",
    "invoice.submit": "V",
    "invoice.receive": "DA",
    "invoice.inspect": "D",
    "invoice.decide": "D",
    "invoice.approve": "A",
    "route.edit": "A",
    "invoice.return": "DA",
    "network.read": "AU",
    "network.resend": "A",
    "statement.own": "V",
    "payment.read": "ATU",
    "payment.order": "A",
    "payment.release": "T",
    "payment.export": "AT",
    "layout.edit": "A",
    "figures.read": "DPCATU",
    "figures.simulate": "DPAT",
    "vendor.read": "DPCATU",
    "vendor.edit": "P",
    "vendor.payment_facts": "PA",
    "vendor.people": "v",
    "staff.manage": "O",
    "audit.read": "U",
    "operations.read": "O",
    "operations.act": "O",
}


def somebody(*roles: Role, **more) -> Identity:
    vendor = set(roles) & {Role.VENDOR, Role.VENDOR_ADMIN}
    return Identity(
        kind="vendor" if vendor else "staff",
        id=more.pop("id", "me"),
        name="n",
        roles=frozenset(roles),
        vendor_id="mine" if vendor else None,
        department=None if vendor else "道路課",
        **more,
    )


def test_the_reviewed_table_names_every_action():
    assert set(REVIEWED) == set(ACTIONS)


def test_every_action_is_asked_for_somewhere():
    """The table claims nothing that no page and no call does: a new page brings its row."""
    root = Path(portal.__file__).parent
    files = [file for file in root.rglob("*.py") if file != root / "security" / "rights.py"]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [action for action in ACTIONS if f'"{action}"' not in source] == []


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_each_cell_is_as_reviewed(action):
    for letter, role in LETTERS.items():
        answer = may(somebody(role), action)
        wanted = letter in REVIEWED[action]
        assert isinstance(answer, Allow if wanted else Deny), f"{role} {action}"


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_refusal_says_why_in_both_languages(action):
    for role in Role:
        answer = may(somebody(role), action)
        if isinstance(answer, Deny):
            assert ACTIONS[action].ja in answer.reason_ja
            assert role.ja in answer.reason_ja
            assert role.en in answer.reason_en


def test_somebody_without_a_role_may_do_nothing():
    for action in ACTIONS:
        assert isinstance(may(somebody(), action), Deny)


def test_auditor_reads_and_changes_nothing():
    changing = {a for a in ACTIONS if Role.AUDITOR in ACTIONS[a].roles}
    assert {a.rpartition(".")[2] for a in changing} == {"read", "list", "own"}


def test_operator_sees_no_contract_and_no_invoice():
    seen = {a.partition(".")[0] for a in ACTIONS if Role.OPERATOR in ACTIONS[a].roles}
    assert seen == {"home", "account", "staff", "operations"}


FACTS = {
    "vendor_id": "mine",
    "department": "道路課",
    "drafted_by": "another",
    "inspected_by": "another",
}


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_whoever_may_by_role_may_on_their_own(action):
    for role in ACTIONS[action].roles:
        assert isinstance(may(somebody(role), action, FACTS), Allow), f"{role} {action}"


@pytest.mark.parametrize("action", sorted(a for a in ACTIONS if ACTIONS[a].conditions))
def test_a_forgotten_fact_lets_nobody_in(action):
    def judge_all():
        for role in ACTIONS[action].roles:
            may(somebody(role), action, {})

    with pytest.raises(KeyError):
        judge_all()


def test_another_vendors_contract_is_refused():
    answer = may(somebody(Role.VENDOR), "contract.read", {**FACTS, "vendor_id": "theirs"})
    assert isinstance(answer, Deny)
    assert "ほかの事業者" in answer.reason_ja


def test_a_thing_without_a_vendor_is_nobodys():
    for fact in (None, ""):
        answer = may(somebody(Role.VENDOR), "contract.read", {**FACTS, "vendor_id": fact})
        assert isinstance(answer, Deny)


def test_another_departments_contract_is_refused_and_the_own_department_is_named():
    facts = {**FACTS, "department": "公園課"}
    answer = may(somebody(Role.DEPARTMENT), "contract.read", facts)
    assert isinstance(answer, Deny)
    assert "道路課" in answer.reason_ja
    assert isinstance(may(somebody(Role.PROCUREMENT), "contract.read", facts), Allow)


def test_a_department_that_is_not_registered_owns_nothing():
    user = Identity(kind="staff", id="me", name="n", roles=frozenset({Role.DEPARTMENT}))
    for department in ("", None):
        answer = may(user, "contract.read", {**FACTS, "department": department})
        assert isinstance(answer, Deny)


def test_a_second_role_that_sees_all_lifts_the_departments_bound():
    user = somebody(Role.DEPARTMENT, Role.PROCUREMENT)
    assert isinstance(may(user, "contract.read", {**FACTS, "department": "公園課"}), Allow)


def test_a_second_role_that_cannot_do_it_lifts_no_bound():
    user = somebody(Role.DEPARTMENT, Role.AUDITOR)
    facts = {**FACTS, "department": "公園課"}
    assert isinstance(may(user, "contract.read", facts), Allow)  # an auditor reads all
    assert isinstance(may(user, "contract.send", facts), Deny)  # and sends nothing


def test_nobody_decides_on_their_own_draft():
    for role in ACTIONS["contract.decide"].roles:
        answer = may(somebody(role), "contract.decide", {**FACTS, "drafted_by": "me"})
        assert isinstance(answer, Deny)
        assert "起案" in answer.reason_ja


def test_nobody_approves_what_they_inspected():
    answer = may(somebody(Role.ACCOUNTING), "invoice.approve", {**FACTS, "inspected_by": "me"})
    assert isinstance(answer, Deny)
    assert "検査" in answer.reason_ja


def test_the_page_of_rights_is_current():
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "python -m portal.security.rights_reference writes it anew"
    )
