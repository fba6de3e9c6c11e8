"""Whether an answer proves that our message arrived.

A proof is a receipt signed by the certificate the SMP named, about our message, repeating every
digest we sent and nothing else. Anything less proves nothing, however friendly it looks.
"""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives import serialization

from peppol.as4 import vocabulary as v
from peppol.as4.building import Outgoing
from peppol.as4.faults import MessageRefused, ReceiptInvalid, RefusedByReceiver
from peppol.as4.limits import Limits
from peppol.as4.mime import media_type
from peppol.as4.signals import ErrorSignal, ReceiptSignal, read_signal
from peppol.as4.signature import Verified, verify
from peppol.as4.soap import read_soap
from peppol.errors import PeppolError
from peppol.trust import TrustPolicy
from peppol.xml_input import STRANGERS, confined


def check_receipt(
    content_type: str,
    body: bytes,
    *,
    sent: Outgoing,
    trust: TrustPolicy,
    at: datetime,
    limits: Limits,
) -> None:
    """Nothing when `body` is a valid receipt for `sent`.

    Steps: 1 a plain SOAP answer; 2 an error signal means not delivered (RefusedByReceiver), signed
    or not: an unsigned one can only stop us, never convince us; 3 the signature covers exactly
    Messaging and Body; 4 the signer is the certificate the message was encrypted for, still
    trusted; 5 it refers to our message; 6 it repeats exactly our references and digests.
    ReceiptInvalid otherwise.
    """
    try:
        # 1
        if media_type(content_type)[0] != v.SOAP_TYPE:
            raise _invalid("SOAP ではない応答です。", "the answer is not SOAP.")
        # 2, 3
        signal, verified = confined(body, lambda: _read(body, limits.answer))
    except MessageRefused as error:
        raise _invalid(error.why.ja, error.why.en) from error
    # 4
    if verified.signer.public_bytes(serialization.Encoding.DER) != sent.receiver_certificate:
        raise _invalid("別の署名者の受領書です。", "the receipt has another signer.")
    try:
        trust.check_access_point(verified.signer, at)
    except PeppolError as error:
        raise _invalid(error.message_ja, error.message_en) from error
    STRANGERS.was_trusted(body)
    # 5
    if signal.ref_to != sent.message_id:
        raise _invalid("別のメッセージの受領書です。", "the receipt is for another message.")
    # 6
    got = [(reference.uri, reference.digest) for reference in signal.references]
    wanted = [(reference.uri, reference.digest) for reference in sent.references]
    if sorted(got) != sorted(wanted):
        raise _invalid("受領書の要約値が一致しません。", "the receipt's digests differ.")


def _read(body: bytes, cap: int) -> tuple[ReceiptSignal, Verified]:
    soap = read_soap(body, cap=cap, security_required=False)
    signal = read_signal(soap.messaging)
    if isinstance(signal, ErrorSignal):
        raise RefusedByReceiver(*_printable(signal.code, signal.short, signal.detail))
    return signal, verify(soap, payload=None)


def _printable(*texts: str) -> list[str]:
    """A stranger's words, safe to show: printable characters, short."""
    return ["".join(c for c in text if c.isprintable())[:200] for text in texts]


def _invalid(ja: str, en: str) -> ReceiptInvalid:
    return ReceiptInvalid(ja, en)
