"""The calendar of terms that end, and reminders that come once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from life import OFFICER, STAFF, conclude, concluded
from test_amending import amend

from econtract import cancelling, life_rules, renewals

RULES = life_rules.parse({"reminder": {"days_before_end": [30, 90]}})


def ending(walk, first=date(2026, 11, 24), last=date(2028, 12, 31), **more):
    with walk.deps.database.reader() as session:
        found = renewals.ending(session, first=first, last=last, today=first, **more)
        return [(e.ends_on, e.spans_years) for e in found]


def remind(walk):
    with walk.deps.database.transaction() as session:
        return [e.days_left for e in renewals.due_reminders(session, rules=RULES, at=walk.now)]


def test_contracts_in_force_stand_under_the_day_on_which_they_end(walk):
    concluded(walk, 完成期限="2028-02-29")
    assert ending(walk) == [(date(2028, 2, 29), True)]
    assert ending(walk, last=date(2028, 2, 28)) == []
    assert ending(walk, department="福祉課") == []


def test_the_fiscal_years_end_is_inside_one_year(walk):
    concluded(walk, 完成期限="2027-03-31")
    assert ending(walk) == [(date(2027, 3, 31), False)]


def test_a_draft_and_a_cancelled_contract_do_not_end(walk):
    walk.draft()
    assert ending(walk) == []
    conclude(walk.deps.database, walk.contract_id, walk.now)
    with walk.deps.database.transaction() as session:
        row = cancelling.propose(
            session,
            walk.contract_id,
            ground=cancelling.Ground.CITY,
            reason="事業の中止",
            effective_on=date(2026, 12, 1),
            actor=STAFF,
            at=walk.now,
        )
        cancelling.decide(
            session,
            walk.contract_id,
            row.id,
            agreed=True,
            answer="",
            tell=lambda *_: None,
            actor=OFFICER,
            at=walk.now,
        )
    assert ending(walk) == []


def test_an_amendment_moves_the_day_and_is_no_contract_of_its_own(walk):
    concluded(walk)
    child = amend(walk, period_to=date(2027, 9, 30))
    assert ending(walk) == [(date(2027, 3, 19), False)]
    conclude(walk.deps.database, child, walk.now)
    assert ending(walk) == [(date(2027, 9, 30), True)]
    assert ending(walk, last=date(2027, 3, 31)) == []


def test_each_step_is_told_once_and_only_the_nearest_of_those_that_passed(walk):
    concluded(walk)  # until 2027-03-19, 115 days ahead
    assert remind(walk) == []
    walk.deps.clock.advance(timedelta(days=25))
    assert remind(walk) == [90]
    assert remind(walk) == []
    walk.deps.clock.advance(timedelta(days=65))
    assert remind(walk) == [25]
    walk.deps.clock.advance(timedelta(days=1))
    assert remind(walk) == []


@pytest.mark.parametrize("days", [[0], ["x"], 30, [500]])
def test_wrong_steps_in_the_rules_stop_the_start(days):
    with pytest.raises(Exception, match="days_before_end"):
        life_rules.parse({"reminder": {"days_before_end": days}})


@pytest.mark.parametrize(
    ("ended", "until"),
    [
        (date(2027, 3, 31), date(2032, 3, 31)),
        (date(2027, 4, 1), date(2033, 3, 31)),
        (date(2028, 2, 29), date(2033, 3, 31)),
    ],
)
def test_the_years_of_keeping_run_from_the_fiscal_year_after_the_end(ended, until):
    assert life_rules.kept_until(ended, 5) == until
