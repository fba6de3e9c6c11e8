"""検収: recorded once, never against itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from einvoice.inspection import AcceptedItem, InspectionForm
from einvoice.refusals import (
    InspectionError,
)
from records import new_id
from tests.einvoice.desk import (
    Desk,
    ids,
)


def test_the_same_inspection_recorded_twice_is_one(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    assert desk.inspect_goods() == desk.inspect_goods() == "K8-00456"
    form = InspectionForm(
        passed=True,
        notified_on=date(2026, 10, 20),
        inspected_on=date(2026, 10, 26),
        number="K8-00456",
    )
    with pytest.raises(InspectionError, match="別の検収"):
        desk.inspect("2026K-B-00123", form)


def test_one_form_pressed_twice_records_one_inspection(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    form = InspectionForm(passed=True, press=new_id(), **DAY)
    first = desk.inspect("2026K-B-00123", form)
    assert desk.inspect("2026K-B-00123", form) == first
    assert desk.inspect("2026K-B-00123", replace(form, press=new_id())) != first
    with pytest.raises(InspectionError, match="別の検収"):
        desk.inspect("2026K-B-00123", replace(form, inspected_on=date(2026, 10, 27)))


@pytest.mark.parametrize("quantity", ["NaN", "sNaN", "Infinity", "1E+14"])
def test_a_quantity_that_is_none_is_refused(desk: Desk, quantity: str) -> None:
    desk.on(date(2026, 10, 27))
    item = AcceptedItem(contract_line="1", quantity=Decimal(quantity))
    form = InspectionForm(
        passed=True, items=(item,), period=(date(2026, 10, 1), date(2026, 10, 31)), **DAY
    )
    with pytest.raises(InspectionError, match="大きすぎ"):
        desk.inspect("2026K-T-00045", form)


DAY = {"notified_on": date(2026, 10, 21), "inspected_on": date(2026, 10, 26)}


@pytest.mark.parametrize(
    ("contract", "form", "words"),
    [
        ("2026K-B-00123", InspectionForm(passed=False, **DAY), "理由"),
        (
            "2026K-B-00123",
            InspectionForm(
                passed=True, notified_on=date(2026, 10, 26), inspected_on=date(2026, 10, 21)
            ),
            "より前",
        ),
        (
            "2026K-B-00123",
            InspectionForm(
                passed=True, notified_on=date(2026, 10, 26), inspected_on=date(2026, 10, 28)
            ),
            "未来",
        ),
        ("2026K-T-00045", InspectionForm(passed=True, **DAY), "品目ごと"),
        ("2025K-I-00012", InspectionForm(passed=True, **DAY), "対象期間"),
    ],
)
def test_an_inspection_that_contradicts_itself_is_refused(
    desk: Desk, contract: str, form: InspectionForm, words: str
) -> None:
    desk.on(date(2026, 10, 27))
    with pytest.raises(InspectionError, match=words):
        desk.inspect(contract, form)


def test_inspections_get_numbers_of_their_own(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    form = InspectionForm(passed=False, note="傷あり", **DAY)
    assert desk.inspect("2026K-B-00123", form).startswith("K8-")
    found = desk.goods()
    assert "INS-003" in ids(desk, found)
