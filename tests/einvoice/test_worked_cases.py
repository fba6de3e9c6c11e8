"""The five worked cases and their variants, with their figures, through the whole match."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from einvoice.compose import compose
from einvoice.contract_terms import AdvanceTerms, Rounding, TaxRegime
from einvoice.invoice import Invoice, TaxSubtotal
from einvoice.matching import ClaimKind, Level, Result, match
from einvoice.matching.expectation import part_payment_limit
from einvoice.matching.situation import AcceptedLine, Situation
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.withholding import Fee
from tests.einvoice.late_situations import (
    ADVANCE_PAID,
    cleaning_contract,
    cleaning_situation,
    cleaning_terms,
    fee_situation,
    works_contract,
    works_invoice,
    works_situation,
)
from tests.einvoice.situations import (
    D,
    earlier,
    goods_contract,
    goods_situation,
    goods_terms,
    milk_contract,
    milk_situation,
    milk_terms,
    work,
)


def stops(situation: Situation) -> set[str]:
    return set(match(situation).ids(Level.STOP))


def ids(situation: Situation) -> set[str]:
    return set(match(situation).ids())


def with_tax(invoice: Invoice, rate: int, tax: int) -> Invoice:
    """The invoice with another tax at a rate, totals following."""
    rows = tuple(
        TaxSubtotal(
            taxable_amount=row.taxable_amount,
            tax_amount=D(tax) if row.category.rate == rate else row.tax_amount,
            category=row.category,
        )
        for row in invoice.tax_breakdown
    )
    total = sum((row.tax_amount or Decimal(0) for row in rows), Decimal(0))
    gross = (invoice.totals.without_tax or Decimal(0)) + total
    totals = replace(invoice.totals, with_tax=gross, payable=gross)
    return replace(invoice, tax_breakdown=rows, tax_total=total, totals=totals)


# --- case 1 --------------------------------------------------------------------------------------


def test_case_1_matches_without_findings() -> None:
    situation = goods_situation()
    assert situation.gross == D(1_178_006)
    result = match(situation)
    assert (result.result, result.ids()) == (Result.MATCHED, [])
    assert situation.due is not None
    assert situation.due.due_on == date(2026, 11, 25)


def test_case_1b_rounding_up_is_allowed_by_law_but_over_the_contract_by_one_yen() -> None:
    situation = goods_situation(invoice=with_tax(compose(goods_terms()), 8, 47_988))
    found = match(situation)
    assert found.result is Result.REJECTED
    assert set(found.ids()) - {"BUD-002"} == {"TAX-008", "CON-008", "AMT-005"}
    assert set(found.ids(Level.STOP)) >= {"CON-008", "AMT-005"}


def test_case_1c_tax_cut_line_by_line_does_not_calculate() -> None:
    situation = goods_situation(invoice=with_tax(compose(goods_terms()), 10, 48_197))
    assert stops(situation) == {"TAX-007"}


def test_case_1d_same_number_in_full_width_is_the_same_number() -> None:
    before = earlier("INV-2026-1015", 1_178_006, contract_no="2026K-B-00123")
    invoice = replace(compose(goods_terms()), number="ＩＮＶ－２０２６－１０１５")
    assert "DUP-003" in stops(goods_situation(invoice=invoice, earlier=(before,)))


def test_case_1e_missing_registration_number_stops_nothing_in_the_general_account() -> None:
    invoice = compose(goods_terms())
    unnamed = replace(invoice, seller=replace(invoice.seller, registration_number=None))
    general = match(goods_situation(invoice=unnamed))
    assert (general.result, general.ids()) == (Result.WITH_WARNINGS, ["TAX-001"])
    water = goods_contract(tax_regime=TaxRegime.STANDARD)
    held = match(goods_situation(invoice=unnamed, terms=water))
    assert held.result is Result.HELD
    assert held.ids(Level.HOLD) == ["TAX-001"]


# --- case 2 --------------------------------------------------------------------------------------


def first_claim() -> Situation:
    invoice = compose(milk_terms("12442", number="M-1010", preceding=()))
    live = milk_situation().earlier[:1]
    return milk_situation(invoice=invoice, earlier=live, received_on=date(2026, 11, 5))


def test_case_2_first_claim_is_above_what_the_schools_accepted() -> None:
    situation = first_claim()
    assert situation.gross == D(747_636)
    found = match(situation)
    assert found.result is Result.REJECTED
    assert set(found.ids(Level.STOP)) == {"INS-002", "AMT-005"}
    over = next(f for f in found.findings if f.id == "AMT-005")
    assert "1,357円" in over.finding.message.ja


def test_case_2_corrected_claim_matches_and_is_linked() -> None:
    situation = milk_situation()
    assert situation.gross == D(746_279)
    found = match(situation)
    assert (found.result, found.ids()) == (Result.MATCHED, ["DUP-004"])
    assert situation.claimed_before + situation.payable == D(4_929_931)
    terms = milk_contract()
    assert terms.gross - situation.claimed_before - situation.payable == D(4_070_069)


def test_case_2b_another_unit_price_is_stopped() -> None:
    invoice = compose(milk_terms(price=D("52.40")))
    assert "CON-006" in stops(milk_situation(invoice=invoice))


def test_case_2c_the_same_month_under_a_new_number_is_stopped_twice() -> None:
    before = earlier(
        "M-1010R",
        746_279,
        receipt_no="26-000003",
        contract_no="2026K-T-00045",
        period=(date(2026, 10, 1), date(2026, 10, 31)),
        issue_date=date(2026, 11, 9),
    )
    invoice = compose(milk_terms(number="M-1010X", issue_date=date(2026, 11, 12), preceding=()))
    taken = work(
        "K8-00501",
        date(2026, 11, 2),
        date(2026, 11, 4),
        AcceptedLine(
            id="m1", name="牛乳", contract_line="1", quantity=D(12_418), taken_by="26-000003"
        ),
        AcceptedLine(id="m2", name="容器", contract_line="2", quantity=D(22), taken_by="26-000003"),
        period=(date(2026, 10, 1), date(2026, 10, 31)),
    )
    situation = milk_situation(invoice=invoice, earlier=(before,), works=(taken,))
    assert stops(situation) >= {"INS-004", "DUP-007"}


@pytest.mark.parametrize(("planned", "expected"), [(True, "CON-009"), (False, "CON-008")])
def test_case_2d_above_the_total_is_held_when_planned_and_stopped_when_a_cap(
    planned: bool, expected: str
) -> None:
    terms = milk_contract(total_is_planned=planned, gross=D(4_900_000))
    assert expected in ids(milk_situation(terms=terms))


# --- case 3 --------------------------------------------------------------------------------------

DAMAGES = Deduction(
    kind=DeductionKind.DAMAGE,
    base=D(48_400_000),
    amount=D(39_700),
    income_number="R8-C-0009876",
)


def test_case_3_waits_for_the_decision_on_damages_then_matches() -> None:
    situation = works_situation()
    assert situation.payable == D(19_360_000)
    held = match(situation)
    assert (held.result, held.ids()) == (Result.HELD, ["DED-004"])
    message = held.findings[0].finding.message.ja
    assert "12日" in message
    assert "39,700円" in message
    decided = match(works_situation(deductions=(DAMAGES,)))
    assert (decided.result, decided.ids()) == (Result.MATCHED, [])
    assert situation.due is not None
    assert situation.due.due_on == date(2026, 12, 29)


def test_case_3b_forgotten_interim_advance_is_stopped_by_the_ledger() -> None:
    situation = works_situation(invoice=works_invoice(prepaid=19_360_000), deductions=(DAMAGES,))
    assert stops(situation) >= {"ADV-004", "AMT-005"}
    over = next(f for f in match(situation).findings if f.id == "AMT-005")
    assert "9,680,000円" in over.finding.message.ja


def test_case_3c_part_payment_limit_follows_the_standard_clause() -> None:
    half = work(
        "K8-00300",
        date(2026, 8, 1),
        date(2026, 8, 5),
        AcceptedLine(id="p1", name="出来高", gross=D(24_200_000)),
    )
    advance = replace(ADVANCE_PAID, kind=ClaimKind.ADVANCE)
    situation = works_situation(
        kind=ClaimKind.PART,
        works=(half,),
        earlier=(advance,),
        invoice=works_invoice(prepaid=0, net=11_000_000),
    )
    assert part_payment_limit(situation) == D(12_100_000)
    assert "ADV-005" not in ids(situation)
    above = works_invoice(prepaid=0, net=11_000_001)
    assert "ADV-005" in ids(replace(situation, invoice=above))


def advance_claim(gross: int, **changes: object) -> Situation:
    invoice = works_invoice(prepaid=0, net=gross * 10 // 11, number="26-0101")
    totals = replace(invoice.totals, payable=D(gross), with_tax=D(gross))
    return works_situation(
        invoice=replace(invoice, totals=totals),
        kind=ClaimKind.ADVANCE,
        works=(),
        earlier=(),
        received_on=date(2026, 6, 22),
        today=date(2026, 6, 22),
        **changes,
    )


def test_case_3d_one_yen_above_the_advance_limit_is_stopped() -> None:
    assert "ADV-001" not in ids(advance_claim(19_360_000))
    assert "ADV-001" in ids(advance_claim(19_360_001))
    coarse = works_contract(advance=replace(works_contract().advance, unit=D(100_000)))
    assert "ADV-001" in ids(advance_claim(19_360_000, terms=coarse))
    assert "ADV-001" not in ids(advance_claim(19_300_000, terms=coarse))


def test_case_3e_expired_guarantee_is_stopped() -> None:
    advance = AdvanceTerms(
        advance_rate=D(40),
        unit=D(10_000),
        guarantee_until=date(2026, 6, 20),
        guaranteed=D(19_360_000),
    )
    assert "ADV-002" in stops(advance_claim(19_360_000, terms=works_contract(advance=advance)))
    assert "ADV-002" not in stops(advance_claim(19_360_000))


# --- case 4 --------------------------------------------------------------------------------------


def withheld(amount: int) -> tuple[Deduction, ...]:
    return (Deduction(kind=DeductionKind.WITHHOLDING, base=D(1_250_000), amount=D(amount)),)


def test_case_4_matches_with_the_right_withholding_only() -> None:
    assert match(fee_situation(deductions=withheld(153_150))).result is Result.MATCHED
    open_case = match(fee_situation())
    assert (open_case.result, open_case.ids()) == (Result.HELD, ["DED-001"])
    wrong = fee_situation(deductions=withheld(140_387))
    assert stops(wrong) == {"DED-002"}


@pytest.mark.parametrize(
    ("net", "fee", "expected"),
    [
        (300_000, Fee.ORDINARY, "30,630円"),
        (123_460, Fee.ORDINARY, "12,605円"),
        (1_000_000, Fee.ORDINARY, "102,100円"),
        (100_000, Fee.SCRIVENER, "9,189円"),
    ],
)
def test_case_4_variants_name_the_amount_to_withhold(net: int, fee: Fee, expected: str) -> None:
    (finding,) = match(fee_situation(net, fee=fee)).findings
    assert expected in finding.finding.message.ja


def test_case_4_without_separate_tax_the_base_is_gross() -> None:
    situation = fee_situation(300_000, tax_is_separate=False)
    found = match(situation)
    assert set(found.ids()) == {"DED-001", "DED-003"}
    assert "33,693円" in found.findings[0].finding.message.ja


# --- case 5 --------------------------------------------------------------------------------------


def test_case_5_is_an_old_year_payment_in_the_settlement_period() -> None:
    situation = cleaning_situation()
    found = match(situation)
    assert (found.result, found.ids()) == (Result.WITH_WARNINGS, ["DAT-006"])
    assert situation.due is not None
    assert (situation.due.due_on, situation.due.pay_by) == (date(2026, 5, 6), date(2026, 5, 1))


def test_case_5_paying_on_8_may_is_late_although_before_closing() -> None:
    found = match(cleaning_situation(pay_on=date(2026, 5, 8)))
    assert found.result is Result.HELD
    assert "DAT-010" in found.ids(Level.HOLD)


def test_case_5b_the_same_claim_in_other_spelling_is_held() -> None:
    before = earlier("2026-0331", 583_000, issue_date=date(2026, 4, 6), channel="peppol")
    invoice = replace(compose(cleaning_terms()), number="№ 2026－0331")
    by_mail = cleaning_situation(invoice=invoice, earlier=(before,), channel="upload")
    assert {"DUP-003", "DUP-008"} <= ids(by_mail)
    kept = replace(compose(cleaning_terms()), number="A2026-0331")
    assert "DUP-008" in ids(cleaning_situation(invoice=kept, earlier=(before,)))


def test_case_5c_next_month_is_only_noted() -> None:
    before = earlier(
        "2026-0331",
        583_000,
        issue_date=date(2026, 4, 6),
        contract_no="2025K-I-00012",
        period=(date(2026, 3, 1), date(2026, 3, 31)),
    )
    terms = cleaning_terms(
        number="2026-0430",
        issue_date=date(2026, 5, 1),
        start=date(2026, 4, 1),
        end=date(2026, 4, 30),
    )
    april = work(
        "K8-00011",
        date(2026, 4, 30),
        date(2026, 4, 30),
        AcceptedLine(id="s2", name="庁舎清掃業務"),
        period=(date(2026, 4, 1), date(2026, 4, 30)),
    )
    situation = cleaning_situation(
        invoice=compose(terms),
        earlier=(before,),
        works=(april,),
        terms=cleaning_contract(ends_on=date(2027, 3, 31), gross=D(13_992_000)),
        commitment=replace(cleaning_situation().commitment, fiscal_year=2026, used=D(0)),
        received_on=date(2026, 5, 7),
        today=date(2026, 5, 7),
        pay_on=date(2026, 5, 20),
    )
    found = match(situation)
    assert "DUP-006" in found.ids(Level.WARN)
    assert not set(found.ids()) & {"DUP-003", "DUP-005", "DUP-007", "DUP-008", "DAT-002"}


def test_case_5d_wrong_fiscal_year_is_stopped() -> None:
    commitment = replace(cleaning_situation().commitment, fiscal_year=2026)
    assert stops(cleaning_situation(commitment=commitment)) == {"DAT-002"}


def test_case_5e_after_31_may_it_is_a_payment_of_the_past_year() -> None:
    assert "DAT-003" in stops(cleaning_situation(pay_on=date(2026, 6, 1)))


def test_case_5f_inspected_in_april_it_was_not_performed_within_the_year() -> None:
    assert stops(cleaning_situation(inspected_on=date(2026, 4, 2))) == {"DAT-005"}


@pytest.mark.parametrize(
    ("day", "share"), [(date(2026, 10, 20), "70%"), (date(2026, 9, 30), "80%")]
)
def test_case_5g_unregistered_trader_in_the_water_account(day: date, share: str) -> None:
    invoice = compose(cleaning_terms(start=day, end=day, issue_date=day))
    unnamed = replace(
        invoice,
        seller=replace(invoice.seller, registration_number=None),
    )
    terms = cleaning_contract(
        tax_regime=TaxRegime.STANDARD, ends_on=date(2027, 3, 31), rounding=Rounding.FLOOR
    )
    found = match(cleaning_situation(invoice=unnamed, terms=terms))
    assert {"TAX-001", "TAX-011", "TAX-012"} <= set(found.ids())
    noted = next(f for f in found.findings if f.id == "TAX-012")
    assert share in noted.finding.message.ja
