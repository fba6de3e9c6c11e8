"""One simulated year: invoices walk through the desks, by discrete events (SimPy).

Time runs in working minutes (465 a day) on the city's real calendar and is turned into calendar
days only for the lawful clocks. A run walks a sample of the year's invoices; desks are scaled with
it (a desk of 1.4 people is one server that works 1.4 times as fast), so that load stays the same.

The same invoices with the same luck walk before and after (common random numbers): differences
between two runs are the plan's doing. What the model leaves out: absence of staff, learning,
several sections with desks of their own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import simpy

from portal.simulation.assumptions import (
    MONTH_WEIGHTS,
    OLD_YEAR_SHARE,
    QUARTER_WEIGHTS,
    Plan,
)
from records import calendar

MINUTES_A_DAY = 465
BANK_CUTOFF_DAYS = 2
LAWFUL_DAYS = 30
_CV = 0.6
_SIGMA = math.sqrt(math.log(1 + _CV * _CV))
_LOG_MEAN = -_SIGMA * _SIGMA / 2
_BACKLOG_DAYS = 400


@dataclass(frozen=True, slots=True)
class Arrival:
    """One invoice and its luck, drawn before any scenario is known."""

    day: int
    """Index of the working day."""
    minute: float
    month: int
    """0 is April."""
    old_year: bool
    electronic: float
    returned: float
    touch: tuple[float, float, float]
    """Lognormal factors of mean 1: drafting, approving, reviewing."""
    wait: tuple[float, float, float]
    """0 to 1: approvals, transport, the vendor's correction."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What became of one invoice."""

    month: int
    electronic: bool
    first_pass: bool
    minutes: float
    calendar_days: int


@dataclass(frozen=True, slots=True)
class Year:
    """All invoices of a run, with the longest review queue of each month (scaled up)."""

    walked: tuple[Walked, ...]
    queues: tuple[float, ...]
    scale: float
    """Invoices of the year that one walked invoice stands for."""


@lru_cache(maxsize=8)
def working_days(fiscal_year: int) -> tuple[date, ...]:
    """The city's working days from 1 April, and enough of the next year to finish."""
    first = date(fiscal_year, 4, 1)
    days = (first + timedelta(days=n) for n in range(365 + _BACKLOG_DAYS))
    return tuple(day for day in days if calendar.is_business_day(day))


def arrivals(
    plan: Plan,
    seed: int,
    *,
    months: Sequence[float] = MONTH_WEIGHTS,
    quarters: Sequence[float] = QUARTER_WEIGHTS,
) -> list[Arrival]:
    """The year's sample in the order in which it arrives: month ends, month starts, year's end."""
    chance = random.Random(seed)  # noqa: S311  a simulation wants the same numbers again
    days = working_days(plan.fiscal_year)
    own = [n for n, day in enumerate(days) if calendar.fiscal_year(day) == plan.fiscal_year]
    count = min(plan.sample, plan.invoices)
    picked = chance.choices(own, weights=_weights(days, own, months, quarters), k=count)
    found = []
    for index in sorted(picked):
        day = days[index]
        found.append(
            Arrival(
                day=index,
                minute=chance.uniform(0, MINUTES_A_DAY),
                month=(day.month - 4) % 12,
                old_year=chance.random() < OLD_YEAR_SHARE.get(day.month, 0.0),
                electronic=chance.random(),
                returned=chance.random(),
                touch=(
                    math.exp(_LOG_MEAN + _SIGMA * chance.gauss(0, 1)),
                    math.exp(_LOG_MEAN + _SIGMA * chance.gauss(0, 1)),
                    math.exp(_LOG_MEAN + _SIGMA * chance.gauss(0, 1)),
                ),
                wait=(chance.random(), chance.random(), chance.random()),
            )
        )
    return sorted(found, key=lambda one: (one.day, one.minute))


def _weights(
    days: Sequence[date], own: Sequence[int], months: Sequence[float], quarters: Sequence[float]
) -> list[float]:
    by_month: dict[tuple[int, int], list[int]] = {}
    for index in own:
        by_month.setdefault((days[index].year, days[index].month), []).append(index)
    weight: dict[int, float] = {}
    for (_, month), indexes in by_month.items():
        shape = [quarters[place * 4 // len(indexes)] for place in range(len(indexes))]
        for index, share in zip(indexes, shape, strict=True):
            weight[index] = months[(month - 4) % 12] * share / sum(shape)
    return [weight[index] for index in own]


def walk(
    plan: Plan,
    arriving: Sequence[Arrival],
    figures: Mapping[str, float],
    *,
    adoption: Sequence[float],
) -> Year:
    """Let the invoices walk. `adoption` is the electronic share of each month, April first."""
    return _Desks(plan, arriving, figures, adoption).run()


class _Desks:
    """The desks of one run."""

    def __init__(
        self,
        plan: Plan,
        arriving: Sequence[Arrival],
        figures: Mapping[str, float],
        adoption: Sequence[float],
    ) -> None:
        self.figures, self.adoption, self.arriving = figures, adoption, arriving
        self.days = working_days(plan.fiscal_year)
        self.run_days = plan.run_days
        self.scale = plan.invoices / max(len(arriving), 1)
        self.env = simpy.Environment()
        self.drafting, self.draft_pace = self._desk(plan.drafters)
        self.reviewing, self.review_pace = self._desk(plan.reviewers)
        self.walked: list[Walked] = []
        self.queues = [0.0] * 12

    def _desk(self, people: float) -> tuple[simpy.PriorityResource, float]:
        here = people / self.scale
        servers = max(1, round(here))
        return simpy.PriorityResource(self.env, capacity=servers), servers / here

    def run(self) -> Year:
        self.env.process(self._doorway())
        self.env.run()
        return Year(tuple(self.walked), tuple(self.queues), self.scale)

    def _doorway(self) -> Generator[simpy.Event, Any, None]:
        for one in self.arriving:
            at = one.day * MINUTES_A_DAY + one.minute
            if at > self.env.now:
                yield self.env.timeout(at - self.env.now)
            self.env.process(self._invoice(one))

    def _invoice(self, one: Arrival) -> Generator[simpy.Event, Any, None]:
        values = self.figures
        electronic = one.electronic < self.adoption[one.month]
        kind = "electronic" if electronic else "paper"
        priority = 0 if one.old_year else 1
        draft = values[f"{kind}_draft"] + (0.0 if electronic else values["paper_receive"])
        carry = 0.0 if electronic else values["paper_carry"]
        first_pass = one.returned >= values[f"{kind}_returns"] / 100
        before = (draft + carry) * one.touch[0] + values[f"{kind}_approve"] * one.touch[1]
        minutes = 0.0
        for again in range(1 if first_pass else 2):
            if again:  # the vendor corrects: 2 to 6 working days
                yield self.env.timeout((2 + 4 * one.wait[2]) * MINUTES_A_DAY)
            with self.drafting.request(priority=priority) as turn:
                yield turn
                yield self.env.timeout(draft * one.touch[0] * self.draft_pace)
            minutes += before
            low, high = (0.1, 1.0) if electronic else (0.3, 2.0)
            waits = low + (high - low) * one.wait[0]
            if not electronic:
                waits += 0.5 + 0.5 * one.wait[1]
            yield self.env.timeout(waits * MINUTES_A_DAY)
        review = (values[f"{kind}_review"] + values[f"{kind}_book"]) * one.touch[2]
        month = min((self._date().month - 4) % 12, 11)
        with self.reviewing.request(priority=priority) as turn:
            self.queues[month] = max(self.queues[month], len(self.reviewing.queue) * self.scale)
            yield turn
            yield self.env.timeout(review * self.review_pace)
        minutes += review
        self.walked.append(
            Walked(one.month, electronic, first_pass, minutes, self._days_to_payment(one))
        )

    def _index(self) -> int:
        return min(int(self.env.now // MINUTES_A_DAY), len(self.days) - 1)

    def _date(self) -> date:
        return self.days[self._index()]

    def _days_to_payment(self, one: Arrival) -> int:
        """Calendar days from receipt to the first payment run after the bank's cut-off."""
        ready = self._index() + BANK_CUTOFF_DAYS
        run = min(-(-ready // self.run_days) * self.run_days, len(self.days) - 1)
        return (self.days[run] - self.days[one.day]).days
