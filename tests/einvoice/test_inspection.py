"""検収: recorded once, never against itself."""

from __future__ import annotations

from datetime import date

import pytest

from einvoice.inspection import InspectionForm
from einvoice.refusals import (
    InspectionError,
)
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
