"""An XML schema for UBL 2.1 invoices and credit notes, written from our table, run by libxml2.

The schema answers one question at the speed of C: does UBL accept this document? Where it does
not, `einvoice/structure.py` says what, where and how to mend it. The schema texts exist in memory
only and come from `einvoice/ubl.py`, so there is no second list of UBL's elements.

The strict form of it accepts less: no value is blank, no attribute long. What it accepts needs no
second look in that regard (`einvoice/rules/clearance.py`).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from lxml import etree

from einvoice import ubl

_XS: Final = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
_NAMESPACES: Final = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in ubl.PREFIXES.items())
_HEAD: Final = f'<xs:schema {_XS} {_NAMESPACES} elementFormDefault="qualified"'

_BASES: Final = {
    "BinaryObject": "xs:base64Binary",
    "Indicator": "xs:boolean",
    "Quantity": "xs:decimal",
    "Measure": "xs:decimal",
    "Numeric": "xs:decimal",
    "Percent": "xs:decimal",
    "Amount": "xs:decimal",
    "Rate": "xs:decimal",
    "Date": "xs:date",
    "Time": "xs:time",
}
#: Characters in an attribute that the strict schema lets through.
MAX_PLAIN_ATTRIBUTE: Final = 1_000

_ATTRIBUTE_TYPES: Final = {
    "languageID": "xs:language",
    "uri": "xs:anyURI",
    "listURI": "xs:anyURI",
    "listSchemeURI": "xs:anyURI",
    "schemeDataURI": "xs:anyURI",
    "schemeURI": "xs:anyURI",
}


class _Texts(etree.Resolver):
    """Hands out our schema texts by name, and nothing else: no file, no network."""

    def __init__(self, strict: bool) -> None:
        super().__init__()
        self._strict = strict

    def resolve(self, url: str | None, pubid: str | None, context: Any) -> Any:
        return self.resolve_string(_text((url or "").rpartition("/")[2], self._strict), context)


@cache
def invoice_schema() -> etree.XMLSchema:
    """What UBL 2.1 accepts."""
    return _schema(strict=False)


@cache
def strict_schema() -> etree.XMLSchema:
    """What UBL 2.1 accepts, if no value is blank and no attribute longer than usual."""
    return _schema(strict=True)


def _schema(*, strict: bool) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Texts(strict))
    return etree.XMLSchema(etree.fromstring(_text("ubl", strict), parser))


def _text(name: str, strict: bool) -> str:
    prefix = name.removesuffix(".xsd")
    if prefix == "cbc":
        body = _leaves(strict)
    else:
        body = {"cac": _aggregates, "ext": _extensions, "ubl": _invoice, "cn": _credit_note}[
            prefix
        ]()
    imports = "".join(
        f'<xs:import namespace="{ubl.PREFIXES[other]}" schemaLocation="{other}.xsd"/>'
        for other in ("cbc", "cac", "ext", *(["cn"] if prefix == "ubl" else []))
        if other != prefix
    )
    return f'{_HEAD} targetNamespace="{ubl.PREFIXES[prefix]}">{imports}{body}</xs:schema>'


def _leaf_type(name: str, leaf: ubl.LeafType, strict: bool) -> str:
    attributes = ""
    for attribute in sorted(leaf.attributes - ubl.ANYWHERE):
        kind = _ATTRIBUTE_TYPES.get(attribute, "xs:string")
        use = "required" if attribute == leaf.required else "optional"
        kind = f"cbc:short-{kind[3:]}" if strict else kind
        attributes += f'<xs:attribute name="{attribute}" type="{kind}" use="{use}"/>'
    base = _BASES.get(leaf.name, "cbc:some-text" if strict else "xs:string")
    return (
        f'<xs:complexType name="{name}"><xs:simpleContent><xs:extension base="{base}">'
        f"{attributes}</xs:extension></xs:simpleContent></xs:complexType>"
    )


def _strict_types() -> str:
    short = "".join(
        f'<xs:simpleType name="short-{kind}"><xs:restriction base="xs:{kind}">'
        f'<xs:maxLength value="{MAX_PLAIN_ATTRIBUTE}"/></xs:restriction></xs:simpleType>'
        for kind in ("string", "language", "anyURI")
    )
    # A token has no outer blanks, so that its length counts what is not blank.
    return short + (
        '<xs:simpleType name="some-text"><xs:restriction base="xs:token">'
        '<xs:minLength value="1"/></xs:restriction></xs:simpleType>'
    )


def _leaf_elements(prefix: str) -> str:
    names = sorted(
        name
        for name, kind in ubl.global_types().items()
        if kind is None and name.startswith(f"{prefix}:")
    )
    return "".join(
        f'<xs:element name="{local}" type="cbc:{ubl.leaf_type(local).name}"/>'
        for local in (name.partition(":")[2] for name in names)
    )


def _leaves(strict: bool) -> str:
    kinds = {leaf.name: leaf for _, leaf in ubl.LEAF_TYPES} | {"Text": ubl.leaf_type("")}
    types = "".join(_leaf_type(name, leaf, strict) for name, leaf in kinds.items())
    return (_strict_types() if strict else "") + types + _leaf_elements("cbc")


def _content(aggregate: ubl.Aggregate) -> str:
    content = ""
    for slot in aggregate.slots.values():
        least, most = int(slot.name in aggregate.required), "unbounded" if slot.repeatable else "1"
        content += f'<xs:element ref="{slot.name}" minOccurs="{least}" maxOccurs="{most}"/>'
    return content


def _complex_type(aggregate: ubl.Aggregate) -> str:
    sequence = f"<xs:sequence>{_content(aggregate)}</xs:sequence>"
    return f'<xs:complexType name="{aggregate.name}">{sequence}</xs:complexType>'


def _aggregates() -> str:
    outside = {*ubl.ROOT_TYPES.values(), "UBLExtensions", "UBLExtension"}
    inside = [a for name, a in ubl.aggregates().items() if name not in outside]
    types = "".join(_complex_type(aggregate) for aggregate in inside)
    elements = ""
    for name, kind in ubl.global_types().items():
        prefix, _, local = name.partition(":")
        if kind is not None and prefix == "cac":
            elements += f'<xs:element name="{local}" type="cac:{kind}"/>'
    return types + elements


def _extensions() -> str:
    types = "".join(
        _complex_type(ubl.aggregates()[name]) for name in ("UBLExtensions", "UBLExtension")
    )
    return (
        types
        + _leaf_elements("ext")
        + '<xs:element name="UBLExtensions" type="ext:UBLExtensions"/>'
        + '<xs:element name="UBLExtension" type="ext:UBLExtension"/>'
        + '<xs:element name="ExtensionContent"><xs:complexType><xs:sequence>'
        + '<xs:any namespace="##other" processContents="lax"/>'
        + "</xs:sequence></xs:complexType></xs:element>"
    )


def _invoice() -> str:
    return _complex_type(ubl.aggregates()["Invoice"]) + (
        '<xs:element name="Invoice" type="ubl:Invoice"/>'
    )


def _credit_note() -> str:
    return _complex_type(ubl.aggregates()["CreditNote"]) + (
        '<xs:element name="CreditNote" type="cn:CreditNote"/>'
    )
