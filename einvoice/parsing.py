"""From bytes to XML, hardened: no DTD, no entity, no network, no inclusion; bounded before parsing.

libxml2 reads the text; what it must not be asked to read is refused before. Comments and
processing instructions are dropped while parsing, which is twice as fast, except where one stands
inside a value: there XPath's text() sees several texts, some official rules stop on it (rule 7 of
"how the official stylesheets decide"), and so the pieces are kept in `Parsed.splits`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from einvoice.limits import Limits, Refusal
from einvoice.ubl import XSI

#: Text right after a comment, and right before one, once blanks are out. Both begin with a literal,
#: which `re` finds at memory speed; one pattern for both would cost more than parsing.
_BLANKS: Final = b" \t\r\n"
_TEXT_AFTER_COMMENT: Final = re.compile(rb"-->[^<]")
_TEXT_BEFORE_COMMENT: Final = re.compile(rb"<!--(?<!><!--)")
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_UTF32: Final = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"<\x00\x00\x00", b"\x00\x00\x00<")
_MAGIC: Final = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP / XLSX / DOCX"),
    (b"\xd0\xcf\x11\xe0", "XLS / DOC"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x1f\x8b", "gzip"),
    (b"{", "JSON"),
)

#: A longer xsi:schemaLocation is looked at with care.
MAX_SCHEMA_LOCATION: Final = 1_000
_XSI: Final = XSI.encode()
#: Behind text, instructions and comments, before the first element. Atomic: never looked at twice.
_DOCTYPE: Final = re.compile(rb"(?>[^<]++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)
_MAGIC_BYTES: Final = tuple(magic for magic, _ in _MAGIC)


@dataclass(frozen=True, slots=True)
class Parsed:
    """An XML document free of comments; `splits` has the text pieces around those there were."""

    root: etree._Element
    #: Bytes of the file.
    size: int
    splits: dict[etree._Element, list[str]] = field(default_factory=dict)
    #: True if the text needed no care: UTF-8 without comments, sections or character references
    #: beside text, and no attribute of XML Schema itself (xsi:…) below the root.
    is_plain: bool = False


def parse(data: bytes, limits: Limits) -> Parsed:
    """Parse one document. Raises `Refusal` with the reason."""
    _refuse_unfit(data, limits)
    careful = _needs_care(data)
    try:
        root = etree.fromstring(data, _CAREFUL if careful else _QUICK)
    except etree.XMLSyntaxError as error:
        raise _refusal(error, data, limits) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refusal("doctype", 1)
    if careful:
        return Parsed(root, len(data), _merge_texts(root))
    is_plain = not (b"&" in data and b"&#" in data) and _is_free_of_xsi(root, data)
    return Parsed(root, len(data), is_plain=is_plain)


def _parser(careful: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=not careful,
        remove_pis=not careful,
        remove_blank_text=not careful,
    )


_QUICK: Final = _parser(careful=False)
_CAREFUL: Final = _parser(careful=True)


def _needs_care(data: bytes) -> bool:
    """Whether a comment, an instruction or a CDATA section may stand beside text."""
    if data.startswith(_UTF16) or _has_instruction(data):
        return True
    if b"<!" not in data:
        return False
    dense = data.translate(None, _BLANKS)
    return (
        (b"[" in dense and b"<![CDATA[" in dense)
        or _TEXT_AFTER_COMMENT.search(dense) is not None
        or _TEXT_BEFORE_COMMENT.search(dense) is not None
    )


def _has_instruction(data: bytes) -> bool:
    """Whether there is "<?" behind the XML declaration; a lone "?" is found faster, and is rare."""
    start = data.find(b"?>", 5) + 2 if data.startswith((b"<?xml", _BOM)) else 5
    return data.find(b"?", start) >= 0 and data.find(b"<?", start) >= 0


def _is_free_of_xsi(root: etree._Element, data: bytes) -> bool:
    """No attribute of XML Schema itself, but a short xsi:schemaLocation on the root."""
    _, found, after = data.partition(_XSI)
    if not found:
        return True
    prefix = next((prefix for prefix, uri in root.nsmap.items() if uri == XSI), None)
    own = [name for name in root.attrib if str(name).startswith(f"{{{XSI}}}")]
    return (
        prefix is not None
        and _XSI not in after
        and data.count(f"{prefix}:".encode()) == len(own)
        and all(len(root.get(name) or "") <= MAX_SCHEMA_LOCATION for name in own)
    )


def _refuse_unfit(data: bytes, limits: Limits) -> None:
    if len(data) > limits.bytes:
        raise Refusal("too-large", None, size=len(data), limit=limits.bytes)
    if b"<" not in data and not data.strip(b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"):
        raise Refusal("empty")
    if data.startswith(_MAGIC_BYTES):
        kind = next(kind for magic, kind in _MAGIC if data.startswith(magic))
        raise Refusal("not-xml-but", None, kind=kind)
    if data.startswith(_UTF32):
        raise Refusal("encoding", 1, declared="UTF-32")
    # Two tags an element, and no element is shorter than "<a/>": small files need no count.
    if len(data) > 4 * limits.elements and data.count(b"<") > 2 * limits.elements + 1000:
        raise Refusal("too-many-elements", None, limit=limits.elements)
    if _has_doctype(data):
        raise Refusal("doctype", 1)


def _has_doctype(data: bytes) -> bool:
    """A document type declaration before the root element, in any encoding we read."""
    if data.startswith(_UTF16):
        data = data.replace(b"\x00", b"")
    return _DOCTYPE.match(data) is not None


def _refusal(error: etree.XMLSyntaxError, data: bytes, limits: Limits) -> Refusal:
    """The parser's complaint as one of our reasons."""
    text = error.msg or ""
    line = error.lineno or None
    if "Excessive depth" in text or "maximum depth" in text.lower():
        return Refusal("too-deep", line, limit=limits.depth)
    if b"\x00" in data and not data.startswith(_UTF16):
        return Refusal("nul", line)
    if "encoding" in text.lower() or "not proper utf-8" in text.lower():
        declared = re.search(rb"encoding\s*=\s*[\"']([^\"']+)", data[:200])
        name = declared[1].decode("ascii", "replace") if declared else "UTF-8"
        return Refusal("encoding", line, declared=name)
    if "huge" in text.lower() or "too long" in text.lower():
        return Refusal("attribute-too-long", line, limit=limits.attribute_length)
    if "<" not in data[:4096].decode("latin-1"):
        return Refusal("not-xml", line)
    return Refusal("not-well-formed", line, detail=text)


def text_pieces(element: etree._Element) -> list[str]:
    """The text nodes directly below an element, as XPath's text() has them."""
    pieces = [element.text or "", *(child.tail or "" for child in element)]
    return [piece for piece in pieces if piece]


def _merge_texts(root: etree._Element) -> dict[etree._Element, list[str]]:
    """Take comments and instructions out, remembering the texts they had parted."""
    splits: dict[etree._Element, list[str]] = {}
    for node in root.iter(etree.Comment, etree.ProcessingInstruction):
        parent = node.getparent()
        if parent is not None and parent not in splits:
            pieces = text_pieces(parent)
            if len(pieces) > 1:
                splits[parent] = pieces
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return splits
