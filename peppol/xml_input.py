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
from typing import Final, TypeVar

from lxml import etree

from peppol.errors import Text, XmlRefused

T = TypeVar("T")

# What ordinary AS4 messages consist of. Nothing depends on this list but speed: a document of
# only these names leaves nothing new in the parser's dictionary.
_FAMILIAR: Final = frozenset(
    b"""
    S11 S12 SOAP-ENV env soap soapenv eb eb3 ebbp ds ec wsse wsse11 wsu xenc xenc11 xsd xsi xlink
    xml xmlns ns0 ns1 ns2 ns3 ns4 ns5 ns6 ns7 ns8 ns9 Envelope Header Body Security
    BinarySecurityToken EncodingType ValueType Id EncryptedKey EncryptionMethod Algorithm
    DigestMethod MGF KeyInfo SecurityTokenReference Reference URI CipherData CipherValue
    ReferenceList DataReference EncryptedData MimeType Type TokenType CipherReference Transforms
    Transform Signature SignedInfo CanonicalizationMethod InclusiveNamespaces PrefixList
    SignatureMethod DigestValue SignatureValue Messaging mustUnderstand UserMessage SignalMessage
    MessageInfo Timestamp MessageId RefToMessageId PartyInfo From To PartyId type Role
    CollaborationInfo AgreementRef Service Action ConversationId MessageProperties Property name
    PayloadInfo PartInfo href PartProperties mpc Receipt NonRepudiationInformation
    MessagePartNRInformation Error category errorCode origin refToMessageInError severity
    shortDescription Description ErrorDetail lang version encoding standalone
    http://www.w3.org/2003/05/soap-envelope http://schemas.xmlsoap.org/soap/envelope/
    http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/
    http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0 http://www.w3.org/1999/xlink
    http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd
    http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd
    http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd
    http://www.w3.org/2000/09/xmldsig# http://www.w3.org/2001/04/xmlenc#
    http://www.w3.org/2009/xmlenc11# http://www.w3.org/2001/10/xml-exc-c14n#
    http://www.w3.org/2001/XMLSchema http://www.w3.org/2001/XMLSchema-instance
    """.split()
)
_SPACED: Final = bytes.maketrans(b"=/:?", b"    ")
_MARKUP: Final = re.compile(rb"<([^>]*)>")
_SHORT_TEXT: Final = re.compile(rb">[^<]{1,3}<|>\s+<")
_ENTITY: Final = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)")
_SHORT_VALUES: Final = frozenset({b"", b"1", b"en", b"S12", b"eb", b"eb3", b"1.0"})


def is_familiar(data: bytes) -> bool:
    """Whether `data` leaves nothing new in the parser's dictionary: all its names, prefixes and
    namespaces are ones that every message has, and it has no text so short that it is kept there.

    Errs only to one side, whatever the bytes are. Without `<!` every `<` begins a tag, and with as
    many `>` every `>` ends one (none hides in a value); with only double quotes, every second
    piece of the markup is a value.
    """
    if (
        len(data) > 64 * 1024
        or b"'" in data
        or b"<!" in data
        or data.count(b"<") != data.count(b">")
        or _SHORT_TEXT.search(data)
        or (b"&" in data and _ENTITY.search(data))
    ):
        return False
    pieces = b" ".join(_MARKUP.findall(data)).split(b'"')
    outside, values = pieces[0::2], pieces[1::2]
    names = b" ".join(outside).translate(_SPACED).split()
    if not _FAMILIAR.issuperset(names):
        return False
    declared = {value for name, value in zip(outside, values, strict=False) if b"xmlns" in name}
    short = {value for value in values if len(value) < 4}
    return declared <= _FAMILIAR and short <= _SHORT_VALUES


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


class Strangers:
    """How much text from strangers the parsers of this process have taken in, in bytes.

    Until `allowance` is used up nobody needs to be looked at closely. What turns out to come from
    a trusted sender is given back (`was_trusted`), so in ordinary life the allowance never ends.
    """

    def __init__(self, allowance: int = 8 * 1024 * 1024) -> None:
        self.allowance = allowance
        self.taken = 0
        self._lock = threading.Lock()

    def take(self, data: bytes) -> bool:
        """Whether `data` may be parsed here without a closer look."""
        with self._lock:
            self.taken += len(data)
            return self.taken <= self.allowance

    def was_trusted(self, data: bytes) -> None:
        """`data` came from a sender we trust."""
        with self._lock:
            self.taken -= len(data)


STRANGERS: Final = Strangers()


def confined(data: bytes, act: Callable[[], T], strangers: Strangers = STRANGERS) -> T:
    """What `act` gives, which parses `data`: in a thread of its own if that is needed.

    libxml2 keeps every name it ever saw in a dictionary that lxml shares for a thread's whole
    life: strangers who invent names (or namespaces, or runs of white space) would fill the memory
    of a worker that never ends, 300 kB a message (measured). A thread's end frees it. So when
    strangers have used up their allowance, what has unusual names is parsed apart.

    Elements must not leave `act`: in another thread lxml does not find their prefixes when it
    canonicalises (measured: PrefixList silently ignored), so everything that reads the tree
    belongs inside.
    """
    if strangers.take(data) or is_familiar(data):
        return act()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as error:  # handed to the caller, whose it is
            errors.append(error)

    thread = threading.Thread(target=run, name="xml")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def parse(data: bytes, limits: XmlLimits = SMALL) -> etree._Element:
    """The root of `data`, or XmlRefused saying what is wrong. Call it inside `confined`."""
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
    declaration = 5 if data.startswith((b"<?xml ", b"\xef\xbb\xbf<?xml ")) else 0
    if data.find(b"<?", declaration) >= 0:
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
    # Each level but the last costs a tag to open it and one to close it.
    if angles > 2 * limits.depth and _deeper_than(limits.depth)(root):
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
