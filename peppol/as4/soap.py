"""The skeleton of a SOAP 1.2 message with WS-Security: which element is which.

Every element that later steps verify or use is found here once, by its fixed position, and handed
on as the element itself. References by id are resolved only among these (`Soap.by_id`), never by
searching the document: that is what makes signature wrapping pointless.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from cryptography import x509
from lxml import etree

from peppol.as4 import vocabulary as v
from peppol.as4.faults import AuthenticationFailed, HeaderInvalid, PolicyViolated
from peppol.errors import XmlRefused
from peppol.xml_input import XmlLimits, parse, text_of

ENVELOPE: Final = v.tag(v.S12, "Envelope")
HEADER: Final = v.tag(v.S12, "Header")
BODY: Final = v.tag(v.S12, "Body")
MUST_UNDERSTAND: Final = v.tag(v.S12, "mustUnderstand")
SECURITY: Final = v.tag(v.WSSE, "Security")
MESSAGING: Final = v.tag(v.EB, "Messaging")
TOKEN: Final = v.tag(v.WSSE, "BinarySecurityToken")
SIGNATURE: Final = v.tag(v.DS, "Signature")
ENCRYPTED_KEY: Final = v.tag(v.XENC, "EncryptedKey")
ENCRYPTED_DATA: Final = v.tag(v.XENC, "EncryptedData")
WSU_ID: Final = v.tag(v.WSU, "Id")
_IDS: Final = etree.XPath(
    "//@wsu:Id | //@Id | //@ID | //@id | //@xml:id",
    namespaces={"wsu": v.WSU},
    smart_strings=False,
)


@dataclass(frozen=True, slots=True)
class Soap:
    """The parts of one message. `data` is what was parsed."""

    data: bytes
    messaging: etree._Element
    body: etree._Element
    security: etree._Element | None
    tokens: dict[str, etree._Element]
    signature: etree._Element | None
    encrypted_key: etree._Element | None
    encrypted_data: etree._Element | None

    def by_id(self) -> dict[str, etree._Element]:
        """The two elements a signature may refer to, by their `wsu:Id`."""
        found: dict[str, etree._Element] = {}
        for element in (self.messaging, self.body):
            identifier = element.get(WSU_ID)
            if identifier:
                found[identifier] = element
        return found


def read_soap(data: bytes, *, cap: int, security_required: bool = True) -> Soap:
    """The skeleton of `data`, or HeaderInvalid.

    Steps: 1 parse without DTD, within caps; 2 no two elements share an id; 3 Envelope is Header
    and Body, nothing else; 4 Header is Security and Messaging, each once, nothing else; 5 Body is
    empty; 6 Security holds only what the profile has, each at most once.
    """
    # 1
    try:
        root = parse(data, XmlLimits(size=cap))
    except XmlRefused as error:
        raise HeaderInvalid(error.message_ja, error.message_en) from None
    # 2
    _check_ids(root)
    # 3
    if root.tag != ENVELOPE or [child.tag for child in root] != [HEADER, BODY]:
        raise HeaderInvalid("SOAP 1.2 の構造ではありません。", "not the structure of SOAP 1.2.")
    header, body = root
    if _has_text(root) or _has_text(header):
        raise HeaderInvalid("要素の間に文字があります。", "there is text between elements.")
    # 4
    blocks = {child.tag: child for child in header}
    wanted = {SECURITY, MESSAGING} if SECURITY in blocks or security_required else {MESSAGING}
    if set(blocks) != wanted or len(blocks) != len(header):
        raise HeaderInvalid(
            "ヘッダーは Security と Messaging だけです。",
            "headers are Security and Messaging only.",
        )
    messaging = blocks[MESSAGING]
    if security_required and messaging.get(MUST_UNDERSTAND) not in ("true", "1"):
        raise HeaderInvalid("mustUnderstand がありません。", "mustUnderstand is missing.")
    # 5
    if len(body) or (body.text or "").strip():
        raise HeaderInvalid("Body が空ではありません。", "Body is not empty.")
    # 6
    tokens: dict[str, etree._Element] = {}
    single: dict[object, etree._Element] = {}
    security = blocks.get(SECURITY)
    for child in security if security is not None else ():
        if child.tag == TOKEN:
            tokens[child.get(WSU_ID) or ""] = child
        elif child.tag in (SIGNATURE, ENCRYPTED_KEY, ENCRYPTED_DATA) and child.tag not in single:
            single[child.tag] = child
        else:
            raise HeaderInvalid(
                "Security に余分な要素があります。", "an unexpected element in Security."
            )
    if len(tokens) > 3 or "" in tokens:
        raise HeaderInvalid("証明書の要素が正しくありません。", "malformed certificate elements.")
    return Soap(
        data,
        messaging,
        body,
        security,
        tokens,
        single.get(SIGNATURE),
        single.get(ENCRYPTED_KEY),
        single.get(ENCRYPTED_DATA),
    )


def certificate_of(token: etree._Element) -> x509.Certificate:
    """The certificate in a BinarySecurityToken: one X.509 v3, not a chain (#X509PKIPathv1)."""
    if token.get("ValueType") != v.X509_V3 or token.get("EncodingType", v.BASE64) != v.BASE64:
        raise PolicyViolated("証明書の形式が違います。", "another kind of certificate token.")
    try:
        return _load(decode(token))
    except ValueError:
        raise AuthenticationFailed("証明書を読めません。", "unreadable certificate.") from None


@lru_cache(maxsize=512)
def _load(der: bytes) -> x509.Certificate:
    """The same few peers send most messages: their certificates are parsed once."""
    return x509.load_der_x509_certificate(der)


def decode(element: etree._Element) -> bytes:
    """The base64 value of a leaf. ValueError if it is not that."""
    try:
        return binascii.a2b_base64("".join(text_of(element).split()), strict_mode=True)
    except (binascii.Error, XmlRefused, UnicodeEncodeError, ValueError) as error:
        raise ValueError("base64") from error


def only(element: etree._Element, name: str) -> etree._Element:
    """The child called `name`, which must occur once; HeaderInvalid otherwise."""
    found = element.findall(name)
    if len(found) != 1:
        raise HeaderInvalid(
            "要素が欠けているか重複しています。", "an element is missing or occurs twice.",
            field=etree.QName(name).localname,
        )  # fmt: skip
    return found[0]


def exactly(element: etree._Element, *names: str) -> list[etree._Element]:
    """The children, which must be exactly `names` in this order; HeaderInvalid otherwise."""
    children = list(element)
    if [child.tag for child in children] != list(names):
        raise HeaderInvalid(
            "要素の構成が違います。", "another structure than the profile's.",
            field=etree.QName(element).localname,
        )  # fmt: skip
    return children


def value(element: etree._Element) -> str:
    """The text of a leaf; HeaderInvalid if it has children."""
    try:
        return text_of(element)
    except XmlRefused:
        raise HeaderInvalid("値の中に要素があります。", "an element inside a value.") from None


def _check_ids(root: etree._Element) -> None:
    found = cast(list[str], _IDS(root))
    if len(set(found)) != len(found):
        raise HeaderInvalid("同じ ID が二度あります。", "an id occurs twice.")


def _has_text(element: etree._Element) -> bool:
    return bool((element.text or "").strip()) or any((c.tail or "").strip() for c in element)
