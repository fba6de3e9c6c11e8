"""The contract's page shows what was claimed and paid on it, and the whole way to payment."""

from __future__ import annotations

import re

from econtract import queries

from .conftest import HAGOROMO, NUMBER


def page_of(city, browser) -> str:
    with city.service.database.reader() as session:
        contract = queries.by_number(session, NUMBER)
        assert contract
        contract_id = contract.id
    side = "" if browser.staff else "/vendor"
    return browser.get(f"{side}/contracts/{contract_id}").text


def test_auditor_and_vendor_see_invoice_state_and_what_is_left(city) -> None:
    auditor, vendor = city.browser("kansa"), city.vendor_browser(HAGOROMO)
    auditor.staff, vendor.staff = True, False
    assert "まだ届いていません" in page_of(city, auditor)
    found = city.approved()
    text = page_of(city, auditor)
    assert f'href="/invoices/{found["id"]}"' in text
    assert "残り 0円" in text
    assert "220,000円" in text
    # one trail: the invoice's steps stand between the contract's own
    words = re.findall(r"<strong>(請求書 H-2026-11：[^<]+)</strong>", text)
    assert [w.partition("：")[2] for w in words[:2]] == [
        "受け付けました",
        "自動で確認・照合しました",
    ]
    assert words[-1].endswith("承認しました")
    text = page_of(city, vendor)
    assert f'href="/vendor/invoices/{found["id"]}"' in text
    assert "請求書 H-2026-11：" not in text  # the city's inner steps are not the vendor's
    assert "道路" not in text
