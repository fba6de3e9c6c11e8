"""What phase4 sent us once, replayed everywhere: no Java needed."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from cryptography import x509

from peppol.as4 import Receiver
from peppol.as4.signals import ErrorSignal, ReceiptSignal, read_signal
from peppol.as4.signature import verify
from peppol.as4.soap import read_soap
from peppol.identifiers import BILLING, JP_INVOICE
from peppol.keys import FileKey
from peppol.private.folder import FolderReceived
from peppol.services import Service, Services
from peppol.trust import Anchors, Network, NoRevocation, TrustPolicy
from tests.peppol.builders import CITY, NOON

VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture
def receiver(tmp_path: Path) -> Receiver:
    root, access_point, smp = x509.load_pem_x509_certificates(
        (VECTORS / "authorities.pem").read_bytes()
    )
    anchors = Anchors(Network.PRIVATE, (root,), (access_point,), (smp,))
    return Receiver(
        key=FileKey.from_file(VECTORS / "receiver.pem"),
        trust=TrustPolicy(anchors, NoRevocation()),
        services=Services({CITY: [Service(JP_INVOICE, BILLING)]}),
        messages=FolderReceived(tmp_path),
        now=lambda: NOON,
    )


def test_message_of_phase4_is_received(receiver: Receiver) -> None:
    head, body = (VECTORS / "phase4-user-message.mime").read_bytes().split(b"\r\n\r\n", 1)
    headers = {"Content-Type": head.decode().split(": ", 1)[1]}
    for outcome in ("accepted", "duplicate"):
        assert receiver.receive(headers, io.BytesIO(body)).outcome == outcome
    store = receiver.messages
    assert isinstance(store, FolderReceived)
    (evidence,) = store.all()
    assert evidence.sender_seat == "PZZ000001"
    assert "側溝清掃業務".encode() in gzip.decompress(store.payload(evidence.message_id))
    spoiled = receiver.receive(headers, io.BytesIO(body.replace(b"PZZ000001", b"PZZ000009")))
    assert spoiled.fault is not None


def test_receipt_of_phase4_verifies(receiver: Receiver) -> None:
    soap = read_soap((VECTORS / "phase4-receipt.xml").read_bytes(), cap=100_000)
    signal = read_signal(soap.messaging)
    assert isinstance(signal, ReceiptSignal)
    assert len(signal.references) == 3
    signer = verify(soap, payload=None).signer
    assert receiver.trust.check_access_point(signer, NOON) == "PZZ000001"


def test_error_of_phase4_is_read() -> None:
    data = (VECTORS / "phase4-error.xml").read_bytes()
    signal = read_signal(read_soap(data, cap=100_000, security_required=False).messaging)
    assert isinstance(signal, ErrorSignal)
    assert signal.code.startswith("EBMS:")
