"""Documents without end against the official stylesheets, where an operator has put them.

Runs if WARIFU_SCHEMATRON names the official resources (folder or ZIP) and saxonche is installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from einvoice import validate
from einvoice.conformance import OfficialRules
from einvoice.ubl import short_name
from tests.conformance.own_corpus import BASES, PROFILE_OF, document


@pytest.fixture(scope="module")
def official() -> Iterator[OfficialRules]:
    source = os.environ.get("WARIFU_SCHEMATRON")
    if not source:
        pytest.skip("WARIFU_SCHEMATRON names no official rules: nothing to compare with")
    pytest.importorskip("saxonche")
    with OfficialRules(Path(source)) as rules:
        yield rules


def _paths(base: str) -> list[str]:
    root = etree.fromstring(document(base, []))
    found = []
    for element in root.iterdescendants():
        steps = []
        while (parent := element.getparent()) is not None:
            same = [c for c in parent if c.tag == element.tag]
            step = short_name(str(element.tag))
            steps.append(f"{step}[{same.index(element) + 1}]" if len(same) > 1 else step)
            element = parent
        found.append("/".join(reversed(steps)))
    return found


PATHS = {base: _paths(base) for base in BASES}
VALUES = (
    "", " ", "0", "1", "-1", "1.005", "2.50", "1e3", "NaN", "JPY", "USD", "true", "0000-01-01",
    "2026-02-29", "2023-09-30", "10:00:00", "S", "AA", "E", "G", "O", "VAT", "130", "30", "T1",
    "380", "480", "0088", "\u3000", "100.00", "a*", "-0.00", "-0", "+5", ".5", "5.", "INF",
    " JPY ", "2026-10-01Z", "24:00:00", " VAT ", "0130", "SEPA", "1234567e10", "IT12345678901",
    "application/pdf", "H87", "0.4", "-0.5", "1234567", "urn:peppol:pint:billing-1@jp-1#x",
)  # fmt: skip
ATTRIBUTES = ("currencyID", "schemeID", "unitCode", "mimeCode", "filename", "listID", "name")


@st.composite
def _edits(draw: Any, base: str) -> list[list[Any]]:
    path = st.sampled_from(PATHS[base])
    edit = st.one_of(
        st.tuples(st.just("drop"), path),
        st.tuples(st.just("twin"), path),
        st.tuples(st.just("set"), path, st.sampled_from(VALUES)),
        st.tuples(
            st.just("attribute"),
            path,
            st.sampled_from(ATTRIBUTES),
            st.one_of(st.none(), st.sampled_from(VALUES)),
        ),
        st.tuples(st.just("comment"), path, st.integers(0, 3)),
    )
    return [list(one) for one in draw(st.lists(edit, min_size=1, max_size=3))]


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_document_gets_the_official_verdict(
    official: OfficialRules, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    usable = [base for base in BASES if PROFILE_OF[base] in official.profiles]
    base = data.draw(st.sampled_from(usable))
    try:
        xml = document(base, data.draw(_edits(base)))
    except (IndexError, AttributeError):
        return  # an edit took away what the next one speaks of
    file = tmp_path_factory.getbasetemp() / "judged.xml"
    file.write_bytes(xml)
    report = validate(xml, profile=PROFILE_OF[base], law=False)
    ids, stopped = official.failed(file, PROFILE_OF[base])
    if stopped is None:
        assert {f.id for f in report.findings if f.source == "rule"} == ids
    else:
        assert report.verdict != "valid", stopped
