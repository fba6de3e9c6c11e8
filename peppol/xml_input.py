"""Parsing small XML from strangers (SOAP headers, SMP answers, responses) into a checked tree.

No DTD and so no entities, no network, no processing instructions; comments are dropped before
anyone can read a text cut in two by one; caps on bytes, elements, depth and attributes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
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
_DECLARED: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._\-]*)["']"""
)
_threads: Final = threading.local()


def _parser() -> etree.XMLParser:
    """This thread's parser (making one costs more than a small document)."""
    parser: etree.XMLParser | None = getattr(_threads, "parser", None)
    if parser is None:
        parser = _threads.parser = etree.XMLParser(
            encoding="utf-8",  # whatever the document claims: checked above to agree
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=False,
            collect_ids=False,
        )
    return parser


def parse(data: bytes, limits: XmlLimits = SMALL) -> etree._Element:
    """The root of `data`, or XmlRefused saying what is wrong."""
    if len(data) > limits.size:
        raise _refused("大きすぎます。", "it is too large.")
    # In UTF-8 these bytes mean what they say, so the text is decided before the parser sees it.
    declared = _DECLARED.match(data)
    if (
        b"<!DOCTYPE" in data
        or b"\x00" in data
        or data[:2] in (b"\xff\xfe", b"\xfe\xff")
        or (declared is not None and declared[1].upper() not in (b"UTF-8", b"UTF8", b"US-ASCII"))
    ):
        raise _refused("DTD または UTF-8 以外です。", "it has a DTD or is not UTF-8.")
    # Only the XML declaration may begin with “<?”; what else does is a processing instruction
    # (or looks like one inside a comment, which nobody needs either).
    if data.count(b"<?") > data.startswith((b"<?xml ", b"\xef\xbb\xbf<?xml ")):
        raise _refused("処理命令があります。", "there is a processing instruction.")
    # Attributes cost the parser more than anything else a small document may hold. An element has
    # one “<” at least and an attribute one “=”: under the caps, there is nothing to count.
    angles, equals = data.count(b"<"), data.count(b"=")
    if equals > 4 * limits.attributes or angles > 3 * limits.elements:
        raise _refused("要素か属性が多すぎます。", "too many elements or attributes.")
    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        raise XmlRefused(
            why=Text(f"整形式ではありません({line}行)。", f"not well-formed (line {line})."),
            field=f"line {line}",
        ) from None
    if angles > limits.elements or equals > limits.attributes:
        _count(root, limits)
    if _deeper_than(limits.depth)(root):
        raise _refused("入れ子が深すぎます。", "nested too deeply.")
    return root


@lru_cache(maxsize=8)
def _deeper_than(depth: int) -> Callable[[etree._Element], object]:
    """A compiled question: is there an element below level `depth`? Asked in C."""
    return etree.XPath("boolean(" + "/*" * (depth + 1) + ")")


def _count(root: etree._Element, limits: XmlLimits) -> None:
    attributes = 0
    for elements, element in enumerate(root.iter(), start=1):
        attributes += len(element.attrib)
        if elements > limits.elements or attributes > limits.attributes:
            raise _refused("要素か属性が多すぎます。", "too many elements or attributes.")


def text_of(element: etree._Element) -> str:
    """All the text of a leaf, stripped; XmlRefused if it is no leaf."""
    if len(element):
        raise _refused("値の中に要素があります。", "there is an element in a value.")
    return (element.text or "").strip()


def _refused(ja: str, en: str) -> XmlRefused:
    return XmlRefused(why=Text(ja, en))
