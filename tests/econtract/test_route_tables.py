"""代決 with period and reason, the table of routes with its versions, and the register."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from walk import DEPARTMENT_HEAD, DRAFTER, OFFICER, Walk

from econtract import deputies, queries, register, route_tables, routing
from econtract.errors import EContractError, FourEyes, NotYourTurn
from econtract.making_errors import RouteTableRefused, SignerNotNamed
from econtract.states import ContractState
from records import Actor

DAY = date(2026, 11, 24)
HEAD_DEPUTY = Actor("staff", "s-deputy", "道路 三子")


def name_deputy(walk: Walk, **changes: Any) -> deputies.Deputy:
    with walk.deps.database.transaction() as session:
        return deputies.name(
            session,
            **({
                "role": "department", "department": walk.contract().department,
                "deputy": HEAD_DEPUTY, "valid_from": DAY, "valid_until": DAY,
                "reason": "出張のため", "actor": DEPARTMENT_HEAD, "at": walk.now,
            } | changes),
        )  # fmt: skip


@pytest.mark.slow
def test_a_deputy_decides_within_the_period_and_the_register_says_for_whom_and_why(
    walk: Walk,
) -> None:
    walk.to(ContractState.DECIDING)
    with pytest.raises(NotYourTurn):
        walk.approve_step("procurement", HEAD_DEPUTY)
    first = name_deputy(walk)
    assert name_deputy(walk).id == first.id
    with walk.deps.database.reader() as session:
        [(_, _, by)] = deputies.inbox(
            session, actor_id=HEAD_DEPUTY.id, roles=[], department=None, at=walk.now
        )
        assert by is not None
    walk.approve_step("procurement", HEAD_DEPUTY)
    with walk.deps.database.reader() as session:
        [line] = register.lines(session, register.Wanted(since=DAY, until=DAY, words="道路"))
        assert (line.decision.decided_by_name, line.decision.deputy_for) == (
            HEAD_DEPUTY.name,
            DEPARTMENT_HEAD.name,
        )
        assert line.decision.deputy_reason == "出張のため"
        assert line.decision.seen_sha256 == walk.sha256()
        assert not register.lines(session, register.Wanted(until=DAY - timedelta(days=1)))
        assert not register.lines(session, register.Wanted(department="ほかの課"))
        text = register.as_csv([line]).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("決裁日時（日本時間）,結果,決裁者")
    assert walk.sha256() in text
    assert "2026-11-24 12:00:00,承認,道路 三子,担当課長,決裁,道路 次郎,出張のため" in text


@pytest.mark.slow
def test_a_deputy_outside_period_department_or_after_the_end_decides_nothing(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    tomorrow = DAY + timedelta(days=1)
    name_deputy(walk, valid_from=tomorrow, valid_until=tomorrow)
    name_deputy(walk, department="ほかの課")
    ended = name_deputy(walk)
    with walk.deps.database.transaction() as session:
        for _ in range(2):
            deputies.end(session, ended.id, actor=DEPARTMENT_HEAD, at=walk.now)
    with pytest.raises(NotYourTurn):
        walk.approve_step("procurement", HEAD_DEPUTY)
    # Who drafted stays outside, as a deputy too.
    name_deputy(walk, deputy=DRAFTER)
    with pytest.raises(FourEyes):
        walk.approve_step("procurement", DRAFTER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"deputy": DEPARTMENT_HEAD}, "deputy"),
        ({"valid_until": DAY - timedelta(days=1)}, "valid_until"),
        ({"valid_until": DAY + timedelta(days=400)}, "valid_until"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_deputy_needs_another_person_a_period_and_a_reason(
    walk: Walk, changes: dict[str, Any], field: str
) -> None:
    walk.draft()
    with pytest.raises(EContractError) as refused:
        name_deputy(walk, **changes)
    assert refused.value.field == field


@pytest.mark.slow
def test_what_the_route_names_for_signer_and_vote_is_kept_with_the_circulation(walk: Walk) -> None:
    walk.draft()
    walk.make()
    with walk.deps.database.transaction() as session:
        table = route_tables.begin(session, walk.deps.rules, actor=DRAFTER, at=walk.now)
        rows = [row | {"signers": ["遠州 市長"]} for row in table.rows]
        route_tables.save(session, table.id, rows=rows, seen_revision=1, actor=DRAFTER, at=walk.now)
        route_tables.propose(
            session, table.id, valid_from=DAY, reason="人事異動", seen_revision=2,
            actor=DRAFTER, at=walk.now,
        )  # fmt: skip
    with (
        pytest.raises(RouteTableRefused, match="自分が書いた表"),
        walk.deps.database.transaction() as session,
    ):
        route_tables.decide(
            session, table.id, approved=True, answer="", seen_revision=2,
            actor=DRAFTER, at=walk.now,
        )  # fmt: skip
    with walk.deps.database.transaction() as session:
        for _ in range(2):
            route_tables.decide(
                session, table.id, approved=True, answer="", seen_revision=2,
                actor=OFFICER, at=walk.now,
            )  # fmt: skip
        assert route_tables.open_version(session) is None
    walk.submit().approve()
    with walk.deps.database.reader() as session:
        contract = queries.contract(session, walk.contract_id)
        circulation = queries.circulation(session, contract)
        assert circulation is not None
        assert circulation.rules_version == "2026-04-01/1"
        with pytest.raises(SignerNotNamed, match="遠州 市長"):
            routing.require_signer(session, contract, OFFICER.name)
        routing.require_signer(session, contract, "遠州 市長")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"from": "たくさん"}, "route\\[1\\].from"),
        ({"valid_from": "いつか"}, "route\\[1\\].valid_from"),
        ({"steps": []}, "最後の段"),
        ({"kind": "spaceships"}, "契約の種類"),
        ({"from": "9", "below": "1"}, "小さく"),
        ({"id": "large"}, "同じ名前"),
    ],
)
def test_a_wrong_row_of_the_table_of_routes_is_named(
    walk: Walk, change: dict[str, Any], words: str
) -> None:
    with walk.deps.database.transaction() as session:
        table = route_tables.begin(session, walk.deps.rules, actor=DRAFTER, at=walk.now)
        rows = [table.rows[0] | change, *table.rows[1:]]
        with pytest.raises(RouteTableRefused, match=words):
            route_tables.save(
                session, table.id, rows=rows, seen_revision=1, actor=DRAFTER, at=walk.now
            )


def test_a_version_of_routes_holds_from_its_day_and_the_earlier_one_until_then(walk: Walk) -> None:
    later = DAY + timedelta(days=30)
    with walk.deps.database.transaction() as session:
        table = route_tables.begin(session, walk.deps.rules, actor=DRAFTER, at=walk.now)
        assert route_tables.begin(session, walk.deps.rules, actor=OFFICER, at=walk.now) is table
        cut = {"small": {"below": "20,000,000"}, "large": {"from": "20000000"}}
        rows = [row | cut.get(row["id"], {}) for row in table.rows]
        route_tables.save(session, table.id, rows=rows, seen_revision=1, actor=DRAFTER, at=walk.now)
        with pytest.raises(RouteTableRefused, match="過去"):
            route_tables.propose(
                session, table.id, valid_from=DAY - timedelta(days=1), reason="x",
                seen_revision=2, actor=DRAFTER, at=walk.now,
            )  # fmt: skip
        route_tables.propose(
            session, table.id, valid_from=later, reason="専決規程の改正", seen_revision=2,
            actor=DRAFTER, at=walk.now,
        )  # fmt: skip
        route_tables.decide(
            session, table.id, approved=True, answer="", seen_revision=2,
            actor=OFFICER, at=walk.now,
        )  # fmt: skip
        amount = Decimal(15_000_000)
        for day, wanted in ((DAY, "large"), (later, "small")):
            held = route_tables.in_force(session, walk.deps.rules, day)
            assert routing.route_for(held, kind="goods", amount=amount, day=day).id == wanted
