"""1,000 random batches over random months: everything that leaves sums to the same yen.

What was written is read back here by code that shares nothing with the writers: positions of the
bank's records, columns of the CSVs, debit and credit of the journals. Then whole months on the
database, with crashes, taken-back batches and transfers that come back.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from einvoice import handover, handover_queries, settling, taking_back
from einvoice.deps import Deps
from einvoice.exporting import handed
from einvoice.exporting.journals import Accounts, Claim, Event, journals
from einvoice.exporting.order_layout import Field, OrderLayout, Record, write
from einvoice.exporting.packages import Package, Style
from einvoice.exporting.packages import write as write_journals
from einvoice.handover import transfer_of
from einvoice.models import Commitment, HandoverItem, ReceivedInvoice
from einvoice.payment_order import (
    Deduction,
    DeductionKind,
    PaymentOrder,
    budget_csv,
    deduction_csv,
    orders_csv,
)
from einvoice.states import State
from einvoice.zengin import BankProfile, TransferFile, build
from records import calendar, new_id
from tests.einvoice.desk import ACCOUNTANT, TREASURER, Desk, noon
from tests.einvoice.worked_cases import CASE_1, CASE_2, CASE_3, CASE_4, PAYER

MODELS = (CASE_1, CASE_2, CASE_3, CASE_4)
ACCOUNTS = Accounts(expense={"": "費用"})
FIXED = OrderLayout(
    form="fixed", record_bytes=20,
    records=(
        Record(when="order", fields=(Field(name="n", source="net", width=12, pad="left0"),)),
        Record(when="deduction", fields=(Field(name="d", source="amount", width=12, pad="left0"),)),
    ),
)  # fmt: skip


def an_order(chance: random.Random, number: int, pay_on: date) -> PaymentOrder:
    """A lawful order of random figures: two rates, prepaid parts, deductions up to all of it."""
    ten, eight = (chance.randrange(0, 10 ** chance.randrange(2, 9)) for _ in range(2))
    free = chance.choice((0, 0, chance.randrange(10**6)))
    tax_10, tax_8 = ten * 10 // 100, eight * 8 // 100
    gross = ten + eight + free + tax_10 + tax_8 or 1
    free += gross - (ten + eight + free + tax_10 + tax_8)
    prepaid = chance.choice((0, 0, 0, chance.randrange(gross)))
    payable = gross - prepaid
    taken = chance.choice((0, 0, chance.randrange(payable), payable)) if payable > 1 else 0
    kinds = (DeductionKind.WITHHOLDING, DeductionKind.DAMAGE)
    first = chance.randrange(1, taken) if taken > 1 else taken
    parts = [part for part in (first, taken - first) if part]
    yen = Decimal
    return replace(
        chance.choice(MODELS),
        order_no=f"R8-{number:06d}", pay_on=pay_on, base_10=yen(ten), tax_10=yen(tax_10),
        base_8=yen(eight), tax_8=yen(tax_8), not_taxed=yen(free), gross=yen(gross),
        prepaid=yen(prepaid), payable=yen(payable),
        deductions=tuple(
            Deduction(kind=kind, base=yen(payable), amount=yen(part))
            for kind, part in zip(kinds, parts, strict=False)
        ),
        edi=f"R8-{number:06d} {number}",
    )  # fmt: skip


def a_batch(seed: int) -> list[PaymentOrder]:
    chance = random.Random(seed)
    day = date(2025, 4, 1) + timedelta(days=chance.randrange(3 * 365))
    pay_on = calendar.next_business_day(day, calendar.is_bank_day)
    return [an_order(chance, n, pay_on) for n in range(1, chance.randrange(2, 7))]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_a_thousand_random_batches_reconcile_to_the_yen(seed):
    orders = a_batch(seed)
    told = rows(orders_csv(orders))
    net = sum(int(row["net"]) for row in told)
    taken = sum(int(row["deduct"]) for row in told)
    payable = sum(int(row["payable"]) for row in told)
    for row in told:
        five = sum(int(row[name]) for name in ("b10", "t10", "b8", "t8", "nontax"))
        assert five == int(row["gross"])
        assert int(row["gross"]) - int(row["prepaid"]) == int(row["payable"])
    assert payable - taken == net
    assert sum(int(row["amount"]) for row in rows(budget_csv(orders))) == payable
    assert sum(int(row["amount"]) for row in rows(deduction_csv(orders))) == taken
    moved = tuple(transfer_of(order) for order in orders if order.net)
    if moved:
        file = TransferFile(PAYER, orders[0].pay_on, moved)
        data = build(file, BankProfile(separator=random.Random(seed).choice(("CRLF", "NONE"))))
        plain = data.replace(b"\r\n", b"")
        records = [plain[at : at + 120] for at in range(0, len(plain), 120)]
        amounts = [int(record[80:90]) for record in records if record[:1] == b"2"]
        [trailer] = [record for record in records if record[:1] == b"8"]
        assert (len(amounts), sum(amounts)) == (int(trailer[1:7]), int(trailer[7:19]))
        assert sum(amounts) == net
    laid = write(handed.of_orders(orders), FIXED).split(b"\r\n")[:-1]
    assert sum(int(line[:12]) for line in laid) == net + taken
    claims = [
        Claim(order=o, supplied_on=o.pay_on, registered=bool(seed % 2), paid_on=o.pay_on)
        for o in orders
    ]
    for event in Event:
        style = Style(package=Package.YAYOI)
        entries = journals(claims, event=event, books=style.books, accounts=ACCOUNTS)
        lines = list(csv.reader(io.StringIO(write_journals(entries, style).data.decode("cp932"))))
        debit, credit = (sum(int(line[at]) for line in lines) for at in (8, 14))
        wanted = sum(int(o.gross) for o in orders) if event is Event.ORDERED else payable
        assert debit == credit == wanted


# --- whole months on the database ----------------------------------------------------------------


def approve_many(desk: Desk, chance: random.Random, count: int) -> list[str]:
    """Approved invoices of random amounts, as the desks would leave them."""
    made = []
    with desk.database.transaction() as session:
        commitment = session.scalar(
            select(Commitment).where(Commitment.contract_no == "2026K-B-00123")
        )
        assert commitment is not None
        for n in range(count):
            base = chance.randrange(1, 10**7)
            tax = base // 10
            row = ReceivedInvoice(
                id=new_id(), state="approved", vendor_id="V000101", channel="peppol",
                original_sha256=f"{chance.getrandbits(256):064x}", original_name="i.xml",
                original_size=1, received_at=desk.at, received_on=calendar.jst_date(desk.at),
                number=f"N-{n}", number_key=f"N{n}", issue_date=calendar.jst_date(desk.at),
                seller_name="株式会社遠州防災商事", gross=Decimal(base + tax), prepaid=Decimal(0),
                payable=Decimal(base + tax), tax_shares=[["10", str(base), str(tax)]],
                contract_no="2026K-B-00123", contract_title="防災", section="危機管理課",
                clock_start=calendar.jst_date(desk.at), commitment_id=commitment.id,
                due_on=calendar.jst_date(desk.at) + timedelta(days=29), state_since=desk.at,
                attachments=[],
            )  # fmt: skip
            session.add(row)
            made.append(row.id)
    return made


class Outage(Exception):
    """The document store is gone."""


class FlakyStore:
    """A store that fails at a chosen write."""

    def __init__(self, store, fail_at: int) -> None:
        self._store, self._left = store, fail_at

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def put(self, data: bytes, *, name: str | None = None):
        self._left -= 1
        if self._left == 0:
            raise Outage
        return self._store.put(data, name=name)


def leave(desk: Desk, deps: Deps, ids: list[str], pay_on: date):
    with desk.database.transaction() as session:
        return handover.hand_over(
            session, deps, invoice_ids=ids, pay_on=pay_on, actor=ACCOUNTANT, at=desk.at
        )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_months_with_outages_and_batches_taken_back_reconcile(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    day = date(2026, 10, 1)
    paid_out = 0
    for _ in range(3):
        desk.clock.set(noon(day))
        waiting = approve_many(desk, chance, 12)
        while waiting:
            chunk = [waiting.pop() for _ in range(min(len(waiting), chance.randrange(1, 6)))]
            pay_on = calendar.add_business_days(day, 5, calendar.is_bank_day)
            if chance.random() < 0.4:  # the store goes away in the middle: nothing has left
                broken = replace(desk.deps, store=FlakyStore(desk.store, chance.randrange(1, 6)))
                with pytest.raises(Outage):
                    leave(desk, broken, chunk, pay_on)
                with desk.database.transaction() as session:
                    states = {session.get_one(ReceivedInvoice, i).state for i in chunk}
                    assert states == {"approved"}
            done = leave(desk, desk.deps, chunk, pay_on)
            fate = chance.random()
            with desk.database.transaction() as session:
                if fate < 0.25:
                    who = {"batch_id": done.batch.id, "at": desk.at}
                    taking_back.ask(session, actor=ACCOUNTANT, reason="誤り", **who)
                    taking_back.approve(session, actor=TREASURER, **who)
                    waiting += chunk if chance.random() < 0.5 else []
                    continue
                results = [
                    settling.PaymentResult(o.order_no, chance.random() < 0.8, pay_on)
                    for o in done.orders
                ]
                settling.settle(session, results, actor=ACCOUNTANT, at=noon(pay_on))
                settling.settle(session, results[:1], actor=ACCOUNTANT, at=noon(pay_on))
                paid = {r.order_no for r in results if r.paid}
                paid_out += sum(int(o.net) for o in done.orders if o.order_no in paid)
        day = (day + timedelta(days=32)).replace(day=1)
    with desk.database.transaction() as session:
        live = select(func.coalesce(func.sum(HandoverItem.net), 0)).where(~HandoverItem.cancelled)
        assert session.scalar(live) == paid_out
        invoices = session.scalar(
            select(func.coalesce(func.sum(ReceivedInvoice.payable), 0)).where(
                ReceivedInvoice.state == State.PAID.value
            )
        )
        assert invoices == paid_out
        numbers = session.scalars(select(HandoverItem.order_no)).all()
        assert len(numbers) == len(set(numbers))
        for batch in handover_queries.batches(session, limit=100):
            file = handover.file_of(session, desk.deps, batch_id=batch.id, name=handover.TRANSFERS)
            plain = file.replace(b"\r\n", b"")
            assert int(plain[-240:-120][7:19]) == batch.net
            kept = rows(
                handover.file_of(session, desk.deps, batch_id=batch.id, name=handover.ORDERS)
            )
            assert sum(int(row["payable"]) for row in kept) == batch.payable
