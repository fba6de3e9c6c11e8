"""The table of terms: one list, and everything else agrees with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import einvoice.invoice
from einvoice import ubl
from einvoice.binding import document_binding
from einvoice.rules import PROFILES
from einvoice.terms import Kind, path_of, path_steps, table, term_at, terms_at
from einvoice.terms_page import page

ROOT = Path(__file__).parents[2]


def test_every_term_has_names_kind_and_cardinality() -> None:
    for term in table().values():
        assert re.fullmatch(r"IB[TG]-\d{2,3}(-\d)?|UBL-\d", term.id)
        assert term.name.ja
        assert term.name.en
        assert term.kind in get_args(Kind)
        assert re.fullmatch(r"[01]\.\.[01n]", term.cardinality), term
        assert term.group is None or term.group in table()


def test_the_model_names_the_same_terms() -> None:
    """The numbers beside the fields of invoice.py are those of the table, and the other way."""
    source = Path(einvoice.invoice.__file__).read_text("utf-8")
    named = set(re.findall(r"IB[TG]-\d{2,3}(?:-\d)?", source))
    shorthand = {"IBT-120", "IBT-121", "IBT-119"}
    known = {term.id for term in table().values() if term.field}
    assert named - set(table()) == set()
    # A scheme ("-1") belongs to the Identifier of its term and has no field of its own.
    without_schemes = {ident for ident in known if not re.search(r"-\d$", ident)}
    assert without_schemes - named - shorthand == set()


def test_every_path_exists_in_ubl() -> None:
    for term in table().values():
        kind: str | None = "Invoice"
        last = ""
        for step in path_of(term.id).removeprefix("/ubl:Invoice/").split("/"):
            if step.startswith("@"):
                leaf = ubl.leaf_type(last.partition(":")[2])
                assert step[1:] in leaf.attributes, term
                continue
            assert kind is not None, term
            slot = ubl.aggregates()[kind].slots[re.sub(r"\[\d+\]", "", step)]
            kind, last = slot.type, slot.name
        if term.kind == "Group":
            assert kind is not None, term


def test_paths_count_their_repeating_groups() -> None:
    assert path_of("IBT-131", 3) == "/ubl:Invoice/cac:InvoiceLine[3]/cbc:LineExtensionAmount"
    assert path_of("IBT-161", 2, 5).endswith(
        "cac:InvoiceLine[2]/cac:Item/cac:AdditionalItemProperty[5]/cbc:Value"
    )
    assert path_of("IBT-031").endswith("cac:Party/cac:PartyTaxScheme/cbc:CompanyID")


def test_a_choice_may_contain_slashes() -> None:
    assert path_steps("a[b/c=d]/e") == ["a[b/c=d]", "e"]


def test_an_element_path_leads_back_to_its_term() -> None:
    names = ("ubl:Invoice", "cac:LegalMonetaryTotal", "cbc:PayableAmount")
    assert term_at(names) == "IBT-115"
    assert term_at((*names[:2], "cbc:Unknown")) == "IBG-22"
    assert term_at(("other",)) is None
    assert terms_at(names) == ("IBT-115",)
    assert terms_at(("ubl:Invoice", "cac:TaxTotal", "cbc:TaxAmount")) == ("IBT-110", "IBT-111")
    assert terms_at((*names[:2], "cbc:Unknown")) == ()


def test_sellers_without_registration_have_no_number() -> None:
    assert table("pint-jp")["IBT-031"].cardinality == "1..1"
    assert table("pint-jp-ntr")["IBT-031"].cardinality == "0..0"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_can_be_bound(profile: str) -> None:
    assert document_binding(profile).groups


def test_the_reference_page_is_the_one_the_table_gives() -> None:
    """Run python -m einvoice.terms_page after changing the table."""
    written = (ROOT / "docs" / "reference" / "jp-pint-terms.md").read_text("utf-8")
    assert written == page()
