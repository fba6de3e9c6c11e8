"""Notices of the vendor and the city's answers: from 着手届 to the inspection."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from life import LEAD_ID, STAFF, VENDOR, concluded

from econtract import attached, cancelling, living, performance
from econtract.life_errors import (
    EntryRefused,
    LeadReports,
    NoSuchEntry,
    NotConcluded,
    NotWaiting,
)
from econtract.performance import Answer, Kind
from records import audit, calendar, new_id

PDF = ("完成写真 😀.pdf", b"%PDF-1.7 photo")


def give(walk, kind=Kind.DELIVERY, **changes):
    with walk.deps.database.transaction() as session:
        return performance.give(
            session,
            changes.pop("contract_id", walk.contract_id),
            **({
                "kind": kind,
                "performed_on": calendar.jst_date(walk.now),
                "note": "",
                "files": (),
                "vendor_id": LEAD_ID,
                "press": None,
                "actor": VENDOR,
                "at": walk.now,
            } | changes),
        )  # fmt: skip


def inspect(walk, passed=True, notified_on=None, number="K8-1"):
    with walk.deps.database.transaction() as session:
        contract = living.queries.contract(session, walk.contract_id)
        return performance.inspected(
            session,
            contract_number=contract.number,
            notified_on=notified_on or calendar.jst_date(walk.now),
            inspection_id=new_id(),
            inspection_number=number,
            passed=passed,
            recorded_at=walk.now,
            actor=STAFF,
            at=walk.now,
        )


@pytest.fixture
def goods(walk):
    """A concluded sale of goods whose term has begun."""
    concluded(walk, 着手日="2026-11-21")
    return walk


@pytest.fixture
def works(walk):
    concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    return walk


def test_o1_a_contract_that_is_not_concluded_refuses_the_notice(walk):
    walk.draft(着手日="2026-11-21")
    with pytest.raises(NotConcluded, match="納品書"):
        give(walk)


def test_the_notice_is_kept_with_its_files_and_stands_in_the_trail(goods):
    files = attached.keep(goods.deps.store, [PDF, ("", b"")])
    row = give(goods, files=files)
    assert [f["name"] for f in row.files] == ["完成写真 😀.pdf"]
    assert goods.actions()[-1] == "contract.notice_given"
    with goods.deps.database.reader() as session:
        name, data = living.attached_file(
            session, goods.deps.store, goods.contract_id, files[0].sha256, actor=VENDOR
        )
        assert (name, data) == PDF
        with pytest.raises(NoSuchEntry):
            living.attached_file(
                session, goods.deps.store, "another", files[0].sha256, actor=VENDOR
            )


def test_the_button_pressed_twice_gives_one_notice(goods):
    press = new_id()
    assert give(goods, press=press).id == give(goods, press=press).id
    with goods.deps.database.reader() as session:
        assert len(living.notices(session, goods.contract_id)) == 1


def test_a_member_of_a_joint_venture_is_sent_to_the_lead(goods):
    with pytest.raises(LeadReports, match="株式会社髙﨑建設"):
        give(goods, vendor_id="vendor-V0002")


@pytest.mark.parametrize(
    ("kind", "day", "said"),
    [
        (Kind.DELIVERY, date(2026, 11, 25), "未来の日付"),
        (Kind.DELIVERY, date(2026, 11, 20), "履行期間の始まり"),
        (Kind.REPAIR, date(2026, 11, 24), "不合格の検査がありません"),
        (Kind.COMPLETION, date(2026, 11, 24), "この契約では使いません"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(goods, kind, day, said):
    with pytest.raises(EntryRefused, match=said):
        give(goods, kind, performed_on=day)


def test_one_notice_of_completion_stands_at_a_time_and_returned_ones_do_not_count(works):
    first = give(works, Kind.COMPLETION)
    with pytest.raises(EntryRefused, match="すでに"):
        give(works, Kind.COMPLETION)
    with works.deps.database.transaction() as session:
        performance.send_back(
            session, works.contract_id, first.id, reason="写真がない", actor=STAFF, at=works.now
        )
    assert give(works, Kind.COMPLETION).answer == Answer.WAITING


def test_a_notice_of_start_is_accepted_once_and_never_by_an_inspection(works):
    row = give(works, Kind.START)
    assert inspect(works) == []
    for _ in range(2):
        with works.deps.database.transaction() as session:
            performance.accept(session, works.contract_id, row.id, actor=STAFF, at=works.now)
    assert works.actions().count("contract.notice_accepted") == 1


def test_a_notice_to_be_inspected_cannot_just_be_accepted(goods):
    row = give(goods)
    with pytest.raises(NotWaiting), goods.deps.database.transaction() as session:
        performance.accept(session, goods.contract_id, row.id, actor=STAFF, at=goods.now)


def test_a_passed_inspection_answers_the_notices_received_until_its_day(goods):
    first = give(goods)
    goods.deps.clock.advance(timedelta(days=2))
    later = give(goods)
    answered = inspect(goods, notified_on=date(2026, 11, 24))
    assert [row.id for row in answered] == [first.id]
    assert answered[0].inspection_number == "K8-1"
    with goods.deps.database.reader() as session:
        assert [n.id for n, _ in living.waiting_notices(session)] == [later.id]
        assert performance.completed_on(session, goods.contract_id) == date(2026, 11, 24)


def test_after_a_failed_inspection_the_repair_is_notified_anew(goods):
    give(goods)
    [failed] = inspect(goods, passed=False)
    assert failed.answer == Answer.FAILED
    goods.deps.clock.advance(timedelta(days=3))
    assert give(goods, Kind.REPAIR).answer == Answer.WAITING
    [passed] = inspect(goods, number="K8-2")
    assert passed.kind == Kind.REPAIR


def test_after_the_cancellation_nothing_is_performed_any_more(goods):
    with goods.deps.database.transaction() as session:
        row = cancelling.propose(
            session,
            goods.contract_id,
            ground=cancelling.Ground.AGREED,
            reason="事情の変化",
            effective_on=date(2026, 11, 24),
            actor=STAFF,
            at=goods.now,
        )
        cancelling.decide(
            session,
            goods.contract_id,
            row.id,
            agreed=True,
            answer="",
            tell=lambda *_: None,
            actor=VENDOR,
            at=goods.now,
        )
    with pytest.raises(NotConcluded):
        give(goods)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("a.exe", b"MZ\x90")], "形式は使えません"),
        ([("a.pdf", b"")], "空です"),
        ([("a.pdf", b"%PDF-" + b"x" * attached.MAX_BYTES)], "20MB"),
        ([PDF] * 11, "上限10個"),
    ],
)
def test_files_that_cannot_be_taken_are_named(store, files, said):
    with pytest.raises(EntryRefused, match=said):
        attached.keep(store, files)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\fakepath\\写真.jpg", "写真.jpg"),
        ("../../etc/passwd", "passwd"),
        ("あ" * 300 + ".pdf", "あ" * 111 + ".pdf"),
        ("\u202egnp.exe", "gnp.exe"),
        ("...", "file"),
    ],
)
def test_t26_a_file_name_stays_readable_and_short(given, kept):
    assert attached.safe_name(given) == kept


def test_the_trail_stays_whole(goods):
    give(goods)
    inspect(goods)
    with goods.deps.database.reader() as session:
        assert audit.verify(session).is_whole
