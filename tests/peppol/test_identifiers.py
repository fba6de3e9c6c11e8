"""Participant ids with their check digits, document type and process ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peppol import identifiers as ids
from peppol.errors import IdentifierInvalid
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId

# The National Tax Agency's own corporate number is 7000012050002.
TAX_AGENCY = "7000012050002"


def test_check_digit_of_the_national_tax_agency_fits() -> None:
    assert ParticipantId.of_corporate_number(TAX_AGENCY).value == "0188:" + TAX_AGENCY
    assert ParticipantId.of_registration_number("T" + TAX_AGENCY).number == "T" + TAX_AGENCY


@pytest.mark.parametrize(
    "value",
    ["0188:1000012050002", "0188:123", "0221:7000012050002", "0221:T1000012050002",
     "0242:12345", "0060:12", "0088:1548079098351"],
)  # fmt: skip
def test_number_that_its_scheme_cannot_give_is_told_apart(value: str) -> None:
    participant = ParticipantId(value)  # the network carries it all the same
    assert participant.fault() is not None
    with pytest.raises(IdentifierInvalid) as caught:
        participant.check()
    assert caught.value.field == "participant"
    assert caught.value.message_ja
    assert caught.value.remedy_en


@pytest.mark.parametrize(
    "value", ["0088:1548079098355", "0242:987654", "0242:987654-MLS", "9999:x"]
)
def test_number_without_known_fault_passes(value: str) -> None:
    assert ParticipantId(value).check().value == value


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 8))
def test_one_changed_digit_is_noticed_unless_it_moves_by_nine(
    base: str, place: int, by: int
) -> None:
    number = f"{ids.corporate_number_check_digit(base)}{base}"
    changed = (int(base[place]) + by) % 10
    other = base[:place] + str(changed) + base[place + 1 :]
    # mod 9: 0 and 9 are the same digit to this check, which is the law's formula, not ours
    same = changed % 9 == int(base[place]) % 9
    assert ParticipantId(f"0188:{number}").fault() is None
    assert (ParticipantId(f"0188:{number[0]}{other}").fault() is None) == same


@pytest.mark.parametrize(
    "text", ["", "0188", "188:1", "0188:", "0188:a b", "0188:日本", "0188:" + "1" * 131, "0188:1\n"]
)
def test_text_that_is_no_participant_is_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid):
        ParticipantId(text)


def test_participants_are_compared_without_case_and_kept_as_written() -> None:
    a, b = ParticipantId("0221:t7000012050002"), ParticipantId("0221:T7000012050002")
    assert a == b
    assert len({a, b}) == 1
    assert a.value != b.value
    assert a != "0221:T7000012050002"


def test_meta_scheme_may_be_written_or_left_out() -> None:
    assert ParticipantId.parse("iso6523-actorid-upis::0188:1") == ParticipantId.parse(" 0188:1 ")
    assert ParticipantId("0188:1").path_segment == "iso6523-actorid-upis%3A%3A0188%3A1"


def test_japanese_document_types_are_written_as_in_the_code_list() -> None:
    assert ids.JP_INVOICE.uri == (
        "peppol-doctype-wildcard::urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice"
        "##urn:peppol:pint:billing-1@jp-1::2.1"
    )
    parts = ids.JP_INVOICE.parts
    assert (parts.local_name, parts.customization) == ("Invoice", "urn:peppol:pint:billing-1@jp-1")
    assert DocumentTypeId.parse(ids.JP_INVOICE.uri) == ids.JP_INVOICE
    href = "http://smp.example/iso6523-actorid-upis::0188:1/services/" + ids.JP_INVOICE.path_segment
    assert ids.parse_service_reference(href) == ids.JP_INVOICE
    assert ids.parse_service_reference("http://smp.example/nothing") is None


@pytest.mark.parametrize(
    "text", ["", "x", "other::a::b##c::1", "busdox-docid-qns::", "busdox-docid-qns::a b"]
)
def test_text_that_is_no_document_type_is_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid):
        DocumentTypeId.parse(text)


@pytest.mark.parametrize("value", ["", " ", "a b", "x" * 201])
def test_text_that_is_no_process_is_refused(value: str) -> None:
    with pytest.raises(IdentifierInvalid):
        ProcessId(value)


def test_document_types_are_compared_with_case() -> None:
    assert DocumentTypeId(ids.DOCUMENT_SCHEME_EXACT, "a::b##c::1") != DocumentTypeId(
        ids.DOCUMENT_SCHEME_EXACT, "A::b##c::1"
    )


def test_provider_address_follows_from_its_seat() -> None:
    seat = ids.seat_id("POP987654")
    assert ids.service_provider_address(seat).value == "0242:987654"
    for wrong in ("POP98765", "pop987654", "XOP987654", "POP987654 "):
        with pytest.raises(IdentifierInvalid):
            ids.seat_id(wrong)
