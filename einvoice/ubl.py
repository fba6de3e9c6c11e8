"""UBL 2.1 as data: which element holds which, in which order, how often, with what kind of value.

The facts stand in `data/ubl-2.1.toml`; this module reads them and knows the dozen leaf data types
of the UBL schema modules (UnqualifiedDataTypes over the UN/CEFACT core component types): which
attributes each allows and which text it accepts.
"""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: Prefixes used in every path of this package and in the paths of findings.
PREFIXES: Mapping[str, str] = {
    "cac": CAC,
    "cbc": CBC,
    "ext": EXT,
    "ubl": INVOICE,
    "cn": CREDIT_NOTE,
}
#: The documents we know the schema of, by the name of their root.
ROOT_TYPES: Mapping[str, str] = {"ubl:Invoice": "Invoice", "cn:CreditNote": "CreditNote"}
_PREFIX_OF = {uri: prefix for prefix, uri in PREFIXES.items()}

#: White space as XML knows it; U+3000 and NBSP are text like any other.
BLANKS = " \t\r\n"

#: Allowed on any element by XML Schema itself.
ANYWHERE = frozenset({f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"})

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_DATE = re.compile(rf"(-?)([0-9]{{4,}})-([0-9]{{2}})-([0-9]{{2}}){_ZONE}")
_TIME = re.compile(
    rf"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?){_ZONE}"
)
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_BASE64_GAPS = re.compile(r"[ \t\r\n]+")


def is_decimal(text: str) -> bool:
    """xs:decimal: digits with at most one point, a sign, blanks around; no exponent."""
    return _DECIMAL.fullmatch(text.strip(BLANKS)) is not None


def is_date(text: str) -> bool:
    """xs:date: a day that exists, with or without a time zone."""
    # Remembered, since an invoice repeats few dates; never a long text, which would be kept.
    return _is_date(text) if len(text) <= 40 else _is_date(text.strip(BLANKS)[:41])


@lru_cache(maxsize=4096)
def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text.strip(BLANKS))
    if found is None:
        return False
    year, month, day = int(found[2]), int(found[3]), int(found[4])
    if len(found[2]) > 4 and found[2][0] == "0":
        return False
    # The Gregorian calendar repeats after 400 years, and `calendar` ends at 9999.
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(2000 + year % 400, month)[1]


def is_time(text: str) -> bool:
    """xs:time, with or without a time zone; 24:00:00 is midnight."""
    return _TIME.fullmatch(text.strip(BLANKS)) is not None


def is_boolean(text: str) -> bool:
    return text.strip(BLANKS) in {"true", "false", "1", "0"}


def is_base64(text: str) -> bool:
    return _BASE64.fullmatch(_BASE64_GAPS.sub("", text)) is not None


@dataclass(frozen=True, slots=True)
class LeafType:
    """A leaf's data type. `accepts` is None where any text will do."""

    name: str
    attributes: frozenset[str]
    required: str | None = None
    accepts: Callable[[str], bool] | None = None


_CODE = "listID listAgencyID listAgencyName listName listVersionID name languageID listURI"
_SCHEME = "schemeID schemeName schemeAgencyID schemeAgencyName schemeVersionID schemeDataURI"
_UNIT_LIST = "unitCodeListID unitCodeListAgencyID unitCodeListAgencyName"


def _leaf(
    name: str, attributes: str, accepts: Callable[[str], bool] | None = None, required: str = ""
) -> LeafType:
    return LeafType(name, frozenset(attributes.split()) | ANYWHERE, required or None, accepts)


_TEXT = _leaf("Text", "languageID languageLocaleID")
_IDENTIFIER = _leaf("Identifier", _SCHEME + " schemeURI")

#: By the last word of an element's name; longer words first where one ends another.
LEAF_TYPES: tuple[tuple[str, LeafType], ...] = (
    (
        "BinaryObject",
        _leaf(
            "BinaryObject",
            "format mimeCode encodingCode characterSetCode uri filename",
            is_base64,
            "mimeCode",
        ),
    ),
    ("Indicator", _leaf("Indicator", "", is_boolean)),
    ("Quantity", _leaf("Quantity", "unitCode " + _UNIT_LIST, is_decimal)),
    ("Measure", _leaf("Measure", "unitCode unitCodeListVersionID", is_decimal, "unitCode")),
    ("Numeric", _leaf("Numeric", "format", is_decimal)),
    ("Percent", _leaf("Percent", "format", is_decimal)),
    ("Amount", _leaf("Amount", "currencyID currencyCodeListVersionID", is_decimal, "currencyID")),
    ("Rate", _leaf("Rate", "format", is_decimal)),
    ("Code", _leaf("Code", _CODE + " listSchemeURI")),
    ("Date", _leaf("Date", "", is_date)),
    ("Time", _leaf("Time", "", is_time)),
    ("URI", _IDENTIFIER),
    ("ID", _IDENTIFIER),
)


@lru_cache(maxsize=4096)
def leaf_type(local_name: str) -> LeafType:
    """The data type of a cbc element, told by its representation term."""
    for ending, leaf in LEAF_TYPES:
        if local_name.endswith(ending):
            return leaf
    return _TEXT


def is_language(value: str) -> bool:
    """xs:language, the one attribute type whose values have a form of their own."""
    return _LANGUAGE.fullmatch(value.strip(BLANKS)) is not None


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in an aggregate: `type` names an aggregate, None means a leaf."""

    name: str
    type: str | None
    position: int
    repeatable: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The content of one UBL type, in schema order."""

    name: str
    slots: Mapping[str, Slot]
    required: frozenset[str] = field(default_factory=frozenset)


def _aggregate(name: str, words: str) -> Aggregate:
    slots: dict[str, Slot] = {}
    required = set()
    for position, word in enumerate(words.split()):
        mark = word[-1] if word[-1] in "?*+" else ""
        element, _, type_name = word.removesuffix(mark).partition(":")
        if element == "ext":
            element, type_name = "ext:UBLExtensions", "UBLExtensions"
        else:
            element = f"cac:{element}" if type_name else f"cbc:{element}"
        slots[element] = Slot(element, type_name or None, position, mark in ("*", "+"))
        if mark in ("", "+"):
            required.add(element)
    return Aggregate(name, slots, frozenset(required))


def _extensions() -> dict[str, Aggregate]:
    """ext:UBLExtensions; what stands in ExtensionContent is free."""
    leaves = "cbc:ID cbc:Name ext:ExtensionAgencyID ext:ExtensionAgencyName ext:ExtensionVersionID"
    leaves += " ext:ExtensionAgencyURI ext:ExtensionURI ext:ExtensionReasonCode ext:ExtensionReason"
    slots = {name: Slot(name, None, at, False) for at, name in enumerate(leaves.split())}
    content = Slot("ext:ExtensionContent", "ExtensionContent", len(slots), False)
    one = Slot("ext:UBLExtension", "UBLExtension", 0, True)
    return {
        "UBLExtensions": Aggregate("UBLExtensions", {one.name: one}, frozenset({one.name})),
        "UBLExtension": Aggregate(
            "UBLExtension", slots | {content.name: content}, frozenset({content.name})
        ),
    }


@cache
def aggregates() -> Mapping[str, Aggregate]:
    """Every aggregate an Invoice or a CreditNote can reach, by type name."""
    text = resources.files("einvoice").joinpath("data/ubl-2.1.toml").read_text("utf-8")
    table = tomllib.loads(text)["aggregates"]
    return {name: _aggregate(name, words) for name, words in table.items()} | _extensions()


@cache
def global_types() -> Mapping[str, str | None]:
    """Type of every element name; UBL gives one name one type wherever it stands."""
    return {slot.name: slot.type for kind in aggregates().values() for slot in kind.slots.values()}


@lru_cache(maxsize=4096)
def short_name(tag: str) -> str:
    """'{namespace}local' → 'cbc:local'; a foreign name stays as it is."""
    if tag[0] != "{":
        return tag
    uri, _, local = tag[1:].partition("}")
    prefix = _PREFIX_OF.get(uri)
    return f"{prefix}:{local}" if prefix else tag


def full_tag(name: str) -> str:
    """'cbc:ID' → '{namespace}ID'."""
    prefix, _, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"
