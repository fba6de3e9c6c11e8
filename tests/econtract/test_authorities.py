"""Who may sign for the city on which day: records with scope, period, evidence, second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from walk import DRAFTER, OFFICER, Walk

from econtract import authorities
from econtract.authorities import Grant
from econtract.authority_errors import (
    AuthorityFallsShort,
    AuthorityRefused,
    DateReasonRequired,
    SecondPersonNeeded,
)
from econtract.authority_models import Authority
from econtract.errors import ReasonRequired
from econtract.states import ContractState as S
from records import Actor

OTHER = Actor("staff", "s-procurement-2", "調達 次子")
GRANT = Grant(
    organisation_id=authorities.CITY,
    organisation="遠州市",
    delegator="遠州市長 遠州 太郎",
    holder_id=OFFICER.id,
    holder_name=OFFICER.name,
    capacity="契約担当者",
    valid_from=date(2026, 4, 1),
    valid_until=date(2027, 3, 31),
    evidence_note="令和8年4月1日付け 委任規則第3条",
)


def given(walk: Walk, *, confirmed: bool = True, **changes: object) -> str:
    with walk.deps.database.transaction() as session:
        row = authorities.record(session, replace(GRANT, **changes), actor=DRAFTER, at=walk.now)
        if confirmed:
            authorities.confirm(session, row.id, actor=OTHER, at=walk.now)
        return row.id


def test_s04_only_a_holder_of_authority_on_that_date_closes(walk: Walk) -> None:
    walk.to(S.AWAITING_CITY)
    given(walk)
    walk.press_close()
    walk.run_jobs()
    assert walk.state() == S.CONCLUDED


def test_s04_authority_that_ended_yesterday_is_refused_and_the_refusal_says_why(walk: Walk) -> None:
    walk.to(S.AWAITING_CITY)
    given(walk, valid_until=date(2026, 11, 23))
    with pytest.raises(AuthorityFallsShort, match="2026-11-23で終わりました"):
        walk.press_close()
    assert walk.state() == S.AWAITING_CITY
    for changes, words in (
        ({"valid_from": date(2026, 11, 25)}, "2026-11-25に始まります"),
        ({"kinds": ("works",)}, "範囲は工事"),
        ({"up_to": Decimal(21_999_999)}, "上限は21,999,999円"),
        ({"cases": ("2026-工-9999",)}, "案件 2026-工-9999 だけ"),
        ({"confirmed": False}, "二人目の確認"),
    ):
        authority_id = given(walk, **changes)
        with walk.deps.database.reader() as session:
            row = session.get_one(Authority, authority_id)
            short = authorities.shortfall(
                row,
                kind="goods",
                amount=Decimal(22_000_000),
                case="2026-工-0101",
                day=date(2026, 11, 24),
            )
        assert short is not None
        assert words in short[1]


def test_the_last_day_of_an_authority_is_japans_day(walk: Walk) -> None:
    """At 00:30 in Japan the day before has ended, though UTC still has it."""
    walk.to(S.AWAITING_CITY)
    given(walk, valid_until=date(2026, 11, 24))
    walk.deps.clock.advance(timedelta(hours=12, minutes=30))
    with pytest.raises(AuthorityFallsShort, match="2026-11-24で終わりました"):
        walk.press_close()


def test_who_recorded_or_receives_an_authority_does_not_confirm_it(walk: Walk) -> None:
    authority_id = given(walk, confirmed=False)
    for actor in (DRAFTER, OFFICER):
        with walk.deps.database.transaction() as session, pytest.raises(SecondPersonNeeded):
            authorities.confirm(session, authority_id, actor=actor, at=walk.now)


def test_recorded_twice_and_ended_twice_is_once_and_ending_needs_a_reason(walk: Walk) -> None:
    first, second = given(walk), given(walk)
    assert first == second
    with walk.deps.database.transaction() as session:
        with pytest.raises(ReasonRequired):
            authorities.end(session, first, reason=" ", actor=DRAFTER, at=walk.now)
        for _ in range(2):
            authorities.end(session, first, reason="異動", actor=DRAFTER, at=walk.now)
        with pytest.raises(AuthorityRefused):
            authorities.confirm(session, first, actor=OTHER, at=walk.now)
    walk.to(S.AWAITING_CITY)
    with pytest.raises(AuthorityFallsShort, match="取り消されて"):
        walk.press_close()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"holder_id": ""}, "holder"),
        ({"capacity": " "}, "capacity"),
        ({"delegator": ""}, "delegator"),
        ({"evidence_note": ""}, "evidence_note"),
        ({"valid_until": date(2026, 3, 31)}, "valid_until"),
        ({"valid_until": date(2040, 3, 31)}, "valid_until"),
        ({"kinds": ("everything",)}, "kinds"),
        ({"up_to": Decimal(0)}, "up_to"),
        ({"cases": ("x" * 401,)}, "cases"),
    ],
)
def test_a_record_that_cannot_stand_is_refused_by_its_field(
    walk: Walk, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(AuthorityRefused) as refused:
        given(walk, **changes)
    assert refused.value.field == field


def test_s16_a_printed_day_far_from_today_needs_a_reason_which_stands_in_the_report(
    walk: Walk,
) -> None:
    from econtract import date_policy, drafting

    walk.draft()
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session,
            walk.contract_id,
            seen_revision=1,
            changes={"contract_date": "2026-11-25"},
            actor=DRAFTER,
            at=walk.now,
        )
    walk.make().submit().approve().send().consent().press_sign()
    walk.run_jobs()
    walk.deps.clock.advance(timedelta(days=8))
    walk.press_close()  # 7 days after the printed day: tolerated
    walk.run_jobs()
    assert walk.state() == S.CONCLUDED
    with walk.deps.database.reader() as session:
        [line] = date_policy.report(session)
    assert (line.days, line.reason) == (7, "")
    assert line.contract_date == date(2026, 11, 25)
    assert line.city_signed_on == date(2026, 12, 2)
    assert line.vendor_signed_on == date(2026, 11, 24)


def test_s16_beyond_the_tolerance_nothing_is_signed_without_a_reason(walk: Walk) -> None:
    from econtract import date_policy, drafting

    walk.draft()
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session,
            walk.contract_id,
            seen_revision=1,
            changes={"contract_date": "2026-12-25"},
            actor=DRAFTER,
            at=walk.now,
        )
    walk.make().submit().approve().send().consent().press_sign()
    walk.run_jobs()
    with pytest.raises(DateReasonRequired, match="31日違います"):
        walk.press_close()
    walk.press_close(date_reason="議会の日程により前倒し")
    walk.run_jobs()
    with walk.deps.database.reader() as session:
        [line] = date_policy.report(session)
    assert (line.days, line.reason) == (-31, "議会の日程により前倒し")
