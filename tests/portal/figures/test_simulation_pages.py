"""Ordering a simulation in the browser and by API: once, with progress, and readable by staff."""

from __future__ import annotations

import io
import json

import pikepdf
import pytest

from portal.prepared import ordering
from portal.prepared.models import PreparedWork
from records import audit
from tests.portal.invoices.conftest import HAGOROMO

FORM = {"invoices": "1,000", "contracts": "400", "drafters": "0.5", "reviewers": "0.5"}


def start(city, key="k-1", **more):
    browser = city.browser("kaikei")
    answer = browser.submit("/simulation", {**FORM, "request_key": key, **more})
    return browser, answer


def test_a_simulation_is_ordered_prepared_and_read(city, prepare):
    browser, answer = start(city)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    waiting = browser.get(path)
    assert "計算しています" in waiting.text
    assert browser.get(f"{path}/progress").json()["done"] is False
    assert prepare() == 1
    assert browser.get(f"{path}/progress").json()["done"] is True
    page = browser.get(path).text
    assert "市：費用の削減" in page
    assert page.count("<svg") > 5
    table = browser.get(f"{path}/files/simulation.csv")
    assert table.content.decode("utf-8-sig").startswith("場面,指標")
    pdf = browser.get(f"{path}/files/simulation.pdf")
    with pikepdf.open(io.BytesIO(pdf.content)) as opened:
        data = json.loads(opened.attachments["simulation.json"].get_file().read_bytes())
    assert data["plan"]["invoices"] == 1_000
    assert browser.get(f"{path}/files/other.pdf").status_code == 404


def test_pressing_twice_orders_once_and_the_job_run_twice_prepares_once(city, prepare):
    _, first = start(city)
    _, second = start(city)
    assert first.headers["location"] == second.headers["location"]
    assert prepare() == 1
    with city.service.database.transaction() as session:
        [row] = session.query(PreparedWork).all()
        files, done = row.files, row.done_at
        work_id = row.id
    ordering.prepare(city.service, {}, work_id=work_id)
    with city.service.database.transaction() as session:
        row = session.get(PreparedWork, work_id)
        assert (row.files, row.done_at) == (files, done)
        acts = [entry.action for entry in audit.history(session, f"prepared:{work_id}")]
    assert acts == ["prepared.ordered", "prepared.done"]


@pytest.mark.parametrize("value", ["0", "ｶ", "1e400", "3.5", "nan"])
def test_a_figure_that_cannot_be_is_said_at_its_field(city, value):
    _, answer = start(city, contracts=value if value != "0" else "-1")
    assert answer.status_code == 400
    assert "年間の契約" in answer.text
    assert 'value="1,000"' in answer.text, "what was typed is kept"


def test_a_ledger_that_cannot_be_read_is_said_at_once(city):
    browser = city.browser("kaikei")
    answer = browser.submit(
        "/simulation",
        {**FORM, "request_key": "k"},
        files={"ledger": ("台帳.csv", "日付,種類\n".encode(), "text/csv")},
    )
    assert answer.status_code == 400
    assert "見出し" in answer.text


def test_a_ledger_goes_into_the_answer(city, prepare):
    browser = city.browser("kaikei")
    ledger = "日付,種類,金額\n2026-04-01,工事,3000000\n".encode("cp932")
    answer = browser.submit(
        "/simulation",
        {**FORM, "request_key": "k"},
        files={"ledger": ("台帳.csv", ledger, "text/csv")},
    )
    prepare()
    assert "台帳" in browser.get(answer.headers["location"]).text


def test_programs_order_and_read_simulations(city, prepare):
    api = city.api("kaikei")
    body = {"plan": {"invoices": 500, "sample": 200, "replications": 3}, "key": "once"}
    first = api.post("/api/v1/simulations", json=body)
    assert first.status_code == 202, first.text
    assert api.post("/api/v1/simulations", json=body).json()["id"] == first.json()["id"]
    prepare()
    found = api.get(f"/api/v1/simulations/{first.json()['number']}").json()
    assert found["state"] == "done"
    assert found["result"]["before"]["minutes"]["p50"] > 0
    refused = api.post("/api/v1/simulations", json={"plan": {"lnvoices": 5}})
    assert refused.status_code == 400


def test_vendors_see_no_simulation_and_auditors_run_none(city):
    assert city.vendor_browser(HAGOROMO).get("/simulation").status_code == 403
    auditor = city.browser("kansa")
    assert auditor.get("/simulation").status_code == 200
    assert auditor.submit("/simulation", FORM).status_code == 403


def test_work_that_is_given_up_says_so_on_its_page(city):
    browser, answer = start(city)
    with city.service.database.transaction() as session:
        work_id = session.query(PreparedWork).one().id
    ordering.fail(city.service, work_id)
    assert "作成できませんでした" in browser.get(answer.headers["location"]).text
