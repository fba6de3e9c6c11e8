"""Reading and checking a CMS SignedData (RFC 5652) on its raw bytes.

Numbered steps of `SignedData.check`:

1. There is exactly one SignerInfo.
2. Signed attributes exist; content-type and message-digest occur once each (RFC 5652 §5.3).
3. content-type equals the type of the signed content.
4. message-digest equals the digest of the content, with an algorithm that is still acceptable.
5. The signer's certificate is in the message.
6. signing-certificate(-v2) names that certificate by its hash (RFC 5035); required with `ess`.
7. The signature holds over the attributes exactly as they stand in the file, under SET OF.
   Attributes that are not in DER order are also tried in DER order, since writers differ in which
   of the two they signed (RFC 5652 §5.4 says DER).

What is NOT checked here: the certificate's chain, validity and revocation (`paths`), key length
and algorithm sunset dates (`algorithms`), what the content means.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from asn1crypto import algos
from asn1crypto import cms as asn1_cms
from asn1crypto import core as asn1_core
from asn1crypto import parser as asn1_parser
from asn1crypto import tsp as asn1_tsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}
VERSIONS = {"v1", "v3", "v4", "v5"}  # RFC 5652 §5.1
SIGNER_VERSIONS = {"v1", "v3"}
# BSI TR-03111 §5.2: r and s side by side, as German cards write them.
PLAIN_ECDSA = {
    f"0.4.0.127.0.7.1.1.4.1.{n}": name
    for n, name in ((2, "sha224"), (3, "sha256"), (4, "sha384"), (5, "sha512"))
}
# Mechanisms that name no hash of their own: the digest of the content is meant.
WITHOUT_HASH = {"rsassa_pkcs1v15", "ecdsa", "ed25519", "ed448"}
MAX_ELEMENTS = 256
MAX_CERTIFICATES = 64  # real messages carry two to six
PublicKey = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
)


class CmsFault(Exception):
    """`kind` is the ETSI EN 319 102-1 sub-indication, `detail` says what was found (English)."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


def load_public_key(certificate: asn1_x509.Certificate) -> PublicKey:
    """The certificate's public key; also from certificates whose RSA modulus was encoded as a
    negative number (some European issuers of the 2000s forgot the leading zero byte).
    """
    info = certificate.public_key
    loaded: PublicKeyTypes
    try:
        if info.algorithm == "rsa":
            numbers = info["public_key"].parsed
            modulus = int(numbers["modulus"].native)
            if modulus < 0:
                size = len(numbers["modulus"].contents) * 8
                modulus += 1 << size
            exponent = int(numbers["public_exponent"].native)
            return rsa.RSAPublicNumbers(exponent, modulus).public_key()
        loaded = serialization.load_der_public_key(info.dump())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"public key unusable: {error}") from error
    if not isinstance(loaded, PublicKey):
        raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"key type {type(loaded).__name__}")
    return loaded


@dataclass(frozen=True, slots=True)
class SignedData:
    """One CMS message, parsed. Attributes are asn1crypto objects of exactly the bytes given."""

    raw: asn1_cms.SignedData
    signer: asn1_cms.SignerInfo
    certificates: tuple[asn1_x509.Certificate, ...]
    raw_attributes: bytes | None  # as in the file, under the tag [0]

    @classmethod
    def parse(cls, data: bytes) -> SignedData:
        """Read `data` (DER or BER; zeros may follow, as they do in a PDF). Raises CmsFault."""
        try:
            info = asn1_cms.ContentInfo.load(data)
            if info["content_type"].native != "signed_data":
                raise CmsFault("FORMAT_FAILURE", "no SignedData")
            raw = info["content"]
            signers = list(raw["signer_infos"])
            # No signature covers this field; asn1crypto reads it only when asked (RFC 5652 §5.3).
            versions = {signer["version"].native for signer in signers}
            certificates = _certificates(raw)
            attributes = _raw_attributes(data)
        except CmsFault:
            raise
        except MemoryError:
            raise  # the limit speaks, not the file
        except Exception as error:  # asn1crypto raises whatever the bytes provoke
            raise CmsFault("FORMAT_FAILURE", f"unreadable CMS: {error}") from error
        if raw["version"].native not in VERSIONS:
            raise CmsFault("FORMAT_FAILURE", "the version of the CMS")
        if not versions <= SIGNER_VERSIONS:
            raise CmsFault("FORMAT_FAILURE", "the version of the signer")
        if len(signers) != 1:  # 1
            raise CmsFault("FORMAT_FAILURE", f"{len(signers)} signers in one signature")
        return cls(raw, signers[0], certificates, attributes)

    @property
    def content_type(self) -> str:
        return str(self.raw["encap_content_info"]["content_type"].native)

    @property
    def content(self) -> bytes | None:
        """The encapsulated content, or None when detached."""
        value = self.raw["encap_content_info"]["content"]
        if isinstance(value, asn1_core.Void) or value.native is None:
            return None
        return bytes(value.contents) if not hasattr(value, "parsed") else _inner(value)

    @property
    def digest_algorithm(self) -> str:
        return str(self.signer["digest_algorithm"]["algorithm"].native)

    @property
    def signature(self) -> bytes:
        return bytes(self.signer["signature"].native)

    def attribute(self, name: str) -> list[asn1_core.Asn1Value]:
        """All values of a signed attribute."""
        found: list[asn1_core.Asn1Value] = []
        attributes = self.signer["signed_attrs"]
        if isinstance(attributes, asn1_core.Void):
            return found
        for item in attributes:
            if item["type"].native == name:
                found.extend(item["values"])
        return found

    def timestamp_tokens(self) -> list[bytes]:
        """Signature timestamps (unsigned attribute id-aa-timeStampToken), DER each."""
        tokens: list[bytes] = []
        attributes = self.signer["unsigned_attrs"]
        if isinstance(attributes, asn1_core.Void):
            return tokens
        for item in attributes:
            if item["type"].native == "signature_time_stamp_token":
                tokens.extend(value.dump() for value in item["values"])
        return tokens

    def signer_certificate(self) -> asn1_x509.Certificate:
        sid = self.signer["sid"]
        for certificate in self.certificates:
            if sid.name == "issuer_and_serial_number":
                # Byte for byte: the identifier is not signed, and names that merely match by the
                # rules for comparing them would let it be altered unnoticed.
                if (
                    certificate.issuer.dump() == sid.chosen["issuer"].dump()
                    and certificate.serial_number == sid.chosen["serial_number"].native
                ):
                    return certificate
            elif certificate.key_identifier == sid.chosen.native:
                return certificate
        raise CmsFault("NO_SIGNING_CERTIFICATE_FOUND", "the signer's certificate is missing")  # 5

    def check(self, content_digest: bytes, *, ess: bool) -> asn1_x509.Certificate:
        """Steps 2–7; the signer's certificate when all hold, else CmsFault.

        `content_digest` is the digest of the signed content by `self.digest_algorithm`.
        """
        try:
            return self._check(content_digest, ess=ess)
        except CmsFault:
            raise
        except MemoryError:
            raise  # the limit speaks, not the file
        except Exception as error:
            raise CmsFault("FORMAT_FAILURE", f"unreadable CMS: {error}") from error

    def _check(self, content_digest: bytes, *, ess: bool) -> asn1_x509.Certificate:
        types, digests = self.attribute("content_type"), self.attribute("message_digest")
        if len(types) != 1 or len(digests) != 1:  # 2
            raise CmsFault("FORMAT_FAILURE", "signed attributes are missing or repeated")
        named = {a["algorithm"].native for a in self.raw["digest_algorithms"]}
        if named and self.digest_algorithm not in named:
            raise CmsFault("FORMAT_FAILURE", "the digest algorithms contradict each other")
        if types[0].native != self.content_type:  # 3
            raise CmsFault("FORMAT_FAILURE", "the content-type attribute does not fit")
        if self.digest_algorithm not in HASHES:
            raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"digest {self.digest_algorithm}")
        if bytes(digests[0].native) != content_digest:  # 4
            raise CmsFault("HASH_FAILURE", "the content was changed after signing")
        certificate = self.signer_certificate()  # 5
        self._check_ess(certificate, required=ess)  # 6
        self._check_signature(load_public_key(certificate))  # 7
        return certificate

    def _check_ess(self, certificate: asn1_x509.Certificate, *, required: bool) -> None:
        der = certificate.dump()
        seen = False
        for value in self.attribute("signing_certificate_v2"):
            seen = True
            first = value["certs"][0]
            name = first["hash_algorithm"]["algorithm"].native
            if name not in HASHES or _digest(name, der) != first["cert_hash"].native:
                raise CmsFault("SIG_CONSTRAINTS_FAILURE", "signing-certificate names another one")
        for value in self.attribute("signing_certificate"):
            seen = True
            # SHA-1 is what the attribute of RFC 2634 has; it only binds, it does not prove.
            if hashlib.sha1(der, usedforsecurity=False).digest() != (
                value["certs"][0]["cert_hash"].native
            ):
                raise CmsFault("SIG_CONSTRAINTS_FAILURE", "signing-certificate names another one")
        if required and not seen:
            raise CmsFault(
                "SIG_CONSTRAINTS_FAILURE", "the signing-certificate attribute is missing"
            )

    def _check_signature(self, key: PublicKey) -> None:
        attributes = self.signer["signed_attrs"]
        if self.raw_attributes is not None:
            signed = b"\x31" + self.raw_attributes[1:]  # the same bytes under SET OF
            if self._verifies(key, signed):
                return
        ordered = asn1_cms.CMSAttributes(list(attributes.untag())).dump(force=True)
        if self._verifies(key, ordered):
            return
        raise CmsFault("SIG_CRYPTO_FAILURE", "the signature does not verify")

    def _verifies(self, key: PublicKey, data: bytes) -> bool:
        mechanism = self.signer["signature_algorithm"]
        try:
            hasher = HASHES[_hash_name(mechanism, self.digest_algorithm)]
            if isinstance(key, ec.EllipticCurvePublicKey):
                value = self.signature
                if mechanism["algorithm"].dotted in PLAIN_ECDSA:
                    half = len(value) // 2
                    value = encode_dss_signature(
                        int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
                    )
                key.verify(value, data, ec.ECDSA(hasher))
            elif isinstance(key, rsa.RSAPublicKey):
                if mechanism["algorithm"].native == "rsassa_pss":
                    key.verify(self.signature, data, _pss(mechanism), hasher)
                else:
                    key.verify(self.signature, data, padding.PKCS1v15(), hasher)
            else:
                key.verify(self.signature, data)
        except (InvalidSignature, ValueError, TypeError):
            return False
        except (KeyError, UnsupportedAlgorithm) as error:
            raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"unknown algorithm {error}") from error
        return True


def tst_info(data: SignedData) -> asn1_tsp.TSTInfo:
    """The TSTInfo of a timestamp token; CmsFault when it holds something else."""
    if data.content_type != "tst_info":
        raise CmsFault("FORMAT_FAILURE", "no timestamp token")
    content = data.content
    if content is None:
        raise CmsFault("FORMAT_FAILURE", "an empty timestamp token")
    try:
        info = asn1_tsp.TSTInfo.load(content)
        _ = info["gen_time"].native, info["message_imprint"]["hashed_message"].native
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception as error:
        raise CmsFault("FORMAT_FAILURE", f"unreadable TSTInfo: {error}") from error
    return info


def _raw_attributes(data: bytes) -> bytes | None:
    """The signed attributes of the first signer, byte for byte; None when there are none.

    Taken from the file rather than from asn1crypto's objects, which may encode afresh.
    """
    wrapped = _element(asn1_parser.parse(data)[4], 1)  # ContentInfo: [0]
    body = asn1_parser.parse(wrapped)[4]  # SignedData
    signers = asn1_parser.parse(_elements(asn1_parser.parse(body)[4])[-1])[4]
    for part in _elements(_element(signers, 0, inside=True)):
        if part[:1] == b"\xa0":
            return part
    return None


def _element(content: bytes, index: int, *, inside: bool = False) -> bytes:
    found = _elements(content)[index]
    return bytes(asn1_parser.parse(found)[4]) if inside else found


def _elements(content: bytes) -> list[bytes]:
    """The encodings of the elements in the content of a constructed value."""
    found: list[bytes] = []
    at = 0
    while at < len(content):
        _class, _method, _tag, header, inner, trailer = asn1_parser.parse(content[at:])
        length = len(header) + len(inner) + len(trailer)
        found.append(content[at : at + length])
        at += length
        if len(found) > MAX_ELEMENTS:
            raise CmsFault("FORMAT_FAILURE", "too many parts")
    return found


def _inner(value: asn1_core.Asn1Value) -> bytes:
    """The octets inside an explicit OCTET STRING wrapper."""
    native = value.native if isinstance(value, asn1_core.OctetString) else None
    if isinstance(native, bytes):
        return native
    return bytes(value)


def _certificates(raw: asn1_cms.SignedData) -> tuple[asn1_x509.Certificate, ...]:
    choices = raw["certificates"]
    if isinstance(choices, asn1_core.Void):
        return ()
    if len(choices) > MAX_CERTIFICATES:
        raise CmsFault("FORMAT_FAILURE", "too many certificates")
    return tuple(c.chosen for c in choices if c.name == "certificate")


def _digest(name: str, data: bytes) -> bytes:
    hasher = hashes.Hash(HASHES[name])
    hasher.update(data)
    return hasher.finalize()


def _hash_name(mechanism: algos.SignedDigestAlgorithm, default: str) -> str:
    if mechanism["algorithm"].native == "rsassa_pss":
        return str(mechanism["parameters"]["hash_algorithm"]["algorithm"].native)
    plain = PLAIN_ECDSA.get(mechanism["algorithm"].dotted)
    if plain is not None:
        return plain
    if mechanism["algorithm"].native in WITHOUT_HASH:
        return default
    try:
        return str(mechanism.hash_algo)
    except ValueError as error:
        raise KeyError(mechanism["algorithm"].dotted) from error


def _pss(mechanism: algos.SignedDigestAlgorithm) -> padding.PSS:
    parameters = mechanism["parameters"]
    mgf_hash = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
    return padding.PSS(
        mgf=padding.MGF1(HASHES[mgf_hash]), salt_length=int(parameters["salt_length"].native)
    )
