"""Parsing small XML from strangers (SOAP headers, SMP answers, responses) into a checked tree.

No DTD and so no entities, no network, no processing instructions; comments are dropped before
anyone can read a text cut in two by one; caps on bytes, elements, depth and attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from peppol.errors import Text, XmlRefused


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """Caps of one document."""

    size: int = 256 * 1024
    elements: int = 5000
    depth: int = 100
    attributes: int = 5000


SMALL: Final = XmlLimits()


def parse(data: bytes, limits: XmlLimits = SMALL) -> etree._Element:
    """The root of `data`, or XmlRefused saying what is wrong."""
    if len(data) > limits.size:
        raise _refused("大きすぎます。", "it is too large.")
    if b"<!DOCTYPE" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data:
        raise _refused("DTD または UTF-8 以外です。", "it has a DTD or is not UTF-8.")
    # Attributes cost the parser more than anything else a small document may hold.
    if data.count(b"=") > 4 * limits.attributes or data.count(b"<") > 3 * limits.elements:
        raise _refused("要素か属性が多すぎます。", "too many elements or attributes.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise XmlRefused(
            why=Text(f"整形式ではありません({line}行)。", f"not well-formed (line {line})."),
            field=f"line {line}",
        ) from None
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.encoding not in (
        "UTF-8",
        "utf-8",
        "US-ASCII",
        None,
    ):
        raise _refused("DTD または UTF-8 以外です。", "it has a DTD or is not UTF-8.")
    _check_size(root, limits)
    return root


def _check_size(root: etree._Element, limits: XmlLimits) -> None:
    elements = attributes = 0
    level: list[etree._Element] = [root]
    depth = 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise _refused("入れ子が深すぎます。", "nested too deeply.")
        below: list[etree._Element] = []
        for element in level:
            elements += 1
            attributes += len(element.attrib)
            if elements > limits.elements or attributes > limits.attributes:
                raise _refused("要素か属性が多すぎます。", "too many elements or attributes.")
            if not isinstance(element.tag, str):
                raise _refused("処理命令があります。", "there is a processing instruction.")
            below.extend(element)
        level = below
    before = root.getprevious()
    after = root.getnext()
    if before is not None or after is not None:
        raise _refused("処理命令があります。", "there is a processing instruction.")


def text_of(element: etree._Element) -> str:
    """All the text of a leaf, stripped; XmlRefused if it is no leaf."""
    if len(element):
        raise _refused("値の中に要素があります。", "there is an element in a value.")
    return (element.text or "").strip()


def _refused(ja: str, en: str) -> XmlRefused:
    return XmlRefused(why=Text(ja, en))
