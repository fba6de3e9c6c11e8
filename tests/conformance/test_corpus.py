"""Our verdict against the official one, on every document of the corpus.

The official run judges with two stylesheets and no schema; the corpus says for each document which
asserts failed, whether the run ended, and what the UBL schema says. All three must agree with us.
"""

from __future__ import annotations

import pytest

from einvoice import validate


@pytest.mark.slow
def test_the_verdict_is_the_official_one_on_the_whole_corpus(corpus) -> None:
    seen, wrong = 0, []
    for document in corpus:
        seen += 1
        report = validate(document.xml, profile=document.spec, law=False)
        rules = frozenset(f.id for f in report.findings if f.source == "rule")
        structure = [f for f in report.findings if f.source == "structure"]
        if document.ended and rules != document.ids:
            wrong.append(f"{document.file}: rules {sorted(rules ^ document.ids)}")
        if not document.ended and report.verdict == "valid":
            wrong.append(f"{document.file}: valid, but the official run stopped")
        if (not structure) != document.xsd_valid:
            wrong.append(f"{document.file}: schema says {document.xsd_valid}")
        accepted = document.ended and not document.ids and document.xsd_valid
        if (report.verdict == "valid") != accepted:
            wrong.append(f"{document.file}: verdict {report.verdict}")
        if report.verdict != "valid":
            assert report.findings
    assert seen == len(corpus)
    assert wrong == []


def test_every_official_sample_is_valid_in_its_own_type(samples) -> None:
    for file in samples:
        report = validate(file.read_bytes())
        assert report.verdict == "valid", (file.name, report.findings)
        assert report.profile == ("pint-jp" if file.parent.name == "billing" else "pint-jp-ntr")


def test_the_wrong_check_digits_of_the_samples_are_our_finding_not_the_standards(samples) -> None:
    report = validate(next(f for f in samples if f.parent.name == "billing").read_bytes())
    assert report.verdict == "valid"
    assert report.qualified == "not_met"
    assert "registration-check-digit" in {f.id for f in report.findings}
