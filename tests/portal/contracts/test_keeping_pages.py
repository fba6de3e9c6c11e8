"""長期保存の期限: the page that lists them, and the command that renews what the city keeps."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from econtract.models import Contract
from portal.cli import contract as contract_cli
from portal.service import Service

pytestmark = pytest.mark.slow


def test_the_page_shows_years_and_contracts_and_says_when_one_is_late(office, contract_at):
    staff = office.browser("kansa")
    assert "長期保存の契約書はまだありません" in staff.get("/contracts/keeping").text
    contract_at("concluded")
    page = staff.get("/contracts/keeping").text
    assert "図書館 書架用品 一式" in page
    assert "全1件" in page
    assert "更新が済んでいません" not in page
    with office.service.database.transaction() as session:
        session.execute(update(Contract).values(renewal_due=office.now))
    assert "更新が済んでいません" in staff.get("/contracts/keeping").text


def test_s20_the_command_lists_with_dry_run_renews_without_and_leaves_the_rest(
    office, contract_at, monkeypatch
):
    contract_id = contract_at("concluded")
    monkeypatch.setattr(Service, "from_settings", lambda *_, **__: office.service)
    monkeypatch.setattr(contract_cli.migrations, "require_head", lambda _: None)
    monkeypatch.setattr(office.service, "close", lambda: None)
    with office.service.database.transaction() as session:
        session.execute(update(Contract).values(renewal_due=office.now))

    def run(*arguments: str):
        return CliRunner().invoke(contract_cli.app, ["renew", "--before", "2090-01-01", *arguments])

    listed = run("--dry-run")
    assert listed.exit_code == 0, listed.output
    assert "期限が来る" in listed.output
    renewed = run()
    assert renewed.exit_code == 0, renewed.output
    assert "更新した" in renewed.output
    again = run()  # the same authority proves nothing longer: named, and the exit code says so
    assert again.exit_code == 1
    assert "更新できない" in again.output
    reviewed = run("--dry-run", "--review")
    assert "1 件" in reviewed.output
    with office.service.database.reader() as session:
        assert session.get(Contract, contract_id).kept_sha256
