"""登録番号 (適格請求書発行事業者) and 法人番号: types that cannot hold a wrong number.

A 法人番号 is a check digit and twelve digits; a corporation's 登録番号 is `T` and its 法人番号.
Individuals and associations without legal personality have `T` and another thirteen digits.

Check digit: 9 − (Σ Pn·Qn mod 9), n counted from the right of the twelve digits, Qn = 1 for odd
and 2 for even n (法人番号の指定等に関する省令 2条). The Peppol code list gives the same formula
for scheme 0188 (法人番号) and for scheme 0221 (登録番号) without an exception for individuals.

The formula does not see every slip: 0 and 9 are the same to it, and so are two digits that have
swapped places two apart. A right check digit is no proof of registration; `registry` is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from einvoice.errors import CheckDigitError, MalformedNumberError

# Marks people put between groups of digits; NFKC leaves most of them as they are.
_SEPARATORS = re.compile(r"[\s\-‐-―−ー－_.・]+")
_CORPORATE = re.compile(r"[0-9]{13}")
_REGISTRATION = re.compile(r"T[0-9]{13}")


def check_digit(base: str) -> int:
    """The digit (1 to 9) that must stand before these twelve digits."""
    total = sum(
        int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(reversed(base), start=1)
    )
    return 9 - total % 9


def _has_right_check_digit(thirteen: str) -> bool:
    return int(thirteen[0]) == check_digit(thirteen[1:])


def _without_separators(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


@dataclass(frozen=True, slots=True, order=True)
class CorporateNumber:
    """法人番号: thirteen digits, the first of which follows from the others."""

    value: str

    def __post_init__(self) -> None:
        if not _CORPORATE.fullmatch(self.value):
            raise MalformedNumberError(value=self.value)
        if not _has_right_check_digit(self.value):
            raise CheckDigitError(value=self.value)

    @classmethod
    def parse(cls, text: str) -> CorporateNumber:
        """Read what a person typed: any width, with or without hyphens and blanks."""
        return cls(_without_separators(text))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class RegistrationNumber:
    """登録番号: `T` and thirteen digits with a right check digit, in its one canonical form."""

    value: str

    def __post_init__(self) -> None:
        if not _REGISTRATION.fullmatch(self.value):
            raise MalformedNumberError(value=self.value)
        if not _has_right_check_digit(self.value[1:]):
            raise CheckDigitError(value=self.value)

    @classmethod
    def parse(cls, text: str) -> RegistrationNumber:
        """Read what a person typed: any width, `t` or `T`, with or without hyphens and blanks.

        A missing T is not supplied: thirteen bare digits are a 法人番号, and whether the
        corporation is registered is exactly what they do not say.
        """
        canonical = _without_separators(text)
        if not _REGISTRATION.fullmatch(canonical):
            raise MalformedNumberError(value=text)
        if not _has_right_check_digit(canonical[1:]):
            raise CheckDigitError(value=canonical)
        return cls(canonical)

    @classmethod
    def of_corporation(cls, number: CorporateNumber) -> RegistrationNumber:
        """The number this corporation has if it is registered."""
        return cls(f"T{number.value}")

    @property
    def digits(self) -> str:
        """The thirteen digits without the T."""
        return self.value[1:]

    def belongs_to(self, number: CorporateNumber) -> bool:
        """Whether this is the corporation's own number."""
        return self.digits == number.value

    def __str__(self) -> str:
        return self.value


def is_registration_number(text: str) -> bool:
    """Whether `text` is a 登録番号 in canonical form with a right check digit."""
    return bool(_REGISTRATION.fullmatch(text)) and _has_right_check_digit(text[1:])
