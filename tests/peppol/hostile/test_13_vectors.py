"""Group 13, published vectors of other implementations: the verdicts their own tests expect.

The files belong to others and are not in this repository. `WARIFU_PEPPOL_VECTORS` names a folder
holding checkouts of phax/phase4 and phax/peppol-commons (their `src/test/resources` are enough)
and of OpenPEPPOL/poacc-upgrade-3.
What we made ourselves, with a live phase4, is in tests/interop/vectors and always runs.
"""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from peppol import invoice_response, smp
from peppol.as4.encryption import read_encryption
from peppol.as4.faults import DecryptionFailed, MessageRefused
from peppol.as4.signals import ErrorSignal, ReceiptSignal, read_signal
from peppol.as4.signature import Verified, verify
from peppol.as4.soap import read_soap
from peppol.as4.user_message import read_user_message
from peppol.errors import PeppolError
from peppol.identifiers import ParticipantId
from peppol.invoice_response import ClarificationAction, ClarificationReason, InvoiceStatus
from peppol.sbdh_reading import open_envelope
from peppol.smp import ServiceInformation, read_signed_metadata
from peppol.trust import TrustPolicy

FOLDER = os.environ.get("WARIFU_PEPPOL_VECTORS")
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="WARIFU_PEPPOL_VECTORS names no folder with published vectors"
)
ROOT = Path(FOLDER or ".")
CAP = 256 * 1024


def vector(name: str) -> Path:
    found = sorted(ROOT.rglob(name))
    if not found:
        pytest.skip(f"{name} is not in {ROOT}")
    return found[0]


def soap_in(path: Path) -> bytes:
    data = path.read_bytes()
    return data[data.index(b"<?xml") : data.rindex(b"Envelope>") + 9]


def verified(path: Path) -> tuple[Verified, ReceiptSignal | ErrorSignal]:
    soap = read_soap(soap_in(path), cap=CAP)
    return verify(soap, payload=None), read_signal(soap.messaging)


@pytest.mark.parametrize(
    ("name", "seat"),
    [
        ("helger.as4in", "POP000306"),
        ("governikus.as4in", None),
        ("dataport1-mustunderstand.as4in", "PDE000357"),
    ],
)
def test_receipts_of_phase4_and_holodeck_verify(name: str, seat: str | None) -> None:
    result, signal = verified(vector(name))
    assert isinstance(signal, ReceiptSignal)
    assert len(signal.references) == 3
    if seat:
        assert f"CN={seat}" in result.signer.subject.rfc4514_string()


def test_receipt_whose_prefix_was_changed_does_not_verify() -> None:
    with pytest.raises(MessageRefused) as caught:
        verified(vector("dataport1.as4in"))
    assert caught.value.ebms == "EBMS:0101"


def test_user_message_of_phase4_verifies_and_is_read() -> None:
    soap = read_soap(soap_in(vector("dump-raw.as4out")), cap=CAP)
    message = read_user_message(soap.messaging)
    result = verify(soap, payload=message.payload)
    assert message.sender == message.receiver == "POP000306"
    assert message.original_sender == ParticipantId("9915:phase4-test-sender")
    assert result.payload_digest is not None
    with pytest.raises(DecryptionFailed):
        read_encryption(soap, b"another certificate")


def test_negative_samples_of_phase4_are_refused() -> None:
    def taken(name: str) -> None:
        soap = read_soap(vector(name).read_bytes(), cap=CAP, security_required=False)
        verify(soap, payload=read_user_message(soap.messaging).payload)

    for name in ("WrongSigningAlgorithm.xml", "WrongSigningDigestAlgorithm.xml",
                 "TwoUserMessages.xml", "UserMessageNoPartyID.xml", "NoResponder.xml"):  # fmt: skip
        with pytest.raises(MessageRefused):
            taken(name)


def test_error_message_of_phase4_is_read_as_an_error() -> None:
    path = vector("phase4-test/src/test/resources/testfiles/ErrorMessage.xml")
    soap = read_soap(path.read_bytes(), cap=CAP, security_required=False)
    signal = read_signal(soap.messaging)
    assert isinstance(signal, ErrorSignal)
    assert signal.code.startswith("EBMS:")


class AnyAuthority(TrustPolicy):
    """The vectors' authorities are gone: this test is about the signature alone."""

    def __init__(self) -> None:
        pass

    def check_smp(self, certificate: x509.Certificate, at: datetime) -> None:
        return


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("signed-service-metadata1.xml", False),
        ("signed-service-metadata2.xml", True),
        ("signed-service-metadata3-c14n-inclusive.xml", True),
    ],
)
def test_published_metadata_has_the_expected_verdict(
    name: str, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All three are signed with SHA-1, which SMP 1.4.0 no longer has: refused today. With the
    methods of their day admitted, each has the verdict its own test expects."""
    data = vector(name).read_bytes()
    shown = etree.fromstring(data)
    ids = "{http://busdox.org/transport/identifiers/1.0/}ParticipantIdentifier"
    asked = ParticipantId(next(shown.iter(ids)).text or "")
    ds = "{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
    signer = x509.load_der_x509_certificate(base64.b64decode(next(shown.iter(ds)).text or ""))
    at = datetime.fromtimestamp(
        (signer.not_valid_before_utc.timestamp() + signer.not_valid_after_utc.timestamp()) / 2, UTC
    )
    with pytest.raises(PeppolError):
        read_signed_metadata(data, participant=asked, trust=AnyAuthority(), at=at)
    monkeypatch.setattr(smp, "SIGNATURE_METHODS", frozenset({SignatureMethod.RSA_SHA1}))
    monkeypatch.setattr(smp, "DIGEST_METHODS", frozenset({DigestAlgorithm.SHA1}))
    if good:
        content = read_signed_metadata(data, participant=asked, trust=AnyAuthority(), at=at)
        assert isinstance(content, ServiceInformation)
        assert content.participant == asked
        assert content.endpoints
    else:
        with pytest.raises(PeppolError):
            read_signed_metadata(data, participant=asked, trust=AnyAuthority(), at=at)


def test_published_envelopes_have_the_expected_verdicts() -> None:
    good = sorted(ROOT.rglob("external/sbdh/good/*.xml"))
    bad = sorted(ROOT.rglob("external/sbdh/bad/*"))
    if not good:
        pytest.skip("no envelopes")
    for path in good:
        if "hredelivery" in str(path) or "dbnalliance" in str(path):
            continue
        assert open_envelope(path.read_bytes()).header.country_c1, path
    for path in bad:
        if "hredelivery" in str(path) or "dbnalliance" in str(path):
            continue
        with pytest.raises(PeppolError):
            open_envelope(path.read_bytes())


def test_published_invoice_responses_are_read_and_written_again() -> None:
    """OpenPEPPOL/poacc-upgrade-3: the examples of the BIS's use cases."""
    found = sorted({*ROOT.rglob("T111-uc*.xml"), *ROOT.rglob("InvoiceResponse_Example.xml")})
    if not found:
        pytest.skip("no responses")
    for path in found:
        response = invoice_response.read(path.read_bytes())
        assert invoice_response.read(response.write()) == response, path


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("OPStatusReason.xml", ClarificationReason),
        ("OPStatusAction.xml", ClarificationAction),
        ("UNCL4343-T111.xml", InvoiceStatus),
    ],
)
def test_code_lists_of_the_invoice_response_are_the_published_ones(
    name: str, codes: type[StrEnum]
) -> None:
    root = etree.parse(vector(name)).getroot()
    published = [e.text for e in root.iter("{*}Id")]
    assert sorted(published) == sorted(code.value for code in codes)
