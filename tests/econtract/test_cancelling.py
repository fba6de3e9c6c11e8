"""解除: two people, one notice, and a contract that stays what it was."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from life import OFFICER, STAFF, VENDOR, concluded

from econtract import cancelling, living
from econtract.cancelling import Ground
from econtract.errors import ReasonRequired
from econtract.life_errors import AnotherPerson, EntryRefused, NotConcluded, NotWaiting

TODAY = date(2026, 11, 24)


def propose(walk, **changes):
    with walk.deps.database.transaction() as session:
        return cancelling.propose(
            session,
            walk.contract_id,
            **({
                "ground": Ground.DEFAULT,
                "reason": "催告の期限までに着手しない",
                "effective_on": TODAY,
                "actor": STAFF,
                "at": walk.now,
            } | changes),
        )  # fmt: skip


def decide(walk, row, *, agreed=True, answer="", actor=OFFICER, told=None):
    with walk.deps.database.transaction() as session:
        return cancelling.decide(
            session,
            walk.contract_id,
            row.id,
            agreed=agreed,
            answer=answer,
            tell=lambda _s, _c, found: (told if told is not None else []).append(found.id),
            actor=actor,
            at=walk.now,
        )


@pytest.fixture
def goods(walk):
    concluded(walk, 着手日="2026-11-21")
    return walk


def test_it_binds_after_the_second_persons_answer_and_the_vendor_is_told_once(goods):
    told: list[str] = []
    row = propose(goods)
    assert propose(goods).id == row.id
    with goods.deps.database.reader() as session:
        assert living.cancelled(session, goods.contract_id) is None
    with pytest.raises(AnotherPerson):
        decide(goods, row, actor=STAFF)
    for _ in range(2):
        decide(goods, row, told=told)
    assert told == [row.id]
    assert goods.state() == "concluded"
    with goods.deps.database.reader() as session:
        stands = living.standing(session, goods.contract())
    assert stands.cancelled_on == stands.in_force_until == TODAY
    with pytest.raises(NotConcluded):
        propose(goods, reason="もう一度")


def test_a_refused_proposal_says_why_and_another_may_follow(goods):
    row = propose(goods)
    with pytest.raises(NotWaiting):
        propose(goods, reason="別の理由")
    with pytest.raises(ReasonRequired):
        decide(goods, row, agreed=False)
    assert decide(goods, row, agreed=False, answer="催告書の日付がない").state == "refused"
    with pytest.raises(NotWaiting):
        decide(goods, row)
    assert propose(goods, reason="催告書を添えて").state == "proposed"


def test_nobody_cancels_into_the_past(goods):
    with pytest.raises(EntryRefused, match="過ぎた日"):
        propose(goods, effective_on=TODAY - timedelta(days=1))
    with pytest.raises(EntryRefused, match="離れすぎ"):
        propose(goods, effective_on=date(2030, 1, 1))
    row = propose(goods)
    goods.deps.clock.advance(timedelta(days=1))
    with pytest.raises(EntryRefused, match="伺いの間"):
        decide(goods, row)


def test_what_was_not_concluded_is_not_cancelled(walk):
    walk.draft()
    with pytest.raises(NotConcluded):
        propose(walk)


def test_the_day_the_vendor_opened_the_notice_is_evidence_of_arrival(goods):
    decide(goods, propose(goods))
    for _ in range(2):
        with goods.deps.database.transaction() as session:
            cancelling.note_seen(session, goods.contract_id, actor=VENDOR, at=goods.now)
    assert goods.actions().count("contract.cancellation_seen") == 1
