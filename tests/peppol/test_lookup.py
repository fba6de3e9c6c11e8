"""Lookup against a real DNS server and a real HTTP server on loopback."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest

from peppol.errors import (
    DocumentTypeNotSupported,
    LookupTemporarilyUnavailable,
    MetadataNotTrusted,
    ParticipantNotRegistered,
    RegistrationFaulty,
)
from peppol.identifiers import (
    BILLING,
    JP_INVOICE,
    JP_NON_TAX_INVOICE,
    ParticipantId,
    ProcessId,
)
from peppol.naptr import address_of_regexp, hostname
from peppol.private.metadata import path_of
from peppol.private.servers import NameServer
from peppol.smp import read_signed_metadata

from .builders import CITY, NOON, VENDOR
from .conftest import Pki
from .network import ABSTRACT, AP, ZONE, Net


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
