"""The payload's encryption: AES-128-GCM under a key wrapped by RSA-OAEP (SHA-256, MGF1-SHA-256).

On the wire: 12 bytes nonce, ciphertext, 16 bytes tag. Decrypting is a stream, so that 100 MB need
no 100 MB; nothing of it counts before `finish` has compared the tag.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import (
    AEADDecryptionContext,
    Cipher,
    algorithms,
    modes,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from peppol.as4 import vocabulary as v
from peppol.as4.faults import DecryptionFailed, HeaderInvalid, PolicyViolated
from peppol.as4.signature import REFERENCE, TOKEN_REFERENCE
from peppol.as4.soap import Soap, decode, exactly, only
from peppol.keys import AccessPointKey, UnwrapFailed

METHOD: Final = v.tag(v.XENC, "EncryptionMethod")
KEY_INFO: Final = v.tag(v.DS, "KeyInfo")
CIPHER_DATA: Final = v.tag(v.XENC, "CipherData")
CIPHER_VALUE: Final = v.tag(v.XENC, "CipherValue")
CIPHER_REFERENCE: Final = v.tag(v.XENC, "CipherReference")
REFERENCE_LIST: Final = v.tag(v.XENC, "ReferenceList")
DATA_REFERENCE: Final = v.tag(v.XENC, "DataReference")
XENC_TRANSFORMS: Final = v.tag(v.XENC, "Transforms")
TRANSFORM: Final = v.tag(v.DS, "Transform")
DIGEST_METHOD: Final = v.tag(v.DS, "DigestMethod")
MGF: Final = v.tag(v.XENC11, "MGF")

NONCE: Final = 12
TAG: Final = 16
KEY: Final = 16

_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """What the header says of the encryption, structure and algorithms checked."""

    wrapped: bytes
    payload: str
    """Content-ID of the encrypted attachment."""


def read_encryption(soap: Soap, recipient: bytes) -> WrappedKey:
    """The message's encryption, or why it is not the profile's. `recipient`: our certificate, DER.

    Steps: 1 EncryptedKey: OAEP with SHA-256 and MGF1-SHA-256, nothing else; if it names a token,
    the token is our certificate (another recipient's message costs us no RSA); 2 it lists exactly
    this EncryptedData; 3 EncryptedData: AES-128-GCM, attachment content only, under that key;
    4 it points to one attachment by the ciphertext transform.
    """
    if soap.encrypted_key is None or soap.encrypted_data is None:
        raise PolicyViolated("暗号化されていません。", "it is not encrypted.")
    # 1
    key, data = soap.encrypted_key, soap.encrypted_data
    method, key_info, cipher, references = exactly(
        key, METHOD, KEY_INFO, CIPHER_DATA, REFERENCE_LIST
    )
    parameters = {child.tag: child.get("Algorithm") for child in method}
    if method.get("Algorithm") != v.RSA_OAEP or parameters != {
        DIGEST_METHOD: v.SHA256,
        MGF: v.MGF1_SHA256,
    }:
        raise PolicyViolated("鍵の暗号化方式が違います。", "another key encryption.")
    (cipher_value,) = exactly(cipher, CIPHER_VALUE)
    _check_recipient(soap, key_info, recipient)
    # 2
    (listed,) = exactly(references, DATA_REFERENCE)
    if not data.get("Id") or listed.get("URI") != f"#{data.get('Id')}":
        raise HeaderInvalid("暗号の参照が違います。", "the key refers to something else.")
    # 3
    data_method, data_key, data_cipher = exactly(data, METHOD, KEY_INFO, CIPHER_DATA)
    if (
        data_method.get("Algorithm") != v.AES128_GCM
        or len(data_method)
        or data.get("Type") != v.ATTACHMENT_CONTENT_ONLY
    ):
        raise PolicyViolated("本体の暗号化方式が違います。", "another payload encryption.")
    if not key.get("Id") or _key_reference(data_key) != f"#{key.get('Id')}":
        raise HeaderInvalid("暗号の参照が違います。", "the data refers to another key.")
    # 4
    (reference,) = exactly(data_cipher, CIPHER_REFERENCE)
    transforms = [child.get("Algorithm") for child in only(reference, XENC_TRANSFORMS)]
    if len(reference) != 1 or transforms != [v.ATTACHMENT_CIPHERTEXT]:
        raise PolicyViolated("変換方式が違います。", "another transform.")
    uri = reference.get("URI", "")
    if not uri.startswith("cid:"):
        raise HeaderInvalid("添付の参照が違います。", "it does not refer to an attachment.")
    try:
        wrapped = decode(cipher_value)
    except ValueError:
        raise DecryptionFailed from None
    return WrappedKey(wrapped, uri[4:])


def _check_recipient(soap: Soap, key_info: etree._Element, recipient: bytes) -> None:
    named = only(key_info, TOKEN_REFERENCE).find(REFERENCE)
    if named is None:  # by issuer and serial, or key identifier: then only trying tells
        return
    token = soap.tokens.get(named.get("URI", "")[1:])
    try:
        fits = token is not None and decode(token) == recipient
    except ValueError:
        fits = False
    if not fits:
        raise DecryptionFailed


def unwrap(encryption: WrappedKey, key: AccessPointKey) -> Decryptor:
    """A decryptor for the payload. DecryptionFailed, saying nothing of the cause."""
    try:
        secret = key.unwrap(encryption.wrapped)
    except UnwrapFailed:
        raise DecryptionFailed from None
    if len(secret) != KEY:
        raise DecryptionFailed
    return Decryptor(secret)


class Decryptor:
    """Feeds ciphertext in, gives plaintext out; the last 16 bytes are held back as the tag."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._held = b""
        self._gcm: AEADDecryptionContext | None = None

    def update(self, data: bytes) -> bytes:
        """Plaintext for what has come so far. Not to be believed before `finish`."""
        data = self._held + data
        start = 0
        if self._gcm is None:
            if len(data) < NONCE:
                self._held = data
                return b""
            nonce, start = data[:NONCE], NONCE
            self._gcm = Cipher(algorithms.AES128(self._secret), modes.GCM(nonce)).decryptor()
        end = max(start, len(data) - TAG)
        self._held = data[end:]
        return self._gcm.update(memoryview(data)[start:end])

    def finish(self) -> None:
        """Compare the tag; DecryptionFailed unless every byte is what the sender encrypted."""
        if self._gcm is None or len(self._held) != TAG:
            raise DecryptionFailed
        try:
            self._gcm.finalize_with_tag(self._held)
        except (InvalidTag, ValueError):
            raise DecryptionFailed from None


def encrypt(payload: bytes, public: rsa.RSAPublicKey) -> tuple[bytes, bytes]:
    """Wrapped key and wire bytes of `payload` for the holder of `public`."""
    secret = os.urandom(KEY)
    nonce = os.urandom(NONCE)
    return public.encrypt(secret, _OAEP), nonce + AESGCM(secret).encrypt(nonce, payload, None)


def _key_reference(key_info: etree._Element) -> str:
    token_reference = only(key_info, TOKEN_REFERENCE)
    if [child.tag for child in token_reference] != [REFERENCE]:
        raise PolicyViolated("鍵の参照方式が違います。", "another way to name the key.")
    return token_reference[0].get("URI", "")
