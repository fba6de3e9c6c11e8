"""Signals: the receipt with non-repudiation information, and the error. Made and read.

Receipt (AS4 profile of ebMS 3.0 §5.1.8, Peppol AS4 2.0.3): one MessagePartNRInformation for each
ds:Reference of the user message, signed, not encrypted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from peppol.as4 import vocabulary as v
from peppol.as4.faults import HeaderInvalid, MessageRefused
from peppol.as4.signature import DS_REFERENCE, Reference, read_references
from peppol.as4.soap import exactly, only, value
from peppol.as4.user_message import SIGNAL_MESSAGE, read_message_id
from peppol.as4.writing import (
    attribute,
    empty_body,
    envelope_text,
    instant_text,
    new_id,
    new_message_id,
    reference_text,
    reference_to,
    signature_text,
    text,
    token_text,
)
from peppol.keys import AccessPointKey

RECEIPT: Final = v.tag(v.EB, "Receipt")
ERROR: Final = v.tag(v.EB, "Error")
NRI: Final = v.tag(v.EBBP, "NonRepudiationInformation")
NRI_PART: Final = v.tag(v.EBBP, "MessagePartNRInformation")


@dataclass(frozen=True, slots=True)
class ReceiptSignal:
    """What a receipt says."""

    ref_to: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class ErrorSignal:
    """What an error says (the first error with severity failure, else the first)."""

    ref_to: str | None
    code: str
    severity: str
    short: str
    detail: str


def make_receipt(
    ref_to: str, references: Sequence[Reference], *, key: AccessPointKey, at: datetime
) -> bytes:
    """A signed receipt for the message `ref_to`, repeating its references."""
    parts = "".join(
        f"<ebbp:MessagePartNRInformation>{reference_text(reference, declare=True)}"
        "</ebbp:MessagePartNRInformation>"
        for reference in references
    )
    # The ds prefix is declared on each Reference: canonical, as no ancestor uses it.
    content = (
        f'<eb:Receipt><ebbp:NonRepudiationInformation xmlns:ebbp="{v.EBBP}">{parts}'
        "</ebbp:NonRepudiationInformation></eb:Receipt>"
    )
    return _signal(content, ref_to, key, at)


def make_error(
    fault: MessageRefused, ref_to: str | None, *, key: AccessPointKey | None, at: datetime
) -> bytes:
    """An error signal; signed when `key` is given."""
    reference = f' refToMessageInError="{attribute(ref_to)}"' if ref_to else ""
    detail = f"<eb:ErrorDetail>{text(fault.error_detail)}</eb:ErrorDetail>" if (
        fault.error_detail
    ) else ""  # fmt: skip
    content = (
        f'<eb:Error category="{fault.category}" errorCode="{fault.ebms}" origin="ebMS"{reference}'
        f' severity="failure" shortDescription="{fault.name}">'
        f'<eb:Description xml:lang="en">{text(fault.why.en)}</eb:Description>{detail}</eb:Error>'
    )
    return _signal(content, ref_to, key, at)


def _signal(content: str, ref_to: str | None, key: AccessPointKey | None, at: datetime) -> bytes:
    messaging_id, body_id = new_id("msg"), new_id("body")
    reference = f"<eb:RefToMessageId>{text(ref_to)}</eb:RefToMessageId>" if ref_to else ""
    messaging = (
        f'<eb:Messaging xmlns:S12="{v.S12}" xmlns:eb="{v.EB}" xmlns:wsu="{v.WSU}"'
        f' wsu:Id="{messaging_id}" S12:mustUnderstand="true"><eb:SignalMessage><eb:MessageInfo>'
        f"<eb:Timestamp>{instant_text(at)}</eb:Timestamp>"
        f"<eb:MessageId>{new_message_id()}</eb:MessageId>{reference}</eb:MessageInfo>{content}"
        "</eb:SignalMessage></eb:Messaging>"
    )
    body = empty_body(body_id)
    security = ""
    if key is not None:
        token = new_id("X509")
        references = (reference_to(messaging_id, messaging), reference_to(body_id, body))
        security = token_text(key.certificate, token) + signature_text(references, key, token)
    return envelope_text(security, messaging, body)


def read_signal(messaging: etree._Element) -> ReceiptSignal | ErrorSignal:
    """The one signal in `messaging`; HeaderInvalid for anything else."""
    if [child.tag for child in messaging] != [SIGNAL_MESSAGE]:
        raise HeaderInvalid("SignalMessage が1つではありません。", "not exactly one SignalMessage.")
    signal = messaging[0]
    info = only(signal, v.tag(v.EB, "MessageInfo"))
    references = info.findall(v.tag(v.EB, "RefToMessageId"))
    if len(references) > 1:
        raise HeaderInvalid("RefToMessageId が重複しています。", "RefToMessageId occurs twice.")
    ref_to = read_message_id(references[0]) if references else None
    errors = signal.findall(ERROR)
    if errors:
        return _error(errors, ref_to)
    (_, receipt) = exactly(signal, v.tag(v.EB, "MessageInfo"), RECEIPT)
    if ref_to is None:
        raise HeaderInvalid("RefToMessageId がありません。", "RefToMessageId is missing.")
    # ebMS 3.0 lets a receipt hold further elements (phase4 4.4 adds its version): signed, unused.
    information = only(receipt, NRI)
    elements: list[etree._Element] = []
    for part in information:
        if part.tag != NRI_PART:
            raise HeaderInvalid("受領情報の構造が違います。", "malformed receipt information.")
        elements.extend(exactly(part, DS_REFERENCE))
    return ReceiptSignal(ref_to, read_references(elements))


def _error(errors: Sequence[etree._Element], ref_to: str | None) -> ErrorSignal:
    error = next((e for e in errors if e.get("severity", "").lower() == "failure"), errors[0])
    details = error.findall(v.tag(v.EB, "ErrorDetail"))
    descriptions = error.findall(v.tag(v.EB, "Description"))
    shown = [value(element) for element in (*descriptions[:1], *details[:1])]
    return ErrorSignal(
        ref_to=ref_to or error.get("refToMessageInError"),
        code=error.get("errorCode", "")[:20],
        severity=error.get("severity", "")[:20],
        short=error.get("shortDescription", "")[:100],
        detail=" ".join(shown)[:300],
    )
