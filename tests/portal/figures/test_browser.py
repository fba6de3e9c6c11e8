"""Chromium on the pages with charts: axe, console, nothing over the edge."""

from __future__ import annotations

import pytest

from tests.portal.figures.test_statement_pages import paid
from tests.portal.invoices.conftest import HAGOROMO

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_simulation(city, visitor, prepare) -> None:
    page = visitor.page
    visitor.staff("kaikei").go("/simulation").look("40-simulation-form")
    page.fill("input[name=invoices]", "1000")
    page.get_by_role("button", name="試算する").click()
    page.wait_for_url("**/simulation/P-*")
    visitor.look("41-simulation-waiting")
    prepare()
    page.goto(page.url)
    page.locator(".plot summary").first.click()
    visitor.look("42-simulation-answer")


def test_the_figures(city, visitor) -> None:
    visitor.staff("kaikei").go("/figures").look("43-figures-empty")
    found = city.approved()
    answer = city.api("kaikei").post(
        "/api/v1/handovers", json={"invoices": [found["id"]], "pay_on": "2026-12-10"}
    )
    assert answer.status_code == 201, answer.text
    city.upload(data=city.invoice("H-2", net=999_999))
    visitor.go("/figures").look("44-figures")


def test_the_mapping_editor(city, visitor) -> None:
    page = visitor.page
    found = city.approved()
    city.api("kaikei").post(
        "/api/v1/handovers", json={"invoices": [found["id"]], "pay_on": "2026-12-10"}
    )
    visitor.staff("kaikei").go("/layouts").look("45-layouts-empty")
    visitor.go("/layouts/orders/edit").look("46-layout-edit")
    page.fill("#field-name", "財務会計")
    page.get_by_role("button", name="実際の行で試す").click()
    visitor.look("47-layout-preview")
    page.get_by_role("button", name="新しい版として保存").click()
    page.wait_for_url("**/layouts")
    visitor.go("/layouts/journals/edit").look("48-journals-edit")
    page.fill("#field-name", "01")
    page.fill("#field-expense", "=修繕費")
    page.get_by_role("button", name="新しい版として保存").click()
    page.wait_for_url("**/layouts")
    visitor.staff("suito").go("/layouts").look("49-layouts-proposed")
    for _ in range(2):
        page.get_by_role("button", name="承認する").first.click()
        page.wait_for_url("**/layouts")
    visitor.go("/payments/H-000001").look("50-batch-exports")


def test_the_statement_of_payments(city, visitor) -> None:
    visitor.vendor(city, HAGOROMO).go("/vendor/statement").look("51-statement-empty")
    paid(city)
    visitor.go("/vendor/statement").look("52-statement")
    visitor.page.get_by_role("button", name="支払明細書（PDF）を作る").click()
    visitor.page.wait_for_url("**/vendor/statement/P-*")
    visitor.look("53-statement-waiting")
