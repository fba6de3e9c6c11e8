"""What a hand-over wrote, read back: exports are made of the kept files, never of rows that may
have changed since (an account, a budget code)."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from einvoice import handover, handover_queries
from einvoice.deps import Deps
from einvoice.exporting.journals import Claim
from einvoice.models import HandoverBatch, ReceivedInvoice
from einvoice.payment_order import (
    Account,
    BudgetCode,
    Deduction,
    DeductionKind,
    OrderKind,
    PaymentOrder,
    budget_csv,
    deduction_csv,
    orders_csv,
)

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HandedOrder:
    """One order as it was written: its 45 values, its budget shares, its deductions."""

    values: Row
    budget: tuple[Row, ...]
    deduction: tuple[Row, ...]


def read(orders: bytes, budget: bytes, deductions: bytes) -> list[HandedOrder]:
    """The orders of the three canonical files."""
    shares, taken = _by_order(budget), _by_order(deductions)
    return [
        HandedOrder(row, tuple(shares[row["order_no"]]), tuple(taken[row["order_no"]]))
        for row in _rows(orders)
    ]


def of_orders(orders: Sequence[PaymentOrder]) -> list[HandedOrder]:
    """Orders not handed over yet, as their files would say: for previews and tests."""
    return read(orders_csv(orders), budget_csv(orders), deduction_csv(orders))


def of_batch(session: Session, deps: Deps, batch: HandoverBatch) -> list[HandedOrder]:
    """The orders of a hand-over, without those that were cancelled since."""
    orders, budget, deductions = (
        handover.file_of(session, deps, batch_id=batch.id, name=name)
        for name in (handover.ORDERS, handover.BUDGET, handover.DEDUCTIONS)
    )
    live = {
        item.order_no
        for item, _ in handover_queries.batch_items(session, batch.id)
        if not item.cancelled
    }
    return [one for one in read(orders, budget, deductions) if one.values["order_no"] in live]


def claims_of_batch(session: Session, deps: Deps, batch: HandoverBatch) -> list[Claim]:
    """The orders of a hand-over with what their journals need."""
    rows = {item.order_no: row for item, row in handover_queries.batch_items(session, batch.id)}
    return [_claim(one, rows[one.values["order_no"]]) for one in of_batch(session, deps, batch)]


def _claim(one: HandedOrder, row: ReceivedInvoice) -> Claim:
    order = order_of(one)
    answer = row.registry_answer or {}
    # Without the registry's word the number on the invoice stands, as the examination took it.
    status = answer.get("status", "cannot_tell")
    registered = bool(order.registration_number) and status in ("registered", "cannot_tell")
    return Claim(
        order=order,
        supplied_on=row.period_end or row.inspected_on or order.invoice_date,
        registered=registered,
        partner=row.seller_name or "",
        paid_on=row.paid_on,
    )


def order_of(one: HandedOrder) -> PaymentOrder:
    """The order of its written row."""
    v = one.values

    def yen(name: str) -> Decimal:
        return Decimal(v[name])

    def day(name: str) -> date:
        return date.fromisoformat(v[name])

    return PaymentOrder(
        order_no=v["order_no"], fiscal_year=int(v["fy"]), kind=OrderKind(v["kind"]),
        commitment_no=v["commit_no"], contract_no=v["contract_no"],
        budget=BudgetCode(
            account=v["acct"], section=v["section"], kan=v["kan"], kou=v["kou"], moku=v["moku"],
            jigyo=v["jigyo"], setsu=v["setsu"], saisetsu=v["saisetsu"],
        ),
        creditor_no=v["creditor_no"], registration_number=v["reg_no"],
        invoice_no=v["invoice_no"], invoice_date=day("invoice_date"),
        received_on=day("received_on"), channel=v["channel"], inspection_no=v["inspect_no"],
        inspected_on=day("inspect_date") if v["inspect_date"] else None,
        clock_start=day("clock_start"), due_on=day("due_date"), pay_on=day("pay_date"),
        base_10=yen("b10"), tax_10=yen("t10"), base_8=yen("b8"), tax_8=yen("t8"),
        not_taxed=yen("nontax"), gross=yen("gross"), prepaid=yen("prepaid"),
        payable=yen("payable"),
        deductions=tuple(
            Deduction(
                kind=DeductionKind(d["type"]), base=Decimal(d["base"]),
                amount=Decimal(d["amount"]), income_number=d["income_no"], payee=d["payee"],
            )
            for d in one.deduction
        ),
        account=Account(
            bank_code=v["bank"], bank_name="", branch_code=v["branch"], branch_name="",
            account_type=v["atype"], account_number=v["acctno"], payee_kana=v["payee_kana"],
        ),
        edi=v["edi"], summary=v["summary"], match=v["match"], codes=tuple(v["codes"].split()),
    )  # fmt: skip


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def _by_order(data: bytes) -> defaultdict[str, list[dict[str, str]]]:
    found: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in _rows(data):
        found[row["order_no"]].append(row)
    return found
