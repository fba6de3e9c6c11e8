"""xmlsec1 as a second opinion on signatures: whatever we accept, it accepts.

It can judge what has no attachment: receipts, error signals and SMP metadata. (It has no transform
for attachments, so a user message's `cid:` reference is beyond it.) Over mutants of a valid file
the two must never differ in the dangerous direction.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from peppol.as4.faults import MessageRefused
from peppol.as4.signals import make_receipt
from peppol.as4.signature import verify
from peppol.as4.soap import read_soap
from peppol.errors import PeppolError
from peppol.private.metadata import signed_metadata
from peppol.smp import read_signed_metadata
from tests.interop.test_vectors import VECTORS
from tests.peppol.builders import BILLING, CITY, JP_INVOICE, NOON
from tests.peppol.conftest import Pki
from tests.peppol.exchange import Exchange

XMLSEC = shutil.which("xmlsec1")
pytestmark = pytest.mark.skipif(XMLSEC is None, reason="xmlsec1 is not installed (Debian: xmlsec1)")

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
MUTANTS = 60


def accepts(data: bytes, folder: Path, certificate: bytes, *, ids: tuple[str, ...] = ()) -> bool:
    """xmlsec1's verdict: the signature, by the key of this certificate (PEM)."""
    (folder / "signed.xml").write_bytes(data)
    (folder / "signer.pem").write_bytes(certificate)
    names = [part for name in ids for part in ("--id-attr:Id", name)]
    done = subprocess.run(
        [
            XMLSEC or "xmlsec1", "--verify", "--pubkey-cert-pem", str(folder / "signer.pem"),
            "--enabled-key-data", "rsa", *names, str(folder / "signed.xml"),
        ],
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    return done.returncode == 0


def receipt_accepted(data: bytes, folder: Path, certificate: bytes) -> bool:
    # The key by itself: WS-Security's way to name it is not xmlsec1's. Nothing else is touched;
    # KeyInfo is not signed.
    plain = re.sub(rb"<ds:KeyInfo.*?</ds:KeyInfo>", b"", data, flags=re.DOTALL)
    eb = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/:Messaging"
    soap = "http://www.w3.org/2003/05/soap-envelope:Body"
    return accepts(plain, folder, certificate, ids=(eb, soap))


def pem(seat: object) -> bytes:
    return seat.certificate.public_bytes(serialization.Encoding.PEM)  # type: ignore[attr-defined]


def ours(data: bytes) -> bool:
    try:
        verify(read_soap(data, cap=256 * 1024), payload=None)
    except MessageRefused:
        return False
    return True


def mutants(data: bytes, count: int, seed: int = 7) -> list[bytes]:
    """Changed bytes, swapped and removed pieces: small harms all over the file."""
    random_ = random.Random(seed)
    found = []
    for _ in range(count):
        changed = bytearray(data)
        at = random_.randrange(len(changed))
        match random_.randrange(3):
            case 0:
                changed[at] = random_.choice(b'aZ09<>&=" /')
            case 1:
                del changed[at : at + random_.randrange(1, 8)]
            case _:
                changed[at:at] = random_.choice([b" ", b"<!-- -->", b"x", b"\n", b"&#x20;"])
        found.append(bytes(changed))
    return found


@pytest.fixture(scope="module")
def receipt(pki: Pki) -> bytes:
    sent = Exchange(pki).outgoing()
    return make_receipt(sent.message_id, sent.references, key=pki.receiver.as_key(), at=NOON)


def test_our_receipt_is_valid_for_xmlsec1(receipt: bytes, pki: Pki, tmp_path: Path) -> None:
    assert ours(receipt)
    assert receipt_accepted(receipt, tmp_path, pem(pki.receiver))
    assert not receipt_accepted(receipt, tmp_path, pem(pki.sender))


def test_receipt_of_phase4_is_valid_for_both(tmp_path: Path) -> None:
    data = (VECTORS / "phase4-receipt.xml").read_bytes()
    signer = verify(read_soap(data, cap=100_000), payload=None).signer
    certificate = signer.public_bytes(serialization.Encoding.PEM)
    assert receipt_accepted(data, tmp_path, certificate)


@pytest.mark.slow
def test_no_receipt_that_we_accept_is_refused_by_xmlsec1(
    receipt: bytes, pki: Pki, tmp_path: Path
) -> None:
    accepted = 0
    for mutant in mutants(receipt, MUTANTS * 5):
        if not ours(mutant):
            continue
        accepted += 1
        assert receipt_accepted(mutant, tmp_path, pem(pki.receiver)), mutant
    assert accepted < MUTANTS * 5


@pytest.mark.slow
def test_no_metadata_that_we_accept_is_refused_by_xmlsec1(pki: Pki, tmp_path: Path) -> None:
    data = signed_metadata(
        CITY, JP_INVOICE, BILLING,
        address="https://ap.example/as4", certificate=pki.receiver.certificate, smp=pki.smp,
    )  # fmt: skip
    certificate = pem(pki.smp)
    assert accepts(data, tmp_path, certificate)
    accepted = 0
    for mutant in [data, *mutants(data, MUTANTS)]:
        try:
            read_signed_metadata(mutant, participant=CITY, trust=pki.trust, at=NOON)
        except PeppolError:
            continue
        accepted += 1
        assert accepts(mutant, tmp_path, certificate), mutant
    assert accepted >= 1
