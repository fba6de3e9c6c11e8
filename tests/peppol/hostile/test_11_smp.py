"""Group 11, SMP: no private addresses, no loops, no other CA, no replayed metadata, no http."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from peppol.errors import (
    AddressRefused,
    DocumentTypeNotSupported,
    LookupFailed,
    LookupTemporarilyUnavailable,
    MetadataNotTrusted,
    RegistrationFaulty,
)
from peppol.identifiers import (
    BILLING,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
)
from peppol.naptr import hostname
from peppol.outbound import AddressRules, Outbound, is_public
from peppol.private.metadata import path_of, service_group, signed_redirect
from tests.peppol.builders import CITY, NOON, VENDOR
from tests.peppol.network import ZONE, Net


def test_expired_or_future_endpoint_is_not_used(net: Net) -> None:
    day = timedelta(days=1)
    for window in ({"active_until": NOON - day}, {"active_from": NOON + day}):
        net.serve(net.metadata(**window))
        with pytest.raises(DocumentTypeNotSupported):
            net.look_up()
    net.serve(net.metadata(active_from=NOON - day, active_until=NOON + day))
    net.look_up()


def test_metadata_of_another_participant_replayed_is_refused(net: Net) -> None:
    net.serve(net.metadata(participant=VENDOR))
    with pytest.raises(MetadataNotTrusted):
        net.look_up()
    net.serve(net.metadata(JP_NON_TAX_INVOICE))
    with pytest.raises(MetadataNotTrusted):
        net.look_up()
    net.web.files[path_of(CITY)] = service_group(VENDOR, [JP_INVOICE], net.web.address)
    with pytest.raises(RegistrationFaulty):
        net.look_up()


def test_metadata_signed_by_an_access_point_is_refused(net: Net) -> None:
    net.serve(net.metadata(smp=net.pki.sender))
    with pytest.raises(MetadataNotTrusted):
        net.look_up()


def test_endpoint_with_an_smp_certificate_is_refused(net: Net) -> None:
    net.serve(net.metadata(certificate=net.pki.smp.certificate))
    with pytest.raises(MetadataNotTrusted):
        net.look_up()


def test_expired_signer_is_refused(net: Net) -> None:
    net.now = NOON + timedelta(days=3000)
    with pytest.raises(MetadataNotTrusted):
        net.look_up()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"https://ap.example/as4", b"https://ap.evil.example"),
        (b"<Address>", b"<Address><!-- -->x"),
        (b"rsa-sha256", b"hmac-sha256"),
        (b"rsa-sha256", b"rsa-sha1"),
        (b"xmlenc#sha256", b"xmldsig#sha1"),
        (b'URI=""', b'URI="#x"'),
        (b'<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>',
         b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'),
        (b"<ServiceMetadata>", b"<ServiceMetadata/><ServiceMetadata>"),
        (b"ds:Signature>", b"ds:Signaturf>"),
    ],
)  # fmt: skip
def test_tampered_metadata_is_refused(net: Net, old: bytes, new: bytes) -> None:
    data = net.metadata()
    assert old in data
    net.serve(data.replace(old, new))
    with pytest.raises((MetadataNotTrusted, RegistrationFaulty)):
        net.look_up()


def test_signature_wrapping_in_metadata_is_refused(net: Net) -> None:
    genuine = net.metadata().split(b"?>\n", 1)[1]
    forged = net.metadata(address="https://evil.example", smp=net.pki.sender).split(b"?>\n", 1)[1]
    body, _ = forged.split(b"<ds:Signature", 1)
    signature_of_genuine = b"<ds:Signature" + genuine.split(b"<ds:Signature", 1)[1]
    for wrapped in (
        body + b"<Extension>" + genuine + b"</Extension></SignedServiceMetadata>",
        body + signature_of_genuine,
        body + b"<Extension>" + genuine + b"</Extension>" + signature_of_genuine,
        genuine.replace(b"<ServiceMetadata>", b"<ServiceMetadata>" + forged, 1),
    ):
        net.serve(wrapped)
        with pytest.raises((MetadataNotTrusted, RegistrationFaulty)):
            net.look_up()


def test_one_redirect_is_followed_to_the_named_signer_only(net: Net) -> None:
    other = net.pki.authorities.smp("SZZ000002", NOON)
    target = f"{net.web.address}/elsewhere"
    net.serve(signed_redirect(target, "SZZ000002", net.pki.smp))
    net.web.files["/elsewhere"] = net.metadata(smp=other)
    net.look_up()
    net.directory.forget(CITY)
    net.web.files["/elsewhere"] = net.metadata()  # signed by the first SMP
    with pytest.raises(MetadataNotTrusted):
        net.look_up()
    net.web.files["/elsewhere"] = signed_redirect(target, "SZZ000002", other)
    with pytest.raises(MetadataNotTrusted):
        net.look_up()
    net.serve(signed_redirect("ftp://x", "SZZ000002", net.pki.smp))
    with pytest.raises(AddressRefused):
        net.look_up()


def test_http_redirect_and_server_error_are_not_followed(net: Net) -> None:
    path = path_of(CITY)
    net.web.answers[path] = (302, {"Location": net.web.address + "/x"}, b"")
    with pytest.raises(RegistrationFaulty):
        net.look_up()
    net.web.answers[path] = (500, {}, b"")
    with pytest.raises(LookupTemporarilyUnavailable):
        net.look_up()
    assert "/x" not in net.web.asked


def test_oversized_or_hostile_answer_is_refused(net: Net) -> None:
    net.web.files[path_of(CITY)] = b" " * 2_000_000
    with pytest.raises(LookupFailed):
        net.look_up()
    for body in (b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a>" * 300):
        net.web.files[path_of(CITY)] = body
        with pytest.raises(RegistrationFaulty):
            net.look_up()


@pytest.mark.parametrize(
    "address",
    ["http://smp.example", "https://smp.example:8443", "https://u:p@smp.example", "https:///x",
     "file:///etc/passwd", "https://127.0.0.1", "https://10.0.0.1", "https://[::1]",
     "https://169.254.169.254/latest", "https://[::ffff:192.168.0.1]", "https://[64:ff9b::a00:1]"],
)  # fmt: skip
def test_t33_smp_at_a_private_or_odd_address_is_never_connected_to(net: Net, address: str) -> None:
    net.names.records[hostname(CITY, ZONE)] = [net.naptr(address)]
    net.rules = AddressRules()
    with pytest.raises((AddressRefused, RegistrationFaulty)):
        net.new_directory().endpoint(CITY, JP_INVOICE, BILLING)
    assert net.web.asked == []


def test_t33_name_with_one_private_address_among_public_ones_is_refused() -> None:
    outbound = Outbound(resolve=lambda host, port: ["203.0.114.1", "192.168.1.1"])
    with pytest.raises(AddressRefused):
        outbound.get("https://smp.example/", limit=1)


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("2001:4860:4860::8888", True), ("127.0.0.1", False), ("0.0.0.0", False),
     ("100.64.0.1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:8.8.8.8", True),
     ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False), ("224.0.0.1", False), ("x", False)],
)  # fmt: skip
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) == public


def test_signature_of_another_kind_is_refused_though_it_fits(net: Net) -> None:
    """Canonicalisation that keeps comments is not Peppol's, however right the mathematics."""
    plain = etree.fromstring(net.metadata())
    plain.remove(plain[-1])
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0_WITH_COMMENTS,
    )
    smp = net.pki.smp
    signed = signer.sign(plain, key=smp.key, cert=[smp.certificate])
    net.serve(etree.tostring(signed))
    with pytest.raises(MetadataNotTrusted, match="another kind"):
        net.look_up()
