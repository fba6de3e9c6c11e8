"""Which registration takes which document (PFUOI 4.4.0 §5.1.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peppol.document_matching import best_match, check_exchanged, check_registration
from peppol.errors import IdentifierInvalid
from peppol.identifiers import DOCUMENT_SCHEME_EXACT, JP_INVOICE, DocumentTypeId


def wildcard(customization: str) -> DocumentTypeId:
    return DocumentTypeId.of("ns", "Doc", customization)


@pytest.mark.parametrize("customization", ["a", "a*", "a@b", "a@b*"])
def test_well_formed_registration(customization: str) -> None:
    assert check_registration(wildcard(customization)) == wildcard(customization)


@pytest.mark.parametrize("customization", ["a@*", "*", "a**", "a*@b", "a@a", "a@@b", "@a"])
def test_malformed_registration_is_refused_and_never_matched(customization: str) -> None:
    with pytest.raises(IdentifierInvalid):
        check_registration(wildcard(customization))
    if "*" in customization:
        assert best_match([wildcard(customization)], wildcard("a@b")) is None


def test_star_outside_the_customization_or_in_the_exact_scheme_is_refused() -> None:
    for faulty in (
        DocumentTypeId.of("n*s", "Doc", "a"),
        DocumentTypeId(DOCUMENT_SCHEME_EXACT, "ns::Doc##a*::2.1"),
    ):
        with pytest.raises(IdentifierInvalid):
            check_registration(faulty)
    with pytest.raises(IdentifierInvalid):
        check_exchanged(wildcard("a*"))


@pytest.mark.parametrize(
    ("registered", "wanted", "found"),
    [
        (["a@b"], "a@b", "a@b"),
        (["a"], "a@b", None),
        (["a*"], "a", "a*"),
        (["a*"], "a@b@c", "a*"),
        (["a@b*"], "a", None),
        (["a@b*"], "a@c", None),
        (["a@b*", "a*"], "a@b@c", "a@b*"),
        (["a*", "a@b"], "a@b", "a@b"),
        (["a@b*", "a@b"], "a@b", "a@b"),
        ([], "a", None),
        (["a*"], "a*", None),
        (["ab*"], "a@b", None),
    ],
)
def test_the_narrowest_registration_wins(
    registered: list[str], wanted: str, found: str | None
) -> None:
    answer = best_match(map(wildcard, registered), wildcard(wanted))
    assert answer == (wildcard(found) if found else None)


def test_japanese_invoice_is_found_under_the_abstract_registration() -> None:
    abstract = DocumentTypeId.of(
        JP_INVOICE.parts.namespace, "Invoice", "urn:peppol:pint:billing-1*"
    )
    assert best_match([abstract], JP_INVOICE) == abstract


def test_exact_scheme_never_matches_by_pattern() -> None:
    exact = DocumentTypeId(DOCUMENT_SCHEME_EXACT, "ns::Doc##a@b::2.1")
    assert best_match([wildcard("a*")], exact) is None
    assert best_match([exact], exact) == exact
    assert best_match([wildcard("a*")], DocumentTypeId("peppol-doctype-wildcard", "odd")) is None


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True), st.integers(1, 4))
def test_a_pattern_matches_exactly_what_starts_with_its_parts(parts: list[str], keep: int) -> None:
    pattern = parts[:keep]
    answer = best_match([wildcard("@".join(pattern) + "*")], wildcard("@".join(parts)))
    assert answer is not None
    other = ["z", *parts[1:]]
    assert best_match([wildcard("@".join(pattern) + "*")], wildcard("@".join(other))) is None
