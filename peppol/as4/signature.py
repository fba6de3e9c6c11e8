"""XML signatures of AS4: exactly one suite, references by identity.

Verifying answers with the references it checked; whoever uses a value afterwards takes it from
`Soap.messaging`, the very element whose digest was compared. Making works on text that is already
canonical (`canonical` in peppol.as4.writing), so nothing is parsed to be signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from peppol.as4 import vocabulary as v
from peppol.as4.faults import AuthenticationFailed, HeaderInvalid, PolicyViolated
from peppol.as4.soap import Soap, certificate_of, decode, exactly, only

DS_SIGNED_INFO: Final = v.tag(v.DS, "SignedInfo")
DS_VALUE: Final = v.tag(v.DS, "SignatureValue")
DS_KEY_INFO: Final = v.tag(v.DS, "KeyInfo")
DS_C14N: Final = v.tag(v.DS, "CanonicalizationMethod")
DS_METHOD: Final = v.tag(v.DS, "SignatureMethod")
DS_REFERENCE: Final = v.tag(v.DS, "Reference")
DS_TRANSFORMS: Final = v.tag(v.DS, "Transforms")
DS_TRANSFORM: Final = v.tag(v.DS, "Transform")
DS_DIGEST_METHOD: Final = v.tag(v.DS, "DigestMethod")
DS_DIGEST_VALUE: Final = v.tag(v.DS, "DigestValue")
INCLUSIVE: Final = v.tag(v.EXC_C14N, "InclusiveNamespaces")
TOKEN_REFERENCE: Final = v.tag(v.WSSE, "SecurityTokenReference")
REFERENCE: Final = v.tag(v.WSSE, "Reference")

_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()


@dataclass(frozen=True, slots=True)
class Reference:
    """One ds:Reference: what it points to, how it was transformed, its SHA-256."""

    uri: str
    transform: str
    digest: bytes
    prefixes: str | None = None
    """PrefixList of the transform, exactly as sent; None when it has none."""

    @property
    def digest_base64(self) -> str:
        return base64.b64encode(self.digest).decode("ascii")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature proved. `payload_digest` is still to be compared with the payload."""

    signer: x509.Certificate
    references: tuple[Reference, ...]
    payload_digest: bytes | None


def verify(soap: Soap, *, payload: str | None) -> Verified:
    """Verify the message's signature mathematically; whether the signer is trusted comes after.

    `payload` is the Content-ID of the attachment, None where there must be none (signals).
    Steps: 1 Signature has its three children; 2 KeyInfo names one token of this Security header;
    3 the suite is the accepted one; 4 the references are exactly Messaging, Body and payload, each
    once, nothing else; 5 digests of Messaging and Body fit the elements at their positions;
    6 the RSA signature over SignedInfo fits the token's key.
    Not checked: trust in the signer, the payload's digest.
    """
    if soap.signature is None:
        raise PolicyViolated("署名がありません。", "there is no signature.")
    # 1
    info, signature_value, key_info = exactly(soap.signature, DS_SIGNED_INFO, DS_VALUE, DS_KEY_INFO)
    # 2
    token = soap.tokens.get(direct_reference(key_info)[1:])
    if token is None:
        raise AuthenticationFailed("署名者の証明書がありません。", "no token of the signer.")
    signer = certificate_of(token)
    # 3
    children = list(info)
    if len(children) < 3 or [c.tag for c in children[:2]] != [DS_C14N, DS_METHOD]:
        raise HeaderInvalid("SignedInfo の構造が違います。", "malformed SignedInfo.")
    info_prefixes = _canonicalization(children[0])
    if children[1].get("Algorithm") != v.RSA_SHA256 or len(children[1]):
        raise PolicyViolated("署名方式が違います。", "another signature method.")
    # 4
    references = tuple(_reference(child) for child in children[2:])
    elements = soap.by_id()
    expected = {f"#{identifier}" for identifier in elements}
    if payload is not None:
        expected.add(f"cid:{payload}")
    if (
        len(elements) != 2
        or {reference.uri for reference in references} != expected
        or len(references) != len(expected)
    ):
        raise AuthenticationFailed(
            "署名の範囲が Messaging・Body・本体ではありません。",
            "the signature does not cover exactly Messaging, Body and payload.",
        )
    # 5
    payload_digest: bytes | None = None
    for reference in references:
        if reference.uri.startswith("cid:"):
            if reference.transform != v.ATTACHMENT_CONTENT:
                raise PolicyViolated("変換方式が違います。", "another transform.")
            payload_digest = reference.digest
            continue
        if reference.transform != v.EXC_C14N:
            raise PolicyViolated("変換方式が違います。", "another transform.")
        text = canonical(elements[reference.uri[1:]], reference.prefixes)
        if not hmac.compare_digest(hashlib.sha256(text).digest(), reference.digest):
            raise AuthenticationFailed("署名が合いません。", "the signature does not fit.")
    # 6
    try:
        public = signer.public_key()
    except (ValueError, UnsupportedAlgorithm):  # parsed only now: certificates are read lazily
        raise AuthenticationFailed("証明書を読めません。", "unreadable certificate.") from None
    if not isinstance(public, rsa.RSAPublicKey) or not 2048 <= public.key_size <= 8192:
        raise PolicyViolated("鍵の種類が違います。", "another kind of key.")
    try:
        public.verify(decode(signature_value), canonical(info, info_prefixes), _PKCS1, _SHA256)
    except (InvalidSignature, ValueError):
        raise AuthenticationFailed("署名が合いません。", "the signature does not fit.") from None
    return Verified(signer, references, payload_digest)


def canonical(element: etree._Element, prefixes: str | None) -> bytes:
    """Exclusive canonical form (without comments) of exactly this element."""
    try:
        return etree.tostring(
            element,
            method="c14n",
            exclusive=True,
            with_comments=False,
            inclusive_ns_prefixes=prefixes.split() if prefixes else None,
        )
    except (ValueError, TypeError, etree.LxmlError):
        raise HeaderInvalid("正規化できません。", "it cannot be canonicalised.") from None


def direct_reference(key_info: etree._Element) -> str:
    """`#id` of the token a KeyInfo refers to directly; PolicyViolated for other ways."""
    token_reference = only(key_info, TOKEN_REFERENCE)
    if len(key_info) != 1 or [child.tag for child in token_reference] != [REFERENCE]:
        raise PolicyViolated("証明書の参照方式が違います。", "another way to name the certificate.")
    uri = token_reference[0].get("URI", "")
    if not uri.startswith("#") or len(uri) < 2:
        raise PolicyViolated("証明書の参照方式が違います。", "another way to name the certificate.")
    return uri


def _canonicalization(method: etree._Element) -> str | None:
    if method.get("Algorithm") != v.EXC_C14N:
        raise PolicyViolated("正規化方式が違います。", "another canonicalisation.")
    return _prefixes(method)


def _prefixes(element: etree._Element) -> str | None:
    children = list(element)
    if not children:
        return None
    if len(children) != 1 or children[0].tag != INCLUSIVE or len(children[0]):
        raise PolicyViolated("正規化の引数が違います。", "unexpected canonicalisation parameters.")
    prefixes = children[0].get("PrefixList", "")
    if len(prefixes) > 500:
        raise PolicyViolated("正規化の引数が違います。", "unexpected canonicalisation parameters.")
    return prefixes


def _reference(element: etree._Element) -> Reference:
    if element.tag != DS_REFERENCE:
        raise HeaderInvalid("SignedInfo の構造が違います。", "malformed SignedInfo.")
    transforms, digest_method, digest_value = exactly(
        element, DS_TRANSFORMS, DS_DIGEST_METHOD, DS_DIGEST_VALUE
    )
    if [child.tag for child in transforms] != [DS_TRANSFORM]:
        raise PolicyViolated("変換が1つではありません。", "not exactly one transform.")
    if digest_method.get("Algorithm") != v.SHA256 or len(digest_method):
        raise PolicyViolated("要約方式が違います。", "another digest method.")
    algorithm = transforms[0].get("Algorithm", "")
    prefixes = _prefixes(transforms[0]) if algorithm == v.EXC_C14N else None
    if algorithm != v.EXC_C14N and len(transforms[0]):
        raise PolicyViolated("変換の引数が違います。", "unexpected transform parameters.")
    try:
        digest = decode(digest_value)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise AuthenticationFailed("署名が合いません。", "the signature does not fit.")
    return Reference(element.get("URI", ""), algorithm, digest, prefixes)


def read_references(elements: Sequence[etree._Element]) -> tuple[Reference, ...]:
    """The references of a receipt's non-repudiation information."""
    return tuple(_reference(element) for element in elements)


__all__ = [
    "Reference",
    "Verified",
    "canonical",
    "direct_reference",
    "read_references",
    "verify",
]
