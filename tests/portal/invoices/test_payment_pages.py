"""More approved invoices than a page shows: the figures are those of all, and all can leave."""

from __future__ import annotations

import re

from sqlalchemy import text

from einvoice.models import ReceivedInvoice
from portal.invoices import payment_pages

CLONE = text(
    """
    INSERT INTO received_invoices
    SELECT (jsonb_populate_record(r, jsonb_build_object(
        'id', gen_random_uuid()::text, 'serial', r.serial + n, 'number_key', 'N' || n,
        'original_sha256', md5(n::text) || md5(n::text), 'message_id', NULL,
        'hold_reason', CASE WHEN n = 1 THEN '確認中' END,
        'due_on', CASE WHEN n <= :later THEN '2026-12-25' ELSE '2026-12-24' END
    ))).*
    FROM received_invoices r, generate_series(1, :count) n WHERE r.id = :id
    """
)


def many_approved(city, count: int, *, later: int) -> None:
    """One real approved invoice and `count` more like it; the first of them is on hold."""
    found = city.approved()
    with city.service.database.transaction() as session:
        session.execute(CLONE, {"id": found["id"], "count": count, "later": later})
        row = session.get(ReceivedInvoice, found["id"])
        assert row is not None
        row.due_on = None


def numbers(page: str) -> list[str]:
    return re.findall(r'name="invoices" value="([^"]+)"', page)


def test_the_figures_are_of_all_that_waits_and_one_press_hands_over_the_whole_day(city) -> None:
    many_approved(city, 206, later=3)  # one without a due date, 203 of one day, 3 of the next
    clerk = city.browser("kaikei")
    first = clerk.get("/payments").text
    assert "引き渡しを待つ請求書（207件　45,540,000円）" in first
    assert len(numbers(first)) == payment_pages.PAGE == 200
    assert "ほかのページも合わせて" in first
    following = re.search(r'href="(/payments\?after=[^"]+)">次へ', first).group(1)
    second = clerk.get(following).text
    assert len(numbers(second)) == 7
    assert not set(numbers(first)) & set(numbers(second))
    assert "（207件　45,540,000円）" in second
    assert 'rel="next"' not in second

    day = re.search(r'name="planned_on" value="([^"]+)"', first).group(1)
    count = int(re.search(r"のすべて（([0-9]+)件）", first).group(1))
    fields = {
        "pay_on": day, "planned_on": day, "scope": "day", "invoices": numbers(first)[:1],
        "accept_repeated": "同じ月の別の納品",
    }  # fmt: skip
    answer = clerk.submit("/payments", fields)
    assert answer.status_code == 303, answer.text
    batch = clerk.get(answer.headers["location"]).text
    assert f"<span>{count}件</span>" in batch
    assert batch.count("のすべて") == 0
    pages = [clerk.get(f"{answer.headers['location']}?page={n}").text for n in (1, 2)]
    shown = [set(re.findall(r'href="/invoices/(26-\d+)"', page)) for page in pages]
    assert (len(shown[0]), len(shown[1])) == (200, count - 200)
    assert not shown[0] & shown[1]
    assert f"引き渡しを待つ請求書（{207 - count}件" in clerk.get("/payments").text
    # pressed again: nothing leaves twice
    again = clerk.submit("/payments", fields)
    assert again.status_code == 400


def test_all_hand_overs_can_be_reached(city, monkeypatch) -> None:
    monkeypatch.setattr(payment_pages, "BATCHES", 2)
    many_approved(city, 5, later=0)
    clerk = city.browser("kaikei")
    api = city.api("kaikei")
    for receipt in re.findall(r'href="/invoices/(26-\d+)"', clerk.get("/payments").text)[2:5]:
        body = {
            "invoices": [receipt], "pay_on": "2026-12-10", "accept_repeated": "別の納品"
        }  # fmt: skip
        made = api.post("/api/v1/handovers", json=body)
        assert made.status_code == 201, made.text
    newest = clerk.get("/payments").text
    assert re.findall(r'href="/payments/(H-\d+)"', newest) == ["H-000003", "H-000002"]
    older = re.search(r'href="(/payments\?older=\d+)#batches"', newest).group(1)
    page = clerk.get(older).text
    assert re.findall(r'href="/payments/(H-\d+)"', page) == ["H-000001"]
    first = api.get("/api/v1/handovers?limit=2").json()
    rest = api.get(f"/api/v1/handovers?before={first['next']}").json()
    assert [len(found["handovers"]) for found in (first, rest)] == [2, 1]
    assert rest["next"] is None
