"""Fetching revocation answers: what is asked, what is refused, and that signatures then hold."""

import pickle
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from desks import Server

from signing import Act, development, errors, extend, sign, verify
from signing.revocation import OnlineRevocation, is_public

DER = serialization.Encoding.DER


class Desk:
    """A CA's web server: /crl and /ocsp."""

    def __init__(self, office) -> None:
        self.office, self.asked, self.is_silent = office, [], False
        self.status, self.body = 200, None
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, data: bytes) -> None:
                desk.asked.append((self.command, self.headers["Host"]))
                if desk.is_silent:
                    desk.server.silence()
                data = data if desk.body is None else desk.body
                self.send_response(desk.status)
                self.send_header("Location", "http://127.0.0.1/")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self.answer(desk.office.pki.crls()[0])

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                self.answer(desk.ocsp(self.rfile.read(length)))

            def log_message(self, *_: object) -> None:
                pass

        self.server = Server(Handler)
        self.port = self.server.server_port

    def ocsp(self, request: bytes) -> bytes:
        root, now = self.office.pki.root, self.office.clock()
        asked = ocsp.load_der_ocsp_request(request)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number,
            asked.hash_algorithm, ocsp.OCSPCertStatus.GOOD, now, now + timedelta(1), None, None,
        )  # fmt: skip
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, root.certificate)
        return builder.sign(root.key, hashes.SHA256()).public_bytes(DER)

    def certificate(self, *, crl=True, responder=False) -> development.Pair:
        """A signer's certificate that names this server."""
        root, at = self.office.pki.root, self.office.clock()
        key = development.ec.generate_private_key(development.ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name.from_rfc4514_string("CN=Online"))
            .issuer_name(root.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=100))
        )
        base = f"http://ca.example.jp:{self.port}"
        if crl:
            point = x509.DistributionPoint(
                [x509.UniformResourceIdentifier(f"{base}/crl?x=1")], None, None, None
            )
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        if responder:
            access = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{base}/ocsp")
            )
            builder = builder.add_extension(
                x509.AuthorityInformationAccess([access]), critical=False
            )
        return development.Pair(key, builder.sign(root.key, hashes.SHA256()))


@pytest.fixture
def desk(own_office):
    desk = Desk(own_office)
    yield desk
    desk.server.close()


def online(office, **options) -> OnlineRevocation:
    settings = {
        "resolve": lambda *_: ["127.0.0.1"], "is_allowed": lambda a: a == "127.0.0.1",
        "clock": office.clock, "timeout": 60.0,
    }  # fmt: skip
    return OnlineRevocation(**(settings | options))


@pytest.mark.parametrize(("crl", "responder"), [(True, False), (False, True)])
def test_a_document_is_extended_and_verified_with_fetched_answers(
    desk, own_office, rendered, crl, responder
):
    from signing import Slot, prepare

    office = own_office
    pair = desk.certificate(crl=crl, responder=responder)
    key = development.signing_key(pair, (office.pki.root,))
    only_tsa = (office.pki.crls()[1],)
    trust = replace(office.trust(), crls=only_tsa, revocation=online(office))
    prepared = prepare(rendered, [Slot("Only", "甲")], metadata={})
    pdf = sign(
        prepared, "Only", Act("甲", "代表", "同意", "a"), key=key, timestamper=office.timestamper,
        trust=trust,
    )  # fmt: skip
    assert verify(pdf, trust, office.clock()).status == "passed"
    offline = replace(trust, revocation=None)
    assert verify(pdf, offline, office.clock()).signatures[0].sub_indication == "TRY_LATER"
    kept = extend(pdf, timestamper=office.timestamper, trust=trust)
    verdict = verify(kept, offline, office.clock())
    assert (verdict.status, verdict.level) == ("passed", "B-LTA"), verdict.signatures[0].reasons
    assert all(host == f"ca.example.jp:{desk.port}" for _, host in desk.asked)
    with pytest.raises(errors.RevocationUnavailable):
        extend(pdf, timestamper=office.timestamper, trust=offline)


def test_a_list_is_kept_until_it_expires(desk, own_office):
    source, der = online(own_office), desk.certificate().der
    assert source.crls([der]) == source.crls([der])
    assert len(desk.asked) == 1
    own_office.clock.advance(timedelta(days=31))
    assert source.crls([der])
    assert len(desk.asked) == 2


def test_t33_private_addresses_redirects_junk_and_slowness_yield_nothing(desk, own_office):
    der = desk.certificate().der
    assert OnlineRevocation(resolve=lambda *_: ["127.0.0.1"]).crls([der]) == []
    assert online(own_office, resolve=lambda *_: ["8.8.8.8", "10.0.0.1"]).crls([der]) == []
    assert desk.asked == []
    for desk.status, desk.body in ((302, b""), (200, b"junk"), (500, b"")):
        assert online(own_office).crls([der]) == []
    desk.status, desk.body, desk.is_silent = 200, None, True
    assert online(own_office, timeout=0.1).crls([der]) == []
    assert online(own_office).crls([b"junk", own_office.pki.city.certificate]) == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False),
        ("192.168.0.1", False), ("::1", False), ("fe80::1", False), ("::ffff:10.0.0.1", False),
        ("2001:4860:4860::8888", True), ("224.0.0.1", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


def test_a_source_can_go_to_the_judges_children():
    assert pickle.loads(pickle.dumps(OnlineRevocation())).crls([]) == []
