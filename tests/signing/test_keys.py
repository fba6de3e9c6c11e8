"""Keys: what is accepted, what is refused, and with which words."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from signing import Act, SigningKey, Trust, errors, sign, verify

ACT = Act("髙橋", "代表", "同意", "a")
PEM = serialization.Encoding.PEM


def self_signed(key, at, days=400) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "試験")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def as_pem(key, passphrase=None) -> bytes:
    lock = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, lock)


def signed_with(office, prepared, key):
    return sign(
        prepared, "Vendor", ACT, key=key, timestamper=office.timestamper,
        trust=Trust(roots=(key.certificate,)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: rsa.generate_private_key(65537, 3072),
    ],
    ids=["P-256", "P-384", "RSA-3072"],
)
def test_accepted_keys_sign_and_verify(office, prepared, make):
    private = make()
    certificate = self_signed(private, office.clock()).public_bytes(PEM)
    key = SigningKey.from_pem(as_pem(private), certificate)
    pdf = signed_with(office, prepared, key)
    trust = Trust(
        roots=(key.certificate,),
        tsa_roots=(office.pki.tsa_root.der,),
        crls=tuple(office.pki.crls()),
    )
    verdict = verify(pdf, trust, office.clock(), ["Vendor"])
    assert verdict.status == "passed", verdict.signatures[0].reasons


def test_rsa_2048_only_by_explicit_setting(office):
    private = rsa.generate_private_key(65537, 2048)
    certificate = self_signed(private, office.clock()).public_bytes(PEM)
    with pytest.raises(errors.WeakKey) as caught:
        SigningKey.from_pem(as_pem(private), certificate)
    assert "RSA 2048" in caught.value.message_ja
    assert SigningKey.from_pem(as_pem(private), certificate, allow_rsa_2048=True).digest == "sha256"


def test_pkcs12_opens_with_its_passphrase_only(office):
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(private, office.clock())
    data = pkcs12.serialize_key_and_certificates(
        b"key", private, certificate, None, serialization.BestAvailableEncryption(b"secret")
    )
    assert SigningKey.from_pkcs12(data, "secret").subject == "試験"
    with pytest.raises(errors.WrongPassphrase):
        SigningKey.from_pkcs12(data, "wrong")
    with pytest.raises(errors.KeyUnreadable):
        SigningKey.from_pkcs12(b"junk", None)


def test_pem_errors_are_told_apart(office):
    private, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    certificate = self_signed(private, office.clock()).public_bytes(PEM)
    with pytest.raises(errors.KeyMismatch):
        SigningKey.from_pem(as_pem(other), certificate)
    with pytest.raises(errors.WrongPassphrase):
        SigningKey.from_pem(as_pem(private, b"secret"), certificate)
    with pytest.raises(errors.WrongPassphrase):
        SigningKey.from_pem(as_pem(private, b"secret"), certificate, passphrase="wrong")
    with pytest.raises(errors.KeyUnreadable):
        SigningKey.from_pem(b"junk", certificate)


def test_a_key_that_is_not_the_certificates_signs_nothing(office, prepared):
    private, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    certificate = self_signed(private, office.clock())
    key = SigningKey.of(
        certificate.public_bytes(serialization.Encoding.DER), [],
        lambda data: other.sign(data, ec.ECDSA(hashes.SHA256())),
    )  # fmt: skip
    with pytest.raises(errors.KeyMismatch):
        signed_with(office, prepared, key)


def test_t21_certificate_expired_or_not_yet_valid_or_revoked(own_office, prepared):
    office = own_office
    pki = office.pki
    short = pki.issue("short", "Short", lifetime=timedelta(days=1))

    def attempt(trust=None):
        return sign(
            prepared, "Vendor", ACT, key=short, timestamper=office.timestamper,
            trust=trust or office.trust(),
        )  # fmt: skip

    attempt()
    with pytest.raises(errors.CertificateExpiresTooSoon) as soon:
        short.check_validity(office.clock(), until=office.clock() + timedelta(days=3))
    assert "2026-11-24" in soon.value.message_ja
    pki.revoke(short.certificate, office.clock())
    with pytest.raises(errors.CertificateRevoked):
        attempt()
    office.clock.advance(timedelta(days=2))
    with pytest.raises(errors.CertificateExpired):
        attempt()
    office.clock.advance(timedelta(days=-20))
    with pytest.raises(errors.CertificateNotYetValid):
        attempt()


def test_an_untrusted_certificate_signs_nothing(office, own_office, prepared):
    with pytest.raises(errors.CertificateUntrusted):
        sign(
            prepared, "Vendor", ACT, key=own_office.pki.city, timestamper=office.timestamper,
            trust=office.trust(),
        )  # fmt: skip
