"""Documents cleared at once, or but for what is suspect: the rule engine alone says the same."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einvoice import Limits, Report, validate
from einvoice.limits import Refusal
from einvoice.parsing import parse
from einvoice.rules import CURRENT, PROFILES, VERSIONS, rule_set
from einvoice.rules.clearance import Clearance, clearance_for
from einvoice.ubl import short_name
from tests.conformance.own_corpus import BASES, PROFILE_OF, document
from tests.conformance.test_own_corpus import CASES

PLAIN = ("0", "1", "10", "8", "1000", "99.99", "-5", "-0.00", "S", "AA", "E", "O", "JPY", "USD")
OTHER = ("", " ", " JPY", "1e3", "1.005", "VAT", "vat", "130", "50", "2026-10-31", "2026-1-1", "T1")


def is_cleared(xml: bytes, profile: str) -> bool:
    try:
        parsed = parse(xml, Limits())
    except Refusal:
        return False
    look = clearance_for(rule_set(profile, CURRENT)).look(parsed, Limits())
    return look is not None and look.is_cleared


def by_engine(xml: bytes, profile: str) -> Report:
    with patch.object(Clearance, "look", return_value=None):
        return validate(xml, profile=profile, law=False)


@pytest.mark.parametrize("base", BASES)
def test_an_invoice_in_order_is_cleared_once_its_shape_is_known(base: str) -> None:
    xml, profile = document(base, []), PROFILE_OF[base]
    validate(xml, law=False)
    assert is_cleared(xml, profile)
    report = validate(xml, law=False)
    assert report == by_engine(xml, profile)
    assert (report.verdict, report.findings) == ("valid", ())


def test_a_known_shape_with_other_values_is_cleared_at_its_first_sight() -> None:
    validate(document("minimal", []), law=False)
    other: list[list[Any]] = [
        ["set", "cbc:ID", "R8-77"],
        ["set", "cbc:IssueDate", "2026-12-24"],
        ["set", "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
         "磐田市"],
    ]  # fmt: skip
    assert is_cleared(document("minimal", other), "pint-jp")


def test_no_case_of_our_corpus_is_cleared_in_which_a_rule_fails() -> None:
    for name in BASES:
        validate(document(name, []), law=False)
    for case in CASES:
        xml, profile = document(case["base"], case["edits"]), PROFILE_OF[case["base"]]
        if is_cleared(xml, profile):
            assert not case["ids"]
            assert not case["stopped"]


@pytest.mark.parametrize(
    "edit",
    [
        ["set", "cbc:Note", " "],
        ["set", "cac:InvoiceLine[2]/cbc:LineExtensionAmount", "1001"],
        ["set", "cac:TaxTotal/cbc:TaxAmount", "981"],
        ["set", "cac:TaxTotal/cac:TaxSubtotal[1]/cbc:TaxAmount", "901"],
        ["set", "cac:LegalMonetaryTotal/cbc:PayableAmount", "10781"],
        ["attribute", "cac:InvoiceLine/cbc:InvoicedQuantity", "unitCode", "個"],
        ["attribute", "cac:InvoiceLine/cac:Price/cbc:PriceAmount", "currencyID", "USD"],
        ["attribute", "cbc:DocumentCurrencyCode", "name", "x" * 20_000],
        ["drop", "cac:InvoicePeriod"],
        ["twin", "cac:Delivery"],
        ["comment", "cbc:ID", 1],
    ],
)
def test_one_fault_is_enough_not_to_be_cleared(edit: list[Any]) -> None:
    validate(document("full", []), law=False)
    assert not is_cleared(document("full", [edit]), "pint-jp")


@pytest.mark.parametrize(
    ("edit", "suspects", "root"),
    [
        (["set", "cac:LegalMonetaryTotal/cbc:PayableAmount", "10781"],
         {"cac:LegalMonetaryTotal"}, False),
        (["attribute", "cac:InvoiceLine/cbc:InvoicedQuantity", "unitCode", "個"],
         {"cac:InvoiceLine", "cac:LegalMonetaryTotal", "cac:PayeeParty", "cac:PrepaidPayment"},
         True),
        (["set", "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:Country"
          "/cbc:IdentificationCode", "XX"],
         {"cac:AccountingCustomerParty"}, False),
    ],
)  # fmt: skip
def test_only_what_is_suspect_goes_before_the_engine(
    edit: list[Any], suspects: set[str], root: bool
) -> None:
    validate(document("full", []), law=False)
    parsed = parse(document("full", [edit]), Limits())
    look = clearance_for(rule_set("pint-jp")).look(parsed, Limits())
    assert look is not None
    assert look.suspects is not None
    assert look.is_root_suspect is root
    assert {short_name(str(parsed.root[index].tag)) for index in look.suspects} == suspects


@pytest.mark.parametrize(
    ("old", "new", "suspects"),
    [
        # a value that is none, an attribute that is none, an element too many, one too few
        (b"<cbc:StreetName>", b"<cbc:CityName/><cbc:StreetName>", {"cac:AccountingSupplierParty"}),
        (b"<cbc:Description>", b'<cbc:Description no="1">', {"cac:InvoiceLine"}),
        (b"<cac:Price>", b"<cac:Price>text", {"cac:InvoiceLine"}),
        (b"<cbc:DueDate>", b"<cbc:DueDate>x", {"cbc:DueDate"}),
        # a group that stands where it may not, a value at the end of a group
        (b"<cac:Delivery>", b"<cac:Country/><cac:Delivery>", {"cac:Country"}),
        (b"</cac:PaymentMeans>", b"<cbc:ID>1</cbc:ID></cac:PaymentMeans>", {"cac:PaymentMeans"}),
    ],
)
def test_of_a_refused_document_only_what_can_be_why_is_looked_into(
    old: bytes, new: bytes, suspects: set[str]
) -> None:
    usual = document("full", [])
    validate(usual, law=False)
    assert old in usual
    xml = usual.replace(old, new, 1)
    parsed = parse(xml, Limits())
    look = clearance_for(rule_set("pint-jp")).look(parsed, Limits())
    assert look is not None
    assert look.suspects is not None
    assert not look.is_accepted
    assert look.is_root_suspect
    found = {short_name(str(parsed.root[index].tag)) for index in look.suspects}
    with_root = {"cac:LegalMonetaryTotal", "cac:PayeeParty", "cac:PrepaidPayment"}
    assert found - with_root - {"cbc:TaxCurrencyCode"} == suspects
    report = validate(xml, law=False)
    assert report == by_engine(xml, "pint-jp")
    assert any(finding.source == "structure" for finding in report.findings)


@pytest.mark.parametrize(
    "piece",
    [
        b"<cac:Party/>",
        b"<cac:InvoiceLine><cbc:ID>9</cbc:ID></cac:InvoiceLine>",  # rules look for it anywhere
        b"<cbc:Name>a<cbc:Name>b</cbc:Name></cbc:Name>",
        b'<cbc:Name languageID="' + b"x" * 2_000 + b'">a</cbc:Name>',
    ],
)
def test_a_document_of_an_odd_build_goes_before_the_engine_whole(piece: bytes) -> None:
    validate(document("full", []), law=False)
    xml = document("full", []).replace(b"<cac:Contact>", b"<cac:Contact>" + piece, 1)
    parsed = parse(xml, Limits())
    look = clearance_for(rule_set("pint-jp")).look(parsed, Limits())
    assert look is None or look.suspects is None
    assert validate(xml, law=False) == by_engine(xml, "pint-jp")


def _paths(base: str) -> list[str]:
    from tests.conformance.test_official_rules import PATHS

    return PATHS[base]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_engine_alone_would_say_the_same(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from(sorted(BASES)))
    path = st.sampled_from(_paths(base))
    edit = st.one_of(
        st.tuples(st.just("set"), path, st.sampled_from(PLAIN + OTHER)),
        st.tuples(st.just("drop"), path),
        st.tuples(st.just("twin"), path),
    )
    edits = [list(one) for one in data.draw(st.lists(edit, min_size=1, max_size=2))]
    try:
        xml = document(base, edits)
    except (IndexError, AttributeError):
        return  # an edit took away what the next one speaks of
    profile = PROFILE_OF[base]
    validate(document(base, []), law=False)
    validate(xml, profile=profile, law=False)  # learns the shape, if all is well
    assert validate(xml, profile=profile, law=False) == by_engine(xml, profile)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_place_of_a_usual_invoice_has_quick_answers(profile: str, version: str) -> None:
    base = next(name for name, of in PROFILE_OF.items() if of == profile and "full" in name)
    xml = document(base, [])
    look = clearance_for(rule_set(profile, version)).look(parse(xml, Limits()), Limits())
    assert look is not None


def test_a_cleared_document_is_within_the_limits() -> None:
    xml = document("minimal", [])
    validate(xml, law=False)
    assert validate(xml, limits=Limits(bytes=100), law=False).verdict == "unreadable"
    assert validate(xml, limits=Limits(depth=3), law=False).verdict == "unreadable"
    assert validate(xml, limits=Limits(attribute_length=3), law=False).verdict == "unreadable"
    assert validate(xml, limits=Limits(seconds=-1), law=False).verdict == "unreadable"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einvoice.rules.clearing.MAX_SHAPES", 3)
    monkeypatch.setattr("einvoice.rules.clearing.MAX_ANSWERS", 3)
    clearance = Clearance(rule_set("pint-jp"))
    for name in ("minimal", "full", "foreign"):
        look = clearance.look(parse(document(name, []), Limits()), Limits())
        if look is not None:
            clearance.learn(look)
    assert clearance.memory.shapes <= 3
    assert clearance.memory.answers <= 3
    assert len(clearance.known_wholes) <= 3
