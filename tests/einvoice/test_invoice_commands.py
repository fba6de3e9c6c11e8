"""The commands: a sheet becomes XML, XML becomes a page or a PDF, the registry answers."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from einvoice.compose import compose
from einvoice.reading import read
from einvoice.sheet_columns import columns
from einvoice.sheet_files import template_csv, template_xlsx
from einvoice.writing import write
from portal.cli import invoice_compose
from tests.einvoice.invoice_builders import BANK, a_line, food, terms

runner = CliRunner()
app = typer.Typer()
invoice_compose.register(app)


def run(*arguments: object):
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(("name", "data"), [("a.csv", template_csv()), ("a.xlsx", template_xlsx())])
def test_a_sheet_becomes_valid_xml(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    result = run("compose", tmp_path / name, "--out", tmp_path / "made")
    assert result.exit_code == 0, result.output
    assert "1,650 JPY valid met" in result.output
    invoice = read((tmp_path / "made" / "INV-2026-1031.xml").read_bytes())
    assert invoice.totals.payable == 1_650


@pytest.mark.parametrize("name", ["new.csv", "new.xlsx"])
def test_the_template_is_written_and_not_overwritten(tmp_path: Path, name: str) -> None:
    assert run("compose", "--template", tmp_path / name).exit_code == 0
    assert run("compose", tmp_path / name, "--out", tmp_path).exit_code == 0
    again = run("compose", "--template", tmp_path / name)
    assert again.exit_code == 2
    assert "--overwrite" in again.output


def test_every_mistake_is_printed_and_nothing_is_written(tmp_path: Path) -> None:
    example = {column.heading: column.example for column in columns()}
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(example))
    writer.writeheader()
    writer.writerow(example)
    writer.writerow(example | {"請求書番号": "X", "請求日": "きのう", "単価": "千"})
    (tmp_path / "a.csv").write_text(buffer.getvalue())
    result = run("compose", tmp_path / "a.csv", "--out", tmp_path / "made")
    assert result.exit_code == 2
    assert "3行目「請求日」" in result.output
    assert "3行目「単価」" in result.output
    assert "表に2か所の誤り" in result.output
    assert not (tmp_path / "made").exists()


def test_two_numbers_that_make_one_file_name_are_refused_before_writing(tmp_path: Path) -> None:
    example = {column.heading: column.example for column in columns()}
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(example))
    writer.writeheader()
    writer.writerow(example | {"請求書番号": "A/1"})
    writer.writerow(example | {"請求書番号": "A:1"})
    (tmp_path / "a.csv").write_text(buffer.getvalue())
    result = run("compose", tmp_path / "a.csv", "--out", tmp_path / "made")
    assert result.exit_code == 2
    assert list((tmp_path / "made").iterdir()) == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run("compose", tmp_path / "none.csv")
    assert result.exit_code == 2
    assert "読めません" in result.output


def test_view_writes_a_page_beside_the_invoice(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(write(compose(terms(lines=(a_line(), food()), bank=BANK))))
    result = run("view", path)
    assert result.exit_code == 0, result.output
    assert "valid met、指摘 0件" in result.output
    assert "登録番号" in (tmp_path / "a.html").read_text()
    assert run("view", path).exit_code == 2  # already there
    assert run("view", path, "--overwrite").exit_code == 0


@pytest.mark.slow
def test_view_makes_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(write(compose(terms())))
    assert run("view", path, "--pdf", "--out", tmp_path / "b.pdf").exit_code == 0
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")


@pytest.fixture
def service_environment(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WARIFU_DATABASE__URL", database_url)
    monkeypatch.setenv("WARIFU_STORE__FOLDER", str(tmp_path / "store"))


@pytest.mark.usefixtures("service_environment")
def test_registry_import_and_lookup(tmp_path: Path) -> None:
    from portal.cli import registry
    from tests.einvoice.registry_server import published_row

    number = "T6080401000123"
    path = tmp_path / "full.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerow(published_row(number).values())

    def call(*arguments: str):
        return runner.invoke(registry.app, list(arguments))

    before = call("lookup", number)
    assert before.exit_code == 2
    assert "確認できない" in before.output
    today = json.loads(call("lookup", number, "--json").output)["day"]
    taken = call("import", str(path), "--published", today)
    assert taken.exit_code == 0, taken.output
    assert "取込 / imported" in taken.output
    assert "取込済み" in call("import", str(path), "--published", today).output
    found = call("lookup", "ｔ6080-4010-00123", "--day", "2026-10-15")
    assert found.exit_code == 0
    assert "登録あり" in found.output
    assert "株式会社三方原文具" in found.output
    absent = call("lookup", number, "--day", "2023-09-30")
    assert absent.exit_code == 1
    assert "登録前" in absent.output


@pytest.mark.usefixtures("service_environment")
def test_registry_changes_come_from_the_web_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.cli import registry
    from tests.einvoice.registry_server import APPLICATION_ID, published_row, running_registry

    number = "T6080401000123"
    path = tmp_path / "full.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerow(published_row(number).values())

    def call(*arguments: str):
        return runner.invoke(registry.app, list(arguments))

    without_id = call("changes", "--since", "2026-11-01")
    assert without_id.exit_code == 2
    assert "WARIFU_REGISTRY__APPLICATION_ID" in without_id.output
    monkeypatch.setenv("WARIFU_REGISTRY__APPLICATION_ID", APPLICATION_ID)
    assert call("import", str(path), "--published", "2026-11-20").exit_code == 0
    with running_registry() as server:
        server.rows = [
            published_row(
                number, sequenceNumber="2", process="04", latest="1",
                disposalDate="2026-11-10", updateDate="2026-11-12",
            )
        ]  # fmt: skip
        taken = (
            "changes",
            "--since",
            "2026-11-01",
            "--until",
            "2026-11-20",
            "--server",
            server.url,
        )
        for _ in range(2):
            result = call(*taken)
            assert result.exit_code == 0, result.output
            assert "1 行" in result.output
        backwards = call("changes", "--since", "2026-11-02", "--until", "2026-11-01")
        assert backwards.exit_code == 2
    ended = call("lookup", number, "--day", "2026-11-15")
    assert ended.exit_code == 1
    assert "取消" in ended.output
    assert call("lookup", number, "--day", "2026-11-05").exit_code == 0
