"""Stories 2 and 3, and peers' lessons T-11 to T-13, as far as making and deciding go.

Each test carries its acceptance line as its name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select
from walk import CITY, DEPARTMENT_HEAD, DRAFTER, OFFICER, ROW, Walk, award_csv

from econtract import (
    awards,
    deciding,
    deputies,
    drafting,
    queries,
    sending,
    template_book,
    terms,
)
from econtract.errors import DecidedBytesDiffer, KeptBytesDamaged, MandatoryItemMissing
from econtract.models import Award, Document
from econtract.states import ContractState
from records import Actor, LocalStore, calendar

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_s02_import_csv_of_20_awards_shift_jis_and_utf_8_choose_template_0_fields_retyped(
    walk: Walk, encoding: str
) -> None:
    kinds = ("工事", "物品", "製造", "業務委託")
    rows = [
        {"案件番号": f"A-{n:02}", "契約種別": kinds[n % 4], "代表者氏名": "山田 太郎",
         "件名": f"第{n}号の件", "工事場所": f"遠州市{n}番地",
         "落札者": "山田建設株式会社"}
        for n in range(20)
    ]  # fmt: skip
    with walk.deps.database.transaction() as session:
        taken = awards.take_in(
            session, award_csv(*rows, encoding=encoding), vendor_of=lambda b: f"v-{b.code}",
            actor=DRAFTER, at=walk.now,
        )  # fmt: skip
        assert len(taken.new) == 20
        for award_id in taken.new:
            award = session.get_one(Award, award_id)
            made = drafting.draft(session, award_id=award_id, city=CITY, actor=DRAFTER, at=walk.now)
            session.flush()
            assert (made.title, made.amount, made.vendor_name, made.award_date) == (
                award.title,
                award.amount,
                award.vendor_name,
                award.award_date,
            )
            assert made.template_version
            document = drafting.make_document(
                session, made.id, rules=walk.deps.rules, actor=DRAFTER, at=walk.now
            )
            # Every printed value comes from the row, the template, or the city: none is typed.
            row = ROW | next(r for r in rows if r["案件番号"] == award.case_number)
            from_row = {
                "title": row["件名"],
                "place": row["工事場所"],
                "vendor_name": row["落札者"],
                "amount": "金 22,000,000円",
                "tax": "2,000,000円",
                "tax_rate": row["消費税率"],
                "period_from": "令和8年12月1日",
                "period_to": "令和9年3月19日",
            }
            printed = document.source["values"]
            assert {name: printed[name] for name in from_row} == from_row
            chosen = template_book.find(session, made.template_kind, made.template_version)
            given = {"contract_number", "contract_date", "late_interest", "city_name"}
            typed = set(printed) - set(from_row) - given - {f.name for f in chosen.fields}
            assert typed == set()
            assert made.fields == terms.defaults(made, chosen)
            signer = document.source["parties"][0]
            cells = ("落札者", "落札者住所", "代表者役職", "代表者氏名")
            names = ("organisation", "address", "title", "person")
            assert [signer[name] for name in names] == [row[cell] for cell in cells]
    assert len(taken.new) == 20


def test_s02_missing_mandatory_clause_or_item_blocks_with_its_name(walk: Walk) -> None:
    walk.draft(契約種別="業務委託")
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session, walk.contract_id, changes={"specification": ""}, seen_revision=1,
            actor=DRAFTER, at=walk.now,
        )  # fmt: skip
    with pytest.raises(MandatoryItemMissing, match="業務の内容"):
        walk.make()


def test_s02_pdf_preview_identical_to_final_hash(walk: Walk) -> None:
    walk.to(ContractState.READY)
    shown = walk.sha256()
    walk.submit().approve()
    with walk.deps.database.reader() as session:
        contract = queries.contract(session, walk.contract_id)
        circulation = queries.circulation(session, contract)
        assert circulation is not None
        assert shown == walk.sha256() == circulation.document_sha256 == contract.current_sha256


def test_s03_table_driven_route_return_with_reason_delegate(walk: Walk) -> None:
    walk.to(ContractState.DECIDING)
    with walk.deps.database.transaction() as session:
        deciding.send_back(
            session, walk.contract_id, roles={"department"}, reason="納期を直す",
            seen_sha256=walk.sha256(), actor=DEPARTMENT_HEAD, at=walk.now,
        )  # fmt: skip
    assert walk.state() == ContractState.DRAFTING
    walk.make().submit()
    deputy = Actor("staff", "s-vice", "道路 副")
    today = calendar.jst_date(walk.now)
    with walk.deps.database.transaction() as session:
        deputies.name(
            session, role="department", department=walk.contract().department, deputy=deputy,
            valid_from=today, valid_until=today, reason="休暇", actor=DEPARTMENT_HEAD, at=walk.now,
        )  # fmt: skip
    walk.approve_step("procurement", deputy)
    with walk.deps.database.reader() as session:
        circulation = queries.circulation(session, queries.contract(session, walk.contract_id))
        assert circulation is not None
        first = queries.decisions(session, circulation.id)[0]
    assert (first.outcome, first.decided_by, first.deputy_for) == (
        "approved",
        deputy.id,
        DEPARTMENT_HEAD.name,
    )


def test_t12_a_file_swapped_after_approval_cannot_be_sent(
    walk: Walk,
) -> None:
    walk.to(ContractState.APPROVED)
    store = walk.deps.store
    assert isinstance(store, LocalStore)
    path = store._object_path(walk.sha256())
    path.chmod(0o640)
    path.write_bytes(b"%PDF-1.7 another")
    with pytest.raises((KeptBytesDamaged, DecidedBytesDiffer)):
        walk.send()


def test_t11_editing_a_draft_never_sends(walk: Walk) -> None:
    walk.draft()
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session, walk.contract_id, changes={"place": "別の場所"}, seen_revision=1,
            actor=DRAFTER, at=walk.now,
        )  # fmt: skip
    walk.run_jobs()
    contract = walk.contract()
    assert (contract.state, contract.sent_at, walk.notices.heard) == ("drafting", None, [])


def test_t13_nobody_supplies_the_pdf_that_is_signed(walk: Walk) -> None:
    """What is signed is made by the worker from the row; acts take a hash and never bytes."""
    walk.to(ContractState.APPROVED)
    with walk.deps.database.transaction() as session:
        document = session.scalars(select(Document)).one()
        document.sha256 = walk.deps.store.put(b"%PDF-1.7 mine").sha256
    with pytest.raises(DecidedBytesDiffer), walk.deps.database.transaction() as session:
        sending.send(
            session, walk.deps.store, walk.contract_id, rules=walk.deps.rules,
            notices=walk.notices, certificates=walk.certificates(), actor=OFFICER, at=walk.now,
        )  # fmt: skip
    assert walk.contract().amount == Decimal(22_000_000)
