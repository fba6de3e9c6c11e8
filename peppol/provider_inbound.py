"""Messages that a service provider (corner 3) received for us and hands over: webhook, API, folder.

A city without accreditation of its own contracts a provider. What the provider gives is the
envelope (SBD) alone, over a channel the caller has authenticated; from here on it is the same as
if our own access point had received it. What AS4 would have checked, the provider answers for:
signatures, certificates, receipts. What is still checked: the envelope, that it is for us, and
that the same one is not taken twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from peppol.errors import EnvelopeInvalid, Text
from peppol.evidence import Direction, Evidence
from peppol.identifiers import DocumentTypeId, ParticipantId, ProcessId, SeatId
from peppol.sbdh import Header
from peppol.sbdh_reading import EnvelopeLimits, open_envelope
from peppol.trust import Network


class Serves(Protocol):
    """`peppol.services.Services` fits."""

    def serves(
        self, participant: ParticipantId, document_type: DocumentTypeId, process: ProcessId
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class HandedOver:
    """An envelope from the provider, opened.

    `key` names the message for the store: the same envelope handed over again has the same key and
    the same `sha256`; another content under a known key is an alarm, as with AS4.
    """

    key: str
    sha256: str
    header: Header
    document: bytes
    evidence: Evidence


def take_over(
    envelope: bytes,
    *,
    provider: str,
    services: Serves,
    network: Network,
    at: datetime,
    limits: EnvelopeLimits | None = None,
    country: str = "JP",
    sender_seat: SeatId | None = None,
) -> HandedOver:
    """Open what `provider` (its seat id or our name for it) handed over at `at`.

    `sender_seat`: the seat of corner 2, if the provider tells whose signature it verified.
    Raises XmlRefused or EnvelopeInvalid: nothing is kept, and the provider is told.
    """
    opened = open_envelope(envelope, limits)
    header = opened.header
    if not services.serves(header.receiver, header.document_type, header.process):
        raise EnvelopeInvalid(
            why=Text("この宛先・文書は扱っていません。", "not serviced here."), field="Receiver"
        )
    digest = hashlib.sha256(envelope).hexdigest()
    key = f"{header.sender.value.lower()}/{header.instance_identifier}@{provider}"
    evidence = Evidence(
        direction=Direction.INCOMING,
        network=network,
        message_id=key,
        instance_identifier=header.instance_identifier,
        timestamp=header.created,
        recorded=at,
        sender_seat=sender_seat or "",
        receiver_seat=provider,
        document_type=header.document_type.uri,
        process=header.process.uri,
        sender=header.sender.value,
        receiver=header.receiver.value,
        country_c1=header.country_c1,
        country_c4=country,
        payload_sha256=digest,
        peer_certificate_sha256="",
        flags=("handed over by provider",),
    )
    return HandedOver(key, digest, header, opened.payload, evidence)
