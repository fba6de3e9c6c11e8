"""支払明細: what was paid in a year, by the day of payment, to the yen."""

from __future__ import annotations

import csv
import io
from datetime import date

from sqlalchemy import update

from einvoice import statements
from einvoice.models import ReceivedInvoice
from einvoice.statements import Statement
from tests.einvoice.desk import PAY_ON, Desk, approved, settle


def found(desk: Desk, year: int, kind="fiscal", vendor: str = "V000101") -> Statement:
    with desk.database.transaction() as session:
        return statements.statement(session, vendor_id=vendor, year=year, kind=kind)


def paid(desk: Desk, on: date = PAY_ON) -> str:
    handed = desk.hand_over(approved(desk), pay_on=PAY_ON)
    order = handed.orders[0].order_no
    desk.on(on)
    settle(desk, f"{order},PAID,{PAY_ON}")
    return order


def test_a_payment_stands_in_the_year_of_its_day(desk: Desk) -> None:
    order = paid(desk)
    year = found(desk, 2026)
    assert [(one.order_no, one.paid_on, one.net) for one in year.payments] == [
        (order, PAY_ON, 1_178_006)
    ]
    assert (year.first, year.last) == (date(2026, 4, 1), date(2027, 3, 31))
    assert found(desk, 2025).payments == ()
    with desk.database.transaction() as session:
        session.execute(update(ReceivedInvoice).values(paid_on=date(2027, 1, 4)))
    assert len(found(desk, 2026).payments) == 1
    assert found(desk, 2026, "calendar").payments == ()
    assert len(found(desk, 2027, "calendar").payments) == 1


def test_only_what_was_paid_and_only_to_the_vendor(desk: Desk) -> None:
    handed = desk.hand_over(approved(desk), pay_on=PAY_ON)
    assert found(desk, 2026).payments == ()
    settle(desk, f"{handed.orders[0].order_no},PAID,{PAY_ON}")
    assert found(desk, 2026, vendor="V000102").payments == ()
    assert len(found(desk, 2026).payments) == 1


def test_what_came_back_from_the_bank_is_not_in_it(desk: Desk) -> None:
    order = paid(desk)
    settle(desk, f"{order},FAILED,{PAY_ON},口座なし")
    assert found(desk, 2026).payments == ()


def test_the_csv_sums_and_no_text_is_a_formula(desk: Desk) -> None:
    paid(desk)
    with desk.database.transaction() as session:
        session.execute(update(ReceivedInvoice).values(number="=1+1"))
    head, row, sums = csv.reader(
        io.StringIO(statements.as_csv(found(desk, 2026)).decode("utf-8-sig"))
    )
    assert head[0] == "支払日"
    assert row[3] == "'=1+1"
    assert sums[-4:] == ["1178006", "0", "0", "1178006"]


def test_nobody_known_has_an_empty_statement(desk: Desk) -> None:
    assert found(desk, 2026, vendor="nobody").payments == ()
    with desk.database.transaction() as session:
        assert statements.years(session, "nobody") is None
        assert ("V000101", "V000101") in {p[:2] for p in statements.payees(session)}
