"""Versions of layouts: kept, approved by another person, one in use."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from einvoice.exporting import keeping
from einvoice.exporting.errors import JournalError, LayoutError, LayoutStateError
from einvoice.exporting.order_layout import CANONICAL
from einvoice.models import ExportLayout
from records import audit
from tests.einvoice.desk import ACCOUNTANT, TREASURER, Desk

LAYOUT = CANONICAL.to_json()
BOOK = {"package": "yayoi", "expense": {"": "修繕費"}}


def propose(
    desk: Desk, definition=LAYOUT, *, kind=keeping.ORDERS, name="財務会計", actor=ACCOUNTANT
):
    with desk.database.transaction() as session:
        row = keeping.propose(
            session, kind=kind, name=name, definition=definition, note="", actor=actor, at=desk.at
        )
        return row.id, row.version


def approve(desk: Desk, layout_id: str, actor=TREASURER):
    with desk.database.transaction() as session:
        return keeping.approve(session, layout_id=layout_id, actor=actor, at=desk.at).state


def other(encoding: str = "cp932"):
    return {**LAYOUT, "encoding": encoding}


def test_two_people_stand_behind_a_layout(desk: Desk) -> None:
    layout_id, version = propose(desk)
    assert version == 1
    with pytest.raises(LayoutStateError, match="自分で承認"):
        approve(desk, layout_id, ACCOUNTANT)
    with desk.database.transaction() as session:
        assert keeping.in_use(session, keeping.ORDERS, "財務会計") is None
    assert approve(desk, layout_id) == "in_use"
    assert approve(desk, layout_id) == "in_use", "twice is once"
    with desk.database.transaction() as session:
        acts = [entry.action for entry in audit.history(session, f"layout:{layout_id}")]
    assert acts == ["layout.proposed", "layout.approved"]


def test_a_new_version_takes_the_place_of_the_old_one_only_when_approved(desk: Desk) -> None:
    first, _ = propose(desk)
    approve(desk, first)
    second, version = propose(desk, other())
    assert version == 2
    with desk.database.transaction() as session:
        assert keeping.in_use(session, keeping.ORDERS, "財務会計").id == first
    approve(desk, second)
    with desk.database.transaction() as session:
        assert [row.state for row in keeping.versions(session, keeping.ORDERS)] == [
            "in_use",
            "former",
        ]
    with pytest.raises(LayoutStateError, match="前の版"):
        approve(desk, first)


def test_an_older_proposal_does_not_replace_a_newer_version(desk: Desk) -> None:
    first, _ = propose(desk)
    second, _ = propose(desk, other())
    approve(desk, second)
    with pytest.raises(LayoutStateError, match="新しい版"):
        approve(desk, first)


def test_saving_the_same_twice_is_one_version(desk: Desk) -> None:
    assert propose(desk) == propose(desk)


def test_the_database_itself_lets_one_version_be_in_use(desk: Desk) -> None:
    first, _ = propose(desk)
    second, _ = propose(desk, other())
    approve(desk, second)
    with pytest.raises(IntegrityError), desk.database.transaction() as session:
        session.get_one(ExportLayout, first).state = "in_use"


def test_what_contradicts_itself_is_not_saved(desk: Desk) -> None:
    with pytest.raises(LayoutError):
        propose(desk, {"records": []})
    with pytest.raises(LayoutStateError, match="名前"):
        propose(desk, name="  ")
    for wrong in (
        {},
        {"package": "excel", "expense": {"": "a"}},
        {"package": "yayoi", "expense": {}},
    ):
        with pytest.raises(JournalError):
            propose(desk, wrong, kind=keeping.JOURNALS, name="51")


def test_a_book_of_journals_is_kept_with_its_names(desk: Desk) -> None:
    layout_id, _ = propose(desk, {**BOOK, "bank": "現金預金"}, kind=keeping.JOURNALS, name="51")
    approve(desk, layout_id)
    with desk.database.transaction() as session:
        [row] = keeping.used(session, keeping.JOURNALS)
        book = keeping.book_of(row.definition)
    assert (book.accounts.bank, book.accounts.payable) == ("現金預金", "未払金")


def test_an_unknown_layout_is_said(desk: Desk) -> None:
    with pytest.raises(LayoutStateError, match="ありません"):
        approve(desk, "none")
