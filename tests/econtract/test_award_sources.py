"""Awards from any system's file: columns matched once a source; from a form; from a program."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from walk import DRAFTER, HEADINGS, ROW, Walk

from econtract import award_sources, award_table, awards
from econtract.award_columns import COLUMNS
from econtract.award_headings import ColumnsUnknown
from econtract.errors import AwardRowsRefused
from econtract.models import Award

OTHER = {"案件番号": "ＮＯ．", "件名": "調達名", "契約種別": "分類", "落札者": "取引先"}
KNOWN = {
    "vendor_name": "株式会社髙﨑建設",
    "vendor_address": "静岡県遠州市東区1-1",
    "representative_title": "代表取締役",
    "representative": "髙橋 一郎",
    "email": "takahashi@example.jp",
}
REGISTERED = ("落札者", "落札者住所", "代表者役職", "代表者氏名", "メールアドレス")


def register(code: str) -> dict[str, str] | None:
    return KNOWN if code == "V0001" else None


def export(encoding: str = "cp932", without: tuple[str, ...] = (), **cells: str) -> bytes:
    headings = [h for h in HEADINGS if h not in without]
    row = ROW | cells
    lines = [
        ",".join(OTHER.get(h, h) for h in headings),
        ",".join(f'"{row[h]}"' for h in headings),
    ]
    return "\n".join(lines).encode(encoding)


def take_in(walk: Walk, data: bytes, **more: object) -> awards.TakenIn:
    with walk.deps.database.transaction() as session:
        return awards.take_in(
            session, data, vendor_of=lambda b: f"vendor-{b.code}", actor=DRAFTER, at=walk.now,
            **({"source": "会計システム"} | more),
        )  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-8"])
def test_unknown_headings_are_matched_once_and_read_by_themselves_the_next_time(
    walk: Walk, encoding: str
) -> None:
    with pytest.raises(ColumnsUnknown) as asked:
        take_in(walk, export(encoding))
    assert set(asked.value.missing) == {"案件番号", "案件名", "契約種別", "落札者"}
    assert asked.value.headings[:3] == ("ＮＯ．", "調達名", "分類")
    with walk.deps.database.transaction() as session:
        award_sources.save(
            session,
            "会計システム",
            chosen={
                "NO.": "case_number", "調達名": "title", "分類": "kind", "取引先": "vendor_name",
                "担当課": "nothing", "落札日": "title",
            },
            actor=DRAFTER,
            at=walk.now,
        )  # fmt: skip
    assert len(take_in(walk, export(encoding)).new) == 1
    second = take_in(walk, export(encoding, 案件番号="2026-工-0102"))
    assert len(second.new) == 1
    with pytest.raises(ColumnsUnknown):
        take_in(walk, export(encoding), source="ほかのシステム")


def test_what_the_register_knows_of_a_vendor_is_not_typed_again(walk: Walk) -> None:
    rows = award_table.read(award_table_bytes(without=REGISTERED), register=register).rows
    assert [(r.vendor_name, r.email) for r in rows] == [
        ("株式会社髙﨑建設", "takahashi@example.jp")
    ]
    table = award_table.read(
        award_table_bytes(without=REGISTERED, 業者番号="V9999"), register=register
    )
    assert {p.name for p in table.problems} == {
        "vendor_name", "vendor_address", "representative_title", "representative", "email",
    }  # fmt: skip


def award_table_bytes(without: tuple[str, ...] = (), **cells: str) -> bytes:
    headings = [h for h in HEADINGS if h not in without]
    row = ROW | cells
    text = ",".join(headings) + "\n" + ",".join(f'"{row[h]}"' for h in headings)
    return text.encode()


def form(**changes: str) -> dict[str, str]:
    by_heading = {h: c.name for c in COLUMNS for h in c.headings}
    return {by_heading[h]: v for h, v in ROW.items()} | changes


def enter(walk: Walk, *rows: dict[str, str]) -> awards.TakenIn:
    with walk.deps.database.transaction() as session:
        return awards.enter(
            session, rows, vendor_of=lambda b: f"vendor-{b.code}", actor=DRAFTER, at=walk.now,
            source="form", register=register,
        )  # fmt: skip


def test_an_award_typed_into_the_form_twice_is_one_award(walk: Walk) -> None:
    typed = form(vendor_name="", vendor_address="", representative="", email="")
    first = enter(walk, typed)
    again = enter(walk, typed)
    assert (len(first.new), len(again.new), again.known) == (1, 0, first.new)
    with walk.deps.database.reader() as session:
        award = session.scalars(select(Award)).one()
        assert (award.source, award.vendor_name, int(award.amount)) == (
            "form",
            "株式会社髙﨑建設",
            22_000_000,
        )


def test_errors_of_a_form_or_a_program_name_the_field_and_the_remedy(walk: Walk) -> None:
    with pytest.raises(AwardRowsRefused) as refused:
        enter(walk, form(), form(case_number="x", award_date="きのう", net="", amount=""))
    [problem] = [p for p in refused.value.problems if p.name == "award_date"]
    assert (problem.line, problem.column) == (2, "落札決定日")
    assert problem.remedy_ja
    with walk.deps.database.reader() as session:
        assert not session.scalars(select(Award)).all()
    with pytest.raises(award_table.AwardFileUnreadable):
        enter(walk)
