"""Guarantees and the gates that ask for them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from life import OTHER, STAFF, concluded

from econtract import guarantees, life_rules, living, queries
from econtract.attached import Attachment
from econtract.guarantees import Form, GuaranteeForm, Purpose
from econtract.life_errors import AnotherPerson, EntryRefused, NoSuchEntry, NotConcluded
from records import new_id

LIFE = life_rules.example()
END = date(2027, 3, 19)
SCAN = Attachment("bond.pdf", "0" * 64, 10, "application/pdf")


def electronic(**changes):
    """A guarantee company's electronic certificate over all that is asked for."""
    return GuaranteeForm(**({
        "purpose": Purpose.PERFORMANCE,
        "form": Form.COMPANY,
        "amount": Decimal(2_200_000),
        "guarantor": "東日本建設業保証",
        "number": "１２３-456",
        "sealed_key": b"sealed",
        "valid_until": END,
    } | changes))  # fmt: skip


def record(walk, form, actor=STAFF):
    with walk.deps.database.transaction() as session:
        return guarantees.record(session, walk.contract_id, form, actor=actor, at=walk.now)


def check(walk, guarantee_id, actor=OTHER):
    with walk.deps.database.transaction() as session:
        return guarantees.check(session, walk.contract_id, guarantee_id, actor=actor, at=walk.now)


def gate(walk):
    with walk.deps.database.reader() as session:
        contract = queries.contract(session, walk.contract_id)
        return guarantees.performance_gate(session, contract, LIFE)


def advance_gate(walk):
    with walk.deps.database.reader() as session:
        return guarantees.advance_gate(session, queries.contract(session, walk.contract_id))


@pytest.fixture
def works(walk):
    concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    return walk


def test_s18_a_guarantee_counts_only_after_somebody_else_checked_it(works):
    assert gate(works).state == "open"
    row = record(works, electronic())
    assert row.number == "123-456"
    assert "2,200,000円" in gate(works).detail_ja
    with pytest.raises(AnotherPerson):
        check(works, row.id, actor=STAFF)
    assert gate(works).state == "open"
    assert check(works, row.id).checked_by_name == OTHER.name
    assert gate(works).state == "met"
    assert check(works, row.id, actor=STAFF).checked_by_name == OTHER.name
    assert works.actions().count("contract.guarantee_checked") == 1


def test_the_same_press_records_once(works):
    form = electronic(press=new_id())
    assert record(works, form).id == record(works, form).id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sealed_key": None}, "number"),
        ({"number": " "}, "number"),
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": date(2027, 3, 18)}, "valid_until"),
        ({"amount": Decimal(0)}, "amount"),
        ({"form": Form.BOND}, "files"),
        ({"form": Form.EXEMPT}, "reason"),
        ({"purpose": Purpose.ADVANCE, "form": Form.BANK, "files": (SCAN,)}, "form"),
        ({"purpose": Purpose.ADVANCE, "form": Form.EXEMPT, "reason": "x"}, "form"),
    ],
)
def test_what_a_form_of_guarantee_needs_is_asked_for_by_name(works, changes, field):
    with pytest.raises(EntryRefused) as refused:
        record(works, electronic(**changes))
    assert refused.value.field == field


def test_a_paper_bond_goes_by_its_scan_and_cash_has_no_end(works):
    bond = record(works, electronic(form=Form.BOND, amount=Decimal(1_000_000), files=(SCAN,)))
    cash = record(works, electronic(form=Form.CASH, amount=Decimal(1_200_000), valid_until=None))
    check(works, bond.id)
    assert "1,000,000円" in gate(works).detail_ja
    check(works, cash.id)
    assert gate(works).state == "met"
    with works.deps.database.transaction() as session:
        guarantees.end(
            session, works.contract_id, cash.id, reason="返還", actor=STAFF, at=works.now
        )
    assert gate(works).state == "open"


def test_an_exemption_with_its_ground_meets_the_gate(works):
    row = record(
        works,
        electronic(form=Form.EXEMPT, amount=Decimal(0), valid_until=None, reason="規則第30条3号"),
    )
    check(works, row.id)
    assert gate(works).state == "met"


def test_goods_below_the_city_rules_need_none(walk):
    concluded(walk)
    assert gate(walk).state == "not_needed"


def test_a_contract_that_was_not_sent_takes_no_guarantee(walk):
    walk.draft(契約種別="工事")
    with pytest.raises(NotConcluded):
        record(walk, electronic())


def test_the_advance_is_gated_by_grant_guarantee_and_end(works):
    assert advance_gate(works).state == "not_needed"
    with works.deps.database.transaction() as session:
        guarantees.grant_advance(
            session,
            works.contract_id,
            advance_percent=40,
            interim_percent=20,
            part_payments=1,
            actor=STAFF,
            at=works.now,
        )
    assert advance_gate(works).state == "open"
    row = record(works, electronic(purpose=Purpose.ADVANCE, amount=Decimal(8_800_000)))
    assert advance_gate(works).state == "open"
    check(works, row.id)
    assert advance_gate(works).state == "met"


def test_an_advance_above_the_law_is_refused(works):
    with pytest.raises(EntryRefused, match="41"), works.deps.database.transaction() as session:
        guarantees.grant_advance(
            session,
            works.contract_id,
            advance_percent=41,
            interim_percent=0,
            part_payments=0,
            actor=STAFF,
            at=works.now,
        )


def certify(walk, day):
    with walk.deps.database.transaction() as session:
        return guarantees.certify_interim(
            session, walk.contract_id, certified_on=day, actor=STAFF, at=walk.now
        )


def test_the_interim_is_certified_after_half_the_term_only(walk):
    concluded(walk, 契約種別="工事", 着手日="2026-11-21", 完成期限="2026-11-25")
    with pytest.raises(EntryRefused, match="定めがありません"):
        certify(walk, date(2026, 11, 24))
    with walk.deps.database.transaction() as session:
        guarantees.grant_advance(
            session,
            walk.contract_id,
            advance_percent=40,
            interim_percent=20,
            part_payments=0,
            actor=STAFF,
            at=walk.now,
        )
    with pytest.raises(EntryRefused, match="2分の1"):
        certify(walk, date(2026, 11, 22))
    assert certify(walk, date(2026, 11, 23)).interim_certified_on == date(2026, 11, 23)


def test_who_looks_at_the_key_stands_in_the_trail_and_a_cash_deposit_has_none(works):
    row = record(works, electronic())
    with works.deps.database.transaction() as session:
        guarantees.note_key_shown(session, works.contract_id, row.id, actor=OTHER, at=works.now)
    assert works.actions()[-1] == "contract.guarantee_key_shown"
    cash = record(works, electronic(form=Form.CASH, sealed_key=None, valid_until=None))
    with pytest.raises(NoSuchEntry), works.deps.database.transaction() as session:
        guarantees.note_key_shown(session, works.contract_id, cash.id, actor=OTHER, at=works.now)
    with works.deps.database.reader() as session:
        assert len(living.guarantees(session, works.contract_id)) == 2
