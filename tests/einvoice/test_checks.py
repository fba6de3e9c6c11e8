"""Each check of the match fires on the one thing it is for, and not on what is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from einvoice.contract_terms import ContractKind
from einvoice.invoice import (
    TaxCategory,
)
from einvoice.matching import CHECKS, Level, Result, catalogue, match
from einvoice.matching.arrivals import DOOR_CHECKS, Arrival
from einvoice.matching.catalogue import judge
from einvoice.matching.runs import RUN_CHECKS, judge_run
from einvoice.matching.situation import (
    AcceptedLine,
    Situation,
    digits_key,
    number_key,
)
from tests.einvoice.check_situations import (
    DOOR_FIRES,
    FIRES,
    GOODS,
    RIGHT,
    RUN,
    RUN_FIRES,
    SILENT,
    goods,
    taxes,
)
from tests.einvoice.situations import (
    D,
    goods_contract,
    goods_situation,
    work,
)
from tests.einvoice.table_of_checks import TABLE


def fired(check_id: str, situation: Situation) -> bool:
    return any(True for _ in CHECKS[check_id](situation))


def test_all_108_checks_of_the_table_are_made_and_have_a_situation() -> None:
    made = {**CHECKS, **RUN_CHECKS, **DOOR_CHECKS}
    situations = {**FIRES, **RUN_FIRES, **DOOR_FIRES}
    assert len(TABLE) == 108
    assert set(made) == set(catalogue()) == set(situations) == set(TABLE)
    assert len(CHECKS) + len(RUN_CHECKS) + len(DOOR_CHECKS) == 108


def test_severities_are_those_of_the_table_but_for_what_the_account_decides() -> None:
    differing = {
        check_id for check_id, level in TABLE.items() if catalogue()[check_id].level.value != level
    }
    assert differing == set()


@pytest.mark.parametrize("check_id", RUN_FIRES)
def test_check_of_a_run_fires_and_does_not_on_what_is_right(check_id: str) -> None:
    found = judge_run(RUN_FIRES[check_id])
    assert [finding.id for finding in found] == [check_id]
    assert "{" not in found[0].finding.message.ja + found[0].finding.message.en
    assert list(RUN_CHECKS[check_id](RUN)) == []


@pytest.mark.parametrize("check_id", DOOR_FIRES)
def test_check_at_the_door_fires_and_does_not_on_what_is_new(check_id: str) -> None:
    (hit,) = DOOR_CHECKS[check_id](DOOR_FIRES[check_id])
    assert "26-000001" in judge(check_id, hit).finding.message.ja
    assert list(DOOR_CHECKS[check_id](Arrival())) == []


def test_a_bounced_transfer_is_held_until_the_account_is_another_one() -> None:
    bounced = FIRES["PAY-010"]
    assert match(bounced).result is Result.HELD
    mended = replace(bounced, bounce=replace(bounced.bounce, is_mended=True))
    assert match(mended).ids() == ["PAY-010"]
    assert match(mended).result is Result.MATCHED


@pytest.mark.parametrize("check_id", FIRES)
def test_check_fires(check_id: str) -> None:
    found = [finding for finding in match(FIRES[check_id]).findings if finding.id == check_id]
    assert found
    for finding in found:
        assert "{" not in finding.finding.message.ja + finding.finding.message.en
        assert finding.finding.remedy.ja
        assert finding.finding.remedy.en


@pytest.mark.parametrize("check_id", FIRES)
def test_check_does_not_fire_on_what_is_right(check_id: str) -> None:
    for name, (situation, expected) in RIGHT.items():
        if check_id not in expected:
            assert not fired(check_id, situation), name
    if check_id in SILENT:
        assert not fired(check_id, SILENT[check_id])


@pytest.mark.parametrize("name", RIGHT)
def test_worked_cases_have_exactly_their_findings(name: str) -> None:
    situation, expected = RIGHT[name]
    assert set(match(situation).ids()) == expected


def test_result_follows_the_gravest_finding() -> None:
    assert match(FIRES["CON-001"]).result is Result.UNMATCHED
    assert match(FIRES["CON-008"]).result is Result.REJECTED
    assert match(FIRES["INS-001"]).result is Result.WAITING
    assert match(FIRES["PAY-003"]).result is Result.HELD
    assert match(FIRES["DAT-007"]).result is Result.WITH_WARNINGS


def test_a_finding_about_a_line_stands_at_that_line() -> None:
    bad = goods(lines=(*GOODS.lines[:2], replace(GOODS.lines[2], net_amount=D(1)), GOODS.lines[3]))
    (found,) = [f for f in match(bad).findings if f.id == "AMT-001"]
    assert found.finding.path == "/ubl:Invoice/cac:InvoiceLine[3]/cbc:LineExtensionAmount"
    assert found.line_id == GOODS.lines[2].id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-0331", "№ 2026－0331"),
        ("INV-2026-1015", "ＩＮＶ－２０２６－１０１５"),
        ("No.12", "１２"),
        ("請求-5", "5"),
    ],
)
def test_numbers_are_compared_as_people_mean_them(one: str, other: str) -> None:
    assert number_key(one) == number_key(other)


def test_numbers_without_any_digit_are_still_told_apart() -> None:
    assert number_key("甲") != number_key("乙")
    assert digits_key("No. 0012") == "12"


def test_a_single_line_may_claim_a_lump_sum_of_many_lines() -> None:
    only = replace(
        GOODS.lines[0],
        item=replace(GOODS.lines[0].item, name="防災備蓄品一式", buyers_id=None),
        order_line=None,
    )
    assert not fired("CON-007", goods(lines=(only,)))


def test_a_measured_contract_is_due_what_was_accepted() -> None:
    accepted = work(
        "K8-1",
        date(2026, 10, 1),
        date(2026, 10, 5),
        AcceptedLine(id="x", name="出来高", gross=D(1_000_000)),
    )
    situation = goods_situation(
        terms=goods_contract(kind=ContractKind.MEASURED, lines=()), works=(accepted,)
    )
    assert {"AMT-005", "INS-002"} <= set(match(situation).ids(Level.STOP))


def test_a_former_rate_is_held_for_the_transitional_measure_a_new_one_stopped() -> None:
    former = taxes(10, category=TaxCategory(code="S", rate=D(8)))
    (held,) = [f for f in match(former).findings if f.id == "TAX-005"]
    assert held.level is Level.HOLD
    (stopped,) = [f for f in match(FIRES["TAX-005"]).findings if f.id == "TAX-005"]
    assert stopped.level is Level.STOP


def test_a_difference_within_the_tolerance_of_its_kind_of_contract_is_only_recorded() -> None:
    """Zero unless the city set it, for that kind alone, and never for what is paid ahead."""

    def level(payable: int, tolerated: int, kind: ContractKind = ContractKind.LUMP) -> str:
        base = goods_situation()
        policy = replace(base.policy, tolerance={kind: D(tolerated)})
        wide = goods_contract(gross=D(1_178_006))
        claim = replace(GOODS, totals=replace(GOODS.totals, payable=D(payable)))
        found = match(goods_situation(invoice=claim, policy=policy, terms=wide)).findings
        return " ".join(f.level.value for f in found if f.id in {"AMT-005", "AMT-006"})

    assert level(1_178_006, 0) == ""
    assert (level(1_178_007, 0), level(1_178_005, 0)) == ("STOP", "WARN")
    assert (level(1_178_007, 1), level(1_178_005, 1)) == ("INFO", "INFO")
    assert (level(1_178_008, 1), level(1_178_004, 1)) == ("STOP", "WARN")
    assert level(1_178_007, 1, ContractKind.UNIT_PRICE) == "STOP"
    # the contract's rest has no tolerance
    ample = replace(goods_situation().policy, tolerance={ContractKind.LUMP: D(1_000)})
    assert "CON-008" in match(replace(FIRES["CON-008"], policy=ample)).ids(Level.STOP)
    assert "ADV-001" in match(replace(FIRES["ADV-001"], policy=ample)).ids(Level.STOP)
    assert "AMT-005" in match(replace(FIRES["ADV-001"], policy=ample)).ids(Level.STOP)
