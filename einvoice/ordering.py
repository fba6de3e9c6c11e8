"""From an approved invoice to its 支出命令, by the rows that were decided on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from einvoice.account_names import account_name, bank_text
from einvoice.matching import Level, Result
from einvoice.matching.situation import ClaimKind
from einvoice.models import Commitment, Creditor, FindingRow, ReceivedInvoice
from einvoice.payment_order import (
    Account,
    BudgetCode,
    Deduction,
    DeductionKind,
    OrderKind,
    PaymentOrder,
    edi_text,
)
from einvoice.receiving import Channel
from einvoice.refusals import PaymentOrderError
from einvoice.run_facts import InvoiceFacts

_KINDS = {
    ClaimKind.ADVANCE: OrderKind.ADVANCE,
    ClaimKind.INTERIM: OrderKind.INTERIM,
    ClaimKind.PART: OrderKind.PART,
}


def order_of(
    row: ReceivedInvoice, facts: InvoiceFacts, *, serial: int, pay_on: date
) -> PaymentOrder:
    """The order of an invoice. Raises `PaymentOrderError` when something it needs is missing."""
    creditor, commitment = facts.creditor, facts.commitment
    order_no = f"R{_era_year(row, commitment)}-{serial:06d}"
    if creditor is None:
        raise _missing(order_no, "債権者の登録", "the creditor")
    if commitment is None:
        raise _missing(order_no, "支出負担行為", "the commitment")
    if row.issue_date is None or row.clock_start is None or row.due_on is None:
        raise _missing(order_no, "請求日または支払期限", "issue date or due date")
    shares = _shares(row, order_no)
    return PaymentOrder(
        order_no=order_no,
        fiscal_year=commitment.fiscal_year,
        kind=_kind(row, commitment),
        commitment_no=commitment.number,
        contract_no=row.contract_no or "",
        budget=_budget(commitment),
        creditor_no=creditor.number,
        registration_number=row.registration_number or "",
        invoice_no=row.number or "",
        invoice_date=row.issue_date,
        received_on=row.received_on,
        channel=Channel(row.channel).order_code,
        inspection_no=row.inspection_no or "",
        inspected_on=row.inspected_on,
        clock_start=row.clock_start,
        due_on=row.due_on,
        pay_on=pay_on,
        base_10=shares["10"][0],
        tax_10=shares["10"][1],
        base_8=shares["8"][0],
        tax_8=shares["8"][1],
        not_taxed=shares["0"][0],
        gross=row.gross or Decimal(0),
        prepaid=row.prepaid or Decimal(0),
        payable=row.payable or Decimal(0),
        deductions=tuple(
            Deduction(
                kind=DeductionKind(item.kind),
                base=item.base,
                amount=item.amount,
                income_number=item.income_number,
                payee=item.payee,
            )
            for item in facts.deductions
        ),
        shares=facts.shares,
        account=_account(creditor),
        edi=edi_text(order_no, row.number or ""),
        summary=row.contract_title or "",
        match=Result.MATCHED.value,
        codes=_codes(facts.findings),
    )


def _era_year(row: ReceivedInvoice, commitment: Commitment | None) -> int:
    year = commitment.fiscal_year if commitment else row.received_on.year
    return year - 2018  # 令和元年度 is fiscal 2019


def _kind(row: ReceivedInvoice, commitment: Commitment) -> OrderKind:
    if commitment.is_combined:
        return OrderKind.COMBINED
    return _KINDS.get(ClaimKind(row.claim_kind), OrderKind.ORDINARY)


def _shares(row: ReceivedInvoice, order_no: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Base and tax per column of the order file. A rate without a column is refused, never put
    into another one's."""
    found = {name: (Decimal(0), Decimal(0)) for name in ("10", "8", "0")}
    for rate, base, tax in row.tax_shares:
        name = f"{Decimal(rate).normalize():f}"
        if name not in found:
            raise PaymentOrderError(
                field="rate",
                order=order_no,
                reason_ja=f"税率{name}%の列が支出命令の形式にありません",
                reason_en=f"the order file has no column for a rate of {name} %",
            )
        before = found[name]
        found[name] = (before[0] + Decimal(base), before[1] + Decimal(tax))
    return found


def _budget(row: Commitment) -> BudgetCode:
    return BudgetCode(
        account=row.account,
        section=row.section,
        kan=row.kan,
        kou=row.kou,
        moku=row.moku,
        jigyo=row.jigyo,
        setsu=row.setsu,
        saisetsu=row.saisetsu,
    )


def _account(row: Creditor) -> Account:
    return Account(
        bank_code=row.bank_code,
        bank_name=bank_text(row.bank_name)[:15],
        branch_code=row.branch_code,
        branch_name=bank_text(row.branch_name)[:15],
        account_type=row.account_type,
        account_number=row.account_number,
        payee_kana=account_name(row.payee_kana),
    )


def _codes(findings: Sequence[FindingRow]) -> tuple[str, ...]:
    """Ids of what was noted or answered; answered holds carry the suffix R."""
    codes: dict[str, None] = {}
    for finding in findings:
        if finding.source == "match":
            suffix = "R" if finding.level == Level.HOLD.value else ""
            codes[finding.check_id + suffix] = None
    return tuple(codes)


def _missing(order_no: str, ja: str, en: str) -> PaymentOrderError:
    return PaymentOrderError(
        field="order",
        order=order_no,
        reason_ja=f"{ja}がありません",
        reason_en=f"{en} is missing",
    )
