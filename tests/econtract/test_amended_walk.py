"""An amendment and a provisional contract walked with ink: rendered, decided, signed, concluded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from life import concluded
from test_amending import amend, vote
from walk import CITY, DRAFTER

from econtract import drafting, living, queries
from econtract.making_errors import VoteMissing
from econtract.states import ContractState

pytestmark = pytest.mark.slow


def walk_to_city(walk):
    walk.make()
    assert walk.state() == ContractState.READY, walk.contract().note
    walk.submit().approve().send()
    walk._vendor()
    assert walk.state() == ContractState.AWAITING_CITY


def test_s13_an_amendment_is_rendered_signed_and_concluded_and_the_terms_follow(walk):
    parent_id = concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    walk.contract_id = amend(
        walk, amount_change=Decimal(1_100_000), period_to=date(2027, 3, 31), reason="地中障害物"
    )
    walk_to_city(walk)
    with walk.deps.database.reader() as session:
        document = queries.document(session, walk.contract())
        words = "".join(p.words for p in queries.pages(session, document.id))
    for said in ("変更契約書", "23,100,000円", "5.00パーセント", "令和9年3月31日", "地中障害物"):
        assert said in "".join(words.split()), said
    walk._city()
    assert walk.state() == ContractState.CONCLUDED
    with walk.deps.database.reader() as session:
        stands = living.standing(session, queries.contract(session, parent_id))
    assert (stands.amount, stands.period_to) == (23_100_000, date(2027, 3, 31))


def test_s14_cannot_become_concluded_before_the_day_and_the_number_of_the_vote(walk):
    [award_id] = walk.take_in({"落札金額（税抜）": "50000000"})
    with walk.deps.database.transaction() as session:
        made = drafting.draft(
            session,
            award_id=award_id,
            city=CITY,
            actor=DRAFTER,
            at=walk.now,
            form="provisional_goods",
        )
        walk.contract_id = made.id
    walk_to_city(walk)
    with pytest.raises(VoteMissing):
        walk.press_close()
    vote(walk, walk.contract_id)
    walk._city()
    assert walk.state() == ContractState.CONCLUDED
