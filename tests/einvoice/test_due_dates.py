"""支払遅延防止法: the clocks, their pauses, and what lateness costs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.due_dates import (
    Fault,
    PaymentRuns,
    Suspension,
    banking_days_left,
    daily_interest,
    inspection_due,
    late_interest,
    late_rate,
    payment_due,
    payment_limit,
)
from einvoice.refusals import DueDateError
from records import calendar


def test_goods_are_inspected_in_ten_days_and_works_in_fourteen() -> None:
    assert inspection_due(date(2026, 10, 21), is_works=False) == date(2026, 10, 30)
    assert inspection_due(date(2026, 11, 11), is_works=True) == date(2026, 11, 24)
    assert inspection_due(date(2026, 11, 11), is_works=True, count_first_day=False) == date(
        2026, 11, 25
    )


def test_limit_is_what_was_agreed_but_never_more_than_the_law_allows() -> None:
    assert payment_limit(is_works=True) == 40
    assert payment_limit(is_works=False) == 30
    assert payment_limit(is_works=False, agreed=20) == 20
    assert payment_limit(is_works=False, agreed=60) == 30
    assert payment_limit(is_works=True, in_writing=False) == 15


@pytest.mark.parametrize(
    ("received", "inspected", "days", "due"),
    [
        (date(2026, 10, 27), date(2026, 10, 26), 30, date(2026, 11, 25)),  # case 1
        (date(2026, 11, 20), date(2026, 11, 18), 40, date(2026, 12, 29)),  # case 3
        (date(2026, 11, 2), date(2026, 10, 30), 30, date(2026, 12, 1)),  # case 4
        (date(2026, 4, 7), date(2026, 3, 31), 30, date(2026, 5, 6)),  # case 5
        (date(2026, 10, 20), date(2026, 10, 27), 30, date(2026, 11, 25)),  # claim came first
    ],
)
def test_due_dates_of_the_worked_cases(
    received: date, inspected: date, days: int, due: date
) -> None:
    result = payment_due(received_on=received, inspected_on=inspected, limit_days=days)
    assert result.due_on == due
    assert result.clock_start == max(received, inspected)


def test_returned_claim_pauses_the_clock_for_the_days_of_the_return() -> None:
    result = payment_due(
        received_on=date(2026, 11, 5),
        inspected_on=date(2026, 11, 4),
        limit_days=30,
        suspensions=[Suspension(date(2026, 11, 6), date(2026, 11, 10))],
    )
    assert (result.clock_start, result.excluded_days) == (date(2026, 11, 5), 5)
    assert result.due_on == date(2026, 12, 9)


def test_without_first_day_counting_everything_is_a_day_later() -> None:
    result = payment_due(
        received_on=date(2026, 11, 5),
        inspected_on=date(2026, 11, 4),
        limit_days=30,
        suspensions=[Suspension(date(2026, 11, 6), date(2026, 11, 10))],
        count_first_day=False,
    )
    assert result.due_on == date(2026, 12, 10)


def test_gross_negligence_makes_the_first_claim_count_as_never_made() -> None:
    result = payment_due(
        received_on=date(2026, 11, 5),
        inspected_on=date(2026, 11, 4),
        limit_days=30,
        suspensions=[Suspension(date(2026, 11, 6), date(2026, 11, 10), Fault.GROSS)],
    )
    assert (result.clock_start, result.excluded_days) == (date(2026, 11, 10), 0)
    assert result.due_on == date(2026, 12, 9)


def test_a_return_before_the_inspection_pauses_nothing_since_nothing_ran() -> None:
    result = payment_due(
        received_on=date(2026, 11, 2),
        inspected_on=date(2026, 11, 20),
        limit_days=30,
        suspensions=[Suspension(date(2026, 11, 4), date(2026, 11, 10))],
    )
    assert (result.clock_start, result.excluded_days) == (date(2026, 11, 20), 0)


def test_late_inspection_is_taken_off_the_payment_term() -> None:
    result = payment_due(
        received_on=date(2026, 11, 20),
        inspected_on=date(2026, 11, 18),
        notified_on=date(2026, 11, 1),
        inspection_due_on=date(2026, 11, 10),
        limit_days=30,
    )
    assert result.inspection_delay == 8
    assert result.due_on == date(2026, 11, 20) + timedelta(days=21)


def test_due_date_is_never_before_the_clock_starts() -> None:
    result = payment_due(
        received_on=date(2026, 11, 20),
        inspected_on=date(2026, 11, 18),
        notified_on=date(2026, 9, 1),
        inspection_due_on=date(2026, 9, 10),
        limit_days=30,
    )
    assert result.due_on == result.clock_start


def test_golden_week_brings_the_last_lawful_day_forward() -> None:
    result = payment_due(
        received_on=date(2026, 4, 7), inspected_on=date(2026, 3, 31), limit_days=30
    )
    assert result.due_on == date(2026, 5, 6)
    assert result.pay_by == date(2026, 5, 1)
    assert PaymentRuns().plan(earliest=date(2026, 4, 8), due_on=result.due_on) == date(2026, 4, 30)


@pytest.mark.parametrize(
    ("notified", "corrected"),
    [(date(2026, 11, 4), date(2026, 11, 10)), (date(2026, 11, 10), date(2026, 11, 6))],
)
def test_dates_that_contradict_each_other_are_refused(notified: date, corrected: date) -> None:
    with pytest.raises(DueDateError, match="前後関係"):
        payment_due(
            received_on=date(2026, 11, 5),
            inspected_on=None,
            limit_days=30,
            suspensions=[Suspension(notified, corrected)],
        )


def test_runs_on_holidays_move_to_the_banking_day_before() -> None:
    runs = PaymentRuns()
    assert runs.between(date(2026, 12, 1), date(2026, 12, 31)) == [
        date(2026, 12, 10),
        date(2026, 12, 18),
        date(2026, 12, 30),
    ]
    assert runs.plan(earliest=date(2026, 11, 21), due_on=date(2026, 12, 29)) == date(2026, 12, 18)
    assert runs.next_run(date(2026, 11, 21)) == date(2026, 11, 30)


def test_without_a_run_in_time_the_last_banking_day_is_planned() -> None:
    runs = PaymentRuns()
    assert runs.plan(earliest=date(2026, 11, 11), due_on=date(2026, 11, 15)) == date(2026, 11, 13)
    assert runs.plan(earliest=date(2026, 11, 21), due_on=date(2026, 11, 15)) == date(2026, 11, 24)


def test_late_interest_cuts_fractions_of_a_hundred_yen() -> None:
    interest = late_interest(
        Decimal(1_100_000),
        rate=Decimal("2.5"),
        due_on=date(2026, 12, 10),
        paid_on=date(2026, 12, 25),
    )
    assert interest == Decimal(1_100)
    assert daily_interest(Decimal(48_400_000), rate=Decimal("2.5"), days=12) == Decimal(39_700)
    assert daily_interest(Decimal(10_000), rate=Decimal("2.5"), days=15) == 0
    assert daily_interest(Decimal(10_000_000), rate=Decimal("2.5"), days=0) == 0


def test_rate_comes_from_a_dated_table() -> None:
    assert late_rate(date(2021, 3, 31)) == Decimal("2.6")
    assert late_rate(date(2026, 11, 23)) == Decimal("2.5")
    with pytest.raises(DueDateError, match="登録されていません"):
        late_rate(date(2019, 1, 1))


def test_banking_days_left_counts_no_holidays() -> None:
    assert banking_days_left(date(2026, 11, 20), date(2026, 11, 25)) == 2
    assert banking_days_left(date(2026, 11, 25), date(2026, 11, 20)) == -2


DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2030, 12, 31))


@given(DAYS, st.integers(min_value=-20, max_value=40), st.sampled_from([30, 40]))
def test_pay_by_is_a_banking_day_not_after_the_due_date(
    received: date, offset: int, limit: int
) -> None:
    result = payment_due(
        received_on=received, inspected_on=received + timedelta(days=offset), limit_days=limit
    )
    assert calendar.is_bank_day(result.pay_by)
    assert result.pay_by <= result.due_on
    assert (result.due_on - result.clock_start).days == limit - 1


@given(DAYS, st.integers(min_value=0, max_value=30), st.integers(min_value=0, max_value=30))
def test_a_return_moves_the_due_date_by_exactly_its_days(
    received: date, wait: int, length: int
) -> None:
    notified = received + timedelta(days=wait)
    pause = Suspension(notified, notified + timedelta(days=length))
    plain = payment_due(received_on=received, inspected_on=received, limit_days=30)
    paused = payment_due(
        received_on=received, inspected_on=received, limit_days=30, suspensions=[pause]
    )
    assert paused.due_on - plain.due_on == timedelta(days=length + 1)
