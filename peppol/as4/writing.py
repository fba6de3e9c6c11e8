"""Writing XML that is already in exclusive canonical form (W3C xml-exc-c14n §3, C14N 1.0 §2.3).

What is digested is the very text that is sent; tests compare every template with lxml's c14n.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from os import urandom
from typing import Final
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from peppol.as4 import vocabulary as v
from peppol.as4.signature import Reference
from peppol.keys import AccessPointKey

_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_ATTRIBUTE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)

# Nearly nothing has such a character, and to look costs a tenth of translating.
_ESCAPED: Final = re.compile(r"[&<>\"\t\n\r]")


def text(content: str) -> str:
    """Character data, canonically escaped."""
    return content.translate(_TEXT) if _ESCAPED.search(content) else content


def attribute(content: str) -> str:
    """An attribute value, canonically escaped."""
    return content.translate(_ATTRIBUTE) if _ESCAPED.search(content) else content


def instant_text(instant: datetime) -> str:
    """`2026-11-23T03:00:00.000Z`."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def new_id(kind: str) -> str:
    """A fresh element id (an NCName)."""
    return f"{kind}-{urandom(16).hex()}"


def new_message_id() -> str:
    """A fresh MessageId in the form of RFC 2822."""
    return f"{uuid4()}@warifu"


def empty_body(element_id: str) -> str:
    """The empty S12:Body, canonical."""
    return (
        f'<S12:Body xmlns:S12="{v.S12}" xmlns:wsu="{v.WSU}" wsu:Id="{attribute(element_id)}">'
        "</S12:Body>"
    )


def reference_to(element_id: str, canonical_text: str) -> Reference:
    """A reference to an element written in canonical form."""
    return Reference(f"#{element_id}", v.EXC_C14N, sha256(canonical_text.encode()).digest())


def reference_text(reference: Reference, *, declare: bool = False) -> str:
    """ds:Reference, canonical under a parent with the ds prefix (`declare` if it has none)."""
    namespace = f' xmlns:ds="{v.DS}"' if declare else ""
    prefixes = ""
    if reference.prefixes is not None:
        prefixes = (
            f'<ec:InclusiveNamespaces xmlns:ec="{v.EXC_C14N}"'
            f' PrefixList="{attribute(reference.prefixes)}"></ec:InclusiveNamespaces>'
        )
    return (
        f'<ds:Reference{namespace} URI="{attribute(reference.uri)}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{attribute(reference.transform)}">{prefixes}</ds:Transform>'
        f'</ds:Transforms><ds:DigestMethod Algorithm="{v.SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue>{reference.digest_base64}</ds:DigestValue></ds:Reference>"
    )


@lru_cache(maxsize=64)
def _base64_of(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")


def token_text(certificate: x509.Certificate, element_id: str) -> str:
    """A BinarySecurityToken holding `certificate`."""
    return (
        f'<wsse:BinarySecurityToken EncodingType="{v.BASE64}" ValueType="{v.X509_V3}"'
        f' wsu:Id="{element_id}">{_base64_of(certificate)}</wsse:BinarySecurityToken>'
    )


def token_reference(element_id: str) -> str:
    """A direct reference to a BinarySecurityToken."""
    return (
        f'<wsse:SecurityTokenReference><wsse:Reference URI="#{element_id}"'
        f' ValueType="{v.X509_V3}"/></wsse:SecurityTokenReference>'
    )


def signature_text(references: Sequence[Reference], key: AccessPointKey, token_id: str) -> str:
    """ds:Signature over `references`, made with `key`."""
    signed_info = (
        f'<ds:SignedInfo xmlns:ds="{v.DS}"><ds:CanonicalizationMethod Algorithm="{v.EXC_C14N}">'
        f'</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{v.RSA_SHA256}">'
        f"</ds:SignatureMethod>{''.join(map(reference_text, references))}</ds:SignedInfo>"
    )
    value = b64encode(key.sign(signed_info.encode())).decode("ascii")
    return (
        f'<ds:Signature xmlns:ds="{v.DS}" Id="{new_id("SIG")}">{signed_info}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue>"
        f"<ds:KeyInfo>{token_reference(token_id)}</ds:KeyInfo></ds:Signature>"
    )


def envelope_text(security: str, messaging: str, body: str) -> bytes:
    """The whole SOAP message; `security` is the content of wsse:Security, empty for none."""
    header = ""
    if security:
        header = (
            f'<wsse:Security xmlns:wsse="{v.WSSE}" xmlns:wsu="{v.WSU}"'
            f' S12:mustUnderstand="true">{security}</wsse:Security>'
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><S12:Envelope xmlns:S12="{v.S12}">'
        f"<S12:Header>{header}{messaging}</S12:Header>{body}</S12:Envelope>"
    ).encode()
