"""Health for people and machines, on a real database and store."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from portal import health
from portal.health import examine
from portal.keys import Keys
from portal.settings import Settings


def at_head(monkeypatch, here="1", head="1"):
    from portal import migrations

    monkeypatch.setattr(migrations, "current", lambda database: here)
    monkeypatch.setattr(migrations, "head", lambda: head)


def beat(door, seconds_ago=0):
    with door.database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (CAST(:now AS timestamptz) - make_interval(secs => :ago))"
            ),
            {"now": door.clock.now(), "ago": seconds_ago},
        )


def wells(door):
    return {part.name: part.well for part in examine(door)}


def test_all_well(browser, door, monkeypatch):
    at_head(monkeypatch)
    beat(door)
    assert set(wells(door).values()) == {True}
    assert browser.get("/readyz").json()["status"] == "ok"
    page = browser.get("/health")
    assert page.status_code == 200
    assert "すべて正常に動いています" in page.text
    assert "PostgreSQL 1" in page.text


def test_without_a_worker_pages_work_and_the_page_says_what_waits(browser, door, monkeypatch):
    at_head(monkeypatch)
    beat(door, seconds_ago=600)
    assert wells(door)["worker"] is False
    assert browser.get("/readyz").status_code == 200
    assert "裏の仕事" in browser.get("/health").text


def test_an_old_schema_is_not_ready_and_names_the_command(browser, door, monkeypatch):
    at_head(monkeypatch, here="1", head="2")
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["migrations"] == "unavailable"
    assert "warifu database migrate" in browser.get("/health").text


def test_a_store_that_cannot_be_written_is_not_ready(browser, door, monkeypatch):
    at_head(monkeypatch)

    def full(data, *, name=None):
        raise OSError("no space left on device /var/secret/place")

    monkeypatch.setattr(door.store, "put", full)
    page = browser.get("/health")
    assert page.status_code == 503
    assert "/var/secret/place" not in page.text


def test_a_certificate_that_ends_soon_is_said_sixty_days_before(browser, door, monkeypatch):
    at_head(monkeypatch)
    beat(door)
    first, now = door.certificates[0], door.clock.now()
    for days, well in ((61, True), (59, False), (-3, False)):
        soon = replace(first, subject="遠州市長", not_after=now + timedelta(days=days))
        door.certificates = (first, soon)
        assert wells(door)["certificates"] is well
        assert browser.get("/readyz").status_code == 200
        page = browser.get("/health").text
        assert ("遠州市長" in page) is not well
        assert ("新しい証明書の発行" in page) is not well
    assert "あと0日" in page


def test_without_a_key_the_page_says_so(door, monkeypatch):
    at_head(monkeypatch)
    keys = property(lambda door: Keys(Settings()).certificates)
    monkeypatch.setattr(type(door), "certificates", keys)
    found = next(part for part in examine(door) if part.name == "certificates")
    assert (found.well, found.needed) == (False, False)
    assert "鍵の設定がありません" in found.detail


def test_the_store_is_not_filled_by_looking(door, monkeypatch):
    at_head(monkeypatch)
    for _ in range(3):
        examine(door)
    kept = [path for path in door.store.folder.rglob("*") if path.is_file()]
    assert len(kept) == 1


def test_livez_touches_nothing(browser, door):
    door.database.dispose()
    shutil.rmtree(door.store.folder, ignore_errors=True)
    assert browser.get("/livez").json() == {"status": "ok"}


def test_a_part_that_cannot_be_looked_at_is_not_well():
    def look() -> str:
        raise RuntimeError("private")

    part = health._look("x", "x", "x", True, look)
    assert (part.well, part.detail) == (False, "")
