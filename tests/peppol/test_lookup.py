"""Group 11: lookup against a real DNS server and a real HTTP server on loopback."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from peppol.errors import (
    AddressRefused,
    DocumentTypeNotSupported,
    LookupFailed,
    LookupTemporarilyUnavailable,
    MetadataNotTrusted,
    ParticipantNotRegistered,
    RegistrationFaulty,
)
from peppol.identifiers import (
    BILLING,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
)
from peppol.lookup import Directory
from peppol.naptr import NaptrAddressBook, address_of_regexp, hostname
from peppol.outbound import AddressRules, Outbound, is_public
from peppol.private.metadata import path_of, service_group, signed_metadata, signed_redirect
from peppol.private.servers import NameServer, WebServer
from peppol.smp import read_signed_metadata

from .builders import CITY, NOON, VENDOR
from .conftest import Pki

ZONE = "participant.example.test"
ABSTRACT = DocumentTypeId.of(JP_INVOICE.parts.namespace, "Invoice", "urn:peppol:pint:billing-1*")
AP = "https://ap.example/as4"


class Net:
    """A small network: one name server, one SMP, a clock that can be moved."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki
        self.now = NOON
        self.web = WebServer()
        self.names = NameServer({hostname(CITY, ZONE): [self.naptr(self.web.address)]})
        self.register(CITY, JP_INVOICE)
        self.rules = AddressRules.for_private_network()
        self.directory = self.new_directory()

    def naptr(self, address: str, service: str = "Meta:SMP", order: int = 10) -> str:
        return f'{order} 10 "U" "{service}" "!.*!{address}!" .'

    def new_directory(self, **changes: object) -> Directory:
        values: dict[str, object] = {
            "address_book": NaptrAddressBook(ZONE, self.names.resolver(), seconds=1.0),
            "outbound": Outbound(self.rules, timeout=2.0),
            "trust": self.pki.trust,
            "now": lambda: self.now,
        }
        return Directory(**{**values, **changes})  # type: ignore[arg-type]

    def metadata(self, document_type: DocumentTypeId = JP_INVOICE, **changes: object) -> bytes:
        values: dict[str, object] = {
            "address": AP,
            "certificate": self.pki.receiver.certificate,
            "smp": self.pki.smp,
        }
        participant = changes.pop("participant", CITY)
        process = changes.pop("process", BILLING)
        return signed_metadata(participant, document_type, process, **{**values, **changes})  # type: ignore[arg-type]

    def register(self, participant: ParticipantId, document_type: DocumentTypeId) -> None:
        self.web.files[path_of(participant)] = service_group(
            participant, [document_type], self.web.address
        )
        self.web.files[path_of(participant, document_type)] = self.metadata(document_type)

    def serve(self, data: bytes, document_type: DocumentTypeId = JP_INVOICE) -> None:
        self.web.files[path_of(CITY, document_type)] = data

    def look_up(self, document_type: DocumentTypeId = JP_INVOICE) -> object:
        return self.directory.endpoint(CITY, document_type, BILLING)

    def close(self) -> None:
        self.names.close()
        self.web.close()


@pytest.fixture
def net(pki: Pki) -> Iterator[Net]:
    net = Net(pki)
    yield net
    net.close()


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("0088:123abc", "y7dzfxaf3d4cjz4k"),
        ("0010:5798000000001", "xukhfqabqziki3yk"),
        ("9999:elonia", "hsh3fmc5cyerdv5j"),
        ("0188:1234567890123", "c52ijd2s2npzg7j6ssvugwftz4wfhm2v7nohztgn7u5ujqq5e34q"),
    ],
)
def test_dns_name_is_the_published_hash(value: str, label: str) -> None:
    name = hostname(ParticipantId(value), "zone.test.")
    assert name.startswith(label)
    assert name.endswith(".iso6523-actorid-upis.zone.test")
    assert len(name.split(".")[0]) == 52
    assert hostname(ParticipantId(value.upper()), "zone.test") == name


@pytest.mark.parametrize(
    ("regexp", "address"),
    [
        ("!.*!https://smp.example!", "https://smp.example"),
        ("!^.*$!https://smp.example/a/!", "https://smp.example/a"),
        ("|.*|https://smp.example|", "https://smp.example"),
        ("!x!https://smp.example!", None),
        ("!.*!https://\\1!", None),
        ("", None),
    ],
)
def test_address_of_a_naptr_record(regexp: str, address: str | None) -> None:
    assert address_of_regexp(regexp) == address


def test_registered_city_is_found(net: Net) -> None:
    endpoint = net.directory.endpoint(CITY, JP_INVOICE, BILLING)
    assert endpoint.address == AP
    assert endpoint.seat == "PZZ000002"
    assert endpoint.certificate == net.pki.receiver.certificate
    assert endpoint.metadata.startswith(b"<?xml")
    assert net.directory.document_types(CITY) == (JP_INVOICE,)


def test_abstract_registration_is_found_for_the_japanese_invoice(net: Net) -> None:
    net.register(CITY, ABSTRACT)
    endpoint = net.directory.endpoint(CITY, JP_INVOICE, BILLING)
    assert endpoint.registered_as == ABSTRACT
    assert endpoint.document_type == JP_INVOICE


def test_answer_is_remembered_for_a_while_and_can_be_forgotten(net: Net) -> None:
    net.look_up()
    asked = len(net.web.asked)
    net.look_up()
    assert len(net.web.asked) == asked
    net.now += timedelta(minutes=16)
    net.look_up()
    assert len(net.web.asked) == asked + 2
    net.directory.forget(CITY)
    net.look_up()
    assert len(net.web.asked) == asked + 4


def test_unknown_participant_is_not_registered(net: Net) -> None:
    with pytest.raises(ParticipantNotRegistered) as caught:
        net.directory.endpoint(VENDOR, JP_INVOICE, BILLING)
    assert VENDOR.value in caught.value.message_ja


def test_name_without_usable_record_is_a_faulty_registration(net: Net) -> None:
    name = hostname(CITY, ZONE)
    for lines in (
        [],
        [net.naptr("https://a.example", "Meta:CPA")],
        ['1 1 "U" "Meta:SMP" "!x!y!" .'],
    ):
        net.names.records[name] = lines
        with pytest.raises(RegistrationFaulty):
            net.look_up()


def test_first_record_by_order_counts(net: Net) -> None:
    net.names.records[hostname(CITY, ZONE)] = [
        net.naptr("http://127.0.0.1:1", order=20), net.naptr(net.web.address, "meta:smp", order=10),
    ]  # fmt: skip
    net.look_up()


def test_silent_dns_or_smp_is_temporary(net: Net) -> None:
    net.names.records[hostname(CITY, ZONE)] = [net.naptr("http://127.0.0.1:9")]
    with pytest.raises(LookupTemporarilyUnavailable):
        net.look_up()
    net.names.close()
    with pytest.raises(LookupTemporarilyUnavailable):
        net.new_directory().endpoint(CITY, JP_INVOICE, BILLING)
    net.names = NameServer({})


def test_document_type_process_or_transport_that_is_not_offered(net: Net) -> None:
    with pytest.raises(DocumentTypeNotSupported):
        net.look_up(JP_NON_TAX_INVOICE)
    with pytest.raises(DocumentTypeNotSupported):
        net.directory.endpoint(CITY, JP_INVOICE, ProcessId("other"))
    net.serve(net.metadata(transport="busdox-transport-as2-ver2p0"))
    with pytest.raises(DocumentTypeNotSupported):
        net.look_up()
    del net.web.files[path_of(CITY, JP_INVOICE)]
    with pytest.raises(DocumentTypeNotSupported):
        net.look_up()
    del net.web.files[path_of(CITY)]
    with pytest.raises(ParticipantNotRegistered):
        net.look_up()


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
def test_smp_at_a_private_or_odd_address_is_never_connected_to(net: Net, address: str) -> None:
    net.names.records[hostname(CITY, ZONE)] = [net.naptr(address)]
    net.rules = AddressRules()
    with pytest.raises((AddressRefused, RegistrationFaulty)):
        net.new_directory().endpoint(CITY, JP_INVOICE, BILLING)
    assert net.web.asked == []


def test_name_with_one_private_address_among_public_ones_is_refused() -> None:
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


def test_metadata_is_judged_at_the_given_instant(pki: Pki, net: Net) -> None:
    data = net.metadata()
    for at in (NOON, NOON + timedelta(days=300)):
        assert read_signed_metadata(data, participant=CITY, trust=pki.trust, at=at)
    later: datetime = NOON + timedelta(days=900)
    with pytest.raises(MetadataNotTrusted):
        read_signed_metadata(data, participant=CITY, trust=pki.trust, at=later)


def test_endpoint_is_a_frozen_value(net: Net) -> None:
    endpoint = net.directory.endpoint(CITY, JP_INVOICE, BILLING)
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoint.address = "x"  # type: ignore[misc]
