"""保存年限から廃棄まで: dry run, holds, four eyes, destruction, certificate, a whole trail."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from life import OFFICER, STAFF, conclude, concluded
from sqlalchemy import select
from test_amending import amend

import signing
from econtract import attached, disposing, kept_files, life_rules, performance, queries, retaining
from econtract.keeping_models import DisposalItem
from econtract.life_errors import AnotherPerson, EntryRefused, NoSuchEntry, NotWaiting, UnderHold
from econtract.models import Document, PageImage, Party
from econtract.states import ContractState
from records import audit, calendar, new_id

RULES = life_rules.parse({"retention": [{"kinds": ["works"], "years": 3}, {"years": 2}]})
LATER = datetime(2029, 4, 1, 3, 0, tzinfo=UTC)


def over(walk, rules=RULES):
    with walk.deps.database.reader() as session:
        today = calendar.jst_date(walk.now)
        return [k.contract.id for k in retaining.over(session, rules=rules, today=today)]


def prepare(walk, ids=None, actor=STAFF, rules=RULES):
    with walk.deps.database.transaction() as session:
        return disposing.prepare(
            session, ids or [walk.contract_id], rules=rules, actor=actor, at=walk.now
        ).id


def decide(walk, list_id, *, agreed=True, answer="", actor=OFFICER):
    with walk.deps.database.transaction() as session:
        return disposing.decide(
            session, list_id, agreed=agreed, answer=answer, actor=actor, at=walk.now
        ).state


def hold(walk, reason="住民訴訟"):
    with walk.deps.database.transaction() as session:
        return retaining.hold(session, walk.contract_id, reason=reason, actor=STAFF, at=walk.now).id


def lift(walk, hold_id):
    with walk.deps.database.transaction() as session:
        retaining.lift(
            session, walk.contract_id, hold_id, reason="訴訟の終結", actor=STAFF, at=walk.now
        )


def turn_to(walk, moment):
    walk.deps.clock.advance(moment - walk.now)


@pytest.fixture
def old(walk):
    """A sale of goods that ended 2027-03-19 and is kept until 2029-03-31; the day after."""
    concluded(walk)
    turn_to(walk, LATER)
    return walk


def test_o16_the_years_run_from_the_end_and_not_from_the_signature(walk):
    concluded(walk, 完成期限="2027-04-01")
    turn_to(walk, LATER)
    assert over(walk) == []
    turn_to(walk, datetime(2030, 3, 31, 14, 59, tzinfo=UTC))
    assert over(walk) == []
    turn_to(walk, datetime(2030, 4, 1, 3, 0, tzinfo=UTC))
    assert over(walk) == [walk.contract_id]


def test_works_are_kept_longer_and_an_amendment_moves_the_end(walk):
    concluded(walk, 契約種別="工事", 着手日="2026-11-21")
    child = amend(walk, period_to=date(2027, 4, 30))
    conclude(walk.deps.database, child, walk.now)
    turn_to(walk, datetime(2030, 4, 1, 3, 0, tzinfo=UTC))
    assert over(walk) == []
    turn_to(walk, datetime(2031, 4, 1, 3, 0, tzinfo=UTC))
    assert over(walk) == [walk.contract_id]


def test_a_late_completion_moves_the_end(old):
    with old.deps.database.transaction() as session:
        row = performance.PerformanceNotice(
            id=new_id(),
            contract_id=old.contract_id,
            kind="delivery",
            performed_on=date(2027, 5, 1),
            given_by="v",
            given_by_name="v",
            given_at=old.now,
            answer="accepted",
        )
        session.add(row)
    assert over(old) == []


def test_a_withdrawn_contract_is_kept_from_its_withdrawal_and_a_halted_one_for_ever(walk):
    walk.draft()
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).move(ContractState.WITHDRAWN, walk.now)
    turn_to(walk, LATER)
    assert over(walk) == [walk.contract_id]
    with walk.deps.database.transaction() as session:
        queries.locked(session, walk.contract_id).state = ContractState.HALTED
    assert over(walk) == []


def test_the_list_takes_nothing_that_is_not_over_held_or_listed_already(old):
    hold_id = hold(old)
    with pytest.raises(UnderHold, match="住民訴訟"):
        prepare(old)
    lift(old, hold_id)
    with pytest.raises(EntryRefused):
        prepare(old, [new_id()])
    prepare(old)
    with pytest.raises(EntryRefused, match="廃-2029-001"):
        prepare(old)


def test_four_eyes_and_a_refusal_with_its_reason(old):
    list_id = prepare(old)
    with pytest.raises(AnotherPerson):
        decide(old, list_id, actor=STAFF)
    assert decide(old, list_id, agreed=False, answer="調査中") == "refused"
    with pytest.raises(NotWaiting):
        decide(old, list_id)
    assert decide(old, prepare(old)) == "decided"
    with pytest.raises(NoSuchEntry):
        decide(old, new_id())


def test_o16_text_and_people_go_the_line_and_the_trail_stay(walk):
    walk.draft().make()
    conclude(walk.deps.database, walk.contract_id, walk.now)
    with walk.deps.database.transaction() as session:
        contract = queries.locked(session, walk.contract_id)
        contract.concluded_sha256 = contract.current_sha256
        own = kept_files.hashes(session, [walk.contract_id])
    pdf = contract.concluded_sha256
    assert len(own) > 2
    turn_to(walk, LATER)
    list_id = prepare(walk)
    for _ in range(2):
        decide(walk, list_id)
    walk.run_jobs()
    with walk.deps.database.reader() as session:
        row = disposing.found(session, list_id)
        [line] = disposing.lines(session, list_id)
        assert (row.state, line.item.outcome) == ("done", "destroyed")
        assert pdf in {f["sha256"] for f in line.item.destroyed}
        assert not any(walk.deps.store.exists(sha256) for sha256 in own)
        assert session.scalars(select(PageImage)).all() == []
        assert {d.source == {} for d in session.scalars(select(Document))} == {True}
        assert {p.person for p in session.scalars(select(Party))} == {""}
        contract = queries.contract(session, walk.contract_id)
        assert (contract.state, contract.title) == ("disposed", "市道飯田鴨江線舗装補修工事")
        assert contract.fields == {}
        assert audit.verify(session).is_whole
        assert disposing.disposed_on(session, walk.contract_id) == date(2029, 4, 1)
    certificate = walk.deps.store.read(row.certificate_sha256)
    verdict = signing.verify(certificate, walk.deps.trust, at=walk.now)
    # The development authority issues no revocation lists of 2029: not more than "cannot be told".
    assert verdict.status != "failed"
    assert "廃-2029-001" in (verdict.signatures[0].statement or "")
    assert walk.actions()[-1] == "contract.disposed"
    assert over(walk) == []


def test_a_hold_after_the_decision_still_saves_the_files(old):
    files = attached.keep(old.deps.store, [("a.pdf", b"%PDF- evidence")])
    with old.deps.database.transaction() as session:
        session.add(
            performance.PerformanceNotice(
                id=new_id(),
                contract_id=old.contract_id,
                kind="delivery",
                performed_on=date(2027, 3, 1),
                files=[f.to_json() for f in files],
                given_by="v",
                given_by_name="v",
                given_at=old.now,
                answer="accepted",
            )
        )
    list_id = prepare(old)
    decide(old, list_id)
    hold(old, "開示請求")
    old.run_jobs()
    with old.deps.database.reader() as session:
        [line] = disposing.lines(session, list_id)
        assert (line.item.outcome, "開示請求" in line.item.why) == ("kept", True)
        assert disposing.found(session, list_id).state == "done"
    assert old.deps.store.exists(files[0].sha256)
    assert old.state() == "concluded"


def test_a_file_that_another_contract_names_is_not_destroyed(walk):
    [drawing] = attached.keep(walk.deps.store, [("図面.pdf", b"%PDF- drawing of two lots")])
    ids = []
    for number, end in (("A-1", "2027-03-19"), ("A-2", "2031-03-19")):
        concluded(walk, 案件番号=number, 完成期限=end)
        ids.append(walk.contract_id)
        with walk.deps.database.transaction() as session:
            session.add(
                performance.PerformanceNotice(
                    id=new_id(),
                    contract_id=walk.contract_id,
                    kind="schedule",
                    performed_on=date(2026, 12, 1),
                    files=[drawing.to_json()],
                    given_by="v",
                    given_by_name="v",
                    given_at=walk.now,
                    answer="accepted",
                )
            )
    turn_to(walk, LATER)
    decide(walk, prepare(walk, ids[:1]))
    walk.run_jobs()
    with walk.deps.database.reader() as session:
        [item] = session.scalars(select(DisposalItem))
        assert item.destroyed == [{"sha256": drawing.sha256, "kept_for_another": True}]
    assert walk.deps.store.exists(drawing.sha256)


def test_what_is_to_be_transferred_is_never_destroyed_here(old):
    rules = life_rules.parse({"retention": [{"years": 2, "at_end": "transfer"}]})
    list_id = prepare(old, rules=rules)
    decide(old, list_id)
    old.run_jobs()
    with old.deps.database.reader() as session:
        assert [line.item.outcome for line in disposing.lines(session, list_id)] == ["transfer"]
    assert old.state() == "concluded"


def test_a_job_that_died_between_store_and_rows_goes_on(old, monkeypatch):
    from econtract import disposing_job

    [file] = attached.keep(old.deps.store, [("a.pdf", b"%PDF- x")])
    with old.deps.database.transaction() as session:
        session.add(
            performance.PerformanceNotice(
                id=new_id(),
                contract_id=old.contract_id,
                kind="delivery",
                performed_on=date(2027, 3, 1),
                files=[file.to_json()],
                given_by="v",
                given_by_name="v",
                given_at=old.now,
                answer="accepted",
            )
        )
    list_id = prepare(old)
    decide(old, list_id)
    with monkeypatch.context() as patched:
        patched.setattr(disposing_job, "_forget", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            disposing_job.dispose(old.deps, list_id=list_id)
    assert not old.deps.store.exists(file.sha256)
    assert old.state() == "concluded"
    disposing_job.dispose(old.deps, list_id=list_id)
    assert old.state() == "disposed"
    with old.deps.database.reader() as session:
        [line] = disposing.lines(session, list_id)
    assert line.item.destroyed == [{"sha256": file.sha256, "kept_for_another": False}]
