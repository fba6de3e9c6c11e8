"""登録番号: what a vendor types is read; what cannot be a number is refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.errors import CheckDigitError, MalformedNumberError
from einvoice.registration import (
    CorporateNumber,
    RegistrationNumber,
    check_digit,
    is_registration_number,
)

# Public bodies and companies whose numbers are published.
TRUE_NUMBERS = [
    "3000020221309",
    "7000012050002",
    "8000012010038",
    "8000012050001",
    "2000012020001",
    "1000020012131",
    "6011001033049",
    "7120001168421",
    "4011001098993",
    "7123456789012",
]
bases = st.text(alphabet="0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize("digits", TRUE_NUMBERS)
def test_published_numbers_are_numbers(digits: str) -> None:
    assert str(RegistrationNumber(f"T{digits}")) == f"T{digits}"
    assert str(CorporateNumber(digits)) == digits


@pytest.mark.parametrize(
    "digits",
    ["1234567890123", "3210987654321", "7654321098765", "0000000000000", "3000020221308"],
)
def test_a_wrong_check_digit_cannot_be_held(digits: str) -> None:
    with pytest.raises(CheckDigitError) as caught:
        RegistrationNumber(f"T{digits}")
    assert "検査数字" in caught.value.message_ja
    assert "check digit" in caught.value.message_en
    with pytest.raises(CheckDigitError):
        CorporateNumber(digits)


@pytest.mark.parametrize(
    "text",
    [
        "T3000020221309",
        "t3000020221309",
        "Ｔ３０００ー０２０２ー２１３０９",
        " T 3000-0202-2130-9 ",
        "T3000‐0202−21309",
        "T\u30003000020221309",
    ],
)
def test_width_hyphens_and_blanks_do_not_matter_to_a_reader(text: str) -> None:
    assert RegistrationNumber.parse(text) == RegistrationNumber("T3000020221309")


@pytest.mark.parametrize(
    "text",
    ["", "T", "3000020221309", "T300002022130", "T30000202213090", "none", "TT3000020221309",
     "T30000202213O9", "T三000020221309", "T" + "3" * 1000],
)  # fmt: skip
def test_other_shapes_are_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(MalformedNumberError) as caught:
        RegistrationNumber.parse(text)
    assert "T＋数字13桁" in caught.value.remedy_ja
    assert not is_registration_number(text)


def test_only_the_canonical_form_may_be_held() -> None:
    for text in ["t3000020221309", "Ｔ3000020221309", "T3000020221309 ", "T３000020221309"]:
        with pytest.raises(MalformedNumberError):
            RegistrationNumber(text)
        assert not is_registration_number(text)


@given(bases)
def test_every_twelve_digits_have_exactly_one_check_digit(base: str) -> None:
    right = [first for first in "0123456789" if is_registration_number(f"T{first}{base}")]
    assert right == [str(check_digit(base))]
    assert right != ["0"]


@given(bases, st.integers(0, 11), st.integers(0, 9))
def test_one_changed_digit_is_seen_unless_nought_and_nine_change_places(
    base: str, place: int, digit: int
) -> None:
    changed = f"{base[:place]}{digit}{base[place + 1 :]}"
    same = check_digit(base) == check_digit(changed)
    assert same == (int(base[place]) % 9 == digit % 9)


def test_a_corporation_and_its_registration_number_know_each_other() -> None:
    city = CorporateNumber.parse("３０００-０２０２-２１３０９")
    number = RegistrationNumber.of_corporation(city)
    assert number.belongs_to(city)
    assert not number.belongs_to(CorporateNumber("7000012050002"))
