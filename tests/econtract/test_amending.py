"""変更契約: what it would mean, what it writes, and what the original then stands for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from life import STAFF, conclude, concluded

from econtract import amending, beside, council, life_rules, living, queries, repricing
from econtract.amending import Change, OtherChange
from econtract.attached import Attachment
from econtract.life_errors import EntryRefused, NotConcluded, NotWaiting
from econtract.making_errors import VoteMissing
from econtract.repricing import NewPrices
from econtract.states import ContractState
from records import new_id

LIFE = life_rules.example()
RESOLUTION = Attachment("議決書.pdf", "0" * 64, 10, "application/pdf")


def amend(walk, contract_id=None, *, life=LIFE, press=None, **change):
    with walk.deps.database.transaction() as session:
        child = amending.draft(
            session,
            contract_id or walk.contract_id,
            Change(**({"reason": "地中障害物の撤去"} | change)),
            rules=walk.deps.rules,
            life=life,
            press=press,
            actor=STAFF,
            at=walk.now,
        )
        return child.id


def stands(walk, contract_id=None):
    with walk.deps.database.reader() as session:
        return living.standing(session, queries.contract(session, contract_id or walk.contract_id))


def amendment_of(walk, child_id):
    with walk.deps.database.reader() as session:
        return living.amendment_of(session, child_id)


@pytest.fixture
def works(walk):
    """Works of 22,000,000 yen until 2027-03-19."""
    concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    return walk


def test_s13_the_child_is_a_contract_of_its_own_with_lineage_on_both(works):
    child_id = amend(works, amount_change=Decimal(1_100_000), period_to=date(2027, 3, 31))
    with works.deps.database.reader() as session:
        child = queries.contract(session, child_id)
        parent = queries.contract(session, works.contract_id)
        row = living.amendment_of(session, child_id)
        assert beside.original(session, child_id).id == parent.id
        assert [c.id for _, c in living.amendments(session, parent.id)] == [child_id]
        assert len(queries.parties(session, child_id)) == len(queries.parties(session, parent.id))
    assert child.number != parent.number
    assert (child.form, child.kind, child.amount) == ("amendment", "works", 23_100_000)
    assert child.tax == 2_100_000
    assert child.fields["amount_change"] == "増　1,100,000円"
    assert "5.00パーセント" in child.fields["cumulative"]
    assert row.before == {
        "契約金額（税込）": "22,000,000円",
        "うち消費税": "2,000,000円",
        "履行期間の終わり": "令和9年3月19日",
    }
    assert row.after["履行期間の終わり"] == "令和9年3月31日"
    assert "contract.amendment_drafted" in works.actions()


def test_the_terms_follow_only_after_the_amendment_is_concluded(works):
    child_id = amend(works, amount_change=Decimal(-2_200_000))
    before = stands(works)
    assert (before.amount, before.amendment_pending, before.amendments) == (22_000_000, True, 0)
    conclude(works.deps.database, child_id, works.now)
    after = stands(works)
    assert (after.amount, after.tax) == (19_800_000, 1_800_000)
    assert (after.amendment_pending, after.amendments) == (False, 1)


def test_several_in_a_row_are_counted_together_and_one_at_a_time(works):
    first = amend(works, amount_change=Decimal(1_100_000))
    with pytest.raises(NotWaiting, match="変更契約"):
        amend(works, amount_change=Decimal(1))
    conclude(works.deps.database, first, works.now)
    second = amend(works, first, period_to=date(2027, 4, 30))
    conclude(works.deps.database, second, works.now)
    third = amend(works, amount_change=Decimal(-550_000))
    conclude(works.deps.database, third, works.now)
    now = stands(works)
    assert (now.amount, now.period_to, now.amendments) == (22_550_000, date(2027, 4, 30), 3)
    assert amendment_of(works, third).position == 3
    with works.deps.database.reader() as session:
        assert "2.50パーセント" in queries.contract(session, third).fields["cumulative"]


def test_a_withdrawn_amendment_leaves_the_terms_and_frees_the_way(works):
    first = amend(works, amount_change=Decimal(1_100_000))
    with works.deps.database.transaction() as session:
        queries.locked(session, first).move(ContractState.WITHDRAWN, works.now)
    assert stands(works).amount == 22_000_000
    assert amendment_of(works, amend(works, amount_change=Decimal(1))).position == 2


def test_the_button_pressed_twice_drafts_one(works):
    press = new_id()
    change = {"amount_change": Decimal(1_100_000), "press": press}
    assert amend(works, **change) == amend(works, **change)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "amount_change"),
        ({"amount_change": Decimal(-22_000_000)}, "amount_change"),
        ({"amount_change": Decimal(10) ** 13}, "amount_change"),
        ({"period_to": date(2026, 11, 20)}, "period_to"),
        ({"period_to": date(2027, 3, 19)}, "amount_change"),
        ({"others": (OtherChange("工法", "開削", "開削"),)}, "amount_change"),
    ],
)
def test_a_change_that_is_none_or_cannot_be_is_refused(works, change, field):
    with pytest.raises(EntryRefused) as refused:
        amend(works, **change)
    assert refused.value.field == field


def test_a_leap_day_and_the_fiscal_years_end_can_be_the_new_end(works):
    leap = amend(works, period_to=date(2028, 2, 29))
    conclude(works.deps.database, leap, works.now)
    assert stands(works).period_to == date(2028, 2, 29)
    with works.deps.database.reader() as session:
        assert "令和10年2月29日" in queries.contract(session, leap).fields["changes"]
    works.deps.clock.advance(timedelta(days=128))  # 2027-04-01: the next series of numbers
    assert stands(works, amend(works, period_to=date(2028, 3, 31))).amount == 22_000_000
    with works.deps.database.reader() as session:
        numbers = [c.number for _, c in living.amendments(session, works.contract_id)]
    assert numbers == ["2026-00002", "2027-00001"]


def test_only_what_is_concluded_and_not_paper_against_the_rules_is_amended(walk):
    walk.draft(契約種別="工事")
    with pytest.raises(NotConcluded):
        amend(walk, amount_change=Decimal(1))
    conclude(walk.deps.database, walk.contract_id, walk.now)
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).template_version = beside.PAPER
    strict = life_rules.parse({"amendment": {"paper_parents": False}})
    with pytest.raises(NotConcluded, match="紙"):
        amend(walk, amount_change=Decimal(1), life=strict)
    assert amend(walk, amount_change=Decimal(1))


def vote(walk, contract_id, *, passed=True, day=date(2026, 11, 24), files=(RESOLUTION,)):
    with walk.deps.database.transaction() as session:
        return council.record_vote(
            session,
            contract_id,
            voted_on=day,
            bill_number="議案第120号",
            passed=passed,
            files=files,
            actor=STAFF,
            at=walk.now,
        )


def awaiting_city(walk, contract_id):
    with walk.deps.database.transaction() as session:
        queries.locked(session, contract_id).move(ContractState.AWAITING_CITY, walk.now)


def test_s13_a_vote_is_needed_when_the_amount_reaches_the_threshold(walk):
    concluded(walk, amount=Decimal(290_000_000), 契約種別="工事", 着手日="2026-11-21")
    small = amend(walk, amount_change=Decimal(9_000_000))
    assert not amendment_of(walk, small).vote_needed
    conclude(walk.deps.database, small, walk.now)
    row = amendment_of(walk, amend(walk, amount_change=Decimal(1_000_000)))
    assert row.vote_needed
    assert "300,000,000円" in row.vote_reason


@pytest.fixture
def voted(walk):
    """Works of 400,000,000 yen, voted on and concluded."""
    walk.draft(契約種別="工事", 着手日="2026-11-21")
    with walk.deps.database.transaction() as session:
        contract = queries.locked(session, walk.contract_id)
        contract.form, contract.amount = "provisional_works", Decimal(400_000_000)
    awaiting_city(walk, walk.contract_id)
    vote(walk, walk.contract_id)
    conclude(walk.deps.database, walk.contract_id, walk.now)
    return walk


@pytest.mark.parametrize(
    ("change", "needed"),
    [(40_000_000, False), (40_000_001, True), (-40_000_000, False), (-40_000_001, True)],
)
def test_s13_ten_percent_of_what_was_voted_decides_whether_to_vote_again(voted, change, needed):
    row = amendment_of(voted, amend(voted, amount_change=Decimal(change)))
    assert row.vote_needed is needed
    assert "議会へは報告" in row.vote_reason or needed


def test_s13_small_changes_add_up_to_a_vote_and_a_new_vote_is_the_new_base(voted):
    first = amend(voted, amount_change=Decimal(30_000_000))
    conclude(voted.deps.database, first, voted.now)
    second = amend(voted, amount_change=Decimal(20_000_000))
    assert amendment_of(voted, second).vote_needed
    awaiting_city(voted, second)
    with pytest.raises(VoteMissing), voted.deps.database.reader() as session:
        council.require_vote(session, queries.contract(session, second))
    vote(voted, second)
    conclude(voted.deps.database, second, voted.now)
    third = amend(voted, amount_change=Decimal(44_000_000))
    assert not amendment_of(voted, third).vote_needed


def test_o19_the_vote_needs_its_day_its_number_and_its_evidence(walk):
    walk.draft(契約種別="工事")
    with pytest.raises(NotConcluded):
        vote(walk, walk.contract_id)
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).form = "provisional_works"
    awaiting_city(walk, walk.contract_id)
    with pytest.raises(VoteMissing), walk.deps.database.reader() as session:
        council.require_vote(session, walk.contract())
    for wrong in ({"day": date(2026, 11, 25)}, {"day": date(2026, 11, 19)}, {"files": ()}):
        with pytest.raises(EntryRefused):
            vote(walk, walk.contract_id, **wrong)
    assert vote(walk, walk.contract_id).bill_number == "議案第120号"
    assert vote(walk, walk.contract_id).voted_on == date(2026, 11, 24)
    with pytest.raises(NotWaiting):
        vote(walk, walk.contract_id, passed=False)
    with walk.deps.database.reader() as session:
        council.require_vote(session, walk.contract())
    assert walk.actions().count("contract.council_passed") == 1


def test_s14_a_lost_vote_ends_the_case(walk):
    walk.draft(契約種別="工事")
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).form = "provisional_works"
    awaiting_city(walk, walk.contract_id)
    vote(walk, walk.contract_id, passed=False)
    assert walk.state() == ContractState.VOTED_DOWN
    assert "否決" in walk.contract().note["reason"]
    assert walk.actions()[-1] == "contract.council_rejected"


def test_the_difference_of_texts_is_marked_on_both_sides():
    old, new = amending.marked("工期は3月19日", "工期は3月31日")
    assert "".join(text for _, text in old) == "工期は3月19日"
    assert "".join(text for _, text in new) == "工期は3月31日"
    assert {mark for mark, _ in old} == {"same", "removed"}
    assert {mark for mark, _ in new} == {"same", "added"}
    assert amending.marked("22,000,000円", "23,100,000円")[1] == [("added", "23,100,000円")]
    assert amending.marked("令和9年3月19日", "令和9年3月31日")[0] == [("removed", "令和9年3月19日")]


def test_rows_of_other_changes_are_cleaned_and_need_a_name():
    rows = [("", "", ""), ("工法\t", "開削\n1", "推進")]
    assert amending.checked_others(rows) == (OtherChange("工法", "開削 1", "推進"),)
    with pytest.raises(EntryRefused):
        amending.checked_others([("", "a", "b")])


MILK = "牛乳\t200ml\t本\t3000\t52.37\n容器\t\t日\t30\t1815"


@pytest.fixture
def milk(walk):
    """Unit prices from 2026-11-21 to 2027-03-19."""
    concluded(walk, 契約種別="単価契約", 着手日="2026-11-21")
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).fields = {"unit_prices": MILK}
    return walk


def held(walk):
    with walk.deps.database.reader() as session:
        found = repricing.held(session, queries.contract(session, walk.contract_id))
        return [(prices.valid_from.isoformat(), prices.table, prices.monthly) for prices in found]


def test_an_amended_table_holds_from_its_day_once_it_is_concluded_and_says_each_difference(milk):
    dearer = "品名,規格,単位,予定数量,単価\n牛乳,200ml,本,3000,54円\n容器,,日,30,1815\nふた,,個,9,1"
    new = NewPrices(table=dearer, valid_from=date(2027, 1, 1))
    child_id = amend(milk, prices=new)
    assert len(held(milk)) == 1  # a draft changes nothing
    assert amendment_of(milk, child_id).after == {
        "単価　牛乳 200ml": "54円／本（予定 3,000）",
        "単価　ふた": "1円／個（予定 9）",
        "新しい価格を適用する日": "令和9年1月1日",
    }
    with milk.deps.database.reader() as session:
        printed = queries.contract(session, child_id).fields["changes"]
    assert "単価　牛乳 200ml\t52.37円／本（予定 3,000）\t54円／本（予定 3,000）" in printed
    conclude(milk.deps.database, child_id, milk.now)
    first, second = held(milk)
    assert first == ("2026-11-21", MILK, None)
    assert second[0] == "2027-01-01"
    assert second[1].splitlines()[0] == "牛乳\t200ml\t本\t3000\t54"
    # the next one begins from here: not before, and the same table is no change
    with pytest.raises(EntryRefused, match="2027-01-01から適用"):
        amend(milk, prices=NewPrices(table=MILK, valid_from=date(2026, 12, 1)))
    with pytest.raises(EntryRefused, match="何も変わりません"):
        amend(milk, prices=NewPrices(table=second[1], valid_from=date(2027, 2, 1)))


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (NewPrices(table=MILK.replace("52.37", "54")), "契約期間"),
        (NewPrices(table=MILK.replace("52.37", "54"), valid_from=date(2027, 3, 20)), "契約期間"),
        (NewPrices(table=MILK.replace("52.37", "x"), valid_from=date(2027, 1, 1)), "1行目の単価"),
        (NewPrices(monthly=Decimal(1), valid_from=date(2027, 1, 1)), "この形では"),
    ],
)
def test_new_prices_that_do_not_fit_the_contract_are_refused(milk, new, words):
    with pytest.raises(EntryRefused, match=words):
        amend(milk, prices=new)


def test_an_amended_rent_holds_from_its_day_and_works_have_no_prices(walk):
    concluded(walk, 契約種別="賃貸借", 着手日="2026-12-01", 完成期限="2030-03-31")
    child_id = amend(walk, prices=NewPrices(monthly=Decimal(600_000), valid_from=date(2027, 4, 1)))
    conclude(walk.deps.database, child_id, walk.now)
    assert held(walk) == [("2026-12-01", "", 550_000), ("2027-04-01", "", 600_000)]
    assert amendment_of(walk, child_id).before["月額（税込）"] == "550,000円"


def test_works_have_no_prices_to_change(works):
    assert held(works) == []
    with pytest.raises(EntryRefused, match="この形では"):
        amend(works, prices=NewPrices(table=MILK, valid_from=date(2027, 1, 1)))
