"""Drafts: nothing typed twice, numbers without gaps, edits that cannot overwrite each other."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from walk import CITY, DRAFTER, Walk, award_csv

from econtract import awards, drafting, numbering, queries
from econtract.errors import (
    AwardRowsRefused,
    DraftRefused,
    GlyphMissing,
    MandatoryItemMissing,
    NoSuchContract,
    ReasonRequired,
)
from econtract.models import Award
from econtract.states import ContractState


def edit(walk: Walk, seen_revision: int = 1, **changes: str) -> None:
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session,
            walk.contract_id,
            changes=changes,
            seen_revision=seen_revision,
            actor=DRAFTER,
            at=walk.now,
        )


def test_the_same_file_twice_makes_no_second_award(walk: Walk) -> None:
    assert len(walk.take_in({}, {"案件番号": "A-2"})) == 2
    assert walk.take_in({}, {"案件番号": "A-2"}) == []
    assert len(walk.take_in({}, {"案件番号": "A-3"})) == 1


def test_two_imports_of_one_file_at_the_same_moment_make_each_award_once(walk: Walk) -> None:
    made: list[int] = []
    start = threading.Barrier(4)

    def take() -> None:
        start.wait()
        made.append(len(walk.take_in({}, {"案件番号": "A-2"}, {"案件番号": "A-3"})))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 3
    with walk.deps.database.reader() as session:
        assert session.query(Award).count() == 3


def test_a_row_that_changed_since_is_named_and_nothing_is_taken_in(walk: Walk) -> None:
    walk.take_in({})
    with pytest.raises(AwardRowsRefused) as refused:
        walk.take_in({"完成期限": "2027-03-20"}, {"案件番号": "A-9"})
    [problem] = refused.value.problems
    assert problem.column == "完成期限"
    assert walk.take_in({"案件番号": "A-9"})


def test_nothing_of_the_award_is_typed_again(walk: Walk) -> None:
    contract = walk.draft().contract()
    assert contract.title == "市道飯田鴨江線舗装補修工事"
    assert contract.amount == 22_000_000
    assert contract.period_to == date(2027, 3, 19)
    vendor, city = walk.parties()
    assert (vendor.organisation, vendor.person) == ("株式会社髙﨑建設", "髙橋 一郎")
    assert (city.slot, city.person) == ("City", "遠州 太郎")


def test_drafting_an_award_twice_is_one_contract(walk: Walk) -> None:
    [award_id] = walk.take_in({})
    ids = set()
    for _ in range(2):
        with walk.deps.database.transaction() as session:
            ids.add(
                drafting.draft(session, award_id=award_id, city=CITY, actor=DRAFTER, at=walk.now).id
            )
    assert len(ids) == 1
    with pytest.raises(NoSuchContract), walk.deps.database.transaction() as session:
        drafting.draft(session, award_id="x", city=CITY, actor=DRAFTER, at=walk.now)


def test_numbers_run_by_fiscal_year_without_gap_or_double_under_pressure(walk: Walk) -> None:
    taken: list[str] = []
    lock = threading.Lock()

    def take(fails: bool) -> None:
        try:
            with walk.deps.database.transaction() as session:
                number = str(numbering.take(session, 2026))
                if fails:
                    raise RuntimeError
                with lock:
                    taken.append(number)
        except RuntimeError:
            pass

    threads = [threading.Thread(target=take, args=(n % 3 == 0,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"2026-{n:05d}" for n in range(1, 17)]


def test_a_contract_that_begins_in_april_belongs_to_the_next_fiscal_year(walk: Walk) -> None:
    contract = walk.draft(着手日="2027-04-01", 完成期限="2027-09-30").contract()
    assert contract.number == "2027-00001"


def test_an_empty_mandatory_field_stops_the_document_by_name(walk: Walk) -> None:
    walk.draft(契約種別="工事")
    edit(walk, no_work_hours="")
    with pytest.raises(MandatoryItemMissing, match="施工しない日・時間帯"):
        walk.make()
    assert walk.state() == ContractState.DRAFTING


def test_a_name_no_font_has_stops_the_document_by_name(walk: Walk) -> None:
    walk.draft()
    edit(walk, vendor_person="𪚲\U000e01ef 太郎")
    with pytest.raises(GlyphMissing):
        walk.make()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("period_to", "2026-11-01"),
        ("period_to", "あした"),
        ("contract_date", "2026-11-01"),
        ("vendor_email", "no mail"),
        ("title", "\ue000"),
    ],
)
def test_a_value_that_cannot_stand_is_refused_at_its_field(
    walk: Walk, field: str, value: str
) -> None:
    walk.draft()
    with pytest.raises(DraftRefused) as refused:
        edit(walk, **{field: value})
    assert refused.value.field == field
    assert refused.value.remedy_ja


def test_two_people_editing_at_once_do_not_overwrite_each_other(walk: Walk) -> None:
    walk.draft()
    edit(walk, place="一人目の場所")
    with pytest.raises(DraftRefused, match="ほかの人"):
        edit(walk, place="二人目の場所")
    edit(walk, seen_revision=2, place="二人目の場所")
    assert walk.contract().place == "二人目の場所"


def test_saving_without_a_change_changes_nothing(walk: Walk) -> None:
    walk.draft()
    edit(walk, place=walk.contract().place, unknown="ignored")
    assert walk.contract().revision == 1


def test_a_withdrawn_contract_keeps_its_number(walk: Walk) -> None:
    walk.draft()
    with pytest.raises(ReasonRequired), walk.deps.database.transaction() as session:
        drafting.withdraw(session, walk.contract_id, reason="", actor=DRAFTER, at=walk.now)
    with walk.deps.database.transaction() as session:
        drafting.withdraw(
            session, walk.contract_id, reason="予算の繰越", actor=DRAFTER, at=walk.now
        )
    assert walk.state() == ContractState.WITHDRAWN
    with walk.deps.database.reader() as session:
        assert queries.by_number(session, "2026-00001") is not None


@pytest.mark.slow
def test_s16_a_fixed_contract_date_is_printed_and_kept_apart_from_the_signing_time(
    walk: Walk,
) -> None:
    walk.draft()
    edit(walk, contract_date="2026-11-25")
    walk.make()
    with walk.deps.database.reader() as session:
        document = queries.document(session, queries.contract(session, walk.contract_id))
        assert document is not None
        assert document.source["values"]["contract_date"] == "令和8年11月25日"
        assert document.source["data"]["contract_date"] == "2026-11-25"
        pages = queries.pages(session, document.id)
    assert "令和8年11月25日" in pages[0].words
    assert len(pages) == document.pages


def test_an_unreadable_file_takes_in_nothing(walk: Walk) -> None:
    with walk.deps.database.transaction() as session:
        taken = awards.take_in(
            session,
            award_csv(encoding="cp932"),
            vendor_of=lambda bidder: bidder.code,
            actor=DRAFTER,
            at=walk.now,
        )
    assert taken.encoding == "cp932"
    assert len(taken.new) == 1
