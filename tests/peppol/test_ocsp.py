"""OCSP beside CRL: what is believed, what is not, and who is asked when one cannot say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from peppol.errors import CertificateNotTrusted, RevocationUnknown, Text
from peppol.ocsp import FirstAnswer, OcspRevocation, online
from peppol.outbound import AddressRules, Unreachable
from peppol.private import Seat
from peppol.private.servers import WebServer
from peppol.trust import TrustPolicy

from .builders import NOON
from .conftest import Pki

URL = "http://ocsp.example/"
DAY = timedelta(days=1)


def an_answer(
    pki: Pki,
    about: Seat,
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    at: datetime = NOON,
    life: timedelta | None = DAY,
    by: Seat | None = None,
    offered: Seat | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    ca = pki.authorities.access_point_ca
    signer = by or ca
    revoked = at - timedelta(hours=1) if status is ocsp.OCSPCertStatus.REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        about.certificate, ca.certificate, hashes.SHA1(), status, at,
        at + life if life else None, revoked, None,
    ).responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)  # fmt: skip
    if offered or by:
        builder = builder.certificates([(offered or signer).certificate])
    return builder.sign(signer.key, algorithm or hashes.SHA256()).public_bytes(
        serialization.Encoding.DER
    )


class Responder:
    """Gives `data`, or fails; counts."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = data
        self.asked = 0

    def __call__(self, url: str, request: bytes) -> bytes:
        assert url == URL
        ocsp.load_der_ocsp_request(request)
        self.asked += 1
        if self.data is None:
            raise Unreachable(host=url, why=Text("x", "x"))
        return self.data


@pytest.fixture(scope="module")
def seat(pki: Pki) -> Seat:
    return pki.authorities.access_point("PZZ000001", NOON, ocsp=URL)


@pytest.fixture(scope="module")
def delegate(pki: Pki) -> Seat:
    purposes = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    return pki.authorities.access_point("OCSP", NOON, purposes=purposes)


def trust(pki: Pki, source: OcspRevocation | FirstAnswer) -> TrustPolicy:
    return TrustPolicy(pki.authorities.anchors(), source)


def test_a_good_answer_is_asked_for_once_and_kept_while_it_is_fresh(pki: Pki, seat: Seat) -> None:
    responder = Responder(an_answer(pki, seat))
    policy = trust(pki, OcspRevocation(responder))
    for minutes in (0, 1, 59):
        policy.check_access_point(seat.certificate, NOON + timedelta(minutes=minutes))
    assert responder.asked == 1
    policy.check_access_point(seat.certificate, NOON + timedelta(minutes=61))
    assert responder.asked == 2


def test_a_revoked_certificate_is_refused(pki: Pki, seat: Seat) -> None:
    responder = Responder(an_answer(pki, seat, status=ocsp.OCSPCertStatus.REVOKED))
    with pytest.raises(CertificateNotTrusted, match="revoked") as caught:
        trust(pki, OcspRevocation(responder)).check_access_point(seat.certificate, NOON)
    assert not isinstance(caught.value, RevocationUnknown)


def test_a_delegated_responder_is_believed(pki: Pki, seat: Seat, delegate: Seat) -> None:
    responder = Responder(an_answer(pki, seat, by=delegate))
    trust(pki, OcspRevocation(responder)).check_access_point(seat.certificate, NOON)


Forgery = Callable[[Pki, Seat, Seat], bytes | None]


@pytest.mark.parametrize(
    "forged",
    [
        lambda pki, seat, delegate: None,
        lambda pki, seat, delegate: b"",
        lambda pki, seat, delegate: b"\x30\x03\x0a\x01\x06",  # unauthorized
        lambda pki, seat, delegate: an_answer(pki, pki.sender),
        lambda pki, seat, delegate: an_answer(pki, seat, by=pki.sender),
        lambda pki, seat, delegate: an_answer(pki, seat, by=pki.smp),
        lambda pki, seat, delegate: an_answer(pki, seat, at=NOON - 3 * DAY),
        lambda pki, seat, delegate: an_answer(pki, seat, at=NOON - DAY, life=None),
        lambda pki, seat, delegate: an_answer(pki, seat, at=NOON + DAY),
        lambda pki, seat, delegate: an_answer(pki, seat, status=ocsp.OCSPCertStatus.UNKNOWN),
        lambda pki, seat, delegate: an_answer(pki, seat, algorithm=hashes.SHA224()),
        lambda pki, seat, delegate: an_answer(pki, seat, by=pki.sender, offered=delegate),
        lambda pki, seat, delegate: an_answer(pki, seat)[:-3] + b"abc",
    ],
    ids=[
        "silent", "empty", "declining", "about another", "by an access point", "by an SMP", "old",
        "old without end", "of tomorrow", "unknown", "weak", "another's name", "spoiled",
    ],
)  # fmt: skip
def test_what_proves_nothing_is_no_answer(
    pki: Pki, seat: Seat, delegate: Seat, forged: Forgery
) -> None:
    responder = Responder(forged(pki, seat, delegate))
    policy = trust(pki, OcspRevocation(responder))
    with pytest.raises(RevocationUnknown):
        policy.check_access_point(seat.certificate, NOON)
    # It rests for a minute, then is asked again.
    with pytest.raises(RevocationUnknown):
        policy.check_access_point(seat.certificate, NOON + timedelta(seconds=30))
    assert responder.asked == 1
    responder.data = an_answer(pki, seat, at=NOON)
    policy.check_access_point(seat.certificate, NOON + timedelta(seconds=90))


def test_a_certificate_without_responder_is_for_the_next_source(pki: Pki) -> None:
    with pytest.raises(RevocationUnknown):
        trust(pki, OcspRevocation(Responder())).check_access_point(pki.sender.certificate, NOON)


class Source:
    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked = error, 0

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error


def test_sources_are_asked_in_turn_and_revoked_is_final(pki: Pki) -> None:
    unknown = RevocationUnknown(subject="x", why=Text("x", "x"))
    revoked = CertificateNotTrusted(subject="x", why=Text("x", "revoked"))
    certificate = pki.sender.certificate

    def outcome(*errors: Exception | None) -> tuple[list[int], str]:
        sources = [Source(error) for error in errors]
        try:
            FirstAnswer(sources).check(certificate, certificate, NOON)
            found = "good"
        except RevocationUnknown:
            found = "unknown"
        except CertificateNotTrusted:
            found = "revoked"
        return [source.asked for source in sources], found

    assert outcome(None, revoked) == ([1, 0], "good")
    assert outcome(unknown, None) == ([1, 1], "good")
    assert outcome(revoked, None) == ([1, 0], "revoked")
    assert outcome(unknown, revoked) == ([1, 1], "revoked")
    assert outcome(unknown, unknown) == ([1, 1], "unknown")
    assert outcome() == ([], "unknown")


def test_over_http_with_the_list_behind_a_silent_responder(pki: Pki) -> None:
    """Real sockets: a responder that answers, then one that is gone, with a CRL behind it."""
    from .hostile.test_07_trust import crl_of

    with WebServer() as web:
        seat = pki.authorities.access_point(
            "PZZ000001", NOON, ocsp=f"{web.address}/ocsp", crl=f"{web.address}/ap.crl"
        )

        class Reply:
            status, headers = 200, {"Content-Type": "application/ocsp-response"}
            body = an_answer(pki, seat)

        web.post = lambda headers, body: (body.read(4096), Reply())[1]
        rules = AddressRules.for_private_network()
        trust(pki, online(rules)).check_access_point(seat.certificate, NOON)
        assert web.asked == []
        web.post = None
        web.files["/ap.crl"] = crl_of(pki)
        trust(pki, online(rules)).check_access_point(seat.certificate, NOON)
        assert web.asked == ["/ap.crl"]
        web.files["/ap.crl"] = crl_of(pki, seat.certificate.serial_number)
        with pytest.raises(CertificateNotTrusted, match="revoked"):
            trust(pki, online(rules)).check_access_point(seat.certificate, NOON)
