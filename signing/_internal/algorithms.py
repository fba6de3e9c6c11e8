"""Which algorithms may be relied on until when.

CRYPTREC (暗号強度要件設定基準): 112-bit security not for new signatures after 2030;
128-bit security to 2040 without question, to be phased out 2041–2050. A signature is held against
the date by which it is proven to have existed, not against today.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from .signed_data import PublicKey

END_OF_112_BITS = datetime(2031, 1, 1, tzinfo=UTC)
END_OF_128_BITS = datetime(2051, 1, 1, tzinfo=UTC)
FOREVER = datetime(2200, 1, 1, tzinfo=UTC)
NEVER = datetime(1990, 1, 1, tzinfo=UTC)

DIGESTS = {
    "sha224": END_OF_112_BITS,
    "sha256": END_OF_128_BITS,
    "sha3_256": END_OF_128_BITS,
    "sha384": FOREVER,
    "sha512": FOREVER,
    "sha3_384": FOREVER,
    "sha3_512": FOREVER,
}


def describe(key: PublicKey, digest: str) -> str:
    """For people: "ECDSA P-256 / SHA-256"."""
    hash_name = digest.upper().replace("SHA", "SHA-").replace("SHA-3_", "SHA3-")
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size} / {hash_name}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        name = key.curve.name.replace("secp", "P-").removesuffix("r1")
        return f"ECDSA {name} / {hash_name}"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else "Ed25519"


def sound_until(key: PublicKey, digest: str) -> datetime:
    """The instant until which key and digest together are relied on; NEVER for what is too weak."""
    return min(_key_until(key), DIGESTS.get(digest, NEVER))


def _key_until(key: PublicKey) -> datetime:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2047:  # some generators produce 2047 significant bits
            return NEVER
        return END_OF_112_BITS if key.key_size < 3071 else END_OF_128_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.key_size < 224:
            return NEVER
        if key.curve.key_size < 256:
            return END_OF_112_BITS
        return END_OF_128_BITS if key.curve.key_size < 384 else FOREVER
    return END_OF_128_BITS if isinstance(key, ed25519.Ed25519PublicKey) else FOREVER
