"""The rule sets: complete, versioned, with words for everything, and true to the oddities."""

from __future__ import annotations

from datetime import date

import pytest

from einvoice import validate
from einvoice.messages import catalogue
from einvoice.rules import PROFILES, VERSIONS, all_rules, rule_set, version_on
from einvoice.rules.codes import code_lists
from einvoice.rules.contexts import PATTERNS
from einvoice.terms import table
from tests.conformance.own_corpus import document

LINE = "cac:InvoiceLine[1]"
SELLER = "cac:AccountingSupplierParty/cac:Party"


def failed(base: str, *edits: list[object], version: str = "1.1.3") -> set[str]:
    report = validate(document(base, list(edits)), law=False, version=version)
    return {f.id for f in report.findings if f.source == "rule"}


@pytest.mark.parametrize(
    ("profile", "version", "count"),
    [
        ("pint-jp", "1.1.3", 213),
        ("pint-jp-ntr", "1.1.3", 211),
        ("pint-jp-sb", "1.1.3", 212),
        ("pint-jp", "1.1.2", 214),
    ],
)
def test_the_number_of_asserts_is_the_official_one(profile: str, version: str, count: int) -> None:
    assert len(rule_set(profile, version).ids) == count


def test_every_rule_has_words_in_both_languages() -> None:
    known = {rule.id for rule in all_rules()}
    for language in ("ja", "en"):
        texts = catalogue("rules", language)
        assert set(texts) == known
        assert all(set(entry) == {"message", "remedy"} for entry in texts.values())
        assert all(text.strip() for entry in texts.values() for text in entry.values())


@pytest.mark.parametrize("group", ["rules", "structure", "stopped", "unreadable"])
def test_both_languages_say_the_same_things(group: str) -> None:
    japanese, english = catalogue(group, "ja"), catalogue(group, "en")
    assert set(japanese) == set(english)
    for key, entry in japanese.items():
        for part in ("message", "remedy"):
            unknown = {h for h in _holes(entry[part]) | _holes(english[key][part]) if h[:2] == "IB"}
            assert unknown <= set(table()), (key, unknown)


def _holes(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def test_every_rule_names_a_term_of_the_table() -> None:
    assert {r.term for r in all_rules() if r.term} <= set(table())


def test_every_context_stands_in_exactly_one_pattern() -> None:
    contexts = [context for pattern in PATTERNS for context in pattern]
    assert len(contexts) == len(set(contexts))
    assert {rule.context for rule in all_rules()} <= set(contexts)


def test_the_version_in_force_is_told_by_the_day() -> None:
    assert version_on(date(2026, 5, 17)) == "1.1.2"
    assert version_on(date(2026, 5, 18)) == "1.1.3"
    assert version_on(date(2020, 1, 1)) == next(iter(VERSIONS))
    assert rule_set("pint-jp", "1.1.2").valid_to == date(2026, 5, 18)
    assert rule_set("pint-jp", "1.1.3").valid_to is None


def test_what_1_1_3_changed() -> None:
    assert "ibr-sr-45" in rule_set("pint-jp", "1.1.2").ids
    assert "ibr-sr-45" not in rule_set("pint-jp").ids
    assert "ANG" in code_lists("1.1.2")["iso-4217"]
    assert "XCG" in code_lists("1.1.3")["iso-4217"]
    usd = ["set", "cbc:DocumentCurrencyCode", "XCG"]
    assert "ibr-cl-04" in failed("minimal", usd, version="1.1.2")
    assert "ibr-cl-04" not in failed("minimal", usd)
    scheme = ["attribute", f"{SELLER}/cbc:EndpointID", "schemeID", "0242"]
    assert "ibr-cl-25" in failed("minimal", scheme, version="1.1.2")
    assert "ibr-cl-25" not in failed("minimal", scheme)
    place = ["attribute", "cac:Delivery/cac:DeliveryLocation/cbc:ID", "schemeID", "0244"]
    assert "ibr-cl-26" in failed("full", place, version="1.1.2")
    assert "ibr-cl-26" not in failed("full-sb", place, version="1.1.2")
    assert "ibr-cl-26" not in failed("full", place)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_lists_have_their_official_size(profile: str) -> None:
    sizes = {name: len(values) for name, values in rule_set(profile).codes.items()}
    assert sizes == {
        "iso-4217": 178, "iso-3166": 251, "iso-6523": 243, "eas": 90, "untdid-1001-invoice": 25,
        "untdid-1001-credit-note": 5, "untdid-1153": 818, "untdid-4461": 91, "untdid-5189": 19,
        "untdid-7143": 185, "untdid-7161": 178, "rec-20": 2162, "tax-category": 5, "mime": 7,
    }  # fmt: skip


# -- oddities of the official rules that a reader would not expect ---------------------------------
def test_a_line_without_tax_category_passes() -> None:
    assert failed("minimal", ["drop", f"{LINE}/cac:Item/cac:ClassifiedTaxCategory"]) == set()


def test_fractions_of_a_yen_pass_in_the_breakdown_of_a_yen_invoice() -> None:
    edits = [
        ["set", "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "1000.0"],
        ["set", "cac:TaxTotal/cbc:TaxAmount", "1000.0"],
    ]
    assert failed("minimal", *edits) == set()
    assert "aligned-ibr-jp-06" in failed(
        "foreign", ["set", "cac:TaxTotal[2]/cac:TaxSubtotal/cbc:TaxAmount", "1500.0"]
    )


def test_dates_before_october_2023_switch_the_registration_number_off() -> None:
    number = ["set", f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID", "none"]
    assert failed("minimal", number) == {"aligned-ibr-jp-01"}
    start = ["set", "cac:InvoicePeriod/cbc:StartDate", "2023-09-01"]
    end = ["set", "cac:InvoicePeriod/cbc:EndDate", "2023-09-30"]
    assert failed("minimal", number, start, end) == set()
    assert failed("minimal", number, ["set", f"{SELLER}//cac:TaxScheme/cbc:ID", "JCT"]) == set()


def test_dates_are_compared_as_text() -> None:
    number = ["set", f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID", "none"]
    start = ["set", "cac:InvoicePeriod/cbc:StartDate", "R5-10-01"]
    end = ["set", "cac:InvoicePeriod/cbc:EndDate", "2023-09-30"]
    assert "aligned-ibr-jp-01" in failed("minimal", number, start, end)


def test_identifiers_are_matched_by_prefix_and_processes_anywhere() -> None:
    longer = ["set", "cbc:CustomizationID", "urn:peppol:pint:billing-1@jp-10"]
    within = ["set", "cbc:ProfileID", "xx urn:peppol:bis:billing xx"]
    assert failed("minimal", longer, within) == set()


def test_tax_included_switches_the_totals_off() -> None:
    wrong = ["set", "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount", "9999"]
    assert failed("minimal", wrong) == {"ibr-co-13", "ibr-co-15"}
    switch = ["add", "cac:TaxTotal", "<cbc:TaxIncludedIndicator>true</cbc:TaxIncludedIndicator>"]
    assert failed("minimal", wrong, switch) == set()


def test_the_first_matching_context_wins() -> None:
    assert failed("minimal", ["set", "cbc:ID", ""]) == {"ibr-002", "ibr-079"}
    assert "ibr-079" not in failed("minimal", ["set", "cbc:IssueDate", ""])
    assert failed("minimal", ["add", ".", "<cac:PrepaidPayment/>"]) == {"ibr-079"}
    direct_debit = ["drop", "cac:PaymentMeans[2]/cac:PaymentMandate"]
    assert failed("full", direct_debit) == set()


def test_zero_counts_as_the_text_false_nowhere_but_in_a_price() -> None:
    header = ["set", "cac:AllowanceCharge[1]/cbc:ChargeIndicator", "0"]
    assert failed("full", header) == set()
    price = ["set", f"{LINE}/cac:Price/cac:AllowanceCharge/cbc:ChargeIndicator", "0"]
    assert failed("full", price) == {"ibr-083"}


def test_only_xml_blanks_are_blanks() -> None:
    assert failed("minimal", ["set", "cbc:InvoiceTypeCode", " 380\n"]) == set()
    assert failed("minimal", ["set", "cbc:InvoiceTypeCode", "380\u00a0"]) == {
        "aligned-ibrp-cl-02-jp",
        "ibr-cl-01",
    }
    assert "ibr-079" not in failed("minimal", ["set", "cbc:ID", "\u3000"])


@pytest.mark.parametrize(
    "edit",
    [
        ["comment", "cbc:IssueDate", 4],
        ["comment", "cbc:CustomizationID", 3],
        ["set", f"{LINE}/cac:DocumentReference[2]/cbc:DocumentTypeCode", "VN"],
        ["twin", f"{SELLER}/cac:PartyLegalEntity"],
        ["twin", "cac:InvoicePeriod"],
    ],
)
def test_what_stops_the_official_run_is_never_valid(edit: list[object]) -> None:
    """Each of these is accepted by the schema."""
    report = validate(document("full", [edit]), law=False)
    assert report.verdict == "invalid"
    stopped = [f for f in report.findings if "判定できません" in f.message.ja]
    assert stopped
    assert all(f.source == "rule" and f.line for f in stopped)


def test_a_comment_that_parts_no_value_is_no_fault() -> None:
    assert failed("minimal", ["comment", "cbc:ID", 1]) == set()
    assert failed("minimal", ["comment", "cbc:IssueDate", 0]) == set()


def test_figures_stand_in_the_message() -> None:
    xml = document("minimal", [["set", "cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "9999"]])
    finding = next(f for f in validate(xml, law=False).findings if f.id == "ibr-co-10")
    assert "9999" in finding.message.ja
    assert "10000" in finding.message.en
    assert finding.term == "IBT-106"
    assert finding.path == "/ubl:Invoice/cac:LegalMonetaryTotal/cbc:LineExtensionAmount"


@pytest.mark.parametrize(
    ("text", "fails"),
    [("-0.00", True), ("-0.0", True), ("-0", False), ("-" + "0" * 10, False), ("0.00", False),
     ("-" + "0" * 11, True)],
)  # fmt: skip
def test_a_negative_zero_is_below_zero_as_saxon_has_it(text: str, fails: bool) -> None:
    """Verdicts of the official run (SaxonC-HE 13.1)."""
    tax = document("minimal-ntr", [["set", "cac:TaxTotal/cbc:TaxAmount", text]])
    ids = {f.id for f in validate(tax, law=False).findings}
    assert ("aligned-ibr-jp-07-ntr" in ids) is fails
    price = ["set", "cac:InvoiceLine/cac:Price/cbc:PriceAmount", text]
    ids = {f.id for f in validate(document("minimal", [price]), law=False).findings}
    assert ("ibr-027" in ids) is fails


@pytest.mark.parametrize("path", ["cbc:CustomizationID", "cbc:ProfileID"])
def test_no_message_quotes_nothing(path: str) -> None:
    for edit in (["drop", path], ["set", path, ""], ["set", path, "urn:other"]):
        report = validate(document("minimal", [edit]), profile="pint-jp", law=False)
        assert report.findings
        assert not [f for f in report.findings if "「」" in f.message.ja], report.findings
