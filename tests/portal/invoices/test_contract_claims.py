"""The contract's page shows what was claimed and paid on it, and the whole way to payment."""

from __future__ import annotations

import re

from econtract import queries
from econtract.states import ContractState
from portal.contracts.letters import Letters

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


def test_a_claim_that_waited_for_an_amendment_is_matched_anew_when_it_is_concluded(city) -> None:
    clerk, life = city.api("chotatsu"), "/api/v1/contracts/{}/amendments"
    with city.service.database.reader() as session:
        parent = queries.by_number(session, NUMBER)
        assert parent is not None
    body = {"amount_change": 11_000, "reason": "数量の増"}
    made = clerk.post(life.format(parent.id), json=body)
    assert made.status_code == 201, made.text
    city.inspected()
    found = city.upload()

    def findings() -> set[str]:
        shown = city.api("kanzai").get(f"/api/v1/invoices/{found['id']}").json()
        return {each["id"] for each in shown["findings"]}

    assert "CON-005" in findings()
    with city.service.database.transaction() as session:
        child = queries.locked(session, made.json()["contract"]["id"])
        child.move(ContractState.CONCLUDED, city.now)
        child.concluded_at = city.now
        for _ in range(2):  # told twice, matched once
            Letters(city.service.settings).concluded(session, child, city.now)
    city.run_jobs()
    assert "CON-005" not in findings()
