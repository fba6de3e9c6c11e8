"""What a provider hands over: the same envelope, the same pipeline."""

from __future__ import annotations

import pytest

from peppol.errors import EnvelopeInvalid, XmlRefused
from peppol.identifiers import BILLING, JP_INVOICE, JP_SELF_BILLING, SELF_BILLING
from peppol.provider_inbound import HandedOver, take_over
from peppol.sbdh_reading import EnvelopeLimits
from peppol.sbdh_writing import make_envelope
from peppol.services import Service, Services
from peppol.trust import Network

from .builders import CITY, NOON, VENDOR, a_header, an_invoice

SERVICES = Services({CITY: [Service(JP_INVOICE, BILLING)]})


def take(data: bytes, limits: EnvelopeLimits | None = None) -> HandedOver:
    return take_over(
        data, provider="PJP000123", services=SERVICES, network=Network.PRODUCTION, at=NOON,
        limits=limits,
    )  # fmt: skip


def test_envelope_of_the_provider_is_opened_with_its_evidence() -> None:
    taken = take(make_envelope(a_header(), an_invoice()))
    assert taken.document == an_invoice()
    assert taken.header == a_header()
    assert taken.evidence.receiver == CITY.value
    assert taken.evidence.receipted is None  # the provider gave the receipt, not we
    assert "handed over by provider" in taken.evidence.flags


def test_same_envelope_again_has_the_same_key_and_other_content_another_digest() -> None:
    one = take(make_envelope(a_header(), an_invoice()))
    again = take(make_envelope(a_header(), an_invoice()))
    other = take(make_envelope(a_header(), an_invoice(note="別")))
    assert (one.key, one.sha256) == (again.key, again.sha256)
    assert one.key == other.key
    assert one.sha256 != other.sha256


def test_what_is_not_for_us_or_no_envelope_is_refused() -> None:
    for header in (
        a_header(receiver=VENDOR),
        a_header(document_type=JP_SELF_BILLING, process=SELF_BILLING),
    ):
        with pytest.raises(EnvelopeInvalid, match="not serviced"):
            take(make_envelope(header, an_invoice()))
    with pytest.raises((XmlRefused, EnvelopeInvalid)):
        take(an_invoice())
    with pytest.raises(XmlRefused):
        take(make_envelope(a_header(), an_invoice()), EnvelopeLimits(envelope_bytes=10))
