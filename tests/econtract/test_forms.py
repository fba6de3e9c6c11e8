"""Every kind and form of contract from award to conclusion, and what it must add up to."""

from __future__ import annotations

import io

import pikepdf
import pytest
from walk import CITY, DRAFTER, Walk

from econtract import deciding, drafting, forms, queries, reforming, terms
from econtract.errors import CouncilVoteNeeded, DraftRefused
from econtract.making_errors import FormRefused, TermsRefused
from econtract.states import ContractState

PRICES = "品名\t規格\t単位\t予定数量\t単価\nコピー用紙\tA4\t箱\t1,000\t20,000円\n"


def edit(walk: Walk, **changes: str) -> None:
    with walk.deps.database.transaction() as session:
        drafting.edit(
            session,
            walk.contract_id,
            changes=changes,
            seen_revision=walk.contract().revision,
            actor=DRAFTER,
            at=walk.now,
        )


def write_as(walk: Walk, form: str) -> None:
    with walk.deps.database.transaction() as session:
        reforming.change_form(
            session, walk.contract_id, form=form, city=CITY, actor=DRAFTER, at=walk.now
        )


def text(walk: Walk) -> str:
    with walk.deps.database.reader() as session:
        document = queries.document(session, queries.contract(session, walk.contract_id))
        assert document is not None
        return "\n".join(p.words for p in queries.pages(session, document.id))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "form", "title"),
    [
        ("製造", "", "製造請負契約書"),
        ("業務委託", "", "業務委託契約書"),
        ("単価契約", "", "単価契約書"),
        ("賃貸借", "", "賃貸借契約書（長期継続契約）"),
        ("物品", "acceptance", "請書"),
        ("工事", "provisional_works", "工事請負仮契約書"),
    ],
)
def test_each_kind_and_form_becomes_a_document_with_its_title(
    walk: Walk, kind: str, form: str, title: str
) -> None:
    walk.draft(契約種別=kind, 着手日="2026-12-01", 完成期限="2030-11-30")
    if form:
        write_as(walk, form)
    if kind == "単価契約":
        edit(walk, unit_prices=PRICES)
    if kind == "賃貸借":
        edit(walk, monthly_amount="", months="40")
        edit(walk, monthly_amount="550,000")
    walk.make()
    assert walk.state() == ContractState.READY, walk.contract().note
    words = text(walk).replace("\n", "").replace(" ", "")
    assert title in words
    assert "印紙" not in words
    with walk.deps.database.reader() as session:
        document = queries.document(session, queries.contract(session, walk.contract_id))
        assert document is not None
        assert document.sha256 is not None
        with pikepdf.open(io.BytesIO(walk.deps.store.read(document.sha256))) as pdf:
            assert len(pdf.Root.AcroForm.Fields) == (1 if form == "acceptance" else 2)


def test_unit_prices_pasted_from_a_spreadsheet_add_up_to_the_estimated_total(walk: Walk) -> None:
    walk.draft(契約種別="単価契約")
    contract = walk.contract()
    assert contract.amount_is_estimate
    with pytest.raises(DraftRefused, match="2行目の単価"):
        edit(walk, unit_prices="用紙,A4,箱,1,1\n用紙,A3,箱,1,無料\n")
    with pytest.raises(DraftRefused, match="5個が必要"):
        edit(walk, unit_prices="用紙,A4,箱,1\n")
    edit(walk, unit_prices=PRICES.replace("20,000円", "19,999円"))
    with pytest.raises(TermsRefused, match="21,998,900円"):
        walk.make()
    edit(walk, unit_prices=PRICES)
    rows = terms.prices(walk.contract().fields["unit_prices"])
    assert [(r.name, r.quantity, r.price) for r in rows] == [("コピー用紙", 1000, 20000)]
    with walk.deps.database.transaction() as session:
        drafting.make_document(
            session, walk.contract_id, rules=walk.deps.rules, actor=DRAFTER, at=walk.now
        )


def test_a_lease_states_monthly_amount_times_months(walk: Walk) -> None:
    walk.draft(契約種別="賃貸借", 着手日="2026-12-01", 完成期限="2030-03-31")
    contract = walk.contract()
    assert (contract.fields["months"], contract.fields["monthly_amount"]) == ("40", "550000")
    edit(walk, months="39")
    with pytest.raises(TermsRefused, match="21,450,000円"):
        walk.make()
    with pytest.raises(DraftRefused, match="賃貸借の月数"):
        edit(walk, months="三十")


@pytest.mark.slow
def test_an_acceptance_is_concluded_by_the_vendors_signature_alone(walk: Walk) -> None:
    walk.draft(契約種別="物品")
    write_as(walk, "acceptance")
    assert [p.side for p in walk.parties()] == ["vendor"]
    walk.make().submit().approve().send()
    walk.consent()
    walk.press_sign()
    walk.run_jobs()
    assert walk.state() == ContractState.CONCLUDED
    assert walk.contract().concluded_at is not None


def test_a_form_that_does_not_fit_says_why(walk: Walk) -> None:
    walk.draft(契約種別="工事")
    with pytest.raises(FormRefused, match="建設業法19条"):
        write_as(walk, "acceptance")
    for form in ("amendment", "provisional_goods", "nothing"):
        with pytest.raises((FormRefused, KeyError)):
            write_as(walk, form)
    assert forms.of_award("works") == ["", "provisional_works"]
    assert forms.of_award("goods") == ["", "acceptance", "provisional_goods"]


@pytest.mark.slow
def test_an_amount_above_the_threshold_needs_the_provisional_form_and_marks_the_vote(
    walk: Walk,
) -> None:
    walk.draft(契約種別="物品", **{"落札金額（税抜）": "40,000,000"})
    walk.make()
    with pytest.raises(CouncilVoteNeeded, match="44,000,000"):
        walk.submit()
    write_as(walk, "provisional_goods")
    assert walk.state() == ContractState.DRAFTING
    walk.make()
    with walk.deps.database.transaction() as session:
        circulation = deciding.submit(
            session,
            walk.contract_id,
            rules=walk.deps.rules,
            seen_sha256=walk.sha256(),
            actor=DRAFTER,
            at=walk.now,
        )
        assert circulation.needs_vote


def test_changing_the_form_keeps_the_values_both_forms_know(walk: Walk) -> None:
    walk.draft(契約種別="物品")
    edit(walk, specification="事務机 10台")
    write_as(walk, "acceptance")
    assert walk.contract().fields["specification"] == "事務机 10台"
    write_as(walk, "")
    assert walk.contract().fields["specification"] == "事務机 10台"
    assert [p.side for p in walk.parties()] == ["vendor", "city"]
