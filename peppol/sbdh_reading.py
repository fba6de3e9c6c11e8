"""Opening an envelope without building a tree of what is inside.

The header is a few kilobytes, the document may be 100 MB. expat walks the bytes once; only header
elements are kept, and the document is cut out by byte position, so that it stays exactly what the
sender wrote. Refused: DTD (so no entities), encodings other than UTF-8, processing instructions
before the document, a header over its caps, anything after the document.

Not checked here: what the document says. Its reader has its own limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol
from xml.parsers import expat

from peppol.errors import Text, XmlRefused
from peppol.sbdh import NAMESPACE, Element, Header, header_of, invalid

_SEPARATOR: Final = " "
_OURS: Final = NAMESPACE + _SEPARATOR
_OURS_LENGTH: Final = len(_OURS)
_CHUNK: Final = 2 * 1024
"""A header's length or so: what of a chunk follows the root's tag expat reads for nothing."""
_TAG_NAME: Final = re.compile(rb"<[^\s/>]+")


class ByteSource(Protocol):
    """Anything that gives bytes piece by piece: a file, a pipe, a decompressor."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class EnvelopeLimits:
    """Caps of reading. Bytes, levels, elements."""

    header_bytes: int = 256 * 1024
    header_elements: int = 2000
    depth: int = 100
    envelope_bytes: int = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known at the first tag of the document."""

    header: Header
    payload_namespace: str
    payload_name: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope; `payload` is the business document's own bytes."""

    header: Header
    payload: bytes
    payload_namespace: str
    payload_name: str


class _Reached(Exception):
    """The document begins: the header is complete."""


class _Walk:
    """State of one pass over an envelope."""

    def __init__(self, limits: EnvelopeLimits, *, to_the_end: bool) -> None:
        self.deepest, self.most = limits.depth, limits.header_elements
        self.to_the_end = to_the_end
        self.parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.parser.ordered_attributes = False
        self.parser.buffer_text = True
        self.depth = 0
        self.elements = 0
        self.stack: list[Element] = []
        self.opening: Opening | None = None
        self.header: Header | None = None
        self.inherited: dict[str | None, str] = {}
        self.declared: dict[str | None, str] = {}
        self.own: frozenset[str | None] = frozenset()
        self.start_at = -1
        self.end_at = -1
        self.ended = False
        p = self.parser
        p.XmlDeclHandler = self._declaration
        p.StartDoctypeDeclHandler = self._doctype
        p.ProcessingInstructionHandler = self._instruction
        if to_the_end:
            p.StartNamespaceDeclHandler = self._namespace
        p.StartElementHandler = self._start
        p.EndElementHandler = self._end
        p.CharacterDataHandler = self._text

    def feed(self, data: bytes, *, final: bool) -> None:
        try:
            self.parser.Parse(data, final)
        except expat.ExpatError as error:
            raise XmlRefused(
                why=Text(
                    f"整形式ではありません({error.lineno}行{error.offset}桁)。",
                    f"not well-formed (line {error.lineno}, column {error.offset}).",
                ),
                field=f"line {error.lineno}",
            ) from None

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.upper() not in ("UTF-8", "UTF8", "US-ASCII"):
            _refuse("UTF-8 ではありません。", "it is not UTF-8.")

    def _doctype(self, *_: object) -> NoReturn:
        _refuse("DTD があります。", "there is a DTD.")

    def _instruction(self, *_: object) -> None:
        if self.opening is None:
            _refuse("処理命令があります。", "there is a processing instruction.")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self.declared[prefix] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth = depth = self.depth + 1
        stack = self.stack
        if stack and depth <= self.deepest and name.startswith(_OURS):
            # The usual case, once for every header element.
            self.elements += 1
            if self.elements <= self.most:
                element = Element(name[_OURS_LENGTH:], attributes)
                stack[-1].children.append(element)
                stack.append(element)
                return
        if depth > self.deepest:
            _refuse("入れ子が深すぎます。", "nested too deeply.")
        if self.opening is not None:
            if self.depth == 2:
                raise invalid("", "文書が2つ以上あります。", "more than one document.")
            return
        namespace, _, local = name.rpartition(_SEPARATOR)
        if self.depth == 1:
            if (namespace, local) != (NAMESPACE, "StandardBusinessDocument"):
                raise invalid(
                    "", "StandardBusinessDocument ではありません。", "no StandardBusinessDocument."
                )
            self.inherited, self.declared = self.declared, {}
            return
        if self.depth == 2 and self.header is not None:
            self._document(namespace, local)
            return
        if namespace != NAMESPACE:
            raise invalid(
                local, "ヘッダーに他の名前空間の要素があります。", "foreign element in the header."
            )
        if self.depth == 2 and local != "StandardBusinessDocumentHeader":
            raise invalid(local, "ヘッダーがありません。", "the header is missing.")
        if self.elements > self.most:
            _refuse("ヘッダーの要素が多すぎます。", "too many header elements.")
        self.stack.append(Element(local, attributes))

    def _document(self, namespace: str, local: str) -> None:
        assert self.header is not None
        self.header.check_payload(namespace, local)
        self.opening = Opening(self.header, namespace, local)
        if not self.to_the_end:
            raise _Reached
        self.start_at = self.parser.CurrentByteIndex
        self.own = frozenset(self.declared)
        self.parser.StartNamespaceDeclHandler = None
        self.parser.CharacterDataHandler = None

    def _end(self, _name: str) -> None:
        if self.ended and self.end_at < 0:
            self._mark_end()
        self.depth -= 1
        if self.opening is not None:
            if self.depth == 1 and not self.ended:
                # The end tag's own end is where the next event begins.
                self.ended = True
                self.parser.CharacterDataHandler = self._after
                self.parser.CommentHandler = self._after_comment
            return
        if self.stack:
            done = self.stack.pop()
            if not self.stack:
                self.header = header_of(done)
                self.declared = {}

    def _text(self, text: str) -> None:
        if self.stack:
            self.stack[-1].texts.append(text)
        elif text.strip():
            raise invalid("", "要素の外に文字があります。", "text outside elements.")

    def _mark_end(self) -> None:
        if self.end_at < 0:
            self.end_at = self.parser.CurrentByteIndex

    def _after(self, text: str) -> None:
        # buffer_text may deliver text of *inside* the document's last element late: the handler
        # was absent then, so nothing is buffered and this is what follows the document.
        self._mark_end()
        if text.strip():
            raise invalid("", "文書の後に文字があります。", "text after the document.")

    def _after_comment(self, _text: str) -> None:
        self._mark_end()


def read_opening(source: ByteSource, limits: EnvelopeLimits | None = None) -> Opening:
    """The header and the document's root name, reading no further than the root's tag.

    `source` is left somewhere inside the document. Raises EnvelopeInvalid or XmlRefused.
    """
    limits = limits or EnvelopeLimits()
    walk = _Walk(limits, to_the_end=False)
    taken = 0
    try:
        while chunk := source.read(_CHUNK):
            if not taken:
                _check_start(chunk)
            taken += len(chunk)
            walk.feed(chunk, final=False)
            if taken > limits.header_bytes:
                _refuse("ヘッダーが大きすぎます。", "the header is too large.")
        walk.feed(b"", final=True)
    except _Reached:
        assert walk.opening is not None
        return walk.opening
    finally:
        _release(walk)
    raise invalid("", "文書が入っていません。", "there is no document inside.")


def open_envelope(data: bytes, limits: EnvelopeLimits | None = None) -> Envelope:
    """Header and document of a whole envelope. Raises EnvelopeInvalid or XmlRefused.

    One pass; needs memory for `data` and the document cut out of it, nothing more.
    """
    limits = limits or EnvelopeLimits()
    if len(data) > limits.envelope_bytes:
        _refuse("大きすぎます。", "it is too large.")
    if not data:
        _refuse("空です。", "it is empty.")
    _check_start(data)
    walk = _Walk(limits, to_the_end=True)
    try:
        walk.feed(data, final=True)
    finally:
        _release(walk)
    if walk.opening is None:
        raise invalid("", "文書が入っていません。", "there is no document inside.")
    if walk.start_at > limits.header_bytes:
        _refuse("ヘッダーが大きすぎます。", "the header is too large.")
    span = data[walk.start_at : walk.end_at].rstrip(b" \t\r\n")  # white space before </…Document>
    payload = _standalone(span, walk.inherited, walk.own)
    opening = walk.opening
    return Envelope(opening.header, payload, opening.payload_namespace, opening.payload_name)


def _standalone(
    payload: bytes, inherited: dict[str | None, str], own: frozenset[str | None]
) -> bytes:
    """The document with the envelope's namespace declarations it relies on.

    Untouched in the usual case where its root declares all it uses. A prefix of the envelope is
    added when `prefix:` occurs in the document at all (it may stand in a value, as in xsi:type).
    """
    added = b""
    for prefix, uri in inherited.items():
        if prefix in own or prefix == "xml":
            continue
        name = prefix.encode() if prefix else b""
        if prefix and name + b":" not in payload:
            continue
        attribute = b"xmlns:" + name if prefix else b"xmlns"
        value = uri.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode()
        added += b" " + attribute + b'="' + value + b'"'
    if not added:
        return payload
    tag = _TAG_NAME.match(payload)
    assert tag is not None
    return payload[: tag.end()] + added + payload[tag.end() :]


def _check_start(data: bytes) -> None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]:
        _refuse("UTF-8 ではありません。", "it is not UTF-8.")


def _release(walk: _Walk) -> None:
    """Cut the cycle parser → handlers → walk → parser, so that memory goes at once."""
    handlers = (
        "XmlDeclHandler", "StartDoctypeDeclHandler", "ProcessingInstructionHandler",
        "StartNamespaceDeclHandler", "StartElementHandler", "EndElementHandler",
        "CharacterDataHandler", "CommentHandler",
    )  # fmt: skip
    clear: Callable[[str], None] = lambda name: setattr(walk.parser, name, None)  # noqa: E731
    for name in handlers:
        clear(name)


def _refuse(ja: str, en: str) -> NoReturn:
    raise XmlRefused(why=Text(ja, en))
