"""`warifu invoice validate` and `conformance`: words, JSON and exit codes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from portal.cli import invoice
from tests.conformance.own_corpus import document

runner = CliRunner()


@pytest.fixture
def valid(tmp_path: Path) -> Path:
    file = tmp_path / "valid.xml"
    file.write_bytes(document("minimal", []))
    return file


@pytest.fixture
def invalid(tmp_path: Path) -> Path:
    file = tmp_path / "invalid.xml"
    file.write_bytes(document("minimal", [["set", "cac:TaxTotal/cbc:TaxAmount", "1"]]))
    return file


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    file = tmp_path / "unreadable.xml"
    file.write_bytes(b"%PDF-1.7")
    return file


def run(*arguments: object) -> tuple[int, str]:
    result = runner.invoke(invoice.app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_exit_code_is_the_worst_of_all(valid: Path, invalid: Path, unreadable: Path) -> None:
    assert run("validate", valid)[0] == 0
    assert run("validate", valid, invalid)[0] == 1
    assert run("validate", unreadable, invalid, valid)[0] == 2
    assert run("validate", valid.parent / "missing.xml")[0] == 2


def test_a_finding_says_place_message_and_remedy_in_both_languages(invalid: Path) -> None:
    _, output = run("validate", invalid)
    assert "無効 / invalid" in output
    assert "[ibr-co-14]" in output
    assert "/ubl:Invoice/cac:TaxTotal/cbc:TaxAmount" in output
    assert "行目 / line" in output
    assert "税率ごとの消費税額を足した額にしてください。" in output
    assert "State the sum of the tax amounts per rate." in output


def test_json_is_one_object_a_line(valid: Path, invalid: Path) -> None:
    code, output = run("validate", "--json", valid, invalid)
    reports = [json.loads(line) for line in output.splitlines()]
    assert code == 1
    assert [r["verdict"] for r in reports] == ["valid", "invalid"]
    assert [r["file"] for r in reports] == [str(valid), str(invalid)]


def test_the_rules_of_an_earlier_version_judge_where_they_are_named(valid: Path) -> None:
    assert "(pint-jp 1.1.3)" in run("validate", valid)[1]
    assert "(pint-jp 1.1.2)" in run("validate", "--rules", "1.1.2", valid)[1]
    assert run("validate", "--rules", "0.9", valid)[0] == 2


@pytest.mark.slow
def test_jobs_give_the_same_lines(valid: Path, invalid: Path) -> None:
    files = [valid, invalid] * 10
    assert run("validate", "--json", "--jobs", 2, *files) == run("validate", "--json", *files)


def test_a_folder_without_official_rules_is_refused_with_what_is_wanted(
    tmp_path: Path, valid: Path
) -> None:
    result = runner.invoke(invoice.app, ["conformance", "--schematron", str(tmp_path), str(valid)])
    assert result.exception is not None
    assert getattr(result.exception, "code", "") == "einvoice.conformance"
    assert "resources" in result.exception.remedy_en  # type: ignore[attr-defined]
    not_zip = tmp_path / "rules.zip"
    not_zip.write_bytes(b"x")
    broken = runner.invoke(invoice.app, ["conformance", "--schematron", str(not_zip), str(valid)])
    assert "ZIP" in broken.exception.message_en  # type: ignore[union-attr]


STYLESHEET = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
  xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
  <!-- urn:peppol:pint:billing-1@jp-1 -->
  <xsl:template match="/"><svrl:output>{body}</svrl:output></xsl:template>
</xsl:stylesheet>"""


def test_conformance_shows_every_difference(tmp_path: Path, valid: Path, invalid: Path) -> None:
    """With stylesheets of our own in the place of the official ones: one always fails ibr-002."""
    pytest.importorskip("saxonche")
    archive = tmp_path / "resources.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, body in (
            ("PINT-UBL-validation-preprocessed.xslt", '<svrl:failed-assert id="ibr-002"/>'),
            (
                "PINT-jurisdiction-aligned-rules.xslt",
                '<svrl:failed-assert test="x" id="new-1"><svrl:text>Newer\n &lt;than&gt; ours.'
                "</svrl:text></svrl:failed-assert>",
            ),
        ):
            zipped.writestr(f"trn-invoice/schematron/{name}", STYLESHEET.format(body=body))
    code, output = run("conformance", "--schematron", archive, valid, invalid)
    assert code == 1
    assert "公式のみ / official only: ibr-002\n" in output
    assert "公式のみ / official only: new-1  Newer <than> ours.\n" in output
    assert "当方のみ / ours only: ibr-co-14" in output
    assert "2 files: 0 agree, 2 differ" in output
