"""What MLS and Invoice Response share: UBL 2.1 ApplicationResponse, read with care and written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from peppol.errors import ResponseInvalid, Text, XmlRefused
from peppol.identifiers import UBL_APPLICATION_RESPONSE
from peppol.xml_input import XmlLimits, parse, text_of

CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOT: Final = f"{{{UBL_APPLICATION_RESPONSE}}}ApplicationResponse"
LIMITS: Final = XmlLimits(size=5 * 1024 * 1024, elements=50_000, attributes=50_000)
_NAMES: Final = {"cac": CAC, "cbc": CBC}

Fault = Callable[[str, str, str], ResponseInvalid]
"""(rule or path, Japanese, English) → the error to raise."""


def fault_of(kind: str) -> Fault:
    """A maker of ResponseInvalid for documents of `kind`."""

    def make(field: str, ja: str, en: str) -> ResponseInvalid:
        return ResponseInvalid(kind=kind, why=Text(f"{field}: {ja}", f"{field}: {en}"), field=field)

    return make


class Reading:
    """A parsed ApplicationResponse and the questions asked of it."""

    def __init__(self, data: bytes, fault: Fault) -> None:
        self._fault = fault
        try:
            self.root = parse(data, LIMITS)
        except XmlRefused as error:
            raise fault("xml", error.message_ja, error.message_en) from None
        if self.root.tag != ROOT:
            raise fault("xml", "ApplicationResponse ではありません。", "no ApplicationResponse.")

    def all(self, path: str, within: etree._Element | None = None) -> list[etree._Element]:
        return (self.root if within is None else within).findall(path, _NAMES)

    def text(self, path: str, within: etree._Element | None = None) -> str | None:
        """Text at `path`: None if absent; more than one is refused."""
        found = self.all(path, within)
        if len(found) > 1:
            raise self._fault(path, "重複しています。", "it occurs more than once.")
        try:
            return text_of(found[0]) if found else None
        except XmlRefused as error:
            raise self._fault(path, error.message_ja, error.message_en) from None

    def attribute(self, path: str, name: str) -> str | None:
        found = self.all(path)
        return found[0].get(name) if found else None


def element(name: str, content: str | None, **attributes: str) -> str:
    """`<cbc:name …>content</cbc:name>`, or nothing when there is no content."""
    if content is None or content == "":
        return ""
    shown = "".join(f" {key}={quoteattr(text)}" for key, text in attributes.items())
    return f"<cbc:{name}{shown}>{escape(content)}</cbc:{name}>"


def document(content: str) -> bytes:
    """The whole ApplicationResponse around `content`."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ApplicationResponse xmlns="{UBL_APPLICATION_RESPONSE}" xmlns:cac="{CAC}"'
        f' xmlns:cbc="{CBC}">{content}</ApplicationResponse>\n'
    ).encode()
