"""Identifiers of the Peppol network (Policy for use of identifiers 4.4.0).

A value that exists is well-formed: each class checks its form when it is made and raises
`IdentifierInvalid`. Whether a *registered* number could exist (check digits) is a stricter
question with its own answer, `ParticipantId.check`, since the network carries what others wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NewType
from urllib.parse import quote, unquote

from peppol.errors import IdentifierInvalid, Text

PARTICIPANT_META_SCHEME: Final = "iso6523-actorid-upis"
DOCUMENT_SCHEME_EXACT: Final = "busdox-docid-qns"
DOCUMENT_SCHEME_WILDCARD: Final = "peppol-doctype-wildcard"
PROCESS_SCHEME: Final = "cenbii-procid-ubl"
TRANSPORT_AS4: Final = "peppol-transport-as4-v2_0"

CORPORATE_NUMBER: Final = "0188"  # 法人番号, JP:SST
INVOICE_ISSUER: Final = "0221"  # 適格請求書発行事業者の登録番号, JP:IIN
SERVICE_PROVIDER: Final = "0242"  # SPIS, addresses of service providers (MLS only)

_PARTICIPANT: Final = re.compile(r"([0-9]{4}):([A-Za-z0-9\-._~]{1,130})\Z")  # POLICY 1
_SPIS: Final = re.compile(r"[0-9]{6}(-[0-9A-Z_]{3,12}(\.[0-9A-Z\-._~]{3,24})?)?\Z", re.IGNORECASE)
_SEAT: Final = re.compile(r"P[A-Z]{2}[0-9]{6}\Z")
_NO_SPACE: Final = re.compile(r"[^\s\x00-\x20]+\Z")

SeatId = NewType("SeatId", str)
"""Subject CN of an access point certificate, such as `PJP000123`."""


def seat_id(text: str) -> SeatId:
    """`text` as a seat id, or IdentifierInvalid."""
    if not _SEAT.match(text):
        raise IdentifierInvalid(
            value=text[:60],
            why=Text(
                "シート ID は P と英大文字2字と数字6桁です。",
                "a seat id is P, two capitals, six digits.",
            ),
            field="seat",
        )
    return SeatId(text)


def corporate_number_check_digit(fundamental: str) -> int:
    """The digit before the 12 fundamental digits: 9 − (Σ Pn·Qn mod 9), n from the right.

    Source: 法人番号の指定等に関する省令2条; code list 9.7, scheme 0188. Used by 0221 as well.
    """
    total = sum(int(d) * (1 if n % 2 else 2) for n, d in enumerate(reversed(fundamental), start=1))
    return 9 - total % 9


def _corporate_number_fault(digits: str) -> Text | None:
    if not re.fullmatch(r"[0-9]{13}", digits):
        return Text("13桁の数字ではありません。", "it is not 13 digits.")
    if int(digits[0]) != corporate_number_check_digit(digits[1:]):
        return Text("検査数字が合いません。", "the check digit does not fit.")
    return None


def _issuer_fault(value: str) -> Text | None:
    if not re.fullmatch(r"[Tt][0-9]{13}", value):
        return Text("T と13桁の数字ではありません。", "it is not T and 13 digits.")
    return _corporate_number_fault(value[1:])


def _gln_fault(value: str) -> Text | None:
    if not re.fullmatch(r"[0-9]{13}", value):
        return Text("13桁の数字ではありません。", "it is not 13 digits.")
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(reversed(value[:-1]), start=1))
    if (10 - total % 10) % 10 != int(value[-1]):
        return Text("検査数字が合いません。", "the check digit does not fit.")
    return None


def _duns_fault(value: str) -> Text | None:
    if not re.fullmatch(r"[0-9]{9}", value):
        return Text("9桁の数字ではありません。", "it is not nine digits.")
    return None


def _spis_fault(value: str) -> Text | None:
    if not _SPIS.match(value):
        return Text("SPIS の書式ではありません。", "it does not have the form of SPIS.")
    return None


_SCHEME_CHECKS: Final = {
    CORPORATE_NUMBER: _corporate_number_fault,
    INVOICE_ISSUER: _issuer_fault,
    SERVICE_PROVIDER: _spis_fault,
    "0060": _duns_fault,
    "0088": _gln_fault,
}


@dataclass(frozen=True, slots=True, eq=False)
class ParticipantId:
    """`0221:T1234567890123`. Kept as written; compared without regard to case (POLICY 1)."""

    value: str

    def __post_init__(self) -> None:
        if not _PARTICIPANT.match(self.value):
            raise IdentifierInvalid(
                value=self.value[:160],
                why=Text(
                    "4桁の体系番号、コロン、1~130字の英数字と - . _ ~ で書きます。",
                    "four digits of scheme, a colon, then 1–130 of letters, digits and - . _ ~.",
                ),
                field="participant",
            )

    @classmethod
    def parse(cls, text: str) -> ParticipantId:
        """From `0188:…` or `iso6523-actorid-upis::0188:…`."""
        text = text.strip()
        prefix = PARTICIPANT_META_SCHEME + "::"
        return cls(text[len(prefix) :] if text.startswith(prefix) else text)

    @classmethod
    def of_corporate_number(cls, digits: str) -> ParticipantId:
        """Of a 法人番号 (13 digits); its check digit must fit."""
        return cls(f"{CORPORATE_NUMBER}:{digits}").check()

    @classmethod
    def of_registration_number(cls, number: str) -> ParticipantId:
        """Of a 登録番号 (T and 13 digits); its check digit must fit."""
        return cls(f"{INVOICE_ISSUER}:{number}").check()

    @property
    def scheme(self) -> str:
        """The four digits (ISO 6523 ICD)."""
        return self.value[:4]

    @property
    def number(self) -> str:
        """What follows the colon."""
        return self.value[5:]

    @property
    def uri(self) -> str:
        """`iso6523-actorid-upis::0188:…`."""
        return f"{PARTICIPANT_META_SCHEME}::{self.value}"

    @property
    def path_segment(self) -> str:
        """`uri`, percent-encoded for an SMP address."""
        return quote(self.uri, safe="")

    def fault(self) -> Text | None:
        """What is wrong with the number by the rules of its scheme; None when nothing is known."""
        check = _SCHEME_CHECKS.get(self.scheme)
        return check(self.number) if check else None

    def check(self) -> ParticipantId:
        """Itself, if `fault` finds nothing; else IdentifierInvalid."""
        fault = self.fault()
        if fault:
            raise IdentifierInvalid(value=self.value, why=fault, field="participant")
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParticipantId):
            return NotImplemented
        return self.value.lower() == other.value.lower()

    def __hash__(self) -> int:
        return hash(self.value.lower())

    def __str__(self) -> str:
        return self.value


def service_provider_address(seat: SeatId) -> ParticipantId:
    """Where a provider's MLS goes unless it says otherwise: `POP987654` → `0242:987654`."""
    return ParticipantId(f"{SERVICE_PROVIDER}:{seat[3:]}")


@dataclass(frozen=True, slots=True)
class DocumentTypeId:
    """`scheme::value`; value is `root namespace::local name##customization::version`.

    Compared exactly. `*` occurs only in registrations (`peppol.document_matching`).
    """

    scheme: str
    value: str

    def __post_init__(self) -> None:
        if self.scheme not in (DOCUMENT_SCHEME_EXACT, DOCUMENT_SCHEME_WILDCARD):
            raise _unusable(
                self.scheme,
                "document_type",
                "文書種別の体系が未知です。",
                "unknown document scheme.",
            )
        if not 1 <= len(self.value) <= 500 or not _NO_SPACE.match(self.value):
            raise _unusable(
                self.value,
                "document_type",
                "1~500字で空白なしです。",
                "1–500 characters, no blanks.",
            )

    @classmethod
    def parse(cls, text: str) -> DocumentTypeId:
        """From `scheme::value`."""
        scheme, separator, value = text.partition("::")
        if not separator or scheme not in (DOCUMENT_SCHEME_EXACT, DOCUMENT_SCHEME_WILDCARD):
            raise _unusable(
                text,
                "document_type",
                "「体系::値」の形ではありません。",
                "it is not “scheme::value”.",
            )
        return known_document_type(scheme, value)

    @classmethod
    def of(cls, namespace: str, local_name: str, customization: str, version: str = "2.1", *,
           scheme: str = DOCUMENT_SCHEME_WILDCARD) -> DocumentTypeId:  # fmt: skip
        """Put together from its parts."""
        return cls(scheme, f"{namespace}::{local_name}##{customization}::{version}")

    @property
    def uri(self) -> str:
        """`scheme::value`, as in AS4 Action (not percent-encoded)."""
        return f"{self.scheme}::{self.value}"

    @property
    def path_segment(self) -> str:
        """`uri`, percent-encoded for an SMP address."""
        return quote(self.uri, safe="")

    @property
    def parts(self) -> DocumentTypeParts:
        """The four parts of the value, or IdentifierInvalid."""
        return _parts_of(self.value)

    def __str__(self) -> str:
        return self.uri


@lru_cache(maxsize=256)
def _parts_of(value: str) -> DocumentTypeParts:
    root, mark, rest = value.partition("##")
    namespace, colons, local_name = root.rpartition("::")
    customization, more, version = rest.rpartition("::")
    if not (mark and colons and more and namespace and local_name and customization and version):
        raise _unusable(
            value,
            "document_type",
            "「名前空間::要素名##カスタマイズ::版」の形ではありません。",
            "it is not “namespace::name##customization::version”.",
        )
    return DocumentTypeParts(namespace, local_name, customization, version)


@dataclass(frozen=True, slots=True)
class DocumentTypeParts:
    """The parts of a document type value."""

    namespace: str
    local_name: str
    customization: str
    version: str


@dataclass(frozen=True, slots=True)
class ProcessId:
    """`cenbii-procid-ubl::urn:peppol:bis:billing`; compared exactly."""

    value: str
    scheme: str = PROCESS_SCHEME

    def __post_init__(self) -> None:
        if not 1 <= len(self.value) <= 200 or not _NO_SPACE.match(self.value):
            raise _unusable(
                self.value, "process", "1~200字で空白なしです。", "1–200 characters, no blanks."
            )
        if not 1 <= len(self.scheme) <= 50 or not _NO_SPACE.match(self.scheme):
            raise _unusable(
                self.scheme, "process", "体系が正しくありません。", "the scheme is wrong."
            )

    @classmethod
    def parse(cls, text: str) -> ProcessId:
        """From `scheme::value`."""
        scheme, separator, value = text.partition("::")
        if not separator:
            raise _unusable(
                text, "process", "「体系::値」の形ではありません。", "it is not “scheme::value”."
            )
        return cls(value, scheme)

    @property
    def uri(self) -> str:
        """`scheme::value`."""
        return f"{self.scheme}::{self.value}"

    def __str__(self) -> str:
        return self.uri


@lru_cache(maxsize=1024)
def known_participant(value: str) -> ParticipantId:
    """`ParticipantId(value)`, checked once for the few that most messages name."""
    return ParticipantId(value)


@lru_cache(maxsize=256)
def known_document_type(scheme: str, value: str) -> DocumentTypeId:
    """`DocumentTypeId(scheme, value)`, checked once for the few that most messages carry."""
    return DocumentTypeId(scheme, value)


@lru_cache(maxsize=256)
def known_process(value: str, scheme: str) -> ProcessId:
    """`ProcessId(value, scheme)`, checked once for the few that most messages carry."""
    return ProcessId(value, scheme)


def parse_service_reference(href: str) -> DocumentTypeId | None:
    """The document type in the last path segment of a ServiceGroup href; None if it is none."""
    try:
        return DocumentTypeId.parse(unquote(href.rsplit("/", 1)[-1]))
    except IdentifierInvalid:
        return None


def _unusable(value: str, field: str, ja: str, en: str) -> IdentifierInvalid:
    return IdentifierInvalid(value=value[:160], why=Text(ja, en), field=field)


UBL_INVOICE: Final = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
UBL_APPLICATION_RESPONSE: Final = (
    "urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2"
)

# Code list 9.7. There is no Japanese credit note type.
JP_INVOICE: Final = DocumentTypeId.of(UBL_INVOICE, "Invoice", "urn:peppol:pint:billing-1@jp-1")
JP_SELF_BILLING: Final = DocumentTypeId.of(
    UBL_INVOICE, "Invoice", "urn:peppol:pint:selfbilling-1@jp-1"
)
JP_NON_TAX_INVOICE: Final = DocumentTypeId.of(
    UBL_INVOICE, "Invoice", "urn:peppol:pint:nontaxinvoice-1@jp-1"
)
BILLING: Final = ProcessId("urn:peppol:bis:billing")
SELF_BILLING: Final = ProcessId("urn:peppol:bis:selfbilling")

INVOICE_RESPONSE: Final = DocumentTypeId.of(
    UBL_APPLICATION_RESPONSE,
    "ApplicationResponse",
    "urn:fdc:peppol.eu:poacc:trns:invoice_response:3",
    scheme=DOCUMENT_SCHEME_EXACT,
)
INVOICE_RESPONSE_PROCESS: Final = ProcessId("urn:fdc:peppol.eu:poacc:bis:invoice_response:3")
MESSAGE_LEVEL_RESPONSE: Final = DocumentTypeId.of(
    UBL_APPLICATION_RESPONSE,
    "ApplicationResponse",
    "urn:fdc:peppol.eu:poacc:trns:mlr:3",
    scheme=DOCUMENT_SCHEME_EXACT,
)
MESSAGE_LEVEL_STATUS: Final = DocumentTypeId.of(
    UBL_APPLICATION_RESPONSE,
    "ApplicationResponse",
    "urn:peppol:edec:mls:1.0",
    scheme=DOCUMENT_SCHEME_EXACT,
)
MESSAGE_LEVEL_STATUS_PROCESS: Final = ProcessId("urn:peppol:edec:mls")
REPORTING_PROCESS: Final = ProcessId("urn:fdc:peppol.eu:edec:bis:reporting:1.0")
TRANSACTION_STATISTICS: Final = DocumentTypeId.of(
    "urn:fdc:peppol:transaction-statistics-report:1.0",
    "TransactionStatisticsReport",
    "urn:fdc:peppol.eu:edec:trns:transaction-statistics-reporting:1.0",
    "1.0",
    scheme=DOCUMENT_SCHEME_EXACT,
)
END_USER_STATISTICS: Final = DocumentTypeId.of(
    "urn:fdc:peppol:end-user-statistics-report:1.1",
    "EndUserStatisticsReport",
    "urn:fdc:peppol.eu:edec:trns:end-user-statistics-report:1.1",
    "1.1",
    scheme=DOCUMENT_SCHEME_EXACT,
)
