"""Checks on both sides of their line where one bad and one good case do not tell them apart.

Each row was written because the check could be bent there without another test seeing it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from einvoice.contract_terms import ContractKind, Instalment
from einvoice.invoice import PrecedingInvoice
from einvoice.matching import CHECKS, ClaimKind, match
from einvoice.matching.background import BankBranch
from einvoice.matching.situation import AcceptedLine, Situation
from tests.einvoice.check_situations import (
    ADVANCE,
    FIRES,
    GOODS,
    TWO_YEARS,
    attached,
    goods,
    totals,
    twin,
    vendor,
)
from tests.einvoice.late_situations import cleaning_situation, works_contract, works_situation
from tests.einvoice.near_situations import NEAR
from tests.einvoice.situations import D, earlier, goods_contract, goods_situation, goods_work

OTHER_NAME = replace(
    GOODS.lines[0],
    order_line=None,
    item=replace(GOODS.lines[0].item, name="別の品", buyers_id=None),
)
ONE_LINE = goods_contract(lines=goods_contract().lines[:1])
CORRECTION = (PrecedingInvoice(number="INV-1"),)


def instalment_due(day: date) -> Situation:
    part = Instalment(name="第1回", due_on=day, gross=D(1_178_006))
    return goods_situation(terms=goods_contract(kind=ContractKind.MILESTONE, instalments=(part,)))


def this_year(claimed: int, fiscal_year: int) -> Situation:
    before = earlier(
        "INV-0", claimed, contract_no="2026K-B-00123", fiscal_year=fiscal_year, period=None
    )
    ceilings = (replace(TWO_YEARS[0], ceiling=D(1_178_106)), TWO_YEARS[1])
    return goods_situation(terms=goods_contract(allocations=ceilings), earlier=(before,))


def accepted(gross: int) -> Situation:
    line = AcceptedLine(id="l1", name="一式", gross=D(gross))
    return goods_situation(works=(goods_work(lines=(line,)),))


def advance(**changes: object) -> Situation:
    terms = works_contract(advance=replace(works_contract().advance, **changes))
    return works_situation(invoice=ADVANCE, kind=ClaimKind.ADVANCE, earlier=(), terms=terms)


def after_a_part() -> Situation:
    """An interim advance, certified, though part payment was chosen before."""
    part = earlier("P-1", 1, contract_no="2026K-K-00210", kind=ClaimKind.PART, period=None)
    return replace(NEAR["ADV-003"], earlier=(part,))


def asked_of(kind: str) -> Situation:
    """The city asks each claim of a kind of contract for a document that case 1 has not got."""
    base = goods_situation(terms=goods_contract(category="goods"))
    return replace(base, policy=replace(base.policy, required_documents={kind: ("実績報告",)}))


def parts_used_up() -> Situation:
    """One part payment is granted and taken; this one is small enough for any limit."""
    part = earlier("P-1", 1, contract_no="2026K-K-00210", kind=ClaimKind.PART, period=None)
    good = NEAR["ADV-005"]
    small = replace(good.invoice, totals=replace(good.invoice.totals, payable=D(1)))
    return replace(good, invoice=small, earlier=(*good.earlier, part))


@pytest.mark.parametrize(
    ("check_id", "situation", "speaks"),
    [
        ("DOC-005", totals(with_tax=D(0), payable=D(0)), False),
        ("DOC-008", attached("text/csv", b"a,b\r\n"), False),
        ("DOC-008", attached("text/csv", b"a\0b"), True),
        ("DOC-008", attached("application/pdf", b"%PDF-1.7 /Encrypt 5 0 R"), True),
        ("DOC-008", attached("image/png", b"\x89PNG\r\n\x1a\n /Encrypt"), False),
        ("VEN-006", vendor(suspended_until=date(2026, 10, 27)), True),
        ("CON-007", replace(goods(lines=(OTHER_NAME,)), terms=ONE_LINE), True),
        ("CON-010", this_year(100, 2026), False),
        ("CON-010", this_year(101, 2026), True),
        ("CON-010", this_year(101, 2025), False),
        ("CON-012", instalment_due(date(2026, 10, 27)), False),
        ("CON-012", instalment_due(date(2026, 10, 28)), True),
        ("INS-002", accepted(1_178_006), False),
        ("INS-002", accepted(1_178_005), True),
        ("AMT-008", totals(with_tax=D(0), payable=D(0)), True),
        (
            "AMT-008",
            replace(
                totals(with_tax=D(0), payable=D(0)),
                invoice=replace(
                    GOODS,
                    totals=replace(GOODS.totals, with_tax=D(0), payable=D(0)),
                    preceding_invoices=CORRECTION,
                ),
            ),
            True,
        ),
        ("ADV-002", advance(guarantee_until=date(2026, 11, 19)), True),
        ("ADV-002", advance(guaranteed=D(19_359_999)), True),
        ("ADV-003", after_a_part(), True),
        ("ADV-005", parts_used_up(), True),
        ("DUP-008", twin(number="INV-2026-1015", channel="MAIL"), True),
        ("DUP-008", twin(number="INV-2026-1015", channel=goods_situation().channel), False),
        ("DAT-003", cleaning_situation(pay_on=date(2026, 5, 31)), False),
        ("DAT-003", cleaning_situation(pay_on=date(2026, 6, 1)), True),
        ("DAT-009", goods_situation(today=date(2026, 11, 17)), True),
        ("PAY-006", goods_situation(branch=BankBranch(is_known=False, is_fresh=False)), True),
        ("PAY-006", goods_situation(branch=BankBranch(is_known=False, is_fresh=True)), False),
        ("DOC-009", asked_of("goods"), True),
        ("DOC-009", asked_of("works"), False),
        ("DAT-009", goods_situation(today=goods_situation().due.pay_by), True),
        ("DAT-009", goods_situation(today=date(2026, 11, 26)), False),
    ],
)
def test_a_check_knows_its_line(check_id: str, situation: Situation, speaks: bool) -> None:
    assert any(True for _ in CHECKS[check_id](situation)) is speaks


def test_an_invalid_document_names_the_rules_that_it_breaks() -> None:
    (found,) = [f for f in match(FIRES["DOC-001"]).findings if f.id == "DOC-001"]
    assert "ibr-co-10" in found.finding.message.ja
