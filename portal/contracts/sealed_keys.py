"""認証キー of electronic guarantee certificates: enciphered at rest, opened only to be shown.

Whoever has number and key sees the certificate at the guarantee company, so the key is a secret of
the vendor that the city keeps. AES-256-GCM under a key derived (HKDF-SHA256) from the server's
secret; the contract's id is bound in, so a sealed key moved to another row does not open.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from econtract.life_errors import NoSuchEntry
from portal.security.server_secret import server_secret
from portal.settings import Settings

LONGEST_KEY = 60
_NONCE = 12


def seal(settings: Settings, contract_id: str, key: str) -> bytes | None:
    """The enciphered key; None for an empty one."""
    text = key.strip()[:LONGEST_KEY]
    if not text:
        return None
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(settings).encrypt(nonce, text.encode(), contract_id.encode())


def open_sealed(settings: Settings, contract_id: str, sealed: bytes) -> str:
    """The key in words. Raises NoSuchEntry when it was sealed for another contract or secret."""
    try:
        plain = _cipher(settings).decrypt(sealed[:_NONCE], sealed[_NONCE:], contract_id.encode())
    except InvalidTag as error:
        raise NoSuchEntry() from error
    return plain.decode()


def _cipher(settings: Settings) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt=None, info=b"warifu guarantee key 1")
    return AESGCM(derived.derive(server_secret(settings)))
