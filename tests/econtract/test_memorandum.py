"""覚書: what it writes beside a contract, and that it moves neither amount nor term."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from life import STAFF, conclude, concluded
from test_amended_walk import walk_to_city
from test_amending import amend

from econtract import beside, life_rules, living, memorandum, queries, routing, searching
from econtract.life_errors import EntryRefused, NotConcluded
from econtract.memorandum import Agreement
from econtract.states import ContractState
from records import new_id

AGREED = Agreement(
    subject="夜間の作業時間の取り決め",
    agreement="作業は21時から翌5時までとする。",
    period_from=date(2026, 12, 1),
    period_to=date(2027, 3, 19),
)


def agree(walk, contract_id=None, *, press=None, life=None, **changes):
    with walk.deps.database.transaction() as session:
        child = memorandum.draft(
            session,
            contract_id or walk.contract_id,
            replace(AGREED, **changes),
            life=life or life_rules.example(),
            press=press,
            actor=STAFF,
            at=walk.now,
        )
        return child.id


@pytest.fixture
def works(walk):
    concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    return walk


def test_it_is_a_contract_of_its_own_beside_the_original_and_moves_nothing(works):
    child_id = agree(works)
    conclude(works.deps.database, child_id, works.now)
    with works.deps.database.reader() as session:
        parent = queries.contract(session, works.contract_id)
        child = queries.contract(session, child_id)
        stands = living.standing(session, parent)
        assert beside.original(session, child_id).id == parent.id
        assert [part.id for part in living.parts(session, parent.id)] == [child_id]
        assert len(queries.parties(session, child_id)) == len(queries.parties(session, parent.id))
        found = searching.find(session, searching.Search())
    assert (stands.amount, stands.amendments, stands.amendment_pending) == (22_000_000, 0, False)
    assert (child.form, child.amount, child.has_amount) == ("memorandum", 0, False)
    assert child.fields["parent_number"] == parent.number
    assert child.title.endswith("（覚書1）")
    assert found.amount == 22_000_000
    assert "contract.memorandum_drafted" in works.actions()


def test_it_takes_the_lightest_route_of_its_kind(works):
    child_id = agree(works)
    day = date(2026, 11, 24)
    with works.deps.database.reader() as session:
        child = queries.contract(session, child_id)
        route, vote = routing.planned(works.deps.rules, child, day)
    lightest = routing.route_for(works.deps.rules, kind="works", amount=Decimal(0), day=day)
    assert (route, vote) == (lightest, False)


def test_pressed_twice_it_is_one_and_the_next_one_counts_on(works):
    press = new_id()
    first = agree(works, press=press)
    assert agree(works, press=press) == first == press
    second = agree(works, first)  # made on the memorandum's page: it stands beside the original
    with works.deps.database.reader() as session:
        assert queries.contract(session, second).title.endswith("（覚書2）")
        assert queries.contract(session, second).parent_id == works.contract_id
    foreign = agree(works, press=works.contract_id)
    assert foreign not in {first, second, works.contract_id}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": " \n"}, "subject"),
        ({"agreement": ""}, "agreement"),
        ({"agreement": "あ" * 2001}, "agreement"),
        ({"period_to": date(2026, 11, 30)}, "period_to"),
    ],
)
def test_what_says_nothing_or_cannot_be_is_refused(works, change, field):
    with pytest.raises(EntryRefused) as refused:
        agree(works, **change)
    assert refused.value.field == field


def test_only_beside_what_is_in_force(walk):
    walk.draft(契約種別="工事")
    with pytest.raises(NotConcluded):
        agree(walk)
    conclude(walk.deps.database, walk.contract_id, walk.now)
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).template_version = beside.PAPER
    strict = life_rules.parse({"amendment": {"paper_parents": False}})
    with pytest.raises(NotConcluded, match="紙"):
        agree(walk, life=strict)
    assert agree(walk)


def test_a_memorandum_stands_in_no_amendments_way(works):
    agree(works)
    assert amend(works, amount_change=Decimal(1_100_000))


@pytest.mark.slow
def test_a_memorandum_is_rendered_decided_signed_and_concluded(walk):
    parent_id = concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    walk.contract_id = agree(walk)
    walk_to_city(walk)
    with walk.deps.database.reader() as session:
        document = queries.document(session, walk.contract())
        words = "".join("".join(p.words for p in queries.pages(session, document.id)).split())
        parent = queries.contract(session, parent_id)
    for said in ("覚書", parent.number, "夜間の作業時間", "作業は21時から翌5時までとする"):
        assert said in words, said
    assert "22,000,000" not in words
    walk._city()
    assert walk.state() == ContractState.CONCLUDED
