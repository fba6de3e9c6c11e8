"""Our own corpus always runs: documents of ours, edited, with the official verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from einvoice import validate
from einvoice.rules import PROFILES, rule_set
from tests.conformance.own_corpus import BASES, PROFILE_OF, document

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("own_corpus.jsonl").read_text("utf-8").splitlines()
]
#: Official asserts that cannot fail in any document: shadowed, or stopped by another before.
UNREACHABLE = {"aligned-ibrp-019", "aligned-ibrp-050-jp", "ibr-098", "ibr-102", "ibr-sr-22"}


@pytest.mark.parametrize("part", range(8))
def test_the_verdict_is_the_official_one(part: int) -> None:
    wrong = []
    for case in CASES[part::8]:
        xml = document(case["base"], case["edits"])
        report = validate(xml, profile=PROFILE_OF[case["base"]], law=False)
        ids = {f.id for f in report.findings if f.source == "rule"}
        if case["stopped"]:
            if report.verdict == "valid":
                wrong.append((case, "valid although the official run stopped"))
        elif ids != set(case["ids"]):
            wrong.append((case, sorted(ids ^ set(case["ids"]))))
    assert wrong == []


def test_every_rule_that_can_fail_does_so_in_some_case() -> None:
    hit = {ident for case in CASES for ident in case["ids"]}
    known = set().union(*(rule_set(profile).ids for profile in PROFILES))
    assert known - hit == UNREACHABLE


def test_the_documents_the_cases_start_from_are_valid() -> None:
    for name in BASES:
        report = validate(document(name, []))
        assert (report.verdict, report.profile) == ("valid", PROFILE_OF[name]), report.findings
