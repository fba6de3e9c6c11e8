"""A paper or PDF invoice as data: what is typed from the sheet becomes the same XML as any other.

The sheet stays the original; the data is marked as typed (非構造データ) and somebody of 担当課
confirms it against the sheet (DOC-006). The amount with tax is typed too, and must be what the
bases give in one of the three roundings: a slip of the fingers is found here, not at payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from einvoice.compose import compose
from einvoice.contract_terms import ContractTerms, Rounding
from einvoice.errors import CompositionError
from einvoice.recalling import KEY_FIELDS
from einvoice.receiving import Sheet
from einvoice.writing import write
from portal.accounts.models import Vendor
from portal.invoices import form as forms
from portal.invoices.form import FieldError
from portal.settings import CitySettings

FIELDS = ("number", "issue_date", "start", "end", "base_10", "base_8", "base_0", "payable")
_RATES = (("base_10", "10", ""), ("base_8", "8", "（軽減税率）"), ("base_0", "0", "（対象外）"))


def sheet_of(
    typed: Mapping[str, str],
    *,
    marked: bool,
    typed_by: str,
    contract: ContractTerms,
    vendor: Vendor,
    city: CitySettings,
) -> tuple[Sheet | None, str, list[FieldError]]:
    """The sheet's data and its invoice number, or what must be mended first."""
    lines = [
        {
            "name": f"{contract.title}{suffix}",
            "quantity": "1",
            "unit": "式",
            "price": typed[field],
            "rate": rate,
        }
        for field, rate, suffix in _RATES
        if typed[field].strip()
    ]
    form: dict[str, Any] = {
        **{name: typed[name].strip() for name in ("number", "issue_date", "start", "end")},
        "end": typed["end"].strip() or typed["start"].strip(),
        "note": "",
        "prepaid": "",
        "lines": lines,
    }
    terms, wrong = forms.terms_of(form, contract, vendor, city)
    payable = forms.read_number(typed["payable"], "payable", "請求額（税込）", wrong)
    filled = [field for field, _, _ in _RATES if typed[field].strip()] or ["base_10"]
    places = {f"price-{place}": field for place, field in enumerate(filled, start=1)}
    places["name-1"] = filled[0]
    wrong = [replace(error, field=places.get(error.field, error.field)) for error in wrong]
    if terms is None or payable is None or wrong:
        return None, form["number"], wrong
    found: list[Decimal] = []
    for rounding in Rounding:
        try:
            invoice = compose(replace(terms, tax_rounding=rounding))
        except CompositionError as error:
            said = f"{error.message_ja}{error.remedy_ja}"
            return None, form["number"], [FieldError("number", said)]
        if invoice.totals.payable == payable:
            sheet = Sheet(
                data=write(invoice),
                confidence=dict.fromkeys(KEY_FIELDS, "0"),
                shows_reduced_mark=marked or not typed["base_8"].strip(),
                typed_by=typed_by,
            )
            return sheet, form["number"], []
        found.append(invoice.totals.payable or Decimal(0))
    shown = "〜".join(f"{amount:,.0f}円" for amount in sorted({min(found), max(found)}))
    words = f"税抜額から計算した額（{shown}）と合いません。原本をもう一度確かめてください。"
    return None, form["number"], [FieldError("payable", words)]
