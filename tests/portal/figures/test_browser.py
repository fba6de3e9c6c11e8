"""Chromium on the pages with charts: axe, console, nothing over the edge."""

from __future__ import annotations

import pytest

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
