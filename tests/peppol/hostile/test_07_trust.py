"""Group 7, trust: the right authority, role, purpose, time, and not revoked."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from peppol.anchors import G3, load_anchors
from peppol.errors import CertificateNotTrusted, PeppolError, SettingInvalid
from peppol.private import PrivatePki, Seat
from peppol.private.pki import _make
from peppol.revocation import CrlRevocation
from peppol.trust import Anchors, Network, NoRevocation, TrustPolicy
from tests.peppol.builders import NOON
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange, code_of

DAY = timedelta(days=1)


def untrusted_seats(pki: Pki) -> dict[str, Seat]:
    authorities = pki.authorities
    other = PrivatePki.create(NOON)
    self_signed = _make("PZZ000001", None, NOON, purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))
    client = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    under_leaf = _make("PZZ000009", pki.sender, NOON, purposes=client)
    return {
        "self-signed": self_signed,
        "other CA of the same name": other.access_point("PZZ000001", NOON),
        "SMP CA": authorities.smp("PZZ000001", NOON),
        "root": _make("PZZ000001", authorities.root, NOON, purposes=client),
        "issued by a leaf": under_leaf,
        "a CA itself": authorities.access_point_ca,
        "server certificate": authorities.access_point(
            "PZZ000001", NOON, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)
        ),
        "no purpose": authorities.access_point("PZZ000001", NOON, purposes=()),
        "expired": authorities.access_point("PZZ000001", NOON - 100 * DAY, life=DAY),
        "not yet valid": authorities.access_point("PZZ000001", NOON + DAY),
    }


def test_every_untrusted_signer_is_refused(exchange: Exchange, pki: Pki) -> None:
    for name, seat in untrusted_seats(pki).items():
        if name == "a CA itself":
            with pytest.raises(CertificateNotTrusted):
                pki.trust.check_access_point(seat.certificate, NOON)
            continue
        reply = exchange.receive(exchange.message(sender=seat))
        assert code_of(reply) == "EBMS:0101", name
        assert b"<ds:Signature " not in reply.body, "our key does no work for strangers"
    assert exchange.kept() == []


def test_signer_must_be_the_sender_named_in_the_header(exchange: Exchange, pki: Pki) -> None:
    from lxml import etree

    from tests.peppol.exchange import find, sign_again

    def change(root: etree._Element) -> None:
        find(root, ".//eb:From/eb:PartyId").text = "PZZ000777"
        sign_again(root, pki.sender)

    assert code_of(exchange.receive(exchange.message().changed(change))) == "EBMS:0101"


@pytest.mark.parametrize("name", ["PZZ00001", "pzz000001", "PZZ0000011", "example.jp", "POP 00001"])
def test_common_name_must_be_a_seat_id(pki: Pki, name: str) -> None:
    seat = pki.authorities.access_point(name, NOON)
    with pytest.raises(CertificateNotTrusted):
        pki.trust.check_access_point(seat.certificate, NOON)


def test_roles_cannot_stand_in_for_each_other(pki: Pki) -> None:
    pki.trust.check_smp(pki.smp.certificate, NOON)
    assert pki.trust.check_access_point(pki.sender.certificate, NOON) == "PZZ000001"
    with pytest.raises(CertificateNotTrusted):
        pki.trust.check_smp(pki.sender.certificate, NOON)
    with pytest.raises(CertificateNotTrusted):
        pki.trust.check_access_point(pki.smp.certificate, NOON)


def test_remembered_certificate_still_expires(pki: Pki) -> None:
    pki.trust.check_access_point(pki.sender.certificate, NOON)
    with pytest.raises(CertificateNotTrusted):
        pki.trust.check_access_point(pki.sender.certificate, NOON + 800 * DAY)


def crl_of(pki: Pki, *serials: int, life: timedelta = DAY, signer: Seat | None = None) -> bytes:
    ca = pki.authorities.access_point_ca
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(NOON - DAY)
        .next_update(NOON + life)
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial)
        builder = builder.add_revoked_certificate(revoked.revocation_date(NOON - DAY).build())
    crl = builder.sign((signer or ca).key, hashes.SHA256())
    return crl.public_bytes(serialization.Encoding.DER)


class Crls:
    """A revocation server that can fail."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data
        self.asked = 0

    def __call__(self, url: str) -> bytes:
        self.asked += 1
        assert url == "http://crl.example/ap.crl"
        if self.data is None:
            raise PeppolError
        return self.data


def with_crl(pki: Pki, data: bytes | None) -> tuple[Seat, Crls, CrlRevocation, TrustPolicy]:
    seat = pki.authorities.access_point("PZZ000001", NOON, crl="http://crl.example/ap.crl")
    crls = Crls(data)
    revocation = CrlRevocation(crls)
    return seat, crls, revocation, TrustPolicy(pki.authorities.anchors(), revocation)


def test_revoked_signer_is_refused(pki: Pki) -> None:
    seat, crls, _, trust = with_crl(pki, b"")
    crls.data = crl_of(pki, seat.certificate.serial_number)
    exchange = Exchange(pki, trust=trust)
    assert code_of(exchange.receive(exchange.message(sender=seat))) == "EBMS:0101"
    with pytest.raises(CertificateNotTrusted, match="revoked"):
        trust.check_access_point(seat.certificate, NOON)


def test_good_certificate_needs_one_fetch_for_an_hour_and_survives_an_outage(pki: Pki) -> None:
    seat, crls, revocation, trust = with_crl(pki, crl_of(pki, 4711))
    for _ in range(3):
        trust.check_access_point(seat.certificate, NOON)
    assert crls.asked == 1
    crls.data = None
    trust.check_access_point(seat.certificate, NOON + timedelta(hours=2))
    assert crls.asked == 2
    assert revocation.refresh(NOON) == ["http://crl.example/ap.crl"]
    with pytest.raises(CertificateNotTrusted, match="too old"):
        trust.check_access_point(seat.certificate, NOON + 2 * DAY)
    crls.data = crl_of(pki, life=30 * DAY)
    assert revocation.refresh(NOON) == []


def test_revocation_that_nobody_can_tell_is_no_trust(pki: Pki) -> None:
    forged = crl_of(pki, signer=pki.sender)
    for data in (None, b"", b"\x30\x00", forged, b"-----BEGIN X509 CRL-----\n"):
        seat, _, _, trust = with_crl(pki, data)
        with pytest.raises(CertificateNotTrusted, match="revocation unknown"):
            trust.check_access_point(seat.certificate, NOON)
    _, _, _, trust = with_crl(pki, crl_of(pki))
    with pytest.raises(CertificateNotTrusted):  # names no list
        trust.check_access_point(pki.sender.certificate, NOON)


def test_real_networks_cannot_be_run_without_revocation_or_on_foreign_anchors(
    pki: Pki, tmp_path: Path
) -> None:
    anchors = pki.authorities.anchors()
    real = Anchors(Network.TEST, anchors.roots, anchors.access_point, anchors.smp)
    with pytest.raises(SettingInvalid):
        TrustPolicy(real, NoRevocation())
    other = PrivatePki.create(NOON).anchors()
    with pytest.raises(SettingInvalid):
        Anchors(Network.PRIVATE, anchors.roots, other.access_point, anchors.smp)
    with pytest.raises(SettingInvalid):
        Anchors(Network.PRIVATE, (), anchors.access_point, anchors.smp)
    with pytest.raises(SettingInvalid):
        load_anchors(tmp_path, Network.PRIVATE)
    with pytest.raises(SettingInvalid, match="missing"):
        load_anchors(tmp_path, Network.TEST)
    pem = pki.authorities.root.certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "root.pem").write_bytes(pem)
    with pytest.raises(SettingInvalid, match=r"root\.pem"):
        load_anchors(tmp_path, Network.TEST)
    (tmp_path / "root.pem").write_bytes(b"x")
    with pytest.raises(SettingInvalid, match="cannot be read"):
        load_anchors(tmp_path, Network.PRODUCTION)


def test_known_fingerprints_are_six_and_different() -> None:
    prints = [fingerprint for roles in G3.values() for fingerprint in roles]
    assert len(set(prints)) == 6
    assert all(len(p) == 64 for p in prints)


def test_real_anchors_load_where_they_are_at_hand(tmp_path: Path) -> None:
    folder = os.environ.get("WARIFU_PEPPOL_G3")
    if not folder:
        pytest.skip("WARIFU_PEPPOL_G3 names no folder with OpenPeppol's CA certificates")
    for network in (Network.TEST, Network.PRODUCTION):
        anchors = load_anchors(Path(folder) / network.value, network)
        assert anchors.network is network


def test_private_network_says_what_it_is_everywhere(pki: Pki, tmp_path: Path) -> None:
    for seat in (pki.authorities.root, pki.authorities.access_point_ca, pki.sender, pki.smp):
        assert "NOT PEPPOL" in seat.certificate.subject.rfc4514_string()
    assert pki.trust.network is Network.PRIVATE
    folder = tmp_path / "pki"
    pki.authorities.save(folder)
    assert (folder.stat().st_mode & 0o777) == 0o700
    assert ((folder / "root.pem").stat().st_mode & 0o777) == 0o600
    assert PrivatePki.load(folder).root.certificate == pki.authorities.root.certificate
    (folder / "NOT-PEPPOL.txt").unlink()
    with pytest.raises(SettingInvalid):
        PrivatePki.load(folder)


def test_damaged_certificate_is_refused_whatever_part_of_it_is_damaged(
    exchange: Exchange, pki: Pki
) -> None:
    """Certificates are parsed lazily: a broken key or name shows only when it is asked for."""
    import base64

    message = exchange.message()
    der = pki.sender.certificate.public_bytes(serialization.Encoding.DER)
    whole = base64.b64encode(der)
    for at in range(0, len(der), 7):
        broken = der[:at] + bytes([der[at] ^ 0xFF]) + der[at + 1 :]
        reply = exchange.receive(message.replaced(whole, base64.b64encode(broken)))
        assert reply.outcome == "refused", (at, reply.cause)
        assert code_of(reply) in ("EBMS:0101", "EBMS:0103"), at
        try:
            certificate = x509.load_der_x509_certificate(broken)
        except ValueError:
            continue
        with pytest.raises(CertificateNotTrusted):
            pki.trust.check_access_point(certificate, NOON)


def test_short_key_is_refused_even_from_the_right_authority(exchange: Exchange, pki: Pki) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    usual = pki.sender.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(usual.subject)
        .issuer_name(usual.issuer)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(NOON - DAY)
        .not_valid_after(NOON + DAY)
    )
    for extension in usual.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    ca = pki.authorities.access_point_ca
    weak = Seat(key, builder.sign(ca.key, hashes.SHA256()))
    with pytest.raises(CertificateNotTrusted, match="2048"):
        pki.trust.check_access_point(weak.certificate, NOON)

    class Weak:
        certificate = weak.certificate

        def sign(self, data: bytes) -> bytes:
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    class Holder:
        certificate = weak.certificate

        def as_key(self) -> Weak:
            return Weak()

    reply = exchange.receive(exchange.message(sender=Holder()))
    assert code_of(reply) == "EBMS:0103"
