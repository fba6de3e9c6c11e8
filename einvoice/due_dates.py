"""The two clocks of 支払遅延防止法 (昭和24年法律256号), which its art. 14 applies to cities.

    inspection   14 days (works) / 10 days (other) from the notice of completion      art. 5
    payment      40 days (works) / 30 days (other) from the lawful claim that is
                 received after the inspection; 15 days without written terms         art. 6, 10

What moves the payment clock:
- It starts on the later of receipt and passed inspection (art. 6 (1)).
- A claim returned for a slight fault: the days from the notice of refusal to the receipt of the
  corrected claim, both counted, do not count. With intent or gross negligence of the vendor the
  first claim counts as never made (art. 6 (2)). So the time of the notice is a legal fact.
- An inspection later than its term takes its delay off the payment term (art. 9).
- The first day is counted by default: the earlier and safer reading of the 1950 guideline.

The law does not move a due date that falls on a holiday, so the last banking day before it is the
last lawful day to pay. Interest for late payment: unpaid × rate × days / 365, from the day after
the due date; under 100 yen nothing, fractions of 100 yen cut (art. 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from einvoice.refusals import DueDateError
from records import calendar

WORKS_PAYMENT_DAYS = 40
OTHER_PAYMENT_DAYS = 30
UNWRITTEN_PAYMENT_DAYS = 15
WORKS_INSPECTION_DAYS = 14
OTHER_INSPECTION_DAYS = 10
_LAST_OF_MONTH = 31


class Fault(StrEnum):
    """Whose fault a return is, and how grave (art. 6 (2))."""

    SLIGHT = "slight"  # 軽過失: the clock pauses
    GROSS = "gross"  # 故意・重過失: the first claim counts as never made


@dataclass(frozen=True, slots=True)
class Suspension:
    """A return: from the day the refusal was notified to the receipt of the corrected claim."""

    notified_on: date
    corrected_on: date
    fault: Fault = Fault.SLIGHT

    @property
    def days(self) -> int:
        """Days that do not count, both ends counted."""
        return (self.corrected_on - self.notified_on).days + 1


@dataclass(frozen=True, slots=True)
class DueDate:
    """When to pay, and how that day came about."""

    clock_start: date
    due_on: date
    pay_by: date
    """The last banking day on or before `due_on`."""
    limit_days: int
    excluded_days: int
    inspection_delay: int


def inspection_due(notified_on: date, *, is_works: bool, count_first_day: bool = True) -> date:
    """The last day to inspect after the vendor's notice of completion."""
    limit = WORKS_INSPECTION_DAYS if is_works else OTHER_INSPECTION_DAYS
    return notified_on + timedelta(days=limit - (1 if count_first_day else 0))


def payment_limit(*, is_works: bool, agreed: int | None = None, in_writing: bool = True) -> int:
    """Days for payment: what was agreed, never more than the statute allows."""
    if not in_writing:
        return UNWRITTEN_PAYMENT_DAYS
    maximum = WORKS_PAYMENT_DAYS if is_works else OTHER_PAYMENT_DAYS
    return min(agreed, maximum) if agreed is not None else maximum


def payment_due(
    *,
    received_on: date,
    inspected_on: date | None,
    limit_days: int,
    notified_on: date | None = None,
    inspection_due_on: date | None = None,
    suspensions: Sequence[Suspension] = (),
    count_first_day: bool = True,
) -> DueDate:
    """The due date of a claim first received on `received_on`.

    `inspected_on` is None where no inspection is needed (advance payments). `notified_on` and
    `inspection_due_on` give the delay of the inspection, if any. Raises `DueDateError` when a
    return was notified before the claim it returns, or mended before it was notified.
    """
    first = received_on
    for item in suspensions:
        if item.corrected_on < item.notified_on or item.notified_on < received_on:
            raise DueDateError(
                field="suspensions",
                reason_ja=f"返戻の通知日 {item.notified_on} と再提出日 {item.corrected_on} の"
                f"前後関係が合いません（最初の受付日 {received_on}）",
                reason_en=f"return notified {item.notified_on}, corrected claim received "
                f"{item.corrected_on}, first claim {received_on}",
            )
        if item.fault is Fault.GROSS:
            first = max(first, item.corrected_on)
    start = max(first, inspected_on) if inspected_on is not None else first
    excluded = sum(_paused_days(item, start) for item in suspensions if item.fault is Fault.SLIGHT)
    delay = 0
    if inspected_on is not None and notified_on is not None and inspection_due_on is not None:
        delay = max((inspected_on - inspection_due_on).days, 0)
    days = limit_days - (1 if count_first_day else 0) + excluded - delay
    due_on = start + timedelta(days=max(days, 0))
    return DueDate(start, due_on, last_banking_day(due_on), limit_days, excluded, delay)


def _paused_days(item: Suspension, start: date) -> int:
    """Days of a running clock that a return takes out; a clock not yet started cannot pause."""
    if item.notified_on >= start:
        return item.days
    return max((item.corrected_on - start).days, 0)


def last_banking_day(day: date) -> date:
    """The day itself, or the last banking day before it."""
    return day if calendar.is_bank_day(day) else _step_back(day)


def next_banking_day(day: date) -> date:
    """The day itself, or the first banking day after it."""
    if calendar.is_bank_day(day):
        return day
    return calendar.next_business_day(day, calendar.is_bank_day)


def _step_back(day: date) -> date:
    return calendar.previous_business_day(day, calendar.is_bank_day)


def banking_days_left(today: date, due_on: date) -> int:
    """Banking days after today up to the due date; negative when it has passed."""
    return calendar.business_days_between(today, due_on, calendar.is_bank_day)


@dataclass(frozen=True, slots=True)
class PaymentRuns:
    """The days of the month on which the city pays; 31 stands for the last day.

    A run on a holiday moves to the banking day before it.
    """

    days: tuple[int, ...] = (10, 20, _LAST_OF_MONTH)

    def between(self, first: date, last: date) -> list[date]:
        """Runs from `first` to `last`, both included."""
        month = date(first.year, first.month, 1)
        found: set[date] = set()
        while month <= last:
            following = (month + timedelta(days=32)).replace(day=1)
            end = following - timedelta(days=1)
            for day in self.days:
                run = last_banking_day(month.replace(day=min(day, end.day)))
                if first <= run <= last:
                    found.add(run)
            month = following
        return sorted(found)

    def plan(self, *, earliest: date, due_on: date) -> date:
        """The last run that is not late; without one, the last banking day that is not.

        When even that is before `earliest`, payment is late: the first banking day possible.
        """
        runs = self.between(earliest, due_on)
        if runs:
            return runs[-1]
        latest = last_banking_day(due_on)
        return latest if latest >= earliest else next_banking_day(earliest)

    def next_run(self, earliest: date) -> date:
        """The first run on or after the day."""
        return self.between(earliest, earliest + timedelta(days=62))[0]


def late_interest(unpaid: Decimal, *, rate: Decimal, due_on: date, paid_on: date) -> Decimal:
    """遅延利息 in yen; `rate` is percent a year."""
    days = (paid_on - due_on).days
    return daily_interest(unpaid, rate=rate, days=days)


def daily_interest(amount: Decimal, *, rate: Decimal, days: int) -> Decimal:
    """amount × rate × days / 365, fractions of 100 yen cut; also the usual form of 遅延損害金."""
    if days <= 0:
        return Decimal(0)
    exact = amount * rate * days / Decimal(36500)
    return (exact / 100).quantize(Decimal(1), rounding=ROUND_DOWN) * 100


@dataclass(frozen=True, slots=True)
class LateRate:
    """One notice of the Ministry of Finance: percent a year from `first` on."""

    first: date
    percent: Decimal


# 昭和24年大蔵省告示991号 as amended. The second row is from practice, not from the notice; later
# years are for the city to enter, and a rate fixed by the contract goes before the table.
LATE_RATES: tuple[LateRate, ...] = (
    LateRate(date(2020, 4, 1), Decimal("2.6")),
    LateRate(date(2021, 4, 1), Decimal("2.5")),
)


def late_rate(day: date, *, table: Sequence[LateRate] = LATE_RATES) -> Decimal:
    """The yearly rate in force on the day. Raises `DueDateError` before the table begins."""
    known = [row for row in table if row.first <= day]
    if not known:
        raise DueDateError(
            field="late_rate",
            reason_ja=f"{day} の遅延利息の率が登録されていません",
            reason_en=f"no late-payment rate is known for {day}",
        )
    return known[-1].percent
