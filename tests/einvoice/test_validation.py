"""The report: its public form, and that nothing but the standard moves the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from einvoice import validate, write
from einvoice.batch import validate_file, validate_files, xml_files
from einvoice.findings import Finding, Text, verdict_of
from einvoice.limits import Limits
from tests.conformance.own_corpus import BASES, PROFILE_OF, document, minimal


def test_the_public_form_has_exactly_the_documented_fields() -> None:
    xml = document("minimal", [["set", "cbc:DueDate | cbc:IssueDate", "x"]])
    report = validate(xml, file="a.xml").to_json()
    assert list(report) == ["file", "profile", "verdict", "qualified", "findings"]
    assert list(report["findings"][0]) == [
        "id", "source", "severity", "path", "line", "term", "message", "remedy",
    ]  # fmt: skip
    assert set(report["findings"][0]["message"]) == {"ja", "en"}
    json.dumps(report)


@pytest.mark.parametrize("base", list(BASES))
def test_the_type_is_told_by_the_document(base: str) -> None:
    report = validate(document(base, []))
    assert report.profile == PROFILE_OF[base]
    assert report.ruleset == f"{report.profile} 1.1.3"


@pytest.mark.parametrize(
    ("code", "ruleset"),
    [("480", "pint-jp-ntr 1.1.3"), ("389", "pint-jp-sb 1.1.3"), ("380", "pint-jp 1.1.3")],
)
def test_without_a_type_the_type_code_chooses_the_rules(code: str, ruleset: str) -> None:
    edits = [["drop", "cbc:CustomizationID"], ["set", "cbc:InvoiceTypeCode", code]]
    report = validate(document("minimal", edits), law=False)
    assert report.profile is None
    assert report.verdict == "invalid"
    assert report.ruleset == ruleset
    assert "ibr-001" in {f.id for f in report.findings}


def test_the_law_never_moves_the_verdict() -> None:
    number = ["set", ".//cac:PartyTaxScheme/cbc:CompanyID", "T1234567890123"]
    report = validate(document("minimal", [number]))
    assert report.verdict == "valid"
    assert report.qualified == "not_met"
    assert any(f.source == "qualified" for f in report.findings)


def test_the_verdict_counts_official_errors_only() -> None:
    text = Text("あ", "a")
    own = Finding("x", "consistency", "error", text, text)
    note = Finding("x", "rule", "warning", text, text)
    official = Finding("x", "rule", "error", text, text)
    assert verdict_of([own, note]) == "valid"
    assert verdict_of([own, official]) == "invalid"
    assert str(text) == "あ / a"


def test_the_same_bytes_give_the_same_report() -> None:
    xml = document("full", [["drop", "cbc:ID"]])
    assert validate(xml) == validate(xml)


def test_prefixes_do_not_matter() -> None:
    xml = write(minimal()).decode()
    other = xml.replace("cbc:", "b:").replace("xmlns:cbc=", "xmlns:b=").encode()
    assert validate(other).verdict == "valid"


def test_files_that_cannot_be_opened_are_unreadable(tmp_path: Path) -> None:
    report = validate_file(tmp_path / "none.xml")
    assert report.verdict == "unreadable"
    assert report.findings[0].id == "unreadable-no-file"
    big = tmp_path / "big.xml"
    big.write_bytes(b"<a/>" * 100)
    assert validate_file(big, Limits(bytes=100)).findings[0].id == "unreadable-too-large"


def test_folders_are_searched_and_reports_keep_the_order(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(5):
        (tmp_path / "in" / f"{number}.xml").write_bytes(document("minimal", []))
    (tmp_path / "in" / "note.txt").write_text("x")
    (tmp_path / "0.XML").write_bytes(b"")
    files = list(xml_files([tmp_path]))
    assert [f.name for f in files] == ["0.XML", *(f"{n}.xml" for n in range(5))]
    reports = list(validate_files(files))
    assert [r.file for r in reports] == [str(f) for f in files]
    assert [r.verdict for r in reports] == ["unreadable"] + ["valid"] * 5


@pytest.mark.slow
def test_several_processes_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    for number in range(40):
        edits = [["set", "cbc:ID", str(number)]] + [["drop", "cbc:ID"]] * (number % 7 == 0)
        (tmp_path / f"{number:02}.xml").write_bytes(document("minimal", edits))
    files = list(xml_files([tmp_path]))
    assert list(validate_files(files, jobs=2)) == list(validate_files(files))
