"""Unit prices and monthly amounts of real contracts: from the contract or entered, to the match."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from econtract import queries as contracts
from econtract.models import Contract
from einvoice.invoice_terms import LineTerms, TaxCode
from portal.invoices.form import net_of

from .conftest import HAGOROMO, NUMBER

PAGE = f"/prices?contract={NUMBER}"
APRIL = {"kind": "unit_price", "valid_from": "2026-10-01", "source": "契約書の単価表"}


def change(city, **values) -> None:
    with city.service.database.transaction() as session:
        row = contracts.by_number(session, NUMBER)
        assert isinstance(row, Contract)
        for name, value in values.items():
            setattr(row, name, value)


def inspect(city, start: str, end: str, **quantities: str) -> None:
    clerk = city.browser("kanzai")
    fields = {
        "contract": NUMBER, "passed": "true", "notified_on": "2026-11-20",
        "inspected_on": "2026-11-24", "period_start": start, "period_end": end,
        "line": list(quantities), "quantity": list(quantities.values()),
    }  # fmt: skip
    fields["line"] = [name.removeprefix("n") for name in quantities]
    answer = clerk.submit("/inspections", fields)
    assert answer.status_code == 303, answer.text


def findings(city, found) -> dict[str, str]:
    shown = city.api("kanzai").get(f"/api/v1/invoices/{found['id']}").json()
    return {f["id"]: f["message"]["ja"] for f in shown["findings"]}


def milk(city, number: str, price: str, quantity: int, *, end: date) -> dict:
    line = LineTerms(
        name="牛乳 200ml", price=Decimal(price), quantity=Decimal(quantity), tax=TaxCode.REDUCED
    )
    data = city.invoice(number=number, lines=(line,), start=end.replace(day=1), end=end)
    return city.upload(data=data)


def test_the_price_table_of_a_concluded_contract_is_what_its_invoices_are_measured_by(city) -> None:
    table = "牛乳\t200ml\t本\t3000\t52.37"
    change(
        city, kind="unit_price", fields={"unit_prices": table}, amount_is_estimate=True, tax_rate=8
    )
    assert "52.37" in city.browser("kanzai").get(PAGE).text
    inspect(city, "2026-10-01", "2026-10-31", n1="1,000")
    # the vendor's form opens with what was accepted, at the contract's price
    vendor = city.vendor_browser(HAGOROMO)
    draft = vendor.submit("/vendor/drafts", {"contract": NUMBER}).headers["location"]
    form = vendor.get(draft).text
    for value in ("牛乳 200ml", "1000", "52.37", "2026-10-01", "2026-10-31"):
        assert f'value="{value}"' in form
    dear = findings(city, milk(city, "M-1", "52.40", 1000, end=date(2026, 10, 31)))
    assert "52.37" in dear["CON-006"]
    many = findings(city, milk(city, "M-2", "52.37", 1001, end=date(2026, 10, 31)))
    assert "INS-002" in many
    right = findings(city, milk(city, "M-3", "52.37", 1000, end=date(2026, 10, 31)))
    assert not {"CON-006", "CON-007", "INS-002", "AMT-005"} & set(right)


def test_an_entered_price_holds_from_its_day_on(city) -> None:
    clerk = city.browser("kanzai")
    wrong = clerk.submit("/prices", {**APRIL, "contract": NUMBER, "table": "牛乳 200ml,本,0,x"})
    assert wrong.status_code == 400
    assert "1行目" in wrong.text
    assert "牛乳 200ml,本,0,x" in wrong.text  # nothing typed is lost
    first = {**APRIL, "contract": NUMBER, "is_planned": "true"}
    files = {"file": ("t.csv", "牛乳 200ml,本,3000,52.37,8\r\n".encode("cp932"), "text/csv")}
    assert clerk.submit("/prices", first, files=files).status_code == 303
    later = {**first, "valid_from": "2026-11-01", "source": "変更契約書（第1回）"}
    table = "牛乳 200ml\t本\t3000\t54\t8"
    assert clerk.submit("/prices", {**later, "table": table}).status_code == 303
    assert "変更契約書（第1回）" in clerk.get(PAGE).text
    inspect(city, "2026-10-01", "2026-10-31", n1="1000")
    inspect(city, "2026-11-01", "2026-11-30", n1="1000")
    old = milk(city, "M-10", "52.37", 1000, end=date(2026, 10, 31))
    new = milk(city, "M-11", "54", 1000, end=date(2026, 11, 30))
    late = milk(city, "M-12", "52.37", 1000, end=date(2026, 11, 30))
    assert "CON-006" not in findings(city, old)
    assert "CON-006" not in findings(city, new)
    assert "CON-006" in findings(city, late)


def test_a_lease_is_claimed_by_month(city) -> None:
    change(city, kind="lease", fields={"monthly_amount": "110000", "months": "2"})
    inspect(city, "2026-10-01", "2026-10-31")
    vendor = city.vendor_browser(HAGOROMO)
    draft = vendor.submit("/vendor/drafts", {"contract": NUMBER}).headers["location"]
    assert 'value="100000"' in vendor.get(draft).text
    october = {"start": date(2026, 10, 1), "end": date(2026, 10, 31)}
    found = city.upload(data=city.invoice(number="L-1", net=100_000, **october))
    assert not {"AMT-005", "AMT-006", "CON-004"} & set(findings(city, found))
    again = city.upload(data=city.invoice(number="L-2", net=100_000, **october))
    assert {"DUP-007", "INS-004"} & set(findings(city, again))


def test_prices_are_the_sections_own(city) -> None:
    other = city.browser("doro")
    assert other.get(PAGE).status_code == 403
    fields = {**APRIL, "contract": NUMBER, "table": "a,b,,1"}
    assert other.submit("/prices", fields).status_code == 403
    assert city.browser("kanzai").get("/prices?contract=none").status_code == 404


def test_the_net_of_a_monthly_amount_comes_back_with_its_tax() -> None:
    from einvoice.contract_terms import Rounding

    for gross in (110_000, 583_000, 99_999, 1):
        net = net_of(Decimal(gross), Decimal(10), Rounding.FLOOR)
        assert gross - 1 <= net + net * 10 // 100 <= gross


def test_a_tolerance_is_set_for_each_kind_of_contract_and_is_zero_by_default() -> None:
    from einvoice.contract_terms import ContractKind
    from portal.invoices.parts import policy_of
    from portal.settings import Settings

    assert set(policy_of(Settings()).tolerance.values()) == {0}
    policy = policy_of(Settings(matching={"tolerance_unit_price": 2, "separate_inspector": True}))
    assert policy.tolerance[ContractKind.UNIT_PRICE] == 2
    assert policy.tolerance[ContractKind.LUMP] == 0
    assert policy.separate_inspector


def test_a_kind_of_contract_asks_for_its_documents() -> None:
    from pydantic import ValidationError

    from portal.invoices.parts import policy_of
    from portal.settings import Settings

    asked = {"required_documents": "works:工事完成届,works:写真,services:実績報告"}
    policy = policy_of(Settings(matching=asked))
    assert policy.required_documents == {
        "works": ("工事完成届", "写真"), "services": ("実績報告",)
    }  # fmt: skip
    for wrong in ("工事完成届", "bridge:届", "works:"):
        with pytest.raises(ValidationError):
            Settings(matching={"required_documents": wrong})
