"""決裁: routes by amount, four eyes, and decisions that bind bytes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import update
from walk import ACCOUNTING, DEPARTMENT_HEAD, DRAFTER, OFFICER, Walk

from econtract import deciding, drafting, queries, routing, rules
from econtract.errors import (
    CouncilVoteNeeded,
    DecidedBytesDiffer,
    FourEyes,
    MoveRefused,
    NoRoute,
    NotYourTurn,
    ReasonRequired,
    RulesBroken,
    SeenBytesDiffer,
)
from econtract.models import Circulation, Contract, Document
from econtract.states import ContractState
from records import audit

pytestmark = pytest.mark.slow
DAY = date(2026, 11, 24)


def send_back(walk: Walk, reason: str, **changes: object) -> None:
    with walk.deps.database.transaction() as session:
        deciding.send_back(
            session,
            walk.contract_id,
            **({
                "roles": {"department"}, "reason": reason, "seen_sha256": walk.sha256(),
                "actor": DEPARTMENT_HEAD, "at": walk.now,
            } | changes),
        )  # fmt: skip


def test_the_route_grows_with_the_amount() -> None:
    table = rules.example()
    small = routing.route_for(table, kind="works", amount=Decimal(9_999_999), day=DAY)
    large = routing.route_for(table, kind="works", amount=Decimal(10_000_000), day=DAY)
    assert [s.role for s in small.steps] == ["department", "contracting_officer"]
    assert [s.act for s in large.steps] == ["decide", "countersign", "decide"]


def test_an_amount_for_the_council_is_refused_with_the_reason() -> None:
    contract = Contract(kind="goods", form="", amount=Decimal(40_000_000))
    with pytest.raises(CouncilVoteNeeded, match="議決"):
        routing.planned(rules.example(), contract, DAY)
    contract.form = "provisional_goods"
    assert routing.planned(rules.example(), contract, DAY)[1]


def test_no_route_before_the_table_is_in_force() -> None:
    with pytest.raises(NoRoute):
        routing.route_for(rules.example(), kind="works", amount=Decimal(1), day=date(2019, 4, 1))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"route": []}, "route"),
        ({"sending": {"days": 0}}, "sending.days"),
        ({"authority": [{"up_to": "x", "valid_from": DAY}]}, "up_to"),
        ({"authority": [{"up_to": 1}]}, "valid_from"),
        ({"council": [{"from": 1}]}, "valid_from"),
    ],
)
def test_a_wrong_row_of_the_rules_is_named(change: dict[str, object], place: str) -> None:
    good: dict[str, object] = {
        "route": [
            {
                "id": "a", "from": 0, "below": 10, "valid_from": DAY,
                "steps": [{"role": "department", "title": "課長", "act": "decide"}],
            }
        ]
    }  # fmt: skip
    rules.parse(good)
    with pytest.raises(RulesBroken) as broken:
        rules.parse(good | change)
    assert place in broken.value.message_ja


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"role": "x", "title": "y", "act": "countersign"}],
        [{"role": "", "title": "y", "act": "decide"}],
    ],
)
def test_a_route_without_a_last_decision_is_refused(steps: list[dict[str, str]]) -> None:
    with pytest.raises(RulesBroken):
        rules.parse({"route": [{"from": 0, "below": 10, "valid_from": DAY, "steps": steps}]})


def test_a_rules_file_that_is_no_toml_is_named(tmp_path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("route = [")
    with pytest.raises(RulesBroken, match=r"rules\.toml"):
        rules.load(file)
    with pytest.raises(RulesBroken):
        rules.load(tmp_path / "absent.toml")


def test_late_interest_is_the_rate_of_the_day() -> None:
    table = rules.example()
    assert table.late_interest_on(DAY) == Decimal("2.5")
    with pytest.raises(RulesBroken):
        table.late_interest_on(date(2000, 1, 1))


def test_each_decider_in_turn_and_nobody_out_of_turn(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    with pytest.raises(NotYourTurn, match="担当課長"):
        walk.approve_step("contracting_officer", OFFICER)
    walk.approve_step("department", DEPARTMENT_HEAD)
    with pytest.raises(NotYourTurn, match="会計課長"):
        walk.approve_step("department", DEPARTMENT_HEAD)
    walk.approve_step("accounting", ACCOUNTING)
    assert walk.state() == ContractState.DECIDING
    walk.approve_step("contracting_officer", OFFICER)
    assert walk.state() == ContractState.APPROVED


def test_who_drafted_cannot_decide(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    with pytest.raises(FourEyes):
        walk.approve_step("department", DRAFTER)


def test_approving_twice_by_a_double_click_is_one_decision(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    with walk.deps.database.reader() as session:
        contract = queries.contract(session, walk.contract_id)
        circulation = queries.circulation(session, contract)
        assert circulation is not None
        first = queries.decisions(session, circulation.id)[0].id
    both = {"department", "accounting"}
    walk.approve_step("", DEPARTMENT_HEAD, roles=both, decision_id=first)
    walk.approve_step("", DEPARTMENT_HEAD, roles=both, decision_id=first)
    with walk.deps.database.reader() as session:
        outcomes = [d.outcome for d in queries.decisions(session, circulation.id)]
        actions = [e.action for e in audit.history(session, f"contract:{walk.contract_id}")]
    assert outcomes == ["approved", "waiting", "waiting"]
    assert actions.count("contract.step_approved") == 1


def test_a_press_on_a_step_that_another_took_does_not_decide_the_next(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    with walk.deps.database.reader() as session:
        circulation = queries.circulation(session, queries.contract(session, walk.contract_id))
        assert circulation is not None
        first = queries.decisions(session, circulation.id)[0].id
    walk.approve_step("department", DEPARTMENT_HEAD, decision_id=first)
    with pytest.raises(NotYourTurn):
        walk.approve_step("", ACCOUNTING, roles={"department", "accounting"}, decision_id=first)
    assert walk.actions().count("contract.step_approved") == 1


def test_what_was_not_seen_is_not_approved(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    with pytest.raises(SeenBytesDiffer):
        walk.approve_step("department", DEPARTMENT_HEAD, seen_sha256="0" * 64)


def test_a_document_exchanged_under_the_deciders_is_an_alarm(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    other = walk.deps.store.put(b"%PDF-1.7 other").sha256
    with walk.deps.database.transaction() as session:
        session.execute(update(Document).values(sha256=other))
    with pytest.raises(DecidedBytesDiffer):
        walk.approve_step("department", DEPARTMENT_HEAD, seen_sha256=other)


def test_a_returned_contract_goes_back_with_its_reason_and_all_approvals_end(walk: Walk) -> None:
    walk.to(ContractState.DECIDING).approve_step("department", DEPARTMENT_HEAD)
    with pytest.raises(ReasonRequired):
        send_back(walk, "　 ", roles={"accounting"}, actor=ACCOUNTING)
    send_back(walk, "工期が議会の日程と重なります。", roles={"accounting"}, actor=ACCOUNTING)
    contract = walk.contract()
    assert contract.state == ContractState.DRAFTING
    assert contract.note is not None
    assert contract.note["reason"].startswith("工期")
    walk.make().submit()
    with walk.deps.database.reader() as session:
        circulations = queries.circulations(session, walk.contract_id)
        assert [c.outcome for c in circulations] == ["returned", "open"]
        [first, second] = circulations
        waiting = [d.outcome for d in queries.decisions(session, second.id)]
    assert waiting == ["waiting"] * 3
    assert first.document_id != second.document_id


def test_an_approved_contract_can_be_taken_back_and_must_be_decided_again(walk: Walk) -> None:
    walk.to(ContractState.APPROVED)
    with walk.deps.database.transaction() as session:
        deciding.recall(session, walk.contract_id, reason="金額の誤り", actor=DRAFTER, at=walk.now)
    assert walk.state() == ContractState.DRAFTING
    with pytest.raises(MoveRefused):
        walk.send()


def test_an_edit_after_making_needs_a_new_document_before_it_can_be_decided(walk: Walk) -> None:
    walk.to(ContractState.READY)
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session,
            walk.contract_id,
            changes={"place": "別の場所"},
            seen_revision=1,
            actor=DRAFTER,
            at=walk.now,
        )
    with pytest.raises(MoveRefused), walk.deps.database.transaction() as session:
        deciding.submit(
            session,
            walk.contract_id,
            rules=walk.deps.rules,
            seen_sha256="0" * 64,
            actor=DRAFTER,
            at=walk.now,
        )


def test_the_decision_keeps_the_hash_it_was_made_on(walk: Walk) -> None:
    walk.to(ContractState.APPROVED)
    with walk.deps.database.reader() as session:
        [circulation] = session.query(Circulation).all()
        seen = {d.seen_sha256 for d in queries.decisions(session, circulation.id)}
    assert seen == {walk.sha256()} == {circulation.document_sha256}
